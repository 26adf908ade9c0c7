"""The basic catalogue: entries, claims, whose element is whose, changes from above, applications upward, sameness."""

import copy
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.db.database import Database
from core.identity.queries import department
from core.items import queries
from core.items import service as items
from core.items.catalogue import codes
from core.items.catalogue import service as catalogue
from core.items.catalogue.elements import Rules, merged, spots
from core.items.catalogue.errors import NotNow, NotYours, Refused, RequestNotFound, ReviewNeeded, SamePerson
from core.items.catalogue.models import CatalogueEntry, Claim, ItemPower
from core.items.errors import GateClosed, ItemNotFound
from core.items.library import library
from core.items.models import ItemDraft
from core.kernel.actor import Actor
from core.kernel.identifiers import check_item_code, check_uscc, uscc_check_character
from core.kernel.ids import new_id
from core.keys.store import create_keys, from_environment
from tests.fixtures_catalogue import an_entry, card
from tests.fixtures_hall import People, import_models, make_hall, read_hall

CITY, COUNTY, DISTRICT = "990100", "990121", "990102"


@dataclass
class World:
    """A session with the people in it, and short verbs."""

    session: Session
    hall: People

    @property
    def code(self) -> str:
        return str(an_entry()["code"])

    def who(self, login: str) -> Actor:
        return self.hall.actor(login)

    def office(self, division: str = COUNTY, kind: str = "civil_affairs") -> str:
        return self.hall.department(kind, division)

    def publish(self, doc: dict[str, Any] | None = None) -> None:
        """The city's entry, through its reviews."""
        shelf = library()
        found = catalogue.ask_entry(
            self.session, doc or an_entry(), forms=shelf.forms, blocks=shelf.blocks, department_id=self.office(CITY), reason="统一标准",
            command_id=new_id(), actor=self.who("chief"),
        )  # fmt: skip
        self.pass_all(found.id, "leader")

    def pass_all(self, request: str, *deciders: str) -> catalogue.RequestRef:
        """Legality, then each decider."""
        found = self.review(request, "legal")
        for login in deciders:
            found = self.review(request, login)
        assert found.status == "published"
        return found

    def review(self, request: str, login: str, *, passed: bool = True, words: str = "") -> catalogue.RequestRef:
        return catalogue.review(self.session, request, passed=passed, words=words, command_id=new_id(), actor=self.who(login))

    def claim(self, division: str = COUNTY, login: str = "yunling") -> str:
        """A county's claim, through its reviews; returns the item's code."""
        found = catalogue.ask_claim(
            self.session, self.code, department_id=self.office(division), reason="本级行使", command_id=new_id(), actor=self.who(f"{login}-reviewer")
        )
        made = self.pass_all(found.id, f"{login}-leader")
        assert made.item_code is not None
        return made.item_code

    def change(self, item: str, doc: dict[str, Any], login: str = "yunling") -> catalogue.RequestRef:
        return catalogue.ask_change(self.session, item, doc=doc, reason="按本地情况", command_id=new_id(), actor=self.who(f"{login}-reviewer"))

    def doc(self, item: str) -> dict[str, Any]:
        """The draft, or what is in force, as somebody would edit it."""
        from core.items.catalogue.claims import compiled_of

        return copy.deepcopy(dict(compiled_of(self.session, item).doc))

    def live(self, item: str, login: str = "yunling") -> None:
        """Publish what is there."""
        found = catalogue.ask_change(self.session, item, reason="首次发布", command_id=new_id(), actor=self.who(f"{login}-reviewer"))
        self.pass_all(found.id, f"{login}-leader")


@pytest.fixture(scope="module")
def mould(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A hall made once; every test works on a copy."""
    folder = tmp_path_factory.mktemp("catalogue")
    import_models()
    database = Database(f"sqlite:///{folder / 'hall.db'}", keyring=create_keys(folder))
    database.create_all()
    with database.session() as session:
        hall = make_hall(session)
        users = dict(hall.users)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return folder, users


@pytest.fixture
def world(mould: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[World]:
    folder, users = mould
    shutil.copy(folder / "hall.db", tmp_path / "hall.db")
    database = Database(f"sqlite:///{tmp_path / 'hall.db'}", keyring=from_environment(folder, {}))
    with database.session() as session:
        yield World(session, read_hall(session, users))
        session.rollback()
    database.close()


# --- codes ------------------------------------------------------------------------------------------------------------------------------


def test_the_31_characters_are_credit_code_level_and_basic_code_and_pass_their_checks() -> None:
    assert codes.implementation("12441500196720244T", "city", "442199806003") == "12441500196720244T3442199806003"
    assert check_item_code("12441500196720244T3442199806003") is None


@pytest.mark.parametrize("uscc", [None, "", "124415001967202440", "12441500196720244", "1244I500196720244T"])
def test_no_code_is_made_from_a_credit_code_whose_check_character_is_wrong(uscc: str | None) -> None:
    with pytest.raises(Refused) as refused:
        codes.implementation(uscc, "county", "440111002000")
    assert refused.value.message_key == "items.no_uscc"


@pytest.mark.parametrize(("code", "key"), [("0001311270", "shape"), ("00013112700X", "shape"), ("000231127004", "type"), ("000131127004", None)])
def test_a_basic_code_has_twelve_characters_and_names_its_type(code: str, key: str | None) -> None:
    assert codes.check_basic(code, "01") == (f"items.basic_code_{key}" if key else None)


def test_every_real_code_of_the_vectors_is_nested_as_it_should_be() -> None:
    for code in ("11511012008562235K4002014008001", "11110000092921359M2110121019007", "12441500196720244T3442199806003"):
        assert check_uscc(code[:18]) is None and code[:17] + uscc_check_character(code[:17]) == code[:18]
        assert codes.implementation(code[:18], {"2": "province", "3": "city", "4": "county"}[code[18]], code[19:]) == code


# --- whose element ------------------------------------------------------------------------------------------------------------------------


def test_the_longest_pointer_tells_the_owner_and_unified_elements_are_never_local() -> None:
    rules = Rules(("/places", "/route", "/materials/*/help", "/title"), ("/route/limits/statutory",))
    owners = {pointer: rules.owner(pointer) for pointer in ("/places/main/title", "/route/limits/promised", "/materials/a/help", "/codes/local", "/tests/t1")}
    assert set(owners.values()) == {"local"}, owners
    for pointer in ("/title", "/codes/basic", "/route/limits/statutory/value", "/materials/a/title", "/materials/a", "/whatever", "/department"):
        assert rules.owner(pointer) == "catalogue", pointer


def test_a_translation_belongs_to_whoever_owns_the_text() -> None:
    rules = Rules(("/places",))
    assert rules.owner("/translations/en/places.main.title") == "local"
    assert rules.owner("/translations/en/title") == rules.owner("/translations/en/materials.layout.title") == "catalogue"


def test_spots_name_list_elements_by_id_and_see_a_new_order() -> None:
    before = {"m": [{"id": "a", "n": 1}, {"id": "b", "n": 2}], "x": True}
    assert [s.pointer for s in spots(before, {"m": [{"id": "a", "n": 1}, {"id": "b", "n": 3}], "x": True})] == ["/m/b/n"]
    assert [s.pointer for s in spots(before, {"m": [{"id": "b", "n": 2}, {"id": "a", "n": 1}], "x": True})] == ["/m"]
    assert [s.pointer for s in spots(before, {"m": [{"id": "a", "n": 1}], "x": True})] == ["/m/b"]


def test_merging_keeps_ones_own_local_elements_and_says_what_is_lost() -> None:
    rules = Rules(("/places", "/words"))
    before = {"title": "甲", "places": [{"id": "main", "title": "一楼"}], "words": [], "m": 1}
    own = {"title": "甲", "places": [{"id": "main", "title": "三楼"}, {"id": "town", "title": "镇里"}], "words": ["俗称"], "m": 2}
    made, lost = merged(rules, before, {"title": "乙", "places": [{"id": "main", "title": "一楼"}], "words": [], "m": 3, "new": 1}, own)
    assert made == {"title": "乙", "places": own["places"], "words": ["俗称"], "m": 3, "new": 1}
    assert [spot.pointer for spot in lost] == ["/m"]


# --- publishing and claiming --------------------------------------------------------------------------------------------------------------


def test_a_published_entry_is_claimed_from_below_and_gives_a_draft_under_the_31_characters(world: World) -> None:
    world.publish()
    slug = world.claim()
    office = department(world.session, world.office())
    made = world.doc(slug)
    assert made["codes"]["implementation"] == f"{office.uscc}4{world.code}"
    assert check_item_code(made["codes"]["implementation"]) is None
    assert made["codes"]["basic"] == world.code and made["level"] == "county"
    assert world.session.get_one(Claim, slug).number == 1
    with pytest.raises(ItemNotFound):
        queries.current(world.session, slug)
    world.live(slug)
    assert [offer.department_id for offer in queries.current(world.session, slug).offers] == [office.id]


def test_every_fault_of_an_entry_is_told_at_once(world: World) -> None:
    doc = an_entry(code="990100001000", local=["/title", "/places"], levels=["county", "moon"])
    doc["item"]["form"] = "nowhere"
    shelf = library()
    paths = {f.path for f in catalogue.check_entry(doc, shelf.forms, shelf.blocks) if f.level == "error"}
    assert {"/code", "/local/0", "/levels/1", "item:/form"} <= paths
    with pytest.raises(GateClosed):
        world.publish(doc)


def test_only_the_right_department_at_the_right_level_claims_and_only_once(world: World) -> None:
    world.publish()
    for division, kind, login, key in (
        (CITY, "civil_affairs", "chief", "items.claim_other_level"),
        (COUNTY, "health", "yunling-reviewer", "items.claim_other_kind"),
    ):
        with pytest.raises(Refused) as refused:
            catalogue.ask_claim(world.session, world.code, department_id=world.office(division, kind), reason="要", command_id=new_id(), actor=world.who(login))
        assert refused.value.message_key == key
    world.claim()
    with pytest.raises(NotNow):
        world.claim()
    world.claim(DISTRICT, "qinghe")


def test_nobody_claims_in_the_name_of_a_department_they_have_no_post_in(world: World) -> None:
    world.publish()
    for login in ("window", "chief", "qinghe-reviewer", "yunling-window", "legal"):
        with pytest.raises(NotYours):
            catalogue.ask_claim(world.session, world.code, department_id=world.office(), reason="要", command_id=new_id(), actor=world.who(login))
    with pytest.raises(NotYours):
        catalogue.ask_claim(
            world.session, world.code, department_id=world.office(), reason="要", command_id=new_id(), actor=Actor("citizen", world.hall.citizen)
        )


def test_a_main_item_with_sub_items_cannot_be_claimed(world: World) -> None:
    world.publish(an_entry(code=f"99{card()['type']}0000100Y"))
    with pytest.raises(Refused, match="sub-items"):
        catalogue.ask_claim(
            world.session, f"99{card()['type']}0000100Y", department_id=world.office(), reason="要", command_id=new_id(), actor=world.who("yunling-reviewer")
        )


# --- the gate -----------------------------------------------------------------------------------------------------------------------------


def test_local_elements_may_change_and_everything_else_is_refused_with_the_spot_and_its_owner(world: World) -> None:
    world.publish()
    slug = world.claim()
    doc = world.doc(slug)
    doc["places"][0]["title"] = "云岭县政务服务中心3层"
    world.pass_all(world.change(slug, doc).id, "yunling-leader")
    assert queries.current(world.session, slug).compiled.doc["places"][0]["title"] == "云岭县政务服务中心3层"
    bad = world.doc(slug)
    bad["title"], bad["materials"][0]["title"], bad["codes"]["implementation"] = "老年人优待证办理(云岭)", "别的材料", None
    with pytest.raises(GateClosed) as refused:
        world.change(slug, bad)
    found = {f.path: f for f in refused.value.findings if f.key == "items.not_local"}
    assert {"/title", "/codes/implementation", f"/materials/{bad['materials'][0]['id']}/title"} <= set(found)
    assert "示范市民政局" in found["/title"].words() and world.code in found["/title"].words()
    assert world.session.get(ItemDraft, slug) is None


def test_a_form_that_is_not_ones_own_to_change_is_refused_too(world: World) -> None:
    world.publish()
    slug = world.claim()
    doc, shelf = world.doc(slug), library()
    form = copy.deepcopy(dict(shelf.forms[doc["form"]]))
    first = next(iter(form["properties"]))
    form["properties"][first]["title"] = "改了的字段"
    with pytest.raises(GateClosed) as refused:
        catalogue.ask_change(
            world.session,
            slug,
            doc=doc,
            forms={doc["form"]: form},
            blocks=shelf.blocks,
            reason="改表",
            command_id=new_id(),
            actor=world.who("yunling-reviewer"),
        )
    assert any(f.path.startswith("/form/definition/properties/") for f in refused.value.findings if f.key == "items.not_local")


def test_a_claimed_item_is_published_by_a_reviewed_request_and_in_no_other_way(world: World) -> None:
    world.publish()
    slug = world.claim()
    with pytest.raises(ReviewNeeded):
        items.publish(world.session, slug, actor=world.who("yunling-leader"))


def test_what_was_reviewed_is_what_is_published(world: World) -> None:
    world.publish()
    slug = world.claim()
    doc = world.doc(slug)
    found = world.change(slug, doc | {"words": ["老年证"]})
    world.review(found.id, "legal")
    shelf = library()
    items.apply(world.session, doc | {"words": ["别的"]}, forms=shelf.forms, blocks=shelf.blocks, actor=world.who("yunling-reviewer"))
    with pytest.raises(NotNow) as refused:
        world.review(found.id, "yunling-leader")
    assert refused.value.message_key == "items.draft_changed"


# --- changes from above -------------------------------------------------------------------------------------------------------------------


def newer() -> dict[str, Any]:
    doc = an_entry()
    doc["item"]["summary"] = "上面改过的一句话。"
    doc["item"]["places"][0]["title"] = "上面的地点"
    return doc


def test_a_change_above_arrives_as_a_diff_in_words_and_is_taken_over_with_ones_own_local_elements(world: World) -> None:
    world.publish()
    slug = world.claim()
    doc = world.doc(slug)
    doc["places"][0]["title"] = "云岭三楼"
    world.pass_all(world.change(slug, doc).id, "yunling-leader")
    before = queries.current(world.session, slug)
    world.publish(newer())
    news = catalogue.upstream(world.session, slug)
    assert news is not None and (news.follows, news.number) == (1, 2)
    assert any("上面改过的一句话。" in change.words() for change in news.changes)
    assert queries.current(world.session, slug).version_id == before.version_id  # nothing moves by itself
    found = catalogue.ask_adopt(world.session, slug, reason="接受", command_id=new_id(), actor=world.who("yunling-reviewer"))
    world.pass_all(found.id, "yunling-leader")
    after = queries.current(world.session, slug).compiled.doc
    assert (after["summary"], after["places"][0]["title"]) == ("上面改过的一句话。", "云岭三楼")
    assert queries.load(world.session, before.version_id).doc["summary"] != after["summary"]  # filed cases keep what they were filed under
    assert catalogue.upstream(world.session, slug) is None


def test_an_objection_goes_to_the_publisher_and_is_noted_when_it_is_upheld(world: World) -> None:
    world.publish()
    slug = world.claim()
    world.live(slug)
    world.publish(newer())
    found = catalogue.ask_objection(world.session, slug, reason="本地做不到", command_id=new_id(), actor=world.who("yunling-reviewer"))
    with pytest.raises(NotYours):
        world.review(found.id, "yunling-leader")
    world.review(found.id, "leader", words="同意暂缓")
    news = catalogue.upstream(world.session, slug)
    assert news is not None and news.objected
    (row,) = catalogue.sameness(world.session)
    assert row.objected and not row.current and not row.same


def test_the_report_says_which_items_deviate_and_in_what(world: World) -> None:
    world.publish()
    county, district = world.claim(), world.claim(DISTRICT, "qinghe")
    world.live(county)
    assert [(row.item_code, row.same, row.current) for row in catalogue.sameness(world.session)] == [(district, True, True), (county, True, True)]
    renamed = an_entry(title="老年人优待证核发")
    world.publish(renamed)
    rows = {row.item_code: row for row in catalogue.sameness(world.session)}
    assert [spot.pointer for spot in rows[county].unified] == ["/title"] and not rows[county].current
    assert rows[county].unified[0].expected == "老年人优待证核发"


def test_a_lower_department_applies_upward_for_an_entry_and_the_one_above_decides(world: World) -> None:
    shelf = library()
    found = catalogue.ask_entry(
        world.session, an_entry(), forms=shelf.forms, blocks=shelf.blocks, department_id=world.office(), upward=True, reason="基层需要",
        command_id=new_id(), actor=world.who("yunling-reviewer"),
    )  # fmt: skip
    world.review(found.id, "legal")
    with pytest.raises(NotYours):
        world.review(found.id, "yunling-leader")
    world.review(found.id, "head")
    row = world.session.get_one(CatalogueEntry, world.code)
    assert row.publisher_id == world.office(CITY)
    world.claim()


def test_nobody_publishes_an_entry_of_another_department_or_for_levels_above(world: World) -> None:
    world.publish()
    shelf = library()
    ask = {"forms": shelf.forms, "blocks": shelf.blocks, "reason": "改", "command_id": new_id(), "actor": world.who("yunling-reviewer")}
    found = catalogue.ask_entry(world.session, newer(), department_id=world.office(), **ask)  # type: ignore[arg-type]
    world.review(found.id, "legal")
    with pytest.raises(GateClosed):
        world.review(found.id, "yunling-leader")
    with pytest.raises(Refused) as refused:
        catalogue.ask_entry(world.session, an_entry(levels=["city"]), department_id=world.office(), **{**ask, "command_id": new_id()})  # type: ignore[arg-type]
    assert refused.value.message_key == "items.entry_above"


# --- the reviews --------------------------------------------------------------------------------------------------------------------------


def test_whoever_asked_does_not_review_and_nobody_takes_two_steps(world: World) -> None:
    from core.identity.service import add_post
    from core.kernel.actor import SYSTEM

    world.publish()
    chief, legal = (world.hall.staff[login] for login in ("yunling-reviewer", "legal"))
    justice = world.hall.department("justice")
    add_post(world.session, chief, justice, "legal_reviewer", actor=SYSTEM)
    add_post(world.session, legal, world.office(), "leader", actor=SYSTEM)
    found = catalogue.ask_claim(world.session, world.code, department_id=world.office(), reason="要", command_id=new_id(), actor=world.who("yunling-reviewer"))
    with pytest.raises(SamePerson):
        world.review(found.id, "yunling-reviewer")
    world.review(found.id, "legal")
    with pytest.raises(SamePerson):
        world.review(found.id, "legal")
    assert world.review(found.id, "yunling-leader").status == "published"


def test_a_borrowed_post_counts_for_both_names(world: World) -> None:
    from datetime import timedelta

    from core.identity.service import delegate
    from core.kernel.actor import SYSTEM
    from core.kernel.clock import today

    world.publish()
    found = catalogue.ask_claim(world.session, world.code, department_id=world.office(), reason="要", command_id=new_id(), actor=world.who("yunling-reviewer"))
    delegate(
        world.session, world.hall.staff["legal"], world.hall.staff["yunling-leader"], valid_from=today(), valid_until=today() + timedelta(days=1),
        reason="出差", actor=SYSTEM,
    )  # fmt: skip
    world.review(found.id, "yunling-leader")  # legality, in the place of the legality reviewer
    with pytest.raises(SamePerson):
        world.review(found.id, "yunling-leader")


def test_a_stranger_learns_not_even_that_a_request_exists(world: World) -> None:
    world.publish()
    found = catalogue.ask_claim(world.session, world.code, department_id=world.office(), reason="要", command_id=new_id(), actor=world.who("yunling-reviewer"))
    for login in ("window", "qinghe-leader", "fire", "supervisor"):
        with pytest.raises(RequestNotFound):
            world.review(found.id, login)
    with pytest.raises(RequestNotFound):
        catalogue.withdraw(world.session, found.id, actor=world.who("yunling-leader"))
    with pytest.raises(RequestNotFound):
        world.review(new_id(), "legal")


def test_returning_needs_words_ends_the_request_and_changes_nothing(world: World) -> None:
    world.publish()
    found = catalogue.ask_claim(world.session, world.code, department_id=world.office(), reason="要", command_id=new_id(), actor=world.who("yunling-reviewer"))
    with pytest.raises(Refused):
        world.review(found.id, "legal", passed=False)
    assert world.review(found.id, "legal", passed=False, words="依据不足").status == "returned"
    assert world.session.query(Claim).count() == 0 and world.session.query(ItemPower).count() == 0
    with pytest.raises(NotNow):
        world.review(found.id, "yunling-leader")


def test_a_repeated_command_gets_the_same_answer_and_does_nothing(world: World) -> None:
    world.publish()
    command, actor = new_id(), world.who("yunling-reviewer")
    ask = {"department_id": world.office(), "reason": "要", "command_id": command, "actor": actor}
    first = catalogue.ask_claim(world.session, world.code, **ask)  # type: ignore[arg-type]
    again = catalogue.ask_claim(world.session, world.code, **ask)  # type: ignore[arg-type]
    assert again.id == first.id and again.replayed
    review = {"passed": True, "words": "", "command_id": new_id(), "actor": world.who("legal")}
    assert catalogue.review(world.session, first.id, **review).step == "decision"  # type: ignore[arg-type]
    assert catalogue.review(world.session, first.id, **review).step == "decision"  # type: ignore[arg-type]
