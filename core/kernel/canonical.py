"""Canonical JSON (RFC 8785) and digests over it. This format cannot change: hashes of events and bundles rest on it."""

import hashlib
from typing import Any

import rfc8785

#: Algorithm ids carried in front of every digest; ``sm3`` is reserved for the 国密 profile.
DEFAULT_ALGORITHM = "sha256"


def dumps(value: Any) -> bytes:
    """*value* as canonical UTF-8 JSON.

    Decimals and instants have no canonical JSON form: hand them in as strings (DESIGN §6). Raises
    :class:`rfc8785.CanonicalizationError` for anything else that JSON cannot say.
    """
    return rfc8785.dumps(value)


def digest(value: Any, algorithm: str = DEFAULT_ALGORITHM) -> str:
    """``"sha256:<hex>"`` over *value*, canonicalised first unless it is bytes already."""
    data = value if isinstance(value, bytes) else dumps(value)
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"
