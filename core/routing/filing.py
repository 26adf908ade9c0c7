"""Handing in: where an application begins – at an agent's, with a pre-review, or at the authority – and where what was missing goes."""

from collections.abc import Mapping
from typing import Any

from core.kernel.wording import word
from core.routing.facts import holds, known_limit
from core.routing.marking import Command
from core.routing.receiving import PRE_REVIEW, correction_task, open_intake, receive, start_intake
from core.routing.relaying import amended_at_level, open_relay, relayed_from
from core.routing.run import Run
from core.routing.spec import PreReview


def file(run: Run) -> None:
    """Hand in an application: at an agent's, for a pre-review, or straight to the authority. ``facts["filed_by"]`` is the clerk who files for somebody."""
    level = relayed_from(run)
    pre_review = run.spec.intake.pre_review
    by = {"by": run.facts["filed_by"]} if run.facts.get("filed_by") else {}
    if level is not None:
        run.emit("case_filed", received=False, **by)
        open_relay(run, level)
    elif pre_review is not None and _wanted(pre_review, run.facts):
        run.emit("case_filed", received=False, pre_review=True, **by)
        title = word("routing.title.pre_review")
        limit = known_limit(pre_review.limit, run.facts, title)
        run.open_task(PRE_REVIEW, "pre_review", title, pre_review.holders, limit, "intake")
        run.clock("start", "pre_review", limit)
    else:
        run.emit("case_filed", **by)
        start_intake(run)
        open_intake(run)


def _wanted(pre_review: PreReview, facts: Mapping[str, Any]) -> bool:
    asked = facts.get("pre_review")
    if pre_review.on_request and not (isinstance(asked, Mapping) and asked.get("asked") is True):
        return False
    return holds(pre_review.when, facts) is True


def correct(run: Run, command: Command) -> None:  # noqa: ARG001 – the answers themselves are the caller's
    """The applicant hands in what was missing: after a correction, or after a pre-review."""
    task = correction_task(run)
    run.close_task(task, "correct")
    run.clock("stop", "correction")
    if task.node == "intake.correction":
        missed = frozenset(run.marking.misses)
        run.emit("corrected")
        run.clock("resume", "intake", pause="correction")
        open_intake(run, missed=missed)
        return
    where = task.node.removesuffix(".amend")
    run.emit("amended", at=where)
    if where == PRE_REVIEW:  # it was told once; what follows is the receipt
        receive(run)
        open_intake(run)
    else:
        amended_at_level(run, where)
