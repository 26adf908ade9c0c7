"""New rows of an editor get their ids by themselves, and an emptied box says “not known” where that may be said."""

from core.items.studio import editors, parts
from core.items.studio.edits import apply
from core.items.studio.numbering import settled

ROWS = {"type": "array", "items": {"$ref": "#/$defs/row"}}
ROW = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "title": {"type": "string"}, "parts": ROWS},
    "required": ["id"],
}
SCHEMA = {"type": "object", "properties": {"basis": ROWS}, "$defs": {"row": ROW}}


def test_an_empty_id_becomes_the_next_free_one_and_a_written_one_stays():
    made = settled(SCHEMA, {"basis": [{"title": "一"}, {"id": "basis1", "title": "二"}, {"id": "", "title": "三"}]})
    assert [row["id"] for row in made["basis"]] == ["basis2", "basis1", "basis3"]
    assert [row["title"] for row in made["basis"]] == ["一", "二", "三"]


def test_rows_within_rows_are_settled_by_their_own_list():
    made = settled(SCHEMA, {"basis": [{"id": "b", "parts": [{}, {}]}]})
    assert [row["id"] for row in made["basis"][0]["parts"]] == ["parts1", "parts2"]


def test_what_has_another_shape_than_the_schema_says_is_left_alone():
    assert settled(SCHEMA, {"basis": "no list", "other": [{}]}) == {"basis": "no list", "other": [{}]}
    assert settled(SCHEMA, {"basis": ["no row", {"id": "x"}]}) == {"basis": ["no row", {"id": "x"}]}
    assert settled({"type": "array", "items": {"type": "object", "properties": {"id": {}}}}, [{}]) == [{}], "where an id may be missing it may be missing"


def test_a_legal_basis_is_written_without_inventing_a_number():
    content = {"item": {"basis": [{"id": "b1", "title": "《城市供水条例》"}], "conditions": [], "provenance": {"source": "网站"}}, "form": {}}
    editor = editors.editor(content, ("item",), parts.part("basis"))
    given = {**editor.values, "basis": [*editor.values["basis"], {"title": "《城镇排水与污水处理条例》"}], "conditions": [{"text": "有固定住所"}]}
    content = apply(content, editor.changes(given)).doc
    assert [row["id"] for row in content["item"]["basis"]] == ["b1", "basis1"]
    assert content["item"]["conditions"] == [{"id": "conditions1", "text": "有固定住所"}]
    again = editors.editor(content, ("item",), parts.part("basis"))
    assert again.changes({**again.values, "conditions": [{"text": "有固定住所"}]}) == (), "the same page sent once more changes nothing"


def test_an_emptied_number_that_must_be_there_says_that_it_is_not_known():
    content = {"item": {"visits": {"times": 0, "reason": "面谈"}}, "form": {}}
    editor = editors.editor(content, ("item", "visits"))
    made = apply(content, editor.changes({"reason": "面谈"})).doc
    assert made["item"]["visits"] == {"times": None, "reason": "面谈"}
    assert "reason" not in apply(made, editors.editor(made, ("item", "visits")).changes({"times": 1})).doc["item"]["visits"], "what may be left out is left out"


def test_a_group_of_which_nothing_is_left_says_so_too():
    content = {"item": {"title": "信用修复", "visits": {"times": 0}}, "form": {}}
    editor = editors.editor(content, ("item",), parts.Part("", ("title", "visits")))
    assert apply(content, editor.changes({"title": "信用修复"})).doc["item"] == {"title": "信用修复", "visits": {"times": None}}
