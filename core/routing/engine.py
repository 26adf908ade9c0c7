"""The engine: ``(route, marking, command, facts) → Plan``. Pure; only ``cases`` writes what a plan says."""

from collections.abc import Mapping
from typing import Any

from core.kernel.wording import word
from core.routing.commands import carry_out, open_intake
from core.routing.errors import RouteRefused
from core.routing.facts import known_limit
from core.routing.marking import Command, Marking, Plan
from core.routing.run import Run
from core.routing.spec import RouteSpec


def start(spec: RouteSpec, facts: Mapping[str, Any]) -> Plan:
    """File a case: receipt, the intake task and the departments' checks. Raises :class:`RouteRefused`."""
    run = Run(spec, Marking(), facts)
    if spec.intake.relay is not None:
        raise RouteRefused("routing.not_yet", what=word("routing.word.relay"))
    run.emit("case_filed")
    run.clock("start", "intake", known_limit(spec.intake.limit, facts, word("routing.title.intake")))
    run.documents.append("receipt")
    open_intake(run)
    return run.plan()


def advance(spec: RouteSpec, marking: Marking, command: Command, facts: Mapping[str, Any]) -> Plan:
    """What *command* does to *marking*. Raises :class:`RouteRefused` with words; then nothing happened."""
    run = Run(spec, marking, facts, command.actor)
    carry_out(run, command)
    return run.plan()
