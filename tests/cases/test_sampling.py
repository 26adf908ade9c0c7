"""The nightly proof: a random sample is folded, what differs is told in every place and mended in none."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, event, select, update

from core.audit.models import Entry
from core.cases import sampling
from core.cases.models import Case, CaseCommand, CaseEvent, CaseTask
from core.cases.verify import verify
from core.kernel import clock
from tests.fixtures_cases import Desk


def entries(desk: Desk, action: str) -> list[tuple[str, dict[str, object]]]:
    with desk.database.session() as session:
        rows = session.execute(select(Entry.subject_id, Entry.detail).where(Entry.action == action).order_by(Entry.at))
        return [(row.subject_id, json.loads(row.detail)) for row in rows]


def test_half_of_the_sample_was_changed_lately_and_no_case_comes_twice(desk: Desk) -> None:
    refs = [desk.submit().id for _ in range(8)]
    with desk.database.session() as session:
        session.execute(delete(CaseCommand))
    for case in refs[:2]:
        desk.act(case, 1, "accept", "window")
    with desk.database.session() as session:
        for _ in range(5):
            chosen = sampling.sample(session, 4)
            assert len(set(chosen)) == 4 and set(refs[:2]) <= set(chosen)
        assert set(sampling.sample(session, 100)) == set(refs)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda s, c: s.execute(update(Case).where(Case.id == c).values(status="withdrawn")), "the status is withdrawn"),
        (lambda s, c: s.execute(update(Case).where(Case.id == c).values(outcome="grant")), "the outcome is grant"),
        (lambda s, c: s.execute(delete(CaseTask).where(CaseTask.case_id == c)), "the open tasks are not what the events say"),
        (lambda s, c: s.execute(update(CaseTask).where(CaseTask.case_id == c).values(claimed_by="x")), "the open tasks are not what the events say"),
        (lambda s, c: s.execute(update(CaseEvent).where(CaseEvent.case_id == c, CaseEvent.seq == 1).values(actor_id="x")), "event 1 was altered"),
    ],
)  # fmt: skip
def test_a_difference_is_recorded_and_left_as_it_is(lite: Desk, damage, told) -> None:
    good, bad = lite.submit().id, lite.submit().id
    with lite.database.session() as session:
        damage(session, bad)
    for night in (1, 2):  # it is told again until somebody finds out why
        with lite.database.session() as session:
            count, unsound = sampling.check(session)
        assert count == 2 and [each.case_id for each in unsound] == [bad] and any(told in line for line in unsound[0].problems)
        recorded = entries(lite, "case.unsound")
        assert len(recorded) == night and recorded[-1][0] == bad and any(told in line for line in recorded[-1][1]["problems"])
    assert entries(lite, "cases.fold_checked")[-1] == ("fold", {"cases": 2, "unsound": [bad]})
    with lite.database.session() as session:
        last = sampling.last(session)
    assert last is not None and (last.cases, last.unsound) == (2, (bad,))
    lite.sound(good)


def test_the_sweep_works_once_a_night_and_makes_up_for_a_night_that_was_missed(lite: Desk) -> None:
    lite.submit()

    def turn(moment: str) -> int:
        with clock.freeze(datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Asia/Shanghai"))), lite.database.session() as session:
            sampling.sweep(session)
        return len(entries(lite, "cases.fold_checked"))

    assert turn("2026-11-22T15:00") == 1  # there never was one
    assert turn("2026-11-22T16:00") == 1
    assert turn("2026-11-23T00:59") == 1
    assert turn("2026-11-23T02:00") == 1  # not twelve hours since the last: the next night will do
    assert turn("2026-11-23T20:59") == 1
    assert turn("2026-11-23T21:00") == 2  # thirty hours: it is not put off any longer
    assert turn("2026-11-25T01:00") == 3
    assert turn("2026-11-25T03:00") == 3


def test_a_case_somebody_works_on_meanwhile_is_no_difference(desk: Desk) -> None:
    """Between our reading of the row and of the events a command is committed: the case is looked at once more, while nobody can write to it."""
    ref, worked = desk.submit(), []

    def meanwhile(_connection, _cursor, statement, *_more):
        if "FROM case_event" in statement and not worked:
            worked.append(True)
            desk.act(ref.id, 1, "accept", "window")

    event.listen(desk.database.engine, "before_cursor_execute", meanwhile)
    try:
        with desk.database.session() as session:
            assert verify(session, ref.id).problems == ()
    finally:
        event.remove(desk.database.engine, "before_cursor_execute", meanwhile)
    assert worked and desk.mine(ref.id).status != "submitted"


def test_nothing_was_ever_checked_is_none(lite: Desk) -> None:
    with lite.database.session() as session:
        assert sampling.last(session) is None
        assert sampling.check(session) == (0, ())
    with clock.freeze(clock.now() + timedelta(days=50)), lite.database.session() as session:
        assert sampling.last(session) is None
