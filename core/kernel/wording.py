"""One catalogue words every message. Each slice keeps its own ``wording.json``; keys start with the slice's name."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

_CORE = Path(__file__).resolve().parent.parent
_added: list[Mapping[str, Mapping[str, str]]] = []


def _files() -> Iterator[Path]:
    yield from sorted(_CORE.glob("*/wording.json"))
    yield from sorted(_CORE.glob("*/*/wording.json"))


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """All words: key → locale → text."""
    words: dict[str, Mapping[str, str]] = {}
    for path in _files():
        for key, texts in json.loads(path.read_text(encoding="utf-8")).items():
            if key in words:
                raise ValueError(f"{path}: {key} is worded twice")
            words[key] = texts
    for extra in _added:
        words.update(extra)
    return words


def add(words: Mapping[str, Mapping[str, str]]) -> None:
    """Add a plugin's words."""
    _added.append(words)
    catalogue.cache_clear()


class _Params(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def word(key: str, /, locale: str = "zh", **params: Any) -> str:
    """The text of *key* in *locale* (Chinese when the locale has none; the key itself when nobody worded it)."""
    texts = catalogue().get(key)
    if texts is None:
        return key
    template = texts.get(locale) or texts["zh"]
    return template.format_map(_Params(params)) if "{" in template else template
