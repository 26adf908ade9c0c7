"""An item of elsewhere as the beginning of one's own: what was local is emptied and asked for, what the law says stays, drafts of others are nobody's."""

import copy
import json
import re

import pytest

from core.items import service as items
from core.items.compiling import used_blocks
from core.items.errors import ItemNotFound
from core.items.library import library
from core.items.service import carrying
from core.items.studio import copying, drafts, handing, localising
from core.items.studio.errors import BadEdit
from core.items.studio.found import found
from core.items.studio.localising import Origin
from core.kernel.actor import SYSTEM
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from tests.studio.conftest import FOOD


def made_of(doc, **more):
    shelf = library()
    form = shelf.forms[doc["form"]]
    return {"item": copy.deepcopy(doc) | more, "form": form, "blocks": used_blocks(form, shelf.blocks)}


def localised(content, **more):
    named = {"code": "my-food", "title": "食品经营", "department": "market_regulation", "level": "county"} | more
    return localising.localised(content, Origin("甲市：食品经营许可", "甲市"), **named)


def test_what_is_local_is_emptied_and_everything_else_stays(food):
    content = made_of(food, redress={"reconsideration": "向甲市政府"}, codes={"basic": "000131", "implementation": "X1", "handle": None, "local": "L"})
    content["item"]["fees"] = {"charged": True, "items": [{"id": "copy", "title": "工本费", "amount": "10.00", "unit": "件"}]}
    before = copy.deepcopy(content)
    made = localised(content)["item"]
    assert content == before, "what is copied is not changed"
    assert (made["places"], made["redress"], made["contacts"]) == ([], None, {"consult": None, "complain": None})
    assert made["codes"] == {"basic": "000131", "implementation": None, "handle": None, "local": None}
    assert made["route"]["limits"]["promised"] == {"value": None, "unit": "working_day"}
    assert made["route"]["limits"]["statutory"] == food["route"]["limits"]["statutory"]
    assert made["fees"]["items"][0]["amount"] is None
    assert not any("waiver" in (each.get("basis") or {}) for each in made["materials"])
    assert [each["id"] for each in made["materials"]] == [each["id"] for each in food["materials"]]
    assert (made["code"], made["department"], made["level"]) == ("my-food", "market_regulation", "county")
    assert made["provenance"]["source"] == "甲市：食品经营许可"
    assert food["provenance"]["source"] in made["provenance"]["other_sources"]
    assert made["provenance"]["to_fill"] == localising.to_fill(content)
    assert "route.limits.promised" in made["provenance"]["to_fill"]


@pytest.mark.parametrize("code", sorted(library().items))
def test_every_item_that_ships_can_be_copied_and_is_found_wanting_only_what_is_local(code):
    doc = json.loads(library().items[code].read_text(encoding="utf-8"))
    content = made_of(doc)
    made = localised(content, code=f"x-{code}"[:60])
    listed = found(None, made)
    asked = {each.params["path"] for each in listed if each.key == "items.studio_to_fill"}
    assert asked == set(made["item"]["provenance"]["to_fill"])
    keys = {each.key for each in listed if each.level == "error"} - {each.key for each in found(None, content) if each.level == "error"}
    assert keys <= {"items.unknown_not_declared", "items.basis_without_waiver"}, keys


def test_what_is_filled_in_is_no_longer_asked_for_and_what_is_not_needed_can_be_said_so(food):
    made = localised(made_of(food))
    made["item"]["contacts"]["consult"] = "010-12345678"
    made["item"]["places"] = [{"id": "main", "title": "大厅"}]
    listed = [each for each in found(None, made) if each.key == "items.studio_to_fill"]
    assert {"contacts.consult", "places"}.isdisjoint({each.params["path"] for each in listed})
    (redress,) = [each for each in listed if each.params["path"] == "redress"]
    assert redress.spot == ("item", "redress")
    (mend,) = redress.mends
    from core.items.studio.edits import apply

    after = apply(made, mend.edits).doc
    assert "redress" not in after["item"]["provenance"]["to_fill"]
    assert mend.label("zh") == "这里不用填"


def test_a_code_that_is_none_is_refused(food):
    for code in ("", "有汉字", "a b", "x" * 65):
        with pytest.raises(BadEdit):
            localised(made_of(food), code=code)


def test_what_is_published_is_everybodys_to_copy_and_a_draft_is_nobodys(database, who):
    with database.session() as session:
        draft = drafts.begin(session, FOOD, actor=who["chief"])
        from core.items.studio.edits import Edit

        title = draft.content["item"]["title"]
        drafts.edit(session, draft.id, [Edit("set", ("item", "title"), "还没公开的名称", title)], command_id=new_id(), actor=who["chief"])
        handing.hand_in(session, draft.id, reason="改名", command_id=new_id(), actor=who["chief"])
        model = copying.of_this_hall(session, FOOD)
        assert model.content["item"]["title"] == title, "neither the studio's draft nor the one that waits for review"
        assert "还没公开" not in model.origin.words
        new = drafts.create(session, localised(model.content), department_id=draft.department_id, actor=who["chief"])
        for code in (new.item_code, "no-such-item", "../x", ""):
            with pytest.raises(ItemNotFound):
                copying.of_this_hall(session, code)
        assert [each[0] for each in copying.published(session, "食品")] == [FOOD]
        assert copying.published(session, "还没公开") == []
        assert copying.published(session, "%") == []


def test_a_file_of_another_hall_is_copied_whoever_signed_it(database, food):
    with database.session() as session:
        data = carrying.pack(session, [FOOD])
    (model,) = copying.of_file(data, {}, name="甲市.json", region="甲市")
    assert "签名未验证" in model.origin.words
    assert model.origin.region == "甲市"
    assert re.search("sha256:", model.origin.words)
    (alone,) = copying.of_file(json.dumps(food, ensure_ascii=False).encode("utf-8-sig"), {}, name="x")
    assert alone.content["form"] == library().forms[food["form"]]
    assert alone.origin.region == food["provenance"]["region"]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"3", b"[" * 200_000, b"{}", b'{"item": {}}', b'{"item": {"code": "x"}, "form": {}, "blocks": 3}', "{}".encode("utf-16"),
     b'{"format": "wangting-items/1"}', b'{"format": "wangting-items/1", "items": [{"item": {"code": "x"}}], "signed": {"protected": "x"}}'],
)  # fmt: skip
def test_what_is_no_item_is_refused_in_words(data):
    with pytest.raises(BadInput) as refused:
        copying.of_file(data, {}, name="x")
    for locale in ("zh", "en"):
        assert not refused.value.words(locale).startswith("items.")
        assert "{" not in refused.value.words(locale)


def test_a_copy_can_be_published_once_its_local_content_is_filled_in(database, who, food):
    from core.items.studio.edits import between

    with database.session() as session:
        model = copying.of_this_hall(session, FOOD)
        office = drafts.begin(session, FOOD, actor=who["chief"]).department_id
        draft = drafts.create(session, localised(model.content, level=food["level"]), department_id=office, actor=who["chief"])
        filled = copy.deepcopy(dict(draft.content))
        doc = filled["item"]
        doc["route"]["limits"]["promised"]["value"] = 8
        doc["materials"] = [each | {"basis": food["materials"][place]["basis"]} for place, each in enumerate(doc["materials"])]
        drafts.edit(session, draft.id, between(draft.content, filled), command_id=new_id(), actor=who["chief"])
        handing.hand_in(session, draft.id, reason="新设", command_id=new_id(), actor=who["chief"])
        items.publish(session, "my-food", same_person=True, actor=SYSTEM)
