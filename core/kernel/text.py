"""Text from outside, made safe to compare and store – and Chinese text of administrators, set as it is printed."""

import re
import unicodedata

_KEEP = "\n\t"


def normalise(text: str) -> str:
    """NFKC (full-width digits become ASCII), no control or bidi-override characters, line ends as ``\\n``, trimmed."""
    folded = unicodedata.normalize("NFKC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(c for c in folded if c in _KEEP or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    return kept.strip()


_HAN = "\u4e00-\u9fff"
_HALF_WIDTH = re.compile(
    rf"(?<=[{_HAN}》”）])[,;:?!](?=[{_HAN}《“（<\d]|$)"  # 删除,或者 · 都不用交:1 份
    rf"|(?<=[A-Za-z])[,;](?=[{_HAN}])"  # png,最多
    r"|(?<=\d:\d\d),(?=\d{1,2}:\d\d)"  # 12:00,13:30
    rf"|(?<=[{_HAN}》”])\((?=[^()<>]{{1,60}}[)）])|(?<=[{_HAN}])\)"
)
_UNEVEN = re.compile(r"\(([^()（）]*)）")  # opened after Latin letters: the pair stays half-width
_OPENED = re.compile(r"（([^()（）]*)\)")  # opened after Chinese, closed after a number: the pair is full-width
_FULL_WIDTH = str.maketrans(",;:?!()", "，；：？！（）")


def typeset(text: str) -> str:
    """Chinese with the full-width punctuation it is set in; sources and administrators often type the half-width marks of their keyboard."""
    return _OPENED.sub(r"（\1）", _UNEVEN.sub(r"(\1)", _HALF_WIDTH.sub(lambda found: found[0].translate(_FULL_WIDTH), text)))
