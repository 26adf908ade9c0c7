"""A new plugin: a small one that works, with its tests, written from the templates in ``new/`` for its author to change."""

import importlib.util
import keyword
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.kernel.errors import BadInput
from core.pluginhost.manifest import SDK

TEMPLATES = Path(__file__).resolve().parent / "new"
_SUFFIX = ".txt"  # so that nobody takes them for modules
_NAME = re.compile(r"[a-z][a-z0-9_]{2,29}")
_TITLE = re.compile(r"""[^"'\\<>{}%\n\r]{1,40}""")
_OWNER = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def make(name: str, into: Path, *, title: str = "", title_en: str = "", owner: str = "administrative_approval") -> tuple[Path, ...]:
    """Write the distribution of a new plugin called *name* to ``into/name``; returns its files, the first is the project's.

    *title* (Chinese) and *title_en* are what people read; the name stands in for both. Raises :class:`BadInput` for a name that Python or somebody else
    has already, for a title that would have to be escaped, and when the folder is there: nothing is ever written over.
    """
    spoken = name.replace("_", " ").capitalize()
    words = {"NAME": name, "TITLE": title or spoken, "TITLE_EN": title_en or spoken, "OWNER": owner, "SDK": f">={SDK},<{int(SDK.split('.')[0]) + 1}"}
    _check(words)
    target = into / name
    if target.exists():
        raise BadInput("pluginhost.new_exists", path=str(target))
    written = []
    for path, text in _files(words):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text, encoding="utf-8")
        written.append(target / path)
    return tuple(written)


def _check(words: Mapping[str, str]) -> None:
    name = words["NAME"]
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise BadInput("pluginhost.new_name", name=name)
    if name == "tests" or importlib.util.find_spec(name) is not None:
        raise BadInput("pluginhost.new_taken", name=name)
    for title in (words["TITLE"], words["TITLE_EN"]):
        if not _TITLE.fullmatch(title):
            raise BadInput("pluginhost.new_title", title=title)
    if not _OWNER.fullmatch(words["OWNER"]):
        raise BadInput("pluginhost.new_owner", owner=words["OWNER"])


def _files(words: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """(path in the project, content), the project's file first."""
    found = sorted(TEMPLATES.rglob(f"*{_SUFFIX}"), key=lambda path: (len(path.relative_to(TEMPLATES).parts), path.name != "pyproject.toml.txt", path))
    for path in found:
        inside = path.relative_to(TEMPLATES).as_posix().removesuffix(_SUFFIX)
        parts = [words["NAME"] if part == "NAME" else part for part in inside.split("/")]
        yield Path(*parts), re.sub(r"%([A-Z_]+)%", lambda found: words[found[1]], path.read_text(encoding="utf-8"))
