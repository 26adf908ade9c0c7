"""What the form builder's buttons do: the form stays one that compiles, nothing is lost, and every kind of the palette begins right."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.forms import service as forms
from core.items.library import library
from core.items.studio import edits
from core.items.studio import formbuilding as builder
from core.items.studio.errors import BadEdit, NoSuchSpot
from core.items.studio.spots import MISSING, find

SHELF = library()
CODES = sorted(SHELF.items)


def content_of(code):
    item = json.loads(Path(SHELF.items[code]).read_text(encoding="utf-8"))
    return {"item": item, "form": SHELF.forms[item["form"]], "blocks": dict(SHELF.blocks)}


FOOD = content_of("food-operation-new")


def names(content):
    return [line.id for page in builder.pages(content, "zh") for section in page.sections for line in section.fields]


def done(content, made):
    return edits.apply(content, made).doc


@pytest.mark.parametrize("code", CODES)
def test_every_field_of_a_real_form_stands_once(code):
    content = content_of(code)
    assert sorted(names(content)) == sorted(content["form"]["properties"])
    assert all(line.kind_title and line.there for page in builder.pages(content, "en") for section in page.sections for line in section.fields)


@pytest.mark.parametrize("kind", [key for key, _title in builder.palette("zh")])
def test_every_kind_of_the_palette_begins_as_a_field_that_compiles(kind):
    section = builder.place_of(FOOD, "area")
    made, spot = builder.add_field(FOOD, kind, title="新栏", section=section, after="area")
    after = done(FOOD, made)
    spec = forms.compile_form(after["form"])
    assert find(after, spot)["title"] == "新栏"
    assert spec.root.by_id[spot[-1]].kind.key == kind
    assert [each.key for each in forms.check_form(after["form"], {}) if each.level == "error"] == []
    line = next(each for page in builder.pages(after, "zh") for part in page.sections for each in part.fields if each.id == spot[-1])
    assert line.kind == kind
    order = names(after)
    assert order.index(spot[-1]) == order.index("area") + 1
    assert edits.apply(after, edits.apply(FOOD, made).undo).doc == FOOD


@pytest.mark.parametrize("kind", [key for key, _title in builder.palette("zh")])
def test_every_kind_of_the_palette_begins_as_a_question_that_can_be_answered(kind):
    made, spot = builder.add_field(FOOD, kind, title="新栏", section=builder.place_of(FOOD, "area"))
    after = done(FOOD, made)
    spec = forms.compile_form(after["form"])
    values = forms.sample(spec)
    assert not [error for error in forms.decide(spec, values).errors if error.path.startswith(spot[-1])], values.get(spot[-1])


def test_a_field_goes_with_all_its_places():
    after = done(FOOD, builder.remove_field(FOOD, "area"))
    assert "area" not in names(after)
    assert "area" not in after["form"]["required"]
    assert find(after, ("form", "properties", "area")) is MISSING
    assert builder.remove_field(after, "area") == ()


def test_a_field_steps_over_the_edges_of_sections_and_stops_at_the_ends():
    order, content = names(FOOD), FOOD
    first, last = order[0], order[-1]
    assert builder.step_field(content, first, -1) == ()
    assert builder.step_field(content, last, 1) == ()
    for _ in range(len(order) + 20):
        made = builder.step_field(content, first, 1)
        if not made:
            break
        content = done(content, made)
    assert names(content)[-1] == first
    for _ in range(len(order) + 20):
        made = builder.step_field(content, first, -1)
        if not made:
            break
        content = done(content, made)
    assert names(content) == order


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32))
def test_whatever_is_pressed_in_whatever_order_the_form_keeps_each_field_once(seed):
    chance, content = random.Random(seed), FOOD
    for _ in range(12):
        every = [section.at for page in builder.pages(content, "zh") for section in page.sections if section.id]
        name = chance.choice(names(content))
        press = chance.randrange(6)
        if press == 0:
            made = builder.add_field(content, chance.choice(builder.palette("zh"))[0], title="新", section=chance.choice(every))[0]
        elif press == 1:
            made = builder.remove_field(content, name)
        elif press == 2:
            made = builder.step_field(content, name, chance.choice([-1, 1]))
        elif press == 3:
            made = builder.copy_field(content, name)[0]
        elif press == 4:
            made = builder.require(content, name, required=chance.random() < 0.5)
        else:
            target = chance.choice(every)
            there = [each for each in find(content, (*target, "fields")) if each != name]
            made = builder.move_field(content, name, target, chance.choice([None, *there]))
        applied = edits.apply(content, made)
        assert edits.same(edits.apply(applied.doc, applied.undo).doc, content)
        content = applied.doc
        assert sorted(names(content)) == sorted(content["form"]["properties"])
        assert set(content["form"]["required"]) <= set(content["form"]["properties"])


def test_pages_and_sections_come_and_go_but_not_with_fields_in_them():
    made, page = builder.add_page(FOOD, "更多")
    content = done(FOOD, made)
    made, section = builder.add_section(content, page, "一节")
    content = done(content, made)
    content = done(content, builder.move_field(content, "area", section, None))
    assert builder.place_of(content, "area") == section
    with pytest.raises(BadEdit):
        builder.remove_holder(content, section)
    with pytest.raises(BadEdit):
        builder.remove_holder(content, page)
    content = done(content, builder.remove_field(content, "area"))
    content = done(content, builder.remove_holder(content, page))
    assert [each.title for each in builder.pages(content, "zh")] == [each.title for each in builder.pages(FOOD, "zh")]


def test_fields_that_stand_nowhere_are_shown_and_taken_up_by_the_next_page():
    bare = {**FOOD, "form": {**FOOD["form"], "ui": {"pages": []}}}
    assert [page.id for page in builder.pages(bare, "zh")] == [builder.NOWHERE]
    content = done(bare, builder.add_page(bare, "全部")[0])
    assert sorted(names(content)) == sorted(FOOD["form"]["properties"])
    none = {**FOOD, "form": {"properties": {"a": {"type": "string", "title": "甲"}}}}
    assert names(done(none, builder.add_page(none, "")[0])) == ["a"]


def test_a_wrong_form_is_shown_as_far_as_it_goes():
    for wrong in (None, "x", [], {}, {"properties": []}, {"properties": {"a": 3}, "ui": {"pages": [{"sections": [{"fields": ["a", "b", 4]}]}, 7]}}):
        assert builder.pages({"form": wrong}, "zh") is not None
    lost = builder.pages({"form": {"properties": {}, "ui": {"pages": [{"id": "p", "sections": [{"id": "s", "fields": ["gone"]}]}]}}}, "zh")
    assert not lost[0].sections[0].fields[0].there


def test_nonsense_is_refused():
    section = builder.place_of(FOOD, "area")
    with pytest.raises(BadEdit):
        builder.add_field(FOOD, "recursive", title="x", section=section)
    with pytest.raises(NoSuchSpot):
        builder.add_field(FOOD, "text", title="x", section=("form", "ui", "pages", "@none"))
    with pytest.raises(NoSuchSpot):
        builder.move_field(FOOD, "nobody", section, None)
    with pytest.raises(NoSuchSpot):
        builder.copy_field(FOOD, "nobody")
