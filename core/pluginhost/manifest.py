"""The manifest of a plugin: read, held against the published schema, frozen."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jsonschema import Draft202012Validator
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from core.pluginhost.errors import PluginTrouble

FILE = "manifest.json"
#: The contract that plugins are written against: ``core.sdk`` and the hooks. A manifest names a range of it.
SDK = "1.0"
_SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "plugin_manifest.v1.schema.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a plugin says of itself. ``after`` orders without needing; ``requires`` needs and orders. ``steps``: what ``run_step`` can be
    asked for, so that no item is published with a step that nobody does."""

    name: str
    version: str
    title: Mapping[str, str]
    owner: str
    scope: Literal["site", "department", "item"]
    sdk: str
    hooks: frozenset[str]
    requires: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    description: Mapping[str, str] = field(default_factory=dict)
    options_schema: str | None = None
    permissions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    quality: str = "bronze"
    folder: Path | None = None


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))


def read(folder: Path) -> Manifest:
    """The manifest in *folder*; :class:`PluginTrouble` names file and spot when it is missing or wrong."""
    path = folder / FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PluginTrouble("pluginhost.manifest_missing", folder=str(folder)) from error
    except json.JSONDecodeError as error:
        raise PluginTrouble("pluginhost.manifest_broken", path=str(path), line=error.lineno, why=error.msg) from error
    except UnicodeDecodeError as error:
        raise PluginTrouble("pluginhost.manifest_broken", path=str(path), line=1, why="UTF-8") from error
    found = parse(document, str(path), folder)
    if found.name != folder.name:
        raise PluginTrouble("pluginhost.name_unlike_folder", name=found.name, folder=folder.name)
    return found


def parse(document: Any, origin: str, folder: Path | None = None) -> Manifest:
    """A manifest document as a value; :class:`PluginTrouble` with the first spot that is wrong."""
    problem = next(iter(sorted(_validator().iter_errors(document), key=lambda error: error.json_path)), None)
    if problem is not None:
        raise PluginTrouble("pluginhost.manifest_field", path=origin, spot=problem.json_path, why=problem.message)
    try:
        SpecifierSet(document["sdk"])
    except InvalidSpecifier as error:
        raise PluginTrouble("pluginhost.sdk_range", path=origin, value=document["sdk"]) from error
    return Manifest(
        name=document["name"],
        version=document["version"],
        title=document["title"],
        owner=document["owner"],
        scope=document["scope"],
        sdk=document["sdk"],
        hooks=frozenset(document["hooks"]),
        requires=tuple(document.get("requires", ())),
        after=tuple(document.get("after", ())),
        description=document.get("description", {}),
        options_schema=document.get("options_schema"),
        permissions=document.get("permissions", {}),
        settings=document.get("settings", {}),
        steps=tuple(document.get("steps", ())),
        quality=document.get("quality", "bronze"),
        folder=folder,
    )
