"""Documents of the hall's own – the words of its notices, the tokens of its themes – in place of what the platform brings.

Every version that was put in force stays for ever; the last one counts. Going back is a new version too. What a document must look like is known to
those who use it; here it is JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.kernel.actor import Actor
from core.kernel.clock import now
from core.settings.models import Document
from core.settings.service import remembered


@dataclass(frozen=True, slots=True)
class Version:
    """One version: who put it in force, when and why. ``content`` is ``None`` where the hall went back to the platform's own; ``draft_id`` is the draft that
    it was written in."""

    number: int
    content: Mapping[str, Any] | None
    words: str
    put_at: datetime
    put_by: str
    draft_id: str | None


def in_force(session: Session, kind: str) -> Mapping[str, Mapping[str, Any]]:
    """Name → content of every document of a kind that takes the place of the platform's. Frozen: shared by the whole process."""
    return remembered.value(session).documents.get(kind, {})


def versions(session: Session, kind: str, name: str) -> tuple[Version, ...]:
    """Every version of one document, newest first."""
    rows = session.scalars(select(Document).where(Document.kind == kind, Document.name == name).order_by(Document.number.desc()))
    return tuple(Version(row.number, row.content, row.words, row.put_at, row.put_by, row.draft_id) for row in rows)


def put(session: Session, kind: str, name: str, content: Mapping[str, Any] | None, *, words: str, draft_id: str | None = None, actor: Actor) -> int:
    """Put a version in force; returns its number. Other processes see it within :data:`core.db.remembered.FRESH_SECONDS` of the commit."""
    last = session.scalar(select(func.max(Document.number)).where(Document.kind == kind, Document.name == name)) or 0
    row = Document(
        kind=kind, name=name, number=last + 1, content=None if content is None else dict(content), words=words, draft_id=draft_id, put_at=now(),
        put_by=actor.id,
    )  # fmt: skip
    session.add(row)
    remembered.changed(session)
    return row.number


def seen(session: Session) -> None:
    """Let this process look again at its next question, where it must not answer with what it remembers."""
    remembered.forget(session)
