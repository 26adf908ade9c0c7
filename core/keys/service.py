"""Verbs over keys kept in the database. Those who store the wrapped key in a row of their own use ``Keyring`` alone (no extra SQL)."""

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from core.kernel.clock import now
from core.kernel.ids import new_id
from core.keys.errors import Erased, KeyWrong
from core.keys.keyring import DataKey, Keyring
from core.keys.models import DataKeyRow, KeyCheck

#: (kind, id): ``("blob", …)``, ``("case", …)``, ``("party", …)``.
Ref = tuple[str, str]

_ROOT = "root"


def keyring(session: Session) -> Keyring:
    """The hall's keyring, carried by the session."""
    ring = session.info["keyring"]
    assert isinstance(ring, Keyring)
    return ring


def check(session: Session, ring: Keyring | None = None) -> None:
    """Hold the keyring against the database; a new database remembers it.

    Raises :class:`KeyWrong` when the keys are another hall's, or an old backup that lacks a key already in use.
    """
    ring = ring or keyring(session)
    known = {row.key_id: row.fingerprint for row in session.scalars(select(KeyCheck))}
    ours = {_ROOT: ring.fingerprint(), **{key_id: ring.fingerprint(key_id) for key_id in ring.masters}}
    if known and known.get(_ROOT) != ours[_ROOT]:
        raise KeyWrong(path=ring.origin, expected=known.get(_ROOT, "?"), found=ours[_ROOT])
    for key_id, fingerprint in known.items():
        if key_id not in ours:
            raise KeyWrong("keys.too_old", path=ring.origin, key_id=key_id)
        if ours[key_id] != fingerprint:
            raise KeyWrong(path=ring.origin, expected=fingerprint, found=ours[key_id])
    session.add_all(KeyCheck(key_id=key_id, fingerprint=ours[key_id], first_seen=now()) for key_id in ours.keys() - known.keys())
    session.flush()


def context(subject: Ref, holder: Ref) -> str:
    """The context a data key is wrapped for, so that a wrap cannot be handed to another holder."""
    return f"data-key/{subject[0]}/{subject[1]}/{holder[0]}/{holder[1]}"


def hold(session: Session, data_key: DataKey, *, subject: Ref, holder: Ref) -> None:
    """Give *holder* a wrap of *subject*'s data key (nothing happens when it has one)."""
    if _wrap_of(session, subject, holder) is not None:
        return
    wrapped = data_key.wrapped(context(subject, holder))
    session.add(
        DataKeyRow(id=new_id(), subject_kind=subject[0], subject_id=subject[1], holder_kind=holder[0], holder_id=holder[1], wrapped=wrapped, made_at=now())
    )
    session.flush()


def data_key(session: Session, *, subject: Ref, holder: Ref) -> DataKey:
    """The data key of *subject* through *holder*'s wrap; :class:`Erased` when it holds none (any more)."""
    wrapped = _wrap_of(session, subject, holder)
    if wrapped is None:
        raise Erased
    return keyring(session).unwrap(wrapped, context(subject, holder))


def release(session: Session, *, subject: Ref, holder: Ref) -> bool:
    """Destroy *holder*'s wrap of *subject*. True when it was the last one: the content is erased."""
    session.execute(delete(DataKeyRow).where(*_is_subject(subject), *_is_holder(holder)))
    return session.scalar(select(DataKeyRow.id).where(*_is_subject(subject)).limit(1)) is None


def erase(session: Session, holder: Ref) -> tuple[Ref, ...]:
    """Destroy every wrap of *holder* (its retention is over); returns the subjects nobody can open any more."""
    held = [(kind, subject) for kind, subject in session.execute(select(DataKeyRow.subject_kind, DataKeyRow.subject_id).where(*_is_holder(holder)))]
    session.execute(delete(DataKeyRow).where(*_is_holder(holder)))
    return tuple(ref for ref in held if session.scalar(select(DataKeyRow.id).where(*_is_subject(ref)).limit(1)) is None)


def rewrap(session: Session, limit: int = 1000, after: str | None = None) -> tuple[int, str | None]:
    """One batch of a rotation: wraps of older master keys are sealed under the active one.

    Returns how many changed and the id to go on after (``None`` at the end); the caller commits each batch.
    """
    ring = keyring(session)
    query = select(DataKeyRow).order_by(DataKeyRow.id).limit(limit)
    rows = session.scalars(query if after is None else query.where(DataKeyRow.id > after)).all()
    changed = 0
    for row in rows:
        fresh = ring.rewrapped(row.wrapped, context((row.subject_kind, row.subject_id), (row.holder_kind, row.holder_id)))
        if fresh is not None:
            row.wrapped = fresh
            changed += 1
    session.flush()
    return changed, rows[-1].id if len(rows) == limit else None


def _wrap_of(session: Session, subject: Ref, holder: Ref) -> bytes | None:
    return session.scalar(select(DataKeyRow.wrapped).where(*_is_subject(subject), *_is_holder(holder)))


def _is_subject(ref: Ref) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (DataKeyRow.subject_kind == ref[0], DataKeyRow.subject_id == ref[1])


def _is_holder(ref: Ref) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (DataKeyRow.holder_kind == ref[0], DataKeyRow.holder_id == ref[1])
