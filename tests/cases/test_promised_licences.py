"""告知承诺 stands on the licence; a promise found untrue is noted there, and annulled by those who may – through the library, never by the check alone."""

from collections.abc import Iterator
from typing import Any

import pytest

from core.cases.errors import CaseNotFound, PledgeClosed
from core.cases.service import following, promised
from core.kernel.errors import BadInput, Forbidden
from core.kernel.ids import new_id
from core.licences.queries import of_case, verify
from tests.cases.test_promises import check, grant, lines, sign
from tests.cases.test_promises import promised as with_promise
from tests.fixtures_cases import Desk
from tests.fixtures_hall import publish_item, settle


@pytest.fixture
def hall(lite: Desk) -> Iterator[Desk]:
    with lite.database.session() as session:
        lite.version = publish_item(session, "market_regulation/food-operation-new.json", change=with_promise)
    yield lite


def given(desk: Desk) -> Any:
    """A licence given on a promise: its case, its follow-up line."""
    ref = desk.submit(supplies=sign(desk, "proof"))
    grant(desk, ref.id)
    settle(desk.database)
    (line,) = lines(desk, "reviewer")
    return ref, line


def licence(desk: Desk, number: str) -> Any:
    with desk.database.session() as session:
        (found,) = of_case(session, number)
        return verify(session, found.verify_code)


def annul(desk: Desk, line: Any, login: str, reason: str = "逾期没有整改", command: str = "") -> Any:
    with desk.database.session() as session:
        following.followup(session, line.id, actor=desk.hall.actor(login))
        return promised.annul(session, line.case_id, line.id, reason=reason, command_id=command or new_id(), actor=desk.hall.actor(login))


def test_what_is_given_on_a_promise_says_so_in_public(hall: Desk) -> None:
    ref, _line = given(hall)
    assert [(each.title, each.text) for each in licence(hall, ref.number).annotations] == [("告知承诺", "布局文件告知承诺")]
    hall.sound(ref.id)


def test_a_licence_without_a_promise_carries_no_such_note(hall: Desk) -> None:
    ref = hall.submit()
    grant(hall, ref.id)
    assert licence(hall, ref.number).annotations == ()


def test_a_breach_is_noted_and_the_head_annuls_what_was_given_on_it(hall: Desk) -> None:
    ref, line = given(hall)
    with pytest.raises(CaseNotFound):  # no breach yet: the head has nothing to look at
        annul(hall, line, "leader")
    check(hall, line.id, "reviewer", kept=False, words="没有操作流程")
    found = licence(hall, ref.number)
    assert [each.title for each in found.annotations] == ["告知承诺", "承诺不实"] and found.status == "valid"  # the check itself takes nothing away
    with pytest.raises(Forbidden):
        annul(hall, line, "reviewer")
    for login in ("fire", "yunling-leader", "window"):
        with pytest.raises(CaseNotFound):
            annul(hall, line, login)
    with pytest.raises(BadInput):
        annul(hall, line, "leader", reason=" ")
    assert licence(hall, ref.number).status == "valid"
    command = new_id()
    annul(hall, line, "leader", command=command)
    assert annul(hall, line, "leader", command=command).replayed
    found = licence(hall, ref.number)
    assert found.status == "annulled" and found.status_ground == promised.GROUND
    with pytest.raises(PledgeClosed):
        annul(hall, line, "leader")
    hall.sound(ref.id)


def test_a_promise_that_was_kept_gives_no_ground(hall: Desk) -> None:
    ref, line = given(hall)
    check(hall, line.id, "reviewer", kept=True)
    with hall.database.session() as session, pytest.raises(PledgeClosed):
        promised.annul(session, line.case_id, line.id, reason="试试", command_id=new_id(), actor=hall.hall.actor("leader"))
    assert licence(hall, ref.number).status == "valid"
