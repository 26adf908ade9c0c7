"""A plugin that was set aside while cases are open: what it guards stays shut until a person decides, what citizens hand in is taken, and nothing that
happened meanwhile is kept from it."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.audit.models import Entry
from core.cases.models import Case
from core.outbox.models import Message
from core.pluginhost import life
from core.pluginhost.standing import remembered
from core.sdk.testing.browsing import office_press
from core.sdk.testing.halls import PluginHall
from tests.contract.test_each_hook import ITEM, accepted, heard

SILENT = "要由插件“每一个钩子”核对"


@pytest.fixture
def aside(every: PluginHall) -> Iterator[PluginHall]:
    """The hall with its plugin set aside; let back afterwards."""
    put(every, "mended tomorrow")
    yield every
    put(every, None)


def put(hall: PluginHall, reason: str | None) -> None:
    """Set the plugin aside because of *reason*, or let it back."""
    with hall.database.session() as session:
        life.set_aside(session, "every_hook", reason)
    with hall.database.session() as session:
        remembered.forget(session)


def shown(hall: PluginHall, case: str, login: str = "window") -> str:
    """The case as staff see it."""
    return hall.office(login).get(f"/office/cases/{case}").text


def refusal(hall: PluginHall, login: str, case: str, action: str) -> str:
    """The page that says why a button could not be pressed."""
    number = re.search(r"/tasks/(\d+)", shown(hall, case, login))
    assert number is not None
    answer = office_press(hall.office(login), case, int(number[1]), action)
    assert answer.status_code == 409
    return answer.text


def test_a_button_that_it_guards_waits_names_it_and_is_free_again_when_it_is_back(every: PluginHall) -> None:
    case = accepted(every)
    put(every, "mended tomorrow")
    assert SILENT in refusal(every, "reviewer", case, "grant")
    assert "“每一个钩子”要先核对这一件" in shown(every, case, "reviewer")
    with every.database.session() as session:
        assert session.get_one(Case, case).status == "in_review", "nothing was done, nothing is lost"
    put(every, None)
    assert "插件没有核对" not in shown(every, case, "reviewer")
    every.press("reviewer", case, "grant")


def test_whoever_disables_it_decides_to_go_on_without_its_check(aside: PluginHall) -> None:
    case = aside.file(ITEM).id
    assert SILENT in refusal(aside, "window", case, "accept")
    aside.enable()
    try:
        aside.press("window", case, "accept")
    finally:
        put(aside, None)
        aside.enable("every_hook")


def test_an_application_is_taken_and_staff_are_told_for_good_that_it_was_not_checked(aside: PluginHall) -> None:
    case = aside.file(ITEM, {"reason": "silence"}).id
    put(aside, None)
    text = shown(aside, case)
    assert "“每一个钩子”正停下待修，没有核对申请" in text and "要先核对这一件" not in text
    with aside.database.session() as session:
        (entry,) = session.scalars(select(Entry).where(Entry.action == "case.unchecked", Entry.subject_id == case))
    assert entry.detail == '{"plugins":["every_hook"]}'
    assert "插件没有核对" not in shown(aside, aside.file(ITEM).id), "the next one was"


def test_it_is_told_of_what_happened_meanwhile_when_it_is_back(aside: PluginHall) -> None:
    case = aside.file(ITEM).id
    aside.settle()
    assert heard(aside, f"changed {case}") == []
    with aside.database.session() as session:
        (waits,) = session.scalars(select(Message).where(Message.topic == "case.observer", Message.key.contains(case)))
    assert (waits.turn, waits.attempts, waits.done_at, waits.parked_at) == ("every_hook", 0, None, None), "no try is counted, nobody is bothered"
    put(aside, None)
    aside.settle()
    assert heard(aside, f"changed {case}") == [f"changed {case} submitted"]


def test_it_is_not_told_once_somebody_disabled_it(aside: PluginHall) -> None:
    case = aside.file(ITEM).id
    aside.settle()
    put(aside, None)
    aside.enable()
    aside.settle()
    aside.enable("every_hook")
    aside.settle()
    assert heard(aside, f"changed {case}") == []
