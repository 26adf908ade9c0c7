"""Files: kept sealed, opened by holders only, erased with the last one; what is not what it says is refused with the way to mend it."""

import io
import struct
import threading
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.db.base import Base
from core.db.database import Database
from core.files import service
from core.files.errors import BlobGone, FileRefused
from core.files.models import Blob
from core.files.sniff import clean_name, examine
from core.files.spec import Limits
from core.files.store import LocalStore
from core.kernel import clock
from core.kernel.ids import new_id
from core.keys import service as keys
from core.keys.keyring import Keyring
from core.outbox import relay

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + b"\0" * 40
TABLES = [Base.metadata.tables[name] for name in ("blob", "data_key", "outbox", "outbox_effect")]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}/hall.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    database = Database(url, keyring=Keyring(b"r" * 32, {"k": b"k" * 32}, "k"), blobs=service.Files(LocalStore(tmp_path / "blobs")))
    Base.metadata.drop_all(database.engine, tables=TABLES)
    Base.metadata.create_all(database.engine, tables=TABLES)
    yield database
    Base.metadata.drop_all(database.engine, tables=TABLES)
    database.close()


def draft() -> keys.Ref:
    return ("draft", new_id())


def stored(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def put(database: Database, content: bytes, name: str, holder: keys.Ref, **limits: Any) -> service.BlobRef:
    with database.session() as session:
        return service.put(session, io.BytesIO(content), name=name, holder=holder, limits=Limits(**limits))


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("CT", "[Content_Types]"), content)
    return out.getvalue()


DOCX = packed(CT_xml=b"<Types/>", word__document_xml=b"<w/>")


def test_a_file_is_sealed_at_rest_and_opens_for_its_holder_only(database: Database, tmp_path: Path) -> None:
    mine = draft()
    ref = put(database, PDF, "证明.pdf", mine)
    assert (ref.name, ref.media_type, ref.size) == ("证明.pdf", "application/pdf", len(PDF))
    (path,) = stored(tmp_path)
    assert b"%PDF" not in path.read_bytes()
    with database.session() as session:
        assert service.open(session, ref.id, holder=mine) == PDF
        for blob_id, holder in ((ref.id, draft()), (new_id(), mine)):
            with pytest.raises(BlobGone):
                service.open(session, blob_id, holder=holder)


def test_equal_content_is_kept_once_and_erased_with_its_last_holder(database: Database, tmp_path: Path) -> None:
    one, two, case = draft(), draft(), ("case", new_id())
    first, second = put(database, PDF, "a.pdf", one), put(database, PDF, "b.pdf", two)
    assert first.id == second.id
    assert len(stored(tmp_path)) == 1
    with database.session() as session:
        service.share(session, first.id, holder=one, to=case)
        assert service.drop(session, first.id, holder=one) is False
        assert service.drop_all(session, two) == ()
        assert service.open(session, first.id, holder=case) == PDF
        assert service.drop_all(session, case) == (first.id,)
    assert len(stored(tmp_path)) == 1  # the bytes go after the commit, not before
    relay.run_all(database)
    assert stored(tmp_path) == []
    again = put(database, PDF, "a.pdf", one)
    assert again.id != first.id


def test_a_roll_back_of_erasing_keeps_the_bytes(database: Database) -> None:
    mine = draft()
    ref = put(database, PDF, "a.pdf", mine)
    with pytest.raises(RuntimeError), database.session() as session:
        service.drop(session, ref.id, holder=mine)
        raise RuntimeError
    relay.run_all(database)
    with database.session() as session:
        assert service.open(session, ref.id, holder=mine) == PDF


def test_the_same_content_at_the_same_moment_is_one_blob(database: Database, tmp_path: Path) -> None:
    holders = [draft() for _ in range(4)]
    threads = [threading.Thread(target=put, args=(database, PDF, "a.pdf", holder)) for holder in holders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.session() as session:
        (blob,) = session.scalars(select(Blob)).all()
        for holder in holders:
            assert service.open(session, blob.id, holder=holder) == PDF
    assert len(stored(tmp_path)) == 1


def test_bytes_of_a_crashed_upload_are_swept_after_a_day(database: Database, tmp_path: Path) -> None:
    mine = draft()
    kept = put(database, PDF, "a.pdf", mine)
    with pytest.raises(RuntimeError), database.session() as session:
        service.put(session, io.BytesIO(PNG), name="b.png", holder=mine)
        raise RuntimeError
    assert len(stored(tmp_path)) == 2
    with database.session() as session:
        assert service.sweep(session) == 0
    with clock.freeze(clock.now() + timedelta(days=2)), database.session() as session:
        assert service.sweep(session) == 1
    with database.session() as session:
        assert service.open(session, kept.id, holder=mine) == PDF


def test_altered_bytes_do_not_open(database: Database, tmp_path: Path) -> None:
    mine = draft()
    ref = put(database, PDF, "a.pdf", mine)
    (path,) = stored(tmp_path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with database.session() as session, pytest.raises(Exception, match="cannot be opened"):
        service.open(session, ref.id, holder=mine)


def test_too_large_is_said_with_the_bound(database: Database) -> None:
    with pytest.raises(FileRefused) as caught:
        put(database, PDF + b"\0" * 2**20, "a.pdf", draft(), max_bytes=2**20)
    assert "1 MB" in caught.value.words("zh")


def test_a_scanner_can_refuse(database: Database) -> None:
    with database.session() as session:
        service.store(session).scanners.append(lambda content, media_type: "木马" if b"endobj" in content else None)
    with pytest.raises(FileRefused) as caught:
        put(database, PDF, "a.pdf", draft())
    assert "木马" in caught.value.words("zh")


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [(PDF, "a.PDF", "pdf"), (PNG, "a.png", "png"), (JPG, "a.jpeg", "jpg"), (DOCX, "a.docx", "docx"), ("姓名,年龄\n王芳,30\n".encode(), "a.csv", "csv")],
)
def test_right_files_are_taken(content: bytes, name: str, kind: str) -> None:
    assert examine(content, name, Limits(accept=(kind,))) == kind


HTML, SVG = b"\xef\xbb\xbf \n<!DOCTYPE html><script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


@pytest.mark.parametrize(
    ("content", "name", "key"),
    [
        (b"", "a.pdf", "files.empty"),
        (PDF, "pdf", "files.no_extension"),
        (PDF, "a.pdf.exe", "files.not_accepted"),
        (PNG, "a.pdf", "files.unlike"),
        (PDF, "a.jpg", "files.unlike"),
        (b"%PDF-1.7 cut off", "a.pdf", "files.unknown_content"),
        (b"\0\1\2\3" * 20, "a.pdf", "files.unknown_content"),
        (HTML, "a.pdf", "files.active"),
        (HTML, "a.html", "files.active"),
        (SVG, "a.png", "files.active"),
        ("﻿<html>".encode("utf-16"), "a.txt", "files.active"),
        (b"MZ\x90\0", "a.pdf", "files.active"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.docx", "files.old_office"),
        ("王芳".encode("gb18030"), "a.txt", "files.not_utf8"),
        (b"PK\x03\x04 no zip", "a.docx", "files.bomb"),
        (packed(anything=b"x"), "a.docx", "files.unknown_content"),
        (DOCX, "a.xlsx", "files.unlike"),
    ],
)
def test_wrong_files_are_refused_with_their_reason(content: bytes, name: str, key: str) -> None:
    with pytest.raises(FileRefused) as caught:
        examine(content, name, Limits(accept=("pdf", "jpg", "png", "docx", "xlsx", "txt")))
    assert caught.value.message_key == key
    assert "{" not in caught.value.words("zh")


def _zip(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members:
            package.writestr(name, content)
    return out.getvalue()


CONTENT = ("[Content_Types].xml", b"<Types/>")


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (_zip(CONTENT, ("word/document.xml", b"\0" * (30 << 20))), "files.bomb"),
        (_zip(CONTENT, *((f"word/{n}.xml", b"x") for n in range(2001))), "files.bomb"),
        (_zip(CONTENT, ("../../etc/passwd", b"x")), "files.bomb"),
        (_zip(CONTENT, ("word/document.xml", b"<w/>"), ("word/vbaProject.bin", b"x")), "files.macro"),
    ],
)
def test_packages_that_bite_are_refused(content: bytes, key: str) -> None:
    with pytest.raises(FileRefused) as caught:
        examine(content, "a.docx", Limits())
    assert caught.value.message_key == key


def test_a_package_that_lies_about_its_size_is_refused() -> None:
    honest = _zip(CONTENT, ("word/document.xml", b"\0" * (3 << 20)))
    lying = honest.replace(struct.pack("<L", 3 << 20), struct.pack("<L", 10))
    assert lying != honest
    with pytest.raises(FileRefused):
        examine(lying, "a.docx", Limits())


@given(st.binary(max_size=400), st.sampled_from(["a.pdf", "a.docx", "a.png", "a.txt", "a.csv", "a"]))
def test_any_bytes_are_taken_or_refused_but_never_crash(content: bytes, name: str) -> None:
    for head in (b"", b"PK\x03\x04", b"%PDF-"):
        try:
            assert examine(head + content, name, Limits(accept=("pdf", "docx", "png", "txt", "csv"))) in name
        except FileRefused as refused:
            assert refused.words("zh")


def test_names_lose_paths_and_hidden_characters() -> None:
    assert clean_name("C:\\Users\\王\\证\u202e明.pdf") == "证明.pdf"
    assert clean_name("../../etc/passwd") == "passwd"
    assert clean_name("长" * 300 + ".pdf").endswith("长.pdf")
    assert len(clean_name("长" * 300 + ".pdf")) <= 120


def test_a_store_key_cannot_lead_out_of_its_directory(tmp_path: Path) -> None:
    blobs = LocalStore(tmp_path)
    for key in ("../../etc/passwd", "", "ab/cd"):
        with pytest.raises(KeyError):
            blobs.get(key)
