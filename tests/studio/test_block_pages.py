"""Shared blocks in the browser: put one in, make one, change it while it is a draft's, see who uses it, never change what is published."""

import html
import re
from datetime import UTC, datetime

from sqlalchemy import select

from core.identity.models import Post, Staff
from core.items.blocks.models import FormBlock
from core.kernel.ids import new_id
from tests.office.conftest import errors
from tests.studio.conftest import FOOD, page_form, save


def press(browser, base, do, **more):
    return browser.post(f"{base}/blocks/", {"do": do, "command_id": new_id(), **more})


def options(page, name):
    found = re.search(rf'<select name="{name}".*?</select>', page, re.S)
    return re.findall(r'<option value="([^"]*)"', found[0]) if found else []


def test_a_block_is_put_in_shown_and_made_ones_own(chief, base):
    page = chief.get(f"{base}/blocks/").text
    assert options(page, "block") == ["agent@1"]
    assert "平台自带" in page
    section = html.unescape(options(page, "section")[0])
    assert press(chief, base, "insert", block="agent@1", section=section).status_code == 303
    form = chief.get(f"{base}/form/?field=agent").text
    assert "共用 agent@1" in form
    assert "代理人姓名" in form
    assert "/form/properties/agent/properties" not in form, "what is in it is only read here"
    assert "代理人姓名" in chief.get(f"{base}/preview/form").text
    shown = chief.get(f"{base}/blocks/?key=agent@1").text
    assert "只能看" in shown
    for do in ("add", "remove", "up", "require"):
        refused = press(chief, base, do, key="agent@1", field="name", kind="text", title="x")
        assert refused.status_code == 422
        assert "已经发布" in errors(refused)
    assert '<fieldset class="bare" disabled' in chief.get(f"{base}/?at=/blocks/agent@1/properties/name").text
    assert press(chief, base, "detach", at="/form/properties/agent").status_code == 303
    assert "agent@1</span>" not in chief.get(f"{base}/form/?field=agent").text
    assert press(chief, base, "detach", at="/form/properties/agent").status_code == 422


def test_a_block_is_made_of_a_group_and_changed_while_it_is_the_drafts(office, chief, base, browse):
    section = html.unescape(options(chief.get(f"{base}/blocks/").text, "section")[0])
    added = chief.post(f"{base}/form/", {"do": "add", "kind": "group", "title": "夜市摊位", "section": section, "command_id": new_id()})
    assert added.status_code == 303
    page = chief.get(f"{base}/blocks/").text
    at = next(html.unescape(each) for each in options(page, "at") if each.startswith("/form/properties/"))
    assert press(chief, base, "share", at=at, name="Bad Name").status_code == 422
    made = press(chief, base, "share", at=at, name="stall")
    assert made.status_code == 303
    assert press(chief, base, "add", key="stall@1", kind="yes_no", title="有没有灯").status_code == 303
    shown = chief.get(f"{base}/blocks/?key=stall@1").text
    assert "还没发布" in shown
    names = re.findall(r'<li class="block" id="field-(\w+)"', shown)
    assert len(names) == 2
    assert press(chief, base, "up", key="stall@1", field=names[1]).status_code == 303
    assert press(chief, base, "require", key="stall@1", field=names[1]).status_code == 303
    assert re.findall(r'<li class="block" id="field-(\w+)"', chief.get(f"{base}/blocks/?key=stall@1").text) == names[::-1]
    field = f"/blocks/stall@1/properties/{names[0]}"
    form = page_form(browse, chief.get(f"{base}/?at={field}").text)
    assert save(chief, base, {**form, "title": "摊主"}).status_code == 200
    assert "摊主" in chief.get(f"{base}/preview/form").text
    assert press(chief, base, "remove", key="stall@1", field=names[1]).status_code == 303
    assert press(chief, base, "renew", key="stall@1").status_code == 422, "what is not published is changed as it is"
    assert "stall@1" not in options(chief.get(f"{base}/blocks/").text, "block"), "nobody else has it before it is published"


def test_forged_presses_are_refused_in_words(chief, base):
    for wrong in (
        {"do": "insert", "block": "agent@9", "section": "/form"}, {"do": "insert", "block": "agent@1", "section": "/nowhere"},
        {"do": "take", "block": "agent@1", "at": "/item/materials"}, {"do": "share", "at": "/item", "name": "x"}, {"do": "burn"},
        {"do": "share", "at": "/form/properties/area", "name": "__proto__"}, {"do": "add", "key": "nothing@1", "kind": "text"},
    ):  # fmt: skip
        answer = press(chief, base, **wrong)
        assert answer.status_code == 422, (wrong, answer.status_code)
        assert errors(answer)
    for key in ("x" * 200, "../../etc", "__proto__", "agent@99999999", "<b>"):
        assert chief.get(f"{base}/blocks/?key={key}").status_code == 200


def test_by_whom_and_when_a_version_was_published_stands_beside_it(office, chief, base):
    with office.session() as session:
        chief_id = office.staff_id(session, "chief")
        place = session.scalar(select(Post.department_id).where(Post.staff_id == chief_id).limit(1))
        body = {"title": "摊位", "type": "object", "properties": {"name": {"type": "string", "title": "摊名"}}, "id": "night_stall", "version": 1}
        at = datetime(2026, 3, 5, 2, 30, tzinfo=UTC)
        row = {"name": "night_stall", "number": 1, "title": "摊位", "body": body, "hash": "sha256:0", "department_id": place, "item_code": FOOD}
        session.add(FormBlock(**row, published_at=at, published_by=chief_id))
        name = session.scalar(select(Staff.name).where(Staff.id == chief_id))
    shown = re.sub(r"<[^>]+>", "", chief.get(f"{base}/blocks/?key=night_stall@1").text)
    beside = shown[shown.index("发布过的版本不能改") - 200 :]
    assert f"2026年3月5日（周四） 10:30 {name}" in re.sub(r"\s+", " ", beside)
    listed = re.search(r"night_stall(.*?)个事项在用", shown, re.DOTALL)
    assert listed is not None
    assert "2026年3月5日" in listed[1]
    assert name in listed[1]
    platform = chief.get(f"{base}/blocks/?key=agent@1").text
    assert "2026年3月5日" not in platform[platform.index('id="block"') :], "what comes with the platform nobody published here"
