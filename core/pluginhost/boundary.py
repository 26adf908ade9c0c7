"""What a plugin's files import. The boundary keeps accidents out, not malice: plugins are trusted code."""

import ast
from collections.abc import Iterator
from pathlib import Path

from core.pluginhost.discovery import Found

#: What of the platform a plugin may import.
ALLOWED = "core.sdk"


def trespasses(found: Found) -> Iterator[tuple[str, int, str]]:
    """(file, line, module) of every import of the platform's inside, or of another plugin. Tests of the plugin are left out."""
    folder = found.manifest.folder
    if folder is None:
        return
    own = found.module.rpartition(".")[0]
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        if inside.parts[0] == "tests":
            continue
        for line, module in _imports(path, own, inside):
            if any(_inside(module, theirs) and not _inside(module, free) for theirs, free in (("core", ALLOWED), ("plugins", own))):
                yield inside.as_posix(), line, module


def _inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _imports(path: Path, own: str, inside: Path) -> Iterator[tuple[int, str]]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return  # said when it is imported
    package = ".".join((own, *inside.parts[:-1]))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            yield from ((node.lineno, f"{module}.{each.name}" if module in ("core", "plugins") else module) for each in node.names)
