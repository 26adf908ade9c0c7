"""``outbox``: what the worker gave up on, and a fresh start for it once the cause was mended."""

import click

from core.cli.opening import opened
from core.outbox import service as messages


@click.group()
def outbox() -> None:
    """Messages handled after commit: licences, notices, plugins."""


@outbox.command()
def parked() -> None:
    """Messages that were given up on, oldest first, with the last error (no personal values are in it)."""
    with opened() as (_site, session):
        found = messages.parked(session)
        for message in found:
            click.echo(f"{message.id}  {message.topic}  × {message.attempts}  {message.last_error or ''}")
        waiting = messages.waiting(session)
    click.echo(f"搁置 / parked: {len(found)}  等待 / waiting: {waiting}")


@outbox.command()
@click.argument("message_ids", nargs=-1, required=True, metavar="ID…")
def revive(message_ids: tuple[str, ...]) -> None:
    """Give parked messages their attempts back; all that are named, or none."""
    with opened() as (_site, session):
        for message_id in message_ids:
            messages.revive(session, message_id)
    click.echo(f"重新排队 / queued again: {len(message_ids)}")
