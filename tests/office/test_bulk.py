"""Several tasks at once from the worklist: looked at first, each case for itself, and never what needs words or a document."""

import re
from typing import Any

from core.cases import service as cases
from core.cases.models import Case, CaseTask
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.office.conftest import Office, press, task

FOOD, BENEFIT = "food-operation-new", "unemployment-benefit"


def at_review(office: Office, n: int) -> list[str]:
    """Cases that wait for their reviewer, as the worklist's form sends them."""
    window, reviewer, ticked = office.staff("window"), office.staff("reviewer"), []
    for _ in range(n):
        case = office.file(FOOD)
        assert press(window, case, "accept").status_code == 303
        ticked.append(f"{case}/{task(reviewer, case)}")
    return ticked


def run(browser: site.Browser, ticked: list[str], action: str, command: str | None = None) -> Any:
    return browser.post("/office/bulk/run", {"task": ticked, "action": action, "command_id": command or new_id()})


def status(office: Office, ticked: str) -> str:
    with office.session() as session:
        assert cases.verify(session, ticked[:36]).ok
        return str(session.query(CaseTask.title).filter(CaseTask.case_id == ticked[:36]).order_by(CaseTask.no).first()[0])


def test_ticked_tasks_are_looked_at_before_anything_is_done_and_each_answers_for_itself(office: Office) -> None:
    ticked, reviewer = at_review(office, 3), office.staff("reviewer")
    assert f'name="task" value="{ticked[0]}"' in reviewer.get("/office/?light=").text
    assert press(reviewer, ticked[2][:36], "pass").status_code == 303  # done meanwhile
    before = status(office, ticked[0])
    page = reviewer.post("/office/bulk/", {"task": ticked}).text
    assert "通过：办 2 件" in page and "1 件不办" in page and "领取：办 2 件" in page
    assert re.search(r'value="refuse"', page) is None, "a refusal needs its reasons, one at a time"
    assert status(office, ticked[0]) == before
    command = new_id()
    done = run(reviewer, ticked, "pass", command).text
    assert "办了 2 件，没办 1 件" in done and "没办：" in done
    assert status(office, ticked[0]) == status(office, ticked[1]) != before
    again = run(reviewer, ticked, "pass", command).text
    assert "办了 2 件，没办 1 件" in again, "sent twice it is done once"


def test_what_draws_up_a_document_or_needs_a_reason_is_refused_even_when_it_is_posted(office: Office) -> None:
    window = office.staff("window")
    case = office.file(BENEFIT)
    for action in ("accept", "decline", "request_correction", "explode"):
        answer = run(window, [f"{case}/1"], action)
        assert answer.status_code == 200 and "办了 0 件，没办 1 件" in answer.text, action
    with office.session() as session:
        assert session.get(Case, case).status == "submitted"


def test_claiming_many_makes_them_mine_and_they_can_be_put_back(office: Office) -> None:
    ticked, reviewer = at_review(office, 2), office.staff("reviewer")
    assert "办了 2 件，没办 0 件" in run(reviewer, ticked, "claim").text
    assert "放回待领：办 2 件" in reviewer.post("/office/bulk/", {"task": ticked}).text
    assert "办了 2 件" in run(reviewer, ticked, "release").text


def test_a_stranger_learns_nothing_of_the_cases_and_does_nothing_to_them(office: Office) -> None:
    ticked, stranger = at_review(office, 1), office.staff("yunling-reviewer")
    nothing = [f"{new_id()}/2"]
    for door in (lambda t: stranger.post("/office/bulk/", {"task": t}), lambda t: run(stranger, t, "pass")):
        seen, unknown = door(ticked), door(nothing)
        assert seen.status_code == unknown.status_code == 200 and "食品" not in seen.text and "990100" not in seen.text
    assert not cases_moved(office, ticked[0])


def cases_moved(office: Office, ticked: str) -> bool:
    case, _slash, no = ticked.partition("/")
    with office.session() as session:
        return session.query(CaseTask.no).filter(CaseTask.case_id == case, CaseTask.no == int(no)).first() is None


def test_none_too_many_and_nonsense_are_refused_with_words(office: Office) -> None:
    reviewer = office.staff("reviewer")
    for ticked, words in (([], "没有选"), ([f"{new_id()}/1" for _ in range(21)], "最多"), (["x/1"], ""), ([f"{new_id()}/-1"], ""), ([f"{new_id()}/１"], "")):
        for answer in (reviewer.post("/office/bulk/", {"task": ticked}), run(reviewer, ticked, "pass")):
            assert answer.status_code == 422 and words in answer.text
