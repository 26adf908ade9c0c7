"""One part of what is edited in the studio: of an item, or of a document of the hall."""

from dataclasses import dataclass

from core.items.studio.spots import Spot


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its key (``items.studio_part_<key>`` is its title; no two parts have the same), and the properties at ``at`` that it edits."""

    key: str
    names: tuple[str, ...] = ()
    at: Spot = ("item",)
