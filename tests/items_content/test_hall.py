"""All items together in the demonstration hall: the whole gate, with real departments and licence types."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

import pytest
from sqlalchemy.orm import Session

from core.identity import demo
from core.items import service as items
from core.items.checking import check_item
from core.items.library import library, shipped_items
from core.items.service.known import known_here
from core.items.subcases import nodes_of
from core.kernel.actor import SYSTEM
from tests.fixtures_hall import make_database
from tests.items_content import content


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    database = make_database(tmp_path_factory.mktemp("hall"))
    with database.session() as session:
        demo.seed(session, make_user=lambda username, *_rest: username)
        if find_spec("core.licences.service") is not None:
            types = content.read(content.ROOT / "item_configs" / "licence_types.json")
            import_module("core.licences.service").put_types(session, types, actor=SYSTEM)
        yield session
    database.close()


#: Those that need nothing but the platform; a bundle's certificates are tested with the plugin that merges them.
PLAIN = {code: doc for code, doc in content.real_items().items() if not doc["plugins"]}


@pytest.mark.parametrize("code", sorted(PLAIN))
def test_somebody_in_the_hall_can_hold_every_task_of_an_item(session: Session, code: str) -> None:
    doc = PLAIN[code]
    found = check_item(doc, forms=library().forms, known=known_here(session, doc))
    assert [(f.level, f.path, f.params) for f in found if f.level == "error" or f.key.endswith("holders_empty")] == []


def test_every_real_item_is_published_in_one_go_and_applying_again_changes_nothing(session: Session) -> None:
    first = items.apply_all(session, shipped_items(), publish=True, actor=SYSTEM)
    assert {each.code for each in first if each.published} == set(PLAIN)
    left = {source.doc["code"]: items.waiting(session, source, publish=True) for source in shipped_items() if source.doc["code"] not in PLAIN}
    assert left == {"company-establish": ("multi_certificate",)}, "an item that configures a plugin waits for it"
    again = items.apply_all(session, shipped_items(), publish=True, actor=SYSTEM)
    assert not any(each.changed for each in again)
    for code, doc in PLAIN.items():
        assert items.export(session, code) == items.format_item(doc)


def test_where_nothing_is_published_at_once_an_item_waits_for_those_it_begins(tmp_path_factory: pytest.TempPathFactory) -> None:
    database = make_database(tmp_path_factory.mktemp("drafts"))
    (bundle,) = (source for source in shipped_items() if source.doc["code"] == "company-establish")
    begun = {node["item"] for _at, _id, node in nodes_of(bundle.doc["route"])}
    with database.session() as session:
        assert begun < set(items.waiting(session, bundle, publish=False))
        assert items.waiting(session, bundle, publish=True) == ("multi_certificate",)
    database.close()
