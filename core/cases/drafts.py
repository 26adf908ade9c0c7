"""Drafts: saved as one types, sealed, never overwritten by another window, gone after a while, offered the new item version."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete as sql_delete
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.cases import settings as names
from core.cases.errors import CaseNotFound, DraftStale
from core.cases.models import Draft, table
from core.cases.spec import DraftView, Handed, Supplies
from core.files import service as files
from core.items import queries as items
from core.items.diff import Change
from core.items.diff import diff as compare
from core.items.models import Item
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput
from core.kernel.ids import is_id, new_id
from core.keys.service import keyring
from core.settings import service as settings

#: What a draft may hold at most, sealed (bytes): more is no application but an attempt to fill the disk.
LARGEST = 2 * 1024 * 1024


def save(
    session: Session, *, draft_id: str | None = None, compiled: CompiledItem, version_id: str, values: Mapping[str, Any],
    situation: Mapping[str, str] | None = None,
    party_id: str | None = None, materials: Sequence[Handed] | None = None, page: str = "", expected: int | None = None, region_root: str | None = None,
    supplies: Supplies | None = None, actor: Actor,
) -> DraftView:  # fmt: skip
    """Save a new draft (*draft_id* ``None``) or the next version of one.

    *expected* is the version the page was made from; :class:`DraftStale` when somebody saved another meanwhile – nothing is overwritten.
    Files stay as they were when *materials* is ``None``, and so does what was decided about materials when *supplies* is.
    """
    content: dict[str, Any] = {"values": dict(values), "situation": dict(situation or {}), "party": party_id, "page": page}
    content["materials"] = [_handed_json(one) for one in materials or ()]
    content["supplies"] = (supplies or Supplies()).to_json()
    at = now()
    expires = at + timedelta(days=int(settings.get(session, names.DRAFT_DAYS)))
    if draft_id is None:
        draft_id = new_id()
        key = keyring(session).new_data_key()
        fresh = {
            "id": draft_id, "account_id": keeper(actor), "region_root": region_root, "item_code": compiled.code, "item_title": compiled.title,
            "version_id": version_id, "version": 1, "wrapped_key": key.wrapped(_context(draft_id)),
            "sealed": key.seal(_plain(content), context=_context(draft_id)), "created_at": at, "saved_at": at, "expires_at": expires,
        }  # fmt: skip
        session.execute(insert(table(Draft)), fresh)
        return _view({**fresh, "current": version_id}, content)
    row = _own(session, draft_id, actor)
    if expected is not None and expected != row["version"]:
        raise DraftStale(version=row["version"])
    if materials is None or supplies is None:
        before = _content(session, row)
        content["materials"] = before["materials"] if materials is None else content["materials"]
        content["supplies"] = before.get("supplies") if supplies is None else content["supplies"]
    sealed = keyring(session).unwrap(row["wrapped_key"], _context(draft_id)).seal(_plain(content), context=_context(draft_id))
    changes = {"version": row["version"] + 1, "version_id": version_id, "sealed": sealed, "saved_at": at, "expires_at": expires}
    mine = update(Draft).where(Draft.id == draft_id, Draft.version == row["version"]).values(changes)
    if session.execute(mine.returning(Draft.id), execution_options={"synchronize_session": False}).scalar() is None:
        raise DraftStale(version=row["version"])
    return _view({**row, **changes}, content)


def load(session: Session, draft_id: str, *, actor: Actor) -> DraftView:
    """One's own draft. Raises :class:`CaseNotFound` for another's, a submitted, an expired or an unknown one."""
    row = _own(session, draft_id, actor)
    return _view(row, _content(session, row))


def mine(session: Session, *, actor: Actor, limit: int = 50) -> tuple[DraftView, ...]:
    """One's own drafts, last saved first."""
    query = _query().where(Draft.account_id == keeper(actor), Draft.expires_at > now()).order_by(Draft.saved_at.desc(), Draft.id.desc()).limit(limit)
    return tuple(_view(row, _content(session, row)) for row in session.execute(query).mappings())


def delete(session: Session, draft_id: str, *, actor: Actor) -> None:
    """Throw one's own draft and its hold on files away."""
    _own(session, draft_id, actor)
    discard(session, draft_id)


def discard(session: Session, draft_id: str) -> None:
    """Remove a draft whoever owns it (it was submitted, or its time is over)."""
    files.drop_all(session, ("draft", draft_id))
    session.execute(sql_delete(Draft).where(Draft.id == draft_id), execution_options={"synchronize_session": False})


def sweep(session: Session, limit: int = 200) -> bool:
    """Remove drafts whose time is over; True when there are more."""
    expired = session.scalars(select(Draft.id).where(Draft.expires_at <= now()).order_by(Draft.expires_at).limit(limit)).all()
    for draft_id in expired:
        discard(session, draft_id)
    return len(expired) == limit


def diff(session: Session, draft: DraftView) -> tuple[Change, ...]:
    """What the version published now changes against the one this draft was begun with; empty when it is the same."""
    if draft.newer is None:
        return ()
    return compare(items.load(session, draft.version_id), items.load(session, draft.newer))


def keeper(actor: Actor) -> str:
    """Whose a draft is: the account's own; at a desk the desk's (a clerk acts for it), so that a colleague can go on."""
    return actor.on_behalf_of or actor.id


_DRAFT = select(*Draft.__table__.c, Item.current_version_id.label("current")).outerjoin(Item, Item.code == Draft.item_code)


def _query() -> Any:
    return _DRAFT


def _own(session: Session, draft_id: str, actor: Actor) -> Mapping[str, Any]:
    if not is_id(draft_id) or not is_id(keeper(actor)):
        raise CaseNotFound
    row = session.execute(_query().where(Draft.id == draft_id, Draft.account_id == keeper(actor), Draft.expires_at > now())).mappings().first()
    if row is None:
        raise CaseNotFound
    return dict(row)


def _content(session: Session, row: Mapping[Any, Any]) -> dict[str, Any]:
    key = keyring(session).unwrap(row["wrapped_key"], _context(row["id"]))
    content: dict[str, Any] = json.loads(key.open(row["sealed"], context=_context(row["id"])))
    return content


def _plain(content: Mapping[str, Any]) -> bytes:
    plain = json.dumps(content, ensure_ascii=False).encode()
    if len(plain) > LARGEST:
        raise BadInput("cases.draft_large", most=LARGEST // 1024)
    return plain


def _context(draft_id: str) -> str:
    return f"draft:{draft_id}"


def _handed_json(one: Handed) -> dict[str, Any]:
    return {
        "material": one.material, "blob_id": one.blob_id, "name": one.name, "media_type": one.media_type, "size": one.size, "digest": one.digest,
    }  # fmt: skip


def _view(row: Mapping[Any, Any], content: Mapping[str, Any]) -> DraftView:
    holder = ("draft", row["id"])
    newer = row["current"] if row["current"] not in (None, row["version_id"]) else None
    return DraftView(
        row["id"], row["item_code"], row["item_title"], row["version_id"], row["version"], content["values"], content["situation"], content["party"],
        tuple(Handed(**one, holder=holder) for one in content["materials"]), content["page"], row["saved_at"], row["expires_at"], newer,
        Supplies.from_json(content.get("supplies")),
    )  # fmt: skip
