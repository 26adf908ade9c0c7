"""What the pages of the studio show of a kind of document of the hall, beside the kind itself: its title, what a draft of one looks like to people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.items.studio.drafts import Draft
from core.items.studio.hall.kinds import Kind
from core.web.page import page
from core.web.page import say as _
from core.web.theming import Theme


@dataclass(frozen=True, slots=True)
class Face:
    """One way to look at a draft: the last part of its address, what its tab is called, and the page."""

    name: str
    words: Callable[[], str]
    show: Callable[[Draft], str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A kind as the pages show it. ``faces`` are its previews, the first of them at once.

    A kind whose drafts are looks has ``tried`` – the theme as a draft has it, or :class:`BadInput` – and ``inherited``: what fields that are left empty hold.
    """

    kind: Kind
    words: Callable[[], str]
    faces: tuple[Face, ...]
    tried: Callable[[Draft], Theme] | None = None
    inherited: Callable[[str], Mapping[str, str]] | None = None


def not_yet(face: str) -> str:
    """What stands in the place of a preview that cannot be made yet."""
    return page("studio/preview_not.html", error=_("有一处还没写完，写完就能看到。"), face=face)
