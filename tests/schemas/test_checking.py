"""All errors at once, each at its spot, in words, with how to mend it – and the quick validator never disagrees with the authority."""

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest

from core.kernel.errors import Finding
from core.schemas import catalogue, checking
from core.schemas import service as schemas

ROUTE = json.loads((Path(__file__).parent / "route_example.json").read_text("utf-8"))


def broken(*changes: tuple[str, Any]) -> dict[str, Finding]:
    """Findings by path after *changes* to the example; the value ``...`` deletes."""
    doc = copy.deepcopy(ROUTE)
    for path, value in changes:
        *front, last = path.split("/")
        at = doc
        for key in front:
            at = at[int(key)] if isinstance(at, list) else at[key]
        if value is ...:
            del at[last]
        else:
            at[last] = value
    return {f.path: f for f in schemas.validate("route", doc)}


def test_the_worked_example_is_valid() -> None:
    assert schemas.validate("route", ROUTE) == []


def test_all_errors_are_found_at_once_with_readable_paths() -> None:
    found = broken(
        ("review/nodes/credit/kind", "atuo"),
        ("review/nodes/decide/holders/role", "leaderr"),
        ("review/nodes/joint/branches/fire/nodes/opinion/limit", {"value": "4", "unit": "工作日"}),
        ("review/nodes/joint/branches/market/nodes/review/title", ...),
        ("intake/checks/0/when", {">": [{"vra": "x"}, 300]}),
        ("delivery/ways", ...),
        ("dlivery", 1),
        ("anytime/withdraw/by", "applicnt"),
    )
    assert set(found) == {
        "review.nodes.credit.kind",
        "review.nodes.decide.holders.role",
        "review.nodes.joint.branches.fire.nodes.opinion.limit.value",
        "review.nodes.joint.branches.fire.nodes.opinion.limit.unit",
        "review.nodes.joint.branches.market.nodes.review.title",
        "intake.checks[0].when.>[0].vra",
        "delivery.ways",
        "dlivery",
        "anytime.withdraw.by",
    }


@pytest.mark.parametrize(
    ("path", "value", "spot", "zh", "en"),
    [
        ("review/nodes/credit/kind", "atuo", "review.nodes.credit.kind", "是不是“auto”", "did you mean “auto”"),
        ("review/nodes/decide/limit/unit", "工作日", "review.nodes.decide.limit.unit", "是不是“working_day”", "did you mean “working_day”"),
        ("review/nodes/decide/limit/value", "2", "review.nodes.decide.limit.value", "请去掉引号,写成 2", "remove the quotes: 2"),
        ("review/nodes/decide/limit/value", -1, "review.nodes.decide.limit.value", "不能小于 0", "Not less than 0"),
        ("review/nodes/decide/titel", "x", "review.nodes.decide.titel", "没有“titel”", "There is no “titel”"),
        ("review/nodes/decide/actions/grant/outcome", ..., "review.nodes.decide.actions.grant", "to、outcome、back", "Exactly one"),
        ("review/nodes/decide/actions/return/max", ..., "review.nodes.decide.actions.return.max", "写了 back", "With back"),
        ("review/nodes/joint/join", {"policy": "quorum"}, "review.nodes.joint.join.need", "缺少“need”", "“need” is missing"),
        ("review/nodes/bad name", {}, 'review.nodes."bad name"', "不能作名称", "cannot be a name"),
        ("delivery/ways", "post", "delivery.ways", "[ … ]", "[ … ]"),
        ("delivery/ways", ["post", "post"], "delivery.ways[1]", "重复", "twice"),
        ("delivery/ways", [], "delivery.ways", "至少 1 项", "At least 1"),
        ("delivery/limit", None, "delivery.limit", "不能是空", "not null"),
        ("title", "", "title", "至少 1 个字", "At least 1"),
        ("schema_version", 2, "schema_version", "应当是 1", "should be 1"),
        ("review/start", "Credit", "review.start", "格式不对", "wrong form"),
        ("review/start", "\uff43redit", "review.start", "全角", "full-width"),
        ("review/start", "credit\n", "review.start", "格式不对", "wrong form"),
        ("anytime/withdraw/by", {"role": "window"}, "anytime.withdraw.by.org", "缺少“哪个单位”", "missing"),
        ("intake/holders", 5, "intake.holders", "对象 {…}、文字", "an object {…} or text"),
        ("limits/statutory/cases", [{"when": True, "value": 45}], "limits.statutory.cases[0].unit", "缺少“单位”", "missing"),
    ],
)
def test_a_finding_says_what_is_wrong_and_how_to_mend_it(path: str, value: Any, spot: str, zh: str, en: str) -> None:
    found = broken((path, value))
    assert list(found) == [spot]
    assert zh in found[spot].words("zh")
    assert en in found[spot].words("en")


def test_one_wrong_word_deep_in_nested_branches_gives_one_finding() -> None:
    nested = {"kind": "step", "title": "t", "limit": {"value": 1, "unit": "day"}, "holders": "applicant", "actions": {"a": {"title": "a", "outcome": "agree"}}}
    for _ in range(6):
        branch = {"title": "b", "org": "owner", "start": "x", "nodes": {"x": nested}}
        nested = {
            "kind": "parallel",
            "title": "p",
            "branches": {"b": branch},
            "join": {"policy": "all"},
            "agree": {"outcome": "agree"},
            "refuse": {"outcome": "refuse"},
        }
    found = broken(("review/nodes", {"x": nested}))
    assert list(found) == ["review.nodes.x" + ".branches.b.nodes.x" * 6 + ".limit.unit"]


def test_a_document_of_another_kind_of_json_is_a_finding_not_an_error() -> None:
    for doc in (None, 5, "x", [], True, {}):
        assert schemas.validate("item", doc)


def test_nesting_beyond_reason_is_refused_before_any_validator_recurses() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"!": deep}
    assert [f.key for f in schemas.validate("route", {"x": deep})] == ["schemas.too_deep"]


def test_an_unknown_kind_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(LookupError):
        schemas.validate("licence", {})


def mutate(doc: Any, r: random.Random) -> Any:
    """*doc* with one random thing changed somewhere."""
    spots: list[tuple[Any, Any]] = []

    def collect(node: Any) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            spots.append((node, key))
            if isinstance(value, dict | list):
                collect(value)

    collect(doc)
    at, key = r.choice(spots)
    if isinstance(at, dict) and r.random() < 0.3:
        del at[key]
    elif isinstance(at, dict) and r.random() < 0.2:
        at[r.choice(["title", "to", "when", "x\n", "kind", "a" * 80, "_"])] = at.pop(key)
    else:
        at[key] = r.choice([None, True, 0, 1.0, -1, 2.5, "", "x", "step", "a\n", [], {}, ["x", "x"], {"var": "a"}, {"==": [1, 2], "<": 1}, "\u3000", 10**30])
    return doc


@pytest.mark.parametrize("kind", ["route", "item", "form"])
def test_the_quick_validator_agrees_with_the_authority(kind: str) -> None:
    fast = checking._fast(kind, 1)
    if fast is None:
        pytest.skip("jsonschema-rs is not installed; the authority alone decides")
    form = {"$schema": f"{catalogue.BASE}form.v1.schema.json", "schema_version": 1, "id": "f", "title": "表", "type": "object", "properties": {}}
    form["properties"] = {
        "a": {"type": "string", "title": "甲", "oneOf": [{"const": 1, "title": "一"}], "ui": {"visible_when": {"==": [{"var": "form.a"}, 1]}}}
    }
    start = {"route": ROUTE, "form": form, "item": {"$schema": "x", "route": ROUTE}}[kind]
    r = random.Random(7)
    verdicts = set()
    for _ in range(50):
        doc = mutate(copy.deepcopy(start), r)
        truth = checking._authority(kind, 1).is_valid(doc)
        verdicts.add(truth)
        assert fast(doc) is truth, doc
        assert (schemas.validate(kind, doc) == []) is truth
    assert kind == "item" or verdicts == {True, False}


def test_findings_are_the_same_without_the_quick_validator(monkeypatch: pytest.MonkeyPatch) -> None:
    with_it = broken(("review/nodes/decide/titel", 1))
    monkeypatch.setattr(checking, "_fast", lambda *_: None)
    assert broken(("review/nodes/decide/titel", 1)) == with_it
    assert schemas.validate("route", ROUTE) == []


@pytest.mark.parametrize("kind", ["route", "form"])
def test_a_document_wrong_somewhere_gets_the_same_findings_whether_or_not_its_sound_entries_are_passed_by(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    field = {"type": "string", "title": "甲", "oneOf": [{"const": "nodes", "title": "一"}], "ui": {"field": "choice"}}
    names = ("a", "b", "nodes", "properties")
    form = {"$schema": f"{catalogue.BASE}form.v1.schema.json", "schema_version": 1, "id": "f", "title": "表", "type": "object"}
    start = ROUTE if kind == "route" else {**form, "properties": {name: {**field, "title": name} for name in names}}
    r = random.Random(11)
    wrong = [mutate(mutate(copy.deepcopy(start), r), r) for _ in range(40)]
    quickly = [schemas.validate(kind, doc) for doc in wrong]
    monkeypatch.setattr(checking, "_fast", lambda *_: None)
    assert quickly == [schemas.validate(kind, doc) for doc in wrong]
    assert any(quickly)
