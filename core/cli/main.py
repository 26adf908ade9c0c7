"""``wangting``: the group that the other modules of this package hang their commands into."""

import errno
import os
import sys

import click
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from core.cli.cases import cases
from core.cli.catalogue import catalogue
from core.cli.demo import demo
from core.cli.devices import devices
from core.cli.exchange import exchange
from core.cli.hall import init, migrate, run, worker
from core.cli.history import history
from core.cli.items import items
from core.cli.links import links
from core.cli.notices import notices
from core.cli.organisation import organisation
from core.cli.outbox import outbox
from core.cli.plugins import plugins
from core.cli.receipt import receipt
from core.cli.serving import serve
from core.cli.watch import audit, keys
from core.db.errors import DatabaseAway, is_away
from core.kernel.errors import BadInput, PlatformError


class Group(click.Group):
    """A group whose errors read like sentences: which value, what is wrong, how to mend – never a stack trace."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a :class:`PlatformError` is printed in the caller's language and ends with status 2."""
        try:
            return super().invoke(ctx)
        except (PlatformError, SQLAlchemyError, OSError) as error:
            said = _in_words(error)
            if said is None:
                raise
            locale = "en" if os.environ.get("LANG", "").startswith("en") else "zh"
            click.echo(said.words(locale), err=True)
            for finding in said.findings if isinstance(said, BadInput) else ():
                click.echo(f"  {finding.path}: {finding.words(locale)}", err=True)
            sys.exit(2)


def _in_words(error: Exception) -> PlatformError | None:
    """What an operator can mend, worded; ``None`` for a fault of ours, which keeps its trace."""
    if isinstance(error, PlatformError):
        return error
    if type(error) in (ArgumentError, NoSuchModuleError):  # of an address; their kin are mistakes in a query
        return BadInput("cli.bad_database")
    if isinstance(error, SQLAlchemyError):
        return DatabaseAway() if is_away(error) else None
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return BadInput("cli.port_taken", port=os.environ.get("PORT", "8080"))
    if isinstance(error, OSError) and error.filename is not None:
        return BadInput("cli.file", path=error.filename, why=error.strerror)
    return None


@click.group(cls=Group)
@click.version_option(package_name="wangting")
def main() -> None:
    """Wangting 网厅: a government service hall whose items are data."""


for command in (
    init,
    run,
    serve,
    worker,
    migrate,
    organisation,
    items,
    catalogue,
    cases,
    demo,
    devices,
    exchange,
    audit,
    history,
    keys,
    links,
    notices,
    outbox,
    plugins,
    receipt,
):
    main.add_command(command)
