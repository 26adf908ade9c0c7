"""Items, forms and blocks as files: those that ship with the platform, overlaid by ``WANGTING_HOME`` (DESIGN §11)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.items.errors import BrokenFile
from core.kernel.errors import Finding
from core.kernel.places import shipped

LARGEST = 8 * 1024 * 1024


def shipped_root() -> Path:
    """Where the shipped ``item_configs`` and ``form_definitions`` are."""
    return shipped("item_configs").parent


@dataclass(frozen=True, slots=True)
class Library:
    """Form definitions and blocks by id, and the item files to hand; what is broken is kept as findings with its file."""

    forms: Mapping[str, Mapping[str, Any]]
    blocks: Mapping[str, Mapping[str, Any]]
    items: Mapping[str, Path]
    broken: Mapping[Path, Finding] = field(default_factory=dict)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in *path*. :class:`BrokenFile` says file, line, column and what to mend – for bad JSON, double keys, wrong encoding, no object."""
    try:
        if path.stat().st_size > LARGEST:
            raise BrokenFile("items.file_too_large", file=str(path), most=LARGEST // 1024 // 1024)
        value = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise BrokenFile(file=str(path), line=error.lineno, column=error.colno, what=error.msg) from error
    except UnicodeDecodeError as error:
        raise BrokenFile("items.file_not_utf8", file=str(path)) from error
    except OSError as error:
        raise BrokenFile("items.file_unreadable", file=str(path), what=error.strerror or str(error)) from error
    except RecursionError as error:
        raise BrokenFile("items.file_too_deep", file=str(path)) from error
    except ValueError as error:
        raise BrokenFile("items.file_value", file=str(path), what=str(error)) from error
    if not isinstance(value, dict):
        raise BrokenFile("items.file_no_object", file=str(path))
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON keeps the last of two equal keys and says nothing; a copied block whose id was not changed would vanish."""
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise ValueError(f"“{name}” 写了两次 / is written twice")
        result[name] = value
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} 不是 JSON 的值 / is no JSON value")


def roots(home: Path | None) -> tuple[Path, ...]:
    """Shipped first, then the hall's own, which wins by id."""
    return (shipped_root(),) if home is None else (shipped_root(), home)


def library(home: Path | None = None, *, within: tuple[Path, ...] | None = None) -> Library:
    """Read every form and block, and list every item file. A broken file is reported with the items that need it, and hides nothing else."""
    forms: dict[str, Mapping[str, Any]] = {}
    blocks: dict[str, Mapping[str, Any]] = {}
    items: dict[str, Path] = {}
    broken: dict[Path, Finding] = {}
    for root in within or roots(home):
        for folder, target in ((root / "form_definitions", forms), (root / "form_definitions" / "blocks", blocks)):
            for path in sorted(folder.glob("*.json")):
                try:
                    read = read_json(path)
                    target.update(named_blocks([(path.stem, read)]) if target is blocks else {path.stem: read})
                except BrokenFile as error:
                    broken[path] = Finding("error", "", error.message_key, error.params)
                    target.pop(path.stem, None)
        for path in item_files(root / "item_configs"):
            items[path.stem] = path
    return Library(forms, blocks, items, broken)


def named_blocks(files: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Mapping[str, Any]]:
    """Shared blocks by the name that forms have for them, ``id@version``; a file that says neither is called as its file is."""
    return {f"{body['id']}@{body['version']}" if isinstance(body.get("id"), str) and "version" in body else stem: body for stem, body in files}


def item_files(folder: Path) -> Iterator[Path]:
    """Item files below *folder*: one folder a department, one file an item. Files directly in it are catalogues, not items."""
    yield from sorted(folder.glob("*/*.json"))


@dataclass(frozen=True, slots=True)
class ItemSource:
    """One item with everything it needs to be compiled. ``broken`` says why it could not even be read."""

    path: Path
    doc: Mapping[str, Any]
    library: Library
    broken: Finding | None = None


def sources(paths: Iterable[Path], shelf: Library) -> tuple[ItemSource, ...]:
    """Read these item files; one that cannot be read keeps its finding instead of stopping the others."""
    found = []
    for path in paths:
        try:
            found.append(ItemSource(path, read_json(path), shelf))
        except BrokenFile as error:
            found.append(ItemSource(path, {}, shelf, Finding("error", "", error.message_key, error.params)))
    return tuple(found)


def shipped_items(home: Path | None = None) -> tuple[ItemSource, ...]:
    """Every item that ships with the platform or lies in the hall's own folder."""
    shelf = library(home)
    return sources(shelf.items.values(), shelf)
