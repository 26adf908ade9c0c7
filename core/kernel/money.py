"""Money: a decimal string of yuan outside, an integer of 分 inside rules. Never a float."""

import re

_YUAN = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,2}))?")


def fen(yuan_text: str) -> int:
    """``"12.30"`` → 1230. Raises :class:`ValueError` for anything that is not a decimal with at most two places."""
    match = _YUAN.fullmatch(yuan_text)
    if match is None:
        raise ValueError(f"not an amount of yuan: {yuan_text!r}")
    sign, whole, part = match.groups()
    amount = int(whole) * 100 + int((part or "").ljust(2, "0") or 0)
    return -amount if sign else amount


def yuan(amount: int) -> str:
    """1230 → ``"12.30"``."""
    sign = "-" if amount < 0 else ""
    whole, part = divmod(abs(amount), 100)
    return f"{sign}{whole}.{part:02d}"
