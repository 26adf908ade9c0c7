"""Log-in, roles and permissions of the back office, as ``wangting init`` leaves them."""

import pytest
from sqlalchemy import text

from core.identity.models import Post
from core.identity.service import organisation
from core.kernel.actor import SYSTEM
from core.web.backoffice.security import ROLES
from core.web.backoffice.users import write_permissions
from tests.fixtures_hall import counted
from tests.fixtures_site import Browser
from tests.office.conftest import Office, press, task

BENEFIT = "unemployment-benefit"
_GRANTS = text(
    "SELECT r.name AS role, v.name AS view FROM ab_role r JOIN ab_permission_view_role g ON g.role_id = r.id "
    "JOIN ab_permission_view p ON p.id = g.permission_view_id JOIN ab_view_menu v ON v.id = p.view_menu_id"
)


def grants(office: Office) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in ROLES}
    with office.session() as session:
        for role, view in session.execute(_GRANTS):
            found.setdefault(role, set()).add(view)
    return found


def test_every_role_opens_exactly_the_views_it_is_meant_to(office: Office) -> None:
    found = grants(office)
    assert {name: found[name] for name in ROLES} == {name: set(views) for name, views in ROLES.items()}
    assert found.get("Public", set()) == set()


def test_writing_the_permissions_again_mends_what_was_changed_and_doubles_nothing(fresh: Office) -> None:
    with fresh.session() as session:
        rows = session.execute(text("SELECT count(*) FROM ab_permission_view_role")).scalar_one()
        staff, stray = (
            session.execute(text(q)).scalar_one() for q in ("SELECT id FROM ab_role WHERE name = 'Staff'", "SELECT min(id) FROM ab_permission_view")
        )
        session.execute(text("INSERT INTO ab_permission_view_role (permission_view_id, role_id) VALUES (:p, :r)"), {"p": stray, "r": staff})
        auditor = session.execute(text("SELECT id FROM ab_role WHERE name = 'Auditor'")).scalar_one()
        session.execute(text("DELETE FROM ab_permission_view_role WHERE role_id = :r"), {"r": auditor})
    with fresh.app.app_context():
        write_permissions()
    found = grants(fresh)
    assert {name: found[name] for name in ROLES} == {name: set(views) for name, views in ROLES.items()}
    with fresh.session() as session:
        assert session.execute(text("SELECT count(*) FROM ab_permission_view_role")).scalar_one() == rows


def test_nobody_of_the_demonstration_holds_more_than_their_posts_open(office: Office) -> None:
    with office.session() as session:
        query = text("SELECT u.username, r.name FROM ab_user u JOIN ab_user_role ur ON ur.user_id = u.id JOIN ab_role r ON r.id = ur.role_id")
        held: dict[str, set[str]] = {}
        for login, role in session.execute(query):
            held.setdefault(login, set()).add(role)
    assert held.pop("admin") == {"Staff", "OrganisationAdmin", "CalendarAdmin", "SecurityAdmin"}
    assert held.pop("supervisor") == {"Staff", "Auditor"}
    assert all(roles == {"Staff"} for roles in held.values())


def test_a_server_starts_without_writing_to_the_database(office: Office) -> None:
    with counted(office.here.database) as seen:
        again = office.built.app()
        assert again.test_client().get("/office/login/").status_code == 200
    writes = [each for each in seen if each.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER"))]
    assert writes == []
    again.extensions["wangting"].database.close()


@pytest.mark.parametrize(
    ("login", "password"), [("window", "wrong"), ("nobody", "x"), ("", ""), ("window' --", "x"), ("window", "x" * 5000), ("13800000001", "x")]
)
def test_a_wrong_log_in_says_only_that_it_is_wrong(office: Office, login: str, password: str) -> None:
    answer = Browser(office.app).post("/office/login/", {"username": login, "password": password})
    assert answer.status_code in (200, 401) and "用户名或密码不对" in answer.text


def test_logging_in_leads_back_into_this_site_only(office: Office) -> None:
    for target, leads in (("/office/me", "/office/me"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("/\\evil.example", "/")):
        browser = Browser(office.app)
        data = {"username": "window", "password": office.built.passwords["window"]}
        answer = browser.client.post("/office/login/", query_string={"next": target}, data={"csrf_token": browser.token(), **data})
        assert answer.status_code == 302 and answer.headers["Location"] == leads, target


def test_a_session_planted_before_the_log_in_is_worth_nothing_after(office: Office) -> None:
    browser = Browser(office.app)
    with browser.client.session_transaction() as cookie:
        cookie["planted"] = "yes"
        cookie["locale"] = "en"
    browser.staff("window", office.built.passwords["window"])
    with browser.client.session_transaction() as cookie:
        assert "planted" not in cookie and cookie["locale"] == "en" and "account" not in cookie


def test_logging_out_ends_it(office: Office) -> None:
    browser = office.staff("window")
    assert browser.post("/office/logout/").status_code == 303
    answer = browser.get("/office/")
    assert answer.status_code == 302 and "/office/login/" in answer.headers["Location"]


def test_an_address_in_somebody_elses_page_throws_nobody_out(office: Office) -> None:
    """A GET, or a POST without the page's token, asks or is refused; the clerk goes on working."""
    browser = office.staff("window")
    asked = browser.get("/office/logout/")
    assert asked.status_code == 200 and 'method="post" action="/office/logout/"' in asked.text
    assert browser.post("/office/logout/", csrf=False).status_code == 400
    assert browser.get("/office/").status_code == 200
    assert Browser(office.app).get("/office/logout/").status_code == 302


def test_every_page_of_the_back_office_logs_out_with_a_form_and_not_with_a_link(office: Office) -> None:
    browser = office.staff("admin")
    for address in ("/office/", "/office/users/list/"):
        text_ = browser.get(address).text
        assert 'href="/office/logout/"' not in text_ and 'method="post" action="/office/logout/"' in text_, address


def test_many_wrong_tries_are_slowed_down(office: Office) -> None:
    app = office.built.app(extra={})
    browser = Browser(app)
    codes = [browser.post("/office/login/", {"username": "expert3", "password": f"wrong {n}"}).status_code for n in range(12)]
    assert codes[0] == 200 and codes[-1] == 429
    app.extensions["wangting"].database.close()


def test_generated_tables_speak_the_readers_language(office: Office) -> None:
    admin = office.staff("admin")
    for address, zh, en in (
        ("/office/users/list/", "用户", "Users"),
        ("/office/admin/departments/list/", "部门", "Department"),
        ("/office/roles/list/", "角色", "Role"),
    ):
        chinese, english = admin.get(f"{address}?_l_=zh"), admin.get(f"{address}?_l_=en")
        assert chinese.status_code == english.status_code == 200
        assert zh in chinese.text and en in english.text, address


def test_who_leaves_is_out_at_their_next_step_and_who_lost_the_post_may_do_no_more(fresh: Office) -> None:
    case, window = fresh.file(BENEFIT), fresh.staff("window")
    no = task(window, case)
    with fresh.session() as session:
        me = fresh.staff_id(session, "window")
        held = session.query(Post.department_id, Post.role).filter(Post.staff_id == me).all()
        for department, role in held:
            organisation.remove_post(session, me, department, role, actor=SYSTEM)
    assert window.get(f"/office/cases/{case}").status_code == 404, "the next page already knows that the post is gone"
    assert press(window, case, "accept", no=no).status_code == 404
    with fresh.session() as session:
        for department, role in held:
            organisation.add_post(session, me, department, role, actor=SYSTEM)
        organisation.set_active(session, me, active=False, actor=SYSTEM)
    assert window.get(f"/office/cases/{case}").status_code == 403
    assert press(window, case, "accept", no=no).status_code == 403
    with fresh.session() as session:
        organisation.set_active(session, me, active=True, actor=SYSTEM)
        session.execute(text("UPDATE ab_user SET active = :no WHERE username = 'window'"), {"no": False})
    assert window.get(f"/office/cases/{case}").status_code == 403
    with fresh.session() as session:
        session.execute(text("UPDATE ab_user SET active = :yes WHERE username = 'window'"), {"yes": True})
    assert press(window, case, "accept", no=no).status_code == 303, "and back, they go on where they were"
