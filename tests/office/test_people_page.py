"""Staff, posts and stand-ins: what an administrator can do, to whom, and from when it holds."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from core.identity.models import Delegation, Department, Division, Post, Staff
from core.kernel import clock
from core.kernel.ids import new_id
from tests.fixtures_site import Browser
from tests.office.conftest import Office, errors, press


@pytest.fixture
def admin(fresh: Office) -> Browser:
    return fresh.staff("admin")


def person(office: Office, login: str) -> str:
    with office.session() as session:
        return office.staff_id(session, login)


def department(office: Office, code: str = "health", division: str = "990100") -> str:
    with office.session() as session:
        query = select(Department.id).join(Division, Division.id == Department.division_id).where(Division.code == division, Department.code == code)
        return str(session.scalars(query).one())


def test_a_new_colleague_logs_in_with_the_password_shown_once_and_works_after_an_appointment(fresh: Office, admin: Browser) -> None:
    made = admin.post("/office/people/", {"name": "新同事", "login": "new.one"})
    assert made.status_code == 200
    found = re.search(r'<b class="hash">(\S+)</b>', made.text)
    assert found is not None and found[1] not in admin.get("/office/people/").text
    with fresh.session() as session:
        staff = session.scalars(select(Staff.id).where(Staff.name == "新同事")).one()
    case = fresh.file("unemployment-benefit")
    new = Browser(fresh.app).staff("new.one", found[1])
    assert new.post("/office/password/", {"now": found[1], "password": "ABcdef12!xyz", "again": "ABcdef12!xyz"}).status_code == 303
    assert new.get(f"/office/cases/{case}").status_code == 404
    given = {"department": department(fresh, "human_resources"), "role": "window"}
    assert admin.post(f"/office/people/{staff}/posts", given).status_code == 303
    assert press(new, case, "accept").status_code == 303
    assert admin.post(f"/office/people/{staff}/posts/end", given).status_code == 303
    assert new.get(f"/office/cases/{case}").status_code == 404
    twice = admin.post(f"/office/people/{staff}/posts/end", given)
    assert twice.status_code == 422 and errors(twice)


@pytest.mark.parametrize(("name", "login"), [("", "x1"), ("名", ""), ("名", "有中文"), ("名", "a b"), ("名", "<b>"), ("名", "window"), ("名", "..")])
def test_a_name_or_login_that_will_not_do_is_refused_in_words(fresh: Office, admin: Browser, name: str, login: str) -> None:
    with fresh.session() as session:
        before = session.execute(text("SELECT count(*) FROM ab_user")).scalar_one()
    answer = admin.post("/office/people/", {"name": name, "login": login})
    assert answer.status_code == 422 and errors(answer)
    with fresh.session() as session:
        assert session.execute(text("SELECT count(*) FROM ab_user")).scalar_one() == before


def test_who_is_put_out_of_office_is_out_at_the_next_click_everywhere(fresh: Office, admin: Browser) -> None:
    second = person(fresh, "reviewer")
    assert admin.post(f"/office/people/{second}/posts", {"department": department(fresh), "role": "admin"}).status_code == 303
    colleague = fresh.staff("reviewer")
    assert colleague.get("/office/users/list/").status_code == 200
    assert admin.post(f"/office/people/{second}/active").status_code == 303
    assert colleague.get("/office/").status_code in (302, 403)
    assert colleague.get("/office/users/list/").status_code in (302, 403)
    late = Browser(fresh.app)
    assert late.post("/office/login/", {"username": "reviewer", "password": fresh.built.passwords["reviewer"]}).status_code == 200
    assert admin.post(f"/office/people/{second}/active").status_code == 303
    assert fresh.staff("reviewer").get("/office/").status_code == 200


def test_a_post_as_administrator_opens_the_doors_and_losing_it_shuts_them(fresh: Office, admin: Browser) -> None:
    second, given = person(fresh, "chief"), {"department": department(fresh), "role": "admin"}
    chief = fresh.staff("chief")
    assert chief.get("/office/people/").status_code == 403 and chief.get("/office/calendar/").status_code in (302, 403)
    admin.post(f"/office/people/{second}/posts", given)
    assert chief.get("/office/people/").status_code == 200 and chief.get("/office/calendar/").status_code == 200
    admin.post(f"/office/people/{second}/posts/end", given)
    assert chief.get("/office/people/").status_code == 403 and chief.get("/office/calendar/").status_code in (302, 403)


def test_nobody_changes_their_own_posts_state_or_delegations(fresh: Office, admin: Browser) -> None:
    me = person(fresh, "admin")
    day = clock.today().isoformat()
    for path, data in (
        ("posts", {"department": department(fresh), "role": "supervisor"}),
        ("posts/end", {"department": department(fresh), "role": "admin"}),
        ("active", {}),
        ("delegations", {"to": person(fresh, "chief"), "from": day, "until": day, "reason": "x"}),
    ):
        answer = admin.post(f"/office/people/{me}/{path}", data)
        assert answer.status_code == 422 and "另一位管理员" in errors(answer), path
    with fresh.session() as session:
        assert "supervisor" not in session.scalars(select(Post.role).where(Post.staff_id == me)).all()
        assert session.get(Staff, me).active


def test_a_delegation_lets_the_other_work_and_is_taken_back(fresh: Office, admin: Browser) -> None:
    window, stand_in = person(fresh, "window"), person(fresh, "fire")
    case, day = fresh.file("unemployment-benefit"), clock.today()
    fire = fresh.staff("fire")
    assert fire.get(f"/office/cases/{case}").status_code == 404
    given = {"to": stand_in, "from": day.isoformat(), "until": (day + timedelta(days=3)).isoformat(), "reason": "休假"}
    assert admin.post(f"/office/people/{window}/delegations", given).status_code == 303
    assert "休假" in admin.get(f"/office/people/{window}").text
    assert press(fire, case, "claim").status_code == 303
    assert "代 周晓云" in fire.get(f"/office/cases/{case}").text
    with fresh.session() as session:
        grant = session.scalars(select(Delegation.id)).one()
    assert admin.post(f"/office/people/{window}/delegations/{grant}/end").status_code == 303
    assert fire.get(f"/office/cases/{case}").status_code == 404


@pytest.mark.parametrize("wrong", [{"from": "soon"}, {"until": ""}, {"reason": "  "}, {"to": "x"}, {"to": "me"}, {"from": "2031-01-01", "until": "2030-01-01"}])
def test_a_delegation_that_makes_no_sense_is_refused_in_words(fresh: Office, admin: Browser, wrong: dict[str, str]) -> None:
    window, day = person(fresh, "window"), clock.today().isoformat()
    given = {"to": person(fresh, "fire"), "from": day, "until": day, "reason": "休假", **wrong}
    given["to"] = window if given["to"] == "me" else given["to"]
    answer = admin.post(f"/office/people/{window}/delegations", given)
    assert answer.status_code == 422 and errors(answer)
    with fresh.session() as session:
        assert session.scalars(select(Delegation.id)).all() == []


def test_an_administrator_of_a_county_reaches_neither_the_city_nor_another_county(fresh: Office, admin: Browser) -> None:
    local = person(fresh, "qinghe-window")
    assert admin.post(f"/office/people/{local}/posts", {"department": department(fresh, "health", "990102"), "role": "admin"}).status_code == 303
    mine = fresh.staff("qinghe-window")
    listed = mine.get("/office/people/").text
    assert "秦岩" in listed and "吴建民" not in listed and "许晴" not in listed
    for login in ("reviewer", "yunling-window"):
        other = person(fresh, login)
        assert mine.get(f"/office/people/{other}").status_code == 404
        assert mine.post(f"/office/people/{other}/active").status_code == 404
    near = person(fresh, "qinghe-reviewer")
    outside = mine.post(f"/office/people/{near}/posts", {"department": department(fresh), "role": "leader"})
    assert outside.status_code == 422
    assert mine.post(f"/office/people/{near}/posts", {"department": department(fresh, "health", "990102"), "role": "emperor"}).status_code == 422


def test_a_broken_address_or_value_is_not_found_and_never_a_failure(fresh: Office, admin: Browser) -> None:
    window = person(fresh, "window")
    for staff in (new_id(), "1", "%27"):
        assert admin.get(f"/office/people/{staff}").status_code == 404
    for data in ({}, {"department": "x", "role": "window"}, {"department": new_id(), "role": "window"}):
        assert admin.post(f"/office/people/{window}/posts", data).status_code == 422
        assert admin.post(f"/office/people/{window}/posts/end", data).status_code == 422
    assert admin.post(f"/office/people/{window}/delegations/x/end").status_code == 422


def test_people_are_found_by_a_part_of_their_name(fresh: Office, admin: Browser) -> None:
    text = admin.get("/office/people/?q=晓").text
    assert "周晓云" in text and "吴建民" not in text
    assert "没有符合条件的人" in admin.get("/office/people/", query_string={"q": "%"}).text
