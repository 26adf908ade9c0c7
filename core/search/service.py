"""Put things into the index and take them out, in the caller's transaction."""

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, func, literal_column, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.search.models import FTS_TABLE, Entry
from core.search.tokens import pinyin_tokens, text_tokens

_MOST_TEXT = 20_000

_CREATE = text(f"CREATE VIRTUAL TABLE IF NOT EXISTS {FTS_TABLE} USING fts5(title, words, pinyin, body, tokenize='unicode61')")
_DELETE = text(f"DELETE FROM {FTS_TABLE} WHERE rowid = :num")  # noqa: S608 - a constant name
_INSERT = text(f"INSERT INTO {FTS_TABLE}(rowid, title, words, pinyin, body) VALUES (:num, :title, :words, :pinyin, :body)")  # noqa: S608 - a constant name


def put(session: Session, kind: str, id: str, *, title: str, body: str = "", words: Sequence[str] = (), scope: str | Sequence[str] = "") -> None:
    """Index *id*, replacing what was there. *words* are everyday names (开饭馆). *scope* are division paths or hall slugs; ``""`` is everybody."""
    body = body[:_MOST_TEXT]
    scopes = [scope] if isinstance(scope, str) else list(scope)
    values = {
        "kind": kind,
        "id": id,
        "title": title,
        "words": "\n".join(words),
        "body": body,
        "scope": "" if "" in scopes or not scopes else "|" + "|".join(scopes) + "|",
    }
    fields = (text_tokens(title), text_tokens("\n".join(words)), pinyin_tokens((title, *words)), text_tokens(body))
    if session.get_bind().dialect.name == "sqlite":
        _put_fts(session, values, fields)
        return
    values["terms"] = _vector(fields)
    insert = postgresql.insert(Entry).values({**values, "terms": text(":terms ::tsvector").bindparams(terms=values["terms"])})
    session.execute(insert.on_conflict_do_update(index_elements=["kind", "id"], set_={name: insert.excluded[name] for name in values}))


def remove(session: Session, kind: str, id: str) -> None:
    """Take *id* out of the index (nothing happens when it is not there)."""
    nums = session.scalars(delete(Entry).where(Entry.kind == kind, Entry.id == id).returning(Entry.num)).all()
    if nums and session.get_bind().dialect.name == "sqlite":
        ensure(session)
        for num in nums:
            session.execute(_DELETE, {"num": num})


def known(session: Session, kind: str) -> frozenset[str]:
    """The ids of *kind* that are indexed (for a re-index that removes what is gone)."""
    return frozenset(session.scalars(select(Entry.id).where(Entry.kind == kind)))


def ensure(session: Session) -> None:
    """Make SQLite's FTS5 table when it is not there yet; it cannot be part of a portable migration."""
    there = session.scalar(
        select(func.count()).select_from(text("sqlite_master")).where(literal_column("name") == FTS_TABLE, literal_column("type") == "table")
    )
    if not there:
        session.execute(_CREATE)


def _put_fts(session: Session, values: dict[str, str], fields: Sequence[Iterable[str]]) -> None:
    ensure(session)
    insert = sqlite.insert(Entry).values(values)
    shown = {name: insert.excluded[name] for name in values}
    num = session.execute(insert.on_conflict_do_update(index_elements=["kind", "id"], set_=shown).returning(Entry.num)).scalar_one()
    session.execute(_DELETE, {"num": num})
    names = ("title", "words", "pinyin", "body")
    session.execute(_INSERT, {"num": num, **{name: " ".join(tokens) for name, tokens in zip(names, fields, strict=True)}})


def _vector(fields: Sequence[Iterable[str]]) -> str:
    """A ``tsvector`` literal with positions and weights A–D, past PostgreSQL's own parser. Fields lie a gap apart, so no phrase spans two."""
    parts: list[str] = []
    position = 1
    for weight, tokens in zip("ABCD", fields, strict=True):
        for token in tokens:
            parts.append(f"'{token}':{min(position, 16_383)}{weight}")
            position += 1
        position += 5
    return " ".join(parts)
