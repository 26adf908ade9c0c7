"""Item tests walk what has no button too: silence, questions, extensions, sub-cases and plugins' answers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.items.rehearsal import Rehearsal
from core.routing.service import compile_route
from core.worktime.notice import shipped_calendar

DAY = {"value": 1, "unit": "working_day"}
FILED = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
REVIEWER = {"role": "reviewer", "org": "owner"}
ENDS = {"granted": {"to": "decide"}, "refused": {"outcome": "refuse"}, "cancelled": {"outcome": "refuse"}}
NODES: dict[str, Any] = {
    "score": {"kind": "auto", "title": "核验", "hook": "x.y", "purpose": "核验", "to": "sub", "by_hand": "decide"},
    "sub": {"kind": "subcase", "title": "检测", "item": "water-test", "limit": DAY, "wait": True, **ENDS},
    "decide": {
        "kind": "step",
        "title": "决定",
        "limit": DAY,
        "holders": REVIEWER,
        "actions": {"grant": {"title": "准予", "outcome": "grant"}},
        "overdue": {"after": DAY, "outcome": "grant", "basis": "规定"},
    },
}


def walk(*steps: dict[str, Any], **intake: Any) -> Rehearsal:
    doc = {
        "limits": {"statutory": {"value": 20, "unit": "working_day"}, "promised": {"value": 5, "unit": "working_day"}},
        "intake": {"holders": {"role": "window", "org": "owner"}, "limit": DAY, **intake},
        "review": {"start": "score", "nodes": NODES},
        "delivery": {"limit": DAY, "ways": ["pickup"], "holders": {"role": "window", "org": "owner"}},
        "anytime": {"extend": {"by": {"role": "agency_head", "org": "owner"}, "adds": {"value": 10, "unit": "working_day"}, "times": 1, "basis": "许可法 42"}},
    }
    found = Rehearsal(compile_route(doc), {}, shipped_calendar(), FILED)
    found.file()
    for step in steps:
        assert found.step(step) is None, step
    return found


ACCEPT = {"as": "window", "do": "accept"}


def test_a_test_walks_a_plugin_a_sub_case_a_question_an_extension_and_silence() -> None:
    done = walk(
        ACCEPT,
        {"as": "system", "do": "hook_done", "at": "score"},
        {"as": "system", "do": "granted", "at": "sub"},
        {"as": "reviewer", "do": "ask", "at": "decide", "reason": "面积?"},
        {"as": "applicant", "do": "answer"},
        {"as": "agency_head", "do": "extend", "reason": "复杂"},
        {"as": "reviewer", "do": "overdue", "at": "decide"},
    )
    assert done.end == "grant"
    assert {"acceptance", "extension", "decision_grant"} <= set(done.documents)
    assert done.main is not None
    assert [entry.kind for entry in done.main.entries] == ["start", "extend", "stop"]


@pytest.mark.parametrize(("do", "end"), [("refused", "refuse"), ("cancelled", "refuse")])
def test_a_sub_case_that_was_refused_or_cancelled_ends_the_walk(do: str, end: str) -> None:
    assert walk(ACCEPT, {"as": "system", "do": "hook_done", "at": "score"}, {"as": "system", "do": do, "at": "sub"}).end == end


def test_a_pre_review_is_walked_by_its_buttons() -> None:
    done = walk({"as": "window", "do": "complete"}, ACCEPT, pre_review={})
    assert done.path[:2] == ("intake.pre_review", "intake")


def test_what_is_not_there_is_said() -> None:
    problem = walk(ACCEPT).step({"as": "system", "do": "granted", "at": "sub"})
    assert problem is not None
    assert problem[0] == "test_no_task"
