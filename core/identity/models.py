"""Tables of identity. Everything that names a natural person is sealed under the row's own data key and found by blind index."""

from datetime import date, datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json, LegalDay


class Division(Base):
    """An administrative division (行政区划)."""

    __tablename__ = "division"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    title: Mapped[str] = mapped_column(String(100))
    level: Mapped[str] = mapped_column(String(10))
    parent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("division.id"), index=True)
    path: Mapped[str] = mapped_column(String(200), unique=True)
    region_root: Mapped[str] = mapped_column(Id)


class Department(Base):
    """A department of a division. ``mark`` (机关代字) begins the numbers of its documents.

    ``successor_id`` is the department that took its place in a reorganisation (机构改革): work for the old one goes there.
    """

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("division_id", "code"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(100))
    division_id: Mapped[str] = mapped_column(Id, ForeignKey("division.id"))
    parent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("department.id"), index=True)
    uscc: Mapped[str | None] = mapped_column(String(18))
    mark: Mapped[str | None] = mapped_column(String(30))
    successor_id: Mapped[str | None] = mapped_column(Id, ForeignKey("department.id"), index=True)
    region_root: Mapped[str] = mapped_column(Id)


class Staff(Base):
    """A member of staff; ``user_id`` is the back office's login."""

    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    user_id: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class LentPassword(Base):
    """A staff log-in (``user_id``) whose password somebody else set, and so knows: until its owner has another, it opens nothing but that change."""

    __tablename__ = "lent_password"

    user_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    set_at: Mapped[datetime] = mapped_column(Instant)
    set_by: Mapped[str] = mapped_column(String(64))


class Post(Base):
    """A role held in a department."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("staff_id", "department_id", "role"), Index("ix_post_department_role", "department_id", "role"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(Id, ForeignKey("staff.id"))
    department_id: Mapped[str] = mapped_column(Id, ForeignKey("department.id"))
    role: Mapped[str] = mapped_column(String(20))


class Delegation(Base):
    """A dated grant: *to_staff* acts in the posts of *from_staff* – all, or those of one department and role."""

    __tablename__ = "delegation"
    __table_args__ = (Index("ix_delegation_to", "to_staff_id", "valid_until"), Index("ix_delegation_from", "from_staff_id", "valid_until"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    from_staff_id: Mapped[str] = mapped_column(Id, ForeignKey("staff.id"))
    to_staff_id: Mapped[str] = mapped_column(Id, ForeignKey("staff.id"))
    department_id: Mapped[str | None] = mapped_column(Id, ForeignKey("department.id"))
    role: Mapped[str | None] = mapped_column(String(20))
    valid_from: Mapped[date] = mapped_column(LegalDay)
    valid_until: Mapped[date] = mapped_column(LegalDay)
    reason: Mapped[str] = mapped_column(Text)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class Hall(Base):
    """A hall or branch hall: one look and one scope."""

    __tablename__ = "hall"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(100))
    theme: Mapped[str] = mapped_column(String(64))
    division_id: Mapped[str] = mapped_column(Id, ForeignKey("division.id"))
    department_id: Mapped[str | None] = mapped_column(Id, ForeignKey("department.id"))
    main: Mapped[bool] = mapped_column(Boolean, default=False)


class HallHost(Base):
    """A host name under which a hall is reached."""

    __tablename__ = "hall_host"

    host: Mapped[str] = mapped_column(String(253), primary_key=True)
    hall_id: Mapped[str] = mapped_column(Id, ForeignKey("hall.id"))


class Party(Base):
    """A person or a company as somebody entered it.

    A number is found by its blind index, but rows are not shared by number: whoever types a public credit code gets a row of
    their own, never sight of another's cases. Sharing is by :class:`AccountParty`, given by one who may.
    """

    __tablename__ = "party"
    __table_args__ = (Index("ix_party_document", "document_kind", "document_index"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    document_kind: Mapped[str] = mapped_column(String(40))
    document_index: Mapped[str | None] = mapped_column(String(100))
    masked_name: Mapped[str] = mapped_column(String(100))
    masked_number: Mapped[str] = mapped_column(String(40))
    masked_phone: Mapped[str] = mapped_column(String(30))
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Account(Base):
    """A citizen's login, by phone or by the number of the document. ``sms`` is the language of short messages to its phone, or ``off``."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    phone_index: Mapped[str] = mapped_column(String(100), unique=True)
    document_index: Mapped[str] = mapped_column(String(100), unique=True)
    party_id: Mapped[str] = mapped_column(Id, ForeignKey("party.id"))
    password_hash: Mapped[str] = mapped_column(String(200))
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    sms: Mapped[str] = mapped_column(String(3), default="zh")


class AccountParty(Base):
    """An account may act for a party, in a role, by an authority, with evidence, until a day."""

    __tablename__ = "account_party"
    __table_args__ = (UniqueConstraint("account_id", "party_id", "role"), Index("ix_account_party_party", "party_id"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id, ForeignKey("account.id"))
    party_id: Mapped[str] = mapped_column(Id, ForeignKey("party.id"))
    role: Mapped[str] = mapped_column(String(30))
    authority: Mapped[str] = mapped_column(String(200))
    evidence_blob: Mapped[str | None] = mapped_column(Id)
    valid_until: Mapped[date | None] = mapped_column(LegalDay)


class Visit(Base):
    """Somebody stood at a desk (综合窗口, 帮办代办) and was identified: who applies, who came for them, and to what they agreed.

    ``bearer_id`` is who came – the applicant, or who stands for them as ``role`` by ``authority``; ``NULL`` where a village agent files for an
    inhabitant who did not come, on the consent in ``evidence_blob`` or by ``mandate_id``. ``day`` is the legal day it is good for.
    """

    __tablename__ = "visit"
    __table_args__ = (Index("ix_visit_desk", "department_id", "day", "id"), Index("ix_visit_party", "party_id"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    department_id: Mapped[str] = mapped_column(Id, ForeignKey("department.id"))
    division_id: Mapped[str] = mapped_column(Id, ForeignKey("division.id"))
    staff_id: Mapped[str] = mapped_column(Id, ForeignKey("staff.id"))
    post: Mapped[str] = mapped_column(String(20))
    party_id: Mapped[str] = mapped_column(Id, ForeignKey("party.id"))
    bearer_id: Mapped[str | None] = mapped_column(Id, ForeignKey("party.id"))
    role: Mapped[str] = mapped_column(String(30))
    authority: Mapped[str] = mapped_column(String(200))
    evidence_blob: Mapped[str | None] = mapped_column(Id)
    mandate_id: Mapped[str | None] = mapped_column(Id)
    account_id: Mapped[str | None] = mapped_column(Id, ForeignKey("account.id"))
    identified_by: Mapped[str] = mapped_column(String(10))
    may_look: Mapped[bool] = mapped_column(Boolean)
    day: Mapped[date] = mapped_column(LegalDay)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Mandate(Base):
    """Consent that another files for a party (代办授权, 民法典 161–165): for which items, what they may do, until when.

    ``reach`` holds ``item:<code>`` and ``department:<code>``. It holds from ``granted_at`` – given by the principal, or by a code that only the
    principal is shown – until ``valid_until`` or ``revoked_at``, whichever comes first. The agent is an account, or a place of village agents.

    A desk that asks for somebody without an account gets a row without ``party_id``: it holds nothing of them, no code opens it, and to the desk it
    looks like every other, so that nobody learns at this door who has an account.
    """

    __tablename__ = "mandate"
    __table_args__ = (Index("ix_mandate_principal", "party_id", "id"), Index("ix_mandate_agent", "agent_account_id", "id"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    party_id: Mapped[str | None] = mapped_column(Id, ForeignKey("party.id"))
    account_id: Mapped[str | None] = mapped_column(Id, ForeignKey("account.id"))
    agent_account_id: Mapped[str | None] = mapped_column(Id, ForeignKey("account.id"))
    agent_department_id: Mapped[str | None] = mapped_column(Id, ForeignKey("department.id"))
    agent_name: Mapped[str] = mapped_column(String(100))
    reach: Mapped[list[str]] = mapped_column(Json)
    powers: Mapped[list[str]] = mapped_column(Json)
    consent: Mapped[str] = mapped_column(String(10))
    evidence_blob: Mapped[str | None] = mapped_column(Id)
    code_until: Mapped[datetime | None] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    granted_at: Mapped[datetime | None] = mapped_column(Instant)
    refused_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    valid_until: Mapped[date] = mapped_column(LegalDay)


class MandateUse(Base):
    """One use of a mandate, for the principal to read: what was done, by whom, on which case."""

    __tablename__ = "mandate_use"
    __table_args__ = (Index("ix_mandate_use_mandate", "mandate_id", "id"), Index("ix_mandate_use_case", "case_id"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    mandate_id: Mapped[str] = mapped_column(Id, ForeignKey("mandate.id"))
    power: Mapped[str] = mapped_column(String(10))
    case_id: Mapped[str] = mapped_column(Id)
    case_no: Mapped[str] = mapped_column(String(140))
    title: Mapped[str] = mapped_column(String(200))
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)
