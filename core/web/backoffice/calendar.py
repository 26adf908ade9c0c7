"""The working calendar: every year as months, and the door through which the yearly notice comes in."""

import calendar as months
import json
from datetime import date
from typing import Any

from flask import redirect, request
from flask_appbuilder import BaseView, expose, has_access
from sqlalchemy import select
from werkzeug.wrappers import Response

from core.cases import service as cases
from core.kernel.clock import today
from core.kernel.errors import BadInput
from core.schemas import service as schemas
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.page import say as _
from core.worktime import service as worktime
from core.worktime.models import CalendarYear
from core.worktime.spec import Limit


def month_grid(year: int, month: int, working: Any) -> list[list[tuple[str, str, str]]]:
    """Weeks of (day number, css class, words) for one month; days of the neighbours are empty."""
    return [[_cell(day, month, working) for day in week] for week in months.Calendar().monthdatescalendar(year, month)]


def _cell(day: date, month: int, working: Any) -> tuple[str, str, str]:
    if day.month != month:
        return "", "", ""
    special = working.days.get(day)
    if special is not None:
        return str(day.day), special.kind, special.name
    return str(day.day), "" if day.weekday() < 5 else "off", ""


#: The longest budgets of the shipped items reach about a quarter of a year.
LONGEST = (Limit(3, "month"),)


class CalendarView(BaseView):  # type: ignore[misc]
    """Months of a year; import of a year's notice."""

    route_base = "/office/calendar"
    default_view = "show"
    class_permission_name = "CalendarView"

    @expose("/")
    @has_access
    @at_desk
    def show(self) -> str:
        """The current year, or ``?year=``."""
        return self._page()

    @expose("/import", methods=["POST"])
    @has_access
    @at_desk
    def bring_in(self) -> str | Response:
        """Enter a notice; every open clock is projected again. On a mistake everything is said and nothing is written."""
        text = request.form.get("notice", "")
        session = edge.session()
        try:
            notice = worktime.import_year(session, schemas.parse(text), actor())
        except BadInput as error:
            session.rollback()
            locale = edge.locale()
            return self._page(text=text, errors=[f.words(locale) for f in error.findings] or [error.words(locale)])
        moved = cases.project_again(session)
        tell(_("%(year)s年的放假安排已导入,%(count)s个在办期限已重新计算", year=notice.year, count=moved))
        return redirect(f"/office/calendar/?year={notice.year}")

    def _page(self, text: str = "", errors: list[str] | None = None) -> str:
        session = edge.session()
        working = worktime.calendar(session)
        asked = request.args.get("year", "")
        year = int(asked) if asked.isascii() and asked.isdigit() and 2000 <= int(asked) <= 2099 else today().year
        years = session.execute(select(CalendarYear.year, CalendarYear.confirmed, CalendarYear.source).order_by(CalendarYear.year)).all()
        grids = [(m, month_grid(year, m, working)) for m in range(1, 13)]
        example = json.dumps({"year": year + 1, "source": "国务院办公厅通知", "off": {f"{year + 1}-01-01": "元旦"}, "work": {}}, ensure_ascii=False, indent=1)
        return desk_page(
            "office/calendar.html",
            nav_here="calendar",
            year=year,
            years=years,
            months=grids,
            working=working,
            alarm=worktime.horizon_alarm(working, LONGEST) is not None,
            text=text or example,
            errors=errors or [],
        )
