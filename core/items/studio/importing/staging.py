"""Files that were handed in and wait for a decision: kept for whoever handed them in, looked at as often as they like, taken over or forgotten."""

import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import IO, Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.identity import queries as people
from core.items.studio import drafts
from core.items.studio.errors import ImportEnded, ImportNotFound
from core.items.studio.importing import columns, reading
from core.items.studio.importing.columns import Column
from core.items.studio.importing.reading import Sheet
from core.items.studio.models import StudioImport, StudioImportRow
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.ids import is_id, new_id
from core.outbox import schedule

Kind = Literal["materials", "catalogue", "bundle"]
#: How long a file waits, and its results can be looked up.
KEPT = timedelta(days=90)
#: Of each person, so many; the oldest that is not running goes for a new one.
MOST = 30
#: Files forgotten in one turn.
_BATCH = 100


def keep_sheet(
    session: Session, stream: IO[bytes], name: str, kind: Kind, known: Sequence[Column], *, draft_id: str | None = None, department_id: str, actor: Actor
) -> StudioImport:
    """Read a table and keep it; its columns are mapped as far as their titles say what they are. Raises what :func:`reading.read` raises."""
    sheet = reading.read(stream, name, columns.names(known))
    row = _keep(session, kind, name, json.dumps(sheet.rows, ensure_ascii=False).encode(), draft_id, department_id, actor)
    row.columns, row.total, row.mapping = list(sheet.columns), len(sheet.rows), columns.guess(sheet.columns, known)
    session.flush()
    return row


def keep_file(session: Session, content: bytes, name: str, *, department_id: str, actor: Actor) -> StudioImport:
    """Keep a bundle as it is."""
    return _keep(session, "bundle", name, content, None, department_id, actor)


def _keep(session: Session, kind: Kind, name: str, data: bytes, draft_id: str | None, department_id: str, actor: Actor) -> StudioImport:
    _make_room(session, actor)
    row = StudioImport(
        id=new_id(), kind=kind, name=name[-200:], draft_id=draft_id, department_id=department_id, started_by=actor.id, started_at=now(), state="new",
        region_root=people.department(session, department_id).region_root, columns=[], mapping={}, total=0, next_row=0, attempt=0, data=zlib.compress(data),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _make_room(session: Session, actor: Actor) -> None:
    """Of one's own files forget what is too many with another one."""
    mine = select(StudioImport.id).where(StudioImport.started_by == actor.id, StudioImport.state != "running").order_by(StudioImport.started_at.desc())
    _forget(session, session.scalars(mine.offset(MOST - 1)).all())


def tidy(session: Session) -> bool:
    """One turn of the daily job: forget files that have waited too long; whether more of them may be there."""
    old = session.scalars(select(StudioImport.id).where(StudioImport.started_at < now() - KEPT).limit(_BATCH)).all()
    _forget(session, old)
    return len(old) == _BATCH


def _forget(session: Session, ids: Collection[str]) -> None:
    if not ids:
        return
    session.execute(delete(StudioImportRow).where(StudioImportRow.import_id.in_(ids)))
    session.execute(delete(StudioImport).where(StudioImport.id.in_(ids)))


def one(session: Session, import_id: str, kind: Kind, *, actor: Actor, draft_id: str | None = None, lock: bool = False) -> StudioImport:
    """One of the actor's own files. Raises :class:`ImportNotFound` for another's, another kind's or another draft's and for none alike."""
    query = select(StudioImport).where(StudioImport.id == import_id, StudioImport.kind == kind, StudioImport.started_by == actor.id)
    query = query.where(StudioImport.draft_id == draft_id) if draft_id is not None else query
    found = session.scalar(query.with_for_update() if lock else query) if is_id(import_id) and actor.kind == "staff" else None
    if found is None:
        raise ImportNotFound
    return found


def lately(session: Session, kind: Kind, *, actor: Actor) -> Sequence[StudioImport]:
    """The actor's own files of a kind, the newest first."""
    query = select(StudioImport).where(StudioImport.kind == kind, StudioImport.started_by == actor.id)
    return session.scalars(query.order_by(StudioImport.started_at.desc(), StudioImport.id.desc()).limit(MOST)).all()


def sheet_of(row: StudioImport) -> Sheet:
    """The table that was read."""
    rows = json.loads(zlib.decompress(row.data))
    return Sheet(tuple(row.columns), tuple((int(line), tuple(cells)) for line, cells in rows))


def content_of(row: StudioImport) -> bytes:
    """A bundle as it was handed in."""
    return zlib.decompress(row.data)


def map_columns(session: Session, row: StudioImport, chosen: Mapping[str, str], known: Sequence[Column]) -> None:
    """Say which column is what (target → title)."""
    if row.state != "new":
        raise ImportEnded
    row.mapping = columns.checked(chosen, row.columns, known)
    session.flush()


def ended(session: Session, row: StudioImport) -> None:
    """It was taken over."""
    row.state, row.ended_at = "done", now()
    session.flush()


def drop(session: Session, row: StudioImport) -> None:
    """Forget a file of which nothing was taken over."""
    if row.state != "new":
        raise ImportEnded
    _forget(session, [row.id])
    session.flush()


def take_materials(session: Session, row: StudioImport, *, drop_others: bool, command_id: str, actor: Actor) -> drafts.Draft:
    """Take a list of materials over into its draft, as one command. Rows that are wrong are left out; what comes of each is shown before."""
    from core.items.studio.importing import materials  # what says a change in words is needed by who imports only
    from core.licences import queries as licences

    if row.state != "new":
        raise ImportEnded
    draft = drafts.load(session, str(row.draft_id), actor=actor)
    read = materials.read(sheet_of(row), row.mapping, draft.content, materials.by_title(licences.types(session)))
    edits = materials.edits(draft.content, read, drop=drop_others)
    made = drafts.edit(session, draft.id, edits, command_id=command_id, actor=actor) if edits else draft
    ended(session, row)
    return made


schedule.every("studio.imports", timedelta(days=1).total_seconds(), tidy)
