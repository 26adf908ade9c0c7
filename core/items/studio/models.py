"""Tables of the studio: drafts with their whole content, every command that changed one, who sits where, and what is being imported."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json
from core.kernel.clock import now
from core.kernel.ids import new_id


class StudioDraft(Base):
    """An item in the making. ``content`` is ``{"item", "form", "blocks"}`` as it stands after command ``revision``, right or wrong.

    ``item_code`` is what the item is called in the hall – one open draft an item –, ``department_id`` the department in whose name it is made.
    ``base_version_id`` is the version it began as, ``None`` for a new item. ``state`` is ``open``, ``asked`` (handed in for review as ``request_id``),
    ``published`` or ``dropped``; a request that is returned or taken back opens the draft again and stays named, so that it can be read why.
    """

    __tablename__ = "studio_draft"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    item_code: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[str] = mapped_column(Id, ForeignKey("department.id"), index=True)
    region_root: Mapped[str] = mapped_column(Id)
    base_version_id: Mapped[str | None] = mapped_column(Id)
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    revision: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[str] = mapped_column(String(12), default="open")
    request_id: Mapped[str | None] = mapped_column(Id, index=True)
    opened_by: Mapped[str] = mapped_column(String(80))
    opened_at: Mapped[datetime] = mapped_column(Instant, default=now)
    changed_at: Mapped[datetime] = mapped_column(Instant, default=now)


#: States of a draft that is still somebody's work: there is one of these an item.
UNDER_WAY = ("open", "asked")
_open = text("state IN ('open', 'asked')")
Index("uq_studio_draft_open_item_code", StudioDraft.__table__.c.item_code, unique=True, postgresql_where=_open, sqlite_where=_open)


class StudioEdit(Base):
    """One command on a draft: its edits and those that take it back. ``undoes`` names the revision that this one took back."""

    __tablename__ = "studio_edit"

    draft_id: Mapped[str] = mapped_column(Id, ForeignKey("studio_draft.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True)
    command_key: Mapped[str] = mapped_column(String(80), unique=True)
    staff_id: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    edits: Mapped[list[Any]] = mapped_column(Json)
    undo: Mapped[list[Any]] = mapped_column(Json)
    undoes: Mapped[int | None] = mapped_column(Integer)


class StudioSeat(Base):
    """Where somebody was last seen in a draft, so that others are told."""

    __tablename__ = "studio_seat"

    draft_id: Mapped[str] = mapped_column(Id, ForeignKey("studio_draft.id"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[str] = mapped_column(String(400))
    seen_at: Mapped[datetime] = mapped_column(Instant, default=now)


class StudioImport(Base):
    """A file that somebody handed in and looks at before anything of it is taken over: a list of materials for draft ``draft_id``, a catalogue of items for
    department ``department_id``, a signed bundle.

    ``data`` is what was read of the file, compressed; ``columns`` and ``mapping`` (target → column) say what a table's columns are. ``state`` is ``new``,
    ``running``, ``stopped`` or ``done``; a catalogue goes on at row ``next_row`` of ``total``. It is its uploader's own (``started_by``).
    """

    __tablename__ = "studio_import"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(200))
    draft_id: Mapped[str | None] = mapped_column(Id, ForeignKey("studio_draft.id"), index=True)
    department_id: Mapped[str | None] = mapped_column(Id, ForeignKey("department.id"))
    region_root: Mapped[str] = mapped_column(Id)
    started_by: Mapped[str] = mapped_column(String(80), index=True)
    started_at: Mapped[datetime] = mapped_column(Instant, default=now)
    state: Mapped[str] = mapped_column(String(12), default="new")
    columns: Mapped[list[Any]] = mapped_column(Json, default=list)
    mapping: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    total: Mapped[int] = mapped_column(Integer, default=0)
    next_row: Mapped[int] = mapped_column(Integer, default=0)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class StudioImportRow(Base):
    """What became of one row of a catalogue: ``made`` (a draft), ``known`` (the department has this item already) or ``bad``.

    ``told`` is what is said of it: ``[{"key", "column", "params"}]`` – mistakes, or columns that nothing was made of.
    """

    __tablename__ = "studio_import_row"

    import_id: Mapped[str] = mapped_column(Id, ForeignKey("studio_import.id"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    verdict: Mapped[str] = mapped_column(String(8))
    draft_id: Mapped[str | None] = mapped_column(Id)
    told: Mapped[list[Any]] = mapped_column(Json, default=list)
