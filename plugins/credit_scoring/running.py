"""Scoring and simulating everybody, a piece at a time: each piece is one transaction that remembers how far it came, so it can be stopped anywhere."""

import copy
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Table, delete, func, insert, select, update

from core.sdk import Conflict, Context, NotFound, audit
from core.sdk.background import later
from core.sdk.tables import new_id
from plugins.credit_scoring import modelling
from plugins.credit_scoring.acting import actor
from plugins.credit_scoring.models import Model, Past, Record, Run, Score, Subject
from plugins.credit_scoring.scoring import fairness
from plugins.credit_scoring.scoring.score import Fact, Result, score
from plugins.credit_scoring.scoring.spec import Bound

#: Subjects a piece. Large enough that the statements count little, small enough that "stop" is heard within a second or two.
PIECE = 5_000
#: Records that count for a score.
IN_FORCE = ("valid", "disputed")
#: So many of those who change their grade are named in a simulation.
_SAMPLES = 60
_SCORE, _PAST = cast(Table, Score.__table__), cast(Table, Past.__table__)


@dataclass(frozen=True, slots=True)
class _Who:
    id: str
    kind: str
    industry: str
    region: str
    size: str


def start(ctx: Context, model_id: str, kind: str) -> Run:
    """Begin to score (``score``, ``stale``) or to simulate (``simulate``) by a model; the work is done in the background.

    :class:`Conflict` while another run over the same kind of subjects is under way.
    """
    model = modelling.one(ctx, model_id)
    busy = select(Run.id).join(Model, Model.id == Run.model_id).where(Run.state == "running", Model.kind == model.kind)
    if ctx.session.scalar(busy.limit(1)):
        raise Conflict("credit_scoring.run_busy")
    if kind != "simulate" and model.status != "published":
        raise Conflict("credit_scoring.not_published")
    run = Run(
        id=new_id(), kind=kind, model_id=model.id, state="running", day=ctx.today(), total=_total(ctx, model.kind, kind), done=0, moved=0, pieces=0,
        spent_ms=0, result={"digest": model.digest, "counts": {}, "samples": []}, at=ctx.now(), by=actor(ctx),
    )  # fmt: skip
    ctx.session.add(run)
    ctx.session.flush()
    audit.record(ctx, "run_started", ("run", run.id), {"kind": kind, "model": model.id})
    later(ctx, "score", {"run": run.id}, key=f"{run.id}/0")
    return run


def one(ctx: Context, run_id: str) -> Run:
    """One run. :class:`NotFound` otherwise."""
    found = ctx.session.get(Run, run_id)
    if found is None:
        raise NotFound("credit_scoring.no_run")
    return found


def lately(ctx: Context, most: int = 20) -> Sequence[Run]:
    """The newest runs."""
    return ctx.session.scalars(select(Run).order_by(Run.at.desc()).limit(most)).all()


def stop(ctx: Context, run_id: str) -> None:
    """Stop a run where it is. What is done stays done."""
    run = _locked(ctx, run_id)
    if run.state == "running":
        run.state = "stopped"
        ctx.session.flush()
        audit.record(ctx, "run_stopped", ("run", run.id), {"done": run.done})


def resume(ctx: Context, run_id: str) -> None:
    """Go on where a stopped run is. :class:`Conflict` when its model was changed meanwhile: a simulation of two models is of none."""
    run = _locked(ctx, run_id)
    if run.state != "stopped":
        return
    if modelling.one(ctx, run.model_id).digest != run.result.get("digest"):
        raise Conflict("credit_scoring.run_changed")
    run.state = "running"
    ctx.session.flush()
    audit.record(ctx, "run_resumed", ("run", run.id), {"done": run.done})
    later(ctx, "score", {"run": run.id}, key=f"{run.id}/{run.pieces}/{new_id()}")


def piece(ctx: Context, run_id: str, size: int = PIECE) -> bool:
    """Do the next piece of a run; whether there is more to do."""
    begun = time.perf_counter()
    run = _locked(ctx, run_id)
    if run.state != "running":
        return False
    model = ctx.session.get(Model, run.model_id)
    if model is None or model.digest != run.result.get("digest"):
        run.state = "stopped"
        ctx.session.flush()
        return False
    who = _next(ctx, run, model.kind, size)
    if who:
        bound = modelling.compiled(model).on(run.day)
        found = _score(ctx, bound, who)
        before = _before(ctx, [each.id for each in who])
        if run.kind != "simulate":
            _write(ctx, model.id, run.day, who, found, before)
        _count(run, who, found, before)
        run.cursor, run.done = who[-1].id, run.done + len(who)
    run.pieces += 1
    run.spent_ms += round(1000 * (time.perf_counter() - begun))
    if len(who) < size:
        run.state, run.ended_at, run.total = "done", ctx.now(), run.done
    ctx.session.flush()
    return run.state == "running"


def score_now(ctx: Context, subject_ids: Sequence[str]) -> None:
    """Score a few subjects at once, as after a decision about a record. Kinds without a published model have no score."""
    rows = ctx.session.execute(_subjects().where(Subject.id.in_(subject_ids)).order_by(Subject.id)).all()
    who = [_Who(*tuple(row)) for row in rows]
    for kind in sorted({each.kind for each in who}):
        model = modelling.published(ctx, kind)
        if model is None:
            continue
        own = [each for each in who if each.kind == kind]
        found = _score(ctx, modelling.compiled(model).on(ctx.today()), own)
        _write(ctx, model.id, ctx.today(), own, found, _before(ctx, [each.id for each in own]))


def catch_up(ctx: Context, kind: str) -> None:
    """Score those whose records changed. A run that is under way does not wait: its model's next daily run finds whom it had passed already."""
    model = modelling.published(ctx, kind)
    if model is not None:
        try:
            start(ctx, model.id, "stale")
        except Conflict:
            return


def daily(ctx: Context) -> None:
    """Once a day everybody is scored anew: records grow old, windows move. A kind that is under way is left alone."""
    for kind in modelling.SHIPPED:
        model = modelling.published(ctx, kind)
        if model is None:
            continue
        try:
            start(ctx, model.id, "score")
        except Conflict:
            continue


def rate(run: Run) -> int:
    """Subjects a second of working time."""
    return round(1000 * run.done / run.spent_ms) if run.spent_ms else 0


# --- the piece ----------------------------------------------------------------------------------------------------------------------------------


def _locked(ctx: Context, run_id: str) -> Run:
    run = ctx.session.scalar(select(Run).where(Run.id == run_id).with_for_update().execution_options(populate_existing=True))
    if run is None:
        raise NotFound("credit_scoring.no_run")
    return cast(Run, run)


def _total(ctx: Context, kind: str, work: str) -> int:
    query = select(func.count()).select_from(Subject).where(Subject.kind == kind)
    return int(ctx.session.scalar(query.where(Subject.stale) if work == "stale" else query) or 0)


def _subjects() -> Any:
    return select(Subject.id, Subject.kind, Subject.industry, Subject.region, Subject.size)


def _next(ctx: Context, run: Run, kind: str, size: int) -> list[_Who]:
    query = _subjects().where(Subject.kind == kind).order_by(Subject.id).limit(size)
    if run.cursor is not None:
        query = query.where(Subject.id > run.cursor)
    if run.kind == "stale":
        query = query.where(Subject.stale)
    return [_Who(*tuple(row)) for row in ctx.session.execute(query)]


def _score(ctx: Context, bound: Bound, who: Sequence[_Who]) -> list[Result]:
    """The score of each of *who*, by the records in force: one statement, the rows streamed in the subjects' order."""
    facts: dict[str, list[Fact]] = {each.id: [] for each in who}
    query = select(Record.subject_id, Record.id, Record.entry, Record.day, Record.data).where(Record.state.in_(IN_FORCE), Record.day <= bound.day)
    query = query.where(Record.subject_id.in_(list(facts)) if len(who) < 500 else Record.subject_id.between(who[0].id, who[-1].id))
    rows: Any = ctx.session.execute(query.order_by(Record.subject_id, Record.day, Record.id))
    for subject_id, record_id, entry, day, data in rows:
        own = facts.get(subject_id)
        if own is not None:
            own.append(Fact(record_id, entry, day, data))
    return [score(bound, each.industry, facts[each.id]) for each in who]


def _before(ctx: Context, ids: Sequence[str]) -> dict[str, Any]:
    query = select(Score.subject_id, Score.model_id, Score.points, Score.grade, Score.day).where(Score.subject_id.in_(ids))
    return {row.subject_id: row for row in ctx.session.execute(query)}


def _write(ctx: Context, model_id: str, day: date, who: Sequence[_Who], found: Sequence[Result], before: dict[str, Any]) -> None:
    """Put the scores in the place of the old ones, which are kept where points or grade moved."""
    at, ids = ctx.now(), [each.id for each in who]
    past = [
        {"id": new_id(), "subject_id": each.id, "model_id": old.model_id, "points": old.points, "grade": old.grade, "day": old.day, "until": at}
        for each, result in zip(who, found, strict=True)
        if (old := before.get(each.id)) is not None and (old.points, old.grade) != (result.points, result.grade)
    ]
    if before:
        ctx.session.execute(delete(_SCORE).where(_SCORE.c.subject_id.in_(ids)))
    rows = [
        {
            "subject_id": each.id, "model_id": model_id, "points": result.points, "grade": result.grade, "vetoed": result.vetoed,
            "lines": result.lines, "day": day, "at": at,
        }
        for each, result in zip(who, found, strict=True)
    ]  # fmt: skip
    ctx.session.execute(insert(_SCORE), rows)
    if past:
        ctx.session.execute(insert(_PAST), past)
    subject = cast(Table, Subject.__table__)
    ctx.session.execute(update(subject).where(subject.c.id.in_(ids), subject.c.stale).values(stale=False))


def _count(run: Run, who: Sequence[_Who], found: Iterable[Result], before: dict[str, Any]) -> None:
    counts, samples = copy.deepcopy(run.result.get("counts", {})), list(run.result.get("samples", []))  # a change inside would not be seen
    moved = 0
    for each, result in zip(who, found, strict=True):
        old = before.get(each.id)
        was = fairness.NONE if old is None else old.grade
        fairness.add(counts, {"kind": each.kind, "industry": each.industry, "region": each.region, "size": each.size}, was, result.grade)
        if old is not None and was != result.grade:
            moved += 1
            if len(samples) < _SAMPLES:
                samples.append([each.id, was, result.grade, old.points, result.points])
    run.moved += moved
    run.result = {**run.result, "counts": counts, "samples": samples}
