"""Input meant to hurt: every answer is a clear message, answers are kept, nothing runs, nothing doubles, nothing crashes."""

import io
import json
import os
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.cases import service as cases
from core.cases.models import Case
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.fixtures_hall import settle
from tests.security.conftest import ME, OTHER, World, start_draft
from tests.security.test_wrong_person import rules

HOSTILE = "\"><img src=x onerror=alert(1)><script>alert(2)</script>'{{7*7}}${7*7}</textarea>"
ITEM = "unemployment-benefit"


@pytest.fixture(scope="module")
def place(template: site.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A hall of this module's own."""
    built = site.copy(template, tmp_path_factory.mktemp("hostile") / "hall")
    world = World(built, built.app())
    yield world
    world.app.extensions["wangting"].database.close()


class Danger(HTMLParser):
    """Collects what a browser would run or fetch: handlers, scripts without an address, pictures of the payload."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One tag as a browser reads it."""
        names = dict(attrs)
        if (
            any(name.startswith("on") for name in names)
            or (tag == "script" and "src" not in names and names.get("type") != "application/json")
            or names.get("src") == "x"
        ):
            self.found.append(self.get_starttag_text() or tag)


def assert_harmless(text: str, where: str) -> None:
    """Nothing of the payload is markup on this page."""
    page = Danger()
    page.feed(text)
    assert page.found == [], where
    assert "<script>alert" not in text, where


def count(world: World) -> int:
    """How many cases there are."""
    with world.app.extensions["wangting"].database.session() as session:
        return int(session.scalar(select(func.count()).select_from(Case)) or 0)


def attach(browser: site.Browser, draft: str, content: bytes, name: str) -> Any:
    """Upload through the page's script."""
    return browser.post("/uploads", {"draft": draft, "material": "id_card", "file": (io.BytesIO(content), name)}, content_type="multipart/form-data")


def finish(browser: site.Browser, draft: str) -> tuple[Any, dict[str, str]]:
    """Come to check-your-answers with a file; returns the page and what its button sends."""
    assert attach(browser, draft, site.png(), "id.png").status_code == 200
    page = browser.get(f"/drafts/{draft}/check")
    assert page.status_code == 200, page.text[-3000:]
    version = re.search(r'name="_version" value="(\d+)"', page.text)
    assert version is not None
    return page, {"_version": version[1], "_agree": "1"}


# --- markup in every text ---------------------------------------------------------------------------------------------------------------------


def test_markup_in_every_text_stays_text_on_every_page_and_on_the_sheet(place: World) -> None:
    me, api = place.me(), place.api()
    draft, _step = start_draft(me, employer=HOSTILE)
    assert attach(me, draft, site.png(), "<img src=x onerror=alert(1)>.png").status_code == 200
    check, send = finish(me, draft)
    assert_harmless(check.text, "check")
    assert "onerror=alert(1)" in unescape(check.text), "what was typed is shown as it was typed"
    done = me.post(f"/drafts/{draft}/submit", send)
    assert done.status_code == 303, done.text[-2000:]
    case = done.headers["Location"].split("/")[2]
    window = place.staff("window")
    asked = site.office_press(window, case, 1, "request_correction", opinion=HOSTILE, field="employer", **{"why-field-employer": HOSTILE})
    assert asked.status_code == 303, asked.text[-2000:]
    settle(place.app.extensions["wangting"].database)
    pages = {path: me.get(path) for path in (f"/cases/{case}", f"/cases/{case}/receipt", f"/cases/{case}/correct", f"/cases/{case}/withdraw", "/my/", "/")}
    pages |= {path: window.get(path) for path in (f"/office/cases/{case}", "/office/?light=", "/office/?number=" + HOSTILE.replace("#", ""))}
    pages["reveal"] = window.post(f"/office/cases/{case}/reveal", {"reason": HOSTILE})
    for path, page in pages.items():
        assert page.status_code == 200, path
        assert_harmless(page.text, path)
    assert api.get(f"/v1/cases/{case}").mimetype == "application/json"


def test_markup_in_names_and_queries_stays_text(place: World) -> None:
    nobody, me = site.Browser(place.app), place.me()
    for path in ("/search", "/search/suggest", "/account/login", "/progress", "/verify", "/account/register", "/themes", "/departments"):
        for name in ("q", "next", "code", "number", "who", "department", "from", "_l_"):
            assert_harmless(nobody.get(path, query_string={name: HOSTILE}).text, f"{path}?{name}")
    for path, data in (
        ("/account/login", {"phone": HOSTILE, "password": HOSTILE}),
        ("/account/register", {"name": HOSTILE, "number": HOSTILE, "phone": HOSTILE, "document_kind": HOSTILE, "password": "x"}),
        ("/progress", {"number": HOSTILE, "code": HOSTILE}),
        ("/office/login/", {"username": HOSTILE, "password": HOSTILE}),
    ):
        answer = nobody.post(path, data)
        assert answer.status_code == 422 or path.startswith("/office"), path
        assert_harmless(answer.text, path)
    added = me.post("/my/parties/new", {"name": HOSTILE, "number": "", "role": "legal_representative"})
    assert added.status_code == 303, added.text[-1500:]
    for path in ("/my/", "/my/acting", "/my/parties/new", f"/items/{ITEM}/apply", "/items/food-operation-new/apply"):
        assert_harmless(me.get(path).text, path)


def test_a_licence_with_markup_in_its_face_is_rendered_and_verified_as_text(place: World) -> None:
    filed = place.api().file("senior-card", answers={"name": "<b>王</b><script>alert(2)</script>", "town": HOSTILE[:60]})
    assert filed.status_code in (201, 422), filed.text
    if filed.status_code == 422:  # a name field may refuse such letters; then the town alone
        filed = place.api().file("senior-card", answers={"town": HOSTILE[:60]})
    assert filed.status_code == 201, filed.text
    case, window = filed.json["id"], place.staff("window")
    for no, action in ((1, "accept"), (2, "grant")):
        assert site.office_press(window, case, no, action).status_code == 303
    settle(place.app.extensions["wangting"].database)
    page = place.me().get(f"/cases/{case}").text
    assert_harmless(page, "case")
    licence = re.search(r"/my/licences/[0-9a-f-]{36}", page)
    assert licence is not None, "the sheet was not made"
    assert place.me().get(licence[0]).data.startswith(b"%PDF-")


# --- values ---------------------------------------------------------------------------------------------------------------------------------


def test_full_width_digits_are_digits(place: World) -> None:
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    given = site.example(ITEM)["form"]
    answers = {"phone": given["phone"].translate(wide), "resident_id": given["resident_id"].translate(wide)}
    me = place.me()
    draft, _step = start_draft(me, **answers)
    _check, send = finish(me, draft)
    case = me.post(f"/drafts/{draft}/submit", send).headers["Location"].split("/")[2]
    kept = place.api().get(f"/v1/cases/{case}").json["values"]
    assert (kept["phone"], kept["resident_id"]) == (given["phone"], given["resident_id"])


def test_wrong_check_digits_are_named_and_every_other_answer_is_kept(place: World) -> None:
    wrong = {"resident_id": "110105199003072321", "phone": "123", "bank": "6222021001112345671"}
    answer = place.api().file(ITEM, answers=wrong)
    assert answer.status_code == 422
    paths = {finding["path"] for finding in answer.json["findings"]}
    assert {"answers/resident_id", "answers/phone"} <= paths, "all faults at once"
    me, given = place.me(), site.example(ITEM)
    posted = {**site.flat(given["form"]), **{f"_s.{key}": value for key, value in given["situation"].items()}, **wrong}
    page = me.post(f"/items/{ITEM}/apply", posted)
    assert page.status_code in (200, 422)
    assert "110105199003072321" in page.text, "what was typed is still there"
    assert given["form"]["name"] in page.text
    assert page.text.count('aria-invalid="true"') >= 2


@pytest.mark.parametrize("size", [200_000, 10 * 2**20])
def test_a_text_far_too_long_gets_a_message(place: World, size: int) -> None:
    answer = place.api().file(ITEM, answers={"employer": "长" * size})
    assert answer.status_code in (413, 422), answer.status_code
    assert len(answer.text) < 20_000, "the text is not thrown back"
    me, given = place.me(), site.example(ITEM)
    posted = {**site.flat(given["form"]), "employer": "x" * size, "name": "y" * size}
    answer = me.post(f"/items/{ITEM}/apply", posted)
    assert answer.status_code in (303, 413, 422), answer.status_code


def test_a_thousand_rows_get_a_message_and_no_crash(place: World) -> None:
    given = site.example("food-operation-new")
    many = [given["form"]["staff"][0]] * 1000
    answer = place.api().file("food-operation-new", answers={"staff": many})
    assert answer.status_code in (201, 422), answer.status_code
    if answer.status_code == 422:
        assert any("staff" in finding["path"] for finding in answer.json["findings"])
    posted = site.flat({**given["form"], "staff": many})
    assert place.me().post("/items/food-operation-new/apply", posted).status_code in (200, 303, 413, 422)


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        '{"item":"x","answers":' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}",
        "",
        "null",
        "[]",
        "1",
        '"x"',
        "{",
        '{"item":1}',
        "NaN",
        '{"item":"x","answers":{"a":NaN}}',
        '{"item":"x","item":"y","answers":{}}',
        '{"item":"unemployment-benefit","answers":{"name":"\\ud800"}}',
        '{"item":"unemployment-benefit","answers":{"name":"a\\u0000b"}}',
        '{"item":"unemployment-benefit","answers":{"months":1e400}}',
        '{"item":"unemployment-benefit","answers":{"months":' + "9" * 5000 + "}}",
        '{"item":"\\u0000","answers":{}}',
        '{"item":"unemployment-benefit","answers":{},"situation":{"reason":"\\u0000"}}',
        '{"item":"unemployment-benefit","answers":[],"extra":1}',
        "\xff\xfe",
    ],
)
def test_strange_json_is_refused_with_words(place: World, body: str) -> None:
    api = place.api()
    before = count(place)
    for path in ("/v1/cases", "/v1/tokens", f"/v1/cases/{new_id()}/corrections"):
        answer = api.client.post(
            path, data=body.encode("latin-1", "replace"), content_type="application/json", headers={**api.headers, "Idempotency-Key": new_id()}
        )
        assert 400 <= answer.status_code < 500, (path, body[:60], answer.status_code)
        assert answer.json["title"]
    assert count(place) == before


#: Names that stand in addresses behind a question mark.
IN_ADDRESSES = (
    "q", "after", "from", "page", "light", "step", "number", "year", "who", "life", "draft", "need", "_l_", "action", "state", "day", "kind", "way", "since",
    "item", "department_id", "field", "materials",
)  # fmt: skip


STRANGE = (
    "\x00",
    "a\x00b",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "𠮷" * 45,  # in every value of the query at once: as long as an address may be
    "%",
    "_",
    "'; DROP TABLE case_; --",
    "../..",
    "٣",
    "1e9",
    "-1",
    "9" * 40,
)


@pytest.mark.counted
@pytest.mark.parametrize("turn", range(len(STRANGE) if os.environ.get("WANGTING_SOAK") else 3))
def test_no_get_address_answers_with_an_error_of_ours(place: World, turn: int) -> None:
    """Every address gets a few of the strange words, in the long run each of them."""
    people = {
        "own": place.me(),
        "citizen": place.me(),
        "public": site.Browser(place.app),
        "staff": place.staff("window"),
        "staff_object": place.staff("window"),
        "desk": place.staff("window"),
        "studio": place.staff("chief"),
        "approver": place.staff("supervisor"),
        "role": place.staff("admin"),
    }
    for kind, browser in people.items():
        for number, (method, rule) in enumerate(rules(place, kind)):
            if method == "GET" and not rule.endpoint.endswith(".download"):
                word = STRANGE[(5 * turn + number) % len(STRANGE)]
                path = re.sub(r"<int:\w+>", "1", rule.rule)
                path = re.sub(r"<(?:\w+:)?\w+>", lambda _found, word=word: word.replace("/", "%2f").replace("%", "%25"), path)
                query = dict.fromkeys(IN_ADDRESSES, word)
                answer = browser.get(path, query_string=query)
                assert answer.status_code < 500, (rule.rule, word[:20])


@pytest.mark.parametrize(
    "path", ["/", "/search", "/search/suggest", "/account/login", "/my/", "/office/?light=", "/office/users/list/", "/h/yunling/", "/v1/items"]
)
@pytest.mark.parametrize("letters", [20_000, 200_000])
def test_an_address_far_too_long_is_refused_with_words(place: World, path: str, letters: int) -> None:
    nobody, long = site.Browser(place.app), "x" * letters
    for asked in (f"{path}{'&' if '?' in path else '?'}q={long}", f"{path.split('?')[0]}{long}"):
        answer = nobody.get(asked)
        assert answer.status_code == 414
        assert "网址太长" in answer.text or answer.json["title"]
        assert len(answer.text) < 20_000, "the address is not thrown back"
    assert nobody.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/search", "/search/suggest", "/progress", "/verify", "/account/login"])
def test_a_long_word_in_an_address_is_a_word(place: World, path: str) -> None:
    answer = site.Browser(place.app).get(path, query_string={"q": "𠮷" * 1300})
    assert answer.status_code < 500


# --- files ----------------------------------------------------------------------------------------------------------------------------------


def zip_of(name: str, size: int) -> bytes:
    """An archive whose one member unpacks to *size* zeros."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(name, bytes(size))
    return made.getvalue()


def huge_header() -> bytes:
    """A picture that says it is 60,000 by 60,000."""
    import struct
    import zlib

    data = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    head = struct.pack(">I", len(data)) + b"IHDR" + data + struct.pack(">I", zlib.crc32(b"IHDR" + data))
    return b"\x89PNG\r\n\x1a\n" + head


BAD_FILES: dict[str, tuple[bytes | Callable[[], bytes], str]] = {
    "a program called picture": (b"MZ" + bytes(200), "id.png"),
    "a page called picture": (b"<html><script>alert(1)</script></html>", "id.jpg"),
    "a drawing with script": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "id.svg"),
    "a picture called pdf": (site.png(), "id.pdf"),
    "a zip bomb called document": (partial(zip_of, "word/document.xml", 200 * 2**20), "id.docx"),
    "a zip bomb called picture": (partial(zip_of, "x", 50 * 2**20), "id.png"),
    "nothing": (b"", "id.png"),
    "two endings": (b"MZ" + bytes(200), "id.png.exe"),
    "a page behind a picture's first bytes": (b"GIF89a/*<script>alert(1)</script>*/", "id.gif"),
    "no ending": (b"#!/bin/sh\nrm -rf /\n", "id"),
}


@pytest.mark.parametrize("bad", BAD_FILES)
def test_a_file_that_is_not_what_it_says_is_refused_with_words_and_the_draft_is_kept(place: World, bad: str) -> None:
    given, name = BAD_FILES[bad]
    content = given if isinstance(given, bytes) else given()
    me = place.me()
    draft, _step = start_draft(me)
    answer = attach(me, draft, content, name)
    assert answer.status_code == 422, (bad, answer.status_code, answer.text[:300])
    assert len(answer.json["error"]) > 4
    again = me.post(f"/drafts/{draft}/materials", {"new.id_card": (io.BytesIO(content), name), "_upload": "1"}, content_type="multipart/form-data")
    assert again.status_code == 422
    assert me.get(f"/drafts/{draft}/materials").status_code == 200
    finish(me, draft)
    if bad not in ("a zip bomb called document",):
        assert place.api().upload(content, name).status_code == 422, "the same door over the API"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.png", "..\\..\\x.png", "a\x00b.png", "x" * 400 + ".png", "\u202egnp.exe.png", 'a"; filename=evil.exe; x=".png']
)
def test_a_file_name_is_only_a_name(place: World, name: str) -> None:
    me = place.me()
    draft, _step = start_draft(me)
    answer = attach(me, draft, site.png(), name)
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        shown = me.get(answer.json["file"]["href"])
        assert shown.status_code == 200
        assert "x=1" not in shown.headers.getlist("Set-Cookie")
        assert not re.search(r"[\r\n]|\.\.[/\\]", shown.headers["Content-Disposition"])
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert not list(Path("/etc").glob("passwd.png"))


def test_a_picture_that_claims_to_be_huge_is_decoded_by_nobody_here(place: World) -> None:
    me = place.me()
    draft, _step = start_draft(me)
    answer = attach(me, draft, huge_header(), "id.png")
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert me.get(answer.json["file"]["href"]).data == huge_header(), "kept and given back byte for byte"
        assert me.get(f"/drafts/{draft}/materials").status_code == 200


def test_a_polyglot_is_served_as_what_it_was_taken_for_and_can_run_nothing(place: World) -> None:
    me = place.me()
    draft, _step = start_draft(me)
    answer = attach(me, draft, site.png() + b"<script>alert(1)</script>PK\x03\x04", "id.png")
    if answer.status_code == 200:
        shown = me.get(answer.json["file"]["href"])
        assert shown.mimetype == "image/png"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "script-src 'self'" in shown.headers["Content-Security-Policy"] or "default-src 'none'" in shown.headers["Content-Security-Policy"]
    else:
        assert answer.status_code == 422


# --- replays, double clicks, two tabs ---------------------------------------------------------------------------------------------------------


def test_the_same_command_is_one_case_however_often_and_however_many_at_once(place: World) -> None:
    api, given, key, before = place.api(), site.example(ITEM), new_id(), count(place)
    body = {
        "item": ITEM,
        "answers": given["form"],
        "situation": given["situation"],
        "materials": {"id_card": [{"id": api.upload().json["id"], "name": "a.png"}]},
    }
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(place.app.test_client().post("/v1/cases", json=body, headers={**api.headers, "Idempotency-Key": key})))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(2):
        answers.append(api.post("/v1/cases", body, key=key))
    assert {answer.status_code for answer in answers} <= {201, 503}, [answer.text for answer in answers]
    assert len({answer.json["id"] for answer in answers if answer.status_code == 201}) == 1
    assert answers[-1].json["replayed"]
    assert count(place) == before + 1
    other = place.api(OTHER).post("/v1/cases", {**body, "materials": {}}, key=key)
    assert other.status_code == 422, "somebody else's key is another command"


def test_a_double_click_on_submit_is_one_case_and_one_receipt(place: World) -> None:
    me, before = place.me(), count(place)
    draft, _step = start_draft(me)
    _check, send = finish(me, draft)
    send["csrf_token"] = me.token()
    cookie = me.client.get_cookie("wangting")
    assert cookie is not None
    answers: list[Any] = []

    def press() -> None:
        tab = site.Browser(place.app)
        tab.client.set_cookie("wangting", cookie.value)
        answers.append(tab.post(f"/drafts/{draft}/submit", send, csrf=False))

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    press()
    assert {answer.status_code for answer in answers} == {303}, [answer.text[-500:] for answer in answers if answer.status_code != 303]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert count(place) == before + 1


def test_two_tabs_never_overwrite_each_other_and_the_second_keeps_what_was_typed(place: World) -> None:
    me = place.me()
    draft, _step = start_draft(me)
    page = me.get(f"/drafts/{draft}/work").text
    version = re.search(r'name="_version" value="(\d+)"', page)
    assert version is not None
    posted = {**site.flat(site.example(ITEM)["form"]), "_version": version[1]}
    assert me.post(f"/drafts/{draft}/work", {**posted, "employer": "第一个窗口"}).status_code == 303
    stale = me.post(f"/drafts/{draft}/work", {**posted, "employer": "第二个窗口"})
    assert stale.status_code == 409
    assert "另一个窗口" in stale.text
    assert 'value="第二个窗口"' in stale.text, "what was just typed is still there"
    assert "第一个窗口" in me.get(f"/drafts/{draft}/work").text, "and nothing was overwritten"
    saved = me.post(f"/drafts/{draft}/autosave", {**posted, "_page": "work"}, headers={"Accept": "application/json"})
    assert saved.status_code == 409
    _check, send = finish(me, draft)
    old = me.post(f"/drafts/{draft}/submit", {**send, "_version": "1"})
    assert old.status_code in (200, 409)
    assert "另一个窗口" in old.text


def test_two_clerks_pressing_at_once_are_one_decision_and_the_second_is_told(place: World) -> None:
    case = place.api().file(ITEM).json["id"]
    windows = [place.staff("window") for _ in range(3)]
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda browser=browser: answers.append(site.office_press(browser, case, 1, "accept"))) for browser in windows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers)[0] == 303
    assert {answer.status_code for answer in answers} <= {303, 409}
    late = site.office_press(windows[0], case, 1, "accept")
    assert late.status_code == 409
    with place.app.extensions["wangting"].database.session() as session:
        assert cases.verify(session, case).ok


def test_a_replayed_correction_or_withdrawal_changes_nothing_twice(place: World) -> None:
    api = place.api()
    case, key = api.file(ITEM).json["id"], new_id()
    first = api.post(f"/v1/cases/{case}/withdrawal", {"reason": "不办了"}, key=key)
    assert first.status_code == 200, first.text
    assert api.post(f"/v1/cases/{case}/withdrawal", {"reason": "不办了"}, key=key).status_code == 200
    late = api.post(f"/v1/cases/{case}/withdrawal", {"reason": "again"})
    assert late.status_code == 409, late.text
    assert json.loads(late.text)["title"]


def test_only_what_was_asked_for_can_be_corrected(place: World) -> None:
    api, window = place.api(), place.staff("window")
    case = api.file(ITEM).json["id"]
    asked = site.office_press(window, case, 1, "request_correction", opinion="请改", field="employer", **{"why-field-employer": "写全称"})
    assert asked.status_code == 303, asked.text[-1500:]
    before = api.get(f"/v1/cases/{case}").json["values"]
    sneaky = api.post(f"/v1/cases/{case}/corrections", {"answers": {"employer": "新名字有限公司", "bank": "6222021001112345688", "months": 99}})
    after = api.get(f"/v1/cases/{case}").json["values"]
    assert {name: after[name] for name in after if name != "employer"} == {name: before[name] for name in before if name != "employer"}, sneaky.text
    me = place.me()
    if sneaky.status_code != 200:
        page = me.get(f"/cases/{case}/correct").text
        command = re.search(r'name="_command" value="([^"]+)"', page)
        assert command is not None
        done = me.post(f"/cases/{case}/correct", {"_command": command[1], "employer": "新名字有限公司", "months": "99"})
        assert done.status_code == 303, done.text[-1500:]
        after = api.get(f"/v1/cases/{case}").json["values"]
        assert (after["employer"], after["months"]) == ("新名字有限公司", before["months"])


def test_logged_in_as_nobody_a_form_is_not_lost_without_words(place: World) -> None:
    nobody = site.Browser(place.app)
    answer = nobody.post(f"/items/{ITEM}/apply", {"name": "x"})
    assert answer.status_code == 403
    assert "/account/login" in answer.text
    assert ME not in answer.text
