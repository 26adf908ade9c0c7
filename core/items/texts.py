"""Every human text of an item has a path of stable ids (``materials.layout.title``), and may be translated under it.

A text that has no translation falls back to Chinese and is *marked* (``lang="zh-CN"``), so that a screen reader changes voice
and nobody takes it for English (DESIGN §3).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: Keys whose value is read by people. Everything else (codes, rules, units of limits) is for machines.
HUMAN = frozenset(
    "title short_title summary text help question answer address hours reason standard reconsideration litigation relief opens closes duty liability".split()  # noqa: SIM905
)
_NOT_TEXT = frozenset(
    ("translations", "tests", "documents", "rule_sheets", "searchable", "plugins", "provenance", "codes", "words", "contacts", "data", "sets", "when")
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text and the language to mark it with when it is not in the language asked for (``None`` when it is)."""

    text: str
    lang: str | None = None

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text)


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every part of an item with its path of stable ids. Elements of lists are known by ``id``, never by position."""
    if path:
        yield path, value
    if isinstance(value, Mapping):
        for name, child in value.items():
            yield from walk(child, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for child in value:
            if isinstance(child, Mapping) and isinstance(child.get("id"), str):
                yield from walk(child, f"{path}.{child['id']}")


def _short(path: str) -> str:
    """Nodes, branches, actions and options drop the word of their container: ``route.joint.market.review.pass.title``."""
    parts = path.split(".")
    if parts[0] == "route":
        return ".".join(["route", *(p for i, p in enumerate(parts[1:], 1) if not _container(parts, i))])
    dropped = {"situations": ("options", 2), "fees": ("items", 1)}.get(parts[0])
    if dropped is not None and len(parts) > dropped[1] and parts[dropped[1]] == dropped[0]:
        return ".".join(part for i, part in enumerate(parts) if i != dropped[1])
    return path


def _container(parts: list[str], index: int) -> bool:
    word, before = parts[index], parts[index - 1]
    if word == "review" and index == 1:
        return True
    # a node may itself be called "nodes": only the word right after a scope or a node is the container
    return word in ("nodes", "branches", "actions") and before not in ("nodes", "branches", "actions")


def _engine(path: str) -> str:
    """The path under which routing asks for a text: ``review.joint.fire.opinion.actions.pass.title``."""
    parts = path.split(".")
    return ".".join(p for i, p in enumerate(parts[1:], 1) if not (p in ("nodes", "branches") and parts[i - 1] not in ("nodes", "branches", "actions")))


def route_translations(doc: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The item's translations of its route's texts, under the paths routing asks for."""
    found: dict[str, dict[str, str]] = {}
    for locale, table in (doc.get("translations") or {}).items():
        for path, value in walk({"route": doc["route"]}):
            if isinstance(value, str) and path.rpartition(".")[2] in HUMAN:
                translated = next((table[name] for name in (_short(path), f"route.{_engine(path)}") if name in table), None)
                if translated:
                    found.setdefault(locale, {})[_engine(path)] = translated
    return found


def text_paths(doc: Mapping[str, Any]) -> dict[str, str]:
    """Path of stable ids → Chinese text, for everything of the item that can be translated (the form's texts are the form's)."""
    found: dict[str, str] = {}
    for path, value in walk({name: part for name, part in doc.items() if name not in _NOT_TEXT}):
        if isinstance(value, str) and value and path.rpartition(".")[2] in HUMAN:
            found[_short(path)] = value
    return found


def text_spots(doc: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Where in the document each text of :func:`text_paths` stands: the way to it, entries of lists by ``@id``. Takes a document that may be wrong."""
    found: dict[str, tuple[str, ...]] = {}

    def search(value: Any, path: str, way: tuple[str, ...]) -> None:
        if isinstance(value, Mapping):
            for name, child in value.items():
                if way or name not in _NOT_TEXT:
                    search(child, f"{path}.{name}" if path else str(name), (*way, str(name)))
        elif isinstance(value, list | tuple):
            for child in value:
                if isinstance(child, Mapping) and isinstance(child.get("id"), str):
                    search(child, f"{path}.{child['id']}", (*way, f"@{child['id']}"))
        elif isinstance(value, str) and value and way[-1] in HUMAN:
            found[_short(path)] = way

    search(doc, "", ())
    return found


def known_paths(doc: Mapping[str, Any]) -> frozenset[str]:
    """Every path of the item, in the long and the short way of naming route parts."""
    paths = {path for path, _ in walk(doc)}
    return frozenset(paths | {_short(path) for path in paths} | {f"route.{_engine(path)}" for path in paths if path.startswith("route.")})


def lookup(doc: Mapping[str, Any], path: str) -> Any:
    """What stands at *path*; ``None`` when there is nothing."""
    here: Any = doc
    for part in path.split("."):
        if isinstance(here, Mapping):
            here = here.get(part)
        elif isinstance(here, list | tuple):
            here = next((child for child in here if isinstance(child, Mapping) and child.get("id") == part), None)
        else:
            return None
    return here


class Reader:
    """Reads texts of one item in one language: ``reader("materials.layout.title", fallback)``."""

    def __init__(self, doc: Mapping[str, Any], locale: str = "zh") -> None:
        self.locale = locale
        self._table: Mapping[str, str] = {} if locale.startswith("zh") else (doc.get("translations") or {}).get(locale) or {}

    def __call__(self, path: str, chinese: str | None) -> Text:
        """The text at *path*: translated, or *chinese* marked as such; an empty :class:`Text` when there is none."""
        if not chinese:
            return Text("")
        if self.locale.startswith("zh"):
            return Text(chinese)
        translated = self._table.get(path)
        return Text(translated) if translated else Text(chinese, "zh-CN")


def missing(doc: Mapping[str, Any], locale: str = "en") -> tuple[str, ...]:
    """Paths of the item's texts that have no translation in *locale* (the studio and ``wangting items check`` list them)."""
    table = (doc.get("translations") or {}).get(locale) or {}
    return tuple(path for path in text_paths(doc) if path not in table)
