"""Notices: one row an event for ever, plain substitution, nothing personal, an inbox that shows what was sent to me."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from core.db.database import Database
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from core.kernel.paging import encode_cursor
from core.notices import queries, service, tasks
from core.notices.errors import UnknownTemplate, WrongParams
from core.notices.models import Notice
from core.notices.spec import Outcome, Parcel
from core.notices.wordings import fill, template, templates
from core.outbox import relay
from core.outbox.models import Message
from tests.fixtures_hall import make_database

ME, OTHER = ("account", "018f0000-0000-7000-8000-000000000001"), ("account", "018f0000-0000-7000-8000-000000000002")
GRANTED = {"item": "食品经营许可", "number": "202611210001", "day": "2026年12月5日"}
WANTED = ["received", "accepted", "correction_requested", "declined", "granted", "refused", "licence_ready", "withdrawn", "lapsed", "delivered", "task_due"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path) -> Iterator[Database]:
    found = make_database(tmp_path, request.getfixturevalue("pg_tables") if request.param == "postgresql" else None)
    yield found
    found.close()


def post(database: Database, key: str = "case/1/granted", recipient: Any = ME, **changes: Any) -> str:
    with database.session() as session:
        return service.post(session, **{"key": key, "template": "granted", "recipient": recipient, "params": GRANTED, **changes})


def drain(database: Database) -> None:
    for _ in range(5):
        relay.run_once(database)


def inbox(database: Database, recipient: Any = ME, **more: Any) -> Any:
    with database.session() as session:
        return queries.inbox(session, recipient[1], kind=recipient[0], **more)


def test_every_template_is_there_valid_and_bilingual() -> None:
    assert set(WANTED) <= templates().keys()
    for doc in templates().values():
        examples = {name: p["example"] for name, p in doc["params"].items()}
        _, title, body = fill(doc, examples)
        for words in (*title.values(), *body.values()):
            assert words and "{" not in words
        assert all(example in title["zh"] + body["zh"] for example in examples.values()), doc["id"]
        assert all(example in title["en"] + body["en"] for example in examples.values()), doc["id"]


def test_a_refusal_must_tell_the_redress() -> None:
    """行政许可法 38(2): reasons in writing, and the right to reconsideration and litigation."""
    assert {"declined", "refused"} <= {name for name, doc in templates().items() if "redress" in doc["params"] and doc["legal"]}


def test_a_notice_is_seen_once_it_is_sent_and_is_worded_in_the_readers_language(database: Database) -> None:
    post(database, case_id=new_id())
    assert inbox(database).rows == ()
    drain(database)
    (seen,) = inbox(database).rows
    assert seen.title == "准予许可:食品经营许可"
    assert "202611210001" in seen.body and seen.read_at is None and seen.case_id
    assert inbox(database, locale="en").rows[0].title == "Granted: 食品经营许可"
    assert inbox(database, OTHER).rows == ()


def test_the_same_event_makes_one_row_and_one_message_however_often_and_by_whom(database: Database) -> None:
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(post(database))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 6 and len(set(ids)) == 1
    with database.session() as session:
        assert len(session.scalars(select(Notice.id)).all()) == 1
        assert len(session.scalars(select(Message.id).where(Message.topic == service.SEND)).all()) == 1


def test_a_notice_is_gone_with_the_transaction_that_failed(database: Database) -> None:
    with pytest.raises(RuntimeError), database.session() as session:
        service.post(session, key="k", template="granted", recipient=ME, params=GRANTED)
        raise RuntimeError("the decision failed")
    drain(database)
    assert inbox(database).rows == ()


def test_sending_twice_keeps_the_first_time(database: Database) -> None:
    notice = post(database)
    drain(database)
    with database.session() as session:
        first = session.get_one(Notice, notice).sent_at
        tasks.send_notice(session, {"notice": notice}, "again")
        tasks.send_notice(session, {"notice": new_id()}, "never existed")
        assert session.get_one(Notice, notice).sent_at == first


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"template": "nothing"}, UnknownTemplate),
        ({"template": "../granted"}, UnknownTemplate),
        ({"params": {"item": "x"}}, WrongParams),
        ({"params": {**GRANTED, "name": "王小芳"}}, WrongParams),
        ({"params": {**GRANTED, "item": "x" * 301}}, WrongParams),
        ({"params": {**GRANTED, "item": "王小芳 11010519900307232X"}}, WrongParams),
        ({"params": {**GRANTED, "item": "11010519900307232x"}}, WrongParams),
    ],
)
def test_wrong_or_personal_parameters_are_refused_and_nothing_is_written(database: Database, changes: dict[str, Any], error: type[BadInput]) -> None:
    with pytest.raises(error):
        post(database, **changes)
    with database.session() as session:
        assert session.scalar(text("SELECT count(*) FROM notice")) == 0


@given(st.text(max_size=200))
def test_a_value_is_inserted_as_it_is_and_never_evaluated(value: str) -> None:
    try:
        texts, title, _ = fill(template("withdrawn"), {"item": value, "number": "{item}{0.__class__}%s"})
    except WrongParams:
        return
    assert title["zh"] == f"已撤回:{texts['item']}"
    assert texts["number"] == "{item}{0.__class__}%s"


def test_the_inbox_pages_by_keyset_newest_first(database: Database) -> None:
    for n in range(45):
        post(database, key=f"k{n}", params={**GRANTED, "number": f"{n:04d}"})
    for _ in range(10):
        drain(database)
    seen, cursor, pages = [], None, 0
    while True:
        page = inbox(database, cursor=cursor)
        seen += [row.key for row in page.rows]
        pages += 1
        if page.next is None:
            break
        cursor = page.next
    assert seen == [f"k{n}" for n in reversed(range(45))] and pages == 3
    for broken in ("x", "", "W10", json.dumps([1]), encode_cursor("x"), encode_cursor("'; --")):
        with pytest.raises(BadInput):
            inbox(database, cursor=broken)


def test_one_marks_only_ones_own_as_read(database: Database) -> None:
    mine, more, others = post(database, "a"), post(database, "b"), post(database, "c", OTHER)
    drain(database)
    with database.session() as session:
        assert queries.unread(session, ME[1]) == 2
        assert service.mark_read(session, ME, [mine, others, "x", "\u0000"]) == 1
        assert service.mark_read(session, ME, [mine]) == 0
        assert (queries.unread(session, ME[1]), queries.unread(session, OTHER[1])) == (1, 1)
        assert service.mark_read(session, ME) == 1
    assert {row.id for row in inbox(database).rows if row.read_at} == {mine, more}


def test_staff_have_an_inbox_of_their_own(database: Database) -> None:
    params = {"task": "审查", "item": "食品经营许可", "number": "1", "day": "2026年12月5日"}
    post(database, recipient=("staff", ME[1]), template="task_due", params=params)
    drain(database)
    assert inbox(database).rows == ()
    assert inbox(database, ("staff", ME[1])).rows[0].title == "待办快到期:审查"


def test_a_channel_nobody_offers_waits_and_names_itself_and_a_plugins_channel_is_used(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    notice = post(database, channel="pigeon")
    drain(database)
    sent: list[str] = []

    def pigeon(_session: Any, parcel: Parcel) -> Any:
        def fly() -> Outcome:
            sent.append(parcel.key)
            return Outcome("sent")

        return fly

    with database.session() as session:
        error = session.scalars(select(Message.last_error).where(Message.topic == service.SEND)).one()
        assert error is not None and "pigeon" in error
        monkeypatch.setitem(tasks.channels, "pigeon", pigeon)
        tasks.send_notice(session, {"notice": notice}, "m1")
        tasks.send_notice(session, {"notice": notice}, "m2")
        assert sent == ["case/1/granted"]
        assert session.get_one(Notice, notice).state == "sent"
    assert inbox(database).rows == ()


def test_a_value_in_two_languages_is_said_in_the_readers_one(database: Database) -> None:
    spoken = {**GRANTED, "item": {"zh": "食品经营许可", "en": "Food licence"}, "day": {"zh": "2026年12月5日", "en": "Sat 5 Dec 2026"}}
    post(database, params=spoken)
    drain(database)
    ((zh,), (en,)) = inbox(database).rows, inbox(database, locale="en").rows
    assert zh.title == "准予许可:食品经营许可" and "2026年12月5日" in zh.body and "Food" not in zh.body
    assert en.title == "Granted: Food licence" and "Sat 5 Dec 2026" in en.body and "年" not in en.body


@pytest.mark.parametrize("number", ["610117198503120032"])
def test_a_resident_number_hides_in_neither_language(database: Database, number: str) -> None:
    for locale in ("zh", "en"):
        with pytest.raises(WrongParams):
            post(database, params={**GRANTED, "item": {"zh": "许可", "en": "Licence", locale: number}})
    drain(database)
    assert inbox(database).rows == ()
