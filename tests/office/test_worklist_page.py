"""The worklist page: filters, steps, batches, and what is remembered between visits."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select

from core.cases.clocks import NEVER, left
from core.cases.models import CaseTask, table
from core.identity.models import Post
from core.kernel import clock
from core.kernel.ids import new_id
from core.web.backoffice import clock_cards
from core.worktime import notice as worktime
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


def timed(office: Office, number: str, **dates: object) -> None:
    """One more invented task of the clerk's queue."""
    with office.session() as session:
        row = dict(session.execute(select(*CaseTask.__table__.c).where(CaseTask.number == "NUM0002")).mappings().one())
        far = clock.now() + timedelta(days=400)
        session.execute(
            insert(table(CaseTask)), [{**row, "id": new_id(), "case_id": new_id(), "number": number, "due_at": far, "sort_at": far, "yellow_at": None, **dates}]
        )


def cell(text: str, number: str) -> str:
    """The words of one row."""
    row = next(each for each in text.split("<tbody>")[1].split("<tr>") if number in each)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row))


def test_a_paused_task_is_neither_red_nor_green_and_has_no_last_day(office: Office, desk: Browser) -> None:
    timed(office, "PAUSED", due_at=None, sort_at=NEVER, counts="working_day", standing="paused")
    timed(office, "OPENEND", due_at=None, sort_at=NEVER)
    shown = cell(desk.get("/office/?number=PAUSED").text, "PAUSED")
    assert "暂停" in shown and "停着不计时" in shown and "时间够" not in shown and "超期" not in shown
    paused = desk.get("/office/?light=paused").text
    assert "PAUSED" in paused and "OPENEND" not in paused
    for light in ("red", "yellow", "green"):
        assert rows(desk.get(f"/office/?light={light}&number=PAUSED").text) == []
    assert len(rows(desk.get("/office/?light=green&number=OPENEND").text)) == 1
    assert "无期限" in cell(desk.get("/office/?number=OPENEND").text, "OPENEND")


@pytest.mark.parametrize(
    ("due", "counts", "words"),
    [
        ("2026-11-10T00:00", "working_day", "还剩 5 个工作日"),  # Monday the 2nd, last day Monday the 9th
        ("2026-11-09T00:00", "working_day", "还剩 4 个工作日"),  # before a last day on Sunday the 8th, Tuesday to Friday
        ("2026-11-04T00:00", "working_day", "还剩 1 个工作日"),
        ("2026-11-03T00:00", "working_day", "今天是最后一天"),
        ("2026-10-31T00:00", "working_day", "超期 1 个工作日"),  # due Friday the 30th
        ("2026-11-10T00:00", "calendar_day", "还剩 7 天"),
        ("2026-11-10T00:00", "month", "还剩 7 天"),
        ("2026-11-02T13:30", "hour", "还剩 3 小时"),
        ("2026-11-02T08:30", "hour", "超期 2 小时"),
    ],
)
def test_the_number_is_written_with_its_unit(office: Office, due: str, counts: str, words: str) -> None:
    at = datetime.fromisoformat(f"{due}+08:00")
    with clock.freeze(datetime.fromisoformat("2026-11-02T10:00+08:00")):
        n, unit = left(at, counts, worktime.shipped_calendar(), clock.now())
        with office.app.test_request_context("/office/"):
            assert clock_cards.left(n, unit) == words


def test_an_extended_task_says_so(office: Office, desk: Browser) -> None:
    timed(office, "EXTENDED", counts="working_day", standing="extended")
    shown = cell(desk.get("/office/?number=EXTENDED").text, "EXTENDED")
    assert "延长过" in shown and "个工作日" in shown
    desk.get("/lang/en")
    page = desk.get("/office/?number=EXTENDED").text
    assert "Matter" in page and "working days left" in page and ">Items<" not in page.split("<thead>")[1].split("</thead>")[0]
    desk.get("/lang/zh")
