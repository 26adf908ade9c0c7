"""Finished cases go to an upper platform once each, in the national record format, over real HTTP against the simulator."""

import copy
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

import core.cases.tasks
import core.exchange.tasks  # noqa: F401 - both hear of commands
from core.cases import service as cases
from core.cases.models import Case
from core.db import remembered
from core.exchange import client, mapping, queries, service
from core.exchange.errors import BadMapping, NoDelivery, NotConfigured, PlatformAway
from core.exchange.models import Answer, Delivery
from core.exchange.settings import MAPPING, URL
from core.exchange.simulator import Upper, server
from core.identity.models import Department
from core.kernel import clock
from core.kernel.actor import SYSTEM
from core.kernel.clock import now, today
from core.kernel.errors import Conflict, Forbidden
from core.kernel.ids import new_id
from core.outbox import relay
from core.settings import service as settings
from tests.fixtures_cases import Desk
from tests.services import serving

SECRET = "a shared secret of enough length"
CODES = {"basic": "000131127004", "implementation": "11511012008562235K4000131127004", "handle": None, "local": None}


@pytest.fixture
def upper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Upper, str]]:
    """An upper platform on a free port, and its address."""
    monkeypatch.setenv("WANGTING_EXCHANGE_SECRET", SECRET)
    monkeypatch.setattr(remembered, "FRESH_SECONDS", 0.0)  # a process notices within seconds; tests do not wait
    made = Upper(tmp_path / "upper.jsonl", secret=SECRET.encode())
    with serving(server(made, "127.0.0.1", 0)) as there:
        yield made, f"http://127.0.0.1:{there.server_port}"


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the hall knows of the item's codes; tests change it, as publishing a version with codes would."""
    known: dict[str, Any] = dict(CODES)
    whole = service.gather

    def gather(session: Any, case_id: str) -> dict[str, Any]:
        values = whole(session, case_id)
        return {**values, "item": {**values["item"], "codes": dict(known)}}

    monkeypatch.setattr(service, "gather", gather)
    return known


def linked(desk: Desk, url: str) -> None:
    with desk.database.session() as session:
        settings.put(session, URL, url, actor=SYSTEM)
        session.execute(update(Department).values(uscc="11511012008562235K"))


def finished(desk: Desk) -> str:
    """A case that was accepted and withdrawn: the shortest way to an end that the format knows."""
    case = desk.submit().id
    desk.act(case, 1, "accept", "window")

    with desk.database.session() as session:
        cases.withdraw(session, case, reason="不办了", command_id=new_id(), actor=desk.hall.me)
    return case


def delivery(desk: Desk, case: str) -> Delivery:
    with desk.database.session() as session:
        found = session.get_one(Delivery, case)
        session.expunge(found)
        return found


def test_a_finished_case_is_delivered_once_with_its_receipt(desk: Desk, upper: tuple[Upper, str], codes: dict[str, Any]) -> None:
    linked(desk, upper[1])
    case, declined = finished(desk), desk.submit().id
    relay.run_all(desk.database)
    row = delivery(desk, case)
    assert (row.state, row.findings) == ("accepted", [])
    assert row.receipt
    with desk.database.session() as session:
        assert session.get(Delivery, declined) is None  # still open
        assert not service.ask(session, case)
        assert [each.receipt for each in queries.answers(session, case)] == [row.receipt]
        assert queries.reconcile(session, today()).agrees
        line = queries.days(session, [row.department_id], since=today(), until=today())[0]
        assert (line.ended, line.outside, line.unasked, dict(line.states)) == (1, 0, 0, {"accepted": 1})
    assert upper[0].day(today().isoformat()) == {case: row.digest}


def test_the_record_holds_what_the_format_wants_and_masks_nothing_there(lite: Desk, upper: tuple[Upper, str], codes: dict[str, Any]) -> None:
    linked(lite, upper[1])
    case = finished(lite)
    with lite.database.session() as session:
        made, found = service.make(session, case)
        again, _none = service.make(session, case)
    assert found == ()
    assert made == again  # nothing of the moment: the same digest however often
    assert made["up_pro_accept"]["task_code"] == CODES["implementation"]
    assert "*" not in made["up_pro_accept"]["applyer_page_code"]
    assert made["up_pro_result"]["result_type"] == "2"
    assert made["up_pro_process"][0]["event_name"] == "1"
    assert len({step["row_guid"] for step in made["up_pro_process"]}) == len(made["up_pro_process"])


def test_a_record_without_its_codes_is_not_sent_and_goes_after_mending(lite: Desk, upper: tuple[Upper, str], codes: dict[str, Any]) -> None:
    linked(lite, upper[1])
    codes["implementation"] = None
    case = finished(lite)
    relay.run_all(lite.database)
    row = delivery(lite, case)
    assert row.state == "invalid"
    assert [queries.words(each, "zh") for each in row.findings] == ["实施编码(up_pro_accept.task_code)没有内容,上级平台要求填写"]
    assert upper[0].day(today().isoformat()) == {}
    codes["implementation"] = CODES["implementation"]
    with lite.database.session() as session:
        with pytest.raises(Forbidden):
            service.again(session, case, actor=lite.hall.actor("window"))
        service.again(session, case, actor=lite.hall.actor("chief"))
    relay.run_all(lite.database)
    assert (delivery(lite, case).state, delivery(lite, case).revision) == ("accepted", 2)
    with lite.database.session() as session, pytest.raises(Conflict):
        service.again(session, case, actor=lite.hall.actor("chief"))


def test_a_rejected_record_keeps_the_reason_and_every_answer(lite: Desk, upper: tuple[Upper, str], codes: dict[str, Any]) -> None:
    linked(lite, upper[1])
    codes["basic"] = "00013112700"
    case = finished(lite)
    relay.run_all(lite.database)
    row = delivery(lite, case)
    assert row.state == "rejected"
    assert "12 位" in queries.words(row.findings[0], "zh")
    codes["basic"] = CODES["basic"]
    with lite.database.session() as session:
        service.again(session, case, actor=lite.hall.actor("chief"))
    relay.run_all(lite.database)
    with lite.database.session() as session:
        assert [(each.revision, each.accepted) for each in queries.answers(session, case)] == [(2, True), (1, False)]


def test_while_the_platform_is_away_the_message_waits_longer_each_time(lite: Desk, upper: tuple[Upper, str], codes: dict[str, Any]) -> None:
    linked(lite, upper[1])
    upper[0].away = 1.0
    case = finished(lite)
    relay.run_all(lite.database)
    row = delivery(lite, case)
    assert row.state == "waiting"
    with lite.database.session() as session:
        tried = queries.trying(session, row)
        assert tried is not None
        assert tried.attempts == 1
        assert "RemoteDisconnected" in tried.last_error  # nobody said a word
        assert tried.next_at is not None
        assert tried.next_at > now()
        assert session.scalars(select(Answer)).all() == []
    upper[0].away = 0.0
    with clock.freeze(now() + timedelta(minutes=2)):
        relay.run_all(lite.database)
    assert delivery(lite, case).state == "accepted"


def test_an_answer_that_was_lost_is_asked_for_again_and_is_the_same(lite: Desk, upper: tuple[Upper, str], codes: dict[str, Any]) -> None:
    linked(lite, upper[1])
    case = finished(lite)
    relay.run_all(lite.database)
    first = delivery(lite, case)
    with lite.database.session() as session:  # as if this process had died before its commit
        session.execute(update(Delivery).values(state="waiting", receipt=None))
        session.execute(Answer.__table__.delete())
        service.deliver(session, {"case": case, "revision": 1}, "m")
    assert delivery(lite, case).receipt == first.receipt


def test_a_receipt_for_another_record_is_none_for_ours(
    lite: Desk, upper: tuple[Upper, str], codes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    linked(lite, upper[1])
    case = finished(lite)
    take = upper[0].take
    monkeypatch.setattr(upper[0], "take", lambda message: {**take(message), "digest": "sha256:another"})
    relay.run_all(lite.database)
    assert delivery(lite, case).state == "waiting" and delivery(lite, case).receipt is None


def test_reconciliation_finds_what_is_missing_unknown_and_different(lite: Desk, upper: tuple[Upper, str], codes: dict[str, Any]) -> None:
    linked(lite, upper[1])
    cases = [finished(lite) for _ in range(3)]
    relay.run_all(lite.database)
    keys = sorted(upper[0]._decided)
    del upper[0]._decided[next(key for key in keys if key[0] == cases[0])]
    strange = "z" * 36  # as long as a key of ours, and none
    upper[0]._decided[strange, 1] = {"key": strange, "revision": 1, "day": today().isoformat(), "digest": "sha256:x", "accepted": True}
    with lite.database.session() as session:
        session.execute(update(Delivery).where(Delivery.case_id == cases[1]).values(digest="sha256:other"))
        session.execute(update(Delivery).where(Delivery.case_id == cases[2]).values(state="rejected"))
        found = queries.reconcile(session, today())
        numbers = dict(session.execute(select(Case.id, Case.number)).all())
    assert (found.missing, found.differing, found.unknown) == ((numbers[cases[0]],), (numbers[cases[1]],), (numbers[cases[2]], strange))


def test_cases_that_ended_without_a_platform_are_caught_up_with(lite: Desk, upper: tuple[Upper, str], codes: dict[str, Any]) -> None:
    case = finished(lite)
    relay.run_all(lite.database)
    linked(lite, upper[1])
    home = lite.hall.department("market_regulation")
    with lite.database.session() as session:
        assert queries.days(session, [home], since=today(), until=today())[0].unasked == 1
        assert service.catch_up(session, [home], today()) == 1
        assert service.catch_up(session, [home], today()) == 0
    relay.run_all(lite.database)
    assert delivery(lite, case).state == "accepted"


def test_a_delivery_is_not_anothers_to_see(lite: Desk, upper: tuple[Upper, str], codes: dict[str, Any]) -> None:
    linked(lite, upper[1])
    case = finished(lite)
    relay.run_all(lite.database)
    with lite.database.session() as session:
        session.execute(update(Delivery).values(department_id=new_id()))
        for verb in (service.one, service.again):
            with pytest.raises(NoDelivery):
                verb(session, case, actor=lite.hall.actor("chief"))


def test_a_forged_answer_or_an_open_line_is_not_believed(upper: tuple[Upper, str], monkeypatch: pytest.MonkeyPatch) -> None:
    upper[0].secret = b"another secret of enough length!"
    with pytest.raises(PlatformAway):
        client.day(upper[1], "2026-11-22")
    for bad in ("http://example.com/x", "ftp://127.0.0.1/", "nonsense", "https://[", "https://upper.example:port/"):
        with pytest.raises(NotConfigured):
            client.deliver(bad, b"{}")
    monkeypatch.setenv("WANGTING_EXCHANGE_SECRET", "short")
    with pytest.raises(NotConfigured):
        client.day(upper[1], "2026-11-22")


def test_the_mapping_is_checked_before_it_is_used(lite: Desk) -> None:
    for spoil in (
        lambda m: m["tables"].update(up_nothing={"columns": {"a": {"value": "1"}}}),
        lambda m: m["tables"]["up_pro_accept"]["columns"].update(nothing={"value": "1"}),
        lambda m: m["tables"]["up_pro_accept"]["columns"]["apply_type"].update(code="nothing"),
        lambda m: m["tables"]["up_pro_accept"]["columns"]["apply_type"].update(value="1"),
        lambda m: m.pop("codes"),
    ):
        broken = copy.deepcopy(mapping.shipped())
        spoil(broken)
        with pytest.raises(BadMapping):
            mapping.checked(broken)
    own = copy.deepcopy(mapping.shipped())
    own["codes"]["result"]["withdrawn"] = "9"
    with lite.database.session() as session:
        settings.put(session, MAPPING, own, actor=SYSTEM)
        assert service.used_mapping(session)["codes"]["result"]["withdrawn"] == "9"


@given(st.integers(min_value=101, max_value=400))
def test_a_name_that_is_too_long_is_said_and_never_cut(length: int) -> None:
    """law/exchange_schema.json, notes: refuse, never cut silently."""
    record = {"up_pro_accept": {"applyer_name": "名" * length}, "up_pro_process": [], "up_pro_result": {}}
    found = [each for each in mapping.findings(record) if each.key == "exchange.too_long"]
    assert [(each.params["column"], each.params["is"], each.params["most"]) for each in found] == [("applyer_name", length, 100)]


def test_the_simulator_remembers_what_it_took(upper: tuple[Upper, str], tmp_path: Path) -> None:
    message = {"key": "k", "revision": 1, "digest": "d", "day": "2026-11-22", "record": {}}
    answer = upper[0].take(message)
    assert not answer["accepted"]
    assert Upper(tmp_path / "upper.jsonl", secret=b"x").take(message) == answer
    assert upper[0].take({**message, "digest": "e"})["reasons"][0]["said"] == "同一条记录已经收过,内容不一样"
    assert json.loads((tmp_path / "upper.jsonl").read_text().splitlines()[0])["key"] == "k"
