"""``history``: the months of the tables that only grow (PostgreSQL), and whether everything lies in its month."""

import sys

import click

from core.cli.opening import opened
from core.db import months


@click.group()
def history() -> None:
    """Events, closed tasks and the audit record by month (PostgreSQL; SQLite keeps them whole)."""


@history.command("show")
def show() -> None:
    """List the months of every table; ends with 1 when rows lie outside any month or next month is not made."""
    with opened() as (_site, session):
        found = months.states(session)
    for state in found:
        span = f"{state.months[0]:%Y-%m} … {state.months[-1]:%Y-%m}" if state.months else "-"
        click.echo(f"{state.table}  {span}  {len(state.months)} 个月 / months  预建 / ahead: {state.ahead}  未归月 / strays: {state.strays}")
    if not found:
        click.echo("历史未按月分区(SQLite)/ history is not cut by month (SQLite)")
    sys.exit(1 if any(state.strays or not state.ahead for state in found) else 0)


@history.command("make")
def make() -> None:
    """Make the present and the next months now, and move strays to theirs: what the worker does every hour, for a role that owns the tables."""
    turns = 0
    while True:
        with opened() as (_site, session):
            again = months.keep_ahead(session)
        if not again:
            break
        turns += 1
    click.echo(f"新建月份 / months made: {turns}")
