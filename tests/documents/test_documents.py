"""Documents of legal acts: numbers without gaps, words that lack nothing, texts an item may reword, a paper that holds in court."""

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.db.database import Database
from core.documents import queries
from core.documents.errors import UnknownDocument, WordsMissing
from core.documents.models import Document
from core.documents.numbers import next_number
from core.documents.render import Paper, render
from core.documents.service import Subject, draw_up, make_paper, words
from core.documents.spec import FLAGS, KINDS, LISTS, PLACEHOLDERS, Line
from core.documents.texts import check, fill, shipped, template
from core.files import service as files
from core.files.errors import BlobGone
from core.identity import queries as people
from core.kernel.ids import new_id
from core.keys.service import keyring
from core.printing.errors import FontLacks
from tests.fixtures_hall import make_database, organised

VALUES: dict[str, Any] = {
    **{name: f"〈{title[:6]}〉" for name, title in PLACEHOLDERS.items()},
    **{name: (f"第一项{title[:4]}", f"第二项{title[:4]}") for name, title in LISTS.items()},
    **dict.fromkeys(FLAGS, ""),
}
ITEM = {"code": "x", "title": "食品(含保健食品)经营许可新办", "short_title": "食品经营许可", "type": "01"}
PAPER = Paper(
    "准予行政许可决定书", "示市监准〔2026〕1号", "示范市市场监督管理局", date(2026, 11, 22), "990100X202611220001", (Line("王小芳:", "to"), Line("决定准予。")),
    "行政机关印章", "https://hall.example/verify/7K4M92QX7K4M92QX", "7K4M92QX7K4M92QX",
)  # fmt: skip


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Database]:
    database, _people = organised(tmp_path)
    yield database
    database.close()


def subject(session: Any, **more: Any) -> Subject:
    return replace(Subject(new_id(), "990100X202611220001", new_id(), keyring(session).new_data_key(), "王小芳", False), **more)


def office(session: Any) -> Any:
    return next(each for each in people.departments(session) if each.code == "market_regulation")


def shown(pdf: bytes, tmp_path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    (tmp_path / "x.pdf").write_bytes(pdf)
    return subprocess.run(["pdftotext", "-layout", str(tmp_path / "x.pdf"), "-"], capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_every_shipped_text_names_known_values_and_all_that_the_law_wants(kind: str) -> None:
    made = shipped(kind)
    own = {kind: {"title": made.title, "blocks": [{"id": b.id, "text": b.text, "each": b.each, "given": b.given} for b in made.blocks]}}
    lacking = {f.params.get("name") for f in check(own)}
    assert lacking <= {"accepted_on"} or not lacking, lacking
    title, lines = fill(made, VALUES)
    assert title and lines and not any("{{" in line.words for line in lines)


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_that_lacks_what_the_law_wants_is_not_drawn_up(kind: str) -> None:
    for name in shipped(kind).must:
        with pytest.raises(WordsMissing) as refused:
            fill(shipped(kind), {**VALUES, name: ()})
        assert name in refused.value.params["names"]


def test_each_kind_has_a_number_of_its_own() -> None:
    assert len({shipped(kind).mark for kind in KINDS}) == len(KINDS)


def test_an_item_may_reword_a_document_but_leave_out_nothing_and_invent_nothing() -> None:
    def wrong(own: dict[str, Any]) -> list[tuple[str, str]]:
        return [(f.path, f.key) for f in check({"decision_refuse": own})]

    good = [{"id": "a", "text": "{{reasons}}", "each": "reasons"}, {"id": "b", "text": "{{ reconsideration }};{{litigation}}"}]
    assert wrong({"blocks": good}) == []
    assert wrong({"blocks": [*good, {"id": "c", "text": "因{{secret}}"}]}) == [("/documents/decision_refuse/blocks/2/text", "documents.unknown_name")]
    assert wrong({"blocks": [*good, {"id": "c", "text": "因{{reasons}}"}]}) == [("/documents/decision_refuse/blocks/2/text", "documents.unknown_name")]
    assert wrong({"blocks": [*good, {"id": "c", "text": "{{a}"}]}) == [("/documents/decision_refuse/blocks/2/text", "documents.stray_brace")]
    assert wrong({"blocks": [*good, {"id": "c", "text": "x", "each": "nobody", "given": "no"}]}) == [
        ("/documents/decision_refuse/blocks/2/each", "documents.no_list"),
        ("/documents/decision_refuse/blocks/2/given", "documents.unknown_name"),
    ]
    assert wrong({"blocks": good[1:]}) == [("/documents/decision_refuse/blocks", "documents.must_name")]
    assert wrong({"title": "{{x}}"}) == [("/documents/decision_refuse/title", "documents.unknown_name")]
    assert [f.key for f in check({"love_letter": {}})] == ["documents.unknown_kind"]
    assert all(f.words("zh") and f.words("en") for f in check({"decision_refuse": {"title": "{{x}} }"}, "y": {}}))


def test_the_gate_names_the_spot_of_an_unknown_placeholder() -> None:
    from core.items.lint.rules import lint
    from tests.fixtures_hall import item_document

    doc = item_document("market_regulation/food-operation-new.json")
    doc["documents"] = {"acceptance": {"blocks": [{"id": "a", "text": "{{accepted_on}}受理,{{phone_of_leader}}"}]}}
    found = [f for f in lint(doc) if f.path.startswith("/documents")]
    assert [(f.path, f.level) for f in found] == [("/documents/acceptance/blocks/0/text", "error")]
    assert "phone_of_leader" in found[0].words("zh") and "第 19 个字" in found[0].words("zh")


def test_the_words_of_an_item_stand_in_place_of_the_shipped_ones() -> None:
    own = {"title": "受理回执", "blocks": [{"id": "a", "text": "{{applicant}},{{accepted_on}}已受理。"}]}
    title, lines = fill(template("acceptance", own), {"applicant": "王小芳", "accepted_on": "2026年11月22日"})
    assert (title, [line.words for line in lines]) == ("受理回执", ["王小芳,2026年11月22日已受理。"])


@given(st.text(max_size=80))
def test_what_a_person_writes_never_names_a_value(text: str) -> None:
    _, lines = fill(shipped("termination"), {**VALUES, "reasons": (f"{text}{{{{applicant}}}}",)})
    assert any(line.words == f"1.{text}{{{{applicant}}}}" for line in lines)


def test_a_number_of_an_act_rolled_back_is_given_to_the_next(hall: Database) -> None:
    with hall.session() as session:
        assert next_number(session, "宁市监受", 2026) == "宁市监受〔2026〕1号"
    with pytest.raises(RuntimeError), hall.session() as session:
        assert next_number(session, "宁市监受", 2026) == "宁市监受〔2026〕2号"
        raise RuntimeError
    with hall.session() as session:
        assert next_number(session, "宁市监受", 2026) == "宁市监受〔2026〕2号"
        assert next_number(session, "宁市监不受", 2026) == "宁市监不受〔2026〕1号"
        assert next_number(session, "宁市监受", 2027) == "宁市监受〔2027〕1号"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_many_at_once_get_every_number_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    database = make_database(tmp_path, None if kind == "sqlite" else request.getfixturevalue("pg_tables"))
    taken: list[str] = []

    def take(turn: int) -> None:
        for n in range(5):
            try:
                with database.session() as session:
                    number = next_number(session, "示市监准", 2026)
                    if (turn + n) % 3 == 0:
                        raise RuntimeError
                taken.append(number)
            except RuntimeError:
                continue

    threads = [threading.Thread(target=take, args=(turn,)) for turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    assert sorted(taken) == sorted(f"示市监准〔2026〕{n}号" for n in range(1, len(taken) + 1)) and len(taken) == 20


def test_a_document_is_sealed_until_its_paper_is_made_and_gone_with_the_key(hall: Database) -> None:
    with hall.session() as session:
        whose = subject(session)
        ref = draw_up(session, kind="decision_refuse", subject=whose, item=ITEM, values={**VALUES, "applicant": "王小芳"}, department=office(session))
        assert ref.number.startswith("示市监不准〔") and ref.number.endswith("〕1号")
        row = session.get_one(Document, ref.id)
        assert "第一项".encode() not in row.sealed and row.applicant == "王*芳" and not queries.decisions_ready(session, whose.case_id)
        title, _seal, lines = words(row, whose.key)
        assert title == ref.title and any("第一项" in line.words for line in lines)
        assert make_paper(session, ref.id, whose.key) and not make_paper(session, ref.id, whose.key)
        assert queries.decisions_ready(session, whose.case_id)
        view = queries.one(session, whose.case_id, ref.id)
        assert files.open(session, str(view.pdf_blob_id), holder=("case", whose.case_id)).startswith(b"%PDF")
        files.drop_all(session, ("case", whose.case_id))
        with pytest.raises(BlobGone):
            files.open(session, str(view.pdf_blob_id), holder=("case", whose.case_id))
        erased = draw_up(session, kind="decision_grant", subject=whose, item=ITEM, values=VALUES, department=office(session))
        assert not make_paper(session, erased.id, None)


def test_mark_seal_and_code_of_the_item_are_those_of_its_paper(hall: Database, tmp_path: Path) -> None:
    own = {"mark": "拒", "seal": "本局印章", "seal_place": "left", "code_place": "right"}
    with hall.session() as session:
        whose = subject(session)
        item = {**ITEM, "documents": {"decision_refuse": own}}
        ref = draw_up(session, kind="decision_refuse", subject=whose, item=item, values=VALUES, department=office(session))
        plain = draw_up(session, kind="decision_refuse", subject=whose, item=ITEM, values=VALUES, department=office(session))
        assert ref.number.startswith("示市监拒〔")
        places = []
        for each in (ref, plain):
            make_paper(session, each.id, whose.key)
            blob = queries.one(session, whose.case_id, each.id).pdf_blob_id
            (tmp_path / "x.pdf").write_bytes(files.open(session, str(blob), holder=("case", whose.case_id)))
            if shutil.which("pdftotext") is None:
                pytest.skip("pdftotext is not installed")
            boxes = subprocess.run(["pdftotext", "-bbox", str(tmp_path / "x.pdf"), "-"], capture_output=True, check=True).stdout.decode()
            found = {words: float(x) for x, words in re.findall(r'xMin="([-\d.]+)".*?>(.*?)</word>', boxes)}
            places.append(
                (next(x for words, x in found.items() if words.endswith("印章")), next(x for words, x in found.items() if words.startswith("扫码核验")))
            )
        (seal, code), (plain_seal, plain_code) = places
        assert seal < 200 < plain_seal
        assert plain_code < 200 < code


def test_everybody_may_verify_and_learns_nothing_of_what_it_says(hall: Database) -> None:
    with hall.session() as session:
        ref = draw_up(session, kind="decision_refuse", subject=subject(session), item=ITEM, values=VALUES, department=office(session))
        code = session.get_one(Document, ref.id).verify_code
        found = queries.verify(session, f" {code[:4].lower()}-{code[4:]} ")
        assert (found.number, found.item, found.applicant) == (ref.number, "食品经营许可", "王*芳")
        assert "第一项" not in repr(found)
        for wrong in ("", "x" * 500, "\x00", code[:-1]):
            with pytest.raises(UnknownDocument):
                queries.verify(session, wrong)
        with pytest.raises(UnknownDocument):
            queries.one(session, new_id(), ref.id)


def test_the_paper_says_who_to_whom_when_and_how_to_verify_it(tmp_path: Path) -> None:
    text = shown(render(PAPER), tmp_path)
    for words_ in (
        "示范市市场监督管理局",
        "准予行政许可决定书",
        "示市监准〔2026〕1号",
        "990100X202611220001",
        "2026年11月22日",
        "7K4M 92QX 7K4M 92QX",
        "行政机关印章",
    ):
        assert words_ in text
    assert render(PAPER) == render(PAPER)


def test_a_long_document_carries_its_code_on_every_page_and_its_seal_on_the_last(tmp_path: Path) -> None:
    text = shown(render(replace(PAPER, lines=[Line(f"第{n}条理由," + "很长" * 60, "item") for n in range(60)])), tmp_path)
    pages = text.split("\f")[:-1]
    assert len(pages) > 2 and all("7K4M 92QX" in page for page in pages)
    assert ["行政机关印章" in page for page in pages] == [False] * (len(pages) - 1) + [True]
    assert "第59条" in pages[-1]  # seal and date never stand on a page of their own


def test_hostile_words_are_printed_as_text(tmp_path: Path) -> None:
    lines = [Line('<b>&</b> <img src="file:///etc/passwd"/> </para>', "item")]
    assert '<img src="file:///etc/passwd"/>' in shown(render(replace(PAPER, lines=lines)), tmp_path)
    with pytest.raises(FontLacks, match=r"U\+2A6A5"):
        render(replace(PAPER, lines=[Line("王\U0002a6a5")]))
