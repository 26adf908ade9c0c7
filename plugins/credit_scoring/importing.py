"""Imports: rows are taken in and sealed, columns mapped by a person, the first rows tried, and then all of them brought in piece by piece."""

import base64
import json
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table, delete, insert, select, update

from core.sdk import BadInput, Conflict, Context, NotFound, audit, people
from core.sdk.background import later
from core.sdk.tables import new_id
from plugins.credit_scoring import catalogue, mapping, running, subjects
from plugins.credit_scoring.acting import actor
from plugins.credit_scoring.mapping import Reader, Row, Wrong
from plugins.credit_scoring.models import Batch, Chunk, Mistake, Record, Subject
from plugins.credit_scoring.terms import publicity

#: Rows a piece.
PIECE = 5_000
#: So many mistakes are written down; beyond that only counted: whoever has ten thousand mends the file.
MISTAKES = 10_000
_COLUMNS = 60
_CHECKS = {"company": people.check_uscc, "person": people.check_resident_id}
_SUBJECT, _RECORD, _CHUNK = (cast(Table, model.__table__) for model in (Subject, Record, Chunk))


def begin(ctx: Context, *, title: str, entry: str, kind: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Batch:
    """Take the rows of a table in for an entry of the catalogue; columns are mapped by their titles as far as they say what they are."""
    doc = catalogue.one(ctx, entry)
    if doc["kind"] not in (kind, "both") or kind not in _CHECKS:
        raise BadInput("credit_scoring.import_kind")
    titles = [mapping.tidy(each)[:100] for each in columns]
    if not any(titles) or len(titles) > _COLUMNS or len(set(titles)) != len(titles):
        raise BadInput("credit_scoring.import_columns", most=_COLUMNS)
    batch = Batch(
        id=new_id(), title=title[:200], entry=entry, kind=kind, state="new", columns=titles, mapping=mapping.guess(titles, doc["fields"]), total=0, done=0,
        good=0, known=0, bad=0, piece=0, pieces=0, attempt=0, spent_ms=0, at=ctx.now(), by=actor(ctx),
    )  # fmt: skip
    if not mapping.unmapped(batch.mapping, doc["fields"]):
        batch.state = "ready"
    ctx.session.add(batch)
    ctx.session.flush()
    add(ctx, batch, rows)
    audit.record(ctx, "import_begun", ("batch", batch.id), {"entry": entry, "rows": batch.total})
    return batch


def add(ctx: Context, batch: Batch, rows: Iterable[Sequence[object]]) -> int:
    """Add more rows with the same columns to an import that has not begun; how many there are now."""
    if batch.state not in ("new", "ready"):
        raise Conflict("credit_scoring.import_begun")
    width, rest = len(batch.columns), iter(rows)
    while piece := list(islice(rest, PIECE)):
        cells = [[mapping.tidy(cell) for cell in row[:width]] for row in piece]
        row = {"batch_id": batch.id, "number": batch.pieces, "first_line": batch.total + 2, "count": len(cells), "rows": _sealed(ctx, cells)}
        ctx.session.execute(insert(_CHUNK), [row])
        batch.pieces, batch.total = batch.pieces + 1, batch.total + len(cells)
    ctx.session.flush()
    return batch.total


def one(ctx: Context, batch_id: str) -> Batch:
    """One import. :class:`NotFound` otherwise."""
    found = ctx.session.get(Batch, batch_id)
    if found is None:
        raise NotFound("credit_scoring.no_batch")
    return found


def lately(ctx: Context, most: int = 30) -> Sequence[Batch]:
    """The newest imports."""
    return ctx.session.scalars(select(Batch).order_by(Batch.at.desc()).limit(most)).all()


def map_columns(ctx: Context, batch_id: str, chosen: Mapping[str, str]) -> list[str]:
    """Say which column is what (target → column); targets that every row needs and that have none."""
    batch = one(ctx, batch_id)
    if batch.state not in ("new", "ready"):
        raise Conflict("credit_scoring.import_begun")
    fields = catalogue.one(ctx, batch.entry)["fields"]
    targets = {*mapping.COMMON, *(f"field.{each['id']}" for each in fields)}
    batch.mapping = {target: column for target, column in chosen.items() if target in targets and column in batch.columns}
    missing = mapping.unmapped(batch.mapping, fields)
    batch.state = "new" if missing else "ready"
    ctx.session.flush()
    return missing


@dataclass(frozen=True, slots=True)
class Tried:
    """The first rows of an import, tried: (line, row or what is wrong), and the counts of the first piece."""

    rows: tuple[tuple[int, Row | list[Wrong]], ...]
    tried: int
    wrong: int


def preview(ctx: Context, batch: Batch, most: int = 8) -> Tried:
    """What would become of the first rows. Nothing is written."""
    chunk = ctx.session.get(Chunk, (batch.id, 0))
    if chunk is None:
        return Tried((), 0, 0)
    reader = _reader(ctx, batch)
    found = [(chunk.first_line + number, reader.read(cells)) for number, cells in enumerate(_opened(ctx, chunk.rows))]
    wrong = [each for each in found if isinstance(each[1], list)]
    return Tried(tuple(sorted(_first(found, wrong, most), key=lambda each: each[0])), len(found), len(wrong))


def start(ctx: Context, batch_id: str) -> None:
    """Begin to bring the rows in, or go on after a stop."""
    batch = _locked(ctx, batch_id)
    if batch.state not in ("ready", "stopped"):
        raise Conflict("credit_scoring.import_not_ready")
    batch.state, batch.attempt = "running", batch.attempt + 1
    ctx.session.flush()
    audit.record(ctx, "import_started", ("batch", batch.id), {"done": batch.done})
    later(ctx, "import", {"batch": batch.id}, key=f"{batch.id}/{batch.attempt}")


def stop(ctx: Context, batch_id: str) -> None:
    """Stop where it is; what is in stays in, and the rest waits."""
    batch = _locked(ctx, batch_id)
    if batch.state == "running":
        batch.state = "stopped"
        ctx.session.flush()
        audit.record(ctx, "import_stopped", ("batch", batch.id), {"done": batch.done})


def drop(ctx: Context, batch_id: str) -> None:
    """Forget an import that has brought nothing in, with its rows."""
    batch = _locked(ctx, batch_id)
    if batch.state == "running" or batch.done:
        raise Conflict("credit_scoring.import_begun")
    ctx.session.execute(delete(_CHUNK).where(_CHUNK.c.batch_id == batch.id))
    ctx.session.delete(batch)
    ctx.session.flush()
    audit.record(ctx, "import_dropped", ("batch", batch_id), {})


def piece(ctx: Context, batch_id: str) -> bool:
    """Bring the next piece in; whether there is more."""
    begun = time.perf_counter()
    batch = _locked(ctx, batch_id)
    if batch.state != "running":
        return False
    chunk = ctx.session.get(Chunk, (batch.id, batch.piece))
    if chunk is not None:
        reader = _reader(ctx, batch)
        good: list[Row] = []
        mistakes: list[dict[str, Any]] = []
        wrong = 0
        for number, cells in enumerate(_opened(ctx, chunk.rows)):
            found = reader.read(cells)
            if isinstance(found, Row):
                good.append(found)
            else:
                wrong += 1
                mistakes += [_mistake(batch, chunk.first_line + number, each) for each in found]
        new = _take_in(ctx, batch, good)
        _note(ctx, batch, mistakes)
        batch.good, batch.known, batch.bad = batch.good + new, batch.known + len(good) - new, batch.bad + wrong
        batch.done, batch.piece = batch.done + chunk.count, batch.piece + 1
        ctx.session.execute(delete(_CHUNK).where(_CHUNK.c.batch_id == batch.id, _CHUNK.c.number == chunk.number))
    batch.spent_ms += round(1000 * (time.perf_counter() - begun))
    if batch.piece >= batch.pieces:
        batch.state, batch.ended_at = "done", ctx.now()
    ctx.session.flush()
    if batch.state == "done":
        running.catch_up(ctx, batch.kind)
    return batch.state == "running"


def mistakes(ctx: Context, batch_id: str, most: int | None = None) -> Sequence[Mistake]:
    """What is wrong, line by line."""
    query = select(Mistake).where(Mistake.batch_id == batch_id).order_by(Mistake.line, Mistake.column)
    return ctx.session.scalars(query if most is None else query.limit(most)).all()


def rate(batch: Batch) -> int:
    """Rows a second of working time."""
    return round(1000 * batch.done / batch.spent_ms) if batch.spent_ms else 0


# --- the piece ----------------------------------------------------------------------------------------------------------------------------------


def _first(found: list[Any], wrong: list[Any], most: int) -> list[Any]:
    """The first rows, with the first wrong ones among them."""
    shown = {each[0]: each for each in wrong[: most // 2]}
    for each in found:
        if len(shown) >= most:
            break
        shown.setdefault(each[0], each)
    return list(shown.values())


def _take_in(ctx: Context, batch: Batch, rows: Sequence[Row]) -> int:
    """Write subjects and records of *rows*; how many records are new. What is here already – the same subject, entry, reference and day – stays."""
    if not rows:
        return 0
    ids = _subject_ids(ctx, batch.kind, rows)
    query = select(Record.subject_id, Record.reference, Record.day).where(Record.entry == batch.entry, Record.subject_id.in_(set(ids.values())))
    here = {tuple(row) for row in ctx.session.execute(query)}
    public = catalogue.one(ctx, batch.entry)["public"]
    new = []
    for row in rows:
        key = (ids[row.number], row.reference, row.day)
        if key not in here:
            here.add(key)
            new.append(_record(ctx, batch, key[0], row, public))
    if new:
        ctx.session.execute(insert(_RECORD), new)
        touched = {each["subject_id"] for each in new}
        ctx.session.execute(update(_SUBJECT).where(_SUBJECT.c.id.in_(touched), _SUBJECT.c.stale.is_(False)).values(stale=True))
    return len(new)


def _subject_ids(ctx: Context, kind: str, rows: Sequence[Row]) -> dict[str, str]:
    """Number → subject, those made that were not known. Of a known one the newest name, industry, region and size count."""
    latest = {row.number: row for row in rows}
    indexes = {number: subjects.index(ctx, kind, number) for number in latest}
    query = select(_SUBJECT).where(_SUBJECT.c.kind == kind, _SUBJECT.c.number_index.in_(indexes.values()))
    known = {row.number_index: row for row in ctx.session.execute(query)}
    ids, new, changed = {}, [], []
    for number, row in latest.items():
        found = known.get(indexes[number])
        if found is None:
            ids[number] = new_id()
            new.append(_subject(ctx, kind, ids[number], indexes[number], row))
        else:
            ids[number] = found.id
            changes = _changes(ctx, found, row)
            if changes:
                changed.append((found.id, changes))
    if new:
        ctx.session.execute(insert(_SUBJECT), new)
    for subject_id, changes in changed:
        ctx.session.execute(update(_SUBJECT).where(_SUBJECT.c.id == subject_id).values(stale=True, **changes))
    return ids


def _subject(ctx: Context, kind: str, subject_id: str, number_index: str, row: Row) -> dict[str, Any]:
    return {
        "id": subject_id, "kind": kind, "number_index": number_index, "number_masked": people.mask_number(row.number), "name_index": _name(ctx, row.name),
        "name": people.seal(ctx, row.name), "industry": row.industry, "region": row.region, "size": row.size, "stale": True, "since": ctx.now(),
    }  # fmt: skip


def _changes(ctx: Context, found: Any, row: Row) -> dict[str, Any]:
    changes: dict[str, Any] = {name: value for name in ("industry", "region", "size") if (value := getattr(row, name)) and value != getattr(found, name)}
    name = _name(ctx, row.name)
    if name != found.name_index:
        changes |= {"name_index": name, "name": people.seal(ctx, row.name)}
    return changes


def _name(ctx: Context, name: str) -> str:
    return people.index(ctx, "name", name)


def _record(ctx: Context, batch: Batch, subject_id: str, row: Row, public: bool) -> dict[str, Any]:
    days = publicity(row.terms.split(","), row.day)
    return {
        "id": new_id(), "subject_id": subject_id, "entry": batch.entry, "day": row.day, "reference": row.reference, "authority": row.authority,
        "terms": row.terms, "data": dict(row.data), "words": people.seal(ctx, row.words) if row.words else None, "state": "valid",
        "public_until": days.most_until if public and days.term.key != "none" else None, "batch_id": batch.id, "since": ctx.now(),
    }  # fmt: skip


def _mistake(batch: Batch, line: int, wrong: Wrong) -> dict[str, Any]:
    return {"batch_id": batch.id, "line": line, "column": wrong.column[:100], "key": wrong.key, "params": dict(wrong.params)}


def _note(ctx: Context, batch: Batch, found: list[dict[str, Any]]) -> None:
    if found and batch.bad < MISTAKES:
        ctx.session.execute(insert(cast(Table, Mistake.__table__)), list(_once(found))[:MISTAKES])


def _once(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One mistake a line and column."""
    seen = set()
    for each in found:
        if (each["line"], each["column"]) not in seen:
            seen.add((each["line"], each["column"]))
            yield each


def _reader(ctx: Context, batch: Batch) -> Reader:
    doc = catalogue.one(ctx, batch.entry)
    return Reader(batch.columns, batch.mapping, doc, check_number=_CHECKS[batch.kind], today=ctx.today())


def _locked(ctx: Context, batch_id: str) -> Batch:
    found = ctx.session.scalar(select(Batch).where(Batch.id == batch_id).with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise NotFound("credit_scoring.no_batch")
    return cast(Batch, found)


def _sealed(ctx: Context, rows: list[list[str]]) -> bytes:
    packed = zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(), 1)
    return people.seal(ctx, base64.b85encode(packed).decode())


def _opened(ctx: Context, sealed: bytes) -> list[list[str]]:
    rows: list[list[str]] = json.loads(zlib.decompress(base64.b85decode(people.unseal(ctx, sealed))))
    return rows
