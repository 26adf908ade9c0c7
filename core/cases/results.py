"""What plugins and sub-cases answered, as facts for rules: ``<node id>.result``. Kept sealed in the chain before it is used.

Event ``hook_result`` or ``child_result`` holds node and visit; the values – they may be personal – are sealed beside it under the case's key.
"""

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases import sealing
from core.cases.models import CaseEvent, table
from core.keys.keyring import DataKey
from core.routing.marking import Marking
from core.routing.spec import RouteSpec

HOOK, CHILD = "hook_result", "child_result"
_event = table(CaseEvent).c


def answers(session: Session, case_id: str, key: DataKey | None, route: RouteSpec, marking: Marking) -> dict[str, Any]:
    """``<node id>.result`` of every automatic step and sub-case that answered, the last visit's. Nothing is asked until such a node was entered."""
    if not any(node is not None and node.kind in ("auto", "subcase") for node in map(route.nodes.get, marking.visits)):
        return {}
    query = select(_event.kind, _event.body, _event.sealed).where(_event.case_id == case_id, _event.kind.in_((HOOK, CHILD, "definition_changed")))
    found: dict[str, Any] = {}
    for row in session.execute(query.order_by(_event.seq)):
        body = json.loads(row.body)
        if row.kind == "definition_changed":  # the case was moved: its nodes have the names of the new version
            found = {body["map"].get(path, path): said for path, said in found.items()}
            continue
        said = (sealing.open_json(key, case_id, row.sealed) or {}).get("value") or {}
        if "result" in said:
            found[body["node"]] = json.loads(said["result"])
    return {route.nodes[path].id: {"result": said} for path, said in found.items() if path in route.nodes}
