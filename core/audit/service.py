"""Record, export the root, verify.

One chain a day and shard: a transaction picks one shard at random and stays on it, so that two transactions seldom wait for
each other and never wait in a circle. The root is a digest over the heads of all streams.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.audit import chains
from core.audit.models import Entry, Head
from core.audit.spec import Problem, Root, Seal
from core.db.together import Rows, insert_together
from core.kernel import canonical
from core.kernel.actor import Actor
from core.kernel.clock import now

FORMAT = 1
SHARDS = 16
_STREAM = "audit_stream"
_ENTRY, _HEAD = cast(Table, Entry.__table__), cast(Table, Head.__table__)


def _locking(dialect: Any) -> Any:
    """A change that changes nothing takes the row's lock and returns what is there; a new stream begins at its genesis."""
    fresh = dialect.insert(_HEAD).values(stream=bindparam("stream"), seq=0, hash=bindparam("hash"))
    return fresh.on_conflict_do_update(index_elements=["stream"], set_={"seq": _HEAD.c.seq}).returning(_HEAD.c.seq, _HEAD.c.hash)


_LOCKED, _LOCKED_SQLITE = _locking(postgresql), _locking(sqlite)


def record(session: Session, action: str, *, subject: tuple[str, str], actor: Actor, detail: Mapping[str, Any] | None = None) -> None:
    """Append one entry in this transaction. *detail* holds ids and reasons, never a person's values."""
    at = now()
    stream = _stream(session, at)
    seq, previous = _locked_head(session, stream)
    values: dict[str, Any] = {
        "stream": stream,
        "seq": seq + 1,
        "format": FORMAT,
        "algorithm": canonical.DEFAULT_ALGORITHM,
        "at": at,
        "action": action,
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "on_behalf_of": actor.on_behalf_of,
        "detail": canonical.dumps(dict(detail or {})).decode(),
        "previous": previous,
    }
    values["hash"] = entry_hash(values)
    head = {"stream": stream, "seq": seq + 1, "hash": values["hash"]}
    insert_together(session, Rows(_ENTRY, [values]), Rows(_HEAD, [head], "replace"))


def entry_hash(values: Mapping[str, Any]) -> str:
    """The hash of an entry: canonical JSON of all columns but ``hash``; the instant in UTC with microseconds, ``detail`` parsed."""
    body = {name: value for name, value in values.items() if name != "hash"}
    return canonical.digest({**body, "at": _instant(values["at"]), "detail": json.loads(values["detail"])}, values["algorithm"])


def genesis(stream: str) -> str:
    """What the first entry of *stream* names as the one before it."""
    return canonical.digest({"format": FORMAT, "kind": "audit-genesis", "stream": stream})


def export_root(session: Session) -> Root:
    """The state of the whole record and of every other chain now, to be kept where the database's administrator cannot write."""
    at = now()
    heads = {row.stream: (row.seq, row.hash) for row in session.execute(select(Head.stream, Head.seq, Head.hash).order_by(Head.stream))}
    families = chains.sealed(session, at)
    return Root(_instant(at), heads, root_digest(heads, families), families)


def root_digest(heads: Mapping[str, tuple[int, str]], families: Mapping[str, Seal] | None = None) -> str:
    """One digest over all heads, in the order of their names, and the seals of the other chains (``None``: a root of format 1)."""
    document: dict[str, Any] = {"format": 1, "kind": "audit-root", "streams": [[name, *heads[name]] for name in sorted(heads)]}
    if families is not None:
        document |= {"format": 2, "families": {name: seal.to_json() for name, seal in families.items()}}
    return canonical.digest(document)


def verify(session: Session, against: Root | None = None) -> tuple[Problem, ...]:
    """Walk every chain of the record; () when nothing was edited, deleted or reordered.

    With *against* (an exported root) a cut or rewritten end is found too, even when the heads were altered to fit – also of the chains of cases and
    licences, which prove what stands inside them by themselves (:func:`core.cases.service.verify_all`, :func:`core.licences.queries.faults`).
    """
    return tuple(_problems(session, against))


def _problems(session: Session, against: Root | None) -> Iterator[Problem]:
    heads = {row.stream: (row.seq, row.hash) for row in session.execute(select(Head.stream, Head.seq, Head.hash))}
    exported = dict(against.streams) if against else {}
    if against is not None:
        if root_digest(exported, against.families if against.format > 1 else None) != against.root:
            yield Problem("*", 0, "rewritten")  # the exported file itself was altered
        yield from chains.compared(session, against.families)
    walked: dict[str, tuple[int, str]] = {}
    columns = Entry.__table__.columns
    for row in session.execute(select(*columns).order_by(Entry.stream, Entry.seq).execution_options(yield_per=1000)):
        values = dict(row._mapping)
        seq, previous = walked.get(row.stream, (0, genesis(row.stream)))
        if row.seq != seq + 1:
            yield Problem(row.stream, seq + 1, "missing")
        elif row.previous != previous:
            yield Problem(row.stream, row.seq, "reordered")
        if not _holds(values):
            yield Problem(row.stream, row.seq, "edited")
        if row.stream in exported and exported[row.stream][0] == row.seq and exported[row.stream][1] != row.hash:
            yield Problem(row.stream, row.seq, "rewritten")
        walked[row.stream] = (row.seq, row.hash)
    for stream in sorted(heads.keys() | exported.keys() | walked.keys()):
        yield from _end_of(session, stream, walked.get(stream), heads.get(stream), exported.get(stream))


def _holds(values: Mapping[str, Any]) -> bool:
    try:
        return bool(values["format"] == FORMAT and entry_hash(values) == values["hash"])
    except ValueError:  # an unknown algorithm or a detail that is no JSON was written over it
        return False


def _end_of(session: Session, stream: str, walked: tuple[int, str] | None, head: tuple[int, str] | None, exported: tuple[int, str] | None) -> Iterator[Problem]:
    last = walked[0] if walked else 0
    if (head != walked and not _grew(session, stream)) or (exported is not None and exported[0] > last):
        yield Problem(stream, last + 1, "truncated")


def _grew(session: Session, stream: str) -> bool:
    """Whether the head and the last entry agree while nobody can write: then entries were added between two of our statements, and nothing is amiss."""
    head = session.execute(select(Head.seq, Head.hash).where(Head.stream == stream).with_for_update(read=True)).first()
    last = session.execute(select(Entry.seq, Entry.hash).where(Entry.stream == stream).order_by(Entry.seq.desc()).limit(1)).first()
    return head is not None and last is not None and (head.seq, head.hash) == (last.seq, last.hash)


def _stream(session: Session, at: datetime) -> str:
    shard = session.info.setdefault(_STREAM, secrets.randbelow(SHARDS))
    return f"{at:%Y-%m-%d}/{shard:02}"


def _locked_head(session: Session, stream: str) -> tuple[int, str]:
    statement = _LOCKED_SQLITE if session.get_bind().dialect.name == "sqlite" else _LOCKED
    row = session.execute(statement, {"stream": stream, "hash": genesis(stream)}).one()
    return row.seq, row.hash


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
