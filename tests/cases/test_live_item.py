"""A live item is changed while hundreds of its cases are under way: none breaks, each is treated as was chosen for the place where it stands."""

import copy
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.cases import queries
from core.cases import service as cases
from core.cases.models import Case, CaseEvent, CaseMove, CaseMoved, CaseTask
from core.cases.service import chosen, impact, migrating
from core.cases.service.touched import touched
from core.cases.spec import PartyOnCase
from core.items import queries as items
from core.items.catalogue import service as catalogue
from core.items.compiling import compile_item
from core.items.library import library
from core.items.models import ItemVersion
from core.items.spec import CompiledItem
from core.items.studio import drafts, handing
from core.items.studio.edits import between
from core.kernel.ids import new_id
from tests.fixtures_cases import VALUES, Desk
from tests.fixtures_hall import counted, item_document, settle

FOOD = "market_regulation/food-operation-new.json"
CODE = "food-operation-new"
LARGE = {**VALUES, "area": 450, "business_kind": "canteen"}
#: What somebody does to one task: its number, the button, who.
Press = tuple[int, str, str]


@dataclass(frozen=True)
class Place:
    """A position: how a case gets there, what is chosen for it, under which version it must stand afterwards, and its next act."""

    place: str
    values: Mapping[str, Any]
    way: tuple[Press, ...]
    choice: str
    stands: str
    then: Callable[[Session, Desk, str], object]
    last: Callable[[Session, Desk, str], object] | None = None
    verdict: str = ""
    why: frozenset[str] = field(default_factory=frozenset)


def press(no: int, action: str, login: str, **more: Any) -> Callable[[Session, Desk, str], object]:
    return lambda session, desk, case: cases.act(session, case, no, action, command_id=new_id(), actor=desk.hall.actor(login), **more)


def pause(session: Session, desk: Desk, case: str) -> object:
    return cases.open_pause(session, case, 2, "site_check", reason="约定现场核查", command_id=new_id(), actor=desk.hall.actor("reviewer"))


def unpause(session: Session, desk: Desk, case: str) -> object:
    return cases.close_pause(session, case, 2, command_id=new_id(), actor=desk.hall.actor("reviewer"))


def corrected(session: Session, desk: Desk, case: str) -> object:
    return cases.correct(session, case, values=VALUES, materials=(), command_id=new_id(), actor=desk.hall.me)


CORRECTION = press(1, "request_correction", "window", data={"fields": {"area": "面积不清楚"}, "materials": {}}, reason="请补正")
ACCEPT, PASS, AGREE = (1, "accept", "window"), (2, "pass", "reviewer"), (3, "agree", "chief")
GRANT = {"reason": "符合条件", "opinion": "同意"}
#: Inside the parallel block, which loses a branch.
BLOCK, PAUSED = frozenset({"routing.move.block_changed"}), frozenset({"routing.move.paused"})
BOTH = "review.joint.fire.opinion+review.joint.market.review"
LOGINS = ("window", "reviewer", "chief", "leader", "fire")
PLACES = (
    Place("intake", VALUES, (), "migrate", "new", press(1, "accept", "window"), verdict="moved"),
    Place("intake+intake.check.fire", LARGE, (), "people", "people", press(2, "complete", "fire"), verdict="moved"),
    Place("intake.correction", VALUES, (), "people", "people", corrected, CORRECTION, verdict="moved"),
    Place("review.joint.market.review", VALUES, (ACCEPT,), "migrate", "old", press(*PASS), verdict="refused", why=BLOCK),
    Place(BOTH, LARGE, ((2, "complete", "fire"), ACCEPT), "migrate", "old", press(3, "pass", "fire"), verdict="refused", why=BLOCK),
    Place("review.joint.market.sign", VALUES, (ACCEPT, PASS), "people", "people", press(*AGREE), verdict="moved"),
    Place("review.joint.market.review!", VALUES, (ACCEPT,), "people", "old", unpause, pause, verdict="deferred", why=PAUSED),
    Place("review.decide", VALUES, (ACCEPT, PASS, AGREE), "migrate", "new", press(4, "grant", "leader", **GRANT), verdict="moved"),
    Place("delivery", VALUES, (ACCEPT, PASS, AGREE, (4, "grant", "leader")), "stay", "old", press(5, "deliver", "window", data={"way": "electronic"})),
)  # fmt: skip


def new_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """The next version: a field and a step more, a shorter limit, a branch less, another role decides."""
    made: dict[str, Any] = copy.deepcopy(dict(content))
    item, form = made["item"], made["form"]
    form["properties"]["sign_name"] = {"type": "string", "title": "招牌名称", "maxLength": 40, "ui": {"field": "text"}}
    form["ui"]["pages"][0]["sections"][0]["fields"].append("sign_name")
    nodes = item["route"]["review"]["nodes"]
    del nodes["joint"]["branches"]["fire"]
    nodes["joint"]["agree"] = nodes["joint"]["refuse"] = {"to": "verify"}
    nodes["verify"] = {
        "kind": "step", "title": "核对档案", "holders": {"role": "section_chief", "org": "owner"}, "limit": {"value": 1, "unit": "working_day"},
        "actions": {"pass": {"title": "核对无误", "to": "decide"}},
    }  # fmt: skip
    nodes["decide"]["holders"]["role"] = "agency_head"
    item["route"]["limits"]["promised"]["value"] = 9
    for test in item["tests"]:
        test["steps"] = [changed for step in test["steps"] for changed in _step(step)]
    return made


def _step(step: dict[str, Any]) -> list[dict[str, Any]]:
    if step["as"] == "fire.reviewer" and step["do"] != "complete":
        return []
    if step["as"] != "leader":
        return [step]
    return [{"as": "section_chief", "do": "pass", "day": step["day"]}, {**step, "as": "agency_head"}]


def fill(desk: Desk, each: int) -> dict[str, list[str]]:
    """So many cases at every place, without a look at any of them: place → ids."""
    found: dict[str, list[str]] = {}
    actors = {login: desk.hall.actor(login) for login in LOGINS}
    for place in PLACES:
        with desk.database.session() as session:
            compiled, owner = items.load(session, desk.version), desk.hall.department("market_regulation")
            for _ in range(each):
                made = cases.submit(
                    session, compiled=compiled, version_id=desk.version, owner=owner, values=place.values, parties=(PartyOnCase(desk.hall.citizen_party),),
                    command_id=new_id(), actor=desk.hall.me,
                )  # fmt: skip
                for no, action, login in place.way:
                    more = GRANT if action == "grant" else {}
                    cases.act(session, made.id, no, action, command_id=new_id(), actor=actors[login], **more)
                if place.last is not None:
                    place.last(session, desk, made.id)
                found.setdefault(place.place, []).append(made.id)
    settle(desk.database)
    return found


def publish(desk: Desk, choices: Mapping[str, str]) -> str:
    """The new version through the studio, with what was chosen for each place; its id."""
    with desk.database.session() as session:
        draft = drafts.begin(session, CODE, actor=desk.hall.actor("chief"))
        drafts.edit(session, draft.id, between(draft.content, new_content(draft.content)), command_id=new_id(), actor=desk.hall.actor("chief"))
        asked = handing.hand_in(session, draft.id, reason="取消消防并联", choices=chosen.checked(choices), command_id=new_id(), actor=desk.hall.actor("chief"))
    for login in ("legal", "leader"):
        with desk.database.session() as session:
            catalogue.review(session, asked.id, passed=True, words="", command_id=new_id(), actor=desk.hall.actor(login))
    settle(desk.database)
    with desk.database.session() as session:
        return items.current(session, CODE).version_id


@pytest.mark.counted
def test_five_hundred_cases_under_way_are_each_treated_as_was_chosen_for_their_place(lite: Desk, record_property: Callable[[str, object], None]) -> None:
    each = 63 if os.environ.get("WANGTING_SOAK") else 6
    made = fill(lite, each)
    record_property("cases", each * len(PLACES))
    with lite.database.session() as session:
        standing = {row.id: migrating.standing(row.marking)[0] for row in session.execute(sa.select(Case.id, Case.marking))}
    assert {case: place for place, ids in made.items() for case in ids} == standing

    version = publish(lite, {place.place: place.choice for place in PLACES})
    with lite.database.session() as session:
        derived = session.scalars(sa.select(ItemVersion.id).where(ItemVersion.derived_from == lite.version)).one()
        assert items.current(session, CODE).version_id == version
        runs = session.scalars(sa.select(CaseMove)).all()
        assert {(run.version_id, run.status) for run in runs} == {(version, "done"), (derived, "done")}
        verdicts: dict[str, Any] = {row.case_id: row for row in session.scalars(sa.select(CaseMoved))}
    versions = {"old": lite.version, "new": version, "people": derived}
    for place in PLACES:
        for case in made[place.place]:
            _whole(lite, place, case, versions[place.stands], verdicts.get(case))
            with lite.database.session() as session:
                place.then(session, lite, case)
    settle(lite.database)
    with lite.database.session() as session:
        for case in standing:
            found = cases.verify(session, case)
            assert found.ok, (standing[case], found.problems)
            assert migrating.standing(session.get_one(Case, case).marking)[0] != standing[case]
    _new_people_and_steps_come_up(lite, made)


def _whole(desk: Desk, place: Place, case: str, version: str, moved: CaseMoved | None) -> None:
    """One case right after the publication: where it was, under the version it was chosen for, readable, explained, proved."""
    with desk.database.session() as session:
        row = session.get_one(Case, case)
        assert (row.version_id, migrating.standing(row.marking)[0]) == (version, place.place)
        assert (moved.verdict if moved is not None else "") == place.verdict, place.place
        assert {found["key"] for found in (moved.findings if moved is not None else ())} == place.why, place.place
        events = session.scalars(sa.select(CaseEvent.kind).where(CaseEvent.case_id == case)).all()
        assert events.count("definition_changed") == (place.verdict == "moved")
        seen, mine = queries.case_for_staff(session, case, actor=desk.hall.actor("chief")), queries.case_for_party(session, case, actor=desk.hall.me)
        assert seen.id == mine.id == case and mine.tasks
        assert mine.clocks and all(clock.sentences for clock in mine.clocks if clock.due is not None), place.place
        found = cases.verify(session, case)
        assert found.ok, (place.place, found.problems)


def _new_people_and_steps_come_up(desk: Desk, made: Mapping[str, list[str]]) -> None:
    """Whoever got the people only meets the new head of the office at the old steps; whoever went to the new version meets its step and loses its branch."""
    with desk.database.session() as session:

        def roles(place: str) -> set[tuple[str, str]]:
            rows = session.execute(sa.select(CaseTask.node, CaseTask.role).where(CaseTask.case_id.in_(made[place])))
            return {(row.node, row.role) for row in rows}

        assert roles("review.joint.market.sign") == {("review.decide", "agency_head")}
        assert roles("intake") == {("review.joint.market.review", "reviewer")}
    case = made["intake"][0]
    desk.act(case, *PASS)
    desk.act(case, *AGREE)
    with desk.database.session() as session:
        assert session.execute(sa.select(CaseTask.node, CaseTask.role).where(CaseTask.case_id == case)).one() == ("review.verify", "section_chief")
    desk.act(case, 4, "pass", "chief")
    desk.act(case, 5, "grant", "head", **GRANT)
    desk.sound(case)


def compiled_next() -> CompiledItem:
    """The new version, compiled and stored nowhere."""
    shelf, doc = library(), item_document(FOOD)
    made = new_content({"item": doc, "form": shelf.forms[doc["form"]], "blocks": {}})
    return compile_item(made["item"], forms={doc["form"]: made["form"]})


def test_the_report_says_beforehand_what_then_happens_and_writes_nothing(lite: Desk) -> None:
    fill(lite, 2)
    with lite.database.session() as session:
        before = session.execute(sa.select(Case.id, Case.version_id, Case.seq)).all()
        found = impact.report(session, compiled_next(), departments=migrating.mine(session, lite.hall.actor("chief")))
    assert found.total == 2 * len(PLACES) and found.elsewhere == 0 and not found.unfit
    told = {position.place: position for position in found.positions}
    for place in PLACES:
        fates = {choice: {fate.verdict: fate.count for fate in found} for choice, found in told[place.place].fates.items()}
        if place.choice != "stay":
            assert fates[place.choice] == {place.verdict: 2}, place.place
            assert {each.key for fate in told[place.place].fates[place.choice] for each in fate.findings} == place.why
    with lite.database.session() as session:
        assert session.execute(sa.select(Case.id, Case.version_id, Case.seq)).all() == before


def test_the_report_asks_no_more_statements_for_more_cases(lite: Desk) -> None:
    made = {}
    for each in (1, 4):
        fill(lite, each)
        with lite.database.session() as session, counted(lite.database) as statements:
            impact.report(session, compiled_next(), departments=[lite.hall.department("market_regulation")])
        made[each] = sum("FROM case_" in one for one in statements)
    assert made[1] == made[4] == 4  # where they stand; what they filed; their papers; how many there are elsewhere


def test_other_departments_cases_are_counted_and_left_alone(lite: Desk) -> None:
    fill(lite, 1)
    with lite.database.session() as session:
        found = impact.report(session, compiled_next(), departments=[lite.hall.department("civil_affairs")])
    assert (found.total, found.elsewhere) == (0, len(PLACES))


def test_drafts_are_told_of_what_their_writers_were_never_asked(lite: Desk) -> None:
    from core.cases.models import Draft
    from core.kernel.clock import now

    shelf, doc = library(), item_document(FOOD)
    made = new_content({"item": doc, "form": shelf.forms[doc["form"]], "blocks": {}})
    made["form"]["required"] = [*made["form"]["required"], "sign_name"]
    new = compile_item(made["item"], forms={doc["form"]: made["form"]})
    with lite.database.session() as session:
        for _ in range(3):
            session.add(
                Draft(
                    id=new_id(), account_id=lite.hall.citizen, item_code=CODE, item_title="食品经营许可", version_id=lite.version, version=1, wrapped_key=b"",
                    sealed=b"", created_at=now(), saved_at=now(), expires_at=now().replace(year=now().year + 1),
                )
            )  # fmt: skip
        session.flush()
        found = touched(session, new)
        session.rollback()
    assert (found.drafts.count, found.drafts.asked) == (3, (("招牌名称", 3),))


def test_nobody_in_charge_any_more_means_that_all_stay(lite: Desk) -> None:
    from core.identity.models import Post

    made = fill(lite, 1)
    with lite.database.session() as session:
        draft = drafts.begin(session, CODE, actor=lite.hall.actor("chief"))
        drafts.edit(session, draft.id, between(draft.content, new_content(draft.content)), command_id=new_id(), actor=lite.hall.actor("chief"))
        asked = handing.hand_in(
            session, draft.id, reason="换", choices=chosen.checked({"intake": "migrate"}), command_id=new_id(), actor=lite.hall.actor("chief")
        )
        session.execute(sa.delete(Post).where(Post.staff_id == lite.hall.actor("chief").id))
    for login in ("legal", "leader"):
        with lite.database.session() as session:
            catalogue.review(session, asked.id, passed=True, words="", command_id=new_id(), actor=lite.hall.actor(login))
    settle(lite.database)
    with lite.database.session() as session:
        assert Counter(session.scalars(sa.select(Case.version_id))) == {lite.version: len(PLACES)}
        assert session.scalar(sa.select(sa.func.count(CaseMove.id))) == 0
    assert made
