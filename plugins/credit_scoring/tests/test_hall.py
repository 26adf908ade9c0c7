"""Credit in a case: the route asks for the grade, the desk sees advice, promises are barred, and the plugin is taken away with cases open."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select

from core.cases import queries
from core.cases.models import CaseEvent
from core.db import remembered
from core.kernel import clock
from core.kernel.actor import SYSTEM
from core.outbox import relay
from core.pluginhost import life, service
from core.sdk.testing.browsing import Api, office_press
from plugins.credit_scoring import approvals, health, subjects
from plugins.credit_scoring.models import Access, Base, Subject
from plugins.credit_scoring.tests import test_services as work
from plugins.credit_scoring.tests.test_pages import ME, citizen, staff
from tests import fixtures_site as site

ITEM = "trusted-opening"
FOLDER = Path(__file__).resolve().parents[1]
Number = Callable[[int], str]


def filed(hall: Any) -> str:
    """An application of the citizen's company, taken in."""
    api = Api(hall.app, ME, hall.passwords[ME], roots=(FOLDER / "samples",))
    answer = api.post("/v1/cases", {"item": ITEM, "answers": {"unit_name": "甲餐饮公司"}, "party": hall.people.company_party})
    assert answer.status_code == 201, answer.text
    press(hall, answer.json["id"], "window", "accept")
    return str(answer.json["id"])


def press(hall: Any, case: str, login: str, action: str, **more: str) -> None:
    with hall.database.session() as session:
        view = queries.case_for_staff(session, case, actor=hall.people.actor(login))
    number = next(task.no for task in view.tasks if task.mine)
    answer = office_press(staff(hall, login), case, number, action, **more)
    assert answer.status_code == 303, answer.text[-3000:]


def at(hall: Any, case: str) -> set[str]:
    with hall.database.session() as session:
        return {task.node for task in queries.case_for_staff(session, case, actor=hall.people.actor("reviewer")).tasks}


def offered(hall: Any, case: str) -> dict[str, bool]:
    with hall.database.session() as session:
        view = queries.case_for_staff(session, case, actor=hall.people.actor("reviewer"))
        return {action.id: action.enabled for task in view.tasks if task.mine for action in task.actions}


def test_the_route_asks_for_the_grade_a_good_one_saves_a_step_and_the_person_sees_who_asked(hall: Any) -> None:
    heads = ["企业名称", "统一社会信用代码", "决定日期", "等级"]
    work.brought_in(hall, [["甲餐饮公司", work.own_number(hall), "2026-03-01", "A"]], "tax_grade", heads)
    work.published(hall)
    case = filed(hall)
    relay.run_all(hall.database)
    assert at(hall, case) == {"review.first"}
    assert offered(hall, case) == {"direct": True, "closer": True}
    with hall.database.session() as session:
        ctx = hall.ctx(session)
        subject = subjects.of_party(ctx, hall.people.company_party)
        assert subjects.view(ctx, subject or "").grade == "A"
        assert [each.what for each in session.scalars(select(Access).where(Access.subject_id == subject))] == ["step"]
        events = " ".join(event.body for event in session.scalars(select(CaseEvent).where(CaseEvent.case_id == case)))
        assert '"A"' not in events, "the answer is sealed in the case"
    press(hall, case, "reviewer", "direct")
    staff(hall, "reviewer").get(f"/office/cases/{case}")
    advice = staff(hall, "reviewer").get(f"/office/cases/{case}").text
    assert "申请人信用" in advice and "只作参考" in advice
    assert "申请人信用" not in staff(hall, "window").get(f"/office/cases/{case}").text, "no permission, no advice"
    with hall.database.session() as session:
        looks = session.scalars(select(Access).where(Access.what == "advice")).all()
        assert [each.purpose.startswith("办件 ") and bool(each.who_words) for each in looks] == [True], "twice in an hour is one look"
        assert subjects.opened(hall.ctx(session, "reviewer"), subject or "") is None, "a grade beside a case opens no file"
    assert "办件中使用" in citizen(hall).get(f"/x/credit_scoring/mine/{hall.people.company_party}").text


def test_nothing_known_is_an_answer_too_and_refuses_nobody(hall: Any) -> None:
    case = filed(hall)
    relay.run_all(hall.database)
    assert at(hall, case) == {"review.first"} and offered(hall, case) == {"direct": False, "closer": True}
    with hall.database.session() as session:
        assert approvals.score_step(hall.ctx(session), case, "x")["grade"] == "none"


def test_the_report_stands_in_for_a_paper_unless_bad_news_are_public(hall: Any) -> None:
    from core.sdk.facts import Evidence, Question, Refused

    question = Question(hall.people.company_party, {}, clock.today())
    with hall.database.session() as session:
        assert approvals.report_fact(hall.ctx(session), question) is None
    heads = ["企业名称", "统一社会信用代码", "决定日期", "等级"]
    work.brought_in(hall, [["甲餐饮公司", work.own_number(hall), "2026-03-01", "A"]], "tax_grade", heads)
    with hall.database.session() as session:
        found = approvals.report_fact(hall.ctx(session), question)
        assert isinstance(found, Evidence) and found.until == clock.today()
    work.brought_in(hall, [work.row(work.own_number(hall), 1)])
    with hall.database.session() as session:
        refused = approvals.report_fact(hall.ctx(session), question)
        assert isinstance(refused, Refused) and "1" in refused.words("zh")


def test_the_health_page_says_what_is_missing_and_where_to_mend_it(hall: Any) -> None:
    with hall.database.session() as session:
        found = health.check(hall.ctx(session))
        assert {each.key.split(".")[1] for each in found} == {"empty_catalogue", "no_published_model"}
        assert all(str(each.params["mend"]).startswith("/office/") for each in found)
    work.published(hall)
    work.published(hall, "person")
    with hall.database.session() as session:
        assert health.check(hall.ctx(session)) == ()


@pytest.mark.parametrize("when", ["waiting", "answered"])
def test_the_plugin_is_taken_away_with_a_case_open_and_a_person_ends_it(hall: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    monkeypatch.setattr(remembered, "FRESH_SECONDS", 0.0)  # a process notices within seconds; tests do not wait
    work.brought_in(hall, [work.row(work.own_number(hall), 1)])
    work.published(hall)
    case = filed(hall)
    if when == "answered":
        relay.run_all(hall.database)
        press(hall, case, "reviewer", "closer")
    keep = tmp_path / "kept"
    with hall.database.session() as session:
        host = service.host(session)
        plan = life.remove(session, host, "credit_scoring", keep=keep, dry_run=True)
        assert dict(plan.tables)["plg_credit_scoring_record"] == 1
        life.disable(session, host, "credit_scoring")
    with hall.database.session() as session:
        life.remove(session, service.host(session), "credit_scoring", keep=keep)
        assert not [name for name in inspect(session.connection()).get_table_names() if "credit" in name]
    kept = [json.loads(line) for line in (keep / "plg_credit_scoring_subject.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(kept) == 1 and "饮食公司" not in json.dumps(kept, ensure_ascii=False), "sealed in the export too"
    assert site.Browser(hall.app).get("/x/credit_scoring/").status_code == 404
    with clock.freeze(clock.now()):
        for _ in range(8):
            clock.move(minutes=30)
            relay.run_all(hall.database)
        assert at(hall, case) == {"review.check"}, "the step that a person does"
        assert staff(hall, "reviewer").get(f"/office/cases/{case}").status_code == 200
        press(hall, case, "reviewer", "pass")
        press(hall, case, "leader", "grant")
        with hall.database.session() as session:
            assert queries.case_for_staff(session, case, actor=hall.people.actor("leader")).outcome == "grant"


def test_the_plugin_comes_back_empty_after_its_removal(hall: Any, tmp_path: Path) -> None:
    work.brought_in(hall, [work.row(work.own_number(hall), 1)])
    with hall.database.session() as session:
        host = service.host(session)
        life.remove(session, host, "credit_scoring", keep=tmp_path / "kept")
    with hall.database.session() as session:
        host = service.host(session)
        life.install(session, host, "credit_scoring", actor=SYSTEM)
        life.enable(session, host, "credit_scoring", actor=SYSTEM)
    with hall.database.session() as session:
        assert session.scalars(select(Subject)).all() == []


def test_the_tables_come_go_and_come_again_and_are_those_of_the_models(hall: Any) -> None:
    from core.db import migrate

    with hall.database.session() as session:
        owner = life.owner(service.host(session).found("credit_scoring"))
    assert owner is not None
    owner = replace(owner, metadata=Base.metadata)
    assert migrate.differences(hall.database, owner) is None
    migrate.downgrade(hall.database, "base", owner)
    assert not [name for name in inspect(hall.database.engine).get_table_names() if name.startswith("plg_credit_scoring_")]
    migrate.upgrade(hall.database, owner)
    assert migrate.differences(hall.database, owner) is None


def test_whom_an_import_touched_is_scored_when_it_is_over(hall: Any, number: Number) -> None:
    work.published(hall)
    work.brought_in(hall, [work.row(number(1), 1), work.row(number(2), 2)])
    with hall.database.session() as session:
        ctx = hall.ctx(session)
        assert [subjects.standing(ctx, subjects.find(ctx, "company", number(n)) or "").grade for n in (1, 2)] == ["C", "C"]
        assert not session.scalars(select(Subject.id).where(Subject.stale)).all()
