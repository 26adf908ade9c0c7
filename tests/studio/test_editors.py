"""Editors are made of the schemas: every property of item and form is edited somewhere, and what an editor did not show stays as it is."""

import json
import re
from pathlib import Path

import pytest

from core.forms import service as forms
from core.forms.view import face as face_of
from core.items.library import library
from core.items.studio import editors, edits, naming, parts, ruled
from core.items.studio.errors import NoSuchSpot
from core.items.studio.spots import MISSING, find, parse, write
from core.schemas import service as schemas

SHELF = library()
HAN = re.compile("[\u4e00-\u9fff]")


def content_of(code):
    item = json.loads(Path(SHELF.items[code]).read_text(encoding="utf-8"))
    return {"item": item, "form": SHELF.forms[item["form"]], "blocks": {}}


def everywhere(content, locale="zh", names=None):
    """Every editor that can be reached: the parts, then card by card."""
    todo = [(part.at, part) for part in parts.shown()]
    while todo:
        at, part = todo.pop()
        made = editors.editor(content, at, part, locale=locale, names=None if names is None else names(at))
        yield made
        todo += [(spot, None) for cards in made.cards for spot, _title, _kind in cards.entries]


@pytest.mark.parametrize("code", sorted(SHELF.items)[:8])
def test_every_value_of_an_item_and_its_form_is_edited_somewhere(code):
    content = content_of(code)
    covered = set()
    for made in everywhere(content):
        for name in made.names:
            covered.add(made.at if made.wrapped else (*made.at, name))
        covered |= {cards.at for cards in made.cards if not cards.entries}
        covered |= {rule.at for rule in ruled.rules_of(content, made.at)} | ({made.at} if len(made.at) > 1 and ruled.rule_at(content, made.at) else set())
    missed = [write(spot) for spot in leaves(content, ()) if not any(spot[: len(each)] == each for each in covered) and spot[1] not in parts.FIXED]
    assert missed == []


def leaves(value, at):
    """Spots of all plain values of item and form."""
    if at[:1] == ("blocks",):
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*at, name))
    elif isinstance(value, list) and value and all(isinstance(each, dict) and "id" in each for each in value):
        for each in value:
            yield from leaves(each, (*at, f"@{each['id']}"))
    else:
        yield at


@pytest.mark.parametrize("code", sorted(SHELF.items)[:3])
def test_every_editor_speaks_english(code):
    for made in everywhere(content_of(code), "en"):
        said = [made.title, made.help]
        for cards in made.cards:
            said += [cards.title, cards.help, cards.entry_title, *(kind for _spot, _title, kind in cards.entries)]
        for field in every_field(made.spec):
            face = face_of(made.spec, field, "en")
            assert face.lang is None and face.help_lang is None and not any(each.lang for each in face.options), (made.at, field.path)
            said += [face.title, face.help, face.row_title, face.add, *(text for each in face.options for text in (each.title, each.help))]
        assert [text for text in said if HAN.search(text)] == [], made.at


def every_field(spec):
    """Every field of a form, shapes that are only referred to included."""
    for top in (*spec.fields, *spec.root.defs.values()):
        yield from top.walk()


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("code", ["food-operation-new", "construction-permit"])
def test_an_editor_sent_back_untouched_changes_nothing(code, named, env, browse, database):
    content = content_of(code)
    if named:  # in an order that is not the hall's, and with names that it does not have
        content["item"]["life_events"] = ["tax", "nowhere", "elderly", "housing"]
    seen = 0
    with database.session() as session:
        every = list(everywhere(content, names=(lambda at: naming.names(session, content, at)) if named else None))
    for made in every:
        html = forms.render_page(env, made.spec, "main", dict(made.values), begun=True)
        given = forms.decode(made.spec, browse(html).form())
        assert [each.to_json() for each in made.changes(given)] == [], write(made.at)
        seen += 1
    assert seen > 25


def test_what_an_editor_does_not_show_stays():
    content = content_of("food-operation-new")
    at = parse("/item/route/review")
    made = editors.editor(content, at)
    assert "nodes" not in made.names
    assert [cards.at for cards in made.cards] == [(*at, "nodes")]
    changed = edits.apply(content, made.changes({**made.values, "start": "elsewhere"})).doc
    assert find(changed, (*at, "nodes")) == find(content, (*at, "nodes"))
    assert find(changed, (*at, "start")) == "elsewhere"


def test_an_answer_emptied_is_removed_and_one_filled_is_set():
    content = content_of("food-operation-new")
    made = editors.editor(content, ("item",), parts.part("basic"))
    done = edits.apply(content, made.changes({**{k: v for k, v in made.values.items() if k != "summary"}, "short_title": "新简称"})).doc
    assert find(done, ("item", "summary")) is MISSING
    assert find(done, ("item", "short_title")) == "新简称"


def test_a_list_that_must_be_there_is_emptied_not_removed():
    content = content_of("food-operation-new")
    made = editors.editor(content, ("item",), parts.part("basic"))
    done = edits.apply(content, made.changes({k: v for k, v in made.values.items() if k not in ("service_objects", "words")})).doc
    assert find(done, ("item", "service_objects")) == []
    assert find(done, ("item", "words")) is MISSING


def test_a_part_that_the_item_lacks_can_be_begun():
    content = content_of("food-operation-new")
    bare = {**content, "item": {name: value for name, value in content["item"].items() if name not in ("faq", "redress")}}
    made = editors.editor(bare, ("item",), parts.part("guide"))
    assert made.spec is not None


def test_spots_that_neither_schema_nor_draft_know_are_refused():
    content = content_of("food-operation-new")
    for wrong in ("", "/nothing", "/item/nonsense", "/item/materials/@nobody", "/item/title/deeper", "/blocks"):
        with pytest.raises(NoSuchSpot):
            editors.editor(content, parse(wrong))


def test_every_property_of_the_schema_belongs_to_a_part_and_a_new_one_to_the_last():
    named = [name for part in parts.shown() if part.at == ("item",) for name in part.names]
    assert sorted([*named, "route", *parts.FIXED]) == sorted(schemas.load("item")["properties"])
    route = [name for part in parts.shown() if part.at == ("item", "route") for name in part.names]
    assert set(route) >= set(schemas.load("item")["properties"]["route"]["properties"]) - {"translations", "$schema", "schema_version", "title"}
    assert parts.part_of(parse("/item/materials/@layout/title")) == "materials"
    assert parts.part_of(parse("/item/route/limits/promised")) == "limits"
    assert parts.part_of(parse("/form/properties/area")) == "form"
    assert parts.part_of(parse("/item/searchable")) == "other"
