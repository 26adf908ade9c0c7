"""The route engine alone, in memory on one core: whole cases a second, and whether a step costs more after many returns.

Each figure is the best of many short rounds in CPU time, so that neighbours on the machine hardly count.
"""

import time
from collections.abc import Callable
from typing import Any

from core.routing.service import Command, Marking, RouteSpec, advance, compile_route, start
from tests.bench.report import Line

DAY = {"value": 1, "unit": "working_day"}
FACTS: dict[str, Any] = {"documents": {"ready": True}, "form": {"area": 120}}
#: Rounds, and cases or steps in one.
ROUNDS, EACH = 60, 100
RETURNS = 30


def lines(rounds: int = ROUNDS) -> list[Line]:
    """Complete six-step cases a second, and a step after thirty returns against the first one."""
    return [
        Line("engine: complete six-step cases on one core", cases_per_second(rounds), "/s", ">= 10000"),
        Line(f"engine: a step after {RETURNS} returns against the first", returns_ratio(rounds), "x", "<= 1.3"),
    ]


def cases_per_second(rounds: int = ROUNDS) -> float:
    """Filing, acceptance, four steps of review with a decision, delivery: seven commands, every event and marking made."""
    steps: dict[str, Any] = {f"s{n}": _step({"go": {"title": "通过", "to": f"s{n + 1}"}}) for n in range(3)}
    spec = compile_route(_route({**steps, "s3": _step({"go": {"title": "准予", "outcome": "grant"}})}))

    def case() -> None:
        marking = start(spec, FACTS).marking
        for action in ("accept", "go", "go", "go", "go", "deliver"):
            marking = advance(spec, marking, Command("act", marking.tasks[0].no, action, actor="staff"), FACTS).marking
        assert marking.status == "closed"

    return 1 / _seconds(case, rounds)


def returns_ratio(rounds: int = ROUNDS) -> float:
    """How much dearer a step is when the case went back thirty times before; what grows with every loop would show here."""
    back = {name: {"title": name, "back": "a", "max": 20} for name in ("re", "again")}
    spec = compile_route(_route({"a": _step({"go": {"title": "通过", "to": "b"}}), "b": _step({**back, "ok": {"title": "准予", "outcome": "grant"}})}))
    fresh = _accepted(spec)
    worn = fresh
    for turn in range(RETURNS):
        for action in ("go", "re" if turn < RETURNS // 2 else "again"):
            worn = advance(spec, worn, Command("act", worn.tasks[0].no, action, actor="staff"), FACTS).marking
    first, later = _stepping(spec, fresh), _stepping(spec, worn)
    pairs = [(_seconds(first, 1), _seconds(later, 1)) for _ in range(rounds)]  # in turns: noise hits both
    return min(pair[1] for pair in pairs) / min(pair[0] for pair in pairs)


def _accepted(spec: RouteSpec) -> Marking:
    marking = start(spec, FACTS).marking
    return advance(spec, marking, Command("act", 1, "accept", actor="staff"), FACTS).marking


def _stepping(spec: RouteSpec, marking: Marking) -> Callable[[], object]:
    command = Command("act", marking.tasks[0].no, "go", actor="staff")
    return lambda: advance(spec, marking, command, FACTS)


def _seconds(work: Callable[[], object], rounds: int) -> float:
    work()
    best = float("inf")
    for _ in range(rounds):
        begin = time.process_time()
        for _ in range(EACH):
            work()
        best = min(best, (time.process_time() - begin) / EACH)
    return best


def _step(actions: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "step", "title": "审查", "limit": DAY, "holders": {"role": "reviewer", "org": "owner"}, "actions": actions}


def _route(nodes: dict[str, Any]) -> dict[str, Any]:
    window = {"role": "window", "org": "owner"}
    return {
        "title": "六步办件",
        "limits": {"statutory": {"value": 20, "unit": "working_day"}, "promised": {"value": 20, "unit": "working_day"}},
        "intake": {"holders": window, "limit": DAY},
        "review": {"start": next(iter(nodes)), "nodes": nodes},
        "delivery": {"limit": DAY, "ways": ["pickup"], "holders": window},
    }
