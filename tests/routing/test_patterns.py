"""The control-flow patterns of ROUTING §6 that are supported, each named, and the ones refused on purpose."""

import pytest

from core.routing.service import BadRoute, RouteRefused, check_route, compile_route

BIG = {"==": [{"var": "form.big"}, True]}
AGREED = {"==": [{"var": "joint.outcome"}, "agree"]}


def joint(kit, policy, count=3, **more):
    join = {"policy": policy, **more.pop("join", {})}
    branches = {f"b{i}": kit.branch(f"部门{i}") for i in range(count)}
    block = {"kind": "parallel", "title": "并联", "branches": branches, "join": join, "agree": {"to": "decide"}, "refuse": {"to": "decide"}, **more}
    return kit.route({"joint": block, "decide": kit.DECIDE})


def begin(kit, doc, facts=None):
    walk = kit.Walk(doc, facts)
    walk.act("intake", "accept")
    return walk


def test_pattern_1_sequence(kit) -> None:
    walk = begin(kit, kit.route({"a": kit.step(actions={"go": {"title": "好", "to": "b"}}), "b": kit.DECIDE}))
    walk.act("review.a", "go")
    assert walk.open == ["review.b"]


def test_pattern_2_parallel_split(kit) -> None:
    walk = begin(kit, joint(kit, "all"))
    assert walk.open == [f"review.joint.b{i}.look" for i in range(3)]


def test_pattern_3_synchronization(kit) -> None:
    walk = begin(kit, joint(kit, "all"))
    for i in range(3):
        assert "review.decide" not in walk.open
        walk.act(f"review.joint.b{i}.look", "pass")
    assert walk.open == ["review.decide"]


def test_pattern_4_exclusive_choice(kit) -> None:
    buttons = {"big": {"title": "大", "to": "b", "when": BIG}, "small": {"title": "小", "to": "c", "when": {"!": BIG}}}
    doc = kit.route({"a": kit.step(actions=buttons), "b": kit.DECIDE, "c": kit.DECIDE})
    walk = begin(kit, doc, {"form": {"big": True}})
    with pytest.raises(RouteRefused):
        walk.act("review.a", "small")
    walk.act("review.a", "big")
    assert walk.open == ["review.b"]


def test_pattern_5_simple_merge(kit) -> None:
    nodes = {
        "a": kit.step(actions={"x": {"title": "甲", "to": "b"}, "y": {"title": "乙", "to": "c"}}),
        "b": kit.step(actions={"go": {"title": "好", "to": "d"}}),
        "c": kit.step(actions={"go": {"title": "好", "to": "d"}}),
        "d": kit.DECIDE,
    }
    for way, node in (("x", "b"), ("y", "c")):
        walk = begin(kit, kit.route(nodes))
        walk.act("review.a", way)
        walk.act(f"review.{node}", "go")
        assert walk.open == ["review.d"]


def test_pattern_6_multi_choice_in_a_block(kit) -> None:
    doc = joint(kit, "all")
    doc["review"]["nodes"]["joint"]["branches"]["b1"]["when"] = BIG
    assert begin(kit, doc, {"form": {"big": False}}).open == ["review.joint.b0.look", "review.joint.b2.look"]
    assert len(begin(kit, doc, {"form": {"big": True}}).open) == 3


def test_pattern_7_the_merge_waits_exactly_for_those_that_started(kit) -> None:
    doc = joint(kit, "all")
    doc["review"]["nodes"]["joint"]["branches"]["b1"]["when"] = BIG
    walk = begin(kit, doc, {"form": {"big": False}})
    walk.facts["form"] = {"big": True}  # too late: who started is recorded on entry
    walk.act("review.joint.b0.look", "pass")
    walk.act("review.joint.b2.look", "pass")
    assert walk.open == ["review.decide"]


def test_pattern_9_cancelling_discriminator(kit) -> None:
    walk = begin(kit, joint(kit, "any", join={"wait": "decided"}))
    plan = walk.act("review.joint.b1.look", "pass")
    assert walk.open == ["review.decide"]
    assert len(plan.closes) == 3
    assert [e.body["branch"] for e in plan.events if e.kind == "branch_stopped"] == ["b0", "b2"]


def test_pattern_13_instances_known_at_design(kit) -> None:
    assert len(begin(kit, joint(kit, "all", count=5)).open) == 5


def test_pattern_14_one_branch_for_every_element_known_at_run_time(kit) -> None:
    doc = joint(kit, "all")
    doc["review"]["nodes"]["joint"]["branches"] = {"sites": kit.branch("门店", for_each="form.sites")}
    doc["review"]["nodes"]["joint"]["if_none"] = {"to": "decide"}
    assert not [f for f in check_route(compile_route(doc)) if f.level == "error"]
    walk = begin(kit, doc, {"form": {"sites": [{"name": "东"}, {"name": "西"}, {"name": "南"}]}})
    assert walk.open == [f"review.joint.sites[{n}].look" for n in (1, 2, 3)]
    for n in (2, 3, 1):
        walk.act(f"review.joint.sites[{n}].look", "pass")
    assert walk.open == ["review.decide"]


def test_pattern_15_signers_added_until_the_node_closes(kit) -> None:
    sign = {"kind": "sign", "title": "会签", "limit": kit.DAY, "may_add": True, "groups": [{"holders": {"role": "expert", "org": "owner"}, "need": 1}]}
    walk = begin(kit, kit.route({"s": {**sign, "agree": {"to": "d"}, "refuse": {"to": "d"}}, "d": kit.DECIDE}))
    walk.do("add_signer", task=walk.no("review.s"), data={"holders": {"role": "expert", "org": "owner"}})
    walk.act("review.s", "agree", actor="a")
    assert walk.open == ["review.s"]
    walk.act("review.s", "agree", actor="b")
    assert walk.open == ["review.d"]


def test_pattern_16_deferred_choice_the_first_button_wins(kit) -> None:
    walk = begin(kit, kit.route({"a": kit.DECIDE}))
    no = walk.no("review.a")
    walk.do("act", task=no, action="grant")
    with pytest.raises(RouteRefused) as refused:
        walk.do("act", task=no, action="refuse", reason="迟了")
    assert refused.value.message_key == "routing.task_closed"


def test_pattern_19_cancel_activity_a_stopped_branch_is_recorded(kit) -> None:
    walk = begin(kit, joint(kit, "all", join={"on_refuse": "stop_others"}))
    plan = walk.act("review.joint.b0.look", "refuse")
    assert walk.marking.outcomes["review.joint"] == "refuse"
    assert {e.body["reason"] for e in plan.events if e.kind == "branch_stopped"} == {"decided"}


def test_pattern_20_cancel_case(kit) -> None:
    walk = begin(kit, joint(kit, "all"))
    walk.do("terminate", reason="申请人死亡")
    assert (walk.marking.status, walk.marking.tasks, walk.marking.blocks) == ("terminated", (), {})


def test_a_quorum_is_reached_or_can_no_longer_be_reached(kit) -> None:
    walk = begin(kit, joint(kit, "quorum", join={"need": 2, "wait": "decided"}))
    walk.act("review.joint.b0.look", "pass")
    walk.act("review.joint.b1.look", "pass")
    assert walk.marking.outcomes["review.joint"] == "agree"
    walk = begin(kit, joint(kit, "quorum", join={"need": 2, "wait": "decided"}))
    walk.act("review.joint.b0.look", "refuse")
    assert "review.joint" not in walk.marking.outcomes
    walk.act("review.joint.b1.look", "refuse")
    assert walk.marking.outcomes["review.joint"] == "refuse"


def test_a_block_nobody_enters_goes_where_if_none_says(kit) -> None:
    doc = joint(kit, "all", if_none={"to": "decide"})
    for branch in doc["review"]["nodes"]["joint"]["branches"].values():
        branch["when"] = BIG
    assert not [f for f in check_route(compile_route(doc)) if f.level == "error"]
    walk = begin(kit, doc, {"form": {"big": False}})
    assert walk.open == ["review.decide"]
    assert walk.marking.outcomes["review.joint"] == "if_none"


def test_signers_in_order_are_asked_one_after_the_other(kit) -> None:
    groups = [{"holders": {"role": role, "org": "owner"}, "need": 1} for role in ("section_chief", "leader")]
    sign = {"kind": "sign", "title": "会签", "limit": kit.DAY, "in_order": True, "groups": groups, "agree": {"to": "d"}, "refuse": {"to": "d"}}
    walk = begin(kit, kit.route({"s": sign, "d": kit.DECIDE}))
    assert [t.holders.role for t in walk.marking.tasks] == ["section_chief"]
    walk.act("review.s", "agree")
    assert [t.holders.role for t in walk.marking.tasks] == ["leader"]
    walk.act("review.s", "agree")
    assert walk.open == ["review.d"]


def test_an_unbounded_automatic_loop_is_stopped(kit) -> None:
    block = {"kind": "parallel", "title": "空转", "branches": {"b": {**kit.branch(), "when": BIG}}, "join": {"policy": "all"}}
    doc = kit.route({"p": {**block, "agree": {"to": "p"}, "refuse": {"to": "p"}, "if_none": {"to": "p"}}})
    assert {"routing.check.loop", "routing.check.no_end"} <= {f.key for f in check_route(compile_route(doc))}
    with pytest.raises(RouteRefused) as refused:
        begin(kit, doc, {"form": {"big": False}})
    assert refused.value.message_key == "routing.too_many_moves"


def test_pattern_8_multi_merge_cannot_be_written_a_branch_cannot_be_left_by_a_jump(kit) -> None:
    doc = joint(kit, "all")
    doc["review"]["nodes"]["joint"]["branches"]["b0"]["nodes"]["look"]["actions"]["pass"] = {"title": "出去", "to": "decide"}
    assert "routing.check.target_missing" in {f.key for f in check_route(compile_route(doc)) if f.level == "error"}


def test_pattern_10_arbitrary_cycles_only_as_bounded_returns_in_one_scope(kit) -> None:
    nodes = {"a": kit.step(actions={"go": {"title": "好", "to": "b"}}), "b": kit.step(actions={"re": {"title": "再来", "to": "a"}})}
    assert "routing.check.loop" in {f.key for f in check_route(compile_route(kit.route(nodes)))}
    nodes["b"] = {**kit.DECIDE, "actions": {**kit.DECIDE["actions"], "re": {"title": "再来", "back": "a", "max": 2}}}
    walk = begin(kit, kit.route(nodes))
    for _ in range(2):
        walk.act("review.a", "go")
        walk.act("review.b", "re")
    walk.act("review.a", "go")
    with pytest.raises(RouteRefused) as refused:
        walk.act("review.b", "re")
    assert refused.value.message_key == "routing.no_more_backs"


def test_pattern_11_implicit_termination_is_refused_every_scope_ends_by_name(kit) -> None:
    nodes = {"a": kit.step(actions={"go": {"title": "好", "to": "b"}}), "b": kit.step(actions={"re": {"title": "回", "back": "a", "max": 1}})}
    assert "routing.check.no_end" in {f.key for f in check_route(compile_route(kit.route(nodes)))}


def test_pattern_12_instances_without_synchronization_are_cases_of_their_own(kit) -> None:
    sub = {"kind": "subcase", "title": "另办", "item": "other", "limit": kit.DAY, "wait": False}
    walk = begin(kit, kit.route({"s": {**sub, **{end: {"to": "d"} for end in ("granted", "refused", "cancelled")}}, "d": kit.DECIDE}))
    assert walk.open == ["review.d"]
    assert [(c.item, c.wait) for c in walk.plan.children] == [("other", False)]


def test_pattern_17_interleaving_is_written_as_a_sequence(kit) -> None:
    walk = begin(kit, kit.route({"a": kit.step(actions={"go": {"title": "好", "to": "b"}}), "b": kit.DECIDE}))
    assert len(walk.marking.tasks) == 1


def test_pattern_18_a_milestone_is_read_and_cannot_be_undone(kit) -> None:
    doc = joint(kit, "all")
    grant = doc["review"]["nodes"]["decide"]["actions"]["grant"]
    doc["review"]["nodes"]["decide"] = {**kit.DECIDE, "actions": {**kit.DECIDE["actions"], "grant": {**grant, "when": AGREED}}}
    walk = begin(kit, doc, {"joint": {"outcome": "agree"}})  # nobody can say it from outside
    walk.act("review.joint.b0.look", "pass")
    walk.act("review.joint.b1.look", "refuse")
    walk.act("review.joint.b2.look", "pass")
    with pytest.raises(RouteRefused) as refused:
        walk.act("review.decide", "grant")
    assert refused.value.message_key == "routing.closed_by_rule"


@pytest.mark.parametrize("doc", [{}, {"limits": {}}, {"limits": 3, "review": []}, {"review": {"nodes": {"a": {"kind": "spell"}}}}])
def test_a_document_of_a_wrong_shape_is_a_finding(doc) -> None:
    with pytest.raises(BadRoute):
        compile_route(doc)
