"""The administrators' handbook (docs/admin) shows every page of the studio in both languages, and every link in it leads somewhere."""

import re
from pathlib import Path

import pytest
from flask import Flask

from core.items.studio import parts
from core.web.studio.wiring import register
from tests.studio.pages import HANDBOOK, LANGUAGES, NO_PAGES, PAGES, PICTURES, StudioPage, picture

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / HANDBOOK
ENDS = {"zh": ".zh-CN.md", "en": ".md"}
#: No picture is heavier, bytes.
HEAVIEST = 120_000
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def pictures(page: StudioPage, language: str) -> list[str]:
    return [picture(page, language), *([picture(page, language, narrow=True)] if page.narrow else [])]


def test_every_page_of_the_studio_is_registered() -> None:
    """A page that nobody registered is one that the handbook does not show."""
    app = Flask("studio")
    register(app, None)  # type: ignore[arg-type]
    there = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.rule.startswith("/office/studio/")}
    known = {page.endpoint for page in PAGES}
    assert there - known - NO_PAGES == set(), "give it a line in tests/studio/pages.py, a picture (make screenshots) and a word in docs/admin"
    assert known <= there
    assert len({page.name for page in PAGES}) == len(PAGES)


@pytest.mark.parametrize("kind", ["item", "notice", "theme"])
def test_every_part_of_what_is_edited_is_registered(kind: str) -> None:
    known = [page.address for page in PAGES]
    wanted = {part.key for part in parts.shown(kind)}
    assert wanted
    assert {key for key in wanted if not any(f"?part={key}" in each or f"/{key}/" in each for each in known)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_pictured_in_its_chapter(language: str) -> None:
    for page in PAGES:
        chapter = (BOOK / f"{page.chapter}{ENDS[language]}").read_text(encoding="utf-8")
        for name in pictures(page, language):
            assert (ROOT / PICTURES / name).is_file(), f"{name}: make screenshots"
            assert f"](pictures/{name})" in chapter, f"{page.chapter}{ENDS[language]} does not show {name}"


def test_pictures_are_light_and_all_of_them_are_shown() -> None:
    wanted = {name for page in PAGES for language in LANGUAGES for name in pictures(page, language)}
    held = {path.name: path.stat().st_size for path in (ROOT / PICTURES).iterdir()}
    assert set(held) == wanted
    assert not {name for name, size in held.items() if size > HEAVIEST}


def test_both_languages_have_the_same_chapters_and_the_contents_lead_to_all() -> None:
    chapters = {path.name.removesuffix(ENDS["zh"]) for path in BOOK.glob(f"*{ENDS['zh']}")}
    assert chapters == {path.name.removesuffix(".md") for path in BOOK.glob("*.md") if not path.name.endswith(ENDS["zh"])}
    for end in ENDS.values():
        contents = (BOOK / f"README{end}").read_text(encoding="utf-8")
        assert {each for each in chapters if f"]({each}{end})" in contents} == chapters - {"README"}


def test_every_link_of_the_handbook_leads_somewhere_and_every_picture_says_what_it_shows() -> None:
    for path in BOOK.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        gone = [link for link in _LINK.findall(text) if "://" not in link and not (path.parent / link).exists()]
        assert not gone, f"{path.name}: {gone}"
        assert "![](" not in text, path.name
