"""The shape of a route is changed by named steps: a sound route stays sound, whatever is asked of it, and a wrong draft is no reason to fail."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.items.studio import routing, scopes
from core.items.studio.edits import apply
from core.items.studio.errors import CannotRoute
from core.items.studio.scopes import REVIEW
from core.items.studio.spots import find
from core.kernel.errors import PlatformError
from core.routing.service import check_route, compile_route
from tests.routing.test_random_routes import document
from tests.routing.test_random_routes import scopes as random_scopes

DECIDE = (*REVIEW, "nodes", "decide")
JOINT = (*REVIEW, "nodes", "joint")
MARKET = (*JOINT, "branches", "market")


@pytest.fixture
def content(food) -> dict[str, Any]:
    return {"item": copy.deepcopy(food), "form": {}, "blocks": {}}


def done(content, edits):
    """The content after *edits*, which come back as they went."""
    made = apply(content, edits)
    assert apply(made.doc, made.undo).doc == content
    return made.doc


def sound(content):
    return [f.key for f in check_route(compile_route(content["item"]["route"])) if f.level == "error"]


def nodes(content, at=REVIEW):
    return find(content, at)["nodes"]


@pytest.mark.parametrize("kind", scopes.KINDS)
def test_a_node_of_each_kind_takes_the_way_of_the_one_before_it(content, kind):
    edits, at = routing.add_node(content, kind, REVIEW, after="joint", title="  复核 ")
    made = done(content, edits)
    assert not sound(made)
    new = at[-1]
    assert find(made, at)["title"] == "复核"
    assert nodes(made)["joint"]["agree"] == nodes(made)["joint"]["refuse"] == {"to": new}
    assert scopes.onward(find(made, at))[0] == ("to", "decide")
    assert content["item"]["route"]["review"]["nodes"].keys() == {"joint", "decide"}, "the draft itself is not changed"


def test_a_node_at_the_start_at_the_end_and_in_a_branch(content):
    edits, at = routing.add_node(content, "step", REVIEW)
    first = done(content, edits)
    assert find(first, REVIEW)["start"] == at[-1]
    edits, at = routing.add_node(content, "sign", REVIEW, after="decide")
    last = done(content, edits)
    assert nodes(last)["decide"]["actions"]["grant"]["to"] == at[-1]
    assert nodes(last)["decide"]["actions"]["refuse"]["outcome"] == "refuse", "a refusal ends the route as before"
    assert find(last, at)["agree"] == {"outcome": "grant"}
    edits, at = routing.add_node(content, "step", MARKET, after="sign")
    lane = done(content, edits)
    assert find(lane, at)["holders"]["org"] == "branch"
    assert scopes.onward(find(lane, at)) == (("outcome", "agree"),)
    for made in (first, last, lane):
        assert not sound(made)
    with pytest.raises(CannotRoute, match="automatic"):
        routing.add_node(content, "auto", REVIEW, after="decide")


def test_where_the_promise_leaves_no_day_a_new_step_is_done_at_once(content):
    content["item"]["route"]["limits"]["promised"]["value"] = 7
    assert not sound(content)
    edits, at = routing.add_node(content, "step", REVIEW, after="joint")
    made = done(content, edits)
    assert find(made, at)["limit"]["unit"] == "at_once"
    assert not sound(made)


def test_removing_leads_on_and_is_refused_where_ways_would_become_one(content):
    sign = (*MARKET, "nodes", "sign")
    made = done(content, routing.remove_node(content, sign))
    assert find(made, (*MARKET, "nodes", "review", "actions", "pass")) == {"title": "通过", "outcome": "agree"}
    assert "route.joint.market.sign.title" not in made["item"]["translations"]["en"]
    assert not sound(made)
    made = done(content, routing.remove_node(content, (*MARKET, "nodes", "review")))
    assert find(made, MARKET)["start"] == "sign"
    assert find(made, (*MARKET, "nodes", "sign", "refuse")) == {"outcome": "refuse"}, "there is nothing to go back to"
    with pytest.raises(CannotRoute, match="决定"):
        routing.remove_node(content, JOINT)  # the decision reads what the departments said
    made = done(content, routing.remove_node(content, DECIDE))
    assert nodes(made)["joint"]["agree"] == {"outcome": "grant"}
    assert nodes(made)["joint"]["refuse"] == {"outcome": "refuse"}, "no is never taken for yes"
    with pytest.raises(CannotRoute):
        routing.remove_node(made, JOINT)  # the only one
    edits = routing.lead_to(content, (*MARKET, "nodes", "review"), ("actions", "refuse"), "to", "sign")
    nodes(content, MARKET)["review"]["actions"]["skip"] = {"title": "直接办结", "outcome": "agree"}
    with pytest.raises(CannotRoute, match="审核会签"):
        routing.remove_node(content, (*MARKET, "nodes", "review"))
    assert edits


def test_moving_along_a_straight_stretch(content):
    edits, at = routing.add_node(content, "step", REVIEW, after="joint", title="甲")
    content = done(content, edits)
    edits, other = routing.add_node(content, "step", REVIEW, after=at[-1], title="乙")
    content = done(content, edits)
    order = scopes.in_order(find(content, REVIEW))
    assert order == ("joint", at[-1], other[-1], "decide")
    later = done(content, routing.move_node(content, at, 1))
    assert scopes.in_order(find(later, REVIEW)) == ("joint", other[-1], at[-1], "decide")
    assert not sound(later)
    back = done(later, routing.move_node(later, at, -1))
    assert back["item"]["route"] == content["item"]["route"]
    for wrong in ((DECIDE, 1), (JOINT, -1)):
        with pytest.raises(CannotRoute):
            routing.move_node(content, *wrong)
    last = done(content, routing.move_node(content, other, 1))
    assert scopes.in_order(find(last, REVIEW))[-1] == other[-1]
    assert not sound(last)
    with pytest.raises(CannotRoute, match="并联审批"):
        once = done(content, routing.move_node(content, DECIDE, -1))
        once = done(once, routing.move_node(once, DECIDE, -1))
        routing.move_node(once, DECIDE, -1)  # it reads what the departments said


def test_another_id_is_carried_to_whatever_speaks_of_it(content):
    content["item"]["route"]["review"]["nodes"]["decide"]["holders"]["not"] = ["intake", "joint.market.review", "joint"]
    made = done(content, routing.rename(content, JOINT, "together"))
    assert not sound(made) or sound(made) == sound(content)
    decide = nodes(made)["decide"]
    assert decide["actions"]["grant"]["when"] == {"==": [{"var": "together.outcome"}, "agree"]}
    assert decide["actions"]["return"]["back"] == "together"
    assert decide["holders"]["not"] == ["intake", "together.market.review", "together"]
    assert find(made, REVIEW)["start"] == "together"
    assert made["item"]["translations"]["en"]["route.together.market.review.pass.title"] == "Pass"
    path = made["item"]["tests"][0]["expect"]["path"]
    assert any(step.startswith("together.") for step in path)
    assert not any(step.startswith("joint.") for step in path)
    lane = done(content, routing.rename(content, MARKET, "authority"))
    assert nodes(lane)["joint"]["lead"] == "authority"
    assert nodes(lane)["decide"]["holders"]["not"][1] == "joint.authority.review"
    inner = done(content, routing.rename(content, (*MARKET, "nodes", "review"), "look"))
    assert find(inner, (*MARKET, "nodes", "sign", "refuse", "back")) == "look"
    assert find(inner, MARKET)["start"] == "look"
    for name in ("decide", "form", "Ü", "", "a" * 65, "1a"):
        with pytest.raises(PlatformError):
            routing.rename(content, JOINT, name)


def test_branches_come_and_go_and_join(content):
    edits, at = routing.add_branch(content, JOINT, "生态环境", "ecology")
    made = done(content, edits)
    assert at[-1] == "ecology"
    assert not sound(made)
    assert find(made, at)["org"] == {"department": "ecology"}
    made = done(made, routing.join_by(made, JOINT, "quorum", need=2))
    assert nodes(made)["joint"]["join"]["need"] == 2
    gone = done(made, routing.remove_branch(made, MARKET))
    assert nodes(gone)["joint"]["lead"] == "ecology", "one that always begins"
    assert not sound(gone)
    with pytest.raises(CannotRoute):
        routing.join_by(content, JOINT, "lead", lead="fire")  # it need not begin
    with pytest.raises(CannotRoute):
        routing.join_by(content, JOINT, "quorum", need=9)
    only = done(content, routing.remove_branch(content, (*JOINT, "branches", "fire")))
    with pytest.raises(CannotRoute, match="last branch"):
        routing.remove_branch(only, MARKET)


def test_where_a_way_leads(content):
    made = done(content, routing.lead_to(content, DECIDE, ("actions", "refuse"), "back", "joint"))
    assert nodes(made)["decide"]["actions"]["refuse"] == {"title": "不予许可", "back": "joint", "max": 1, "needs": ["reason"]}
    for wrong in (("to", "joint"), ("to", "nowhere"), ("outcome", "agree")):
        with pytest.raises(CannotRoute):
            routing.lead_to(content, DECIDE, ("actions", "refuse"), *wrong)
    with pytest.raises(CannotRoute):
        routing.lead_to(content, DECIDE, ("actions", "nothing"), "back", "joint")


ODD = [None, "gone", 7, [], {}, {"kind": "step"}, {"nodes": []}, {"nodes": {"a": 3, "b": {"kind": "step", "actions": {"x": 1}}}, "start": "a"}]


@pytest.mark.parametrize("odd", ODD, ids=str)
@pytest.mark.parametrize("at", [REVIEW, JOINT, DECIDE, MARKET, (*MARKET, "nodes", "sign"), ("item", "translations"), ("item", "tests")], ids=lambda at: at[-1])
def test_a_wrong_draft_is_changed_or_refused_in_words(content, odd, at):
    holder = find(content, at[:-1])
    holder[at[-1]] = odd
    scopes.outline(content)
    for change in (
        lambda: routing.add_node(content, "auto", REVIEW, after="joint")[0],
        lambda: routing.add_node(content, "parallel", MARKET)[0],
        lambda: routing.remove_node(content, DECIDE),
        lambda: routing.remove_node(content, JOINT),
        lambda: routing.move_node(content, JOINT, 1),
        lambda: routing.rename(content, JOINT, "together"),
        lambda: routing.add_branch(content, JOINT, "x", "fire")[0],
        lambda: routing.remove_branch(content, MARKET),
        lambda: routing.lead_to(content, DECIDE, ("actions", "grant"), "outcome", "refuse"),
        lambda: routing.join_by(content, JOINT, "any"),
    ):
        try:
            done(content, change())
        except CannotRoute as refused:
            assert not refused.words("zh").startswith("items.")


DO = st.tuples(st.sampled_from(["add", "remove", "earlier", "later", "rename", "branch", "unbranch", "lead", "join"]), st.integers(0, 50), st.integers(0, 50))


def asked(content, do, which, how):
    """One change, of whatever the route holds."""
    lines = scopes.outline(content)
    places = [line for line in lines if not line.branch]
    line = places[which % len(places)]
    at, scope = line.at, scopes.scope_at(line.at)
    lanes = [each for each in lines if each.branch]
    if do == "add":
        after = [None, *nodes(content, scope)]
        return routing.add_node(content, scopes.KINDS[how % 5], scope, after=after[which % len(after)])[0]
    if do in ("earlier", "later"):
        return routing.move_node(content, at, 1 if do == "later" else -1)
    if do == "rename":
        return routing.rename(content, lanes[how % len(lanes)].at if lanes and how % 3 == 0 else at, f"other_{how}")
    if do == "branch":
        return routing.add_branch(content, at, "新分支", "fire")[0]
    if do == "unbranch" and lanes:
        return routing.remove_branch(content, lanes[which % len(lanes)].at)
    if do == "lead" and scopes.ways(find(content, at)):
        ways = scopes.ways(find(content, at))
        targets = [("to", each) for each in nodes(content, scope)] + [("back", each) for each in nodes(content, scope)]
        targets += [("outcome", each) for each in routing.outcomes(scope)]
        return routing.lead_to(content, at, ways[how % len(ways)].place, *targets[which % len(targets)])
    if do == "join":
        return routing.join_by(content, at, routing.POLICIES[how % 4], need=1 + which % 3)
    return routing.remove_node(content, at)


def reachable(scope):
    """*scope* without what nothing leads to – the generator leaves such nodes –, at any depth."""
    seen, todo = set(), [scope["start"]]
    while todo:
        here = todo.pop()
        if here not in seen and here in scope["nodes"]:
            seen.add(here)
            todo += [way.target for way in scopes.ways(scope["nodes"][here]) if way.lead == "to"]
    for node in scope["nodes"].values():
        for branch in scopes.branches_of(node).values():
            branch["nodes"] = reachable(branch)["nodes"]
    for name in seen:
        for way in scopes.ways(scope["nodes"][name]):
            if way.lead == "back" and way.target not in seen:
                scope["nodes"][name]["actions"].pop(way.place[1])
    return {"start": scope["start"], "nodes": {name: node for name, node in scope["nodes"].items() if name in seen}}


@given(random_scopes(("grant", "refuse"), 0), st.lists(DO, min_size=1, max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_sound_route_stays_sound_under_any_changes(review, changes):
    content = {"item": {"department": "market_regulation", "route": document(reachable(copy.deepcopy(review)))}, "form": {}, "blocks": {}}
    if sound(content):
        return  # by_hand to a node that is no human's: the generator's, not ours
    for each in changes:
        try:
            content = done(content, asked(content, *each))
        except CannotRoute as refused:
            assert not refused.words("zh").startswith("items.")
            assert not refused.words("en").startswith("items.")
        assert not sound(content), each
