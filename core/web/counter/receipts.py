"""The receipt of a desk: printed for the applicant, with the query code and its QR on the day of filing."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from core.cases import desk as desk_cases
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page
from core.web.counter.receiving import blueprint, desks
from core.web.page import day
from core.web.page import say as _
from core.web.portal import receipt_view
from core.web.site import site


@blueprint.get("/cases/<case_id>/receipt")
@at_desk
def receipt(case_id: str) -> str:
    """The receipt of a case that I or my desk filed; another's does not exist."""
    desks()
    found, code = desk_cases.case_at_desk(edge.session(), case_id, actor=actor(), locale=edge.locale())
    shown = receipt_view.shown(found, code)
    context = {"layout": "office/counter_frame.html", "devices": site().config.devices, "lines": _lines(shown)}
    return desk_page("office/counter_receipt.html", nav_here="counter", r=shown | {"case_href": url_for("counter.home")}, **context)


def _lines(shown: Mapping[str, Any]) -> list[str]:
    """The slip for the receipt printer."""
    lines = [_("收件凭证"), str(shown["title"]), str(shown["applicant"]), _("办件编号") + " " + str(shown["number"])]
    if shown["query_code"]:
        lines.append(_("查询码") + " " + str(shown["query_code"]))
    if shown["due"]:
        lines.append(_("最晚 %(day)s", day=day(shown["due"], edge.locale())) + " " + str(shown["due_words"]).split("。")[0] + "。")
    return lines
