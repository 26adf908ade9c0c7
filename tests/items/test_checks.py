"""Findings: all at once, with the spot; lint rules of real halls; facts nobody knows."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from core.items import service as items
from core.items.errors import BrokenFile
from core.items.library import library, read_json
from core.items.texts import missing, text_paths
from core.kernel.wording import catalogue

SHELF = library()
FOOD = read_json(SHELF.items["food-operation-new"])


def findings(change: Any = None, known: items.Known | None = None, forms: Any = None) -> dict[str, str]:
    """Path → key of every finding on the food licence after *change*."""
    doc = copy.deepcopy(FOOD)
    if change is not None:
        change(doc)
    return {f.path: f.key for f in items.check_item(doc, forms=forms or SHELF.forms, blocks=SHELF.blocks, known=known)}


def at(doc: dict[str, Any], path: str, value: Any) -> None:
    """Write *value* at a dotted path; digits index lists."""
    *way, last = path.split(".")
    here: Any = doc
    for part in way:
        here = here[int(part)] if part.isdigit() else here[part]
    if last.isdigit():
        here[int(last)] = value
    else:
        here[last] = value


@pytest.mark.parametrize(("code"), sorted(SHELF.items))
def test_every_shipped_item_passes_the_checks_and_its_own_tests(code: str) -> None:
    doc = read_json(SHELF.items[code])
    errors = [(f.path, f.words("en")) for f in items.check_item(doc, forms=SHELF.forms, blocks=SHELF.blocks) if f.level == "error"]
    assert errors == []
    report = items.run_tests(items.compile_item(doc, forms=SHELF.forms, blocks=SHELF.blocks))
    assert [(r.id, f.words("en")) for r in report.results for f in r.findings] == []


@pytest.mark.parametrize(
    ("path", "value", "spot", "key"),
    [
        ("case_type", "instant", "/case_type", "items.instant_not_at_once"),
        ("route.limits.promised", {"value": 0, "unit": "at_once"}, "/case_type", "items.at_once_not_instant"),
        ("route.limits.promised.value", 16, "/route/limits/promised", "routing.check.promise_too_long"),
        ("route.intake.limit.value", 6, "/route/intake/limit", "items.intake_over_five"),
        ("route.delivery.limit.value", 11, "/route/delivery/limit", "items.delivery_over_ten"),
        ("route.limits.statutory.value", 25, "/route/limits/statutory", "items.statute_over_twenty"),
        ("visits", {"times": 1, "reason": None}, "/visits/reason", "items.visit_without_reason"),
        ("visits", {"times": 0, "reason": "交原件"}, "/visits/reason", "items.reason_without_visit"),
        ("visits", {"times": 2, "reason": "交原件"}, "/online/depth", "items.full_online_with_visit"),
        ("fees", {"charged": True, "items": []}, "/fees/items", "items.charged_without_items"),
        ("materials.3.original", 1, "/materials/3/original", "items.shared_on_paper"),
        ("materials.1.basis", {"status": "none"}, "/materials/1/basis", "items.material_without_basis"),
        ("materials.4.when", None, "/materials/4/when", "items.conditional_without_when"),
        ("conditions.0.text", "提交网站截图一份", "/conditions/0/text", "items.condition_names_material"),
        ("conditions.0.text", "申请人应提交有关证明", "/conditions/0/text", "items.condition_demands"),
        ("results.0.kind", "document", "/results/0/kind", "items.result_is_licence"),
        ("contacts.consult", "86926512", "/contacts/consult", "items.phone_shape"),
        ("contacts.complain", "029-86926512", "/contacts/complain", "items.phones_alike"),
        ("contacts.complain", None, "/contacts/complain", "items.no_complain"),
        ("service_objects", ["1"], "/themes/company", "items.theme_without_company"),
        ("codes.basic", "1234", "/codes/basic", "items.code_wrong"),
        ("route.review.nodes.decide.actions.refuse.needs", [], "/route/review/nodes/decide/actions/refuse/needs", "items.refuse_without_reason"),
        ("route.limits.promised.value", None, "/route/limits/promised", "items.unknown_not_declared"),
        ("provenance.unknown", ["no.such"], "/provenance/unknown/0", "items.provenance_dangling"),
        ("materials.1.id", "application", "/materials/1/id", "items.id_twice"),
        ("form", "nowhere", "/form", "items.form_missing"),
        ("situations.0.options.0.sets", {"business_kind": "circus"}, "/situations/0/options/0/sets/business_kind", "items.preset_not_allowed"),
        ("situations.0.options.0.sets", {"moon": "x"}, "/situations/0/options/0/sets/moon", "items.field_missing"),
    ],
)
def test_a_rule_that_is_broken_is_found_at_its_spot(path: str, value: Any, spot: str, key: str) -> None:
    found = findings(lambda doc: at(doc, path, value))
    assert found.get(spot) == key, found


def test_what_only_the_source_could_say_warns_and_never_closes_the_gate() -> None:
    found = items.check_item(FOOD, forms=SHELF.forms, blocks=SHELF.blocks)
    assert {"items.no_faq", "items.result_without_sample", "items.no_redress"} <= {f.key for f in found if f.level == "warning"}
    assert not [f for f in found if f.level == "error"]


def test_all_findings_come_at_once_even_when_the_shape_is_broken_too() -> None:
    def change(doc: dict[str, Any]) -> None:
        doc["extra"] = 1
        doc["materials"][3]["original"] = 1
        doc["contacts"]["consult"] = "86926512"
        doc["route"]["review"]["nodes"]["decide"]["actions"]["grant"]["when"] = {"==": [{"var": "form.nothing"}, 1]}

    found = findings(change)
    assert {"/materials/3/original", "/contacts/consult"} <= set(found)
    assert any(path.startswith("/route/review/nodes/decide/actions/grant/when") for path in found)
    assert any(key.startswith("schemas.") for key in found.values())


@pytest.mark.parametrize("hostile", [None, 1, [], "x", {}, {"code": 3}, {"materials": "x", "route": []}, {"route": {"review": {"nodes": {"a": None}}}}])
def test_a_hostile_document_is_found_fault_with_and_never_crashes(hostile: Any) -> None:
    assert any(f.level == "error" for f in items.check_item(hostile, forms=SHELF.forms, blocks=SHELF.blocks))


def test_a_rule_over_a_missing_field_or_unlike_types_is_refused() -> None:
    unknown = findings(lambda doc: at(doc, "materials.4.when", {"==": [{"var": "form.nothing"}, True]}))
    assert any(path.startswith("/materials/4/when") for path in unknown)
    unlike = findings(lambda doc: at(doc, "materials.4.when", {">": [{"var": "form.area"}, "many"]}))
    assert any(path.startswith("/materials/4/when") for path in unlike)


def test_references_are_checked_against_the_hall() -> None:
    known = items.Known(departments=frozenset({"health"}), licence_types=frozenset(), organisations={})
    found = findings(known=known)
    assert found["/results/0/licence_type"] == "items.licence_type_missing"
    assert found["/department"] in ("items.department_missing", "items.nobody_offers")


def test_an_organisation_where_nobody_could_hold_a_task_is_named() -> None:
    known = items.Known(organisations={"甲县": lambda holders: True, "乙县": lambda holders: holders["org"] != {"department": "fire"}})
    doc_findings = items.check_item(FOOD, forms=SHELF.forms, blocks=SHELF.blocks, known=known)
    empty = [f for f in doc_findings if f.key == "items.holders_empty"]
    assert {f.level for f in empty} == {"warning"} and all("乙县" in f.words() and "甲县" not in f.words() for f in empty)
    assert any(f.path == "/route/review/nodes/joint/branches/fire/nodes/opinion/holders" for f in empty)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"a": 1,}', "items.broken_file"),
        ('{"a": 1, "a": 2}', "items.file_value"),
        ('{"a": NaN}', "items.file_value"),
        ("[1]", "items.file_no_object"),
        ("", "items.broken_file"),
    ],
)
def test_a_broken_file_says_where_and_what(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BrokenFile) as refused:
        read_json(path)
    assert refused.value.message_key == key
    assert str(path) in refused.value.words("zh") and str(path) in refused.value.words("en")


def test_the_halls_own_folder_overlays_what_ships(tmp_path: Path) -> None:
    own = tmp_path / "item_configs" / "market_regulation"
    own.mkdir(parents=True)
    (own / "food-operation-new.json").write_text(json.dumps(FOOD | {"title": "本地的名称"}), encoding="utf-8")
    (own / "new-thing.json").write_text("{", encoding="utf-8")
    shelf = library(tmp_path)
    assert read_json(shelf.items["food-operation-new"])["title"] == "本地的名称"
    assert {"new-thing", "public-place-hygiene"} <= set(shelf.items)


def test_every_human_text_of_an_item_has_a_path_and_a_missing_translation_is_listed() -> None:
    paths = text_paths(FOOD)
    assert paths["materials.layout.title"].startswith("与食品经营")
    assert paths["situations.kind.catering.title"] == "餐饮服务"
    assert paths["route.joint.fire.opinion.pass.title"] == "同意"
    bare = FOOD | {"translations": {}}
    assert set(missing(bare)) == set(paths)


def test_every_message_of_items_and_guides_is_worded_in_both_languages() -> None:
    words = catalogue()
    for key, texts in words.items():
        if key.startswith(("items.", "guides.")):
            assert set(texts) >= {"zh", "en"}, key
    source = "\n".join(path.read_text(encoding="utf-8") for path in Path(items.__file__).parents[1].rglob("*.py"))
    import re

    named = set(re.findall(r'finding\([^,]+, [^"]*(?:f?"[^"]*"), "([a-z_]+)"', source)) | set(re.findall(r'"(test_[a-z_]+)"', source))
    assert named and not [name for name in named if f"items.{name}" not in words and name != "test_"]
