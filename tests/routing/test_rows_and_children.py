"""Branches walked once for each element of a list, cases of other items, and one visit shared by several branches."""

import pytest

from core.routing.service import Command as Order
from core.routing.service import RouteRefused, advance, check_route, compile_route, draw, facts_at, outline, sentence, states_of, taken

SUB = {"kind": "subcase", "title": "水质检测", "item": "water-test", "limit": {"value": 4, "unit": "working_day"}, "wait": True}
ENDS = {"granted": {"to": "d"}, "refused": {"outcome": "refuse"}, "cancelled": {"outcome": "refuse"}}
SITES = {"form": {"sites": [{"name": "东", "area": 50}, {"name": "西", "area": 400}]}}


def each(kit, branch=None, nodes=None, **more):
    made = branch or kit.branch("门店", for_each="form.sites")
    block = {"kind": "parallel", "title": "各门店", "branches": {"sites": made}, "join": {"policy": "all"}}
    block |= {"agree": {"to": "d"}, "refuse": {"to": "d"}, "if_none": {"to": "d"}, **more}
    return kit.route({"p": block, "d": kit.DECIDE})


def begun(kit, doc, facts=None):
    walk = kit.Walk(doc, facts)
    walk.act("intake", "accept", actor="window")
    return walk


def keys(doc, level="error", **known):
    return {f.key.removeprefix("routing.check.") for f in check_route(compile_route(doc), **known) if f.level == level}


# for_each -----------------------------------------------------------------------------------------------------------


def test_the_list_is_frozen_on_entry(kit) -> None:
    walk = begun(kit, each(kit), SITES)
    assert walk.marking.blocks["review.p"].started == ("sites[1]", "sites[2]")
    walk.facts["form"] = {"sites": [{"name": "东"}, {"name": "西"}, {"name": "南"}]}
    walk.act("review.p.sites[1].look", "pass")
    walk.act("review.p.sites[2].look", "pass")
    assert walk.open == ["review.d"]


def test_rules_inside_see_their_own_row_and_the_outcome_of_their_own_branch(kit) -> None:
    big = {">": [{"var": "row.area"}, 300]}
    look = kit.step(actions={"big": {"title": "大", "to": "more", "when": big}, "small": {"title": "小", "outcome": "agree", "when": {"!": big}}})
    after = kit.step(actions={"ok": {"title": "好", "outcome": "agree", "when": {"==": [{"var": "look.outcome"}, "big"]}}})
    branch = kit.branch("门店", for_each="form.sites", nodes={"look": look, "more": after})
    doc = each(kit, branch)
    assert keys(doc) == set()
    walk = begun(kit, doc, SITES)
    with pytest.raises(RouteRefused):
        walk.act("review.p.sites[1].look", "big")
    walk.act("review.p.sites[1].look", "small")
    walk.act("review.p.sites[2].look", "big")
    walk.act("review.p.sites[2].more", "ok")
    assert walk.open == ["review.d"]
    assert facts_at(walk.spec, walk.marking, "review.p.sites[2]", walk.facts)["row"]["name"] == "西"


def test_a_condition_chooses_among_the_elements(kit) -> None:
    branch = kit.branch("门店", for_each="form.sites", when={">": [{"var": "row.area"}, 300]})
    walk = begun(kit, each(kit, branch), SITES)
    assert walk.open == ["review.p.sites[2].look"]
    assert walk.events[-3].body["skipped"] == ["sites[1]"]


def test_an_empty_list_goes_where_if_none_says_an_unknown_one_is_asked_for(kit) -> None:
    assert begun(kit, each(kit), {"form": {"sites": []}}).open == ["review.d"]
    for facts, expected in (({}, "need.value"), ({"form": {"sites": "x"}}, "no_list"), ({"form": {"sites": [{}] * 51}}, "list_too_long")):
        with pytest.raises(RouteRefused) as found:
            begun(kit, each(kit), facts)
        assert found.value.message_key == f"routing.{expected}"


def test_fifty_elements_are_no_loop(kit) -> None:
    walk = begun(kit, each(kit), {"form": {"sites": [{}] * 50}})
    assert len(walk.open) == 50


def test_plain_values_are_rows_with_a_value(kit) -> None:
    branch = kit.branch("品类", for_each="form.kinds", when={"==": [{"var": "row.value"}, "milk"]})
    assert begun(kit, each(kit, branch), {"form": {"kinds": ["rice", "milk"]}}).open == ["review.p.sites[2].look"]


def test_a_repeated_branch_may_hold_a_block_with_a_list_of_the_row(kit) -> None:
    inner = {"kind": "parallel", "title": "各间", "branches": {"rooms": kit.branch("房间", for_each="row.rooms")}, "join": {"policy": "any"}}
    inner |= {"agree": {"outcome": "agree"}, "refuse": {"outcome": "refuse"}, "if_none": {"outcome": "agree"}}
    doc = each(kit, {"title": "门店", "org": "owner", "for_each": "form.sites", "start": "in", "nodes": {"in": inner}})
    assert keys(doc) == set()
    walk = begun(kit, doc, {"form": {"sites": [{"rooms": []}, {"rooms": [{}, {}]}]}})
    assert walk.open == ["review.p.sites[2].in.rooms[1].look", "review.p.sites[2].in.rooms[2].look"]
    walk.act("review.p.sites[2].in.rooms[1].look", "refuse")
    walk.act("review.p.sites[2].in.rooms[2].look", "pass")
    assert walk.open == ["review.d"]
    assert walk.marking.outcomes["review.p"] == "agree"


def test_four_eyes_in_a_repeated_branch_look_at_the_same_element(kit) -> None:
    look = kit.step(actions={"go": {"title": "好", "to": "again"}})
    again = {**kit.step(actions={"ok": {"title": "好", "outcome": "agree"}}), "holders": {"role": "reviewer", "org": "owner", "not": ["look"]}}
    walk = begun(kit, each(kit, kit.branch("门店", for_each="form.sites", nodes={"look": look, "again": again})), SITES)
    walk.act("review.p.sites[1].look", "go", actor="a")
    walk.act("review.p.sites[2].look", "go", actor="b")
    with pytest.raises(RouteRefused) as found:
        walk.act("review.p.sites[1].again", "ok", actor="a")
    assert found.value.message_key == "routing.four_eyes"
    walk.act("review.p.sites[2].again", "ok", actor="a")


def test_a_refusal_stops_the_other_elements(kit) -> None:
    walk = begun(kit, each(kit, join={"policy": "all", "on_refuse": "stop_others"}), SITES)
    walk.act("review.p.sites[1].look", "refuse")
    assert walk.open == ["review.d"]
    assert walk.marking.outcomes["review.p"] == "refuse"


@pytest.mark.parametrize(
    ("branch", "expected"),
    [({"for_each": "form.name"}, "each_no_list"), ({"for_each": "party.kind"}, "each_no_list"), ({"for_each": "row.rooms"}, "row_outside")],
)
def test_a_list_that_is_none_is_not_published(kit, branch, expected) -> None:
    types = {"form.name": "text", "form.sites": "rows"}
    assert expected in keys(each(kit, kit.branch("门店", **branch)), types=types)
    assert keys(each(kit), types=types) == set()


def test_row_is_known_inside_only_and_a_repeated_branch_leads_nobody(kit) -> None:
    doc = each(kit)
    doc["review"]["nodes"]["d"] = {**kit.DECIDE, "actions": {"grant": {"title": "准", "outcome": "grant", "when": {"var": "row.ok"}}}}
    assert "row_outside" in keys(doc)
    assert "lead_skippable" in keys(each(kit, join={"policy": "lead"}, lead="sites"))


def test_the_state_of_a_repeated_branch_is_that_of_all_its_elements(kit) -> None:
    walk = begun(kit, each(kit), SITES)
    walk.act("review.p.sites[1].look", "pass")
    assert states_of(walk.spec, walk.marking)["review.p.sites.look"] == "now"
    walk.act("review.p.sites[2].look", "pass")
    assert states_of(walk.spec, walk.marking)["review.p.sites.look"] == "done"
    for locale in ("zh", "en"):
        assert "routing." not in draw(walk.spec, state=states_of(walk.spec, walk.marking), facts=walk.facts, locale=locale)
    assert any("每" in line.words for line in outline(walk.spec) if line.path == "review.p.sites")


# sub-cases ----------------------------------------------------------------------------------------------------------


def parent(kit, **more):
    sub = {**SUB, **ENDS, "give": {"address": {"var": "form.address"}}, "take": {"report": "result.report"}, **more}
    return kit.route({"s": sub, "d": kit.DECIDE})


def test_a_case_waits_for_another_item_and_goes_on_by_its_end(kit) -> None:
    for end, opened in (("granted", ["review.d"]), ("refused", ["delivery"]), ("cancelled", ["delivery"])):
        walk = begun(kit, parent(kit), {"form": {"address": "解放路1号"}})
        child = walk.plan.children[0]
        assert (child.item, child.values, child.wait, child.task) == ("water-test", {"address": "解放路1号"}, True, walk.no("review.s"))
        assert not any("解放路" in str(e.body) for e in walk.events)
        assert walk.open == ["review.s"]
        walk.do("child_ended", action=end, data={"node": child.node, "visit": child.visit, "child": "case-2"})
        assert walk.open == opened
        assert walk.marking.children == {"review.s#1": end}


def test_what_the_child_brings_back_is_a_fact_of_its_node(kit) -> None:
    doc = parent(kit)
    seen = {"title": "准", "outcome": "grant", "when": {"==": [{"var": "s.result.report"}, "合格"]}}
    doc["review"]["nodes"]["d"] = {**kit.DECIDE, "actions": {**kit.DECIDE["actions"], "grant": seen}}
    assert keys(doc) == set()
    walk = begun(kit, doc)
    walk.do("child_ended", action="granted", data={"node": "review.s", "visit": 1, "child": "c"})
    brought = taken(walk.spec.nodes["review.s"], {"result": {"report": "合格", "secret": 1}})
    assert brought == {"report": "合格"}
    walk.facts["s"] = {"result": brought, "outcome": "forged"}
    walk.act("review.d", "grant")
    seen["when"] = {"==": [{"var": "s.result.secret"}, 1]}
    assert keys(doc) == {"not_taken"}


def test_a_child_that_nobody_waits_for_is_noted_when_it_ends_even_after_the_parent(kit) -> None:
    walk = begun(kit, parent(kit, wait=False))
    assert walk.open == ["review.d"]
    walk.do("withdraw")
    walk.do("child_ended", action="refused", data={"node": "review.s", "visit": 1, "child": "c"})
    assert walk.marking.children == {"review.s#1": "refused"}
    assert walk.marking.status == "withdrawn"


@pytest.mark.parametrize(
    ("action", "data"),
    [("granted", {"node": "review.s", "visit": 2}), ("granted", {}), ("won", {"node": "review.s", "visit": 1}), (None, {"node": [], "visit": {}})],
)
def test_the_end_of_a_child_nobody_has_is_refused(kit, action, data) -> None:
    walk = begun(kit, parent(kit))
    before = walk.marking
    with pytest.raises(RouteRefused):
        walk.do("child_ended", action=action, data=data)
    assert walk.marking == before


def test_a_child_ends_once(kit) -> None:
    walk = begun(kit, parent(kit))
    walk.do("child_ended", action="granted", data={"node": "review.s", "visit": 1, "child": "c"})
    with pytest.raises(RouteRefused) as found:
        walk.do("child_ended", action="refused", data={"node": "review.s", "visit": 1, "child": "c"})
    assert found.value.message_key == "routing.no_such_child"


def test_no_item_comes_to_wait_for_itself(kit) -> None:
    spec = compile_route(parent(kit))
    assert check_route(spec, code="food", children={"water-test": ["lab"], "lab": []}) == []
    for children in ({"water-test": ["lab"], "lab": ["food"]}, {"water-test": ["food"]}):
        found = check_route(spec, code="food", children=children)
        assert [f.key for f in found] == ["routing.check.item_cycle"]
        assert "food → water-test" in found[0].words("zh")
    assert [f.key for f in check_route(spec, code="water-test")] == ["routing.check.item_cycle"]


def test_a_sub_case_in_a_repeated_branch_gives_its_own_row(kit) -> None:
    sub = {**SUB, "granted": {"outcome": "agree"}, "refused": {"outcome": "refuse"}, "cancelled": {"outcome": "refuse"}}
    sub["give"] = {"name": {"var": "row.name"}}
    doc = each(kit, {"title": "门店", "org": {"department": "health"}, "for_each": "form.sites", "start": "s", "nodes": {"s": sub | {"org": "branch"}}})
    walk = begun(kit, doc, SITES)
    assert [(c.node, c.values, c.org) for c in walk.plan.children] == [
        ("review.p.sites[1].s", {"name": "东"}, {"department": "health"}),
        ("review.p.sites[2].s", {"name": "西"}, {"department": "health"}),
    ]


def test_a_sub_case_reads_as_one_sentence(kit) -> None:
    spec = compile_route(parent(kit))
    for locale in ("zh", "en"):
        assert "routing." not in sentence(spec, spec.nodes["review.s"], locale=locale)
    assert "不等" in sentence(compile_route(parent(kit, wait=False)), compile_route(parent(kit, wait=False)).nodes["review.s"])


# one visit for several branches -------------------------------------------------------------------------------------


def test_one_joint_visit_is_counted_once_for_all_branches_that_join_it(kit) -> None:
    branches = {f"b{i}": kit.branch(f"部门{i}", nodes={"look": {**kit.step(), "pauses": ["visit"]}}) for i in range(3)}
    block = {"kind": "parallel", "title": "并联", "branches": branches, "join": {"policy": "all"}, "agree": {"to": "d"}, "refuse": {"to": "d"}}
    pauses = {"visit": {"title": "联合踏勘", "max": {"value": 5, "unit": "working_day"}, "shared": True, "basis": "规定"}}
    walk = begun(kit, kit.route({"p": block, "d": kit.DECIDE}, pauses=pauses))
    main = []
    nos = [walk.no(f"review.p.b{i}.look") for i in range(3)]
    for no in nos[:2]:
        main += [c.op for c in walk.do("open_pause", task=no, action="visit").clocks if c.clock in ("main", "pause:visit")]
    assert walk.marking.pauses == {"visit": tuple(nos[:2])}
    walk.act("review.p.b2.look", "pass")  # the third department goes on meanwhile
    for no in nos[:2]:
        main += [c.op for c in walk.do("close_pause", task=no, action="visit").clocks if c.clock in ("main", "pause:visit")]
    assert main == ["pause", "start", "stop", "resume"]
    assert walk.marking.status == "in_review"


def test_a_shared_visit_is_joined_by_the_elements_of_a_list_too(kit) -> None:
    pauses = {"visit": {"title": "联合踏勘", "max": kit.DAY, "shared": True, "basis": "规定"}}
    doc = each(kit, kit.branch("门店", for_each="form.sites", nodes={"look": {**kit.step(), "pauses": ["visit"]}}))
    walk = begun(kit, {**doc, "pauses": pauses}, SITES)
    nos = [walk.no(f"review.p.sites[{n}].look") for n in (1, 2)]
    for no in nos:
        walk.do("open_pause", task=no, action="visit")
    assert walk.marking.pauses == {"visit": tuple(nos)}
    plan = advance(walk.spec, walk.marking, Order("close_pause", nos[0], "visit"), walk.facts)
    assert "main" not in {c.clock for c in plan.clocks}
