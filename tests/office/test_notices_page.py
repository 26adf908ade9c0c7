"""通知 in the browser: for administrators, each with their own divisions; an uncertain message is decided by a person, with a reason."""

import pytest
from sqlalchemy import select, update

from core.cases.models import Case
from core.identity.models import Account, Department
from core.kernel.actor import SYSTEM
from core.kernel.clock import now
from core.notices import service
from core.notices.models import Notice
from core.notices.settings import SMS_URL
from core.outbox.models import Message
from core.settings import service as settings
from tests import fixtures_site as site
from tests.office.conftest import CITIZEN, Office, errors


@pytest.fixture
def held(fresh: Office) -> str:
    """A message whose answer never came."""
    with fresh.session() as session:
        settings.put(session, SMS_URL, "http://127.0.0.1:9/", actor=SYSTEM)
        account = session.scalars(select(Account.id).order_by(Account.id)).first()
        department = session.scalars(select(Department.id).where(Department.code == "market_regulation")).first()
        params = {"item": "食品经营许可", "number": "1", "day": "2026年12月5日"}
        service.post(session, key="k", template="granted", recipient=("account", account), params=params, department_id=department)
        values = {"state": "uncertain", "attempts": 1, "said": {"key": "notices.said.no_answer", "params": {"why": "TimeoutError"}}}
        session.execute(update(Notice).where(Notice.channel == "sms").values(**values))
        return str(session.scalars(select(Notice.id).where(Notice.channel == "sms")).one())


def test_an_uncertain_message_says_why_and_is_decided_with_a_reason(fresh: Office, held: str) -> None:
    admin = fresh.staff("admin")
    page = admin.get("/office/notices/").text
    assert "没有得到答复（TimeoutError），不知道" in page and "已获准予" in page and "138****" in page and "13800000001" not in page
    assert held not in admin.get("/office/notices/?state=refused").text
    empty = admin.post(f"/office/notices/{held}/again", {"reason": " "})
    assert empty.status_code == 422 and "写明依据" in errors(empty)
    assert 'wangting_notices{state="uncertain"} 1.0' in admin.get("/metrics").text
    assert admin.post(f"/office/notices/{held}/again", {"reason": "网关说没有这一条"}).status_code == 303
    assert held not in admin.get("/office/notices/").text
    late = admin.post(f"/office/notices/{held}/arrived", {"reason": "同事也按了"})
    assert late.status_code == 409 and "同事处理过了" in errors(late)
    assert admin.post(f"/office/notices/{held}/burn", {"reason": "x"}).status_code == 404


def test_a_message_that_nothing_tries_any_more_says_so_and_has_a_button(fresh: Office, held: str) -> None:
    admin = fresh.staff("admin")
    with fresh.session() as session:
        session.execute(update(Notice).where(Notice.id == held).values(state="waiting"))
    assert "不再自动试" not in admin.get("/office/notices/?state=waiting").text
    with fresh.session() as session:
        session.execute(update(Message).where(Message.key == service.message_key(held)).values(parked_at=now()))
    page = admin.get("/office/notices/?state=waiting").text
    assert "不再自动试" in page and f"/office/notices/{held}/again" in page and f"/office/notices/{held}/arrived" not in page
    assert fresh.staff("chief").post(f"/office/notices/{held}/again", {"reason": "我说的"}).status_code == 403
    assert admin.post(f"/office/notices/{held}/again", {"reason": "网关修好了", "state": "waiting"}).status_code == 303
    assert "不再自动试" not in admin.get("/office/notices/?state=waiting").text


def test_it_is_for_administrators_and_for_their_divisions(fresh: Office, held: str) -> None:
    for login in ("window", "supervisor", "chief"):
        other = fresh.staff(login)
        assert other.get("/office/notices/").status_code == 403
        assert other.post(f"/office/notices/{held}/arrived", {"reason": "我说的"}).status_code == 403
    with fresh.session() as session:
        session.execute(update(Notice).values(department_id="00000000-0000-7000-8000-000000000000"))
    admin = fresh.staff("admin")
    assert held not in admin.get("/office/notices/").text
    assert admin.post(f"/office/notices/{held}/arrived", {"reason": "我说的"}).status_code == 404


def test_a_case_that_is_filed_makes_a_short_message_whose_words_name_no_case(fresh: Office) -> None:
    with fresh.session() as session:
        settings.put(session, SMS_URL, "http://127.0.0.1:9/", actor=SYSTEM)
    case = fresh.file("food-operation-new")
    fresh.settle()
    with fresh.session() as session:
        made = session.scalars(select(Notice).where(Notice.channel == "sms", Notice.case_id == case)).one()
        filed = session.scalars(select(Case).where(Case.id == case)).one()
        assert made.department_id == filed.department_id and made.key.endswith("/sms")
        assert len(made.body["zh"]) <= 70 and filed.number not in made.body["zh"] and "最晚" in made.body["zh"]


def test_a_citizen_chooses_on_the_profile_and_nonsense_changes_nothing(fresh: Office) -> None:
    me = site.Browser(fresh.app).citizen(CITIZEN, fresh.built.passwords[CITIZEN])
    assert 'name="sms" value="zh" checked' in me.get("/my/profile").text
    assert me.post("/my/profile/sms", {"sms": "off"}).status_code == 303
    assert me.post("/my/profile/sms", {"sms": "fr"}).status_code == 422
    assert 'name="sms" value="off" checked' in me.get("/my/profile").text
