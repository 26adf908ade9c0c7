"""Random sound routes and random commands: the fold is the marking, every scope has one token, every walk can end."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.kernel.errors import PlatformError
from core.routing.marking import COMMANDS, EVENTS
from core.routing.service import Marking, RouteRefused, actions, check_route, compile_route, draw, states_of

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
    kind = draw_(st.sampled_from(["step", "step", "sign", "parallel", "subcase", "auto"] if depth < 2 else ["step", "sign", "subcase"]))
    other = ending(draw_, onward, ends)
    if kind == "auto" and "to" in forward:
        return {"kind": "auto", "title": name, "hook": "x.y", "purpose": "核验", "to": forward["to"], "by_hand": forward["to"]}
    if kind == "subcase":
        more = {"item": "other", "wait": draw_(st.booleans()), "give": {"flag": {"var": "form.flag"}}}
        return {"kind": "subcase", "title": name, "limit": DAY, **more, "granted": forward, "refused": other, "cancelled": other}
    if kind == "sign":
        groups = [{"holders": HOLDERS, "need": 1, "of": draw_(st.integers(1, 2))} for _ in range(draw_(st.integers(1, 2)))]
        more = {"veto": draw_(st.booleans()), "in_order": draw_(st.booleans()), "may_add": draw_(st.booleans())}
        return {"kind": "sign", "title": name, "limit": DAY, "groups": groups, **more, "agree": forward, "refuse": other}
    if kind == "parallel":
        branches = {}
        for index in range(draw_(st.integers(1, 3))):
            inner = draw_(scopes(("agree", "refuse"), depth + 1))
            each = {"for_each": "form.rows"} if index and draw_(st.booleans()) else {}
            branches[f"b{index}"] = {"title": f"支{index}", "org": {"department": "fire"}, "when": draw_(TRUTH) if index else None, **each, **inner}
        policy = draw_(st.sampled_from(["all", "any", "quorum", "lead"]))
        join = {"policy": policy, "wait": draw_(st.sampled_from(["all", "decided"])), "on_refuse": draw_(st.sampled_from(["wait", "stop_others"]))}
        join |= {"need": draw_(st.integers(1, len(branches)))} if policy == "quorum" else {}
        return {"kind": "parallel", "title": name, "lead": "b0", "branches": branches, "join": join, "agree": forward, "refuse": other}
    buttons = {"go": {"title": "通过", **forward}, "other": {"title": "其他", **other, "when": draw_(TRUTH)}}
    if before and draw_(st.booleans()):
        buttons["re"] = {"title": "退回", "back": draw_(st.sampled_from(before)), "max": draw_(st.integers(1, 2)), "needs": ["reason"]}
    late = {"after": DAY, **draw_(st.sampled_from([{"escalate": "parent"}, {"outcome": ends[-1], "basis": "规定", "light": "red"}]))}
    return {"kind": "step", "title": name, "limit": DAY, "holders": HOLDERS, "pauses": ["visit"], "actions": buttons, "overdue": late}


RELAY = {"chain": ["village", "town", "county"], "holders": {"role": "agent", "org": "level"}, "precheck_at": ["town"], "paper": {"custody": "required"}}
HEAD = {"role": "agency_head", "org": "owner"}
ANYTIME = {
    "extend": {"by": HEAD, "adds": {"value": 10, "unit": "working_day"}, "times": 1, "basis": "行政许可法第四十二条"},
    "transfer": {"by": "holder", "within": "org"},
    "delegate": {"by": "holder", "returns": True},
}
#: How an application may begin.
BEGINS: list[dict[str, Any]] = [{}, {"relay": {"level": "village"}}, {"pre_review": {"asked": True}}]


def document(review: dict[str, Any]) -> dict[str, Any]:
    more = {"relay": RELAY, "pre_review": {"on_request": True}, "correction": {"limit": DAY, "lapse": {"basis": "规定"}}}
    return {
        "anytime": ANYTIME,
        "title": "随机",
        "limits": {"statutory": {"value": 3000, "unit": "working_day"}, "promised": {"value": 3000, "unit": "working_day"}},
        "pauses": {"visit": {"title": "踏勘", "max": DAY, "shared": True, "basis": "依据"}},
        "intake": {"holders": HOLDERS, "limit": DAY, "checks": [{"department": "fire", "holders": HOLDERS, "limit": DAY}], **more},
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


#: What a random route may well have; it does no harm to running it.
TOLERATED = {"routing.check.unreachable", "routing.check.by_hand_not_human"}
COMMAND = st.tuples(st.sampled_from(sorted(COMMANDS)), st.integers(0, 5), st.integers(0, 5), st.sampled_from(["a", "b", "c", None]))


def everybody_holds(marking: Marking) -> None:
    """No task lies where nobody would find it, and no number is given twice."""
    for task in marking.tasks:
        assert task.holders.role
        assert task.holders.org
        assert task.no < marking.next_no
        assert len(set(task.lent)) == len(task.lent) <= 3
        assert task.about is None or marking.task(task.about) is not None
    waiting = [no for nos in marking.pauses.values() for no in nos]
    assert all(marking.task(no) is not None for no in waiting)
    assert len(waiting) == len(set(waiting))


def commanded(walk: Any, kind: str, which: int, choice: int, actor: str | None) -> tuple[str, dict[str, Any]]:
    """A command with data of the right shape for what is open, as far as there is one."""
    task = walk.marking.tasks[which % len(walk.marking.tasks)]
    views = actions(walk.spec, walk.marking, task.no, walk.facts)
    action = views[choice % len(views)].id if views and kind in ("act", "sign") else "visit"
    data: dict[str, Any] = {"fields": ["x"], "holders": HOLDERS, "to": "d", "clock": "main", "rung": "red", "event": 1, "approved_by": "h"}
    no = task.no
    if kind == "child_ended":
        action, data = ("granted", "refused", "cancelled")[choice % 3], {"node": task.node, "visit": task.visit, "child": "c"}
    if kind == "take_back":
        closed = [e.body["no"] for e in walk.events if e.kind == "task_closed" and e.body.get("by") == actor]
        no = closed[-1] if closed else no
    return kind, {"task": no, "action": action, "actor": actor, "reason": "理由", "data": data}


@given(
    scopes(("grant", "refuse"), 0),
    st.booleans(),
    st.integers(0, 3),
    st.sampled_from(BEGINS),
    st.lists(COMMAND, max_size=25),
    st.randoms(use_true_random=False),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large])
def test_random_routes_under_random_commands_keep_every_invariant(kit, review, flag, rows, begin, commands, chance) -> None:
    doc = document(review)
    spec = compile_route(doc)
    found = [f for f in check_route(spec) if f.level == "error" and f.key not in TOLERATED]
    assert not found, [f.words() for f in found]
    facts = {"form": {"flag": flag, "rows": [{}] * rows}, **begin}
    draw(spec, facts=facts)
    walk = kit.Walk(doc, facts)
    for kind, which, choice, actor in commands:
        if walk.marking.ended:
            break
        name, more = commanded(walk, kind, which, choice, actor)
        before = walk.marking
        for _ in range(2):  # the second time is a duplicate: refused, or one that may be given twice
            try:
                walk.do(name, **more)
            except PlatformError as refused:
                assert isinstance(refused, RouteRefused)
                assert not refused.words("zh").startswith("routing.")
                assert not refused.words("en").startswith("routing.")
            tokens_are_one(spec, walk.marking)
            everybody_holds(walk.marking)
            if walk.marking.ended or walk.marking == before:
                break
    finish(walk, chance)
    assert walk.marking.ended
    assert {e.kind for e in walk.events} <= EVENTS
    states = states_of(walk.spec, walk.marking)
    assert {"now"} & set(states.values()) == set()


def finish(walk: Any, chance: Any) -> None:
    """Press open buttons until the case ends; the route is sound, so it must."""
    for _ in range(3000):
        if walk.marking.ended:
            return
        for key, waiting in list(walk.marking.pauses.items()):
            for no in waiting:
                walk.do("close_pause", task=no, action=key)
        task = chance.choice(walk.marking.tasks)
        if task.kind in ("auto", "child"):
            answered = {"auto": ("hook_done", None), "child": ("child_ended", "granted")}[task.kind]
            walk.do(answered[0], task=task.no, action=answered[1], data={"node": task.node, "visit": task.visit})
            continue
        if task.lent:
            walk.do("return_delegate", task=task.no, reason="意见")
            continue
        views = [v for v in actions(walk.spec, walk.marking, task.no, walk.facts) if v.enabled]
        if not views:
            continue
        view = chance.choice(views)
        walk.do("act", task=task.no, action=view.id, reason="理由", data={"fields": ["x"]})
        tokens_are_one(walk.spec, walk.marking)
    pytest.fail("the case never ended")
