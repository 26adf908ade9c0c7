"""The toolkit papers are made with: every character printed or named, text that flows, marks that can be read again."""

import shutil
import subprocess
from pathlib import Path

import pytest
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph

from core.printing import hall
from core.printing.errors import FontLacks
from core.printing.sheet import INK, MARGIN, ROOM, day_words, flow, grouped, qr, seal_place, watermark
from core.printing.typeface import FONT, Typeface


def paper(words: str, typeface: Typeface) -> bytes:
    style = ParagraphStyle("text", fontName=typeface.main, fontSize=12, leading=18, wordWrap="CJK")

    def marks(canvas: object, page: int) -> None:
        seal_place(canvas, typeface, "电子印章")  # type: ignore[arg-type]
        typeface.draw(canvas, f"第{page}页", MARGIN, 12 * mm, 9, INK, room=ROOM)  # type: ignore[arg-type]
        qr(canvas, "https://hall.example/verify/7K4M92QX7K4M92QX", MARGIN, 34 * mm, 34 * mm)  # type: ignore[arg-type]
        watermark(canvas, typeface, "样张")  # type: ignore[arg-type]

    return flow([Paragraph(typeface.markup(words), style)], title="文", author="局", subject="1", bottom=78 * mm, every_page=marks)


def shown(pdf: bytes, tmp_path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    (tmp_path / "x.pdf").write_bytes(pdf)
    return subprocess.run(["pdftotext", "-raw", str(tmp_path / "x.pdf"), "-"], capture_output=True, check=True).stdout.decode()


def test_text_flows_over_pages_and_every_page_carries_its_marks(tmp_path: Path) -> None:
    text = shown(paper("很长的文字" * 1500, Typeface()), tmp_path)
    pages = text.count("\f")
    assert pages > 1 and text.count("电子印章") == pages
    assert all(f"第{n}页" in text for n in range(1, pages + 1))


def test_the_same_words_give_the_same_bytes() -> None:
    assert paper("一样", Typeface()) == paper("一样", Typeface()) != paper("不一样", Typeface())


def test_markup_in_a_value_is_printed_not_obeyed(tmp_path: Path) -> None:
    assert '<b>&</b> <img src="x"/>' in shown(paper('<b>&</b> <img src="x"/>', Typeface()), tmp_path)


def test_a_character_that_no_font_has_is_named_instead_of_left_out() -> None:
    with pytest.raises(FontLacks, match=r"U\+2A6A5"):
        Typeface().markup("王\U0002a6a5")


def test_words_wider_than_their_room_are_made_smaller() -> None:
    drawn: list[tuple[str, float]] = []

    class Canvas:
        def setFillColor(self, colour: object) -> None: ...  # noqa: N802
        def setFont(self, name: str, size: float) -> None:  # noqa: N802
            drawn.append((name, size))

        def drawString(self, x: float, y: float, text: str) -> None: ...  # noqa: N802

    Typeface().draw(Canvas(), "长" * 100, 0, 0, 12, INK, room=120)  # type: ignore[arg-type]
    assert drawn == [("wangting-" + FONT.stem, pytest.approx(1.2))]


def test_days_and_codes_are_written_for_people() -> None:
    import datetime

    assert day_words(datetime.date(2026, 1, 2)) == "2026年1月2日"
    assert grouped("7K4M92QX7K") == "7K4M 92QX 7K"


def test_an_address_is_the_public_one_else_where_the_hall_listens(tmp_path: Path) -> None:
    class Config:
        public_url, host, port, home = "", "127.0.0.1", 8080, tmp_path

    class Session:
        info: dict[str, object] = {}  # noqa: RUF012

    assert hall.address(Session()) == "" and hall.more_fonts(Session()) == ()  # type: ignore[arg-type]
    Session.info["config"] = config = Config()
    assert hall.address(Session()) == "http://127.0.0.1:8080"  # type: ignore[arg-type]
    config.public_url = "https://hall.example"
    (tmp_path / "fonts").mkdir()
    shutil.copy(FONT, tmp_path / "fonts" / "rare.ttf")
    assert hall.address(Session()) == "https://hall.example"  # type: ignore[arg-type]
    assert hall.more_fonts(Session()) == (tmp_path / "fonts" / "rare.ttf",)  # type: ignore[arg-type]
