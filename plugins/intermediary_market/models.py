"""The market's own tables. Nothing here points out of the plugin: parties, departments, cases and staff are kept by their ids.

Personal values (contacts, prices before the closing, plans) are sealed; numbers of companies are kept as blind index only.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk.tables import Id, Json, table_base

if TYPE_CHECKING:
    from sqlalchemy.orm import DeclarativeBase as Base  # a class made by a function is none to a type checker
else:
    Base = table_base("intermediary_market")

_CODE, _TITLE = 64, 200


class Service(Base):
    """A kind of service that an item may need. ``basis_level``: ``law``, ``regulation``, ``state_council`` or ``none`` (优化营商环境条例 43)."""

    __tablename__ = "plg_intermediary_market_service"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(_CODE), unique=True)
    title_zh: Mapped[str] = mapped_column(String(_TITLE))
    title_en: Mapped[str] = mapped_column(String(_TITLE))
    basis: Mapped[str] = mapped_column(Text)
    basis_level: Mapped[str] = mapped_column(String(16))
    licence_type: Mapped[str] = mapped_column(String(_CODE))  #: the qualification's type in the licence library, empty when none is needed
    price_note: Mapped[str] = mapped_column(Text)
    active: Mapped[bool]


class Agency(Base):
    """A company that applied to be admitted. ``state``: applied returned refused noticed admitted suspended removed."""

    __tablename__ = "plg_intermediary_market_agency"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    party_id: Mapped[str] = mapped_column(Id, unique=True)
    number_index: Mapped[str] = mapped_column(String(128), unique=True)
    name: Mapped[str] = mapped_column(String(_TITLE))
    contact: Mapped[bytes]  #: sealed: name and telephone
    introduction: Mapped[str] = mapped_column(Text)
    superior_id: Mapped[str | None] = mapped_column(Id)  #: the department that it belongs to or is run by (主管关系)
    state: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str] = mapped_column(Text)
    applied_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(Id)
    notice_until: Mapped[date | None]
    admitted_on: Mapped[date | None]
    until: Mapped[date | None]  #: suspended up to and including this day


class Offer(Base):
    """A service that an agency offers."""

    __tablename__ = "plg_intermediary_market_offer"

    agency_id: Mapped[str] = mapped_column(Id, primary_key=True)
    service_id: Mapped[str] = mapped_column(Id, primary_key=True, index=True)


class Affiliate(Base):
    """A person or company that an agency is tied to (same legal representative, half of the shares): it may not serve them."""

    __tablename__ = "plg_intermediary_market_affiliate"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[str] = mapped_column(Id, index=True)
    number_index: Mapped[str] = mapped_column(String(128))
    name: Mapped[bytes]  #: sealed


class Mark(Base):
    """An entry in the record of an agency: admissions, suspensions, refused contracts. ``points`` are taken from its score for a year."""

    __tablename__ = "plg_intermediary_market_mark"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[str] = mapped_column(Id, index=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(32))
    points: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    project_id: Mapped[str | None] = mapped_column(Id)


class Project(Base):
    """A commission. ``status``: open frozen picking noticed contracting running delivered done failed ended."""

    __tablename__ = "plg_intermediary_market_project"
    __table_args__ = (Index("ix_plg_intermediary_market_project_due", "status", "closes_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    owner_party_id: Mapped[str | None] = mapped_column(Id, index=True)
    owner_department_id: Mapped[str | None] = mapped_column(Id, index=True)
    owner_index: Mapped[str] = mapped_column(String(128))  #: of a party's number, to find ties; empty for a department
    owner_name: Mapped[str] = mapped_column(String(_TITLE))  #: as it may be published: a person's is masked
    case_id: Mapped[str | None] = mapped_column(Id, index=True)
    item_code: Mapped[str] = mapped_column(String(80))
    procedure: Mapped[str] = mapped_column(String(_CODE))  #: the special procedure of the case that the work is, or empty
    paused: Mapped[bool] = mapped_column(default=False)  #: whether the time of the case stands still for this work
    authority_id: Mapped[str | None] = mapped_column(Id)  #: the department whose approval needs the service
    service_id: Mapped[str] = mapped_column(Id, index=True)
    title: Mapped[str] = mapped_column(String(_TITLE))
    demand: Mapped[str] = mapped_column(Text)
    fund: Mapped[str] = mapped_column(String(8))
    ceiling: Mapped[int] = mapped_column(BigInteger)  #: fen; the price itself where the method has no bids of price
    floor: Mapped[int | None] = mapped_column(BigInteger)
    days: Mapped[int]  #: working days for the work, from the contract
    method: Mapped[str] = mapped_column(String(12), index=True)
    rules: Mapped[dict[str, Any]] = mapped_column(Json)
    fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    status: Mapped[str] = mapped_column(String(12), index=True)
    published_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    commitment: Mapped[str] = mapped_column(String(64))
    seed: Mapped[bytes]  #: sealed until it is revealed
    revealed: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(16))  #: which public randomness was announced
    source_name: Mapped[str] = mapped_column(String(_TITLE))
    value_due: Mapped[datetime]
    value: Mapped[str] = mapped_column(String(_TITLE))
    value_url: Mapped[str] = mapped_column(String(400))
    value_by: Mapped[str | None] = mapped_column(Id)
    value_at: Mapped[datetime | None]
    list_text: Mapped[str] = mapped_column(Text)
    list_digest: Mapped[str] = mapped_column(String(64))
    frozen_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]] = mapped_column(Json)
    failed: Mapped[str] = mapped_column(String(4))
    failed_reason: Mapped[str] = mapped_column(Text)
    pick_until: Mapped[datetime | None]
    pick_reason: Mapped[str] = mapped_column(Text)
    bid_id: Mapped[str | None] = mapped_column(Id)  #: who is chosen now
    agency_id: Mapped[str | None] = mapped_column(Id, index=True)
    price: Mapped[int | None] = mapped_column(BigInteger)
    notice_until: Mapped[date | None]
    sign_until: Mapped[date | None]
    due_on: Mapped[date | None]
    done_at: Mapped[datetime | None]


class BidRow(Base):
    """A registration. Its price and plan are sealed; the price is opened when the list is frozen."""

    __tablename__ = "plg_intermediary_market_bid"
    __table_args__ = (UniqueConstraint("project_id", "agency_id", name="uq_plg_intermediary_market_bid_agency"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, index=True)
    agency_id: Mapped[str] = mapped_column(Id, index=True)
    at: Mapped[datetime]
    offer: Mapped[bytes]  #: sealed JSON: price in fen, plan in words
    plan_file: Mapped[str | None] = mapped_column(Id)
    plan_name: Mapped[str] = mapped_column(String(_TITLE))
    no: Mapped[int | None]
    price: Mapped[int | None] = mapped_column(BigInteger)
    score: Mapped[int | None]
    fault: Mapped[str] = mapped_column(String(24))
    out: Mapped[str] = mapped_column(Text)  #: why it fell out after the choice, empty while it stands


class Contract(Base):
    """The contract of a project: written down by the owner, confirmed by the agency."""

    __tablename__ = "plg_intermediary_market_contract"

    project_id: Mapped[str] = mapped_column(Id, primary_key=True)
    agency_id: Mapped[str] = mapped_column(Id)
    number: Mapped[str] = mapped_column(String(80))
    signed_on: Mapped[date]
    file_id: Mapped[str | None] = mapped_column(Id)
    file_name: Mapped[str] = mapped_column(String(_TITLE))
    confirmed_at: Mapped[datetime | None]


class Delivery(Base):
    """A result that was handed over. ``state``: ``given``, ``accepted``, ``returned``."""

    __tablename__ = "plg_intermediary_market_delivery"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, index=True)
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Text)
    file_id: Mapped[str | None] = mapped_column(Id)
    file_name: Mapped[str] = mapped_column(String(_TITLE))
    state: Mapped[str] = mapped_column(String(12))
    answer: Mapped[str] = mapped_column(Text)


class Rating(Base):
    """What one side says of the other, once: 1 非常满意 … 5 非常不满意 (GB/T 39046 A.8: one is best)."""

    __tablename__ = "plg_intermediary_market_rating"

    project_id: Mapped[str] = mapped_column(Id, primary_key=True)
    side: Mapped[str] = mapped_column(String(8), primary_key=True)  #: who rates: ``owner`` or ``agency``
    agency_id: Mapped[str] = mapped_column(Id, index=True)
    at: Mapped[datetime]
    level: Mapped[int]
    words: Mapped[str] = mapped_column(Text)


class Objection(Base):
    """Words against an admission, a result or a measure. ``kind``: ``admission``, ``result``, ``appeal``; ``state``: open upheld dismissed."""

    __tablename__ = "plg_intermediary_market_objection"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    agency_id: Mapped[str | None] = mapped_column(Id, index=True)
    project_id: Mapped[str | None] = mapped_column(Id, index=True)
    by_account: Mapped[str] = mapped_column(String(80), index=True)
    by_party: Mapped[str] = mapped_column(Id)  #: who is told of the answer
    at: Mapped[datetime]
    words: Mapped[bytes]  #: sealed
    against: Mapped[str | None] = mapped_column(Id)  #: the member of staff whose decision it is about: somebody else answers
    answer_by: Mapped[date]
    state: Mapped[str] = mapped_column(String(12), index=True)
    answer: Mapped[str] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(Id)


class Event(Base):
    """One line of a project's record. Each carries the hash of the one before, so that none can be taken out or changed unseen."""

    __tablename__ = "plg_intermediary_market_event"
    __table_args__ = (UniqueConstraint("project_id", "seq", name="uq_plg_intermediary_market_event_seq"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    project_id: Mapped[str] = mapped_column(Id, index=True)
    seq: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(32))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    hash: Mapped[str] = mapped_column(String(64))


class Counter(Base):
    """The next number of a year's projects, or of the agencies."""

    __tablename__ = "plg_intermediary_market_counter"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    last: Mapped[int]
