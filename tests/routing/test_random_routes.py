"""Random sound routes and random commands: the fold is the marking, every scope has one token, every walk can end."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.kernel.errors import PlatformError
from core.routing.marking import COMMANDS, EVENTS
from core.routing.service import Marking, RouteRefused, actions, check_route, compile_route, draw

DAY = {"value": 1, "unit": "working_day"}
HOLDERS = {"role": "reviewer", "org": "owner"}
TRUTH = st.sampled_from([None, {"==": [{"var": "form.flag"}, True]}, {"!": {"var": "form.flag"}}])


def ending(draw_: Any, onward: list[str], ends: tuple[str, ...]) -> dict[str, Any]:
    if onward and draw_(st.booleans()):
        return {"to": draw_(st.sampled_from(onward))}
    return {"outcome": draw_(st.sampled_from(ends))}


@st.composite
def scopes(draw_: Any, ends: tuple[str, ...], depth: int) -> dict[str, Any]:
    """A scope in which every node leads only onward, every earlier one to the next, with bounded returns."""
    names = [f"n{depth}{i}" for i in range(draw_(st.integers(1, 4)))]
    nodes = {}
    for index, name in enumerate(names):
        onward = names[index + 1 :]
        forward = {"to": onward[0]} if onward else {"outcome": ends[0]}
        nodes[name] = draw_(node(name, names[:index], onward, forward, ends, depth))
    return {"start": names[0], "nodes": nodes}


@st.composite
def node(draw_: Any, name: str, before: list[str], onward: list[str], forward: dict[str, Any], ends: tuple[str, ...], depth: int) -> dict[str, Any]:
    kind = draw_(st.sampled_from(["step", "step", "sign", "parallel"] if depth < 2 else ["step", "sign"]))
    other = ending(draw_, onward, ends)
    if kind == "sign":
        groups = [{"holders": HOLDERS, "need": 1, "of": draw_(st.integers(1, 2))} for _ in range(draw_(st.integers(1, 2)))]
        more = {"veto": draw_(st.booleans()), "in_order": draw_(st.booleans()), "may_add": draw_(st.booleans())}
        return {"kind": "sign", "title": name, "limit": DAY, "groups": groups, **more, "agree": forward, "refuse": other}
    if kind == "parallel":
        branches = {}
        for index in range(draw_(st.integers(1, 3))):
            inner = draw_(scopes(("agree", "refuse"), depth + 1))
            branches[f"b{index}"] = {"title": f"支{index}", "org": {"department": "fire"}, "when": draw_(TRUTH) if index else None, **inner}
        policy = draw_(st.sampled_from(["all", "any", "quorum", "lead"]))
        join = {"policy": policy, "wait": draw_(st.sampled_from(["all", "decided"])), "on_refuse": draw_(st.sampled_from(["wait", "stop_others"]))}
        join |= {"need": draw_(st.integers(1, len(branches)))} if policy == "quorum" else {}
        return {"kind": "parallel", "title": name, "lead": "b0", "branches": branches, "join": join, "agree": forward, "refuse": other}
    buttons = {"go": {"title": "通过", **forward}, "other": {"title": "其他", **other, "when": draw_(TRUTH)}}
    if before and draw_(st.booleans()):
        buttons["re"] = {"title": "退回", "back": draw_(st.sampled_from(before)), "max": draw_(st.integers(1, 2)), "needs": ["reason"]}
    return {"kind": "step", "title": name, "limit": DAY, "holders": HOLDERS, "pauses": ["visit"], "actions": buttons}


def document(review: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": "随机",
        "limits": {"statutory": {"value": 3000, "unit": "working_day"}, "promised": {"value": 3000, "unit": "working_day"}},
        "pauses": {"visit": {"title": "踏勘", "max": DAY, "shared": True, "basis": "依据"}},
        "intake": {"holders": HOLDERS, "limit": DAY, "checks": [{"department": "fire", "holders": HOLDERS, "limit": DAY}], "correction": {"limit": DAY}},
        "review": review,
        "delivery": {"limit": DAY, "ways": ["pickup"], "holders": HOLDERS},
    }


def tokens_are_one(spec: Any, marking: Marking) -> None:
    """Each scope that runs holds its token on exactly one node: that of its tasks, or its open block."""
    running = {"review"} if marking.phase == "review" else set()
    running |= {f"{path}.{branch}" for path, block in marking.blocks.items() for branch in block.pending}
    for scope in running:
        held = {t.node for t in marking.tasks if t.scope == scope and t.kind != "inquiry"} | {
            path for path in marking.blocks if path.rpartition(".")[0] == scope
        }
        assert len(held) == 1, (scope, held)
    assert {t.scope for t in marking.tasks if t.kind in ("step", "sign", "auto", "child", "inquiry")} <= running
    assert len({t.no for t in marking.tasks}) == len(marking.tasks)
    assert marking.ended == (not marking.tasks)


COMMAND = st.tuples(st.sampled_from(sorted(COMMANDS)), st.integers(0, 5), st.integers(0, 5), st.sampled_from(["a", "b", "c", None]))


@given(scopes(("grant", "refuse"), 0), st.booleans(), st.lists(COMMAND, max_size=25), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large])
def test_random_routes_under_random_commands_keep_every_invariant(kit, review, flag, commands, chance) -> None:
    doc = document(review)
    spec = compile_route(doc)
    found = [f for f in check_route(spec) if f.level == "error" and f.key != "routing.check.unreachable"]
    assert not found, [f.words() for f in found]
    draw(spec, facts={"form": {"flag": flag}})
    walk = kit.Walk(doc, {"form": {"flag": flag}})
    for kind, which, choice, actor in commands:
        if walk.marking.ended:
            break
        task = walk.marking.tasks[which % len(walk.marking.tasks)].no
        views = actions(walk.spec, walk.marking, task, walk.facts)
        action = views[choice % len(views)].id if views and kind in ("act", "sign") else "visit"
        try:
            walk.do(kind, task=task, action=action, actor=actor, reason="理由", data={"fields": ["x"], "holders": HOLDERS})
        except PlatformError as refused:
            assert isinstance(refused, RouteRefused)
            assert not refused.words("zh").startswith("routing.")
        tokens_are_one(spec, walk.marking)
    finish(walk, chance)
    assert walk.marking.ended
    assert {e.kind for e in walk.events} <= EVENTS


def finish(walk: Any, chance: Any) -> None:
    """Press open buttons until the case ends; the route is sound, so it must."""
    for _ in range(3000):
        if walk.marking.ended:
            return
        for key, waiting in list(walk.marking.pauses.items()):
            for no in waiting:
                walk.do("close_pause", task=no, action=key)
        task = chance.choice(walk.marking.tasks)
        views = [v for v in actions(walk.spec, walk.marking, task.no, walk.facts) if v.enabled]
        if not views:
            continue
        view = chance.choice(views)
        walk.do("act", task=task.no, action=view.id, reason="理由", data={"fields": ["x"]})
        tokens_are_one(walk.spec, walk.marking)
    pytest.fail("the case never ended")
