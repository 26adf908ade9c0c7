"""Codes with a check character, and their tests.

Algorithms after GB 11643-1999 (resident id), GB 32100-2015 (unified social credit code, 统一社会信用代码), ISO/IEC 7064
MOD 37,36 (= GB/T 17710-2008, electronic licence identifiers) and the code lengths of ZWFW C0109 / GB/T 39554.1-2020 (items).
Each ``check_…`` returns ``None`` when the code is right, else the key of what is wrong, worded in ``wording.json``.
"""

import re
from datetime import date

from core.kernel.clock import today

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MOD37_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LICENCE_ROOT = "1.2.156.3005.2"

_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
_ITEM_CODE = {12: re.compile(r"[0-9]{11}[0-9Y]"), 31: re.compile(r"[0-9A-Z]{18}[1-7][0-9]{11}[0-9Y]"), 33: re.compile(r"[0-9A-Z]{18}[1-7][0-9]{14}")}


def normalise_uscc(code: str) -> str:
    """Upper case without spaces; the caller has folded full-width characters (:func:`core.kernel.text.normalise`)."""
    return code.replace(" ", "").upper()


def uscc_check_character(body: str) -> str:
    """The 18th character for the first 17. Raises :class:`ValueError` for a character outside the alphabet."""
    total = sum(_USCC_ALPHABET.index(c) * w for c, w in zip(body, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[(31 - total % 31) % 31]


def check_uscc(code: str) -> str | None:
    """Test a unified social credit code (already normalised)."""
    if len(code) != 18:
        return "identifiers.uscc_length"
    if any(c not in _USCC_ALPHABET for c in code):
        return "identifiers.uscc_characters"  # I O S V Z look like 1 0 5 U 2
    if uscc_check_character(code[:17]) != code[17]:
        return "identifiers.uscc_check"
    return None


def resident_check_character(body: str) -> str:
    """The 18th character for the first 17 digits."""
    return "10X98765432"[sum(int(c) * w for c, w in zip(body, _RESIDENT_WEIGHTS, strict=True)) % 11]


def check_resident_id(number: str) -> str | None:
    """Test an 18-character resident number, residence permit of 港澳台 (81/82/83) or foreign permanent residence card (9…)."""
    if len(number) != 18:
        return "identifiers.resident_length"
    if not _RESIDENT.fullmatch(number):
        return "identifiers.resident_characters"
    if resident_birthday(number) is None:
        return "identifiers.resident_birthday"
    if resident_check_character(number[:17]) != number[17]:
        return "identifiers.resident_check"
    return None


def resident_birthday(number: str) -> date | None:
    """The day of birth inside a resident number, ``None`` when it is no day or lies in the future."""
    try:
        day = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return day if day <= today() else None


def mod37_36(text: str) -> str:
    """The check character of ISO/IEC 7064 MOD 37,36 over *text* (digits and capital letters)."""
    remainder = 36
    for character in text:
        remainder = (remainder + _MOD37_ALPHABET.index(character)) % 36 or 36
        remainder = remainder * 2 % 37
    return _MOD37_ALPHABET[(37 - remainder) % 36]


def licence_identifier(type_code: str, issuer: str, serial: str, version: int) -> str:
    """An electronic licence identifier after GB/T 36904: root, type (21), issuer's USCC (18), serial, version (3), check character."""
    parts = (type_code, issuer, serial, f"{version:03d}")
    return ".".join((LICENCE_ROOT, *parts, mod37_36("".join(parts))))


def check_licence_identifier(identifier: str) -> str | None:
    """Test an electronic licence identifier."""
    prefix = LICENCE_ROOT + "."
    parts = identifier.removeprefix(prefix).split(".")
    if not identifier.startswith(prefix) or len(parts) != 5 or len(parts[0]) != 21 or len(parts[1]) != 18 or len(parts[3]) != 3:
        return "identifiers.licence_shape"
    body = "".join(parts[:4])
    if any(c not in _MOD37_ALPHABET for c in body) or mod37_36(body) != parts[4]:
        return "identifiers.licence_check"
    return None


def check_item_code(code: str) -> str | None:
    """Test a basic (12), implementation (31) or handling (33) code of an item; the issuer's USCC inside must hold."""
    shape = _ITEM_CODE.get(len(code))
    if shape is None or not shape.fullmatch(code):
        return "identifiers.item_code_shape"
    if len(code) > 12 and check_uscc(code[:18]) is not None:
        return "identifiers.item_code_issuer"
    return None
