"""My space: what needs me first, cases, drafts, licences, messages, and those I act for."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from core.cases import drafts as case_drafts
from core.cases import queries as case_queries
from core.files import service as files
from core.files.spec import Limits
from core.identity import service as identity
from core.identity.documents import check_document, normalise_number
from core.kernel.clock import local, now
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import is_id
from core.kernel.text import normalise
from core.kernel.wording import word
from core.licences import queries as licences
from core.licences import service as licence_verbs
from core.notices import queries as notice_queries
from core.notices import service as notices
from core.web import edge
from core.web.page import page, say, typeset
from core.web.portal import acting, case_view, papers, today

my = Blueprint("my", __name__, url_prefix="/my")
EVIDENCE = Limits(accept=("pdf", "jpg", "png"))


@my.get("/")
@edge.login_required
def space() -> str:
    """Everything of mine on one page."""
    session, me, locale = edge.session(), edge.account(), edge.locale()
    assert me is not None
    found = case_queries.mine(session, me.id, cursor=request.args.get("after"))
    parties = identity.parties_of(session, me.id)
    return page(
        "portal/my.html",
        greeting=_greeting(me.name),
        needs=[today.need_card(each) for each in found.rows if each.needs_me],
        drafts=[_draft(each) for each in case_drafts.mine(session, actor=edge.citizen())],
        cases=[case_view.card(each, locale) for each in found.rows],
        more=url_for("my.space", after=found.next) if found.next else None,
        messages=[_message(each) for each in notice_queries.inbox(session, me.id, locale=locale, limit=10).rows],
        licences=[case_view.licence(each, locale) for party in parties for each in licences.for_party(session, party.party.id)],
        acting=[_acting(each) for each in parties],
    )


def _greeting(name: str) -> str:
    hour = local(now()).hour
    part = say("早上好") if hour < 9 else say("上午好") if hour < 12 else say("下午好") if hour < 18 else say("晚上好")
    return say("%(part)s，%(name)s", part=part, name=name)


def _draft(each: Any) -> dict[str, Any]:
    return {
        "title": typeset(each.item_title),
        "href": url_for("apply.resume", draft_id=each.id),
        "drop": url_for("apply.drop", draft_id=each.id),
        "at": each.saved_at,
        "until": each.expires_at,
    }


def _message(each: Any) -> dict[str, Any]:
    return {
        "title": typeset(each.title),
        "words": typeset(each.body),
        "at": each.at,
        "new": each.read_at is None,
        "href": url_for("cases.show", case_id=each.case_id) if each.case_id else None,
    }


def _acting(each: Any) -> dict[str, Any]:
    return {
        "id": each.party.id,
        "name": each.party.name,
        "role": acting.role_words(each.role, each.party.kind),
        "until": each.valid_until,
        "chosen": each.party.id == acting.acting().party_id,
    }


@my.post("/messages/read")
@edge.login_required
def messages_read() -> Response:
    """Mark every message of mine as read."""
    me = edge.account()
    assert me is not None
    notices.mark_read(edge.session(), ("account", me.id))
    return redirect(url_for("my.space"), 303)


@my.get("/licences/<licence_id>")
@edge.login_required
def licence_sheet(licence_id: str) -> Response:
    """The sheet (PDF) of a licence of a party I act for; another's does not exist."""
    me = edge.account()
    assert me is not None
    if not is_id(licence_id):
        raise NotFound
    content = licence_verbs.pdf(edge.session(), licence_id, parties=identity.party_ids_of(edge.session(), me.id))
    return papers.send_file(content, say("电子证照") + ".pdf", "application/pdf")


@my.get("/acting")
@edge.login_required
def choose_acting() -> str:
    """Choose for whom to apply."""
    me = edge.account()
    assert me is not None
    need = request.args.get("need", "")
    parties = [_acting(each) for each in identity.parties_of(edge.session(), me.id) if need not in ("person", "company") or each.party.kind == need]
    return page("portal/acting.html", parties=parties, need=need, next=request.args.get("next"))


@my.post("/acting")
@edge.login_required
def acting_chosen() -> Response:
    """Apply for that party from now on."""
    acting.choose(request.form.get("party", ""))
    return redirect(edge.safe_next(request.form.get("next")), 303)


@my.get("/profile")
@edge.login_required
def profile() -> str:
    """The account, masked."""
    me = edge.account()
    assert me is not None
    party = identity.party_view(edge.session(), me.party_id, actor=edge.citizen())
    rows = [(say("姓名"), party.name), (say("证件号码"), party.number), (say("手机号码"), me.phone)]
    return page("portal/profile.html", rows=rows)


@my.get("/parties/new")
@edge.login_required
def add_party() -> str:
    """The form to add a company I act for."""
    return _party_page({}, {})


def _party_page(form: dict[str, str], wrong: dict[str, str]) -> str:
    fields = ("name", "number", "authority", "role", "evidence")
    return page(
        "portal/party.html",
        form=dict.fromkeys(fields, "") | form,
        wrong=dict.fromkeys(fields) | wrong,
        errors=list(wrong.items()),
        next=request.args.get("next"),
    )


@my.post("/parties/new")
@edge.login_required
def party_added() -> str | Response | tuple[str, int]:
    """Add the company and act for it."""
    me, locale = edge.account(), edge.locale()
    assert me is not None
    form = {name: normalise(request.form.get(name, ""))[:200] for name in ("name", "number", "authority", "role")}
    wrong = {} if form["name"] else {"name": say("请填写单位名称")}
    number = normalise_number(form["number"])
    if number and (key := check_document("uscc", number)):
        wrong["number"] = word(key, locale)
    agent = form["role"] == "agent"
    paper = request.files.get("evidence")
    if agent and not form["authority"]:
        wrong["authority"] = say("请写明凭什么代表")
    if agent and (paper is None or not paper.filename):
        wrong["evidence"] = say("经办人要传授权委托书")
    evidence = None
    if not wrong and paper is not None and paper.filename:
        try:
            evidence = files.put(edge.session(), paper.stream, name=paper.filename, holder=("account", me.id), limits=EVIDENCE).id
        except PlatformError as error:
            wrong["evidence"] = error.words(locale)
    if wrong:
        return _party_page(form, wrong), 422
    party_id = identity.add_company(
        edge.session(),
        me.id,
        name=form["name"],
        uscc=number,
        role="agent" if agent else "legal_representative",
        authority=form["authority"] or "legal_representative",
        evidence_blob=evidence,
        actor=edge.citizen(),
    )
    acting.choose(party_id)
    return redirect(edge.safe_next(request.args.get("next") or "/my/"), 303)
