"""Applying, publishing, exporting: drafts, four eyes, immutability, idempotence."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.audit.models import Entry
from core.db.database import Database
from core.identity import demo
from core.identity.models import Department, Division
from core.identity.service import add_hall
from core.identity.spec import Scope
from core.items import queries
from core.items import service as items
from core.items.checking import check_item
from core.items.errors import GateClosed, ItemNotFound, SecondPersonNeeded
from core.items.library import library, read_json
from core.items.models import Item, ItemDraft, ItemVersion
from core.items.service.known import known_here
from core.kernel.actor import SYSTEM, Actor
from core.keys.store import create_keys, from_environment
from core.licences import service as licences
from core.search import queries as search
from tests.fixtures_hall import import_models

WRITER, READER = Actor("staff", "writer"), Actor("staff", "reader")
FOOD = "food-operation-new"
TYPES = json.loads((Path(__file__).parents[2] / "item_configs" / "licence_types.json").read_text(encoding="utf-8"))


def food() -> dict[str, Any]:
    return read_json(library().items[FOOD])


def put(session: Session, doc: dict[str, Any], **options: Any) -> Any:
    shelf = library()
    return items.apply(session, doc, forms=shelf.forms, blocks=shelf.blocks, **{"actor": WRITER, **options})


def live(session: Session, doc: dict[str, Any]) -> Any:
    return put(session, doc, publishing=True, same_person=True)


def prepare(database: Database) -> None:
    database.create_all()
    with database.session() as session:
        demo.seed(session, make_user=lambda username, *_rest: username)
        licences.put_types(session, TYPES, actor=SYSTEM)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An organisation made once; every test works on a copy of its own."""
    folder = tmp_path_factory.mktemp("hall")
    import_models()
    here = Database(f"sqlite:///{folder / 'hall.db'}", keyring=create_keys(folder))
    prepare(here)
    with here.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    here.close()
    return folder


@pytest.fixture
def database(seeded: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(seeded / "hall.db", tmp_path / "hall.db")
    here = Database(f"sqlite:///{tmp_path / 'hall.db'}", keyring=from_environment(seeded, {}))
    yield here
    here.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.session() as opened:
        yield opened


def path_of(session: Session, code: str) -> str:
    return str(session.scalar(sa.select(Division.path).where(Division.code == code)))


def test_applying_makes_a_draft_that_nobody_sees_until_another_person_publishes_it(session: Session) -> None:
    applied = put(session, food())
    assert applied.changed and not applied.published
    with pytest.raises(ItemNotFound):
        items.current(session, FOOD)
    with pytest.raises(SecondPersonNeeded):
        items.publish(session, FOOD, actor=WRITER)
    version = items.publish(session, FOOD, actor=READER)
    assert (version.number, version.hash) == (1, applied.hash)
    assert items.current(session, FOOD).compiled.hash == applied.hash
    assert session.get(ItemDraft, FOOD) is None


def test_applying_the_same_bundle_again_changes_nothing(session: Session) -> None:
    first = live(session, food())
    again = live(session, food())
    reordered = dict(reversed(list(food().items())))
    assert first.changed and not again.changed and again.hash == first.hash
    assert not live(session, reordered).changed
    assert session.scalar(sa.select(sa.func.count()).select_from(ItemVersion)) == 1
    draft = put(session, {**food(), "summary": "换一句话。"})
    assert draft.changed and not put(session, {**food(), "summary": "换一句话。"}).changed


def test_a_new_version_is_served_at_once_and_the_old_one_stays_for_its_cases(session: Session) -> None:
    live(session, food())
    old = items.current(session, FOOD)
    changed = food() | {"title": "食品经营许可(新)"}
    live(session, changed)
    new = items.current(session, FOOD)
    assert (old.number, new.number) == (1, 2)
    assert new.compiled.title == "食品经营许可(新)"
    assert items.load(session, old.version_id) is old.compiled
    assert [version.number for version in queries.versions(session, FOOD)] == [2, 1]
    assert items.visible(session, None)[0].title == "食品经营许可(新)"


def test_export_gives_back_the_bytes_of_the_formatted_file(session: Session) -> None:
    live(session, food())
    text = items.export(session, FOOD)
    assert text == items.format_item(food())
    assert not live(session, json.loads(text)).changed
    assert json.loads(items.export(session, FOOD, part="form"))["id"] == "food_operation"
    put(session, food() | {"summary": "草稿里的话。"})
    assert "草稿里的话。" in items.export(session, FOOD, draft=True) and "草稿里的话。" not in items.export(session, FOOD)


def test_a_refused_item_shows_every_finding_and_writes_nothing(session: Session) -> None:
    doc = food()
    doc["form"] = "nowhere"
    doc["materials"][3]["original"] = 2
    doc["contacts"]["consult"] = "86926512"
    doc["results"][0]["licence_type"] = "no-such-licence"
    doc["route"]["limits"]["promised"]["value"] = 30
    with pytest.raises(GateClosed) as refused:
        live(session, doc)
    paths = {f.path for f in refused.value.findings if f.level == "error"}
    assert {"/form", "/materials/3/original", "/contacts/consult", "/results/0/licence_type", "/route/limits/promised"} <= paths
    assert session.get(Item, FOOD) is None


def test_an_item_whose_tests_fail_stays_unpublished(session: Session) -> None:
    doc = food()
    doc["tests"][0]["expect"]["end"] = "refuse"
    with pytest.raises(GateClosed) as refused:
        live(session, doc)
    assert [f.path for f in refused.value.findings if f.level == "error"] == ["/tests/0/expect/end"]


def test_a_hall_shows_only_what_its_own_departments_offer(session: Session) -> None:
    live(session, food())
    county = Scope(path_of(session, demo.COUNTY))
    shown = items.visible(session, county)
    assert [item.code for item in shown] == [FOOD]
    assert {offer.division_title for offer in shown[0].offers} == {"云岭县"}
    whole = items.current(session, FOOD, Scope(path_of(session, demo.CITY)))
    assert [offer.division_title for offer in whole.offers] == ["示范市", "云岭县"]
    village = Scope(path_of(session, "990121101201"))
    assert items.visible(session, village) == ()
    with pytest.raises(ItemNotFound):
        items.current(session, FOOD, village)
    of_county = sa.select(Department.id).join(Division, Division.id == Department.division_id).where(Division.code == demo.COUNTY)
    fire = session.scalar(of_county.where(Department.code == "fire"))
    assert items.visible(session, Scope(county.division_path, fire)) == ()


def test_an_item_of_the_city_is_not_offered_by_a_county(session: Session) -> None:
    live(session, food() | {"level": "city"})
    assert items.visible(session, Scope(path_of(session, demo.COUNTY))) == ()
    assert len(items.visible(session, Scope(path_of(session, demo.CITY)))) == 1


def test_a_published_item_is_found_by_everyday_words_and_pinyin(session: Session) -> None:
    live(session, food())
    for query in ("开饭馆", "kaifanguan", "食品经营许可", "kfg"):
        assert [hit.id for hit in search.find(session, query, kinds=("item",))] == [FOOD], query


def test_publishing_leaves_a_record_of_who_applied_and_who_published(session: Session) -> None:
    put(session, food())
    items.publish(session, FOOD, actor=READER)
    rows = session.execute(sa.select(Entry.action, Entry.actor_id).where(Entry.subject_kind == "item").order_by(Entry.at, Entry.seq)).all()
    assert [tuple(row) for row in rows] == [("item.applied", "writer"), ("item.published", "reader")]
    assert audit.verify(session) == ()


def refuses_change(database: Database) -> None:
    with database.session() as session:
        live(session, food())
    for statement in ("UPDATE item_version SET bundle = ''", "UPDATE item_version SET hash = 'x'", "DELETE FROM item_version"):
        with pytest.raises(DBAPIError), database.session() as session:
            session.execute(sa.text(statement))
    with database.session() as session:
        assert session.scalar(sa.select(ItemVersion.hash)) == items.current(session, FOOD).compiled.hash


def test_the_database_refuses_to_change_a_published_version(database: Database) -> None:
    refuses_change(database)


@pytest.mark.postgres
def test_postgresql_refuses_to_change_a_published_version(tmp_path: Path, pg_url: str) -> None:
    import_models()
    here = Database(pg_url, keyring=create_keys(tmp_path))
    prepare(here)
    try:
        refuses_change(here)
    finally:
        here.close()


def test_a_case_of_an_old_version_keeps_its_form_when_the_form_changes(session: Session) -> None:
    live(session, food())
    old = items.current(session, FOOD)
    shelf = library()
    forms = json.loads(json.dumps(shelf.forms))
    forms["food_operation"]["properties"]["email"]["title"] = "电子信箱"
    items.apply(session, food(), forms=forms, publishing=True, same_person=True, actor=WRITER)
    new = items.current(session, FOOD)
    assert new.number == 2 and new.compiled.hash != old.compiled.hash
    assert items.load(session, old.version_id).form_doc["properties"]["email"]["title"] != "电子信箱"
    changes = items.diff(old.compiled, new.compiled)
    assert [change.path for change in changes] == ["fields.email.title"]
    assert "电子信箱" in changes[0].words()


def test_applying_again_offers_the_item_in_a_hall_that_was_added_since(session: Session) -> None:
    live(session, food())
    district = session.scalar(sa.select(Division.id).where(Division.code == demo.DISTRICT))
    add_hall(session, "qinghe", "青禾区分厅", division_id=str(district), actor=SYSTEM)
    assert not live(session, food()).changed
    assert [item.code for item in items.visible(session, Scope(path_of(session, demo.DISTRICT)))] == [FOOD]


def test_sub_items_are_followed_through_what_is_published_and_none_leads_back(session: Session) -> None:
    live(session, food())
    sub = {"kind": "subcase", "title": "另办", "item": FOOD, "limit": {"value": 1, "unit": "working_day"}, "wait": True}
    sub |= {"granted": {"outcome": "grant"}, "refused": {"outcome": "refuse"}, "cancelled": {"outcome": "refuse"}}
    other = {**food(), "code": "food-chain"}
    other["route"]["review"]["nodes"]["extra"] = sub
    known = known_here(session, other)
    assert known.children == {FOOD: frozenset()}
    shelf = library()
    own = food()
    own["route"]["review"]["nodes"]["extra"] = sub
    for doc, cycle in ((other, False), (own, True)):
        found = check_item(doc, forms=shelf.forms, blocks=shelf.blocks, known=known_here(session, doc))
        assert ("routing.check.item_cycle" in {f.key for f in found}) is cycle
