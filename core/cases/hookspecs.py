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


@hookspec
def case_changed(change: CaseChange) -> None:
    """A command was carried out.

    *When* after the commit, from the outbox, once for each plugin. *Transaction* one of its own; rolled back when the hook raises.
    *Returns* nothing. *On error* tried again with growing pauses, counted, and the plugin is set aside in the end. *Since* 0.1.
    """
