"""Divisions, departments, posts, delegation, halls, and who holds a task."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.identity import demo, queries
from core.identity.errors import BadDelegation
from core.identity.service import (
    add_department,
    add_division,
    add_hall,
    add_post,
    add_staff,
    authenticate,
    delegate,
    hall_for,
    remove_post,
    resolve_holders,
    revoke,
    staff_of_user,
    succeed,
    succession,
)
from core.identity.spec import Scope
from core.kernel import clock
from core.kernel.actor import SYSTEM
from core.kernel.errors import BadInput, Conflict, NotFound
from core.kernel.ids import new_id
from tests.fixtures_hall import People, make_database, make_hall


@dataclass(frozen=True)
class H:
    role: str
    org: Any


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database = make_database(tmp_path)
    with database.session() as open_session:
        yield open_session
    database.close()


@pytest.fixture
def hall(session: Session) -> People:
    return make_hall(session)


def days(first: int, last: int) -> dict[str, date]:
    return {"valid_from": clock.today() + timedelta(days=first), "valid_until": clock.today() + timedelta(days=last)}


def names(session: Session, login: str) -> set[str | None]:
    return {post.on_behalf_of_name for post in staff_of_user(session, login).posts}


def test_the_demonstration_is_made_once_and_its_people_can_log_in(session: Session) -> None:
    made = demo.seed(session, make_user=lambda username, *_: username)
    assert {p.login for p in made} == {p.login for p in demo.people(session, user_of=str)}
    assert len({p.password for p in made}) == len(made)
    citizen = next(p for p in made if p.login == demo.CITIZENS[0][0])
    assert authenticate(session, citizen.login, citizen.password).account is not None
    assert demo.seed(session, make_user=lambda username, *_: username) == ()
    assert demo.reset_citizen(session, citizen.login, "a new pass 9")
    assert authenticate(session, citizen.login, "a new pass 9").account is not None
    assert not demo.reset_citizen(session, "window", "a new pass 9")


def test_invented_names_are_fresh_and_read_back_from_the_database(session: Session) -> None:
    made = demo.seed(session, make_user=lambda username, *_: username, invent=True)
    assert len({p.name for p in made}) == len(made)
    assert sum(p.name != c.name for p, c in zip(made, demo.STAFF, strict=False)) > len(demo.STAFF) // 2
    assert {(p.login, p.name, p.what) for p in demo.people(session, user_of=str)} == {(p.login, p.name, p.what) for p in made}
    assert {p.login for p in demo.people(session, user_of={"window": "window"}.get)} == {"window", *(c[0] for c in demo.CITIZENS)}


def test_a_path_prefix_is_a_subtree(session: Session, hall: People) -> None:
    county = queries.division_by_code(session, demo.COUNTY)
    inside = queries.divisions(session, Scope(county.path))
    assert {d.title for d in inside} == {"云岭县", "临溪镇", "高坪乡", "石桥村", "柳林村"}
    assert all(d.division_path.startswith(county.path) for d in queries.departments(session, Scope(county.path)))
    assert {d.region_root for d in queries.divisions(session)} == {hall.divisions[demo.CITY]}


def test_bad_organisation_data_is_refused_with_words(session: Session, hall: People) -> None:
    with pytest.raises(Conflict):
        add_division(session, demo.COUNTY, "又一个", "county", parent_id=hall.divisions[demo.CITY], actor=SYSTEM)
    with pytest.raises(BadInput):
        add_division(session, "990199", "倒挂", "city", parent_id=hall.divisions[demo.COUNTY], actor=SYSTEM)
    with pytest.raises(BadInput):
        add_division(session, "../x", "路径", "county", actor=SYSTEM)
    with pytest.raises(BadInput):
        add_department(session, "lottery", "彩票局", division_id=hall.divisions[demo.CITY], uscc="123", actor=SYSTEM)
    with pytest.raises(BadInput):
        add_post(session, hall.staff["window"], hall.department("fire"), "king", actor=SYSTEM)
    with pytest.raises(NotFound):
        remove_post(session, hall.staff["fire"], hall.department("health"), "leader", actor=SYSTEM)


def test_a_dated_delegation_gives_the_posts_with_both_names_and_ends(session: Session, hall: People) -> None:
    grant = delegate(session, hall.staff["leader"], hall.staff["fire"], **days(0, 2), reason="出差", actor=SYSTEM)
    assert "卫国平" in names(session, "fire")
    assert staff_of_user(session, "fire").has_role("leader")
    with clock.freeze(clock.now() + timedelta(days=4)):
        assert names(session, "fire") == {None}
    revoke(session, grant, actor=SYSTEM)
    assert names(session, "fire") == {None}
    with pytest.raises(NotFound):
        revoke(session, grant, actor=SYSTEM)


def test_a_delegation_may_be_limited_to_a_department_and_a_role_along_the_whole_chain(session: Session, hall: People) -> None:
    fire = hall.department("fire")
    delegate(session, hall.staff["leader"], hall.staff["head"], **days(0, 2), reason="r", department_id=fire, actor=SYSTEM)
    delegate(session, hall.staff["head"], hall.staff["fire"], **days(0, 2), reason="r", actor=SYSTEM)
    lent = [p for p in staff_of_user(session, "fire").posts if p.on_behalf_of == hall.staff["leader"]]
    assert [(p.department_id, p.role) for p in lent] == [(fire, "leader")]


def test_chains_end_at_three_links_and_circles_are_refused(session: Session, hall: People) -> None:
    a, b, c, d, e = (hall.staff[n] for n in ("window", "reviewer", "chief", "leader", "fire"))
    delegate(session, a, b, **days(0, 9), reason="r", actor=SYSTEM)
    delegate(session, b, c, **days(0, 9), reason="r", actor=SYSTEM)
    with pytest.raises(BadDelegation) as circle:
        delegate(session, c, a, **days(0, 9), reason="r", actor=SYSTEM)
    assert "圈" in circle.value.words("zh") and "circle" in circle.value.words("en")
    delegate(session, c, d, **days(0, 9), reason="r", actor=SYSTEM)
    with pytest.raises(BadDelegation):
        delegate(session, d, e, **days(0, 9), reason="r", actor=SYSTEM)
    delegate(session, d, e, **days(20, 29), reason="other days", actor=SYSTEM)
    with pytest.raises(BadDelegation):
        delegate(session, a, a, **days(0, 1), reason="r", actor=SYSTEM)
    with pytest.raises(BadDelegation):
        delegate(session, a, e, **days(3, 1), reason="r", actor=SYSTEM)
    assert "周晓云" in names(session, "leader")


def test_organisation_relations_resolve_to_departments(session: Session, hall: People) -> None:
    owner = hall.department("market_regulation", demo.COUNTY)
    here = hall.divisions["990121101"]

    def of(org: Any, branch: str | None = None) -> list[str]:
        return [d for d, _role in resolve_holders(session, H("reviewer", org), owner=owner, division=here, branch=branch)]

    assert of("owner") == [owner]
    assert of("branch") == [owner]
    assert of("branch", branch="b") == ["b"]
    assert of({"department": "fire"}) == [hall.department("fire", demo.COUNTY)]
    assert of("parent") == [hall.department("market_regulation")]
    assert of("level") == [owner]
    assert of({"region": "city"}) == [hall.department("market_regulation")]
    assert of({"id": hall.department("fire")}) == [hall.department("fire")]  # a station on the way that papers took
    assert of({"id": "no-such-department"}) == []
    assert of({"department": "space_agency"}) == []
    assert of({"region": "country"}) == []
    city = hall.department("market_regulation")
    below = resolve_holders(session, H("leader", "children"), owner=city, division=hall.divisions[demo.CITY])
    assert set(below) == {(hall.department("market_regulation", d), "leader") for d in (demo.COUNTY, demo.DISTRICT)}


def test_a_department_missing_in_a_county_is_found_above(session: Session, hall: People) -> None:
    lottery = add_department(session, "lottery", "示范市彩票中心", division_id=hall.divisions[demo.CITY], actor=SYSTEM)
    owner = hall.department("civil_affairs", demo.COUNTY)
    assert resolve_holders(session, H("reviewer", {"department": "lottery"}), owner=owner, division=hall.divisions[demo.COUNTY]) == ((lottery, "reviewer"),)


def test_a_hall_is_found_by_slug_host_or_main(session: Session, hall: People) -> None:
    county = queries.division_by_code(session, demo.COUNTY)
    add_hall(session, "fire-hall", "消防分厅", division_id=county.id, department_id=hall.department("fire", demo.COUNTY), hosts=["fire.example"], actor=SYSTEM)
    by_host = hall_for(session, "FIRE.example:8080", "/items")
    assert by_host is not None and by_host.scope == Scope(county.path, hall.department("fire", demo.COUNTY)) and by_host.prefix == ""
    by_path = hall_for(session, "fire.example", "/h/yunling/items/x")
    assert by_path is not None and by_path.slug == "yunling" and by_path.prefix == "/h/yunling" and by_path.theme == "branch"
    main = hall_for(session, "127.0.0.1:8080", "/")
    assert main is not None and main.slug == "city"
    assert hall_for(session, "127.0.0.1", "/h/nowhere/") is None
    assert hall_for(session, host="x", slug="nowhere") is None


def test_a_scope_covers_its_subtree_and_department() -> None:
    scope = Scope("/a/b/", "d1")
    assert scope.covers("/a/b/c/", "d1")
    assert not scope.covers("/a/b/c/", "d2")
    assert not scope.covers("/a/bb/", "d1")


def test_an_unknown_user_is_no_member_of_staff(session: Session) -> None:
    with pytest.raises(NotFound):
        staff_of_user(session, "nobody")
    staff = add_staff(session, "77", "新人", actor=SYSTEM)
    assert staff_of_user(session, "77").id == staff
    with pytest.raises(Conflict):
        add_staff(session, "77", "又一人", actor=SYSTEM)
    with pytest.raises(NotFound):
        add_post(session, staff, new_id(), "window", actor=SYSTEM)


def test_a_department_is_followed_by_one_other_and_its_people_work_in_both(session: Session, hall: People) -> None:
    old, by, third = (hall.department(code) for code in ("fire", "market_regulation", "health"))
    theirs = {(staff, role) for staff, _name, _department, role in queries.colleagues(session, [old])}
    foretold = succession(session, old, by)
    assert {(staff, role) for staff, _name, role in foretold.posts} == theirs - {(s, r) for s, _n, _d, r in queries.colleagues(session, [by])}
    assert queries.successor(session, old) == old, "foretelling writes nothing"
    assert succeed(session, old, by, actor=SYSTEM) == foretold
    assert queries.successor(session, old) == by and theirs <= {(s, r) for s, _n, _d, r in queries.colleagues(session, [by])}
    assert theirs == {(s, r) for s, _n, _d, r in queries.colleagues(session, [old])}, "what lies in the old queues is worked off by the same people"
    assert succeed(session, old, by, actor=SYSTEM).posts == ()
    for department, follower, error in (
        (by, old, BadInput),
        (old, old, BadInput),
        (old, third, Conflict),
        (new_id(), by, NotFound),
        (third, new_id(), NotFound),
    ):
        with pytest.raises(error):
            succeed(session, department, follower, actor=SYSTEM)


def test_who_administers_a_county_does_not_come_to_administer_the_city_by_a_reorganisation(session: Session, hall: People) -> None:
    city = queries.department(session, hall.department("market_regulation"))
    county = next(each for each in queries.departments(session, Scope(city.division_path)) if each.division_path != city.division_path)
    them = hall.staff["qinghe-reviewer"]
    for role in ("admin", "supervisor", "legal_reviewer"):
        add_post(session, them, county.id, role, actor=SYSTEM)
    done = succeed(session, county.id, city.id, actor=SYSTEM)
    assert {role for staff, _name, role in done.held_back if staff == them} == {"admin", "supervisor"}
    roles = {role for staff, _name, _department, role in queries.colleagues(session, [city.id]) if staff == them}
    assert "legal_reviewer" in roles and not roles & {"admin", "supervisor"}
