"""What is found in a draft while it is written: with its spot, whatever the draft holds, errors first – and quick by doing things once."""

import copy
import json
import random

import pytest

from core.forms import check as form_check
from core.items.checking import Known
from core.items.library import library
from core.items.studio import addresses, edits, languages
from core.items.studio.advice import writing
from core.items.studio.found import found, of_part
from core.items.studio.spots import MISSING, find, write
from core.kernel.wording import catalogue
from tests.studio.large import FIELDS, large

SHELF = library()


@pytest.fixture
def content(food):
    item = copy.deepcopy(food)
    return {"item": item, "form": copy.deepcopy(dict(SHELF.forms[item["form"]])), "blocks": {}}


def spots(listed, key):
    return [write(each.spot) for each in listed if each.key == key]


def keys(listed):
    return {each.key for each in listed}


def test_a_sound_item_has_no_errors_and_its_own_tests_are_run(content):
    listed = found(None, content)
    assert [each.words() for each in listed if each.level == "error"] == []
    content["item"]["tests"][0]["expect"]["end"] = "refuse"
    (failed,) = [each for each in found(None, content) if each.key == "items.test_end"]
    assert failed.part == "tests"
    assert write(failed.spot) == f"/item/tests/@{content['item']['tests'][0]['id']}/expect/end"


def test_errors_come_first_and_each_is_told_once(content):
    content["item"]["materials"][1]["title"] = "xxx"
    content["item"]["department"] = "nobody"
    listed = found(None, content, known=Known(departments=frozenset({"market_regulation"})))
    levels = [each.level for each in listed]
    assert levels == sorted(levels)
    assert "items.department_missing" in keys(listed)
    marks = [each.mark for each in listed]
    assert len(marks) == len(set(marks))


@pytest.mark.parametrize(
    ("path", "spot", "name"),
    [
        ("/materials/3/source", "/item/materials/@business_licence/source", "材料 · 营业执照 · 来源"),
        ("materials[3].title", "/item/materials/@business_licence/title", "材料 · 营业执照 · 名称"),
        ("form:food_operation#/properties/area/ui/visible_when and[0].var", "/form/properties/area/ui/visible_when", "表单 · 经营面积 · 什么时候显示"),
        ("form:food_operation#properties.area.title", "/form/properties/area/title", "表单 · 经营面积 · 名称"),
        ("/materials/3/when#==[0].var", "/item/materials/@business_licence/when", "材料 · 营业执照 · 什么时候要"),
        ("/results/0/data/经营者名称", "/item/results/@licence/data/经营者名称", None),
        ("/route/review/nodes/joint/branches/fire/nodes/opinion/limit", "/item/route/review/nodes/joint/branches/fire/nodes/opinion/limit", None),
        ("/materials/999/title", "/item/materials/999/title", None),
        ("", "/item", "基本信息"),
    ],
)
def test_every_way_of_writing_a_path_leads_to_a_spot_with_a_name(content, path, spot, name):
    here = addresses.Addresses(content)
    assert write(here.of_item(path)) == spot
    if name is not None:
        assert addresses.name_of(content, here.of_item(path)) == name


def test_a_name_with_a_slash_in_it_is_put_together_again(content):
    content["item"]["results"][0]["data"]["经营者/负责人"] = {"var": "form.no_such_field"}
    listed = found(None, content)
    told = next(each for each in listed if each.key.startswith("rules.unknown_path"))
    assert told.spot[-1] == "经营者/负责人"


def test_names_in_english_are_the_schemas_english_and_the_items_chinese(content):
    said = addresses.name_of(content, ("item", "materials", "@business_licence", "source"), "en")
    assert said == "Materials · 营业执照 · Source"


def test_whatever_a_draft_holds_something_can_be_said(content):
    r = random.Random(5)
    junk = [
        None,
        True,
        0,
        -1.5,
        "",
        "x",
        [],
        {},
        [None],
        [[]],
        {"id": None},
        {"id": []},
        [{"id": "a"}, {"id": "a"}],
        {"var": 1},
        {"": ""},
        "\ud800"[:0],
        10**30,
    ]
    for name in ("item", "form", "blocks"):
        for value in junk[:12]:
            found(None, {"item": {}, "form": {}, name: value})
    for turn, name in enumerate((*content["item"], "nonsense")):  # gone, or something else, in turns
        rest = {key: value for key, value in content["item"].items() if key != name}
        found(None, {**content, "item": {**rest, name: r.choice(junk)} if turn % 2 else rest})
    for _ in range(10):
        broken = copy.deepcopy(content)
        for _ in range(3):
            at = r.choice(list(places(broken)))
            holder = find(broken, at[:-1])
            holder[int(at[-1]) if isinstance(holder, list) else at[-1]] = copy.deepcopy(r.choice(junk))
        for each in found(None, broken):
            assert each.words()
            assert each.words("en")
            assert each.name()
            assert each.mends is not None
    assert found(None, {}) != ()


def places(value, at=()):
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield (*at, str(name))
        yield from places(inner, (*at, str(name)))


def test_thousands_of_entries_are_told_one_by_one(content):
    content["item"]["materials"] = [{"id": "same", "title": "材料", "need": "required", "source": {"from": "applicant"}} for _ in range(2_000)]
    twice = [each for each in found(None, content) if each.key == "items.id_twice"]
    assert len(twice) == 1_999
    assert len({each.spot for each in twice}) == 1_999


# ---- advice


def test_a_form_whose_field_is_wrong_is_told_beside_what_is_wrong_with_the_route(content):
    content["form"]["properties"]["area"]["title"] = None
    content["item"]["route"]["review"]["nodes"]["decide"]["actions"]["return"].pop("max")
    listed = found(None, content)
    assert spots(listed, "schemas.type_drop") == ["/form/properties/area/title"]
    assert spots(listed, "routing.check.back_unbounded") == ["/item/route/review/nodes/decide/actions/return"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("待定", "placeholder"),
        ("TODO 写清楚", "placeholder"),
        ("请交２份", "wide_letters"),
        ("带原件,再带复印件", "narrow_signs"),
        ("见上方表格", "by_place"),
        ("点红色的按钮", "by_place"),
        ("网址 https://example.gov.cn/a", "link_bare"),
        ("点击这里查看", "link_empty"),
        ("请填写 IMPORTANT NOTICE 一栏", "capitals"),
        ("材料齐全方可受理", "officialese"),
        ("按有关规定办理", "officialese_unclear"),
        ("长" * 61, "sentence_long"),
    ],
)
def test_writing_that_is_hard_to_follow_is_told_where_it_stands(content, text, key):
    content["item"]["materials"][1]["help"] = "手绘也行。"
    before = spots(found(None, content), f"items.studio_{key}")
    content["item"]["materials"][1]["help"] = text
    told = [each for each in found(None, content) if each.key == f"items.studio_{key}" and write(each.spot) not in before]
    assert [write(each.spot) for each in told] == ["/item/materials/@layout/help"]
    assert told[0].level == "warning"


@pytest.mark.parametrize("text", ["手绘也行，标清尺寸；9:00—17:00 都可以。", "交 PDF 或者 JPG", "面积在 1,000 平方米以上", "Word 文件也可以", "长" * 59])
def test_writing_that_is_plain_is_left_alone(content, text):
    content["item"]["materials"][1]["help"] = text
    assert [each.key for each in found(None, content) if write(each.spot) == "/item/materials/@layout/help" and "translation" not in each.key] == []


def test_names_that_cannot_be_told_apart_and_choices_without_words_are_told(content):
    fields = content["form"]["properties"]
    fields["area"]["title"] = fields["employees"]["title"] = "数量"
    fields["central_kitchen"]["ui"]["help"] = "请填写是否中央厨房"
    fields["business_kind"]["oneOf"][0]["title"] = "catering"
    fields["business_kind"]["oneOf"].append(dict(fields["business_kind"]["oneOf"][1]))
    listed = found(None, content)
    sections = {tuple(section["fields"]) for page in content["form"]["ui"]["pages"] for section in page["sections"]}
    if any({"area", "employees"} <= set(page) for page in sections):
        assert spots(listed, "items.studio_title_twice")
    assert "/form/properties/central_kitchen/ui/help" in spots(listed, "items.studio_help_repeats")
    assert "/form/properties/business_kind/oneOf/0" in spots(listed, "items.studio_choice_unnamed")
    assert "/form/properties/business_kind/oneOf/3/const" in spots(listed, "items.studio_choice_twice")


def test_conditions_that_no_answer_makes_true_are_told_with_what_they_keep_away(content):
    item = content["item"]
    item["materials"][4]["when"] = {"and": [{"==": [{"var": "form.online"}, True]}, {"==": [{"var": "form.online"}, False]}]}
    item["route"]["review"]["nodes"]["joint"]["branches"]["fire"]["when"] = {">": [{"var": "form.area"}, 2_000_000]}
    item["route"]["review"]["nodes"]["decide"]["actions"]["grant"]["when"] = {"==": [{"var": "joint.outcome"}, "agreed"]}
    item["situations"][1]["when"] = {"==": [{"var": "situation.kind"}, "bakery"]}
    item["service_objects"] = ["1"]
    item["bars"] = [{"id": "b", "title": "企业不能承诺", "basis": "依据", "when": {"==": [{"var": "party.kind"}, "company"]}}]
    listed = found(None, content)
    assert spots(listed, "items.studio_never_wanted") == ["/item/materials/@site_screenshot/when"]
    assert spots(listed, "items.studio_never_begun") == ["/item/route/review/nodes/joint/branches/fire/when"]
    assert spots(listed, "items.studio_never_pressed") == ["/item/route/review/nodes/decide/actions/grant/when"]
    assert spots(listed, "items.studio_never_asked") == ["/item/situations/@agent/when"]
    assert spots(listed, "items.studio_never_barred") == ["/item/bars/@b/when"]


def test_fields_whose_conditions_run_in_a_circle_or_never_hold_are_errors(content):
    fields = content["form"]["properties"]
    fields["area"]["ui"]["visible_when"] = {">": [{"var": "form.employees"}, 1]}
    fields["employees"]["ui"]["visible_when"] = {">": [{"var": "form.area"}, 1]}
    fields["copies"]["ui"]["visible_when"] = {"and": [{">": [{"var": "form.health_checks"}, 5]}, {"<": [{"var": "form.health_checks"}, 4]}]}
    listed = found(None, content)
    assert set(spots(listed, "forms.check_cycle")) == {"/form/properties/area", "/form/properties/employees"}
    del fields["area"]["ui"]["visible_when"]
    assert spots(found(None, content), "forms.check_never_shown") == ["/form/properties/copies/ui/visible_when"]


def test_a_holder_missing_in_some_organisation_is_told_at_the_step(content):
    known = Known(organisations={"甲区市场监管局": lambda holders: holders["role"] != "leader", "乙区市场监管局": lambda _holders: True})
    (told,) = [each for each in found(None, content, known=known) if each.key == "items.holders_empty"]
    assert write(told.spot) == "/item/route/review/nodes/decide/holders"
    assert told.level == "warning"
    assert "甲区市场监管局" in told.words()
    assert told in of_part(found(None, content, known=known), "route")


# ---- translations


def test_completeness_counts_what_is_said_and_lists_what_is_not(content):
    (before,) = languages.completeness(content)
    content["item"]["translations"]["en"].pop("materials.layout.title")
    content["item"]["faq"] = [{"id": "q", "question": "要多久?", "answer": "十天。"}]
    (after,) = languages.completeness(content)
    assert after.all == before.all + 2
    assert after.done == before.done - 1
    lacking = dict(after.lacking)
    assert lacking["materials.layout.title"] == ("item", "materials", "@layout", "title")
    assert all(find(content, spot) is not MISSING for spot in lacking.values())
    (told,) = [each for each in found(None, content) if each.key == "items.studio_translations_lacking"]
    assert told.params["lacking"] == len(after.lacking)


@pytest.mark.parametrize("code", sorted(SHELF.items))
def test_the_shipped_items_have_no_translation_of_nothing_and_no_condition_that_cannot_hold(code):
    item = json.loads(SHELF.items[code].read_text(encoding="utf-8"))
    listed = found(None, {"item": item, "form": SHELF.forms[item["form"]], "blocks": SHELF.blocks})
    wrong = [
        (each.key, write(each.spot)) for each in listed if each.level == "error" or each.key.startswith(("items.studio_never", "items.studio_translation_"))
    ]
    assert wrong == []


# ---- size


def test_the_largest_item_is_checked_whole_and_an_unchanged_form_is_not_read_again(content, monkeypatch):
    big = large(content["item"], content["form"])
    assert len(big["form"]["properties"]) == FIELDS
    read = []
    whole = form_check._check
    monkeypatch.setattr(form_check, "_check", lambda *given: read.append(1) or whole(*given))
    first = found(None, big)
    assert [each.words() for each in first if each.level == "error"] == []
    assert len(read) == 1
    changed = edits.apply(big, [edits.Edit("set", ("item", "title"), "改过的名称", big["item"]["title"])]).doc
    found(None, changed)
    assert len(read) == 1


# ---- words


def test_the_list_of_official_words_is_sound():
    words = [each["word"] for each in writing.vocabulary()]
    assert len(words) == len(set(words))
    for each in writing.vocabulary():
        assert bool(each.get("say")) is not bool(each.get("why"))
        assert not each.get("swap") or each["word"] not in each["say"]


def test_everything_that_advice_says_is_worded():
    worded = catalogue()
    for kind in ("asked", "wanted", "offered", "barred", "charged", "checked", "pressed", "begun", "limited", "required"):
        assert {"zh", "en"} <= set(worded[f"items.studio_never_{kind}"])
