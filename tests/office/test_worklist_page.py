"""The worklist page: filters, steps, batches, and what is remembered between visits."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from core.cases.models import CaseTask, table
from core.identity.models import Post
from core.kernel import clock
from core.kernel.ids import new_id
from tests.fixtures_hall import counted
from tests.fixtures_site import Browser
from tests.office.conftest import Office, press

BENEFIT, CARD = "unemployment-benefit", "senior-card"


def rows(text: str) -> list[str]:
    """The addresses of the cases in the list, in order."""
    return re.findall(r'<a href="(/office/cases/[0-9a-f-]{36})">', text)


@pytest.fixture(scope="module")
def desk(office: Office) -> Browser:
    """A window clerk with 45 invented open tasks: red, yellow and green in turn."""
    with office.session() as session:
        staff = office.staff_id(session, "window")
        department = session.scalars(select(Post.department_id).where(Post.staff_id == staff)).first()
        now, found = clock.now(), []
        for n in range(45):
            due = now + (timedelta(hours=-n - 1), timedelta(hours=n + 1), timedelta(days=30 + n))[n % 3]
            found.append(
                {
                    "id": new_id(), "region_root": department, "case_id": new_id(), "no": 1, "node": f"step{n % 2}", "kind": "step", "title": f"环节{n % 2}",
                    "department_id": department, "role": "window", "claimed_by": "", "exclude": [], "opened_at": now, "due_at": due,
                    "yellow_at": due - timedelta(days=2), "sort_at": due, "number": f"NUM{n:04d}", "item_code": "invented", "item_title": "虚构事项",
                    "applicant": "王*",
                }
            )  # fmt: skip
        session.execute(insert(table(CaseTask)), found)
    return office.staff("window")


def test_all_batches_together_are_the_whole_list_once_soonest_first(desk: Browser) -> None:
    seen, address = [], "/office/?light="
    while address:
        text = desk.get(address).text
        seen += rows(text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 45


@pytest.mark.parametrize(("light", "count"), [("red", 15), ("yellow", 15), ("green", 15), ("", 20), ("purple", 20)])
def test_a_light_shows_its_own(desk: Browser, light: str, count: int) -> None:
    text = desk.get(f"/office/?light={light}").text
    assert len(rows(text)) == count
    if light == "red":
        assert "已超期" in text and "时间够</span></td>" not in text


def test_a_step_shows_its_own_and_is_marked(desk: Browser) -> None:
    text = desk.get("/office/?step=invented/step1&light=red").text
    assert 0 < len(rows(text)) < 15 and "环节0</td>" not in text
    assert re.search(r'href="[^"]*step=invented%2Fstep1[^"]*" aria-current="true"', text)


def test_a_number_finds_one_case(desk: Browser) -> None:
    assert len(rows(desk.get("/office/?number=NUM0007").text)) == 1
    nothing = desk.get("/office/?number=%27%20OR%201=1").text
    assert rows(nothing) == [] and "看全部" in nothing


def test_the_last_filter_is_remembered_until_everything_is_asked_for(desk: Browser) -> None:
    desk.get("/office/?light=red&step=invented/step0")
    back = desk.get("/office/")
    assert back.status_code == 302 and "light=red" in back.headers["Location"]
    followed = desk.get(back.headers["Location"])
    assert followed.status_code == 200 and "环节1</td>" not in followed.text
    desk.get("/office/?light=")
    assert desk.get("/office/").status_code == 200


@pytest.mark.parametrize("step", ["a#b", "a&light=red", "x y/é", "%0d%0aSet-Cookie:a=b"])
def test_a_strange_filter_is_remembered_as_it_was(desk: Browser, step: str) -> None:
    desk.get("/office/", query_string={"step": step})
    back = desk.get("/office/")
    assert back.status_code == 302
    again = desk.get(back.headers["Location"])
    assert again.status_code == 200 and rows(again.text) == []
    desk.get("/office/?light=")


@pytest.mark.parametrize("cursor", ["x", "AAAA", "WzFd", "bnVsbA", "A" * 3000])
def test_a_broken_position_is_answered_in_words(desk: Browser, cursor: str) -> None:
    answer = desk.get(f"/office/?light=&after={cursor}")
    assert answer.status_code == 422 and "翻页" in answer.text


def test_a_case_leaves_the_list_when_it_is_dealt_with(fresh: Office) -> None:
    case, window = fresh.file(BENEFIT), fresh.staff("window")
    assert rows(window.get("/office/").text) == [f"/office/cases/{case}"]
    press(window, case, "accept")
    assert rows(window.get("/office/").text) == []
    assert rows(fresh.staff("reviewer").get("/office/").text) == [f"/office/cases/{case}"]
    assert rows(fresh.staff("qinghe-window").get("/office/").text) == []


def test_mine_shows_what_i_claimed(fresh: Office) -> None:
    first, second, window = fresh.file(BENEFIT), fresh.file(CARD), fresh.staff("window")
    press(window, second, "claim")
    assert rows(window.get("/office/?mine=1").text) == [f"/office/cases/{second}"]
    assert set(rows(window.get("/office/?light=").text)) == {f"/office/cases/{first}", f"/office/cases/{second}"}


def test_names_in_the_list_are_masked(fresh: Office) -> None:
    fresh.file(BENEFIT)
    text = fresh.staff("window").get("/office/").text
    assert "王小芳" not in text and "王*芳" in text


def test_my_own_page_says_which_posts_i_hold(office: Office) -> None:
    text = office.staff("fire").get("/office/me").text
    assert "示范市消防救援机构" in text and "杨烈" in text


def test_a_page_costs_the_same_few_statements_however_long_the_list_is(desk: Browser, office: Office) -> None:
    desk.get("/office/?light=")
    with counted(office.here.database) as seen:
        assert desk.get("/office/?light=").status_code == 200
    assert len(seen) <= 12, "\n".join(each[:160] for each in seen)
