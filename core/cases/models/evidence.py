"""Tables of what an applicant was not asked for: evidence taken from its source, how much that saved, and promises made instead."""

from datetime import date, datetime

from sqlalchemy import Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, LegalDay


class CaseEvidence(Base):
    """One material of a case that came from the licence library, a shared fact or an earlier case.

    ``ref`` pins it (licence id, fact name, id of the earlier case's file), ``use_id`` is the leave to use the licence. What it says – title,
    number, issuer, date – is sealed under the case's key. ``consented_at`` is when the applicant agreed.
    """

    __tablename__ = "case_evidence"
    __table_args__ = (Index("ix_case_evidence_case", "case_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    material: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(10))
    ref: Mapped[str] = mapped_column(String(64))
    use_id: Mapped[str | None] = mapped_column(Id)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    until: Mapped[date | None] = mapped_column(LegalDay)
    consented_at: Mapped[datetime] = mapped_column(Instant)


class CaseSupply(Base):
    """How the materials of one application came in, as numbers: the row behind the report of materials saved. ``month`` is ``2026-11``."""

    __tablename__ = "case_supply"
    __table_args__ = (Index("ix_case_supply_month", "month", "department_id", "item_code"),)

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    month: Mapped[str] = mapped_column(String(7))
    department_id: Mapped[str] = mapped_column(Id)
    item_code: Mapped[str] = mapped_column(String(80))
    version_id: Mapped[str] = mapped_column(Id)
    needed: Mapped[int] = mapped_column(Integer)
    handed: Mapped[int] = mapped_column(Integer)
    library: Mapped[int] = mapped_column(Integer)
    fact: Mapped[int] = mapped_column(Integer)
    earlier: Mapped[int] = mapped_column(Integer)
    form: Mapped[int] = mapped_column(Integer)
    promised: Mapped[int] = mapped_column(Integer)
    later: Mapped[int] = mapped_column(Integer)


class CasePledge(Base):
    """One signed promise: 告知承诺 (``proof``, ``permit``) or 容缺受理 (``later``, one a material). The row is the follow-up list.

    ``state``: ``signed`` until its time comes, ``due`` while it waits to be checked or handed in until ``due_on``, then ``kept``, ``breached``,
    or ``void`` when the case ended without a grant. ``code`` is the promise's id in the item, or the material's. The text shown, who signed
    and what the check found are sealed under the case's key.
    """

    __tablename__ = "case_pledge"
    __table_args__ = (Index("ix_case_pledge_case", "case_id"), Index("ix_case_pledge_due", "department_id", "state", "due_on", "id"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    number: Mapped[str] = mapped_column(String(140))
    item_code: Mapped[str] = mapped_column(String(80))
    item_title: Mapped[str] = mapped_column(String(200))
    applicant: Mapped[str] = mapped_column(String(100))
    department_id: Mapped[str] = mapped_column(Id)
    role: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(10))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    signed_at: Mapped[datetime] = mapped_column(Instant)
    due_on: Mapped[date | None] = mapped_column(LegalDay)
    checked_at: Mapped[datetime | None] = mapped_column(Instant)
    checked_by: Mapped[str | None] = mapped_column(String(64))
    method: Mapped[str | None] = mapped_column(String(10))
    sealed_check: Mapped[bytes | None] = mapped_column(LargeBinary)
