"""Envelopes, key files, rotation, the check against the database, erasing."""

import base64
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.db.base import Base
from core.db.database import Database
from core.kernel.ids import new_id
from core.keys import rotation, service, store
from core.keys.envelope import Algorithm, read_header, seal, unseal
from core.keys.errors import CannotOpen, Erased, KeyMissing, KeyTrouble, KeyUnreadable, KeyWrong
from core.keys.keyring import Keyring
from core.keys.models import DataKeyRow

RING = Keyring(b"r" * 32, {"k1": b"1" * 32}, "k1")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/hall.db", keyring=RING)
    Base.metadata.create_all(database.engine, tables=[Base.metadata.tables["key_check"], Base.metadata.tables["data_key"]])
    yield database
    database.close()


@given(st.binary(max_size=300), st.text(max_size=40), st.sampled_from(list(Algorithm)))
def test_what_is_sealed_opens_in_its_context(plain: bytes, context: str, algorithm: Algorithm) -> None:
    sealed = seal(b"k" * 32, plain, context=context, key_id="k1", algorithm=algorithm)
    assert unseal(b"k" * 32, sealed, context=context) == plain
    with pytest.raises(CannotOpen):
        unseal(b"k" * 32, sealed, context=context + "x")
    with pytest.raises(CannotOpen):
        unseal(b"q" * 32, sealed, context=context)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_byte_of_an_envelope_can_be_altered(position: int, change: int) -> None:
    sealed = bytearray(RING.seal(b"secret", context="case/1"))
    sealed[position % len(sealed)] ^= change
    with pytest.raises(CannotOpen):
        RING.open(bytes(sealed), context="case/1")


@given(st.binary(max_size=60))
def test_rubbish_is_no_envelope(rubbish: bytes) -> None:
    with pytest.raises(CannotOpen):
        RING.open(rubbish, context="case/1")


def test_the_envelope_has_the_documented_shape() -> None:
    sealed = RING.seal(b"abc", context="c")
    assert sealed[:5] == b"\x01\x01\x02k1"
    assert len(sealed) == 5 + 12 + 3 + 16
    assert read_header(sealed)[0].key_id == "k1"
    assert RING.seal(b"abc", context="c") != sealed


def test_a_data_key_travels_only_wrapped_and_only_to_its_holder() -> None:
    key = RING.new_data_key()
    sealed = key.seal(b"answers", context="payload/1")
    wrapped = key.wrapped("case/1")
    assert RING.unwrap(wrapped, "case/1").open(sealed, context="payload/1") == b"answers"
    with pytest.raises(CannotOpen):
        RING.unwrap(wrapped, "case/2")
    with pytest.raises(CannotOpen):
        RING.open(wrapped, context="case/1")  # a wrap is not a sealed value
    assert "case" not in repr(key)
    assert "1" * 8 not in repr(RING)


def test_the_blind_index_is_keyed_folded_and_apart_by_kind() -> None:
    assert RING.blind_index("resident_id", "11010519491231002x") == RING.blind_index("resident_id", " １１０１０５１９４９１２３１００２Ｘ ")
    assert RING.blind_index("resident_id", "1") != RING.blind_index("passport", "1")
    assert RING.blind_index("resident_id", "1") != Keyring(b"s" * 32, RING.masters, "k1").blind_index("resident_id", "1")
    assert RING.derive("session") != RING.derive("csrf")


def test_keys_are_made_once_for_the_owner_only(tmp_path: Path) -> None:
    made = store.create_keys(tmp_path)
    path = store.key_file(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert store.from_environment(tmp_path, {}).fingerprint() == made.fingerprint()
    with pytest.raises(KeyTrouble, match="never overwritten"):
        store.create_keys(tmp_path)
    path.chmod(0o644)
    with pytest.raises(KeyUnreadable, match="chmod 600"):
        store.from_environment(tmp_path, {})


def test_a_missing_key_file_is_named_with_the_way_to_restore_it(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing) as caught:
        store.from_environment(tmp_path, {})
    for locale, word in (("zh", "备份"), ("en", "backup")):
        assert str(store.key_file(tmp_path)) in caught.value.words(locale)
        assert word in caught.value.words(locale)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format": "wangting-keys", "version": 1}', b'{"format": "other", "version": 1}', b"\xff\xfe", b"null"])
def test_a_damaged_key_file_is_refused(tmp_path: Path, damage: bytes) -> None:
    store.create_keys(tmp_path)
    store.key_file(tmp_path).write_bytes(damage)
    with pytest.raises(KeyUnreadable):
        store.from_environment(tmp_path, {})


def test_a_shortened_key_is_refused(tmp_path: Path) -> None:
    store.create_keys(tmp_path)
    path = store.key_file(tmp_path)
    document = json.loads(path.read_text())
    document["root"] = base64.b64encode(b"short").decode()
    path.write_text(json.dumps(document))
    with pytest.raises(KeyUnreadable, match="32 bytes"):
        store.from_environment(tmp_path, {})


def test_the_environment_holds_one_key_or_a_whole_file(tmp_path: Path) -> None:
    one = store.from_environment(tmp_path, {store.VARIABLE: base64.b64encode(b"m" * 32).decode()})
    assert one.open(one.seal(b"x", context="c"), context="c") == b"x"
    made = store.create_keys(tmp_path)
    whole = store.from_environment("/nowhere", {store.VARIABLE: base64.b64encode(store.key_file(tmp_path).read_bytes()).decode()})
    assert whole.fingerprint() == made.fingerprint()
    for wrong in ("%%%", base64.b64encode(b"short").decode()):
        with pytest.raises(KeyUnreadable, match=store.VARIABLE):
            store.from_environment(tmp_path, {store.VARIABLE: wrong})


def test_rotation_keeps_old_values_readable_and_indexes_stable(tmp_path: Path) -> None:
    before = store.create_keys(tmp_path)
    old = before.seal(b"x", context="c")
    wrapped = before.new_data_key().wrapped("case/1")
    after = store.rotate(tmp_path)
    assert after.active != before.active
    assert after.open(old, context="c") == b"x"
    assert after.blind_index("k", "v") == before.blind_index("k", "v")
    assert stat.S_IMODE(store.key_file(tmp_path).stat().st_mode) == 0o600
    fresh = after.rewrapped(wrapped, "case/1")
    assert fresh is not None
    assert read_header(fresh)[0].key_id == after.active
    assert after.rewrapped(fresh, "case/1") is None
    with pytest.raises(CannotOpen):
        before.open(after.seal(b"x", context="c"), context="c")


def test_the_database_knows_its_own_keys(database: Database, tmp_path: Path) -> None:
    with database.session() as session:
        service.check(session)
        service.check(session)
    stranger = Keyring(b"s" * 32, {"k1": b"1" * 32}, "k1", "/var/hall/keys/master.json")
    with database.session() as session, pytest.raises(KeyWrong, match=r"/var/hall/keys/master\.json"):
        service.check(session, stranger)
    swapped = Keyring(RING.root, {"k1": b"2" * 32}, "k1")
    with database.session() as session, pytest.raises(KeyWrong):
        service.check(session, swapped)


def test_a_key_backup_from_before_a_rotation_is_refused(database: Database) -> None:
    rotated = Keyring(RING.root, {**RING.masters, "k2": b"2" * 32}, "k2")
    with database.session() as session:
        service.check(session, rotated)
    with database.session() as session, pytest.raises(KeyWrong, match="k2"):
        service.check(session, RING)


def test_destroying_the_last_wrap_erases(database: Database) -> None:
    blob, other = ("blob", new_id()), ("blob", new_id())
    draft, case = ("draft", new_id()), ("case", new_id())
    with database.session() as session:
        key = RING.new_data_key()
        for holder in (draft, case, case):
            service.hold(session, key, subject=blob, holder=holder)
        service.hold(session, RING.new_data_key(), subject=other, holder=draft)
        sealed = key.seal(b"scan", context="blob")
        assert service.erase(session, draft) == (other,)
        assert service.data_key(session, subject=blob, holder=case).open(sealed, context="blob") == b"scan"
        with pytest.raises(Erased):
            service.data_key(session, subject=blob, holder=draft)
        assert service.release(session, subject=blob, holder=case) is True
        assert session.scalars(select(DataKeyRow)).all() == []


def test_a_wrap_copied_to_another_holder_does_not_open(database: Database) -> None:
    blob, mine, theirs = ("blob", new_id()), ("case", new_id()), ("case", new_id())
    with database.session() as session:
        service.hold(session, RING.new_data_key(), subject=blob, holder=mine)
        session.scalars(select(DataKeyRow)).one().holder_id = theirs[1]
        session.flush()
        with pytest.raises(CannotOpen):
            service.data_key(session, subject=blob, holder=theirs)


def test_a_rotation_rewraps_in_batches(database: Database) -> None:
    subjects = [("blob", new_id()) for _ in range(5)]
    holder = ("case", new_id())
    with database.session() as session:
        for subject in subjects:
            service.hold(session, RING.new_data_key(), subject=subject, holder=holder)
        session.info["keyring"] = Keyring(RING.root, {**RING.masters, "k2": b"2" * 32}, "k2")
        changed, after = service.rewrap(session, limit=3)
        assert (changed, after is None) == (3, False)
        assert service.rewrap(session, limit=3, after=after) == (2, None)
        assert service.rewrap(session)[0] == 0
        assert {read_header(row.wrapped)[0].key_id for row in session.scalars(select(DataKeyRow))} == {"k2"}
        service.data_key(session, subject=subjects[0], holder=holder)


def test_the_default_environment_is_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, store.VARIABLE, base64.b64encode(b"m" * 32).decode())
    assert store.from_environment(tmp_path).origin == store.VARIABLE


def test_a_whole_rotation_moves_every_wrap_and_can_be_repeated(database: Database, tmp_path: Path) -> None:
    home = tmp_path / "home"
    store.create_keys(home)
    holder, subject = ("case", new_id()), ("blob", new_id())
    with database.session() as session:
        session.info["keyring"] = first = store.from_environment(home, {})
        service.check(session)
        key = first.new_data_key()
        service.hold(session, key, subject=subject, holder=holder)
        sealed = key.seal(b"x", context="c")
    with database.session() as session:
        session.info["keyring"] = first
        assert rotation.rotate(session, home) == 1
        assert service.data_key(session, subject=subject, holder=holder).open(sealed, context="c") == b"x"
        assert rotation.rotate(session, home) == 1
    with database.session() as session:
        service.check(session, store.from_environment(home, {}))
        with pytest.raises(KeyWrong):
            service.check(session, first)
