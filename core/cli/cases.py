"""``cases``: what stands still among running cases."""

import sys

import click

from core.cases.service import watching
from core.cli.opening import opened
from core.kernel.clock import local


@click.group()
def cases() -> None:
    """Running cases: what stands still."""


@cases.command()
@click.option(
    "--all", "thorough", is_flag=True, help="Look at every open case for the rows of its tasks, whatever is written about it; takes as long as many are open."
)
@click.option("--most", default=1000, show_default=True, help="Name so many at most.")
def stuck(thorough: bool, most: int) -> None:
    """Name cases that go on but have no open task and no clock that could move them; ends with status 1 when there are any.

    The worker looks for them by itself every five minutes and tells those responsible (back office, Incidents).
    """
    with opened() as (_site, session):
        found = watching.lost(session, most) if thorough else watching.stuck(session, most)
    for each in found:
        click.echo(f"{each.number}  {each.status}  {local(each.since):%Y-%m-%d %H:%M}  {each.item_title}")
    click.echo(f"{len(found)} 件停着不动 / stuck" if found else "没有停着不动的办件 / nothing is stuck")
    sys.exit(1 if found else 0)
