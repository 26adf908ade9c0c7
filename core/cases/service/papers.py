"""The papers of legal acts: which documents a command draws up, and what they say. One place between the engine's plan and :mod:`core.documents`.

The words come from the act itself – what was written, what the route declares, what the clocks give – so that nobody retypes a date or a basis; where the
law wants words that nobody gave, the act is refused (:class:`core.documents.errors.WordsMissing`) and nothing of it is written.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases import applicants, sealing
from core.cases.chain import Fact
from core.cases.models import CaseEvent
from core.db.together import Rows
from core.documents import queries as documents
from core.documents.service import Subject, drawing
from core.documents.spec import KINDS
from core.documents.texts import Values
from core.documents.values import of_item
from core.identity.spec import DepartmentView
from core.kernel.clock import local
from core.kernel.errors import BadInput
from core.kernel.wording import word
from core.licences.queries import of_case
from core.routing.marking import Plan
from core.routing.spec import RouteSpec
from core.worktime.explain import day_words, limit_words
from core.worktime.spec import Limit

if TYPE_CHECKING:
    from core.cases.clocks import Clock
    from core.cases.service.machine import Change, Loaded


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the papers of a command add to its transaction: facts of the chain and rows."""

    facts: tuple[Fact, ...] = ()
    rows: tuple[Rows, ...] = ()


@dataclass(slots=True)
class _Act:
    """Everything the words of a command's documents are made from."""

    session: Session
    case: "Loaded"
    change: "Change"
    clocks: Mapping[str, "Clock"]
    at: datetime
    results: bool
    note: Mapping[str, str] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        return self.change.plan

    def body(self, kind: str) -> Mapping[str, Any]:
        """The body of the command's first event of *kind*, empty without one."""
        return next((event.body for event in self.plan.events if event.kind == kind), {})


def kinds_of(plan: Plan, route: RouteSpec) -> tuple[str, ...]:
    """The kinds of documents that *plan* asks for. A route names the notice of a special procedure as it likes; what is delivered is receipted."""
    notices = {declared.notice for declared in route.pauses.values() if declared.notice}
    delivered = any(event.kind == "delivered" for event in plan.events)
    found = []
    for key in plan.documents:
        if key == "receipt":
            continue  # the engine's receipt of papers is the page that the applicant gets at once
        if key in KINDS:
            found.append(key)
        elif key in notices:
            found.append("pause")
    return tuple(dict.fromkeys([*found, *(["receipt"] if delivered else [])]))


def draw_up(session: Session, case: "Loaded", change: "Change", clocks: Mapping[str, "Clock"], at: datetime, *, results: bool) -> Drawn:
    """Draw up every document of a command, in its transaction; *results* tells whether the case led to licences, with what the command did.

    Raises :class:`core.documents.errors.WordsMissing`.
    """
    kinds = kinds_of(change.plan, case.compiled.route)
    if not kinds or case.key is None:
        return Drawn()
    act = _Act(session, case, change, clocks, at, results, change.note or {})
    who = applicants.named(session, case.id, case.row["department_id"])
    applied = "、".join(each.name for each in who.applicants)
    subject = Subject(case.id, case.row["number"], case.row["region_root"], case.key, applied, who.applicants[0].kind == "company")
    facts: list[Fact] = []
    rows: list[Rows] = []
    for kind in kinds:
        values = _values(act, kind, subject, who.department)
        ref, written = drawing(session, kind=kind, subject=subject, item=case.compiled.doc, values=values, department=who.department)
        facts.append(Fact("document_drawn", {"document": ref.id, "kind": kind, "number": ref.number}))
        rows += written
    return Drawn(tuple(facts), tuple(rows))


def ready(session: Session, row: Mapping[Any, Any]) -> bool:
    """Whether delivery may begin: the written decision and every licence of the case have their paper (行政许可法 38, 39, 44)."""
    if row["decided_at"] is None:
        return True  # nothing is written that would have to be there; every step of a case asks
    return documents.decisions_ready(session, row["id"]) and (not row["results"] or all(licence.has_pdf for licence in of_case(session, row["number"])))


def _values(act: _Act, kind: str, subject: Subject, department: DepartmentView) -> Values:
    row = act.case.row
    # Silence is acceptance from the day of receipt (行政许可法 32(4)).
    main = act.clocks.get("main")  # from the moment of receipt, which a pre-review or a relay puts after the filing
    accepted = row["accepted_at"] or ((main.ledger.started_at if main is not None else None) if act.body("case_accepted").get("deemed") else None) or act.at
    values: dict[str, str | Sequence[str]] = {
        **of_item(kind, act.case.compiled.doc), "applicant": subject.applicant, "case_no": row["number"], "department": department.title,
        "today": _day(act.at), "submitted_on": _day(row["submitted_at"]), "accepted_on": _day(accepted), "reasons": _reasons(act),
    }  # fmt: skip
    maker = _MAKERS.get(kind)
    if maker is not None:
        values |= maker(act)
    return values


def _day(at: datetime) -> str:
    return day_words(local(at).date(), year=True)


def _reasons(act: _Act) -> list[str]:
    """Why: one line a reason. What was written with the command, a paragraph each."""
    return _paragraphs(act.note.get("reason", ""))


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


# what each kind says beside that -------------------------------------------------------------------------------------


def _acceptance(act: _Act) -> Values:
    deemed = word("documents.deemed") if act.body("case_accepted").get("deemed") else ""
    return {"deemed": deemed, **_until(act, "main"), "reasons": ()}


def _declining(act: _Act) -> Values:
    given = act.note.get("disposition", "other")
    return {"disposition": word(f"cases.disposition_words.{given}"), "authority": act.note.get("authority", "")}


def _correction(act: _Act) -> Values:
    """Everything that is missing, each with its reason (一次告知需要补正的全部内容)."""
    formal = act.body("correction_requested")
    asked = formal or act.body("amend_requested")
    entries = list(asked_for(act.session, act.case, asked, act.note))
    without = [title for title, reason in entries if not reason]
    if without:
        raise BadInput("cases.reason_each", what="、".join(without))
    values: dict[str, str | Sequence[str]] = {"asked": [f"{title}:{reason}" for title, reason in entries], **_until(act, "correction")}
    return values if formal else {**values, "law": word("documents.other_law")}


def _pause(act: _Act) -> Values:
    opened = act.body("pause_opened")
    declared = act.case.compiled.route.pauses[opened["pause"]]
    return {"procedure": declared.title, "basis": declared.basis, **_until(act, f"pause:{opened['key']}")}


def _extension(act: _Act) -> Values:
    body = act.body("limit_extended")
    approver = word("documents.government_head" if body.get("joint") else "documents.agency_head")
    given = Limit.from_json(body["limit"]) if body.get("limit") else None
    return {"basis": str(body.get("basis") or ""), "approver": approver, **_until(act, "main"), "limit": limit_words(given) if given else ""}


def _grant(act: _Act) -> Values:
    found = of_case(act.session, act.case.row["number"]) if act.results else ()
    return {"results": [f"{each.type_title}(编号 {each.number})" for each in found], "reasons": ()}


def _refuse(act: _Act) -> Values:
    """The reasons of this refusal; where silence or a vote refused, its basis or what those who refused wrote before."""
    reasons = _reasons(act) or [str(event.body["basis"]) for event in act.plan.events if event.body.get("basis")]
    return {"reasons": reasons or _earlier_reasons(act)}


def _receipt(act: _Act) -> Values:
    papers = [f"{each.title}({each.number})" for each in documents.of_case(act.session, act.case.id) if each.kind != "receipt"]
    papers += [f"{each.type_title}(编号 {each.number})" for each in of_case(act.session, act.case.row["number"])]
    way = str(act.body("delivered").get("way") or "")
    return {
        "delivered": papers, "way": word(f"documents.way.{way}") if way else "", "recipient": act.note.get("recipient", ""),
        "signed_by_hand": "" if way == "electronic" else "1",
    }  # fmt: skip


_MAKERS: Mapping[str, Callable[[_Act], Values]] = {
    "acceptance": _acceptance,
    "declining": _declining,
    "correction": _correction,
    "pause": _pause,
    "suspension": _pause,
    "extension": _extension,
    "decision_grant": _grant,
    "decision_refuse": _refuse,
    "receipt": _receipt,
}


def _until(act: _Act, clock: str) -> dict[str, str]:
    """The limit of a clock that this command started or changed – or joined, when several steps share a procedure – and its last day."""
    found = act.clocks.get(clock) or act.case.clocks.get(clock)
    if found is None or found.ledger.limit.value is None:
        return {"limit": "", "due": "", "no_due": "1"}
    due = found.due_at
    last = "" if due is None else _day(due - timedelta(seconds=1))  # the instant after which it is late belongs to the next day
    return {"limit": limit_words(found.ledger.limit), "due": last, "no_due": "" if last else "1"}


def asked_for(session: Session, case: "Loaded", asked: Mapping[str, Any], note: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(title, reason) of every field and material of a correction; what other departments found missing keeps the reason they gave."""
    known = _noted(session, case) | dict(note)
    titles = {each["id"]: f"《{str(each['title']).strip('《》')}》" for each in case.compiled.doc.get("materials", ())}
    labels = case.compiled.form.labels
    for part in ("materials", "fields"):
        for spot in asked.get(part, ()):
            label = labels.get(f"form.{spot}")
            title = titles.get(spot, spot) if part == "materials" else f"“{label.title if label else spot}”"
            yield title, known.get(f"{part}:{spot}", "").strip()


def _noted(session: Session, case: "Loaded") -> dict[str, str]:
    """What was written to fields and materials so far, the last word on each."""
    found: dict[str, str] = {}
    for _, note in _notes(session, case):
        found |= {spot: words for spot, words in note.items() if spot.partition(":")[0] in ("fields", "materials")}
    return found


def _earlier_reasons(act: _Act) -> list[str]:
    """What those wrote who refused on the way: a department in its branch, a signer."""
    route = act.case.compiled.route
    refusing = {"refuse"} | {a.id for node in route.nodes.values() for a in node.actions.values() if a.exit.outcome == "refuse"}
    notes = (note for body, note in _notes(act.session, act.case) if body.get("action") in refusing)
    return list(dict.fromkeys(line for note in notes for line in _paragraphs(note.get("reason", ""))))


def _notes(session: Session, case: "Loaded") -> Iterator[tuple[Mapping[str, Any], Mapping[str, str]]]:
    """(body, sealed words) of the case's events that have words, oldest first."""
    query = select(CaseEvent.body, CaseEvent.sealed).where(CaseEvent.case_id == case.id, CaseEvent.sealed.is_not(None)).order_by(CaseEvent.seq)
    for body, sealed in session.execute(query):
        note = (sealing.open_json(case.key, case.id, sealed) or {}).get("value")
        if isinstance(note, Mapping):
            yield json.loads(body), note
