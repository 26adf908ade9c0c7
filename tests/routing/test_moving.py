"""Running cases and another version of their route: what moves, what is refused, what waits."""

import copy

import pytest

from core.routing.service import Marking, compile_route, fold, migrate, move


def doc(kit):
    nodes = {
        "a": kit.step("初审", actions={"go": {"title": "好", "to": "b"}}),
        "b": kit.step("复审", actions={"go": {"title": "好", "to": "d"}, "re": {"title": "退", "back": "a", "max": 2}}),
        "d": kit.DECIDE,
    }
    return kit.route(nodes)


def renamed(plain, old, new):
    changed = copy.deepcopy(plain)
    nodes = changed["review"]["nodes"]
    changed["review"]["nodes"] = {new if key == old else key: node for key, node in nodes.items()}
    for node in changed["review"]["nodes"].values():
        for action in node.get("actions", {}).values():
            for way in ("to", "back"):
                if action.get(way) == old:
                    action[way] = new
    return changed


def begun(kit, plain, *acts, facts=None):
    walk = kit.Walk(plain, facts)
    walk.act("intake", "accept", actor="w")
    for node, action in acts:
        walk.act(node, action, actor="a")
    return walk


def keys(found, level="error"):
    assert isinstance(found, list), found
    assert not [f for f in found if f.words("zh").startswith("routing.")]
    return {f.key.removeprefix("routing.move.") for f in found if f.level == level}


def test_an_unchanged_place_moves_by_its_name(kit) -> None:
    plain = doc(kit)
    walk = begun(kit, plain, ("review.a", "go"))
    changed = copy.deepcopy(plain)
    changed["review"]["nodes"]["d"]["limit"] = {"value": 3, "unit": "working_day"}
    assert move(walk.spec, compile_route(changed), walk.marking, {}) == walk.marking


def test_a_renamed_node_moves_by_the_map_with_its_counters_and_the_case_goes_on(kit) -> None:
    plain = doc(kit)
    walk = begun(kit, plain, ("review.a", "go"), ("review.b", "re"), ("review.a", "go"))
    new = compile_route(renamed(plain, "b", "second"))
    assert keys(move(walk.spec, new, walk.marking, {})) == {"unmapped"}
    plan = migrate(walk.spec, new, walk.marking, {"review.b": "review.second"}, from_hash="x", to_hash="y", actor="g")
    assert not isinstance(plan, list)
    assert plan.marking.backs == {"review.second#re": 1}
    assert plan.marking.visits["review.second"] == 2
    walk._took(plan)
    walk.spec = new
    walk.act("review.second", "re", actor="a")
    walk.act("review.a", "go", actor="a")
    walk.act("review.second", "go", actor="a")
    assert walk.open == ["review.d"]
    assert fold(new, walk.events) == walk.marking
    assert Marking.from_json(walk.marking.to_json()) == walk.marking


def test_a_place_that_is_gone_or_became_something_else_is_refused(kit) -> None:
    plain = doc(kit)
    walk = begun(kit, plain, ("review.a", "go"))
    changed = copy.deepcopy(plain)
    sign = {"kind": "sign", "title": "会签", "limit": kit.DAY, "groups": [{"holders": {"role": "expert", "org": "owner"}, "need": 1}]}
    changed["review"]["nodes"]["b"] = {**sign, "agree": {"to": "d"}, "refuse": {"back": "a", "max": 1}}
    assert keys(move(walk.spec, compile_route(changed), walk.marking, {})) == {"meaning"}


@pytest.mark.parametrize(
    ("node_map", "expected"),
    [
        ({"review.x": "review.a"}, {"map_unknown"}),
        ({"review.a": "review.x"}, {"map_unknown"}),
        ({"review.b": "review.a"}, {"map_twice"}),
        ({"review.b": "review.d", "review.a": "review.d"}, {"map_twice"}),
    ],
)
def test_a_map_that_says_nothing_or_too_much_is_refused(kit, node_map, expected) -> None:
    walk = begun(kit, doc(kit), ("review.a", "go"))
    assert expected <= keys(move(walk.spec, walk.spec, walk.marking, node_map))


def block(kit, **more):
    branches = {f"b{i}": kit.branch(f"部门{i}") for i in range(2)}
    made = {"kind": "parallel", "title": "并联", "branches": branches, "join": {"policy": "all"}, "agree": {"to": "d"}, "refuse": {"to": "d"}}
    return kit.route({"p": made, "d": kit.DECIDE}, **more)


def test_a_case_inside_a_block_moves_only_with_the_block_unchanged(kit) -> None:
    plain = block(kit)
    walk = begun(kit, plain, ("review.p.b0.look", "pass"))
    outside = copy.deepcopy(plain)
    outside["review"]["nodes"]["d"]["title"] = "批准"
    assert move(walk.spec, compile_route(outside), walk.marking, {}) == walk.marking
    inside = copy.deepcopy(plain)
    inside["review"]["nodes"]["p"]["branches"]["b1"]["nodes"]["look"]["limit"] = {"value": 2, "unit": "working_day"}
    assert keys(move(walk.spec, compile_route(inside), walk.marking, {})) == {"block_changed"}
    renamed_block = renamed(plain, "p", "joint")
    renamed_block["review"]["start"] = "joint"
    moved = move(walk.spec, compile_route(renamed_block), walk.marking, {"review.p": "review.joint"})
    assert isinstance(moved, Marking)
    assert set(moved.blocks) == {"review.joint"}
    assert [t.node for t in moved.tasks] == ["review.joint.b1.look"]


def test_a_block_that_is_over_may_have_changed(kit) -> None:
    plain = block(kit)
    walk = begun(kit, plain, ("review.p.b0.look", "pass"), ("review.p.b1.look", "pass"))
    changed = copy.deepcopy(plain)
    del changed["review"]["nodes"]["p"]["branches"]["b1"]
    assert move(walk.spec, compile_route(changed), walk.marking, {}) == walk.marking


def test_elements_of_a_list_keep_their_numbers(kit) -> None:
    plain = block(kit)
    plain["review"]["nodes"]["p"] |= {"branches": {"s": kit.branch("店", for_each="form.sites")}, "if_none": {"to": "d"}}
    walk = begun(kit, plain, facts={"form": {"sites": [{}, {}]}})
    changed = renamed(plain, "p", "joint")
    changed["review"]["start"] = "joint"
    moved = move(walk.spec, compile_route(changed), walk.marking, {"review.p": "review.joint"})
    assert [t.node for t in moved.tasks] == ["review.joint.s[1].look", "review.joint.s[2].look"]


def test_paused_cases_and_those_that_wait_for_others_are_deferred(kit) -> None:
    pauses = {"visit": {"title": "踏勘", "max": kit.DAY, "basis": "规定"}}
    plain = doc(kit)
    plain["review"]["nodes"]["a"]["pauses"] = ["visit"]
    walk = begun(kit, {**plain, "pauses": pauses})
    walk.do("open_pause", task=walk.no("review.a"), action="visit")
    found = move(walk.spec, walk.spec, walk.marking, {})
    assert (keys(found), keys(found, "warning")) == (set(), {"paused"})
    auto = {"kind": "auto", "title": "核验", "hook": "x.y", "purpose": "核验", "to": "d", "by_hand": "d"}
    walk = begun(kit, kit.route({"m": auto, "d": kit.DECIDE}))
    assert keys(move(walk.spec, walk.spec, walk.marking, {}), "warning") == {"auto"}


def test_a_signature_in_progress_moves_only_unchanged(kit) -> None:
    sign = {"kind": "sign", "title": "会签", "limit": kit.DAY, "groups": [{"holders": {"role": "expert", "org": "owner"}, "need": 1, "of": 2}]}
    plain = kit.route({"s": {**sign, "agree": {"to": "d"}, "refuse": {"to": "d"}}, "d": kit.DECIDE})
    walk = begun(kit, plain)
    assert move(walk.spec, walk.spec, walk.marking, {}) == walk.marking
    changed = copy.deepcopy(plain)
    changed["review"]["nodes"]["s"]["groups"][0]["need"] = 2
    assert keys(move(walk.spec, compile_route(changed), walk.marking, {})) == {"sign_changed"}


def test_what_lies_ahead_may_not_ask_for_what_the_case_never_did(kit) -> None:
    walk = begun(kit, doc(kit), ("review.a", "go"))
    changed = doc(kit)
    nodes = changed["review"]["nodes"]
    nodes["a"]["actions"]["go"]["to"] = "extra"
    nodes["extra"] = kit.step("查验", actions={"go": {"title": "好", "to": "b"}})
    eyes = copy.deepcopy(changed)
    eyes["review"]["nodes"]["d"]["holders"] = {"role": "leader", "org": "owner", "not": ["extra"]}
    eyes["review"]["nodes"]["b"]["actions"].pop("re")
    assert keys(move(walk.spec, compile_route(eyes), walk.marking, {})) == {"never_done"}
    rule = copy.deepcopy(changed)
    rule["review"]["nodes"]["b"]["actions"].pop("re")
    rule["review"]["nodes"]["d"]["actions"]["grant"]["when"] = {"==": [{"var": "extra.outcome"}, "go"]}
    assert keys(move(walk.spec, compile_route(rule), walk.marking, {})) == {"never_done"}
    rule["review"]["nodes"]["b"] = changed["review"]["nodes"]["b"]  # with the return the case may still come by
    assert isinstance(move(walk.spec, compile_route(rule), walk.marking, {}), Marking)


def test_cases_at_the_counter_move_while_their_checks_and_levels_stay(kit) -> None:
    plain = doc(kit)
    plain["intake"]["checks"] = [{"department": "fire", "holders": {"role": "reviewer", "org": "owner"}, "limit": kit.DAY}]
    plain["intake"]["pre_review"] = {"on_request": True}
    walk = kit.Walk(plain)
    assert move(walk.spec, walk.spec, walk.marking, {}) == walk.marking
    bare = doc(kit)
    assert keys(move(walk.spec, compile_route(bare), walk.marking, {})) == {"gone"}
    asked = kit.Walk(plain, {"pre_review": {"asked": True}})
    assert keys(move(asked.spec, compile_route(bare), asked.marking, {})) == {"gone"}


def test_decided_cases_move_and_ended_ones_do_not(kit) -> None:
    walk = begun(kit, doc(kit), ("review.a", "go"), ("review.b", "go"), ("review.d", "grant"))
    assert isinstance(move(walk.spec, compile_route(kit.route({"x": kit.DECIDE})), walk.marking, {}), Marking)
    walk.act("delivery", "deliver")
    assert keys(move(walk.spec, walk.spec, walk.marking, {})) == {"ended"}
