"""What administrators read names things as people do: by titles, in their language – no ids, no codes, no names of properties."""

import copy
import json
import re

import pytest

from core.items.compiling import compile_item, used_blocks
from core.items.diff import diff
from core.items.library import library
from core.items.saying import Speech, called, leaves, say
from core.items.studio import naming
from core.items.studio.found import found
from core.items.studio.names import Name
from core.items.studio.printout import printout
from core.kernel.wording import catalogue
from core.rules.service import RuleError, compile_rule

SHELF = library()
HAN = re.compile("[\u4e00-\u9fff]")
#: Findings of files and of the command line, which speak to who writes JSON.
FILES = ("items.bundle", "items.file", "items.import", "items.no_draft", "items.form_missing", "items.library_can", "items.fact_", "items.studio_no_glyph",
         "schemas.", "forms.check_unmarked", "forms.check_ref", "forms.check_schema", "forms.email")  # fmt: skip


#: What kinds of departments are called.
OFFICES = {"market_regulation": "市场监管部门", "civil_affairs": "民政部门"}


@pytest.fixture
def content(food):
    form = copy.deepcopy(dict(SHELF.forms[food["form"]]))
    return {"item": copy.deepcopy(food), "form": form, "blocks": used_blocks(form, SHELF.blocks)}


def test_no_finding_names_a_property_by_its_code():
    told = {
        key: words["zh"]
        for key, words in catalogue().items()
        if key.startswith(("items.", "forms.check", "routing.check", "rules.")) and not key.startswith(FILES)
    }
    coded = {key: re.findall(r"[a-z]+(?:[_.][a-z]+)+", re.sub(r"\{\w+\}", "", text)) for key, text in told.items()}
    assert {key: names for key, names in coded.items() if names and key != "rules.bad_path"} == {}


def test_a_test_that_fails_says_what_with_titles(content):
    first, second = content["item"]["tests"][:2]
    first["expect"] |= {"end": "refuse", "path": ["joint", "decide"], "documents": ["decision_refuse"], "materials": ["layout"]}
    second["steps"][0] |= {"as": "fire.reviewer", "do": "nothing"}
    for locale, wanted in (
        ("zh", ("结局应是 不同意,实际是 准予", "不予", "布局、操作流程")),
        ("en", ("The end should be refuse, is grant", "Decision to refuse", "Layout")),
    ):
        told = [each.words(locale) for each in found(None, content) if each.key.startswith("items.test_")]
        assert len(told) >= 4
        for text in wanted:
            assert any(text in each for each in told), (text, told)
        assert not [each for each in told if re.search(r"decision_|business_licence|section_chief|fire\.reviewer", each)], told


def test_the_mend_of_an_expectation_writes_ids_and_says_titles(content):
    content["item"]["tests"][0]["expect"]["materials"] = ["layout"]
    (one,) = [each for each in found(None, content) if each.key == "items.test_materials"]
    (mend,) = one.mends
    assert "营业执照" in mend.label("zh")
    assert "Business licence" in mend.label("en")
    assert "business_licence" in mend.edits[0].value


@pytest.mark.parametrize("code", ["food-operation-new", "subsistence-allowance"])
def test_a_print_out_says_words_for_ids(code):
    item = json.loads(SHELF.items[code].read_text(encoding="utf-8"))
    compiled = compile_item(item, forms=SHELF.forms, blocks=SHELF.blocks)
    there = {"departments": [Name(code, title) for code, title in OFFICES.items()], "licence_types": [Name("id-card", "居民身份证")]}
    rows = [row for section in printout(compiled, departments=OFFICES, names=there.get) for block in section.blocks for row in block.rows]
    ids = {*compiled.form_doc["properties"], *(each["id"] for each in item["materials"]), "owner", "holder", "yes_no", "market_regulation"}
    raw = [
        (row.title, row.text)
        for row in rows
        for part in re.split(r"[、;；:： ]", f"{row.title} {row.text}".replace("“", "").replace("”", ""))
        if part in ids and "_" in part
    ]
    assert raw == []
    assert [row.text for row in rows if row.text in ("owner", "holder")] == []


def test_differences_are_told_in_english_with_the_schemas_names(content):
    old = content["item"]
    new = copy.deepcopy(old)
    new["materials"][0]["copies"], new["materials"][0]["need"], new["online"]["apply"] = 3, "optional", False
    told = [leaf.words("en") for leaf in leaves(old, new, speech=Speech("en"))]
    assert len(told) == 3
    own = {each["title"] for each in old["materials"]}
    assert [text for text in told if HAN.search(_without(text, own))] == []
    assert say("owner", "org", "holders", Speech("en")) == "The office that handles the case"
    assert not HAN.search(called("reuse_for", "items", "en"))


def test_differences_say_names_for_codes(database, content):
    old, new = (copy.deepcopy(content["item"]) for _ in range(2))
    new["department"] = "civil_affairs"
    new["life_events"] = ["market-entry", "nobody-knows"]
    before, after = (compile_item(each, forms=SHELF.forms, blocks=SHELF.blocks) for each in (old, new))
    with database.session() as session:
        named = naming.of_items(session, after, before)
        changes = diff(before, after, named=named)
        told = {locale: " ".join(change.words(locale) for change in changes) for locale in ("zh", "en")}
    assert "市场监督管理" in told["zh"] and "民政" in told["zh"]
    assert "准营准办" in told["zh"] and "Licences to operate" in told["en"]
    assert "nobody-knows" in told["zh"], "what nobody knows stays as it is written"
    assert [code for code in ("market_regulation", "civil_affairs", "market-entry") if code in told["zh"]] == []


def _without(text, own):
    for each in own:
        text = text.replace(each, "")
    return text


def test_types_of_rules_are_called_by_words():
    with pytest.raises(RuleError) as refused:
        compile_rule({">": [{"var": "form.flag"}, 3]}, {"form.flag": "bool"})
    assert "是否" in refused.value.words("zh")
    assert "bool" not in refused.value.words("zh") + refused.value.words("en")
