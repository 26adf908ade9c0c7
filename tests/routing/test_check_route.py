"""Every finding of the static checks, each provoked once."""

import copy

import pytest

from core.routing.service import BadRoute, check_route, compile_route, worst_case


def keys(doc, **known):
    return {f.key.removeprefix("routing.check."): f for f in check_route(compile_route(doc), **known)}


def errors(doc, **known):
    return {key for key, f in keys(doc, **known).items() if f.level == "error"}


def test_the_worked_example_is_sound(kit) -> None:
    assert errors(kit.EXAMPLE) == set()


def test_a_small_sound_route_has_no_findings(kit) -> None:
    assert check_route(compile_route(kit.route({"a": kit.DECIDE})), hooks=("x.y",), items=("z",), organisations=lambda holders: ()) == []


def test_an_automatic_step_that_no_plugin_does_is_named_with_its_spot(kit) -> None:
    assert "hook_missing" not in errors(kit.EXAMPLE, hooks=("credit_scoring.check",)), "it is done here"
    for known in ((), ("credit_scoring.score",)):
        assert keys(kit.EXAMPLE, hooks=known)["hook_missing"].path == "review.credit.hook", "none at all is an answer too"


def change(kit, path, value):
    doc = copy.deepcopy(kit.EXAMPLE)
    place = doc
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return doc


NODES = ("review", "nodes")
MARKET = (*NODES, "joint", "branches", "market", "nodes")


@pytest.mark.parametrize(
    ("path", "value", "expected", "spot"),
    [
        ((*NODES, "credit", "to"), "nowhere", "target_missing", "review.credit.done"),
        ((*MARKET, "review", "actions", "pass", "to"), "decide", "target_missing", "review.joint.market.review.pass"),
        (("review", "start"), "nowhere", "start_missing", "review.start"),
        (("review", "start"), "joint", "unreachable", "review.credit"),
        ((*NODES, "decide", "actions", "return"), {"title": "退回", "to": "joint"}, "loop", "review.joint"),
        ((*NODES, "decide", "actions", "grant", "outcome"), "agree", "wrong_end", "review.decide.grant"),
        ((*MARKET, "review", "actions", "refuse", "outcome"), "grant", "wrong_end", "review.joint.market.review.refuse"),
        ((*NODES, "joint", "lead"), "fire", "lead_skippable", "review.joint.lead"),
        ((*NODES, "joint", "lead"), None, "lead_missing", "review.joint.lead"),
        ((*NODES, "joint", "join"), {"policy": "quorum", "need": 4}, "quorum_too_large", "review.joint.join.need"),
        ((*NODES, "joint", "branches", "market", "when"), True, "nobody_may_start", "review.joint"),
        ((*NODES, "decide", "pauses"), ["spa"], "pause_undeclared", "review.decide.pauses"),
        ((*NODES, "decide", "holders", "org"), "branch", "no_branch", "review.decide.holders"),
        ((*NODES, "decide", "holders", "not"), ["credit_by_hand"], "not_always_before", "review.decide.holders.not"),
        (
            (*MARKET, "two_sign", "groups"),
            [{"holders": {"role": "expert", "org": "branch"}, "need": 3, "of": 2}],
            "need_too_many",
            "review.joint.market.two_sign.groups.0",
        ),
        (("limits", "promised", "value"), 16, "promise_too_long", "limits.promised"),
        (("limits", "promised", "value"), 7, "worst_over_promise", "review"),
        ((*NODES, "decide", "actions", "return", "title"), "准予许可", "same_title", "review.decide.actions.return"),
        ((*NODES, "credit", "by_hand"), "joint", "by_hand_not_human", "review.credit.by_hand"),
    ],
)
def test_each_fault_is_found_at_its_spot(kit, path, value, expected, spot) -> None:
    found = keys(change(kit, path, value))
    assert expected in found
    assert found[expected].level == "error"
    assert spot in {f.path for f in check_route(compile_route(change(kit, path, value))) if f.key.endswith(expected)}
    assert not found[expected].words("zh").startswith("routing.")


def test_all_findings_come_at_once(kit) -> None:
    doc = change(kit, ("limits", "promised", "value"), 16)
    doc["review"]["nodes"]["decide"]["pauses"] = ["spa"]
    doc["review"]["nodes"]["joint"]["lead"] = "fire"
    assert {"promise_too_long", "pause_undeclared", "lead_skippable"} <= errors(doc)


def test_hooks_items_and_holders_are_looked_up_where_known(kit) -> None:
    assert {"hook_missing", "item_missing"} <= errors(kit.EXAMPLE, hooks=("other.hook",), items=("other",))
    assert not {"hook_missing", "item_missing"} & errors(kit.EXAMPLE, hooks=("credit_scoring.check",), items=("water-test",))
    empty = keys(kit.EXAMPLE, organisations=lambda holders: ["青山县消防救援大队"] if holders.org == {"department": "fire"} else [])
    assert "青山县消防救援大队" in empty["nobody_holds"].words("zh")


def test_paths_of_rules_are_looked_up_in_the_form(kit) -> None:
    types = {"form.area": "number", "form.company_id": "text", "form.own_well": "bool", "form.address": "text"}
    assert "unknown_path" not in {f.key.removeprefix("routing.check.") for f in check_route(compile_route(kit.EXAMPLE, types), types=types)}
    with pytest.raises(BadRoute) as refused:
        compile_route(kit.EXAMPLE, {"form.company_id": "text"})
    assert any(f.path.startswith("intake.checks.0.when") for f in refused.value.findings)


def test_unknown_limits_warn_and_are_never_invented(kit) -> None:
    doc = kit.route({"a": {**kit.DECIDE, "limit": {"value": None, "unit": "working_day"}}})
    found = keys(doc)
    assert found["no_limit"].level == "warning"
    assert worst_case(compile_route(doc)).unknown == 1


def test_the_worst_case_is_known_with_and_without_loops(kit) -> None:
    steps = {
        "a": kit.step(actions={"go": {"title": "好", "to": "b"}}),
        "b": kit.step(actions={"ok": {"title": "好", "outcome": "grant"}, "re": {"title": "退", "back": "a", "max": 3}}),
    }
    found = worst_case(compile_route(kit.route(steps)))
    assert (found.without_loops, found.with_loops) == (2, 8)


def test_a_limit_too_long_for_any_calendar_is_a_finding(kit) -> None:
    doc = kit.route({"a": {**kit.DECIDE, "limit": {"value": 3650, "unit": "month"}}})
    with pytest.raises(BadRoute) as refused:
        compile_route(doc)
    assert refused.value.findings[0].path == "review.a.limit"


def test_blocks_nested_too_deep_are_refused_not_overflowed(kit) -> None:
    node = kit.step(actions={"ok": {"title": "好", "outcome": "agree"}})
    for _ in range(40):
        branch = {"title": "支", "org": "owner", "start": "n", "nodes": {"n": node}}
        node = {
            "kind": "parallel",
            "title": "层",
            "branches": {"b": branch},
            "join": {"policy": "all"},
            "agree": {"outcome": "agree"},
            "refuse": {"outcome": "refuse"},
        }
    with pytest.raises(BadRoute) as refused:
        compile_route(kit.route({"n": node}))
    assert "routing.too_deep" in {f.key for f in refused.value.findings}
