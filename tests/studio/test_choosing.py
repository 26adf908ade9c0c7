"""The options of a choice, a line each."""

import pytest

from core.items.studio import choosing
from core.items.studio.edits import apply
from core.items.studio.errors import BadEdit

OPTIONS = [{"const": "a", "title": "自有"}, {"const": "b", "title": "租赁", "ui": {"help": "一年以上"}}, {"const": "c", "title": "其他"}]


def form(**fields):
    return {"form": {"properties": fields}}


CHOICE = form(premises={"type": "string", "oneOf": OPTIONS})
CHOICES = form(premises={"type": "array", "items": {"type": "string", "oneOf": OPTIONS}})


@pytest.mark.parametrize(("content", "way"), [(CHOICE, ("oneOf",)), (CHOICES, ("items", "oneOf"))])
def test_an_answer_stays_what_it_was_when_options_move_are_renamed_and_come(content, way):
    assert choosing.titles(content["form"]["properties"]["premises"]) == ("自有", "租赁", "其他")
    made = apply(content, choosing.relist(content, "premises", ["租赁", "自己的房子", "借用", "", "  其他 "])).doc
    found = made["form"]["properties"]["premises"]
    for token in way:
        found = found[token]
    assert [(each["const"], each["title"]) for each in found] == [("b", "租赁"), ("option_1", "自己的房子"), ("option_2", "借用"), ("c", "其他")]
    assert found[0]["ui"] == {"help": "一年以上"}, "what else an option has goes with it"


def test_an_option_written_anew_in_its_place_is_the_same_option():
    made = apply(CHOICE, choosing.relist(CHOICE, "premises", ["自己的", "租赁", "其他"])).doc
    assert made["form"]["properties"]["premises"]["oneOf"][0] == {"const": "a", "title": "自己的"}
    assert choosing.relist(CHOICE, "premises", ["自有", "租赁", "其他"]) == ()


@pytest.mark.parametrize("lines", [[], [" "], ["一样", "一样"], [str(n) for n in range(choosing.MOST + 1)]])
def test_lines_that_make_no_list_are_refused(lines):
    with pytest.raises(BadEdit):
        choosing.relist(CHOICE, "premises", lines)


def test_a_field_of_another_shape_has_no_such_lines():
    shapes = form(name={"type": "string"}, odd={"oneOf": [{"type": "string"}]}, empty={"oneOf": []})
    assert [choosing.titles(each) for each in shapes["form"]["properties"].values()] == [(), (), ()]
    for name in (*shapes["form"]["properties"], "nowhere"):
        with pytest.raises(BadEdit):
            choosing.relist(shapes, name, ["一"])
