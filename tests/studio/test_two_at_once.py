"""Two people at one draft over plain requests: a page that is older than the draft overwrites nothing, and without JavaScript nothing typed is lost either."""

import html
import json
import re

import pytest

from core.items.studio import edits
from core.items.studio.edits import Edit
from core.items.studio.errors import Clashed
from core.kernel.ids import new_id
from tests.studio.conftest import page_form, save

DOC = {"item": {"materials": [{"id": "a", "title": "一"}, {"id": "b", "title": "二", "source": {"x": 1}}, {"id": "c", "title": "三"}]}}


def test_an_entry_that_was_removed_comes_back_with_what_was_written_in_it():
    gone = {"item": {"materials": [DOC["item"]["materials"][0], DOC["item"]["materials"][2]]}}
    mine = (
        Edit("set", ("item", "materials", "@b", "title"), "二二", was="二"),
        Edit("set", ("item", "materials", "@b", "source", "x"), 2, was=1),
        Edit("insert", ("item", "materials", "@b", "words"), "w"),
    )[:2]
    with pytest.raises(Clashed):
        edits.apply(gone, edits.forced(mine, gone))
    done = edits.apply(gone, edits.forced(mine, gone, DOC))
    assert [each["id"] for each in done.doc["item"]["materials"]] == ["a", "b", "c"], "where it was"
    assert done.doc["item"]["materials"][1] == {"id": "b", "title": "二二", "source": {"x": 2}}
    assert edits.apply(done.doc, done.undo).doc == gone
    alone = {"item": {}}
    assert edits.apply(alone, edits.forced(mine[:1], alone, DOC)).doc["item"]["materials"][1]["title"] == "二二", "the whole list was gone"


def test_theirs_counts_where_it_clashes_and_only_there():
    theirs = {"item": {"materials": [{"id": "a", "title": "别人的"}, *DOC["item"]["materials"][1:]]}}
    mine = (Edit("set", ("item", "materials", "@a", "title"), "我的", was="一"), Edit("set", ("item", "materials", "@c", "title"), "三三", was="三"))
    kept = edits.yielding(mine, theirs)
    assert kept == mine[1:]
    assert [each["title"] for each in edits.apply(theirs, kept).doc["item"]["materials"]] == ["别人的", "二", "三三"]


def test_a_page_is_told_that_it_shows_what_is_no_longer_there(office, chief, base, browse):
    other = office.staff("admin")
    mine = page_form(browse, chief.get(f"{base}/?part=basic").text)
    theirs = page_form(browse, other.get(f"{base}/?part=basic").text)
    assert save(chief, base, {**mine, "short_title": "甲"}).json["stale"] is False
    told = save(other, base, {**theirs, "summary": "乙"}).json
    assert (told["version"], told["stale"]) == (2, True), "the page still shows the old short title"
    materials = page_form(browse, chief.get(f"{base}/?at=/item/materials/@layout").text)
    save(other, base, {**page_form(browse, other.get(f"{base}/?part=basic").text), "summary": "丙"})
    assert save(chief, base, {**materials, "title": "布局图"}).json["stale"] is False, "what changed elsewhere is none of this page's"


def test_without_javascript_a_clash_keeps_everything_that_was_typed(office, chief, base, browse):
    other = office.staff("admin")
    mine = page_form(browse, chief.get(f"{base}/?part=basic").text)
    theirs = page_form(browse, other.get(f"{base}/?part=basic").text)
    save(other, base, {**theirs, "summary": "别人的简介"})
    refused = chief.post(f"{base}/edit", {**mine, "summary": "我的简介", "short_title": "我的简称", "command_id": new_id()})
    assert refused.status_code == 409
    again = page_form(browse, refused.text)
    assert (again["summary"], again["short_title"], again["_version"]) == (["我的简介"], ["我的简称"], ["0"])
    assert "别人的简介" in refused.text
    yielded = chief.post(f"{base}/edit", {**again, "_theirs": "1", "command_id": new_id()})
    assert yielded.status_code == 303
    now = page_form(browse, chief.get(f"{base}/?part=basic").text)
    assert (now["summary"], now["short_title"]) == (["别人的简介"], ["我的简称"])


def test_who_edits_what_another_removes_is_told_and_may_have_it_back(office, chief, base, browse):
    spot, other = "/item/materials/@layout", office.staff("admin")
    form = page_form(browse, chief.get(f"{base}/?at={spot}").text)
    assert other.post(f"{base}/entries", {"do": "remove", "at": spot, "landing": "materials", "command_id": new_id()}).status_code == 303
    told = save(chief, base, {**form, "title": "改了的布局图"})
    assert told.status_code == 409
    assert [(each["gone"], each["yours"], bool(each["who"])) for each in told.json["clashes"]] == [(True, "改了的布局图", True)]
    plain = chief.post(f"{base}/edit", {**form, "title": "改了的布局图", "command_id": new_id()})
    assert plain.status_code == 409
    assert page_form(browse, plain.text)["title"] == ["改了的布局图"]
    assert save(chief, base, {**form, "title": "改了的布局图", "_mine": "1"}).status_code == 200
    assert "改了的布局图" in other.get(f"{base}/?part=materials").text


def test_undoing_after_a_save_from_the_same_page_undoes(chief, base, browse):
    page = chief.get(f"{base}/?part=basic").text
    form = page_form(browse, page)
    chief.post(f"{base}/edit", {**form, "short_title": "要撤销的"}, headers={"Accept": "application/json"})  # with the page's own command id
    undo = re.search(r'action="[^"]*/undo">.*?name="command_id" value="([^"]+)"', page, re.S)
    assert undo is not None
    assert chief.post(f"{base}/undo", {"landing": "basic", "command_id": undo[1]}).status_code == 303
    assert "要撤销的" not in chief.get(f"{base}/?part=basic").text


def test_the_same_part_as_json_overwrites_nothing_that_came_meanwhile(office, chief, base, browse):
    other = office.staff("admin")
    page = chief.get(f"{base}/?at=/item/materials/@layout").text
    text = re.search(r'<textarea id="json"[^>]*>(.*?)</textarea>', page, re.S)
    assert text is not None
    doc = json.loads(html.unescape(text[1]))
    theirs = page_form(browse, other.get(f"{base}/?at=/item/materials/@layout").text)
    save(other, base, {**theirs, "title": "别人的标题"})
    sent = {"at": "/item/materials/@layout", "_version": "0", "command_id": new_id(), "json": json.dumps({**doc, "max_files": 7})}
    assert chief.post(f"{base}/json", sent).status_code == 303
    now = chief.get(f"{base}/?at=/item/materials/@layout").text
    assert "别人的标题" in now
    assert "&#34;max_files&#34;: 7" in now
