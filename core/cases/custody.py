"""Paper on its way beside its case: what a command hands on, who has which paper, and until when (ROUTING §4.1: a ledger of its own).

The engine says between which levels papers change hands; here that becomes one row a paper and leg, and for ``required`` papers a clock
``custody:<level>`` whose rungs warn and turn red like every other. Nothing here moves the case.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.cases import clocks
from core.cases.models import CaseCustody, CaseMaterial, table
from core.db.together import Rows
from core.identity.service import resolve_organisation
from core.items.spec import CompiledItem
from core.kernel.ids import new_id
from core.routing.marking import ClockOp, CustodyOp, Plan
from core.routing.relaying import PAPER
from core.worktime.spec import Ledger, Limit

if TYPE_CHECKING:
    from core.cases.service.machine import Loaded

#: The paper of the decision on its way back.
RESULT = "result"
#: Ends after which paper that was not sent stays where it is.
_OVER = frozenset({"declined", "withdrawn", "lapsed", "terminated"})
_row, _file = table(CaseCustody).c, table(CaseMaterial).c


@dataclass(frozen=True, slots=True)
class Handing:
    """What a command does to paper: clocks that start or stop, and new rows."""

    clocks: tuple[ClockOp, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()

    def written(self) -> tuple[Rows, ...]:
        """The rows, when there are any, for the one statement of the command."""
        return (Rows(table(CaseCustody), self.rows),) if self.rows else ()


_NOTHING = Handing()


def clock_of(leg: str) -> str:
    """The clock that presses the papers of a leg."""
    return f"custody:{leg}"


def on_paper(compiled: CompiledItem, materials: Iterable[str]) -> list[str]:
    """Those of *materials* that the item wants on paper too – an original or copies –, in the item's order."""
    handed = set(materials)
    wanted = (each for each in compiled.doc["materials"] if each["source"]["from"] == "applicant" and (each.get("original") or each.get("copies")))
    return [each["id"] for each in wanted if each["id"] in handed]


def handing(session: Session, case: "Loaded", plan: Plan, at: datetime) -> Handing:
    """What *plan* hands on. Reads only; costs nothing for a case whose papers take no way."""
    if plan.marking.relay is None or not (plan.custody or plan.marking.status in _OVER):
        return _NOTHING
    if not plan.custody:
        sent = set(session.scalars(select(_row.leg).where(_row.case_id == case.id, _row.state == "sent")))
        idle = (name for name in case.ledgers if name.startswith("custody:") and name.removeprefix("custody:") not in sent)
        return Handing(tuple(ClockOp("stop", name) for name in idle))
    made: list[Mapping[str, Any]] = []
    started: list[ClockOp] = []
    way = dict(plan.marking.relay.way)
    for op in plan.custody:
        if op.op == "hand_back":
            state = "held" if op.origin == plan.marking.relay.way[-1][0] else "expected"
            made.append(_paper(session, case, op, way, RESULT, state, at))
            continue
        here = _arrived(session, case.id, op.origin)
        current = select(_file.material).where(_file.case_id == case.id, _file.until_revision.is_(None)).distinct()
        papers = on_paper(case.compiled, session.scalars(current))
        made += [_paper(session, case, op, way, each, here.get(each, "held"), at) for each in papers]
        if papers and op.limit is not None:
            started.append(ClockOp("start", clock_of(op.origin), op.limit))
    return Handing(tuple(started), tuple(made))


def brought_later(session: Session, case: "Loaded", materials: Iterable[str], at: datetime) -> Handing:
    """What was mended on the way is on paper too: a paper that has left already follows from where the papers set out, with the time of its leg."""
    relay, passed = case.compiled.route.intake.relay, case.marking.relay
    if relay is None or passed is None or relay.custody == "none":
        return _NOTHING
    first = passed.way[0][0]
    legs = select(_row.leg, _row.target, _row.material, _row.state).where(_row.case_id == case.id, _row.material != RESULT).order_by(_row.id)
    known = session.execute(legs).all()
    begun = {row.leg: row.target for row in known} or ({first: relay.after(first)} if passed.at != first else {})
    waits = {row.material for row in known if row.leg == first and row.state == "held"}
    papers = [each for each in on_paper(case.compiled, materials) if each not in waits]
    limit = (relay.within[first].resolve(case.facts()) if first in relay.within else None) or PAPER.get(first)
    made: list[Mapping[str, Any]] = []
    for leg, target in begun.items():
        op = CustodyOp("hand_over", leg, target, dict(passed.way).get(target), None, relay.custody)
        made += [_paper(session, case, op, dict(passed.way), each, "held" if leg == first else "expected", at, limit) for each in papers]
    clock = clock_of(first)
    starts = (ClockOp("start", clock, limit),) if made and limit is not None and relay.custody == "required" and clock not in case.ledgers else ()
    return Handing(starts, tuple(made))


def _arrived(session: Session, case_id: str, level: str) -> dict[str, str]:
    """How each paper stands that is on its way to *level*: ``held`` once it is there, ``expected`` before."""
    rows = session.execute(select(_row.material, _row.state).where(_row.case_id == case_id, _row.target == level, _row.material != RESULT).order_by(_row.id))
    return {row.material: "held" if row.state == "received" else "expected" for row in rows}


def _paper(
    session: Session, case: "Loaded", op: CustodyOp, way: Mapping[str, str | None], material: str, state: str, at: datetime, limit: Limit | None = None
) -> dict[str, Any]:  # fmt: skip
    due = limit or op.limit
    ledger = Ledger(due).start(at, "custody") if due is not None and op.custody == "required" else None
    due_at = clocks.derived("custody", ledger, clocks.calendar(session)).due_at if ledger is not None else None
    return {
        "id": new_id(), "region_root": case.row["region_root"], "case_id": case.id, "material": material, "leg": op.origin, "target": op.target,
        "from_id": _department(session, case, op.origin, way), "to_id": _department(session, case, op.target, way), "custody": op.custody, "state": state,
        "opened_at": at, "due_at": due_at, "batch_id": None, "sent_at": None, "sent_by": None, "received_at": None, "received_by": None,
    }  # fmt: skip


def _department(session: Session, case: "Loaded", level: str, way: Mapping[str, str | None]) -> str:
    """The department of a level: as the way says, or who stands in its place today; the authority where the way names nobody."""
    named = way.get(level)
    org: Mapping[str, str] = {"id": named} if named else {"region": level}
    found = resolve_organisation(session, org, owner=case.row["department_id"], division_id=case.row["division_id"])
    return found[0] if found else str(case.row["department_id"])


def settle(session: Session, case: "Loaded", plan: Plan) -> None:
    """The case ended otherwise than by a decision: paper that was not sent yet is not sent any more."""
    if plan.marking.relay is None or plan.marking.status not in _OVER:
        return
    open_ = (_row.case_id == case.id, _row.state.in_(("held", "expected")))
    session.execute(update(table(CaseCustody)).where(*open_).values(state="void"))


# where the paper is -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper on one leg, for people. ``late`` is of this moment."""

    id: str
    case_id: str
    material: str
    leg: str
    target: str
    from_id: str
    to_id: str
    custody: str
    state: str
    due_at: datetime | None
    batch_id: str | None
    batch: str
    sent_at: datetime | None
    received_at: datetime | None
    late: bool


def paper(row: Mapping[Any, Any], at: datetime) -> Paper:
    """A row of ``case_custody`` joined with its batch's number."""
    when = row["received_at"] or at
    late = row["due_at"] is not None and row["state"] != "void" and when > row["due_at"]
    return Paper(
        row["id"], row["case_id"], row["material"], row["leg"], row["target"], row["from_id"], row["to_id"], row["custody"], row["state"], row["due_at"],
        row["batch_id"], row["batch"] or "", row["sent_at"], row["received_at"], late,
    )  # fmt: skip


def result_here(rows: Sequence[Paper]) -> bool:
    """Whether the paper of the decision has come to where it is handed over; a case without one has nothing to wait for."""
    return all(each.state == "received" for each in rows if each.material == RESULT)
