"""From the paths that checks give to spots of a draft: JSON pointers into the item, ``form:<id>#…``, ``…#and[0]`` into a rule, ``materials[1].title``.

A path may name what is not there – that is often what is wrong –; what it says beyond the draft stays as it is.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.items.studio import editors, spots
from core.items.studio.parts import part_of
from core.items.studio.spots import MISSING, Spot, find
from core.kernel.wording import word
from core.schemas import service as schemas

_DOTTED = re.compile(r'"(?:[^"\\]|\\.)*"|[^.\[\]\s]+')
#: Containers that say nothing to a person when one of their entries follows.
_SILENT = frozenset(("ui", "properties", "nodes", "branches", "actions", "options", "items", "cases", "oneOf", "translations", "route", "pages", "sections"))
#: Between the stations of a spot's name.
GAP = " · "


class Addresses:
    """The spots of one draft's *content*. Made once for many paths: the ids of a list are counted once."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.content = content
        self._tokens: dict[int, tuple[list[str], Mapping[str, int]]] = {}

    def of_item(self, path: str) -> Spot:
        """The spot of a path that :func:`core.items.checking.check_item` gave."""
        if path.startswith("form:"):
            return self._into("form", path.partition("#")[2].partition(" ")[0])
        return self._into("item", path.partition("#")[0])

    def of_document(self, root: str, path: str) -> Spot:
        """The spot of a path into the document under *root*, as checks of its schema give it."""
        return self._into(root, path)

    def of_content(self, pointer: str) -> Spot:
        """The spot of a pointer into the content itself (``/item/…``, ``/form/…``)."""
        return tuple(self._resolved(self.content, pointer.removeprefix("/").split("/"))) if pointer else ()

    def _into(self, root: str, path: str) -> Spot:
        parts = path[1:].split("/") if path.startswith("/") else [part.strip('"') for part in _DOTTED.findall(path)]
        return (root, *self._resolved(self.content.get(root), parts if path else []))

    def _resolved(self, here: Any, parts: list[str]) -> Iterator[str]:
        """Tokens for *parts*: numbers become ids; a name that has a slash in it is put together again."""
        at = 0
        while at < len(parts):
            part, at = parts[at].replace("~1", "/").replace("~0", "~"), at + 1
            if isinstance(here, list):
                tokens, places = self._of(here)
                index = int(part) if part.isascii() and part.isdigit() and int(part) < len(here) else places.get(part)
                yield part if index is None else tokens[index]
                here = MISSING if index is None else here[index]
            elif isinstance(here, Mapping):
                longer = next((n for n in range(at, len(parts) + 1) if "/".join([part, *parts[at:n]]) in here), at)
                part, at = "/".join([part, *parts[at:longer]]), longer
                yield part
                here = here.get(part, MISSING)
            else:
                yield part

    def _of(self, entries: list[Any]) -> tuple[list[str], Mapping[str, int]]:
        """How each entry of a list is named, and the places of those that an id names alone."""
        known = self._tokens.get(id(entries))
        if known is None:
            tokens = tokens_of(entries)
            known = tokens, {token[1:]: index for index, token in enumerate(tokens) if token.startswith("@")}
            self._tokens[id(entries)] = known
        return known


def tokens_of(entries: Sequence[Any]) -> list[str]:
    """How each entry of a list is named: by what is its alone, else by its number."""
    names = [spots.name_of(each) for each in entries]
    count = Counter(names)
    return [f"@{name}" if name is not None and count[name] == 1 else str(index) for index, name in enumerate(names)]


def name_of(content: Mapping[str, Any], spot: Spot, locale: str = "zh") -> str:
    """What people call a spot: 材料 · 营业执照 · 来源. A property that no schema names is called by its key."""
    part = word(f"items.studio_part_{part_of(spot)}", locale)
    said = [part]
    stations = list(editors.way(content, spot))
    for index, (token, title, entry) in enumerate(stations):
        shown = _entry(find(content, spot[: index + 2]), token) if entry else _titled(token, title, locale)
        silent = not entry and token in _SILENT and index + 1 < len(stations)
        if not silent and shown and shown != said[-1] and not (len(said) == 1 and _same(shown, part, token)):
            said.append(shown if len(shown) <= 30 else shown[:29] + "…")
    return GAP.join(said)


def _entry(entry: Any, token: str) -> str:
    """What an entry is called: by itself, by its id, by its number."""
    if isinstance(entry, str):
        return entry
    return editors.title_of(entry, str(int(token) + 1) if token.isdigit() and token.isascii() else token.removeprefix("@"))


def _titled(token: str, title: str, locale: str) -> str:
    return schemas.spoken(title, locale) if title else token.replace("_", " ")


def _same(shown: str, part: str, token: str) -> bool:
    """Whether the first station says what the part said already: 材料, 申请材料."""
    return part in shown or shown in part or word(f"items.studio_part_{token}", "en").lower() == part.lower()
