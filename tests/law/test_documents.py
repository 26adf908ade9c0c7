"""行政许可法 in documents, article by article: what the law says of each paper, and the case that shows it."""

from datetime import timedelta

import pytest

from core.cases.spec import Handed
from core.documents.errors import WordsMissing
from core.documents.texts import fill, shipped
from core.files import service as files
from core.kernel import clock
from core.kernel.errors import PlatformError
from core.kernel.ids import new_id
from tests.cases.test_acts import drawn, says
from tests.fixtures_cases import Desk
from tests.fixtures_hall import settle


def test_article_32_1_what_needs_no_permit_is_told_at_once_and_in_writing(lite: Desk) -> None:
    ref = lite.submit()
    lite.act(ref.id, 1, "decline", "window", reason="自家请客不是经营", data={"disposition": "not_required"})
    assert "申请事项依法不需要取得行政许可" in says(lite, ref.id, "declining")


def test_article_32_2_what_is_not_ours_says_whose_it_is(lite: Desk) -> None:
    ref = lite.submit()
    with pytest.raises(PlatformError):
        lite.act(ref.id, 1, "decline", "window", reason="不归我们", data={"disposition": "not_authority"})
    lite.act(ref.id, 1, "decline", "window", reason="不归我们", data={"disposition": "not_authority", "authority": "青禾区农业农村局"})
    assert "请向青禾区农业农村局提出申请" in says(lite, ref.id, "declining")


def test_article_32_4_the_correction_is_told_once_with_everything(lite: Desk) -> None:
    ref = lite.submit()
    lite.act(ref.id, 1, "request_correction", "window", data={"fields": {"area": "与合同不符"}, "materials": {"layout": "没有尺寸"}})
    told = says(lite, ref.id, "correction")
    assert "全部内容一次告知" in told and "与合同不符" in told and "没有尺寸" in told and "第三十二条第一款第四项" in told
    lite.correct(ref.id, {"operator_name": "青禾餐饮", "area": 90, "business_kind": "catering"}, (upload(lite),))
    task = next(each.no for each in lite.mine(ref.id).tasks if each.kind == "intake")
    with pytest.raises(PlatformError):  # 一次告知: there is no second round
        lite.act(ref.id, task, "request_correction", "window", data={"fields": {"area": "还是不符"}})


def test_article_32_5_and_32_2_acceptance_and_refusal_both_have_a_sealed_dated_paper(lite: Desk) -> None:
    for act, kind in (("accept", "acceptance"), ("decline", "declining")):
        ref = lite.submit()
        lite.act(ref.id, 1, act, "window", reason="不符合受理条件")
        settle(lite.database)
        (made,) = drawn(lite, ref.id)
        assert made.kind == kind and made.ready and made.issued_at
        assert shipped(kind).seal == "行政机关专用印章"


def test_article_32_4_silence_is_acceptance_from_the_day_of_receipt_and_the_paper_says_so(lite: Desk) -> None:
    from core.cases.service.rungs import run_due

    ref = lite.submit()
    filed = lite.mine(ref.id).submitted_at
    with clock.freeze(clock.now() + timedelta(days=20)):
        run_due(lite.database)
        settle(lite.database)
        view = lite.mine(ref.id)
        assert view.accepted_at is not None and view.status == "in_review"
        told = says(lite, ref.id, "acceptance")
    day = clock.local(filed).date()
    assert f"自{day.year}年{day.month}月{day.day}日起予以受理" in told and "未在法定期限内告知" in told


def test_article_38_1_a_grant_is_a_written_decision(lite: Desk) -> None:
    ref = lite.submit()
    lite.act(ref.id, lite.run_until(ref.id, "review.decide"), "grant", "leader")
    assert "决定准予行政许可" in says(lite, ref.id, "decision_grant")


def test_article_38_2_a_refusal_without_reason_or_redress_is_no_decision(lite: Desk) -> None:
    ref = lite.submit()
    leader = lite.run_until(ref.id, "review.decide")
    for nothing in (None, "", "   "):
        with pytest.raises(PlatformError):
            lite.act(ref.id, leader, "refuse", "leader", reason=nothing)
    lite.act(ref.id, leader, "refuse", "leader", reason="没有清洗区")
    told = says(lite, ref.id, "decision_refuse")
    assert "没有清洗区" in told and "行政复议" in told and "行政诉讼" in told
    with pytest.raises(WordsMissing):
        fill(shipped("decision_refuse"), {"reasons": ("没有清洗区",), "litigation": "起诉"})


def test_article_39_and_44_what_is_issued_is_named_sealed_and_delivered_against_a_receipt(lite: Desk) -> None:
    ref = lite.submit()
    lite.act(ref.id, lite.run_until(ref.id, "review.decide"), "grant", "leader")
    window = lite.mine(ref.id).tasks[0]
    with pytest.raises(PlatformError):  # nothing is handed over before its paper is there
        lite.act(ref.id, window.no, "deliver", "window")
    assert "十日内" in says(lite, ref.id, "decision_grant") and "食品经营许可证" in says(lite, ref.id, "decision_grant")
    settle(lite.database)
    lite.act(ref.id, window.no, "deliver", "window", data={"way": "electronic"})
    assert "食品经营许可证" in says(lite, ref.id, "receipt")


def test_article_40_a_grant_says_that_it_is_public() -> None:
    assert any("公众有权查阅" in block.text for block in shipped("decision_grant").blocks)


def test_article_42_an_extension_names_its_reason_its_approver_and_the_new_day() -> None:
    assert set(shipped("extension").must) == {"reasons", "limit", "basis", "approver"}


def test_article_45_a_special_procedure_is_told_in_writing_with_its_basis_and_its_time() -> None:
    values = {"applicant": "王小芳", "procedure": "专家评审", "basis": "行政许可法第四十五条", "limit": "20个工作日", "due": "2026年12月20日"}
    _, lines = fill(shipped("pause"), values)
    told = "\n".join(line.words for line in lines)
    assert "专家评审" in told and "20个工作日" in told and "2026年12月20日" in told and "不计算在办理期限内" in told
    for name in ("procedure", "basis", "limit"):
        with pytest.raises(WordsMissing):
            fill(shipped("pause"), {**values, name: ""})


def upload(desk: Desk) -> Handed:
    """A new layout for the correction."""
    draft = new_id()
    with desk.database.session() as session:
        ref = files.keep(session, b"x", name="layout.txt", media_type="text/plain", holder=("draft", draft))
    return Handed("layout", ref.id, "layout.txt", "text/plain", ref.size, ref.digest, ("draft", draft))
