"""Edits of a draft: what two people change at once is kept, what clashes is told, and everything can be taken back."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.items.studio import edits
from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit, Clashed, NoSuchSpot
from core.items.studio.spots import MISSING, find, from_pointer, parse, write

DOC = {"item": {"title": "甲", "materials": [{"id": "a", "title": "一"}, {"id": "b", "title": "二"}, {"id": "c", "title": "三"}], "words": ["x", "y"]}}


def made(seed: int) -> dict[str, Any]:
    """Some document: maps, plain lists, and lists whose entries have ids."""
    chance = random.Random(seed)

    def value(depth: int) -> Any:
        kind = chance.randrange(7 if depth else 4)
        if kind < 4:
            return chance.choice([None, True, False, 0, 1, 1.5, "", "一", "二"])
        if kind == 4:
            return {name: value(depth - 1) for name in chance.sample("pqrs/~", chance.randrange(4))}
        if kind == 5:
            return [value(depth - 1) for _ in range(chance.randrange(4))]
        return [{"x": value(depth - 1), "id": name} for name in chance.sample("abcdef", chance.randrange(6))]

    return {name: value(3) for name in ("item", "form")}


SEEDS = st.integers(0, 2**32)


@settings(deadline=None)
@given(SEEDS, SEEDS)
def test_what_was_changed_makes_the_new_of_the_old_and_its_undo_the_old_again(one, other):
    old, new = made(one), made(other)
    changed = edits.between(old, new)
    done = edits.apply(old, changed)
    assert edits.same(done.doc, new)
    assert edits.same(edits.apply(done.doc, done.undo).doc, old)
    assert edits.same(edits.apply(old, edits.read([e.to_json() for e in changed])).doc, new) if changed else True


@settings(deadline=None)
@given(SEEDS)
def test_a_document_is_never_changed_in_place(seed):
    doc = made(seed)
    before = repr(doc)
    edits.apply(doc, edits.between(doc, {"item": {"title": 1}}))
    assert repr(doc) == before


def test_two_people_at_different_spots_both_keep_what_they_wrote():
    mine = edits.between(DOC, {"item": {**DOC["item"], "title": "乙"}})
    other = [{"id": "c", "title": "三"}, {"id": "a", "title": "一改"}, {"id": "n", "title": "新"}]
    theirs = edits.apply(DOC, edits.between(DOC, {"item": {**DOC["item"], "materials": other}})).doc
    both = edits.apply(theirs, mine).doc
    assert both["item"]["title"] == "乙"
    assert both["item"]["materials"] == other


def test_the_same_spot_twice_is_told_with_both_versions_and_nothing_is_written():
    theirs = edits.apply(DOC, [Edit("set", parse("/item/materials/@a/title"), "他们", "一")]).doc
    with pytest.raises(Clashed) as clashed:
        edits.apply(theirs, [Edit("set", parse("/item/title"), "乙", "甲"), Edit("set", parse("/item/materials/@a/title"), "我", "一")])
    (clash,) = clashed.value.clashes
    assert (clash.at, clash.theirs, clash.yours) == ("/item/materials/@a/title", "他们", "我")
    kept = edits.apply(theirs, edits.forced([Edit("set", parse("/item/materials/@a/title"), "我", "一")], theirs)).doc
    assert find(kept, parse("/item/materials/@a/title")) == "我"


def test_plain_texts_of_a_list_are_followed_too():
    mine = edits.between(DOC, {"item": {**DOC["item"], "words": ["x", "z", "y"]}})
    theirs = edits.apply(DOC, edits.between(DOC, {"item": {**DOC["item"], "words": ["w", "x", "y"]}})).doc
    assert edits.apply(theirs, mine).doc["item"]["words"] == ["w", "x", "z", "y"]


def test_who_wrote_the_same_as_somebody_else_clashes_with_nobody():
    changed = [Edit("set", parse("/item/title"), "乙", "甲")]
    done = edits.apply(DOC, changed).doc
    again = edits.apply(done, changed)
    assert again.doc == done
    assert again.undo == ()


def test_an_entry_that_somebody_removed_is_told_as_gone():
    theirs = edits.apply(DOC, [Edit("remove", parse("/item/materials/@a"), was={"id": "a", "title": "一"})]).doc
    for late in (Edit("set", parse("/item/materials/@a/title"), "我", "一"), Edit("move", parse("/item/materials/@a"), before=None)):
        with pytest.raises(Clashed) as clashed:
            edits.apply(theirs, [late])
        assert clashed.value.clashes[0].gone
    assert edits.apply(theirs, [Edit("remove", parse("/item/materials/@a"), was={"id": "a", "title": "一"})]).doc == theirs


def test_an_entry_removed_by_one_after_another_changed_it_clashes():
    theirs = edits.apply(DOC, [Edit("set", parse("/item/materials/@a/title"), "改", "一")]).doc
    with pytest.raises(Clashed):
        edits.apply(theirs, [Edit("remove", parse("/item/materials/@a"), was={"id": "a", "title": "一"})])


def test_a_new_id_is_followed_and_can_be_taken_back():
    done = edits.apply(DOC, [Edit("set", parse("/item/materials/@a/id"), "z", "a")])
    assert find(done.doc, parse("/item/materials/@z/title")) == "一"
    whole = edits.apply(DOC, [Edit("set", parse("/item/materials/@a"), {"id": "z", "title": "一"}, {"id": "a", "title": "一"})])
    assert edits.apply(whole.doc, whole.undo).doc == DOC


def test_true_is_not_one_and_null_is_not_nothing():
    assert not edits.same({"a": [True]}, {"a": [1]})
    assert edits.same(1, 1.0)
    assert edits.between({"item": {"a": None}}, {"item": {}}) == (Edit("remove", ("item", "a"), was=None),)
    assert find({"a": None}, ("a",)) is None
    assert find({}, ("a",)) is MISSING


def test_pointers_become_spots_that_survive_others_edits():
    assert write(from_pointer(DOC, "/item/materials/1/title")) == "/item/materials/@b/title"
    assert write(from_pointer(DOC, "/item/words/1")) == "/item/words/@y"
    assert write(from_pointer({"a": [1, 1]}, "/a/1")) == "/a/1"
    assert write(from_pointer(DOC, "/item/nowhere/4/x")) == "/item/nowhere/4/x"
    assert parse(write(("a/b", "c~d"))) == ("a/b", "c~d")


@pytest.mark.parametrize(
    "given_",
    [[], {}, [1], [{"do": "set", "at": "/a"}], [{"do": "remove", "at": "/a", "value": 1}], [{"do": "set", "at": "", "value": 1}],
     [{"do": "burn", "at": "/a"}], [{"do": "set", "at": 3, "value": 1}], [{"do": "move", "at": "/a", "before": 3}]],
)  # fmt: skip
def test_what_is_no_edit_is_refused(given_):
    with pytest.raises(BadEdit):
        edits.read(given_)


@pytest.mark.parametrize("text", ["a", "/a" * 100])
def test_what_is_no_spot_is_refused(text):
    with pytest.raises(NoSuchSpot):
        parse(text)


def test_an_edit_below_what_is_no_list_and_no_map_is_told():
    for wrong in (Edit("set", parse("/item/title/x"), 1), Edit("insert", parse("/item/title"), 1), Edit("remove", parse("/item/title/x/y"), was=3)):
        with pytest.raises(Clashed):
            edits.apply(DOC, [wrong])
