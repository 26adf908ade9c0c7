"""Tables of the basic catalogue (基本目录), of claims, of who exercises an item, and of requests with their reviews."""

from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.immutable import never_changed
from core.db.types import Id, Instant, Json, LegalDay
from core.kernel.clock import now
from core.kernel.ids import new_id


class CatalogueEntry(Base):
    """An entry of the basic catalogue as it stands: published by a department of a higher level, claimed by those below."""

    __tablename__ = "catalogue_entry"

    code: Mapped[str] = mapped_column(String(50), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    type: Mapped[str] = mapped_column(String(4))
    authority: Mapped[str] = mapped_column(String(200))
    implementer: Mapped[str] = mapped_column(String(64), index=True)
    publisher_id: Mapped[str] = mapped_column(Id, ForeignKey("department.id"), index=True)
    region_root: Mapped[str] = mapped_column(Id)
    number: Mapped[int] = mapped_column(Integer)
    changed_at: Mapped[datetime] = mapped_column(Instant, default=now, onupdate=now)


class CatalogueVersion(Base):
    """One published version of an entry: its document, the form and the blocks that its item names. Never changed."""

    __tablename__ = "catalogue_version"

    entry_code: Mapped[str] = mapped_column(ForeignKey("catalogue_entry.code"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    hash: Mapped[str] = mapped_column(String(80))
    bundle: Mapped[bytes] = mapped_column(LargeBinary)
    published_at: Mapped[datetime] = mapped_column(Instant, default=now)
    published_by: Mapped[str] = mapped_column(String(80))


never_changed(cast(Table, CatalogueVersion.__table__))


class Claim(Base):
    """A department claimed an entry (认领): the item that came of it and the version of the entry that it follows.

    ``objected`` is the number of a later version that the department objected to with the publisher's consent.
    """

    __tablename__ = "catalogue_claim"
    __table_args__ = (UniqueConstraint("entry_code", "department_id"),)

    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"), primary_key=True)
    entry_code: Mapped[str] = mapped_column(ForeignKey("catalogue_entry.code"))
    number: Mapped[int] = mapped_column(Integer)
    department_id: Mapped[str] = mapped_column(Id, ForeignKey("department.id"), index=True)
    region_root: Mapped[str] = mapped_column(Id)
    claimed_at: Mapped[datetime] = mapped_column(Instant, default=now)
    objected: Mapped[int | None] = mapped_column(Integer)


class ItemPower(Base):
    """A department that exercises an item, and where its power comes from (权力来源): ``own``, ``delegated`` 上级下放, ``transferred`` 职能转移.

    An item without such rows is offered by the departments of its kind at its level (:func:`core.items.service.known.offering_departments`).
    """

    __tablename__ = "item_power"

    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"), primary_key=True)
    department_id: Mapped[str] = mapped_column(Id, ForeignKey("department.id"), primary_key=True, index=True)
    region_root: Mapped[str] = mapped_column(Id)
    source: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime] = mapped_column(Instant, default=now)


class ItemRequest(Base):
    """Somebody asks for a step in the life of an item or an entry; others review it; the last review carries it out.

    Never deleted: the requests of an item with their reviews are its history. ``step`` is the review it waits for, empty when ``status`` is not
    ``open``. ``bundle`` is the document asked for, ``hash`` its digest: what was reviewed is what is published. One that passed its last review before
    ``effective_on`` is ``scheduled`` until that day (:mod:`core.items.catalogue.scheduled`).
    """

    __tablename__ = "item_request"
    __table_args__ = (Index("ix_item_request_open", "status", "step", "deciding_id"), Index("ix_item_request_item", "item_code", "requested_at"))

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    command_key: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    item_code: Mapped[str | None] = mapped_column(String(64))
    entry_code: Mapped[str | None] = mapped_column(String(50), index=True)
    department_id: Mapped[str] = mapped_column(Id, ForeignKey("department.id"), index=True)
    deciding_id: Mapped[str] = mapped_column(Id, ForeignKey("department.id"))
    receiving_id: Mapped[str | None] = mapped_column(Id, ForeignKey("department.id"))
    division_path: Mapped[str] = mapped_column(String(200))
    region_root: Mapped[str] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    bundle: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[str] = mapped_column(String(80), default="")
    effective_on: Mapped[date | None] = mapped_column(LegalDay)
    status: Mapped[str] = mapped_column(String(12), default="open")
    step: Mapped[str] = mapped_column(String(12))
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime] = mapped_column(Instant, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class ItemReview(Base):
    """One review of a request: which step, what was said, by whom."""

    __tablename__ = "item_review"

    request_id: Mapped[str] = mapped_column(Id, ForeignKey("item_request.id"), primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True)
    command_key: Mapped[str] = mapped_column(String(80), unique=True)
    step: Mapped[str] = mapped_column(String(12))
    verdict: Mapped[str] = mapped_column(String(8))
    words: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[str] = mapped_column(String(80))
    on_behalf_of: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(Instant, default=now)
