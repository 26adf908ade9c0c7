"""A case of one's own: receipt, progress, withdrawal, documents. Access is in the query; another's case does not exist."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from markupsafe import Markup

from core.cases import clocks, receptions
from core.cases import queries as case_queries
from core.cases.service import withdraw as withdraw_case
from core.cases.spec import CaseView
from core.files import service as files
from core.forms import service as forms
from core.identity import queries as people
from core.items import queries as items
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.web import edge, enclosed
from core.web.page import page, say
from core.web.portal import case_view, papers

cases = Blueprint("cases", __name__, url_prefix="/cases")


def own(case_id: str) -> CaseView:
    """A case that the reader's account may see. Raises :class:`NotFound` for every other."""
    if not is_id(case_id):
        raise NotFound
    return case_queries.case_for_party(edge.session(), case_id, actor=edge.citizen(), locale=edge.locale())


def _context(found: CaseView, wrong: str | None = None) -> dict[str, Any]:
    session, locale = edge.session(), edge.locale()
    compiled = items.load(session, found.version_id)
    steps = case_queries.timeline(session, found, locale=locale)
    calendar = clocks.calendar(session)
    short = short_title(compiled, locale)
    shown = case_view.context(found, steps, calendar, locale, mine=True, short=short, phone=case_view.phone(session, found))
    shown |= {
        "supplies_href": url_for("cases.supplies", case_id=found.id),
        "title": full_title(compiled, locale),
        "plugins": compiled.plugins,
        "licences": case_view.results(session, found, locale),
    }
    shown["delivery"] = _delivery(found, compiled)
    shown["before"] = _before(found, compiled, locale, wrong)
    shown["sentence"] = (shown["before"] or {}).get("sentence") or shown["sentence"]
    shown["reception"] = _reception(found)
    return shown | {"answers": _answers(found, compiled), "documents": _documents(found, locale), "asked": _asked(found, locale)}


def _asked(found: CaseView, locale: str) -> dict[str, Any]:
    from core.web.portal import inquiring  # it hangs its own doors on this blueprint

    return inquiring.shown(found, locale)


def _reception(found: CaseView) -> str | None:
    """全域通办: who took it in and who decides, in a sentence."""
    one = receptions.of_case(edge.session(), found.id)
    if one is None:
        return None
    names = people.titles(edge.session(), [one.department_id, found.department_id])
    return say("%(here)s收件，由%(there)s办理和决定。", here=names.get(one.department_id, ""), there=names.get(found.department_id, ""))


def _before(found: CaseView, compiled: CompiledItem, locale: str, wrong: str | None) -> dict[str, Any] | None:
    from core.web.portal import before  # it hangs its own door on this blueprint

    return before.shown(found, compiled, locale, wrong)


def _delivery(found: CaseView, compiled: CompiledItem) -> dict[str, Any] | None:
    from core.web.portal import delivery  # it hangs its own doors on this blueprint

    return delivery.shown(found, compiled)


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
    from core.web.portal import receipt_view  # it asks this package for titles

    found = own(case_id)
    signed = {"signed_href": url_for("cases.signed_receipt", case_id=found.id)}
    return page("portal/receipt.html", r=receipt_view.shown(found, found.query_code) | signed)


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
