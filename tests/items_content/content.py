"""The shipped items and forms, as the tests of this folder walk them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests" / "bench"

Doc = Mapping[str, Any]


def item_files() -> list[Path]:
    """Every item of a department; the benchmark's item is an item like any other."""
    return [*sorted((ROOT / "item_configs").glob("*/*.json")), BENCH / "items" / "forty-fields.json"]


def form_files() -> list[Path]:
    """Every form definition."""
    return [*sorted((ROOT / "form_definitions").glob("*.json")), BENCH / "forms" / "forty_fields.json"]


def read(path: Path) -> Any:
    """The JSON in *path*."""
    return json.loads(path.read_text(encoding="utf-8"))


def forms() -> dict[str, Doc]:
    """Form definitions by id."""
    return {path.stem: read(path) for path in form_files()}


def real_items() -> dict[str, Doc]:
    """The real items by code."""
    return {path.stem: read(path) for path in item_files() if BENCH not in path.parents}


def fields(properties: Doc, path: str = "") -> Iterator[tuple[str, Doc]]:
    """Every field with its path, rows and groups gone into."""
    for name, field in properties.items():
        here = f"{path}.{name}" if path else name
        yield here, field
        yield from fields(field.get("properties") or {}, here)
        yield from fields((field.get("items") or {}).get("properties") or {}, here)


def form_texts(definition: Doc) -> dict[str, str]:
    """Path of stable ids → Chinese text of everything a person reads in a form."""
    found = {"form.title": definition["title"]}
    for path, field in fields(definition["properties"]):
        ui = field.get("ui") or {}
        found[f"form.{path}.title"] = field["title"]
        found.update({f"form.{path}.{key}": ui[key] for key in ("help", "text", "add", "row_title") if key in ui})
        for option in (*field.get("oneOf", ()), *(field.get("items") or {}).get("oneOf", ())):
            found[f"form.{path}.{option['const']}.title"] = option["title"]
    for page in definition["ui"]["pages"]:
        found[f"form.{page['id']}.title"] = page["title"]
        found.update({f"form.{section['id']}.title": section["title"] for section in page["sections"]})
    return found
