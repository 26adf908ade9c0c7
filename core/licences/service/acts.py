"""The acts on a licence after its issue: annotate, suspend, resume, annul, revoke, cancel, change, renew.

Each needs its legal ground, a basis in words and a reason; each is one event of the licence's chain and one entry of the audit record. The same
command twice is one act.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.kernel.actor import Actor
from core.kernel.clock import local, now, today
from core.kernel.errors import BadInput
from core.kernel.text import normalise
from core.licences import chain
from core.licences.chain import Fact
from core.licences.errors import WrongStatus
from core.licences.life import ACTS, GROUND_NEEDS, STATUS_ALLOWS, Act, due_on, standing, term_of
from core.licences.models import Licence, LicenceEvent
from core.licences.service import posts, versions
from core.licences.service.catalogue import type_of
from core.licences.service.issuing import RENDER
from core.licences.spec import WITHHELD
from core.outbox import service as outbox

MAX_WORDS = 500


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. ``until`` is the last day of a suspension or of the renewed term; ``annotation`` a kind of the catalogue with its ``text``;
    ``data`` the fields of the sheet that change."""

    act: str
    basis: str
    reason: str
    ground: str | None = None
    until: date | None = None
    annotation: str | None = None
    text: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    case_no: str | None = None  #: the case whose decision this is


def carry_out(session: Session, licence_id: str, request: Request, *, command_id: str, actor: Actor) -> str:
    """Do one act and return the id of the licence's newest version (another one after a change or a renewal).

    Raises :class:`NotFound` for staff that the licence is none of the business of, :class:`NotYourPost`, :class:`WrongStatus` when the act does
    not start from this status, :class:`BadInput` when ground, basis, reason or last day are missing or wrong. Nothing is written then.
    """
    row = posts.seen(session, licence_id, actor=actor, lock=True)
    act = ACTS.get(request.act)
    if act is None:
        raise BadInput("licences.unknown_act", act=request.act[:40])
    who = posts.require(session, row, act, actor=actor)
    return perform(session, row, act, request, command_id=command_id, actor=who)


def perform(session: Session, row: Licence, act: Act, request: Request, *, command_id: str, actor: Actor) -> str:
    """One act on a locked licence by whoever was found to be entitled: by post, or by the decision of a case (:mod:`core.licences.service.deciding`)."""
    if _done(session, row.id, command_id):
        return row.next_id or row.id
    request = _tidied(request)
    _check(session, row, act, request)
    newest = _VERBS[act.kind](session, row, act, request, now(), actor, command_id)
    detail = {"ground": request.ground} | ({"case_no": request.case_no} if request.case_no else {})
    audit.record(session, f"licences.{act.event}", subject=("licence", row.id), actor=actor, detail=detail)
    return newest


def _done(session: Session, licence_id: str, command_id: str) -> bool:
    query = select(LicenceEvent.seq).where(LicenceEvent.licence_id == licence_id, LicenceEvent.command_key == command_id)
    return session.scalar(query) is not None


def _tidied(request: Request) -> Request:
    words = {name: " ".join(normalise(getattr(request, name)).split()) for name in ("basis", "reason", "text")}
    data = {name: normalise(value) for name, value in request.data.items() if normalise(value)}
    return Request(request.act, words["basis"], words["reason"], request.ground, request.until, request.annotation, words["text"], data, request.case_no)


def _check(session: Session, row: Licence, act: Act, request: Request) -> None:
    status = standing(term_of(row), today())
    if status not in act.starts:
        raise WrongStatus("licences.superseded_act" if status == "superseded" else "licences.wrong_status", status=status, act=act.name)
    for name in ("basis", "reason"):
        if not getattr(request, name) or len(getattr(request, name)) > MAX_WORDS:
            raise BadInput(f"licences.needs_{name}", most=MAX_WORDS)
    if act.grounds:
        _check_ground(act, request.ground, status)
    if act.until:
        _check_until(row, act, request.until)
    if act.kind == "annotation":
        _check_annotation(session, row, request)
    if act.kind == "renewal" and row.renewal_asked_on is None:
        raise WrongStatus("licences.no_renewal")
    if act.name == "change" and not request.data:
        raise BadInput("licences.nothing_changes")


def _check_ground(act: Act, ground: str | None, status: str) -> None:
    if ground not in act.grounds:
        raise BadInput("licences.needs_ground")
    needed = GROUND_NEEDS.get(ground)
    allowed = STATUS_ALLOWS.get(status)  # type: ignore[call-overload]  # any status may be asked for
    if (needed is not None and status not in needed) or (allowed is not None and act.name == "cancel" and ground not in allowed):
        raise WrongStatus("licences.ground_not_now", ground=ground, status=status)


def _check_until(row: Licence, act: Act, until: date | None) -> None:
    first = today() if act.name == "suspend" else (row.valid_to or today())
    if until is None or until < first or (act.name == "renew" and until <= first):
        raise BadInput(f"licences.needs_until_{act.name}", first=first.isoformat())
    if act.name == "renew" and row.valid_to is None:
        raise WrongStatus("licences.renewal_endless")


def _check_annotation(session: Session, row: Licence, request: Request) -> None:
    known = {each["id"]: each for each in type_of(session, row.type_code).doc.get("annotations", ())}
    if request.annotation not in known:
        raise BadInput("licences.annotation_kind", kinds="、".join(each["title"] for each in known.values()) or "-")
    if not request.text or len(request.text) > MAX_WORDS:
        raise BadInput("licences.annotation_text", most=MAX_WORDS)


def _note(request: Request) -> dict[str, str]:
    return {"basis": request.basis, "reason": request.reason} | ({"text": request.text} if request.text else {})


def _plain(session: Session, row: Licence, act: Act, request: Request, at: datetime, who: Actor, command: str) -> str:
    """A new status."""
    assert act.to is not None
    row.status, row.status_ground, row.status_at = act.to, request.ground, at
    row.suspended_until = request.until if act.to == WITHHELD else None
    row.due_on = due_on(term_of(row))
    body: dict[str, Any] = {"ground": request.ground} if request.ground else {}
    if request.until is not None and act.until:
        body["until"] = request.until.isoformat()
    chain.append(session, row, Fact(act.event, body, _note(request)), at=at, actor=who, command=command)
    return row.id


def _annotate(session: Session, row: Licence, act: Act, request: Request, at: datetime, who: Actor, command: str) -> str:
    kind = next(each for each in type_of(session, row.type_code).doc["annotations"] if each["id"] == request.annotation)
    body = {"annotation": kind["id"], "title": kind["title"], "public": bool(kind.get("public", False))}
    chain.append(session, row, Fact(act.event, body, _note(request)), at=at, actor=who, command=command)
    order = {"licence": row.id, "again": row.event_seq}  # the sheet that its holder downloads says so too
    outbox.send(session, RENDER, order, key=f"{RENDER}/{row.id}/again/{row.event_seq}", region_root=row.region_root)
    return row.id


def _refuse_renewal(session: Session, row: Licence, act: Act, request: Request, at: datetime, who: Actor, command: str) -> str:
    body = {"ground": request.ground, "asked_on": row.renewal_asked_on.isoformat() if row.renewal_asked_on else None}
    row.renewal_asked_on = row.renewal_case_no = None
    row.due_on = due_on(term_of(row))
    chain.append(session, row, Fact(act.event, body, _note(request)), at=at, actor=who, command=command)
    return row.id


def _new_version(session: Session, row: Licence, act: Act, request: Request, at: datetime, who: Actor, command: str) -> str:
    made = versions.succeed(
        session, row, event=act.event, data=request.data, valid_to=request.until if act.until else row.valid_to, at=at,
        body={"ground": request.ground}, note=_note(request), command=command, actor=who, case_no=request.case_no,
        valid_from=local(at).date() if act.name == "renew" else row.valid_from,
    )  # fmt: skip
    return made.id


_VERBS = {"plain": _plain, "annotation": _annotate, "renewal": _refuse_renewal, "version": _new_version}
