"""Numbers of agencies: ``ZJ`` and six digits and one check digit (ISO 7064 MOD 11,10), so that a slip of the pen is seen without asking anybody."""

import re

_SHAPE = re.compile(r"ZJ[0-9]{7}")


def agency_number(serial: int) -> str:
    """The number of the agency that was the *serial*-th to apply."""
    body = f"{serial:06d}"
    return f"ZJ{body}{_check_digit(body)}"


def tidy(text: str) -> str:
    """A number as it is kept: capitals, no blanks or dashes."""
    return re.sub(r"[\s-]", "", text).upper()


def is_number(text: str) -> bool:
    """Whether *text* has the shape and the right check digit."""
    return _SHAPE.fullmatch(text) is not None and _check_digit(text[2:-1]) == text[-1]


def _check_digit(body: str) -> str:
    rest = 10
    for digit in body:
        rest = (rest + int(digit)) % 10 or 10
        rest = rest * 2 % 11
    return str((11 - rest) % 10)
