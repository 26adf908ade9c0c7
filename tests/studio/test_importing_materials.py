"""Lists of materials from files: what rows become, what is refused, and that nothing is written before somebody says so."""

import io
import json
import tracemalloc
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import select, update

from core.items import tasks as tasks  # registers what the worker does
from core.items.studio import drafts
from core.items.studio.errors import ImportEnded, ImportNotFound
from core.items.studio.importing import materials, reading, staging
from core.items.studio.importing.columns import MATERIALS, guess, names
from core.items.studio.models import StudioImport, StudioImportRow
from core.kernel.clock import now
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from core.outbox import schedule
from core.outbox.models import Job
from tests.studio.conftest import FOOD

KNOWN = names(MATERIALS)
HEAD = [
    "序号",
    "材料名称",
    "材料类型",
    "材料形式",
    "纸质材料份数",
    "来源渠道",
    "来源渠道说明",
    "材料必要性",
    "填报须知",
    "受理标准",
    "要求提供材料的依据",
    "备注",
]


def csv_of(*rows, encoding="utf-8-sig"):
    return io.BytesIO("\r\n".join(",".join(row) for row in rows).encode(encoding))


def read_csv(content, *rows, head=HEAD, licences=None):
    sheet = reading.read(csv_of(head, *rows), "材料.csv", KNOWN)
    return materials.read(sheet, guess(sheet.columns, MATERIALS), content, licences or {})


def row(title, **more):
    cells = {"材料名称": title, **more}
    return [cells.get(name, "") for name in HEAD]


@pytest.fixture
def content(food):
    return {"item": food, "form": {}, "blocks": {}}


def test_columns_are_known_by_their_national_names_below_a_heading():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["XX 县市场监督管理局申请材料目录"])
    sheet.append([])
    sheet.append(["序号", "材料名称*", "材料 必要性", "原件份数", "自己的一列"])
    sheet.append([1, "平面图", "必要", 2.0, "x"])
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    found = reading.read(file, "清单.XLSX", KNOWN)
    assert found.columns == ("序号", "材料名称*", "材料 必要性", "原件份数", "自己的一列")
    assert found.rows == ((4, ("1", "平面图", "必要", "2", "x")),)
    assert guess(found.columns, MATERIALS) == {"title": "材料名称*", "need": "材料 必要性", "original": "原件份数"}


def test_a_row_becomes_a_material_with_everything_that_it_says(content):
    told = row("场所平面图", 材料类型="原件和复印件", 纸质材料份数="2份", 来源渠道="政府部门核发", 来源渠道说明="规划部门", 材料必要性="容缺后补",
               填报须知="标清厨房", 受理标准="与现场一致", 要求提供材料的依据="《办法》第十二条", 备注="无")  # fmt: skip
    (read,) = read_csv(content, told)
    assert read.verdict == "new"
    assert read.material == {
        "id": "m-1", "title": "场所平面图", "need": "deferrable", "when": None, "source": {"from": "applicant", "issuer": "规划部门"},
        "original": 2, "copies": 2, "accept": ["pdf", "jpg", "png"], "standard": "与现场一致", "help": "标清厨房\n规划部门",
        "basis": {"status": "known", "text": "《办法》第十二条"},
    }  # fmt: skip


def test_a_material_that_is_there_is_found_by_its_title_and_keeps_what_the_row_does_not_say(content, food):
    (read,) = read_csv(content, row("《营业执照》", 备注="副本"))
    before = next(each for each in food["materials"] if each["id"] == "business_licence")
    assert read.verdict == "changed"
    assert read.material == {**before, "title": "《营业执照》", "help": "副本"}
    assert read.changes("zh")
    (same,) = read_csv(content, row("营业执照"))
    assert same.verdict == "same"
    (by_id,) = read_csv(content, ["营业执照副本", "business_licence"], head=["材料名称", "材料编号"])
    assert by_id.before == before


def test_a_list_does_not_ask_again_for_what_the_hall_fetches_or_needs_in_some_cases_only(content, food):
    before = next(each for each in food["materials"] if each["id"] == "business_licence")
    (read,) = read_csv(
        content, row("营业执照", 材料必要性="非必要", 来源渠道="政府部门核发", 来源渠道说明="市场监督管理局", 材料类型="复印件", 纸质材料份数="1")
    )
    assert read.material == {**before, "help": "市场监督管理局"}
    (asked,) = read_csv(content, row("营业执照", 来源渠道="申请人自备", 材料必要性="必要", 材料类型="复印件", 纸质材料份数="1"))
    assert asked.material["source"] == {"from": "applicant"}
    assert (asked.material["need"], asked.material["when"], asked.material["copies"]) == ("required", None, 1)


def test_every_mistake_of_a_row_is_told_with_its_column_and_how_to_mend_it(content):
    wrong, _first, twice = read_csv(
        content,
        row("", 纸质材料份数="很多", 材料必要性="也许", 来源渠道="天上", 材料类型="?", 要求提供材料的依据="长" * 501),
        row("平面图"),
        row("平面图"),
    )
    assert [each.column for each in wrong.wrong] == ["材料名称", "材料必要性", "来源渠道", "纸质材料份数", "材料类型", "要求提供材料的依据"]
    assert "必要" in wrong.wrong[1].words("zh")
    assert all(each.words(locale) != f"items.import_{each.key}" for each in (*wrong.wrong, *twice.wrong) for locale in ("zh", "en"))
    assert wrong.material is None
    assert [each.words("zh") for each in twice.wrong] == ["和第 3 行是同一项，删掉一行。"]
    (library,) = read_csv(content, row("户口簿", 来源渠道="证照库"))
    assert "户口簿" in library.wrong[0].words("zh")
    (known,) = read_csv(content, row("户口簿", 来源渠道="证照库"), licences={"户口簿": "household-book"})
    assert known.material["source"] == {"from": "library", "licence": "household-book"}


def test_a_formula_is_a_text_and_ids_are_checked(content):
    head = ["材料名称", "材料编号", "备注"]
    formula, bad, taken = read_csv(content, ['"=HYPERLINK(""http://x"")"', "", "'@cmd"], ["甲", "Ä B", ""], ["乙", "layout2", ""], head=head)
    assert formula.material["title"] == '=HYPERLINK("http://x")'
    assert formula.material["help"] == "@cmd"
    assert [each.key for each in bad.wrong] == ["bad_id"]
    assert taken.material["id"] == "layout2"
    again = read_csv(content, ["甲", "x1", ""], ["乙", "x1", ""], head=head)
    assert [each.key for each in again[1].wrong] == ["id_taken"]


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0", "items.import_kind"),
        ("a.exe", b"MZ", "items.import_kind"),
        ("a.csv", b"", "items.import_empty"),
        ("a.csv", "材料名称\n".encode(), "items.import_empty"),
        ("a.csv", b"PK\x03\x04rest", "items.import_unlike"),
        ("a.csv", "材料名称\n甲".encode("utf-16"), "items.import_encoding"),
        ("a.csv", "材料名称\n甲".encode() + b"\xff\xfe\xff", "kernel.no_table"),
        ("a.xlsx", b"PK\x03\x04broken", "kernel.no_table"),
        ("a.xlsx", "材料名称".encode(), "kernel.no_table"),
        ("a.csv", b"x" * (reading.MOST_BYTES + 1), "items.import_large"),
        ("a.csv", ("材料名称\n" + "甲\n" * (reading.MOST_ROWS + 1)).encode(), "items.import_rows"),
        ("a.csv", (",".join(f"列{n}" for n in range(101)) + "\n甲").encode(), "items.import_columns"),
        ("a.csv", ("材料名称\n" + "甲" * 40_000).encode(), "items.import_cell"),
        ("a.json", b"{", "items.import_json"),
        ("a.json", b"[" * 100_000, "items.import_json"),
        ("a.json", b"[1, 2]", "items.import_json"),
        ("a.json", json.dumps([{"a": 1}] * 10_001).encode(), "items.import_rows"),
        ("a.json", json.dumps([{f"列{n}": 1} for n in range(101)]).encode(), "items.import_columns"),
        ("a.json", json.dumps([{"a": [[]] * 200_000}]).encode(), "items.import_large"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_words(name, data, key):
    with pytest.raises(BadInput) as refused:
        reading.read(io.BytesIO(data), name, KNOWN)
    assert refused.value.message_key == key
    assert name in refused.value.words("zh")
    assert name in refused.value.words("en")


def test_a_small_file_that_says_much_does_not_fill_memory():
    long = "甲" * reading.LONGEST_CELL
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet()
    for each in (["材料名称", "说明"], *([f"材料{n}", long] for n in range(600))):
        page.append(each)
    file = io.BytesIO()
    book.save(file)
    titles = json.dumps([{f"{n}-{m}": "" for m in range(60)} for n in range(2_000)]).encode()
    for name, content, key in (("a.xlsx", file.getvalue(), "kernel.no_table"), ("a.json", titles, "items.import_columns")):
        tracemalloc.start()
        try:
            with pytest.raises(BadInput) as refused:
                reading.read(io.BytesIO(content), name, KNOWN)
            assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
        finally:
            tracemalloc.stop()
        assert refused.value.message_key == key


def test_many_cells_that_refer_to_one_long_text_are_refused_as_too_large():
    rows = ([long] for long in ["甲" * reading.LONGEST_CELL] * 400)
    with pytest.raises(BadInput) as refused:
        reading._table(iter([["材料名称"], *rows]), "a.xlsx", KNOWN)
    assert refused.value.message_key == "items.import_large"


def test_a_csv_of_a_chinese_spreadsheet_is_read(content):
    sheet = reading.read(csv_of(["材料名称"], ["平面图"], encoding="gb18030"), "材料.csv", KNOWN)
    assert sheet.rows == ((2, ("平面图",)),)


def test_json_of_our_own_and_of_the_national_names_is_read(content, food):
    own = reading.read(io.BytesIO(json.dumps({"materials": food["materials"]}, ensure_ascii=False).encode()), "a.json", KNOWN)
    read = materials.read(own, guess(own.columns, MATERIALS), content, {"营业执照": "business-licence"})
    assert {each.verdict for each in read} == {"same"}, [(each.title, [one.words("zh") for one in each.wrong], each.changes("zh")) for each in read]
    other = reading.read(io.BytesIO(json.dumps([{"材料名称": "平面图", "原件份数": 1}]).encode()), "b.json", KNOWN)
    assert materials.read(other, guess(other.columns, MATERIALS), content, {})[0].material["original"] == 1


def test_an_import_is_one_command_that_is_undone_at_once(database, who):
    with database.session() as session:
        actor = who["chief"]
        draft = drafts.begin(session, FOOD, actor=actor)
        before = draft.content["item"]["materials"]
        file = csv_of(HEAD, row("平面图"), row("营业执照", 备注="副本"), row("", 备注="没有名称"))
        staged = staging.keep_sheet(session, file, "材料.csv", "materials", MATERIALS, draft_id=draft.id, department_id=draft.department_id, actor=actor)
        assert drafts.load(session, draft.id, actor=actor).revision == draft.revision
        after = staging.take_materials(session, staged, drop_others=False, command_id=new_id(), actor=actor)
        assert [each["title"] for each in after.content["item"]["materials"]] == [*(each["title"] for each in before), "平面图"]
        assert next(each for each in after.content["item"]["materials"] if each["id"] == "business_licence")["help"] == "副本"
        with pytest.raises(ImportEnded):
            staging.take_materials(session, staged, drop_others=False, command_id=new_id(), actor=actor)
        assert drafts.undo(session, draft.id, command_id=new_id(), actor=actor).content["item"]["materials"] == before


def test_the_file_may_be_the_whole_list(content, food):
    read = read_csv(content, row("平面图"), row("营业执照"))
    from core.items.studio.edits import apply

    after = apply(content, materials.edits(content, read, drop=True)).doc
    assert [each["id"] for each in after["item"]["materials"]] == ["business_licence", "m-1"]
    with pytest.raises(BadInput, match="200"):
        materials.edits(content, read_csv(content, *(row(f"材料{n}") for n in range(201))))


def test_a_draft_whose_list_is_broken_is_said_so_and_left_alone(content):
    content["item"] = {**content["item"], "materials": "gone"}
    with pytest.raises(BadInput) as refused:
        read_csv(content, row("平面图"))
    assert refused.value.message_key == "items.import_no_list"
    content["item"]["materials"] = [{"title": "没有编号"}, {"id": "x", "title": "平面图", "source": 3}]
    (read,) = read_csv(content, row("平面图"))
    assert read.material["source"] == {"from": "applicant"}


def test_a_file_is_seen_by_whoever_handed_it_in_and_by_nobody_else(database, who):
    with database.session() as session:
        draft = drafts.begin(session, FOOD, actor=who["chief"])
        staged = staging.keep_sheet(
            session, csv_of(HEAD, row("平面图")), "材料.csv", "materials", MATERIALS, draft_id=draft.id, department_id=draft.department_id, actor=who["chief"]
        )
        for login in ("admin", "leader", "window"):
            with pytest.raises(ImportNotFound):
                staging.one(session, staged.id, "materials", actor=who[login])
        with pytest.raises(ImportNotFound):
            staging.one(session, staged.id, "materials", actor=who["chief"], draft_id=new_id())
        with pytest.raises(ImportNotFound):
            staging.one(session, staged.id, "bundle", actor=who["chief"])


def test_of_one_person_thirty_files_are_kept(database, who):
    with database.session() as session:
        draft = drafts.begin(session, FOOD, actor=who["chief"])
        for _ in range(staging.MOST + 3):
            staging.keep_file(session, b"x", "a", department_id=draft.department_id, actor=who["chief"])
        assert len(staging.lately(session, "bundle", actor=who["chief"])) == staging.MOST


def test_files_are_forgotten_after_ninety_days_though_nobody_hands_in_another(database, who, monkeypatch):
    with database.session() as session:
        draft = drafts.begin(session, FOOD, actor=who["chief"])
        old, new = (staging.keep_file(session, b"x", "a", department_id=draft.department_id, actor=who["chief"]) for _ in range(2))
        old.started_at, new.started_at = now() - timedelta(days=91), now() - timedelta(days=89)
        session.add(StudioImportRow(import_id=old.id, line=2, title="平面图", verdict="bad", told=[]))
        kept = new.id
        session.execute(update(Job).values(next_at=now() - timedelta(days=1)))
    assert tasks and schedule.run_due(database)
    with database.session() as session:
        assert session.scalars(select(StudioImport.id)).all() == [kept]
        assert session.scalars(select(StudioImportRow.line)).all() == []
        monkeypatch.setattr(staging, "_BATCH", 1)
        session.execute(update(StudioImport).values(started_at=now() - timedelta(days=91)))
        assert [staging.tidy(session), staging.tidy(session)] == [True, False]


def test_ten_thousand_rows_are_read_without_growing_slower(content):
    rows = [row(f"材料 {n}", 材料必要性="必要", 纸质材料份数="1") for n in range(10_000)]
    read = read_csv(content, *rows)
    assert read[-1].material["id"] == "m-10000"
