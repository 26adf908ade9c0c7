"""短信: beside the inbox, short, signed, to whoever takes it – and sent again only where it is certain that nothing went out. Over real HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from core.audit.models import Entry
from core.db import remembered
from core.db.database import Database
from core.identity.service import phones
from core.kernel import clock
from core.kernel.actor import SYSTEM
from core.kernel.clock import now
from core.kernel.errors import BadInput, Forbidden
from core.notices import held, queries, sending, service, sms, tasks
from core.notices.errors import ChannelAway, NotConfigured, NotHeld, NoticeNotFound, UnderWay
from core.notices.models import Notice
from core.notices.settings import SMS_URL
from core.notices.simulator import Gateway, server
from core.notices.spec import Outcome
from core.notices.wordings import LONGEST_SHORT, fill, short, templates
from core.outbox import relay
from core.outbox.models import Message
from core.settings import service as settings
from tests.fixtures_hall import People, make_database, make_hall
from tests.moulds import pg_database
from tests.services import serving

SECRET = "a shared secret of enough length"
GRANTED = {"item": {"zh": "食品经营许可", "en": "Food licence"}, "number": "202611210001", "day": {"zh": "2026年12月5日", "en": "5 Dec 2026"}}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def built(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, People]]:
    """One organisation with citizens for the module; each test has its own key of a notice."""
    with pg_database() if request.param == "postgresql" else nullcontext() as url:
        database = make_database(tmp_path_factory.mktemp("sms"), url)
        with database.session() as session:
            people = make_hall(session)
        yield database, people
        database.close()


@pytest.fixture
def hall(built: tuple[Database, People], monkeypatch: pytest.MonkeyPatch) -> tuple[Database, People]:
    """The hall without notices of other tests."""
    monkeypatch.setenv("WANGTING_SMS_SECRET", SECRET)
    monkeypatch.setattr(remembered, "FRESH_SECONDS", 0.0)  # a process notices within seconds; tests do not wait
    with built[0].session() as session:
        for table in ("notice", "outbox_effect", "outbox"):
            session.execute(text(f"DELETE FROM {table}"))
    return built


@contextmanager
def gateway(database: Database, **faults: str) -> Iterator[Gateway]:
    """A gateway on a free port, set in the hall; ``n1="hang"`` tells what happens to the first request."""
    made = Gateway(secret=SECRET.encode(), faults={int(name[1:]): kind for name, kind in faults.items()})
    with serving(server(made, "127.0.0.1", 0)) as there:
        there.daemon_threads = True
        point(database, f"http://127.0.0.1:{there.server_port}")
        yield made
        made.closing.set()
    point(database, "")


def point(database: Database, url: str) -> None:
    with database.session() as session:
        settings.put(session, SMS_URL, url, actor=SYSTEM)


def post(hall: tuple[Database, People], key: str = "case/1/granted", template: str = "granted", **more: Any) -> None:
    database, people = hall
    with database.session() as session:
        about = {"recipient": ("account", people.citizen), "params": GRANTED, "department_id": people.department("market_regulation"), **more}
        service.post(session, key=key, template=template, **about)


def row(database: Database) -> Notice:
    with database.session() as session:
        return session.scalars(select(Notice).where(Notice.channel == "sms")).one()


def run_twice(database: Database, notice_id: str) -> None:
    """The same outbox message once more, as after a death between effect and commit."""
    with database.session() as session:
        tasks.send_notice(session, {"notice": notice_id}, "again")


def test_it_goes_by_both_ways_and_the_short_text_is_in_the_readers_language(hall: tuple[Database, People]) -> None:
    database, people = hall
    with gateway(database) as there:
        post(hall)
        with database.session() as session:
            phones.choose_sms(session, people.citizen, "en", actor=people.me)
        relay.run_all(database)
        ((key, said),) = there.taken.items()
        assert key == "case/1/granted/sms"
        assert said.startswith("【") and said.endswith("】Food licence: granted. Papers by 5 Dec 2026.")
        assert row(database).state == "sent"
        with database.session() as session:
            phones.choose_sms(session, people.citizen, "zh", actor=people.me)
        post(hall, "case/2/granted")
        relay.run_all(database)
        assert there.taken["case/2/granted/sms"].endswith("】“食品经营许可”已获准予，证照和文书最晚2026年12月5日送达。")
    with database.session() as session:
        assert len(queries.inbox(session, people.citizen).rows) == 2  # a short message is no second line in the inbox


def test_without_a_gateway_or_against_the_citizens_will_only_the_inbox_is_used(hall: tuple[Database, People]) -> None:
    database, people = hall
    post(hall)
    with gateway(database) as there:
        with database.session() as session:
            phones.choose_sms(session, people.citizen, "off", actor=people.me)
            with pytest.raises(BadInput):
                phones.choose_sms(session, people.citizen, "fr", actor=people.me)
        post(hall, "case/2/granted")
        with database.session() as session:
            phones.choose_sms(session, people.citizen, "zh", actor=people.me)
        post(hall, "case/3/withdrawn", "withdrawn", params={"item": "x", "number": "1"})  # neither a deadline nor a result
        relay.run_all(database)
        assert there.came == {}
    with database.session() as session:
        assert {each.channel for each in session.scalars(select(Notice))} == {"inbox"}
        assert len(queries.inbox(session, people.citizen).rows) == 3


def test_switched_off_after_the_event_it_is_not_sent(hall: tuple[Database, People]) -> None:
    database, people = hall
    with gateway(database) as there:
        post(hall)
        with database.session() as session:
            phones.choose_sms(session, people.citizen, "off", actor=people.me)
        relay.run_all(database)
        with database.session() as session:
            phones.choose_sms(session, people.citizen, "zh", actor=people.me)
        assert there.came == {}
        assert row(database).state == "refused"


@pytest.mark.parametrize("fault", ["hang", "break", "odd"])
def test_what_nobody_knows_is_held_and_never_sent_again_by_itself(hall: tuple[Database, People], fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms, "SECONDS", 0.3)
    database, _people = hall
    with gateway(database, n1=fault) as there:
        post(hall)
        relay.run_all(database)
        found = row(database)
        assert found.state == "uncertain" and found.said is not None and found.sent_at is None
        with clock.freeze(now() + timedelta(days=2)):
            relay.run_all(database)
            run_twice(database, found.id)
        assert there.came == {"case/1/granted/sms": 1}


class Killed(BaseException):
    """As a kill: nothing that follows runs."""


def test_a_process_killed_between_writing_and_the_answer_leaves_it_uncertain(hall: tuple[Database, People], monkeypatch: pytest.MonkeyPatch) -> None:
    database, _people = hall
    with gateway(database) as there:
        post(hall)
        whole = sms.understood

        def die(*_given: Any) -> Outcome:
            raise Killed

        monkeypatch.setattr(sms, "understood", die)
        with pytest.raises(Killed):
            relay.run_all(database)
        monkeypatch.setattr(sms, "understood", whole)
        found = row(database)
        assert found.state == "sending"
        with pytest.raises(UnderWay):  # for all we know the other one is still at it
            run_twice(database, found.id)
        with clock.freeze(now() + sending.GRACE + timedelta(minutes=5)):
            relay.run_all(database)
        assert row(database).state == "uncertain"
        assert there.came == {"case/1/granted/sms": 1}


def test_a_refused_connection_is_tried_again_and_sent_once(hall: tuple[Database, People]) -> None:
    database, _people = hall
    point(database, "http://127.0.0.1:9/")
    post(hall)
    relay.run_all(database)
    found = row(database)
    assert found.state == "waiting" and found.attempts == 1
    with database.session() as session:
        message = session.scalars(select(Message).where(Message.done_at.is_(None))).one()
        assert message.available_at > now() and "ChannelAway" in str(message.last_error)
    with gateway(database, n1="busy") as there, clock.freeze(now() + timedelta(hours=1)):
        relay.run_all(database)
        assert row(database).state == "waiting"  # a signed "busy" is certain, too
        with clock.freeze(now() + timedelta(hours=2)):
            relay.run_all(database)
        assert (row(database).state, row(database).attempts) == ("sent", 3)
        assert list(there.taken) == ["case/1/granted/sms"]


def test_many_workers_with_the_same_message_send_it_once(hall: tuple[Database, People]) -> None:
    database, _people = hall
    with gateway(database) as there:
        post(hall)
        notice = row(database).id
        start = threading.Barrier(4)
        odd: list[Exception] = []

        def work() -> None:
            start.wait()
            try:
                run_twice(database, notice)
            except UnderWay:
                return
            except Exception as error:  # noqa: BLE001 - told by the assertion below
                odd.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert odd == []
        assert there.came == {"case/1/granted/sms": 1}
        assert row(database).state == "sent"


def test_a_definite_no_is_kept_with_its_reason(hall: tuple[Database, People]) -> None:
    database, people = hall
    with gateway(database, n1="refuse") as there:
        post(hall)
        relay.run_all(database)
        with database.session() as session:
            admin = people.actor("admin")
            (one,) = held.listed(session, state="refused", actor=admin).rows
            assert "号码或者内容不能发" in one.why("zh") and one.phone.startswith("138****") and one.decisions == ("again",)
            with pytest.raises(NotHeld):
                held.decide(session, one.id, "arrived", "听说的", actor=admin)
        assert there.taken == {}


def test_a_person_says_that_it_arrived_or_has_it_sent_again(hall: tuple[Database, People]) -> None:
    database, people = hall
    admin = people.actor("admin")
    with gateway(database, n1="break", n2="break") as there:
        post(hall)
        relay.run_all(database)
        notice = row(database).id
        with database.session() as session:
            assert held.counts_of(session, actor=admin)["uncertain"] == held.counts(session)["uncertain"] == 1
            with pytest.raises(BadInput):
                held.decide(session, notice, "again", "  ", actor=admin)
            held.decide(session, notice, "again", "跟网关核对过，没有这一条", actor=admin)
            with pytest.raises(NotHeld):
                held.decide(session, notice, "again", "再按一次", actor=admin)
        relay.run_all(database)
        assert row(database).state == "uncertain" and there.came == {"case/1/granted/sms": 2}
        with database.session() as session:
            held.decide(session, notice, "arrived", "打电话问过本人", actor=admin)
        relay.run_all(database)
        assert row(database).state == "sent" and there.came == {"case/1/granted/sms": 2}
    with database.session() as session:
        actions = session.scalars(select(Entry.action).where(Entry.subject_id == notice)).all()
        assert sorted(actions) == ["notice.again", "notice.arrived"]
        assert "138" not in "".join(session.scalars(select(Entry.detail).where(Entry.subject_id == notice)))


def test_what_the_outbox_gave_up_is_tried_again_when_somebody_says_so_and_not_before(hall: tuple[Database, People]) -> None:
    database, people = hall
    admin = people.actor("admin")
    point(database, "http://127.0.0.1:9/")
    post(hall)
    with database.session() as session:
        session.execute(update(Message).values(attempts=relay.MAX_ATTEMPTS - 2))
    relay.run_all(database)
    notice = row(database).id
    with database.session() as session:
        assert held.one(session, notice, actor=admin).decisions == ()  # it is still tried
        with pytest.raises(NotHeld):
            held.decide(session, notice, "again", "网关修好了", actor=admin)
    with clock.freeze(now() + timedelta(hours=2)):
        relay.run_all(database)
        with database.session() as session:
            (shown,) = held.listed(session, state="waiting", actor=admin).rows
            assert (shown.given_up, shown.decisions) == (True, ("again",))
            with pytest.raises(NotHeld):
                held.decide(session, notice, "arrived", "我说的", actor=admin)
    with gateway(database) as there, clock.freeze(now() + timedelta(hours=3)):
        with database.session() as session:
            held.decide(session, notice, "again", "网关修好了", actor=admin)
        relay.run_all(database)
        assert row(database).state == "sent" and list(there.taken) == ["case/1/granted/sms"]
    with database.session() as session:
        assert session.scalars(select(Message).where(Message.done_at.is_(None))).all() == []  # it was that very message, nothing is left behind
        assert session.scalars(select(Entry.detail).where(Entry.action == "notice.again", Entry.subject_id == notice)).one().count("given_up") == 1


def test_only_administrators_of_its_division_see_it(hall: tuple[Database, People]) -> None:
    database, people = hall
    with gateway(database, n1="break"):
        post(hall, department_id="00000000-0000-7000-8000-000000000000")
        relay.run_all(database)
    notice = row(database).id
    with database.session() as session:
        admin = people.actor("admin")
        assert held.listed(session, state="uncertain", actor=admin).rows == ()
        for who in (people.actor("window"), people.me):
            with pytest.raises(Forbidden):
                held.listed(session, state="uncertain", actor=who)
        for wrong in (notice, "x", "'; --"):
            with pytest.raises(NoticeNotFound):
                held.decide(session, wrong, "arrived", "我说的", actor=admin)


def test_a_gateway_that_is_half_set_sends_nothing_and_says_what_is_missing(hall: tuple[Database, People], monkeypatch: pytest.MonkeyPatch) -> None:
    database, _people = hall
    point(database, "http://gateway.example/")
    post(hall)
    notice = row(database).id
    with pytest.raises(NotConfigured, match="https"):
        run_twice(database, notice)
    monkeypatch.setenv("WANGTING_SMS_SECRET", "short")
    point(database, "https://gateway.example/")
    with pytest.raises(NotConfigured, match="WANGTING_SMS_SECRET"):
        run_twice(database, notice)
    monkeypatch.setenv("WANGTING_SMS_SECRET", "another secret of enough length")
    with gateway(database) as there:
        with pytest.raises(ChannelAway):  # the gateway does not know our signature: our mistake, not the message's
            run_twice(database, notice)
        assert row(database).state == "waiting" and there.came == {}


@pytest.mark.parametrize(
    ("status", "body", "signed", "state"),
    [
        (200, {"id": "k", "outcome": "accepted"}, True, "sent"),
        (200, {"id": "k", "outcome": "accepted"}, False, "uncertain"),
        (200, {"id": "other", "outcome": "accepted"}, True, "uncertain"),
        (200, {}, True, "uncertain"),
        (302, {}, False, "uncertain"),
        (400, {"id": "k", "outcome": "refused", "reason": "空号"}, True, "refused"),
        (404, {}, False, "refused"),
        (408, {}, False, "uncertain"),
        (429, {}, False, "again"),
        (500, {}, False, "uncertain"),
        (503, {"id": "k", "outcome": "busy"}, False, "uncertain"),
        (503, {"id": "k", "outcome": "busy"}, True, "again"),
    ],
)
def test_an_answer_counts_for_what_is_certain_in_it(status: int, body: dict[str, Any], signed: bool, state: str) -> None:
    assert sms.understood("k", status, body, signed).state == state


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=300), st.text(max_size=100))
def test_a_short_message_is_never_longer_than_one(value: str, signature: str) -> None:
    for doc in templates().values():
        if "short" in doc:
            assert "sms" in doc["channels"] and doc["recipient"] == "citizen"
            texts, _title, _body = fill(doc, {name: _free_of_numbers(value) for name in doc["params"]})
            assert all(len(said) <= LONGEST_SHORT and said.startswith("【") for said in short(doc, texts, signature).values())


def _free_of_numbers(value: str) -> str:
    return "".join(each for each in value if not each.isdigit())


def test_every_short_text_keeps_its_day_and_holds_no_address_or_number() -> None:
    for doc in templates().values():
        if "short" not in doc:
            continue
        texts, _title, _body = fill(doc, {name: "长" * 200 if name in ("item", "licence") else each["example"] for name, each in doc["params"].items()})
        for locale, said in short(doc, texts, "石桥市网上政务服务大厅").items():
            assert "http" not in said and "202611210001" not in said
            if "{day}" in doc["short"][locale]:
                assert doc["params"]["day"]["example"] in said
