"""``wangting items``: check, apply, publish, compare and export items. An edge: opens the hall and commits."""

import getpass
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from core.cli.opening import configured, opened
from core.items import queries
from core.items import service as item_service
from core.items.compiling import from_bundle
from core.items.errors import GateClosed, ItemNotFound
from core.items.library import ItemSource, item_files, library, roots, sources
from core.items.service import carrying
from core.items.service.apply import in_file
from core.items.texts import missing
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Finding
from core.keys import signing


@click.group()
def items() -> None:
    """Items as data: check, apply, publish, compare, export."""


def _locale() -> str:
    return "en" if os.environ.get("LANG", "").startswith("en") else "zh"


def _actor(name: str | None) -> Actor:
    """Who runs the command, for the record and for four eyes: ``--as``, else the login of this machine."""
    return Actor("staff", f"cli:{name or getpass.getuser()}")


def _files(paths: Iterable[Path]) -> list[Path]:
    """Files as given; a folder stands for the items in it (``item_configs``, a department's folder, or a hall's data folder)."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = path / "item_configs" if (path / "item_configs").is_dir() else path
        found.extend(list(item_files(inside)) or sorted(inside.glob("*.json")))
    return found


def _sources(paths: tuple[Path, ...], everything: bool) -> tuple[ItemSource, ...]:
    """The named items with the forms they may use: shipped, the hall's own, and those beside the files themselves."""
    home = configured().home
    if everything == bool(paths):
        raise click.UsageError("给出文件,或者用 --all / name files, or use --all")
    files = list(library(home).items.values()) if everything else _files(paths)
    beside = tuple(dict.fromkeys(root for file in files for root in file.resolve().parents if (root / "form_definitions").is_dir()))
    shelf = library(within=tuple(dict.fromkeys((*roots(home), *reversed(beside)))))
    return sources(files, shelf)


def _print(found: Iterable[tuple[str, Finding]], as_json: bool) -> None:
    rows = list(found)
    if as_json:
        plain = [{"file": file, "level": f.level, "path": f.path, "key": f.key, "zh": f.words("zh"), "en": f.words("en")} for file, f in rows]
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    names = {"error": click.style("错误 error", fg="red"), "warning": click.style("提醒 warning", fg="yellow")}
    for file, each in rows:
        click.echo(f"{file}: {each.path or '/'}\n    {names[each.level]}: {each.words(_locale())}")


def _findings(source: ItemSource, session: Session | None) -> Iterator[Finding]:
    """Checks and item tests of one file; against the hall when there is one."""
    if source.broken is not None:
        yield source.broken
        return
    known = item_service.known_here(session, source.doc) if session is not None else None
    found = item_service.check_item(source.doc, forms=source.library.forms, blocks=source.library.blocks, known=known)
    yield from found
    if not any(f.level == "error" for f in found):
        compiled = item_service.compile_item(source.doc, forms=source.library.forms, blocks=source.library.blocks)
        yield from item_service.run_tests(compiled).findings


@items.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Every item of this hall.")
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON.")
@click.option("--texts", is_flag=True, help="Also list texts without an English translation.")
def check(paths: tuple[Path, ...], everything: bool, as_json: bool, texts: bool) -> None:
    """Check items and run their tests: everything that is wrong, with file, path and how to mend it. Writes nothing."""
    named = _sources(paths, everything)
    if (configured().home / "init.stamp").exists():
        with opened() as (_site, session):
            here = [source for source in named if not (everything and item_service.waiting(session, source, publish=False))]
            found = [(str(source.path), f) for source in here for f in _findings(source, session)]
    else:
        found = [(str(source.path), f) for source in named for f in _findings(source, None)]
    _print(found, as_json)
    for source in named if texts else ():
        for path in missing(source.doc) if source.broken is None else ():
            click.echo(f"{source.path}: {path}: 没有英文 / no English")
    errors = sum(f.level == "error" for _file, f in found)
    if not as_json:
        click.echo(f"{len(named)} 个事项 / items, {errors} 处错误 / errors, {len(found) - errors} 处提醒 / warnings")
    sys.exit(1 if errors else 0)


@items.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Every item of this hall.")
@click.option("--publish/--draft", "publishing", default=None, help="Publish at once, or keep as drafts. A demo hall publishes, others keep drafts.")
@click.option("--division", help="Code of the division that offers it; default: every hall's own.")
@click.option("--as", "name", help="Who applies, for the record (default: your login).")
def apply(paths: tuple[Path, ...], everything: bool, publishing: bool | None, division: str | None, name: str | None) -> None:
    """Check items and make them drafts – or publish them. All files or none; running servers need no restart."""
    named = _sources(paths, everything)
    demo = configured().demo
    wanted = demo if publishing is None else publishing
    refused: list[Finding] = []
    done = []
    with opened() as (_site, session):
        for source in item_service.sub_items_first(named):
            if source.broken is not None:
                refused.append(in_file(source.broken, str(source.path)))
                continue
            if everything and (missing := item_service.waiting(session, source, publish=wanted)):
                click.echo(f"{source.path.stem}: 等这些启用、发布 / waits for: {', '.join(missing)}")
                continue
            try:
                done.append(_apply_one(session, source, wanted, demo, division, _actor(name)))
            except GateClosed as error:
                refused.extend(in_file(f, str(source.path)) for f in error.findings)
        if any(f.level == "error" for f in refused):
            raise GateClosed(refused, code="、".join(source.path.stem for source in named))
    for each in done:
        state = "已发布 published" if each.published else "草稿 draft"
        number = f" 第 {each.number} 版" if each.number else ""
        click.echo(f"{each.code}: {state}{number if each.changed else ' (未变 unchanged)'}  {each.hash}")


def _apply_one(session: Session, source: ItemSource, wanted: bool, demo: bool, division: str | None, actor: Actor) -> Any:
    shelf = source.library
    return item_service.apply(session, source.doc, forms=shelf.forms, blocks=shelf.blocks, publishing=wanted, same_person=demo, division=division, actor=actor)


@items.command()
@click.argument("codes", nargs=-1, required=True)
@click.option("--division", help="Code of the division that offers it.")
@click.option("--as", "name", help="Who publishes, for the record (default: your login). Must differ from who applied, except in a demo hall.")
def publish(codes: tuple[str, ...], division: str | None, name: str | None) -> None:
    """Publish drafts through the gate. Needs a second person outside a demo hall."""
    demo = configured().demo
    with opened() as (_site, session):
        done = [item_service.publish(session, code, same_person=demo, division=division, actor=_actor(name)) for code in codes]
    for version in done:
        click.echo(f"{version.code}: 第 {version.number} 版已发布 / version {version.number} published  {version.hash}")


@items.command()
@click.argument("target")
@click.option("--json", "as_json", is_flag=True, help="Changes as JSON.")
def diff(target: str, as_json: bool) -> None:
    """What TARGET – a file, or the code of an item with a draft – changes against the version in force."""
    with opened() as (_site, session):
        after = _candidate(session, target)
        try:
            before = from_bundle(queries.bundle_of(session, after.code))
        except ItemNotFound:
            click.echo("[]" if as_json else f"{after.code}: 第一版,没有可比的 / the first version, nothing to compare with")
            return
    changes = item_service.diff(before, after)
    if as_json:
        click.echo(json.dumps([change.to_json() for change in changes], ensure_ascii=False, indent=2))
        return
    for change in changes:
        click.echo(change.words(_locale()))
    click.echo(f"{len(changes)} 处不同 / differences")


def _candidate(session: Session, target: str) -> Any:
    path = Path(target)
    if path.exists():
        (source,) = _sources((path,), False)
        if source.broken is not None:
            raise BadInput(source.broken.key, **source.broken.params)
        return item_service.compile_item(source.doc, forms=source.library.forms, blocks=source.library.blocks)
    draft = queries.draft_of(session, target)
    if draft is None:
        raise ItemNotFound("items.no_draft", code=target)
    return from_bundle(bytes(draft.bundle))


@items.command()
@click.argument("code")
@click.option("--number", type=int, help="A version other than the one in force.")
@click.option("--draft", is_flag=True, help="The draft, when there is one.")
@click.option("--form", "part", flag_value="form", help="The form instead of the item.")
@click.option("--output", type=click.Path(path_type=Path), help="Write to a file instead of the screen.")
def export(code: str, number: int | None, draft: bool, part: str | None, output: Path | None) -> None:
    """Print an item as canonical JSON: applying it again changes nothing."""
    with opened() as (_site, session):
        text = item_service.export(session, code, number=number, draft=draft, part=part or "item")
    if output is not None:
        output.write_text(text, encoding="utf-8")
    else:
        click.echo(text, nl=False)


@items.group()
def bundle() -> None:
    """Carry items from one hall to another, signed."""


@bundle.command("export")
@click.argument("codes", nargs=-1, required=True)
@click.option("--draft", is_flag=True, help="The drafts, where there are any.")
@click.option("--output", type=click.Path(path_type=Path), help="Write to a file instead of the screen.")
def bundle_export(codes: tuple[str, ...], draft: bool, output: Path | None) -> None:
    """Write a signed file with the versions in force of CODES."""
    with opened() as (_site, session):
        data = carrying.pack(session, codes, draft=draft)
    if output is not None:
        output.write_bytes(data)
    else:
        click.echo(data.decode(), nl=False)


@bundle.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--as", "name", help="Who takes it in, for the record (default: your login). Must differ from who publishes.")
def bundle_import(file: Path, name: str | None) -> None:
    """Keep the items of FILE as drafts, when a hall signed it whose key lies in items/trusted of the data folder. Publishes nothing."""
    keys = carrying.trusted(configured().home / "items" / "trusted")
    with opened() as (_site, session):
        done = carrying.take_in(session, file.read_bytes(), keys=keys.values(), actor=_actor(name))
    for each in done:
        click.echo(f"{each.code}: {'草稿已更新 / draft kept' if each.changed else '没有变化 / unchanged'}  {each.hash}")


@bundle.command("key")
def bundle_key() -> None:
    """Print the public key with which another hall checks what this one signs."""
    with opened() as (_site, session):
        click.echo(json.dumps(signing.public_key(session), indent=2))


@items.command("format")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--check", "only_check", is_flag=True, help="Say which files would change and end with status 1.")
def format_files(paths: tuple[Path, ...], only_check: bool) -> None:
    """Write item files in the one canonical way, so that export gives back the same bytes."""
    changed = 0
    for source in _sources(paths, False):
        if source.broken is not None:
            raise BadInput(source.broken.key, **source.broken.params)
        text = item_service.format_item(source.doc)
        if text == source.path.read_text(encoding="utf-8"):
            continue
        changed += 1
        click.echo(str(source.path))
        if not only_check:
            source.path.write_text(text, encoding="utf-8")
    sys.exit(1 if only_check and changed else 0)
