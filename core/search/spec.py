"""What a search answers and how a caller says what may be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

#: Pieces of a text; the bool says whether the piece is what was searched for. The page makes the markup.
Parts = tuple[tuple[str, bool], ...]


class HasDivisionPath(Protocol):
    """Anything that names a subtree of divisions (``identity.spec.Scope``)."""

    @property
    def division_path(self) -> str:
        """``/610000/610100/``: a prefix is a subtree."""


#: ``None``: everything. A path prefix, several prefixes (or hall slugs), or an object with a division path.
Visible = str | Sequence[str] | HasDivisionPath | None


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found. ``snippet`` is empty when the body has nothing to show for it."""

    kind: str
    id: str
    title: str
    parts: Parts
    snippet: Parts = ()


def prefixes(visible: Visible) -> tuple[str, ...] | None:
    """The scope as prefixes; ``None`` when nothing is filtered."""
    if visible is None or isinstance(visible, str):
        return (visible,) if visible else None
    if isinstance(visible, Sequence):
        return tuple(visible)
    return (visible.division_path,)
