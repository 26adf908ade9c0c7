"""``wangting``: the group that the other modules of this package hang their commands into."""

import os
import sys

import click

from core.cli.demo import demo
from core.cli.hall import init, migrate, run, worker
from core.cli.items import items
from core.cli.watch import audit, keys
from core.kernel.errors import BadInput, PlatformError


class Group(click.Group):
    """A group whose errors read like sentences: which value, what is wrong, how to mend – never a stack trace."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a :class:`PlatformError` is printed in the caller's language and ends with status 2."""
        try:
            return super().invoke(ctx)
        except PlatformError as error:
            locale = "en" if os.environ.get("LANG", "").startswith("en") else "zh"
            click.echo(error.words(locale), err=True)
            for finding in error.findings if isinstance(error, BadInput) else ():
                click.echo(f"  {finding.path}: {finding.words(locale)}", err=True)
            sys.exit(2)


@click.group(cls=Group)
@click.version_option(package_name="wangting")
def main() -> None:
    """Wangting 网厅: a government service hall whose items are data."""


for command in (init, run, worker, migrate, items, demo, audit, keys):
    main.add_command(command)
