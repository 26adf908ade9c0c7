"""村镇县接力: agents pass papers up the levels to the authority, a level may say whether they are complete, paper changes hands in a ledger of its own.

The way is stored in the case when the papers set out, so the result returns along it even when the offices were reorganised meanwhile.
"""

from collections.abc import Mapping
from typing import Any

from core.kernel.wording import word
from core.routing.errors import RouteRefused
from core.routing.facts import known_limit
from core.routing.guards import acting, refuse
from core.routing.marking import Command, CustodyOp, OpenTask, Relayed
from core.routing.receiving import ask_to_amend, found_missing, open_intake, receive
from core.routing.run import Run
from core.routing.spec import Holders, Relay
from core.worktime.spec import Limit

#: How long a level may keep paper where the route does not say: village to town 2 working days, town to department 4.
PAPER: Mapping[str, Limit] = {"village": Limit(2), "town": Limit(4)}
FORWARD = "pass_on"


def relayed_from(run: Run) -> str | None:
    """The level at which the papers were handed to an agent (``facts["relay"]["level"]``); ``None`` when they went straight to the authority."""
    relay, given = run.spec.intake.relay, run.facts.get("relay")
    level = given.get("level") if isinstance(given, Mapping) else None
    if relay is None or level is None or level == relay.chain[-1]:
        return None
    if level not in relay.chain:
        raise RouteRefused("routing.no_such_level", level=word(f"routing.level.{level}"))
    return str(level)


def open_relay(run: Run, level: str) -> None:
    """The papers set out from *level*. ``facts["relay"]["way"]`` names the department of each level: ``{"village": id, "town": id, …}``."""
    relay = _relay(run)
    named = run.facts["relay"].get("way")
    way: Mapping[str, Any] = named if isinstance(named, Mapping) else {}
    legs = [[each, way.get(each)] for each in relay.chain[relay.chain.index(level) :]]
    run.emit("relay_opened", level=level, way=legs, custody=relay.custody)
    _open_level(run, level)


def _relay(run: Run) -> Relay:
    assert run.spec.intake.relay is not None
    return run.spec.intake.relay


def _way(run: Run) -> Relayed:
    assert run.marking.relay is not None
    return run.marking.relay


def _open_level(run: Run, level: str) -> None:
    relay, department = _relay(run), dict(_way(run).way).get(level)
    path = f"intake.relay.{level}"
    visit = run.marking.visits.get(path, 0) + 1
    run.emit("node_entered", node=path, visit=visit)
    title = word("routing.title.relay", level=word(f"routing.level.{level}"))
    holders = relay.holders
    if holders.org == "level":
        holders = Holders(holders.role, {"id": department} if department else {"region": level}, holders.exclude, holders.pick)
    run.open_task(path, "relay", title, holders, _within(run, level), "intake", visit=visit)
    if level == relay.starts_clock_at and level not in relay.precheck_at:
        receive(run)


def relay_actions(spec_relay: Relay, way: Relayed, level: str) -> tuple[str, ...]:
    """The buttons at *level*: a level that checks says whether the papers are complete, any other passes them on."""
    if level not in spec_relay.precheck_at:
        return (FORWARD,)
    return ("complete",) if level in way.told else ("complete", "missing")


def act_on_relay(run: Run, task: OpenTask, command: Command) -> None:
    """An agent passes the papers on, or a level that may check answers whether they are complete – never the case itself."""
    refuse(acting(run.spec, run.marking, task, run.facts, run.actor))
    relay, level = _relay(run), task.node.rpartition(".")[2]
    if command.action not in relay_actions(relay, _way(run), level):
        raise RouteRefused("routing.unknown_action", action=command.action)
    if command.action == FORWARD:
        run.close_task(task, FORWARD, by=run.actor)
        _pass_on(run, level)
        return
    fields, materials = found_missing(command)
    run.close_task(task, command.action or "", by=run.actor)
    run.emit("relay_checked", level=level, result=command.action, fields=fields, materials=materials)
    if command.action == "missing":
        ask_to_amend(run, task.node, fields, materials)
        return
    if level == relay.starts_clock_at:
        receive(run)
    _pass_on(run, level)


def amended_at_level(run: Run, where: str) -> None:
    """What was missing is there: the level that asked looks again; it may not ask a second time."""
    _open_level(run, where.rpartition(".")[2])


def _pass_on(run: Run, level: str) -> None:
    relay, following = _relay(run), _relay(run).after(level)
    arrived = following == relay.chain[-1]
    run.emit("relay_passed", level=level, to=following, arrived=arrived)
    if relay.custody != "none":
        limit = _within(run, level) if relay.custody == "required" else None
        run.custody.append(CustodyOp("hand_over", level, following, dict(_way(run).way).get(following), limit, relay.custody))
    if arrived:
        receive(run)
        open_intake(run)
    else:
        _open_level(run, following)


def _within(run: Run, level: str) -> Limit | None:
    """How long *level* may keep what it was handed."""
    return known_limit(_relay(run).within.get(level), run.facts, word("routing.title.paper")) or PAPER.get(level)


def way_back(relayed: Relayed | None) -> tuple[tuple[str, str | None], ...]:
    """The stations of the result on its way back: (level, department id), the authority first; empty when nothing was relayed."""
    return relayed.way[::-1] if relayed is not None else ()
