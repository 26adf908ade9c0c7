"""``links``: addresses of the internet in items – ask them now, see how they answer, say how often they are asked."""

import time
from itertools import groupby

import click

from core.cli.opening import configured, opened
from core.kernel.actor import SYSTEM
from core.kernel.errors import BadInput

#: Between two addresses of one server (seconds).
PAUSE = 2.0


@click.group()
def links() -> None:
    """Addresses of other sites that items send people to."""


@links.command()
@click.option("--all", "every", is_flag=True, help="Every address, not only those whose turn it is.")
def check(every: bool) -> None:
    """Ask the addresses that are due, one after another, and tell how each answered. Ends with status 1 when one is dead."""
    from core.app import open_site
    from core.items.links import gathering, judging, service
    from core.items.links.settings import prober

    site, ask = open_site(configured()), prober()
    database = site.database
    with database.session() as session:
        while gathering.gather(session):
            pass
        listed = service.due(session, every=every)
    asked: set[str] = set()
    for link_id, host, url in listed:
        if host in asked:
            time.sleep(PAUSE)
        asked.add(host)
        click.echo(f"{service.look(database, link_id, ask) or '-':<7} {url}")
    with database.session() as session:
        told = service.figures(session)
    click.echo("  ".join(f"{state}: {n}" for state, n in told.items()))
    if told[judging.DEAD]:
        raise SystemExit(1)


@links.command("list")
def show() -> None:
    """Every address that is not well, with the items that name it."""
    from core.items.links import queries

    with opened() as (_site, session):
        for url, rows in groupby(queries.unwell(session), key=lambda row: row.url):
            named = list(rows)
            click.echo(f"{named[0].state:<7} {named[0].since:%Y-%m-%d}  {url}  {named[0].why or named[0].moved_to or ''}")
            for row in named:
                click.echo(f"          {row.item_code}  {row.spot}")


@links.command()
@click.option("--every-days", type=click.IntRange(0, 365), help="How many days between two looks at an address; 0 asks nobody any more.")
@click.option("--map", "map_link", help="The hall's own map, https://…{lng}…{lat}…, to which guides link places; empty links to none.")
def configure(every_days: int | None, map_link: str | None) -> None:
    """Say how often addresses are asked, and which map places are linked to; without options tell it."""
    from core.guides.settings import MAP_LINK
    from core.items.links.settings import DAYS
    from core.settings import service as settings

    with opened() as (_site, session):
        if every_days is not None:
            settings.put(session, DAYS, every_days, actor=SYSTEM)
        if map_link is not None:
            if map_link and not (map_link.startswith("https://") and "{lng}" in map_link and "{lat}" in map_link):
                raise BadInput("cli.bad_map", url=map_link)
            settings.put(session, MAP_LINK, map_link, actor=SYSTEM)
        click.echo(f"{DAYS}: {settings.get(session, DAYS)}  {MAP_LINK}: {settings.get(session, MAP_LINK) or '–'}")
