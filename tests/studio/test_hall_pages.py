"""The words and looks of the hall in the browser: changed by one administrator, put in force by another, back again; closed to everybody else."""

import re

import pytest
from sqlalchemy import select

from core.identity import demo
from core.identity.models import Department, Division, Post, Staff
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.office.conftest import Office, errors
from tests.studio.conftest import page_form, save


@pytest.fixture(scope="module", autouse=True)
def two_keepers(office: Office) -> None:
    """Two administrators: one writes, the other puts in force."""
    with office.here.database.session() as session:
        appoint(session, "leader", demo.CITY)


def appoint(session, login, division):
    """Make somebody an administrator of a division, too."""
    place = select(Department.id).join(Division, Division.id == Department.division_id).where(Division.code == division).limit(1)
    names = {clerk.login: clerk.name for clerk in demo.STAFF}
    staff_id = session.scalar(select(Staff.id).where(Staff.name == names[login]))
    session.add(Post(id=new_id(), staff_id=staff_id, department_id=session.scalar(place), role="admin"))


def begin(browser, code):
    answer = browser.post(f"/office/studio/hall/{code}/")
    assert answer.status_code == 303, answer.text[:500]
    return answer.headers["Location"]


def test_a_notice_is_reworded_looked_at_and_put_in_force(office, browse):
    admin, second = office.staff("admin"), office.staff("leader")
    home = admin.get("/office/studio/").text
    assert "大厅的文字和样子" in home
    assert "准予许可" in home
    where = begin(admin, "notice/granted")
    base = where.split("/?")[0]
    page = admin.get(where).text
    assert "检查并生效" in page
    assert "送审" not in page
    form = page_form(browse, page)
    done = save(admin, base, {**form, "body-zh": "恭喜！{item}批下来了，{day}前送到。编号 {number}。"})
    assert done.status_code == 200, done.text[:300]
    seen = admin.get(f"{base}/preview/message").text
    assert "恭喜！食品经营许可批下来了，2026年12月5日前送到。" in seen
    assert re.search(r"\d+ / 70 字", seen)
    assert "【" in seen
    assert "没有发现问题" in admin.get(f"{base}/findings/panel?part=notice").text
    own = admin.get(f"{base}/in-force/").text
    assert "不能由你生效" in own
    refused = admin.post(f"{base}/in-force/", {"revision": "1", "words": "自己来"})
    assert refused.status_code == 409
    assert "另一位管理员" in errors(refused)
    shown = second.get(f"{base}/in-force/").text
    assert "<ins>恭喜！" in shown
    revision = re.search(r'name="revision" value="(\d+)"', shown)
    assert revision is not None
    put = second.post(f"{base}/in-force/", {"revision": revision[1], "words": "更好懂"})
    assert put.status_code == 303, errors(put)
    versions = second.get(put.headers["Location"]).text
    assert "第 1 版" in versions
    assert "更好懂" in versions
    assert "本厅改过" in admin.get("/office/studio/").text
    assert second.post(f"{base}/in-force/", {"revision": revision[1], "words": "再来"}).status_code == 409
    back = admin.post("/office/studio/hall/notice/granted/", {"number": "0"})
    assert back.status_code == 303
    base = back.headers["Location"].split("/?")[0]
    taken = admin.post("/office/studio/hall/notice/granted/", {"number": "1"})
    assert taken.status_code == 409, "one draft at a time"
    assert second.post(f"{base}/in-force/", {"revision": "0", "words": "用原来的"}).status_code == 303
    assert "用平台自带的" in admin.get("/office/studio/hall/notice/granted/").text
    assert "本厅改过" not in admin.get("/office/studio/").text


def test_what_is_wrong_is_told_where_it_is_and_closes_the_door(office, browse):
    admin, second = office.staff("admin"), office.staff("leader")
    where = begin(admin, "notice/refused")
    base = where.split("/?")[0]
    form = page_form(browse, admin.get(where).text)
    assert save(admin, base, {**form, "body-zh": "{item}没有批，因为{why}。"}).status_code == 200
    panel = admin.get(f"{base}/findings/panel?part=notice").text
    assert "没有人填" in panel
    assert f"{base}/?part=notice#f-body-zh" in panel
    assert "还没写完" in admin.get(f"{base}/preview/message").text
    refused = second.post(f"{base}/in-force/", {"revision": "1", "words": "x"})
    assert refused.status_code == 422
    assert "没有人填" in errors(refused)
    english = second.get(f"{base}/in-force/?lang=en")
    assert english.status_code == 200


def test_pages_of_items_know_no_documents_of_the_hall(office):
    admin = office.staff("admin")
    base = begin(admin, "notice/granted").split("/?")[0]
    for path in ("publish/", "form/", "route/", "tests/", "what-if/", "uses/", "preview/guide", "preview/nonsense", "publish/print"):
        assert admin.get(f"{base}/{path}").status_code == 404, path
    assert admin.get(f"{base}/?part=basic").status_code == 422
    item = admin.post("/office/studio/", {"do": "open", "item": "food-operation-new"}).headers["Location"].rstrip("/")
    assert admin.get(f"{item}/in-force/").status_code == 404
    assert admin.get(f"{item}/preview/message").status_code == 404


@pytest.mark.parametrize("login", ["chief", "window", "reviewer", "legal", "yunling-reviewer", "nobody", "citizen"])
def test_nobody_else_sees_or_touches_them(office, login):
    admin = office.staff("admin")
    base = begin(admin, "notice/granted").split("/?")[0]
    if login == "citizen":
        stranger = site.Browser(office.app).citizen("13800000001", office.built.passwords["13800000001"])
    else:
        stranger = site.Browser(office.app) if login == "nobody" else office.staff(login)
    tried = [("GET", f"{base}/{path}") for path in ("", "?part=notice", "in-force/", "preview/message", "findings/", "findings/panel")]
    tried += [("GET", "/office/studio/hall/notice/granted/"), ("POST", "/office/studio/hall/notice/granted/")]
    tried += [("POST", f"{base}/{path}") for path in ("edit", "json", "commands", "entries", "undo", "redo", "drop", "seat", "in-force/")]
    for method, path in tried:
        sent = {"revision": "0", "words": "x", "command_id": new_id(), "part": "notice", "landing": "notice"}
        answer = stranger.get(path) if method == "GET" else stranger.post(path, sent)
        assert answer.status_code in (302, 303, 403, 404), (method, path, answer.status_code)
        if answer.status_code in (302, 303):
            assert "/office/login/" in answer.headers["Location"], (method, path)
        assert "已获准予" not in answer.text
    if login == "chief":
        assert "大厅的文字和样子" not in stranger.get("/office/studio/").text


def stylesheet(browser, path="/"):
    """(address, answer) of the sheet that a page asks for."""
    address = re.search(r'<link rel="stylesheet" href="([^"]+)"', browser.get(path).text)
    assert address is not None
    return address[1], browser.get(address[1])


def put(second, base, words="换颜色"):
    revision = re.search(r'name="revision" value="(\d+)"', second.get(f"{base}/in-force/").text)
    assert revision is not None, re.sub(r"<[^>]+>", " ", second.get(f"{base}/in-force/").text)[-1500:]
    return second.post(f"{base}/in-force/", {"revision": revision[1], "words": words})


def test_a_look_is_seen_by_its_writer_alone_until_it_is_in_force_and_then_by_everybody(office, browse):
    admin, second, reader = office.staff("admin"), office.staff("leader"), site.Browser(office.app)
    before, _sheet = stylesheet(reader)
    where = begin(admin, "theme/standard")
    base = where.split("/?")[0]
    page = admin.get(where).text
    assert 'data-k="colour"' in page
    assert "colour.js" in page
    form = page_form(browse, page)
    assert form["accent"] == ["#0b5069"]
    assert save(admin, base, {**form, "accent": "#5a1e6b"}).status_code == 200
    shown = admin.get(f"{base}/preview/home").text
    own = re.search(r'<link rel="stylesheet" href="([^"]+)"', shown)
    assert own is not None
    assert own[1].startswith(f"{base}/look.css")
    mine = admin.get(own[1].replace("&amp;", "&"))
    assert "--accent:#5a1e6b" in mine.text
    assert mine.headers["Cache-Control"] == "no-store"
    assert stylesheet(reader)[0] == before, "nobody else sees it"
    assert reader.get(f"{base}/look.css").status_code in (302, 303)
    assert office.staff("chief").get(f"{base}/look.css").status_code == 404
    assert "7:1" in admin.get(f"{base}/preview/pairs").text
    assert put(second, base).status_code == 303
    unknown = reader.get(f"/theme/standard.{'0' * 12}.css")
    assert unknown.headers["Cache-Control"] == "no-cache", "what stands in for an unknown address is kept by nobody"
    assert "--accent:#5a1e6b" in unknown.text
    after, sheet = stylesheet(reader)
    assert after != before
    assert "--accent:#5a1e6b" in sheet.text
    assert "immutable" in sheet.headers["Cache-Control"]
    assert "--accent:#063f55" in reader.get(f"/theme/elder.{'0' * 12}.css").text, "who has an accent of their own keeps it"
    back = admin.post("/office/studio/hall/theme/standard/", {"number": "0"}).headers["Location"].split("/?")[0]
    assert put(second, back, "还是原来的").status_code == 303
    reader.get(f"/theme/standard.{'1' * 12}.css")
    assert stylesheet(reader)[0] == before


def test_a_look_that_cannot_be_read_is_not_put_in_force(office, browse):
    admin, second = office.staff("admin"), office.staff("leader")
    where = begin(admin, "theme/standard")
    base = where.split("/?")[0]
    form = page_form(browse, admin.get(where).text)
    for given, said in (({"ink2": "#aab4bb"}, "看不清"), ({"stop": "rgb(1 2 3)"}, "#rrggbb"), ({"seal": "red;}body{display:none"}, "")):
        assert save(admin, base, {**form, **given}, _mine="1").status_code == 200
        listed = admin.get(f"{base}/findings/panel?part=tokens").text
        assert said in listed
        assert "tag stop" in listed
        refused = second.post(f"{base}/in-force/", {"revision": "1", "words": "x"})
        assert refused.status_code in (409, 422)
    sheet = admin.get(f"{base}/look.css")
    assert (sheet.status_code, sheet.mimetype) == (422, "text/html"), "no rule is smuggled into a stylesheet"
    assert admin.get(f"{base}/preview/home").status_code == 200
    assert "还没写完" in admin.get(f"{base}/preview/home").text
    admin.post(f"{base}/drop", {})


def test_a_child_that_nobody_could_read_any_more_is_named(office, browse):
    admin = office.staff("admin")
    where = begin(admin, "theme/standard")
    base = where.split("/?")[0]
    form = page_form(browse, admin.get(where).text)
    assert save(admin, base, {**form, "paper": "#10181d", "ink": "#fff"}, _mine="1").status_code == 200
    assert "长辈版" in admin.get(f"{base}/findings/").text + admin.get(f"{base}/findings/panel?part=tokens").text
    admin.post(f"{base}/drop", {})


def test_a_branch_dresses_its_own_hall_only(office):
    with office.here.database.session() as session:
        appoint(session, "yunling-leader", demo.COUNTY)
    county = office.staff("yunling-leader")
    assert county.post("/office/studio/hall/theme/branch/").status_code == 303
    for code in ("theme/standard", "theme/elder", "notice/granted"):
        assert county.post(f"/office/studio/hall/{code}/").status_code == 404, code
    home = county.get("/office/studio/").text
    assert "分厅" in home
    assert "准予许可" not in home
