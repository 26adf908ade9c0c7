"""Themes: tokens become one stylesheet, contrast is held, blocks are a contract, templates run in a sandbox."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jinja2.exceptions import SecurityError
from markupsafe import escape

from core.kernel.errors import BadInput
from core.web.page import number_parts
from core.web.theming import CORE_TEMPLATES, Themes, contrast, default_root


def make(
    root: Path, name: str = "village", *, parent: str | None = "standard", tokens: dict[str, Any] | None = None, pages: dict[str, str] | None = None
) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    doc = {"name": name, "title": {"zh": "村", "en": "Village"}, "parent": parent, "tokens": tokens or {}}
    (folder / "theme.json").write_text(json.dumps(doc), encoding="utf-8")
    for page, text in (pages or {}).items():
        path = folder / "templates" / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_the_shipped_themes_load_and_each_has_its_own_stylesheet_address() -> None:
    themes = Themes.load()
    names = {theme.name for theme in themes}
    assert {"standard", "elder", "branch"} <= names
    assert len({theme.css_file for theme in themes}) == len(names)


def test_a_child_theme_overrides_its_parents_tokens_and_keeps_the_rest() -> None:
    themes = Themes.load()
    elder, standard = themes.get("elder"), themes.get("standard")
    assert elder.tokens["base"] == "22px"
    assert elder.tokens["seal"] == standard.tokens["seal"]
    assert b"--base:22px" in elder.css


def test_phone_tokens_apply_only_below_the_phone_width(tmp_path: Path) -> None:
    themes = Themes.load(default_root(), make(tmp_path, tokens={"t7-phone": "1.1rem"}))
    css = themes.get("village").css.decode()
    assert "@media (max-width:39.99rem){:root{" in css
    assert "--t7:1.1rem" in css.split("@media (max-width:39.99rem){", 1)[1].split("}", 1)[0]
    assert "--t7:1.1rem" not in css.split("@media", 1)[0]


def test_an_old_address_of_an_installed_theme_still_answers_and_an_unknown_theme_does_not() -> None:
    themes = Themes.load()
    assert themes.stylesheet("standard.000000000000.css") == themes.get("standard").css
    assert themes.stylesheet("nobody.000000000000.css") is None
    assert themes.stylesheet("../standard.css") is None


def test_a_removed_theme_falls_back_to_standard() -> None:
    assert Themes.load().get("gone").name == "standard"


@pytest.mark.parametrize("value", ["red;} body{display:none", "url(http://evil.example/x)", "#fff}</style><script>", "/* */", "x" * 400])
def test_a_token_cannot_smuggle_in_rules(tmp_path: Path, value: str) -> None:
    with pytest.raises(BadInput) as caught:
        Themes.load(default_root(), make(tmp_path, tokens={"accent": value}))
    assert caught.value.message_key == "theming.token"
    assert "accent" in caught.value.words("zh")


def test_a_theme_that_cannot_be_read_is_refused_and_every_miss_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        Themes.load(default_root(), make(tmp_path, tokens={"accent": "#9ab", "ink2": "#999"}))
    assert caught.value.message_key == "theming.contrast"
    assert "accent/paper" in caught.value.params["misses"]
    assert "ink2/paper" in caught.value.params["misses"]


def test_contrast_follows_wcag() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_circle_of_parents_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "one", parent="two")
    make(tmp_path, "two", parent="one")
    with pytest.raises(BadInput) as caught:
        Themes.load(default_root(), tmp_path)
    assert caught.value.message_key == "theming.parent"


def test_broken_json_names_the_theme(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "village" / "theme.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        Themes.load(default_root(), tmp_path)
    assert caught.value.params["theme"] == "village"


def test_a_theme_may_fill_a_named_block_of_a_page(tmp_path: Path) -> None:
    pages = {"errors/error.html": '{% extends "parent/errors/error.html" %}{% block ways %}<p>村</p>{% endblock %}'}
    assert "village" in Themes.load(default_root(), make(tmp_path, pages=pages))


def test_a_block_that_the_page_does_not_have_is_refused(tmp_path: Path) -> None:
    pages = {"errors/error.html": '{% extends "parent/errors/error.html" %}{% block banner %}x{% endblock %}'}
    with pytest.raises(BadInput) as caught:
        Themes.load(default_root(), make(tmp_path, pages=pages))
    assert caught.value.message_key == "theming.blocks"
    assert caught.value.params["blocks"] == "banner"


@pytest.mark.parametrize("page", ["portal/own.html", "portal/home.html"])
def test_a_theme_may_not_replace_or_add_whole_pages(tmp_path: Path, page: str) -> None:
    with pytest.raises(BadInput) as caught:
        Themes.load(default_root(), make(tmp_path, pages={page: "<h1>mine</h1>"}))
    assert caught.value.message_key == "theming.extends"


def test_templates_of_a_theme_run_in_a_sandbox(tmp_path: Path) -> None:
    attack = '{% extends "parent/errors/error.html" %}{% block title %}{{ "".__class__.__mro__[1].__subclasses__() }}{% endblock %}'
    themes = Themes.load(default_root(), make(tmp_path, pages={"errors/error.html": attack}))
    with pytest.raises(SecurityError):
        themes.environment("village", "zh", {"filter_set": str}).get_template("errors/error.html").render(wide_locale="zh-CN", theme=themes.get("village"))


def test_no_core_template_holds_inline_script_or_style() -> None:
    for path in CORE_TEMPLATES.rglob("*.html"):
        if path.parts[len(CORE_TEMPLATES.parts)] in ("appbuilder", "office") or path.name == "receipt_offline.html":  # a file to keep: it brings all it needs
            continue
        text = path.read_text(encoding="utf-8")
        assert " style=" not in text, path
        assert " onclick=" not in text, path
        assert "<style" not in text, path
        assert "<script>" not in text, path


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("990100FOOD-OPERATION-NEW202611220004", ["990100", "FOOD-OPERATION-NEW", "20261122", "0004"]),
        ("610117003000SENIOR-CARD2026112212345", ["610117003000", "SENIOR-CARD", "20261122", "12345"]),
        ("X1", ["X1"]),
        ("", [""]),
        ('<b>"1', ["&lt;b&gt;&#34;1"]),
    ],
)
def test_a_number_is_shown_in_parts_and_copied_whole(number: str, parts: list[str]) -> None:
    shown = str(number_parts(number))
    assert re.findall(r"<span>(.*?)</span>", shown) == parts
    assert re.sub(r"<[^>]+>", "", shown) == str(escape(number))
