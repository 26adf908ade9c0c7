"""Rules by menus on the pages of a draft: wherever the schemas have one it is shown as its sentence, changed by menus, and one click away as JSON."""

import json
import re
from html import unescape

import pytest

from core.items.studio import editors, parts, ruled
from core.kernel.ids import new_id
from tests.studio.test_editors import content_of, everywhere
from tests.studio.test_route_pages import command, said

AREA = "/form/properties/area/ui"


def post(browser, base, browse, page, at, **more):
    """Post the menus of the rule at *at* as the page has them."""
    forms = [each for each in re.findall(r"<form.*?</form>", page, re.S) if f'name="at" value="{at}"' in unescape(each) and 'name="json"' not in each]
    assert forms, at
    return browser.post(f"{base}/condition/", {**browse(forms[0]).form(), "command_id": new_id(), **more})


def test_every_rule_of_the_schemas_has_a_page_with_its_sentence(chief, base):
    content, seen = content_of("food-operation-new"), 0
    for made in [*everywhere(content)]:
        for rule in [*ruled.rules_of(content, made.at), *([found] if (found := ruled.rule_at(content, made.at)) else [])]:
            if rule.rule is None or seen > 40:
                continue
            page = chief.get(f"{base}/condition/?at=/{'/'.join(rule.at)}")
            assert page.status_code == 200
            assert 'class="sentence"' in page.text or "菜单写不下" in page.text, rule.at
            seen += 1
    assert seen > 10


def test_a_field_of_the_form_is_shown_by_a_condition_of_menus(chief, base, browse):
    at = f"{base}/form/?field=area"
    page = chief.get(at).text
    made = post(chief, base, browse, page, f"{AREA}/required_when", **{"new:r": "form.staff"})
    assert made.headers["Location"].endswith("/form/?field=area#rule-required_when")
    page = chief.get(at)
    assert "从业人员至少有一行满足:姓名是“待填”" in said(page)
    post(chief, base, browse, page.text, f"{AREA}/required_when", **{"value:r-0-w-0": "张三", "over:r-0": "none"})
    assert "从业人员没有一行满足:姓名是“张三”" in said(chief.get(at))
    post(chief, base, browse, chief.get(at).text, f"{AREA}/required_when", do="clear")
    assert "没有一行满足" not in said(chief.get(at))


def test_a_field_without_settings_gets_its_condition_all_the_same(chief, base, browse):
    assert command(chief, base, "/form/properties/plain", {"type": "boolean", "title": "要不要"}).status_code == 200
    at = "/form/properties/plain/ui/visible_when"
    page = chief.get(f"{base}/condition/?at={at}").text
    post(chief, base, browse, page, at, **{"new:r": "form.area"})
    assert "当经营面积超过 0 ㎡时。" in said(chief.get(f"{base}/condition/?at={at}"))


def test_the_case_of_a_limit_is_reached_from_its_row(chief, base, browse):
    limit = "/item/route/review/nodes/decide/limit"
    assert command(chief, base, limit, {"value": 5, "unit": "working_day", "cases": [
        {"when": {">": [{"var": "form.area"}, 300]}, "value": 9, "unit": "working_day"}, {"value": 3, "unit": "working_day"}]}).status_code == 200  # fmt: skip
    page = chief.get(f"{base}/?at={limit}").text
    assert "经营面积超过 300 ㎡" in unescape(page)
    form = next(each for each in re.findall(r"<form.*?</form>", page, re.S) if "data-studio" in each)
    there = chief.post(f"{base}/edit", {**browse(form).form(), "_go": "cases-1-when"})
    assert unescape(there.headers["Location"]).replace("%2F", "/").endswith(f"/condition/?at={limit}/cases/1/when")
    assert "没有条件" in said(chief.get(there.headers["Location"]))
    post(chief, base, browse, chief.get(there.headers["Location"]).text, f"{limit}/cases/1/when", **{"new:r": "situation.kind"})
    assert "“食品生产经营的类别" not in unescape(chief.get(f"{base}/?at={limit}").text)
    assert unescape(chief.get(f"{base}/?at={limit}").text).count('class="sentence"') >= 2


def test_what_a_licence_says_is_a_formula(chief, base, browse):
    holder = f"{base}/?at=/item/results/@licence"
    page = unescape(chief.get(holder).text)
    name = re.search(r"/item/results/@licence/data/([^\"&]+)", page.replace("%2F", "/").replace("%40", "@"))
    assert name is not None
    assert (
        chief.post(
            f"{base}/entries", {"command_id": new_id(), "do": "add", "at": "/item/results/@licence/data", "key": "面积", "landing": "results"}
        ).status_code
        == 303
    )
    at = "/item/results/@licence/data/面积"
    page = chief.get(f"{base}/condition/?at={at}")
    post(chief, base, browse, page.text, at, **{"form:r": "read"})
    post(chief, base, browse, chief.get(f"{base}/condition/?at={at}").text, at, **{"fact:r": "form.area"})
    assert "经营面积" in said(chief.get(holder))


def test_a_rule_as_json_is_kept_or_refused_with_what_was_typed(chief, base):
    at = "/item/materials/@layout/when"

    def write(text):
        return chief.post(f"{base}/condition/", {"command_id": new_id(), "at": at, "json": text})

    assert write(json.dumps({">": [{"+": [{"var": "form.area"}, 1]}, 3]})).status_code == 303
    for wrong, why in (('{"=>": [1, 2]}', "没有“=>”这个运算符"), ('{"==": [{"var": "form.aera"}, 1]}', "form.area"), ("{", "行")):
        answer = write(wrong)
        assert answer.status_code == 422
        assert why in said(answer)
        assert wrong in unescape(answer.text), "what was typed is still there"
    assert "经营面积 + 1" in said(chief.get(f"{base}/condition/?at={at}"))
    assert write("").status_code == 303
    assert "没有条件" in said(chief.get(f"{base}/condition/?at={at}"))


@pytest.mark.parametrize("at", ["/item", "/item/title", "/nothing/when", "/item/materials/@layout/when/and/0", "/form/properties/area", "", "/item/x/when"])
def test_what_is_no_rule_has_no_page(chief, base, at):
    assert chief.get(f"{base}/condition/?at={at}").status_code == 422
    assert chief.post(f"{base}/condition/", {"command_id": new_id(), "at": at, "json": "true"}).status_code == 422


def test_no_editor_shows_a_rule_as_plain_json():
    content = content_of("food-operation-new")
    for part in parts.shown():
        assert not [name for name in editors.editor(content, part.at, part).names if name in ("when", "visible_when", "required_when", "computed")]
