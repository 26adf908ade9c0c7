"""What plugins hear of cases. Handed to the plugin host by the composition root."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.pluginhost.host import hookspec


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One command that was carried out on a case: what it is, where it stands now, and the events (kind, body without personal values)."""

    case_id: str
    number: str
    item_code: str
    version_id: str
    department_id: str
    status: str
    outcome: str | None
    events: Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class StepCall:
    """An automatic step that waits for an answer: which ability of the plugin is asked, and copies of the values that the route declares to give.

    ``visit`` counts how often the case came to the step; with the case and the node it names the call for ever, so that a repeated one is known.
    """

    case_id: str
    number: str
    item_code: str
    node: str
    visit: int
    ability: str
    values: Mapping[str, Any]


@hookspec
def run_step(call: StepCall) -> Mapping[str, Any] | None:
    """Do the automatic step of a case.

    *When* after the commit, from the outbox; only the plugin that the route names is asked. *Transaction* the message's. *Returns* plain JSON, which
    is kept sealed in the case before it is used: rules read it as ``<node id>.result``; ``None`` counts as no answer. *On error* tried again with
    growing pauses, as often as the route says; then the step that a person does is opened. The same call may come twice. *Since* 0.1.
    """


@hookspec
def case_changed(change: CaseChange) -> None:
    """A command was carried out.

    *When* after the commit, from the outbox, once for each plugin. *Transaction* one of its own; rolled back when the hook raises.
    *Returns* nothing. *On error* tried again with growing pauses, counted, and the plugin is set aside in the end. *Since* 0.1.
    """
