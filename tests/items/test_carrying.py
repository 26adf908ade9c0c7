"""Items go from one hall to another as a signed file: the same bytes and digests over there, drafts only, and nothing that nobody trusted signed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.db.database import Database
from core.identity import demo
from core.items import queries
from core.items import service as items
from core.items.errors import GateClosed, ItemNotFound
from core.items.library import library
from core.items.models import ItemDraft, ItemVersion
from core.items.service import carrying
from core.items.service.carrying import BadBundle
from core.kernel.actor import SYSTEM, Actor
from core.kernel.errors import BadInput
from core.keys import signing
from core.keys.signing import NotSigned
from core.keys.store import create_keys
from core.licences import service as licences
from tests.fixtures_hall import ROOT, import_models

CODES = ("food-operation-new", "senior-card")
TYPES = json.loads((ROOT / "item_configs" / "licence_types.json").read_text(encoding="utf-8"))
OTHER = Actor("staff", "cli:other")


def hall(folder: Path) -> Database:
    """A hall with an organisation and no items."""
    import_models()
    folder.mkdir()
    made = Database(f"sqlite:///{folder / 'hall.db'}", keyring=create_keys(folder))
    made.create_all()
    with made.session() as session:
        demo.seed(session, make_user=lambda username, *_rest: username)
        licences.put_types(session, TYPES, actor=SYSTEM)
    return made


@pytest.fixture(scope="module")
def halls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Database]]:
    """Where the items come from, and an empty one."""
    folder, shelf = tmp_path_factory.mktemp("carrying"), library()
    here, there = hall(folder / "here"), hall(folder / "there")
    with here.session() as session:
        for code in CODES:
            doc = json.loads(shelf.items[code].read_text(encoding="utf-8"))
            items.apply(session, doc, forms=shelf.forms, blocks=shelf.blocks, publishing=True, same_person=True, actor=SYSTEM)
    yield here, there
    here.close()
    there.close()


def packed(here: Database) -> tuple[bytes, dict[str, str]]:
    with here.session() as session:
        return carrying.pack(session, CODES), signing.public_key(session)


def test_what_is_exported_imported_published_and_exported_again_is_the_same_bytes(halls: tuple[Database, Database]) -> None:
    here, there = halls
    data, key = packed(here)
    assert packed(here)[0] == data
    with there.session() as session:
        done = carrying.take_in(session, data, keys=[key], actor=SYSTEM)
        assert [each.code for each in done] == sorted(CODES) and not any(each.published for each in done)
        assert session.scalar(sa.select(sa.func.count(ItemVersion.id))) == 0  # taken in, never published
        for code in CODES:
            items.publish(session, code, actor=OTHER)
    with here.session() as ours, there.session() as theirs:
        for code in CODES:
            assert queries.current(ours, code).compiled.hash == queries.current(theirs, code).compiled.hash
            for part in ("item", "form"):
                assert items.export(ours, code, part=part) == items.export(theirs, code, part=part)
        again, before = json.loads(carrying.pack(theirs, CODES)), json.loads(data)
        assert json.dumps(again["items"]) == json.dumps(before["items"])
        assert again["signed"]["payload"] == before["signed"]["payload"] and again["signed"]["signature"] != before["signed"]["signature"]
        assert not any(each.changed for each in carrying.take_in(theirs, data, keys=[key], actor=SYSTEM))


def test_nobody_s_signature_is_taken_for_another_s(halls: tuple[Database, Database]) -> None:
    here, there = halls
    data, _key = packed(here)
    with there.session() as session:
        with pytest.raises(NotSigned):
            carrying.take_in(session, data, keys=(), actor=SYSTEM)
        own = signing.public_key(session)
    with pytest.raises(NotSigned):
        carrying.unpack(data, [own])


def test_a_bundle_that_somebody_touched_is_refused(halls: tuple[Database, Database]) -> None:
    data, key = packed(halls[0])
    touched = json.loads(data)
    touched["items"][0]["item"]["title"] = "别的名字"
    fewer, more = json.loads(data), json.loads(data)
    del fewer["items"][0]
    more["items"].append(touched["items"][0])
    renamed = json.loads(data)
    renamed["signed"]["payload"] = renamed["signed"]["payload"][:-4] + "AAAA"
    for wrong, trouble in ((touched, BadBundle), (fewer, BadBundle), (more, BadBundle), (renamed, NotSigned)):
        with pytest.raises(trouble):
            carrying.unpack(json.dumps(wrong).encode(), [key])


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b'{"format": "wangting-items/1", "items": 3, "signed": 1}', b"[" * 5000])
def test_what_is_no_bundle_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(BadInput):
        carrying.unpack(data, [])


def test_a_bundle_that_the_gate_refuses_leaves_nothing(halls: tuple[Database, Database], tmp_path: Path) -> None:
    data, key = packed(halls[0])
    bare = hall(tmp_path / "bare")
    with bare.session() as session:
        from core.licences.models import LicenceTypeRow

        session.execute(sa.delete(LicenceTypeRow))
    with bare.session() as session:
        with pytest.raises(GateClosed):
            carrying.take_in(session, data, keys=[key], actor=SYSTEM)
        assert session.scalar(sa.select(sa.func.count()).select_from(ItemDraft)) == 0
    bare.close()


def test_an_item_that_is_not_there_is_named(halls: tuple[Database, Database]) -> None:
    with halls[0].session() as session, pytest.raises(ItemNotFound):
        carrying.pack(session, ["no-such-item"])


def test_a_key_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadBundle) as wrong:
        carrying.trusted(tmp_path)
    assert "a.json" in wrong.value.words("zh")
    assert carrying.trusted(tmp_path / "missing") == {}
