"""Every page of the studio (:mod:`tests.studio.pages`) with a real draft in it – sound, troubled, clashing, tested, played, imported –: axe-core finds nothing,
nothing sticks out, and its picture is in the handbook.

The pictures are written into ``docs/admin/pictures`` by ``make screenshots``; a run without that takes them too and throws them away.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from core.items.studio import drafts, parts
from core.items.studio.edits import Edit
from core.items.studio.spots import find, parse
from core.kernel.ids import new_id
from tests.browser.conftest import ROOT, axe, overflow, started
from tests.browser.test_studio_keyboard import settled
from tests.demo_hall import DemoHall
from tests.studio.pages import PAGES, PICTURES, StudioPage, author, picture

pytestmark = pytest.mark.soak
#: A picture is read on the web and in a checkout: no heavier than this, bytes.
HEAVIEST = 120_000
#: Qualities of JPEG that are tried, the best first.
_QUALITIES = (56, 46, 36)
_WIDTHS = ((1280, 900), (360, 740))
#: What an entry is called in its list or map: those of one kind look alike.
_KEYS = re.compile(r"(/(?:properties|rule_sheets|documents|pauses|nodes|branches|actions)/|/(?=@|\d+(?:/|$)))[^/]+")
#: On a phone the parts of the item stand above what the picture is about.
_LOOK_AT = """width => {
  const editor = width < 600 ? document.querySelector(".three.studio:not(.routing) > section") : null;
  window.scrollTo(0, editor ? editor.getBoundingClientRect().top + scrollY - 12 : 0);
}"""


def enter(page: Page, hall: DemoHall, look: str) -> None:
    """Choose the language or the look in which everything is seen."""
    addresses = {"zh": "/lang/zh", "en": "/lang/en", "elder": "/look/elder?next=/office/studio/"}
    page.goto(hall.url(addresses[look]))


def visit(page: Page, hall: DemoHall, each: StudioPage, studio: Mapping[str, str], in_the_hall: Callable[..., object]) -> list[str]:
    """Be on the page with what is to be seen there; what the answer was, where it was none."""
    answer = page.goto(hall.url(each.address.format_map(studio)))
    started(page)
    if each.act == "clash":
        in_the_hall(lambda session: _written_by_another(session, studio["clash"].rsplit("/", 1)[1]))
        page.locator("form[data-studio] [name=summary]").fill("在本市开店卖食品、做餐饮，先办这件事。")
        expect(page.locator("[data-clashes]")).to_be_visible()
    settled(page)
    page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0); }")
    return [] if answer is not None and answer.status == 200 else [f"{each.name}: {answer and answer.status}"]


def _written_by_another(session: Session, draft_id: str) -> None:
    who, spot = author(session, "admin"), parse("/item/summary")
    held = drafts.load(session, draft_id, actor=author(session))
    drafts.edit(session, draft_id, [Edit("set", spot, f"别人先写的摘要（{new_id()[-4:]}）。", find(held.content, spot))], command_id=new_id(), actor=who)


@pytest.mark.parametrize("look", ["zh", "en", "elder"])
def test_axe_finds_nothing_on_any_page_of_the_studio(
    look: str, person: Callable[..., Page], hall: DemoHall, studio: Mapping[str, str], in_the_hall: Callable[..., object]
) -> None:
    tabs: dict[str, Page] = {}
    found: list[str] = []
    for each in PAGES:
        if each.login not in tabs:
            tabs[each.login] = person(each.login)
            enter(tabs[each.login], hall, look)
        page = tabs[each.login]
        for theme in ("standard", "elder", "branch") if each.endpoint == "studio_preview.show" and look == "zh" else ("",):
            shown = StudioPage(each.name, each.endpoint, f"{each.address}?theme={theme}" if theme else each.address, "", act=each.act)
            found += visit(page, hall, shown, studio, in_the_hall)
            for width, height in _WIDTHS:
                page.set_viewport_size({"width": width, "height": height})
                found += [f"{each.name} {theme} at {width}: {wrong}" for wrong in (*overflow(page), *axe(page))]
    assert not found, "\n".join(found)


def test_axe_finds_nothing_in_the_editor_of_any_kind_of_entry(person: Callable[..., Page], hall: DemoHall, studio: Mapping[str, str]) -> None:
    page, base = person("chief"), hall.url(studio["draft"])
    waiting = [f"{base}/?part={each.key}" for each in parts.PARTS if each.key != "route"]
    met: set[str] = set()
    found: list[str] = []
    while waiting:
        address = waiting.pop(0)
        answer = page.goto(address)
        started(page)
        found += [] if answer is not None and answer.status == 200 else [f"{address}: {answer and answer.status}"]
        for width, height in _WIDTHS:
            page.set_viewport_size({"width": width, "height": height})
            found += [f"{address} at {width}: {wrong}" for wrong in (*overflow(page), *axe(page))]
        for link in page.locator("main a[href*='at=']").evaluate_all("all => all.map(each => each.href)"):
            spot = parse_qs(urlsplit(link).query).get("at", [""])[0]
            kind = _KEYS.sub(r"\1*", spot)
            if urlsplit(link).path == urlsplit(f"{base}/").path and spot and kind not in met:
                met.add(kind)
                waiting.append(link)
    assert len(met) >= 10
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_handbook_is_pictured(
    language: str, person: Callable[..., Page], hall: DemoHall, studio: Mapping[str, str], in_the_hall: Callable[..., object], tmp_path: Path
) -> None:
    folder = ROOT / PICTURES if os.environ.get("WANGTING_SCREENSHOTS") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    tabs: dict[str, Page] = {}
    for each in PAGES:
        if each.login not in tabs:
            tabs[each.login] = person(each.login)
            enter(tabs[each.login], hall, language)
        page = tabs[each.login]
        wrong = visit(page, hall, each, studio, in_the_hall)
        assert not wrong, wrong
        if page.locator("iframe[data-preview]").count():
            page.frame_locator("iframe[data-preview]").locator("body").wait_for()
        for width, height in _WIDTHS if each.narrow else _WIDTHS[:1]:
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(_LOOK_AT, width)
            (folder / picture(each, language, narrow=width == min(_WIDTHS)[0])).write_bytes(_taken(page))
        page.set_viewport_size(dict(zip(("width", "height"), _WIDTHS[0], strict=True)))  # type: ignore[arg-type]


def _taken(page: Page) -> bytes:
    """The page as it is seen, as good as the weight allows."""
    for quality in _QUALITIES:
        made = page.screenshot(type="jpeg", quality=quality)
        if len(made) <= HEAVIEST:
            return made
    raise AssertionError(f"{page.url}: {len(made)} bytes")
