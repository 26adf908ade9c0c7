"""A password that somebody else set opens nothing but its change; one's own ends every session of the old one."""

import re
from typing import Any

from sqlalchemy import select, text

from core.audit.models import Entry
from core.identity.models import LentPassword
from tests.fixtures_site import Browser
from tests.office.conftest import Office, errors

OWN = "ABcdef12!xyz"


def new_colleague(office: Office, login: str = "new.one") -> str:
    """An administrator makes a log-in; its first password, as the page shows it once."""
    page = office.staff("admin").post("/office/people/", {"name": "新同事", "login": login}).text
    shown = re.search(r'<b class="hash">([^<]+)</b>', page)
    assert shown is not None and "第一次登录就要改" in page
    return shown[1]


def change(browser: Browser, now: str, password: str = OWN, again: str | None = None) -> Any:
    return browser.post("/office/password/", {"now": now, "password": password, "again": password if again is None else again})


def lent(office: Office) -> int:
    with office.session() as session:
        return session.query(LentPassword).count()


def test_a_first_password_opens_nothing_but_its_change_and_the_way_out(fresh: Office) -> None:
    first = new_colleague(fresh)
    browser = Browser(fresh.app).staff("new.one", first)
    for address in ("/office/", "/office/me", "/office/library/", "/office/users/userinfo/", "/office/userinfoeditview/form", "/office/resetmypassword/form"):
        answer = browser.get(address)
        assert (answer.status_code, answer.headers.get("Location")) == (303, "/office/password/"), address
    assert browser.post("/office/bulk/runs/", {}).headers["Location"] == "/office/password/"
    page = browser.get("/office/password/").text
    assert "别人替你设的" in page and "/office/library/" not in page, "no way is offered that is shut"
    assert browser.post("/office/logout/").status_code == 303
    token = browser.client.post("/v1/tokens", json={"kind": "staff", "login": "new.one", "password": first})
    assert token.status_code == 403 and "先登录业务后台" in token.json["title"]
    with fresh.session() as session:
        assert session.query(LentPassword).one().set_by == fresh.staff_id(session, "admin")


def test_whoever_lent_the_password_is_out_when_its_owner_has_their_own(fresh: Office) -> None:
    first = new_colleague(fresh)
    administrator = Browser(fresh.app).staff("new.one", first)  # knows it, and was faster
    owner = Browser(fresh.app).staff("new.one", first)
    assert change(owner, first).headers["Location"] == "/office/"
    assert lent(fresh) == 0 and owner.get("/office/me").status_code == 200
    thrown = administrator.get("/office/me")
    assert thrown.status_code == 302 and thrown.headers["Location"].startswith("/office/login/")
    assert "用户名或密码不对" in Browser(fresh.app).post("/office/login/", {"username": "new.one", "password": first}).text
    assert Browser(fresh.app).staff("new.one", OWN).get("/office/me").status_code == 200
    assert owner.client.post("/v1/tokens", json={"kind": "staff", "login": "new.one", "password": OWN}).status_code == 201
    with fresh.session() as session:
        entry = session.scalars(select(Entry).where(Entry.action == "user.password_own")).one()
        assert OWN not in entry.detail and first not in entry.detail


def test_a_change_that_is_none_says_what_is_wrong_and_changes_nothing(fresh: Office) -> None:
    first = fresh.built.passwords["window"]
    browser, long = fresh.staff("window"), "Aa1!" + "Bc2" * 90
    for now, password, again, said in (
        ("wrong", OWN, OWN, "现在的密码不对"),
        ("", "", "", "现在的密码不对"),
        (first, "short", "short", "密码太简单"),
        (first, OWN, OWN + "x", "两次输入的密码不一样"),
        (first, "AB12!xwindow", "AB12!xwindow", "不要有用户名"),
        (first, long, long, "不要超过"),
        (first, first, first, "跟现在的一样"),
    ):
        answer = change(browser, now, password, again)
        assert answer.status_code == 422 and said in errors(answer), said
    assert Browser(fresh.app).staff("window", first).get("/office/me").status_code == 200


def test_every_way_in_which_somebody_else_sets_a_password_lends_it_only(fresh: Office) -> None:
    admin = fresh.staff("admin")
    with fresh.session() as session:
        reviewer, me = (session.execute(text("SELECT id FROM ab_user WHERE username = :u"), {"u": u}).scalar_one() for u in ("reviewer", "admin"))
        role = session.execute(text("SELECT id FROM ab_role WHERE name = 'Auditor'")).scalar_one()
    new = {"password": OWN, "conf_password": OWN}
    assert admin.post(f"/office/resetpassword/form?pk={reviewer}", new).status_code == 302
    named = {"username": "eye", "first_name": "审计员", "active": "y", "email": "eye@staff.invalid", "roles": str(role)}
    assert admin.post("/office/users/add", {**named, **new}).status_code == 302
    for login in ("reviewer", "eye"):
        browser = Browser(fresh.app).staff(login, OWN)
        assert browser.get("/office/audit/").headers["Location"] == "/office/password/", login
        assert change(browser, OWN, OWN + "2").status_code == 303
    own = admin.post(f"/office/resetpassword/form?pk={me}", new)
    assert own.headers["Location"] == "/office/password/", "one's own is changed with the one in use"
    assert lent(fresh) == 0 and admin.get("/office/people/").status_code == 200


def test_the_page_is_for_who_is_logged_in_and_wants_the_pages_token(fresh: Office) -> None:
    nobody = Browser(fresh.app)
    assert nobody.get("/office/password/").headers["Location"].startswith("/office/login/")
    assert change(nobody, "x").headers["Location"].startswith("/office/login/")
    window = fresh.staff("window")
    assert window.post("/office/password/", {"now": "x"}, csrf=False).status_code == 400
    with window.client.session_transaction() as cookie:
        cookie.pop("begun_with")
    assert window.get("/office/").status_code == 302, "a session that names no password is none"


def test_a_token_of_the_old_password_opens_nothing_after_its_change(fresh: Office) -> None:
    first = new_colleague(fresh, "new.two")
    owner = Browser(fresh.app).staff("new.two", first)
    assert change(owner, first).status_code == 303
    given = {"kind": "staff", "login": "new.two", "password": OWN}
    bearer = {"Authorization": f"Bearer {owner.client.post('/v1/tokens', json=given).json['token']}"}
    before = owner.client.get("/v1/tasks", headers=bearer).status_code
    assert change(owner, OWN, "CDefgh34!uvw").status_code == 303
    assert before != 401 and owner.client.get("/v1/tasks", headers=bearer).status_code == 401
