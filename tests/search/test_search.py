"""Search finds what people type: official titles, everyday words, pinyin, initials, typing errors – and only what the hall may show."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.db.base import Base
from core.db.database import Database
from core.search import queries, service
from core.search.models import FTS_TABLE, Entry
from core.search.tokens import text_tokens

TABLES = [Base.metadata.tables["search_entry"]]
ITEMS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "food": ("食品(含保健食品)经营许可新办", ("开饭馆", "开餐馆", "开小吃店"), "开门卖食品、做餐饮之前办这件事。"),
    "hygiene": ("公共场所卫生许可", ("开理发店", "开宾馆"), "宾馆、理发店和游泳馆。附近的饭馆不用办。"),
    "disability": ("残疾人证办理", ("残疾证",), "残联核发。"),
    "residence": ("居住证申领", ("办居住证",), "来自外地的居民。户口不变。"),
    "hukou": ("户口迁移", (), "把户口迁到新的地方。"),
    "wto": ("WTO补贴通报3D打印", (), "English text about a Trade subsidy."),
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/hall.db" if request.param == "sqlite" else request.getfixturevalue("pg_url"))
    Base.metadata.drop_all(database.engine, tables=TABLES)
    Base.metadata.create_all(database.engine, tables=TABLES)
    with database.session() as session:
        for code, (title, words, body) in ITEMS.items():
            service.put(session, "item", code, title=title, words=words, body=body, scope="")
    yield database
    Base.metadata.drop_all(database.engine, tables=TABLES)
    database.close()


def find(database: Database, query: str, **more: Any) -> list[str]:
    with database.session() as session:
        return [hit.id for hit in queries.find(session, query, kinds=("item",), **more)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("开饭馆", "food"),
        ("食品经营许可", "food"),
        ("我想开一家饭馆", "food"),
        ("spjyxk", "food"),
        ("shipinjingying", "food"),
        ("SHIPIN", "food"),
        ("sipinjinyin", "food"),
        ("kaifanguan", "food"),
        ("kfg", "food"),
        ("jyxk", "food"),
        ("残疾", "disability"),
        ("cjrz", "disability"),
        ("户口", "hukou"),
        ("迁", "hukou"),
        ("领", "residence"),
        ("wto", "wto"),
        ("WTO 补贴", "wto"),
        ("subsi", "wto"),
        ("ＷＴＯ", "wto"),
        ("理发店 卫生", "hygiene"),
    ],
)
def test_what_people_type_finds_what_they_mean(database: Database, query: str, first: str) -> None:
    assert find(database, query)[:1] == [first]


def test_title_comes_before_everyday_words_before_text(database: Database) -> None:
    with database.session() as session:
        service.put(session, "item", "a-body", title="别的事", body="说到宠物登记的一段")
        service.put(session, "item", "b-words", title="养犬许可", words=("宠物登记",))
        service.put(session, "item", "c-title", title="城市宠物登记证")
    assert find(database, "宠物") == ["c-title", "b-words", "a-body"]


def test_a_short_word_in_the_text_is_found_behind_those_in_titles(database: Database) -> None:
    assert find(database, "户口") == ["hukou", "residence"]


def test_nothing_is_found_for_nothing(database: Database) -> None:
    assert [find(database, query) for query in ("", "   ", "!?", "量子纠缠", "xqzzv")] == [[]] * 5


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_no_query_breaks_the_search(database: Database, query: str) -> None:
    for text_ in (query, f'"{query}" OR title:*', f"'{query}' & !x:*", f"NEAR({query})"):
        with database.session() as session:
            for hit in queries.find(session, text_, kinds=("item",)):
                assert "".join(piece for piece, _ in hit.parts) == hit.title


@dataclass(frozen=True)
class Scope:
    division_path: str


def test_a_hall_sees_only_its_own_and_what_is_for_everybody(database: Database) -> None:
    with database.session() as session:
        service.put(session, "item", "gaoling", title="宠物登记高陵", scope="/61/6101/610117/")
        service.put(session, "item", "both", title="宠物登记两地", scope=("/61/6101/610113/", "/61/6101/610117/"))
        service.put(session, "item", "all", title="宠物登记全国")
    assert set(find(database, "宠物", scope=Scope("/61/6101/610117/"))) == {"gaoling", "both", "all"}
    assert set(find(database, "宠物", scope="/61/6101/610113/")) == {"both", "all"}
    assert set(find(database, "宠物", scope="/61/")) == {"gaoling", "both", "all"}
    assert set(find(database, "宠物", scope="/62/")) == {"all"}
    assert find(database, "宠物", scope="/61_6101/") == ["all"]
    assert find(database, "宠物", scope=()) == []
    assert set(find(database, "宠物")) == {"gaoling", "both", "all"}


def test_putting_again_replaces_and_removing_forgets(database: Database) -> None:
    with database.session() as session:
        service.put(session, "item", "hukou", title="改了名字")
        service.remove(session, "item", "food")
        service.remove(session, "item", "never was")
        assert "food" not in service.known(session, "item")
    assert "hukou" not in find(database, "户口迁移")
    assert find(database, "改了") == ["hukou"]
    assert find(database, "开饭馆") != ["food"]


def test_an_index_entry_is_part_of_its_transaction(database: Database) -> None:
    with pytest.raises(RuntimeError), database.session() as session:
        service.put(session, "item", "ghost", title="幽灵事项")
        raise RuntimeError
    assert find(database, "幽灵") == []


def test_hits_say_which_parts_to_mark(database: Database) -> None:
    with database.session() as session:
        by_word = queries.find(session, "卫生许可", kinds=("item",))[0]
        by_sound = queries.find(session, "cjr", kinds=("item",))[0]
        by_pinyin = queries.find(session, "juzhuz", kinds=("item",))[0]
        in_body = queries.find(session, "游泳", kinds=("item",))[0]
    assert by_word.parts == (("公共场所", False), ("卫生许可", True))
    assert by_sound.parts == (("残疾人", True), ("证办理", False))
    assert by_pinyin.parts == (("居住证", True), ("申领", False))
    assert ("游泳", True) in in_body.snippet


def test_markup_in_a_title_stays_text(database: Database) -> None:
    with database.session() as session:
        service.put(session, "item", "evil", title="<script>坏人</script>", body="<img onerror=x>")
        hit = queries.find(session, "坏人", kinds=("item",))[0]
    assert hit.parts == (("<script>", False), ("坏人", True), ("</script>", False))


def test_other_kinds_are_not_shown(database: Database) -> None:
    with database.session() as session:
        service.put(session, "guide", "food", title="食品指南")
        assert {hit.kind for hit in queries.find(session, "食品", kinds=("guide",))} == {"guide"}
        assert queries.find(session, "食品", kinds=()) == []


def test_the_index_is_used_for_a_search_over_many_documents(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/big.db")
    Base.metadata.create_all(database.engine, tables=TABLES)
    with database.session() as session:
        service.put(session, "item", "x", title="户口")
        sql = f"SELECT 1 FROM {FTS_TABLE} f JOIN {Entry.__tablename__} e ON e.num = f.rowid WHERE {FTS_TABLE} MATCH '户口'"
        plan = " ".join(str(row) for row in session.execute(text("EXPLAIN QUERY PLAN " + sql)))
    database.close()
    assert "VIRTUAL TABLE INDEX" in plan
    assert "SEARCH e USING INTEGER PRIMARY KEY" in plan


def test_tokens_are_bigrams_and_words() -> None:
    assert text_tokens("开饭馆 ABC-12") == ("开饭", "饭馆", "馆", "abc", "12")
