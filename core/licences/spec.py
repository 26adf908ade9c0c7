"""What the library gives and takes, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from core.kernel.wording import word

StatusName = Literal["valid", "withheld", "annulled", "cancelled", "expired", "moved", "revoked", "other"]
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
VALID = "01"


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
    """A licence just issued. ``identifier`` is its number for the whole country, ``number`` the one on the sheet."""

    id: str
    identifier: str
    number: str
    type_code: str
    title: str
    verify_code: str
    valid_from: date
    valid_to: date | None


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

    def status_words(self, locale: str = "zh") -> str:
        """``有效``, ``已过有效期``, ``已撤销`` …"""
        return word(f"licences.status_{self.status}", locale)
