"""What is done around a task at any time: extend, hand on, lend, ask, urge, take back, rungs, silence, corrections of the record."""

import pytest

from core.routing.service import NeedMissing, RouteRefused, actions, check_route, compile_route, extension, side_actions, who_may

HEAD = {"role": "agency_head", "org": "owner"}
EXTEND = {"by": HEAD, "adds": {"value": 10, "unit": "working_day"}, "times": 1, "basis": "行政许可法第四十二条"}
JOINT = {"by": {"role": "leader", "org": "parent"}, "adds": {"value": 15, "unit": "working_day"}, "basis": "行政许可法第四十二条第二款"}


def two_steps(kit, **more):
    nodes = {"a": kit.step(actions={"go": {"title": "好", "to": "b"}, "no": {"title": "不", "outcome": "refuse"}}), "b": kit.DECIDE}
    return kit.route(nodes, **more)


def begun(kit, doc, facts=None):
    walk = kit.Walk(doc, facts)
    walk.act("intake", "accept", actor="window")
    return walk


def refused(walk, kind, **more):
    before = walk.marking
    with pytest.raises(RouteRefused) as found:
        walk.do(kind, **more)
    assert walk.marking == before
    assert not found.value.words("zh").startswith("routing.")
    return found.value.message_key.removeprefix("routing.")


def blocks(kit, count=2, **more):
    branches = {f"b{i}": kit.branch(f"部门{i}") for i in range(count)}
    block = {"kind": "parallel", "title": "并联", "branches": branches, "join": {"policy": "all"}, "agree": {"to": "d"}, "refuse": {"to": "d"}}
    return kit.route({"joint": block, "d": kit.DECIDE}, **more)


# extend -------------------------------------------------------------------------------------------------------------


def test_an_extension_adds_to_the_main_clock_with_reasons_and_basis_as_often_as_the_route_says(kit) -> None:
    walk = begun(kit, two_steps(kit, anytime={"extend": EXTEND}))
    assert refused(walk, "extend", actor="head") == "need.reason"
    plan = walk.do("extend", reason="情况复杂", actor="head")
    assert [(c.op, c.clock, c.limit.value) for c in plan.clocks] == [("extend", "main", 10)]
    assert plan.documents == ("extension",)
    assert plan.events[0].body["basis"] == "行政许可法第四十二条"
    assert walk.marking.extended == 1
    assert refused(walk, "extend", reason="再来", actor="head") == "extended_already"


def test_an_extension_without_basis_or_outside_of_review_is_refused(kit) -> None:
    assert refused(begun(kit, two_steps(kit)), "extend", reason="x") == "no_extend"
    doc = two_steps(kit, anytime={"extend": {**EXTEND, "basis": " "}})
    assert refused(begun(kit, doc), "extend", reason="x") == "no_extend"
    assert refused(kit.Walk(two_steps(kit, anytime={"extend": EXTEND})), "extend", reason="x") == "not_in_review"


def asked(kit, **more):
    walk = begun(kit, two_steps(kit, anytime={"extend": EXTEND}, **more))
    walk.do("extend", task=walk.no("review.a"), action="ask", reason="要补充核查", actor="reviewer")
    return walk


def test_who_does_the_step_asks_the_head_and_approving_is_the_extension_itself(kit) -> None:
    walk = asked(kit)
    task = next(t for t in walk.marking.tasks if t.kind == "extension")
    assert (task.holders.role, task.holders.org) == ("agency_head", "owner") and walk.plan.clocks == () and walk.plan.documents == ()
    assert [view.id for view in actions(walk.spec, walk.marking, task.no, walk.facts)] == ["approve", "refuse"]
    assert refused(walk, "extend", task=walk.no("review.a"), action="ask", reason="再报一次", actor="reviewer") == "extension_waits"
    assert refused(walk, "act", task=task.no, action="approve", actor="head") == "need.reason"
    assert refused(walk, "act", task=task.no, action="pass", reason="x", actor="head") == "unknown_action"
    plan = walk.act("extension", "approve", reason="情况复杂", actor="head")
    assert [(c.op, c.clock) for c in plan.clocks] == [("extend", "main")] and plan.documents == ("extension",)
    assert walk.open == ["review.a"] and walk.marking.extended == 1
    assert refused(walk, "extend", task=walk.no("review.a"), action="ask", reason="还要", actor="reviewer") == "extended_already"


def test_a_refused_extension_changes_nothing_and_may_be_asked_for_again(kit) -> None:
    walk = asked(kit)
    assert refused(walk, "act", task=walk.no("extension"), action="refuse", actor="head") == "need.reason"
    plan = walk.act("extension", "refuse", reason="时间够", actor="head")
    assert plan.clocks == () and walk.marking.extended == 0 and walk.open == ["review.a"]
    walk.do("extend", task=walk.no("review.a"), action="ask", reason="材料又多了", actor="reviewer")


def test_the_head_who_extends_without_reading_the_request_answers_it_and_a_decision_makes_it_needless(kit) -> None:
    walk = asked(kit)
    walk.do("extend", reason="情况复杂", actor="head")
    assert walk.open == ["review.a"]
    late = asked(kit)
    late.act("review.a", "go", actor="reviewer")
    late.act("review.b", "grant", actor="leader")
    assert late.open == ["delivery"]


def test_an_extension_is_asked_for_in_review_and_where_there_is_one(kit) -> None:
    walk = kit.Walk(two_steps(kit, anytime={"extend": EXTEND}))
    assert refused(walk, "extend", task=1, action="ask", reason="x", actor="window") == "no_extend"
    plain = begun(kit, two_steps(kit))
    assert refused(plain, "extend", task=plain.no("review.a"), action="ask", reason="x", actor="reviewer") == "no_extend"


def test_a_joint_case_has_an_extension_of_its_own(kit) -> None:
    walk = begun(kit, blocks(kit, anytime={"extend": {**EXTEND, "joint": JOINT}}))
    assert extension(walk.spec, walk.marking).by.role == "leader"
    plan = walk.do("extend", reason="联合办理", actor="government")
    assert plan.clocks[0].limit.value == 15
    assert plan.events[0].body["joint"] is True
    assert extension(walk.spec, kit.Walk(two_steps(kit)).marking).by.role == "agency_head"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"adds": {"value": 11, "unit": "working_day"}}, "extend_too_long"),
        ({"times": 2}, "extend_too_long"),
        ({"basis": ""}, "extend_basis"),
        ({"by": "holder"}, "extend_by"),
        ({"joint": {**JOINT, "adds": {"value": 16, "unit": "working_day"}}}, "extend_joint_too_long"),
        ({"adds": {"value": None, "unit": "working_day"}}, "extend_unknown"),
        ({"adds": {"value": 10, "unit": "calendar_day"}}, "extend_unit"),
    ],
)
def test_an_extension_beyond_the_law_is_not_published(kit, change, expected) -> None:
    doc = two_steps(kit, anytime={"extend": {**EXTEND, **change}})
    found = [f for f in check_route(compile_route(doc)) if f.level == "error"]
    assert [f.key.removeprefix("routing.check.") for f in found] == [expected]
    assert not found[0].words("zh").startswith("routing.")
    assert not [f for f in check_route(compile_route(two_steps(kit, anytime={"extend": {**EXTEND, "joint": JOINT}}))) if f.level == "error"]


# hand on, lend ------------------------------------------------------------------------------------------------------


def test_a_task_is_transferred_within_its_role_or_its_organisation(kit) -> None:
    walk = begun(kit, two_steps(kit, anytime={"transfer": {"by": "holder", "within": "role"}}))
    no = walk.no("review.a")
    walk.do("claim", task=no, actor="a")
    assert refused(walk, "transfer", task=no, data={"to": "b"}, reason="出差", actor="c") == "claimed"
    assert refused(walk, "transfer", task=no, data={"to": "a"}, reason="出差", actor="a") == "same_person"
    assert refused(walk, "transfer", task=no, data={"to": "b"}, actor="a") == "need.reason"
    assert refused(walk, "transfer", task=no, data={"to": "b", "role": "leader"}, reason="出差", actor="a") == "transfer_too_far"
    walk.do("transfer", task=no, data={"to": "b"}, reason="出差", actor="a")
    assert walk.marking.task(no).holder == "b"
    wide = begun(kit, two_steps(kit, anytime={"transfer": {"by": "holder", "within": "org"}}))
    wide.do("transfer", task=wide.no("review.a"), data={"to": "b", "role": "leader"}, reason="出差", actor="a")
    assert (wide.marking.tasks[0].holder, wide.marking.tasks[0].holders.role, wide.marking.tasks[0].holders.org) == ("b", "leader", "owner")


def test_what_the_route_does_not_provide_for_is_refused(kit) -> None:
    walk = begun(kit, two_steps(kit))
    assert refused(walk, "transfer", task=walk.no("review.a"), data={"to": "b"}, reason="x") == "no_transfer"
    assert refused(walk, "delegate", task=walk.no("review.a"), data={"to": "b"}, actor="a") == "no_delegate"


def test_nobody_is_handed_a_task_that_four_eyes_keep_from_them(kit) -> None:
    doc = two_steps(kit, anytime={"transfer": {"by": "holder", "within": "role"}, "delegate": {"by": "holder", "returns": True}})
    doc["review"]["nodes"]["b"] = {**kit.DECIDE, "holders": {"role": "leader", "org": "owner", "not": ["intake"]}}
    walk = begun(kit, doc)
    walk.act("review.a", "go", actor="a")
    no = walk.no("review.b")
    assert refused(walk, "transfer", task=no, data={"to": "window"}, reason="x", actor="c") == "four_eyes"
    assert refused(walk, "delegate", task=no, data={"to": "window"}, actor="c") == "four_eyes"


def test_a_delegate_gives_an_opinion_and_the_delegator_acts(kit) -> None:
    walk = begun(kit, two_steps(kit, anytime={"delegate": {"by": "holder", "returns": True}}))
    no = walk.no("review.a")
    walk.do("claim", task=no, actor="a")
    walk.do("delegate", task=no, data={"to": "b"}, actor="a")
    assert (walk.marking.task(no).holder, walk.marking.task(no).lent) == ("b", ("a",))
    for actor in ("a", "b"):
        assert refused(walk, "act", task=no, action="go", actor=actor) == "lent"
    assert refused(walk, "return_delegate", task=no, actor="b") == "need.reason"
    assert refused(walk, "return_delegate", task=no, reason="可以", actor="c") == "claimed"
    walk.do("return_delegate", task=no, reason="建议同意", actor="b")
    assert (walk.marking.task(no).holder, walk.marking.task(no).lent) == ("a", ())
    assert walk.marking.acted["review.a"] == ("b",)
    walk.act("review.a", "go", actor="a")


def test_a_delegation_is_called_back_and_leaves_no_trace_for_four_eyes(kit) -> None:
    walk = begun(kit, two_steps(kit, anytime={"delegate": {"by": "holder", "returns": True}}))
    no = walk.no("review.a")
    walk.do("delegate", task=no, data={"to": "b"}, actor="a")
    walk.do("return_delegate", task=no, actor="a")
    assert walk.marking.task(no).holder == "a"
    assert "review.a" not in walk.marking.acted


def test_delegations_are_at_most_three_deep_and_never_in_a_circle(kit) -> None:
    walk = begun(kit, two_steps(kit, anytime={"delegate": {"by": "holder", "returns": True}}))
    no = walk.no("review.a")
    for giver, taker in (("a", "b"), ("b", "c")):
        walk.do("delegate", task=no, data={"to": taker}, actor=giver)
    assert refused(walk, "delegate", task=no, data={"to": "a"}, actor="c") == "same_person"
    walk.do("delegate", task=no, data={"to": "d"}, actor="c")
    assert refused(walk, "delegate", task=no, data={"to": "e"}, actor="d") == "delegated_too_often"
    for back in ("d", "c", "b"):
        walk.do("return_delegate", task=no, reason="意见", actor=back)
    assert walk.marking.task(no).holder == "a"


def test_a_delegation_without_return_lets_the_delegate_act(kit) -> None:
    walk = begun(kit, two_steps(kit, anytime={"delegate": {"by": "holder", "returns": False}}))
    walk.do("delegate", task=walk.no("review.a"), data={"to": "b"}, actor="a")
    walk.act("review.a", "go", actor="b")
    assert walk.open == ["review.b"]


# ask, urge ----------------------------------------------------------------------------------------------------------


def test_an_inquiry_stops_no_clock_and_there_is_one_at_a_time(kit) -> None:
    walk = begun(kit, two_steps(kit, anytime={"ask": {"limit": {"value": 3, "unit": "working_day"}}}))
    no = walk.no("review.a")
    assert refused(walk, "ask", task=no, actor="a") == "need.reason"
    plan = walk.do("ask", task=no, reason="面积是多少?", actor="a")
    assert [(c.op, c.limit.value) for c in plan.clocks] == [("start", 3)]
    assert plan.opens[0].holders.role == "applicant"
    assert walk.marking.status == "in_review"
    assert refused(walk, "ask", task=no, reason="还有?", actor="a") == "asked_already"
    assert refused(walk, "answer", task=no) == "no_inquiry"
    plan = walk.do("answer", task=walk.no("review.a.inquiry"), actor="citizen")
    assert [c.op for c in plan.clocks] == ["stop"]
    walk.do("ask", task=no, reason="还有?", actor="a")


def test_an_unanswered_inquiry_ends_with_its_step(kit) -> None:
    walk = begun(kit, two_steps(kit))
    walk.do("ask", task=walk.no("review.a"), reason="?", actor="a")
    plan = walk.act("review.a", "go", actor="a")
    assert walk.open == ["review.b"]
    assert len(plan.closes) == 2


def test_inquiries_are_for_review(kit) -> None:
    walk = kit.Walk(two_steps(kit))
    assert refused(walk, "ask", task=walk.no("intake"), reason="?") == "no_inquiry_here"


def test_an_applicant_urges_but_not_while_it_is_their_turn_nor_too_often(kit) -> None:
    walk = begun(kit, two_steps(kit, anytime={"urge": {"by": "applicant", "every": {"value": 2, "unit": "working_day"}}}))
    plan = walk.do("urge", actor="citizen")
    assert plan.events[0].body["every"] == {"value": 2, "unit": "working_day"}
    assert walk.marking.urged == 1
    walk.facts["urge"] = {"waits": True}
    assert refused(walk, "urge", actor="citizen") == "urged_already"
    early = kit.Walk(two_steps(kit))
    early.act("intake", "request_correction", data={"fields": ["name"]})
    assert refused(early, "urge", actor="citizen") == "your_turn"


# rungs, silence, record ---------------------------------------------------------------------------------------------


def test_a_rung_is_on_the_record_and_moves_nothing(kit) -> None:
    walk = begun(kit, two_steps(kit))
    before = walk.marking
    plan = walk.do("fire_rung", data={"clock": "main", "rung": "red", "epoch": 2})
    assert plan.events[0].body == {"clock": "main", "rung": "red", "epoch": 2}
    assert walk.marking == before
    assert refused(walk, "fire_rung", data={"clock": "task:99", "rung": "red"}) == "task_closed"
    assert refused(walk, "fire_rung", data={"clock": 3, "rung": "red"}) == "bad_data"


def late(**rule):
    return {"after": {"value": 1, "unit": "working_day"}, **rule}


def test_silence_counts_as_an_answer_only_by_its_basis_and_shows_red(kit) -> None:
    doc = blocks(kit)
    step = doc["review"]["nodes"]["joint"]["branches"]["b0"]["nodes"]["look"]
    doc["review"]["nodes"]["joint"]["branches"]["b0"]["nodes"]["look"] = {**step, "overdue": late(outcome="agree", basis="本地办法:逾期视为同意")}
    walk = begun(kit, doc)
    plan = walk.do("overdue", task=walk.no("review.joint.b0.look"))
    fact = next(e.body for e in plan.events if e.kind == "task_overdue")
    assert (fact["basis"], fact["light"]) == ("本地办法:逾期视为同意", "red")
    assert walk.marking.deemed == ("review.joint.b0.look",)
    assert walk.marking.blocks["review.joint"].closed == {"b0": "agree"}
    assert "review.joint.b0.look" not in walk.marking.acted
    walk.act("review.joint.b1.look", "pass")
    assert walk.open == ["review.d"]


def test_silence_may_decide_the_whole_case_where_a_rule_says_so(kit) -> None:
    doc = kit.route({"a": {**kit.DECIDE, "overdue": late(outcome="grant", basis="行政许可法第五十条")}})
    assert {f.key for f in check_route(compile_route(doc))} == {"routing.check.overdue_grant"}
    walk = begun(kit, doc)
    plan = walk.do("overdue", task=walk.no("review.a"))
    assert (plan.outcome, walk.open) == ("grant", ["delivery"])


def test_silence_without_basis_or_of_a_paused_step_is_no_answer(kit) -> None:
    doc = kit.route({"a": {**kit.DECIDE, "overdue": late(outcome="grant", basis="")}})
    walk = begun(kit, doc)
    assert refused(walk, "overdue", task=walk.no("review.a")) == "no_overdue_basis"
    assert "routing.check.overdue_basis" in {f.key for f in check_route(compile_route(doc))}
    paused = kit.route(
        {"a": {**kit.DECIDE, "pauses": ["visit"], "overdue": late(outcome="grant", basis="规定")}},
        pauses={"visit": {"title": "踏勘", "max": kit.DAY, "basis": "规定"}},
    )
    walk = begun(kit, paused)
    walk.do("open_pause", task=walk.no("review.a"), action="visit")
    assert refused(walk, "overdue", task=walk.no("review.a")) == "paused"


def test_an_outcome_by_silence_must_be_one_of_its_scope(kit) -> None:
    doc = kit.route({"a": {**kit.DECIDE, "overdue": late(outcome="agree", basis="规定")}})
    assert "routing.check.wrong_end" in {f.key for f in check_route(compile_route(doc)) if f.level == "error"}


def test_a_wrong_fact_is_corrected_beside_it_even_after_the_end(kit) -> None:
    walk = begun(kit, two_steps(kit))
    walk.do("withdraw", actor="citizen")
    before = walk.marking
    assert refused(walk, "correct_record", reason="写错", data={"event": 3}) == "need.approved_by"
    plan = walk.do("correct_record", reason="日期写错", data={"event": 3, "approved_by": "head"}, actor="a")
    assert plan.events[0].body == {"event": 3, "by": "a", "approved_by": "head"}
    assert walk.marking == before


def test_terminating_needs_reasons_and_ends_before_the_decision_only(kit) -> None:
    walk = begun(kit, two_steps(kit))
    assert refused(walk, "terminate") == "need.reason"
    plan = walk.do("terminate", reason="申请人死亡", actor="head")
    assert (plan.documents, walk.marking.status) == (("termination",), "terminated")


# take back ----------------------------------------------------------------------------------------------------------


def take_back(walk, no, actor):
    from core.routing.service import Command, advance

    return walk._took(advance(walk.spec, walk.marking, Command("take_back", no, actor=actor), walk.facts, history=tuple(walk.events)))


def no_way_back(walk, no, actor):
    before = walk.marking
    with pytest.raises(RouteRefused) as found:
        take_back(walk, no, actor)
    assert walk.marking == before
    return found.value.message_key.removeprefix("routing.")


def test_the_last_act_is_taken_back_while_nobody_touched_what_it_opened(kit) -> None:
    walk = begun(kit, two_steps(kit))
    no, before = walk.no("review.a"), walk.marking
    walk.act("review.a", "go", actor="a")
    plan = take_back(walk, no, "a")
    assert walk.open == ["review.a"]
    assert (walk.marking.outcomes, walk.marking.visits, walk.marking.acted) == (before.outcomes, before.visits, before.acted)
    assert walk.marking.tasks[0].no not in {t.no for t in before.tasks}
    assert [e.kind for e in plan.events] == ["task_closed", "taken_back", "task_opened"]
    walk.act("review.a", "no", actor="a")
    assert walk.marking.decision == "refuse"


def test_only_one_s_own_act_and_only_untouched_is_taken_back(kit) -> None:
    walk = begun(kit, two_steps(kit))
    no = walk.no("review.a")
    walk.act("review.a", "go", actor="a")
    assert no_way_back(walk, no, "b") == "not_your_act"
    walk.do("claim", task=walk.no("review.b"), actor="c")
    assert no_way_back(walk, no, "a") == "touched_already"
    walk.do("release", task=walk.no("review.b"), actor="c")
    walk.do("ask", task=walk.no("review.b"), reason="?", actor="c")
    assert no_way_back(walk, no, "a") == "touched_already"


def test_a_decision_or_a_call_to_a_plugin_is_not_taken_back(kit) -> None:
    walk = begun(kit, two_steps(kit))
    walk.act("review.a", "go", actor="a")
    no = walk.no("review.b")
    walk.act("review.b", "grant", actor="b")
    assert no_way_back(walk, no, "b") == "not_taken_back"
    auto = {"kind": "auto", "title": "核验", "hook": "x.y", "purpose": "核验", "to": "b", "by_hand": "b"}
    walk = begun(kit, kit.route({"a": kit.step(actions={"go": {"title": "好", "to": "m"}}), "m": auto, "b": kit.DECIDE}))
    no = walk.no("review.a")
    walk.act("review.a", "go", actor="a")
    assert no_way_back(walk, no, "a") == "not_taken_back"


def test_an_opinion_in_a_branch_is_taken_back_while_the_others_work_on(kit) -> None:
    walk = begun(kit, blocks(kit, 3))
    no = walk.no("review.joint.b0.look")
    walk.act("review.joint.b0.look", "refuse", actor="a")
    walk.do("claim", task=walk.no("review.joint.b1.look"), actor="b")
    take_back(walk, no, "a")
    assert walk.marking.blocks["review.joint"].closed == {}
    assert walk.marking.task(walk.no("review.joint.b1.look")).holder == "b"
    walk.act("review.joint.b0.look", "pass", actor="a")
    again = walk.events[-3:]
    assert again[-1].kind == "branch_ended"
    last = next(e.body["no"] for e in reversed(walk.events) if e.kind == "task_closed")
    walk.act("review.joint.b1.look", "pass", actor="b")
    assert no_way_back(walk, last, "a") == "touched_already"


def test_a_return_is_taken_back_with_its_count(kit) -> None:
    nodes = {
        "a": kit.step(actions={"go": {"title": "好", "to": "b"}}),
        "b": {**kit.DECIDE, "actions": {**kit.DECIDE["actions"], "re": {"title": "退", "back": "a", "max": 1}}},
    }
    walk = begun(kit, kit.route(nodes))
    walk.act("review.a", "go", actor="a")
    no = walk.no("review.b")
    walk.act("review.b", "re", actor="b")
    assert walk.marking.backs == {"review.b#re": 1}
    take_back(walk, no, "b")
    assert walk.marking.backs == {}
    assert walk.marking.outcomes == {"review.a": "go"}


def test_a_forged_or_missing_history_takes_nothing_back(kit) -> None:
    walk = begun(kit, two_steps(kit))
    no = walk.no("review.a")
    walk.act("review.a", "go", actor="a")
    walk.events.pop()
    assert no_way_back(walk, no, "a") == "no_history"


# buttons ------------------------------------------------------------------------------------------------------------


def test_side_actions_say_what_they_do_and_why_they_are_closed(kit) -> None:
    anytime = {"extend": EXTEND, "transfer": {"by": "holder", "within": "role"}, "delegate": {"by": "holder", "returns": True}}
    walk = begun(kit, two_steps(kit, anytime=anytime))
    no = walk.no("review.a")
    for locale in ("zh", "en"):
        views = {v.id: v for v in side_actions(walk.spec, walk.marking, walk.facts, task=no, actor="a", locale=locale)}
        assert {"transfer", "delegate", "ask", "ask_extension", "extend", "urge", "withdraw", "terminate"} == set(views)
        assert all(v.enabled and v.title and v.effect and "routing." not in v.title + v.effect for v in views.values())
    walk.do("extend", reason="x", actor="head")
    walk.do("ask", task=no, reason="?", actor="a")
    views = {v.id: v for v in side_actions(walk.spec, walk.marking, walk.facts, task=no, actor="a")}
    assert "1" in (views["extend"].why_not or "")
    assert views["ask"].why_not
    assert not views["ask"].enabled
    assert who_may(walk.spec, walk.marking, "transfer").role == "holder"
    assert who_may(walk.spec, walk.marking, "withdraw").role == "applicant"
    assert who_may(walk.spec, walk.marking, "extend").role == "agency_head"


def test_a_closed_button_and_its_command_give_the_same_reason(kit) -> None:
    walk = begun(kit, two_steps(kit))
    for view in side_actions(walk.spec, walk.marking, walk.facts, task=walk.no("review.a"), actor="a"):
        if not view.enabled:
            with pytest.raises((RouteRefused, NeedMissing)) as found:
                walk.do(view.id, task=walk.no("review.a"), actor="a")
            assert found.value.words("zh") == view.why_not
