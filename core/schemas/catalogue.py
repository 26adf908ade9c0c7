"""The schema files: which kinds and versions there are. ``N`` of a published file never changes; a new shape is a new file and a converter."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
BASE = "https://wangting.example/schemas/"
_FILE = re.compile(r"([a-z_]+)\.v([0-9]+)\.schema\.json")


@cache
def versions() -> dict[str, tuple[int, ...]]:
    """Kind → its published versions, rising."""
    found: dict[str, list[int]] = {}
    for path in FOLDER.glob("*.schema.json"):
        match = _FILE.fullmatch(path.name)
        if match:
            found.setdefault(match[1], []).append(int(match[2]))
    return {kind: tuple(sorted(numbers)) for kind, numbers in sorted(found.items())}


def newest(kind: str) -> int:
    """The version that documents of *kind* are written in now."""
    return versions()[kind][-1]


@cache
def text(kind: str, version: int) -> str:
    """The schema file as text."""
    if version not in versions().get(kind, ()):
        raise LookupError(f"no schema {kind}.v{version}; there are {versions()}")
    return (FOLDER / f"{kind}.v{version}.schema.json").read_text("utf-8")


def load(kind: str, version: int = 1) -> dict[str, Any]:
    """A fresh copy of one schema; :class:`LookupError` for a kind or version that is not published."""
    schema = json.loads(text(kind, version))
    assert isinstance(schema, dict)
    return schema
