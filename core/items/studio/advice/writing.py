"""Plain writing: sentences that are read once, words that people use, signs that everybody can follow – also who does not see the page."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core.items.studio.advice.rules import Content, advice, said
from core.items.studio.advice.texts import Written, written
from core.kernel.errors import Finding
from core.kernel.text import typeset

#: Characters that are read in one go; the guides for plain Chinese on government sites ask for less.
SENTENCE = 60
_END = re.compile(r"[。！？；!?;\n]+")
_PLACEHOLDER = re.compile(r"待定|待补充?|待完善|待填|TODO|TBD|FIXME|[xX×]{3,}|[?？]{3,}|lorem ipsum|占位|示例文字|此处填写", re.IGNORECASE)
_CAPITALS = re.compile(r"\b[A-Z]{7,}\b|\b[A-Z]{2,}(?: [A-Z]{2,})+\b")
_BARE_LINK = re.compile(r"(?:https?://|www\.)[^\s，。；）)]+", re.IGNORECASE)
_EMPTY_LINK = re.compile(r"点击(?:此处|这里|链接)|点这里|戳这里|click here", re.IGNORECASE)
_BY_PLACE = re.compile(
    "[见如](?:上|下|左|右)[方图表侧边]|(?:上|下|左|右)(?:方|侧|边)的?(?:按钮|图标|链接|表格|栏)|[红绿蓝黄橙灰]色的?(?:按钮|字体?|部分|标记|星号|框|栏)|标红|红字|飘红"
)
WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")


@cache
def vocabulary() -> tuple[Mapping[str, Any], ...]:
    """Official words with what people say instead; ``swap``: the plain word fits wherever the official one stands. The list is the platform's own."""
    found: list[Mapping[str, Any]] = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))["words"]
    return tuple(found)


@cache
def _officialese() -> re.Pattern[str]:
    longest_first = sorted((each["word"] for each in vocabulary()), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)))


@cache
def entry(word: str) -> Mapping[str, Any]:
    """The list's entry for *word*."""
    return next(each for each in vocabulary() if each["word"] == word)


@advice
def texts_are_plain(content: Content) -> Iterator[Finding]:
    """One pass over everything written; each text is told each kind of thing once."""
    for each in written(content):
        yield from plain(each)


def plain(each: Written) -> Iterator[Finding]:
    """What could be plainer in one text."""
    yield from _unfinished(each)
    yield from _signs(each)
    yield from _seen_by_all(each)
    if not each.official:
        yield from _style(each)


def _unfinished(each: Written) -> Iterator[Finding]:
    if found := _PLACEHOLDER.search(each.text):
        yield said(each.at, "placeholder", text=found[0])


def _signs(each: Written) -> Iterator[Finding]:
    if found := WIDE.search(each.text):
        yield said(each.at, "wide_letters", text=found[0])
    if _HAN.search(each.text) and typeset(each.text) != each.text:
        yield said(each.at, "narrow_signs")
    if found := _CAPITALS.search(each.text):
        yield said(each.at, "capitals", text=found[0])


def _seen_by_all(each: Written) -> Iterator[Finding]:
    if found := _BY_PLACE.search(each.text):
        yield said(each.at, "by_place", text=found[0])
    if found := _BARE_LINK.search(each.text):
        yield said(each.at, "link_bare", text=found[0][:60])
    if found := _EMPTY_LINK.search(each.text):
        yield said(each.at, "link_empty", text=found[0])


def _style(each: Written) -> Iterator[Finding]:
    longest = max((part.strip() for part in _END.split(each.text)), key=len)
    if len(longest) > SENTENCE and _HAN.search(longest) and each.key != "title":
        yield said(each.at, "sentence_long", count=len(longest), most=SENTENCE, start=longest[:12])
    for word in dict.fromkeys(_officialese().findall(each.text)):
        known = entry(word)
        yield said(each.at, "officialese" if known.get("say") else "officialese_unclear", word=word, say=known.get("say", ""), why=known.get("why", ""))
