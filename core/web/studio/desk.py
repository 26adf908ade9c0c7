"""What every page of a draft has: the draft of one's own department, and the frame around it."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request

from core.items.studio import addresses, drafts, editors, naming, parts, presence, scopes
from core.items.studio.drafts import Draft
from core.items.studio.errors import DraftNotFound
from core.items.studio.hall import kinds
from core.items.studio.names import Names
from core.items.studio.part import Part
from core.items.studio.presence import Seat
from core.items.studio.spots import Spot, find, write
from core.kernel.clock import local
from core.kernel.ids import new_id
from core.kernel.wording import word
from core.web import edge
from core.web.backoffice.desk import actor, desk_page
from core.web.page import say as _
from core.web.studio import hall_kinds

#: Pages that documents of the hall have too.
FOR_ALL = frozenset(("studio_editing", "studio_preview", "studio_findings", "studio_hall"))


def own(draft_id: str) -> Draft:
    """The draft. Raises :class:`~core.items.studio.errors.DraftNotFound` for everybody who may not change it, and on a page that is for items only."""
    draft = drafts.load(edge.session(), draft_id, actor=actor())
    if kinds.of_hall(draft.item_code) and request.blueprint not in FOR_ALL:
        raise DraftNotFound
    return draft


def names(content: Mapping[str, Any], at: Spot) -> Names:
    """What may be named in the editor of *at*. A page and what it posts have to be asked with the same content."""
    return naming.names(edge.session(), content, at)


def kind_of(draft: Draft) -> str:
    """``item``, or which kind of document of the hall a draft is of."""
    return draft.item_code.partition(kinds.MARK)[0] if kinds.of_hall(draft.item_code) else "item"


def _frame(draft: Draft) -> dict[str, Any]:
    """What the frame around a document of the hall shows; an item's is the template's own."""
    if not kinds.of_hall(draft.item_code):
        return {}
    shown = hall_kinds.shown(draft)
    faces = [(face.name, face.words()) for face in shown.faces]
    return {"frame": "studio/hall_frame.html", "faces": faces, "inherited": None if shown.inherited is None else _posted(shown.inherited(_named(draft)))}


def _named(draft: Draft) -> str:
    return draft.item_code.partition(kinds.MARK)[2]


def _posted(values: Mapping[str, str]) -> dict[str, str]:
    """What fields hold where they are left empty, by the name that each has in the editor."""
    return {editors.posted(name): value for name, value in values.items()}


def framed(template: str, draft: Draft, part: str, at: Spot = (), **context: Any) -> str:
    """A page of the studio: the parts on the left, what the page is about in the middle."""
    session = edge.session()
    undoable, redoable = drafts.undo_stack(drafts.history(session, draft.id, actor=actor()), actor().id)
    return desk_page(
        template, nav_here="studio", draft=draft, parts=navigation(draft), part=part, others=said_of(draft, presence.sit(session, draft.id, at, actor=actor())),
        undoable=undoable is not None and draft.state == "open", redoable=redoable is not None and draft.state == "open", command_id=new_id(),
        base=f"/office/studio/{draft.id}", seat=write(at), fresh_id=new_id, saved_at=local(draft.changed_at).strftime("%H:%M"), **_frame(draft),
        **context,
    )  # fmt: skip


def said_of(draft: Draft, seats: Sequence[Seat]) -> list[str]:
    """Who else is at the draft, and where."""
    return [_("%(name)s 也在改“%(part)s”", name=each.name, part=_where(draft, each.at)) for each in seats]


def _where(draft: Draft, at: Spot) -> str:
    """A part by its title, what is in it by what people call it."""
    whole = len(at) <= (3 if at[:2] == ("item", "route") else 2)
    return word(f"items.studio_part_{parts.part_of(at)}", edge.locale()) if whole else addresses.name_of(draft.content, at, edge.locale())


def navigation(draft: Draft) -> list[tuple[str, str, str]]:
    """(key, title, how much is in it) of every part."""
    return [(each.key, word(f"items.studio_part_{each.key}", edge.locale()), _measure(draft, each)) for each in parts.shown(kind_of(draft))]


def _measure(draft: Draft, part: Part) -> str:
    """What a part holds in a word or two; empty where counting says nothing."""
    item, form = draft.content.get("item"), draft.content.get("form")
    if part.key == "form":
        found = form.get("properties") if isinstance(form, dict) else None
        return _("%(n)s 栏", n=len(found)) if isinstance(found, dict) else ""
    if not isinstance(item, dict):
        return ""
    if part.key == "route":
        return _("%(n)s 步", n=scopes.stations(draft.content)) if scopes.nodes_of(find(draft.content, scopes.REVIEW)) else ""
    held = item.get(part.names[0]) if part.names else None
    return str(len(held)) if isinstance(held, list) and held else ""
