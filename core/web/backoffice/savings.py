"""少交的材料: how many papers applicants were not asked for, per item version and month, for the departments of the reader's posts."""

import re
from typing import Any

from flask import Blueprint, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from core.cases.supplied import Saved, saved
from core.items.models import Item
from core.kernel.clock import today
from core.web import edge
from core.web.backoffice.desk import at_desk, csv_file, desk_page, me
from core.web.page import say as _

blueprint = Blueprint("savings", __name__, url_prefix="/office/savings")
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
PARTS = ("needed", "handed", "library", "fact", "earlier", "form", "promised", "later", "saved")


@blueprint.get("/")
@at_desk
def show() -> str:
    """The report as a table, with its sum."""
    since, until, rows = _asked()
    total = {part: sum(getattr(row, part) for row in rows) for part in ("cases", *PARTS)}
    return desk_page(
        "office/savings.html",
        nav_here="savings",
        rows=rows,
        titles=_titles(rows),
        total=total,
        since=since,
        until=until,
        heads=_heads(),
        months=_months(since, until),
    )


@blueprint.get("/table.csv")
@at_desk
def table() -> Response:
    """The same rows for a spreadsheet."""
    since, until, rows = _asked()
    titles = _titles(rows)
    heads = [_("月份"), _("事项代码"), _("事项"), _("版本"), _("办件"), *_heads()]
    lines = ([row.month, row.item_code, titles[row.item_code], row.version, row.cases, *(getattr(row, part) for part in PARTS)] for row in rows)
    return csv_file(f"materials-saved-{since}-{until}.csv", [heads, *lines])


def _heads() -> list[str]:
    return [_("要用的材料"), _("自己交的"), _("证照库"), _("共享信息"), _("以前交过"), _("申请表生成"), _("承诺代替"), _("以后补交"), _("少交")]


def _asked() -> tuple[str, str, tuple[Saved, ...]]:
    """The months asked for (this year when none is) and their rows."""
    now = f"{today():%Y-%m}"
    since, until = (_month(name) for name in ("since", "until"))
    since, until = since or f"{now[:4]}-01", until or now
    return since, until, saved(edge.session(), {post.department_id for post in me().posts}, since=since, until=until)


def _month(name: str) -> str | None:
    given = request.args.get(name, "")
    return given if _MONTH.fullmatch(given) else None


def _months(*also: str) -> list[tuple[str, str]]:
    """The months to choose from, newest first: two years back from today, and those asked for."""
    last = today().year * 12 + today().month - 1
    known = {f"{each // 12}-{each % 12 + 1:02d}" for each in range(last - 23, last + 1)} | set(also)
    return [(each, _("%(year)s年%(month)s月", year=each[:4], month=int(each[5:]))) for each in sorted(known, reverse=True)]


def _titles(rows: tuple[Saved, ...]) -> dict[str, Any]:
    codes = sorted({row.item_code for row in rows})
    known = {row.code: row.title for row in edge.session().execute(select(Item.code, Item.title).where(Item.code.in_(codes)))}
    return {code: known.get(code, code) for code in codes}
