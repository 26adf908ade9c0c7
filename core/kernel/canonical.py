"""Canonical JSON (RFC 8785) and digests over it. This format cannot change: hashes of events and bundles rest on it."""

import hashlib
import json
from typing import Any

import rfc8785

#: Algorithm ids carried in front of every digest; ``sm3`` is reserved for the 国密 profile.
DEFAULT_ALGORITHM = "sha256"
#: The largest whole number that is exact in every reader of JSON, and larger than every other that RFC 8785 takes.
_LARGEST = 2**53 - 1
#: Written in C: every event of a chain and every command is hashed.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def dumps(value: Any) -> bytes:
    """*value* as canonical UTF-8 JSON.

    Decimals and instants have no canonical JSON form: hand them in as strings (DESIGN §6). Raises
    :class:`rfc8785.CanonicalizationError` for anything else that JSON cannot say.
    """
    if _same_either_way(value):
        try:
            return _ENCODER.encode(value).encode()
        except UnicodeEncodeError:  # half a character: refused below, in the words of the format
            pass
    return rfc8785.dumps(value)


def _same_either_way(value: Any) -> bool:
    """Whether the standard library writes *value* as RFC 8785 does: texts, whole numbers that every reader of JSON can hold, truth values, ``None``, and
    lists and objects of those. Left out are fractions, which it writes otherwise, and keys beyond ASCII, which it may order otherwise."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-_LARGEST <= value <= _LARGEST)
    if kind is dict:
        return all(type(key) is str and key.isascii() for key in value) and all(map(_same_either_way, value.values()))
    return (kind is list or kind is tuple) and all(map(_same_either_way, value))


def digest(value: Any, algorithm: str = DEFAULT_ALGORITHM) -> str:
    """``"sha256:<hex>"`` over *value*, canonicalised first unless it is bytes already."""
    data = value if isinstance(value, bytes) else dumps(value)
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"
