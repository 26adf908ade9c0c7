"""The worklist: who sees what, in which order, page by page; and that no page sorts or scans a whole queue."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from core.cases import clocks, queries
from core.cases import service as cases
from core.cases.models import CaseTask, table
from core.cases.spec import Amount
from core.identity.service import staff_of_user
from core.identity.spec import PostView
from core.kernel import clock
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from tests.fixtures_cases import Desk
from tests.fixtures_hall import counted


def posts(departments: list[str], *roles: str) -> tuple[PostView, ...]:
    return tuple(PostView(d, "x", "x", "x", "/x/", role) for d in departments for role in roles)


def fill(session: Session, count: int, departments: list[str], roles: tuple[str, ...] = ("window", "reviewer", "leader")) -> None:
    """*count* open tasks, due dates mixed, some without one."""
    now = clock.now()
    rows: list[dict[str, Any]] = []
    for n in range(count):
        due = now + timedelta(minutes=(n * 7919) % 100_000 - 20_000) if n % 50 else None
        rows.append(
            {
                "id": new_id(), "region_root": departments[0], "case_id": new_id(), "no": 1, "node": f"step{n % 4}", "kind": "step", "title": f"环节{n % 4}",
                "department_id": departments[n % len(departments)], "role": roles[n % len(roles)], "claimed_by": "", "exclude": [], "opened_at": now,
                "due_at": due, "yellow_at": due - timedelta(days=2) if due else None, "sort_at": due or clocks.NEVER, "number": f"N{n}",
                "item_code": f"item{n % 3}", "item_title": f"事项{n % 3}", "applicant": "王*",
            }
        )  # fmt: skip
    session.execute(insert(table(CaseTask)), rows)


def pages(session: Session, who: tuple[PostView, ...], limit: int = 37, **more: Any) -> list[Any]:
    rows, cursor = [], None
    while True:
        page = queries.worklist(session, who, staff_id=new_id(), cursor=cursor, limit=limit, **more)
        rows += page.rows
        if page.next is None:
            return rows
        cursor = page.next


def test_pages_follow_each_other_soonest_due_first_and_miss_nothing(desk: Desk) -> None:
    departments = [new_id() for _ in range(5)]
    with desk.database.session() as session:
        fill(session, 600, departments)
        rows = pages(session, posts(departments[:2], "window", "leader"))
        everything = session.execute(
            text("SELECT count(*) FROM case_task WHERE role IN ('window', 'leader') AND CAST(department_id AS VARCHAR) IN (:a, :b, :c, :d)"),
            {"a": departments[0], "b": departments[1], "c": departments[0].replace("-", ""), "d": departments[1].replace("-", "")},
        ).scalar()
    assert len(rows) == len({r.case_id for r in rows}) == everything > 100
    assert {r.department_id for r in rows} == set(departments[:2]) and {r.role for r in rows} == {"window", "leader"}
    keys = [r.due_at or clocks.NEVER for r in rows]
    assert keys == sorted(keys)
    assert rows[0].light == "red" and rows[-1].light == "green" and rows[-1].due_at is None


def test_a_task_that_two_of_ones_posts_may_hold_shows_once(lite: Desk) -> None:
    departments = [new_id() for _ in range(2)]
    with lite.database.session() as session:
        fill(session, 40, departments, ("window",))
        session.execute(text("UPDATE case_task SET case_id = (SELECT min(case_id) FROM case_task), due_at = NULL, sort_at = '2026-01-01 00:00:00.000000'"))
        assert len(pages(session, posts(departments, "window"), limit=5)) == 1


def test_filters_narrow_and_counts_agree(lite: Desk) -> None:
    departments = [new_id() for _ in range(3)]
    who = posts(departments, "window", "reviewer", "leader")
    with lite.database.session() as session:
        fill(session, 40, departments)  # no queue is longer than what is looked at, so that counts are exact
        red = pages(session, who, filters=queries.Filters(light="red"))
        assert red and {r.light for r in red} == {"red"}
        one = pages(session, who, filters=queries.Filters(item="item1", node="step1"))
        assert {(r.item_code, r.node) for r in one} == {("item1", "step1")}
        counted = queries.waiting(session, who, staff_id="x")
        steps = {step.node: step.count for step in counted.steps}
        assert steps["item1/step1"] == len(one) and sum(steps.values()) == 40 and counted.all == Amount(40)
        assert counted.late == Amount(len(red)) and counted.yellow == Amount(len(pages(session, who, filters=queries.Filters(light="yellow"))))
        assert pages(session, who, filters=queries.Filters(department_id=departments[0])) != []
        assert queries.worklist(session, (), staff_id="x").rows == ()
        assert [r.number for r in pages(session, who, filters=queries.Filters(number="N7"))] == ["N7"]
        assert pages(session, posts([new_id()], "window"), filters=queries.Filters(number="N7")) == []


@pytest.mark.parametrize("cursor", ["", "xx", "WyJhIiwgImIiXQ", "WyJub3QgYSBkYXRlIiwgIngiLCAxXQ", "' OR 1=1"])
def test_a_broken_cursor_is_told_and_does_no_harm(lite: Desk, cursor: str) -> None:
    with lite.database.session() as session, pytest.raises(BadInput):
        queries.worklist(session, posts([new_id()], "window"), staff_id="x", cursor=cursor)


def test_claimed_tasks_leave_the_queue_and_stay_with_the_claimer(lite: Desk) -> None:
    ref = lite.submit()
    staff = lite.hall.staff
    with lite.database.session() as session:
        cases.claim(session, ref.id, 1, command_id="c", actor=lite.hall.actor("window"))
        window = staff_of_user(session, "window").posts
        mine = queries.worklist(session, window, staff_id=staff["window"]).rows
        assert [r.claimed for r in mine] == [True]
        assert queries.worklist(session, window, staff_id=staff["reviewer"]).rows == ()
        assert queries.worklist(session, window, staff_id=staff["window"], filters=queries.Filters(mine=True)).rows == mine
        assert queries.worklist(session, staff_of_user(session, "fire").posts, staff_id=staff["fire"]).rows == ()


def test_a_page_reads_index_ranges_and_sorts_no_queue(desk: Desk) -> None:
    departments = [new_id() for _ in range(40)]
    with desk.database.session() as session:
        fill(session, 6000, departments)
    if not desk.database.is_sqlite:
        with desk.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE case_task"))
    for who in (posts(departments[:1], "window"), posts(departments[:1], "window", "reviewer", "leader"), posts(departments, "leader")):
        with desk.database.session() as session, counted(desk.database) as seen:
            queries.worklist(session, who, staff_id=new_id(), limit=20)
            assert len(seen) == 1
        plan = explained(desk, who)
        if desk.database.is_sqlite:
            assert "USING COVERING INDEX ix_case_task_queue (department_id=? AND role=? AND claimed_by=?)" in plan, plan
            assert not re.search("SCAN (case_task|task|line)", plan), plan
        else:
            assert "Seq Scan" not in plan, plan


def explained(desk: Desk, who: tuple[PostView, ...]) -> str:
    """The plan of the statement that the worklist sends."""
    from sqlalchemy import event

    plans: list[str] = []
    verb = "EXPLAIN QUERY PLAN " if desk.database.is_sqlite else "EXPLAIN "

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith(("SELECT anon", "SELECT page", "SELECT")) and not plans:
            plans.append("")
            raw = connection.connection.cursor()
            raw.execute(verb + statement, parameters)
            plans[0] = "\n".join(str(row) for row in raw.fetchall())

    event.listen(desk.database.engine, "before_cursor_execute", explain)
    try:
        with desk.database.session() as session:
            queries.worklist(session, who, staff_id=new_id(), limit=20)
    finally:
        event.remove(desk.database.engine, "before_cursor_execute", explain)
    return plans[0]


def test_submitting_and_acting_keep_to_their_statements(desk: Desk) -> None:
    from core.items import queries as items

    warm = desk.submit()
    desk.act(warm.id, 1, "accept", "window")
    with desk.database.session() as session:
        compiled = items.load(session, desk.version)
        draft = cases.drafts.save(session, compiled=compiled, version_id=desk.version, values={}, party_id=desk.hall.citizen_party, actor=desk.hall.me)
    with counted(desk.database) as seen:
        ref = desk.submit(draft_id=draft.id)
    ours = [s for s in seen if "item_version" not in s]  # the test's own desk loads the item; an edge has it already
    assert len(ours) <= 10, ours
    with counted(desk.database) as seen:
        desk.act(ref.id, 1, "accept", "window", opinion="材料齐全")
    assert len(seen) <= 17, seen  # six of them are the notice of acceptance: whom it is for, its number, its row and its fact
