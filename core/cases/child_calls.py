"""Sub-cases beside the engine: the row and the message that begin one, and the messages that follow when a parent or a child ends.

They are written with the command that causes them and carried out after its commit (:mod:`core.cases.service.children`); they hold ids only, the
answers that a parent gives away are sealed in the row.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.cases import sealing
from core.cases.models import CaseChild, table
from core.cases.spec import ENDED
from core.db.together import Rows
from core.keys.keyring import DataKey
from core.outbox import service as outbox
from core.routing.marking import ChildCase, Plan

BEGIN, TOLD, FOLLOW = "case.child", "case.child_ended", "case.children"
#: Ends of a parent that its open sub-cases follow, by their own rule (ROUTING §6, pattern 20): the command that each of them is given.
FOLLOWING: Mapping[str, str] = {"withdrawn": "withdraw", "terminated": "terminate"}


def rows(session: Session, row: Mapping[Any, Any], key: DataKey | None, plan: Plan, at: datetime) -> tuple[Rows, ...]:
    """What *plan* means for sub-cases of the case *row*, and for the parent that waits for it. Nothing for nearly every command."""
    if not plan.children and row["parent_id"] is None and not plan.marking.children:
        return ()
    made = [part for child in plan.children for part in _begun(session, row, key, child, at)]
    status = plan.marking.status
    if plan.marking.children and status in FOLLOWING and status != row["status"]:
        made.append(outbox.sending(session, FOLLOW, {"parent": row["id"]}, key=f"{FOLLOW}/{row['id']}", region_root=row["region_root"]))
    if row["parent_id"] is not None and over(row, plan):
        made.append(outbox.sending(session, TOLD, {"child": row["id"]}, key=f"{TOLD}/{row['id']}", region_root=row["region_root"]))
    return tuple(made)


def over(row: Mapping[Any, Any], plan: Plan) -> bool:
    """Whether this command ended the case for a parent: by the decision, which nothing takes back, or before one."""
    return plan.outcome is not None or (row["outcome"] is None and row["ended_at"] is None and plan.marking.status in ENDED)


def result(row: Mapping[Any, Any]) -> str:
    """How an ended sub-case ended for its parent."""
    return {"grant": "granted", "refuse": "refused"}.get(row["outcome"] or "", "cancelled")


def _begun(session: Session, row: Mapping[Any, Any], key: DataKey | None, child: ChildCase, at: datetime) -> tuple[Rows, ...]:
    assert key is not None, "the answers of a case whose key is gone cannot be given to anybody"
    values = {name: value for name, value in child.values.items() if value is not None}
    made = {
        "parent_id": row["id"], "node": child.node, "visit": child.visit, "region_root": row["region_root"], "item_code": child.item,
        "org": dict(child.org) if isinstance(child.org, Mapping) else child.org, "waits": child.wait, "child_id": None, "result": None,
        "sealed_values": sealing.seal_json(key, row["id"], values), "at": at,
    }  # fmt: skip
    body = {"parent": row["id"], "node": child.node, "visit": child.visit}
    message = outbox.sending(session, BEGIN, body, key=f"{BEGIN}/{row['id']}/{child.node}#{child.visit}", region_root=row["region_root"])
    return Rows(table(CaseChild), [made]), message
