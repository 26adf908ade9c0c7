"""The kinds of document that name a party, and the test for each number."""

import re

from core.kernel.identifiers import check_resident_id, check_uscc, normalise_uscc
from core.kernel.text import normalise

#: Numbers of 港澳台居民居住证 begin so (GB 11643 numbers issued since 2018).
_RESIDENCE_PREFIXES = ("810000", "820000", "830000")
#: ICAO 9303 gives nine characters to a document number; digits or capitals, and never letters only.
_PASSPORT = re.compile(r"[A-Z0-9]{5,9}")
_HK_MACAU = re.compile(r"[HM][0-9]{8}([0-9]{2})?")
_TAIWAN = re.compile(r"[0-9]{8}|[0-9]{10}[A-Z]?")
_OLD_PERMANENT_RESIDENCE = re.compile(r"[A-Z]{3}[0-9]{12}")
_PHONE = re.compile(r"1[3-9][0-9]{9}|\+[1-9][0-9]{6,14}")

PERSON_DOCUMENTS = ("resident_id", "passport", "hk_macau_permit", "taiwan_permit", "hk_macau_taiwan_residence", "foreign_permanent_residence")
COMPANY_DOCUMENTS = ("uscc", "company_in_formation")


def normalise_number(number: str) -> str:
    """Upper case, ASCII, without spaces and dashes."""
    return normalise_uscc(normalise(number)).replace("-", "")


def normalise_phone(phone: str) -> str:
    """ASCII without spaces, dashes and a leading +86."""
    digits = normalise(phone).replace(" ", "").replace("-", "")
    return digits.removeprefix("+86") if len(digits) == 14 else digits


def check_phone(phone: str) -> str | None:
    """Test a mobile number (mainland, or international with +); the key of what is wrong, or ``None``."""
    return None if _PHONE.fullmatch(phone) else "identity.phone_shape"


def check_document(kind: str, number: str) -> str | None:
    """Test a normalised *number* as a document of *kind*; the key of what is wrong, or ``None``."""
    if kind == "company_in_formation":
        return "identity.formation_has_no_number" if number else None
    checks = {
        "resident_id": _check_resident,
        "hk_macau_taiwan_residence": _check_residence,
        "foreign_permanent_residence": _check_permanent_residence,
        "uscc": check_uscc,
        "passport": _check_passport,
        "hk_macau_permit": _check_hk_macau,
        "taiwan_permit": _check_taiwan,
    }
    check = checks.get(kind)
    return "identity.document_kind" if check is None else check(number)


def _check_passport(number: str) -> str | None:
    return None if _PASSPORT.fullmatch(number) and any(c.isdigit() for c in number) else "identity.passport_shape"


def _check_hk_macau(number: str) -> str | None:
    return None if _HK_MACAU.fullmatch(number) else "identity.hk_macau_shape"


def _check_taiwan(number: str) -> str | None:
    return None if _TAIWAN.fullmatch(number) else "identity.taiwan_shape"


def _check_resident(number: str) -> str | None:
    if number[:1] == "9" or number.startswith(_RESIDENCE_PREFIXES):
        return "identity.other_document_kind"
    return check_resident_id(number)


def _check_residence(number: str) -> str | None:
    if not number.startswith(_RESIDENCE_PREFIXES):
        return "identity.residence_prefix"
    return check_resident_id(number)


def _check_permanent_residence(number: str) -> str | None:
    if _OLD_PERMANENT_RESIDENCE.fullmatch(number):
        return None
    if not number.startswith("9"):
        return "identity.permanent_residence_shape"
    return check_resident_id(number)
