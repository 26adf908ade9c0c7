"""An entry of the basic catalogue to test with: the city's civil affairs publish the senior card for the counties."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity.models import Department, Division
from core.items.catalogue import service as catalogue
from core.items.library import library, read_json
from core.kernel.actor import Actor
from core.kernel.ids import new_id

CARD = "senior-card"


def card() -> dict[str, Any]:
    """The shipped item with a place of its own."""
    place = {"id": "main", "title": "政务服务中心1层", "address": "示范路1号", "hours": "工作日 9:00—17:00"}
    return {**read_json(library().items[CARD]), "places": [place]}


def an_entry(**changes: Any) -> dict[str, Any]:
    """An entry made from it, with *changes*."""
    item = card()
    doc = {
        "$schema": "https://wangting.example/schemas/catalogue_entry.v1.schema.json", "schema_version": 1, "code": f"99{item['type']}00001000",
        "title": item["title"], "type": item["type"], "authority": "示范市民政局", "implementer": item["department"],
        "basis": [{"id": "b1", "title": "《老年人权益保障法》第五十三条"}], "levels": ["county"],
        "local": ["/places", "/contacts", "/faq", "/words", "/route/limits/promised"], "fixed": ["/places/*/id"], "item": item,
    }  # fmt: skip
    return {**doc, **changes}


def claimed(session: Session, who: Mapping[str, Actor]) -> str:
    """The entry published by the city and claimed by the county, through all their reviews; the code of the county's item, which is a draft."""
    shelf, offices = library(), {division: _office(session, division) for division in ("990100", "990121")}
    asked = catalogue.ask_entry(
        session, an_entry(), forms=shelf.forms, blocks=shelf.blocks, department_id=offices["990100"], reason="统一", command_id=new_id(), actor=who["chief"]
    )
    for login in ("legal", "leader"):
        catalogue.review(session, asked.id, passed=True, words="", command_id=new_id(), actor=who[login])
    asked = catalogue.ask_claim(
        session, str(an_entry()["code"]), department_id=offices["990121"], reason="认领", command_id=new_id(), actor=who["yunling-reviewer"]
    )
    for login in ("legal", "yunling-leader"):
        asked = catalogue.review(session, asked.id, passed=True, words="", command_id=new_id(), actor=who[login])
    return str(asked.item_code)


def _office(session: Session, division: str) -> str:
    query = select(Department.id).join(Division, Division.id == Department.division_id)
    return session.scalars(query.where(Department.code == "civil_affairs", Division.code == division)).one()
