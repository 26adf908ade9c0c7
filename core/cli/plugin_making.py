"""``wangting plugins new`` and ``wangting plugins hooks``: what the author of a plugin uses. Neither needs a hall."""

from pathlib import Path

import click

from core.app import HOOKSPECS
from core.pluginhost.making import make


@click.command()
@click.argument("name")
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Folder that the project is written to (default: here).")
@click.option("--title", default="", help="What people call it, in Chinese.")
@click.option("--title-en", default="", help="What people call it, in English.")
@click.option("--owner", default="administrative_approval", show_default=True, help="Code of the department that answers for it.")
def new(name: str, into: Path, title: str, title_en: str, owner: str) -> None:
    """Write a new plugin: small, working, with tests."""
    made = make(name, into, title=title, title_en=title_en, owner=owner)
    for path in made:
        click.echo(path.as_posix())
    click.echo(f"cd {made[0].parent} && python -m pytest")


@click.command()
def hooks() -> None:
    """Print the reference of hooks (docs/plugins/hooks.md)."""
    from core.cli.hook_reference import page  # needed here only

    click.echo(page(HOOKSPECS), nl=False)
