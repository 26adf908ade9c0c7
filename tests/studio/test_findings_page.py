"""The list of what was found and its buttons, as a browser uses them."""

import re

import pytest

from core.kernel.actor import SYSTEM
from core.kernel.ids import new_id
from core.licences import service as licences
from tests.office.conftest import Office
from tests.studio.conftest import TYPES

FOOD = "food-operation-new"


@pytest.fixture(scope="module", autouse=True)
def licensed(office: Office) -> None:
    """The hall knows the business licence: a paper of that name can be had from the library."""
    with office.here.database.session() as session:
        licences.put_types(session, [{**TYPES[0], "code": "business-licence", "title": "营业执照"}], actor=SYSTEM)


def change(chief, base, *edits):
    body = {"command_id": new_id(), "edits": [{"do": "set", "at": at, "value": value, "was": 0} for at, value in edits], "mine": True}
    answer = chief.client.post(f"{base}/commands", json=body, headers={"X-CSRFToken": chief.token()})
    assert answer.status_code == 200, answer.text


def lines(page):
    """(name, address, words, marks of its buttons) of each line."""
    line = r'<li class="block"><div class="grow"><p class="small muted">(.*?)</p><p><a href="(.*?)">(.*?)</a></p></div>(.*?)</li>'
    button = r'name="mark" value="(.*?)"><input type="hidden" name="way" value="(\d+)"'
    return [(name, address, words, re.findall(button, rest)) for name, address, words, rest in re.findall(line, page, re.S)]


def test_a_finding_leads_to_its_spot_and_is_mended_with_one_click(chief, base):
    change(chief, base, ("/item/materials/@layout/title", "营业执照（副本）"))
    page = chief.get(f"{base}/findings/").text
    assert page.index("不能发布") < page.index("建议")
    (line,) = [each for each in lines(page) if "证照库里有" in each[2]]
    name, address, _words, ((mark, way),) = line
    assert name.startswith("材料 · 营业执照")
    assert address == f"{base}/?at=/item/materials/@layout#f-source"
    there = chief.get(address.partition("#")[0])
    assert there.status_code == 200
    assert 'id="f-source' in there.text
    sent = {"mark": mark, "way": way, "landing": "/item/materials/@layout", "command_id": new_id()}
    done = chief.post(f"{base}/findings/mend", sent)
    assert done.status_code == 303
    assert done.headers["Location"].endswith("/?at=/item/materials/@layout")
    assert "已改好" in chief.get(done.headers["Location"]).text
    assert not [each for each in lines(chief.get(f"{base}/findings/").text) if "证照库里有" in each[2]]
    again = chief.post(f"{base}/findings/mend", {**sent, "command_id": new_id()})
    assert again.status_code == 303
    assert "已经不在了" in chief.get(again.headers["Location"]).text
    assert chief.post(f"{base}/undo", {"landing": "materials", "command_id": new_id()}).status_code == 303
    assert [each for each in lines(chief.get(f"{base}/findings/").text) if "证照库里有" in each[2]]


def test_what_is_safe_is_mended_all_at_once(chief, base):
    change(chief, base, ("/item/materials/@layout/help", "带原件,再带２份复印件"))
    page = chief.get(f"{base}/findings/").text
    assert re.search(r"能直接改的 \d+ 条全部改好", page)
    assert chief.post(f"{base}/findings/mend", {"all": "1", "command_id": new_id()}).status_code == 303
    page = chief.get(f"{base}/findings/").text
    assert "能直接改的" not in page
    assert "带原件，再带2份复印件" in chief.get(f"{base}/?at=/item/materials/@layout").text


def test_what_is_said_of_many_spots_alike_is_said_once_and_mended_for_all_of_them(chief, base):
    page = chief.get(f"{base}/findings/").text
    assert page.count("中文里用了半角标点") == 1
    assert 'name="key" value="items.studio_narrow_signs"' in page
    assert chief.post(f"{base}/findings/mend", {"all": "1", "key": "items.studio_narrow_signs", "command_id": new_id()}).status_code == 303
    after = chief.get(f"{base}/findings/").text
    assert "中文里用了半角标点" not in after
    assert "没有样本" in after, "the rest stays"


def test_beside_an_editor_stands_what_was_found_in_its_part_and_what_closes_the_gate(chief, base):
    change(chief, base, ("/item/materials/@layout/help", "待定"), ("/item/route/review/start", "nowhere"))
    here = [each[0] for each in lines(chief.get(f"{base}/findings/panel?part=materials&landing=materials").text)]
    assert any(name.startswith("材料") for name in here)
    assert any(name.startswith("路由") for name in here)
    assert 'data-counts="route:' in chief.get(f"{base}/findings/panel?part=materials").text
    assert "data-findings" in chief.get(f"{base}/?part=materials").text
    route = chief.get(f"{base}/findings/panel?part=guide").text
    assert "待定" not in route


def test_a_draft_wrong_in_every_way_still_lists_what_is_wrong(chief, base):
    change(chief, base, ("/item/materials", "gone"), ("/item/route", [1]), ("/form/properties", {"a": None}))
    page = chief.get(f"{base}/findings/")
    assert page.status_code == 200
    assert len(lines(page.text)) > 2
    addresses = sorted({address.partition("#")[0].replace("&amp;", "&") for _name, address, _words, _marks in lines(page.text)})
    for address in addresses[:: max(1, len(addresses) // 12)]:  # a dozen from everywhere: they lead to the same few pages
        assert chief.get(address).status_code in (200, 303, 422), address
    assert chief.get(f"{base}/findings/panel?part=materials").status_code == 200


def test_words_of_the_draft_are_escaped(chief, base):
    change(chief, base, ("/item/materials/@layout/title", "<script>alert(1)</script>待定"))
    page = chief.get(f"{base}/findings/").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


def test_what_hangs_on_a_field_is_listed_and_its_id_changed_with_all_of_it(chief, base):
    at = "/form/properties/online"
    assert f"{base}/uses/?at=/form/properties/online" in chief.get(f"{base}/form/?field=online").text.replace("%2F", "/")
    page = chief.get(f"{base}/uses/?at={at}").text
    assert "网站截图" in page
    taken = chief.post(f"{base}/uses/", {"at": at, "key": "area", "command_id": new_id()})
    assert taken.status_code == 422
    assert 'value="area"' in taken.text, "what was written is kept"
    done = chief.post(f"{base}/uses/", {"at": at, "key": "web_shop", "command_id": new_id()})
    assert done.status_code == 303
    there = chief.get(done.headers["Location"]).text
    assert "网站截图" in there
    assert 'value="web_shop"' in there
    assert "不能发布" not in chief.get(f"{base}/findings/").text
    assert chief.post(f"{base}/undo", {"landing": "form", "command_id": new_id()}).status_code == 303
    assert chief.get(f"{base}/uses/?at={at}").status_code == 200
    assert "uses/?at=" in chief.get(f"{base}/?at=/item/materials/@layout").text
    for nowhere in ("", "/item/title", "/item/materials/@nothing", "x"):
        assert chief.get(f"{base}/uses/?at={nowhere}").status_code == 422


@pytest.mark.parametrize("sent", [{}, {"mark": "zz", "way": "0"}, {"mark": "", "way": "-1"}, {"all": ""}, {"mark": "zz", "way": "x", "landing": "/../.."}])
def test_a_button_that_nobody_offered_does_nothing(chief, base, sent):
    assert chief.post(f"{base}/findings/mend", {**sent, "command_id": new_id()}).status_code in (303, 422)
    assert chief.post(f"{base}/undo", {"landing": "basic", "command_id": new_id()}).status_code == 409, "nothing to undo"
