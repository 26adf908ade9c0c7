"""The engine: ``(route, marking, command, facts) → Plan``. Pure; only ``cases`` writes what a plan says."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.routing.commands import carry_out
from core.routing.filing import file
from core.routing.marking import Command, Marking, Plan, RouteEvent
from core.routing.run import Run
from core.routing.spec import RouteSpec


def start(spec: RouteSpec, facts: Mapping[str, Any]) -> Plan:
    """File a case: at an agent's (``facts["relay"]``), for a pre-review (``facts["pre_review"]``), or at the authority, which gives a receipt.

    Raises :class:`RouteRefused`.
    """
    run = Run(spec, Marking(), facts)
    file(run)
    return run.plan()


def advance(spec: RouteSpec, marking: Marking, command: Command, facts: Mapping[str, Any], *, history: Sequence[RouteEvent] = ()) -> Plan:
    """What *command* does to *marking*. Raises :class:`RouteRefused` with words; then nothing happened.

    Only ``take_back`` reads *history*: every event of the case so far, oldest first.
    """
    run = Run(spec, marking, facts, command.actor, tuple(history))
    carry_out(run, command)
    return run.plan()
