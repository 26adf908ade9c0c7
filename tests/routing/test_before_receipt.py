"""Before the authority receives: pre-review, and papers passed up from the village."""

import pytest

from core.routing.service import CustodyOp, RouteRefused, actions, check_route, compile_route, outline, states_of, task_title, way_back

WAY = {"village": "d-village", "town": "d-town", "county": "d-county"}
RELAY = {
    "chain": ["village", "town", "county"],
    "holders": {"role": "agent", "org": "level"},
    "precheck_at": ["town"],
    "paper": {"custody": "required"},
}


def plain(kit, **intake):
    doc = kit.route({"a": kit.DECIDE})
    doc["intake"] = {**doc["intake"], **intake}
    return doc


def relayed(kit, level="village", way=WAY, **more):
    return kit.Walk(plain(kit, relay={**RELAY, **more}), {"relay": {"level": level, "way": way}})


def key(walk, kind, **more):
    before = walk.marking
    with pytest.raises(RouteRefused) as found:
        walk.do(kind, **more)
    assert walk.marking == before
    assert not found.value.words("zh").startswith("routing.")
    return found.value.message_key.removeprefix("routing.")


def errors(doc):
    return {f.key.removeprefix("routing.check.") for f in check_route(compile_route(doc)) if f.level == "error"}


# pre-review ---------------------------------------------------------------------------------------------------------


def test_a_pre_review_comes_before_the_receipt_and_has_a_clock_of_its_own(kit) -> None:
    walk = kit.Walk(plain(kit, pre_review={}))
    assert walk.open == ["intake.pre_review"]
    assert [(c.op, c.clock, c.limit.value) for c in walk.plan.clocks if c.clock == "pre_review"] == [("start", "pre_review", 2)]
    assert not walk.marking.received
    assert walk.plan.documents == ()
    assert key(walk, "accept") == "not_in_intake"
    assert key(walk, "deem_accepted") == "not_in_intake"
    plan = walk.act("intake.pre_review", "complete", actor="a")
    assert walk.open == ["intake"]
    assert plan.documents == ("receipt",)
    assert {(c.op, c.clock) for c in plan.clocks} >= {("stop", "pre_review"), ("start", "intake")}
    assert walk.marking.received


def test_a_pre_review_tells_once_and_completely_what_is_missing(kit) -> None:
    walk = kit.Walk(plain(kit, pre_review={}))
    assert key(walk, "pre_review", action="missing") == "need.correction"
    assert key(walk, "pre_review", action="maybe") == "unknown_action"
    plan = walk.do("pre_review", action="missing", data={"fields": ["name"], "materials": ["layout"]}, actor="a")
    assert next(e.body for e in plan.events if e.kind == "pre_reviewed") == {"result": "missing", "fields": ["name"], "materials": ["layout"]}
    assert (walk.open, walk.marking.status) == (["intake.pre_review.amend"], "correction_requested")
    walk.do("correct", actor="citizen")
    assert (walk.open, walk.marking.status) == (["intake"], "submitted")
    walk.act("intake", "request_correction", data={"fields": ["name"]})  # the one correction of the law is still there
    assert walk.marking.corrections == 1


def test_a_pre_review_on_request_runs_only_when_asked_for(kit) -> None:
    doc = plain(kit, pre_review={"on_request": True, "holders": {"role": "reviewer", "org": "owner"}})
    assert kit.Walk(doc).open == ["intake"]
    walk = kit.Walk(doc, {"pre_review": {"asked": True}})
    assert walk.open == ["intake.pre_review"]
    assert walk.marking.tasks[0].holders.role == "reviewer"


def test_a_pre_review_longer_than_two_days_is_not_published(kit) -> None:
    assert errors(plain(kit, pre_review={})) == set()
    assert errors(plain(kit, pre_review={"limit": {"value": 3, "unit": "working_day"}})) == {"pre_review_too_long"}


def test_an_application_in_pre_review_can_be_withdrawn(kit) -> None:
    walk = kit.Walk(plain(kit, pre_review={}))
    plan = walk.do("withdraw", actor="citizen")
    assert walk.marking.status == "withdrawn"
    assert ("stop", "pre_review") in {(c.op, c.clock) for c in plan.clocks}


# relay --------------------------------------------------------------------------------------------------------------


def test_papers_go_from_the_village_to_the_town_to_the_authority(kit) -> None:
    walk = relayed(kit)
    assert walk.open == ["intake.relay.village"]
    task = walk.marking.tasks[0]
    assert (task.holders.role, task.holders.org) == ("agent", {"id": "d-village"})
    assert not walk.marking.received
    plan = walk.act("intake.relay.village", "pass_on", actor="v")
    assert [(c.origin, c.target, c.to, c.limit.value) for c in plan.custody] == [("village", "town", "d-town", 2)]
    assert [a.id for a in actions(walk.spec, walk.marking, walk.no("intake.relay.town"), walk.facts)] == ["complete", "missing"]
    plan = walk.act("intake.relay.town", "complete", actor="t")
    assert [(c.origin, c.target, c.limit.value) for c in plan.custody] == [("town", "county", 4)]
    assert walk.open == ["intake"]
    assert ("start", "intake") in {(c.op, c.clock) for c in plan.clocks}
    assert walk.marking.relay.at is None


def test_the_result_returns_along_the_way_that_was_recorded(kit) -> None:
    walk = relayed(kit)
    walk.act("intake.relay.village", "pass_on", actor="v")
    walk.act("intake.relay.town", "complete", actor="t")
    walk.facts["relay"] = {"level": "village", "way": {"village": "other", "town": "other"}}  # reorganised meanwhile
    walk.act("intake", "accept", actor="w")
    plan = walk.act("review.a", "grant", actor="l")
    assert way_back(walk.marking.relay) == (("county", "d-county"), ("town", "d-town"), ("village", "d-village"))
    assert plan.custody == (
        CustodyOp("hand_back", "county", "town", "d-town", None, "required"),
        CustodyOp("hand_back", "town", "village", "d-village", None, "required"),
    )


def test_a_town_may_ask_once_for_what_is_missing_and_never_decides(kit) -> None:
    walk = relayed(kit, "town")
    assert key(walk, "act", task=walk.no("intake.relay.town"), action="accept") == "unknown_action"
    assert key(walk, "act", task=walk.no("intake.relay.town"), action="missing") == "need.correction"
    walk.act("intake.relay.town", "missing", data={"materials": ["layout"]}, actor="t")
    assert walk.open == ["intake.relay.town.amend"]
    walk.do("correct", actor="citizen")
    assert walk.open == ["intake.relay.town"]
    assert key(walk, "act", task=walk.no("intake.relay.town"), action="missing", data={"materials": ["layout"]}) == "unknown_action"
    walk.act("intake.relay.town", "complete", actor="t")
    assert walk.open == ["intake"]


def test_a_village_that_may_not_check_only_passes_on(kit) -> None:
    walk = relayed(kit)
    assert key(walk, "act", task=walk.no("intake.relay.village"), action="missing", data={"fields": ["x"]}) == "unknown_action"


def test_papers_handed_to_the_authority_itself_are_not_relayed(kit) -> None:
    for facts in ({}, {"relay": {"level": "county"}}, {"relay": {}}):
        assert kit.Walk(plain(kit, relay=RELAY), facts).open == ["intake"]
    with pytest.raises(RouteRefused) as found:
        relayed(kit, "province")
    assert found.value.message_key == "routing.no_such_level"


def test_custody_is_required_with_limits_periodic_without_or_none(kit) -> None:
    walk = relayed(kit, paper={"custody": "periodic"})
    assert [c.limit for c in walk.act("intake.relay.village", "pass_on").custody] == [None]
    walk = relayed(kit, paper={"custody": "none"})
    assert walk.act("intake.relay.village", "pass_on").custody == ()
    walk = relayed(kit, paper={"custody": "required", "within": {"village": {"value": 1, "unit": "working_day"}}})
    assert walk.act("intake.relay.village", "pass_on").custody[0].limit.value == 1


def test_the_intake_clock_starts_at_the_level_that_is_authorised(kit) -> None:
    walk = relayed(kit, starts_clock_at={"level": "town", "basis": "委托书"}, precheck_at=[])
    plan = walk.act("intake.relay.village", "pass_on")
    assert ("start", "intake") in {(c.op, c.clock) for c in plan.clocks}
    assert walk.marking.received
    plan = walk.act("intake.relay.town", "pass_on")
    assert "intake" not in {c.clock for c in plan.clocks}
    slow = relayed(kit, starts_clock_at={"level": "town", "basis": "委托书"}, precheck_at=[])
    slow.act("intake.relay.village", "pass_on")
    slow.do("deem_accepted")  # silence is acceptance wherever the papers lie (行政许可法 32(4))
    assert (slow.marking.phase, slow.open) == ("review", ["review.a"])


def test_where_the_level_checks_the_clock_waits_for_complete_papers(kit) -> None:
    walk = relayed(kit, "town", starts_clock_at={"level": "town", "basis": "委托书"})
    plan = walk.act("intake.relay.town", "missing", data={"fields": ["x"]})
    assert "intake" not in {c.clock for c in plan.clocks}
    walk.do("correct")
    plan = walk.act("intake.relay.town", "complete")
    assert ("start", "intake") in {(c.op, c.clock) for c in plan.clocks}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"chain": ["county", "town"]}, "relay_order"),
        ({"chain": ["county"]}, "relay_order"),
        ({"precheck_at": ["county"]}, "relay_level"),
        ({"starts_clock_at": {"level": "city", "basis": "x"}}, "relay_level"),
        ({"paper": {"custody": "required", "within": {"county": {"value": 1, "unit": "working_day"}}}}, "relay_level"),
    ],
)
def test_a_relay_that_makes_no_sense_is_not_published(kit, change, expected) -> None:
    assert expected in errors(plain(kit, relay={**RELAY, **change}))
    assert errors(plain(kit, relay=RELAY)) == set()


def test_a_relay_needs_people_at_every_level(kit) -> None:
    spec = compile_route(plain(kit, relay=RELAY))
    found = check_route(spec, organisations=lambda holders: ["石桥村"] if holders.org == {"region": "village"} else [])
    assert [(f.key, f.path) for f in found] == [("routing.check.nobody_holds", "intake.relay.holders")]


def test_what_comes_before_receipt_stands_in_the_outline_with_its_state(kit) -> None:
    walk = relayed(kit)
    walk.act("intake.relay.village", "pass_on")
    states = states_of(walk.spec, walk.marking)
    assert (states["intake.relay.village"], states["intake.relay.town"], states["intake"]) == ("done", "now", "next")
    for locale in ("zh", "en"):
        lines = {line.path: line for line in outline(walk.spec, state=states, locale=locale)}
        assert {"intake.relay.village", "intake.relay.town"} <= set(lines)
        assert not any("routing." in line.words for line in lines.values())
    reviewed = kit.Walk(plain(kit, pre_review={}))
    assert states_of(reviewed.spec, reviewed.marking)["intake.pre_review"] == "now"
    assert "intake.pre_review" in {line.path for line in outline(reviewed.spec)}


@pytest.mark.parametrize(
    ("node", "spoken"),
    [
        ("intake.relay.town", "Relay at town level"),
        ("intake.relay.town.amend", "Completing the papers"),
        ("intake.pre_review", "Pre-review"),
        ("intake.check.fire", "Department's check of papers"),
        ("review.a.inquiry", "Answer to a question"),
        ("review.a", "Decide"),
        ("review.b", "复审"),
    ],
)
def test_tasks_have_titles_in_the_reader_s_language(kit, node, spoken) -> None:
    doc = {**plain(kit, relay=RELAY, pre_review={}), "translations": {"en": {"review.a.title": "Decide"}}}
    assert task_title(compile_route(doc), node, "复审", "en") == spoken
    assert task_title(compile_route(doc), node, "复审", "zh") == "复审"


def test_what_is_missing_and_the_result_go_to_the_agents_where_the_papers_set_out(kit) -> None:
    agents = {"id": WAY["village"]}
    walk = relayed(kit)
    walk.act("intake.relay.village", "pass_on", actor="v")
    walk.act("intake.relay.town", "missing", data={"materials": ["layout"]}, actor="t")
    assert [(t.node, t.holders.role, t.holders.org) for t in walk.marking.tasks] == [("intake.relay.town.amend", "agent", agents)]
    walk.do("correct", actor="v")
    walk.act("intake.relay.town", "complete", actor="t")
    walk.act("intake", "request_correction", data={"fields": ["name"]}, actor="c")
    assert [(t.node, t.holders.org) for t in walk.marking.tasks] == [("intake.correction", agents)]
    walk.do("correct", actor="v")
    walk.act("intake", "accept", actor="c")
    walk.act("review.a", "grant", actor="d")
    assert [(t.node, t.holders.role, t.holders.org) for t in walk.marking.tasks] == [("delivery", "agent", agents)]
