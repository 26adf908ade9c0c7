"""``exchange``: the upper platform – set it, try it against a simulator, hold a day against it."""

import json
from datetime import date, datetime
from pathlib import Path

import click

from core.cli.opening import opened
from core.cli.simulating import until_stopped
from core.kernel.actor import SYSTEM
from core.kernel.clock import today
from core.kernel.errors import BadInput
from core.kernel.wording import word


@click.group()
def exchange() -> None:
    """Finished cases in the national record format, delivered to an upper platform."""


@exchange.command()
@click.option("--url", help="Where the platform takes records, https://…; empty switches the exchange off.")
@click.option("--source", help="This hall's code there.")
@click.option("--mapping", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A mapping file in place of the shipped one.")
def configure(url: str | None, source: str | None, mapping: Path | None) -> None:
    """Set address, source code and mapping; without options show them."""
    from core.exchange import mapping as mappings
    from core.exchange.errors import NotConfigured
    from core.exchange.settings import MAPPING, SOURCE, URL
    from core.kernel import wire
    from core.settings import service as settings

    if url and not wire.usable(url):
        raise NotConfigured("exchange.bad_url", url=url)
    with opened() as (_site, session):
        given = {URL: url, SOURCE: source, MAPPING: mappings.checked(_json(mapping)) if mapping is not None else None}
        for name, value in given.items():
            if value is not None:
                settings.put(session, name, value, actor=SYSTEM)
        own = word("cli.exchange_own" if settings.get(session, MAPPING) else "cli.exchange_shipped")
        click.echo(f"{settings.get(session, URL) or '–'}  {settings.get(session, SOURCE)}  {own}")


def _json(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput("cli.exchange_no_json", path=str(path), why=str(error)) from error
    if not isinstance(found, dict):
        raise BadInput("cli.exchange_no_json", path=str(path), why="{…}")
    return found


@exchange.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8790, show_default=True, type=int)
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="Keep what was decided here (JSON lines).")
@click.option("--away", default=0.0, type=click.FloatRange(0, 1), help="This share of the requests gets no answer.")
@click.option("--refuse", multiple=True, metavar="NUMBER", help="Refuse the record of this case number.")
def simulate(host: str, port: int, file: Path | None, away: float, refuse: tuple[str, ...]) -> None:
    """An upper platform on this machine, until Ctrl-C. Needs WANGTING_EXCHANGE_SECRET, the same as the hall's."""
    from core.exchange import client
    from core.exchange.simulator import Upper, server

    upper = Upper(file, secret=client.secret(), away=away, refuse=refuse)
    until_stopped(lambda: server(upper, host, port), port)


@exchange.command()
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day on which cases ended; today by default.")
def reconcile(day: datetime | None) -> None:
    """Hold a day against the platform. Ends with status 1 when the two do not say the same."""
    from core.exchange import queries

    which: date = day.date() if day is not None else today()
    with opened() as (_site, session):
        found = queries.reconcile(session, which)
    click.echo(f"{which}  本地 / here: {found.ours}  平台 / there: {found.theirs}")
    for title, numbers in (("缺 / missing there", found.missing), ("多 / unknown here", found.unknown), ("不同 / differing", found.differing)):
        for number in numbers:
            click.echo(f"  {title}: {number}")
    if not found.agrees:
        raise SystemExit(1)
