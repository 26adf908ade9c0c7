"""What a file really is, by its content. The name must agree; nothing that can run in a browser or unpack without end is taken."""

import io
import unicodedata
import zipfile
from pathlib import PurePosixPath

import filetype

from core.files.errors import FileRefused
from core.files.pixels import MAX_PIXELS, TooManyParts, largest
from core.files.spec import EXTENSIONS, KINDS, Limits

MAX_MEMBERS = 2_000
MAX_UNPACKED = 100 * 1024 * 1024
MAX_RATIO = 150  # deflate's own limit is ~1,030; office files stay under 40
_RATIO_FROM = 1024 * 1024

_MARKUP = (b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script", b"<head", b"<body", b"<iframe", b"<!--")
_EXECUTABLE = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BY_MEDIA_TYPE = {media_type: kind for kind, (media_type, _) in KINDS.items()} | {"image/heif": "heic"}
_TEXT = ("txt", "csv")


def clean_name(name: str) -> str:
    """The last part of *name* without control or direction characters, at most 120 characters, extension kept."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C").strip()
    stem, dot, extension = kept.rpartition(".")
    return f"{stem[:110]}.{extension[:9]}" if dot else kept[:120]


def examine(content: bytes, name: str, limits: Limits) -> str:
    """The kind of *content*; :class:`FileRefused` with the way to mend it when it is not taken. *name* is clean already."""
    accept = "、".join(sorted(limits.kinds)).upper()
    if not content:
        raise FileRefused("files.empty", name=name)
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if not extension:
        raise FileRefused("files.no_extension", name=name)
    _refuse_what_runs(content, name)
    said = EXTENSIONS.get(extension)
    found = _found(content, name, said)
    if said is None or said not in limits.kinds:
        raise FileRefused("files.not_accepted", name=name, accept=accept)
    if found is None:
        raise FileRefused("files.not_utf8" if said in _TEXT else "files.unknown_content", name=name, accept=accept)
    if found != said:
        raise FileRefused("files.unlike", name=name, extension=extension, found=found.upper(), accept=accept)
    _refuse_giants(content, found, name, accept)
    return found


def _refuse_giants(content: bytes, kind: str, name: str, accept: str) -> None:
    try:
        size = largest(content, kind)
    except TooManyParts as error:
        raise FileRefused("files.unknown_content", name=name, accept=accept) from error
    if size is not None and size[0] * size[1] > MAX_PIXELS:
        raise FileRefused("files.too_many_pixels", name=name, width=size[0], height=size[1], most=MAX_PIXELS // 10_000, most_en=MAX_PIXELS // 1_000_000)


def _refuse_what_runs(content: bytes, name: str) -> None:
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\0").lower()
    if start.startswith(_MARKUP) or content.startswith(_EXECUTABLE) or (content[:2] in (b"\xff\xfe", b"\xfe\xff") and _utf16_markup(content)):
        raise FileRefused("files.active", name=name)
    if content.startswith(_OLE):
        raise FileRefused("files.old_office", name=name)


def _utf16_markup(content: bytes) -> bool:
    start = content[:2048].decode("utf-16", "ignore").lstrip("\ufeff \t\r\n").lower().encode()
    return start.startswith(_MARKUP)


def _found(content: bytes, name: str, said: str | None) -> str | None:
    if content.startswith(b"%PDF-"):
        return "pdf" if b"%%EOF" in content[-2048:] else None
    if content.startswith(b"PK"):
        return _package(content, name)
    guess = filetype.guess_mime(content[:8192])
    if guess in _BY_MEDIA_TYPE:
        return _BY_MEDIA_TYPE[guess]
    if guess is None and said in _TEXT and _is_text(content):
        return said
    return None


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not any(c < " " and c not in "\t\n\r\f" for c in text)


def _package(content: bytes, name: str) -> str | None:
    """Which zip-based document this is, after looking for bombs, passwords, macros and paths that lead elsewhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
            _refuse_bombs(members, len(content), name)
            _unpack_within_bounds(package, members, name)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError, UnicodeError) as error:
        raise FileRefused("files.bomb", name=name) from error
    names = {member.filename for member in members}
    if any(part.lower().endswith(("vbaproject.bin", ".exe", ".dll", ".js", ".html", ".htm")) for part in names):
        raise FileRefused("files.macro", name=name)
    if "[Content_Types].xml" in names:
        return "docx" if "word/document.xml" in names else "xlsx" if "xl/workbook.xml" in names else None
    return "ofd" if "OFD.xml" in names else None


def _refuse_bombs(members: list[zipfile.ZipInfo], size: int, name: str) -> None:
    if any(member.flag_bits & 0x1 for member in members):
        raise FileRefused("files.encrypted", name=name)
    unpacked = sum(member.file_size for member in members)
    strange = any(member.filename.startswith("/") or ".." in PurePosixPath(member.filename).parts for member in members)
    # More packed bytes than the file has means that members overlap, the trick of the better bombs.
    overlap = sum(member.compress_size for member in members) > size
    steep = unpacked > _RATIO_FROM and unpacked > size * MAX_RATIO
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED or strange or overlap or steep:
        raise FileRefused("files.bomb", name=name)


def _unpack_within_bounds(package: zipfile.ZipFile, members: list[zipfile.ZipInfo], name: str) -> None:
    """Read every member once: sizes in the directory may lie and checksums must hold. Bounded by :data:`MAX_UNPACKED`."""
    total = 0
    for member in members:
        with package.open(member) as part:
            while piece := part.read(1 << 20):
                total += len(piece)
                if total > MAX_UNPACKED:
                    raise FileRefused("files.bomb", name=name)
