"""The studio's pages: changing an item with what a browser sends, two at once, and everybody who has no business there."""

import json
import re
from collections.abc import Iterator

import pytest

from core.kernel.ids import new_id
from core.web.studio import home
from tests import fixtures_site as site
from tests.office.conftest import Office, errors
from tests.security import url_table
from tests.studio.conftest import page_form, save

FOOD = "food-operation-new"
#: Doors that everybody has who makes items of any department, with nothing of another's drafts behind them; what is published is everybody's to copy.
PUBLISHED = ("/office/studio/copy/",)
OWN_DOORS = ("/office/studio/", "/office/studio/import/", "/office/studio/links/", "/office/studio/bundles/", "/office/studio/bundles/key.json", *PUBLISHED)


def test_a_part_is_changed_as_one_types(chief, base, browse):
    form = page_form(browse, chief.get(f"{base}/?part=basic").text)
    told = save(chief, base, {**form, "short_title": "开店许可"}).json
    assert told["version"] == 1
    assert re.fullmatch(r"\d\d:\d\d", told["saved"])
    assert 'value="开店许可"' in chief.get(f"{base}/?part=basic").text
    again = save(chief, base, {**form, "short_title": "开店许可", "_version": "1"}).json
    assert again["version"] == 1, "what changes nothing is no command"


def test_two_at_once_keep_both_and_the_same_spot_is_told(office, chief, base, browse):
    other = office.staff("admin")
    mine = page_form(browse, chief.get(f"{base}/?part=basic").text)
    theirs = page_form(browse, other.get(f"{base}/?part=basic").text)
    assert save(other, base, {**theirs, "summary": "别人写的"}).status_code == 200
    assert save(chief, base, {**mine, "short_title": "我写的"}).json["version"] == 2
    shown = chief.get(f"{base}/?part=basic").text
    assert "别人写的" in shown
    assert "我写的" in shown
    clash = save(chief, base, {**mine, "short_title": "我写的", "summary": "我也写了"})
    assert clash.status_code == 409
    assert [(each["at"], each["theirs"], each["yours"]) for each in clash.json["clashes"]] == [("/item/summary", "别人写的", "我也写了")]
    assert "别人写的" in chief.get(f"{base}/?part=basic").text, "nothing was written"
    kept = save(chief, base, {**mine, "short_title": "我写的", "summary": "我也写了", "_mine": "1"})
    assert kept.status_code == 200
    assert "我也写了" in other.get(f"{base}/?part=basic").text
    assert "也在改" in str(chief.post(f"{base}/seat", {"at": ""}).json["others"])


def test_undo_and_redo(chief, base, browse):
    form = page_form(browse, chief.get(f"{base}/?part=basic").text)
    assert save(chief, base, {**form, "short_title": "甲甲"}).status_code == 200
    assert chief.post(f"{base}/undo", {"landing": "basic", "command_id": new_id()}).status_code == 303
    assert "甲甲" not in chief.get(f"{base}/?part=basic").text
    assert chief.post(f"{base}/redo", {"landing": "basic", "command_id": new_id()}).status_code == 303
    assert "甲甲" in chief.get(f"{base}/?part=basic").text
    nothing = chief.post(f"{base}/redo", {"landing": "basic", "command_id": new_id()})
    assert nothing.status_code == 409
    assert "没有可以撤销" in errors(nothing)


def test_cards_come_go_move_and_are_copied(chief, base):
    def titles():
        return re.findall(r'<li class="block"><span class="grow"><a [^>]*><b>(.*?)</b>', chief.get(f"{base}/?part=materials").text)

    before = titles()
    added = chief.post(f"{base}/entries", {"do": "add", "at": "/item/materials", "title": "租赁合同", "landing": "materials", "command_id": new_id()})
    assert added.status_code == 303
    assert "租赁合同" in chief.get(added.headers["Location"]).text
    assert titles() == [*before, "租赁合同"]
    spot = added.headers["Location"].split("at=")[1]
    chief.post(f"{base}/entries", {"do": "up", "at": spot, "landing": "materials", "command_id": new_id()})
    assert titles() == [*before[:-1], "租赁合同", before[-1]]
    chief.post(f"{base}/entries", {"do": "copy", "at": spot, "landing": "materials", "command_id": new_id()})
    assert titles() == [*before[:-1], "租赁合同", "租赁合同", before[-1]]
    chief.post(f"{base}/entries", {"do": "remove", "at": spot, "landing": "materials", "command_id": new_id()})
    assert titles() == [*before[:-1], "租赁合同", before[-1]]
    node = {"do": "add", "at": "/item/route/review/nodes", "landing": "route", "key": "again", "title": "复核"}
    assert chief.post(f"{base}/entries", {**node, "command_id": new_id()}).status_code == 303
    assert chief.post(f"{base}/entries", {**node, "command_id": new_id()}).status_code == 422, "the id is taken"


def test_the_same_part_as_json(chief, base):
    page = chief.get(f"{base}/?at=/item/materials/@layout").text
    text = re.search(r'<textarea id="json"[^>]*>(.*?)</textarea>', page, re.S)
    assert text is not None
    doc = json.loads(text[1].replace("&#34;", '"').replace("&amp;", "&"))
    sent = {"at": "/item/materials/@layout", "_version": "0", "command_id": new_id()}
    assert chief.post(f"{base}/json", {**sent, "json": json.dumps({**doc, "title": "平面图"})}).status_code == 303
    assert "平面图" in chief.get(f"{base}/?part=materials").text
    broken = chief.post(f"{base}/json", {**sent, "command_id": new_id(), "json": '{\n "id": "layout",\n oops'})
    assert broken.status_code == 422
    assert "3" in errors(broken), "the line is named"
    assert "oops" in broken.text, "what was written is kept"


def test_a_builder_sends_edits(office, chief, base):
    def send(body):
        return chief.client.post(f"{base}/commands", json=body, headers={"X-CSRFToken": chief.token()})

    edit = {"do": "set", "at": "/item/materials/@layout/title", "value": "布置图", "was": None}
    clash = send({"command_id": new_id(), "edits": [edit]})
    assert clash.status_code == 409
    assert clash.json["clashes"][0]["yours"] == "布置图"
    assert send({"command_id": new_id(), "edits": [edit], "mine": True}).json["version"] == 1
    for wrong in ({}, [], {"command_id": new_id(), "edits": [{"do": "burn"}]}, {"command_id": "x", "edits": [edit]}):
        assert send(wrong).status_code == 422


def test_previews_show_the_draft_and_nothing_is_handed_in(chief, base, browse):
    form = page_form(browse, chief.get(f"{base}/?part=basic").text)
    save(chief, base, {**form, "title": "食品经营许可（改）"})
    for theme in ("standard", "elder", "branch"):
        assert "食品经营许可（改）" in chief.get(f"{base}/preview/guide?theme={theme}").text
    assert "<svg" in chief.get(f"{base}/preview/route").text
    first = chief.get(f"{base}/preview/form")
    assert first.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    refused = chief.post(f"{base}/preview/form", {"_page": "operator", "_values": "{}", "operator_name": ""})
    assert 'class="errors' in refused.text
    assert chief.get(f"{base}/preview/nonsense").status_code == 404
    assert chief.post(f"{base}/preview/form", {"_page": "x", "_values": "[not json"}).status_code == 200


def test_a_broken_draft_still_opens_and_says_so(chief, base):
    wrong = {"command_id": new_id(), "edits": [{"do": "set", "at": "/item/route", "value": "gone", "was": 0}], "mine": True}
    assert chief.client.post(f"{base}/commands", json=wrong, headers={"X-CSRFToken": chief.token()}).status_code == 200
    assert "现在还不能预览" in chief.get(f"{base}/preview/guide").text
    for part in ("basic", "materials", "route", "limits", "form", "tests"):
        assert chief.get(f"{base}/?part={part}").status_code in (200, 303, 422)
    assert chief.get(f"{base}/route/").status_code == 200


def test_a_new_item_from_a_template_and_from_another_item(office, chief):
    page = chief.get("/office/studio/").text
    department = re.search(r'<select id="department".*?value="([^"]+)"', page, re.S)
    assert department is not None
    made = chief.post("/office/studio/", {"do": "new", "title": "夜市摆摊", "code": "night-stall", "department": department[1], "like": "template:permit"})
    assert made.status_code == 303
    assert "夜市摆摊" in chief.get(made.headers["Location"]).text
    assert "<svg" in chief.get(f"{made.headers['Location']}preview/route").text
    copy = chief.post("/office/studio/", {"do": "new", "title": "小餐饮", "code": "small-food", "department": department[1], "like": FOOD})
    assert copy.status_code == 303
    taken = chief.post("/office/studio/", {"do": "new", "title": "小餐饮", "code": "small-food", "department": department[1], "like": FOOD})
    assert taken.status_code == 409
    for code in ("", "有汉字", "a b", "x" * 65):
        bad = chief.post("/office/studio/", {"do": "new", "title": "小餐饮", "code": code, "department": department[1], "like": FOOD})
        assert bad.status_code == 422
        assert "小餐饮" in bad.text, "what was written is kept"
    foreign = chief.post("/office/studio/", {"do": "new", "title": "x", "code": "zzz", "department": new_id(), "like": FOOD})
    assert foreign.status_code == 403


def test_who_has_many_items_finds_one_by_a_word_of_it(chief, monkeypatch):
    listed = lambda page: re.findall(r'name="item" value="([^"]+)"', page)  # noqa: E731
    everything = listed(chief.get("/office/studio/").text)
    assert FOOD in everything
    assert 'name="q"' not in chief.get("/office/studio/").text, "a few are seen at a glance"
    monkeypatch.setattr(home, "MOST", 1)
    page = chief.get("/office/studio/").text
    assert listed(page) == everything[:1] != everything
    assert "只列了前 1 个" in page
    assert listed(chief.get("/office/studio/?q=FOOD-oper").text) == [FOOD]
    assert "没有找到" in chief.get("/office/studio/?q=<b>nothing").text
    assert "<b>nothing" not in chief.get("/office/studio/?q=<b>nothing").text


@pytest.mark.parametrize("login", ["window", "reviewer", "legal", "yunling-reviewer", "nobody", "citizen"])
def test_nobody_else_comes_in(office, chief, base, login):
    """Every address of the studio, taken from the application's own map, as everybody who may not."""
    if login == "citizen":
        stranger = site.Browser(office.app).citizen("13800000001", office.built.passwords["13800000001"])
    else:
        stranger = site.Browser(office.app) if login == "nobody" else office.staff(login)
    tried = 0
    for rule in office.app.url_map.iter_rules():
        if not rule.rule.startswith("/office/studio/"):
            continue
        for method in (rule.methods or set()) & {"GET", "POST"}:
            assert url_table.kind_of(method, rule.rule) == "studio", rule.rule
            path = re.sub(r"<(?:\w+:)?\w+>", "1", rule.rule.replace("/office/studio/<draft_id>", base).replace("<face>", "guide"))
            sent = {"do": "open", "item": FOOD, "command_id": new_id(), "landing": "basic"}
            answer = stranger.get(path) if method == "GET" else stranger.post(path, sent)
            if login == "yunling-reviewer" and path in OWN_DOORS:  # who makes items of another department sees those
                assert answer.status_code in (200, 422) or method == "POST", (method, path, answer.status_code)
                assert base not in answer.text
                assert path in PUBLISHED or FOOD not in answer.text or "云岭县" in answer.text
                continue
            assert answer.status_code in (302, 303, 403, 404), (method, path, answer.status_code)
            if answer.status_code in (302, 303):
                assert "/office/login/" in answer.headers["Location"], (method, path)
            assert "设施布局" not in answer.text
            tried += 1
    assert tried >= 12
    assert chief.get(f"{base}/").status_code == 200


def test_the_form_builder_adds_moves_requires_and_removes(chief, base, browse):
    def order():
        return re.findall(r'id="field-(\w+)"', chief.get(f"{base}/form/?page=premises").text)

    def press(do, **more):
        answer = chief.post(f"{base}/form/", {"do": do, "page": "premises", "command_id": new_id(), **more})
        assert answer.status_code == 303, errors(answer)
        return answer.headers["Location"]

    before = order()
    section = "/form/ui/pages/@premises/sections/@place"
    made = press("add", kind="text", title="门牌号", section=section, after="premises_address")
    name = made.split("field=")[1].split("#")[0]
    assert order() == [*before[:2], name, *before[2:]]
    assert "门牌号" in chief.get(made).text
    press("up", field=name)
    assert order()[1] == name
    press("require", field=name)
    assert "改成选填" in chief.get(f"{base}/form/?field={name}").text
    press("place", field=name, section="/form/ui/pages/@premises/sections/@licence", before="copies")
    assert order()[-3] == name
    form = page_form(browse, chief.get(f"{base}/form/?field={name}").text)
    assert save(chief, base, {**form, "title": "门牌号码"}).status_code == 200
    assert "门牌号码" in chief.get(f"{base}/preview/form?page=premises").text
    press("remove", field=name)
    assert order() == before
    for wrong in ({"do": "burn"}, {"do": "add", "kind": "recursive", "section": section}, {"do": "place", "field": "area", "section": "/nowhere"}):
        assert chief.post(f"{base}/form/", {"command_id": new_id(), **wrong}).status_code == 422


def test_a_row_that_is_half_written_does_not_break_the_preview(chief, base, browse):
    form = page_form(browse, chief.get(f"{base}/?part=basis").text)
    rows = len([name for name in form if re.fullmatch(r"basis-\d+-id", name)])
    told = save(chief, base, {**form, f"basis-{rows}-id": "", f"basis-{rows}-document_no": "主席令"}).json
    assert told["version"] == 1
    for face in ("guide", "form", "route"):
        assert chief.get(f"{base}/preview/{face}").status_code == 200
    assert "现在还不能预览" in chief.get(f"{base}/preview/guide").text


def test_the_options_of_a_choice_are_written_as_lines_and_the_rest_of_the_field_stays(chief, base, browse):
    page = chief.get(f"{base}/form/").text
    section = re.search(r'data-section="([^"]+)"', page)
    assert section is not None
    made = chief.post(f"{base}/form/", {"do": "add", "command_id": new_id(), "section": section[1], "kind": "choice", "title": "房子"})
    name = re.search(r"field=(\w+)", made.headers["Location"])
    assert name is not None
    told = {"do": "options", "command_id": new_id(), "field": name[1]}
    assert chief.post(f"{base}/form/", {**told, "options": "自有\r\n租赁\r\n借用"}).status_code == 303
    shown = chief.get(f"{base}/form/?field={name[1]}").text
    assert re.search(r"<textarea id=\"options\"[^>]*>自有\n租赁\n借用</textarea>", shown)
    form = page_form(browse, shown)
    assert not [key for key in form if key.startswith("oneOf")], "they are written in one place only"
    assert save(chief, base, {**form, "title": "房子从哪里来"}).status_code == 200
    assert "借用</textarea>" in chief.get(f"{base}/form/?field={name[1]}").text
    assert chief.post(f"{base}/form/", {**told, "command_id": new_id(), "options": "自有\n自有"}).status_code == 422


# ---- addresses of other sites


@pytest.fixture
def dead_and_moved(office: Office) -> Iterator[tuple[str, str]]:
    """The address that is the item's source, moved for good; then dead."""
    from sqlalchemy import select

    from core.items.links import gathering, service
    from core.items.links.models import Link, LinkUse
    from core.kernel.probing import Probe

    database = office.here.database
    with database.session() as session:
        while gathering.gather(session):
            pass
        link = session.scalars(select(Link).join(LinkUse).where(LinkUse.item_code == FOOD, LinkUse.spot == "/item/provenance/source")).one()
        use = session.scalars(select(LinkUse.id).where(LinkUse.link_id == link.id, LinkUse.item_code == FOOD)).one()
        service.write_down(session, link.id, Probe("ok", 200, "https://new.example.gov.cn/food", "https://new.example.gov.cn/food"))
        url, link_id = link.url, link.id
    yield url, use
    with database.session() as session:
        service.write_down(session, link_id, Probe("ok", 200))


def test_an_address_that_moved_is_mended_in_the_draft_by_a_click(office, chief, dead_and_moved):
    url, use = dead_and_moved
    shown = chief.get("/office/studio/links/").text
    assert url in shown
    assert "https://new.example.gov.cn/food" in shown
    answer = chief.post("/office/studio/links/mend", {"use": use, "command_id": new_id()})
    assert answer.status_code == 303, answer.text[:500]
    base = answer.headers["Location"].split("?")[0].rstrip("/")
    page = chief.get(answer.headers["Location"]).text
    assert "https://new.example.gov.cn/food" in page
    assert chief.post("/office/studio/links/mend", {"use": use, "command_id": new_id()}).status_code == 303, "a second click changes nothing"
    assert chief.post("/office/studio/links/mend", {"use": use}).status_code == 422
    chief.post(f"{base}/drop")


def test_addresses_are_the_business_of_those_who_change_the_item(office, dead_and_moved):
    _url, use = dead_and_moved
    window = office.staff("window")
    assert window.get("/office/studio/links/").status_code == 403
    for way in ("mend", "open", "ask"):
        assert window.post(f"/office/studio/links/{way}", {"use": use, "command_id": new_id()}).status_code == 403
        assert office.staff("chief").post(f"/office/studio/links/{way}", {"use": new_id(), "command_id": new_id()}).status_code == 404


def test_a_guide_says_that_an_address_was_dead_and_does_not_lead_there(office, dead_and_moved):
    from sqlalchemy import select

    from core.items.links import queries, service
    from core.items.links.models import Link
    from core.kernel.probing import Probe

    url, _use = dead_and_moved
    citizen = site.Browser(office.app)
    assert f'href="{url}"' in citizen.get(f"/items/{FOOD}").text
    with office.here.database.session() as session:
        link = session.scalar(select(Link.id).where(Link.url == url))
        for _ in range(3):
            service.write_down(session, link, Probe("gone", 404, why="gone"))
    with office.here.database.session() as session:
        queries.dead_links.forget(session)
    shown = citizen.get(f"/items/{FOOD}").text
    assert f'href="{url}"' not in shown
    assert "检查时打不开" in shown
