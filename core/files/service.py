"""Take a file in, hand it out to its holders, share it, let it go.

The bytes are written before the row and removed after the row says *erased* (by the outbox), so a crash leaves at worst a
sealed file that nobody can open; :func:`sweep` removes those.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO, Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.files.errors import BlobGone, FileRefused
from core.files.models import Blob
from core.files.sniff import clean_name, examine
from core.files.spec import KINDS, BlobRef, Limits
from core.files.store import BlobStore
from core.kernel.clock import now
from core.kernel.ids import new_id
from core.keys import service as keys
from core.keys.errors import Erased
from core.keys.keyring import DataKey
from core.keys.models import DataKeyRow
from core.outbox import service as outbox

ORPHAN_AGE = timedelta(days=1)

#: ``fn(content, media_type)`` → why it is refused, or ``None``. Adapters for virus scanners append themselves.
Scanner = Callable[[bytes, str], str | None]


@dataclass(frozen=True)
class Files:
    """The instrument a session carries: where sealed bytes lie and who looks at new ones."""

    blobs: BlobStore
    scanners: list[Scanner] = field(default_factory=list)


def store(session: Session) -> Files:
    """The hall's file store, carried by the session."""
    files = session.info["blobs"]
    assert isinstance(files, Files)
    return files


def put(session: Session, stream: IO[bytes], *, name: str, holder: keys.Ref, limits: Limits = Limits()) -> BlobRef:  # noqa: B008 - frozen
    """Check and keep an upload for *holder*. :class:`FileRefused` says why not and how to mend it.

    The same content is kept once however often it is handed in.
    """
    name = clean_name(name)
    content = stream.read(limits.max_bytes + 1)
    if len(content) > limits.max_bytes:
        raise FileRefused("files.too_large", name=name, max_mb=limits.max_bytes // (1024 * 1024))
    media_type = KINDS[examine(content, name, limits)][0]
    for scan in store(session).scanners:
        why = scan(content, media_type)
        if why:
            raise FileRefused("files.infected", name=name, why=why)
    return keep(session, content, name=name, media_type=media_type, holder=holder)


def keep(session: Session, content: bytes, *, name: str, media_type: str, holder: keys.Ref) -> BlobRef:
    """Keep bytes the platform made itself (a licence's PDF) without checks."""
    address = _address(session, content)
    blob = _living(session, address)
    if blob is None or not _add_holder(session, blob.id, holder):
        blob = _write(session, content, address, media_type, holder)
    return BlobRef(blob.id, name, blob.media_type, blob.size, f"hmac-sha256:{address}")


def open(session: Session, blob_id: str, *, holder: keys.Ref) -> bytes:
    """The content; :class:`BlobGone` when *holder* does not hold it."""
    blob, key = _held(session, blob_id, holder)
    try:
        sealed = store(session).blobs.get(_file_key(blob))
    except KeyError as error:
        raise BlobGone from error
    return key.open(sealed, context=_context(blob.id))


def describe(session: Session, blob_id: str, *, holder: keys.Ref, name: str = "") -> BlobRef:
    """What is known of a blob without opening it; :class:`BlobGone` when *holder* does not hold it."""
    blob, _ = _held(session, blob_id, holder)
    return BlobRef(blob.id, name, blob.media_type, blob.size, f"hmac-sha256:{blob.address}")


def share(session: Session, blob_id: str, *, holder: keys.Ref, to: keys.Ref) -> None:
    """Let *to* hold what *holder* holds (draft → case, case → licence)."""
    blob, key = _held(session, blob_id, holder)
    keys.hold(session, key, subject=("blob", blob.id), holder=to)


def drop(session: Session, blob_id: str, *, holder: keys.Ref) -> bool:
    """*holder* lets go; True when it was the last one and the content is erased for ever."""
    _lock(session, blob_id)
    if not keys.release(session, subject=("blob", blob_id), holder=holder):
        return False
    _erase(session, blob_id)
    return True


def drop_all(session: Session, holder: keys.Ref) -> tuple[str, ...]:
    """*holder* lets go of everything (its retention is over); returns the blobs erased by it."""
    gone = tuple(subject_id for kind, subject_id in keys.erase(session, holder) if kind == "blob")
    for blob_id in gone:
        _erase(session, blob_id)
    return gone


def sweep(session: Session, limit: int = 1000) -> int:
    """Erase what nobody holds and remove stored bytes without a living row, older than a day; returns how many were removed."""
    held = select(DataKeyRow.subject_id).where(DataKeyRow.subject_kind == "blob")
    lost = select(Blob.id, Blob.made_at).where(Blob.erased_at.is_(None)).order_by(Blob.id)
    held_ids = set(session.scalars(held))
    for blob_id, made_at in session.execute(lost).all():
        if blob_id not in held_ids and made_at < now() - ORPHAN_AGE:
            _erase(session, blob_id)
    living = {_file_key(blob) for blob in session.scalars(select(Blob).where(Blob.erased_at.is_(None)))}
    before = (now() - ORPHAN_AGE).timestamp()
    orphans = [key for key, written in store(session).blobs.keys() if written < before and key not in living][:limit]  # noqa: SIM118 - not a dict
    for key in orphans:
        store(session).blobs.remove(key)
    return len(orphans)


@outbox.handler("files.remove")
def _remove(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Remove the bytes once the erasing transaction is committed."""
    del message_id
    blob = session.get(Blob, body["blob"])
    if blob is not None and blob.erased_at is not None:
        store(session).blobs.remove(_file_key(blob))


def _address(session: Session, content: bytes) -> str:
    return hmac.new(keys.keyring(session).derive("blob-address"), content, hashlib.sha256).hexdigest()


def _file_key(blob: Blob) -> str:
    return f"{blob.address}-{blob.id}"


def _context(blob_id: str) -> str:
    return f"blob/{blob_id}"


def _living(session: Session, address: str) -> Blob | None:
    return session.scalars(select(Blob).where(Blob.address == address, Blob.erased_at.is_(None)).with_for_update()).one_or_none()


def _lock(session: Session, blob_id: str) -> None:
    session.execute(select(Blob.id).where(Blob.id == blob_id).with_for_update())


def _add_holder(session: Session, blob_id: str, holder: keys.Ref) -> bool:
    """Wrap the key of a known content for one more holder, through any wrap there is. False when there is none (not swept yet)."""
    row = session.scalars(select(DataKeyRow).where(DataKeyRow.subject_kind == "blob", DataKeyRow.subject_id == blob_id).limit(1)).one_or_none()
    if row is None:
        _erase(session, blob_id)
        return False
    key = keys.data_key(session, subject=("blob", blob_id), holder=(row.holder_kind, row.holder_id))
    keys.hold(session, key, subject=("blob", blob_id), holder=holder)
    return True


def _write(session: Session, content: bytes, address: str, media_type: str, holder: keys.Ref) -> Blob:
    key = keys.keyring(session).new_data_key()
    blob = Blob(id=new_id(), address=address, media_type=media_type, size=len(content), made_at=now(), erased_at=None)
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    store(session).blobs.put(_file_key(blob), key.seal(content, context=_context(blob.id)))
    values = {"id": blob.id, "address": address, "media_type": media_type, "size": blob.size, "made_at": blob.made_at}
    mine = session.execute(dialect.insert(Blob).values(values).on_conflict_do_nothing().returning(Blob.id)).scalar_one_or_none()
    if mine is None:  # the same content came in at the same moment and was first
        store(session).blobs.remove(_file_key(blob))
        other = _living(session, address)
        if other is None or not _add_holder(session, other.id, holder):
            return _write(session, content, address, media_type, holder)
        return other
    keys.hold(session, key, subject=("blob", blob.id), holder=holder)
    return blob


def _held(session: Session, blob_id: str, holder: keys.Ref) -> tuple[Blob, DataKey]:
    blob = session.get(Blob, blob_id)
    if blob is None or blob.erased_at is not None:
        raise BlobGone
    try:
        return blob, keys.data_key(session, subject=("blob", blob_id), holder=holder)
    except Erased as error:
        raise BlobGone from error


def _erase(session: Session, blob_id: str) -> None:
    session.execute(update(Blob).where(Blob.id == blob_id, Blob.erased_at.is_(None)).values(erased_at=now()))
    outbox.send(session, "files.remove", {"blob": blob_id}, key=f"files.remove/{blob_id}")
