"""What if: the draft on last month's finished cases, and under the load that is assumed. Nothing is written, so everything stands in the address."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request

from core.cases.service import replaying
from core.identity import queries as people
from core.items.spec import CompiledItem
from core.items.studio import load
from core.items.studio.drafts import Draft
from core.items.studio.load import Assumptions
from core.kernel.errors import BadInput, PlatformError
from core.routing.service import RouteSpec, task_title
from core.web import edge
from core.web.backoffice.desk import actor, at_desk
from core.web.page import say as _
from core.web.studio import charts
from core.web.studio.desk import framed, own
from core.web.studio.testing import playable

blueprint = Blueprint("studio_whatif", __name__, url_prefix="/office/studio/<draft_id>/what-if")


@blueprint.get("/")
@at_desk
def show(draft_id: str) -> str | tuple[str, int]:
    """The two questions; with ``?replay=1`` the answer to the first, with ``?arrivals=`` to the second."""
    draft = own(draft_id)
    try:
        compiled = playable(draft)
    except PlatformError as why:
        return framed("studio/whatif.html", draft, "tests", why=why.words(edge.locale()))
    session, asked = edge.session(), request.args
    measured = replaying.measured(session, draft.item_code, actor=actor())
    titles = people.department_titles(session, edge.scope())
    context: dict[str, Any] = {
        "pools": load.pools(compiled, titles, edge.locale()), "minutes": _places(compiled), "measured": measured, "given": asked, "days": replaying.DAYS,
        "arrivals": round(measured.arrivals, 1) or 5, "found": None, "load": None, "error": None, "status": 200, "most": replaying.MOST,
    }  # fmt: skip
    if asked.get("replay"):
        context["found"] = replaying.replay(session, compiled, actor=actor())
    if asked.get("arrivals"):
        try:
            context["load"] = load.simulate(compiled, _assumed(compiled, asked, measured), departments=titles, locale=edge.locale())
        except PlatformError as error:
            context["error"] = error.words(edge.locale())
    return _page(draft, context)


def _page(draft: Draft, context: dict[str, Any]) -> str | tuple[str, int]:
    found = context["load"]
    if found is not None:
        context["queues"] = [(pool, charts.line(_("排队件数：%(who)s", who=pool.who), pool.queue, unit=_("天"))) for pool in found.pools]
        late = [(step.title, step.over) for step in found.steps if step.over is not None]
        context["late"] = charts.shares(_("各环节超过时限的比例"), late)
    made = framed("studio/whatif.html", draft, "tests", **context)
    return (made, 422) if context["error"] else made


def _places(compiled: CompiledItem) -> list[tuple[str, str, float]]:
    """(place, title, minutes of work) of everything that people of the hall do."""
    route, words = compiled.route, {"intake": _("受理"), "delivery": _("送达")}
    return [(place, words.get(place) or _title(route, place), minutes) for place, minutes in load.defaults(compiled).items()]


def _title(route: RouteSpec, place: str) -> str:
    node = route.nodes.get(f"review.{place}")
    return task_title(route, node.path, node.title, edge.locale()) if node is not None else _("材料核对")


def _assumed(compiled: CompiledItem, asked: Mapping[str, str], measured: replaying.Measured) -> Assumptions:
    staff = {key: int(_number(asked, f"staff.{key}", 1)) for key in load.pools(compiled)}
    minutes = {place: _number(asked, f"minutes.{place}", usual) for place, _title, usual in _places(compiled)}
    odds = measured.odds if asked.get("odds") == "measured" else {}
    return Assumptions(_number(asked, "arrivals", 5), int(_number(asked, "days", 60)), staff, minutes, odds, seed=int(_number(asked, "seed", 1)))


def _number(asked: Mapping[str, str], name: str, otherwise: float) -> float:
    """A figure of the address. Raises :class:`BadInput` for what is none."""
    text = asked.get(name, "").strip()
    if not text:
        return otherwise
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1_000_000:
        raise BadInput("items.studio_load_numbers", most=load.MOST_STAFF)
    return value
