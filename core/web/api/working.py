"""Staff over the API: the worklist, a case, a button."""

from collections.abc import Mapping
from typing import Any

from flask import request

from core.cases import queries
from core.cases import service as cases
from core.kernel.actor import Actor
from core.web import edge
from core.web.api.operation import operation, staff
from core.web.api.plain import plain

_HIDDEN = frozenset({"marking", "version_id", "query_code"})
_ACTION = {
    "type": "object",
    "properties": {
        "action": {"type": "string", "maxLength": 64},
        "reason": {"type": "string", "maxLength": 4000},
        "opinion": {"type": "string", "maxLength": 4000},
        "data": {
            "type": "object",
            "description": "request_correction: {fields: {path: reason}, materials: {id: reason}}; decline: {disposition}; deliver: {way}",
        },
    },
    "required": ["action"],
    "additionalProperties": False,
}


def _me() -> Actor:
    return Actor("staff", staff().id)


@operation("GET", "/tasks", "Open tasks of the caller's posts, soonest due first", auth="staff", query={"after": "cursor", "item": "item code", "node": "step"})
def list_tasks() -> dict[str, Any]:
    """The worklist."""
    filters = queries.Filters(item=request.args.get("item") or None, node=request.args.get("node") or None)
    batch = queries.worklist(edge.session(), staff().posts, staff_id=staff().id, filters=filters, cursor=request.args.get("after") or None)
    return {"tasks": plain(batch.rows), "next": batch.next}


@operation("GET", "/tasks/{case_id}", "The case behind a task; the look is recorded", auth="staff")
def show_task(case_id: str) -> dict[str, Any]:
    """A case as staff sees it."""
    view = queries.case_for_staff(edge.session(), case_id, actor=_me(), locale=edge.locale())
    found: dict[str, Any] = plain(view, _HIDDEN)
    return found


@operation("POST", "/tasks/{case_id}/{int:no}/actions", "Press a button of an open task", auth="staff", body=_ACTION, key=True)
def press_button(case_id: str, no: int, body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Act, claim or release."""
    session, name = edge.session(), body["action"]
    if name in ("claim", "release"):
        result = (cases.claim if name == "claim" else cases.release)(session, case_id, no, command_id=key, actor=_me())
    else:
        result = cases.act(
            session, case_id, no, name, reason=body.get("reason"), opinion=body.get("opinion"), data=body.get("data"), command_id=key, actor=_me()
        )
    found: dict[str, Any] = plain(result)
    return found
