"""Two at once: the same task, two tasks of one case, the same command, the same draft – on both databases."""

from functools import partial

from sqlalchemy import func, select

from core.cases.errors import TaskClosed
from core.cases.models import Case, CaseTaskDone
from core.kernel.ids import new_id
from tests.fixtures_cases import VALUES, Desk
from tests.fixtures_hall import together


def test_of_two_who_close_the_same_task_one_wins_and_the_other_learns_who(desk: Desk) -> None:
    for case in [desk.submit().id for _ in range(3)]:
        results = together(*[partial(desk.act, case, 1, "accept", "window")] * 4)
        closed = [r for r in results if isinstance(r, TaskClosed)]
        assert len(closed) == 3, results
        assert all("周晓云" in error.words("zh") for error in closed)
        desk.sound(case)
        with desk.database.session() as session:
            assert session.scalar(select(func.count()).select_from(CaseTaskDone).where(CaseTaskDone.case_id == case)) == 1


def test_two_departments_that_finish_at_once_both_succeed(desk: Desk) -> None:
    for _ in range(3):
        ref = desk.submit({**VALUES, "area": 900})
        for task in desk.mine(ref.id).tasks:
            if task.kind == "check":
                desk.act(ref.id, task.no, "complete", "fire")
        desk.act(ref.id, 1, "accept", "window")
        tasks = {task.node.split(".")[2]: task.no for task in desk.mine(ref.id).tasks}
        assert set(tasks) == {"market", "fire"}
        works = [partial(desk.act, ref.id, tasks["market"], "pass", "reviewer"), partial(desk.act, ref.id, tasks["fire"], "pass", "fire")]
        results = together(*works)
        assert not [r for r in results if isinstance(r, Exception)], results
        desk.sound(ref.id)


def test_one_command_sent_many_times_at_once_is_done_once(desk: Desk) -> None:
    command, draft = new_id(), new_id()
    refs = together(*[lambda: desk.submit(command=command)] * 4)
    assert len({r.id for r in refs}) == 1 and len({r.query_code for r in refs}) == 1, refs
    refs = together(*[lambda: desk.submit(draft_id=draft)] * 4)
    assert len({r.id for r in refs}) == 1, refs
    results = together(*[lambda: desk.act(refs[0].id, 1, "accept", "window", command="once")] * 4)
    assert len({(r.case_id, r.status, r.seq) for r in results}) == 1, results
    with desk.database.session() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 2
    desk.sound(refs[0].id)


def test_numbers_are_never_given_twice(desk: Desk) -> None:
    refs = together(*[desk.submit] * 6)
    assert len({r.number for r in refs}) == 6, refs
