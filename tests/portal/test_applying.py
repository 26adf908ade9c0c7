"""From the blank form to the receipt, and what must not happen on the way."""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from werkzeug.datastructures import MultiDict

from core.items import queries as items
from core.items.seasons import standing
from core.kernel import clock
from core.web import edge
from core.web.portal import offer
from tests import fixtures_hall as halls
from tests.portal.conftest import Reader

CODE = "residence-permit"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\0\xff\xff\xff"))
    + _chunk(b"IEND", b"")
)


def hidden(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))


def flat(values: Any, prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{prefix}-{key}" if prefix else key
        if isinstance(value, dict):
            found += flat(value, name)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                found += flat(row, f"{name}-{number}")
        elif isinstance(value, list):
            found += [(name, str(each)) for each in value]
        elif isinstance(value, bool):
            found.append((name, "yes" if value else "no"))
        else:
            found.append((name, str(value)))
    return found


def answers(app: Any, code: str = CODE) -> MultiDict[str, str]:
    """The answers of the item's own first test, as a browser posts them."""
    with app.extensions["wangting"].database.session() as session:
        doc = items.current(session, code).compiled.doc
    given = doc["tests"][0]["given"]
    data = MultiDict(flat(given.get("form") or {}))
    for situation in doc.get("situations", ()):
        chosen = (given.get("situation") or {}).get(situation["id"], situation["options"][0]["id"])
        data[f"_s.{situation['id']}"] = chosen
    return data


def send(who: Reader, address: str, data: MultiDict[str, str], **more: Any) -> Any:
    posted = MultiDict(data)
    posted.update(more)
    posted.setlist("csrf_token", [who.token()])
    return who.client.post(address, data=posted, content_type="multipart/form-data")


def fill_in(who: Reader, app: Any, code: str = CODE) -> str:
    """Walk through every page and the materials; returns the address of the check page."""
    data = answers(app, code)
    answer = send(who, f"/items/{code}/apply", data)
    for _step in range(8):
        assert answer.status_code == 303, re.findall(r'<a href="#[^"]*">(.*?)</a>', answer.text)
        address = answer.headers["Location"]
        page = who.get(address).text
        if address.endswith("/check"):
            return str(address)
        if address.endswith("/materials"):
            asked = re.findall(r'name="new\.([^"]+)" accept="([^"]+)"', page)
            files = [(f"new.{name}", (io.BytesIO(PDF), f"{name}.pdf") if ".pdf" in accept else (io.BytesIO(PNG), f"{name}.png")) for name, accept in asked]
            answer = send(who, address, MultiDict([*files, ("_next", "1"), ("_version", hidden(page)["_version"])]))
        else:
            answer = send(who, address, data, _version=hidden(page)["_version"])
    raise AssertionError("the form never ended")


def submit(who: Reader, check: str) -> Any:
    page = who.get(check).text
    return send(who, check.replace("/check", "/submit"), MultiDict({**hidden(page), "_agree": "1"}))


def test_applying_asks_to_log_in_and_comes_back(reader) -> None:
    answer = reader.get(f"/items/{CODE}/apply")
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"/account/login?next=/items/{CODE}/apply")


def test_the_blank_form_writes_nothing(citizen, app) -> None:
    written: list[str] = []
    engine = app.extensions["wangting"].database.engine

    def watch(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        written.append(statement.split()[0].upper())

    event.listen(engine, "before_cursor_execute", watch)
    try:
        assert citizen.get(f"/items/{CODE}/apply").status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", watch)
    assert not {"INSERT", "UPDATE", "DELETE"} & set(written)


def test_a_whole_application_ends_with_a_receipt_that_follows_without_login(citizen, stranger, app) -> None:
    check = fill_in(citizen, app)
    filed = submit(citizen, check)
    assert filed.status_code == 303
    receipt = citizen.get(filed.headers["Location"])
    code = re.search(r'<span class="code">([^<]+)</span>', receipt.text)
    assert code is not None
    assert "最晚" in receipt.text
    assert 'class="days"' in receipt.text
    case = filed.headers["Location"].removesuffix("/receipt")
    assert citizen.get(case).status_code == 200
    anybody = Reader(app)
    shown = re.search(r'<dd class="b">(.+?)</dd>', receipt.text)
    assert shown is not None
    number = [re.sub("<[^>]+>", "", part) for part in (shown[0], shown[1])]
    asked = anybody.post("/progress", {"number": number[1], "code": code[1].lower()})
    assert asked.status_code == 303
    followed = anybody.get(asked.headers["Location"]).text
    assert number[1] in followed
    assert "王小芳" not in followed
    for part in ("", "/receipt", "/correct", "/withdraw"):
        assert stranger.get(case + part).status_code == 404
        assert anybody.get(case + part).status_code == 302
    assert stranger.post(case + "/withdraw", {"command": "01890000-0000-7000-8000-000000000000"}).status_code == 404


def test_pressing_submit_twice_files_one_case(citizen, app) -> None:
    check = fill_in(citizen, app)
    page = citizen.get(check).text
    data = MultiDict({**hidden(page), "_agree": "1"})
    first = send(citizen, check.replace("/check", "/submit"), data)
    second = send(citizen, check.replace("/check", "/submit"), data)
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]


def test_submitting_needs_the_confirmation(citizen, app) -> None:
    check = fill_in(citizen, app)
    page = citizen.get(check).text
    answer = send(citizen, check.replace("/check", "/submit"), MultiDict(hidden(page)))
    assert answer.status_code == 422
    assert 'href="#agree"' in answer.text


def test_a_page_with_errors_comes_back_with_the_answers_and_links_to_each_field(citizen, app) -> None:
    data = answers(app)
    data["name"] = "王小芳<b>"
    name = next(iter(data))
    data.poplist("resident_id")
    answer = send(citizen, f"/items/{CODE}/apply", MultiDict({name: data[name]}))
    assert answer.status_code == 422
    targets = re.findall(r'<li><a href="#([^"]+)">', answer.text.split('class="errors')[1].split("</ul>")[0])
    assert targets
    assert all(f'id="{target}"' in answer.text for target in targets)
    assert "<b>" not in re.sub(r"<b[ >].*?</b>", "", answer.text).split("<form")[1].split("王小芳")[-1][:8]


def test_a_row_button_on_the_blank_page_begins_the_draft_and_complains_about_nothing(citizen, app) -> None:
    answer = send(citizen, "/items/food-operation-new/apply", MultiDict({"operator_name": "老王面馆", "_op": "add:storage"}))
    assert answer.status_code == 200
    assert 'class="errors' not in answer.text
    assert "老王面馆" in answer.text
    draft = re.search(r'action="(/drafts/[^"]+)/operator"', answer.text)
    assert draft is not None
    assert 'data-f="storage-0-address"' in citizen.get(f"{draft[1]}/premises").text


def test_two_windows_never_overwrite_each_other(citizen, app) -> None:
    data = answers(app)
    address = send(citizen, f"/items/{CODE}/apply", data).headers["Location"]
    version = hidden(citizen.get(address).text)["_version"]
    assert send(citizen, address, data, _version=version).status_code == 303
    late = send(citizen, address, data, _version=version)
    assert late.status_code == 409
    assert "另一个窗口" in late.text


def test_a_draft_is_its_owners_alone(citizen, stranger, app) -> None:
    address = send(citizen, f"/items/{CODE}/apply", answers(app)).headers["Location"]
    draft = address.rsplit("/", 1)[0]
    for part in ("", "/materials", "/check"):
        assert stranger.get(draft + part).status_code == 404
    assert stranger.post(draft + "/submit", {"_agree": "1"}).status_code == 404
    assert stranger.post(draft + "/drop").status_code == 404
    assert citizen.get(draft).status_code == 302


def test_an_upload_is_refused_in_words_and_previewed_by_its_owner_only(citizen, stranger, app) -> None:
    data = answers(app)
    answer = send(citizen, f"/items/{CODE}/apply", data)
    for _step in range(6):
        address = answer.headers["Location"]
        page = citizen.get(address).text
        if address.endswith("/materials"):
            break
        answer = send(citizen, address, data, _version=hidden(page)["_version"])
    material = next(name for name, accept in re.findall(r'name="new\.([^"]+)" accept="([^"]+)"', page) if ".pdf" in accept and ".jpg" in accept)
    wrong = send(
        citizen, address, MultiDict([(f"new.{material}", (io.BytesIO(b"MZ\x90\x00 not a picture"), "photo.jpg")), ("_version", hidden(page)["_version"])])
    )
    assert wrong.status_code == 422
    assert f'href="#m-{material}"' in wrong.text
    right = send(citizen, address, MultiDict([(f"new.{material}", (io.BytesIO(PDF), "paper.pdf")), ("_version", hidden(wrong.text)["_version"])]))
    assert right.status_code == 303
    preview = re.search(r'href="(/uploads/[^"]+)"', citizen.get(address).text)
    assert preview is not None
    assert citizen.get(preview[1]).data == PDF
    assert stranger.get(preview[1]).status_code == 404
    assert Reader(app).get(preview[1]).status_code == 302


def test_a_wrong_query_code_is_answered_alike_whichever_half_is_wrong(reader) -> None:
    one = reader.post("/progress", {"number": "X", "code": "0000000000000000"})
    other = reader.post("/progress", {"number": "X", "code": "short"})
    assert one.status_code == other.status_code == 422
    assert "对不上" in one.text
    assert "对不上" in other.text


def test_a_post_without_a_token_is_refused(citizen) -> None:
    assert citizen.client.post(f"/items/{CODE}/apply", data={}).status_code == 400


def test_withdrawing_tells_what_it_does_and_does_it_once(citizen, app) -> None:
    case = submit(citizen, fill_in(citizen, app)).headers["Location"].removesuffix("/receipt")
    page = citizen.get(case + "/withdraw").text
    assert "不能反悔" in page
    command = hidden(page)["command"]
    assert citizen.post(case + "/withdraw", {"command": command, "reason": "不办了"}).status_code == 303
    assert "你撤回了这次申请" in citizen.get(case).text
    assert citizen.post(case + "/withdraw", {"command": command}).status_code == 303


def test_the_account_pages_show_masked_numbers_only(citizen) -> None:
    html = citizen.get("/my/profile").text
    assert "11010519900307232X" not in html
    assert "*" in html


def test_logging_out_ends_the_session(citizen) -> None:
    assert citizen.post("/account/logout").status_code == 303
    assert citizen.get("/my/").status_code == 302


def test_registering_names_every_fault_beside_its_field(reader) -> None:
    answer = reader.post("/account/register", {"name": "", "document_kind": "resident_id", "number": "110105199003072329", "phone": "123", "password": "short"})
    assert answer.status_code == 422
    for name in ("name", "number", "phone", "agree"):
        assert f'href="#{name}"' in answer.text


def test_acting_for_a_party_that_is_not_mine_is_refused(citizen, app) -> None:
    with app.app_context():
        edge.close()
    assert citizen.post("/my/acting", {"party": "01890000-0000-7000-8000-000000000000"}).status_code == 403


# ---- seasons


@pytest.fixture
def seasonal(app) -> Iterator[date]:
    """The item is applied for from five days ago until in five days, which is yielded; then all year round again."""
    database, today = app.extensions["wangting"].database, clock.today()
    last = today + timedelta(5)

    def publish(seasons: Any) -> None:
        with database.session() as session:
            halls.publish_item(session, "public_security/residence-permit.json", change=lambda doc: doc.update(seasons=seasons))
        offer.forget()

    publish([{"id": "s", "title": "集中办理", "opens": f"{today - timedelta(5):%m-%d}", "closes": f"{last:%m-%d}"}])
    yield last
    publish(None)


def test_out_of_season_nobody_is_taken_in_and_everybody_is_told_from_when(citizen, app, seasonal) -> None:
    assert "截止" in citizen.get(f"/items/{CODE}").text
    check = fill_in(citizen, app)
    filed_in_time = submit(citizen, fill_in(citizen, app))
    assert filed_in_time.status_code == 303
    with clock.freeze(clock.now() + timedelta(6)):
        opens = f"{standing({'title': '', 'seasons': _seasons(app)}, clock.today()).opens:%Y-%m-%d}"
        guide = citizen.get(f"/items/{CODE}").text
        assert "现在不在办理时段" in guide
        assert f'href="/items/{CODE}/apply' not in guide
        for answer in (citizen.get(f"/items/{CODE}/apply"), send(citizen, f"/items/{CODE}/apply", answers(app)), submit(citizen, check)):
            assert answer.status_code == 409
            assert opens in answer.text
        assert citizen.get(check).status_code == 200, "what was filled in is kept"
        assert citizen.get(filed_in_time.headers["Location"]).status_code == 200
    assert submit(citizen, check).status_code == 303


def _seasons(app) -> Any:
    with app.extensions["wangting"].database.session() as session:
        return items.current(session, CODE).compiled.doc["seasons"]
