"""Text from outside, made safe to compare and store."""

import unicodedata

_KEEP = "\n\t"


def normalise(text: str) -> str:
    """NFKC (full-width digits become ASCII), no control or bidi-override characters, line ends as ``\\n``, trimmed."""
    folded = unicodedata.normalize("NFKC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = "".join(c for c in folded if c in _KEEP or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    return kept.strip()
