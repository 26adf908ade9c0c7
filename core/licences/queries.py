"""Reads of the library."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, aliased

from core.identity import queries as organisation
from core.identity.documents import normalise_number
from core.identity.sealing import blind
from core.kernel.actor import Actor
from core.kernel.clock import today
from core.kernel.errors import NotFound
from core.kernel.identifiers import LICENCE_ROOT, check_licence_identifier
from core.kernel.ids import is_id, normalise_code
from core.kernel.paging import Page, decode_cursor, encode_cursor
from core.kernel.text import normalise
from core.keys.errors import Erased
from core.licences import chain
from core.licences.errors import BadIdentifier
from core.licences.life import standing, term_of
from core.licences.models import Licence, LicenceEvent, LicenceHolder, LicenceLook, LicenceRegistration, LicenceTypeRow, LicenceUse
from core.licences.spec import Annotation, EventView, Grant, LicenceRef, LookView, UseView, VerifyView

_NEWEST = 500


def _views() -> Select[Any]:
    return select(Licence, LicenceTypeRow.title, LicenceTypeRow.doc).join(LicenceTypeRow, LicenceTypeRow.code == Licence.type_code)


def type_codes(session: Session) -> frozenset[str]:
    """The codes of the catalogue, for the publish gate."""
    return frozenset(session.scalars(select(LicenceTypeRow.code)))


def types(session: Session) -> tuple[dict[str, Any], ...]:
    """Every entry of the catalogue as JSON, by code: what :func:`core.licences.service.put_types` takes."""
    return tuple(session.scalars(select(LicenceTypeRow.doc).order_by(LicenceTypeRow.code)))


def type_doc(session: Session, code: str) -> dict[str, Any]:
    """One entry of the catalogue. Raises :class:`NotFound`."""
    row = session.get(LicenceTypeRow, code)
    if row is None:
        raise NotFound
    return dict(row.doc)


def annotation_kinds(session: Session, licence_id: str) -> frozenset[str]:
    """The kinds of annotation that the catalogue knows for a licence's type."""
    query = select(LicenceTypeRow.doc).join(Licence, Licence.type_code == LicenceTypeRow.code).where(Licence.id == licence_id)
    doc = session.scalar(query) or {}
    return frozenset(each["id"] for each in doc.get("annotations") or ())


def looks_like_identifier(text: str) -> bool:
    """Whether somebody meant an electronic licence identifier, right or wrong: a verification code has no dots."""
    return "." in text


def read_identifier(text: str) -> str:
    """A typed identifier, tidied. Raises :class:`BadIdentifier` that says what is wrong with it (GB/T 36904)."""
    tidied = normalise(text).upper().replace(" ", "")
    if wrong := check_licence_identifier(tidied):
        raise BadIdentifier(wrong)
    return tidied


def verify(session: Session, code: str) -> VerifyView:
    """What anybody may know, by identifier or verification code; :class:`NotFound` when there is no such licence.

    A verification code has 80 random bits: who has it has seen the paper, and is shown the masked holder to compare. An identifier can be
    counted up; it is answered without a person's name, after its check character was right (:class:`BadIdentifier`). The caller limits the rate.
    """
    text = normalise(code)  # full-width digits, spaces, and the NUL that PostgreSQL refuses
    if len(text) > 120:
        raise NotFound("licences.not_found")
    if looks_like_identifier(text):
        row = session.execute(_views().where(Licence.identifier == read_identifier(text))).first()
    else:
        row = session.execute(_views().where(Licence.verify_code == normalise_code(text))).first()
    if row is None:
        raise NotFound("licences.not_found")
    found = _view(row[0], row[1], row[2], annotations(session, row[0].id))
    return _nameless(found) if looks_like_identifier(text) and not row[0].company else found


def _nameless(view: VerifyView) -> VerifyView:
    return replace(view, holder="")


def for_party(session: Session, party_id: str) -> tuple[VerifyView, ...]:
    """The licences of one party, newest first, superseded versions left out. The caller has checked that it may look."""
    query = _views().join(LicenceHolder, LicenceHolder.licence_id == Licence.id).where(LicenceHolder.party_id == party_id, Licence.next_id.is_(None))
    return tuple(_view(*row) for row in session.execute(query.order_by(Licence.issued_at.desc(), Licence.id.desc()).limit(_NEWEST)))


def of_parties(session: Session, licence_id: str, parties: Collection[str]) -> VerifyView:
    """One licence of these parties, with its annotations. Raises :class:`NotFound` for anybody else's."""
    query = _views().join(LicenceHolder, LicenceHolder.licence_id == Licence.id)
    mine = query.where(Licence.id == licence_id, LicenceHolder.party_id.in_(list(parties))).limit(1)
    row = session.execute(mine).first() if is_id(licence_id) else None
    if row is None:
        raise NotFound("licences.not_found")
    return _view(row[0], row[1], row[2], annotations(session, licence_id))


def holding(session: Session, party_id: str, type_code: str, on: date | None = None) -> tuple[LicenceRef, ...]:
    """The licences of one type that a party holds and that may serve as evidence on a day (today unless said), newest first.

    What is suspended, annulled, revoked, cancelled, expired, superseded or not yet in force is not among them (``service.usable`` says why).
    The caller has checked that it may ask about the party; to look into one of them needs ``service.use``.
    """
    day = on or today()
    query = _views().join(LicenceHolder, LicenceHolder.licence_id == Licence.id)
    mine = query.where(LicenceHolder.party_id == party_id, Licence.type_code == type_code, Licence.next_id.is_(None))
    rows = session.execute(mine.order_by(Licence.issued_at.desc(), Licence.id.desc()).limit(_NEWEST)).all()
    return tuple(_ref(row, title) for row, title, _doc in rows if standing(term_of(row), day) == "valid")


def of_case(session: Session, case_no: str) -> tuple[VerifyView, ...]:
    """The licences a case led to, in their newest versions."""
    return tuple(_view(*row) for row in session.execute(_views().where(Licence.case_no == case_no, Licence.next_id.is_(None)).order_by(Licence.id)))


def of_departments(
    session: Session, departments: Collection[str], *, words: str = "", status: str = "", cursor: str | None = None, limit: int = 50
) -> Page[VerifyView]:
    """The licences that departments issued, newest first. *words* is an identifier, a number, a verification code, a case number or the number of the
    holder's document, in whole: parts of names find nothing, because names lie sealed. Raises :class:`BadIdentifier` for a wrong identifier.
    """
    query = _views().where(Licence.issuer_department_id.in_(list(departments)))
    text = normalise(words)[:120]
    if text:
        query = query.where(_asked(session, text))
    elif status:
        query = query.where(Licence.status == status, Licence.next_id.is_(None))
    else:
        query = query.where(Licence.next_id.is_(None))
    if cursor:
        (last,) = decode_cursor(cursor, 1)
        query = query.where(Licence.id < (last if is_id(str(last)) else ""))
    rows = session.execute(query.order_by(Licence.id.desc()).limit(limit + 1)).all()
    more = encode_cursor(rows[limit - 1][0].id) if len(rows) > limit else None
    return Page(tuple(_view(*row) for row in rows[:limit]), more)


def _asked(session: Session, text: str) -> ColumnElement[bool]:
    if text.startswith(LICENCE_ROOT[:5]):
        return Licence.identifier == read_identifier(text)
    document = blind(session, "document", normalise_number(text))
    return or_(Licence.number == text, Licence.case_no == text, Licence.verify_code == normalise_code(text), Licence.holder_index == document)


def for_staff(session: Session, licence_id: str, *, actor: Actor) -> VerifyView:
    """One licence as staff of its issuer – or of the issuer's superior – see it: masked. Raises :class:`NotFound`."""
    from core.licences.service.posts import seen

    row = seen(session, licence_id, actor=actor)
    kind = session.get_one(LicenceTypeRow, row.type_code)
    return _view(row, kind.title, kind.doc, annotations(session, row.id, all_words=True))


def versions(session: Session, licence_id: str) -> tuple[VerifyView, ...]:
    """Every version of a licence, newest first; the caller has checked that it may look."""
    base = select(Licence.identifier_base).where(Licence.id == licence_id).scalar_subquery()
    return tuple(_view(*row) for row in session.execute(_views().where(Licence.identifier_base == base).order_by(Licence.version.desc())))


def newest(session: Session, licence_ids: Collection[str]) -> dict[str, VerifyView]:
    """Each of these licences as its newest version, by the id that was asked for, in one statement; the caller has checked that it may look."""
    asked = aliased(Licence)
    query = select(asked.id, Licence, LicenceTypeRow.title, LicenceTypeRow.doc).select_from(asked)
    query = query.join(Licence, (Licence.identifier_base == asked.identifier_base) & Licence.next_id.is_(None))
    query = query.join(LicenceTypeRow, LicenceTypeRow.code == Licence.type_code).where(asked.id.in_([each for each in licence_ids if is_id(each)]))
    return {found: _view(row, title, doc) for found, row, title, doc in session.execute(query)}


def history(session: Session, licence_id: str) -> tuple[EventView, ...]:
    """The acts on one version, oldest first, with the words written then; the caller has checked that it may look."""
    rows = chain.events(session, licence_id)
    words = chain.notes(session, licence_id, rows)
    return tuple(
        EventView(
            row["seq"], row["kind"], row["at"], row["actor_kind"], row["actor_id"], row["on_behalf_of"], json.loads(row["body"]), words.get(row["seq"], {})
        )
        for row in rows
    )


def annotations(session: Session, licence_id: str, *, all_words: bool = False) -> tuple[Annotation, ...]:
    """The annotations on a licence, oldest first; the text of kinds that the catalogue keeps inside only with *all_words*."""
    query = select(LicenceEvent.seq, LicenceEvent.at, LicenceEvent.body, LicenceEvent.sealed).where(
        LicenceEvent.licence_id == licence_id, LicenceEvent.kind == "annotated"
    )
    rows = [dict(row._mapping) for row in session.execute(query.order_by(LicenceEvent.seq))]
    bodies = {row["seq"]: json.loads(row["body"]) for row in rows}
    words = chain.notes(session, licence_id, [row for row in rows if all_words or bodies[row["seq"]].get("public")])
    return tuple(Annotation(bodies[row["seq"]]["title"], row["at"], words.get(row["seq"], {}).get("text", "")) for row in rows)


def uses(session: Session, licence_id: str, *, limit: int = 200) -> tuple[UseView, ...]:
    """Who used a licence, when, why and until when – and every look under each use –, newest first. The caller has checked that it may look."""
    from core.licences.service.using import purpose_of

    rows = session.scalars(
        select(LicenceUse).where(LicenceUse.licence_id == licence_id).order_by(LicenceUse.at.desc(), LicenceUse.id.desc()).limit(limit)
    ).all()
    looks = _looks(session, [row.id for row in rows])
    found = []
    for row in rows:
        try:
            purpose, user = purpose_of(session, row)
        except Erased:
            purpose, user = "", ""
        seen = tuple(looks.get(row.id, ()))
        found.append(UseView(row.id, purpose, row.case_no, row.at, row.until, row.ended_at, row.actor_kind, row.actor_id, user, seen))
    return tuple(found)


def granted_for(session: Session, case_no: str) -> tuple[tuple[VerifyView, Grant], ...]:
    """The licences that a case may use today, each with its leave; the caller has checked that it may see the case."""
    from core.licences.service.using import granted

    running = (LicenceUse.case_no == case_no, LicenceUse.ended_at.is_(None), LicenceUse.until >= today())
    ids = select(LicenceUse.licence_id).where(*running).distinct()
    rows = session.execute(_views().where(Licence.id.in_(ids)).order_by(Licence.id)).all()
    return tuple((_view(*row), granted(session, row[0].id, case_no=case_no)) for row in rows)


def _looks(session: Session, use_ids: Collection[str]) -> Mapping[str, list[LookView]]:
    rows = session.scalars(select(LicenceLook).where(LicenceLook.use_id.in_(use_ids)).order_by(LicenceLook.at)).all()
    titles = organisation.titles(session, [row.department_id for row in rows if row.department_id])
    found: dict[str, list[LookView]] = {}
    for row in rows:
        found.setdefault(row.use_id, []).append(LookView(row.what, row.at, row.actor_kind, row.actor_id, titles.get(row.department_id or "", "")))
    return found


def registrations(session: Session, departments: Iterable[str], *, state: str = "open", limit: int = 200) -> tuple[LicenceRegistration, ...]:
    """Entries of paper licences of these departments in one state, oldest first."""
    query = select(LicenceRegistration).where(LicenceRegistration.department_id.in_(list(departments)), LicenceRegistration.state == state)
    return tuple(session.scalars(query.order_by(LicenceRegistration.id).limit(limit)))


def _ref(row: Licence, title: str) -> LicenceRef:
    return LicenceRef(
        row.id, row.identifier, row.number, row.type_code, title, row.verify_code, row.valid_from, row.valid_to, row.holder_name_masked,
        row.issuer_title, row.version, row.origin,
    )  # fmt: skip


def _view(row: Licence, title: str, doc: Mapping[str, Any], noted: tuple[Annotation, ...] = ()) -> VerifyView:
    status = standing(term_of(row), today())
    return VerifyView(
        id=row.id,
        type_code=row.type_code,
        type_title=title,
        identifier=row.identifier,
        number=row.number,
        version=row.version,
        holder=row.holder_name_masked,
        issuer=row.issuer_title,
        issued_at=row.issued_at,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        status=status,
        status_code=row.status,
        verify_code=row.verify_code,
        case_no=row.case_no,
        has_pdf=row.pdf_blob_id is not None,
        title_en=str(doc.get("translations", {}).get("en", {}).get("title", "")),
        origin=row.origin,
        status_ground=row.status_ground if status not in ("valid", "early", "superseded") else None,
        status_at=row.status_at if status not in ("valid", "early") else None,
        suspended_until=row.suspended_until if status == "withheld" else None,
        renewal_asked_on=row.renewal_asked_on,
        annotations=noted,
    )
