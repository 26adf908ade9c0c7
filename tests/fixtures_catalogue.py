"""An entry of the basic catalogue to test with: the city's civil affairs publish the senior card for the counties."""

from typing import Any

from core.items.library import library, read_json

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
