"""Identifiers: opaque UUIDv7 for rows, grouped base32 codes for people."""

import secrets
import uuid

import uuid6

#: Crockford base32: no I, L, O, U, so a code read over the phone cannot be mistaken.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
QUERY_CODE_LENGTH = 16  # 16 × 5 bit = 80 bit, the floor of DESIGN §9


def new_id() -> str:
    """A fresh UUIDv7 in canonical text form: opaque, unguessable enough for a URL only together with an access check."""
    return str(uuid6.uuid7())


def is_id(text: str) -> bool:
    """Whether *text* is a UUID, so that a malformed path part is a plain 404 and never reaches the database."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def new_query_code() -> str:
    """A secret of 80 random bits that lets its holder follow one case without logging in."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(QUERY_CODE_LENGTH))


def group_code(code: str) -> str:
    """``7K4M92QX…`` → ``7K4M 92QX …`` for reading aloud."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def normalise_code(text: str) -> str:
    """Undo what people do to a code: spaces, dashes, lower case, O for 0, I and L for 1."""
    kept = "".join(c for c in text.upper() if c.isalnum())
    return kept.translate(str.maketrans("OIL", "011"))
