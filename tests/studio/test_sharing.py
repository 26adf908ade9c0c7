"""Shared blocks by version: put in, published with the item and never changed again, renewed, taken, made one's own, made of what is there."""

import copy
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from core.forms import service as forms
from core.items import service as items
from core.items.blocks import shelf
from core.items.blocks.models import FormBlock
from core.items.compiling import compile_item
from core.items.errors import GateClosed
from core.items.library import library
from core.items.studio import drafts, editors, edits, sharing
from core.items.studio.errors import BadEdit, NoSuchSpot
from core.items.studio.found import found
from core.items.studio.spots import find
from core.kernel.actor import SYSTEM, Actor
from core.kernel.ids import new_id
from tests.studio.conftest import FOOD

SECTION = ("form", "ui", "pages", "@operator", "sections", "@who")


@pytest.fixture(scope="session")
def content(food: dict[str, Any]) -> dict[str, Any]:
    form = library().forms[food["form"]]
    return {"item": food, "form": form, "blocks": {}}


def section_of(content: dict[str, Any]) -> tuple[str, ...]:
    page = content["form"]["ui"]["pages"][0]
    return ("form", "ui", "pages", f"@{page['id']}", "sections", f"@{page['sections'][0]['id']}")


def made(content: Any, changes: Any) -> Any:
    return edits.apply(content, changes).doc


def compiled(content: Any) -> Any:
    return compile_item(content["item"], forms={content["item"]["form"]: content["form"]}, blocks=content["blocks"])


@pytest.fixture(scope="session")
def with_agent(content: dict[str, Any]) -> Any:
    changes, at = sharing.insert(content, shelf.shipped()["agent@1"], section=section_of(content))
    assert at == ("form", "properties", "agent")
    return made(content, changes)


def publish(session: Any, content: Any) -> Any:
    doc = content["item"]
    return items.apply(session, doc, forms={doc["form"]: content["form"]}, blocks=content["blocks"], publishing=True, same_person=True, actor=SYSTEM)


def test_a_block_stands_in_the_form_with_its_fields_its_conditions_and_its_english(with_agent):
    item = compiled(with_agent)
    assert set(item.blocks) == {"agent@1"}
    agent = item.form.root.by_id["agent"]
    assert [each.id for each in agent.children][:2] == ["name", "id_kind"]
    answers = {"agent": {"id_kind": "passport"}}
    assert "agent.other_number" in str(forms.decide(item.form, answers).errors)
    assert item.form.translations["en"]["form.agent.phone.title"] == "Phone"
    assert [(each.key, each.title) for each in sharing.places(with_agent)] == [("agent@1", "委托代理人")]


def test_what_is_published_with_an_item_is_on_the_shelf_and_never_changes(database, with_agent, who):
    own, key = sharing.share(*grouped(with_agent), "stall", shelf.shipped())
    content = made(grouped(with_agent)[0], own)
    with database.session() as session:
        assert publish(session, content).published
        session.commit()
        held = shelf.versions(session)
        assert held[key].title == "摊位"
        assert held["agent@1"].department_id is None
        assert [(each.item_code, each.number) for each in shelf.uses(session)["stall"]] == [(FOOD, 1)]
        changed = copy.deepcopy(content)
        changed["blocks"]["stall@1"]["title"] = "偷偷改的"
        with pytest.raises(GateClosed) as closed:
            publish(session, changed)
        assert [each.key for each in closed.value.findings if each.level == "error"] == ["items.block_changed"]
        assert any(each.key == "items.block_changed" for each in found(session, changed)), "the studio says so while it is written"
        session.rollback()
        with pytest.raises(DatabaseError):
            session.execute(FormBlock.__table__.update().values(title="x"))
        session.rollback()
        without = made(content, [*sharing.detach(content, ("form", "properties", "stall"))])
        assert publish(session, without).published
        assert "stall" not in shelf.uses(session), "who uses it follows the version in force"
        assert key in shelf.versions(session), "what was published stays"


def grouped(content: Any) -> tuple[Any, tuple[str, ...]]:
    """The form with a group in it, one field of which depends on another."""
    group = {
        "type": "object", "title": "摊位", "ui": {"field": "group", "visible_when": {">": [{"var": "form.area"}, 5]}},
        "properties": {
            "fixed": {"type": "boolean", "title": "固定摊位", "ui": {"field": "yes_no"}},
            "number": {"type": "string", "title": "摊位号", "maxLength": 20, "ui": {"visible_when": {"==": [{"var": "form.stall.fixed"}, True]}}},
        },
    }  # fmt: skip
    doc = copy.deepcopy(content)
    doc["form"]["properties"]["stall"] = group
    doc["form"]["ui"]["pages"][0]["sections"][0]["fields"].append("stall")
    return doc, ("form", "properties", "stall")


def test_a_group_becomes_a_block_and_its_answers_keep_their_paths(with_agent):
    content, at = grouped(with_agent)
    changes, key = sharing.share(content, at, "stall", shelf.shipped())
    done = made(content, changes)
    assert key == "stall@1"
    assert find(done, at)["include"] == key
    assert find(done, (*at, "ui"))["visible_when"] == {">": [{"var": "form.area"}, 5]}, "when it is asked is this form's"
    assert done["blocks"][key]["properties"]["number"]["ui"]["visible_when"] == {"==": [{"var": "block.fixed"}, True]}
    before, after = compiled(content).form, compiled(done).form
    assert set(before.types) == set(after.types)
    own = made(done, sharing.detach(done, at))
    assert "stall@1" not in own["blocks"], "what nothing names is not kept"
    assert set(compiled(own).form.types) == set(before.types)
    for wrong in ("", "Stall", "stall-1", "agent", "__proto__", "x" * 65):
        with pytest.raises(BadEdit):
            sharing.share(content, at, wrong, shelf.shipped())


def test_a_block_may_not_lean_on_what_stands_outside_of_it(with_agent):
    content, at = grouped(with_agent)
    content["form"]["properties"]["stall"]["properties"]["number"]["ui"]["visible_when"] = {">": [{"var": "form.area"}, 10]}
    with pytest.raises(BadEdit) as refused:
        sharing.share(content, at, "stall", shelf.shipped())
    assert "面积" in refused.value.words("zh")


def test_a_section_becomes_a_block_while_nothing_else_names_its_fields(with_agent):
    content, _at = grouped(with_agent)
    page = content["form"]["ui"]["pages"][0]
    page["sections"].append({"id": "more", "title": "摊位情况", "fields": ["lamp", "lamp_kind"]})
    content["form"]["properties"] |= {
        "lamp": {"type": "boolean", "title": "有没有灯", "ui": {"field": "yes_no"}},
        "lamp_kind": {"type": "string", "title": "什么灯", "maxLength": 20, "ui": {"visible_when": {"==": [{"var": "form.lamp"}, True]}}},
    }
    content["form"]["required"] = [*content["form"].get("required", []), "lamp"]
    content["item"] = copy.deepcopy(content["item"])
    content["item"].setdefault("translations", {}).setdefault("en", {})["form.lamp.title"] = "Lamp"
    section = ("form", "ui", "pages", f"@{page['id']}", "sections", "@more")
    changes, key = sharing.share_section(content, section, "lamps", shelf.shipped())
    done = made(content, changes)
    assert find(done, (*section, "fields")) == ["lamps"]
    block = done["blocks"][key]
    assert (list(block["properties"]), block["required"]) == (["lamp", "lamp_kind"], ["lamp"])
    assert block["translations"]["en"] == {"lamp.title": "Lamp"}
    assert "form.lamp.title" not in done["item"]["translations"]["en"]
    spec = compiled(done).form
    assert "form.lamps.lamp_kind" in spec.types
    assert spec.translations["en"]["form.lamps.lamp.title"] == "Lamp"
    content["item"]["materials"][0]["when"] = {"==": [{"var": "form.lamp"}, True]}
    with pytest.raises(BadEdit) as refused:
        sharing.share_section(content, section, "lamps", shelf.shipped())
    assert "有没有灯" in refused.value.words("zh")


def test_a_new_version_is_edited_in_the_draft_and_taken_by_others_when_they_like(database, with_agent):
    content = made(grouped(with_agent)[0], sharing.share(*grouped(with_agent), "stall", shelf.shipped())[0])
    with pytest.raises(BadEdit):
        sharing.renew(content, "stall@1", shelf.shipped())  # not published: it is edited as it is
    with database.session() as session:
        publish(session, content)
        known = shelf.versions(session)
        changes, key = sharing.renew(content, "stall@1", known)
        renewed = made(content, changes)
        assert (key, list(renewed["blocks"])) == ("stall@2", ["agent@1", "stall@2"])
        at = ("blocks", key, "properties", "number")
        editor = editors.editor(renewed, at)
        assert editor.values["title"] == "摊位号"
        renewed = made(renewed, editor.changes({**editor.values, "title": "摊位编号"}))
        assert compiled(renewed).form.labels["form.stall.number"].title == "摊位编号"
        with pytest.raises(BadEdit):
            sharing.mine(renewed, "agent@1", known)
        assert sharing.mine(renewed, key, known)["version"] == 2
        publish(session, renewed)
        newer = shelf.versions(session)[key]
        taken = made(content, sharing.take(content, ("form", "properties", "stall"), newer))
        assert sorted(taken["blocks"]) == ["agent@1", "stall@2"]
        with pytest.raises(NoSuchSpot):
            sharing.take(content, ("form", "properties", "agent"), newer)
        assert session.scalars(select(FormBlock.number).where(FormBlock.name == "stall").order_by(FormBlock.number)).all() == [1, 2]


def test_only_its_owner_brings_a_new_version_of_a_block(database, with_agent):
    forged = copy.deepcopy(with_agent)
    forged["blocks"]["agent@2"] = {**forged["blocks"].pop("agent@1"), "version": 2}
    forged["form"]["properties"]["agent"]["include"] = "agent@2"
    with database.session() as session:
        with pytest.raises(GateClosed) as closed:
            publish(session, forged)
        assert "items.block_foreign" in [each.key for each in closed.value.findings]
        named = copy.deepcopy(with_agent)
        named["blocks"]["agent@1"] = {**named["blocks"]["agent@1"], "id": "other"}
        with pytest.raises(GateClosed) as closed:
            publish(session, named)
        assert "items.block_named" in [each.key for each in closed.value.findings]


def test_a_draft_puts_a_block_in_and_undo_takes_it_out(database, who: dict[str, Actor]):
    with database.session() as session:
        draft = drafts.begin(session, FOOD, actor=who["chief"])
        changes, _at = sharing.insert(draft.content, shelf.shipped()["agent@1"], section=section_of(dict(draft.content)))
        done = drafts.edit(session, draft.id, changes, command_id=new_id(), actor=who["chief"])
        assert "agent@1" in done.content["blocks"]
        assert drafts.undo(session, draft.id, command_id=new_id(), actor=who["chief"]).content == draft.content
