"""What plugins let an item set is edited as anything else is: by editors made of each plugin's own schema."""

import json
from pathlib import Path

import pytest

from core.forms import service as forms
from core.forms.view import face as face_of
from core.items.library import library
from core.items.studio import addresses, editors, edits, options, parts
from core.items.studio.spots import find, parse, write
from core.pluginhost import manifest
from tests.studio.test_editors import HAN, every_field, everywhere, leaves

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path.parent for path in (ROOT / "plugins").glob("*/options.schema.json"))
USING = [code for code, path in sorted(library().items.items()) if json.loads(Path(path).read_text(encoding="utf-8")).get("plugins")]


@pytest.fixture(autouse=True)
def registered():
    for folder in SHIPPED:
        options.register(manifest.read(folder))


def content_of(code):
    item = json.loads(Path(library().items[code]).read_text(encoding="utf-8"))
    return {"item": item, "form": library().forms[item["form"]], "blocks": {}}


def test_items_that_set_options_are_edited_to_the_last_of_them(env, browse):
    assert USING
    for code in USING:
        content = content_of(code)
        covered = set()
        for made in everywhere(content):
            if made.at[:2] != options.HOLDER:
                continue
            html = forms.render_page(env, made.spec, "main", dict(made.values), begun=True)
            assert made.changes(forms.decode(made.spec, browse(html).form())) == (), write(made.at)
            covered |= {made.at if made.wrapped else (*made.at, name) for name in made.names}
            assert not made.wrapped, "options of a known plugin are no raw JSON"
        missed = [write(at) for at in leaves(content["item"]["plugins"], options.HOLDER) if not any(at[: len(each)] == each for each in covered)]
        assert missed == []


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda path: path.name)
def test_an_item_begins_to_set_a_plugin_in_its_own_words(folder):
    name = folder.name
    content = {"item": {"title": "x", "plugins": {name: {}}}, "form": {}, "blocks": {}}
    made = editors.editor(content, (*options.HOLDER, name), locale="en")
    schema = json.loads((folder / "options.schema.json").read_text(encoding="utf-8"))
    assert {*made.names, *(cards.at[-1] for cards in made.cards)} == set(schema["properties"])
    said = [made.title, made.help, *(text for cards in made.cards for text in (cards.title, cards.help, cards.entry_title))]
    for field in every_field(made.spec):
        face = face_of(made.spec, field, "en")
        said += [face.title, face.help, face.row_title, *(text for each in face.options for text in (each.title, each.help))]
    assert [text for text in said if HAN.search(text)] == []


def test_plugins_are_chosen_and_a_new_property_of_theirs_is_there(tmp_path):
    content = content_of("food-operation-new")
    content["item"]["plugins"] = {"credit_scoring": {"use": "看看", "kinds": ["company"]}}
    [cards] = editors.editor(content, ("item",), parts.part("plugins")).cards
    assert [title for _at, title, _kind in cards.entries] == ["社会信用"]
    assert dict(cards.choices)["multi_certificate"] == "多证合一"
    assert "credit_scoring" not in dict(cards.choices)
    own = tmp_path / "credit_scoring"
    own.mkdir()
    document = json.loads((ROOT / "plugins" / "credit_scoring" / "manifest.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "plugins" / "credit_scoring" / "options.schema.json").read_text(encoding="utf-8"))
    schema["properties"]["since"] = {"title": "从哪年起", "description": "看哪年以来的", "type": "integer"}
    (own / "manifest.json").write_text(json.dumps({**document, "version": "1.1.0"}), encoding="utf-8")
    (own / "options.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    options.register(manifest.read(own))
    at = (*options.HOLDER, "credit_scoring")
    made = editors.editor(content, at)
    assert made.names == ("use", "kinds", "since")
    done = edits.apply(content, made.changes({**made.values, "since": 2020})).doc
    assert find(done, at) == {"use": "看看", "kinds": ["company"], "since": 2020}
    assert addresses.name_of(done, (*at, "since")).endswith("从哪年起")


def test_options_of_a_plugin_that_is_gone_stay_and_are_json():
    content = {"item": {"plugins": {"long_gone": {"a": 1}}}, "form": {}, "blocks": {}}
    made = editors.editor(content, parse("/item/plugins/long_gone"))
    assert made.wrapped
    assert made.values == {"value": {"a": 1}}
