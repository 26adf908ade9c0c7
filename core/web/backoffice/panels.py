"""The panels of the case page. What a topic – documents, paper custody, an inquiry – shows and offers on a case is one panel: a template and the
function that gathers what it shows. The page knows their places only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.cases.spec import CaseView
from core.items.spec import CompiledItem
from core.web.backoffice import (
    case_licences,
    custody,
    incidents,
    material_history,
    mending,
    moves,
    output,
    papers,
    relatives,
    rungs,
    sheets,
    supplies,
    unchecked,
)

Place = Literal["side", "middle"]
#: What a panel shows of a case, or ``None`` when there is nothing to show and nothing to do.
Gather = Callable[[CaseView, CompiledItem], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: where it stands, its template (under ``office/case/``, which reads ``panel``), and what it shows."""

    place: Place
    template: str
    gather: Gather


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel with its values, ready to be included."""

    place: Place
    template: str
    values: Mapping[str, Any]


#: In the order in which they stand on the page.
PANELS: tuple[Panel, ...] = (
    Panel("side", "incidents.html", incidents.gather),
    Panel("side", "unchecked.html", unchecked.gather),
    Panel("side", "rungs.html", rungs.gather),
    Panel("side", "relay.html", custody.gather),
    Panel("side", "mending.html", mending.gather),
    Panel("side", "moves.html", moves.gather),
    Panel("side", "reception.html", output.gather_reception),
    Panel("side", "output.html", output.gather),
    Panel("middle", "relatives.html", relatives.gather),
    Panel("middle", "sheets.html", sheets.gather),
    Panel("middle", "documents.html", papers.gather),
    Panel("middle", "licences.html", case_licences.gather),
    Panel("middle", "supplies.html", supplies.gather),
    Panel("middle", "material_history.html", material_history.gather),
)


def shown(view: CaseView, compiled: CompiledItem) -> list[Shown]:
    """The panels that have something to show for this case."""
    found = ((panel, panel.gather(view, compiled)) for panel in PANELS)
    return [Shown(panel.place, f"office/case/{panel.template}", values) for panel, values in found if values is not None]
