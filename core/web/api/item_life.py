"""The life of items and the catalogue over the API: ask, review, read – with the same rules and the same idempotency as the pages."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from core.items.catalogue import reading
from core.items.catalogue import service as catalogue
from core.items.library import library
from core.items.studio import naming
from core.kernel.actor import Actor
from core.kernel.errors import BadInput
from core.web import edge
from core.web.api.operation import operation, staff
from core.web.api.plain import plain

_ASK = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["change", "suspend", "resume", "end", "delegate", "transfer", "adopt", "object"]},
        "reason": {"type": "string", "minLength": 1, "maxLength": 2000},
        "document": {"type": "object", "description": "change: the item; absent: its draft"},
        "until": {"type": "string", "format": "date", "description": "suspend: the day it is expected to go on"},
        "to": {"type": "array", "items": {"type": "string", "format": "uuid"}, "maxItems": 200, "description": "delegate: departments; transfer: one"},
    },
    "required": ["kind", "reason"],
    "additionalProperties": False,
}
_CLAIM = {
    "type": "object",
    "properties": {"department": {"type": "string", "format": "uuid"}, "reason": {"type": "string", "minLength": 1, "maxLength": 2000}},
    "required": ["department", "reason"],
    "additionalProperties": False,
}
_ENTRY = {
    "type": "object",
    "properties": {
        "department": {"type": "string", "format": "uuid"},
        "upward": {"type": "boolean", "description": "apply to the department of the same kind above"},
        "document": {"type": "object", "description": "catalogue_entry.v1"},
        "reason": {"type": "string", "minLength": 1, "maxLength": 2000},
    },
    "required": ["department", "document", "reason"],
    "additionalProperties": False,
}
_REVIEW = {
    "type": "object",
    "properties": {"verdict": {"enum": ["pass", "return"]}, "words": {"type": "string", "maxLength": 2000}},
    "required": ["verdict"],
    "additionalProperties": False,
}


def _me() -> Actor:
    return Actor("staff", staff().id)


@operation("GET", "/item-requests", "Requests in the life of items on whose way the caller has a post", auth="staff")
def list_item_requests() -> dict[str, Any]:
    """The newest requests."""
    return {"requests": plain(reading.seen(edge.session(), staff()))}


@operation("GET", "/item-requests/{request_id}", "One request: reason, document, reviews, and what it would change in words", auth="staff")
def show_item_request(request_id: str) -> dict[str, Any]:
    """One request."""
    view, row = reading.one(edge.session(), request_id, staff())
    locale = edge.locale()
    changes = [{**change.to_json(), "words": change.words(locale)} for change in reading.changes(edge.session(), row, naming.of_items)]
    return {**plain(view), "document": reading.document(row), "changes": plain(changes)}


@operation(
    "POST", "/item-requests/{request_id}/reviews", "Take the step that a request waits for; the last one carries it out", auth="staff", body=_REVIEW, key=True
)
def review_item_request(request_id: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Pass on or return."""
    made = catalogue.review(edge.session(), request_id, passed=body["verdict"] == "pass", words=body.get("words", ""), command_id=key, actor=_me())
    found: dict[str, Any] = plain(made)
    return found


@operation("POST", "/items/{code}/requests", "Ask for a step in the life of an item", auth="staff", body=_ASK, status=201, key=True)
def ask_for_item(code: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Change, suspend, resume, end, delegate down, transfer, accept or object to a change of the catalogue."""
    session, kind = edge.session(), body["kind"]
    reading.item(session, code, staff())
    common: dict[str, Any] = {"reason": body["reason"], "command_id": key, "actor": _me()}
    if kind == "change":
        made = catalogue.ask_change(session, code, doc=body.get("document"), **common)
    elif kind == "delegate":
        made = catalogue.ask_delegate(session, code, to=body.get("to", ()), **common)
    elif kind == "transfer":
        made = catalogue.ask_transfer(session, code, to=next(iter(body.get("to", ())), ""), **common)
    elif kind in ("adopt", "object"):
        made = (catalogue.ask_adopt if kind == "adopt" else catalogue.ask_objection)(session, code, **common)
    else:
        made = catalogue.ask_state(session, code, kind, until=_day(body.get("until")), **common)
    found: dict[str, Any] = plain(made)
    return found


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadInput("web.bad_days") from error


@operation("GET", "/catalogue", "Entries of the basic catalogue and how the claimed items agree with them", auth="staff")
def list_catalogue() -> dict[str, Any]:
    """Entries and the report on sameness (四级四同)."""
    session = edge.session()
    return {"entries": plain(catalogue.entries(session)), "sameness": plain(catalogue.sameness(session))}


@operation("POST", "/catalogue", "Ask for an entry: published by the department, or applied for upward", auth="staff", body=_ENTRY, status=201, key=True)
def ask_for_entry(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A new entry or a new version of one."""
    shelf = library()
    made = catalogue.ask_entry(
        edge.session(), body["document"], forms=shelf.forms, blocks=shelf.blocks, department_id=body["department"], upward=body.get("upward", False),
        reason=body["reason"], command_id=key, actor=_me(),
    )  # fmt: skip
    found: dict[str, Any] = plain(made)
    return found


@operation("POST", "/catalogue/{code}/claims", "Claim an entry for a department of the caller's", auth="staff", body=_CLAIM, status=201, key=True)
def claim_entry(code: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """认领."""
    made = catalogue.ask_claim(edge.session(), code, department_id=body["department"], reason=body["reason"], command_id=key, actor=_me())
    found: dict[str, Any] = plain(made)
    return found
