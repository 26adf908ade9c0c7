"""``wangting devices``: the devices of a desk (docs/devices.md), here as a simulator."""

import click


@click.group()
def devices() -> None:
    """Devices of a desk: card reader, document camera, scanner, signature pad, receipt printer."""


@devices.command()
@click.option("--origin", default="http://127.0.0.1:8080", show_default=True, help="The hall's own address; pages of no other are answered.")
@click.option("--port", default=47808, show_default=True, type=click.IntRange(1, 65535))
def simulate(origin: str, port: int) -> None:
    """Answer the device protocol on this machine with samples, for a demonstration or a rehearsal. Ctrl-C ends it."""
    from core.cli.simulator import serve  # the web process never needs it

    server, _desk = serve(origin.rstrip("/"), port)
    click.echo(f"http://127.0.0.1:{server.server_port}  →  {origin}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("")
    finally:
        server.server_close()
