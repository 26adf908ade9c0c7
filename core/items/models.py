"""Tables of items: what is offered, its versions (immutable) and its drafts."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, Table, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.immutable import never_changed
from core.db.types import Id, Instant, Json
from core.kernel.clock import now
from core.kernel.ids import new_id


class Item(Base):
    """One item. ``department`` is the kind of department that handles it; who offers it where is :class:`ItemOffer`.

    ``status`` is ``draft``, ``published``, ``suspended`` 暂停 or ``ended`` 取消; ``standing`` says why and since when for the latter two
    (``{"reason", "since", "until"}``). ``current_version_id`` is what citizens see, ``None`` until first published. ``card`` is what
    lists show, kept here so that a page of fifty items opens no bundle. ``within`` is the level of the region in which every hall takes the item
    in (全域通办), ``None`` for the others.
    """

    __tablename__ = "item"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    department: Mapped[str] = mapped_column(String(64), index=True)
    title: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(16), default="draft")
    current_version_id: Mapped[str | None] = mapped_column(Id)
    standing: Mapped[dict[str, Any] | None] = mapped_column(Json)
    card: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    within: Mapped[str | None] = mapped_column(String(10))
    changed_at: Mapped[datetime] = mapped_column(Instant, default=now, onupdate=now)


class ItemOffer(Base):
    """One department that offers an item: the owner of its cases. A hall shows the items that departments of its scope offer."""

    __tablename__ = "item_offer"

    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"), primary_key=True)
    department_id: Mapped[str] = mapped_column(Id, ForeignKey("department.id"), primary_key=True, index=True)
    region_root: Mapped[str] = mapped_column(Id)


class ItemVersion(Base):
    """A published version: the resolved bundle, its hash and the plugin contracts it was published with. Never changed, never deleted.

    ``derived_from`` is the earlier version that this one repeats with other people in it, for the cases that run under that
    (:mod:`core.items.service.people`): it was never in force and nobody applies under it.
    """

    __tablename__ = "item_version"
    __table_args__ = (UniqueConstraint("item_code", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"))
    number: Mapped[int] = mapped_column(Integer)
    hash: Mapped[str] = mapped_column(String(80), index=True)
    derived_from: Mapped[str | None] = mapped_column(Id)
    bundle: Mapped[bytes] = mapped_column(LargeBinary)
    plugin_contracts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    published_at: Mapped[datetime] = mapped_column(Instant, default=now)
    published_by: Mapped[str] = mapped_column(String(80))


class ItemDraft(Base):
    """The one open draft of an item: the bundle as applied, and by whom, so that another can publish it."""

    __tablename__ = "item_draft"

    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"), primary_key=True)
    hash: Mapped[str] = mapped_column(String(80))
    bundle: Mapped[bytes] = mapped_column(LargeBinary)
    applied_at: Mapped[datetime] = mapped_column(Instant, default=now)
    applied_by: Mapped[str] = mapped_column(String(80))


never_changed(cast(Table, ItemVersion.__table__))


from core.items.blocks import models as _blocks  # noqa: E402
from core.items.catalogue import models as _catalogue  # noqa: E402 – tables of this slice too; they name ours
from core.items.links import models as _links  # noqa: E402
from core.items.studio import models as _studio  # noqa: E402

assert _blocks
assert _catalogue
assert _links
assert _studio
