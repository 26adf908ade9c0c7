"""Pictures that would unpack to far too many pixels are refused by their header, before anything decodes them."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.files.errors import FileRefused
from core.files.pixels import MAX_PIXELS, largest
from core.files.sniff import examine
from core.files.spec import Limits

TAKES = Limits(accept=("png", "jpg", "webp"))


def png(width: int, height: int, *before: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in before) + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def jpg(width: int, height: int, *, frame: int = 0xC0, before: bytes = b"") -> bytes:
    start = b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + b"\1\1\0\0\1\0\1\0\0"
    return start + before + bytes([0xFF, frame]) + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0" + b"\xff\xd9"


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def three(number: int) -> bytes:
    return (number - 1).to_bytes(3, "little")


def lossy(width: int, height: int) -> tuple[bytes, bytes]:
    return b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)


def lossless(width: int, height: int) -> tuple[bytes, bytes]:
    return b"VP8L", b"\x2f" + (width - 1 | height - 1 << 14).to_bytes(4, "little")


BOMBS = {
    "a png": (png(60_000, 60_000), "png"),
    "a png that says it after another chunk": (png(60_000, 60_000, (b"tEXt", b"IHDR\0\0\0\1\0\0\0\1")), "png"),
    "a jpeg": (jpg(60_000, 60_000), "jpg"),
    "a progressive jpeg": (jpg(60_000, 60_000, frame=0xC2), "jpg"),
    "a jpeg behind padding and a small thumbnail": (
        jpg(60_000, 60_000, before=b"\xff\xe1" + struct.pack(">H", 2 + 40) + jpg(8, 8)[:40].ljust(40, b"\0") + b"\xff\xff\xff"),
        "jpg",
    ),
    "a jpeg with a second, larger frame": (jpg(60_000, 60_000, before=b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, 8, 8, 1) + b"\1\x11\0"), "jpg"),
    "a lossy webp": (webp(lossy(16_000, 16_000)), "webp"),
    "a lossless webp": (webp(lossless(16_000, 16_000)), "webp"),
    "a webp whose canvas is small and whose picture is not": (webp((b"VP8X", bytes(4) + three(8) + three(8)), lossless(16_000, 16_000)), "webp"),
    "a webp with a huge canvas": (webp((b"VP8X", bytes(4) + three(60_000) + three(60_000)), lossy(8, 8)), "webp"),
    "an animated webp with a huge frame": (
        webp((b"VP8X", bytes(4) + three(8) + three(8)), (b"ANMF", bytes(6) + three(60_000) + three(60_000) + bytes(4))),
        "webp",
    ),
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_picture_of_too_many_pixels_is_refused_with_its_size_and_how_to_mend_it(what: str) -> None:
    content, extension = BOMBS[what]
    assert len(content) < 1000
    with pytest.raises(FileRefused) as refused:
        examine(content, f"扫描件.{extension}", TAKES)
    assert refused.value.message_key == "files.too_many_pixels"
    for locale, most, mend in (("zh", "5000 万像素", "缩小"), ("en", "50 megapixels", "smaller")):
        words = refused.value.words(locale)
        assert f"扫描件.{extension}" in words and most in words and mend in words
        assert f"{refused.value.params['width']} × {refused.value.params['height']}" in words


@pytest.mark.parametrize(
    ("content", "kind"),
    [(png(10_000, 5_000), "png"), (jpg(10_000, 5_000), "jpg"), (webp(lossless(10_000, 5_000)), "webp"), (webp(lossy(8_000, 6_000)), "webp")],
)
def test_a_picture_just_within_the_limit_is_taken(content: bytes, kind: str) -> None:
    size = largest(content, kind)
    assert size is not None and size[0] * size[1] <= MAX_PIXELS
    assert examine(content, f"a.{kind}", TAKES) == kind


def test_the_first_pixel_too_many_is_one_too_many() -> None:
    with pytest.raises(FileRefused):
        examine(png(MAX_PIXELS + 1, 1), "a.png", TAKES)
    assert examine(png(MAX_PIXELS, 1), "a.png", TAKES) == "png"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (png(5, 5)[:8] + bytes(12 * 60_000), "png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(9) + b"\xff\xc0\0\2" * 60_000, "jpg"),
        (webp(*((b"JUNK", b""),) * 60_000), "webp"),
    ],
)
def test_a_picture_of_endless_parts_is_not_read_to_its_end(content: bytes, kind: str) -> None:
    with pytest.raises(FileRefused) as refused:
        examine(content, f"a.{kind}", TAKES)
    assert refused.value.message_key == "files.unknown_content"


@given(st.sampled_from(["png", "jpg", "webp"]), st.binary(max_size=400), st.integers(0, 60))
def test_reading_the_size_of_anything_ends_and_never_fails(kind: str, tail: bytes, keep: int) -> None:
    start = {"png": png(5, 5), "jpg": jpg(5, 5), "webp": webp(lossy(5, 5))}[kind][:keep]
    for content in (tail, start + tail):
        size = largest(content, kind)
        assert size is None or min(size) >= 0
