"""Which plugin a test belongs to, and how the platform finds one that is being written and is not installed with pip."""

import importlib
import importlib.metadata
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from core.pluginhost.discovery import ENTRY_POINTS

_MANIFEST = "manifest.json"


def plugin_of(test: Path) -> Path | None:
    """The folder with the manifest that the test file belongs to: above it, or – in a distribution – beside its folder. ``None`` for any other test."""
    for parent in test.parents:
        if (parent / _MANIFEST).is_file():
            return parent
        beside = [each.parent for each in sorted(parent.glob(f"*/{_MANIFEST}"))]
        if len(beside) == 1:
            return beside[0]
        if (parent / "pyproject.toml").is_file():
            break
    return None


def name_of(folder: Path) -> str:
    """The plugin's name."""
    return str(json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))["name"])


def make_findable(folder: Path, scratch: Path) -> None:
    """What ``pip install --editable`` would do, for this process only: *scratch* comes to hold the entry points of the project around *folder*.

    Nothing is done for a plugin that is installed already, or that comes with the platform.
    """
    project = folder.parent / "pyproject.toml"
    if not project.is_file() or name_of(folder) in {each.name for each in importlib.metadata.entry_points(group=ENTRY_POINTS)}:
        return
    written: dict[str, Any] = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {})
    points = written.get("entry-points", {}).get(ENTRY_POINTS, {})
    if not points:
        return
    info = scratch / f"{name_of(folder)}-0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name_of(folder)}\nVersion: 0\n", encoding="utf-8")
    lines = [f"[{ENTRY_POINTS}]", *(f"{name} = {module}" for name, module in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.path[:0] = [str(scratch), str(folder.parent)]
    importlib.invalidate_caches()
