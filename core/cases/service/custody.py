"""Papers change hands: sent in a batch with a numbered transmittal sheet, received paper by paper, and who has which one (纸质材料交接).

Every hand-over is a fact in the chain of each case it concerns, so that the way of a paper can be proved and not rewritten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.orm import Session

from core.cases import access
from core.cases.chain import Fact
from core.cases.custody import RESULT, Paper, clock_of, paper, result_here
from core.cases.errors import CaseNotFound, PapersMoved
from core.cases.models import Case, CaseCustody, CustodyBatch, table
from core.cases.numbers import following
from core.cases.service.machine import Change, Loaded, carry_out, command_key
from core.cases.speaking import spoken_title
from core.cases.versions import pinned
from core.db.once import once
from core.identity import queries as people
from core.items.texts import Reader
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput
from core.kernel.ids import is_id, new_id
from core.kernel.wording import word
from core.routing.marking import ClockOp, Plan

#: Posts that have no papers in their hands.
_NO_HANDS = frozenset({"admin", "supervisor", "legal_reviewer"})
#: Papers of one batch; a transmittal sheet stays a few pages.
MOST = 200
#: How many lines a list shows; what is due soonest comes first, and sending makes room.
LONGEST = 200
_row, _batch, _case = table(CaseCustody).c, table(CustodyBatch).c, table(Case).c
_lost = table(CaseCustody).alias("lost")
_AGAIN = exists().where(_lost.c.case_id == _row.case_id, _lost.c.material == _row.material, _lost.c.leg == _row.leg, _lost.c.state == "missing")
_LINES = (
    select(
        *_row, _AGAIN.correlate(table(CaseCustody)).label("again"), _batch.number.label("batch"), _case.number, _case.item_title, _case.applicant,
        _case.version_id,
    )
    .select_from(table(CaseCustody).join(table(Case), _case.id == _row.case_id).outerjoin(table(CustodyBatch), _batch.id == _row.batch_id))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A paper in a list: whose, of which case, and what it is called. ``again`` says that it was missing from an earlier batch."""

    paper: Paper
    number: str
    item_title: str
    applicant: str
    title: str
    again: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch with its papers. ``mine`` says whether whoever asks may receive it."""

    id: str
    number: str
    from_id: str
    to_id: str
    count: int
    sent_at: datetime
    sent_by: str
    received_at: datetime | None
    received_by: str | None
    lines: tuple[Line, ...] = ()
    mine: bool = False


# verbs --------------------------------------------------------------------------------------------------------------


def send(session: Session, papers: Sequence[str], *, command_id: str, actor: Actor) -> Batch:
    """Send *papers* – all to one department – as a batch with a number. The same *command_id* again is the same batch.

    Raises :class:`BadInput` for none, too many or several places, :class:`PapersMoved` when one is not in the sender's hands (any more).
    """
    key = command_key(actor, command_id)
    sent = once(session, lambda: _sent(session, key), lambda: _send(session, key, _asked(session, papers, actor), command_id, actor))
    return batch(session, sent, actor=actor)


def _send(session: Session, key: str, lines: Sequence[Line], command_id: str, actor: Actor) -> str:
    """Write the batch, then into each case what left; returns the batch's id."""
    made = _batched(session, key, lines, actor)
    first = lines[0].paper
    for case_id, theirs in _by_case(lines).items():
        ids = [each.paper.id for each in theirs]
        body = {"batch": made["number"], "from": first.from_id, "to": first.to_id, "papers": [[each.paper.leg, each.paper.material] for each in theirs]}

        def write(_case: Loaded, when: datetime, ids: Sequence[str] = ids) -> Sequence[Fact]:
            values = {"state": "sent", "batch_id": made["id"], "sent_at": when, "sent_by": actor.id, "received_at": None, "received_by": None}
            free = (_row.id.in_(ids), _row.state == "held")
            if len(session.execute(update(table(CaseCustody)).where(*free).values(**values).returning(_row.id)).all()) != len(ids):
                raise PapersMoved
            return ()

        _tell(session, case_id, f"{command_id}/{case_id}", Fact("papers_sent", body), write, actor)
    return str(made["id"])


def _sent(session: Session, key: str) -> str | None:
    return session.execute(select(_batch.id).where(_batch.command_key == key)).scalar()


def _batched(session: Session, key: str, lines: Sequence[Line], actor: Actor) -> dict[str, Any]:
    """The row of a batch of *lines*, with its number."""
    first = lines[0].paper
    made = {
        "id": new_id(), "region_root": people.department(session, first.from_id).region_root, "command_key": key,
        "number": following(session, _prefix(session, first.from_id)), "from_id": first.from_id, "to_id": first.to_id, "count": len(lines), "sent_at": now(),
        "sent_by": actor.id, "received_at": None, "received_by": None,
    }  # fmt: skip
    session.execute(insert(table(CustodyBatch)), made)
    return made


def receive(session: Session, batch_id: str, arrived: Sequence[str], *, command_id: str, actor: Actor) -> Batch:
    """Take a batch in: the papers ticked in *arrived* are here, every other one is named as missing and goes back to the sender's list.

    Raises :class:`CaseNotFound` for who has no part in the batch, :class:`PapersMoved` when it was taken in already or is somebody else's to take.
    """
    found = batch(session, batch_id, actor=actor)
    waiting = [line for line in found.lines if line.paper.state == "sent"]
    here = set(arrived)
    if not found.mine or not waiting:
        if found.mine and _replayed(found, here, actor):
            return found
        raise PapersMoved
    if not here <= {line.paper.id for line in waiting}:
        raise BadInput("cases.custody_strange")
    for case_id, theirs in _by_case(waiting).items():
        came = [each.paper for each in theirs if each.paper.id in here]
        lost = [each.paper for each in theirs if each.paper.id not in here]
        body = {"batch": found.number, "to": found.to_id, "papers": [[p.leg, p.material] for p in came], "missing": [[p.leg, p.material] for p in lost]}

        def write(loaded: Loaded, when: datetime, came: Sequence[Paper] = came, lost: Sequence[Paper] = lost) -> Sequence[Fact]:
            _mark(session, came, {"state": "received", "received_at": when, "received_by": actor.id})
            _mark(session, lost, {"state": "missing"})
            _again(session, loaded, lost, when)
            for one in came:  # the next leg of this paper may set out
                onward = (_row.case_id == loaded.id, _row.material == one.material, _row.leg == one.target, _row.state == "expected")
                session.execute(update(table(CaseCustody)).where(*onward).values(state="held"))
            return ()

        _tell(session, case_id, f"{command_id}/{case_id}", Fact("papers_arrived", body), write, actor, came, lost)
    taken = {"received_at": now(), "received_by": actor.id}
    session.execute(update(table(CustodyBatch)).where(_batch.id == found.id).values(**taken))
    return batch(session, batch_id, actor=actor)


def _replayed(found: Batch, here: set[str], actor: Actor) -> bool:
    """Whether this very receipt was written down already, so that a second press of the button is no error."""
    return found.received_by == actor.id and here == {line.paper.id for line in found.lines if line.paper.state == "received"}


def _asked(session: Session, papers: Sequence[str], actor: Actor) -> list[Line]:
    ids = list(dict.fromkeys(each for each in papers if is_id(each)))
    if not ids:
        raise BadInput("cases.custody_none")
    if len(ids) > MOST:
        raise BadInput("cases.custody_many", most=MOST)
    rows = session.execute(_LINES.where(_row.id.in_(ids), _row.state == "held", _row.from_id.in_(hands(session, actor)))).mappings().all()
    if len(rows) != len(ids):
        raise PapersMoved
    lines = _lines(session, rows)
    if len({each.paper.to_id for each in lines}) > 1:
        raise BadInput("cases.custody_one_place")
    return lines


def _by_case(lines: Sequence[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.paper.case_id, []).append(line)
    return dict(sorted(found.items()))


def _tell(
    session: Session, case_id: str, command_id: str, fact: Fact, write: Any, actor: Actor, came: Sequence[Paper] = (), lost: Sequence[Paper] = ()
) -> None:  # fmt: skip
    """The fact in the chain of the case, with what belongs to it in the same transaction. Which clocks *came* stops is seen anew when another batch of
    the same case was faster: each of two taken in at once would else wait for the other's papers."""

    def decide(case: Loaded) -> Change:
        return Change(Plan(case.marking, (), clocks=_done(session, case_id, came, lost)), before=[fact], action=fact.kind, then=write)

    carry_out(session, case_id, command_id, decide, actor=actor)


def _mark(session: Session, papers: Sequence[Paper], values: Mapping[str, Any]) -> None:
    if not papers:
        return
    mine = (_row.id.in_([one.id for one in papers]), _row.state == "sent")
    if len(session.execute(update(table(CaseCustody)).where(*mine).values(**values).returning(_row.id)).all()) != len(papers):
        raise PapersMoved


def _again(session: Session, case: Loaded, lost: Sequence[Paper], at: datetime) -> None:
    """What did not come is the sender's to find and send once more, with the time it had."""
    same = {
        "region_root": case.row["region_root"], "opened_at": at, "batch_id": None, "sent_at": None, "sent_by": None, "received_at": None, "received_by": None,
    }  # fmt: skip
    kept = ("case_id", "material", "leg", "target", "from_id", "to_id", "custody", "due_at")
    rows = [{"id": new_id(), "state": "held", **same, **{name: getattr(one, name) for name in kept}} for one in lost]
    if rows:
        session.execute(insert(table(CaseCustody)), rows)


def _done(session: Session, case_id: str, came: Sequence[Paper], lost: Sequence[Paper]) -> tuple[ClockOp, ...]:
    """The clocks of the legs that have nothing left on the way."""
    if not came:
        return ()
    ids = {one.id for one in came}
    open_ = select(_row.leg, _row.id).where(_row.case_id == case_id, _row.material != RESULT, _row.state.not_in(("received", "missing", "void")))
    left = {row.leg for row in session.execute(open_) if row.id not in ids} | {one.leg for one in lost}
    return tuple(ClockOp("stop", clock_of(leg)) for leg in dict.fromkeys(one.leg for one in came if one.material != RESULT) if leg not in left)


def _prefix(session: Session, department_id: str) -> str:
    """What the number of a transmittal sheet begins with: JJ (交接) and the division's code."""
    return "JJ" + people.department(session, department_id).division_path.strip("/").rpartition("/")[2].upper()


# reads --------------------------------------------------------------------------------------------------------------


def hands(session: Session, actor: Actor) -> frozenset[str]:
    """The departments whose papers *actor* may take into hands: those of the own posts, and those whose place these took."""
    if actor.kind != "staff":
        raise CaseNotFound
    posts = people.staff_view(session, actor.id).posts
    return people.with_predecessors(session, {post.department_id for post in posts if post.role not in _NO_HANDS})


def to_send(session: Session, *, actor: Actor, locale: str = "zh") -> tuple[Line, ...]:
    """What lies at the actor's departments and has to go on, due soonest first."""
    mine = (_row.from_id.in_(hands(session, actor)), _row.state == "held")
    rows = session.execute(_LINES.where(*mine).order_by(_row.due_at.is_(None), _row.due_at, _row.id).limit(LONGEST)).mappings().all()
    return tuple(_lines(session, rows, locale))


def coming(session: Session, *, actor: Actor) -> tuple[Batch, ...]:
    """Batches on their way to the actor's departments."""
    return _batches(session, _batch.to_id.in_(hands(session, actor)) & _batch.received_at.is_(None))


def recent(session: Session, *, actor: Actor, limit: int = 30) -> tuple[Batch, ...]:
    """Batches that the actor's departments sent or took in, newest first."""
    mine = hands(session, actor)
    return _batches(session, _batch.from_id.in_(mine) | (_batch.to_id.in_(mine) & _batch.received_at.is_not(None)), limit)


def _batches(session: Session, condition: ColumnElement[bool], limit: int = LONGEST) -> tuple[Batch, ...]:
    rows = session.execute(select(*_batch).where(condition).order_by(_batch.id.desc()).limit(limit)).mappings().all()
    return tuple(_view(row) for row in rows)


def batch(session: Session, batch_id: str, *, actor: Actor, locale: str = "zh") -> Batch:
    """A batch with its papers, for the departments it goes between. Raises :class:`CaseNotFound` for everybody else."""
    mine = hands(session, actor)
    seen = _batch.from_id.in_(mine) | _batch.to_id.in_(mine)
    row = session.execute(select(*_batch).where(_batch.id == batch_id, seen)).mappings().first() if is_id(batch_id) else None
    if row is None:
        raise CaseNotFound
    lines = session.execute(_LINES.where(_row.batch_id == batch_id).order_by(_case.number, _row.id)).mappings().all()
    return replace(_view(row), lines=tuple(_lines(session, lines, locale)), mine=row["to_id"] in mine)


def of_case(session: Session, case_id: str, *, actor: Actor) -> tuple[Paper, ...]:
    """Every paper of a case on every leg, oldest first, for who may see the case. Raises :class:`CaseNotFound`."""
    sight = access.of_actor(session, actor)
    query = _LINES.where(_row.case_id == case_id, sight.condition).order_by(_row.id)
    at = now()
    return tuple(paper(row, at) for row in session.execute(query, sight.params).mappings()) if is_id(case_id) else ()


def require_result_here(session: Session, case_id: str, *, actor: Actor) -> None:
    """Raise :class:`BadInput` unless the paper of the decision is in *actor*'s hands; a case whose papers took no way has none to wait for."""
    at = now()
    rows = session.execute(_LINES.where(_row.case_id == case_id, _row.material == RESULT).order_by(_row.id)).mappings()
    papers = [paper(row, at) for row in rows]
    if not result_here(papers):
        raise BadInput("cases.result_on_the_way")
    if papers and papers[-1].to_id not in hands(session, actor):
        raise BadInput("cases.result_elsewhere", where=people.department(session, people.successor(session, papers[-1].to_id)).title)


def _view(row: Mapping[Any, Any]) -> Batch:
    return Batch(
        row["id"], row["number"], row["from_id"], row["to_id"], row["count"], row["sent_at"], row["sent_by"], row["received_at"], row["received_by"],
    )  # fmt: skip


def _lines(session: Session, rows: Sequence[Mapping[Any, Any]], locale: str = "zh") -> list[Line]:
    at = now()
    return [
        Line(
            paper(row, at), row["number"], spoken_title(pinned(session, row["version_id"]), row["item_title"], locale), row["applicant"],
            title(session, row, locale), row["again"],
        )
        for row in rows
    ]  # fmt: skip


def title(session: Session, row: Mapping[Any, Any], locale: str) -> str:
    """What the paper is called: a material of the item of the case's own version, or the result."""
    if row["material"] == RESULT:
        return word("cases.custody.result", locale)
    doc = pinned(session, row["version_id"]).doc
    chinese = next((str(each["title"]) for each in doc["materials"] if each["id"] == row["material"]), row["material"])
    return str(Reader(doc, locale)(f"materials.{row['material']}.title", chinese))
