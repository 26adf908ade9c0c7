"""Mending an address where an item names it: in the item's draft, by a command like any other."""

from sqlalchemy.orm import Session

from core.items.blocks import shelf
from core.items.links.naming import replaced
from core.items.links.queries import UseView
from core.items.studio import drafts, sharing
from core.items.studio.drafts import Draft
from core.items.studio.mending import put
from core.items.studio.spots import find, parse
from core.kernel.actor import Actor


def into_draft(session: Session, use: UseView, *, command_id: str, actor: Actor) -> tuple[Draft, bool]:
    """Put the new address of a page that moved into the draft of the item – the open one, else a new one; and whether the old one stood there.

    Raises what :func:`core.items.studio.drafts.begin` and ``edit`` raise, and :class:`BadEdit` for one in a shared block that is published.
    """
    draft, spot, new = drafts.begin(session, use.item_code, actor=actor), parse(use.spot), use.link.new_home
    if spot[:1] == sharing.BLOCKS:
        sharing.mine(draft.content, spot[1], shelf.versions(session))
    held = find(draft.content, spot)
    edits = put(draft.content, spot, replaced(held, use.link.url, new)) if isinstance(held, str) and new else ()
    return (drafts.edit(session, draft.id, edits, command_id=command_id, actor=actor), True) if edits else (draft, False)
