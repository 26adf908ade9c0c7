"""What the publish gate finds wrong with a bundle, each tried on the real one with one thing broken."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.kernel.wording import word
from plugins.multi_certificate import bundles, checking

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "plugins" / "multi_certificate"
Doc = dict[str, Any]


def read(path: Path) -> Doc:
    found: Doc = json.loads(path.read_text(encoding="utf-8"))
    return found


def shelf(*roots: Path) -> tuple[dict[str, Doc], dict[str, Doc]]:
    items = {path.stem: read(path) for root in roots for path in root.glob("item_configs/*/*.json")}
    return items, {path.stem: read(path) for root in roots for path in root.glob("form_definitions/*.json")}


def found(change: Callable[[Doc, Doc, dict[str, Any]], None] = lambda *_: None, code: str = "company-establish", *roots: Path) -> list[str]:
    """Keys of the findings on the real bundle after *change(doc, form, items)*."""
    items, forms = shelf(*(roots or (ROOT,)))
    doc, form = copy.deepcopy(items[code]), copy.deepcopy(forms[items[code]["form"]])
    parts: dict[str, Any] = {each["item"]: (items[each["item"]], forms[items[each["item"]]["form"]]) for each in options(doc)["parts"]}
    change(doc, form, parts)
    bundle = bundles.read(doc, options(doc))
    return sorted({each.key.removeprefix("multi_certificate.") for each in checking.check(doc, form, bundle, parts)})


def options(doc: Doc) -> Doc:
    chosen: Doc = doc["plugins"]["multi_certificate"]
    return chosen


def part(doc: Doc, name: str) -> Doc:
    return next(each for each in options(doc)["parts"] if each["id"] == name)


def node(doc: Doc, block: str, name: str) -> Doc:
    inner: Doc = doc["route"]["review"]["nodes"][block]["branches"][name]["nodes"]["case"]
    return inner


def meaning(doc: Doc, field: str) -> Doc:
    return next(each for each in options(doc)["meanings"] if each["field"] == field)


def test_the_company_bundle_and_the_eighteen_in_one_are_whole() -> None:
    assert found() == []
    assert found(lambda *_: None, "eighteen-certificates", ROOT, FOLDER / "samples") == []


def test_eighteen_certificates_are_the_licence_and_seventeen_parts_and_name_what_the_plan_names() -> None:
    items, _forms = shelf(FOLDER / "samples")
    parts = options(items["eighteen-certificates"])["parts"]
    assert len(parts) == 17
    titles = {each["title"]["zh"] for each in parts if "source" in each}
    assert {"组织机构代码", "税务登记信息确认", "社会保险登记", "统计登记", "旅行社分社备案", "外商投资企业设立备案", "广告发布登记"} <= titles
    assert all(("source" in each) != ("assumed" in each) for each in parts)


def test_the_options_follow_their_schema_and_an_eighteenth_part_does_not() -> None:
    schema = Draft202012Validator(read(FOLDER / "options.schema.json"))
    items, _forms = shelf(ROOT, FOLDER / "samples")
    for code in ("company-establish", "eighteen-certificates"):
        assert list(schema.iter_errors(options(items[code]))) == []
    many = copy.deepcopy(options(items["eighteen-certificates"]))
    many["parts"].append({**many["parts"][0], "id": "one_more"})
    assert not schema.is_valid(many)
    both = copy.deepcopy(options(items["company-establish"]))
    both["parts"][0] |= {"assumed": "x"}
    assert not schema.is_valid(both), "a source or an assumption, not both"


BROKEN: dict[str, Callable[[Doc, Doc, dict[str, Any]], Any]] = {
    "no_such_result": lambda doc, _form, _items: options(doc).update(licence="nothing"),
    "id_twice": lambda doc, _form, _items: part(doc, "tax").update(id="seal"),
    "item_missing": lambda _doc, _form, items: items.update({"new-business-tax": None}),
    "other_authority": lambda doc, _form, _items: part(doc, "tax").update(authority="health"),
    "not_begun": lambda doc, _form, _items: doc["route"]["review"]["nodes"]["tell"]["branches"].pop("seal"),
    "begun_twice": lambda doc, _form, _items: node(doc, "tell", "medical").update(item="company-seal-record"),
    "must_wait": lambda doc, _form, _items: node(doc, "parts", "tax").update(wait=False),
    "must_not_wait": lambda doc, _form, _items: node(doc, "tell", "seal").update(wait=True),
    "subcase_without_part": lambda doc, _form, _items: node(doc, "tell", "seal").update(item="public-place-hygiene"),
    "no_such_field": lambda doc, _form, _items: meaning(doc, "company_name").update(field="nothing"),
    "no_such_part": lambda doc, _form, _items: meaning(doc, "company_name")["fills"].update(nobody="unit_name"),
    "part_has_not": lambda doc, _form, _items: meaning(doc, "company_name")["fills"].update(seal="colour"),
    "two_meanings": lambda doc, _form, _items: meaning(doc, "legal_name")["fills"].update(tax=["legal_name", "taxpayer_name"]),
    "said_twice": lambda doc, _form, _items: options(doc)["meanings"].append(copy.deepcopy(meaning(doc, "company_name"))),
    "unfilled": lambda doc, _form, _items: node(doc, "parts", "social")["give"].pop("handler_id"),
    "given_otherwise": lambda doc, _form, _items: node(doc, "parts", "tax")["give"].update(address={"var": "form.business_address"}),
    "given_unsaid": lambda doc, _form, _items: meaning(doc, "company_phone")["fills"].pop("tax"),
    "asked_twice": lambda _doc, form, _items: form["properties"]["owner_phone"].update(title=form["properties"]["company_phone"]["title"]),
}


@pytest.mark.parametrize("key", BROKEN)
def test_one_thing_broken_is_found_and_named(key: str) -> None:
    assert key in found(BROKEN[key])


def test_every_finding_is_worded_in_both_languages() -> None:
    wording = read(FOLDER / "wording.json")
    assert {f"multi_certificate.{key}" for key in (*BROKEN, "item_twice")} == set(wording)
    assert all(each["zh"] and each["en"] for each in wording.values())
    assert word("multi_certificate.nothing_here") == "multi_certificate.nothing_here"


def test_a_field_that_nobody_types_need_not_be_filled() -> None:
    def computed(_doc: Doc, _form: Doc, items: dict[str, Any]) -> None:
        doc, form = copy.deepcopy(items["new-business-tax"])
        form["properties"]["total"] = {"type": "number", "title": "合计", "ui": {"field": "computed"}}
        form["required"].append("total")
        items["new-business-tax"] = (doc, form)

    assert found(computed) == []


def test_conditions_of_nested_branches_all_count() -> None:
    inner = {"start": "case", "nodes": {"case": {"kind": "subcase", "item": "b", "wait": True}}, "when": {"==": [1, 2]}}
    outer = {"start": "both", "when": {"==": [3, 4]}, "nodes": {"both": {"kind": "parallel", "branches": {"in": inner}}}}
    scope = {"nodes": {"first": {"kind": "parallel", "branches": {"out": outer}}, "plain": {"kind": "step"}}}
    (only,) = bundles.subcases(scope)
    assert (only.path, only.item, only.when) == ("first.out.both.in.case", "b", ({"==": [3, 4]}, {"==": [1, 2]}))
