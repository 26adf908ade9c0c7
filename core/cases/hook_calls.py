"""Automatic steps of a route: the message that calls a plugin's hook, and how long to wait between tries. What it answered: :mod:`core.cases.results`."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from core.db.together import Rows
from core.outbox import service as outbox
from core.routing.marking import Plan
from core.routing.spec import Node

TOPIC = "case.hook"
#: Where the route does not say how often to try.
TRIES, FIRST, MOST = 5, timedelta(seconds=30), timedelta(hours=1)
#: What an answer may hold at most (characters of JSON).
LONGEST = 16_000
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}


def calls(session: Session, case_id: str, region_root: str, plan: Plan) -> tuple[Rows, ...]:
    """A message for each hook that *plan* calls: after the commit, never inside it (ROUTING §9.2). It holds ids only."""
    return tuple(
        outbox.sending(session, TOPIC, body(case_id, event.body["no"], 1, event.body["hook"]), key=key(case_id, event.body["no"], 1), region_root=region_root)
        for event in plan.events
        if event.kind == "hook_called"
    )


def body(case_id: str, no: int, attempt: int, hook: str) -> dict[str, Any]:
    """What the message of one try says; *hook* is ``<plugin>.<ability>``."""
    return {"case": case_id, "no": no, "attempt": attempt, "plugin": hook.partition(".")[0]}


def key(case_id: str, no: int, attempt: int) -> str:
    """One message a try, whoever sends it."""
    return f"{TOPIC}/{case_id}/{no}/{attempt}"


def tries(node: Node) -> int:
    """How often the plugin is asked before a person takes over."""
    return int(node.retry.get("tries", TRIES))


def pause(node: Node, attempt: int) -> timedelta:
    """How long to wait after the failed try number *attempt*: twice as long each time, up to the most."""
    said = node.retry
    first, most = _span(said.get("first"), FIRST), _span(said.get("most"), MOST)
    factor: int = 2 ** min(attempt - 1, 16)
    wait: timedelta = min(first * factor, max(first, most))
    return wait


def _span(said: str | None, plain: timedelta) -> timedelta:
    return timedelta(**{_UNITS[said[-1]]: int(said[:-1])}) if said else plain
