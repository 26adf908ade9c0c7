"""去补齐: the agent who photographed an inhabitant's papers brings what was asked for – the citizens' own page of a correction, at the agent's desk."""

from typing import Any

from flask import Blueprint

from core.cases import queries
from core.cases.spec import CaseView
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page
from core.web.portal.correcting import Mender, asked_page, mended

blueprint = Blueprint("mending", __name__, url_prefix="/office/cases")


def _asked(case_id: str) -> tuple[CaseView, Mender]:
    """A case that asks the reader's own post for something. Raises :class:`NotFound` for every other."""
    if not is_id(case_id):
        raise NotFound
    view = queries.case_for_staff(edge.session(), case_id, actor=actor(), locale=edge.locale())
    if not any(task.mine and task.kind == "correction" for task in view.tasks):
        raise NotFound
    home = f"/office/cases/{view.id}"
    return view, Mender(
        actor(), ("staff", actor().id), home, lambda material: f"{home}/materials/{material}", "office/mend.html", _page, scripted=False,
    )  # fmt: skip


def _page(template: str, **shown: Any) -> str:
    return desk_page(template, nav_here="worklist", **shown)


@blueprint.get("/<case_id>/mend")
@at_desk
def mend(case_id: str) -> Any:
    """What was asked for, ready to be photographed and filled in."""
    return asked_page(*_asked(case_id))


@blueprint.post("/<case_id>/mend")
@at_desk
def mend_sent(case_id: str) -> Any:
    """Hand in what was asked for; everything else stays as it is whatever the browser sends."""
    return mended(*_asked(case_id))
