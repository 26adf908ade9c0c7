"""全域通办: the competent authority is found from what the form says, and the gate refuses a setting under which nobody would decide."""

from typing import Any

import pytest

from core.forms.service import compile_form
from core.items import anywhere
from core.items.fields import places_of_authority, points_of_the_form
from core.items.lint.anywhere import anywhere_is_wider_than_the_item
from core.items.spec import Offer

CITY, QINGHE, YUNLING = "/990100/", "/990100/990102/", "/990100/990121/"
OFFERS = (
    Offer("d-city", "市监局", "city", CITY, "示范市"),
    Offer("d-qinghe", "青禾区市监局", "qinghe", QINGHE, "青禾区"),
    Offer("d-yunling", "云岭县市监局", "yunling", YUNLING, "云岭县"),
)
PATHS = {"990100": CITY, "990102": QINGHE, "990121": YUNLING, "990121101": YUNLING + "990121101/", "880000": "/880000/"}
DOC: dict[str, Any] = {
    "level": "county", "online": {"apply": True}, "anywhere": {"within": "city", "modes": ["online", "collect"], "authority": "place"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "owner"),
    [
        ("990102", "d-qinghe"),
        ("990121101", "d-yunling"),  # a town lies with its county
        ("990100", "d-city"),
        ("示范市青禾区一中路1号", "d-qinghe"),
        ("示范市", "d-city"),
        ("湖南省长沙市", None),
        ("880000", None),
        ("999999", None),
        ("", None),
        ("青禾区和云岭县", None),  # both: asked, not guessed
    ],
)
def test_the_nearest_department_of_the_place_is_competent_and_nobody_is_guessed(said: str, owner: str | None) -> None:
    found = anywhere.competent(OFFERS, said, PATHS.get)
    assert (found.department_id if found is not None else None) == owner


def test_the_place_is_a_division_an_address_or_nothing_yet() -> None:
    assert anywhere.place(DOC, {"place": "990102"}) == "990102"
    assert anywhere.place(DOC, {"place": {"region": "990121", "detail": "一中路1号"}}) == "990121"
    assert anywhere.place(DOC, {"place": {"detail": "示范市青禾区一中路1号"}}) == "示范市青禾区一中路1号"
    assert anywhere.place(DOC, {"place": None}) == anywhere.place(DOC, {}) == anywhere.place({}, {"place": "990102"}) == ""


def test_a_citizen_and_a_clerk_take_it_in_by_the_modes_that_the_item_opens() -> None:
    only = {"anywhere": {**DOC["anywhere"], "modes": ["joint"]}}
    assert (anywhere.mode_of(DOC, "web"), anywhere.mode_of(DOC, "window")) == ("online", "collect")
    assert (anywhere.mode_of(only, "web"), anywhere.mode_of(only, "window")) == (None, "joint")
    assert anywhere.mode_of({}, "web") is None


def form(place: dict[str, Any]) -> Any:
    return compile_form(
        {
            "id": "f", "title": "表", "type": "object", "properties": {"place": place, "name": {"type": "string", "title": "姓名"}}, "required": [],
            "ui": {"pages": [{"id": "p", "title": "页", "sections": [{"id": "s", "title": "段", "fields": ["place", "name"]}]}]},
        }
    )  # fmt: skip


def keys(found: Any) -> list[str]:
    return [each.key for each in found]


def test_the_gate_wants_a_field_that_says_a_place_with_a_department_in_each_of_its_choices() -> None:
    listed = {"type": "string", "title": "经营场所所在地", "ui": {"field": "choice"}}
    good = {**listed, "oneOf": [{"const": "990102", "title": "青禾区"}, {"const": "990121101", "title": "临溪镇"}]}
    assert keys(places_of_authority(DOC, form(good), PATHS, (QINGHE, YUNLING))) == []
    assert keys(places_of_authority(DOC, form(good), PATHS, (QINGHE,))) == ["items.anywhere_nobody_there"]
    odd = {**listed, "oneOf": [{"const": "990102", "title": "青禾区"}, {"const": "123456", "title": "无名区"}]}
    assert keys(places_of_authority(DOC, form(odd), PATHS, (CITY,))) == ["items.anywhere_unknown_division"]
    assert keys(places_of_authority(DOC, form({"type": "string", "title": "姓名"}), PATHS, (CITY,))) == ["items.anywhere_no_place"]
    gone = {**DOC, "anywhere": {**DOC["anywhere"], "authority": "nowhere"}}
    assert keys(places_of_authority(gone, form(good), PATHS, (CITY,))) == ["items.field_missing"]
    assert keys(places_of_authority({}, form(good), PATHS, ())) == []


def test_the_region_is_wider_than_the_level_and_online_only_where_the_item_is() -> None:
    assert keys(anywhere_is_wider_than_the_item(DOC)) == []
    assert keys(anywhere_is_wider_than_the_item({**DOC, "level": "city"})) == ["items.anywhere_narrow"]
    assert keys(anywhere_is_wider_than_the_item({**DOC, "online": {"apply": False}})) == ["items.anywhere_not_online"]


def test_a_point_of_a_rule_sheet_names_a_field_that_the_form_has() -> None:
    sheet = {"rule_sheets": {"intake": {"points": [{"id": "a", "text": "看", "field": "name"}, {"id": "b", "text": "看", "field": "gone"}]}}}
    made = form({"type": "string", "title": "地区", "ui": {"field": "region"}})
    assert [(each.path, each.key) for each in points_of_the_form(sheet, made)] == [("/rule_sheets/intake/points/1/field", "items.field_missing")]
