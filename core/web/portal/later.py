"""What one's own case did not ask for: evidence and where it came from, promises and how they stand, and the papers that are still to follow."""

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from core.cases import supplied
from core.cases.service import following, hand_in_later
from core.cases.service.following import Followup
from core.cases.spec import CaseView, Handed
from core.items import queries as items
from core.items.sources import Evidence
from core.items.spec import CompiledItem
from core.kernel.clock import today
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.web import edge
from core.web.page import page, say
from core.web.portal import papers, words
from core.web.portal.cases import cases, full_title, own, short_title


@cases.get("/<case_id>/supplies")
@edge.login_required
def supplies(case_id: str) -> str:
    """Materials that were not asked for, and promises."""
    return _page(own(case_id), {})


def _page(found: CaseView, wrong: dict[str, str]) -> str:
    session, locale = edge.session(), edge.locale()
    compiled = items.load(session, found.version_id)
    evidence, promises = supplied.evidence_of(session, found.id, locale=locale), following.of_case(session, found.id)
    said = following.said(session, found.id)
    rows = [_promise(line, compiled, said.get(line.id, {}), wrong.get(line.code)) for line in promises]
    shown = {"title": full_title(compiled, locale), "short": short_title(compiled, locale), "href": url_for("cases.show", case_id=found.id)}
    had = [(papers.title_by_id(compiled, one.material), _words(one), one.refused) for one in evidence]
    errors = [(f"m-{row['line'].code}", row["error"]) for row in rows if row["error"]]
    return page("portal/supplies.html", c=shown, had=had, promises=rows, errors=errors, command=new_id())


def _words(one: supplied.EvidenceView) -> str:
    return words.evidence(Evidence(one.kind, one.ref, one.title, one.number, one.issuer, one.of, one.until))  # type: ignore[arg-type]


def _promise(line: Followup, compiled: CompiledItem, said: dict[str, str], error: str | None) -> dict[str, Any]:
    states = {
        "signed": say("决定以后核查"),
        "due": say("等着补交") if line.kind == "later" else say("等着核查"),
        "kept": say("兑现了"),
        "breached": say("没有兑现"),
        "void": say("不用核查"),
    }
    row = {"line": line, "state": states[line.state], "said": said, "error": error, "late": following.overdue(line, today()), "take": None}
    row["why"] = following.why(edge.session(), line, edge.locale()) if line.state == "due" else ()
    row["title"] = papers.title_by_id(compiled, line.code) if line.kind == "later" else said.get("title", "")
    if line.kind == "later" and line.state == "due":
        doc = next(each for each in compiled.doc["materials"] if each["id"] == line.code)
        row["take"] = {"accept": papers.accept_attribute(doc), "limits": papers.limit_words(doc)}
    return row


@cases.post("/<case_id>/supplies")
@edge.login_required
def supplied_later(case_id: str) -> Response | tuple[str, int]:
    """Hand in a material that was promised for later."""
    found, command, material = own(case_id), request.form.get("command", ""), request.form.get("material", "")
    me = edge.account()
    compiled = items.load(edge.session(), found.version_id)
    doc = next((each for each in compiled.doc["materials"] if each["id"] == material), None)
    if not is_id(command) or me is None or doc is None:
        raise NotFound
    held: tuple[Handed, ...] = ()
    wrong: dict[str, str] = {}
    for upload in request.files.getlist(f"new.{material}"):
        if upload.filename:
            held = papers.take(held, doc, upload, ("account", me.id), wrong)
    if not wrong:
        try:
            hand_in_later(edge.session(), found.id, material, held, command_id=command, actor=edge.citizen())
            return redirect(url_for("cases.supplies", case_id=found.id), 303)
        except PlatformError as error:
            edge.session().rollback()
            wrong[material] = error.words(edge.locale())
    return _page(own(case_id), wrong), 422
