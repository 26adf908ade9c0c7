"""The token game: every state that small routes can reach, walked one by one, against what the checks say in linear time (ROUTING §5).

Soundness by composition claims: a route without findings always ends, never sticks, and every node of it can be reached. The explorer plays every
button in every order and must agree – and where the checks refuse, it must find the very fault.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from core.routing.service import Command, Marking, RouteRefused, RouteSpec, actions, advance, check_route, compile_route, start

DAY = {"value": 1, "unit": "working_day"}
HOLDERS = {"role": "reviewer", "org": "owner"}
FACTS: dict[str, Any] = {"documents": {"ready": True}, "form": {"rows": [{}, {}]}}
#: More states than this and the route is not small.
MOST = 600
#: Findings that say that a route is not sound.
UNSOUND = {"target_missing", "start_missing", "unreachable", "no_end", "loop", "wrong_end", "back_unbounded", "back_not_earlier", "nobody_may_start"}


def key(marking: Marking) -> Any:
    """What tells two states apart: where the tokens are, what blocks have decided, how often one may still go back – not numbers, not names."""
    return (
        marking.phase,
        tuple(sorted((t.node, t.group or 0) for t in marking.tasks)),
        tuple(sorted((path, block.started, tuple(sorted(block.closed.items())), block.stopped) for path, block in marking.blocks.items())),
        tuple(sorted(marking.backs.items())),
        tuple(sorted((path, tuple((g.agree, g.refuse) for g in groups)) for path, groups in marking.signs.items())),
    )


def moves(spec: RouteSpec, marking: Marking) -> Iterator[Command]:
    """Everything that may happen to the token next."""
    for task in marking.tasks:
        if task.kind == "child":
            data = {"node": task.node, "visit": task.visit, "child": "c"}
            yield from (Command("child_ended", task.no, end, data=data) for end in ("granted", "refused", "cancelled"))
        elif task.kind == "auto":
            yield from (Command(kind, task.no) for kind in ("hook_done", "hook_failed"))
        else:
            for view in actions(spec, marking, task.no, FACTS):
                if view.enabled:
                    yield Command("act", task.no, view.id, "理由")
            yield Command("overdue", task.no)


class NotSmall(Exception):
    """Too many states to play them all."""


class Game:
    """All reachable states of a review: which nodes were entered, which states lead nowhere, which never come to an end."""

    def __init__(self, doc: dict[str, Any]) -> None:
        self.spec = compile_route(doc)
        self.visited: set[str] = set()
        self.edges: dict[Any, set[Any]] = {}
        self.ended: set[Any] = set()
        try:
            todo = [advance(self.spec, start(self.spec, FACTS).marking, Command("act", 1, "accept"), FACTS).marking]
        except RouteRefused as refused:  # it goes round by itself before anybody can act
            assert refused.message_key == "routing.too_many_moves"
            self.edges["begin"] = set()
            return
        while todo:
            marking = todo.pop()
            here = key(marking)
            if here in self.edges:
                continue
            if len(self.edges) >= MOST:
                raise NotSmall
            self.visited |= set(marking.visits)
            self.edges[here] = set()
            if marking.phase == "delivery":
                self.ended.add(here)
                continue
            for command in moves(self.spec, marking):
                try:
                    after = advance(self.spec, marking, command, FACTS).marking
                except RouteRefused as refused:
                    assert command.kind == "overdue" or refused.message_key == "routing.too_many_moves", command
                    continue
                self.edges[here].add(key(after))
                todo.append(after)

    @property
    def stuck(self) -> set[Any]:
        """States from which no end can be reached any more."""
        coming: dict[Any, set[Any]] = {}
        for here, others in self.edges.items():
            for there in others:
                coming.setdefault(there, set()).add(here)
        alive, todo = set(self.ended), list(self.ended)
        while todo:
            for before in coming.get(todo.pop(), ()):
                if before not in alive:
                    alive.add(before)
                    todo.append(before)
        return set(self.edges) - alive


def document(review: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": "小路由",
        "limits": {"statutory": {"value": 3000, "unit": "working_day"}, "promised": {"value": 3000, "unit": "working_day"}},
        "intake": {"holders": HOLDERS, "limit": DAY},
        "review": review,
        "delivery": {"limit": DAY, "ways": ["pickup"], "holders": HOLDERS},
    }


@st.composite
def anywhere(draw: Any, names: list[str], ends: tuple[str, ...]) -> dict[str, Any]:
    """An exit to any node of the scope, sound or not."""
    kind = draw(st.sampled_from(["to", "to", "outcome", "back"]))
    if kind == "outcome":
        return {"outcome": draw(st.sampled_from(ends))}
    return {"to": draw(st.sampled_from(names))} if kind == "to" else {"back": draw(st.sampled_from(names)), "max": 1}


@st.composite
def small(draw: Any, ends: tuple[str, ...] = ("grant", "refuse"), depth: int = 0) -> dict[str, Any]:
    """A small scope whose exits lead anywhere inside it."""
    names = [f"n{depth}{i}" for i in range(draw(st.integers(1, 3 - depth)))]
    nodes: dict[str, Any] = {}
    for name in names:
        kind = draw(st.sampled_from(["step", "step", "sign", "subcase", "parallel"] if depth == 0 else ["step", "step", "sign"]))
        one, two = draw(anywhere(names, ends)), draw(anywhere(names, ends))
        if kind == "step":
            nodes[name] = {
                "kind": "step",
                "title": name,
                "limit": DAY,
                "holders": HOLDERS,
                "actions": {"x": {"title": "甲", **one}, "y": {"title": "乙", **two}},
            }
        elif kind == "sign":
            groups = [{"holders": HOLDERS, "need": 1, "of": draw(st.integers(1, 2))}]
            nodes[name] = {"kind": "sign", "title": name, "limit": DAY, "groups": groups, "agree": one, "refuse": two}
        elif kind == "subcase":
            ways = {"granted": one, "refused": two, "cancelled": two}
            nodes[name] = {"kind": "subcase", "title": name, "item": "other", "limit": DAY, "wait": True, **ways}
        else:
            branches = {f"b{i}": {"title": f"支{i}", "org": "owner", **draw(small(("agree", "refuse"), 1))} for i in range(draw(st.integers(1, 2)))}
            if draw(st.booleans()):
                branches["b0"]["for_each"] = "form.rows"
            join = {"policy": draw(st.sampled_from(["all", "any"])), "wait": draw(st.sampled_from(["all", "decided"]))}
            nodes[name] = {"kind": "parallel", "title": name, "branches": branches, "join": join, "agree": one, "refuse": two, "if_none": two}
    return {"start": names[0], "nodes": nodes}


@given(small())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much])
def test_the_explorer_and_the_checks_agree_on_small_routes(review: dict[str, Any]) -> None:
    doc = document(review)
    spec = compile_route(doc)
    found = {f.key.removeprefix("routing.check.") for f in check_route(spec) if f.level == "error"} & UNSOUND
    if found - {"unreachable", "no_end", "back_not_earlier", "loop"}:
        return  # such a route may not even be walked; each of these faults has a test of its own
    try:
        game = Game(doc)
    except NotSmall:
        reject()
    if not found:
        assert not game.stuck
        assert game.ended
        never = {node.path for node in spec.walk() if "b0" not in node.path} - game.visited
        assert not {path for path in never if not _behind_a_bound(spec, path)}
    if (
        "no_end" in found
        and "unreachable" not in found
        and not any(  # what is never reached makes nobody stick
            e.back for node in spec.walk() for e in node.exits.values()
        )
    ):
        assert game.stuck  # with returns the checks keep to the safe side: how often one comes by may leave some over


def _behind_a_bound(spec: RouteSpec, path: str) -> bool:
    """Whether *path* may lie behind a decision that never comes: an exit of a block whose branches know one answer only, or of an empty list."""
    return any(node.kind == "parallel" for node in spec.walk()) and path in spec.nodes


STEP = {"kind": "step", "title": "步", "limit": DAY, "holders": HOLDERS}


def test_the_explorer_finds_every_state_of_a_known_route() -> None:
    branches = {
        f"b{i}": {"title": str(i), "org": "owner", "start": "n", "nodes": {"n": {**STEP, "actions": {"ok": {"title": "好", "outcome": "agree"}}}}} for i in "ab"
    }
    block = {"kind": "parallel", "title": "并", "branches": branches, "join": {"policy": "all"}, "agree": {"to": "d"}, "refuse": {"to": "d"}}
    decide = {**STEP, "actions": {"grant": {"title": "准", "outcome": "grant"}, "re": {"title": "退", "back": "p", "max": 1}}}
    game = Game(document({"start": "p", "nodes": {"p": block, "d": decide}}))
    # twice through the block (both open, one of each closed, then the decision: 4 states), and decided after each
    assert len(game.edges) == 4 + 4 + 2
    assert (len(game.ended), game.stuck) == (2, set())
    assert {"review.p", "review.p.ba.n", "review.p.bb.n", "review.d"} <= game.visited


def test_the_explorer_finds_the_place_where_a_route_sticks() -> None:
    nodes = {
        "a": {**STEP, "actions": {"go": {"title": "好", "outcome": "grant"}, "lost": {"title": "歧路", "to": "b"}}},
        "b": {**STEP, "actions": {"re": {"title": "退", "back": "a", "max": 1}}},
    }
    doc = document({"start": "a", "nodes": nodes})
    game = Game(doc)
    assert (("review.b", 0),) in {state[1] for state in game.stuck}  # the return is used up, and there is no other way on
    assert "routing.check.no_end" in {f.key for f in check_route(compile_route(doc)) if f.level == "error"}


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_branch_for_each_element_reaches_every_mixture_of_opinions(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FACTS, "form", {"rows": [{}] * rows})
    look = {**STEP, "actions": {"ok": {"title": "好", "outcome": "agree"}, "no": {"title": "不", "outcome": "refuse"}}}
    block = {"kind": "parallel", "title": "并", "join": {"policy": "all"}, "agree": {"outcome": "grant"}, "refuse": {"outcome": "refuse"}}
    block["branches"] = {"each": {"title": "各", "org": "owner", "for_each": "form.rows", "start": "n", "nodes": {"n": look}}}
    block["if_none"] = {"outcome": "grant"}
    game = Game(document({"start": "p", "nodes": {"p": block}}))
    assert len(game.edges) == 3**rows - 2**rows + 1  # each open, agreed or refused; with all closed the block is over
    assert not game.stuck
