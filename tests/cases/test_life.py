"""The life of a case from draft to closed, its side exits, and the proof over its events."""

from datetime import timedelta
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from core.audit.models import Entry
from core.cases import queries
from core.cases import service as cases
from core.cases.errors import CaseNotFound, NotAsked, NotHolder, TaskClosed
from core.cases.models import Case, CaseEvent, CaseTask, Draft
from core.cases.service.rungs import run_due
from core.cases.spec import Handed, PartyOnCase
from core.files import service as files
from core.identity.errors import NotYours
from core.items import queries as items
from core.kernel import clock
from core.kernel.errors import BadInput, Conflict, PlatformError
from core.kernel.ids import new_id
from core.licences.queries import of_case
from core.notices.models import Notice
from core.routing.errors import RouteRefused
from tests.fixtures_cases import VALUES, Desk
from tests.fixtures_hall import settle
from tests.fixtures_plugins import take_in

ASK = {"fields": {"area": "与租赁合同不符"}, "materials": {"layout": "没有标出水池"}}


def ask(desk: Desk, case: str) -> None:
    desk.act(case, 1, "request_correction", "window", reason="一次补齐", data=ASK)


def upload(desk: Desk, name: str = "layout.txt", holder: str | None = None) -> Handed:
    """A file as the draft (or the account's own upload) holds it."""
    draft = holder or new_id()
    with desk.database.session() as session:
        ref = files.keep(session, b"\xe6\xb0\xb4\xe6\xb1\xa0", name=name, media_type="text/plain", holder=("draft", draft))
    return Handed("layout", ref.id, name, "text/plain", ref.size, ref.digest, ("draft", draft))


def test_a_case_runs_from_submission_to_delivery_with_a_licence(desk: Desk) -> None:
    ref = desk.submit()
    leader = desk.run_until(ref.id, "review.decide")
    desk.sound(ref.id)
    granted = desk.act(ref.id, leader, "grant", "leader", opinion="符合条件")
    assert granted.outcome == "grant" and len(granted.results) == 1
    window = desk.mine(ref.id).tasks[0].no
    with pytest.raises(RouteRefused):  # delivery waits for the paper
        desk.act(ref.id, window, "deliver", "window", data={"way": "electronic"})
    settle(desk.database)
    assert desk.act(ref.id, window, "deliver", "window", data={"way": "electronic"}).status == "closed"
    desk.sound(ref.id)
    with desk.database.session() as session:
        licence = of_case(session, ref.number)[0]
        assert licence.id == granted.results[0] and licence.has_pdf
        assert session.scalar(select(func.count()).select_from(CaseTask)) == 0
        seen = desk.mine(ref.id)
        steps = queries.timeline(session, seen)
    assert seen.status == "closed" and seen.outcome == "grant" and not any(c.running for c in seen.clocks)
    assert [s.state for s in steps] == ["done"] * len(steps) and steps[-1].title == "办结"


def test_the_notices_of_a_life_are_written_once_however_often_the_handler_runs(lite: Desk) -> None:
    from core.cases.notify import notify

    ref = lite.submit()
    ask(lite, ref.id)
    settle(lite.database)
    with lite.database.session() as session:
        before = session.scalar(select(func.count()).select_from(Notice))
        notify(session, ref.id, first=1, last=99)
        assert session.scalar(select(func.count()).select_from(Notice)) == before
        notices = {n.template: n for n in session.scalars(select(Notice).where(Notice.recipient_id == lite.hall.citizen))}
    assert set(notices) == {"received", "correction_requested"}
    assert ref.number in notices["received"].body["zh"]


def test_an_observing_plugin_hears_of_every_command_once_and_of_no_person(lite: Desk) -> None:
    from core.cases.hookspecs import CaseChange
    from core.sdk import hookimpl

    heard: list[CaseChange] = []

    class Observer:
        @hookimpl
        def case_changed(self, change: CaseChange) -> None:
            heard.append(change)

    take_in(lite.database, Observer(), "listener", "case_changed")
    ref = lite.submit()
    lite.act(ref.id, 1, "accept", "window", opinion="王小芳来过")
    settle(lite.database)
    assert [(c.number, next(kind for kind, _ in c.events)) for c in heard] == [(ref.number, "case_filed"), (ref.number, "task_closed")]
    assert "王小芳" not in repr(heard)


def test_the_same_command_answers_with_the_same_case_and_a_draft_files_once(desk: Desk) -> None:
    with desk.database.session() as session:
        compiled = items.load(session, desk.version)
        draft = cases.drafts.save(session, compiled=compiled, version_id=desk.version, values={}, party_id=desk.hall.citizen_party, actor=desk.hall.me)
    command = new_id()
    first = desk.submit(command=command, draft_id=draft.id)
    again = desk.submit(command=command, draft_id=draft.id)
    other_click = desk.submit(draft_id=draft.id)
    assert {again.id, other_click.id} == {first.id} and again.replayed and again.query_code == first.query_code
    settle(desk.database)
    with desk.database.session() as session:
        assert session.scalar(select(func.count()).select_from(Case)) == 1
        assert session.scalar(select(func.count()).select_from(Draft)) == 0
        assert queries.by_command(session, desk.hall.me, command) == first.id
        assert queries.by_command(session, desk.hall.stranger, command) is None
    accepted = desk.act(first.id, 1, "accept", "window", command="a")
    assert desk.act(first.id, 1, "accept", "window", command="a").seq == accepted.seq
    desk.sound(first.id)


def test_numbers_count_by_item_and_day(lite: Desk) -> None:
    one, two = lite.submit(), lite.submit()
    assert int(two.number[-4:]) == int(one.number[-4:]) + 1
    with clock.freeze(clock.now() + timedelta(days=1)):
        assert lite.submit().number.endswith("0001")


def test_an_application_needs_an_applicant_the_account_may_act_for(lite: Desk) -> None:
    with pytest.raises(NotYours):
        lite.submit(parties=(PartyOnCase(lite.hall.other_party),))
    with pytest.raises(BadInput):
        lite.submit(parties=())
    lite.submit(parties=(PartyOnCase(lite.hall.company_party), PartyOnCase(lite.hall.citizen_party, "legal_representative")))


def test_a_correction_opens_only_what_it_names_and_only_once(desk: Desk) -> None:
    ref = desk.submit()
    ask(desk, ref.id)
    asked = desk.mine(ref.id).correction
    assert asked is not None and asked.fields == {"area": "与租赁合同不符"} and asked.materials == {"layout": "没有标出水池"} and asked.due
    with pytest.raises(NotAsked) as wrong:
        desk.correct(ref.id, {**VALUES, "area": 80, "operator_name": "别的店"}, (upload(desk),))
    assert "经营者名称" in wrong.value.words("zh")
    with pytest.raises(BadInput):
        desk.correct(ref.id, {**VALUES, "area": 80})
    assert desk.correct(ref.id, {**VALUES, "area": 80}, (upload(desk),)).status == "submitted"
    seen = desk.mine(ref.id)
    assert seen.values is not None and seen.values["area"] == 80 and [m.name for m in seen.materials] == ["layout.txt"]
    desk.sound(ref.id)
    with pytest.raises(TaskClosed):
        desk.correct(ref.id, {**VALUES, "area": 70}, (upload(desk),))
    with pytest.raises(RouteRefused):  # 行政许可法 32(1)4: told once
        desk.act(ref.id, seen.tasks[0].no, "request_correction", "window", data=ASK)
    assert desk.act(ref.id, seen.tasks[0].no, "accept", "window").status == "in_review"


def test_what_the_item_does_not_have_cannot_be_asked_for(lite: Desk) -> None:
    ref = lite.submit()
    for data in ({"fields": {"shoe_size": "?"}}, {"materials": {"passport_of_the_cat": "?"}}):
        with pytest.raises(BadInput):
            lite.act(ref.id, 1, "request_correction", "window", data=data)
    assert lite.mine(ref.id).status == "submitted"
    lite.sound(ref.id)


def test_declining_needs_a_reason_which_is_sealed(desk: Desk) -> None:
    ref = desk.submit()
    with pytest.raises(PlatformError):
        desk.act(ref.id, 1, "decline", "window")
    whose = {"disposition": "not_authority", "authority": "青禾区市场监督管理局"}
    desk.act(ref.id, 1, "decline", "window", reason="不属本机关职权,王小芳应向区局申请", data=whose)
    assert desk.mine(ref.id).status == "declined"
    assert any("不属本机关职权" in line.note for line in desk.mine(ref.id).history)
    with desk.database.session() as session:
        assert "王小芳" not in repr(session.execute(text("SELECT * FROM case_event")).all())
    desk.sound(ref.id)


def test_the_applicant_withdraws_before_the_decision_and_nobody_else_does(desk: Desk) -> None:
    ref = desk.submit()
    desk.act(ref.id, 1, "accept", "window")
    with desk.database.session() as session, pytest.raises(CaseNotFound):
        cases.withdraw(session, ref.id, command_id="x", actor=desk.hall.stranger)
    with desk.database.session() as session:
        assert cases.withdraw(session, ref.id, reason="不办了", command_id="x", actor=desk.hall.me).status == "withdrawn"
    assert desk.mine(ref.id).tasks == ()
    desk.sound(ref.id)
    with desk.database.session() as session, pytest.raises(PlatformError):
        cases.withdraw(session, ref.id, command_id="y", actor=desk.hall.me)


def test_an_unanswered_correction_lapses_by_the_sweep_where_the_item_says_so(lite: Desk) -> None:
    ref = lite.submit()
    ask(lite, ref.id)
    run_due(lite.database)
    assert lite.mine(ref.id).status == "correction_requested"
    route = None
    with lite.database.session() as session:
        route = items.load(session, lite.version).route
    with clock.freeze(clock.now() + timedelta(days=400)):
        run_due(lite.database)
    assert lite.mine(ref.id).status == ("lapsed" if route.intake.lapse_basis else "correction_requested")
    lite.sound(ref.id)


def test_four_eyes_the_clerk_of_the_intake_does_not_decide(lite: Desk) -> None:
    from core.identity.service import add_post
    from core.kernel.actor import SYSTEM

    ref = lite.submit()
    no = lite.run_until(ref.id, "review.decide")
    with lite.database.session() as session:
        add_post(session, lite.hall.staff["window"], lite.hall.department("market_regulation"), "leader", actor=SYSTEM)
    with pytest.raises(PlatformError):
        lite.act(ref.id, no, "grant", "window")
    assert lite.act(ref.id, no, "grant", "leader").outcome == "grant"


def test_a_stand_in_acts_and_both_names_are_kept(lite: Desk) -> None:
    from core.identity.service import delegate
    from core.kernel.actor import SYSTEM

    ref = lite.submit()
    today = clock.today()
    with pytest.raises((NotHolder, CaseNotFound)):
        lite.act(ref.id, 1, "accept", "fire")
    with lite.database.session() as session:
        delegate(session, lite.hall.staff["window"], lite.hall.staff["fire"], valid_from=today, valid_until=today, reason="请假", actor=SYSTEM)
    lite.act(ref.id, 1, "accept", "fire")
    lines = [line for line in lite.staff(ref.id, "window").history if line.kind == "case_accepted"]
    assert lines[0].actor == "杨烈" and lines[0].on_behalf_of == "周晓云"


def test_a_claimed_task_is_the_claimers_until_released(desk: Desk) -> None:
    from core.identity.service import add_post
    from core.kernel.actor import SYSTEM

    ref = desk.submit()
    with desk.database.session() as session:
        add_post(session, desk.hall.staff["reviewer"], desk.hall.department("market_regulation"), "window", actor=SYSTEM)
    with desk.database.session() as session:
        cases.claim(session, ref.id, 1, command_id="c", actor=desk.hall.actor("window"))
    desk.sound(ref.id)
    with pytest.raises(Conflict) as taken:
        desk.act(ref.id, 1, "accept", "reviewer")
    assert "周晓云" in taken.value.words("zh")
    with desk.database.session() as session:
        cases.release(session, ref.id, 1, command_id="r", actor=desk.hall.actor("window"))
    desk.act(ref.id, 1, "accept", "reviewer")
    desk.sound(ref.id)


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE case_event SET body = '{}' WHERE seq = 2",
        "DELETE FROM case_event WHERE seq = 2",
        "DELETE FROM case_event WHERE seq = (SELECT max(seq) FROM case_event)",
        "UPDATE case_event SET actor_id = 'somebody' WHERE seq = 1",
        "UPDATE case_ SET status = 'closed'",
        "DELETE FROM case_task",
        "UPDATE case_task SET node = 'review.decide'",
    ],
)
def test_verify_finds_every_kind_of_tampering(lite: Desk, harm: str) -> None:
    ref = lite.submit()
    with lite.database.session() as session:
        assert cases.verify(session, ref.id).ok
        session.execute(text(harm))
        assert not cases.verify(session, ref.id).ok
        assert list(cases.verify_all(session))
        session.rollback()


def test_swapped_answers_break_their_commitment_and_an_erased_case_still_verifies(desk: Desk) -> None:
    ref, other = desk.submit(), desk.submit({**VALUES, "area": 1})
    with desk.database.session() as session:
        session.execute(update(Case).where(Case.id == ref.id).values(wrapped_key=None))
        erased = cases.verify(session, ref.id)
        assert erased.ok and erased.erased
        assert cases.verify(session, other.id).ok
    assert desk.mine(ref.id).values is None


def test_nothing_a_person_entered_lies_open_in_the_tables_of_cases(lite: Desk) -> None:
    ref = lite.submit({**VALUES, "operator_name": "王小芳小吃店"}, materials=(upload(lite, "王小芳身份证.txt"),))
    ask(lite, ref.id)
    with lite.database.session() as session:
        tables = (
            "case_",
            "case_party",
            "case_payload",
            "case_material",
            "case_event",
            "case_task",
            "case_task_done",
            "correction",
            "outbox",
            "case_command",
        )
        for table in tables:
            rows = repr(session.execute(text(f"SELECT * FROM {table}")).all())
            for secret in ("王小芳", "11010519900307232X", "13800000001", "租赁合同", ref.query_code):
                assert secret not in rows, table
    assert lite.mine(ref.id).materials[0].name == "王小芳身份证.txt"


def test_files_of_a_case_open_through_the_case_for_those_who_may_see_it(lite: Desk) -> None:
    ref = lite.submit(materials=(upload(lite),))
    blob = lite.mine(ref.id).materials[0].blob_id
    with lite.database.session() as session:
        view, holder = queries.material_holder(session, ref.id, blob, actor=lite.hall.actor("window"))
        assert files.open(session, blob, holder=holder).decode() == "水池" and view.name == "layout.txt"
        for stranger in (lite.hall.stranger, lite.hall.actor("fire"), lite.hall.actor("yunling-window")):
            with pytest.raises(CaseNotFound):
                queries.material_holder(session, ref.id, blob, actor=stranger)
        assert session.scalar(select(func.count()).select_from(Entry).where(Entry.action == "cases.looked_material")) == 1


def test_the_wrong_person_finds_nothing_and_a_look_of_staff_is_recorded(desk: Desk) -> None:
    ref = desk.submit()
    with desk.database.session() as session:
        for login in ("fire", "yunling-window", "linxi-agent"):
            with pytest.raises(CaseNotFound):
                queries.case_for_staff(session, ref.id, actor=desk.hall.actor(login))
        with pytest.raises(CaseNotFound):
            queries.case_for_party(session, ref.id, actor=desk.hall.stranger)
        for bad in ("", "1", "' or 1=1 --", new_id()):
            with pytest.raises(CaseNotFound):
                queries.case_for_party(session, bad, actor=desk.hall.me)
        with pytest.raises(CaseNotFound):
            queries.by_query_code(session, "0000000000000000")
        assert queries.mine(session, desk.hall.other).rows == ()
        assert [c.id for c in queries.mine(session, desk.hall.citizen).rows] == [ref.id]
        queries.case_for_staff(session, ref.id, actor=desk.hall.actor("window"))
        looks = session.scalars(select(Entry.actor_id).where(Entry.action == "cases.looked", Entry.subject_id == ref.id)).all()
        assert looks == [desk.hall.staff["window"]]
    with pytest.raises(CaseNotFound):
        desk.act(ref.id, 1, "accept", "yunling-window")


def test_a_query_code_shows_progress_and_nothing_else(lite: Desk) -> None:
    ref = lite.submit(materials=(upload(lite),))
    with lite.database.session() as session:
        seen = queries.by_query_code(session, " ".join((ref.query_code[:4].lower(), ref.query_code[4:])))
        assert seen.id == ref.id and seen.values is None and seen.materials == () and seen.parties == () and seen.query_code is None
        steps = queries.timeline(session, seen)
    assert steps[1].state == "now" and steps[1].until is not None and "5" in steps[1].note
    assert {s.state for s in steps[2:]} == {"next"} and steps[-1].title


def test_events_are_chained_from_the_case_itself(lite: Desk) -> None:
    ref = lite.submit()
    lite.act(ref.id, 1, "accept", "window")
    with lite.database.session() as session:
        events: list[Any] = list(session.scalars(select(CaseEvent).where(CaseEvent.case_id == ref.id).order_by(CaseEvent.seq)))
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    assert all(b.prev_hash == a.hash for a, b in pairwise(events))
    assert {e.algorithm for e in events} == {"sha256"} and {e.format for e in events} == {1}
    assert BytesIO(events[0].body.encode()).read().startswith(b"{")
