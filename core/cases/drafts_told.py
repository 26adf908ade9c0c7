"""Whoever has a draft of an item hears when it is suspended, ended, opened again or handled elsewhere – once, after the commit of that decision."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases.models import Draft
from core.items.catalogue.effects import TOPIC
from core.items.catalogue.models import ItemRequest
from core.items.models import Item, ItemVersion
from core.items.queries import load
from core.items.texts import Reader
from core.kernel.clock import now
from core.notices import service as notices
from core.notices.wordings import LOCALES
from core.outbox import service as outbox

_TEMPLATES = {"suspend": "item_suspended", "end": "item_ended", "resume": "item_resumed", "transfer": "item_moved", "delegate": "item_moved"}
#: Characters of a reason in a notice; the guide has the whole of it.
LONGEST = 200


@outbox.handler(TOPIC)
def tell_drafts(session: Session, body: dict[str, Any], message_id: str) -> None:
    """One notice an account, whatever the number of its drafts; a handler run twice writes none."""
    del message_id
    request = session.get(ItemRequest, body["request"])
    item = session.get(Item, body["item"])
    if request is None or item is None:
        return
    title = {locale: _title(session, item, locale) for locale in LOCALES}
    query = select(Draft.account_id).where(Draft.item_code == item.code, Draft.expires_at > now()).distinct().order_by(Draft.account_id)
    for account in session.scalars(query).all():
        notices.post(
            session, key=f"item/{request.id}/inbox/{account}", template=_TEMPLATES[request.kind], recipient=("account", account),
            params={"item": title, "reason": request.reason[:LONGEST]}, region_root=request.region_root,
        )  # fmt: skip


def _title(session: Session, item: Item, locale: str) -> str:
    version = session.get(ItemVersion, item.current_version_id) if item.current_version_id is not None else None
    return item.title if version is None else str(Reader(load(session, version.id).doc, locale)("title", item.title))
