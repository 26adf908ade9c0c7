"""My materials: which of mine were used, by whom, when, for which case and for what – a page of my cases at a time."""

from typing import Any

from flask import request, url_for

from core.cases import material_history as history
from core.cases import queries as case_queries
from core.web import edge
from core.web.page import page, say
from core.web.portal.my import my


@my.get("/materials")
@edge.login_required
def materials() -> str:
    """The uses of the materials of my newest cases, by case."""
    me, session, locale = edge.account(), edge.session(), edge.locale()
    assert me is not None
    found = case_queries.mine(session, me.id, cursor=request.args.get("after"), limit=10)
    uses = history.of_account(session, me.id, [each.id for each in found.rows], locale=locale)
    cases = [_case(each.id, [use for use in uses if use.case_id == each.id]) for each in found.rows]
    more = url_for("my.materials", after=found.next) if found.next else None
    return page("portal/my_materials.html", cases=[each for each in cases if each], more=more)


def _case(case_id: str, uses: list[history.Used]) -> dict[str, Any] | None:
    if not uses:
        return None
    lines = [{"use": each, "words": _words(each)} for each in uses]
    return {"title": uses[0].item_title, "number": uses[0].number, "href": url_for("cases.show", case_id=case_id), "lines": lines}


def _words(use: history.Used) -> str:
    return {
        "handed": say("你交的"),
        "replaced": say("换成了新的，旧的留在办件里"),
        "library": say("经你同意，从证照库取用，没有再让你交"),
        "fact": say("经你同意，用了共享信息，没有再让你交"),
        "earlier": say("经你同意，用了以前办件里的文件"),
        "opened": say("%(who)s的工作人员打开看过", who=use.department or say("本厅")),
    }[use.what]
