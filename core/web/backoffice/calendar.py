"""The working calendar: every year as months, and the door through which the yearly notice comes in."""

import calendar as months
import json
from datetime import date
from typing import Any

from flask import redirect, request
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from sqlalchemy import select
from werkzeug.wrappers import Response

from core.cases import service as cases
from core.kernel.clock import today
from core.kernel.errors import BadInput
from core.schemas import service as schemas
from core.web import edge
from core.web.backoffice import daypicker
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.page import say as _
from core.worktime import service as worktime
from core.worktime.models import CalendarYear
from core.worktime.spec import Limit


def month_grid(year: int, month: int, working: Any) -> list[list[tuple[str, str, str, str]]]:
    """Weeks of (day number, css class, words, date) for one month; days of the neighbours are empty."""
    return [[_cell(day, month, working) for day in week] for week in months.Calendar().monthdatescalendar(year, month)]


def _cell(day: date, month: int, working: Any) -> tuple[str, str, str, str]:
    if day.month != month:
        return "", "", "", ""
    special = working.days.get(day)
    if special is not None:
        return str(day.day), special.kind, special.name, day.isoformat()
    return str(day.day), "" if day.weekday() < 5 else "off", "", day.isoformat()


def _holiday_names() -> dict[str, str]:
    """The statutory holidays (全国年节及纪念日放假办法) in the reader's language; other names stay as they were entered."""
    return {
        "元旦": _("元旦"),
        "春节": _("春节"),
        "清明节": _("清明节"),
        "劳动节": _("劳动节"),
        "端午节": _("端午节"),
        "中秋节": _("中秋节"),
        "国庆节": _("国庆节"),
        "调休上班": _("调休上班"),
        "休息日": _("休息日"),
    }


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

    @expose("/days", methods=["POST"])
    @has_access
    @permission_name("bring_in")
    @at_desk
    def days(self) -> str | Response:
        """Choose a day, note a change, take one back – nothing is written by that – or save what is noted, like a notice of the year."""
        form = request.form
        noted = daypicker.noted(form.getlist("noted"))
        verb, _colon, which = form.get("do", "add").partition(":")
        if verb == "save" and noted:
            return self._save(noted)
        if verb == "pick":
            return self._page(noted=noted, chosen=which)
        if verb == "drop":
            return self._page(noted=[each for each in noted if each.day.isoformat() != which])
        made = daypicker.change(form.get("day", ""), form.get("kind", ""), form.get("name", ""), form.get("basis", ""))
        if made is None or not made.basis or (made.free and not made.name):
            wrong = _("选好日期和“放假”或“上班”；写上依据；放假要写名称") if noted or verb == "add" else _("还没有要保存的改动")
            return self._page(noted=noted, chosen=form.get("day", ""), errors=[wrong])
        kept = [each for each in noted if each.day != made.day][: daypicker.MOST - 1]
        return self._page(noted=sorted([*kept, made], key=lambda each: each.day))

    def _save(self, noted: list[daypicker.Change]) -> str | Response:
        session = edge.session()
        rows = {row.year: row for row in session.execute(select(CalendarYear.year, CalendarYear.confirmed, CalendarYear.source))}
        try:
            for year in sorted({each.day.year for each in noted}):
                row, mine = rows.get(year), [each for each in noted if each.day.year == year]
                doc = daypicker.notice(year, worktime.calendar(session), row.confirmed if row else False, row.source if row else "", mine)
                worktime.import_year(session, doc, actor())
        except BadInput as error:
            session.rollback()
            return self._page(noted=noted, errors=[f.words(edge.locale()) for f in error.findings] or [error.words(edge.locale())])
        moved = cases.project_again(session)
        tell(_("%(n)s 天的改动已保存，%(count)s个在办期限已重新计算", n=len(noted), count=moved))
        return redirect(f"/office/calendar/?year={noted[0].day.year}")

    def _page(self, text: str = "", errors: list[str] | None = None, noted: list[daypicker.Change] | None = None, chosen: str = "") -> str:
        session = edge.session()
        working = worktime.calendar(session)
        asked = chosen[:4] or (noted[-1].day.isoformat()[:4] if noted else "") or request.form.get("year", "") or request.args.get("year", "")
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
            noted=noted or [],
            chosen=chosen,
            given=request.form,
            holiday_names=list(_holiday_names()),
            spoken=_holiday_names(),
        )
