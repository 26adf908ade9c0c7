"""The case library: what one's posts reach, found by what may be searched, exported under a purpose."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

import core.cases.tasks  # noqa: F401 - its handlers index answers and write exports
from core.audit.models import Entry
from core.cases.library import exporting, saved, searchable
from core.cases.library.search import Asked, batch, departments_of, of_applicant, search, statement
from core.cases.models import Case, CaseExport, CaseIncident, CaseIndexed, table
from core.cases.service import incidents
from core.identity import queries as people
from core.identity import service as identity
from core.identity.models import Department, Post, Staff
from core.kernel import clock
from core.kernel.actor import Actor
from core.kernel.clock import now, today
from core.kernel.errors import BadInput, Conflict, Forbidden, NotFound
from core.kernel.ids import new_id
from core.kernel.sheets import harmless
from core.outbox import relay
from core.outbox.models import Message
from tests.fixtures_cases import VALUES, Desk
from tests.fixtures_hall import together

PURPOSE = "统计本季度办件"


def outsider(desk: Desk) -> Actor:
    """A member of staff of another department."""
    with desk.database.session() as session:
        other = session.scalars(select(Department.id).where(Department.id != desk.hall.department("market_regulation"))).first()
        who = new_id()
        session.add(Staff(id=who, user_id=who, name="外人", active=True))
        session.flush()
        session.add(Post(id=new_id(), staff_id=who, department_id=other, role="window"))
    return Actor("staff", who)


def numbers(desk: Desk, asked: Asked, login: str = "window") -> list[str]:
    with desk.database.session() as session:
        return [each.number for each in search(session, asked, actor=desk.hall.actor(login)).rows]


def test_the_library_finds_by_each_permitted_field_and_nothing_beyond_ones_departments(desk: Desk) -> None:
    first, second = desk.submit(), desk.submit({**VALUES, "operator_name": "另一家"})
    relay.run_all(desk.database)
    assert numbers(desk, Asked()) == [second.number, first.number]  # newest first
    assert numbers(desk, Asked(number=first.number)) == [first.number]
    assert numbers(desk, Asked(item="food-operation-new", state="open", since=today(), until=today())) == [second.number, first.number]
    assert numbers(desk, Asked(state="submitted", channel="online")) == [second.number, first.number]
    for none in (Asked(item="nothing"), Asked(state="ended"), Asked(outcome="grant"), Asked(channel="post"), Asked(until=today() - timedelta(days=1))):
        assert numbers(desk, none) == []
    assert numbers(desk, Asked(item="food-operation-new", answer=("operator_name", " 青禾餐饮 "))) == [first.number]
    assert numbers(desk, Asked(item="food-operation-new", answer=("operator_name", "青禾"))) == []  # the whole answer or nothing
    assert numbers(desk, Asked(department_id=new_id())) == []
    with desk.database.session() as session, pytest.raises(BadInput):
        search(session, Asked(answer=("operator_name", "青禾餐饮")), actor=desk.hall.actor("window"))
    stranger = outsider(desk)
    with desk.database.session() as session:
        assert search(session, Asked(), actor=stranger).rows == ()
        assert search(session, Asked(number=first.number), actor=stranger).rows == ()
        with pytest.raises(Forbidden):
            search(session, Asked(), actor=desk.hall.me)


def test_pages_of_the_library_follow_each_other_without_gap_or_repetition(desk: Desk) -> None:
    filed = [desk.submit().number for _ in range(5)]
    seen, cursor = [], None
    with desk.database.session() as session:
        while True:
            page = search(session, Asked(), actor=desk.hall.actor("window"), cursor=cursor, limit=2)
            seen += [each.number for each in page.rows]
            cursor = page.next
            if cursor is None:
                break
        for bad in ("x", "W10", "WyJub3ciLCAiYSJd"):
            with pytest.raises(BadInput):
                search(session, Asked(), actor=desk.hall.actor("window"), cursor=bad)
    assert seen == filed[::-1]


def test_an_applicant_is_found_by_the_whole_number_with_a_purpose_that_is_audited(lite: Desk) -> None:
    case, stranger = lite.submit(), outsider(lite)
    with lite.database.session() as session:
        mine = identity.party_view(session, lite.hall.citizen_party, reveal=True, actor=lite.hall.me)
        ask = lite.hall.actor("window")
        for bad in ("", " ", "看看"):
            with pytest.raises(BadInput):
                of_applicant(session, "resident_id", mine.number, purpose=bad, actor=ask)
        with pytest.raises(BadInput):
            of_applicant(session, "resident_id", mine.number[:-1], purpose=PURPOSE, actor=ask)
        assert [each.id for each in of_applicant(session, mine.document_kind, mine.number.lower(), purpose=PURPOSE, actor=ask)] == [case.id]
        assert of_applicant(session, mine.document_kind, mine.number, purpose=PURPOSE, actor=stranger) == ()
    with lite.database.session() as session:
        entries = session.scalars(select(Entry).where(Entry.action == "cases.searched_applicant")).all()
    assert [json.loads(each.detail)["found"] for each in entries] == [1, 0]
    assert all(PURPOSE in each.detail and mine.number not in each.detail + each.subject_id for each in entries)


def test_a_supervisor_reaches_the_departments_below_and_a_stand_in_does_not_inherit_that(lite: Desk) -> None:
    case = lite.submit()
    with lite.database.session() as session:
        home = session.get_one(Department, lite.hall.department("market_regulation"))
        office = session.scalars(select(Department).where(Department.division_id == home.division_id, Department.id != home.id)).first()
        assert office is not None
        who = new_id()
        session.add(Staff(id=who, user_id=who, name="督查", active=True))
        session.flush()
        session.add(Post(id=new_id(), staff_id=who, department_id=office.id, role="supervisor"))
    with lite.database.session() as session:
        assert [each.id for each in search(session, Asked(), actor=Actor("staff", who)).rows] == [case.id]
        view = people.staff_view(session, who)
        lent = replace(view, posts=tuple(replace(post, on_behalf_of=new_id()) for post in view.posts))
        assert departments_of(session, lent) == (office.id,)


def test_answers_lie_in_the_index_blind_and_follow_the_case(lite: Desk) -> None:
    case = lite.submit()
    relay.run_all(lite.database)
    with lite.database.session() as session:
        rows = session.scalars(select(CaseIndexed).where(CaseIndexed.case_id == case.id)).all()
        assert {each.field for each in rows} == {"operator_name"}
        assert all("青禾" not in each.value for each in rows)
        session.get_one(Case, case.id).wrapped_key = None  # erased: the index goes with the contents
        session.flush()
        assert searchable.index(session, case.id) == 0
    assert numbers(lite, Asked(item="food-operation-new", answer=("operator_name", "青禾餐饮"))) == []


def test_a_kept_search_is_ones_own(lite: Desk) -> None:
    asked = Asked(item="food-operation-new", state="open", since=today())
    with pytest.raises(BadInput):
        Asked(item="food-operation-new", answer=("operator_name", "甲")).to_json()
    with lite.database.session() as session:
        kept = saved.keep(session, " 本月餐饮 ", asked, actor=lite.hall.actor("window"))
        assert [Asked.from_json(each.asked) for each in saved.mine(session, actor=lite.hall.actor("window"))] == [asked]
        assert saved.mine(session, actor=lite.hall.actor("reviewer")) == ()
        for bad in ("", "名" * 61):
            with pytest.raises(BadInput):
                saved.keep(session, bad, asked, actor=lite.hall.actor("window"))
        with pytest.raises(NotFound):
            saved.drop(session, kept, actor=lite.hall.actor("reviewer"))
        saved.drop(session, kept, actor=lite.hall.actor("window"))
        assert saved.mine(session, actor=lite.hall.actor("window")) == ()


def export(desk: Desk, login: str = "window", **more: Any) -> str:
    with desk.database.session() as session:
        given: dict[str, Any] = {"format": "csv", "purpose": PURPOSE, "revealed": False, "filters": "全部", "locale": "zh", "command_id": new_id()} | more
        return exporting.start(session, given.pop("asked", Asked()), **given, actor=desk.hall.actor(login)).id


def content(desk: Desk, export_id: str, login: str = "window") -> bytes:
    with desk.database.session() as session:
        return b"".join(exporting.download(session, export_id, actor=desk.hall.actor(login))[1])


def test_an_export_is_taken_piece_by_piece_and_each_format_says_whose_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PIECE", 2)
    filed = [desk.submit().number for _ in range(5)]
    made = dict.fromkeys(("csv", "json", "xlsx"), "")
    for name in made:
        made[name] = export(desk, format=name)
        relay.run_all(desk.database)
    table_ = list(csv.reader(io.StringIO(content(desk, made["csv"]).decode("utf-8-sig"))))
    assert [row[0] for row in table_[1:6]] == filed[::-1]
    assert all(made["csv"][-8:] in row[-1] for row in table_[1:6])
    assert ["用途", PURPOSE] in table_
    lines = [json.loads(line) for line in content(desk, made["json"]).splitlines()]
    assert lines[0]["export"]["purpose"] == PURPOSE
    assert [line["number"] for line in lines[1:]] == filed[::-1]
    assert all("*" in line["document"] and "*" in line["applicant"] for line in lines[1:])
    book = zipfile.ZipFile(io.BytesIO(content(desk, made["xlsx"])))
    cells = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert all(number in cells for number in filed)
    assert PURPOSE in cells
    with desk.database.session() as session:
        row = session.get_one(CaseExport, made["csv"])
        assert (row.status, row.taken, row.pieces) == ("done", 5, 3)
        actions = session.scalars(select(Entry.action).where(Entry.subject_id == made["csv"])).all()
        assert sorted(actions) == ["cases.export_asked", "cases.export_downloaded"]


def test_an_export_is_nobody_elses_and_whole_numbers_need_the_post(lite: Desk) -> None:
    lite.submit()
    made = export(lite)
    with lite.database.session() as session:
        with pytest.raises(NotFound):
            exporting.one(session, made, actor=lite.hall.actor("reviewer"))
        with pytest.raises(NotFound):
            exporting.download(session, made, actor=lite.hall.actor("window"))  # not written yet
        with pytest.raises(Conflict):
            exporting.start(
                session, Asked(), format="csv", purpose=PURPOSE, revealed=False, filters="", locale="zh", command_id=new_id(), actor=lite.hall.actor("window")
            )
    with pytest.raises(Forbidden):
        export(lite, "reviewer", revealed=True)
    with pytest.raises(BadInput):
        export(lite, "reviewer", purpose="  ")
    with pytest.raises(BadInput):
        export(lite, "reviewer", format="exe")
    with pytest.raises(BadInput):
        export(lite, "reviewer", asked=Asked(item="nothing"))
    with lite.database.session() as session:
        who = lite.hall.actor("reviewer").id
        session.add(Post(id=new_id(), staff_id=who, department_id=lite.hall.department("market_regulation"), role="agency_head"))
    whole = export(lite, "reviewer", revealed=True, format="json")
    relay.run_all(lite.database)
    line = json.loads(content(lite, whole, "reviewer").splitlines()[1])
    assert "*" not in line["document"]
    assert len(line["document"]) == 18


def test_a_stopped_export_and_an_old_file_leave_nothing(lite: Desk) -> None:
    lite.submit()
    stopped = export(lite)
    with lite.database.session() as session:
        exporting.stop(session, stopped, actor=lite.hall.actor("window"))
    relay.run_all(lite.database)
    kept = export(lite)
    relay.run_all(lite.database)
    with lite.database.session() as session:
        assert session.get_one(CaseExport, stopped).status == "stopped"
        assert exporting.held(session, stopped) == 0
        assert exporting.held(session, kept) == 1
    with clock.freeze(now() + timedelta(days=4)), lite.database.session() as session:
        exporting.sweep(session)
        row = session.get_one(CaseExport, kept)
        assert (row.status, row.wrapped_key, exporting.held(session, kept)) == ("expired", None, 0)
        with pytest.raises(NotFound):
            exporting.download(session, kept, actor=lite.hall.actor("window"))


def test_of_two_exports_that_begin_at_once_the_same_command_is_one_and_another_is_refused(desk: Desk) -> None:
    desk.submit()
    command = new_id()
    assert len(set(together(*[lambda: export(desk, command_id=command)] * 3))) == 1
    with desk.database.session() as session:
        exporting.stop(session, export(desk, command_id=command), actor=desk.hall.actor("window"))
    others = together(*[lambda: export(desk)] * 3)
    assert [type(each) for each in others if not isinstance(each, str)] == [Conflict, Conflict], others
    with desk.database.session() as session:
        asked = session.scalars(select(Entry).where(Entry.action == "cases.export_asked")).all()
        assert len(asked) == 2, "what was given back is not on record either"


def give_up(desk: Desk, topic: str) -> None:
    """Twelve workers died over the open message of *topic*."""
    with desk.database.session() as session:
        session.execute(update(Message).where(Message.topic == topic, Message.done_at.is_(None)).values(attempts=relay.MAX_ATTEMPTS, parked_at=None))
    relay.run_all(desk.database)


@pytest.mark.parametrize("topic", [exporting.TAKE, exporting.WRITE])
def test_an_export_that_the_outbox_gave_up_stands_as_failed_and_goes_on_where_it_was(lite: Desk, monkeypatch: pytest.MonkeyPatch, topic: str) -> None:
    monkeypatch.setattr(exporting, "PIECE", 1)
    numbers_ = [lite.submit().number for _ in range(2)]
    relay.run_all(lite.database)
    made, clerk = export(lite), lite.hall.actor("window")
    relay.run_once(lite.database)  # the first piece is read
    while topic == exporting.WRITE and held_status(lite, made) != "writing":
        relay.run_once(lite.database)
    give_up(lite, topic)
    with lite.database.session() as session:
        failed = session.get_one(CaseExport, made)
        assert (failed.status, exporting.can_go_on(failed)) == ("failed", True)
        (incident,) = session.scalars(select(CaseIncident)).all()
        assert (incident.kind, incident.params["topic"]) == ("job", topic)
        assert incident.department_id == failed.departments[0]
        with pytest.raises(NotFound):
            exporting.go_on(session, made, actor=lite.hall.actor("reviewer"))
    other = export(lite)  # the starter is not held up by it
    with lite.database.session() as session:
        with pytest.raises(Conflict):
            exporting.go_on(session, made, actor=clerk)
        exporting.stop(session, other, actor=clerk)
        exporting.go_on(session, made, actor=clerk)
        assert session.get_one(CaseExport, made).status in exporting.GOING
    relay.run_all(lite.database)
    table_ = list(csv.reader(io.StringIO(content(lite, made).decode("utf-8-sig"))))
    assert [row[0] for row in table_[1:3]] == numbers_[::-1]
    with lite.database.session() as session, pytest.raises(Conflict):
        exporting.go_on(session, made, actor=clerk)


def held_status(desk: Desk, export_id: str) -> str:
    with desk.database.session() as session:
        return session.get_one(CaseExport, export_id).status


def test_who_looks_after_the_incident_of_an_export_sets_it_going_too_and_what_nobody_mends_goes_in_time(lite: Desk) -> None:
    lite.submit()
    relay.run_all(lite.database)
    made = export(lite)
    give_up(lite, exporting.TAKE)
    with lite.database.session() as session:
        (incident,) = session.scalars(select(CaseIncident.id)).all()
        incidents.retry(session, incident, actor=lite.hall.actor("supervisor"))
    relay.run_all(lite.database)
    assert held_status(lite, made) == "done"
    lost = export(lite)
    give_up(lite, exporting.TAKE)
    with clock.freeze(now() + timedelta(days=4)), lite.database.session() as session:
        exporting.sweep(session)
        row = session.get_one(CaseExport, lost)
        assert (row.status, row.wrapped_key) == ("failed", None)
        with pytest.raises(Conflict):
            exporting.go_on(session, lost, actor=lite.hall.actor("window"))


@pytest.mark.parametrize("text_", ["=1+1", "+86", "-2", "@SUM(A1)", "\t=1", "＝1", "\r1"])
def test_no_spreadsheet_takes_a_name_for_a_formula(text_: str) -> None:
    assert harmless(text_) == f"'{text_}"
    assert harmless("青禾=餐饮") == "青禾=餐饮"


def test_a_page_of_the_library_walks_an_index_of_each_department(desk: Desk) -> None:
    """100,000 rows of two departments: no plan reads or sorts a department."""
    if desk.database.engine.dialect.name != "postgresql":
        pytest.skip("ranges by LATERAL are how PostgreSQL is asked")
    case = desk.submit()
    with desk.database.session() as session:
        row = dict(session.execute(select(*table(Case).c).where(Case.id == case.id)).mappings().one())
        other = session.scalars(select(Department.id).where(Department.id != row["department_id"])).first()
        assert other is not None
        columns = ", ".join(row)
        special = {"id": "gen_random_uuid()", "number": "'n' || n", "command_key": "'k' || n", "query_index": "'q' || n", "draft_id": "NULL"}
        special |= {"submitted_at": "submitted_at - n * interval '1 minute'", "department_id": f"CASE n % 2 WHEN 0 THEN department_id ELSE '{other}' END"}
        special |= {"item_code": "'item-' || n % 7", "status": "CASE n % 500 WHEN 0 THEN 'lapsed' ELSE status END"}
        chosen = ", ".join(special.get(name, name) for name in row)
        session.execute(text(f"INSERT INTO case_ ({columns}) SELECT {chosen} FROM case_, generate_series(1, 20000) n"))
    with desk.database.session() as session:
        session.execute(text("ANALYZE case_"))
        values = {"departments": [row["department_id"], other], "limit": 21, "item": "item-3", "number": "n77", "status": "lapsed"}
        values |= {"after_at": now(), "after_id": new_id(), "field": "operator_name", "value": "1:x", "document_kind": "uscc", "document_index": "1:x"}
        for conditions, index in (
            ((), "ix_case_department_time"), (("item",), "ix_case_department_item"), (("status",), "ix_case_department_status"),
            (("after",), "ix_case_department_time"), (("number",), "uq_case__number"),
        ):  # fmt: skip
            plan = explained(session, conditions, values)
            assert index in plan, plan
            assert "Seq Scan on case_" not in plan, plan
        assert "ix_case_indexed_value" in explained(session, ("item", "answer"), values, force=True)
        assert "ix_party_document" in explained(session, ("applicant",), values, force=True)
        assert len(batch(session, Asked(item="item-3"), [row["department_id"], other], after=None, limit=21)) == 21


def explained(session: Any, conditions: tuple[str, ...], values: dict[str, Any], *, force: bool = False) -> str:
    if force:  # hardly any rows in these tables: the question is whether there is an index to walk
        session.execute(text("SET LOCAL enable_seqscan = off"))
    compiled = statement("postgresql", conditions).compile(dialect=session.get_bind().dialect)
    state = compiled.construct_expanded_state(values)
    given = {name: state.processors[name](value) if name in state.processors else value for name, value in state.parameters.items()}
    cursor = session.connection().connection.cursor()
    cursor.execute("EXPLAIN " + state.statement, given)
    return "\n".join(line[0] for line in cursor.fetchall())
