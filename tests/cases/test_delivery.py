"""A result reaches the applicant: over the counter after an identity check, by post, or at once in their space – and only then is the case closed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from core.audit.models import Entry
from core.cases import delivery, queries, sealing
from core.cases.errors import CaseNotFound, ElsewhereDelivered, PickupLocked, TaskClosed
from core.cases.models import Case, CaseDelivery, CaseEvent
from core.cases.service import delivering, papers
from core.cases.service.delivering import Proof, Proxy
from core.cases.spec import DeliveryChoice
from core.documents import queries as documents
from core.documents.models import Document
from core.documents.service import words
from core.identity import service as identity
from core.identity.models import AccountParty
from core.identity.service import add_post
from core.kernel import clock
from core.kernel.actor import SYSTEM
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from core.routing.errors import RouteRefused
from tests.fixtures_cases import Desk
from tests.fixtures_hall import settle

HOME = DeliveryChoice("post", None, "王小芳", "13800000001", "示范市青禾区一中路1号2层")
PROXY = Proxy("李大山", "resident_id", "110105195808150016", "授权委托书,2026年11月20日")


def granted(desk: Desk, choice: DeliveryChoice | None = None, *, papers: bool = True) -> Any:
    ref = desk.submit(delivery=choice)
    desk.act(ref.id, desk.run_until(ref.id, "review.decide"), "grant", "leader", opinion="符合条件")
    if papers:
        settle(desk.database)
    return ref


def tail(desk: Desk) -> str:
    with desk.database.session() as session:
        return identity.party_view(session, desk.hall.citizen_party, reveal=True, actor=SYSTEM).number[-6:]


def hand(desk: Desk, ref: Any, login: str = "window", *, command: str | None = None, **proof: Any) -> Any:
    shown = Proof(proof.pop("code", ref.query_code), proof.pop("tail", tail(desk)), proof.pop("proxy", None))
    with desk.database.session() as session:
        return delivering.hand_over(session, ref.id, shown, command_id=command or new_id(), actor=desk.hall.actor(login))


def waiting(desk: Desk, login: str = "window", **more: Any) -> list[Any]:
    with desk.database.session() as session:
        return list(delivery.waiting(session, actor=desk.hall.actor(login), **more))


def row(desk: Desk, case: str) -> CaseDelivery:
    with desk.database.session() as session:
        return session.get_one(CaseDelivery, case)


def says(desk: Desk, case: str, kind: str) -> str:
    """What the newest document of *kind* says."""
    with desk.database.session() as session:
        wrapped = session.scalars(select(Case.wrapped_key).where(Case.id == case)).one()
        key = sealing.key_of(session, case, wrapped)
        made = session.scalars(select(Document).where(Document.case_id == case, Document.kind == kind).order_by(Document.id.desc())).first()
        assert key is not None and made is not None
        return "\n".join(line.words for line in words(made, key)[2])


def kinds(desk: Desk, case: str) -> list[str]:
    with desk.database.session() as session:
        return list(session.scalars(select(CaseEvent.kind).where(CaseEvent.case_id == case).order_by(CaseEvent.seq)))


def test_whoever_shows_query_code_and_document_gets_the_result_and_a_receipt(desk: Desk) -> None:
    ref = granted(desk, DeliveryChoice("pickup"))
    (line,) = waiting(desk)
    assert (line.case_id, line.way, line.state, line.made, line.light) == (ref.id, "pickup", "ready", True, "green") and line.due_at is not None
    done = hand(desk, ref)
    assert done.result.status == "closed" and waiting(desk) == []
    assert kinds(desk, ref.id)[-5:] == ["identity_checked", "task_closed", "delivered", "case_closed", "document_drawn"]
    settle(desk.database)
    with desk.database.session() as session:
        receipt = documents.of_case(session, ref.id)[-1]
        assert receipt.kind == "receipt" and receipt.ready
    desk.sound(ref.id)
    assert row(desk, ref.id).state == "done" and "签名" in says(desk, ref.id, "receipt") and "收件人:王小芳" in says(desk, ref.id, "receipt")


def test_a_case_filed_without_a_choice_waits_at_its_own_window(lite: Desk) -> None:
    ref = granted(lite)
    assert [(each.way, each.case_id) for each in waiting(lite)] == [("pickup", ref.id)]
    assert waiting(lite, way="post") == [] and len(waiting(lite, number=ref.number)) == 1


def test_before_the_decision_and_before_the_paper_nothing_is_handed_out(lite: Desk) -> None:
    ref = lite.submit(delivery=DeliveryChoice("pickup"))
    assert waiting(lite) == []
    with pytest.raises(CaseNotFound):
        hand(lite, ref)
    lite.act(ref.id, lite.run_until(ref.id, "review.decide"), "grant", "leader", opinion="符合条件")
    assert [each.made for each in waiting(lite)] == [False]
    with pytest.raises(RouteRefused):
        hand(lite, ref)
    assert row(lite, ref.id).state == "chosen" and lite.mine(ref.id).status == "decided"


@pytest.mark.parametrize("wrong", [{"code": "0000000000000000"}, {"tail": "000000"}, {"tail": ""}, {"code": ""}, {"tail": "X" * 40}, {"code": "'; --"}])
def test_a_wrong_code_or_document_gets_nothing_and_is_counted(lite: Desk, wrong: dict[str, str]) -> None:
    ref = granted(lite, DeliveryChoice("pickup"))
    refused = hand(lite, ref, **wrong)
    assert refused.result is None and refused.left == delivering.MOST_WRONG - 1
    assert row(lite, ref.id).wrong == 1 and lite.mine(ref.id).status == "decided"
    with lite.database.session() as session:
        assert session.scalar(select(func.count()).select_from(Entry).where(Entry.action == "cases.pickup_refused", Entry.subject_id == ref.id)) == 1


def test_five_wrong_checks_shut_the_pick_up_for_half_an_hour_even_for_the_right_person(lite: Desk) -> None:
    ref = granted(lite, DeliveryChoice("pickup"))
    for _ in range(delivering.MOST_WRONG):
        last = hand(lite, ref, tail="111111")
    assert last.left == 0 and last.locked_until is not None
    with pytest.raises(PickupLocked):
        hand(lite, ref)
    with clock.freeze(clock.now() + delivering.LOCKED_FOR + timedelta(seconds=1)):
        assert hand(lite, ref).result.status == "closed"


def test_a_right_check_after_wrong_ones_begins_the_count_anew_and_another_case_s_code_is_wrong(lite: Desk) -> None:
    ref, other = granted(lite, DeliveryChoice("pickup")), lite.submit()
    assert hand(lite, ref, code=other.query_code).result is None
    assert hand(lite, ref).result is not None and row(lite, ref.id).wrong == 0


def test_a_proxy_is_named_with_document_and_authority(lite: Desk) -> None:
    ref = granted(lite, DeliveryChoice("pickup"))
    for lacking in ({"name": " "}, {"number": "110105195808150017"}, {"authority": ""}, {"document_kind": "library_card"}):
        with pytest.raises(BadInput):
            hand(lite, ref, proxy=replace(PROXY, **lacking))
    assert row(lite, ref.id).wrong == 0  # a form not filled is no failed check
    assert hand(lite, ref, proxy=PROXY, tail="222222").result is None
    assert hand(lite, ref, proxy=PROXY).result.status == "closed"
    lite.sound(ref.id)
    with lite.database.session() as session:
        view = queries.case_for_staff(session, ref.id, actor=lite.hall.actor("window"))
    body = next(line.body for line in view.history if line.kind == "identity_checked")
    assert body == {"taker": "proxy"} and "110105195808150016" not in str(view.history)


def test_the_same_hand_over_sent_twice_happens_once(lite: Desk) -> None:
    ref, command = granted(lite, DeliveryChoice("pickup")), new_id()
    hand(lite, ref, command=command)
    before = kinds(lite, ref.id)
    with pytest.raises(CaseNotFound):  # it waits no more
        hand(lite, ref, command=command)
    assert kinds(lite, ref.id) == before


@pytest.mark.parametrize("login", ["fire", "qinghe-window", "reviewer"])
def test_another_window_neither_sees_nor_hands_out(lite: Desk, login: str) -> None:
    ref = granted(lite, DeliveryChoice("pickup"))
    assert waiting(lite, login) == []
    with pytest.raises(CaseNotFound):
        hand(lite, ref, login)
    with lite.database.session() as session, pytest.raises(CaseNotFound):
        delivery.one(session, ref.id, actor=lite.hall.me)  # not even the applicant sits behind the counter


def test_the_window_of_the_chosen_place_hands_out_for_another_department_and_decides_nothing(lite: Desk) -> None:
    """统一出件: the clerk of the place has no post in the deciding department."""
    place = lite.hall.department("health")
    with lite.database.session() as session:
        add_post(session, lite.hall.actor("fire").id, place, "window", actor=SYSTEM)
    ref = lite.submit(delivery=DeliveryChoice("pickup", place))
    lite.act(ref.id, lite.run_until(ref.id, "review.decide"), "grant", "leader", opinion="符合条件")
    settle(lite.database)
    assert [each.case_id for each in waiting(lite, "fire")] == [ref.id]
    assert hand(lite, ref, "fire").result.status == "closed"
    lite.sound(ref.id)


def test_the_plain_button_hands_out_no_paper(lite: Desk) -> None:
    ref = granted(lite, DeliveryChoice("pickup"))
    no = lite.mine(ref.id).tasks[0].no
    for way in ("pickup", "post", "electronic", ""):
        with pytest.raises(ElsewhereDelivered):
            lite.act(ref.id, no, "deliver", "window", data={"way": way})


def test_what_is_posted_is_delivered_when_it_is_signed_for(lite: Desk) -> None:
    ref, window = granted(lite, HOME), lite.hall.actor("window")
    with lite.database.session() as session:
        assert delivery.of_case(session, ref.id).address == "" and delivery.address(session, ref.id).address == HOME.address  # type: ignore[union-attr]
        with pytest.raises(BadInput):
            delivering.hand_over(session, ref.id, Proof(ref.query_code, tail(lite)), command_id=new_id(), actor=window)
        with pytest.raises(BadInput):
            delivering.signed_for(session, ref.id, recipient="王小芳", command_id=new_id(), actor=window)
        for carrier, tracking in (("", "EMS12345678"), ("邮政", ""), ("邮政", "12"), ("邮政", "<script>x</script>"), ("邮政", "号" * 8)):
            with pytest.raises(BadInput):
                delivering.send_off(session, ref.id, carrier=carrier, tracking=tracking, command_id=new_id(), actor=window)
    with lite.database.session() as session:
        delivering.send_off(session, ref.id, carrier="邮政", tracking="ems 1234 5678", command_id=new_id(), actor=window)
    assert (row(lite, ref.id).state, row(lite, ref.id).tracking) == ("posted", "EMS12345678") and lite.mine(ref.id).status == "decided"
    with lite.database.session() as session, pytest.raises(BadInput):
        delivering.send_off(session, ref.id, carrier="邮政", tracking="EMS12345679", command_id=new_id(), actor=window)
    with lite.database.session() as session:
        delivering.came_back(session, ref.id, reason="没有这个门牌", command_id=new_id(), actor=window)
    assert (row(lite, ref.id).state, row(lite, ref.id).returns) == ("returned", 1)
    with lite.database.session() as session:
        delivering.send_off(session, ref.id, carrier="邮政", tracking="EMS12345680", command_id=new_id(), actor=window)
    with lite.database.session() as session:
        assert delivering.signed_for(session, ref.id, recipient="王小芳", command_id=new_id(), actor=lite.hall.me).status == "closed"
    lite.sound(ref.id)
    assert [each for each in kinds(lite, ref.id) if each.startswith("delivery_")] == [
        "delivery_chosen", "delivery_posted", "delivery_returned", "delivery_posted",
    ]  # fmt: skip


def test_an_electronic_result_arrives_when_its_papers_are_made_and_leaves_a_read_receipt(desk: Desk) -> None:
    ref = granted(desk, DeliveryChoice("electronic"), papers=False)
    with desk.database.session() as session:
        assert delivering.sweep(session) is False
    assert desk.mine(ref.id).status == "decided"  # it waits for the papers
    settle(desk.database)
    with desk.database.session() as session:
        delivering.sweep(session)
    assert desk.mine(ref.id).status == "closed" and row(desk, ref.id).state == "done"
    before = len(kinds(desk, ref.id))
    with desk.database.session() as session:
        delivering.sweep(session)
        with pytest.raises(CaseNotFound):
            delivering.read(session, ref.id, actor=desk.hall.stranger)
    with desk.database.session() as session:
        delivering.read(session, ref.id, actor=desk.hall.me)
    with desk.database.session() as session:
        delivering.read(session, ref.id, actor=desk.hall.me)
    assert row(desk, ref.id).read_at is not None and kinds(desk, ref.id)[before:] == ["result_read"]
    desk.sound(ref.id)


def test_what_the_plain_button_delivered_is_done_and_has_a_read_receipt_like_any_other(lite: Desk) -> None:
    chosen, plain = granted(lite, DeliveryChoice("pickup")), granted(lite)
    with lite.database.session() as session:
        delivering.choose(session, chosen.id, DeliveryChoice("electronic"), command_id=new_id(), actor=lite.hall.me)
    for ref in (chosen, plain):  # before the sweep comes by; the second where nobody chose and the first way of the item stood
        lite.act(ref.id, lite.mine(ref.id).tasks[0].no, "deliver", "window", data={"way": "electronic"})
        assert (row(lite, ref.id).way, row(lite, ref.id).state) == ("electronic", "done")
        with lite.database.session() as session:
            delivering.read(session, ref.id, actor=lite.hall.me)
        assert row(lite, ref.id).read_at is not None and kinds(lite, ref.id)[-1] == "result_read"
        lite.sound(ref.id)


def test_whoever_cannot_be_reached_does_not_stand_before_those_who_can(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "BATCH", 1)
    gone = lite.submit(delivery=DeliveryChoice("electronic"), actor=lite.hall.stranger)
    with lite.database.session() as session:
        session.execute(delete(AccountParty).where(AccountParty.party_id == lite.hall.other_party))
        session.execute(update(CaseDelivery).where(CaseDelivery.case_id == gone.id).values(state="ready"))
        session.execute(update(Case).where(Case.id == gone.id).values(status="decided"))
    ref = granted(lite, DeliveryChoice("pickup"))
    with lite.database.session() as session:
        delivering.choose(session, ref.id, DeliveryChoice("electronic"), command_id=new_id(), actor=lite.hall.me)
    with lite.database.session() as session:
        assert delivering.sweep(session) is True
    assert lite.mine(ref.id).status == "closed" and row(lite, gone.id).state == "ready"
    with lite.database.session() as session:
        assert delivering.sweep(session) is False


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)  # SQLite has one writer: nobody can choose in between
def test_who_chose_another_way_while_the_window_looked_is_not_handed_the_result(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ref, ready, chosen = granted(desk, DeliveryChoice("pickup")), papers.ready, []

    def meanwhile(session: Any, case: Any) -> bool:
        if not chosen:
            chosen.append(True)
            with desk.database.session() as other:
                delivering.choose(other, ref.id, HOME, command_id=new_id(), actor=desk.hall.me)
        return ready(session, case)

    monkeypatch.setattr(papers, "ready", meanwhile)
    with pytest.raises(TaskClosed):
        hand(desk, ref)
    assert chosen and (row(desk, ref.id).way, row(desk, ref.id).state) == ("post", "ready") and desk.mine(ref.id).status == "decided"
    desk.sound(ref.id)


def test_the_applicant_chooses_another_way_until_it_is_on_its_way(lite: Desk) -> None:
    ref = granted(lite, DeliveryChoice("pickup"))

    def choose(choice: DeliveryChoice, who: Any = None) -> None:
        with lite.database.session() as session:
            delivering.choose(session, ref.id, choice, command_id=new_id(), actor=who or lite.hall.me)

    with pytest.raises(CaseNotFound):
        choose(HOME, lite.hall.stranger)
    for wrong in (DeliveryChoice("pigeon"), DeliveryChoice("post"), replace(HOME, phone="12"), replace(HOME, address="家"), replace(HOME, recipient="长" * 61)):
        with pytest.raises(BadInput):
            choose(wrong)
    choose(HOME)
    assert (row(lite, ref.id).way, row(lite, ref.id).state) == ("post", "ready")
    with lite.database.session() as session:
        delivering.send_off(session, ref.id, carrier="邮政", tracking="EMS12345678", command_id=new_id(), actor=lite.hall.actor("window"))
    with pytest.raises(TaskClosed):
        choose(DeliveryChoice("pickup"))
    lite.sound(ref.id)


def test_an_address_lies_in_no_column_and_no_event(lite: Desk) -> None:
    ref = granted(lite, HOME)
    with lite.database.session() as session:
        found = session.execute(select(CaseEvent.body).where(CaseEvent.case_id == ref.id)).scalars().all()
        assert not any("一中路" in body or "13800000001" in body for body in found)
        sealed = session.get_one(CaseDelivery, ref.id).sealed
        assert sealed is not None and "一中路".encode() not in sealed
        assert session.get_one(Case, ref.id).status == "decided"


def test_a_way_that_the_item_does_not_have_is_refused_at_filing(lite: Desk) -> None:
    with pytest.raises(BadInput):
        lite.submit(delivery=DeliveryChoice("pigeon"))
    with pytest.raises(BadInput):
        lite.submit(delivery=DeliveryChoice("post", None, "王小芳", "13800000001", ""))
