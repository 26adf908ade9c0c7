"""Exports of the library: asked for with a purpose, read piece by piece by the worker, written into one file, handed to whoever asked, gone in time.

Each message of the outbox takes a thousand cases, seals them as one piece and asks for the next, so an export can be watched and stopped, goes on
after a crash where it was, and never holds more than a piece. The last message streams the pieces into the format and seals the file in pieces again.
Everything is under one key of the export's own; when the file expires the key is destroyed and the pieces are removed (个人信息保护法 19, 47).
"""

import json
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import IO, Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cases.library.formats import FORMATS
from core.cases.library.rows import About, rows
from core.cases.library.search import REGIONAL, Asked, Found, batch, count, reach, stated, within
from core.cases.models import CaseExport, CaseExportPiece, table
from core.cases.service.machine import command_key
from core.db.once import once
from core.identity import queries as people
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput, Conflict, Forbidden, NotFound
from core.kernel.ids import is_id, new_id
from core.keys.keyring import DataKey
from core.keys.service import keyring
from core.outbox import schedule
from core.outbox import service as outbox
from core.settings import service as settings
from core.settings.spec import Setting

TAKE, WRITE = "cases.export", "cases.export_file"
#: Who may export whole names and numbers, by an own post in the departments that they export.
REVEALS = REGIONAL
PIECE, CHUNK, LARGEST = 1000, 256 * 1024, 500_000
GOING = ("running", "writing")
KEPT_DAYS = "cases.export_days"
SWEEP_SECONDS = timedelta(minutes=10).total_seconds()

settings.declare(Setting(KEPT_DAYS, int, 3, "导出文件保留多少天", reach="site"))


class NoExport(NotFound):
    """There is no such export of the caller's, or its file is gone."""

    key = "cases.export_not_ready"


def start(session: Session, asked: Asked, *, format: str, purpose: str, revealed: bool, filters: str, locale: str, command_id: str, actor: Actor) -> CaseExport:
    """Begin an export of what *asked* finds in the actor's reach; *filters* says it in words, for the file. The same command begins one export.

    Raises :class:`BadInput` (format, purpose, nothing found, too many), :class:`Forbidden` for whole values without the post, :class:`Conflict`
    while another of theirs is under way.
    """
    key = command_key(actor, command_id)
    found = select(CaseExport).where(CaseExport.command_key == key)

    def made() -> CaseExport:
        if format not in FORMATS:
            raise BadInput("cases.export_format")
        said, departments = stated(purpose), within(reach(session, actor), asked)
        if revealed and not may_reveal(session, actor):
            raise Forbidden("cases.export_reveal")
        if _busy(session, actor.id):
            raise Conflict("cases.export_running")
        total = count(session, asked, departments)
        if not total:
            raise BadInput("cases.export_empty")
        if total > LARGEST:
            raise BadInput("cases.export_too_many", most=LARGEST, total=total)
        frozen = {"departments": list(departments), "format": format, "locale": locale, "asked": asked.to_json(), "revealed": revealed, "total": total}
        return _begin(session, key, frozen, {"purpose": said, "filters": filters[:1000]}, actor)

    try:
        return once(session, lambda: session.scalar(found), made)
    except IntegrityError as error:  # another of theirs began this very moment
        raise Conflict("cases.export_running") from error


def _begin(session: Session, key: str, frozen: Mapping[str, Any], said: Mapping[str, str], actor: Actor) -> CaseExport:
    """The row of an export, its entry in the audit record, and the message that takes its first piece."""
    export_id, at, data_key = new_id(), now(), keyring(session).new_data_key()
    sealed = keyring(session).seal(json.dumps(said, ensure_ascii=False).encode(), context=_context(export_id))
    export = CaseExport(
        id=export_id, command_key=key, staff_id=actor.id, wrapped_key=data_key.wrapped(_context(export_id)), sealed_purpose=sealed, status="running",
        taken=0, pieces=0, size=0, started_at=at, expires_at=at + timedelta(days=settings.get(session, KEPT_DAYS)), **frozen,
    )  # fmt: skip
    session.add(export)
    session.flush()
    detail = {"purpose": said["purpose"], "whole": export.revealed, "format": export.format, "total": export.total}
    audit.record(session, "cases.export_asked", subject=("export", export_id), actor=actor, detail=detail)
    _next(session, export)
    return export


def _busy(session: Session, staff_id: str) -> bool:
    return session.scalar(select(CaseExport.id).where(CaseExport.staff_id == staff_id, CaseExport.status.in_(GOING)).limit(1)) is not None


def may_reveal(session: Session, actor: Actor) -> bool:
    """Whether an own post of the actor's lets them export whole names and numbers."""
    return any(post.role in REVEALS and post.on_behalf_of is None for post in people.staff_view(session, actor.id).posts)


def mine(session: Session, *, actor: Actor, limit: int = 20) -> tuple[CaseExport, ...]:
    """The actor's own exports, newest first."""
    query = select(CaseExport).where(CaseExport.staff_id == actor.id).order_by(CaseExport.started_at.desc(), CaseExport.id.desc()).limit(limit)
    return tuple(session.scalars(query))


def one(session: Session, export_id: str, *, actor: Actor, lock: bool = False) -> CaseExport:
    """An export of the actor's own. Raises :class:`NoExport` for another's, and when the actor's posts do not reach its departments any more."""
    export = session.get(CaseExport, export_id, with_for_update=lock) if is_id(export_id) else None
    if export is None or export.staff_id != actor.id or not set(export.departments) <= set(reach(session, actor)):
        raise NoExport
    return export


def stop(session: Session, export_id: str, *, actor: Actor) -> None:
    """Stop an export; what was read goes. The worker finds it stopped at its next piece."""
    export = one(session, export_id, actor=actor, lock=True)
    if export.status in GOING:
        _end(session, export, "stopped")
        audit.record(session, "cases.export_stopped", subject=("export", export_id), actor=actor)


def abandon(session: Session, export_id: str) -> None:
    """The outbox gave up a message of an export: it stands as failed. What was read stays with its key until the file's day, so that it can go on."""
    export = session.get(CaseExport, export_id, with_for_update=True)
    if export is not None and export.status in GOING:
        export.status, export.ended_at = "failed", now()


def can_go_on(export: CaseExport) -> bool:
    """Whether a failed export still has what was read."""
    return export.status == "failed" and export.wrapped_key is not None and export.expires_at > now()


def go_on(session: Session, export_id: str, *, actor: Actor) -> None:
    """Let a failed export go on where it was. Raises :class:`NoExport`, :class:`Conflict` for one that cannot, and while another of theirs is under way."""
    export = one(session, export_id, actor=actor, lock=True)
    if not can_go_on(export):
        raise Conflict("cases.export_not_again")
    written = outbox.again(session, f"{WRITE}/{export.id}")
    if not written and not outbox.again(session, _key_of_piece(export)):
        raise Conflict("cases.export_not_again")
    _resume(session, export, "writing" if written else "running")
    audit.record(session, "cases.export_again", subject=("export", export_id), actor=actor)


def _resume(session: Session, export: CaseExport, status: str) -> None:
    """Under way again, unless another of the same person's is."""
    if _busy(session, export.staff_id):
        raise Conflict("cases.export_running")
    try:
        with session.begin_nested():
            export.status, export.ended_at = status, None
            session.flush()
    except IntegrityError as error:
        raise Conflict("cases.export_running") from error


def about(session: Session, export: CaseExport) -> About:
    """Whose export it is and for what."""
    said = json.loads(keyring(session).open(export.sealed_purpose, context=_context(export.id)))
    who = people.staff_names(session, [export.staff_id]).get(export.staff_id, "")
    return About(_mark(export.id, who), who, export.started_at, said["purpose"], said["filters"], export.revealed)


def download(session: Session, export_id: str, *, actor: Actor) -> tuple[CaseExport, Iterator[bytes]]:
    """The file, piece by piece; the download is audited before the first byte. Raises :class:`NoExport`."""
    export = one(session, export_id, actor=actor)
    if export.status != "done" or export.wrapped_key is None or export.expires_at <= now():
        raise NoExport
    detail = {"whole": export.revealed, "total": export.total, "purpose": about(session, export).purpose}
    audit.record(session, "cases.export_downloaded", subject=("export", export_id), actor=actor, detail=detail)
    return export, _pieces(session, export, "file")


def _mark(export_id: str, who: str) -> str:
    return f"WT-{export_id[-8:]} {who}"


def _context(export_id: str) -> str:
    return f"export:{export_id}"


def _key(session: Session, export: CaseExport) -> DataKey:
    assert export.wrapped_key is not None
    return keyring(session).unwrap(export.wrapped_key, _context(export.id))


def _pieces(session: Session, export: CaseExport, stage: str) -> Iterator[bytes]:
    key, row = _key(session, export), table(CaseExportPiece).c
    no = 0
    while True:
        sealed = session.scalar(select(row.sealed).where(row.export_id == export.id, row.stage == stage, row.no == no))
        if sealed is None:
            return
        yield key.open(sealed, context=f"{_context(export.id)}/{stage}/{no}")
        no += 1


def _keep(session: Session, export: CaseExport, key: DataKey, stage: str, no: int, content: bytes) -> None:
    sealed = key.seal(content, context=f"{_context(export.id)}/{stage}/{no}")
    session.execute(insert(table(CaseExportPiece)), {"export_id": export.id, "stage": stage, "no": no, "sealed": sealed})


def _next(session: Session, export: CaseExport) -> None:
    outbox.send(session, TAKE, {"export": export.id, "piece": export.pieces}, key=_key_of_piece(export))


def _key_of_piece(export: CaseExport) -> str:
    return f"{TAKE}/{export.id}/{export.pieces}"


@outbox.handler(TAKE)
def take(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Read the next thousand cases of an export and ask for the piece behind it; after the last, for the file."""
    del message_id
    export = session.get(CaseExport, body["export"], with_for_update=True)
    if export is None or export.pieces != body["piece"]:
        return
    if can_go_on(export):  # whoever looks after incidents had the message tried again
        _resume(session, export, "running")
    if export.status != "running":
        return
    after = (export.after_at, export.after_id) if export.after_at is not None and export.after_id is not None else None
    found = batch(session, Asked.from_json(export.asked), export.departments, after=after, limit=PIECE)
    if found:
        _add_piece(session, export, found)
    if len(found) == PIECE:
        _next(session, export)
        return
    export.status = "writing"
    outbox.send(session, WRITE, {"export": export.id}, key=f"{WRITE}/{export.id}")


def _add_piece(session: Session, export: CaseExport, found: Sequence[Found]) -> None:
    mark = about(session, export).mark
    texts = rows(session, found, mark=mark, revealed=export.revealed, locale=export.locale)
    content = zlib.compress(json.dumps(texts, ensure_ascii=False).encode(), 6)
    _keep(session, export, _key(session, export), "rows", export.pieces, content)
    export.pieces, export.taken = export.pieces + 1, export.taken + len(found)
    export.after_at, export.after_id = found[-1].submitted_at, found[-1].id
    session.flush()


@outbox.handler(WRITE)
def write(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Stream what was read into the format, and seal the file in pieces."""
    del message_id
    # Looked at without a lock: writing takes a while, and on SQLite a lock would keep everybody else from writing. The effect row guards the end.
    export = session.get(CaseExport, body["export"])
    if export is None or not _to_write(export):
        return
    with tempfile.TemporaryFile() as file:  # without a name, so that nothing of it stays, however this process ends
        FORMATS[export.format].write(file, about(session, export), _rows(session, export), export.locale)
        session.refresh(export, with_for_update=True)
        if _to_write(export):  # nobody stopped it meanwhile
            _seal(session, export, file)


def _to_write(export: CaseExport) -> bool:
    """Everything is read, or somebody who looks after incidents had the message tried again that had been given up."""
    return export.status == "writing" or can_go_on(export)


def _rows(session: Session, export: CaseExport) -> Iterator[list[str]]:
    for piece in _pieces(session, export, "rows"):
        yield from json.loads(zlib.decompress(piece))


def _seal(session: Session, export: CaseExport, file: IO[bytes]) -> None:
    key, no = _key(session, export), 0
    export.size = file.seek(0, 2)
    file.seek(0)
    while chunk := file.read(CHUNK):
        _keep(session, export, key, "file", no, chunk)
        no += 1
    session.execute(delete(CaseExportPiece).where(CaseExportPiece.export_id == export.id, CaseExportPiece.stage == "rows"))
    export.status, export.ended_at = "done", now()
    session.flush()


def _end(session: Session, export: CaseExport, status: str) -> None:
    """Over without a file: the key and every piece go."""
    session.execute(delete(CaseExportPiece).where(CaseExportPiece.export_id == export.id))
    export.status, export.ended_at, export.wrapped_key = status, export.ended_at or now(), None
    session.flush()


def sweep(session: Session) -> bool:
    """Files whose time is over go, and their keys with them; what was never finished ends as failed, and what was read of it goes."""
    keeps = (CaseExport.status.in_(("done", "failed", *GOING)), CaseExport.wrapped_key.is_not(None), CaseExport.expires_at <= now())
    due = select(CaseExport).where(*keeps).limit(20).with_for_update(skip_locked=True)
    found = session.scalars(due).all()
    for export in found:
        _end(session, export, "expired" if export.status == "done" else "failed")
    return len(found) == 20


def held(session: Session, export_id: str) -> int:
    """How many sealed pieces an export still has."""
    return session.scalar(select(func.count()).select_from(CaseExportPiece).where(CaseExportPiece.export_id == export_id)) or 0


schedule.every("cases.exports", SWEEP_SECONDS, sweep)
