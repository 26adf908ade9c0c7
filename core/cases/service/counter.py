"""At the window: a mistake that can be mended on the spot is mended there (行政许可法 32(3)), and a correction that nobody answered is declined."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.cases import dispositions, sealing
from core.cases.chain import Fact
from core.cases.errors import TaskClosed
from core.cases.models import CasePayload, table
from core.cases.service.acting import held, note_of, still_open, trimmed
from core.cases.service.anytime import by_post
from core.cases.service.machine import Change, Loaded, carry_out
from core.cases.spec import ActResult
from core.forms.spec import Field
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput
from core.routing.engine import advance
from core.routing.marking import Command, Plan
from core.routing.spec import RouteSpec

MENDED = "mended_on_the_spot"
#: What is no slip of the pen: files are papers, a promise is signed, the rest follows from other answers.
_NOT_MENDED = frozenset({"computed", "statement", "file", "photo", "signature"})


def mendable(compiled: CompiledItem) -> tuple[Field, ...]:
    """Fields that may be mended at the window, in reading order. What decides who checks the papers, or how long intake takes, may not: that was
    answered when the case was filed, and a changed answer is a matter for a correction."""
    deciding = _deciding(compiled.route)
    fields = (field for page in compiled.form.pages for field in page.fields)
    return tuple(field for field in fields if field.kind.key not in _NOT_MENDED and not any(_reads(path, field.path) for path in deciding))


def _deciding(route: RouteSpec) -> frozenset[str]:
    rules = [check.when for check in route.intake.checks.values() if check.when is not None]
    rules += [rule for limit in (route.intake.limit, *(check.limit for check in route.intake.checks.values())) for rule, _limit in limit.cases]
    return frozenset(path for rule in rules for path in rule.paths)


def _reads(path: str, field: str) -> bool:
    return path == f"form.{field}" or path.startswith(f"form.{field}.")


def mend(
    session: Session, case_id: str, task_no: int, *, values: Mapping[str, Any], computed: Sequence[str] = (), reason: str, command_id: str, actor: Actor
) -> ActResult:
    """The applicant mends a slip at the window and the clerk who holds the intake writes it down: no act, no paper, no correction used up.

    *values* are the whole decided answers, *computed* the fields that follow from others. A new revision of the answers is kept beside the old one, with
    *reason* – what was wrong – beside them. Raises :class:`BadInput` for a field that is not to be mended, for nothing changed, and without a reason.
    """
    said = trimmed(reason)
    if not said:
        raise BadInput("cases.mend_reason")

    def decide(case: Loaded) -> Change:
        holds = held(session, case, task_no, actor)
        task = case.marking.task(task_no)
        if task is None or task.kind != "intake":
            raise BadInput("cases.mend_not_here")
        before = dict(case.content.get("values") or {})
        changed = sorted(name for name in {*before, *values} if before.get(name) != values.get(name) and name not in computed)
        _may_be_mended(case, changed)
        revision = case.row["payload_revision"] + 1
        content, promise = sealing.salted({**case.content, "values": dict(values)})
        received = Fact("papers_received", {"revision": revision, "payload": promise, "materials": []})
        mended = Fact(MENDED, {"revision": revision, "fields": changed})

        def write(loaded: Loaded, at: datetime) -> Sequence[Fact]:
            assert loaded.key is not None
            sealed = sealing.seal_json(loaded.key, loaded.id, content)
            row = {"case_id": loaded.id, "revision": revision, "region_root": loaded.row["region_root"], "sealed": sealed, "at": at}
            session.execute(insert(table(CasePayload)), row)
            return (received,)

        plan = Plan(case.marking, ())
        return Change(plan, columns={"payload_revision": revision}, before=[mended], note={"reason": said}, action=MENDED, then=write, actor=holds)

    return carry_out(session, case_id, command_id, decide, actor=actor)


def _may_be_mended(case: Loaded, changed: Sequence[str]) -> None:
    if not changed:
        raise BadInput("cases.mend_nothing")
    allowed = {field.id for field in mendable(case.compiled)}
    wrong = [name for name in changed if name not in allowed]
    if wrong:
        labels = case.compiled.form.labels
        raise BadInput("cases.mend_not_that", what="、".join(labels[f"form.{name}"].title if f"form.{name}" in labels else name for name in wrong))


def decline_uncorrected(session: Session, case_id: str, *, reason: str, command_id: str, actor: Actor) -> ActResult:
    """Nobody answered the correction in its time and no rule lets the case lapse: whoever does the intake declines it, on that ground."""

    def decide(case: Loaded) -> Change:
        who = by_post(session, case, case.compiled.route.intake.holders, actor)
        if case.marking.status != "correction_requested":
            raise TaskClosed(who="", at=None)
        if not awaits_no_answer(case):
            raise BadInput("cases.correction_runs")
        words = dispositions.ground({}, uncorrected=True)
        plan = advance(case.compiled.route, case.marking, Command("decline", reason=trimmed(reason), actor=who.id), case.facts())

        def write(loaded: Loaded, at: datetime) -> Sequence[Fact]:
            session.execute(still_open(loaded).values(lapsed_at=at))
            return ()

        return Change(plan, note=note_of(reason, None, words), action="decline", then=write, actor=who)

    return carry_out(session, case_id, command_id, decide, actor=actor)


def awaits_no_answer(case: Loaded) -> bool:
    """Whether the time for the correction is over and the case still waits."""
    clock = case.clocks.get("correction")
    return case.marking.status == "correction_requested" and clock is not None and clock.due_at is not None and now() >= clock.due_at
