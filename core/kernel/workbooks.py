"""The first sheet of a workbook (XLSX: ECMA-376, parts 1 and 2) read as a stream, whoever made it and whatever for.

A workbook is a package of XML that somebody hands in, and a few kilobytes of it can say "this element a million times". So no part is ever built as a
tree: the parser's events are taken as they come, in pieces, and what is kept at any moment is one piece's rows and the texts that cells refer to – a small
multiple of the bytes that may be unpacked. What makes the parser itself grow (depth, names, one endless tag, a document type) is refused.
"""

import posixpath
import re
import struct
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO
from xml.parsers import expat

#: Parts of a package, and bytes of its list of contents.
MEMBERS, _CONTENTS = 2_000, 1 << 20
#: A part larger than a megabyte that shrinks to less than this share is no text that somebody wrote: a sheet's cells all have names of their own.
_RATIO = 200
_PIECE, _TOKEN = 1 << 16, 1 << 20
_DEEPEST, _NAMES = 64, 10_000
#: Of a sheet (Excel's own limits, "Excel specifications and limits").
ROWS, COLUMNS, STYLES, _FORMAT = 1_048_576, 16_384, 65_536, 255
_PLACE = re.compile(r"([A-Za-z]{1,3})[0-9]{1,7}")


class Unfit(ValueError):
    """A package that is no honest workbook; the text says what there is too much of."""


def rows(stream: IO[bytes], columns: int | None, unpacked: int) -> Iterator[list[str]]:
    """The rows of the first sheet down to the last that has any cell, each as long as its last cell within *columns*; of a formula, what it came to.

    Raises :class:`Unfit` for more than *unpacked* bytes, and whatever a broken package or part makes the libraries raise.
    """
    _refuse_long_contents(stream)
    with zipfile.ZipFile(stream) as archive:
        yield from _Book(archive, unpacked).rows(columns)


def _refuse_long_contents(stream: IO[bytes]) -> None:
    """The list of contents is read whole when a package is opened: look at its size first (APPNOTE 4.3.14–4.3.16)."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - (1 << 16) - 98))
    tail = stream.read()
    stream.seek(0)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or end + 22 > len(tail):
        raise zipfile.BadZipFile
    length = struct.unpack_from("<L", tail, end + 12)[0]
    if end >= 76 and tail[end - 20 : end - 16] == b"PK\x06\x07":
        length = max(length if length < 0xFFFFFFFF else 0, struct.unpack_from("<Q", tail, end - 36)[0])
    if length > _CONTENTS:
        raise Unfit(f"> {MEMBERS}")


class _Book:
    """The parts of a package that a table is made of."""

    def __init__(self, archive: zipfile.ZipFile, unpacked: int) -> None:
        members = archive.infolist()
        if len(members) > MEMBERS:
            raise Unfit(f"> {MEMBERS}")
        self._archive = archive
        self._parts = {member.filename.lstrip("/").casefold(): member for member in members}  # names of parts differ in more than capitals (part 2, 6.2.2.3)
        self._most = self._left = unpacked

    def rows(self, columns: int | None) -> Iterator[list[str]]:
        main = next((target for kind, target in self._related("").values() if kind == "officeDocument"), "xl/workbook.xml")
        book, near = _Workbook(), self._related(main)
        self._read(main, book)
        sheet = next(near[each][1] for each in book.sheets if near.get(each, ("",))[0] == "worksheet")
        strings, styles = _Strings(), _Styles()
        for kind, reader in (("sharedStrings", strings), ("styles", styles)):
            for part in [target for known, target in near.values() if known == kind][:1]:
                self._read(part, reader)
        reading, last = _Sheet(strings.found, styles, book.mac, columns), 0
        for _ in self._pieces(sheet, reading):
            for number, cells in reading.taken():
                yield from ([] for _ in range(number - last - 1))
                last = number
                yield [cells.get(column, "") for column in range(1, max(cells, default=0) + 1)]

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """Id → (the last word of the kind, the part) of what a part, or the package itself, refers to."""
        folder, name = posixpath.split(part)
        where = posixpath.join(folder, "_rels", f"{name}.rels")
        if where.casefold() not in self._parts:
            return {}
        reader = _Relations()
        self._read(where, reader)
        return {key: (kind, posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")) for key, (kind, target) in reader.found.items()}

    def _read(self, part: str, reader: "_Reader") -> None:
        for _ in self._pieces(part, reader):
            pass

    def _pieces(self, part: str, reader: "_Reader") -> Iterator[None]:
        """Let *reader* read a part; a halt after each piece."""
        member = self._parts[part.casefold()]
        self._left -= member.file_size
        if self._left < 0:
            raise Unfit(f"> {self._most >> 20} MiB")
        if member.file_size > max(1 << 20, _RATIO * member.compress_size):
            raise Unfit(f"> {_RATIO} : 1")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # the others unpack a piece whole, however large (and no workbook has them)
            raise Unfit(f"method {member.compress_type}")
        names: dict[str, str] = {}
        parser = expat.ParserCreate(None, None, names)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = reader.start, reader.end, reader.text
        fed = 0
        with self._archive.open(member) as source:
            while piece := source.read(_PIECE):
                parser.Parse(piece, False)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > _TOKEN or len(names) > _NAMES:
                    raise Unfit("XML")
                yield
        parser.Parse(b"", True)
        yield


def _refuse_doctype(*_: object) -> None:
    raise Unfit("DOCTYPE")  # no workbook has one, and only there can entities be declared


class _Reader:
    """Takes the parser's events: ``path`` is where it stands, as names without prefixes; text goes to ``into`` while that is a list."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.into: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.path) >= _DEEPEST:
            raise Unfit("XML")
        self.path.append(name.rpartition(":")[2] if ":" in name else name)
        self.opened(self.path[-1], attributes)

    def end(self, _name: str) -> None:
        self.closed(self.path[-1])
        self.path.pop()

    def text(self, said: str) -> None:
        if self.into is not None:
            self.into.append(said)

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def closed(self, name: str) -> None:
        """An element ends."""


class _Relations(_Reader):
    """Which part is what to another (part 2, 6.5)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, tuple[str, str]] = {}

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            self.found[attributes["Id"]] = (attributes["Type"].rpartition("/")[2], attributes["Target"])
            if len(self.found) > MEMBERS:
                raise Unfit(f"> {MEMBERS}")


class _Workbook(_Reader):
    """The ids of the sheets in their order, and whether days are counted from 1904 (part 1, 18.2)."""

    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[str] = []
        self.mac = False

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet" and self.path[-2:-1] == ["sheets"] and len(self.sheets) < MEMBERS:
            self.sheets.append(next((held for key, held in attributes.items() if key.endswith(":id")), ""))
        elif name == "workbookPr":
            self.mac = attributes.get("date1904") in ("1", "true")


class _Strings(_Reader):
    """The texts that cells refer to by number; how they are to be pronounced (``rPh``) is left out (part 1, 18.4)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._said: list[str] = []

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        del attributes  # of how it looks
        if name == "si":
            self._said = []
        elif name == "t" and self.path[-2:-1] in (["si"], ["r"]):
            self.into = self._said

    def closed(self, name: str) -> None:
        if name == "t":
            self.into = None
        elif name == "si":
            self.found.append(_plain(self._said))
            self._said = []


class _Styles(_Reader):
    """Which styles of cells show a number as a day (``dates``), and which of those as a length of time (``spans``) (part 1, 18.8)."""

    def __init__(self) -> None:
        super().__init__()
        self.dates: set[int] = set()
        self.spans: set[int] = set()
        self._codes: dict[int, str] = {}
        self._count = 0

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt" and self.path[1:-1] == ["numFmts"]:
            self._codes[int(attributes["numFmtId"])] = attributes.get("formatCode", "")[:_FORMAT]
        elif name == "xf" and self.path[1:-1] == ["cellXfs"]:
            self._style(self._count, int(attributes.get("numFmtId", 0)))
            self._count += 1
        if max(self._count, len(self._codes)) > STYLES:
            raise Unfit(f"> {STYLES}")

    def _style(self, number: int, code: int) -> None:
        if code == 0:
            return
        from openpyxl.styles import numbers  # a megabyte of code that only an import needs

        known = self._codes.get(code, numbers.BUILTIN_FORMATS.get(code))
        if numbers.is_date_format(known):
            self.dates.add(number)
            if numbers.is_timedelta_format(known):
                self.spans.add(number)


class _Sheet(_Reader):
    """The cells of a sheet, row by row (part 1, 18.3)."""

    def __init__(self, strings: list[str], styles: _Styles, mac: bool, columns: int | None) -> None:
        super().__init__()
        self._strings, self._styles, self._mac, self._most = strings, styles, mac, columns or COLUMNS
        self._ready: list[tuple[int, dict[int, str]]] = []
        self._row, self._column = 0, 0
        self._cells: dict[int, str] = {}
        self._said: list[str] = []
        self._kind, self._style = "n", 0

    def taken(self) -> list[tuple[int, dict[int, str]]]:
        """The rows that are whole, once each: number, and text by column."""
        ready, self._ready = self._ready, []
        return ready

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        depth = len(self.path)
        if depth == 4 and name == "c":
            self._begin(attributes)
        elif name == "v" and depth == 5:
            self.into = self._said if self._kind != "inlineStr" else None
        elif name == "t" and depth in (6, 7) and self.path[-2] in ("is", "r"):
            self.into = self._said if self._kind == "inlineStr" else None
        elif depth == 3 and name == "row" and self.path[1] == "sheetData":
            number = int(attributes.get("r", self._row + 1))
            if not self._row < number <= ROWS:
                raise Unfit(f"row {number}")
            self._row, self._column, self._cells = number, 0, {}

    def _begin(self, attributes: Mapping[str, str]) -> None:
        place = attributes.get("r")
        self._column = _column(place) if place else self._column + 1
        if self._column > COLUMNS:
            raise Unfit(f"> {COLUMNS}")
        self._kind, self._style, self._said = attributes.get("t", "n"), int(attributes.get("s", 0)), []

    def closed(self, name: str) -> None:
        if name in ("v", "t"):
            self.into = None
        elif name == "c" and len(self.path) == 4:
            said = _plain(self._said) if self._said and self._column <= self._most else ""
            if said:
                self._cells[self._column] = self._meant(said)
        elif name == "row" and len(self.path) == 3:
            self._ready.append((self._row, self._cells))
            self._cells = {}

    def _meant(self, said: str) -> str:
        """What a cell says, by its type (part 1, 18.18.11)."""
        if self._kind == "s":
            return self._strings[int(said)]
        if self._kind == "b":
            return str(bool(int(said)))
        if self._kind == "d":
            from openpyxl.utils.datetime import from_ISO8601  # see above

            return str(from_ISO8601(said))
        return self._number(said) if self._kind == "n" else said

    def _number(self, said: str) -> str:
        value = float(said) if "." in said or "e" in said or "E" in said else int(said)
        if self._style not in self._styles.dates:
            return str(value)
        from openpyxl.utils import datetime  # see above

        try:
            return str(datetime.from_excel(value, datetime.MAC_EPOCH if self._mac else datetime.WINDOWS_EPOCH, timedelta=self._style in self._styles.spans))
        except (OverflowError, ValueError):
            return "#VALUE!"


def _plain(said: list[str]) -> str:
    return "".join(said).replace("x005F_", "")  # how an underscore is written that would read as an escape (part 1, 22.9.2.19)


def _column(place: str) -> int:
    """``A1`` → 1, ``AB7`` → 28."""
    found = _PLACE.fullmatch(place)
    if found is None:
        raise Unfit(place[:20])
    number = 0
    for letter in found[1].upper():
        number = number * 26 + ord(letter) - 64
    return number
