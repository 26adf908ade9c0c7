"""A catalogue in the columns of the national list becomes drafts: of the right template, in the right department, row by row, stopped and gone on with."""

import io

import pytest
from sqlalchemy import select

from core.identity import queries as people
from core.items.studio import drafts
from core.items.studio.errors import ImportEnded, ImportNotFound
from core.items.studio.found import found
from core.items.studio.importing import catalogue, running, staging
from core.items.studio.importing.catalogue import Office, Reader
from core.items.studio.importing.columns import CATALOGUE, guess, names
from core.items.studio.importing.reading import read
from core.items.studio.models import StudioDraft, StudioImport
from core.kernel.actor import Actor
from core.kernel.errors import BadInput
from core.outbox import relay
from tests.studio.conftest import FOOD

HEAD = ["事项名称", "事项类型", "实施主体", "行使层级", "服务对象", "设定依据", "受理条件", "法定办结时限", "法定办结时限单位", "承诺办结时限",
        "承诺办结时限单位", "到办事现场次数", "办理形式", "是否收费", "结果名称", "办理地点", "咨询方式", "办理流程"]  # fmt: skip
OFFICES = (Office("1", "market_regulation", "市场监督管理局", "甲市", "city"), Office("2", "water", "水务局", "甲市", "city"))


def row(title, kind="行政许可", **more):
    cells = {"事项名称": title, "事项类型": kind, **more}
    return [cells.get(name, "") for name in HEAD]


def file_of(*rows, head=HEAD):
    import csv

    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    return io.BytesIO(text.getvalue().encode("utf-8-sig"))


def read_rows(*rows, offices=OFFICES, usual="1", elsewhere=frozenset({"财政局"}), licences=None):
    sheet = read(file_of(*rows), "清单.csv", names(CATALOGUE))
    reader = Reader(sheet, guess(sheet.columns, CATALOGUE), offices, usual, elsewhere, licences or {}, "清单.csv")
    return reader.read(0, len(rows))


def test_a_row_becomes_a_draft_of_the_template_of_its_type_with_all_that_it_says():
    (made,) = read_rows(
        row("取水许可", 实施主体="甲市水务局", 行使层级="市级", 服务对象="自然人、企业法人",
            设定依据="1.《中华人民共和国水法》第四十八条：直接从江河取用水资源的。\n《取水许可条例》",
            受理条件="（一）有水源论证\n（二）有计量设施", 法定办结时限="45", 法定办结时限单位="工作日", 承诺办结时限="20个工作日", 到办事现场次数="0次",
            办理形式="窗口办理、网上办理",
            是否收费="是", 结果名称="《取水许可证》", 办理地点="大厅二楼", 咨询方式="0571-1234", 办理流程="受理-审查-决定"),
        licences={"取水许可证": "water-permit"},
    )  # fmt: skip
    assert made.wrong == ()
    assert (made.template, made.office.id, made.left) == ("permit", "2", ("办理流程",))
    doc = made.content["item"]
    assert (doc["type"], doc["level"], doc["department"], doc["service_objects"]) == ("01", "city", "water", ["1", "2"])
    assert doc["basis"] == [
        {"id": "b1", "title": "《中华人民共和国水法》第四十八条", "text": "直接从江河取用水资源的。"},
        {"id": "b2", "title": "《取水许可条例》"},
    ]
    assert [each["text"] for each in doc["conditions"]] == ["有水源论证", "有计量设施"]
    assert doc["route"]["limits"] == {"statutory": {"value": 45, "unit": "working_day"}, "promised": {"value": 20, "unit": "working_day"}}
    assert doc["visits"] == {"times": 0, "reason": None}
    assert doc["online"]["apply"] is True
    assert doc["fees"]["charged"] is True
    assert doc["results"] == [{"id": "result", "title": "《取水许可证》", "kind": "licence", "licence_type": "water-permit"}]
    assert doc["places"][0]["title"] == "大厅二楼"
    assert doc["provenance"]["source"] == "导入自 清单.csv 第 2 行"
    assert "materials" in doc["provenance"]["to_fill"]
    assert "route.limits.promised" not in doc["provenance"]["to_fill"]


def test_what_a_row_does_not_say_is_listed_as_to_be_filled_in_and_nothing_is_made_up():
    (made,) = read_rows(row("某备案", "备案"))
    doc = made.content["item"]
    assert (made.template, doc["type"]) == ("record", "10")
    assert doc["fees"]["charged"] is None
    assert doc["visits"]["times"] is None
    assert doc["route"]["limits"]["statutory"]["value"] is None
    asked = {each.params["path"] for each in found(None, made.content) if each.key == "items.studio_to_fill"}
    assert asked == set(doc["provenance"]["to_fill"])
    assert {"route.limits.statutory", "fees.charged", "contacts.consult", "materials"} <= asked
    shapes = [each for each in found(None, made.content) if each.key.startswith("schemas.")]
    assert shapes == [], "every draft has the shape of an item"


def test_what_is_done_at_once_begins_with_the_template_for_that():
    (made,) = read_rows(row("查询", "公共服务", 承诺办结时限="即办"))
    assert made.template == "instant"
    assert made.content["item"]["case_type"] == "instant"
    assert made.content["item"]["route"]["limits"]["promised"] == {"value": 0, "unit": "at_once"}


def test_every_mistake_of_a_row_is_told_with_its_column():
    (wrong, other, mine) = read_rows(
        row(
            "",
            "行政奇怪",
            服务对象="神仙",
            行使层级="宇宙级",
            法定办结时限="很快",
            承诺办结时限="5",
            承诺办结时限单位="天",
            到办事现场次数="99",
            是否收费="看心情",
            实施主体="不存在的局",
        ),
        row("x", 实施主体="财政局", 法定办结时限="5", 法定办结时限单位="工作日", 承诺办结时限="9", 承诺办结时限单位="工作日"),
        row("抽查", "行政检查"),
    )
    assert {each.column for each in wrong.wrong} == {
        "事项名称", "事项类型", "服务对象", "行使层级", "法定办结时限", "承诺办结时限单位", "到办事现场次数", "是否收费", "实施主体",
    }  # fmt: skip
    assert {each.key for each in other.wrong} == {"other_office", "promised_longer"}
    assert [each.key for each in mine.wrong] == ["not_applied_for"]
    for each in (*wrong.wrong, *other.wrong, *mine.wrong):
        for locale in ("zh", "en"):
            assert not each.words(locale).startswith("items.")
            assert "{" not in each.words(locale)


def test_a_department_of_two_divisions_is_the_usual_one_or_said_in_full():
    county = Office("3", "market_regulation", "市场监督管理局", "乙县", "county")
    both = (*OFFICES, county)
    assert read_rows(row("x", 实施主体="市场监督管理局"), offices=both, usual="3")[0].office == county
    assert read_rows(row("x", 实施主体="乙县市场监督管理局"), offices=both)[0].office == county
    assert read_rows(row("x", 实施主体="市场监督管理局"), offices=both, usual="2")[0].office is None


@pytest.fixture
def staged(database, who):
    """A catalogue of a few rows in the chief's department, and the session's database."""

    def make(*rows, login="chief", head=HEAD):
        with database.session() as session:
            actor = who[login]
            posts = people.staff_view(session, actor.id).posts
            office = next((each.department_id for each in posts if each.department_code == "market_regulation"), posts[0].department_id)
            return staging.keep_sheet(session, file_of(*rows, head=head), "清单.csv", "catalogue", CATALOGUE, department_id=office, actor=actor).id

    return make


def begin(database, import_id, actor):
    with database.session() as session:
        running.start(session, staging.one(session, import_id, "catalogue", actor=actor), actor=actor)


def work(database):
    while relay.run_once(database):
        pass


def outcome(database, import_id):
    with database.session() as session:
        row_ = session.get_one(StudioImport, import_id)
        return (
            row_.state,
            running.counts(session, row_),
            [(each.line, each.verdict, each.title, each.draft_id, each.told) for each in running.results(session, row_)],
        )


def test_rows_become_drafts_in_the_background_and_those_that_are_wrong_stop_nobody(database, who, staged):
    import_id = staged(row("夜市摆摊备案", "备案", 办理流程="先来再说"), row(""), row("夜市摆摊备案", "备案"), row("<b>=1+1</b>"), row("食品经营许可"))
    begin(database, import_id, who["chief"])
    assert outcome(database, import_id)[1] == {"made": 0, "known": 0, "bad": 0}, "nothing is made in the request"
    work(database)
    state, counts, lines = outcome(database, import_id)
    assert (state, counts["bad"]) == ("done", 1)
    assert [each[:2] for each in lines[:4]] == [(2, "made"), (3, "bad"), (4, "known"), (5, "made")]
    assert lines[2][3] == lines[0][3], "the draft that the first row made"
    assert [each["column"] for each in lines[0][4]] == ["办理流程"]
    with database.session() as session:
        made = drafts.load(session, lines[0][3], actor=who["chief"])
        assert made.item_code == "ye-shi-bai-tan-bei-an"
        assert made.content["form"]["id"] == made.content["item"]["form"] == "ye_shi_bai_tan_bei_an"
        odd = drafts.load(session, lines[3][3], actor=who["chief"])
        assert odd.content["item"]["title"] == "<b>=1+1</b>"
        assert odd.item_code == "b-1-1-b"
    again = staged(row("夜市摆摊备案", "备案"))
    begin(database, again, who["chief"])
    work(database)
    assert outcome(database, again)[1] == {"made": 0, "known": 1, "bad": 0}


def test_an_item_that_the_department_has_is_not_made_twice(database, who, staged, food):
    import_id = staged(row(food["title"]), [*row("另一个名称"), FOOD], head=[*HEAD, "代码"])
    begin(database, import_id, who["chief"])
    work(database)
    assert [each[1] for each in outcome(database, import_id)[2]] == ["known", "known"]


def test_it_stops_after_the_piece_in_hand_and_goes_on_where_it_was(database, who, staged, monkeypatch):
    monkeypatch.setattr(running, "PIECE", 2)
    import_id = staged(*(row(f"事项{n}") for n in "甲乙丙丁戊"))
    begin(database, import_id, who["chief"])
    relay.run_once(database, limit=1)
    with database.session() as session:
        running.stop(session, staging.one(session, import_id, "catalogue", actor=who["chief"]), actor=who["chief"])
    work(database)
    state, counts, _lines = outcome(database, import_id)
    assert (state, counts["made"]) == ("stopped", 2)
    begin(database, import_id, who["chief"])
    work(database)
    assert outcome(database, import_id)[:2] == ("done", {"made": 5, "known": 0, "bad": 0})
    with pytest.raises(ImportEnded):
        begin(database, import_id, who["chief"])


def test_a_column_that_every_row_needs_must_be_mapped(database, who, staged):
    import_id = staged(["甲", "乙"], head=["一", "二"])
    with pytest.raises(BadInput) as refused:
        begin(database, import_id, who["chief"])
    assert refused.value.message_key == "items.import_unmapped"


def test_nobody_imports_into_a_department_that_is_not_theirs(database, who, staged):
    for login in ("window", "leader", "legal", "yunling-reviewer"):
        import_id = staged(row("偷偷来的"), row("市里的", 实施主体="市场监督管理局"), login=login)
        begin(database, import_id, who[login])
        work(database)
        _state, counts, _lines = outcome(database, import_id)
        with database.session() as session:
            made = session.scalars(select(StudioDraft).where(StudioDraft.opened_by == who[login].id)).all()
            mine = {post.department_id for post in people.staff_view(session, who[login].id).posts if post.role in ("admin", "section_chief")}
            assert all(each.department_id in mine for each in made), login
            if not mine:
                assert counts == {"made": 0, "known": 0, "bad": 2}, login
        with database.session() as session, pytest.raises(ImportNotFound):
            staging.one(session, import_id, "catalogue", actor=who["chief"])
    with database.session() as session, pytest.raises(ImportNotFound):
        staging.one(session, import_id, "catalogue", actor=Actor("citizen", who["chief"].id))


def test_types_of_the_standard_are_known_by_word_and_by_code():
    kinds = {"行政许可": "01", "01": "01", "行政给付": "05", "公共服务": "20", "其他行政权力": "10"}
    for told, code in kinds.items():
        assert read_rows(row("x", told))[0].content["item"]["type"] == code
    assert catalogue.NOT_APPLIED_FOR == ("02", "03", "06")
