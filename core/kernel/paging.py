"""Keyset paging: the next page starts after the last row seen, so its cost does not grow with the page number."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from core.kernel.errors import BadInput

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One batch of rows and the cursors to its neighbours (``None`` at an end)."""

    rows: tuple[Row, ...]
    next: str | None = None
    previous: str | None = None


def encode_cursor(*values: Any) -> str:
    """The sort values of a row as an opaque URL-safe text."""
    return base64.urlsafe_b64encode(json.dumps(values, default=str).encode()).decode().rstrip("=")


def decode_cursor(text: str, width: int) -> tuple[Any, ...]:
    """The sort values back; :class:`BadInput` when the text is not a cursor of *width* values."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError) as error:
        raise BadInput("kernel.bad_cursor") from error
    if not isinstance(values, list) or len(values) != width:
        raise BadInput("kernel.bad_cursor")
    return tuple(values)
