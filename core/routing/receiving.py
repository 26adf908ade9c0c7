"""From the counter to acceptance: agents pass papers up, pre-review, receipt, the departments' checks, one correction, the five dispositions
(行政许可法 32)."""

from collections.abc import Mapping
from typing import Any

from core.kernel.wording import word
from core.routing.asking import ids, needs
from core.routing.draft import State
from core.routing.errors import NeedMissing, RouteRefused
from core.routing.facts import holds, known_limit
from core.routing.guards import acting, refuse
from core.routing.marking import Command, OpenTask
from core.routing.run import Run
from core.routing.spec import APPLICANT, Check

#: The buttons of tasks that no administrator draws, in the order they are shown.
INTAKE_ACTIONS = ("accept", "request_correction", "decline")
CHECK_ACTIONS = ("complete", "missing")
PRE_REVIEW = "intake.pre_review"
#: What an applicant says who does not wait for the answer of a pre-review.
WAIVE = "waive"


def receive(run: Run) -> None:
    """The authority has the papers: the intake clock starts, where it does not run already."""
    if not run.marking.received:
        run.emit("case_received")
        start_intake(run)


def start_intake(run: Run) -> None:
    """The clock of 行政许可法 32, with the receipt."""
    run.clock("start", "intake", known_limit(run.spec.intake.limit, run.facts, "routing.title.intake"))
    run.documents.append("receipt")


# pre-review ---------------------------------------------------------------------------------------------------------


def pre_review(run: Run, command: Command) -> None:
    """预审: the one answer, with one complete list of what is missing (国务院政务服务事项规定: 2 working days, told once)."""
    task = run.marking.task(command.task) if command.task is not None else next((t for t in run.marking.tasks if t.kind == "pre_review"), None)
    if task is None or task.kind != "pre_review":
        raise RouteRefused("routing.no_pre_review")
    if command.kind == "pre_review" and command.action == WAIVE:
        _waive(run, task)
        return
    refuse(acting(run.spec, run.marking, task, run.facts, run.actor))
    fields, materials = found_missing(command)
    run.close_task(task, command.action or "", by=run.actor)
    run.emit("pre_reviewed", result=command.action, fields=fields, materials=materials)
    run.clock("stop", "pre_review")
    if command.action == "missing":
        ask_to_amend(run, PRE_REVIEW, fields, materials)
    else:
        receive(run)
        open_intake(run)


def _waive(run: Run, task: OpenTask) -> None:
    """The applicant hands in formally without waiting for the answer: one that they asked for themselves, or that is late (the caller knows)."""
    late = run.facts.get("pre_review")
    rule = run.spec.intake.pre_review
    if not (rule is not None and rule.on_request) and not (isinstance(late, Mapping) and late.get("late") is True):
        raise RouteRefused("routing.pre_review_runs")
    run.close_task(task, WAIVE, by=run.actor)
    run.emit("pre_reviewed", result="waived", fields=[], materials=[])
    run.clock("stop", "pre_review")
    receive(run)
    open_intake(run)


def found_missing(command: Command) -> tuple[list[str], list[str]]:
    """What a check says is missing: nothing for ``complete``, something for ``missing``."""
    if command.action not in CHECK_ACTIONS:
        raise RouteRefused("routing.unknown_action", action=command.action)
    fields, materials = ids(command, "fields"), ids(command, "materials")
    if command.action == "missing" and not fields and not materials:
        raise NeedMissing("routing.need.correction")
    return fields, materials


def ask_to_amend(run: Run, where: str, fields: list[str], materials: list[str]) -> None:
    """Tell the applicant what is missing before receipt; this is not the one correction of 行政许可法 32."""
    limit = known_limit(run.spec.intake.correction_limit, run.facts, word("routing.title.amend"))
    run.emit("amend_requested", at=where, fields=fields, materials=materials)
    run.clock("start", "correction", limit)
    run.open_task(f"{where}.amend", "correction", word("routing.title.amend"), run.sender() or APPLICANT, limit, "intake")
    run.documents.append("correction")


# intake -------------------------------------------------------------------------------------------------------------


def open_intake(run: Run, *, missed: frozenset[str] = frozenset()) -> None:
    """Open the intake task and one task for every department that checks its own papers.

    After a correction only the departments that *missed* something check again, and those whose condition only now holds.
    """
    intake = run.spec.intake
    title = word("routing.title.intake")
    limit = known_limit(intake.limit, run.facts, title)
    run.open_task("intake", "intake", title, intake.holders, limit, "intake", visit=run.marking.corrections + 1)
    seen = {path for path in run.marking.visits if path.startswith("intake.check.")}
    for check in intake.checks.values():
        truth = holds(check.when, run.facts)
        if truth is None:
            assert check.when is not None
            raise NeedMissing("routing.need.value", paths="、".join(sorted(check.when.paths)), title=word("routing.title.check"))
        if truth and (check.path not in seen or check.department in missed):
            _open_check(run, check)


def _open_check(run: Run, check: Check) -> None:
    visit = run.marking.visits.get(check.path, 0) + 1
    run.emit("node_entered", node=check.path, visit=visit)
    title = word("routing.title.check")
    run.open_task(check.path, "check", title, check.holders, known_limit(check.limit, run.facts, title), "intake", visit=visit)


def _intake_task(run: Run, command: Command) -> OpenTask:
    task = run.marking.task(command.task) if command.task is not None else next((t for t in run.marking.tasks if t.kind == "intake"), None)
    if run.marking.status != "submitted" or task is None or task.kind != "intake":
        raise RouteRefused("routing.not_in_intake", status=word(f"routing.status.{run.marking.status}"))
    refuse(acting(run.spec, run.marking, task, run.facts, run.actor))
    return task


def why_not_intake(marking: State, action: str) -> str | None:
    """The key of why *action* is closed at intake, or ``None``."""
    if action in ("accept", "request_correction") and any(t.kind == "check" for t in marking.tasks):
        return "routing.checks_open"  # what every department misses goes out as one notice (行政许可法 32(4): 一次告知)
    if action == "accept" and marking.misses:
        return "routing.papers_missing"
    if action == "request_correction" and marking.corrections:
        return "routing.corrected_once"
    return None


def _guard_intake(run: Run, action: str) -> None:
    key = why_not_intake(run.marking, action)
    if key is not None:
        raise RouteRefused(key)


def accept(run: Run, command: Command) -> None:
    """受理."""
    task = _intake_task(run, command)
    _guard_intake(run, "accept")
    run.close_task(task, "accept", by=run.actor)
    _begin_review(run, deemed=False)


def deem_accepted(run: Run, command: Command) -> None:  # noqa: ARG001 – nobody chooses anything here
    """Silence beyond the limit is acceptance, from the day of receipt (行政许可法 32(4)); wherever the papers lie by then."""
    marking = run.marking
    if marking.phase != "intake" or marking.status != "submitted" or not marking.received:
        raise RouteRefused("routing.not_in_intake", status=word(f"routing.status.{marking.status}"))
    if marking.corrections:
        raise RouteRefused("routing.corrected_once")
    for task in [t for t in marking.tasks if t.kind in ("intake", "relay")]:
        run.close_task(task, "deem_accepted")
    _begin_review(run, deemed=True)


def _begin_review(run: Run, *, deemed: bool) -> None:
    run.close_all("not_needed")
    run.emit("case_accepted", deemed=deemed)
    run.clock("stop", "intake")
    limit = known_limit(run.spec.main_limit, run.facts, "routing.title.main")
    run.clock("start", "main", limit, as_of="receipt" if deemed else "now")
    run.documents.append("acceptance")
    review = run.spec.review
    run.enter(review.nodes[review.start])


def decline(run: Run, command: Command) -> None:
    """不予受理. While a correction is awaited it is also the way out when nobody answers and no rule lets the case lapse."""
    if run.marking.status != "correction_requested":
        task = _intake_task(run, command)
        needs(("reason",), command)
        run.close_task(task, "decline", by=run.actor)
    needs(("reason",), command)
    finish(run, "case_declined", "declined")
    run.documents.append("declining")


def request_correction(run: Run, command: Command) -> None:
    """One notice with everything that is missing, here and in every checking department."""
    task = _intake_task(run, command)
    _guard_intake(run, "request_correction")
    correction = run.spec.intake.correction_limit
    if correction is None:
        raise RouteRefused("routing.no_correction")
    fields = ids(command, "fields")
    materials = ids(command, "materials")
    for found in run.marking.misses.values():
        fields += [f for f in found["fields"] if f not in fields]
        materials += [m for m in found["materials"] if m not in materials]
    if not fields and not materials:
        raise NeedMissing("routing.need.correction")
    run.close_task(task, "request_correction", by=run.actor)
    run.emit("correction_requested", fields=fields, materials=materials, departments=sorted(run.marking.misses))
    run.clock("pause", "intake", pause="correction")
    limit = known_limit(correction, run.facts, word("routing.title.correction"))
    run.clock("start", "correction", limit)
    run.open_task("intake.correction", "correction", word("routing.title.correction"), run.sender() or APPLICANT, limit, "intake")
    run.documents.append("correction")


def lapse(run: Run, command: Command) -> None:  # noqa: ARG001
    """Nobody corrected in time, and a rule says what that means."""
    correction_task(run)
    if run.spec.intake.lapse_basis is None:
        raise RouteRefused("routing.no_lapse")
    finish(run, "case_lapsed", "lapsed", basis=run.spec.intake.lapse_basis)


def correction_task(run: Run) -> OpenTask:
    """The task of the applicant who is asked for something."""
    task = next((t for t in run.marking.tasks if t.kind == "correction"), None)
    if task is None:
        raise RouteRefused("routing.no_correction_open")
    return task


def check(run: Run, task: OpenTask, command: Command) -> None:
    """A department says whether its own papers are there."""
    fields, materials = found_missing(command)
    run.close_task(task, command.action or "", by=run.actor)
    run.emit("check_ended", department=task.node.rpartition(".")[2], result=command.action, fields=fields, materials=materials)


def finish(run: Run, event: str, why: str, **body: Any) -> None:
    """Close everything and end the case."""
    marking = run.marking
    running = {"submitted": ["intake"], "correction_requested": ["correction", "intake"]}.get(marking.status, ["main"])
    if marking.pre_review == "open":
        running.append("pre_review")
    run.close_all(why)
    for clock in running:
        run.clock("stop", clock)
    run.emit(event, **body)
