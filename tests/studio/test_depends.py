"""What hangs on a field, a paper, a question, a step – and that renaming it leaves nothing behind."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.items.library import library
from core.items.studio import depends, edits, expressions
from core.items.studio.errors import BadEdit, NoSuchSpot
from core.items.studio.found import found
from core.items.studio.spots import find, parse, write
from core.kernel.wording import catalogue

SHELF = library()


@pytest.fixture
def content(food):
    item = copy.deepcopy(food)
    return {"item": item, "form": copy.deepcopy(dict(SHELF.forms[item["form"]])), "blocks": {}}


def texts(value):
    """Every text of a document, keys and values."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def hanging(content, spot):
    return {write(at) for at, _words in depends.dependents(content, parse(spot))}


def test_everything_that_reads_a_field_is_named(content):
    content["item"]["searchable"] = ["online"]
    content["form"]["ui"].setdefault("checks", []).append(
        {"id": "c", "at": "online", "rule": {"!": {"and": [{"var": "form.online"}, {"var": "form.central_kitchen"}]}}, "message": "不能都选"}
    )
    told = hanging(content, "/form/properties/online")
    assert {
        "/item/materials/@site_screenshot/when", "/form/properties/has_shop/ui/visible_when", "/form/properties/has_shop/ui/required_when",
        "/item/searchable/@online", "/form/ui/checks/@c/rule", "/form/ui/checks/@c/at",
    } <= told  # fmt: skip
    assert any(spot.startswith("/form/ui/pages/") for spot in told)
    assert any(spot.startswith("/item/translations/en/form.online") for spot in told)
    assert any("/given/form/online" in spot for spot in told)
    words = {write(at): said for at, said in depends.dependents(content, parse("/form/properties/online"), "zh")}
    assert words["/item/materials/@site_screenshot/when"] == "材料 · 网站截图 · 什么时候要：要不要交看它"


def test_papers_questions_and_steps_are_named_too(content):
    assert any(spot.endswith("/given/materials/@application") or "/expect/materials/" in spot for spot in hanging(content, "/item/materials/@application"))
    assert any("/given/situation/" in spot or "/translations/" in spot for spot in hanging(content, "/item/situations/@agent"))
    told = hanging(content, "/item/route/review/nodes/joint")
    assert "/item/route/review/start" in told
    assert "/item/route/review/nodes/decide/actions/grant/when" in told
    assert "/item/route/review/nodes/decide/actions/return/back" in told
    assert depends.dependents(content, parse("/item/title")) == ()


@pytest.mark.parametrize(
    ("spot", "new"),
    [
        ("/form/properties/online", "web_shop"),
        ("/form/properties/business_kind", "trade"),
        ("/form/properties/equipment", "machines"),
        ("/form/properties/equipment/items/properties/name", "called"),
        ("/item/materials/@application", "request-form"),
        ("/item/materials/@business_licence", "company_licence"),
        ("/item/situations/@kind", "trade"),
        ("/item/situations/@agent", "who_comes"),
        ("/item/route/review/nodes/joint", "together"),
        ("/item/route/review/nodes/decide", "decision"),
        ("/item/route/review/nodes/joint/branches/market/nodes/review", "look"),
    ],
)
def test_what_is_renamed_is_renamed_everywhere(content, spot, new):
    parts = spot.split("/")
    container = "form.equipment" if "items" in parts else None
    content["item"]["materials"][2] |= {
        "need": "conditional",
        "when": {"and": [{"some": [{"var": "form.equipment"}, {"!": {"missing": ["row.name"]}}]}, {"==": [{"var": "situation.kind"}, "canteen"]}]},
    }
    before = found(None, content)
    assert [each.words() for each in before if each.level == "error" and not each.key.startswith("items.test_")] == []
    changes = depends.rename(content, parse(spot), new)
    done = edits.apply(content, changes)
    after = found(None, done.doc)
    told = [(each.key, each.spot) for each in after]
    assert [each.words() for each in after if each.level == "error"] == [each.words() for each in before if each.level == "error"]
    assert len(told) == len(before)
    old = parse(spot)[-1].removeprefix("@")
    assert depends.dependents(done.doc, (*parse(spot)[:-1], f"@{new}" if "@" in spot else new))
    assert len(depends.dependents(done.doc, (*parse(spot)[:-1], f"@{new}" if "@" in spot else new))) == len(depends.dependents(content, parse(spot)))
    if container is None and old not in ("agent", "review", "name"):
        assert not any(each == f"form.{old}" or each.startswith((f"form.{old}.", f"situation.{old}", f"{old}.outcome")) for each in texts(done.doc)), old
    assert edits.apply(done.doc, done.undo).doc == content


def test_the_order_of_fields_and_steps_stays(content):
    done = edits.apply(content, depends.rename(content, parse("/form/properties/equipment/items/properties/name"), "called")).doc
    was = list(find(content, parse("/form/properties/equipment/items/properties")))
    assert list(find(done, parse("/form/properties/equipment/items/properties"))) == ["called" if name == "name" else name for name in was]
    assert done["form"]["properties"]["equipment"]["items"]["required"] == ["called", "quantity"]
    assert done["form"]["properties"]["equipment"]["items"]["ui"]["order"][0] == "called"


def test_a_name_that_is_taken_or_none_is_refused(content):
    for wrong in ("area", "", "9lives", "Größe", "a b", "x" * 65):
        with pytest.raises(BadEdit) as refused:
            depends.rename(content, parse("/form/properties/online"), wrong)
        assert "{" not in refused.value.words()
    with pytest.raises(BadEdit):
        depends.rename(content, parse("/item/materials/@layout"), "rules")
    for nowhere in ("/item/title", "/form/properties/nothing", "/item/materials/@nothing"):
        with pytest.raises(NoSuchSpot):
            depends.rename(content, parse(nowhere), "anything")


def test_a_draft_that_is_wrong_in_every_way_still_tells_what_hangs_together():
    for item in (None, [], {"route": 5, "materials": [None, 3], "situations": {"a": 1}}, {"route": {"review": {"nodes": {"a": None, "b": {"branches": []}}}}}):
        for form in (None, [], {"properties": {"a": None, "b": {"ui": 3, "items": []}}, "ui": {"pages": [None]}}):
            broken = {"item": item, "form": form}
            assert isinstance(depends.dependents(broken, ("form", "properties", "a")), tuple)


names = st.sampled_from(("form.a", "form.rows", "form.rows.x", "form.rows.y", "row.x", "row.y", "situation.s"))
parts = st.recursive(
    st.builds(lambda name: {"var": name}, names),
    lambda inner: st.one_of(
        st.builds(lambda each: {"and": each}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda each: {"some": [{"var": "form.rows"}, each]}, inner),
        st.builds(lambda name: {"missing": [name]}, names),
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(parts, st.sampled_from(("form.a", "form.rows", "form.rows.x", "situation.s")))
def test_a_rule_renamed_there_and_back_is_the_same_and_reads_what_it_read(rule, old):
    new = f"{old}_new"
    there = expressions.renamed(rule, old, new)
    assert expressions.renamed(there, new, old) == rule
    wanted = {new + each[len(old) :] if expressions.within(each, old) else each for each in expressions.reads(rule)}
    assert set(expressions.reads(there)) == wanted


def test_every_use_is_worded():
    import inspect

    from core.items.studio import uses

    worded = catalogue()
    source = inspect.getsource(uses)
    told = [key.removeprefix("items.studio_use_") for key in worded if key.startswith("items.studio_use_")]
    assert len(told) > 25
    assert all(f'"{why}"' in source for why in told)
