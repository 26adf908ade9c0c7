"""Numbers that nobody could know before and everybody can compute after: HMAC-SHA-256 over a committed seed, the frozen list and a public value.

The algorithm is written down for readers in README.md ("Draws"); ``static/draw.js`` and ``tests/recompute.py`` are two more implementations of it.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final, TypeVar

#: Name and version of the algorithm; part of what is hashed, so that another version can never give the same numbers.
FORMAT: Final = "wangting-draw/1"
_WORD: Final = 8
_RANGE: Final = 1 << (8 * _WORD)

T = TypeVar("T")


def commitment(seed: bytes) -> str:
    """What is published before anybody registers: SHA-256 of the seed, in hexadecimal."""
    return hashlib.sha256(seed).hexdigest()


def tidy(value: str) -> str:
    """A public value as it is hashed: no blanks at the ends, one blank between its parts. ``" 05  11 "`` is ``"05 11"``."""
    return " ".join(value.split())


def key(seed: bytes, project: str, list_digest: str, value: str) -> bytes:
    """The key of a draw: nobody has it before the public value is there, nobody can move it after."""
    return hmac.new(seed, "\n".join((FORMAT, project, list_digest, tidy(value))).encode(), hashlib.sha256).digest()


class Randomness:
    """Independent streams of numbers under one key, one for each label."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._streams: dict[str, _Stream] = {}

    def below(self, label: str, limit: int) -> int:
        """The next number of the stream *label*, evenly spread over ``0 … limit - 1``."""
        return self._streams.setdefault(label, _Stream(self._key, label)).below(limit)

    def shuffled(self, label: str, items: Sequence[T]) -> tuple[T, ...]:
        """*items* in a random order (Fisher–Yates from the last place down)."""
        order = list(items)
        for place in range(len(order) - 1, 0, -1):
            other = self.below(label, place + 1)
            order[place], order[other] = order[other], order[place]
        return tuple(order)


class _Stream:
    """Words of 64 bits, big-endian: block *i* is HMAC-SHA-256(key, label + "\\n" + i), each block gives four words."""

    def __init__(self, key: bytes, label: str) -> None:
        self._key, self._label = key, label
        self._block, self._left = 0, b""

    def below(self, limit: int) -> int:
        if not 0 < limit <= _RANGE:
            raise ValueError(f"no number below {limit}")
        fair = _RANGE - _RANGE % limit  # a word beyond is thrown away, else small numbers would come up more often
        while (word := self._word()) >= fair:
            pass
        return word % limit

    def _word(self) -> int:
        if not self._left:
            self._left = hmac.new(self._key, f"{self._label}\n{self._block}".encode(), hashlib.sha256).digest()
            self._block += 1
        word, self._left = self._left[:_WORD], self._left[_WORD:]
        return int.from_bytes(word, "big")
