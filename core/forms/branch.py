"""Posted names as a tree: ``staff-0-name=王芳`` hangs under ``staff`` → ``0`` → ``name``.

One pass over the submission, whatever the form. WTForms' own ``FieldList`` searches all names once for every list, which a hostile
submission turns into minutes; here every list looks only at its own branch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from core.forms.errors import TooMuch

SEPARATOR = "-"
#: More names than the largest form has; what is beyond is an attack, not an answer.
MAX_NAMES = 60_000
_DEEPEST = 72


class MultiDict(Protocol):
    """What werkzeug gives for a posted form."""

    def lists(self) -> Iterable[tuple[str, list[Any]]]: ...  # pragma: no cover - typing only


class Branch:
    """The texts posted under one name, and what is posted below it. Speaks WTForms' form-data protocol for its direct children."""

    __slots__ = ("kids", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.kids: dict[str, Branch] = {}

    def child(self, name: str) -> Branch:
        """The branch below *name*, an empty one when nothing was posted there."""
        return self.kids.get(name) or Branch()

    def first(self, name: str) -> str | None:
        """The one text posted as *name*; the last wins when a key came twice, as browsers and frameworks agree on neither."""
        kid = self.kids.get(name)
        return kid.texts[-1] if kid is not None and kid.texts else None

    def rows(self) -> list[tuple[int, Branch]]:
        """Numbered children in their order."""
        numbered = [(int(name), kid) for name, kid in self.kids.items() if name.isascii() and name.isdigit() and len(name) < 7]
        return sorted(numbered, key=lambda pair: pair[0])

    def __contains__(self, name: str) -> bool:
        return name in self.kids

    def __iter__(self) -> Iterator[str]:
        return iter(self.kids)

    def __len__(self) -> int:
        return len(self.kids) or 1  # an empty submission is still a submission to WTForms

    def getlist(self, name: str) -> list[str]:
        """The texts of one child (WTForms' protocol)."""
        return self.child(name).texts


def nest(data: MultiDict | Mapping[str, Any]) -> Branch:
    """The tree of a submission. Names deeper than any form are dropped; raises :class:`TooMuch` for too many."""
    root = Branch()
    pairs = data.lists() if hasattr(data, "lists") else ((k, v if isinstance(v, list) else [v]) for k, v in data.items())
    count = 0
    for name, texts in pairs:
        count += 1
        if count > MAX_NAMES:
            raise TooMuch("forms.too_much", count=count, limit=MAX_NAMES)
        parts = name.split(SEPARATOR, _DEEPEST)
        if len(parts) > _DEEPEST:
            continue
        here = root
        for part in parts:
            here = here.kids.setdefault(part, Branch())
        here.texts.extend(t for t in texts if isinstance(t, str))
    return root
