"""Looks of the hall: whose one is is asked each time, by what is in force now, and what is no value is told at its field."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from core.identity import demo
from core.identity.models import Department, Division, Hall, Post, Staff
from core.kernel.actor import SYSTEM
from core.kernel.ids import new_id
from core.settings import documents
from core.web.theming import Themes
from tests import fixtures_site as site
from tests.office.conftest import Office
from tests.studio.conftest import page_form, save


def appoint(session, login, division):
    """Make somebody an administrator of a division, too."""
    place = select(Department.id).join(Division, Division.id == Department.division_id).where(Division.code == division).limit(1)
    names = {clerk.login: clerk.name for clerk in demo.STAFF}
    staff_id = session.scalar(select(Staff.id).where(Staff.name == names[login]))
    session.add(Post(id=new_id(), staff_id=staff_id, department_id=session.scalar(place), role="admin"))


@pytest.fixture(scope="module", autouse=True)
def administrators(office: Office) -> None:
    """Two of the county and two of the city."""
    with office.here.database.session() as session:
        for login, division in (("yunling-leader", demo.COUNTY), ("yunling-reviewer", demo.COUNTY), ("leader", demo.CITY)):
            appoint(session, login, division)


@pytest.fixture
def dressed(office: Office) -> Iterator[None]:
    """The halls wear what they wore before."""
    with office.here.database.session() as session:
        before = dict(session.execute(select(Hall.id, Hall.theme)).all())
    yield
    with office.here.database.session() as session:
        for hall_id, theme in before.items():
            session.execute(update(Hall).where(Hall.id == hall_id).values(theme=theme))


def begin(browser: site.Browser, code: str) -> str:
    answer = browser.post(f"/office/studio/hall/{code}/")
    assert answer.status_code == 303, answer.text[:500]
    return answer.headers["Location"].split("/?")[0]


@pytest.mark.usefixtures("dressed")
def test_a_draft_of_a_look_goes_with_the_look_when_it_is_given_to_the_city(office, browse):
    writer, second, city = (office.staff(login) for login in ("yunling-leader", "yunling-reviewer", "admin"))
    base = begin(writer, "theme/branch")
    form = page_form(browse, writer.get(f"{base}/?part=tokens").text)
    assert save(writer, base, {**form, "accent": "#1a4a3a"}).status_code == 200
    assert second.get(f"{base}/in-force/").status_code == 200
    with office.here.database.session() as session:
        session.execute(update(Hall).values(theme="branch"))
    for administrator in (writer, second):
        for path in ("", "?part=tokens", "in-force/", "look.css", "preview/home", "findings/"):
            assert administrator.get(f"{base}/{path}").status_code == 404, path
        put = administrator.post(f"{base}/in-force/", {"revision": "1", "words": "还是我们的"})
        assert put.status_code == 404, "the department under which it was begun gives no right to what is the city's now"
        assert administrator.post(f"{base}/drop", {}).status_code == 404
    with office.here.database.session() as session:
        assert documents.versions(session, "theme", "branch") == (), "nothing was put in force"
    assert city.get(f"{base}/in-force/").status_code == 200
    assert city.post(f"{base}/drop", {}).status_code == 303


def test_a_look_that_was_made_public_in_the_studio_is_the_whole_sites(office):
    county, city = office.staff("yunling-leader"), office.staff("admin")
    base = begin(county, "theme/branch")
    assert county.post(f"{base}/drop", {}).status_code == 303
    with office.here.database.session() as session:
        documents.put(session, "theme", "branch", {**Themes.load().docs["branch"], "public": True}, words="谁都可以换", actor=SYSTEM)
    assert county.post("/office/studio/hall/theme/branch/").status_code == 404
    assert "分厅" not in county.get("/office/studio/").text
    base = begin(city, "theme/branch")
    assert "没有发现问题" in city.get(f"{base}/findings/panel?part=theme").text
    assert city.post(f"{base}/drop", {}).status_code == 303
    with office.here.database.session() as session:
        documents.put(session, "theme", "branch", None, words="还是分厅的", actor=SYSTEM)


@pytest.mark.parametrize("value", ["(", '"', 'image-set("//evil/x" 1x)', "var(--nobody)"])
def test_a_token_that_would_break_out_is_told_at_its_field_in_both_languages(office, browse, value):
    admin, second = office.staff("admin"), office.staff("leader")
    base = begin(admin, "theme/standard")
    form = page_form(browse, admin.get(f"{base}/?part=tokens").text)
    assert save(admin, base, {**form, "sans": value}, _mine="1").status_code == 200
    for locale, said in (("zh", "括号和引号要成对"), ("en", "brackets and quotes in pairs")):
        told = admin.get(f"{base}/findings/panel?part=tokens&_l_={locale}").text
        assert f"{base}/?part=tokens#f-sans" in told
        assert said in told or "//" in value
    refused = second.post(f"{base}/in-force/", {"revision": "1", "words": "x"})
    assert refused.status_code in (409, 422)
    assert admin.get(f"{base}/look.css").status_code == 422
    assert not re.search(r"--sans:\(", admin.get(f"{base}/preview/home").text)
    assert admin.post(f"{base}/drop", {}).status_code == 303
