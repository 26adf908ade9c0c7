"""The words and looks of the hall in the browser: changed by one administrator, put in force by another, back again; closed to everybody else."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.identity import demo
from core.identity.models import Department, Division, Post, Staff
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.office.conftest import Office, errors
from tests.studio.test_pages import page_form, save


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    return site.built_once(tmp_path_factory)


@pytest.fixture(scope="module")
def office(template: site.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    built = site.copy(template, tmp_path_factory.mktemp("hall") / "hall")
    made = Office(built, built.app())
    with made.here.database.session() as session:
        appoint(session, "leader", "city")
    yield made
    made.here.database.close()


def appoint(session, login, level):
    """Make somebody an administrator of the division of that level, too."""
    place = select(Department.id).join(Division, Division.id == Department.division_id).where(Division.level == level).limit(1)
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
