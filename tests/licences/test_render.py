"""The sheet: embedded font, long and hostile text, several pages, the same bytes for the same values."""

import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from core.licences.render import Sheet, render
from core.printing.errors import FontLacks
from core.printing.typeface import FONT, load

SHEET = Sheet(
    title="食品经营许可证",
    number="20260000001",
    identifier="1.2.156.3005.2.11999900MB0000000G002.11999900MB0000000G.20260000001.001.1",
    holder="王小芳",
    holder_number="11010519900307232X",
    data={"经营场所": "鹿苑街道一中路1号"},
    issuer="示例区市场监督管理局",
    issued_on=date(2026, 11, 21),
    valid_from=date(2026, 11, 21),
    valid_to=None,
    verify_url="https://hall.example/verify/7K4M92QX7K4M92QX",
    verify_code="7K4M92QX7K4M92QX",
)


def pages(pdf: bytes) -> int:
    return pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ")


def run(tool: str, pdf: bytes, tmp_path: Path, *more: str) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    (tmp_path / "x.pdf").write_bytes(pdf)
    return subprocess.run([tool, *more, str(tmp_path / "x.pdf"), *(["-"] if tool == "pdftotext" else [])], capture_output=True, check=True).stdout.decode()


def test_the_same_values_give_the_same_bytes() -> None:
    assert render(SHEET) == render(SHEET)
    assert render(replace(SHEET, holder="李四")) != render(SHEET)


def test_the_chinese_font_is_embedded(tmp_path: Path) -> None:
    lines = [line for line in run("pdffonts", render(SHEET), tmp_path).splitlines() if "NotoSansSC" in line]
    assert lines and all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in lines)


def test_hostile_and_long_text_is_printed_as_text_over_several_pages(tmp_path: Path) -> None:
    hostile = {"<b>&名</b>": '<img src="file:///etc/passwd"/> &amp; </para>', "长": "很长的文字" * 2000, "多行": "一\n二\n三"}
    pdf = render(replace(SHEET, data=hostile))
    shown = run("pdftotext", pdf, tmp_path, "-raw")
    assert '<img src="file:///etc/passwd"/> &amp; </para>' in " ".join(shown.split())
    assert b"passwd" not in pdf
    assert shown.count("扫码核验") == pages(pdf) > 1
    assert shown.replace("\n", "").count("很长的文字") > 1500


def test_a_licence_without_an_end_says_so(tmp_path: Path) -> None:
    assert "长期有效" in run("pdftotext", render(SHEET), tmp_path)


def test_every_lacking_character_is_named_and_an_added_font_fills_in(tmp_path: Path) -> None:
    with pytest.raises(FontLacks, match=r"U\+2A6A5 U\+2B81C"):
        render(replace(SHEET, holder="\U0002a6a5\U0002b81c"))
    extra = tmp_path / "extra.ttf"
    shutil.copy(FONT, extra)
    assert render(replace(SHEET, fonts=[extra])) == render(SHEET), "the embedded font comes first"
    (tmp_path / "broken.ttf").write_bytes(b"not a font")
    with pytest.raises(FontLacks, match=r"broken\.ttf"):
        render(replace(SHEET, fonts=[tmp_path / "broken.ttf"]))


def test_the_shipped_font_covers_gb2312_and_is_small_and_licensed() -> None:
    _, glyphs = load(FONT)
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                character = bytes([high, low]).decode("gb2312")
            except UnicodeDecodeError:
                continue
            assert ord(character) in glyphs, character
    assert FONT.stat().st_size < 3 * 1024 * 1024
    assert "SIL OPEN FONT LICENSE" in (FONT.parent / "OFL.txt").read_text("utf-8").upper()
