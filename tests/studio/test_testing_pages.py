"""The pages of testing: playing with what a browser sends, recording, covering, healing, a test of a case, and what if – and who has no business there."""

import json
import re
from html import unescape
from typing import Any

import pytest

from core.cases.models import Case
from core.items.studio.models import StudioDraft
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.office.conftest import CITIZEN, Office

FOOD = "food-operation-new"


def content(office: Office, base: str) -> dict[str, Any]:
    """The item of the draft as it stands."""
    with office.here.database.session() as session:
        row = session.get_one(StudioDraft, base.rsplit("/", 1)[1])
        found: dict[str, Any] = row.content["item"]
        return found


def edit(chief: Any, base: str, *edits: dict[str, Any]) -> None:
    answer = chief.client.post(f"{base}/commands", json={"command_id": new_id(), "edits": list(edits)}, headers={"X-CSRFToken": chief.token()})
    assert answer.status_code == 200, answer.text


def carried(page: str) -> str:
    """The play that a page carries along."""
    found = re.search(r'name="_play" value="(.*?)"', page)
    assert found is not None, page[:2000]
    return unescape(found[1])


def buttons(page: str) -> list[str]:
    """What can be pressed on a page of a play."""
    return [unescape(value) for value in re.findall(r'name="press" value="(do:.*?)"', page)]


def test_a_play_is_walked_by_its_buttons_moved_by_its_clock_and_recorded(office: Office, chief: Any, base: str) -> None:
    page = chief.get(f"{base}/tests/play").text
    before = len(content(office, base)["tests"])
    for do, day in (("accept", 1), ("pass", 3), ("agree", 4), ("grant", 5), ("deliver", 6)):
        wanted = next(each for each in buttons(page) if each.startswith(f"do:{do}|"))
        answer = chief.post(f"{base}/tests/play", {"_play": carried(page), "day": str(day), "press": wanted})
        assert answer.status_code == 200, answer.text[:2000]
        page = answer.text
    assert "办完了" in page
    assert [step["day"] for step in json.loads(carried(page))["steps"]] == [1, 3, 4, 5, 6]
    answer = chief.post(f"{base}/tests/play", {"_play": carried(page), "press": "record", "title": "自己走的", "command_id": new_id()})
    assert answer.status_code == 303, answer.text[:2000]
    tests = content(office, base)["tests"]
    assert len(tests) == before + 1
    assert tests[-1]["title"] == "自己走的"
    assert tests[-1]["expect"]["end"] == "grant"
    assert "自己走的" in chief.get(f"{base}/tests/").text


def test_a_step_back_another_role_and_other_answers(office: Office, chief: Any, base: str) -> None:
    page = chief.get(f"{base}/tests/play?test=grant_large").text
    steps = json.loads(carried(page))["steps"]
    back = chief.post(f"{base}/tests/play", {"_play": carried(page), "press": "back", "day": "9"}).text
    assert 'name="day" min="0" max="30" value="4"' in back
    assert json.loads(carried(back))["steps"] == steps[:-1]
    fresh = chief.post(f"{base}/tests/play", {"_play": carried(page), "press": "again"}).text
    fire = chief.post(f"{base}/tests/play", {"_play": carried(fresh), "press": "role:fire.reviewer"}).text
    assert [each for each in buttons(fire) if each.startswith("do:complete|fire.reviewer")]
    assert not [each for each in buttons(fire) if each.startswith("do:accept|")]
    assert "换成" in fire
    values = re.search(r'name="form.area" form="play".*?</select>', fire, re.S)
    assert values is not None
    small = re.search(r'value="(\d+)">299<', values[0])
    assert small is not None
    other = chief.post(f"{base}/tests/play", {"_play": carried(fire), "press": "answers", "form.area": small[1]}).text
    assert json.loads(carried(other))["given"]["form"]["area"] == 299
    assert not [each for each in buttons(other) if each.startswith("do:complete|")]


def test_the_clock_goes_red_and_what_is_closed_is_refused(office: Office, chief: Any, base: str) -> None:
    page = chief.get(f"{base}/tests/play").text
    late = chief.post(f"{base}/tests/play", {"_play": carried(page), "press": "clock", "day": "8"}).text
    assert "已超期" in late
    assert [each for each in buttons(late) if each.startswith("do:deem_accepted|")]
    forged = chief.post(f"{base}/tests/play", {"_play": carried(page), "press": "do:deem_accepted|system||", "day": "1"})
    assert forged.status_code == 422
    assert json.loads(carried(forged.text))["steps"] == []


@pytest.mark.parametrize(
    "play",
    [
        "", "no json", "[]", "[" * 5000, '{"given": {}, "steps": {}}', '{"given": {"form": 3}, "steps": []}',
        '{"given": {}, "steps": [{"as": "window", "do": "accept", "day": 99999}]}', '{"given": {"x": "' + "a" * 500_000 + '"}, "steps": []}',
    ],
)  # fmt: skip
def test_what_is_no_play_is_refused_in_words(office: Office, chief: Any, base: str, play: str) -> None:
    answer = chief.post(f"{base}/tests/play", {"_play": play, "press": "clock"})
    assert answer.status_code == 422
    assert "Traceback" not in answer.text


def test_strange_data_in_a_play_break_nothing_and_are_shown_escaped(office: Office, chief: Any, base: str) -> None:
    given = json.loads(carried(chief.get(f"{base}/tests/play").text))["given"]
    for data in ({"fields": 5}, {"fields": {"x": []}}, {"materials": [[1]]}, {"pause": {"a": 1}}, {"way": ["x"]}, {"result": "x"}, {"x": "<script>"}):
        step = {"as": "window", "do": "request_correction", "data": data, "reason": "<b>x</b>"}
        answer = chief.post(f"{base}/tests/play", {"_play": json.dumps({"given": given, "steps": [step]}), "press": "clock"})
        assert answer.status_code in (200, 422), data
        assert "<b>x</b>" not in answer.text
        assert "<script>" not in re.sub(r"<script src=.*?>", "", answer.text)


def test_everything_left_out_is_covered_at_one_click(office: Office, chief: Any, base: str) -> None:
    page = chief.get(f"{base}/tests/").text
    assert "没有测到" in page
    target = re.search(r'tests/play\?for=([^"]+)"', page)
    assert target is not None
    assert "走到：" in chief.get(f"{base}/tests/play?for={target[1]}").text
    answer = chief.post(f"{base}/tests/", {"do": "cover", "command_id": new_id()})
    assert answer.status_code == 303
    page = chief.get(f"{base}/tests/").text
    assert "全都测到了" in page
    assert "没有通过" not in page


def test_a_changed_outcome_is_proposed_and_taken(office: Office, chief: Any, base: str) -> None:
    tests = content(office, base)["tests"]
    expect = next(each for each in tests if each["id"] == "grant_small")["expect"]
    edit(chief, base, {"do": "set", "at": "/item/tests/@grant_small/expect", "value": {**expect, "days_used": 9}, "was": expect})
    page = chief.get(f"{base}/tests/").text
    assert "没有通过" in page
    assert "原来用 9 个工作日" in page
    answer = chief.post(f"{base}/tests/", {"do": "heal", "test": "grant_small", "name": "days_used", "command_id": new_id()})
    assert answer.status_code == 303
    assert next(each for each in content(office, base)["tests"] if each["id"] == "grant_small")["expect"]["days_used"] == 4


def test_a_draft_that_is_no_item_yet_says_so_and_nothing_breaks(office: Office, chief: Any, base: str) -> None:
    tests = content(office, base)["tests"]
    for broken in ([{"id": "x"}], [{**tests[0], "steps": [{"as": 3}]}], [{**tests[0], "given": []}]):
        edit(chief, base, {"do": "set", "at": "/item/tests", "value": broken, "was": content(office, base)["tests"]})
        for path in ("tests/", "tests/play", "what-if/"):
            answer = chief.get(f"{base}/{path}")
            assert answer.status_code == 200, (broken, path)
            assert 'role="alert"' in answer.text


def test_what_if_answers_both_questions(office: Office, chief: Any, base: str) -> None:
    page = chief.get(f"{base}/what-if/").text
    assert "走一遍" in page
    assert "没有办完的件" in chief.get(f"{base}/what-if/?replay=1").text or "一样" in chief.get(f"{base}/what-if/?replay=1").text
    page = chief.get(f"{base}/what-if/?arrivals=6&days=20&staff.window=2").text
    assert page.count('<svg class="chart"') >= 4
    assert "个工作日来了" in page
    for wrong in ("arrivals=-1", "arrivals=nan", "arrivals=x", "arrivals=5&days=99999", "arrivals=5&staff.window=0", "arrivals=1e99"):
        answer = chief.get(f"{base}/what-if/?{wrong}")
        assert answer.status_code == 422, wrong
        assert 'role="alert"' in answer.text


def test_a_case_that_is_not_there_makes_no_test(office: Office, chief: Any, base: str) -> None:
    answer = chief.post(f"{base}/tests/", {"do": "from_case", "number": "no-such", "command_id": new_id()})
    assert answer.status_code == 404
    assert 'role="alert"' in answer.text
    assert "no-such" in answer.text


def test_nobody_of_another_department_comes_near(office: Office, base: str) -> None:
    for login in ("window", "reviewer", "leader"):
        browser = office.staff(login)
        for path in ("tests/", "tests/play", "what-if/"):
            assert browser.get(f"{base}/{path}").status_code == 404, (login, path)
        for path in ("tests/", "tests/play"):
            assert browser.post(f"{base}/{path}", {"do": "cover", "_play": "{}", "command_id": new_id()}).status_code == 404


def test_a_finished_case_becomes_a_test_and_is_walked_through_the_draft(office: Office, chief: Any, base: str) -> None:
    case = office.file(FOOD, operator_name="秘密小馆")
    with office.session() as session:
        number = session.get_one(Case, case).number
    refused = chief.post(f"{base}/tests/", {"do": "from_case", "number": number, "command_id": new_id()})
    assert refused.status_code == 409
    assert "还没有办完" in refused.text
    citizen = site.Api(office.app, CITIZEN, office.built.passwords[CITIZEN])
    assert citizen.post(f"/v1/cases/{case}/withdrawal", {}).status_code == 200
    before = len(content(office, base)["tests"])
    assert chief.post(f"{base}/tests/", {"do": "from_case", "number": number, "command_id": new_id()}).status_code == 303
    tests = content(office, base)["tests"]
    assert len(tests) == before + 1
    assert tests[-1]["expect"]["end"] == "withdrawn"
    assert "秘密" not in json.dumps(tests[-1], ensure_ascii=False)
    assert "没有通过" not in chief.get(f"{base}/tests/").text
    same = chief.get(f"{base}/what-if/?replay=1").text
    assert "不一样的件" not in same
    layout = next(each for each in content(office, base)["materials"] if each["id"] == "layout")
    edit(chief, base, {"do": "insert", "at": "/item/materials", "value": {**layout, "id": "well_report", "title": "水井检测报告"}})
    page = chief.get(f"{base}/what-if/?replay=1").text
    assert "不一样的件" in page
    assert "水井检测报告" in page
    assert "秘密" not in page
