"""On the case page: plugins that have to check this case and cannot be asked – they hold its buttons up, or did not look at it when it was filed."""

from collections.abc import Mapping
from typing import Any

from core.cases.service import plugin_checks
from core.cases.spec import CaseView
from core.items.spec import CompiledItem
from core.web import edge


def gather(view: CaseView, compiled: CompiledItem) -> Mapping[str, Any] | None:
    """What the panel says, while there is something to say. Nothing is asked for items that configure no plugin."""
    session, locale = edge.session(), edge.locale()
    holding, missed = plugin_checks.standing(session, view, compiled)
    waits = bool(holding and view.tasks)
    if not waits and not missed:
        return None
    return {
        "holding": plugin_checks.titles(session, holding)[locale] if waits else "",
        "missed": plugin_checks.titles(session, missed)[locale] if missed else "",
    }
