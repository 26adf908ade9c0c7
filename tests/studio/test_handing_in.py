"""From a draft to a published version: the gate, the reviews, what comes back, the day of effect, what is the catalogue's."""

import copy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.db.database import Database
from core.identity.models import Department, Division
from core.items import queries
from core.items.catalogue import reading, scheduled
from core.items.catalogue import service as catalogue
from core.items.catalogue.errors import NotNow, Refused, RequestNotFound
from core.items.catalogue.models import ItemRequest
from core.items.errors import GateClosed
from core.items.models import Item, ItemDraft, ItemVersion
from core.items.studio import drafts, handing
from core.items.studio.edits import Edit
from core.items.studio.errors import DraftEnded, DraftNotFound
from core.items.studio.spots import parse
from core.kernel import clock
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from core.notices.models import Notice
from core.outbox import schedule

FOOD = "food-operation-new"
Who = dict[str, Actor]


def begun(database: Database, who: Who, *edits: tuple[str, Any]) -> str:
    """The chief's draft of the food licence with values set at spots; its id."""
    with database.session() as session:
        draft = drafts.begin(session, FOOD, actor=who["chief"])
        if edits:
            changes = [Edit("set", parse(at), value, was) for at, value in edits for was in [_found(draft.content, at)]]
            drafts.edit(session, draft.id, changes, command_id=new_id(), actor=who["chief"])
        return draft.id


def _found(content: Any, at: str) -> Any:
    from core.items.studio.spots import find

    return find(content, parse(at))


def handed(database: Database, who: Who, draft: str, *, command: str | None = None, **more: Any) -> catalogue.RequestRef:
    with database.session() as session:
        return handing.hand_in(session, draft, reason="按新规定", command_id=command or new_id(), actor=who["chief"], **more)


def reviewed(database: Database, who: Who, request: str, login: str, *, passed: bool = True, words: str = "") -> catalogue.RequestRef:
    with database.session() as session:
        return catalogue.review(session, request, passed=passed, words=words, command_id=new_id(), actor=who[login])


def state(database: Database, draft: str) -> drafts.Draft:
    with database.session() as session:
        from core.items.studio.models import StudioDraft

        return drafts._view(session.get_one(StudioDraft, draft))


def title_in_force(database: Database) -> str:
    with database.session() as session:
        return queries.current(session, FOOD).compiled.title


# --- handing in ---------------------------------------------------------------------------------------------------------------------------


def test_a_draft_is_reviewed_as_it_was_handed_in_and_then_published(database: Database, who: Who) -> None:
    draft = begun(database, who, ("/item/summary", "换一句话说清楚。"))
    command = new_id()
    asked = handed(database, who, draft, command=command)
    assert (asked.status, asked.step, state(database, draft).state) == ("open", "legality", "asked")
    assert handed(database, who, draft, command=command).replayed
    with database.session() as session, pytest.raises(DraftEnded):
        drafts.edit(session, draft, [Edit("set", ("item", "summary"), "又改", "换一句话说清楚。")], command_id=new_id(), actor=who["chief"])
    assert reviewed(database, who, asked.id, "legal").step == "decision"
    assert reviewed(database, who, asked.id, "leader").status == "published"
    assert state(database, draft).state == "published"
    with database.session() as session:
        assert queries.current(session, FOOD).compiled.doc["summary"] == "换一句话说清楚。"
        again = drafts.begin(session, FOOD, actor=who["chief"])
    assert again.id != draft and again.content["item"]["summary"] == "换一句话说清楚。"


def test_a_closed_gate_tells_checks_and_tests_together_and_writes_nothing(database: Database, who: Who) -> None:
    draft = begun(database, who, ("/item/department", "no_such_office"), ("/item/tests/@grant_small/expect/end", "refuse"))
    with database.session() as session, pytest.raises(GateClosed) as closed:
        handing.hand_in(session, draft, reason="试试", command_id=new_id(), actor=who["chief"])
    paths = {finding.path for finding in closed.value.findings if finding.level == "error"}
    assert any(path.startswith("/department") for path in paths) and any(path.startswith("/tests") for path in paths), paths
    with database.session() as session:
        assert session.get(ItemDraft, FOOD) is None and session.scalar(sa.select(sa.func.count(ItemRequest.id))) == 0
    assert state(database, draft).state == "open"


def test_a_red_test_alone_closes_the_gate_before_anybody_reviews(database: Database, who: Who) -> None:
    draft = begun(database, who, ("/item/tests/@grant_small/expect/end", "refuse"))
    with database.session() as session, pytest.raises(GateClosed) as closed:
        handing.hand_in(session, draft, reason="试试", command_id=new_id(), actor=who["chief"])
    assert {finding.path.split("/")[1] for finding in closed.value.findings if finding.level == "error"} == {"tests"}


def test_a_changed_form_goes_along(database: Database, who: Who) -> None:
    with database.session() as session:
        draft = drafts.begin(session, FOOD, actor=who["chief"])
        field = {"type": "string", "title": "招牌名称", "maxLength": 40}
        place = parse("/form/ui/pages/@operator/sections/@base/fields")
        shown = _found(draft.content, "/form/ui/pages/@operator/sections/@base/fields")
        changes = [Edit("set", ("form", "properties", "sign_name"), field), Edit("set", place, [*shown, "sign_name"], shown)]
        drafts.edit(session, draft.id, changes, command_id=new_id(), actor=who["chief"])
    asked = handed(database, who, draft.id)
    reviewed(database, who, asked.id, "legal")
    reviewed(database, who, asked.id, "leader")
    with database.session() as session:
        assert "sign_name" in queries.current(session, FOOD).compiled.form_doc["properties"]


def test_what_the_reviewer_said_stands_on_the_draft_that_opened_again(database: Database, who: Who) -> None:
    draft = begun(database, who, ("/item/summary", "换一句话。"))
    asked = handed(database, who, draft)
    reviewed(database, who, asked.id, "legal", passed=False, words="依据写清楚到条")
    assert state(database, draft).state == "open"
    with database.session() as session:
        said = handing.returned(session, drafts.load(session, draft, actor=who["chief"]))
        assert said is not None and (said.step, said.words, said.request_id) == ("legality", "依据写清楚到条", asked.id) and said.name
        drafts.edit(session, draft, [Edit("set", ("item", "summary"), "再换。", "换一句话。")], command_id=new_id(), actor=who["chief"])
    again = handed(database, who, draft)
    assert again.id != asked.id


def test_a_request_taken_back_opens_the_draft_without_a_word(database: Database, who: Who) -> None:
    draft = begun(database, who, ("/item/summary", "换一句话。"))
    asked = handed(database, who, draft)
    with database.session() as session:
        assert drafts.begin(session, FOOD, actor=who["chief"]).id == draft  # one draft an item, handed in or not
        catalogue.withdraw(session, asked.id, actor=who["chief"])
    with database.session() as session:
        found = drafts.load(session, draft, actor=who["chief"])
        assert found.state == "open" and handing.returned(session, found) is None


def test_only_the_department_s_own_people_hand_a_draft_in(database: Database, who: Who) -> None:
    draft = begun(database, who)
    for login in ("reviewer", "leader", "legal"):
        with database.session() as session, pytest.raises(DraftNotFound):
            handing.hand_in(session, draft, reason="要", command_id=new_id(), actor=who[login])
    with database.session() as session, pytest.raises(DraftNotFound):
        handing.hand_in(session, draft, reason="要", command_id=new_id(), actor=Actor("citizen", new_id()))


# --- a new item ---------------------------------------------------------------------------------------------------------------------------


def new_item(database: Database, who: Who, food: dict[str, Any], login: str, division: str, **changes: Any) -> str:
    with database.session() as session:
        office = session.scalar(
            sa.select(Department.id)
            .join(Division, Division.id == Department.division_id)
            .where(Department.code == "market_regulation", Division.code == division)
        )
        base = drafts.begin(session, FOOD, actor=who["chief"]).content
        item = {**copy.deepcopy(dict(base["item"])), "code": "food-stall", "title": "食品摊贩备案", **changes}
        assert office is not None
        return drafts.create(session, {**base, "item": item}, department_id=office, actor=who[login]).id


def test_a_new_item_is_made_reviewed_and_offered(database: Database, who: Who, food: dict[str, Any]) -> None:
    draft = new_item(database, who, food, "chief", "990100")
    asked = handed(database, who, draft)
    assert asked.item_code == "food-stall"
    reviewed(database, who, asked.id, "legal")
    reviewed(database, who, asked.id, "leader")
    with database.session() as session:
        found = queries.current(session, "food-stall")
    assert found.compiled.title == "食品摊贩备案" and found.offers


def test_a_new_item_may_be_given_another_code_until_it_is_handed_in(database: Database, who: Who, food: dict[str, Any]) -> None:
    draft = new_item(database, who, food, "chief", "990100")
    with database.session() as session:
        drafts.edit(session, draft, [Edit("set", ("item", "code"), "food-booth", "food-stall")], command_id=new_id(), actor=who["chief"])
    assert handed(database, who, draft).item_code == "food-booth"
    assert state(database, draft).item_code == "food-booth"


def test_nobody_makes_an_item_of_another_department(database: Database, who: Who, food: dict[str, Any]) -> None:
    draft = new_item(database, who, food, "chief", "990100", department="civil_affairs")
    with database.session() as session, pytest.raises(Refused) as refused:
        handing.hand_in(session, draft, reason="要", command_id=new_id(), actor=who["chief"])
    assert refused.value.message_key == "items.studio_other_department"
    with database.session() as session:
        assert session.get(Item, "food-stall") is None


def test_a_county_s_own_item_is_the_county_s(database: Database, who: Who, food: dict[str, Any]) -> None:
    draft = new_item(database, who, food, "yunling-reviewer", "990121", level="county")
    with database.session() as session:
        asked = handing.hand_in(session, draft, reason="本县自设", command_id=new_id(), actor=who["yunling-reviewer"])
    with database.session() as session:
        row = session.get_one(ItemRequest, asked.id)
        office = session.get_one(Department, row.department_id)
        assert session.get_one(Division, office.division_id).code == "990121"


# --- the day of effect --------------------------------------------------------------------------------------------------------------------


def set_down(database: Database, who: Who, day: date, *edits: tuple[str, Any]) -> tuple[str, str]:
    draft = begun(database, who, *(edits or (("/item/summary", "到那天才换。"),)))
    asked = handed(database, who, draft, effective_on=day)
    reviewed(database, who, asked.id, "legal")
    assert reviewed(database, who, asked.id, "leader").status == "scheduled"
    return draft, asked.id


#: 07:59 of 30 November in China is still 29 November in UTC.
EVE = datetime(2026, 11, 29, 15, 59, tzinfo=UTC)
DAY = date(2026, 11, 30)


def test_the_last_review_sets_it_down_and_midnight_in_the_hall_s_zone_publishes_it_once(database: Database, who: Who) -> None:
    with clock.freeze(EVE - timedelta(days=3)):
        draft, request = set_down(database, who, DAY)
        assert queries_number(database) == 1
    with clock.freeze(EVE):
        schedule.run_due(database)
        assert (queries_number(database), status(database, request)) == (1, "scheduled")
        clock.move(minutes=2)  # 00:01 in the hall's zone
        for _ in range(3):
            database.run(scheduled.publish_due)
        assert (queries_number(database), status(database, request)) == (2, "published")
    assert state(database, draft).state == "published"
    with database.session() as session:
        told = session.scalars(sa.select(Notice.recipient_id).where(Notice.template == "item_effective")).all()
        assert len(told) == 3 == len(set(told))  # who asked, who reviewed, who decided


def queries_number(database: Database) -> int:
    with database.session() as session:
        return queries.current(session, FOOD).number


def status(database: Database, request: str) -> str:
    with database.session() as session:
        return session.get_one(ItemRequest, request).status


def test_a_process_that_dies_in_the_middle_has_done_nothing_and_the_next_does_it(database: Database, who: Who, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.freeze(EVE - timedelta(days=3)):
        _draft, request = set_down(database, who, DAY)
    with clock.freeze(EVE + timedelta(days=2)):

        def dies(*_args: object, **_more: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(scheduled, "_tell", dies)
        with pytest.raises(KeyboardInterrupt):
            database.run(scheduled.publish_due)
        assert (queries_number(database), status(database, request)) == (1, "scheduled")
        monkeypatch.undo()
        database.run(scheduled.publish_due)
        assert (queries_number(database), status(database, request)) == (2, "published")


def test_a_gate_that_is_closed_on_the_day_publishes_nothing_and_tells_everybody(database: Database, who: Who) -> None:
    with clock.freeze(EVE - timedelta(days=3)):
        draft, request = set_down(database, who, DAY)
        with database.session() as session:  # the licence type that the item's result needs is gone by then
            from core.licences.models import LicenceTypeRow

            session.execute(sa.delete(LicenceTypeRow))
    with clock.freeze(EVE + timedelta(hours=1)):
        assert database.run(scheduled.publish_due)
        assert (queries_number(database), status(database, request)) == (1, "returned")
    with database.session() as session:
        said = handing.returned(session, drafts.load(session, draft, actor=who["chief"]))
        assert said is not None and said.step == "effect" and said.words
        told = session.scalars(sa.select(Notice.recipient_id).where(Notice.template == "item_not_effective")).all()
        assert len(told) == 3
        view, _row = reading.one(session, request, _staff(session, who["chief"]))
        assert [each.step for each in view.reviews] == ["legality", "decision", "effect"]


def _staff(session: Any, actor: Actor) -> Any:
    from core.identity import queries as people

    return people.staff_view(session, actor.id)


def test_what_could_not_be_published_today_is_not_set_down(database: Database, who: Who) -> None:
    draft = begun(database, who, ("/item/summary", "到那天才换。"))
    asked = handed(database, who, draft, effective_on=clock.today() + timedelta(days=5))
    reviewed(database, who, asked.id, "legal")
    with database.session() as session:
        from core.licences.models import LicenceTypeRow

        session.execute(sa.delete(LicenceTypeRow))
    with pytest.raises(GateClosed), database.session() as session:
        catalogue.review(session, asked.id, passed=True, words="", command_id=new_id(), actor=who["leader"])
    assert status(database, asked.id) == "open"


def test_it_may_be_taken_back_before_its_day_by_who_asked_and_who_decides(database: Database, who: Who) -> None:
    day = clock.today() + timedelta(days=5)
    for login in ("chief", "leader"):
        draft, request = set_down(database, who, day)
        with database.session() as session, pytest.raises(RequestNotFound):
            catalogue.withdraw(session, request, actor=who["legal"])
        with database.session() as session:
            assert catalogue.withdraw(session, request, actor=who[login]).status == "withdrawn"
        assert state(database, draft).state == "open"
        with database.session() as session:
            drafts.drop(session, draft, actor=who["chief"])
    with clock.freeze(datetime.now(UTC) + timedelta(days=9)):
        database.run(scheduled.publish_due)
    assert queries_number(database) == 1


def test_a_day_that_is_not_to_come_is_refused_and_two_changes_do_not_wait_at_once(database: Database, who: Who) -> None:
    draft = begun(database, who, ("/item/summary", "换。"))
    with database.session() as session, pytest.raises(Refused):
        handing.hand_in(session, draft, reason="要", effective_on=clock.today(), command_id=new_id(), actor=who["chief"])
    _draft, _request = set_down(database, who, clock.today() + timedelta(days=3), ("/item/summary", "换。"))
    with database.session() as session, pytest.raises(NotNow):
        catalogue.ask_state(session, FOOD, "suspend", reason="停电", command_id=new_id(), actor=who["chief"])


# --- what is the catalogue's --------------------------------------------------------------------------------------------------------------


def test_locks_are_the_gate_s_own_rule(database: Database, who: Who) -> None:
    from core.items.catalogue import claims
    from tests.fixtures_catalogue import claimed

    with database.session() as session:
        assert handing.locked(session, FOOD) == frozenset()
        code = claimed(session, who)
        spots = handing.locked(session, code)
        content = drafts.begin(session, code, actor=who["yunling-reviewer"]).content
        assert {("item", "title"), ("item", "materials"), ("item", "basis"), ("form",), ("item", "seasons")} <= spots
        free = ("item", "places", "@main", "address"), ("item", "tests"), ("item", "faq"), ("item", "route", "limits", "promised", "value")
        assert not any(spot[: len(lock)] == lock for lock in spots for spot in free)
        assert any(("item", "places", "@main", "id")[: len(lock)] == lock for lock in spots)
        assert handing.locked_here(spots, ("item", "materials", "@x"), None)[0] and not handing.locked_here(spots, ("item", "places", "@main"))[0]
        whole, inside = handing.locked_here(spots, ("item",), ["title", "faq"])
        assert (whole, inside) == (False, (("item", "title"),))
        changed = copy.deepcopy(dict(content["item"]))
        changed["title"], changed["places"][0]["address"] = "换个名字", "新地址"
        found = claims.gate(session, changed, content["form"], content["blocks"])
        assert [finding.path for finding in found] == ["/title"]
    with database.session() as session:
        assert session.scalar(sa.select(sa.func.count(ItemVersion.id)).where(ItemVersion.item_code == code)) == 0
