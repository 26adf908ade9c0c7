"""On the case page: what happens by itself and when, why a clock stands still, and what was late – which no page ever takes back."""

from collections.abc import Mapping
from typing import Any

from core.cases.spec import CaseView, ClockView
from core.items.spec import CompiledItem
from core.web.page import say as _


def gather(view: CaseView, compiled: CompiledItem) -> Mapping[str, Any] | None:  # noqa: ARG001 – every panel is asked alike
    """Clocks that live or were late, the one that acts first on top; no panel when there is none."""
    told = [clock for clock in view.clocks if clock.next_rung or clock.held_by or clock.overdue_at]
    if not told:
        return None
    far = max((clock.next_rung_at.timestamp() for clock in told if clock.next_rung_at is not None), default=0.0) + 1
    told.sort(key=lambda clock: (clock.next_rung_at.timestamp() if clock.next_rung_at is not None else far, clock.name))
    return {"clocks": [{"view": clock, **_light(clock)} for clock in told]}


def _light(clock: ClockView) -> dict[str, str]:
    lights = {"red": ("r", _("已超期")), "yellow": ("y", _("快到期")), "paused": ("p", _("暂停"))}
    css, words = lights.get(clock.light, ("g", _("时间够")))
    return {"css": css, "words": words}
