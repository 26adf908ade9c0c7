"""Separation of duties: nobody gives doors to themselves, nobody audits what they administer, and who was given what is on record."""

import json
import re
from typing import Any

import pytest
from sqlalchemy import select, text
from werkzeug.datastructures import MultiDict

from core.audit.models import Entry
from core.identity.models import Post
from tests.fixtures_site import Browser
from tests.office.conftest import Office


@pytest.fixture
def admin(fresh: Office) -> Browser:
    return fresh.staff("admin")


def user(office: Office, login: str) -> int:
    with office.session() as session:
        return int(session.execute(text("SELECT id FROM ab_user WHERE username = :u"), {"u": login}).scalar_one())


def doors(office: Office, login: str) -> set[str]:
    query = "SELECT r.name FROM ab_role r JOIN ab_user_role ur ON ur.role_id = r.id JOIN ab_user u ON u.id = ur.user_id WHERE u.username = :u"
    with office.session() as session:
        return set(session.scalars(text(query), {"u": login}))


def role_ids(office: Office, *names: str) -> list[str]:
    with office.session() as session:
        found = dict(session.execute(text("SELECT name, id FROM ab_role")).all())
    return [str(found[name]) for name in names]


def edit(office: Office, browser: Browser, login: str, *roles: str) -> Any:
    """Send the edit form of a log-in with *roles* ticked."""
    values = {"username": login, "first_name": login, "last_name": "-", "active": "y", "email": f"{login}@staff.invalid"}
    sent = MultiDict([("csrf_token", browser.token()), *values.items(), *(("roles", each) for each in role_ids(office, *roles))])
    return browser.client.post(f"/office/users/edit/{user(office, login)}", data=sent)


def entries(office: Office, action: str) -> list[dict[str, Any]]:
    with office.session() as session:
        return [{**json.loads(row.detail), "actor": row.actor_id} for row in session.scalars(select(Entry).where(Entry.action == action))]


@pytest.mark.parametrize("roles", [("Staff", "Auditor"), ("Staff", "OrganisationAdmin", "CalendarAdmin", "SecurityAdmin", "Auditor"), ("Staff", "Admin"), ()])
def test_an_administrator_cannot_change_their_own_doors(fresh: Office, admin: Browser, roles: tuple[str, ...]) -> None:
    before = doors(fresh, "admin")
    answer = edit(fresh, admin, "admin", *roles)
    assert answer.status_code == 200 and "另一位管理员" in answer.text
    assert doors(fresh, "admin") == before
    assert entries(fresh, "user.doors") == []


def test_nobody_audits_what_they_administer(fresh: Office, admin: Browser) -> None:
    for other in ("OrganisationAdmin", "CalendarAdmin", "SecurityAdmin"):
        answer = edit(fresh, admin, "reviewer", "Staff", "Auditor", other)
        assert answer.status_code == 200 and "不能是同一个人" in answer.text, other
    assert doors(fresh, "reviewer") == {"Staff"}
    new = {
        "username": "double",
        "first_name": "x",
        "last_name": "-",
        "active": "y",
        "email": "d@staff.invalid",
        "password": "ABcdef12!xyz",
        "conf_password": "ABcdef12!xyz",
    }
    sent = MultiDict([("csrf_token", admin.token()), *new.items(), *(("roles", each) for each in role_ids(fresh, "Auditor", "SecurityAdmin"))])
    assert "不能是同一个人" in admin.client.post("/office/users/add", data=sent).text
    with fresh.session() as session:
        assert session.execute(text("SELECT count(*) FROM ab_user WHERE username = 'double'")).scalar_one() == 0


def test_a_post_of_supervision_is_not_given_to_an_administrator_nor_the_other_way_round(fresh: Office, admin: Browser) -> None:
    with fresh.session() as session:
        chief = fresh.staff_id(session, "chief")
        here = session.scalars(select(Post.department_id).where(Post.staff_id == chief)).first()
    assert admin.post(f"/office/people/{chief}/posts", {"department": here, "role": "supervisor"}).status_code == 303
    assert doors(fresh, "chief") == {"Staff", "Auditor"}
    refused = admin.post(f"/office/people/{chief}/posts", {"department": here, "role": "admin"})
    assert refused.status_code == 422 and "不能是同一个人" in refused.text
    assert doors(fresh, "chief") == {"Staff", "Auditor"}
    with fresh.session() as session:
        assert "admin" not in session.scalars(select(Post.role).where(Post.staff_id == chief)).all()


def test_doors_given_and_taken_are_in_the_audit_record_with_who_did_it(fresh: Office, admin: Browser) -> None:
    assert edit(fresh, admin, "reviewer", "Staff", "CalendarAdmin").status_code == 302
    assert doors(fresh, "reviewer") == {"Staff", "CalendarAdmin"}
    assert edit(fresh, admin, "reviewer", "Staff").status_code == 302
    first, second = entries(fresh, "user.doors")
    assert (first["login"], first["given"], first["taken"]) == ("reviewer", ["CalendarAdmin"], [])
    assert (second["given"], second["taken"]) == ([], ["CalendarAdmin"])
    with fresh.session() as session:
        mine = fresh.staff_id(session, "admin")
    assert {first["actor"], second["actor"]} == {mine}
    edit(fresh, admin, "reviewer", "Staff")
    assert len(entries(fresh, "user.doors")) == 2, "an edit that changes no door is no entry"


def test_a_password_set_for_somebody_else_is_on_record_and_a_log_in_that_is_not_there_is_not_found(fresh: Office, admin: Browser) -> None:
    new = {"password": "ABcdef12!xyz", "conf_password": "ABcdef12!xyz"}
    assert admin.post(f"/office/resetpassword/form?pk={user(fresh, 'reviewer')}", new).status_code == 302
    assert [each["login"] for each in entries(fresh, "user.password_reset")] == ["reviewer"]
    for nobody in ("999999", "x", "", "1 OR 1=1", "９"):
        assert admin.post(f"/office/resetpassword/form?pk={nobody}", new).status_code == 404, nobody


NEW = {"password": "ABcdef12!xyz", "conf_password": "ABcdef12!xyz"}


def hashed(office: Office, login: str) -> str:
    with office.session() as session:
        return str(session.execute(text("SELECT password FROM ab_user WHERE username = :u"), {"u": login}).scalar_one())


def test_who_administers_does_not_set_the_password_of_who_audits_and_is_told_what_to_do(fresh: Office, admin: Browser) -> None:
    before, address = hashed(fresh, "supervisor"), f"/office/resetpassword/form?pk={user(fresh, 'supervisor')}"
    for answer in (admin.get(address), admin.post(address, NEW)):
        assert answer.status_code == 403
        assert "审计人员的账号" in answer.text and "wangting organisation password supervisor" in answer.text
        assert 'href="/office/"' in answer.text, "the way back is the desk, not the citizens' search"
    assert hashed(fresh, "supervisor") == before
    assert entries(fresh, "user.password_reset") == []


def test_taking_the_audit_away_for_a_moment_does_not_open_its_password(fresh: Office, admin: Browser) -> None:
    with fresh.session() as session:
        chief = fresh.staff_id(session, "chief")
        here = session.scalars(select(Post.department_id).where(Post.staff_id == chief)).first()
    before = {login: hashed(fresh, login) for login in ("supervisor", "chief")}
    assert edit(fresh, admin, "supervisor", "Staff").status_code == 302
    for way in ("posts", "posts/end"):
        assert admin.post(f"/office/people/{chief}/{way}", {"department": here, "role": "supervisor"}).status_code == 303
    for login, old in before.items():
        assert "Auditor" not in doors(fresh, login)
        assert admin.post(f"/office/resetpassword/form?pk={user(fresh, login)}", NEW).status_code == 403, login
        assert hashed(fresh, login) == old


def test_what_a_role_opens_is_read_and_not_changed_and_no_log_in_is_deleted(fresh: Office, admin: Browser) -> None:
    listed = admin.get("/office/roles/list/")
    assert listed.status_code == 200
    assert not re.search(r"/office/roles/(add|edit|delete|action)", listed.text)
    role, reviewer = role_ids(fresh, "SecurityAdmin")[0], user(fresh, "reviewer")
    for address in (
        f"roles/edit/{role}",
        "roles/add",
        f"roles/delete/{role}",
        "roles/action_post",
        f"roles/action/copyrole/{role}",
        f"users/delete/{reviewer}",
        "users/action_post",
    ):
        assert admin.post(f"/office/{address}", {"name": "Mine"}).status_code in (404, 405), address
    with fresh.session() as session:
        assert session.execute(text("SELECT count(*) FROM ab_user WHERE username = 'reviewer'")).scalar_one() == 1


def test_doors_are_picked_by_their_titles_and_the_role_that_opens_everything_is_given_to_nobody(fresh: Office, admin: Browser) -> None:
    page = admin.get("/office/users/add").text
    picker = re.search(r'<select[^>]*name="roles".*?</select>', page, re.S)
    assert picker is not None
    titles = re.findall(r"<option[^>]*>([^<]+)</option>", picker[0])
    assert sorted(titles) == sorted(["工作人员", "组织管理", "工作日历管理", "审计", "账号管理"])
    edit(fresh, admin, "window", "Staff", "Admin")
    assert "Admin" not in doors(fresh, "window"), "an id that was not offered is not taken either"
