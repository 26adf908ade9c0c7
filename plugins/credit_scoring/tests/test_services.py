"""Imports, runs, models, objections and repairs in a hall: what is written, what is refused, what a stop leaves."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from core.kernel import clock
from core.outbox import relay
from core.sdk import BadInput, Conflict, NotFound
from plugins.credit_scoring import approvals, catalogue, importing, modelling, publishing, requests, running, subjects
from plugins.credit_scoring.models import Chunk, Mistake, Past, Record, Request, Run, Score, Subject
from plugins.credit_scoring.scoring.spec import milli

Number = Callable[[int], str]
HEADS = ["企业名称", "统一社会信用代码", "决定日期", "罚款金额（元）", "处罚种类", "文号", "行业", "地区", "规模", "事由"]


def row(number: str, n: int, *, day: str = "2026-10-01", kind: str = "fine", amount: object = 500, industry: str = "catering") -> list[object]:
    return [f"第{n}饮食公司", number, day, amount, kind, f"罚〔2026〕{n}号", industry, "330106", "micro", f"事由{n}"]


def brought_in(hall: Any, rows: list[list[object]], entry: str = "penalty", heads: list[str] = HEADS, kind: str = "company") -> str:
    with hall.database.session() as session:
        ctx = hall.ctx(session, "chief")
        catalogue.load_shipped(ctx)
        batch = importing.begin(ctx, title="t.csv", entry=entry, kind=kind, columns=heads, rows=rows)
        assert importing.map_columns(ctx, batch.id, batch.mapping) == []
        importing.start(ctx, batch.id)
        batch_id = batch.id
    relay.run_all(hall.database)
    return batch_id


def published(hall: Any, kind: str = "company") -> str:
    with hall.database.session() as session:
        ctx = hall.ctx(session, "chief")
        catalogue.load_shipped(ctx)
        model = modelling.draft(ctx, modelling.shipped(kind))
        running.start(ctx, model.id, "simulate")
        model_id = model.id
    relay.run_all(hall.database)
    with hall.database.session() as session:
        ctx = hall.ctx(session, "leader")
        modelling.publish(ctx, model_id)
        running.start(ctx, model_id, "score")
    relay.run_all(hall.database)
    return str(model_id)


def test_rows_become_subjects_and_records_and_mistakes_are_kept_without_their_values(hall: Any, number: Number) -> None:
    bad = row("91330106MA2B1C2D3X", 3, kind="lashes")
    batch_id = brought_in(hall, [row(number(1), 1), row(number(2), 2, day="2026/3/2"), bad, row(number(1), 1)])
    with hall.database.session() as session:
        ctx = hall.ctx(session, "chief")
        batch = importing.one(ctx, batch_id)
        assert (batch.state, batch.total, batch.done, batch.good, batch.known, batch.bad) == ("done", 4, 4, 2, 1, 1)
        assert [(each.line, each.column, each.key) for each in importing.mistakes(ctx, batch_id)] == [
            (4, "处罚种类", "choice"), (4, "统一社会信用代码", "number"),
        ]  # fmt: skip
        assert session.scalar(select(func.count()).select_from(Chunk)) == 0
        raw = json.dumps([list(map(str, each)) for each in session.execute(select(Subject.__table__))], ensure_ascii=False)
        assert "饮食公司" not in raw and number(1) not in raw
        view = subjects.view(ctx, subjects.find(ctx, "company", number(1)) or "")
        assert (view.name, view.number_masked[:4], view.industry, view.stale) == ("第1饮食公司", "9133", "catering", True)
        (record,) = subjects.records(ctx, view.id)
        assert (record.words, record.data, record.public_until) == ("事由1", {"amount": 500, "kind": "fine"}, date(2029, 10, 1))


def test_an_import_stops_between_pieces_and_goes_on_where_it_was(hall: Any, number: Number, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PIECE", 3)
    with hall.database.session() as session:
        ctx = hall.ctx(session, "chief")
        catalogue.load_shipped(ctx)
        batch = importing.begin(ctx, title="t.csv", entry="penalty", kind="company", columns=HEADS, rows=[row(number(n), n) for n in range(8)])
        importing.map_columns(ctx, batch.id, batch.mapping)
        importing.start(ctx, batch.id)
        assert importing.piece(ctx, batch.id)
        importing.stop(ctx, batch.id)
        assert not importing.piece(ctx, batch.id), "stopped is stopped"
        assert (batch.state, batch.done, batch.pieces) == ("stopped", 3, 3)
        with pytest.raises(Conflict):
            importing.drop(ctx, batch.id)
        importing.start(ctx, batch.id)
        batch_id = batch.id
    relay.run_all(hall.database)
    with hall.database.session() as session:
        batch = importing.one(hall.ctx(session), batch_id)
        assert (batch.state, batch.done, batch.good) == ("done", 8, 8)
        assert session.scalar(select(func.count()).select_from(Record)) == 8


def test_an_import_needs_its_columns_said_and_the_right_kind_of_subject(hall: Any, number: Number) -> None:
    with hall.database.session() as session:
        ctx = hall.ctx(session, "chief")
        catalogue.load_shipped(ctx)
        with pytest.raises(BadInput):
            importing.begin(ctx, title="t", entry="penalty", kind="person", columns=HEADS, rows=[])
        with pytest.raises(BadInput):
            importing.begin(ctx, title="t", entry="penalty", kind="company", columns=["a", "a"], rows=[])
        with pytest.raises(NotFound):
            importing.begin(ctx, title="t", entry="nothing", kind="company", columns=HEADS, rows=[])
        batch = importing.begin(ctx, title="t", entry="penalty", kind="company", columns=["甲", "乙"], rows=[["1", "2"]])
        assert importing.map_columns(ctx, batch.id, {"number": "甲", "secret": "乙", "name": "丙"}) == ["name", "day", "field.kind"]
        with pytest.raises(Conflict):
            importing.start(ctx, batch.id)
        importing.drop(ctx, batch.id)
        assert session.scalar(select(func.count()).select_from(Chunk)) == 0


def test_a_preview_shows_the_first_rows_and_their_mistakes_and_writes_nothing(hall: Any, number: Number) -> None:
    with hall.database.session() as session:
        ctx = hall.ctx(session, "chief")
        catalogue.load_shipped(ctx)
        rows = [row(number(n), n) for n in range(30)] + [row("1", 99)]
        batch = importing.begin(ctx, title="t", entry="penalty", kind="company", columns=HEADS, rows=rows)
        tried = importing.preview(ctx, batch)
        assert (tried.tried, tried.wrong, len(tried.rows), tried.rows[-1][0]) == (31, 1, 8, 32)
        assert session.scalar(select(func.count()).select_from(Subject)) == 0


def test_everybody_is_scored_by_the_published_model_and_the_score_explains_itself(hall: Any, number: Number) -> None:
    brought_in(hall, [row(number(1), 1), row(number(1), 11, amount=20000), row(number(2), 2, kind="suspension")])
    brought_in(hall, [["第3公司", number(3), "2026-01-05", "B"]], "tax_grade", ["企业名称", "统一社会信用代码", "决定日期", "等级"])
    published(hall)
    with hall.database.session() as session:
        ctx = hall.ctx(session)
        standing = subjects.standing(ctx, subjects.find(ctx, "company", number(1)) or "")
        assert standing.points == milli("700") - milli("30") * 2 - milli("40")
        assert milli("700") + sum(line[3] for line in standing.lines) == standing.points
        assert subjects.standing(ctx, subjects.find(ctx, "company", number(3)) or "").points == milli("750")
        run = running.lately(ctx)[0]
        assert (run.state, run.done, run.total) == ("done", 3, 3)
        assert not session.scalar(select(func.count()).select_from(Subject).where(Subject.stale))


def test_a_run_stops_resumes_and_ends_as_if_it_had_never_stopped(hall: Any, number: Number) -> None:
    brought_in(hall, [row(number(n), n) for n in range(25)])
    model_id = published(hall)
    with hall.database.session() as session:
        ctx = hall.ctx(session, "leader")
        run = running.start(ctx, model_id, "score")
        assert running.piece(ctx, run.id, size=10)
        running.stop(ctx, run.id)
        assert not running.piece(ctx, run.id, size=10)
        assert (run.state, run.done) == ("stopped", 10)
        running.resume(ctx, run.id)
        with pytest.raises(Conflict):
            running.start(ctx, model_id, "score")
        while running.piece(ctx, run.id, size=10):
            pass
        assert (run.state, run.done, run.pieces) == ("done", 25, 3)
        assert sum(run.result["counts"]["all"][""].values()) == 25
        assert session.scalar(select(func.count()).select_from(Score)) == 25
        assert session.scalar(select(func.count()).select_from(Past)) == 0, "nothing moved, nothing is kept twice"


def test_a_simulation_changes_nobody_and_tells_group_by_group_whom_it_would_move(hall: Any, number: Number) -> None:
    brought_in(hall, [row(number(n), n, industry="catering" if n % 2 else "retail") for n in range(40)])
    published(hall)
    with hall.database.session() as session:
        ctx = hall.ctx(session, "chief")
        doc = modelling.shipped("company")
        doc["industries"].append({"industry": "retail", "grades": {"A": "990", "B": "980", "C": "970"}})
        model = modelling.draft(ctx, doc, "stricter with shops")
        running.start(ctx, model.id, "simulate")
        model_id = model.id
    relay.run_all(hall.database)
    with hall.database.session() as session:
        ctx = hall.ctx(session, "leader")
        run = modelling.simulated(ctx, modelling.one(ctx, model_id))
        assert run is not None and run.moved == 20
        counts = run.result["counts"]["industry"]
        assert counts == {"catering": {"CC": 20}, "retail": {"CD": 20}} or counts == {"catering": {"BB": 20}, "retail": {"BD": 20}}
        assert len(run.result["samples"]) == 20
        assert set(session.scalars(select(Score.grade))) <= {"B", "C"}


def test_a_model_is_published_by_a_second_person_and_only_after_its_very_text_was_simulated(hall: Any) -> None:
    with hall.database.session() as session:
        ctx = hall.ctx(session, "leader")
        catalogue.load_shipped(ctx)
        model = modelling.draft(ctx, modelling.shipped("company"))
        with pytest.raises(Conflict):
            modelling.publish(ctx, model.id)
        running.start(ctx, model.id, "simulate")
        model_id = model.id
    relay.run_all(hall.database)
    with hall.database.session() as session:
        with pytest.raises(Conflict) as caught:
            modelling.publish(hall.ctx(session, "leader"), model_id)
        assert caught.value.message_key == "credit_scoring.same_person"
        chief = hall.ctx(session, "chief")
        modelling.change(chief, model_id, {**modelling.shipped("company"), "base": "690"}, "")
        with pytest.raises(Conflict) as caught:
            modelling.publish(hall.ctx(session, "leader"), model_id)
        assert caught.value.message_key == "credit_scoring.not_simulated", "what was simulated is not what would be published"
        with pytest.raises(BadInput):
            modelling.change(chief, model_id, {**modelling.shipped("company"), "base": "69000"}, "")


def test_a_published_model_never_changes_and_the_next_one_retires_it(hall: Any) -> None:
    first, second = published(hall), published(hall)
    with hall.database.session() as session:
        ctx = hall.ctx(session, "chief")
        assert [(each.number, each.status) for each in modelling.every(ctx)] == [(2, "published"), (1, "retired")]
        for model_id in (first, second):
            with pytest.raises(Conflict):
                modelling.change(ctx, model_id, modelling.shipped("company"), "")
            with pytest.raises(Conflict):
                modelling.drop(ctx, model_id)


# --- objections and repairs -------------------------------------------------------------------------------------------------------------------


def own_number(hall: Any) -> str:
    """The number of the citizen's company."""
    from core.identity import service as identity
    from core.kernel.actor import SYSTEM

    with hall.database.session() as session:
        return str(identity.party_view(session, hall.people.company_party, reveal=True, actor=SYSTEM).number)


def my_record(hall: Any, ctx: Any) -> tuple[str, str]:
    subject = subjects.of_party(ctx, hall.people.company_party)
    assert subject is not None
    return subject, subjects.records(ctx, subject)[0].id


def test_an_objection_marks_the_record_and_a_right_one_takes_it_and_its_points_away(hall: Any) -> None:
    brought_in(hall, [row(own_number(hall), 1)])
    published(hall)
    with hall.database.session() as session:
        ctx = hall.ctx(session, "citizen")
        subject, record = my_record(hall, ctx)
        request = requests.file(ctx, "objection", subject, record, hall.people.company_party, words="这个处罚不是我们公司的")
        assert subjects.record(ctx, subject, record).state == "disputed"
        assert request.due == ctx.today() + timedelta(days=7)
        with pytest.raises(Conflict):
            requests.file(ctx, "objection", subject, record, hall.people.company_party, words="再提一次异议")
        before = subjects.standing(ctx, subject).points
        requests.decide(hall.ctx(session, "chief"), request.id, grant=True, answer="核实，确为录入错误")
        assert subjects.record(ctx, subject, record).state == "withdrawn"
        assert subjects.standing(ctx, subject).points == before + milli("60"), "the fine is gone, and nothing for three years earns its points"
        with pytest.raises(Conflict):
            requests.decide(hall.ctx(session, "chief"), request.id, grant=False, answer="又改主意了吧")
        assert [each.points for each in subjects.past(ctx, subject)] == [before]


def test_a_repair_waits_for_the_term_the_proof_and_the_promise(hall: Any) -> None:
    brought_in(hall, [row(own_number(hall), 1, day=(clock.today() - timedelta(days=20)).isoformat())])
    published(hall)
    with hall.database.session() as session:
        ctx = hall.ctx(session, "citizen")
        subject, record = my_record(hall, ctx)
        with pytest.raises(Conflict) as caught:
            requests.file(ctx, "repair", subject, record, hall.people.company_party, words="罚款已经交了", promised=True)
        assert caught.value.message_key == "credit_scoring.repair_early" and caught.value.params["day"]


@pytest.mark.parametrize(("promised", "proof", "key"), [(False, True, "repair_promise"), (True, False, "repair_duty"), (True, True, None)])
def test_a_repair_after_the_term(hall: Any, promised: bool, proof: bool, key: str | None) -> None:
    import io

    from core.sdk.web import Upload
    from tests.fixtures_site import png

    brought_in(hall, [row(own_number(hall), 1, day=(clock.today() - timedelta(days=120)).isoformat())])
    published(hall)
    with hall.database.session() as session:
        ctx = hall.ctx(session, "citizen")
        subject, record = my_record(hall, ctx)
        uploads = [Upload("缴款凭证.png", io.BytesIO(png("paid")))] if proof else []
        asked = lambda: requests.file(  # noqa: E731
            ctx, "repair", subject, record, hall.people.company_party, words="罚款已经缴清", uploads=uploads, promised=promised
        )
        if key is not None:
            with pytest.raises(Conflict) as caught:
                asked()
            assert caught.value.message_key == f"credit_scoring.{key}"
            return
        request = asked()
        assert requests.evidence(ctx, request, request.files[0]["id"])[1] == png("paid")
        assert publishing.seen_by_all(ctx, subjects.record(ctx, subject, record))
        requests.decide(hall.ctx(session, "chief"), request.id, grant=True, answer="已缴清罚款，同意修复")
        found = subjects.record(ctx, subject, record)
        assert (found.state, publishing.seen_by_all(ctx, found), subjects.standing(ctx, subject).points) == ("repaired", False, milli("730"))


def test_nobody_else_can_object_read_or_take_back(hall: Any) -> None:
    brought_in(hall, [row(own_number(hall), 1)])
    with hall.database.session() as session:
        mine, other = hall.ctx(session, "citizen"), hall.ctx(session, "other")
        subject, record = my_record(hall, mine)
        for ctx, party in ((other, hall.people.company_party), (other, hall.people.other_party), (mine, hall.people.other_party)):
            with pytest.raises(NotFound):
                requests.file(ctx, "objection", subject, record, party, words="这不是我的信息")
        request = requests.file(mine, "objection", subject, record, hall.people.company_party, words="这个处罚不是我们的")
        for verb in (requests.for_party, requests.withdraw):
            with pytest.raises(NotFound):
                verb(other, request.id, hall.people.company_party)
            with pytest.raises(NotFound):
                verb(other, request.id, hall.people.other_party)
        requests.withdraw(mine, request.id, hall.people.company_party)
        assert session.get(Request, request.id).state == "withdrawn"
        assert subjects.record(mine, subject, record).state == "valid"


def test_a_record_of_somebody_else_is_not_reached_through_ones_own(hall: Any, number: Number) -> None:
    brought_in(hall, [row(own_number(hall), 1), row(number(7), 7)])
    with hall.database.session() as session:
        ctx = hall.ctx(session, "citizen")
        subject, _record = my_record(hall, ctx)
        theirs = subjects.records(ctx, subjects.find(ctx, "company", number(7)) or "")[0].id
        with pytest.raises(NotFound):
            requests.file(ctx, "objection", subject, theirs, hall.people.company_party, words="看看别人的信息")


# --- public, approvals, access ----------------------------------------------------------------------------------------------------------------


def test_the_public_sees_a_company_by_exact_number_or_name_and_bad_news_within_their_term_only(hall: Any, number: Number) -> None:
    brought_in(hall, [row(number(1), 1), row(number(1), 2, day="2022-01-01")])
    with hall.database.session() as session:
        ctx = hall.ctx(session)
        for text in (number(1), number(1).lower(), "第1饮食公司", "第2饮食公司"):
            found = publishing.look_up(ctx, text)
            if text == "第1饮食公司":
                assert found is None, "the newest name counts"
                continue
            assert found is not None and [each.reference for each in found.records] == ["罚〔2026〕1号"]
        assert publishing.look_up(ctx, "没有这家公司") is None
        for text in ("甲", number(1)[:-1] + "0"):
            with pytest.raises(BadInput):
                publishing.look_up(ctx, text)


def test_people_are_on_the_public_list_only_masked_and_never_found_by_a_look_up(hall: Any) -> None:
    heads = ["姓名", "公民身份号码", "决定日期", "名单名称", "文号"]
    brought_in(hall, [["欧阳小芳", "11010519491231002X", "2026-01-01", "严重失信主体名单", "名〔2026〕1号"]], "person_severe", heads, "person")
    published(hall, "person")
    with hall.database.session() as session:
        ctx = hall.ctx(session)
        ((listed,), after) = publishing.severe(ctx)
        assert (listed.name, after) == ("欧**芳", None)
        assert "19491231" not in listed.number_masked
        assert publishing.look_up(ctx, "欧阳小芳") is None
        assert subjects.standing(ctx, subjects.find(ctx, "person", "11010519491231002X") or "").grade == "D"
        with clock.freeze(clock.now() + timedelta(days=1200)):
            assert publishing.severe(ctx)[0] == ()


def test_a_broken_promise_or_a_barred_grade_bars_and_a_repair_lifts_it(hall: Any) -> None:
    heads = ["企业名称", "统一社会信用代码", "决定日期", "事项"]
    company = hall.people.company_party
    with hall.database.session() as session:
        assert not approvals.barred(hall.ctx(session), company), "nothing is known"
    brought_in(hall, [["某公司", own_number(hall), "2026-01-01", "食品经营许可"]], "promise_broken", heads)
    published(hall)
    with hall.database.session() as session:
        ctx = hall.ctx(session)
        assert approvals.barred(ctx, company)
        subject, record = my_record(hall, ctx)
        subjects.mark(ctx, record, "repaired")
        running.score_now(ctx, [subject])
        assert not approvals.barred(ctx, company)


def test_what_is_looked_at_needs_a_reason_and_is_written_down(hall: Any, number: Number) -> None:
    brought_in(hall, [row(number(1), 1)])
    with hall.database.session() as session:
        ctx = hall.ctx(session, "reviewer")
        subject = subjects.find(ctx, "company", number(1)) or ""
        assert subjects.opened(ctx, subject) is None
        with pytest.raises(BadInput):
            subjects.open_with(ctx, subject, " ", who="某部门")
        subjects.open_with(ctx, subject, "办件 2026-1 的核查", who="市市场监管局 审查岗")
        assert subjects.opened(ctx, subject) == "办件 2026-1 的核查"
        assert subjects.opened(hall.ctx(session, "chief"), subject) is None, "another's reason opens nothing"
        with clock.freeze(clock.now() + timedelta(hours=2)):
            assert subjects.opened(ctx, subject) is None
        assert [each.who_words for each in subjects.accesses(ctx, subject)] == ["市市场监管局 审查岗"]


def test_the_daily_scoring_lets_old_records_go(hall: Any, number: Number) -> None:
    brought_in(hall, [row(number(1), 1)])
    published(hall)
    with hall.database.session() as session:
        subject = subjects.find(hall.ctx(session), "company", number(1)) or ""
        before = subjects.standing(hall.ctx(session), subject).points
    with clock.freeze(clock.now() + timedelta(days=1130)):
        with hall.database.session() as session:
            running.daily(hall.ctx(session))
        relay.run_all(hall.database)
        with hall.database.session() as session:
            assert subjects.standing(hall.ctx(session), subject).points == before + milli("60")
            assert session.scalar(select(func.count()).select_from(Run).where(Run.state == "done")) == 3


def test_a_field_that_records_have_can_neither_go_nor_change_its_type(hall: Any, number: Number) -> None:
    brought_in(hall, [row(number(1), 1)])
    with hall.database.session() as session:
        ctx = hall.ctx(session, "chief")
        doc = catalogue.one(ctx, "penalty")
        catalogue.save(ctx, {**doc, "title": {"zh": "处罚", "en": "Penalty"}})
        for fields in ([], [{**doc["fields"][0], "type": "text"}, doc["fields"][1]]):
            with pytest.raises(BadInput):
                catalogue.save(ctx, {**doc, "fields": fields})
        for change in ({"code": "Bad code"}, {"term": "none"}, {"title": {"zh": "", "en": ""}}):
            with pytest.raises(BadInput):
                catalogue.save(ctx, {**doc, **change})


def test_ten_thousand_mistakes_are_enough(hall: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PIECE", 4)
    monkeypatch.setattr(importing, "MISTAKES", 5)
    batch_id = brought_in(hall, [row("1", n) for n in range(20)])
    with hall.database.session() as session:
        assert importing.one(hall.ctx(session), batch_id).bad == 20
        assert session.scalar(select(func.count()).select_from(Mistake)) == 8
