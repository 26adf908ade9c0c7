"""What plugins let an item set: the schema of each one's options, read where the studio edits ``/item/plugins/<name>``.

The composition root registers every plugin that was loaded, as it does with their kinds of field. A plugin that is gone leaves its options in the item;
they are then edited as plain JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.items.studio.spots import Spot
from core.pluginhost.manifest import Manifest

#: Where an item keeps the options of its plugins.
HOLDER: Final[Spot] = ("item", "plugins")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one plugin in one version: ``root`` names the schema among all that editors know."""

    name: str
    title: Mapping[str, str]
    path: Path
    root: str

    def english(self) -> Mapping[str, str]:
        """The Chinese of a title or description in the schema → its English: ``options.english.json`` beside ``options.schema.json``."""
        beside = self.path.with_name(self.path.name.removesuffix(".json").removesuffix(".schema") + ".english.json")
        found: Mapping[str, str] = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
        return found


_by_name: dict[str, Options] = {}
_by_root: dict[str, Options] = {}


def register(manifest: Manifest) -> None:
    """Make the options of a loaded plugin known; one without any is passed over. A new version takes the place of the one before."""
    if manifest.options_schema is None or manifest.folder is None:
        return
    root = f"{manifest.name}@{manifest.version}"
    made = Options(manifest.name, manifest.title, manifest.folder / manifest.options_schema, root)
    if _by_root.get(root) != made:
        _by_root[root] = made
        schema.cache_clear()
        english.cache_clear()
    _by_name[manifest.name] = made


def known() -> tuple[Options, ...]:
    """Every plugin that has options, by name."""
    return tuple(_by_name[name] for name in sorted(_by_name))


def of(at: Spot) -> Options | None:
    """The plugin whose options are what stands at *at*; ``None`` above and below, and for one that nobody knows."""
    return _by_name.get(at[-1]) if len(at) == len(HOLDER) + 1 and at[:-1] == HOLDER else None


def title(name: str, locale: str) -> str:
    """What people call a plugin."""
    found = _by_name.get(name)
    return name if found is None else found.title.get(locale) or found.title.get("zh") or name


@cache
def schema(root: str) -> Mapping[str, Any]:
    """The schema that *root* names."""
    found: Mapping[str, Any] = json.loads(_by_root[root].path.read_text(encoding="utf-8"))
    return found


@cache
def english(root: str) -> Mapping[str, str]:
    """:meth:`Options.english` of *root*; empty for a schema of the platform's own."""
    return _by_root[root].english() if root in _by_root else {}
