"""Two versions of a model side by side: what was added, taken away, changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PARTS = ("groups", "indicators", "rules", "vetoes", "industries")
_PLAIN = ("title", "base", "lowest", "highest", "grades", "basis", "assumed")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``part`` and ``id`` say where, ``field`` what (empty: the whole row); before and after as the document has them."""

    part: str
    id: str
    title: Mapping[str, str]
    field: str
    before: Any
    after: Any

    @property
    def kind(self) -> str:
        """``added``, ``removed`` or ``changed``."""
        return "changed" if self.field else "added" if self.before is None else "removed"


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every difference of *new* from *old*; rows are matched by their ids, so that their order does not matter."""
    return (*_values("model", "", new.get("title", {}), {k: old.get(k) for k in _PLAIN}, {k: new.get(k) for k in _PLAIN}), *_rows(old, new))


def _rows(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for part in PARTS:
        before, after = _by_id(old, part), _by_id(new, part)
        for key in dict.fromkeys((*before, *after)):
            if key not in before:
                yield Change(part, key, _title(after[key]), "", None, after[key])
            elif key not in after:
                yield Change(part, key, _title(before[key]), "", before[key], None)
            else:
                yield from _values(part, key, _title(after[key]), before[key], after[key])


def _values(part: str, key: str, title: Mapping[str, str], before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield Change(part, key, title, name, before.get(name), after.get(name))


def _by_id(doc: Mapping[str, Any], part: str) -> dict[str, Mapping[str, Any]]:
    return {str(each.get("id", each.get("industry"))): each for each in doc.get(part, ())}


def _title(row: Mapping[str, Any]) -> Mapping[str, str]:
    title = row.get("title")
    return title if isinstance(title, Mapping) else {"zh": str(row.get("industry", "")), "en": str(row.get("industry", ""))}
