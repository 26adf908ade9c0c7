"""Text from a form, made safe without being rewritten.

:func:`core.kernel.text.normalise` folds everything NFKC knows, which is right for codes and wrong for sentences: it would turn
Chinese punctuation into Latin. So prose keeps its punctuation and only loses what cannot be seen, while codes are folded whole.
"""

import re
import unicodedata

from core.kernel.text import normalise

#: Control (except tab and line feed), format (bidi overrides, zero widths), surrogates, private use: Unicode Cc, Cf, Cs, Co.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_WIDE = {0xFEE0 + c: c for c in (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))}
_BREAKS = re.compile(r"[\n\t]+")


def prose(text: str) -> str:
    """Several lines as typed: full-width digits and letters folded, unseen characters gone, ``\\n`` line ends, trimmed."""
    if text.isascii() and text.isprintable():
        return text.strip()
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _UNSEEN.sub("", unified)).translate(_WIDE).strip()


def line(text: str) -> str:
    """One line of prose."""
    return _BREAKS.sub(" ", prose(text))


#: A code is short; what is longer is cleaned cheaply and refused by its length.
_LONGEST_CODE = 1_000


def code(text: str) -> str:
    """A code, number or id: NFKC, one line."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return line(text) if len(text) > _LONGEST_CODE else _BREAKS.sub(" ", normalise(text))
