"""Finding an item: search, lists, guide, language and look, branch halls, error pages."""

import re
from xml.etree import ElementTree

import pytest

PUBLIC = [
    "/",
    "/search",
    "/departments",
    "/themes",
    "/for/person",
    "/for/company",
    "/help",
    "/accessibility",
    "/privacy",
    "/map",
    "/progress",
    "/verify",
    "/account/login",
    "/account/register",
]


@pytest.mark.parametrize("address", [*PUBLIC, "/items/food-operation-new", "/search?q=zzzz", "/nothing-here"])
def test_every_page_has_one_heading_one_main_landmark_a_skip_link_and_no_double_ids(reader, address) -> None:
    html = reader.get(address).text
    assert len(re.findall(r"<h1[ >]", html)) == 1
    assert len(re.findall(r"<main[ >]", html)) == 1
    assert 'href="#main"' in html
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("address", [*PUBLIC, "/items/food-operation-new"])
def test_no_page_holds_inline_script_or_style(reader, address) -> None:
    html = reader.get(address).text
    assert " style=" not in html
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"\son[a-z]+=", html)


@pytest.mark.parametrize("asked", ["开饭馆", "食品经营许可", "shipin", "spjy"])
def test_everyday_words_pinyin_and_initials_find_the_food_licence(reader, asked) -> None:
    assert 'href="/items/food-operation-new"' in reader.get("/search", query_string={"q": asked}).text


def test_what_was_searched_for_is_marked_and_hostile_words_are_escaped(reader) -> None:
    assert "<mark>" in reader.get("/search", query_string={"q": "食品"}).text
    attacked = reader.get("/search", query_string={"q": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in attacked
    assert "&lt;script&gt;" in attacked


def test_nothing_found_still_leads_somewhere(reader) -> None:
    html = reader.get("/search", query_string={"q": "量子隐形传态"}).text
    assert "没有找到" in html
    assert 'href="/themes"' in html


def test_suggestions_come_as_pieces_of_text_never_as_markup(reader) -> None:
    groups = reader.get("/search/suggest", query_string={"q": "食品"}).get_json()["groups"]
    hit = groups[0]["hits"][0]
    assert hit["href"] == "/items/food-operation-new"
    assert "".join(text for text, _hit in hit["parts"]) == "食品（含保健食品）经营许可新办"
    assert any(marked for _text, marked in hit["parts"])


def test_filters_narrow_by_department(reader) -> None:
    html = reader.get("/search?department=public_security").text
    assert "/items/residence-permit" in html
    assert "/items/food-operation-new" not in html.split('class="stack-l hit"')[1]


@pytest.mark.parametrize(
    "address",
    ["/items/nothing", "/themes/nothing", "/departments/nothing", "/for/nobody", "/look/nothing", "/language/fr", "/h/nowhere/", "/cases/1", "/uploads/1"],
)
def test_what_is_not_there_answers_404_or_asks_to_log_in(reader, address) -> None:
    assert reader.get(address).status_code in (404, 302)


def test_a_guide_shows_what_need_not_be_handed_in_as_a_win_and_says_what_the_source_leaves_open(reader) -> None:
    html = reader.get("/items/food-operation-new").text
    assert "无需提交" in html
    assert "来源没有写" in html
    assert 'href="/items/food-operation-new/apply"' in html


def test_situations_shorten_the_guide_and_travel_on_to_the_application(reader) -> None:
    html = reader.get("/items/food-operation-new").text
    name, option = re.findall(r'<input type="radio" name="([^"]+)" value="([^"]+)"', html)[0]
    chosen = reader.get(f"/items/food-operation-new?{name}={option}").text
    assert f'value="{option}" checked' in chosen
    assert f"/items/food-operation-new/apply?{name}={option}" in chosen


def test_a_hostile_situation_is_ignored(reader) -> None:
    html = reader.get("/items/food-operation-new?kind=<script>&__class__=x").text
    assert "<script>" not in html
    assert "现在显示" not in html


def test_english_pages_hold_no_untranslated_frame(reader) -> None:
    assert reader.get("/language/en?next=/help").status_code == 302
    html = reader.get("/help").text
    assert '<html lang="en"' in html
    body = re.sub(r"<title>.*?</title>|<span>[^<]*</span>|lang=\"zh-CN\"[^<]*<", "", html)
    assert "How to use this hall" in body
    assert not re.findall(r"[\u4e00-\u9fff]{2,}", re.sub(r"“[^”]*”", "", body).replace("中文", "").replace("长辈版", ""))


def test_a_chinese_text_on_an_english_page_is_marked(reader) -> None:
    reader.get("/language/en")
    assert 'lang="zh-CN"' in reader.get("/items/residence-permit").text


def test_the_way_back_never_leads_to_another_site(reader) -> None:
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example", ""):
        location = reader.get("/look/elder", query_string={"next": target}).headers["Location"]
        assert "evil" not in location.split("?")[0].replace("/%5Cevil", "")


def test_the_elder_look_has_its_own_home_and_is_remembered(reader) -> None:
    reader.get("/look/elder")
    html = reader.get("/").text
    assert 'data-theme="elder"' in html
    assert "您要办什么事" in html


def test_a_branch_hall_keeps_its_prefix_its_name_and_its_look(reader) -> None:
    html = reader.get("/h/yunling/").text
    assert "云岭县分厅" in html
    assert 'data-theme="branch"' in html
    assert 'href="/h/yunling/search"' in html


def test_the_stylesheet_is_one_file_kept_for_ever(reader) -> None:
    address = re.search(r'href="(/theme/[^"]+)"', reader.get("/").text)
    assert address is not None
    answer = reader.get(address[1])
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]


def test_an_error_page_is_plain_kind_and_leaks_nothing(reader) -> None:
    answer = reader.get("/cases/01890000-0000-7000-8000-000000000000")
    assert answer.status_code == 302
    missing = reader.get("/nothing")
    assert missing.status_code == 404
    assert "Traceback" not in missing.text
    assert "回首页" in missing.text


def test_every_text_of_the_pages_is_translated() -> None:
    """The catalogue is extracted anew, so that a new text cannot be forgotten."""
    from io import BytesIO

    from babel.messages.extract import extract_from_dir
    from babel.messages.pofile import read_po

    from core.web.theming import CORE_TEMPLATES, WEB

    known = {
        entry.id if isinstance(entry.id, str) else entry.id[0]
        for entry in read_po(BytesIO((WEB.parent / "translations/en/LC_MESSAGES/messages.po").read_bytes()))
        if entry.id and all(entry.string if isinstance(entry.string, tuple) else (entry.string,))
    }
    options = {"**.html": {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trimmed": "true"}}
    missing = set()
    for root, method in (
        (CORE_TEMPLATES / "portal", "jinja2"),
        (CORE_TEMPLATES / "layout", "jinja2"),
        (CORE_TEMPLATES / "errors", "jinja2"),
        (CORE_TEMPLATES / "partials", "jinja2"),
        (WEB / "portal", "python"),
    ):
        pattern = "**.py" if method == "python" else "**.html"
        found = extract_from_dir(root, [(pattern, method)], options, keywords={"_": None, "say": None, "ngettext": (1, 2)})
        missing |= {(message if isinstance(message, str) else message[0]) for _file, _line, message, _comments, _context in found} - known
    assert not missing


def test_the_drawing_of_the_route_for_the_readers_situation_is_taken_along(reader) -> None:
    page = reader.get("/items/food-operation-new?kind=catering").text
    address = re.search(r'href="(/items/food-operation-new/route\.svg[^"]*)"', page)
    assert address is not None
    assert "kind=catering" in address[1]
    answer = reader.get(address[1])
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Content-Disposition"].encode("latin-1").startswith(b"attachment; filename*=UTF-8''")
    assert ElementTree.fromstring(answer.text.encode()).tag == "{http://www.w3.org/2000/svg}svg"
    assert reader.get("/items/nothing/route.svg").status_code == 404


def test_the_printed_guide_begins_with_its_address_as_a_code_and_its_version(reader) -> None:
    page = reader.get("/items/food-operation-new").text
    head = re.search(r'<div class="printhead" aria-hidden="true">(.*?)</div>', page, re.S)
    assert head is not None
    assert "<svg" in head[1]
    assert "http://localhost/items/food-operation-new" in head[1]
    assert "第 1 版" in head[1]
    assert page.index("printhead") < page.index("<h1")
    for kept_off in ("下载流程图", "在线办理", "打印这份指南"):
        assert re.search(rf'class="[^"]*noprint[^"]*"[^>]*>(?:(?!</p>).)*{kept_off}', page, re.S), kept_off
    assert '<figure class="scroll"' in page, "the drawing is in the print"
