"""What lists and search show of an item, taken from the item once at publication."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.items.spec import JsonObject


def card(doc: JsonObject) -> dict[str, Any]:
    """The small facts of an item for a list row; limits stay JSON so that every language words them itself."""
    english = (doc.get("translations") or {}).get("en") or {}
    limits = doc["route"]["limits"]
    return {
        "short_title": doc.get("short_title") or doc["title"],
        "summary": doc.get("summary") or "",
        "type": doc["type"],
        "level": doc["level"],
        "case_type": doc["case_type"],
        "promised": limits.get("promised"),
        "statutory": limits.get("statutory"),
        "charged": doc["fees"]["charged"],
        "visits": doc["visits"]["times"],
        "online": doc["online"]["apply"],
        "themes": dict(doc.get("themes") or {}),
        "service_objects": list(doc["service_objects"]),
        "life_events": list(doc.get("life_events") or ()),
        "results": [result["title"] for result in doc["results"]],
        "materials": sum(1 for material in doc["materials"] if material["source"]["from"] == "applicant"),
        "en": {key: english[key] for key in ("title", "short_title", "summary") if key in english},
    }


def search_body(doc: JsonObject) -> str:
    """The text an item is found by, beside its title and everyday words: what it is for, what it gives, what it asks."""
    return "\n".join(_texts(doc))


def _texts(doc: Mapping[str, Any]) -> Iterator[str]:
    yield str(doc.get("short_title") or "")
    yield str(doc.get("summary") or "")
    yield from (result["title"] for result in doc["results"])
    yield from (option["title"] for situation in doc.get("situations") or () for option in situation["options"])
    yield from (entry["question"] for entry in doc.get("faq") or ())
    english = (doc.get("translations") or {}).get("en") or {}
    yield from (english[key] for key in ("title", "summary") if key in english)
