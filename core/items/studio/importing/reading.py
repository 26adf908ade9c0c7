"""A file that somebody handed in as a table of texts: XLSX, CSV or JSON, within limits, whatever it is made of."""

import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import IO, Any

from core.kernel.errors import BadInput
from core.kernel.tables import read_table
from core.kernel.text import normalise

MOST_BYTES = 10 * 2**20
MOST_ROWS, MOST_COLUMNS, LONGEST_TITLE = 10_000, 100, 100
#: What a cell of a workbook may hold at most.
LONGEST_CELL = 32_767
#: Bytes of a workbook when unpacked: ten thousand rows of forty columns are less.
_UNPACKED = 32 * 2**20
#: Characters of a table, as many as a CSV file of the largest size could hold: the cells of a workbook may all refer to one long text.
_MOST_SAID = MOST_BYTES
#: Objects and lists in a JSON file; each costs memory that its two brackets do not show.
_MOST_NESTED = 20 * MOST_ROWS
#: Rows above the titles of columns: what a sheet is called, who filled it in.
_HEADINGS = 10
_KINDS = (".xlsx", ".csv", ".json")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Titles of columns, and rows as (line in the file, cells); in JSON the line is the number of the entry."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read(stream: IO[bytes], name: str, known: Collection[str]) -> Sheet:
    """The table in a file. *known* are titles of columns (:func:`plain`) by which the row of titles is found below a heading.

    Raises :class:`BadInput` that says what is wrong with the file and how to mend it.
    """
    content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise BadInput("items.import_large", name=name, most=MOST_BYTES >> 20)
    if not name.lower().endswith(_KINDS):
        raise BadInput("items.import_kind", name=name)
    if not content.strip():
        raise BadInput("items.import_empty", name=name)
    if name.lower().endswith(".json"):
        return _json(content, name)
    if not name.lower().endswith(".xlsx"):
        _refuse_no_text(content, name)
    lines = read_table(io.BytesIO(content), name, columns=MOST_COLUMNS + 1, unpacked=_UNPACKED)
    return _table(lines, name, known)


def plain(title: str) -> str:
    """A title of a column as it is compared: no spaces, no mark of what must be filled in, small letters."""
    return "".join(normalise(title).split()).casefold().strip("*:：")


def _refuse_no_text(content: bytes, name: str) -> None:
    """A workbook called CSV, and what spreadsheets call Unicode text."""
    if content.startswith(b"PK\x03\x04"):
        raise BadInput("items.import_unlike", name=name)
    if b"\0" in content[:65_536]:
        raise BadInput("items.import_encoding", name=name)


def _table(lines: Iterator[list[str]], name: str, known: Collection[str]) -> Sheet:
    taken = list(_measured(islice(enumerate(lines, 1), MOST_ROWS + _HEADINGS + 2), name))
    tidied = lru_cache(maxsize=65_536)(normalise)  # the cells of a column say the same few things
    filled = [(line, [tidied(cell) for cell in cells]) for line, cells in taken if any(cell.strip() for cell in cells)]
    if not filled:
        raise BadInput("items.import_empty", name=name)
    head = max(range(min(_HEADINGS, len(filled))), key=lambda index: sum(plain(cell) in known for cell in filled[index][1]))
    titles = filled[head][1]
    while titles and not titles[-1]:
        titles.pop()
    rows = [(line, cells[: len(titles)]) for line, cells in filled[head + 1 :]]
    return _sheet(titles, rows, name)


def _measured(lines: Iterator[tuple[int, list[str]]], name: str) -> Iterator[tuple[int, list[str]]]:
    said = 0
    for line, cells in lines:
        said += sum(map(len, cells))
        if said > _MOST_SAID:
            raise BadInput("items.import_large", name=name, most=MOST_BYTES >> 20)
        yield line, cells


def _sheet(titles: list[str], rows: list[tuple[int, list[str]]], name: str) -> Sheet:
    if len(titles) > MOST_COLUMNS:
        raise BadInput("items.import_columns", name=name, most=MOST_COLUMNS)
    if len(rows) > MOST_ROWS:
        raise BadInput("items.import_rows", name=name, most=MOST_ROWS)
    if not rows:
        raise BadInput("items.import_empty", name=name)
    long = next((line for line, cells in rows if any(len(cell) > LONGEST_CELL for cell in cells)), None)
    if long is not None:
        raise BadInput("items.import_cell", name=name, line=long, most=LONGEST_CELL)
    width = len(titles)
    cells_of = [(line, tuple(cells) + ("",) * (width - len(cells))) for line, cells in rows]
    return Sheet(_named(titles), tuple((line, cells) for line, cells in cells_of if any(cells)))


def _named(titles: list[str]) -> tuple[str, ...]:
    """Titles that tell columns apart: an empty one is called by its place, one that is there again is numbered."""
    made: list[str] = []
    for place, title in enumerate(titles, 1):
        name = title[:LONGEST_TITLE] or f"#{place}"
        made.append(name if name not in made else f"{name} ({place})")
    return tuple(made)


# ---- JSON


def _json(content: bytes, name: str) -> Sheet:
    """A list of objects, or an object that has one: each is a row, what lies deeper is called by the way to it (``source.from``)."""
    if content.count(b"{") + content.count(b"[") > _MOST_NESTED:
        raise BadInput("items.import_large", name=name, most=MOST_BYTES >> 20)
    try:
        found = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadInput("items.import_json", name=name) from error
    lists = [found, *(found.values() if isinstance(found, Mapping) else ())]
    entries: list[Any] = next((each for each in lists if isinstance(each, list) and each and all(isinstance(one, Mapping) for one in each)), [])
    if not entries:
        raise BadInput("items.import_json", name=name)
    if len(entries) > MOST_ROWS:
        raise BadInput("items.import_rows", name=name, most=MOST_ROWS)
    flat = [dict(_flat(each, ())) for each in entries]
    titles = _titles(flat, name)
    return _sheet(titles, [(number, [each.get(title, "") for title in titles]) for number, each in enumerate(flat, 1)], name)


def _titles(entries: Iterable[Mapping[str, str]], name: str) -> list[str]:
    """Every title once; too many are refused before anything is made of them and the rows."""
    titles: dict[str, None] = {}
    for each in entries:
        titles.update(dict.fromkeys(each))
        if len(titles) > MOST_COLUMNS:
            raise BadInput("items.import_columns", name=name, most=MOST_COLUMNS)
    return list(titles)


def _flat(value: Mapping[str, Any], way: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for key, held in value.items():
        here = (*way, normalise(str(key))[:LONGEST_TITLE])
        if isinstance(held, Mapping) and held and len(here) < 3 and not _is_rule(here):
            yield from _flat(held, here)
        elif held is not None:
            yield ".".join(here), _text(held)


def _is_rule(way: tuple[str, ...]) -> bool:
    return way[-1] == "when"


def _text(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "\n".join(normalise(each) for each in value)
    if isinstance(value, bool):
        return "是" if value else "否"
    return normalise(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
