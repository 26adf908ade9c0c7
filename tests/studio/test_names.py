"""What names something that exists is picked by its name: every kind is known, nothing is lost, nobody sees what is not theirs to see."""

import json
import re
from copy import deepcopy

import pytest

from core.forms import service as forms
from core.forms.view import face
from core.identity import queries as people
from core.items.compiling import compile_item
from core.items.library import library
from core.items.studio import drafts, editors, edits, naming, parts
from core.items.studio.names import KEYWORD, MOST, Name
from core.items.studio.printout import printout
from core.items.studio.spots import find, parse
from core.items.subjects import subjects
from core.kernel.ids import new_id
from core.licences import queries as licences
from core.schemas import service as schemas
from tests.studio.conftest import FOOD, page_form, save

#: Documents that the studio edits by their schemas.
EDITED = ("item", "form", "route", "rule_sheet", "notice_template", "theme")
#: A text of this shape is a code: one's own, or that of something else.
CODE = re.compile(r"^\^\[(a-z|A-Z)")
SAYS_SO = re.compile("代码|编号")
#: Codes that name nothing to be picked, and why. A key is the end of a path in a schema.
NOT_PICKED = {
    "/id": "what the thing itself is called",
    "/code": "what the item itself is called",
    "/name": "what the theme itself is called",
    "properties/form": "the platform sets it; nobody edits it",
    "same_as": "made up by whoever writes the first of two materials that are the same; no list of them is kept",
    "review/properties/start": "moved by the buttons of the route editor, which keep the route sound",
    "branch/properties/start": "moved by the buttons of the route editor, which keep the route sound",
    "parallel_node/properties/lead": "picked by the menu of the joint step",
    "take/patternProperties/^[a-z][a-z0-9_]*$": "a path into the result of another item, which may have any shape",
    "unknown/items": "paths that whoever brought the item in wrote down of its source",
    "to_fill/items": "paths that whoever brought the item in wrote down of its source",
    "steps/items/properties/as": "tests are recorded by playing; a role and an office in one word",
    "steps/items/properties/do": "tests are recorded by playing",
    "steps/items/properties/at": "tests are recorded by playing; a place with the number of its row",
    "expect/properties/path/items": "tests are recorded by playing; a place with the number of its row",
    "form/properties/required/items": "a button of the form builder",
    "field/properties/required/items": "set beside each question of a group",
    "order/items": "moved by the form builder",
    "fields/items": "moved by the form builder",
    "prefill": "a path into what the hall knows of the applicant",
    "ui/properties/field": "the palette of the form builder makes each kind with what it needs; changed alone it breaks the question",
    "autocomplete": "words of HTML",
    "accept/items": "extensions of files",
    "ui/properties/parent": "goes with the list of what each answer allows, which is written as JSON",
    "include": "shared blocks have a page of their own",
    "channels/items": "the hall's settings say which there are",
    "blocks/items": "the file of the theme says which it can draw",
    "logo": "a file of the theme",
}


def walk(node, at=""):
    if isinstance(node, dict):
        yield at, node
        for key, value in node.items():
            yield from walk(value, f"{at}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{at}/{index}")


def texts(kind):
    return [(f"{kind}{at}", node) for at, node in walk(schemas.load(kind)) if node.get("type") == "string" and not {"oneOf", "enum", "const"} & set(node)]


ANNOTATED = sorted({node[KEYWORD] for kind in EDITED for _at, node in texts(kind) if KEYWORD in node})


def test_every_text_that_is_a_code_is_picked_by_name_or_it_is_said_why_not():
    typed = [
        at
        for kind in EDITED
        for at, node in texts(kind)
        if KEYWORD not in node and (CODE.match(node.get("pattern", "")) or SAYS_SO.search(f"{node.get('title', '')}{node.get('description', '')}"))
    ]
    left = [at for at in typed if not any(at.endswith(end) for end in NOT_PICKED)]
    assert left == []
    assert [end for end in NOT_PICKED if not any(at.endswith(end) for at in typed)] == [], "what is excused is there"


def test_the_kinds_of_the_schemas_are_those_that_somebody_knows():
    assert sorted(naming.kinds()) == ANNOTATED


# ---- what there is


@pytest.fixture
def content(food):
    shelf = library()
    made = deepcopy({"item": food, "form": shelf.forms[food["form"]], "blocks": {}})
    route = made["item"]["route"]
    route.setdefault("pauses", {})["hearing"] = {"title": "听证", "notice": "special_procedure"}
    made["item"]["promises"] = [{"id": "hygiene", "title": "卫生承诺", "materials": ["layout"]}]
    made["form"]["properties"]["old_licence"] = {"type": "string", "title": "原来的许可证", "ui": {"field": "licence_ref", "licence_type": "food-licence"}}
    return made


@pytest.fixture
def names(database, content):
    with database.session() as session:
        yield lambda at="", content=content: naming.names(session, content, parse(at))


#: One name that must be among those of each kind: what is kept → what people call it.
AMONG = {
    "answers": ("operator_name", "经营者"),
    "conditions": None,
    "departments": ("fire", "消防"),
    "documents": ("decision_grant", "决定"),
    "fields": ("operator_name", "经营者"),
    "hooks": None,
    "items": (FOOD, "食品"),
    "licence_fields": ("old_licence", "原来的许可证"),
    "licence_types": ("business-licence", "营业执照"),
    "life_events": ("elderly", "老年人"),
    "lists": ("form.equipment", "设备"),
    "materials": ("layout", "布局"),
    "next_steps": None,
    "notices": ("special_procedure", "暂停计时"),
    "papers": ("special_procedure", "暂停计时"),
    "pauses": ("hearing", "听证"),
    "place_fields": None,
    "roles": ("reviewer", "审查员"),
    "rule_sheets": None,
    "stations": ("intake", "受理"),
    "themes": ("market-entry", "准营准办"),
}


@pytest.mark.parametrize("kind", [kind for kind in ANNOTATED if AMONG.get(kind)])
def test_what_there_is_of_a_kind_is_said_by_its_name(kind, names):
    value, title = AMONG[kind]
    found = {each.value: each.title for each in names()(kind)}
    assert title in found.get(value, ""), found


@pytest.mark.parametrize("kind", ANNOTATED)
def test_a_draft_with_nothing_in_it_breaks_no_kind(kind, names):
    for bare in (
        {},
        {"item": None, "form": []},
        {"item": {"materials": "x", "route": [], "results": [3], "conditions": {"a": 1}, "rule_sheets": [1]}, "form": {}},
    ):
        known = names("/item/route/review/nodes/a", bare)(kind)
        assert known is None or all(isinstance(each, Name) and each.title for each in known)


def test_steps_are_those_of_the_scope_in_which_one_stands(names, content):
    review = content["item"]["route"]["review"]["nodes"]
    joint = next(name for name, node in review.items() if node["kind"] == "parallel")
    branch = next(iter(review[joint]["branches"]))
    inside = {each.value for each in names(f"/item/route/review/nodes/{joint}/branches/{branch}/nodes/x/actions/pass")("next_steps")}
    assert inside == set(review[joint]["branches"][branch]["nodes"])
    outside = {each.value for each in names(f"/item/route/review/nodes/{joint}")("next_steps")}
    assert outside == set(review) - {joint}
    around = [each.value for each in names(f"/item/route/review/nodes/{joint}/branches/{branch}/nodes/x")("stations")]
    assert around[0] == "intake" and set(around) == {"intake", *inside, *review}


def test_two_of_one_name_are_told_apart_by_what_they_are_kept_as(names, content):
    content["item"]["materials"].append({"id": "layout_b", "title": next(each["title"] for each in content["item"]["materials"] if each["id"] == "layout")})
    titles = [each.title for each in names()("materials")]
    assert len(set(titles)) == len(titles)
    assert any(title.endswith("（layout_b）") for title in titles)


def test_questions_of_one_name_are_told_apart_by_their_sections(names):
    same = [each for each in names()("answers") if each.value in ("legal_id_number", "resident_id")]
    assert len({each.title.rpartition(" · ")[2] for each in same}) == 1
    assert len(same) > 1 and len({each.title for each in same}) == len(same)
    assert not [each for each in same if each.value in each.title]
    assert all(" · " in each.title and (not each.english or " · " in each.english) for each in same)


def test_an_item_that_nobody_published_is_named_to_nobody_else(database, who, names, content):
    hidden = {**content, "item": {**content["item"], "code": "secret-stall", "title": "还没有公布的事项"}}
    with database.session() as session:
        office = next(each for each in people.departments(session) if each.code == "market_regulation")
        drafts.create(session, hidden, department_id=office.id, actor=who["chief"])
        session.commit()
    other = {**content, "item": {**content["item"], "code": "other-item"}}
    assert "secret-stall" not in {each.value for each in names(content=other)("items")}
    assert FOOD in {each.value for each in names(content=other)("items")}
    assert "secret-stall" in {each.value for each in names(content=hidden)("items")}, "one's own is there"


# ---- what is drawn


def of(made, *way):
    field = made.spec.root
    for name in way:
        field = field.body.item if name == "[]" else field.body.by_id[name]
    return field


def titles(made, *way, locale="zh"):
    return [each.title for each in face(made.spec, of(made, *way), locale).options]


def test_a_department_is_picked_by_its_name_and_a_theme_ticked(names, content):
    made = editors.editor(content, ("item",), parts.part("basic"), names=names())
    assert of(made, "department").kind.key == "choice"
    assert any("消防" in title for title in titles(made, "department"))
    assert of(made, "themes", "person").kind.key == of(made, "life_events").kind.key == "choices"
    assert "准营准办" in titles(made, "themes", "company")
    assert "Licences to operate" in titles(made, "themes", "company", locale="en")


def test_without_anybody_who_knows_names_they_are_typed(content):
    made = editors.editor(content, ("item",), parts.part("basic"))
    assert of(made, "department").kind.key == "text"
    assert of(made, "life_events").kind.key == "lines"


def test_a_name_that_is_not_there_stays_and_is_marked(names, content, env, browse):
    content["item"]["department"] = "gone_office"
    content["item"]["themes"] = {"person": ["zoo", "elderly"], "company": []}
    made = editors.editor(content, ("item",), parts.part("basic"), names=names())
    assert "这里没有：gone_office" in titles(made, "department")
    assert "Not known here: zoo" in titles(made, "themes", "person", locale="en")
    page = browse(forms.render_page(env, made.spec, "main", made.filled, begun=True)).form()
    assert made.changes(forms.decode(made.spec, page)) == ()
    (change,) = made.changes(forms.decode(made.spec, {**page, "title": "另一个名称"}))
    assert change.at == ("item", "title")
    assert not forms.decide(made.spec, made.filled).errors


@pytest.mark.parametrize("held", [["a", "a"], ["elderly", 3], "elderly", [None], {}, 7])
def test_a_list_that_is_none_of_names_stays_as_it_is_written(held, names, content, env):
    content["item"]["life_events"] = held
    made = editors.editor(content, ("item",), parts.part("basic"), names=names())
    assert of(made, "life_events").kind.key == "lines"
    assert of(made, "themes", "person").kind.key == "choices"
    assert forms.render_page(env, made.spec, "main", made.filled, begun=True)


def test_more_names_than_anybody_reads_are_typed(content):
    many = tuple(Name(f"d{n}", f"部门{n}") for n in range(MOST + 1))
    made = editors.editor(content, ("item",), parts.part("basic"), names=lambda kind: many if kind == "departments" else None)
    assert of(made, "department").kind.key == "text"
    few = editors.editor(content, ("item",), parts.part("basic"), names=lambda kind: many[:MOST] if kind == "departments" else None)
    assert of(few, "department").kind.key == "choice"


def test_what_may_be_left_out_can_be_emptied_again(names, content, env, browse):
    at = parse("/item/results/0") if "id" not in content["item"]["results"][0] else parse(f"/item/results/@{content['item']['results'][0]['id']}")
    made = editors.editor(content, at, names=names())
    assert of(made, "licence_type").kind.key == "choice"
    assert face(made.spec, of(made, "licence_type"), "zh").macro == "select"
    page = browse(forms.render_page(env, made.spec, "main", made.filled, begun=True)).form()
    done = edits.apply(content, made.changes(forms.decode(made.spec, {**page, "licence_type": ""}))).doc
    assert "licence_type" not in find(done, at)


def test_where_there_is_nothing_to_choose_it_is_said(names, content, env):
    content["item"].pop("rule_sheets", None)
    step = next(name for name, node in content["item"]["route"]["review"]["nodes"].items() if node["kind"] == "step")
    made = editors.editor(content, parse(f"/item/route/review/nodes/{step}"), names=names(f"/item/route/review/nodes/{step}"))
    shown = face(made.spec, of(made, "rules"), "en")
    assert shown.help == "There is nothing to choose from yet" and not shown.options
    assert forms.decide(made.spec, made.filled).errors == ()
    content["item"]["materials"] = []
    made = editors.editor(content, parse("/item/promises/@hygiene"), names=names("/item/promises/@hygiene"))
    assert forms.render_page(env, made.spec, "main", made.filled, begun=True)
    bare = editors.editor({"item": {"promises": [{"id": "a"}]}, "form": {}}, parse("/item/promises/@a"), names=lambda _kind: ())
    assert of(bare, "materials").kind.key == "choices"
    assert forms.render_page(env, bare.spec, "main", bare.filled, forms.decide(bare.spec, bare.filled).errors, begun=True)


def test_only_what_an_editor_shows_is_looked_up(content):
    asked = []
    editors.editor(content, ("item",), parts.part("guide"), names=lambda kind: asked.append(kind))
    assert asked == []
    editors.editor(content, ("item",), parts.part("basic"), names=lambda kind: asked.append(kind))
    assert sorted(asked) == ["departments", "life_events", "place_fields", "themes"]


def test_a_print_out_says_the_names_of_what_the_item_names(names, content):
    shelf = library()
    item = deepcopy(json.loads(shelf.items[FOOD].read_text(encoding="utf-8")))
    item["life_events"] = ["elderly"]
    compiled = compile_item(item, forms=shelf.forms, blocks=shelf.blocks)
    for locale, wanted in (("zh", {"老年人", "准营准办", "食品经营许可证"}), ("en", {"Older people", "Licences to operate"})):
        rows = [row for section in printout(compiled, locale, names=names()) for block in section.blocks for row in block.rows]
        assert wanted <= {row.text for row in rows}, [row.text for row in rows][:40]
        assert not {"elderly", "market-entry", "market_regulation"} & {row.text for row in rows}


# ---- on pages


def test_a_page_saves_what_was_picked_and_loses_nothing(chief, base, browse):
    page = chief.get(f"{base}/?part=basic").text
    assert re.search(r'<select id="f-department"', page) and "准营准办" in page
    form = page_form(browse, page)
    assert save(chief, base, form).get_json()["version"] == int(form["_version"][0]), "untouched"
    saved = save(chief, base, {**form, "life_events": "elderly"})
    assert saved.status_code == 200, saved.text
    again = page_form(browse, chief.get(f"{base}/?part=basic").text)
    assert again["life_events"] == ["elderly"]
    change = {"do": "set", "at": "/item/life_events", "value": ["elderly", "moon"], "was": ["elderly"], "before": None}
    body = {"command_id": new_id(), "edits": [change]}
    strange = chief.client.post(f"{base}/commands", json=body, headers={"X-CSRFToken": chief.token()})
    assert strange.status_code == 200, strange.text
    page = chief.get(f"{base}/?part=basic").text
    assert "这里没有：moon" in page
    chief.get("/lang/en")
    try:
        assert "Not known here: moon" in chief.get(f"{base}/?part=basic").text
    finally:
        chief.get("/lang/zh")


def test_licences_of_the_hall_are_all_offered(database, names):
    with database.session() as session:
        assert {each.value for each in names()("licence_types")} == licences.type_codes(session)
        assert json.dumps([each.title for each in names()("licence_types")], ensure_ascii=False).count("（") == 0


def test_in_a_long_list_what_is_chosen_stands_first_and_the_rest_is_folded_away(names, content, env):
    content["item"]["life_events"] = ["other", "tax"]
    made = editors.editor(content, ("item",), parts.part("basic"), names=names())
    assert titles(made, "life_events")[:2] == ["其他", "税收财务"]
    assert len(titles(made, "life_events")) == len(subjects()), "each once"
    page = forms.render_page(env, made.spec, "main", made.filled, begun=True)
    events = page[page.index('data-f="life_events"') : page.index('data-f="words"')]
    before, folded = events.split("<details>")
    assert before.count("checked") == before.count("<input") - before.count("hidden") == 2
    assert folded.count("<input") == len(subjects()) - 2 and "checked" not in folded
    assert f"还可以选 {len(subjects()) - 2} 个" in folded
