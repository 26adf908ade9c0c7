"""Dealing with everything that a filter finds: the pages of a run – look, choose, watch, stop, results – work without a script."""

import csv
import io
import re

from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.office.conftest import Office, press

FOOD = "food-operation-new"


def at_review(office: Office, n: int) -> list[str]:
    window, found = office.staff("window"), []
    for _ in range(n):
        case = office.file(FOOD)
        assert press(window, case, "accept").status_code == 303
        found.append(case)
    return found


def begin(browser: site.Browser, **filters: str) -> str:
    answer = browser.post("/office/bulk/runs/", {"command_id": new_id(), **filters})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_a_run_is_looked_at_chosen_done_and_its_results_are_a_table_to_download(fresh: Office) -> None:
    cases, reviewer = at_review(fresh, 3), fresh.staff("reviewer")
    address = begin(reviewer)
    looking = reviewer.get(address).text
    assert "正在看能不能办" in looking and "data-live" in looking and "刷新看进度" in looking
    assert "看进度" in reviewer.get("/office/?light=").text
    fresh.settle()
    ready = reviewer.get(address).text
    assert "看完了" in ready and "通过：办 3 件" in ready and "data-live" not in ready
    assert "3 件不办" in ready, "a refusal needs its reasons"
    press(reviewer, cases[0], "pass")
    assert reviewer.post(f"{address}/start", {"action": "refuse"}).status_code == 422
    for _ in range(2):
        assert reviewer.post(f"{address}/start", {"action": "pass"}).status_code == 303
    fresh.settle()
    done = reviewer.get(address).text
    assert "办完了" in done and "已办 2 件" in done and "没办 1 件" in done and "没办的和为什么" in done
    table = reviewer.get(f"{address}/results.csv")
    rows = list(csv.reader(io.StringIO(table.text.lstrip("\ufeff"))))
    assert table.mimetype == "text/csv" and len(rows) == 4
    assert sorted(row[3] for row in rows[1:]) == ["已办", "已办", "没办"]
    assert all(row[4] for row in rows[1:] if row[3] == "没办")
    assert address in reviewer.get("/office/bulk/runs/").text


def test_a_run_is_given_up_and_another_begins(fresh: Office) -> None:
    at_review(fresh, 1)
    reviewer = fresh.staff("reviewer")
    address = begin(reviewer)
    second = reviewer.post("/office/bulk/runs/", {"command_id": new_id()})
    assert second.status_code == 409 and "一批在办" in second.text
    assert reviewer.post(f"{address}/stop", {}).status_code == 303
    assert "已停下" in reviewer.get(address).text
    assert begin(reviewer) != address


def test_a_filter_that_finds_nothing_and_nonsense_are_refused_with_words(office: Office) -> None:
    reviewer = office.staff("reviewer")
    assert "没有选办件" in reviewer.post("/office/bulk/runs/", {"command_id": new_id(), "number": "不存在"}).text
    assert reviewer.post("/office/bulk/runs/", {"command_id": "x"}).status_code == 422
    assert reviewer.get("/office/bulk/runs/x").status_code == 404


def test_a_wrong_person_finds_no_run_and_stops_none(fresh: Office) -> None:
    at_review(fresh, 1)
    address = begin(fresh.staff("reviewer"))
    for login in ("chief", "admin", "yunling-reviewer"):
        other = fresh.staff(login)
        assert address not in other.get("/office/bulk/runs/").text
        assert [other.get(f"{address}{end}").status_code for end in ("", "/results.csv")] == [404, 404]
        assert [other.post(f"{address}/{act}", {"action": "claim"}).status_code for act in ("start", "stop")] == [404, 404]
    assert "正在看" in fresh.staff("reviewer").get(address).text


def test_the_worklist_offers_it_when_there_is_more_than_a_page_and_hands_on_its_filter(fresh: Office) -> None:
    reviewer = fresh.staff("reviewer")
    at_review(fresh, 1)
    assert "这个筛选下的全部一起办" not in reviewer.get("/office/?light=green").text
    at_review(fresh, 20)
    page = reviewer.get("/office/?light=green").text
    assert "这个筛选下的全部一起办" in page
    form = page[page.index('action="/office/bulk/runs/"') :]
    assert re.search(r'name="light" value="green"', form[: form.index("</form>")])
    begin(reviewer, light="green")
    fresh.settle()
