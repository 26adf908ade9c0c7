"""Routes to walk, and a walker that proves ``fold(events) == marking`` after every command."""

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.kernel.canonical import dumps
from core.routing.service import Command, Marking, Plan, RouteEvent, RouteSpec, advance, compile_route, fold, start

EXAMPLE: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "routing_example.json").read_text(encoding="utf-8"))
DAY = {"value": 1, "unit": "working_day"}


def step(title: str = "审查", actions: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    buttons = actions or {"pass": {"title": "通过", "outcome": "agree"}, "refuse": {"title": "不通过", "outcome": "refuse"}}
    return {"kind": "step", "title": title, "limit": DAY, "holders": {"role": "reviewer", "org": "owner"}, "actions": buttons, **more}


def branch(title: str = "部门", **more: Any) -> dict[str, Any]:
    return {"title": title, "org": {"department": "fire"}, "start": "look", "nodes": {"look": step()}, **more}


def route(nodes: Mapping[str, Any], begin: str | None = None, **more: Any) -> dict[str, Any]:
    base = {
        "title": "试验",
        "limits": {"statutory": {"value": 20, "unit": "working_day"}, "promised": {"value": 20, "unit": "working_day"}},
        "intake": {"holders": {"role": "window", "org": "owner"}, "limit": DAY, "correction": {"limit": {"value": 30, "unit": "calendar_day"}}},
        "review": {"start": begin or next(iter(nodes)), "nodes": dict(nodes)},
        "delivery": {"limit": DAY, "ways": ["pickup", "electronic"], "holders": {"role": "window", "org": "owner"}},
    }
    return {**base, **more}


DECIDE = step("决定", {"grant": {"title": "准予", "outcome": "grant"}, "refuse": {"title": "不予", "outcome": "refuse", "needs": ["reason"]}})


class Walk:
    """One case walked by commands; every answer is checked against the fold of its events, through canonical JSON."""

    def __init__(self, doc: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> None:
        self.spec: RouteSpec = compile_route(doc)
        self.facts: dict[str, Any] = {"documents": {"ready": True}, **(facts or {})}
        self.events: list[RouteEvent] = []
        self.plan: Plan = start(self.spec, self.facts)
        self._took(self.plan)

    @property
    def marking(self) -> Marking:
        return self.plan.marking

    def _took(self, plan: Plan) -> Plan:
        self.plan = plan
        self.events += [RouteEvent(e.kind, json.loads(dumps(dict(e.body)))) for e in plan.events]
        assert fold(self.spec, self.events) == plan.marking
        assert Marking.from_json(json.loads(dumps(plan.marking.to_json()))) == plan.marking
        return plan

    def do(self, kind: str, **more: Any) -> Plan:
        return self._took(advance(self.spec, self.marking, Command(kind, **more), self.facts, history=tuple(self.events)))

    def act(self, node: str, action: str, **more: Any) -> Plan:
        return self.do("act", task=self.no(node), action=action, **more)

    def no(self, node: str) -> int:
        return next(t.no for t in self.marking.tasks if t.node == node)

    @property
    def open(self) -> list[str]:
        return sorted(t.node for t in self.marking.tasks)


@pytest.fixture
def food_doc() -> dict[str, Any]:
    """The worked example without the parts that the next issue runs."""
    doc = copy.deepcopy(EXAMPLE)
    del doc["intake"]["relay"]
    del doc["review"]["nodes"]["joint"]["branches"]["lab"]
    return doc


@pytest.fixture
def kit() -> Any:
    """Builders: ``kit.Walk``, ``kit.step``, ``kit.branch``, ``kit.route``, ``kit.DECIDE``, ``kit.EXAMPLE``."""

    class Kit:
        pass

    made = Kit()
    made.__dict__.update(Walk=Walk, step=step, branch=branch, route=route, DECIDE=DECIDE, EXAMPLE=EXAMPLE, DAY=DAY)
    return made
