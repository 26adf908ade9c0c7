"""What a receipt says: number, query code and QR, what was handed in, and by which day an answer is due, counted out."""

from typing import Any

from flask import url_for
from markupsafe import Markup

from core.cases import clocks
from core.cases import queries as case_queries
from core.cases.spec import CaseView
from core.guides.draw import qr_svg
from core.items import queries as items
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.kernel.clock import local
from core.kernel.ids import group_code
from core.web import edge
from core.web.daysheet import clock_sheet
from core.web.page import say
from core.web.portal import case_view, papers


def shown(found: CaseView, query_code: str | None) -> dict[str, Any]:
    """The receipt of a case; without *query_code* it has no QR."""
    session, locale = edge.session(), edge.locale()
    compiled = items.load(session, found.version_id)
    clock = next((each for each in found.clocks if each.name == "intake"), None) or case_view.leading_clock(found.clocks)
    follow = url_for("progress.show", code=query_code, _external=True) if query_code else None
    due_words = say("答复是否受理。") if clock is not None and clock.name == "intake" else say("办完。")
    return {
        "title": str(Reader(compiled.doc, locale)("title", compiled.title)),
        "applicant": found.applicant,
        "number": found.number,
        "query_code": group_code(query_code) if query_code else None,
        "submitted_at": found.submitted_at,
        "stamp_day": f"{local(found.submitted_at):%Y.%m.%d}",
        "materials": _handed_words(found, compiled),
        "digest": found.history[0].digest,
        "due": clock.due if clock is not None else None,
        "due_words": due_words + ("".join(clock.sentences) if clock is not None else ""),
        "sheet": clock_sheet(clock, clocks.calendar(session), locale, say("提交")) if clock is not None else None,
        "provisional": clock.provisional if clock is not None else False,
        "steps": [case_view.step(each, locale) for each in case_queries.timeline(session, found, locale=locale)],
        "qr": Markup(qr_svg(follow)) if follow else None,  # noqa: S704 – drawn by segno
        "case_href": url_for("cases.show", case_id=found.id),
        "phone": case_view.phone(session, found),
    }


def _handed_words(found: CaseView, compiled: CompiledItem) -> str:
    counts: dict[str, int] = {}
    for one in found.materials:
        title = papers.title_by_id(compiled, one.material)
        counts[title] = counts.get(title, 0) + 1
    return say("、").join(title if n == 1 else say("%(title)s %(n)s 份", title=title, n=n) for title, n in counts.items())
