"""告知承诺 and 容缺受理: what may be signed, by whom, and the check that follows (国办发〔2020〕42号; 安阳 24-27)."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core.cases.errors import CaseNotFound, LaterMissing, PledgeClosed
from core.cases.models import CaseEvent, CaseIncident, CasePledge, CaseSupply
from core.cases.service import following, hand_in_later, lateness, promising, verify
from core.cases.spec import Handed, Signed, Supplies
from core.cases.versions import pinned
from core.files import service as files
from core.items.hookspecs import BarCondition
from core.kernel import clock
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from core.outbox import relay
from core.outbox.models import Message
from core.sdk import hookimpl
from tests.cases.test_children import GRANTED, HYGIENE, begins, child_of, nodes, through
from tests.fixtures_cases import CLERKS, VALUES, Desk
from tests.fixtures_hall import publish_item, settle
from tests.fixtures_plugins import take_in
from tests.portal.test_applying import PNG

FACTS = {"form": VALUES, "situation": {}, "party": {"kind": "person"}, "channel": "online"}
PROMISE = {
    "id": "layout", "title": "布局文件告知承诺", "kind": "proof", "materials": ["layout"], "duty": "布局文件要写明操作流程",
    "text": "我承诺布局符合要求", "liability": "不实的,撤销决定", "basis": "国办发〔2020〕42号",
    "check": {"within": {"value": 30, "unit": "calendar_day"}, "methods": ["site"], "role": "reviewer"},
}  # fmt: skip
DEFERRAL = {"text": "我按期补齐", "liability": "逾期视为撤回申请", "on_late": "withdrawn", "basis": "安阳市政务服务条例第二十四条"}


def promised(doc: dict[str, Any]) -> None:
    doc["promises"], doc["deferral"] = [PROMISE], DEFERRAL
    rules = next(each for each in doc["materials"] if each["id"] == "rules")
    rules |= {"need": "deferrable", "later": {"value": 5, "unit": "working_day"}}


@pytest.fixture
def hall(lite: Desk) -> Iterator[Desk]:
    with lite.database.session() as session:
        lite.version = publish_item(session, "market_regulation/food-operation-new.json", change=promised)
    yield lite


def sign(desk: Desk, *kinds: str, name: str = "王小芳", change: str = "") -> Supplies:
    """The applicant's signatures under what the item offers."""
    with desk.database.session() as session:
        offers = promising.offers(pinned(session, desk.version), FACTS)
    signed = tuple(Signed(each.kind, each.code, name, clock.now(), each.digest + change) for each in offers if each.kind in kinds)
    return Supplies(signed=signed)


def grant(desk: Desk, case: str) -> None:
    """Press the first open button of every task until the case is decided."""
    for _ in range(20):
        view = desk.mine(case)
        if view.outcome is not None:
            return
        login = CLERKS[view.tasks[0].roles[0]]
        task = next(t for t in desk.staff(case, login).tasks if t.no == view.tasks[0].no)
        desk.act(case, task.no, next(a.id for a in task.actions if a.enabled), login)


def lines(desk: Desk, login: str, state: str = "due") -> tuple[following.Followup, ...]:
    with desk.database.session() as session:
        following.open_due(session)
    with desk.database.session() as session:
        return following.followups(session, state=state, actor=desk.hall.actor(login))


def check(desk: Desk, line: str, login: str, *, kept: bool, method: str = "site", words: str = "到场看过", command: str = "") -> Any:
    with desk.database.session() as session:
        return following.record(session, line, kept=kept, method=method, words=words, command_id=command or new_id(), actor=desk.hall.actor(login))


def test_a_promise_opens_its_check_with_the_decision_and_a_breach_is_kept_in_the_chain(hall: Desk) -> None:
    """42号: check within the time told, by a method told; 安阳 27: what was not true is the ground for revoking the decision."""
    case = hall.submit(supplies=sign(hall, "proof")).id
    assert lines(hall, "reviewer") == ()  # nothing to check before there is a decision
    grant(hall, case)
    (line,) = lines(hall, "reviewer")
    assert line.due_on == (clock.today() + timedelta(days=30))
    assert lines(hall, "window") == ()  # the check is the reviewer's
    with pytest.raises(CaseNotFound):
        check(hall, line.id, "window", kept=True)
    with pytest.raises(BadInput):
        check(hall, line.id, "reviewer", kept=True, method="share")  # not told to the applicant
    with pytest.raises(BadInput):
        check(hall, line.id, "reviewer", kept=False, words="  ")
    command = new_id()
    check(hall, line.id, "reviewer", kept=False, words="没有操作流程", command=command)
    assert check(hall, line.id, "reviewer", kept=False, words="没有操作流程", command=command).replayed
    with pytest.raises(PledgeClosed):
        check(hall, line.id, "reviewer", kept=True)
    assert [each.id for each in lines(hall, "reviewer", "breached")] == [line.id]
    with hall.database.session() as session:
        body = session.scalar(select(CaseEvent.body).where(CaseEvent.case_id == case, CaseEvent.kind == "promise_checked"))
        assert '"outcome":"breached"' in str(body)
        assert "没有操作流程" not in str(body)  # words are sealed
        assert verify(session, case).ok


def test_who_is_refused_has_nothing_to_be_checked(hall: Desk) -> None:
    case = hall.submit(supplies=sign(hall, "proof")).id
    with hall.database.session() as session:
        from core.cases import service as cases

        cases.withdraw(session, case, command_id=new_id(), actor=hall.hall.me)
    assert lines(hall, "reviewer") == ()
    with hall.database.session() as session:
        assert session.scalar(select(CasePledge.state).where(CasePledge.case_id == case)) == "void"


@pytest.mark.parametrize(("change", "name", "key"), [("x", "王小芳", "cases.promise_changed"), ("", " ", "cases.promise_unsigned")])
def test_a_promise_binds_to_the_very_words_shown_and_to_a_name(hall: Desk, change: str, name: str, key: str) -> None:
    with pytest.raises(BadInput) as refused:
        hall.submit(supplies=sign(hall, "proof", name=name, change=change))
    assert refused.value.message_key == key
    with hall.database.session() as session:
        assert session.scalar(select(func.count()).select_from(CasePledge)) == 0


def test_what_the_item_does_not_offer_cannot_be_promised(lite: Desk) -> None:
    """安阳 26: only what is on the published list; whoever does not choose it is asked to promise nothing."""
    with pytest.raises(BadInput) as refused:
        lite.submit(supplies=Supplies(signed=(Signed("proof", "layout", "王小芳", clock.now(), "sha256:" + "0" * 64),)))
    assert refused.value.message_key == "cases.promise_changed"


def test_a_condition_of_a_plugin_bars_the_promise_and_one_that_nobody_can_judge_bars_too(lite: Desk) -> None:
    """42号: bad credit not yet repaired excludes; the credit book is a plugin's, here one that knows one person."""

    class Credit:
        @hookimpl
        def bar_conditions(self) -> list[BarCondition]:
            return [BarCondition("bad-credit", "有没有修复的失信", lambda _session, party: party == lite.hall.citizen_party)]

    host = take_in(lite.database, Credit(), "credit_book", "bar_conditions")

    def barred(doc: dict[str, Any]) -> None:
        promised(doc)
        doc["bars"] = [{"id": "credit", "title": "有没有修复的失信", "condition": "bad-credit", "basis": "国办发〔2020〕42号"}]

    with lite.database.session() as session:
        lite.version = publish_item(session, "market_regulation/food-operation-new.json", change=barred)
    supplies = sign(lite, "proof")
    with pytest.raises(BadInput) as refused:
        lite.submit(supplies=supplies)
    assert "有没有修复的失信" in refused.value.words("zh")
    assert lite.submit(supplies=supplies, actor=lite.hall.stranger).id  # somebody else may
    host.quarantine("credit_book", "test")
    with pytest.raises(BadInput):
        lite.submit(supplies=supplies, actor=lite.hall.stranger)


def put(desk: Desk, account: str) -> Handed:
    with desk.database.session() as session:
        ref = files.put(session, io.BytesIO(PNG), name="制度.png", holder=("account", account))
    return Handed("rules", ref.id, ref.name, ref.media_type, ref.size, ref.digest, ("account", account))


def test_a_paper_promised_for_later_follows_once_within_its_days_and_only_by_its_owner(hall: Desk) -> None:
    """安阳 24, 滨州 11: accepted first; what is missing, by when and what lateness means was told at once."""
    case = hall.submit(supplies=sign(hall, "later")).id
    (line,) = lines(hall, "window")
    assert line.kind == "later"
    assert line.due_on is not None
    assert not following.overdue(line, line.due_on)
    assert following.overdue(line, line.due_on + timedelta(days=1))
    mine, theirs = put(hall, hall.hall.me.id), put(hall, hall.hall.stranger.id)
    with pytest.raises(CaseNotFound), hall.database.session() as session:
        hand_in_later(session, case, "rules", [theirs], command_id=new_id(), actor=hall.hall.stranger)
    with pytest.raises(BadInput), hall.database.session() as session:
        hand_in_later(session, case, "rules", [], command_id=new_id(), actor=hall.hall.me)
    with pytest.raises(PledgeClosed), hall.database.session() as session:
        layout = Handed("layout", mine.blob_id, mine.name, mine.media_type, mine.size, mine.digest, mine.holder)
        hand_in_later(session, case, "layout", [layout], command_id=new_id(), actor=hall.hall.me)
    with hall.database.session() as session:
        hand_in_later(session, case, "rules", [mine], command_id=new_id(), actor=hall.hall.me)
    with pytest.raises(PledgeClosed), hall.database.session() as session:
        hand_in_later(session, case, "rules", [mine], command_id=new_id(), actor=hall.hall.me)
    assert [one.name for one in hall.mine(case).materials if one.material == "rules"] == ["制度.png"]
    assert lines(hall, "window") == ()
    with hall.database.session() as session:
        assert verify(session, case).ok
        assert session.scalar(select(CaseSupply.later).where(CaseSupply.case_id == case)) == 1


def later(desk: Desk, on_late: str) -> str:
    """A case with a paper promised for later, of an item that says what lateness means."""

    def change(doc: dict[str, Any]) -> None:
        promised(doc)
        doc["deferral"] = {**DEFERRAL, "on_late": on_late}

    with desk.database.session() as session:
        desk.version = publish_item(session, "market_regulation/food-operation-new.json", change=change)
    return desk.submit(supplies=sign(desk, "later")).id


def swept(desk: Desk) -> None:
    with desk.database.session() as session:
        lateness.sweep(session)


def test_who_lets_the_day_for_the_late_papers_pass_has_withdrawn_with_the_basis_that_was_signed(hall: Desk) -> None:
    """安阳 24: 逾期未补齐补正材料的,视为撤回申请."""
    case = later(hall, "withdrawn")
    swept(hall)
    assert hall.mine(case).status == "submitted", "its day has not passed"
    with clock.freeze(clock.now() + timedelta(days=20)):
        swept(hall)
        swept(hall)
    view = hall.mine(case)
    assert view.status == "withdrawn" and any("第二十四条" in line.note for line in view.history)
    with hall.database.session() as session:
        assert verify(session, case).ok


def test_late_cases_that_people_decide_do_not_stand_before_those_that_are_withdrawn(hall: Desk) -> None:
    stays, goes = [later(hall, "refused") for _ in range(2)], later(hall, "withdrawn")
    with clock.freeze(clock.now() + timedelta(days=20)), hall.database.session() as session:
        assert lateness.sweep(session, limit=1) is True
        assert lateness.sweep(session, limit=1) is False
    assert hall.mine(goes).status == "withdrawn" and {hall.mine(each).status for each in stays} == {"submitted"}


def test_where_lateness_means_refusal_people_decide_and_nobody_grants(hall: Desk) -> None:
    """滨州 11: 申请人逾期未补正的,审批部门应当作出不予审批的决定."""
    case = later(hall, "refused")
    with clock.freeze(clock.now() + timedelta(days=20)):
        swept(hall)
    assert hall.mine(case).status == "submitted"
    no = hall.run_until(case, "review.decide")
    with pytest.raises(LaterMissing) as refused:
        hall.act(case, no, "grant", "leader")
    assert "制度" in refused.value.words()
    with hall.database.session() as session:
        hand_in_later(session, case, "rules", [put(hall, hall.hall.me.id)], command_id=new_id(), actor=hall.hall.me)
    hall.act(case, no, "grant", "leader")
    assert hall.mine(case).outcome == "grant"


def test_a_sub_case_grants_no_parent_whose_promised_papers_are_missing_and_does_when_they_come(hall: Desk) -> None:
    def change(doc: dict[str, Any]) -> None:
        promised(doc)
        doc["deferral"] = {**DEFERRAL, "on_late": "refused"}
        begins(granted={"outcome": "grant"})(doc)

    with hall.database.session() as session:
        publish_item(session, HYGIENE)
    with hall.database.session() as session:
        hall.version = publish_item(session, "market_regulation/food-operation-new.json", change=change)
    case = hall.submit(supplies=sign(hall, "later")).id
    through(hall, case, ("window", "accept", None), ("reviewer", "pass", None), ("chief", "agree", None))
    settle(hall.database)
    through(hall, child_of(hall, case), *GRANTED)
    settle(hall.database)
    assert hall.mine(case).outcome is None and nodes(hall, case) == {"review.hygiene"}
    with hall.database.session() as session:  # tried as often as the outbox tries
        session.execute(update(Message).where(Message.topic == "case.child_ended").values(attempts=relay.MAX_ATTEMPTS - 1, available_at=clock.now()))
    settle(hall.database)
    with hall.database.session() as session:
        assert "LaterMissing" in session.scalars(select(CaseIncident.error).where(CaseIncident.kind == "job")).one()
        hand_in_later(session, case, "rules", [put(hall, hall.hall.me.id)], command_id=new_id(), actor=hall.hall.me)
    settle(hall.database)
    assert hall.mine(case).outcome == "grant"
    hall.sound(case)
