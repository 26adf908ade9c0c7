"""``wangting devices``: the devices of a desk (docs/devices.md), here as a simulator."""

import click

from core.cli.simulating import until_stopped


@click.group()
def devices() -> None:
    """Devices of a desk: card reader, document camera, scanner, signature pad, receipt printer."""


@devices.command()
@click.option("--origin", default="http://127.0.0.1:8080", show_default=True, help="The hall's own address; pages of no other are answered.")
@click.option("--port", default=47808, show_default=True, type=click.IntRange(1, 65535))
@click.option("--card", "cards", nargs=2, multiple=True, metavar="NAME NUMBER", help="A card to lay on the reader, in turn with others; invented ones if none.")
def simulate(origin: str, port: int, cards: tuple[tuple[str, str], ...]) -> None:
    """Answer the device protocol on this machine with samples, for a demonstration or a rehearsal. Ctrl-C ends it."""
    from core.cli.simulator import CARDS, serve  # the web process never needs it

    shown = [{"name": name, "number": number, "address": "示范市"} for name, number in cards]
    until_stopped(lambda: serve(origin.rstrip("/"), port, shown or CARDS)[0], port, f"  →  {origin}")
