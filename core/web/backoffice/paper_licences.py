"""补登: a clerk types a paper licence in beside its scan, somebody else compares the two and takes it into the library."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Answer

from core.cases import queries as cases
from core.identity import queries as people
from core.identity.spec import DepartmentView
from core.kernel.errors import BadInput, PlatformError
from core.kernel.text import normalise
from core.kernel.wording import word
from core.licences import queries
from core.licences import service as licences
from core.licences.service import posts, registering
from core.licences.spec import RegistrationView
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.backoffice.licences import day_of
from core.web.page import day
from core.web.page import say as _

blueprint = Blueprint("paper_licences", __name__, url_prefix="/office/licences/papers")
_STATES = (registering.OPEN, registering.TAKEN, registering.RETURNED)
_APPLICANTS = ("applicant", "co_applicant")


def document_titles() -> dict[str, str]:
    """Kinds of document that name somebody, in words."""
    return {
        "resident_id": _("居民身份证"),
        "passport": _("护照"),
        "hk_macau_permit": _("港澳居民来往内地通行证"),
        "taiwan_permit": _("台湾居民来往大陆通行证"),
        "hk_macau_taiwan_residence": _("港澳台居民居住证"),
        "foreign_permanent_residence": _("外国人永久居留身份证"),
        "uscc": _("统一社会信用代码"),
    }


def _state_words() -> dict[str, str]:
    return {registering.OPEN: _("待审核"), registering.TAKEN: _("已入库"), registering.RETURNED: _("已退回")}


def _enterable() -> dict[str, DepartmentView]:
    """The departments for which I may type papers in."""
    roles = {each.role for each in registering.ENTERS}
    ids = [post.department_id for post in people.staff_view(edge.session(), actor().id).posts if post.role in roles]
    return {each.id: each for each in people.departments(edge.session(), ids=ids)} if ids else {}


@blueprint.get("/")
@at_desk
def listed() -> str:
    """The entries of my departments in one state."""
    session, state = edge.session(), request.args.get("state", registering.OPEN)
    state = state if state in _STATES else registering.OPEN
    rows = queries.registrations(session, posts.departments_of(session, actor()), state=state)
    titles = people.titles(session, [row.department_id for row in rows])
    return desk_page(
        "office/papers.html",
        nav_here="licences",
        rows=[(row, titles.get(row.department_id, "")) for row in rows],
        state=state,
        states=_state_words(),
        kinds={each["code"]: each["title"] for each in queries.types(session)},
        names=people.staff_names(session, [row.entered_by for row in rows]),
        may_enter=bool(_enterable()),
    )


@blueprint.get("/new")
@at_desk
def blank() -> str:
    """The empty form; ``?case=`` and ``?type=`` come from the case where the licence is missing."""
    return _form({"case_no": request.args.get("case", "")[:64], "type_code": request.args.get("type", "")[:64]})


def _form(given: Mapping[str, str], errors: Mapping[str, str] | None = None, wrong: str | None = None) -> str:
    kinds = [each for each in queries.types(edge.session()) if each.get("status", "active") == "active"]
    chosen = next((each for each in kinds if each["code"] == given.get("type_code")), None)
    return desk_page(
        "office/paper_entry.html",
        nav_here="licences",
        given=given,
        errors=errors or {},
        titles=_titles(),
        wrong=wrong,
        kinds=kinds,
        fields=(chosen or {}).get("fields", []),
        departments=list(_enterable().values()),
        documents=document_titles(),
    )


def _titles() -> dict[str, str]:
    """What the fields are called, for the summary of what is wrong with them."""
    return {
        "department": _("发证机关"), "number": _("编号"), "identifier": _("电子证照标识"), "issued_on": _("发证日期"), "valid_from": _("有效期从"),
        "valid_to": _("有效期到"), "holder_name": _("姓名或名称"), "holder_document": _("证件类型"), "holder_number": _("证件号码"), "case_no": _("办件编号"),
    }  # fmt: skip


@blueprint.post("/new")
@at_desk
def add() -> str | Answer | tuple[str, int]:
    """Write it down for review; every mistake is said at once."""
    given, upload = request.form, request.files.get("scan")
    if given.get("do") == "fields":  # the type was chosen: show what stands on its face
        return _form(given)
    wrong = {} if upload and upload.filename else {"scan": _("请附上纸质证照的扫描件或照片")}
    days = {name: day_of(given.get(name, "")) for name in ("issued_on", "valid_from")}
    wrong |= {name: _("请填写日期") for name, found in days.items() if found is None}
    if given.get("department") not in _enterable():
        wrong["department"] = _("请选择发证机关")
    if given.get("valid_to") and day_of(given["valid_to"]) is None:
        wrong["valid_to"] = _("请填写日期")
    wrong |= {
        name: word("licences.registration_empty", edge.locale()) for name in ("number", "holder_name", "holder_number") if not normalise(given.get(name, ""))
    }
    if wrong:
        return _form(given, wrong, _("有内容要改，扫描件请重新选一次")), 422
    assert upload is not None
    session = edge.session()
    try:
        entry = licences.enter(session, _paper(given, days), scan=upload.stream.read(), scan_name=upload.filename or "", actor=actor())
    except PlatformError as error:
        session.rollback()
        findings = {f.path: f.words(edge.locale()) for f in error.findings} if isinstance(error, BadInput) else {}
        return _form(given, findings, error.words(edge.locale())), error.status
    tell(_("已录入，等另一个人审核"))
    return redirect(f"/office/licences/papers/{entry}", 303)


def _paper(given: Mapping[str, str], days: Mapping[str, date | None]) -> licences.Paper:
    issued_on, valid_from = days["issued_on"], days["valid_from"]
    assert issued_on is not None and valid_from is not None  # the caller has looked
    document, number, case_no = given.get("holder_document", ""), given.get("holder_number", ""), normalise(given.get("case_no", ""))[:64]
    party = registering.party_among(edge.session(), _applicants(case_no), document, number) if case_no else None
    return licences.Paper(
        given.get("type_code", ""), given["department"], given.get("number", ""), given.get("holder_name", ""), document, number, issued_on, valid_from,
        day_of(given.get("valid_to", "")), {name.removeprefix("data-"): value for name, value in given.items() if name.startswith("data-")},
        given.get("identifier", "")[:200], case_no or None, party,
    )  # fmt: skip


def _applicants(case_no: str) -> list[str]:
    """The applicants of a case that I may see. Raises :class:`BadInput` that names the field for any other number."""
    from core.kernel.errors import Finding

    session = edge.session()
    found = cases.recent_for_staff(session, actor=actor(), number=case_no).rows
    if not found:
        raise BadInput("licences.registration_bad", findings=(Finding("error", "case_no", "licences.registration_no_case"),), count=1, first=case_no)
    view = cases.case_for_staff(session, found[0].id, actor=actor())
    return [str(each["party_id"]) for each in view.parties if each["role"] in _APPLICANTS]


@blueprint.get("/<entry_id>")
@at_desk
def show(entry_id: str) -> str:
    """What was typed beside the scan; the buttons of the review for everybody but who typed it."""
    return _review_page(entry_id)


def _review_page(entry_id: str, wrong: str | None = None, reason: str = "") -> str:
    session = edge.session()
    view = registering.shown(session, entry_id, actor=actor())
    _content, media_type = registering.scan_of(session, entry_id, actor=actor())
    reviewer = posts.acting(session, view.department_id, registering.REVIEWS, actor=actor())
    return desk_page(
        "office/paper_review.html",
        nav_here="licences",
        view=view,
        rows=_rows(view),
        state=_state_words()[view.state],
        names=people.staff_names(session, [i for i in (view.entered_by, view.reviewed_by) if i]),
        picture=media_type.startswith("image/"),
        may_review=view.state == registering.OPEN and reviewer is not None and view.entered_by not in (actor().id, reviewer.on_behalf_of),
        own=view.state == registering.OPEN and view.entered_by == actor().id,
        wrong=wrong,
        reason=reason,
    )


def _rows(view: RegistrationView) -> list[tuple[str, Any]]:
    return [
        (_("证照"), view.type_title),
        (_("发证机关"), view.department),
        (_("编号"), view.number),
        (_("持证人"), view.holder_name),
        (document_titles().get(view.holder_document, _("证件号码")), view.holder_number),
        *view.data.items(),
        (_("发证日期"), day(view.issued_on, edge.locale())),
        (_("有效期"), f"{day(view.valid_from, edge.locale())} – {day(view.valid_to, edge.locale()) if view.valid_to else _('长期有效')}"),
        (_("电子证照标识"), view.identifier or _("纸面上没有")),
        (_("办件编号"), view.case_no or _("没有关联办件")),
    ]


@blueprint.get("/<entry_id>/scan")
@at_desk
def scan(entry_id: str) -> Response:
    """The scan, for staff of the issuer."""
    content, media_type = registering.scan_of(edge.session(), entry_id, actor=actor())
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = "inline"
    shut = "object-src 'self'" if media_type == "application/pdf" else "sandbox"  # a browser's own viewer does not open in a sandboxed frame
    response.headers["Content-Security-Policy"] = f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; {shut}; frame-ancestors 'self'"
    return response


@blueprint.post("/<entry_id>/review")
@at_desk
def review(entry_id: str) -> str | Answer | tuple[str, int]:
    """Take it into the library, or send it back with a reason."""
    session, form = edge.session(), request.form
    try:
        found = licences.review(session, entry_id, take=form.get("do") == "take", reason=form.get("reason", ""), actor=actor())
    except PlatformError as error:
        session.rollback()
        if error.status in (403, 404):
            raise
        return _review_page(entry_id, error.words(edge.locale()), form.get("reason", "")), error.status
    tell(_("已入库，标记为补登") if found else _("已退回"))
    return redirect(f"/office/licences/{found.id}" if found else "/office/licences/papers/", 303)
