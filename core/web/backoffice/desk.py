"""Who sits at this desk: the member of staff behind the back-office log-in, and the pages they get."""

import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import abort, flash, g, get_flashed_messages, redirect, request
from flask import session as cookie
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import bindparam, exists
from werkzeug.wrappers import Response

from core.cases.service.incidents import looks_after
from core.exchange.service import SENDS
from core.identity import queries as people
from core.identity.models import LentPassword
from core.identity.spec import DESK_ROLES, StaffView
from core.items.catalogue import kinds
from core.kernel.actor import Actor
from core.kernel.clock import local
from core.kernel.sheets import write_csv
from core.web import edge
from core.web.page import page
from core.web.page import say as _
from core.web.plugged.offered import doors

T = TypeVar("T")
_user = User.__table__.c
_lent = LentPassword.__table__.c
_IS_LENT = exists().where(_lent.user_id == bindparam("login")).label("lent")
#: Built once: asked at every page, the log-in and who has it together.
_LOG_IN = people.beside_staff((_user.active, _user.password, _IS_LENT), User.__table__).where(_user.id == bindparam("user_id"))


def log_in() -> Any:
    """The log-in of this session – ``active``, the hash of its ``password``, whether that is ``lent`` –, read once a request; ``None`` without one."""
    if "log_in" not in g:
        user_id = str(cookie.get("_user_id") or "")
        found = people.read_beside(edge.session(), _LOG_IN, user_id=int(user_id), login=user_id) if user_id.isdigit() else (None, None)
        g.log_in, g.has_log_in = found
    return g.log_in


def staff() -> StaffView | None:
    """The member of staff who is logged in and still active – read at every request, so that a leaver is out at once."""
    if "staff" not in g:
        g.staff = _staff(cookie.get("_user_id"))
    found: StaffView | None = g.staff
    return found


def _staff(user_id: str | None) -> StaffView | None:
    found_log_in = log_in()
    if user_id is None or found_log_in is None or not found_log_in.active:
        return None
    found: StaffView | None = g.has_log_in
    if found is not None:
        people.remember(edge.session(), found)
    return found


def at_desk(view: Callable[..., T]) -> Callable[..., T | Response]:
    """Only for staff; others are sent to the staff log-in and come back. A log-in without a place in the organisation is refused."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> T | Response:
        if staff() is None:
            if cookie.get("_user_id"):
                abort(403)
            return redirect("/office/login/?next=" + request.path) if request.method == "GET" else abort(403)
        return view(*args, **kwargs)

    return guarded


def me() -> StaffView:
    """The member of staff; views behind :func:`at_desk` call this."""
    found = staff()
    if found is None:
        abort(403)
    return found


def actor() -> Actor:
    """The member of staff as an actor."""
    return Actor("staff", me().id)


def navigation() -> list[tuple[str, str, str]]:
    """(key, title, address) of the main navigation; doors that this person may not open are not shown."""
    who = staff()
    if who is None:
        return []
    links = [("worklist", _("待办"), "/office/"), ("library", _("办件库"), "/office/library/"), ("licences", _("证照库"), "/office/licences/")]
    if any(who.has_role(role) for role in ("window", "general_window", "agent")):
        links.insert(1, ("output", _("统一出件"), "/office/output/"))
        links.insert(2, ("custody", _("纸质交接"), "/office/custody/"))
    links += [("followups", _("事后核查"), "/office/followups/"), ("savings", _("少交的材料"), "/office/savings/")]
    if any(who.has_role(role) for role in DESK_ROLES):
        links.insert(1, ("counter", _("综合窗口"), "/office/counter/"))
    if looks_after(who.posts):
        links.append(("incidents", _("异常"), "/office/incidents/"))
    if any(who.has_role(role) for role in kinds.ASKS):
        links.append(("studio", _("工作室"), "/office/studio/"))
    if any(who.has_role(role) for role in (*kinds.ASKS, *kinds.DECIDES, kinds.LEGAL)):
        links.append(("items", _("事项"), "/office/items/"))
    if who.has_role("admin"):
        links += [
            ("organisation", _("组织"), "/office/admin/departments/list/"),
            ("people", _("工作人员"), "/office/people/"),
            ("users", _("账号"), "/office/users/list/"),
            ("calendar", _("工作日历"), "/office/calendar/"),
            ("plugins", _("插件"), "/office/plugins/"),
            ("notices", _("通知"), "/office/notices/"),
        ]
    if any(who.has_role(role) for role in SENDS):
        links.append(("exchange", _("上报"), "/office/exchange/"))
    if who.has_role("supervisor"):  # the auditor is not the administrator (DESIGN §9)
        links.append(("audit", _("审计"), "/office/audit/"))
    if next(doors("office", who), None) is not None:
        links.append(("plugged", _("部门应用"), "/office/x/"))
    return links


def desk_page(template: str, **context: Any) -> str:
    """A back-office page."""
    done = "; ".join(str(each) for each in get_flashed_messages())
    return page(template, **{"due": last_day, "office_nav": navigation(), "staff": staff(), "done": done} | context)  # a plugin may use any name


def last_day(due_at: datetime) -> date:
    """The last day of a limit: clocks run to the midnight after it."""
    return local(due_at - timedelta(seconds=1)).date()


def csv_file(name: str, rows: Iterable[Sequence[object]]) -> Response:
    """*rows* – the heads first – as a file for a spreadsheet."""
    file = io.BytesIO()
    write_csv(file, rows)
    return Response(file.getvalue(), mimetype="text/csv", headers={"Content-Disposition": f"attachment; filename={name}"})


def tell(message: str) -> None:
    """Say on the next page what was done."""
    flash(message)
