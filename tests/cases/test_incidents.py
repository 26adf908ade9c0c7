"""What goes wrong by itself is told once, to those who look after it, and closes by itself when its cause is gone."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core.audit.models import Entry
from core.cases import incidents as told
from core.cases.errors import NobodyHolds
from core.cases.models import Case, CaseClock, CaseIncident, CaseTask
from core.cases.service import incidents, machine, rungs, watching
from core.cli.main import main
from core.db.database import Database
from core.identity.models import Post
from core.identity.service import add_post
from core.kernel import clock
from core.kernel.actor import SYSTEM, Actor
from core.kernel.errors import BadInput, Conflict
from core.kernel.ids import new_id
from core.notices.models import Notice
from core.outbox import relay
from core.outbox import service as outbox
from core.outbox.models import Message
from core.routing.marking import Plan, RouteEvent
from tests.cases.test_hooks import Scorer, called, nodes
from tests.fixtures_cases import Desk
from tests.fixtures_hall import settle

LATER = watching.GRACE + timedelta(minutes=1)


def standing(desk: Desk, **only: Any) -> list[Any]:
    """The incidents that stand, as rows."""
    with desk.database.session() as session:
        query = sa.select(*CaseIncident.__table__.c).where(CaseIncident.state != "closed").filter_by(**only)
        return list(session.execute(query).all())


def watch(desk: Desk) -> None:
    with desk.database.session() as session:
        watching.sweep(session)


def strand(desk: Desk, case: str) -> None:
    """Leave a case without any task, as a broken definition might: its commands write what the engine says."""

    def decide(it: machine.Loaded) -> machine.Change:
        closes = tuple(task.no for task in it.marking.tasks)
        plan = Plan(it.marking._replace(tasks=()), (RouteEvent("rung_fired", {"clock": "main", "rung": "red", "epoch": 1}),), (), closes, (), None)
        return machine.Change(plan, action="rung_fired")

    with desk.database.session() as session:
        machine.carry_out(session, case, new_id(), decide, actor=SYSTEM)
        session.execute(sa.update(CaseClock).where(CaseClock.case_id == case).values(next_rung_at=None))


def hand_back(desk: Desk, case: str) -> None:
    """A task again."""
    other = desk.submit().id
    with desk.database.session() as session:
        task = machine.load(session, other)[0].marking.tasks[0]

    def decide(it: machine.Loaded) -> machine.Change:
        new = task._replace(no=it.marking.next_no)
        event = RouteEvent("rung_fired", {"clock": "main", "rung": "red", "epoch": 2})
        return machine.Change(Plan(it.marking._replace(tasks=(new,)), (event,), (new,), (), (), None), action="rung_fired")

    with desk.database.session() as session:
        machine.carry_out(session, case, new_id(), decide, actor=SYSTEM)


def test_a_case_that_nothing_can_move_is_told_once_and_closes_by_itself_when_it_goes_on(desk: Desk) -> None:
    case, sound = desk.submit().id, desk.submit().id
    strand(desk, case)
    watch(desk)
    assert standing(desk, kind="stuck") == [], "it may be between two steps for a moment"
    with clock.freeze(clock.now() + LATER):
        watch(desk)
        watch(desk)
        (found,) = standing(desk, kind="stuck")
        assert (found.case_id, found.count, found.state, found.department_id) == (case, 2, "open", desk.hall.department("market_regulation"))
        assert not [row for row in standing(desk) if row.case_id == sound]
        hand_back(desk, case)
        watch(desk)
    assert standing(desk, kind="stuck") == []


def test_a_case_whose_clock_will_still_move_it_is_not_stuck(lite: Desk) -> None:
    case = lite.submit().id
    strand(lite, case)
    with lite.database.session() as session:
        session.execute(sa.update(CaseClock).where(CaseClock.case_id == case, CaseClock.name == "intake").values(next_rung_at=clock.now() + timedelta(days=1)))
    with clock.freeze(clock.now() + LATER):
        watch(lite)
    assert standing(lite, kind="stuck") == []


def test_what_a_person_closed_is_not_told_again_for_a_day_and_then_it_is(lite: Desk) -> None:
    case = lite.submit().id
    strand(lite, case)
    with clock.freeze(clock.now() + LATER):
        watch(lite)
        (found,) = standing(lite, kind="stuck")
        with lite.database.session() as session:
            incidents.close(session, found.id, "路由已经报修", actor=lite.hall.actor("chief"))
        watch(lite)
        assert standing(lite, kind="stuck") == []
    with clock.freeze(clock.now() + LATER + timedelta(days=1)):
        watch(lite)
    assert [row.count for row in standing(lite, kind="stuck")] == [1]


def test_a_failing_plugin_opens_the_step_by_hand_and_an_incident_that_ends_with_it(lite: Desk) -> None:
    case = called(lite, Scorer(RuntimeError("down")))
    settle(lite.database)
    with clock.freeze(clock.now() + timedelta(minutes=5)):
        settle(lite.database)
        assert nodes(lite, case) == {"review.manual"}
        (found,) = standing(lite, kind="hook")
        assert (found.case_id, found.node, found.params) == (case, "review.score", {"title": "信用核查"})
        assert "RuntimeError" in found.error and "down" not in found.error, "what a plugin says may hold an applicant's values"
        watch(lite)
        assert standing(lite, kind="hook") != []
        settle(lite.database)
        with lite.database.session() as session:
            notices = session.query(Notice).filter(Notice.template == "incident").all()
            assert {notice.recipient_id for notice in notices} >= {lite.hall.staff["chief"], lite.hall.staff["admin"]}
            assert lite.hall.staff["window"] not in {notice.recipient_id for notice in notices}
            assert all("信用核查" in notice.body["zh"] and notice.body["en"].isascii() is False for notice in notices)
        lite.act(case, next(t.no for t in lite.staff(case, "reviewer").tasks if t.mine), "done", "reviewer")
        watch(lite)
    assert standing(lite, kind="hook") == []
    lite.sound(case)


def test_a_question_to_a_plugin_that_kills_its_worker_goes_to_a_person_too(lite: Desk) -> None:
    case = called(lite, Scorer({"points": 80}))
    with lite.database.session() as session:  # twelve workers died over it: the next one gives it up
        session.execute(sa.update(Message).where(Message.topic == "case.hook").values(attempts=relay.MAX_ATTEMPTS))
    settle(lite.database)
    assert nodes(lite, case) == {"review.manual"}
    (found,) = standing(lite)
    assert (found.kind, found.case_id) == ("hook", case)
    lite.sound(case)


def test_an_automatic_step_whose_own_limit_is_over_goes_to_a_person(desk: Desk) -> None:
    case = called(desk, Scorer(RuntimeError("down")))
    with clock.freeze(clock.now() + timedelta(days=20)):
        watch(desk)
        assert nodes(desk, case) == {"review.manual"}
        assert [row.kind for row in standing(desk, case_id=case)] == ["hook"]
    desk.sound(case)


def test_automatic_steps_that_refuse_do_not_stand_before_the_others(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [called(lite, Scorer(RuntimeError("down"))), *(lite.submit().id for _ in range(2))]
    for case in cases[1:]:
        for login, action in (("window", "accept"), ("reviewer", "pass"), ("chief", "agree")):
            lite.act(case, next(t.no for t in lite.staff(case, login).tasks if t.mine), action, login)
    monkeypatch.setattr(watching, "BATCH", 1)
    stubborn, by_hand = cases[0], watching.by_hand

    def refuses(session: Any, case_id: str, no: int, error: str) -> bool:
        if case_id == stubborn:
            raise Conflict
        return by_hand(session, case_id, no, error)

    monkeypatch.setattr(watching, "by_hand", refuses)
    with clock.freeze(clock.now() + timedelta(days=20)):
        watch(lite)
    assert [nodes(lite, case) == {"review.manual"} for case in cases] == [False, True, True]


def test_a_failed_rung_is_an_incident_until_it_fires(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = desk.submit().id

    def fails(*_: Any, **__: Any) -> None:
        raise ValueError("a broken definition")

    late = clock.now() + timedelta(days=30)
    with clock.freeze(late):
        monkeypatch.setattr(rungs, "carry_out", fails)
        rungs.run_due(desk.database)
        (found,) = standing(desk, kind="rung")
        assert (found.case_id, found.subject, found.params["rung"]) == (case, "intake", "yellow")
        with desk.database.session() as session:
            incidents.retry(session, found.id, actor=desk.hall.actor("admin"))
        rungs.run_due(desk.database)
        assert [row.count for row in standing(desk, kind="rung")] == [2], "tried at once, failed again"
        monkeypatch.undo()
        with desk.database.session() as session:
            incidents.retry(session, found.id, actor=desk.hall.actor("admin"))
        rungs.run_due(desk.database)
    assert standing(desk, kind="rung") == []
    assert desk.mine(case).status == "in_review"


def test_a_message_that_was_given_up_is_an_incident_and_trying_again_ends_it(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = lite.submit()

    @outbox.handler("test.job")
    def job(session: Any, body: Mapping[str, Any], message_id: str) -> None:
        if broken:
            raise RuntimeError("the printer is on fire")

    broken = [True]
    with lite.database.session() as session:
        message = outbox.send(session, "test.job", {"case": ref.id}, key="test.job/1")
        session.execute(sa.update(Message).where(Message.id == message).values(attempts=relay.MAX_ATTEMPTS - 1))
    settle(lite.database)
    (found,) = standing(lite, kind="job")
    assert (found.case_id, found.number, found.subject) == (ref.id, ref.number, message)
    assert "printer" in found.error
    assert "test.job" in told.what("job", found.params, "zh") and "12" in told.what("job", found.params, "en")
    watch(lite)
    assert len(standing(lite, kind="job")) == 1
    broken.clear()
    with lite.database.session() as session:
        incidents.retry(session, found.id, actor=lite.hall.actor("supervisor"))
    assert [row.state for row in standing(lite, kind="job")] == ["taken"], "who tries again looks after it"
    settle(lite.database)
    watch(lite)
    assert standing(lite, kind="job") == []


def test_a_post_that_nobody_holds_is_told_once_for_all_its_tasks_and_ends_when_somebody_comes(desk: Desk) -> None:
    for _ in range(2):
        desk.run_until(desk.submit().id, "review.joint.market.review")
    office, who = desk.hall.department("market_regulation"), desk.hall.staff["reviewer"]
    watch(desk)
    assert standing(desk, kind="holder") == []
    with desk.database.session() as session:
        session.execute(sa.delete(Post).where(Post.department_id == office, Post.role == "reviewer"))
    watch(desk)
    watch(desk)
    (found,) = standing(desk, kind="holder")
    assert (found.department_id, found.subject, found.count) == (office, "reviewer", 2)
    case = desk.submit().id
    with desk.database.session() as session:
        assert incidents.of_case(session, case) == ()
        (about,) = incidents.of_case(session, case, [(office, "reviewer"), (None, "applicant")])
        assert about.id == found.id
        assert incidents.retry(session, found.id, actor=desk.hall.actor("admin")) is False
        add_post(session, who, office, "reviewer", actor=SYSTEM)
        assert incidents.retry(session, found.id, actor=desk.hall.actor("admin")) is True
    assert standing(desk, kind="holder") == []


def test_the_walk_from_queue_to_queue_misses_none(desk: Desk) -> None:
    desk.submit()
    desk.run_until(desk.submit().id, "review.joint.market.review")
    desk.run_until(desk.submit({"operator_name": "青禾餐饮", "area": 500, "business_kind": "catering"}).id, "intake.check.fire")
    with desk.database.session() as session:
        assert watching.empty_posts(session) == ()
        session.execute(sa.delete(Post))
        pairs = session.execute(sa.select(CaseTask.department_id, CaseTask.role).where(CaseTask.department_id.is_not(None)).distinct()).all()
        assert len(pairs) >= 3
        assert {(each.department_id, each.subject) for each in watching.empty_posts(session)} == {tuple(pair) for pair in pairs}
        session.execute(sa.delete(CaseTask))
        assert watching.empty_posts(session) == ()


def test_a_step_that_no_department_can_hold_is_remembered_although_the_command_is_rolled_back(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = lite.submit().id
    monkeypatch.setattr(machine, "_organisation", lambda *_: ())
    with pytest.raises(NobodyHolds), lite.database.session() as session:
        try:
            machine.carry_out(session, case, new_id(), lambda it: accepted(session, it), actor=SYSTEM)
        finally:
            noted = told.noted(session)
    assert [(each.kind, each.case_id) for each in noted] == [("nowhere", case)]
    with lite.database.session() as session:
        for each in noted:
            told.happened(session, each)
    watch(lite)
    assert len(standing(lite, kind="nowhere")) == 1
    monkeypatch.undo()
    lite.act(case, 1, "accept", "window")
    watch(lite)
    assert standing(lite, kind="nowhere") == []


def accepted(session: Any, it: machine.Loaded) -> machine.Change:
    from core.routing.engine import advance
    from core.routing.marking import Command

    return machine.Change(advance(it.compiled.route, it.marking, Command("act", 1, "accept", actor="somebody"), it.facts()), action="accept")


# who may ------------------------------------------------------------------------------------------------------------


def an_incident(desk: Desk, department: str | None = None) -> str:
    with desk.database.session() as session:
        found = told.happened(session, told.Trouble("rung", new_id(), desk.submit().id if department is None else None, department, params={"rung": "red"}))
    assert found is not None
    return found


def may_see(desk: Desk, who: Actor, incident: str) -> bool:
    with desk.database.session() as session:
        listed = {each.id for each in incidents.listed(session, actor=who).rows}
        try:
            seen = incidents.one(session, incident, actor=who).id == incident
        except incidents.IncidentNotFound:
            seen = False
        assert seen == (incident in listed)
    return seen


def test_who_administers_a_region_or_heads_the_department_sees_its_incidents_and_nobody_else(lite: Desk) -> None:
    mine = an_incident(lite)
    assert {login for login in lite.hall.staff if may_see(lite, lite.hall.actor(login), mine)} == {"chief", "leader", "head", "admin", "supervisor"}
    assert not may_see(lite, lite.hall.me, mine)
    assert not may_see(lite, SYSTEM, mine)
    yunling = an_incident(lite, lite.hall.department("market_regulation", "990121"))
    seers = {login for login in lite.hall.staff if may_see(lite, lite.hall.actor(login), yunling)}
    assert seers == {"admin", "supervisor", "yunling-reviewer", "yunling-leader"}, "the city looks after its counties, not the other way round"


@pytest.mark.parametrize("login", ["window", "reviewer", "fire", "qinghe-leader", "yunling-reviewer"])
def test_a_wrong_person_does_nothing_to_an_incident_and_learns_nothing_of_it(lite: Desk, login: str) -> None:
    mine, who = an_incident(lite), lite.hall.actor(login)
    for act in (
        lambda s: incidents.take(s, mine, actor=who), lambda s: incidents.retry(s, mine, actor=who), lambda s: incidents.close(s, mine, "x", actor=who),
        lambda s: incidents.hand(s, mine, lite.hall.staff["chief"], actor=who),
    ):  # fmt: skip
        with pytest.raises(incidents.IncidentNotFound), lite.database.session() as session:
            act(session)
    assert [row.state for row in standing(lite, id=mine)] == ["open"]


def test_an_incident_is_taken_handed_on_and_closed_with_a_reason_and_each_act_is_on_record(lite: Desk) -> None:
    mine, admin, chief = an_incident(lite), lite.hall.actor("admin"), lite.hall.actor("chief")
    with lite.database.session() as session:
        assert incidents.take(session, mine, actor=admin).taken_by == admin.id
        incidents.take(session, mine, actor=admin)
        with pytest.raises(BadInput):
            incidents.hand(session, mine, lite.hall.staff["window"], actor=admin)
        with pytest.raises(BadInput):
            incidents.close(session, mine, "   ", actor=admin)
        assert incidents.hand(session, mine, chief.id, actor=admin).taken_by == chief.id
        assert [each.id for each in incidents.listed(session, state="taken", mine=True, actor=chief).rows] == [mine]
        closed = incidents.close(session, mine, "查过了，没有影响", actor=chief)
        assert (closed.state, closed.close_reason, closed.closed_by) == ("closed", "查过了，没有影响", chief.id)
        with pytest.raises(incidents.IncidentClosed):
            incidents.take(session, mine, actor=admin)
    with lite.database.session() as session:
        acts = [row.action for row in session.query(Entry).filter(Entry.subject_id == mine).order_by(Entry.at, Entry.seq)]
        assert acts == ["incident.taken", "incident.handed", "incident.closed"]
        assert session.query(Notice).filter(Notice.recipient_id == chief.id, Notice.key.like(f"incident/{mine}/handed/%")).count() == 1


def test_pages_of_incidents_follow_each_other_without_gap_or_repetition(lite: Desk) -> None:
    made, at = [], clock.now()
    for minute in range(7):
        with clock.freeze(at + timedelta(minutes=minute)):
            made.append(an_incident(lite, lite.hall.department("fire")))
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        with lite.database.session() as session:
            page = incidents.listed(session, kind="rung", cursor=cursor, limit=3, actor=lite.hall.actor("admin"))
        seen += [each.id for each in page.rows]
        cursor = page.next
    assert cursor is None and seen == made[::-1]
    with lite.database.session() as session:
        for wrong in ("x", "W10", told.digest([1])):
            with pytest.raises(BadInput):
                incidents.listed(session, cursor=wrong, actor=lite.hall.actor("admin"))


# the cost of looking --------------------------------------------------------------------------------------------------


def plan_of(database: Database, look: sa.Select[Any], **given: Any) -> list[dict[str, Any]]:
    """The nodes of the plan that PostgreSQL chose, with what each read."""
    with database.session() as session:
        statement = look.compile(dialect=database.engine.dialect, compile_kwargs={"render_postcompile": True})
        raw = session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", {**statement.params, **given}).scalar_one()
    found, waiting = [], [(raw if isinstance(raw, list) else json.loads(raw))[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += node.get("Plans", [])
    return found


def read_by(nodes_: list[dict[str, Any]], relation: str) -> float:
    """How many rows of *relation* were read."""
    scans = [node for node in nodes_ if node.get("Relation Name") == relation]
    assert scans and not any(node["Node Type"] == "Seq Scan" for node in scans), scans
    return float(sum((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in scans))


def many(desk: Desk, first: int, last: int) -> None:
    """Open cases with a task and a clock each, made by the database itself."""
    columns = [column.name for column in Case.__table__.c]
    own = {
        "id": "md5('many' || n)::uuid",
        "command_key": "'many' || n",
        "number": "'M' || n",
        "query_index": "'m' || n",
        "draft_id": "NULL",
        "idle_since": "NULL",
    }
    with desk.database.session() as session:
        session.execute(
            sa.text(
                f"INSERT INTO case_ ({', '.join(columns)}) SELECT {', '.join(own.get(name, f't.{name}') for name in columns)}"
                " FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n"
                " CROSS JOIN (SELECT * FROM case_ WHERE command_key NOT LIKE 'many%' LIMIT 1) AS t"
            ),
            {"first": first, "last": last},
        )
    with desk.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE case_"))


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
def test_looking_for_stuck_cases_reads_what_is_stuck_and_not_what_is_open(desk: Desk) -> None:
    stuck = [desk.submit().id for _ in range(3)]
    for case in stuck:
        strand(desk, case)
    read = []
    with clock.freeze(clock.now() + LATER):
        for first, last in ((1, 500), (501, 20_000)):
            many(desk, first, last)
            nodes_ = plan_of(desk.database, watching.query(200), before=clock.now())
            assert {node.get("Index Name") for node in nodes_ if node.get("Relation Name") == "case_"} == {"ix_case_idle"}
            assert read_by(nodes_, "case_") <= len(stuck)
            read.append(next(node["Shared Hit Blocks"] + node["Shared Read Blocks"] for node in nodes_))
        with desk.database.session() as session:
            assert {each.case_id for each in watching.stuck(session)} == set(stuck)
            pages = session.execute(sa.text("SELECT pg_relation_size('case_') / current_setting('block_size')::int")).scalar_one()
    # A handful more is no matter: the visibility map is vacuumed or not, an entry of the index points at a row's older version.
    assert read[1] * 20 < pages, f"forty times as many open cases, {read} pages of {pages}"


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
def test_looking_for_empty_posts_reads_a_few_entries_of_each_queue_and_not_the_queues(desk: Desk) -> None:
    desk.submit()
    columns = [column.name for column in CaseTask.__table__.c]
    own = {"id": "md5('task' || n)::uuid", "case_id": "md5('case' || n)::uuid"}
    with desk.database.session() as session:
        session.execute(
            sa.text(
                f"INSERT INTO case_task ({', '.join(columns)}) SELECT {', '.join(own.get(name, f't.{name}') for name in columns)}"
                " FROM generate_series(1, 20000) AS n CROSS JOIN (SELECT * FROM case_task LIMIT 1) AS t"
            )
        )
    with desk.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE case_task"))
    assert read_by(plan_of(desk.database, watching.empty_query()), "case_task") <= 20, "of twenty thousand"


def test_the_command_line_names_stuck_cases(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WANGTING_HOME": str(lite.home), "WANGTING_WORKER": "celery", "DATABASE_URL": f"sqlite:///{lite.home / 'hall.db'}"}.items():
        monkeypatch.setenv(name, value)
    ref, lost = lite.submit(), lite.submit()
    strand(lite, ref.id)
    with lite.database.session() as session:  # a row lost by a hand in the database: only the thorough look finds it
        session.execute(sa.delete(CaseTask).where(CaseTask.case_id == lost.id))
        session.execute(sa.update(CaseClock).where(CaseClock.case_id == lost.id).values(next_rung_at=None))
    with clock.freeze(clock.now() + LATER):
        quick = CliRunner().invoke(main, ["cases", "stuck"])
        thorough = CliRunner().invoke(main, ["cases", "stuck", "--all"])
    assert quick.exit_code == thorough.exit_code == 1, quick.output
    assert ref.number in quick.output and lost.number not in quick.output
    assert ref.number in thorough.output and lost.number in thorough.output
