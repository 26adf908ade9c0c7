"""The worked example, walked from receipt to delivery and out of every side exit."""

from datetime import UTC, datetime, timedelta

import pytest

from core.routing.service import RouteRefused, actions
from core.worktime.spec import Ledger, Limit

SMALL = {"form": {"area": 86, "company_id": "x"}}
LARGE = {"form": {"area": 400, "company_id": "x"}}


def to_joint(walk):
    walk.act("intake", "accept", actor="clerk")
    walk.do("hook_done", task=walk.no("review.credit"), data={"result_ref": "r1"})


def agree_market(walk):
    walk.act("review.joint.market.review", "pass", actor="rev")
    walk.act("review.joint.market.two_sign", "agree", actor="chief")
    tasks = [t for t in walk.marking.tasks if t.node.endswith("two_sign")]
    for who in ("e1", "e2"):
        walk.do("sign", task=tasks[-1].no, action="agree", actor=who)


def test_a_small_shop_goes_straight_to_the_licence(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, SMALL)
    assert walk.open == ["intake"]
    assert walk.plan.documents == ("receipt",)
    to_joint(walk)
    assert walk.open == ["review.joint.market.review"]
    assert walk.marking.blocks["review.joint"].started == ("market",)
    agree_market(walk)
    assert walk.open == ["review.decide"]
    plan = walk.act("review.decide", "grant", actor="boss")
    assert (plan.outcome, plan.marking.status, plan.documents) == ("grant", "decided", ("decision_grant",))
    assert [(c.op, c.clock) for c in plan.clocks if c.clock in ("main", "delivery")] == [("stop", "main"), ("start", "delivery")]
    walk.do("deliver", data={"way": "post"})
    assert walk.marking.status == "closed"
    assert walk.marking.ended and not walk.marking.tasks


def test_delivery_waits_for_the_documents(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, SMALL)
    to_joint(walk)
    agree_market(walk)
    walk.act("review.decide", "grant", actor="boss")
    walk.facts["documents"] = {"ready": False}
    with pytest.raises(RouteRefused) as refused:
        walk.do("deliver")
    assert refused.value.message_key == "routing.documents_wait"
    assert not actions(walk.spec, walk.marking, walk.no("delivery"), walk.facts)[0].enabled


def test_the_branch_holders_are_those_of_the_branch(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, LARGE)
    assert walk.open == ["intake", "intake.check.fire"]
    walk.act("intake.check.fire", "complete")
    to_joint(walk)
    orgs = {t.node: t.holders.org for t in walk.marking.tasks}
    assert orgs["review.joint.fire.opinion"] == {"department": "fire"}
    assert orgs["review.joint.market.review"] == {"department": "market_regulation"}


def test_the_lead_decides_the_joint_case_but_never_the_other_departments_opinion(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, LARGE)
    walk.act("intake.check.fire", "complete")
    to_joint(walk)
    walk.act("review.joint.fire.opinion", "refuse", reason="疏散通道不足")
    agree_market(walk)
    assert walk.marking.outcomes["review.joint"] == "agree"
    ended = [e.body for e in walk.events if e.kind == "branch_ended"]
    assert {(b["branch"], b["outcome"]) for b in ended} == {("fire", "refuse"), ("market", "agree")}


def test_what_every_department_misses_goes_out_as_one_notice(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, LARGE)
    with pytest.raises(RouteRefused, match="one notice"):
        walk.act("intake", "request_correction", data={"fields": ["area"]})
    walk.act("intake.check.fire", "missing", data={"materials": ["fire_plan"]})
    with pytest.raises(RouteRefused) as refused:
        walk.act("intake", "accept")
    assert refused.value.message_key == "routing.papers_missing"
    plan = walk.act("intake", "request_correction", data={"fields": ["area"], "materials": ["layout"]})
    asked = [e.body for e in plan.events if e.kind == "correction_requested"]
    assert asked == [{"fields": ["area"], "materials": ["layout", "fire_plan"], "departments": ["fire"]}]
    assert walk.open == ["intake.correction"]
    assert ("pause", "intake") in [(c.op, c.clock) for c in plan.clocks]
    plan = walk.do("correct")
    assert walk.open == ["intake", "intake.check.fire"]
    assert ("resume", "intake") in [(c.op, c.clock) for c in plan.clocks]
    walk.act("intake.check.fire", "complete")
    with pytest.raises(RouteRefused) as refused:
        walk.act("intake", "request_correction", data={"fields": ["area"]})
    assert refused.value.message_key == "routing.corrected_once"
    walk.act("intake", "accept")
    assert walk.marking.status == "in_review"


def test_a_department_that_was_content_does_not_check_again(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, LARGE)
    walk.act("intake.check.fire", "complete")
    walk.act("intake", "request_correction", data={"fields": ["name"]})
    walk.do("correct")
    assert walk.open == ["intake"]


def test_silence_is_acceptance_from_the_day_of_receipt(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, SMALL)
    plan = walk.do("deem_accepted")
    assert walk.marking.status == "in_review"
    assert [(c.op, c.as_of) for c in plan.clocks if c.clock == "main"] == [("start", "receipt")]


def test_declining_needs_a_reason_and_ends_the_case(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, LARGE)
    with pytest.raises(RouteRefused):
        walk.act("intake", "decline", reason="  ")
    walk.act("intake", "decline", reason="不属于本机关职权范围")
    assert walk.marking.status == "declined"
    assert not walk.marking.tasks
    with pytest.raises(RouteRefused) as refused:
        walk.do("withdraw")
    assert "不予受理" in refused.value.words("zh")


def test_a_correction_that_never_comes_lapses_only_with_a_basis(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, SMALL)
    walk.act("intake", "request_correction", data={"fields": ["area"]})
    plan = walk.do("lapse")
    assert walk.marking.status == "lapsed"
    assert plan.events[-1].body["basis"]
    del food_doc["intake"]["correction"]["lapse"]
    walk = kit.Walk(food_doc, SMALL)
    walk.act("intake", "request_correction", data={"fields": ["area"]})
    with pytest.raises(RouteRefused):
        walk.do("lapse")
    walk.do("decline", reason="逾期未补正")
    assert walk.marking.status == "declined"


def test_a_case_can_be_withdrawn_until_it_is_decided(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, LARGE)
    walk.act("intake.check.fire", "complete")
    to_joint(walk)
    walk.do("open_pause", task=walk.no("review.joint.fire.opinion"), action="site_check")
    plan = walk.do("withdraw", actor="citizen")
    assert walk.marking.status == "withdrawn"
    assert len(plan.closes) == len(set(plan.closes)) == 2
    assert not walk.marking.pauses and not walk.marking.blocks
    walk = kit.Walk(food_doc, SMALL)
    to_joint(walk)
    agree_market(walk)
    walk.act("review.decide", "grant", actor="boss")
    with pytest.raises(RouteRefused) as refused:
        walk.do("withdraw")
    assert refused.value.message_key == "routing.too_late_to_withdraw"


def test_the_clerk_of_the_intake_may_not_decide(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, SMALL)
    to_joint(walk)
    agree_market(walk)
    for kind, more in (("act", {"action": "grant"}), ("claim", {})):
        with pytest.raises(RouteRefused) as refused:
            walk.do(kind, task=walk.no("review.decide"), actor="clerk", **more)
        assert refused.value.message_key == "routing.four_eyes"


def test_a_guard_is_checked_again_on_the_server(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, SMALL)
    to_joint(walk)
    walk.act("review.joint.market.review", "refuse", reason="不符合")
    views = {v.id: v for v in actions(walk.spec, walk.marking, walk.no("review.decide"), walk.facts)}
    assert not views["grant"].enabled and "并联审批" in (views["grant"].why_not or "")
    assert views["refuse"].enabled and views["refuse"].needs == ("reason",)
    with pytest.raises(RouteRefused) as refused:
        walk.act("review.decide", "grant", actor="boss")
    assert refused.value.message_key == "routing.closed_by_rule"
    with pytest.raises(RouteRefused) as refused:
        walk.act("review.decide", "refuse", actor="boss")
    assert refused.value.message_key == "routing.need.reason"
    walk.act("review.decide", "refuse", actor="boss", reason="消防不合格")
    assert walk.marking.decision == "refuse"


def test_a_return_is_bounded_and_forgets_the_old_outcome(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, SMALL)
    to_joint(walk)
    agree_market(walk)
    walk.act("review.decide", "return", actor="boss", reason="再看一次")
    assert "review.joint" not in walk.marking.outcomes
    assert walk.marking.visits["review.joint"] == 2
    agree_market(walk)
    with pytest.raises(RouteRefused) as refused:
        walk.act("review.decide", "return", actor="boss", reason="再看一次")
    assert refused.value.message_key == "routing.no_more_backs"
    views = {v.id: v for v in actions(walk.spec, walk.marking, walk.no("review.decide"), walk.facts)}
    assert not views["return"].enabled


def test_a_failed_hook_opens_the_human_way(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, SMALL)
    plan = walk.act("intake", "accept")
    call = next(e.body for e in plan.events if e.kind == "hook_called")
    assert call["hook"] == "credit_scoring.check"
    assert "company_id" not in str(plan.events)
    with pytest.raises(RouteRefused):
        walk.act("review.credit", "done")
    walk.do("hook_failed", task=call["no"])
    assert walk.open == ["review.credit_by_hand"]
    walk.act("review.credit_by_hand", "done")
    assert walk.open == ["review.joint.market.review"]


def test_a_veto_sends_the_paper_back_and_at_last_refuses(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, SMALL)
    to_joint(walk)
    for _ in range(2):
        walk.act("review.joint.market.review", "pass")
        walk.act("review.joint.market.two_sign", "refuse", reason="不清楚", actor="chief")
        assert walk.open == ["review.joint.market.review"]
    walk.act("review.joint.market.review", "pass")
    walk.act("review.joint.market.two_sign", "refuse", reason="不清楚", actor="chief")
    assert walk.marking.outcomes["review.joint"] == "refuse"
    assert walk.open == ["review.decide"]


def test_nobody_signs_twice_and_a_signer_may_be_added(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, SMALL)
    to_joint(walk)
    walk.act("review.joint.market.review", "pass")
    chief, experts = [t.no for t in walk.marking.tasks]
    walk.do("sign", task=experts, action="agree", actor="e1")
    with pytest.raises(RouteRefused) as refused:
        walk.do("sign", task=experts, action="agree", actor="e1")
    assert refused.value.message_key == "routing.signed_already"
    walk.do("add_signer", task=chief, data={"holders": {"role": "agency_head", "org": "owner"}})
    walk.do("sign", task=experts, action="agree", actor="e2")
    walk.do("sign", task=chief, action="agree", actor="chief")
    assert walk.open == ["review.joint.market.two_sign"]
    walk.act("review.joint.market.two_sign", "agree", actor="head")
    assert walk.open == ["review.decide"]


def test_a_shared_pause_stops_the_main_clock_once(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, LARGE)
    walk.act("intake.check.fire", "complete")
    to_joint(walk)
    first, second = walk.no("review.joint.market.review"), walk.no("review.joint.fire.opinion")
    plan = walk.do("open_pause", task=first, action="site_check")
    assert walk.marking.status == "suspended"
    assert [c.op for c in plan.clocks if c.clock == "main"] == ["pause"]
    assert plan.documents == ("special_procedure",)
    plan = walk.do("open_pause", task=second, action="site_check")
    assert not [c for c in plan.clocks if c.clock == "main"]
    with pytest.raises(RouteRefused) as refused:
        walk.act("review.joint.fire.opinion", "pass")
    assert refused.value.message_key == "routing.paused"
    plan = walk.do("close_pause", task=first, action="site_check")
    assert not [c for c in plan.clocks if c.clock == "main"]
    plan = walk.do("close_pause", task=second)
    assert [c.op for c in plan.clocks if c.clock == "main"] == ["resume"]
    assert walk.marking.status == "in_review"
    with pytest.raises(RouteRefused):
        walk.do("open_pause", task=second, action="hearing")


def test_clock_orders_of_overlapping_pauses_fit_a_real_ledger(kit, food_doc) -> None:
    walk = kit.Walk(food_doc, LARGE)
    walk.act("intake.check.fire", "complete")
    ops = []
    done = walk.do

    def keep(kind, **more):
        plan = done(kind, **more)
        ops.extend(plan.clocks)
        return plan

    walk.do = keep
    to_joint(walk)
    market, fire = walk.no("review.joint.market.review"), walk.no("review.joint.fire.opinion")
    walk.do("open_pause", task=fire, action="site_check")
    walk.do("open_pause", task=market, action="expert_review")
    walk.do("close_pause", task=fire)
    walk.do("close_pause", task=market)
    walk.do("open_pause", task=market, action="site_check")
    walk.do("withdraw")
    ledgers = {}
    at = datetime(2026, 11, 2, 2, tzinfo=UTC)
    for op in ops:
        at += timedelta(minutes=1)
        ledger = ledgers.get(op.clock)
        if op.op == "start":
            ledgers[op.clock] = Ledger(op.limit or Limit(None)).start(at)
        elif ledger is not None:
            ledgers[op.clock] = ledger.stop(at) if op.op == "stop" else getattr(ledger, op.op)(at, op.pause)
    assert {name: ledger.state for name, ledger in ledgers.items()} == dict.fromkeys(ledgers, "stopped")
    assert [p.reason for p in ledgers["main"].pauses()] == ["site_check", "expert_review@review.joint.market.review", "site_check"]


def test_an_unknown_answer_stops_entry_and_asks(kit, food_doc) -> None:
    with pytest.raises(RouteRefused) as refused:
        kit.Walk(food_doc, {"form": {}})
    assert refused.value.message_key == "routing.need.value"
    assert "form.area" in refused.value.words("zh")


def test_a_late_step_is_escalated_once(kit) -> None:
    node = kit.step(actions={"ok": {"title": "好", "outcome": "grant"}}, overdue={"after": kit.DAY, "escalate": "parent"})
    walk = kit.Walk(kit.route({"one": node}))
    walk.act("intake", "accept")
    walk.do("overdue", task=walk.no("review.one"))
    assert walk.marking.tasks[0].escalated
    with pytest.raises(RouteRefused):
        walk.do("overdue", task=walk.no("review.one"))


def test_a_limit_by_rule_is_resolved_when_the_case_is_accepted(kit) -> None:
    doc = kit.route({"one": kit.DECIDE})
    rule = {"==": [{"var": "form.kind"}, "big"]}
    doc["limits"]["promised"] = {"value": 20, "unit": "working_day", "cases": [{"when": rule, "value": 45, "unit": "working_day"}]}
    for kind, days in (("big", 45), ("small", 20)):
        walk = kit.Walk(doc, {"form": {"kind": kind}})
        plan = walk.act("intake", "accept")
        assert [c.limit.value for c in plan.clocks if c.clock == "main"] == [days]


@pytest.mark.parametrize("kind", ["nonsense", "migrate", "extend", "hook_done", "sign", "claim", "correct", "deliver", "close_pause"])
def test_commands_that_do_not_fit_are_refused_in_words(kit, food_doc, kind) -> None:
    walk = kit.Walk(food_doc, SMALL)
    with pytest.raises(RouteRefused) as refused:
        walk.do(kind, task=1)
    assert not refused.value.words("zh").startswith("routing.")
    assert not refused.value.words("en").startswith("routing.")


@pytest.mark.parametrize("data", [{"fields": "area"}, {"fields": [1]}, {"fields": ["x" * 201]}, {"fields": ["a"] * 1001}, {}])
def test_hostile_correction_lists_are_refused(kit, food_doc, data) -> None:
    walk = kit.Walk(food_doc, SMALL)
    with pytest.raises(RouteRefused):
        walk.act("intake", "request_correction", data=data)
    assert walk.marking.status == "submitted"
