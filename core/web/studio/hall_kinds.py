"""The kinds of documents of the hall in the order in which the studio lists them: one more is one more line here."""

from core.items.studio.drafts import Draft
from core.items.studio.hall import kinds
from core.web.studio import hall_notices, hall_themes
from core.web.studio.hall_faces import Face, Shown

EVERY: tuple[Shown, ...] = (hall_themes.SHOWN, hall_notices.SHOWN)
_BY_KIND = {each.kind.name: each for each in EVERY}


def shown(draft: Draft) -> Shown:
    """How a draft's kind is shown. Raises :class:`~core.items.studio.errors.DraftNotFound` for what is no document of the hall."""
    return _BY_KIND[kinds.split(draft.item_code)[0].name]


def face(draft: Draft, name: str) -> Face | None:
    """The face of a draft of that name."""
    return next((each for each in shown(draft).faces if each.name == name), None)
