"""The files themselves: readable, in one format, named for what they hold, complete against each other."""

import re
from pathlib import Path

import pytest

from core.items.format import format_item
from core.items.texts import text_paths
from core.kernel.identifiers import check_uscc
from core.schemas import service as schemas
from tests.items_content import content

ITEMS = content.item_files()
FORMS = content.form_files()
UNBUILT = {
    "onething-convenience-store",
    "realestate-first",
    "social-org-establish",
    "private-nonenterprise",
    "investment-filing",
    "credit-repair",
}
WHOLLY_ENGLISH = ("food-operation-new", "public-place-hygiene", "residence-permit", "senior-card", "disability-card", "subsistence-allowance")


def named(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", [*ITEMS, *FORMS], ids=named)
def test_a_file_is_written_as_export_writes_it(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == format_item(content.read(path))


@pytest.mark.parametrize("path", ITEMS, ids=named)
def test_an_item_is_of_the_published_shape_and_lies_where_its_name_says(path: Path) -> None:
    doc = content.read(path)
    assert [f for f in schemas.validate("item", doc) if f.level == "error"] == []
    assert doc["code"] == path.stem
    assert path.parent.name in (doc["department"], "items")


@pytest.mark.parametrize("path", FORMS, ids=named)
def test_a_form_is_of_the_published_shape_and_named_for_its_id(path: Path) -> None:
    doc = content.read(path)
    assert [f for f in schemas.validate("form", doc) if f.level == "error"] == []
    assert doc["id"] == path.stem


def test_the_real_items_span_at_least_eleven_departments_and_the_others_stay_unbuilt() -> None:
    items = content.real_items()
    assert len(items) == 24
    assert len({doc["department"] for doc in items.values()}) >= 11
    assert UNBUILT.isdisjoint(items)


def test_every_form_is_used_by_an_item_and_every_item_has_its_form() -> None:
    used = {content.read(path)["form"] for path in ITEMS}
    assert used == {path.stem for path in FORMS}


@pytest.mark.parametrize("path", FORMS, ids=named)
def test_every_field_stands_on_exactly_one_page(path: Path) -> None:
    doc = content.read(path)
    placed = [name for page in doc["ui"]["pages"] for section in page["sections"] for name in section["fields"]]
    assert sorted(placed) == sorted(doc["properties"])


@pytest.mark.parametrize("path", FORMS, ids=named)
def test_rows_and_groups_say_the_order_of_their_fields(path: Path) -> None:
    """A stored bundle sorts the names of an object, so the order a person reads must be said."""
    for name, field in content.fields(content.read(path)["properties"]):
        holder = field if "properties" in field else field.get("items") or {}
        if "properties" in holder:
            assert sorted(holder["ui"]["order"]) == sorted(holder["properties"]), name


def test_licence_types_have_unique_codes_of_21_characters_with_a_sound_defining_body() -> None:
    types = content.read(content.ROOT / "item_configs" / "licence_types.json")
    assert len({entry["code"] for entry in types}) == len({entry["type_code"] for entry in types}) == len(types)
    for entry in types:
        assert check_uscc(entry["defining_uscc"]) is None
        assert re.fullmatch(re.escape(entry["defining_uscc"]) + "[0-9]{3}", entry["type_code"])


def test_every_licence_an_item_issues_or_fetches_is_a_known_type() -> None:
    known = {entry["code"] for entry in content.read(content.ROOT / "item_configs" / "licence_types.json")}
    for doc in content.real_items().values():
        wanted = {r.get("licence_type") for r in doc["results"]} | {m["source"].get("licence") for m in doc["materials"]}
        assert wanted - {None} <= known, doc["code"]


@pytest.mark.parametrize("path", ITEMS, ids=named)
def test_titles_of_item_situations_materials_route_and_form_are_in_english(path: Path) -> None:
    doc = content.read(path)
    english = doc["translations"]["en"]
    texts = {**content.form_texts(content.forms()[doc["form"]]), **text_paths(doc)}
    missing = [name for name in texts if name.endswith(("title", "summary")) and name not in english and re.search("[一-鿿]", texts[name])]
    assert missing == []


@pytest.mark.parametrize("code", WHOLLY_ENGLISH)
def test_every_text_of_the_most_used_items_is_in_english(code: str) -> None:
    doc = content.real_items()[code]
    texts = {**content.form_texts(content.forms()[doc["form"]]), **text_paths(doc)}
    assert [name for name in texts if name not in doc["translations"]["en"] and re.search("[一-鿿]", texts[name])] == []


@pytest.mark.parametrize("path", ITEMS, ids=named)
def test_no_translation_is_left_of_a_text_that_is_gone(path: Path) -> None:
    doc = content.read(path)
    texts = {**content.form_texts(content.forms()[doc["form"]]), **text_paths(doc)}
    assert sorted(set(doc["translations"]["en"]) - set(texts)) == []


def test_no_item_answers_questions_or_shows_samples_its_source_does_not_have() -> None:
    """None of the sources prints a question, a sample or a way of appeal; inventing one is what the rules forbid."""
    for doc in content.real_items().values():
        assert doc["faq"] == []
        assert doc["redress"] is None
        assert not any(material.get("sample") for material in doc["materials"])
        assert {"faq", "redress"} <= set(doc["provenance"]["unknown"]), doc["code"]


def test_the_forms_use_almost_every_kind_of_field() -> None:
    used = {(field.get("ui") or {}).get("field") for doc in content.forms().values() for _, field in content.fields(doc["properties"])}
    codes = "resident_id uscc phone email bank_account region address map_point"
    answers = "text long_text number integer money date date_range yes_no choice choices cascade photo signature statement computed"
    assert {*codes.split(), *answers.split(), "rows", "group"} <= used
