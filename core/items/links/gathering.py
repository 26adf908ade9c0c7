"""Which addresses the items in force name: read again whenever another version is, so that nobody has to tell."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, exists, insert, or_, select
from sqlalchemy.orm import Session

from core.items.links.models import Link, LinkChange, LinkSource, LinkUse
from core.items.links.naming import Named, named
from core.items.models import Item, ItemVersion
from core.items.studio.spots import write
from core.kernel.clock import now
from core.kernel.ids import new_id

#: Items read in one turn.
TURN = 25
#: A hall that opens with thousands of addresses asks them over a day, not in its first minute.
SPREAD = timedelta(hours=24)
FIRST = timedelta(minutes=10)
_IN_FORCE = ("published", "suspended")


def gather(session: Session, most: int = TURN) -> int:
    """Read up to *most* items whose version changed, was withdrawn, or is new; how many were read."""
    changed = (
        select(Item.code, Item.current_version_id, Item.status)
        .outerjoin(LinkSource, LinkSource.item_code == Item.code)
        .where(
            or_(
                (LinkSource.version_id.is_(None) | (LinkSource.version_id != Item.current_version_id))
                & Item.status.in_(_IN_FORCE) & Item.current_version_id.is_not(None),
                LinkSource.version_id.is_not(None) & Item.status.not_in(_IN_FORCE),
            )
        )
        .order_by(Item.code)
        .limit(most)
    )  # fmt: skip
    rows = session.execute(changed).all()
    for row in rows:
        _read(session, row.code, row.current_version_id if row.status in _IN_FORCE else None)
    if rows:
        _forget(session)
    return len(rows)


def _read(session: Session, code: str, version_id: str | None) -> None:
    session.execute(delete(LinkUse).where(LinkUse.item_code == code))
    session.execute(delete(LinkSource).where(LinkSource.item_code == code))
    if version_id is None:
        return
    session.execute(insert(LinkSource).values(item_code=code, version_id=version_id))
    bundle = session.scalar(select(ItemVersion.bundle).where(ItemVersion.id == version_id))
    content: dict[str, Any] = json.loads(bytes(bundle or b"{}"))
    found = named(content)
    ids = _ids(session, found)
    if found:
        session.execute(insert(LinkUse), [{"id": new_id(), "link_id": ids[each.url], "item_code": code, "spot": write(each.spot)} for each in found])


def _ids(session: Session, found: tuple[Named, ...]) -> dict[str, str]:
    """The ids of the addresses, those that nobody named before written down first."""
    urls = {each.url for each in found}
    known: dict[str, str] = dict(session.execute(select(Link.url, Link.id).where(Link.url.in_(urls))).all())
    fresh = {url: new_id() for url in sorted(urls - known.keys())}
    if fresh:
        rows = [{"id": each, "url": url, "host": host(url), "next_at": now() + _first(url), "since": now()} for url, each in fresh.items()]
        session.execute(insert(Link), rows)
    return known | fresh


def host(url: str) -> str:
    """The server of an address; empty where it names none."""
    try:
        return (urlsplit(url).hostname or "")[:255]
    except ValueError:
        return ""


def _first(url: str) -> timedelta:
    return FIRST + SPREAD * (int.from_bytes(sha256(url.encode()).digest()[:4], "big") / 2**32)


def _forget(session: Session) -> None:
    """Drop addresses that no item names any more, with their history."""
    nobody = select(Link.id).where(~exists().where(LinkUse.link_id == Link.id))
    session.execute(delete(LinkChange).where(LinkChange.link_id.in_(nobody)))
    session.execute(delete(Link).where(Link.id.in_(nobody)), execution_options={"synchronize_session": False})
