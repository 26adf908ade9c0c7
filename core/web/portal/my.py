"""My space: what needs me first, cases, drafts, licences, messages, and those I act for."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response

from core.cases import drafts as case_drafts
from core.cases import queries as case_queries
from core.cases import waiting
from core.identity import service as identity
from core.identity.service import phones
from core.kernel.clock import local, now
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.licences import queries as licences
from core.licences import service as licence_verbs
from core.notices import queries as notice_queries
from core.notices import service as notices
from core.web import edge
from core.web.page import page, say, typeset
from core.web.portal import acting, case_view, papers, today
from core.web.portal.account import document_titles

my = Blueprint("my", __name__, url_prefix="/my")


@my.get("/")
@edge.login_required
def space() -> str:
    """Everything of mine on one page."""
    session, me, locale = edge.session(), edge.account(), edge.locale()
    assert me is not None
    found = case_queries.mine(session, me.id, cursor=request.args.get("after"))
    parties, waits = identity.parties_of(session, me.id), waiting.of(session, found.rows)
    return page(
        "portal/my.html",
        greeting=_greeting(me.name),
        needs=today.need_cards(waits),
        drafts=[_draft(each) for each in case_drafts.mine(session, actor=edge.citizen())],
        cases=[_case(case_view.card(each, locale), {wait.kind for wait in waits if wait.card.id == each.id}) for each in found.rows],
        more=url_for("my.space", after=found.next) if found.next else None,
        messages=[_message(each) for each in notice_queries.inbox(session, me.id, locale=locale, limit=5).rows],
        licences=[case_view.licence(each, locale) for party in parties for each in licences.for_party(session, party.party.id)],
        acting=[_acting(each) for each in parties],
    )


def _case(card: dict[str, Any], kinds: set[str]) -> dict[str, Any]:
    """A case in the list; one that waits for the reader does not say that there is nothing to do."""
    asks = say("部门问你一个问题，等你答复。") if "inquiry" in kinds else say("有说好以后补交的材料，等你补交。") if "later" in kinds else None
    if asks is not None:
        for step in (each for each in card["steps"] if each["state"] == "now"):
            step["title"] = asks
    return card


def _greeting(name: str) -> str:
    hour = local(now()).hour
    part = say("早上好") if hour < 9 else say("上午好") if hour < 12 else say("下午好") if hour < 18 else say("晚上好")
    return say("%(part)s，%(name)s", part=part, name=name)


def _draft(each: Any) -> dict[str, Any]:
    return {
        "title": case_view.item_title(each.item_title, each.item_code, edge.locale()),
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
        "paper": url_for("cases.document", case_id=each.case_id, document_id=each.document_id) if each.case_id and each.document_id else None,
    }


def _acting(each: Any) -> dict[str, Any]:
    return {
        "id": each.party.id,
        "name": typeset(each.party.name),
        "number": each.party.number,
        "evidence": url_for("my.evidence", party_id=each.party.id) if each.evidence_blob else None,
        "role": acting.role_words(each.role, each.party.kind),
        "until": each.valid_until,
        "chosen": each.party.id == acting.acting().party_id,
    }


@my.get("/messages")
@edge.login_required
def messages() -> str:
    """Every message of mine, newest first, each with the way to its case."""
    me = edge.account()
    assert me is not None
    found = notice_queries.inbox(edge.session(), me.id, cursor=request.args.get("after"), locale=edge.locale())
    more = url_for("my.messages", after=found.next) if found.next else None
    return page("portal/messages.html", messages=[_message(each) for each in found.rows], more=more)


@my.post("/messages/read")
@edge.login_required
def messages_read() -> Response:
    """Mark every message of mine as read."""
    me = edge.account()
    assert me is not None
    notices.mark_read(edge.session(), ("account", me.id))
    cookie.pop("unread", None)
    return redirect(url_for("my.messages"), 303)


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
    """The account, masked: what stands here may be read over a shoulder."""
    return _profile_page(reveal=False)


@my.post("/profile")
@edge.login_required
def profile_whole() -> str:
    """One's own data whole, once, because one asked for it; nothing of it stays in the browser's history."""
    return _profile_page(reveal=True)


@my.post("/profile/sms")
@edge.login_required
def profile_sms() -> Response:
    """In which language short messages come to my phone, or that they do not."""
    me = edge.account()
    assert me is not None
    phones.choose_sms(edge.session(), me.id, request.form.get("sms", ""), actor=edge.citizen())
    return redirect(url_for("my.profile", saved="sms") + "#sms-title", 303)


def _sms_choices() -> list[tuple[str, str]]:
    """(choice, words)."""
    return [("zh", say("用中文发")), ("en", say("用英文发")), ("off", say("不收短信"))]


def _profile_page(*, reveal: bool) -> str:
    me = edge.account()
    assert me is not None
    party = identity.party_view(edge.session(), me.party_id, reveal=reveal, actor=edge.citizen())
    kinds = document_titles()
    rows = [
        (say("姓名"), party.name),
        (say("证件类型"), kinds.get(party.document_kind, party.document_kind)),
        (say("证件号码"), party.number),
        (say("手机号码"), party.phone),
    ]
    parties = [_acting(each) for each in identity.parties_of(edge.session(), me.id) if each.party.id != me.party_id]
    return page(
        "portal/profile.html", rows=rows, revealed=party.revealed, acting=parties, sms=phones.sms_choice(edge.session(), me.id),
        sms_choices=_sms_choices(), sms_saved=request.args.get("saved") == "sms",
    )  # fmt: skip
