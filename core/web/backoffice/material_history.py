"""On the case page: where each material came from, who opened it, and where else it was used – once somebody asks for it (``?materials=all``)."""

from collections.abc import Mapping
from typing import Any

from flask import request

from core.cases import material_history as history
from core.cases.spec import CaseView
from core.identity import queries as people
from core.items.spec import CompiledItem
from core.web import edge
from core.web.backoffice.desk import actor
from core.web.page import say as _


def gather(view: CaseView, _compiled: CompiledItem) -> Mapping[str, Any] | None:
    """The uses of the materials of the case, or the way to them: eight questions that hardly any look at a case needs. No panel without any."""
    if not view.materials and not view.had("evidence_used"):
        return None
    if request.args.get("materials") != "all":
        return {"lines": None, "case_id": view.id}
    session = edge.session()
    uses = history.of_case(session, view.id, actor=actor(), locale=edge.locale())
    names = people.staff_names(session, [each.staff_id for each in uses if each.staff_id])
    return {"lines": [{"use": each, "words": _words(each), "who": names.get(each.staff_id, "")} for each in uses], "case_id": view.id}


def _words(use: history.Used) -> str:
    return {
        "handed": _("申请人交的"),
        "replaced": _("补正时换掉"),
        "library": _("从证照库取用"),
        "fact": _("用了共享信息"),
        "earlier": _("用了以前办件里的文件"),
        "opened": _("打开看过"),
    }[use.what]
