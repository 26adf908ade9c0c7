"""Using a licence as evidence: only while it is in force, for one purpose, until one day, and so that its holder sees who, when and why."""

import json
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity.service.parties import party_ids_of
from core.kernel.actor import Actor
from core.kernel.clock import now, today
from core.kernel.errors import BadInput, NotFound
from core.kernel.ids import is_id, new_id
from core.kernel.text import normalise
from core.licences import chain
from core.licences.errors import NoGrant, Unusable
from core.licences.life import standing, term_of
from core.licences.models import Licence, LicenceHolder, LicenceLook, LicenceTypeRow, LicenceUse
from core.licences.spec import Grant, Usability

LONGEST = timedelta(days=366)
MAX_PURPOSE = 100


def usable(session: Session, licence_id: str, *, on: date | None = None) -> Usability:
    """Whether a licence may serve as evidence on a day (today unless said), and the rule that refuses it when not.

    Raises :class:`NotFound` for a licence that does not exist; who may know of it is the caller's question.
    """
    row = session.get(Licence, licence_id) if is_id(licence_id) else None
    if row is None:
        raise NotFound("licences.not_found")
    return judge(session, row, on or today())


def judge(session: Session, row: Licence, day: date) -> Usability:
    """:func:`usable` for a row already read."""
    status = standing(term_of(row), day)
    if status == "valid":
        return Usability(True)
    title = session.scalar(select(LicenceTypeRow.title).where(LicenceTypeRow.code == row.type_code))
    params = {
        "title": title, "number": row.number, "valid_from": row.valid_from.isoformat(), "valid_to": row.valid_to.isoformat() if row.valid_to else "",
        "until": row.suspended_until.isoformat() if row.suspended_until else "", "day": day.isoformat(), "version": row.version,
    }  # fmt: skip
    return Usability(False, f"licences.refused_{status}", params)


def use(
    session: Session, licence_id: str, *, purpose: str, case_no: str | None, by: Actor, until: date, parties: Collection[str] | None = None, user: str = ""
) -> Grant:
    """Give leave to use a licence for *purpose* until the end of the day *until*, and record it for the holder.

    *by* is the citizen – or their agent – who lets it be used, or the member of staff who takes it for a case; staff name the *parties* of that
    case (the caller has checked that they may see it), and the licence must belong to one of them. *user* is whom a copy is made for.
    Raises :class:`NotFound` when the licence is not one of the parties', :class:`Unusable` with the rule that refuses it, :class:`BadInput` for
    a purpose or term that makes no sense.
    """
    why = " ".join(normalise(purpose).split())
    if not why or len(why) > MAX_PURPOSE:
        raise BadInput("licences.copy_purpose", most=MAX_PURPOSE)
    if not today() <= until <= today() + LONGEST:
        raise BadInput("licences.copy_until")
    if by.kind == "staff" and not (case_no and parties):
        raise BadInput("licences.use_needs_case")
    row = held_by(session, licence_id, parties if parties is not None else party_ids_of(session, by.id))
    found = judge(session, row, today())
    if not found.ok:
        assert found.rule is not None
        raise Unusable(found.rule, **found.params)
    use_id = new_id()
    sealed = chain.key_of(session, row.id).seal(json.dumps({"purpose": why, "user": user}, ensure_ascii=False).encode(), context=chain.context(row.id))
    session.add(
        LicenceUse(
            id=use_id, region_root=row.region_root, licence_id=row.id, case_no=case_no, sealed=sealed, actor_kind=by.kind, actor_id=by.id,
            on_behalf_of=by.on_behalf_of, at=now(), until=until,
        )
    )  # fmt: skip
    session.flush()
    detail = {"use": use_id, "case_no": case_no, "until": until.isoformat()}
    audit.record(session, "licences.used", subject=("licence", row.id), actor=by, detail=detail)
    return Grant(use_id, row.id, why, case_no, until)


def held_by(session: Session, licence_id: str, parties: Collection[str]) -> Licence:
    """The licence when one of *parties* holds it. Raises :class:`NotFound`."""
    query = select(Licence).join(LicenceHolder, LicenceHolder.licence_id == Licence.id)
    mine = query.where(Licence.id == licence_id, LicenceHolder.party_id.in_(list(parties))).limit(1)
    row = session.scalars(mine).first() if is_id(licence_id) else None
    if row is None:
        raise NotFound("licences.no_sheet")
    return row


def granted(session: Session, licence_id: str, *, case_no: str) -> Grant:
    """The leave by which a licence is open for a case today – the one that lasts longest. Raises :class:`NoGrant` when there is none (any more)."""
    query = (
        select(LicenceUse)
        .where(LicenceUse.licence_id == licence_id, LicenceUse.case_no == case_no, LicenceUse.ended_at.is_(None), LicenceUse.until >= today())
        .order_by(LicenceUse.until.desc(), LicenceUse.id.desc())
        .limit(1)
    )
    row = session.scalars(query).first() if is_id(licence_id) else None
    if row is None:
        raise NoGrant
    return Grant(row.id, row.licence_id, purpose_of(session, row)[0], row.case_no, row.until)


def open_for_case(session: Session, licence_id: str, *, case_no: str, user: str, actor: Actor) -> bytes:
    """The licence as a watermarked copy for whoever handles the case; the look is recorded for the holder and in the audit.

    The caller has checked that *actor* may see the case. *user* names the office and the person on the watermark. Raises :class:`NoGrant`,
    and :class:`Unusable` when the licence has ceased to be evidence since.
    """
    from core.licences.copies import watermarked
    from core.licences.service.posts import departments_of

    grant = granted(session, licence_id, case_no=case_no)
    row = session.get_one(Licence, licence_id)
    found = judge(session, row, today())
    if not found.ok:
        assert found.rule is not None
        raise Unusable(found.rule, **found.params)
    mine = sorted(departments_of(session, actor))
    look(session, row, grant, "opened", actor=actor, department_id=mine[0] if mine else None)
    return watermarked(session, row, purpose=grant.purpose, user=user, until=grant.until)


def look(session: Session, row: Licence, grant: Grant, what: str, *, actor: Actor, department_id: str | None = None) -> None:
    """Record that somebody opened or copied a licence under a grant."""
    session.add(
        LicenceLook(
            id=new_id(), region_root=row.region_root, licence_id=row.id, use_id=grant.id, what=what, at=now(), actor_kind=actor.kind, actor_id=actor.id,
            department_id=department_id,
        )
    )  # fmt: skip
    session.flush()
    audit.record(session, f"licences.{what}", subject=("licence", row.id), actor=actor, detail={"use": grant.id, "case_no": grant.case_no})


def end_use(session: Session, use_id: str, *, by: Actor) -> None:
    """Take back a leave before its day: for the citizen whose licence it is. Raises :class:`NotFound`; taking back twice is one taking back."""
    row = session.get(LicenceUse, use_id, with_for_update=True) if is_id(use_id) else None
    if row is None:
        raise NotFound("licences.not_found")
    held_by(session, row.licence_id, party_ids_of(session, by.id))
    if row.ended_at is None:
        row.ended_at = now()
        audit.record(session, "licences.use_ended", subject=("licence", row.licence_id), actor=by, detail={"use": row.id})


def purpose_of(session: Session, row: LicenceUse) -> tuple[str, str]:
    """What a use is for and to whom the copy goes (empty for a case), opened. Raises :class:`core.keys.errors.Erased` after retention."""
    content: dict[str, Any] = json.loads(chain.key_of(session, row.licence_id).open(row.sealed, context=chain.context(row.licence_id)))
    return str(content["purpose"]), str(content.get("user", ""))
