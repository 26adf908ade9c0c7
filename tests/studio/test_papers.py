"""The documents of a draft: which ones there can be, what samples say, what the designer's buttons do – and that what is seen is what is printed."""

import re
import shutil
import subprocess
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.documents.render import render
from core.documents.spec import KINDS, offered
from core.documents.texts import check, shipped
from core.items.studio import designing, edits, samples
from core.items.studio.advice.papers import _common as advice_common
from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit, Clashed, NoSuchSpot
from core.items.studio.found import found
from core.items.studio.spots import find
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from core.printing.drawn import Page, remembering, svg
from core.worktime.notice import shipped_calendar
from tests import fixtures_site as site
from tests.office.conftest import Office, errors

FOOD = "food-operation-new"
DAY = date(2026, 11, 23)


@pytest.fixture
def content(food: dict[str, Any]) -> dict[str, Any]:
    return {"item": deepcopy(food), "form": {}, "blocks": {}}


def done(content: dict[str, Any], changes: tuple[Edit, ...]) -> dict[str, Any]:
    made: dict[str, Any] = edits.apply(content, changes).doc
    assert edits.apply(made, edits.apply(content, changes).undo).doc == content, "each change is taken back whole"
    return made


def own(content: dict[str, Any], kind: str = "decision_grant") -> Any:
    return designing.own_of(content, kind)


def said(content: dict[str, Any], kind: str, *, whole: bool = False) -> dict[str, Any]:
    name, office = "王小芳", "示范市市场监督管理局"
    return dict(samples.values(content, kind, name=name, department=office, today=DAY, calendar=shipped_calendar(), whole=whole))


def paper(content: dict[str, Any], kind: str, **more: Any) -> tuple[Any, designing.Sheet]:
    made, values = designing.made_of(content, kind), said(content, kind, **more)
    drawn = designing.paper_of(made, values, department="示范市市场监督管理局", mark="示市监", today=DAY, fonts=())
    return drawn, designing.sheet(made, drawn, values, own=own(content, kind) is not None, locale="zh")


# ---- samples


def test_an_item_leads_to_the_documents_that_its_route_can_draw_up(content: dict[str, Any]) -> None:
    assert samples.kinds_of(content) == tuple(kind for kind in KINDS if kind != "suspension")
    del content["item"]["route"]["intake"]["correction"], content["item"]["route"]["anytime"], content["item"]["route"]["pauses"]
    assert set(KINDS) - set(samples.kinds_of(content)) == {"correction", "pause", "suspension", "extension"}
    content["item"]["route"]["pauses"] = {"p": {"title": "中止", "notice": "suspension"}}
    assert "suspension" in samples.kinds_of(content)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"item": None},
        {"item": {"route": [], "contacts": ["110"], "redress": 1, "documents": {"acceptance": {"blocks": [1, {"id": "a"}], "seal": 3}}}},
        {"item": {"route": {"pauses": 1, "limits": {"promised": {"unit": "moon"}}}}},
    ],
)
def test_a_draft_that_is_wrong_still_has_samples(wrong: dict[str, Any]) -> None:
    for kind in samples.kinds_of(wrong):
        drawn, shown = paper(wrong, kind)
        assert drawn.title
        assert any(each.lines for each in shown.paragraphs)


def test_samples_say_what_the_item_says(content: dict[str, Any]) -> None:
    accepted = said(content, "acceptance")
    assert (accepted["limit"], accepted["due"]) == ("10 个工作日", "2026年12月7日")
    assert said(content, "correction")["due"] == "2026年12月23日", "thirty days, for the applicant"
    assert said(content, "pause")["procedure"] == "现场勘查"
    assert said(content, "extension")["limit"] == "10 个工作日"
    assert said(content, "decision_grant")["results"] == ("食品经营许可证（编号 ×）",)
    assert all("《" in each for each in said(content, "correction")["asked"])
    content["item"]["route"]["limits"]["promised"] = {"value": None, "unit": "working_day"}
    assert said(content, "acceptance")["no_due"] == "1"


@pytest.mark.parametrize("kind", KINDS)
def test_with_everything_filled_every_paragraph_of_every_kind_is_printed(content: dict[str, Any], kind: str) -> None:
    values = said(content, kind, whole=True)
    assert [name for name in offered(kind) if not values.get(name) and name != "permit"] == []
    _, shown = paper(content, kind, whole=True)
    assert all(each.lines for each in shown.paragraphs)
    assert not any("（未载明）" in words for each in shown.paragraphs for line in each.lines for words, _ in line)


# ---- what one sees is what is printed


@pytest.mark.parametrize("kind", KINDS)
def test_the_lines_on_the_sheet_are_the_lines_of_the_pdf(content: dict[str, Any], kind: str, tmp_path: Path) -> None:
    drawn, shown = paper(content, kind)
    drawn = replace(drawn, watermark="")  # which lies across the words when they are read back
    pages: list[Page] = []
    content_of_pdf = render(drawn, remembering(pages))
    assert content_of_pdf == render(drawn), "who watches changes nothing"
    printed = [line.strip() for page in pages for line in page.lines()]
    for line in ("".join(words for words, _ in line).strip() for each in shown.paragraphs for line in each.lines):
        assert line in printed
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    (tmp_path / "x.pdf").write_bytes(content_of_pdf)
    boxes = subprocess.run(["pdftotext", "-bbox", tmp_path / "x.pdf", "-"], capture_output=True, check=True).stdout.decode()
    places = {
        (round(float(x)), round(float(y))): words
        for x, y, words in re.findall(r'xMin="([-\d.]+)" yMin="[-\d.]+" xMax="[-\d.]+" yMax="([-\d.]+)">(.*?)<', boxes)
    }
    for each in (word for page in pages for word in page.words if not word.turned and " " not in word.text):
        near = [words for (x, y), words in places.items() if abs(x - each.x) <= 1.5 and abs(y - each.y) <= 0.4 * each.size]
        assert any(words.startswith(each.text) or each.text.startswith(words) for words in near), each


def test_a_sample_has_no_number_no_code_and_says_so_across_the_page(content: dict[str, Any]) -> None:
    drawn, _ = paper(content, "decision_grant")
    assert (drawn.number, drawn.verify_code, drawn.verify_url, drawn.watermark) == ("示市监准〔2026〕×号", "", "", "样张 SAMPLE")
    pages: list[Page] = []
    render(drawn, remembering(pages))
    assert any(each.turned and "样张 SAMPLE" in each.text for each in pages[0].words)
    assert "样张，没有核验码".replace("，", ",") in "".join(pages[0].lines())


def test_a_picture_of_a_page_has_its_words_as_text_and_nothing_of_them_is_markup(content: dict[str, Any]) -> None:
    content["item"]["documents"] = {"decision_grant": {"blocks": [{"id": "a", "text": '{{accepted_on}}<script>alert(1)</script> & "'}]}}
    drawn, _ = paper(content, "decision_grant")
    pages: list[Page] = []
    render(drawn, remembering(pages))
    picture = svg(pages[0], 'a"<b>')
    assert "&lt;script&gt;" in picture
    assert "<script>" not in picture
    assert 'aria-label="a&quot;&lt;b&gt;"' in picture


def test_seal_and_code_stand_where_the_item_wants_them(content: dict[str, Any]) -> None:
    def places(**how: str) -> tuple[float, float]:
        content["item"]["documents"] = {"decision_grant": how} if how else {}
        pages: list[Page] = []
        render(paper(content, "decision_grant")[0], remembering(pages))
        seal = next(each for each in pages[0].shapes if each.kind == "circle")
        code = next(each for each in pages[0].shapes if each.kind == "rect" and each.dashed)
        return round(seal.place[0]), round(code.place[0])

    assert places() == (448, 80)
    assert places(seal_place="left", code_place="right") == (147, 460)
    assert places(seal_place="centre") == (298, 80)


def test_names_stay_with_their_words_over_the_breaks_of_lines(content: dict[str, Any]) -> None:
    _, shown = paper(content, "acceptance")
    body = next(each for each in shown.paragraphs if each.id == "body")
    assert len(body.lines) > 1
    law = "".join(words for line in body.lines for words, name in line if name == "law")
    assert law == shipped("acceptance").law
    assert "".join(words for line in body.lines for words, name in line if name == "item") == "食品经营许可"


def test_a_word_that_cannot_be_printed_is_told_and_the_sheet_is_shown(content: dict[str, Any]) -> None:
    content["item"]["documents"] = {"decision_grant": {"blocks": [{"id": "a", "text": "{{accepted_on}}王\U0002a6a5"}]}}
    _, shown = paper(content, "decision_grant")
    assert shown.lacks is not None
    assert "U+2A6A5" in str(shown.lacks.params["codes"])
    assert shown.paragraphs[0].lines


# ---- what the buttons do


def test_the_first_change_makes_the_text_the_items_own_and_restoring_leaves_nothing_behind(content: dict[str, Any]) -> None:
    before = deepcopy(content)
    written = done(content, designing.written(content, content, "decision_grant", "public", "本决定公开。"))
    assert [each["id"] for each in own(written)["blocks"]] == [each.id for each in shipped("decision_grant").blocks]
    assert own(written)["blocks"][5]["text"] == "本决定公开。"
    assert set(own(written)) == {"blocks"}
    assert done(written, designing.restored(written, "decision_grant")) == before
    back = designing.written(written, written, "decision_grant", "public", shipped("decision_grant").blocks[5].text)
    assert own(done(written, back))["blocks"][5]["text"] == shipped("decision_grant").blocks[5].text


def test_two_write_at_different_paragraphs_and_clash_at_the_same(content: dict[str, Any]) -> None:
    mine = done(content, designing.written(content, content, "decision_grant", "public", "甲"))
    both = done(mine, designing.written(mine, content, "decision_grant", "body", "{{accepted_on}}乙"))
    assert [own(both)["blocks"][n]["text"] for n in (1, 5)] == ["{{accepted_on}}乙", "甲"]
    with pytest.raises(Clashed) as clash:
        edits.apply(both, designing.written(both, content, "decision_grant", "public", "丙"))
    assert (clash.value.clashes[0].theirs, clash.value.clashes[0].yours) == ("甲", "丙")


def test_paragraphs_come_go_and_move(content: dict[str, Any]) -> None:
    def order(held: dict[str, Any]) -> list[str]:
        return [each["id"] for each in designing.blocks_of(held, "decision_grant")]

    first = order(content)
    changes, name = designing.added(content, "decision_grant", "body", "新的一段")
    content = done(content, changes)
    assert order(content) == [*first[:2], name, *first[2:]]
    content = done(content, designing.moved(content, "decision_grant", name, steps=-1))
    assert order(content)[1] == name
    content = done(content, designing.moved(content, "decision_grant", name, before="consult"))
    assert order(content)[-2:] == [name, "consult"]
    content = done(content, designing.moved(content, "decision_grant", name, steps=designing.FARTHEST))
    assert order(content)[-1] == name
    content = done(content, designing.removed(content, "decision_grant", name))
    assert own(content) is None, "what is the platform's again is not written"
    with pytest.raises(NoSuchSpot):
        designing.removed(content, "decision_grant", "nobody")


def test_what_the_law_wants_said_cannot_be_removed_and_the_article_is_named(content: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        designing.removed(content, "decision_refuse", "redress")
    assert "第三十八条第二款" in refused.value.words("zh")
    assert "行政复议" in refused.value.words("zh")
    lost = done(content, designing.written(content, content, "decision_refuse", "redress", "不服的，可以申请复议。"))
    told = [found.words("zh") for found in check(lost["item"]["documents"]) if found.level == "error"]
    assert len(told) == 2
    assert all("第三十八条第二款" in words for words in told)


def test_what_the_law_wants_said_may_not_hang_on_something_else(content: dict[str, Any]) -> None:
    changes = designing.set_up(content, "decision_refuse", "redress", style="text", given="consult", each="")
    hung = done(content, changes)
    assert [found.key for found in check(hung["item"]["documents"])] == ["documents.must_always"] * 2
    free = done(hung, designing.set_up(hung, "decision_refuse", "redress", style="text", given="", each=""))
    assert own(free, "decision_refuse") is None


def test_conditions_lists_and_styles_are_of_the_closed_lists(content: dict[str, Any]) -> None:
    made = done(content, designing.set_up(content, "decision_grant", "public", style="sign", given="results", each=""))
    block = find(made, ("item", "documents", "decision_grant", "blocks", "@public"))
    assert (block["style"], block["given"]) == ("sign", "results")
    assert designing.said(designing.made_of(made, "decision_grant").blocks[5], "zh") == "有“颁发的证件”时才印"
    for wrong in ({"style": "loud"}, {"given": "secret"}, {"each": "applicant"}, {"given": "approver"}):
        with pytest.raises(BadEdit):
            designing.set_up(content, "decision_grant", "public", **{"style": "text", "given": "", "each": "", **wrong})


def test_title_mark_seal_and_places_are_the_items_own_only_where_they_differ(content: dict[str, Any]) -> None:
    content = done(content, designing.changed(content, "decision_grant", mark="许", seal_place="centre", code_place="left", seal="行政机关印章"))
    assert own(content) == {"mark": "许", "seal_place": "centre"}
    content = done(content, designing.entitled(content, content, "decision_grant", " 准予{{permit}}   决定书(试行) "))
    assert own(content)["title"] == "准予{{permit}} 决定书(试行)"
    content = done(content, designing.entitled(content, content, "decision_grant", ""))
    assert "title" not in own(content)
    content = done(content, designing.changed(content, "acceptance", mark="许"))
    assert {(found.path, found.key) for found in check(content["item"]["documents"])} == {
        ("/documents/decision_grant/mark", "documents.mark_taken"), ("/documents/acceptance/mark", "documents.mark_taken"),
    }  # fmt: skip


def test_what_a_paragraph_names_in_vain_is_told(content: dict[str, Any]) -> None:
    blocks = [
        {"id": "a", "text": "{{accepted_on}},经{{approver}}批准"},
        {"id": "b", "text": "   "},
        {"id": "c", "text": "一样的话", "each": "results"},
    ]
    told = [(found.path.rsplit("blocks/", 1)[1], found.level, found.key) for found in check({"decision_grant": {"blocks": blocks}})]
    assert told == [
        ("0/text", "warning", "documents.not_offered"),
        ("1", "error", "documents.empty_block"),
        ("2/text", "warning", "documents.each_unnamed"),
    ]


def test_what_is_wrong_is_mended_with_a_click(content: dict[str, Any]) -> None:
    blocks = [{"id": "a", "text": "{{ acepted_on }}受理,{{ acepted_on }}"}, {"id": "b", "text": " "}, {"id": "c", "text": "x", "given": "consul"}]
    content["item"]["documents"] = {"acceptance": {"blocks": blocks, "mark": "准"}}
    listed = [each for each in found(None, content) if each.part == "documents" and each.level == "error"]
    for each in sorted(listed, key=lambda one: one.key == "documents.empty_block"):
        for way in each.mends[:1]:
            content = dict(edits.apply(content, way.edits).doc) if find(content, way.edits[0].at) == way.edits[0].was else content
    assert content["item"]["documents"] == {
        "acceptance": {"blocks": [{"id": "a", "text": "{{accepted_on}}受理,{{accepted_on}}"}, {"id": "c", "text": "x", "given": "consult"}]}
    }


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["", "left", "reasons", "{{item}}", "{{", "text", "a\U0002a6a5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "text", "each", "given", "style", "x"]), inner, max_size=5),
    max_leaves=12,
)


@given(own_words=st.dictionaries(st.sampled_from(["title", "seal", "mark", "seal_place", "code_place", "blocks"]), _ANY, max_size=6))
@settings(max_examples=40, deadline=None)
def test_whatever_a_draft_holds_it_has_a_sheet(own_words: dict[str, Any]) -> None:
    content = {"item": {"title": "x", "documents": {"acceptance": own_words}}}
    _, shown = paper(content, "acceptance")
    assert shown.made.title


# ---- the pages


def press(browser: site.Browser, base: str, do: str, **more: str) -> Any:
    return browser.post(f"{base}/documents/", {"do": do, "kind": "decision_grant", "command_id": new_id(), **more})


def write(browser: site.Browser, base: str, block: str, text: str, version: int, **more: str) -> Any:
    sent = {"kind": "decision_grant", "block": block, "text": text, "_version": str(version), "command_id": new_id(), **more}
    return browser.post(f"{base}/documents/write", sent, headers={"Accept": "application/json"})


def plain(page: str) -> str:
    """What one reads on the sheet."""
    found = re.search(r"<article.*?</article>", page, re.S)
    assert found is not None
    return re.sub(r"<textarea.*?</textarea>|<[^>]+>", "", found[0])


def words_of(pdf: bytes, tmp_path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    (tmp_path / "x.pdf").write_bytes(pdf)
    text = subprocess.run(["pdftotext", "-raw", tmp_path / "x.pdf", "-"], capture_output=True, check=True).stdout.decode()
    return re.sub(r"\s", "", text)


def test_a_document_is_written_on_its_sheet_and_both_kinds_of_sample_say_it(chief: site.Browser, base: str, tmp_path: Path) -> None:
    before = chief.get(f"{base}/documents/").text
    assert "现在用的是平台的文字" in before
    assert "准予行政许可决定书" in plain(before)
    assert write(chief, base, "public", "本决定自今日起公开。", 0).json["version"] == 1
    assert write(chief, base, "body", "{{applicant}}{{accepted_on}}获准。", 0).json["version"] == 2, "the page does not know of the copy, and need not"
    assert write(chief, base, "", "开店许可决定书", 0).json["version"] == 3
    after = chief.get(f"{base}/documents/?kind=decision_grant").text
    assert "这个事项用自己的文字" in after
    assert "本决定自今日起公开。" in plain(after)
    assert "开店许可决定书" in plain(after)
    picture = chief.get(f"{base}/preview/documents?kind=decision_grant").text
    assert re.search(r"<text [^>]*>本决定自今日起公开。</text>", picture)
    answer = chief.get(f"{base}/documents/decision_grant.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "SAMPLE" in re.sub(r"\s", "", words_of(answer.data, tmp_path)) or "样张" in words_of(answer.data, tmp_path)
    assert press(chief, base, "restore").status_code == 303
    assert "现在用的是平台的文字" in chief.get(f"{base}/documents/").text


def test_samples_are_kept_nowhere_and_number_nothing(office: Office, chief: site.Browser, base: str) -> None:
    from core.documents.models import Document, DocumentCounter
    from core.licences.models import Licence, LicenceCounter

    tables = (Document, DocumentCounter, Licence, LicenceCounter)
    with office.here.database.session() as session:
        before = [session.query(table).count() for table in tables]
    for address in ("decision_grant.pdf", "acceptance.pdf?all=1", "licences/licence.pdf"):
        assert chief.get(f"{base}/documents/{address}").data.startswith(b"%PDF")
    with office.here.database.session() as session:
        assert [session.query(table).count() for table in tables] == before


def test_the_licence_that_a_result_gives_has_a_sample_of_the_tests_answers(chief: site.Browser, base: str) -> None:
    page = chief.get(f"{base}/preview/documents?licence=licence").text
    assert "食品经营许可证" in page
    assert "高陵区老王面馆" in page
    assert "餐饮服务" in page
    assert chief.get(f"{base}/documents/licences/nobody.pdf").status_code == 404
    assert chief.get(f"{base}/documents/love_letter.pdf").status_code == 404
    assert chief.get(f"{base}/documents/?kind=love_letter").status_code == 404


def test_two_at_the_same_paragraph_are_told_and_nothing_is_lost(office: Office, chief: site.Browser, base: str) -> None:
    other = office.staff("admin")
    assert write(other, base, "public", "别人写的。", 0).status_code == 200
    clash = write(chief, base, "public", "我写的。", 0)
    assert clash.status_code == 409
    assert [(each["theirs"], each["yours"]) for each in clash.json["clashes"]] == [("别人写的。", "我写的。")]
    assert write(chief, base, "public", "我写的。", 0, _mine="1").status_code == 200
    assert "我写的。" in plain(other.get(f"{base}/documents/").text)


def test_buttons_work_without_javascript_and_are_undone(chief: site.Browser, base: str) -> None:
    made = press(chief, base, "add", text="新的一段话。", block="body", after="body")
    assert made.status_code == 303
    page = chief.get(made.headers["Location"]).text
    assert "新的一段话。" in plain(page)
    name = re.search(r"block=(p\d+)", made.headers["Location"])
    assert name is not None
    assert 'aria-label="第 3 段" class="rest">新的一段话。</textarea>' in page, "without JavaScript it is written in a box in its place"
    assert press(chief, base, "set", block=name[1], style="text", given="results", each="").status_code == 303
    assert "有“颁发的证件”时才印" in chief.get(f"{base}/documents/?block={name[1]}").text
    assert press(chief, base, "settings", mark="许", seal="本局印章", seal_place="left", code_place="right").status_code == 303
    page = chief.get(f"{base}/documents/").text
    assert "示市监许〔" in plain(page) or "许〔" in plain(page)
    assert "seal-left code-right" in page
    assert press(chief, base, "move", block=name[1], before="to").status_code == 303
    assert re.findall(r'id="p-(\w+)"', chief.get(f"{base}/documents/").text)[1] == name[1]
    assert press(chief, base, "remove", block=name[1]).status_code == 303
    assert chief.post(f"{base}/undo", {"landing": "documents", "command_id": new_id()}).status_code == 303
    assert "新的一段话。" in plain(chief.get(f"{base}/documents/").text)
    for wrong in ({"do": "burn"}, {"do": "remove", "block": "nobody"}, {"do": "set", "block": "body", "style": "loud"}, {"do": "remove", "block": "body"}):
        answer = press(chief, base, **wrong)
        assert answer.status_code == 422, wrong
        assert errors(answer)


def test_a_form_of_an_older_page_overwrites_nothing(office: Office, chief: site.Browser, base: str) -> None:
    other = office.staff("admin")
    seen = {"seal": "行政机关印章", "was_seal": "行政机关印章", "mark": "准", "was_mark": "准", "_version": "0"}
    assert press(other, base, "settings", **{**seen, "mark": "许"}).status_code == 303
    assert press(chief, base, "settings", **{**seen, "seal": "本局印章"}).status_code == 303
    page = chief.get(f"{base}/documents/").text
    assert "许〔" in plain(page), "what the page only showed is not written"
    assert "本局印章" in plain(page)
    clash = press(chief, base, "settings", **{**seen, "mark": "发", "_version": "1"})
    assert clash.status_code == 303, "made on the mark as it was"
    clash = press(other, base, "settings", **{**seen, "mark": "给", "was_mark": "许", "_version": "1"})
    assert clash.status_code == 409
    assert "发〔" in plain(chief.get(f"{base}/documents/").text)


def test_findings_lead_to_the_paragraph(chief: site.Browser, base: str) -> None:
    assert write(chief, base, "body", "你的申请{{accepted_onn}}", 0).status_code == 200
    found = chief.get(f"{base}/findings/").text
    assert "documents/?kind=decision_grant&amp;block=body#p-body" in found
    assert "法律要求写明" not in found
    assert "第三十八条第一款" in found
    assert write(chief, base, "body", "{{accepted_on}}王\U0002a6a5", 1).status_code == 200
    assert "U+2A6A5" in chief.get(f"{base}/findings/").text
    assert "U+2A6A5" in chief.get(f"{base}/documents/").text
    assert chief.get(f"{base}/documents/decision_grant.pdf").status_code >= 400
    assert "U+2A6A5" in chief.get(f"{base}/preview/documents?kind=decision_grant").text


def test_english_administrators_read_english(chief: site.Browser, base: str) -> None:
    chief.get("/language/en")
    try:
        page = chief.get(f"{base}/documents/?kind=acceptance&block=due").text
        assert "Printed only when there is “last day of the limit”" in page
        assert "the applicant" in page
    finally:
        chief.get("/language/zh")


def test_the_font_of_paper_is_there_for_screens(chief: site.Browser) -> None:
    answer = chief.get("/paper.ttf")
    assert answer.data[:4] == b"\x00\x01\x00\x00"
    assert "max-age" in answer.headers["Cache-Control"]


def test_the_embedded_font_has_every_character_that_is_taken_for_common() -> None:
    from core.printing.hall import FONT
    from core.printing.typeface import load

    _, glyphs = load(FONT)
    common = [chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x10000)) if not 0xD800 <= code < 0xE000 and advice_common(chr(code))]
    assert len(common) > 7000
    assert [each for each in common if ord(each) not in glyphs] == []
