"""What the library gives and takes, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from core.kernel.wording import word

StatusName = Literal["valid", "early", "withheld", "annulled", "cancelled", "expired", "superseded", "moved", "revoked", "other"]
#: Codes in use by licence systems (STANDARDS §3): 01 有效 02 暂扣 03 撤销 04 注销 05 失效 06 办理转出 07 吊销 99 其他.
STATUS: Mapping[str, StatusName] = {
    "01": "valid",
    "02": "withheld",
    "03": "annulled",
    "04": "cancelled",
    "05": "expired",
    "06": "moved",
    "07": "revoked",
    "99": "other",
}
VALID, WITHHELD, ANNULLED, CANCELLED, ENDED, REVOKED = "01", "02", "03", "04", "05", "07"
#: How a licence came into the library: issued by the platform, or typed in from paper (补登).
ISSUED, FROM_PAPER = "issued", "paper"


@dataclass(frozen=True, slots=True)
class Holder:
    """To whom a licence is given. Names and numbers are sealed; public pages show *name* masked unless it is a company's.

    *party_ids* are every party that may see the licence as its own (co-applicants too).
    """

    party_ids: tuple[str, ...]
    name: str
    document_kind: str = ""
    number: str = ""
    company: bool = False


@dataclass(frozen=True, slots=True)
class LicenceRef:
    """A licence in short. ``identifier`` is its number for the whole country, ``number`` the one on the sheet; ``holder`` is masked for a person."""

    id: str
    identifier: str
    number: str
    type_code: str
    title: str
    verify_code: str
    valid_from: date
    valid_to: date | None
    holder: str = ""
    issuer: str = ""
    version: int = 1
    origin: str = ISSUED


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark on a licence (批注): its kind by title, since when; ``text`` only where the catalogue says that this kind is public."""

    title: str
    at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class VerifyView:
    """What anybody may know of a licence. ``holder`` is masked for a person; ``status`` already counts the days."""

    id: str
    type_code: str
    type_title: str
    identifier: str
    number: str
    version: int
    holder: str
    issuer: str
    issued_at: datetime
    valid_from: date
    valid_to: date | None
    status: StatusName
    status_code: str
    verify_code: str
    case_no: str | None
    has_pdf: bool
    title_en: str = ""
    origin: str = ISSUED
    status_ground: str | None = None
    status_at: datetime | None = None
    suspended_until: date | None = None
    renewal_asked_on: date | None = None
    annotations: tuple[Annotation, ...] = ()

    def status_words(self, locale: str = "zh") -> str:
        """``有效``, ``已过有效期``, ``已撤销`` …"""
        return word(f"licences.status_{self.status}", locale)

    def ground_words(self, locale: str = "zh") -> str:
        """The article behind the status, empty when there is none."""
        return word(f"licences.ground_{self.status_ground}", locale) if self.status_ground else ""


@dataclass(frozen=True, slots=True)
class Usability:
    """Whether a licence may serve as evidence; when not, by which rule (``rule`` is a wording key)."""

    ok: bool
    rule: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)

    def words(self, locale: str = "zh") -> str:
        """The rule that refuses, in words; empty when none does."""
        return word(self.rule, locale, **self.params) if self.rule else ""


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to use one licence for one purpose until the end of a day."""

    id: str
    licence_id: str
    purpose: str
    case_no: str | None
    until: date


@dataclass(frozen=True, slots=True)
class UseView:
    """One use of a licence as its holder is told: who, when, why, for whom (``user``, of a copy), until when, and every look at it."""

    id: str
    purpose: str
    case_no: str | None
    at: datetime
    until: date
    ended_at: datetime | None
    by_kind: str
    by_id: str
    user: str = ""
    looks: tuple["LookView", ...] = ()

    def open_on(self, day: date) -> bool:
        """Whether the use still runs on *day*."""
        return self.ended_at is None and day <= self.until


@dataclass(frozen=True, slots=True)
class LookView:
    """Somebody opened or copied the licence: which department, when."""

    what: str
    at: datetime
    by_kind: str
    by_id: str
    department: str = ""


@dataclass(frozen=True, slots=True)
class EventView:
    """One act in the life of a licence. ``note`` has the words somebody wrote (``basis``, ``reason``, ``text``); empty once erased."""

    seq: int
    kind: str
    at: datetime
    actor_kind: str
    actor_id: str
    on_behalf_of: str | None
    body: Mapping[str, Any]
    note: Mapping[str, str]

    def words(self, locale: str = "zh") -> str:
        """``发证``, ``暂扣``, ``到期`` …"""
        return word(f"licences.event_{self.kind}", locale)

    def ground_words(self, locale: str = "zh") -> str:
        """The article it rests on, empty when none was named."""
        return word(f"licences.ground_{self.body['ground']}", locale) if self.body.get("ground") else ""


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """A paper licence on its way into the library. Name and number of the holder are whole: who may see the entry checks them against the scan."""

    id: str
    type_code: str
    type_title: str
    department_id: str
    department: str
    state: str
    number: str
    case_no: str | None
    holder_name: str
    holder_document: str
    holder_number: str
    company: bool
    data: Mapping[str, str]
    issued_on: date
    valid_from: date
    valid_to: date | None
    identifier: str
    entered_by: str
    entered_at: datetime
    reviewed_by: str | None
    reviewed_at: datetime | None
    reason: str
    licence_id: str | None
