"""The studio's editors are forms made of the published schemas: each real item and form survives page, browser and decoding unchanged."""

import json
from pathlib import Path

import pytest

from core.forms import service as forms

ROOT = Path(__file__).resolve().parents[2]
ITEMS = sorted((ROOT / "item_configs").glob("*/*.json"))
FORMS = sorted((ROOT / "form_definitions").glob("*.json"))


def test_every_kind_the_item_schema_needs_is_found_in_it(item_schema):
    spec = forms.compile_form(item_schema)
    kinds = {f.kind.key for f in spec.root.walk()} | {f.kind.key for d in spec.root.defs.values() for f in d.walk()}
    assert {"union", "map", "rule", "recursive", "rows", "group", "choice", "choices", "json", "text", "integer", "yes_no"} <= kinds


@pytest.mark.parametrize("path", ITEMS[:6], ids=lambda p: p.stem)
def test_a_real_item_comes_back_from_its_editor_byte_for_byte(path, item_schema, env, browse):
    item = json.loads(path.read_text(encoding="utf-8"))
    spec = forms.compile_form(item_schema)
    html = forms.render_page(env, spec, "main", item)
    assert forms.decode(spec, browse(html).form()) == item


@pytest.mark.parametrize("path", ITEMS[:4], ids=lambda p: p.stem)
def test_a_real_item_is_right_in_its_own_editor(path, item_schema):
    item = json.loads(path.read_text(encoding="utf-8"))
    spec = forms.compile_form(item_schema)
    assert [(e.path, e.key) for e in forms.decide(spec, item).errors] == []


@pytest.mark.parametrize("path", FORMS[:3], ids=lambda p: p.stem)
def test_a_real_form_definition_comes_back_from_its_editor(path, form_schema, env, browse):
    definition = json.loads(path.read_text(encoding="utf-8"))
    spec = forms.compile_form(form_schema)
    html = forms.render_page(env, spec, "main", definition)
    assert forms.decode(spec, browse(html).form()) == definition
