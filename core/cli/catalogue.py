"""``wangting catalogue``: publish entries of the basic catalogue at set-up, list them, and the report on sameness."""

import json
import sys
from pathlib import Path

import click

from core.cli.items import _actor, _locale, _print
from core.cli.opening import configured, opened
from core.identity.queries import departments
from core.items.catalogue import entries as catalogue_entries
from core.items.catalogue import service as catalogue_service
from core.items.library import library, read_json
from core.kernel.errors import BadInput


@click.group()
def catalogue() -> None:
    """The basic catalogue: check, publish, list, sameness."""


@catalogue.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON.")
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check entry files: everything that is wrong, with its spot. Writes nothing."""
    shelf = library(configured().home)
    found = [(str(path), f) for path in paths for f in catalogue_service.check_entry(read_json(path), shelf.forms, shelf.blocks)]
    _print(found, as_json)
    sys.exit(1 if any(f.level == "error" for _path, f in found) else 0)


@catalogue.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--department", required=True, help="Code of the publishing department.")
@click.option("--division", required=True, help="Code of its division.")
@click.option("--as", "name", help="Who publishes, for the record (default: your login).")
def publish(paths: tuple[Path, ...], department: str, division: str, name: str | None) -> None:
    """Publish entries at set-up, in a demonstration hall. Elsewhere a request is made and reviewed in the back office."""
    if not configured().demo:
        raise BadInput("items.catalogue_by_request")
    shelf = library(configured().home)
    with opened() as (_site, session):
        office = next((each for each in departments(session) if each.code == department and each.division_path.endswith(f"/{division}/")), None)
        if office is None:
            raise BadInput("items.department_missing", name=department, known=division)
        for path in paths:
            stored = catalogue_entries.bundle(read_json(path), shelf.forms, shelf.blocks)
            made = catalogue_service.publish_entry(session, stored, publisher_id=office.id, actor=_actor(name))
            click.echo(f"{made.code}: 第 {made.number} 版 / version {made.number}  {made.hash}")


@catalogue.command("list")
def show() -> None:
    """Every entry with its version and who published it."""
    with opened() as (_site, session):
        for each in catalogue_service.entries(session):
            click.echo(f"{each.code}  {each.title}  {each.publisher}  {each.number}")


@catalogue.command()
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def sameness(as_json: bool) -> None:
    """四级四同: which claimed items deviate from the catalogue, and in what. Ends with status 1 when any does."""
    with opened() as (_site, session):
        rows = catalogue_service.sameness(session)
    if as_json:
        plain = [
            {
                "entry": row.entry_code, "item": row.item_code, "department": row.department, "follows": row.follows, "version": row.number,
                "unified": [spot.pointer for spot in row.unified], "fixed": [spot.pointer for spot in row.fixed],
            }
            for row in rows
        ]  # fmt: skip
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2))
    for row in () if as_json else rows:
        spots = "、".join(spot.title(_locale()) for spot in (*row.unified, *row.fixed))
        click.echo(f"{row.entry_code}  {row.department}  {row.item_code}  {row.follows}/{row.number}  {spots or '相同 same'}")
    sys.exit(0 if all(row.same for row in rows) else 1)
