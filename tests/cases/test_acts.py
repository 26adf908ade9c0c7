"""Legal acts of a case: each command that is one draws up its document in the same transaction, or is refused with all it did."""

from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from core.audit.models import Entry
from core.cases import queries
from core.cases import service as cases
from core.cases.errors import CaseNotFound
from core.cases.models import Case, CaseEvent
from core.cases.service.papers import kinds_of
from core.documents import queries as documents
from core.documents.errors import UnknownDocument
from core.documents.models import Document, DocumentCounter
from core.documents.service import words
from core.documents.spec import DocumentView
from core.files import service as files
from core.files.errors import BlobGone
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from core.routing.errors import RouteRefused
from core.routing.marking import Marking, Plan
from tests.fixtures_cases import Desk
from tests.fixtures_hall import settle


def drawn(desk: Desk, case: str) -> tuple[DocumentView, ...]:
    with desk.database.session() as session:
        return documents.of_case(session, case)


def says(desk: Desk, case: str, kind: str) -> str:
    """What the newest document of *kind* says, line by line."""
    from core.cases import sealing

    with desk.database.session() as session:
        row = session.execute(select(Case.id, Case.wrapped_key).where(Case.id == case)).one()
        document = session.scalars(select(Document).where(Document.case_id == case, Document.kind == kind).order_by(Document.id.desc())).first()
        assert document is not None, f"no {kind}"
        key = sealing.key_of(session, case, row.wrapped_key)
        assert key is not None
        return "\n".join(line.words for line in words(document, key)[2])


def test_acceptance_is_told_in_writing_with_number_date_and_the_last_day(desk: Desk) -> None:
    ref = desk.submit()
    assert drawn(desk, ref.id) == ()
    desk.act(ref.id, 1, "accept", "window")
    (made,) = drawn(desk, ref.id)
    assert made.kind == "acceptance" and made.title == "行政许可受理通知书" and made.number.startswith("示市监受〔") and not made.ready
    told = says(desk, ref.id, "acceptance")
    assert "王小芳:" in told and "10个工作日" in told.replace(" ", "") and "最晚" in told
    settle(desk.database)
    assert drawn(desk, ref.id)[0].ready
    desk.sound(ref.id)


def test_the_same_command_twice_draws_up_one_document(lite: Desk) -> None:
    ref, command = lite.submit(), new_id()
    lite.act(ref.id, 1, "accept", "window", command=command)
    lite.act(ref.id, 1, "accept", "window", command=command)
    settle(lite.database)
    settle(lite.database)
    assert len(drawn(lite, ref.id)) == 1


def test_documents_of_one_kind_are_numbered_in_order_and_a_refused_act_takes_no_number(lite: Desk) -> None:
    first, second, third = lite.submit(), lite.submit(), lite.submit()
    lite.act(first.id, 1, "decline", "window", reason="不符合")
    with pytest.raises(BadInput):
        lite.act(second.id, 1, "decline", "window", reason="不归我们", data={"disposition": "not_authority"})
    with pytest.raises(RouteRefused):
        lite.act(second.id, 1, "decline", "window", reason=" ")
    lite.act(third.id, 1, "decline", "window", reason="不符合")
    numbers = [drawn(lite, case.id)[0].number.rpartition("〕")[2] for case in (first, third)]
    assert numbers == ["1号", "2号"]


def test_an_act_that_fails_after_its_document_leaves_nothing_of_it(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.cases.service import machine

    ref = lite.submit()
    whole = machine.insert_together

    def broken(*args: Any, **more: Any) -> bool:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(machine, "insert_together", broken)
    with pytest.raises(RuntimeError):
        lite.act(ref.id, 1, "accept", "window")
    monkeypatch.setattr(machine, "insert_together", whole)
    with lite.database.session() as session:
        assert session.scalar(select(func.count()).select_from(Document)) == 0
        assert session.scalar(select(func.count()).select_from(DocumentCounter)) == 0
    lite.act(ref.id, 1, "accept", "window")
    assert drawn(lite, ref.id)[0].number.endswith("〕1号")


def test_a_correction_says_everything_once_with_the_reason_of_each(lite: Desk) -> None:
    ref = lite.submit()
    with pytest.raises(BadInput) as refused:
        lite.act(ref.id, 1, "request_correction", "window", data={"fields": {"area": ""}, "materials": {"layout": "没有标出水池"}})
    assert "“经营面积”" in refused.value.words("zh")
    lite.act(ref.id, 1, "request_correction", "window", data={"fields": {"area": "与租赁合同不符"}, "materials": {"layout": "没有标出水池"}})
    told = says(lite, ref.id, "correction")
    assert "1.《与食品经营相适应的主要设备设施布局、操作流程等文件》:没有标出水池" in told and "2.“经营面积”:与租赁合同不符" in told
    lite.sound(ref.id)


def test_what_another_department_found_missing_stands_on_the_one_notice_with_its_reason(lite: Desk) -> None:
    ref = lite.submit({"operator_name": "青禾餐饮", "area": 500, "business_kind": "catering"})
    check = next(task for task in lite.mine(ref.id).tasks if task.kind == "check")
    lite.act(ref.id, check.no, "missing", "fire", data={"materials": {"layout": "没有疏散通道"}})
    lite.act(ref.id, 1, "request_correction", "window", data={"fields": {"area": "与租赁合同不符"}})
    told = says(lite, ref.id, "correction")
    assert "没有疏散通道" in told and "与租赁合同不符" in told
    assert [made.kind for made in drawn(lite, ref.id)] == ["correction"]


def test_a_refusal_gives_reasons_and_redress_and_delivery_waits_for_its_paper(lite: Desk) -> None:
    ref = lite.submit()
    leader = lite.run_until(ref.id, "review.decide")
    with pytest.raises(RouteRefused):
        lite.act(ref.id, leader, "refuse", "leader")
    lite.act(ref.id, leader, "refuse", "leader", reason="清洗区没有分开\n排烟不合格")
    told = says(lite, ref.id, "decision_refuse")
    assert "1.清洗区没有分开\n2.排烟不合格" in told and "六十日内" in told and "六个月内" in told
    window = lite.mine(ref.id).tasks[0].no
    with pytest.raises(RouteRefused):
        lite.act(ref.id, window, "deliver", "window", data={"way": "electronic"})
    settle(lite.database)
    assert lite.act(ref.id, window, "deliver", "window", data={"way": "electronic", "recipient": "王小芳"}).status == "closed"
    told = says(lite, ref.id, "receipt")
    assert "不予行政许可决定书" in told and "收件人:王小芳" in told
    lite.sound(ref.id)


def test_a_grant_names_the_licence_and_what_is_delivered_is_receipted(lite: Desk) -> None:
    ref = lite.submit()
    leader = lite.run_until(ref.id, "review.decide")
    lite.act(ref.id, leader, "grant", "leader")
    assert "食品经营许可证(编号 " in says(lite, ref.id, "decision_grant")
    settle(lite.database)
    lite.act(ref.id, lite.mine(ref.id).tasks[0].no, "deliver", "window", data={"way": "electronic"})
    assert [made.kind for made in drawn(lite, ref.id)] == ["acceptance", "decision_grant", "receipt"]
    told = says(lite, ref.id, "receipt")
    assert "食品经营许可证(编号 " in told and "电子送达" in told and "签名" not in told
    lite.sound(ref.id)


def test_events_name_the_document_and_hold_none_of_its_words(lite: Desk) -> None:
    ref = lite.submit()
    lite.act(ref.id, 1, "decline", "window", reason="王小芳说的地址不存在")
    with lite.database.session() as session:
        bodies = session.scalars(select(CaseEvent.body).where(CaseEvent.case_id == ref.id, CaseEvent.kind == "document_drawn")).all()
        assert len(bodies) == 1 and "declining" in bodies[0] and drawn(lite, ref.id)[0].id in bodies[0]
        everything = repr(session.execute(text("SELECT * FROM case_event")).all()) + repr(session.execute(text("SELECT * FROM document")).all())
    assert "王小芳" not in everything and "地址不存在" not in everything


def test_only_parties_and_those_who_work_on_the_case_open_its_documents(lite: Desk) -> None:
    ref, other = lite.submit(), lite.submit(actor=lite.hall.stranger)
    lite.act(ref.id, 1, "accept", "window")
    settle(lite.database)
    document = drawn(lite, ref.id)[0].id
    with lite.database.session() as session:
        found, holder = queries.document_holder(session, ref.id, document, actor=lite.hall.me)
        assert files.open(session, str(found.pdf_blob_id), holder=holder).startswith(b"%PDF")
        queries.document_holder(session, ref.id, document, actor=lite.hall.actor("window"))
        assert session.scalar(select(func.count()).select_from(Entry).where(Entry.action == "cases.looked_document")) == 1
        for actor in (lite.hall.stranger, lite.hall.actor("yunling-window"), lite.hall.actor("linxi-agent")):
            with pytest.raises(CaseNotFound):
                queries.document_holder(session, ref.id, document, actor=actor)
        with pytest.raises(UnknownDocument):  # another's document through one's own case
            queries.document_holder(session, other.id, document, actor=lite.hall.stranger)
        for wrong in ("x", "../x", new_id()):
            with pytest.raises((CaseNotFound, UnknownDocument)):
                queries.document_holder(session, ref.id, wrong, actor=lite.hall.me)


def test_with_the_key_of_the_case_its_documents_are_erased_and_the_proof_stays(lite: Desk) -> None:
    ref = lite.submit()
    lite.act(ref.id, 1, "accept", "window")
    settle(lite.database)
    blob = str(drawn(lite, ref.id)[0].pdf_blob_id)
    with lite.database.session() as session:
        session.execute(update(Case).where(Case.id == ref.id).values(wrapped_key=None))
        files.drop_all(session, ("case", ref.id))
    with lite.database.session() as session:
        with pytest.raises(BlobGone):
            files.open(session, blob, holder=("case", ref.id))
        assert documents.of_case(session, ref.id)[0].number
        assert cases.verify(session, ref.id).ok


def test_notices_of_special_procedures_are_documents_and_the_rest_are_not(lite: Desk) -> None:
    with lite.database.session() as session:
        from core.items import queries as items

        route = items.load(session, lite.version).route
    plan = Plan(Marking(), (), documents=("special_procedure", "withdrawal", "receipt", "acceptance"))
    assert kinds_of(plan, route) == ("pause", "acceptance")


def test_a_paper_no_font_can_print_is_parked_with_the_character_and_the_act_stands(lite: Desk) -> None:
    ref = lite.submit()
    lite.act(ref.id, 1, "decline", "window", reason="\U0002a6a5")
    settle(lite.database)
    assert lite.mine(ref.id).status == "declined" and not drawn(lite, ref.id)[0].ready
    with lite.database.session() as session:
        errors = session.execute(text("SELECT last_error FROM outbox WHERE topic = 'document.paper'")).scalars().all()
    assert any("U+2A6A5" in str(error) for error in errors), errors
