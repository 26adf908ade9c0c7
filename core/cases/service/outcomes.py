"""What a granted case does to a licence that its applicant holds already (``results[].action``): renewed, changed, annotated or ended.

The licence is named by an answer of the form. At filing it must be the applicant's own and stand where the act may start; a renewal is asked for there and
then (行政许可法 50: thirty days before the end), so that it does not expire while the case is open. At the grant the library does the act in the same
transaction. A refusal refuses the renewal; a case that ends without a decision ends the asking.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases.access import APPLICANTS
from core.cases.chain import Fact
from core.cases.models import Case, CaseParty, table
from core.cases.service.machine import Loaded, load
from core.cases.spec import ENDED
from core.cases.versions import pinned
from core.items.results import face
from core.items.spec import CompiledItem, JsonObject
from core.kernel.actor import SYSTEM, Actor
from core.kernel.clock import today
from core.licences import service as licences
from core.licences.service import Request

#: The legal ground of an act where the item names no other: 行政许可法 49, 50(1).
GROUNDS: Mapping[str, str] = {"change": "49", "renew": "50_1"}
_EVENTS = {"renew": "licence_renewed", "change": "licence_changed", "annotate": "licence_annotated", "cancel": "licence_ended", "revoke": "licence_ended"}
_party, _case = table(CaseParty).c, table(Case).c


@dataclass(frozen=True, slots=True)
class Aimed:
    """One result that is done to a licence: the result, its action, and the licence's id."""

    result: JsonObject
    action: JsonObject
    licence_id: str


def actions_of(doc: JsonObject) -> Iterator[tuple[JsonObject, JsonObject]]:
    """The results that do something to a licence, each with its action. A result without one, or with ``new``, issues a new licence."""
    for result in doc.get("results") or ():
        action = result.get("action")
        if action and action["do"] != "new":
            yield result, action


def aimed(session: Session, compiled: CompiledItem, values: Mapping[str, Any], parties: Collection[str]) -> tuple[Aimed, ...]:
    """The licences that the answers name. A question that was not put, or left open, names none."""
    found = []
    for result, action in actions_of(compiled.doc):
        said = values.get(action["licence"])
        if isinstance(said, str) and said.strip():
            found.append(Aimed(result, action, licences.named(session, said, type_code=result["licence_type"], parties=parties)))
    return tuple(found)


def check(session: Session, compiled: CompiledItem, values: Mapping[str, Any], parties: Collection[str]) -> tuple[Aimed, ...]:
    """The licences an application aims at, each of which the act may start from. Raises what :func:`core.licences.service.named` and ``may_start`` raise."""
    found = aimed(session, compiled, values, parties)
    for one in found:
        licences.may_start(session, one.licence_id, one.action["do"], on=today())
    return found


def ask(session: Session, found: Sequence[Aimed], case_no: str, parties: Collection[str], *, actor: Actor) -> None:
    """Note on each licence that its renewal was asked for. Raises :class:`core.licences.errors.WrongStatus` when the day is past (行政许可法 50)."""
    for one in found:
        if one.action["do"] == "renew":
            licences.ask_renewal(session, one.licence_id, parties=parties, case_no=case_no, actor=actor)


def carry_out(session: Session, case: Loaded, *, actor: Actor) -> Sequence[Fact]:
    """Do what was granted; the facts name the version in force and the one before it."""
    if not any(actions_of(case.compiled.doc)):
        return ()
    parties = _applicants(session, case.id)
    return [_do(session, case, one, actor) for one in aimed(session, case.compiled, case.content.get("values") or {}, parties)]


def _do(session: Session, case: Loaded, one: Aimed, actor: Actor) -> Fact:
    do, number = one.action["do"], case.row["number"]
    facts = case.facts()
    shown = {name: str(value) for name, value in face(case.compiled, one.result, facts).items()}
    request = Request(
        do, one.action["basis"], f"办件 {number} 准予", one.action.get("ground") or GROUNDS.get(do),
        until=licences.renewed_until(session, one.licence_id, _months(one.result)) if do == "renew" else None,
        annotation=one.action.get("annotation"), text=_text(one.action, shown) if do == "annotate" else "",
        data=shown if do in ("change", "renew") else {}, case_no=number,
    )  # fmt: skip
    made = licences.by_case(
        session, one.licence_id, request, department_id=case.row["department_id"], command_id=f"{case.id}/{one.result['id']}", actor=actor
    )  # fmt: skip
    version = {"licence": made} if made != one.licence_id else {}
    return Fact(_EVENTS[do], {**version, "of": one.licence_id, "result": one.result["id"], "act": do})


def _text(action: JsonObject, shown: Mapping[str, str]) -> str:
    """What is noted: the fields of the result one after another, else the words of the setting."""
    return ";".join(f"{name}:{value}" for name, value in shown.items() if value) or str(action.get("text") or "")


def _months(result: JsonObject) -> int | None:
    limit = result.get("valid_for") or {}
    value = limit.get("value")
    return int(value) * (12 if limit["unit"] == "year" else 1) if value is not None and limit["unit"] in ("year", "month") else None


def _applicants(session: Session, case_id: str) -> tuple[str, ...]:
    return tuple(session.scalars(select(_party.party_id).where(_party.case_id == case_id, _party.role.in_(APPLICANTS))))


def not_granted(session: Session, case_id: str) -> None:
    """After the end of a case that was not granted: its renewal is refused with the decision, or was simply not decided."""
    row = session.execute(select(_case.version_id, _case.number, _case.outcome, _case.status).where(_case.id == case_id)).first()
    if row is None or row.outcome == "grant" or (row.outcome is None and row.status not in ENDED):
        return
    renewals = [(result, action) for result, action in actions_of(pinned(session, row.version_id).doc) if action["do"] == "renew"]
    if not renewals:
        return
    if row.outcome != "refuse":
        licences.end_asking(session, row.number, actor=SYSTEM)
        return
    case = load(session, case_id)[0]
    for one in aimed(session, case.compiled, case.content.get("values") or {}, _applicants(session, case_id)):
        if one.action["do"] == "renew":
            refusal = Request("refuse_renewal", one.action["basis"], f"办件 {row.number} 不予", "50_2", case_no=row.number)
            command = f"{case_id}/{one.result['id']}/refused"
            licences.by_case(session, one.licence_id, refusal, department_id=case.row["department_id"], command_id=command, actor=SYSTEM)
