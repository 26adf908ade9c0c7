"""Rules as trees: what is read is written back, what menus cannot say is left alone, what is filled in is a rule or refused in words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.items.compiling import used_blocks
from core.items.library import library
from core.items.studio import conditions, filling, ruled, trees
from core.items.studio.conditions import Fact, Other, Row, begun, facts, row_of, rule_of, written
from core.items.studio.errors import BadEdit
from core.items.studio.ruled import World
from core.items.studio.sketch import known
from core.items.studio.trees import Choice, Constant, Each, Group, Kept, Made, Read
from core.rules.service import compile_rule


def rules(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, held in value.items():
            if key in ("when", "visible_when", "required_when", "rule", "computed") and isinstance(held, dict):
                yield held
            else:
                yield from rules(held)
    elif isinstance(value, list):
        for each in value:
            yield from rules(each)


def shipped() -> list[Any]:
    shelf = library()
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in shelf.items.values()] + list(shelf.forms.values()) + list(shelf.blocks.values())
    return [rule for document in documents for rule in rules(document)]


def test_every_shipped_rule_is_read_and_written_back_as_it_was():
    found = shipped()
    assert len(found) > 100
    for rule in found:
        assert trees.rule_for(trees.condition(rule)) == rule
        assert trees.rule_for(trees.formula(rule)) == rule
        for tree in [each for each in (trees.condition(rule), trees.formula(rule)) if not list(kept(each))] or pytest.fail(f"beyond the menus: {rule}"):
            again = trees.rule_for(fresh(tree))
            assert compile_rule(again).sentence({}) == compile_rule(rule).sentence({}) or {"!", "if"} & set(rule)


def kept(tree: Any) -> Iterator[Kept]:
    if isinstance(tree, Kept):
        yield tree
    for each in trees.below(tree):
        yield from kept(each)


def fresh(tree: Any) -> Any:
    """The same tree without what it was read from."""
    match tree:
        case Group(join=join, parts=parts):
            return Group(join, tuple(map(fresh, parts)))
        case Each(path=path, op=op, of=of):
            return Each(path, op, fresh(of))
        case Made(op=op, parts=parts):
            return Made(op, tuple(map(fresh, parts)))
        case Choice(when=when, then=then, other=other):
            return Choice(fresh(when), fresh(then), fresh(other))
    return tree


PATHS = st.sampled_from(["form.area", "situation.kind", "party.kind"])
PLAIN = st.one_of(st.integers(-5, 5), st.booleans(), st.text("abc", min_size=1, max_size=3))
ROWS = st.one_of(
    st.builds(Row, PATHS, st.sampled_from(["is", "is_not", "gt", "ge", "lt", "le", "has", "has_not"]), PLAIN),
    st.builds(Row, PATHS, st.sampled_from(["given", "missing"])),
    st.builds(Row, PATHS, st.sampled_from(["one_of", "none_of"]), st.lists(PLAIN, min_size=1, max_size=3).map(tuple)),
    st.builds(Row, PATHS, st.just("between"), st.tuples(st.integers(), st.integers())),
)


GROUPS = st.recursive(
    ROWS,
    lambda inner: st.one_of(
        st.builds(Group, st.sampled_from(trees.JOINS), st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(
            Each, st.just("form.staff"), st.sampled_from(trees.OVER),
            st.builds(Group, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
        ),
    ),
    max_leaves=6,
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.builds(Constant, PLAIN), st.builds(Read, PATHS)),
    lambda inner: st.one_of(
        st.builds(Made, st.sampled_from(trees.MANY), st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Made, st.sampled_from(trees.TWO), st.tuples(inner, inner)),
        st.builds(Choice, st.builds(Group, st.just("and"), st.lists(ROWS, min_size=2, max_size=2).map(tuple)), inner, inner),
    ),
    max_leaves=6,
)


@given(GROUPS)
def test_trees_come_back_from_the_rule_they_make(tree):
    rule = trees.rule_for(tree)
    read = trees.condition(rule)
    if not list(kept(read)):
        assert repr(read) == repr(tree if isinstance(tree, Group) else Group("and", (tree,)))
    assert trees.rule_for(read) == rule


@given(VALUES)
def test_formulas_come_back_from_the_rule_they_make(tree):
    rule = trees.rule_for(tree)
    read = trees.formula(rule)
    if not list(kept(read)):
        assert repr(read) == repr(tree)
    assert trees.rule_for(read) == rule


AREA = {"form": {"area": 3}}


@pytest.mark.parametrize(
    "rule",
    [
        {"!": [{"==": [{"var": "form.area"}, 3]}]}, {"!": [{"<": [{"var": "form.area"}, 3]}]}, {"<": [3, {"var": "form.area"}]}, {"var": "form.flag"},
        {"!": [{"var": "form.flag"}]}, {"!": [{"!": [{">=": [2, {"var": "form.area"}]}]}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_rule_in_another_order_means_the_same_as_its_row(rule):
    row = row_of(rule)
    assert row is not None
    again = compile_rule(rule_of(row))
    for given_ in ({}, {"form": {"area": 2, "flag": True}}, {"form": {"area": 3, "flag": False}}, {"form": {"area": 4}}):
        assert again.evaluate(given_) == compile_rule(rule).evaluate(given_), given_


@pytest.mark.parametrize(
    "rule",
    [
        {">": [{"+": [{"var": "form.a"}, 1]}, 3]}, {"some": [{"var": "form.staff"}, True]}, {"==": [{"if": [True, 1, 2]}, 3]}, True, "x", 3, [], {}, {"and": 3},
        {"var": 3}, {"missing": ["form.a", "form.b"]}, {"a": 1, "b": 2}, {"in": [{"var": "form.a"}, []]}, {"!": 7}, {"and": []}, {"if": [1, 2]},
    ],
    ids=str,
)  # fmt: skip
def test_what_menus_cannot_say_is_kept_as_it_was_written(rule):
    for tree in (trees.condition(rule), trees.condition({"and": [{"var": "form.ok"}, rule]}), trees.formula({"+": [1, {"a": 1, "b": rule}]})):
        assert list(kept(tree)) or rule in (True, "x", 3)
    assert trees.rule_for(trees.condition(rule)) == rule
    whole = {"and": [{"var": "form.ok"}, rule]}
    changed = trees.rule_for(fresh(trees.condition(whole)))
    assert changed == {"and": [{"==": [{"var": "form.ok"}, True]}, rule]}, "beside what is changed it stays"


def test_a_rule_deeper_or_longer_than_menus_go_is_kept():
    deep: Any = {"var": "form.a"}
    for turn in range(8):
        deep = {"or" if turn % 2 else "and": [{"var": "form.b"}, deep]}
    assert list(kept(trees.condition(deep)))
    assert trees.rule_for(trees.condition(deep)) == deep
    long = {"and": [{"==": [{"var": "form.a"}, n]} for n in range(100)]}
    assert trees.condition(long).parts == (Kept(long),)
    assert trees.whole(trees.condition(long)) == long


def test_no_parts_are_no_condition():
    assert trees.condition(None) == Group()
    assert trees.whole(Group()) is None


def test_one_and_true_are_two_things():
    was = {"and": [{"==": [{"var": "form.a"}, 1]}, {"var": "form.b"}]}
    tree = trees.condition(was)
    turned = Group(tree.join, (Row("form.a", "is", True), tree.parts[1]), tree.was)
    assert json.dumps(trees.rule_for(turned)) != json.dumps(was)


NUMBER, MONEY, DAY = Fact("form.area", "number", "面积"), Fact("form.fee", "money", "费用"), Fact("form.day", "date", "日期")
KIND = Fact("form.kind", "choice", "种类", (("a", "甲"), ("b", "乙")))
FLAG, TEXT, MANY = Fact("form.flag", "bool", "是否"), Fact("form.name", "text", "名称"), Fact("form.uses", "choices", "用途", (("x", "一"), ("y", "二")))


@pytest.mark.parametrize("fact", [NUMBER, MONEY, DAY, KIND, FLAG, TEXT, MANY, Fact("form.staff", "rows", "人员")], ids=lambda fact: fact.type)
def test_a_new_row_is_a_rule_at_once(fact):
    for op in fact.operators:
        row = begun(fact, op)
        assert row.op == op
        compile_rule(rule_of(row), {fact.path: fact.type})
        assert written(fact, op, list(conditions.texts(fact, row))) == row


def test_values_are_read_as_people_write_them():
    assert written(NUMBER, "gt", ["1,300"]).value == 1300
    assert written(MONEY, "ge", ["12.5"]).value == 1250
    assert written(NUMBER, "one_of", ["1、2，3"]).value == (1, 2, 3)
    assert written(KIND, "one_of", ["a", "b"]).value == ("a", "b")
    assert written(DAY, "between", ["2026-01-01", "2026-12-31"]).value == ("2026-01-01", "2026-12-31")
    for fact, op, given_ in ((NUMBER, "gt", ["x"]), (NUMBER, "gt", [""]), (NUMBER, "gt", []), (NUMBER, "between", ["1"]), (KIND, "is", ["c"]),
                             (DAY, "lt", ["yesterday"]), (FLAG, "is", ["maybe"]), (NUMBER, "gt", ["1", "2"]), (NUMBER, "is", ["1e999"]),
                             (FLAG, "gt", ["true"])):  # fmt: skip
        with pytest.raises(BadEdit) as refused:
            written(fact, op, given_)
        assert fact.title in refused.value.words("zh")


@pytest.fixture(scope="module")
def content(request):
    food = json.loads(library().items["food-operation-new"].read_text(encoding="utf-8"))
    form = library().forms[food["form"]]
    return {"item": food, "form": form, "blocks": used_blocks(form, library().blocks)}


def test_tables_and_their_columns_are_no_facts_of_their_own(content):
    made = known(content)
    found = {fact.path: fact for fact in facts(made.types, made.labels, made.tables)}
    assert {"form.area", "situation.kind", "party.kind", "channel"} <= found.keys()
    assert found["form.area"].title == "经营面积"
    assert "form.staff" in made.tables
    assert not [path for path in found if path.startswith(("form.staff", "row."))]
    assert [fact.title for fact in found.values() if fact.title == fact.path] == []


def test_inside_a_table_its_columns_are_facts(content):
    world = ruled.world(content, ("item", "materials", "@layout", "when"), known(content))
    assert "从业人员" in [table.title for table in world.tables]
    inner = {fact.path: fact for fact in world.inside("form.staff").facts}
    assert inner["row.name"].title == "姓名"
    compile_rule({"some": [{"var": "form.staff"}, {"==": [{"var": "row.name"}, "甲"]}]}, world.types)
    at = ("form", "properties", "staff", "items", "properties", "name", "ui", "visible_when")
    assert "row.name" in {fact.path for fact in ruled.world(content, at, known(content)).facts}


def test_facts_of_a_form_that_does_not_compile_are_still_offered(content):
    broken = {**content, "form": {**content["form"], "properties": {**content["form"]["properties"], "odd": {"type": "nothing", "title": 3}}}}
    found = {fact.path: fact.title for fact in facts(*[getattr(known(broken), name) for name in ("types", "labels", "tables")])}
    assert found["form.area"] == "经营面积"


def test_english_names_facts_in_english_where_the_item_does(content):
    english = {fact.path: fact.title for fact in ruled.world(content, ("item", "materials", "@layout", "when"), known(content, "en"), None, "en").facts}
    assert english["form.area"] == content["item"]["translations"]["en"]["form.area.title"]
    assert english["party.kind"] == "kind of applicant"


# ---- what is filled in


class Posted(dict):
    """A form as Flask has it."""

    def getlist(self, name):
        return [self[name]] if isinstance(self.get(name), str) else self.get(name, [])


FEE, RENT, START, END = (
    Fact("form.fee", "money", "费用"),
    Fact("form.rent", "money", "租金"),
    Fact("form.start", "date", "开始"),
    Fact("form.end", "date", "结束"),
)
STAFF = Fact("form.staff", "rows", "人员")
ALL = (NUMBER, FEE, RENT, START, END, KIND, FLAG, TEXT)
WORLD = World(
    ALL, (STAFF,), {**{fact.path: fact.type for fact in (*ALL, STAFF)}, "form.staff.name": "text", "form.staff.age": "number"},
    {"form.staff": "人员", "form.staff.name": "姓名", "form.staff.age": "年龄"},
)  # fmt: skip


def fill(rule: Any, **given: Any) -> Any:
    return trees.whole(
        filling.condition(trees.condition(rule), Posted({name.replace("__", ":").replace("_", "-"): value for name, value in given.items()}), WORLD)
    )


def test_conditions_are_nested_in_groups():
    one = fill(None, new__r="form.area")
    assert one == {">": [{"var": "form.area"}, 0]}
    two = fill(one, new__r="form.flag", group="r", value__r_0="300")
    assert two == {"and": [{">": [{"var": "form.area"}, 300]}, {"or": [{"==": [{"var": "form.flag"}, True]}]}]}
    three = fill(two, new__r_1="form.kind", value__r_0="300", value__r_1_0="true")
    assert three["and"][1] == {"or": [{"==": [{"var": "form.flag"}, True]}, {"==": [{"var": "form.kind"}, "a"]}]}
    unread = {"value__r_0": "300", "value__r_1_0": "true", "value__r_1_1": "b"}
    assert fill(three, **unread, join__r="nor")["!"][0]["or"][1]["or"][1] == {"==": [{"var": "form.kind"}, "b"]}
    assert fill(three, **unread, drop="r-1") == {">": [{"var": "form.area"}, 300]}
    assert fill(two, drop="r-1-0", value__r_0="300") == {">": [{"var": "form.area"}, 300]}, "an empty group goes"


def test_rows_of_a_table_are_asked():
    some = fill(None, new__r="form.staff")
    assert some == {"some": [{"var": "form.staff"}, {"==": [{"var": "row.name"}, "待填"]}]}
    every = fill(some, over__r_0="all", fact__r_0_w_0="row.age", op__r_0_w_0="gt")
    assert every == {"all": [{"var": "form.staff"}, {">": [{"var": "row.age"}, 0]}]}
    compile_rule(every, WORLD.types)
    assert fill(every, drop="r-0-w-0", value__r_0_w_0="18") is None


def test_a_fact_is_compared_with_another():
    rule = {"<": [{"var": "form.start"}, "2026-01-01"]}
    other = fill(rule, than__r_0="form.end", value__r_0="2026-01-01")
    assert other == {"<": [{"var": "form.start"}, {"var": "form.end"}]}
    assert row_of(other) == Row("form.start", "lt", Other("form.end"))
    assert fill(other, than__r_0="form.end", op__r_0="le") == {"<=": [{"var": "form.start"}, {"var": "form.end"}]}
    assert isinstance(fill(other, than__r_0="")["<"][1], str)
    with pytest.raises(BadEdit):
        fill(rule, than__r_0="form.nothing", value__r_0="2026-01-01")


def calc(rule: Any, wanted: str = "any", **given: Any) -> Any:
    posted = Posted({name.replace("__", ":").replace("_", "-"): value for name, value in given.items()})
    return trees.whole(filling.formula(None if rule is None else trees.formula(rule), posted, WORLD, wanted))


def test_a_formula_is_built_by_menus():
    first = calc(None, "money", form__r="+")
    assert first == {"+": [0, 0]}
    read = calc(first, "money", form__r_0="read", const__r_1="12.5")
    assert read == {"+": [{"var": "form.fee"}, 1250]}, "amounts are written in yuan and kept in fen"
    more = calc(read, "money", more="r", const__r_1="12.50")
    assert more == {"+": [{"var": "form.fee"}, 1250, 0]}
    assert calc(more, "money", drop="r-1") == {"+": [{"var": "form.fee"}, 0]}
    assert calc(more, "money", form__r="-") == {"-": [{"var": "form.fee"}, {"+": [1250, 0]}]}
    times = calc({"var": "form.fee"}, "money", form__r="*")
    assert times == {"*": [{"var": "form.fee"}, 1]}
    assert calc(times, "money", const__r_1="3") == {"*": [{"var": "form.fee"}, 3]}
    choice = calc(times, "money", form__r="if")
    assert choice["if"][1:] == [times, 0]
    kind = calc(choice, "money", fact__r_w_0="form.flag")
    assert kind["if"][0] == {"==": [{"var": "form.flag"}, True]}
    compile_rule(kind, WORLD.types)
    days = calc(None, "number", form__r="days_between")
    assert days == {"days_between": [{"var": "form.start"}, {"var": "form.start"}]}
    assert calc(days, "number", fact__r_1="form.end") == {"days_between": [{"var": "form.start"}, {"var": "form.end"}]}
    assert calc({"var": "form.name"}, form__r="test") == {">": [{"var": "form.area"}, 0]}


def test_constants_stay_what_they_are_or_are_refused():
    assert calc("甲", const__r="12") == "12"
    assert calc(3, const__r="12") == 12
    assert calc(3, const__r="十二") == "十二"
    assert calc(True, const__r="false") is False
    for wanted, text in (("number", "x"), ("money", ""), ("date", "soon"), ("any", "")):
        with pytest.raises(BadEdit):
            calc(0 if wanted != "any" else "甲", wanted, const__r=text)
    with pytest.raises(BadEdit):
        calc({"var": "form.fee"}, fact__r="form.nothing")
    assert calc({"+": [1, {"odd": 1, "two": 2}]}, const__r_0="2") == {"+": [2, {"odd": 1, "two": 2}]}


def test_a_condition_longer_than_menus_go_is_refused():
    rule = {"and": [{"==": [{"var": "form.area"}, n]} for n in range(trees.MOST - 1)]}
    with pytest.raises(BadEdit):
        fill(rule, new__r="form.area", **{f"value__r_{n}": str(n) for n in range(trees.MOST - 1)})
