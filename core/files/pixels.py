"""How many pixels a picture says it unpacks to, read from its header without decoding it.

A few kilobytes of PNG may stand for gigabytes of pixels: whoever opens such a picture – a clerk's browser, the printer of a licence – runs
out of memory. The formats say their size up front, so no decoder is needed to refuse. Where a file says it more than once the largest counts:
decoders differ in which one they believe.
"""

import re
from collections.abc import Iterator

#: Pixels of one picture, 5,000 万: an A3 scan at 400 dpi has 31 million, phones' usual photos 12 to 50 million.
MAX_PIXELS = 50_000_000

#: Chunks or segments that a picture may have; real ones have a few thousand at most. More would only keep the reader busy.
MAX_PARTS = 50_000

Size = tuple[int, int]
#: A marker with a body, or the end of the image; not padding, stuffed data, restarts and other markers without a body.
_JPEG_MARKER = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")
#: Start of frame: every marker of C0…CF but the tables DHT, JPG and DAC.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_END = 0xD9


class TooManyParts(ValueError):
    """The file has more parts than any picture."""


def largest(content: bytes, kind: str) -> Size | None:
    """Width and height of the largest image that *content* (a ``png``, ``jpg`` or ``webp``) declares.

    ``None`` when it declares none, so that nothing can decode it. Raises :class:`TooManyParts`.
    """
    read = {"png": _png, "jpg": _jpeg, "webp": _webp}.get(kind)
    return max(read(content), key=lambda size: size[0] * size[1], default=None) if read is not None else None


def _png(content: bytes) -> Iterator[Size]:
    at = 8
    for _ in range(MAX_PARTS):
        if at + 8 > len(content):
            return
        length, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        if name == b"IHDR" and at + 16 <= len(content):
            yield int.from_bytes(content[at + 8 : at + 12]), int.from_bytes(content[at + 12 : at + 16])
        if name == b"IEND":
            return
        at += 12 + length
    raise TooManyParts


def _jpeg(content: bytes) -> Iterator[Size]:
    """Every start of frame outside other segments; what lies between segments is skipped as decoders do."""
    at = 2
    for _ in range(MAX_PARTS):
        found = _JPEG_MARKER.search(content, at)
        if found is None or content[found.start() + 1] == _JPEG_END:
            return
        at = found.start()
        if content[at + 1] in _JPEG_FRAMES and at + 9 <= len(content):
            yield int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7])
        at += 2 + max(2, int.from_bytes(content[at + 2 : at + 4]))
    raise TooManyParts


def _webp(content: bytes) -> Iterator[Size]:
    at = 12
    for _ in range(MAX_PARTS):
        if at + 8 > len(content):
            return
        name, length, body = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little"), content[at + 8 : at + 24]
        if name == b"VP8X" and len(body) >= 10:  # the canvas
            yield _three(body[4:7]) + 1, _three(body[7:10]) + 1
        elif name == b"ANMF" and len(body) >= 12:  # a frame of an animation
            yield _three(body[6:9]) + 1, _three(body[9:12]) + 1
        elif name == b"VP8 " and len(body) >= 10:
            yield int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
        elif name == b"VP8L" and len(body) >= 5:
            bits = int.from_bytes(body[1:5], "little")
            yield (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        at += 8 + length + length % 2
    raise TooManyParts


def _three(data: bytes) -> int:
    return int.from_bytes(data, "little")
