"""上报 in the browser: for posts that answer for it, each with their own departments; a refused record is sent again from its page."""

import pytest
from sqlalchemy import select, update

from core.cases.models import Case
from core.exchange import service
from core.exchange.models import Delivery
from core.exchange.settings import URL
from core.identity.models import Post, Staff
from core.kernel.actor import SYSTEM
from core.kernel.clock import now
from core.kernel.ids import new_id
from core.settings import service as settings
from tests.office.conftest import Office, errors

FOOD = "food-operation-new"


@pytest.fixture
def ended(fresh: Office) -> str:
    """A finished case that the format has a record of; nothing of the item's codes is known, so it is not fit to be sent."""
    case = fresh.file(FOOD)
    with fresh.session() as session:
        settings.put(session, URL, "http://127.0.0.1:9/", actor=SYSTEM)
        session.execute(update(Case).where(Case.id == case).values(status="withdrawn", accepted_at=now(), ended_at=now()))
        assert service.ask(session, case)
        service.deliver(session, {"case": case, "revision": 1}, "m")
    return case


def test_a_refused_record_says_what_to_mend_and_is_sent_again(fresh: Office, ended: str) -> None:
    chief = fresh.staff("chief")
    page = chief.get("/office/exchange/?state=invalid").text
    assert f"/office/exchange/{ended}" in page
    assert "实施编码" in page
    assert ended not in chief.get("/office/exchange/?state=accepted").text
    one = chief.get(f"/office/exchange/{ended}").text
    assert "重新上报" in one
    assert chief.post(f"/office/exchange/{ended}/again").status_code == 303
    assert "等待上报" in chief.get(f"/office/exchange/{ended}").text
    with fresh.session() as session:
        session.execute(update(Delivery).values(state="accepted"))
    taken = chief.post(f"/office/exchange/{ended}/again")
    assert taken.status_code == 409
    assert "已经收下" in errors(taken)


def test_why_a_record_waits_is_said_in_words_and_as_it_was_raised_for_those_who_look_after_the_machine(
    fresh: Office, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chief = fresh.staff("chief")
    monkeypatch.setattr("core.db.remembered.FRESH_SECONDS", 0.0)
    monkeypatch.setattr(service, "make", lambda *_args: ({}, ()))  # the record itself is fit; what fails is the way
    for url, secret, words in (
        ("", "", "还没有设置上级平台的地址"),
        ("http://127.0.0.1:9/", "", "没有设置跟上级平台共用的密钥：环境变量 WANGTING_EXCHANGE_SECRET"),
        ("http://127.0.0.1:9/", "a shared secret of enough length", "上级平台没有按约定答复"),
    ):
        monkeypatch.setenv("WANGTING_EXCHANGE_SECRET", secret)
        with fresh.session() as session:
            settings.put(session, URL, url, actor=SYSTEM)
            session.execute(update(Delivery).values(state="invalid"))
        assert chief.post(f"/office/exchange/{ended}/again").status_code == 303
        fresh.settle()
        page = chief.get(f"/office/exchange/{ended}").text
        assert words in page
        said, raised = page.split("<details>", 1)
        assert "NotConfigured" not in said and "PlatformAway" not in said
        assert 'lang="en">NotConfigured: ' in raised or 'lang="en">PlatformAway: ' in raised
        assert words not in chief.get(f"/office/exchange/{ended}?_l_=en").text


def test_the_pages_are_for_posts_that_answer_for_it_and_for_their_departments(fresh: Office, ended: str) -> None:
    window = fresh.staff("window")
    for address in ("/office/exchange/", "/office/exchange/days", f"/office/exchange/{ended}"):
        assert window.get(address).status_code == 403
    assert window.post(f"/office/exchange/{ended}/again").status_code == 403
    with fresh.session() as session:
        session.execute(update(Delivery).values(department_id="00000000-0000-7000-8000-000000000000"))
    chief = fresh.staff("chief")
    assert ended not in chief.get("/office/exchange/").text
    assert chief.get(f"/office/exchange/{ended}").status_code == 404
    assert chief.post(f"/office/exchange/{ended}/again").status_code == 404


def test_days_are_listed_and_a_platform_that_does_not_answer_is_said(fresh: Office, ended: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANGTING_EXCHANGE_SECRET", "a shared secret of enough length")
    supervisor, chief = fresh.staff("supervisor"), fresh.staff("chief")
    day = f"{now():%Y-%m-%d}"
    assert "补报" not in chief.get("/office/exchange/days").text
    assert chief.post("/office/exchange/days", {"do": "reconcile", "day": day}).status_code == 403
    with fresh.session() as session:
        county = session.scalars(select(Staff.id).where(Staff.name == "吕正")).one()
        department = session.scalars(select(Post.department_id).where(Post.staff_id == county)).first()
        session.add(Post(id=new_id(), staff_id=county, department_id=department, role="supervisor"))
    below = fresh.staff("yunling-leader")
    assert "跟平台核对" not in below.get("/office/exchange/days").text
    assert below.post("/office/exchange/days", {"do": "reconcile", "day": day}).status_code == 403  # it names cases of every department
    assert "跟平台核对" in supervisor.get("/office/exchange/days").text
    away = supervisor.post("/office/exchange/days", {"do": "reconcile", "day": day})
    assert away.status_code == 503
    assert "没有答复" in errors(away)
    assert chief.post("/office/exchange/days", {"do": "catch_up", "day": "x"}).status_code == 422
    assert chief.post("/office/exchange/days", {"do": "catch_up", "day": day}).status_code == 303
