"""Which plugins lie here: folders with a manifest, and distributions that name themselves at an entry point. Nothing of theirs is imported."""

import hashlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from core.kernel.errors import PlatformError
from core.pluginhost.errors import PluginTrouble
from core.pluginhost.manifest import Manifest, read

ENTRY_POINTS = "wangting.plugins"
#: What an interpreter leaves behind; nothing of it is the plugin's.
_LEFT = frozenset({"__pycache__"})


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin that lies here: its manifest, the module that holds its hooks, and whether it comes with the platform itself."""

    manifest: Manifest
    module: str
    shipped: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the plugin's files; empty for one that comes with the platform, which changes with every release."""
        return "" if self.shipped or self.manifest.folder is None else digest(self.manifest.folder)


def digest(folder: Path) -> str:
    """SHA-256 (hex) over every file of *folder*: names and contents in the order of the names, whatever the disk says."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=lambda one: one.relative_to(folder).as_posix()):
        if path.is_file() and not _LEFT.intersection(path.parts):
            name = path.relative_to(folder).as_posix().encode()
            content = path.read_bytes()
            total.update(b"%d:%s%d:" % (len(name), name, len(content)))
            total.update(content)
    return total.hexdigest()


def find(folders: Iterable[Path], *, shipped: Path | None = None, entry_points: bool = True) -> Iterator[Found | PlatformError]:
    """Every plugin of *shipped* and *folders* (a manifest in each sub-folder) and of the entry points; what is wrong with one stands in its place."""
    for folder in (shipped, *folders) if shipped is not None else folders:
        for path in sorted(folder.glob("*")):
            if (path / "manifest.json").is_file():
                yield _read(path, f"{_package(folder, shipped)}.{path.name}.plugin", shipped=folder == shipped)
    if not entry_points:
        return
    for point in sorted(importlib.metadata.entry_points(group=ENTRY_POINTS), key=lambda one: one.name):
        spec = importlib.util.find_spec(point.module)
        if spec is None or spec.origin is None:
            yield PluginTrouble(name=point.name, why=f"{point.module} is not importable")
        else:
            yield _read(Path(spec.origin).parent, point.module)


def _package(folder: Path, shipped: Path | None) -> str:
    """The package that the plugins of *folder* are modules of: ours for those that come with the platform, otherwise one made for this very folder,
    so that plugins of two halls in one process never meet, and no folder gets onto the import path."""
    if folder == shipped:
        return folder.name
    name = f"plugins_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}"
    if name not in sys.modules:
        package = ModuleType(name, "Plugins of one folder.")
        package.__path__ = [str(folder.resolve())]
        sys.modules[name] = package
    return name


def _read(folder: Path, module: str, *, shipped: bool = False) -> Found | PlatformError:
    try:
        return Found(read(folder), module, shipped)
    except PluginTrouble as trouble:
        return trouble
