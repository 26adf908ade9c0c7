"""A rotation, whole: a new master key, remembered by the database, every wrap sealed under it. It can be stopped and run again."""

from pathlib import Path

from sqlalchemy.orm import Session

from core.keys import service, store


def rotate(session: Session, home: Path | str) -> int:
    """Add a master key to the key file and re-wrap every row of ``data_key``; returns how many were re-wrapped.

    Old keys stay in the file: values sealed without a data key and wraps in rows of other slices name the key they need.
    The file is written before the rows: if this dies in between, both old and new wraps open, and another run finishes.
    """
    session.info["keyring"] = ring = store.rotate(home)
    service.check(session, ring)
    total, after = 0, None
    while True:
        changed, after = service.rewrap(session, after=after)
        total += changed
        session.commit()  # in batches, so that no lock is held for the whole of it; each batch is complete in itself
        if after is None:
            return total
