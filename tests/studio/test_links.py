"""Addresses in items: found along the schemas, asked, called dead after some tries, told to those who look after the item, mended by a click."""

import copy
import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.db.database import Database
from core.identity import queries as people
from core.items import service as items
from core.items import tasks as tasks  # registers what the worker handles
from core.items.catalogue import power
from core.items.library import library
from core.items.links import mending, queries, service
from core.items.links.judging import DEAD, MOVED, OK, PAUSES, TRIES, UNSURE, judge
from core.items.links.models import Link, LinkUse
from core.items.links.naming import in_text, named, replaced
from core.items.links.settings import DAYS
from core.items.studio import drafts
from core.items.studio.errors import BadEdit
from core.items.studio.found import found
from core.kernel import clock
from core.kernel.actor import SYSTEM, Actor
from core.kernel.probing import Probe
from core.notices.models import Notice
from core.outbox.models import Message
from core.schemas import service as schemas
from core.settings import service as settings
from core.web import edge
from core.web.portal import away
from tests.studio.conftest import FOOD

HERE = "https://fees.example.gov.cn/pay?item=food"
OK_PROBE, GONE_PROBE, SILENT = Probe("ok", 200), Probe("gone", 404, why="gone"), Probe("silent", why="no_connection")


def _published(database: Database, food: dict[str, Any], **changed: Any) -> None:
    shelf = library()
    with database.session() as session:
        doc = {**copy.deepcopy(food), **changed}
        items.apply(session, doc, forms=shelf.forms, blocks=shelf.blocks, publishing=True, same_person=True, actor=SYSTEM)


@pytest.fixture
def linked(database: Database, food: dict[str, Any]) -> Database:
    """The hall with an item that names an address in an answer and as its basis."""
    faq = [{"id": "fee", "question": "到哪里缴费？", "answer": f"在缴费平台({HERE})交，也可以到窗口交。"}]
    _published(database, food, faq=faq, basis=[{"id": "b1", "title": "办法", "url": HERE}])
    with database.session() as session:
        while service.plan(session):
            pass
    return database


def _link(database: Database, url: str = HERE) -> Link:
    with database.session() as session:
        row = session.scalar(sa.select(Link).where(Link.url == url))
        assert row is not None
        session.expunge(row)
        return row


def _answers(database: Database, probe: Probe, times: int = 1) -> str | None:
    state = None
    for _ in range(times):
        with database.session() as session:
            state = service.write_down(session, _link(database).id, probe)
    return state


# ---- finding


def _free_texts(schema: Any, root: Any, value: Any, depth: int = 0) -> Any:
    """*value* of *schema*, an address in every text that its writer is free to write."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    for option in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if "const" not in option and option.get("type") != "null":
            return _free_texts(option, root, value, depth)
    kinds = schema.get("type")
    if (kinds == "string" or "string" in (kinds or ())) and not {"const", "enum", "pattern", "oneOf"} & schema.keys():
        value.append(f"https://n{len(value)}.example/")
        return f"见 {value[-1]}。"
    if depth > 12:
        return None
    if kinds == "array" and "items" in schema:
        return [_free_texts(schema["items"], root, value, depth + 1)]
    if "properties" in schema:
        return {
            name: _free_texts(each, root, value, depth + 1) for name, each in schema["properties"].items() if name not in ("tests", "samples", "properties")
        }
    return None


def test_an_address_is_found_in_every_text_that_the_schema_leaves_to_its_writer() -> None:
    schema, put = schemas.load("item"), []
    doc = _free_texts(schema, schema, put)
    listed = {each.url for each in named({"item": doc})}
    assert len(put) > 60 and not set(put) - listed


def test_addresses_are_taken_out_of_sentences_and_nothing_else_is() -> None:
    said = "见https://a.example/x_(1).html(旧网址http://b.example)。或者 www.c.example/路；邮箱 me@www.d.example，代码 http://localhost，“https://e.example/?q=1&r=2”。"
    assert list(in_text(said)) == ["https://a.example/x_(1).html", "http://b.example", "http://www.c.example/", "https://e.example/?q=1&r=2"]


def test_a_replaced_address_leaves_longer_ones_alone() -> None:
    said = "https://a.example/x、https://a.example/xy，www.a.example/x。"
    assert replaced(said, "https://a.example/x", "https://n.example/") == "https://n.example/、https://a.example/xy，www.a.example/x。"
    assert replaced("www.a.example/x。", "http://www.a.example/x", "https://n.example/") == "https://n.example/。"


def test_what_is_longer_than_any_address_is_none_however_it_ends() -> None:
    assert list(in_text("http://a.b/" + ")" * 1_500)) == ["http://a.b/"]
    long = "http://a.b/" + ")" * 160_000
    assert list(in_text(f"见 {long}。http://c.d/x。")) == ["http://c.d/x"] and replaced(long, "http://a.b/", "n") == long


def test_the_texts_of_shared_blocks_are_looked_at_as_those_of_a_form_are() -> None:
    field = {"type": "string", "title": "号码", "description": f"在{HERE}查。"}
    content: dict[str, Any] = {"form": {"properties": {"a": field}}, "blocks": {"agent@1": {"properties": {"no": field}}, "broken@1": ["x"], "other@1": None}}
    assert {each.spot for each in named(content) if each.url == HERE} == {
        ("form", "properties", "a", "description"), ("blocks", "agent@1", "properties", "no", "description")
    }  # fmt: skip
    assert named({"blocks": [HERE]}) == ()


def test_a_broken_draft_names_what_can_be_found() -> None:
    content: dict[str, Any] = {"item": {"faq": ["https://no.example", {"id": 3, "answer": HERE}], "places": {"x": HERE}, "basis": None}, "form": [1]}
    assert [each.url for each in named(content)] == [HERE]
    assert named({}) == () and named({"item": "https://x.example/"}) == ()


# ---- judging


def test_three_failures_in_a_row_make_an_address_dead_and_one_answer_brings_it_back() -> None:
    failures, states = 0, []
    for _ in range(TRIES):
        verdict = judge(HERE, GONE_PROBE, failures=failures, dead=False, line_works=True)
        failures = verdict.failures
        states.append((verdict.state, verdict.again))
    assert states == [(UNSURE, PAUSES[0]), (UNSURE, PAUSES[1]), (DEAD, None)]
    assert judge(HERE, OK_PROBE, failures=failures, dead=True, line_works=True).state == OK


def test_silence_is_not_held_against_an_address_while_nothing_answers_us() -> None:
    for _ in range(9):
        assert judge(HERE, SILENT, failures=2, dead=False, line_works=False).state == UNSURE
    assert judge(HERE, SILENT, failures=2, dead=False, line_works=True).state == DEAD
    assert judge(HERE, SILENT, failures=3, dead=True, line_works=False).state == DEAD


def test_a_server_that_turns_machines_away_is_not_called_dead() -> None:
    for probe in (Probe("barred", 403, why="barred"), Probe("inside", why="private"), Probe("barred", why="encryption")):
        verdict = judge(HERE, probe, failures=2, dead=False, line_works=True)
        assert (verdict.state, verdict.failures) == (UNSURE, 0)


def test_a_page_that_leads_everybody_to_the_front_page_is_in_doubt_and_no_new_home() -> None:
    front = Probe("ok", 200, "https://fees.example.gov.cn/", "https://fees.example.gov.cn/")
    verdict = judge(HERE, front, failures=0, dead=False, line_works=True)
    assert (verdict.state, verdict.why, verdict.moved_to) == (UNSURE, "home", None)
    assert judge("http://fees.example.gov.cn/", front, failures=0, dead=False, line_works=True).state == MOVED


# ---- the hall


def test_the_addresses_of_items_in_force_are_read_and_forgotten_with_them(linked: Database, food: dict[str, Any]) -> None:
    with linked.session() as session:
        spots = set(session.scalars(sa.select(LinkUse.spot).where(LinkUse.link_id == _link(linked).id)))
    assert spots == {"/item/faq/@fee/answer", "/item/basis/@b1/url"}
    _published(linked, food)
    with linked.session() as session:
        while service.plan(session):
            pass
        assert session.scalar(sa.select(Link).where(Link.url == HERE)) is None


def test_what_is_due_is_asked_by_one_message_each_servers_apart_and_only_once(linked: Database) -> None:
    with linked.session() as session:
        session.execute(
            sa.insert(Link),
            [{"id": f"0190000000007000800000000000000{n}", "url": f"https://one.example/{n}", "host": "one.example", "next_at": clock.now()} for n in (1, 2)],
        )
    for _ in range(2):
        with linked.session() as session:
            service.plan(session)
    with linked.session() as session:
        sent = session.scalars(sa.select(Message).where(Message.topic == service.LOOK).order_by(Message.available_at)).all()
        assert len(sent) == 2 and {each.lane for each in sent} == {"plugins"}
        assert sent[1].available_at - sent[0].available_at == service.GAP


def test_what_is_planned_in_another_turn_waits_for_what_that_server_is_asked_already(linked: Database) -> None:
    ids = [f"0190000000007000800000000000000{n}" for n in range(3)]
    with linked.session() as session:
        rows = [{"id": each, "url": f"https://one.example/{each}", "host": "one.example", "next_at": clock.now()} for each in ids]
        session.execute(sa.insert(Link), rows)
        session.execute(
            sa.insert(Link), [{"id": "0190000000007000800000000000000a", "url": "https://two.example/", "host": "two.example", "next_at": clock.now()}]
        )
        for each in (*ids, ids[0]):
            service.hurry(session, [each])
        session.execute(sa.update(Link).where(Link.host == "two.example").values(checked_at=clock.now()))
        service.hurry(session, ["0190000000007000800000000000000a"])
    with linked.session() as session:
        sent = session.scalars(sa.select(Message).where(Message.topic == service.LOOK).order_by(Message.available_at)).all()
        times = [each.available_at for each in sent if each.turn == "one.example"]
        assert len(times) == 3 and all(after - before >= service.GAP for before, after in itertools.pairwise(times))
        assert next(each.available_at - each.created_at for each in sent if each.turn == "two.example") > service.GAP / 2


def test_a_hall_that_does_not_want_to_ask_asks_nobody(linked: Database) -> None:
    with linked.session() as session:
        settings.put(session, DAYS, 0, actor=SYSTEM)
        session.execute(sa.update(Link).values(next_at=clock.now() - timedelta(days=1)))
        service.plan(session)
        assert session.scalar(sa.select(sa.func.count()).select_from(Message).where(Message.topic == service.LOOK)) == 0


def test_a_death_is_told_once_to_the_department_and_shown_until_it_answers(linked: Database) -> None:
    assert _answers(linked, OK_PROBE) == OK
    assert _answers(linked, GONE_PROBE, 5) == DEAD
    with linked.session() as session:
        told = session.scalars(sa.select(Notice.recipient_id).where(Notice.template == "link_dead")).all()
        office = power.owner(session, FOOD)
        assert told == [post[0] for post in people.colleagues(session, [office.id], role="admin")]
        assert [each.state for each in queries.changes(session, _link(linked).id)] == [DEAD, UNSURE, OK]
    assert _answers(linked, OK_PROBE) == OK


def test_a_draft_is_told_beside_the_spot_and_mended_by_a_click(linked: Database, who: dict[str, Actor]) -> None:
    _answers(linked, Probe("ok", 200, "https://new.example.gov.cn/pay", "https://new.example.gov.cn/pay"))
    with linked.session() as session:
        draft = drafts.begin(session, FOOD, actor=who["chief"])
        told = [each for each in found(session, draft.content) if each.key == "items.studio_link_moved"]
        assert {each.spot for each in told} == {("item", "faq", "@fee", "answer"), ("item", "basis", "@b1", "url")}
        assert all(each.level == "warning" and each.mends[0].safe for each in told)
        for each in told:
            draft = drafts.edit(session, draft.id, each.mends[0].edits, command_id=f"c{each.mark}", actor=who["chief"])
        assert "https://new.example.gov.cn/pay)交" in draft.content["item"]["faq"][0]["answer"]
        assert HERE not in json.dumps(draft.content["item"], ensure_ascii=False)
    _answers(linked, GONE_PROBE, 4)
    with linked.session() as session:
        wrong = drafts.content_of(session, FOOD, actor=who["chief"])
        dead = [each for each in found(session, wrong) if each.key == "items.studio_link_dead"]
        assert len(dead) == 2 and not any(each.mends for each in dead)


@pytest.fixture
def shared(database: Database, food: dict[str, Any]) -> Database:
    """The hall with an item whose form has a shared block that names an address."""
    shelf, doc = library(), copy.deepcopy(food)
    form = copy.deepcopy(dict(shelf.forms[doc["form"]]))
    form["properties"]["pay"] = {"include": "pay@1"}
    form["ui"]["pages"][0]["sections"][0]["fields"].append("pay")
    block = {
        "$schema": "https://wangting.example/schemas/form.v1.schema.json", "schema_version": 1, "id": "pay", "version": 1, "title": "缴费", "type": "object",
        "properties": {"no": {"type": "string", "title": "缴费单号", "description": f"在缴费平台({HERE})查。"}},
    }  # fmt: skip
    with database.session() as session:
        forms, blocks = {**shelf.forms, doc["form"]: form}, {**shelf.blocks, "pay@1": block}
        items.apply(session, doc, forms=forms, blocks=blocks, publishing=True, same_person=True, actor=SYSTEM)
    with database.session() as session:
        while service.plan(session):
            pass
    return database


def test_an_address_in_a_shared_block_is_kept_told_and_changed_only_by_a_new_version(shared: Database, who: dict[str, Actor]) -> None:
    _answers(shared, Probe("ok", 200, "https://new.example.gov.cn/pay", "https://new.example.gov.cn/pay"))
    with shared.session() as session:
        (use,) = [each for each in queries.uses(session, people.staff_view(session, who["chief"].id)) if each.link.url == HERE]
        assert use.spot == "/blocks/pay@1/properties/no/description"
        content = drafts.content_of(session, FOOD, actor=who["chief"])
        (told,) = [each for each in found(session, content) if each.key == "items.studio_link_moved"]
        assert not told.mends
        with pytest.raises(BadEdit) as refused:
            mending.into_draft(session, use, command_id="c1", actor=who["chief"])
        assert refused.value.message_key == "items.studio_block_published"


def test_a_guide_knows_the_dead_addresses_of_item_form_and_blocks(shared: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> set[str]:
        with shared.session() as session:
            monkeypatch.setattr(edge, "session", lambda: session)  # no page is asked for here
            queries.dead_links.forget(session)  # other processes see it within two seconds
            return set(away.gone(items.current(session, FOOD).compiled))

    assert gone() == set()
    _answers(shared, GONE_PROBE, 4)
    assert gone() == {HERE}
    assert [(each["text"], each["href"]) for each in away.teller({HERE: queries.Gone(None)})(f"到{HERE}。")] == [("到", ""), (HERE, ""), ("。", "")]
    _answers(shared, OK_PROBE)
    assert gone() == set()


def test_only_those_who_look_after_an_item_see_its_addresses(linked: Database, who: dict[str, Actor]) -> None:
    with linked.session() as session:
        mine = queries.uses(session, people.staff_view(session, who["chief"].id))
        assert {each.spot for each in mine if each.link.url == HERE} == {"/item/faq/@fee/answer", "/item/basis/@b1/url"}
        for name in ("legal", "window"):
            stranger = people.staff_view(session, who[name].id)
            assert queries.uses(session, stranger) == () and queries.use(session, mine[0].id, stranger) is None
