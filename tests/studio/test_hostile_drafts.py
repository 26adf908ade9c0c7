"""What somebody hostile – or a page gone wrong – may send to a draft: foreign spots, colliding ids, names of objects, depth, size, marks of HTML.

Whatever was sent, it is refused in words or kept as it is; every page of the draft still opens and says what is wrong, and nothing is run."""

import json

import pytest

from core.kernel.ids import new_id

PAGES = (
    "?part=basic", "?part=materials", "?part=form", "?part=results", "?part=tests", "form/", "route/", "tests/", "findings/", "findings/panel", "publish/",
    "publish/print", "blocks/", "documents/", "preview/guide", "preview/form", "preview/route", "what-if/",
)  # fmt: skip
MARK = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def send(browser, base, *edits, mine=True):
    body = {"command_id": new_id(), "edits": list(edits), "mine": mine}
    return browser.client.post(f"{base}/commands", json=body, headers={"X-CSRFToken": browser.token()})


def deep(levels):
    value = {"type": "string", "title": "底"}
    for n in range(levels):
        value = {"type": "object", "title": f"层 {n}", "properties": {"x": value}}
    return value


HOSTILE = {
    "prototype": [{"do": "set", "at": "/item/__proto__", "value": {"polluted": True}},
    {"do": "set", "at": "/form/properties/__proto__", "value": {"type": "string"}}],
    "constructor": [{"do": "set", "at": "/form/properties/constructor", "value": {"type": "string", "title": "constructor"}}],
    "html": [
        {"do": "set", "at": "/item/title", "value": MARK}, {"do": "set", "at": "/item/materials/@layout/title", "value": MARK},
        {"do": "set", "at": "/form/properties/area/title", "value": MARK}, {"do": "set", "at": "/item/summary", "value": MARK},
        {"do": "set", "at": "/form/ui/pages/0/title", "value": MARK}, {"do": "set", "at": "/item/tests/0/title", "value": MARK},
    ],
    "twins": [{"do": "set", "at": "/item/materials", "value": [{"id": "a", "title": "一"}, {"id": "a", "title": "二"}, {"title": "无"}, {"id": 5}, None, "x"]}],
    "deep": [{"do": "set", "at": "/form/properties/abyss", "value": deep(30)}],
    "not a form": [{"do": "set", "at": "/form", "value": [1, 2, 3]}],
    "not an item": [{"do": "set", "at": "/item", "value": "gone"}],
    "no blocks": [{"do": "set", "at": "/blocks", "value": ["x"]}, {"do": "set", "at": "/form/properties/area", "value": {"include": "agent@1"}}],
    "circle of blocks": [
        {"do": "set", "at": "/blocks", "value": {"a@1": {"id": "a", "version": 1, "type": "object", "properties": {"b": {"include": "a@1"}}}}},
        {"do": "set", "at": "/form/properties/area", "value": {"include": "a@1"}},
    ],
    "wrong kinds": [
        {"do": "set", "at": "/item/materials", "value": {"a": 1}}, {"do": "set", "at": "/form/required", "value": "area"},
        {"do": "set", "at": "/item/tests", "value": 7},
        {"do": "set", "at": "/form/ui/pages", "value": {"x": []}}, {"do": "set", "at": "/item/route/review/nodes", "value": [1]},
    ],
    "long": [{"do": "set", "at": "/item/title", "value": "长" * 100_000}, {"do": "set", "at": "/item/materials/@layout/title", "value": "宽" * 100_000}],
    "numbers": [{"do": "set", "at": "/item/route/limits", "value": {"promised": {"value": 10**30, "unit": "working_day"},
    "statutory": {"value": -5, "unit": "x"}}}],
}  # fmt: skip


#: What has no shape that an editor could show: that part says so, with what can be done.
NO_EDITOR = {
    "not a form": ("?part=form",),
    "not an item": ("?part=basic", "?part=materials", "?part=results", "?part=tests"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_every_page_still_opens_on_a_draft_that_somebody_spoiled(chief, base, what):
    answer = send(chief, base, *HOSTILE[what])
    assert answer.status_code == 200, (what, answer.status_code, answer.text[:300])
    shown = {page: chief.get(f"{base}/{page}") for page in PAGES}
    assert {page: each.status_code for page, each in shown.items() if each.status_code != 200} == dict.fromkeys(NO_EDITOR.get(what, ()), 422)
    assert [page for page, each in shown.items() if "<script>alert" in each.text or "<img src=x" in each.text] == []
    if what not in ("constructor", "html", "deep"):  # those are strange and sound
        refused = chief.post(f"{base}/publish/", {"reason": "x", "when": "now", "command_id": new_id()})
        assert refused.status_code in (409, 422), (what, refused.status_code)


def test_edits_that_say_nothing_that_can_be_done_are_refused_in_words(chief, base):
    for edit in (
        {"do": "set", "at": "", "value": {}}, {"do": "set", "at": "item/title", "value": "x"}, {"do": "set", "at": "/item/title"},
        {"do": "remove", "at": "/item/none/such"},
        {"do": "insert", "at": "/item/title", "value": 1}, {"do": "move", "at": "/item/materials/@none"}, {"do": "set", "at": "/" + "a/" * 200, "value": 1},
        {"do": "set", "at": "/item/materials/999999999999999999999", "value": 1}, {"do": "set", "at": ["item"], "value": 1}, {"do": {"x": 1}, "at": "/item"},
        {"do": "set", "at": "/item/materials/@layout/title", "value": 1, "before": {"x": 1}},
    ):  # fmt: skip
        answer = send(chief, base, edit, mine=False)
        assert answer.status_code in (200, 409, 422), (edit, answer.status_code)
        assert answer.status_code != 200 or answer.json["version"] == 0, (edit, "nothing was changed")
    for body in (b"", b"[]", b'"x"', b"{", b'{"edits": 5}', json.dumps({"command_id": new_id(), "edits": [{}] * 20_001}).encode()):
        answer = chief.client.post(f"{base}/commands", data=body, headers={"X-CSRFToken": chief.token(), "Content-Type": "application/json"})
        assert answer.status_code == 422, body[:40]
    for at in ("/" + "x/" * 70, "/nowhere", "/item/__proto__", "/blocks", "/blocks/x", "/blocks/__proto__/y", "/item/materials/@" + "x" * 500, "//", "/~2"):
        assert chief.get(f"{base}/?at={at}").status_code in (200, 404, 422), at
        assert chief.get(f"{base}/uses/?at={at}").status_code in (200, 404, 422), at
        assert chief.post(f"{base}/seat", {"at": at}).status_code in (200, 422), at
    for version in ("-1", "999", "x", "1e9", "99999999999999999999"):
        answer = chief.post(f"{base}/edit", {"part": "basic", "_version": version, "command_id": new_id()}, headers={"Accept": "application/json"})
        assert answer.status_code in (200, 404, 409, 422), version


def test_a_draft_that_ended_is_read_and_no_longer_changed(chief, base):
    assert chief.post(f"{base}/drop").status_code == 303
    for page in PAGES:
        assert chief.get(f"{base}/{page}").status_code in (200, 303), page
    assert send(chief, base, {"do": "set", "at": "/item/title", "value": "晚了"}).status_code == 409
    for path, given in (
        ("form/", {"do": "add_page"}), ("blocks/", {"do": "insert", "block": "agent@1", "section": "/form/ui/pages/@premises/sections/@place"}),
        ("entries", {"do": "add", "at": "/item/materials", "title": "x", "landing": "materials"}), ("undo", {"landing": "basic"}),
    ):  # fmt: skip
        answer = chief.post(f"{base}/{path}", {"command_id": new_id(), **given})
        assert answer.status_code in (409, 422), (path, answer.status_code)
