"""A case of one's own: receipt, progress, withdrawal, documents. Access is in the query; another's case does not exist."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from markupsafe import Markup

from core.cases import clocks
from core.cases import queries as case_queries
from core.cases.service import withdraw as withdraw_case
from core.cases.spec import CaseView
from core.files import service as files
from core.forms import service as forms
from core.guides.draw import qr_svg
from core.items import queries as items
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.kernel.clock import local
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import group_code, is_id, new_id
from core.web import edge, enclosed
from core.web.daysheet import clock_sheet
from core.web.page import page, say
from core.web.portal import case_view, papers

cases = Blueprint("cases", __name__, url_prefix="/cases")


def own(case_id: str) -> CaseView:
    """A case that the reader's account may see. Raises :class:`NotFound` for every other."""
    if not is_id(case_id):
        raise NotFound
    return case_queries.case_for_party(edge.session(), case_id, actor=edge.citizen(), locale=edge.locale())


def _context(found: CaseView) -> dict[str, Any]:
    session, locale = edge.session(), edge.locale()
    compiled = items.load(session, found.version_id)
    steps = case_queries.timeline(session, found, locale=locale)
    calendar = clocks.calendar(session)
    short = short_title(compiled, locale)
    shown = case_view.context(found, steps, calendar, locale, mine=True, short=short, phone=case_view.phone(session, found))
    shown |= {
        "supplies_href": url_for("cases.supplies", case_id=found.id),
        "title": full_title(compiled, locale),
        "licences": case_view.results(session, found, locale),
    }
    return shown | {"answers": _answers(found, compiled), "documents": _documents(found, locale), "asked": _asked(found, locale)}


def _asked(found: CaseView, locale: str) -> dict[str, Any]:
    from core.web.portal import inquiring  # it hangs its own doors on this blueprint

    return inquiring.shown(found, locale)


def _documents(found: CaseView, locale: str) -> list[dict[str, Any]]:
    from core.web.portal import documents  # it hangs its own page on this blueprint

    return documents.shown(found, locale)


def short_title(compiled: CompiledItem, locale: str) -> str:
    return str(Reader(compiled.doc, locale)("short_title", compiled.doc.get("short_title") or compiled.title))


def full_title(compiled: CompiledItem, locale: str) -> str:
    return str(Reader(compiled.doc, locale)("title", compiled.title))


def _answers(found: CaseView, compiled: CompiledItem) -> list[dict[str, Any]]:
    if found.values is None:
        return [{"title": say("我填的"), "rows": [(say("内容"), say("保存期满，已经销毁"))]}]
    shown = forms.display(compiled.form, found.values, masked=True, locale=edge.locale(), blanks=False)
    there = {one.blob_id: one.id for one in found.materials}

    def address(blob_id: str) -> str | None:
        return url_for("cases.paper", case_id=found.id, material_id=there[blob_id]) if blob_id in there else None

    sections = [
        {
            "title": section.title,
            "rows": [(each["title"], Markup("；").join(each["lines"])) for each in (papers.line(one, address) for one in section.children)],
        }
        for part in shown
        for section in part.children
    ]
    listed = [
        (
            papers.title_by_id(compiled, one.material),
            Markup('<a href="{}">{}</a>').format(url_for("cases.paper", case_id=found.id, material_id=one.id), one.name),
        )
        for one in found.materials
        if one.until_revision is None and not one.material.startswith(enclosed.PREFIX)
    ]
    return [*sections, *([{"title": say("材料"), "rows": listed}] if listed else [])]


@cases.get("/<case_id>")
@edge.login_required
def show(case_id: str) -> str:
    """Where the case stands, until when, and why."""
    return page("portal/case.html", c=_context(own(case_id)))


@cases.get("/<case_id>/materials/<material_id>")
@edge.login_required
def paper(case_id: str, material_id: str) -> Response:
    """A file of one's own case."""
    found = own(case_id)
    one = next((each for each in found.materials if each.id == material_id), None)
    if one is None:
        raise NotFound
    return papers.send_file(files.open(edge.session(), one.blob_id, holder=("case", found.id)), one.name, one.media_type)


@cases.get("/<case_id>/receipt")
@edge.login_required
def receipt(case_id: str) -> str:
    """The receipt: number, query code, QR, and the day by which an answer is due, counted out."""
    found, session, locale = own(case_id), edge.session(), edge.locale()
    compiled = items.load(session, found.version_id)
    clock = next((each for each in found.clocks if each.name == "intake"), None) or case_view.leading_clock(found.clocks)
    follow = url_for("progress.show", code=found.query_code, _external=True) if found.query_code else None
    due_words = say("答复是否受理。") if clock is not None and clock.name == "intake" else say("办完。")
    shown = {
        "title": full_title(compiled, locale),
        "applicant": found.applicant,
        "number": found.number,
        "query_code": group_code(found.query_code) if found.query_code else None,
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
    return page("portal/receipt.html", r=shown)


def _handed_words(found: CaseView, compiled: CompiledItem) -> str:
    counts: dict[str, int] = {}
    for one in found.materials:
        title = papers.title_by_id(compiled, one.material)
        counts[title] = counts.get(title, 0) + 1
    return say("、").join(title if n == 1 else say("%(title)s %(n)s 份", title=title, n=n) for title, n in counts.items())


# --- withdraw -----------------------------------------------------------------------------------------------------------------------------------


@cases.get("/<case_id>/withdraw")
@edge.login_required
def withdraw(case_id: str) -> str:
    """What withdrawing does, before it is done."""
    return _withdraw_page(own(case_id))


def _withdraw_page(found: CaseView, wrong: str | None = None) -> str:
    title = case_view.item_title(found.item_title, found.item_code, edge.locale())
    shown = {"title": title, "short": title, "href": url_for("cases.show", case_id=found.id)}
    return page("portal/withdraw.html", c=shown, command=new_id(), errors=[("reason", wrong)] if wrong else [])


@cases.post("/<case_id>/withdraw")
@edge.login_required
def withdrawn(case_id: str) -> Any:
    """Withdraw the application."""
    found, command = own(case_id), request.form.get("command", "")
    if not is_id(command):
        raise NotFound
    try:
        withdraw_case(edge.session(), found.id, reason=request.form.get("reason", "")[:500], command_id=command, actor=edge.citizen())
    except PlatformError as error:
        edge.session().rollback()
        return _withdraw_page(own(case_id), error.words(edge.locale())), error.status
    return redirect(url_for("cases.show", case_id=found.id), 303)
