"""A village agent asks somebody who is not there for consent: a code is shown to that person alone, and whoever has it from them enters it here."""

from datetime import timedelta
from typing import Any

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from core.identity import queries as people
from core.identity.documents import check_document, normalise_number
from core.identity.errors import MandateRefused
from core.identity.models import Mandate
from core.identity.service import mandates, visits
from core.identity.spec import PostView
from core.items import queries as items
from core.kernel.clock import today
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.kernel.text import normalise
from core.kernel.wording import word
from core.notices import service as notices
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page
from core.web.counter.receiving import blueprint, desks
from core.web.counter.steps import scope_of
from core.web.limits import limit
from core.web.page import day
from core.web.page import say as _
from core.web.portal.account import document_titles
from core.web.portal.lists import card_text

Answer = str | Response | tuple[str, int]
#: What is asked for by code is about to be filed: a month is enough to mend what is missing.
FOR = timedelta(days=30)
_FIELDS = ("name", "document_kind", "number", "item")


def _agents_post() -> PostView:
    """My post as a village or town agent; 403 without one."""
    return next((post for post in desks() if post.role == "agent"), None) or abort(403)


def _reach(post: PostView) -> dict[str, str]:
    """What can be filed from this place: code → title."""
    shown = items.visible(edge.session(), scope_of(people.department(edge.session(), post.department_id).division_path))
    return {item.code: card_text(item, "title", edge.locale()) for item in shown}


@blueprint.get("/consents")
@at_desk
def consent_form() -> str:
    """Whom to ask, and for what."""
    return _page(_agents_post(), {}, {})


def _page(post: PostView, given: dict[str, str], wrong: dict[str, str], **more: Any) -> str:
    blank = dict.fromkeys(_FIELDS, "") | {"document_kind": "resident_id"}
    kinds = [(kind, title) for kind, title in document_titles().items() if kind not in ("uscc", "company_in_formation")]
    context = {"form": blank | given, "wrong": dict.fromkeys((*_FIELDS, "code")) | wrong, "errors": list(wrong.items()), "kinds": kinds, "mandate": None}
    return desk_page("office/counter_consent.html", nav_here="counter", post=post, items=list(_reach(post).items()), **context | more)


@blueprint.post("/consents")
@at_desk
def consent_asked() -> Answer:
    """Ask in the person's own space; the code is shown there."""
    post = _agents_post()
    limit("consents", "30/hour", actor().id)
    given = {name: normalise(request.form.get(name, ""))[:100] for name in _FIELDS}
    titles = _reach(post)
    wrong = _wrong(given, titles)
    if wrong:
        return _page(post, given, wrong), 422
    until = today() + FOR
    mandate_id, account_id = mandates.ask(
        edge.session(),
        document_kind=given["document_kind"],
        number=given["number"],
        name=given["name"],
        department_id=post.department_id,
        agent_name=post.department_title,
        reach=[f"item:{given['item']}"],
        valid_until=until,
        actor=actor(),
    )
    if account_id is not None:  # the answer is the same either way: a desk does not learn who has an account
        params = {"agent": post.department_title, "what": titles[given["item"]], "until": {"zh": day(until, "zh"), "en": day(until, "en")}}
        notices.post(edge.session(), key=f"mandate/{mandate_id}/asked", template="mandate_asked", recipient=("account", account_id), params=params)
    return redirect(url_for("counter.consent_code", mandate_id=mandate_id), 303)


def _wrong(given: dict[str, str], titles: dict[str, str]) -> dict[str, str]:
    found = {} if given["name"] else {"name": _("请填写姓名或者单位名称，跟证件上一样")}
    fault = check_document(given["document_kind"], normalise_number(given["number"]))
    if fault:
        found["number"] = word(fault, edge.locale())
    if given["item"] not in titles:
        found["item"] = _("请选要代办的事项")
    return found


@blueprint.get("/consents/<mandate_id>")
@at_desk
def consent_code(mandate_id: str) -> str:
    """Enter the code that the person tells."""
    post = _agents_post()
    return _page(post, {}, {}, mandate=_asked(mandate_id, post).id)


def _asked(mandate_id: str, post: PostView) -> Mandate:
    """A mandate that my place asked for. Raises :class:`NotFound` for every other."""
    row = edge.session().get(Mandate, mandate_id) if is_id(mandate_id) else None
    if row is None or row.agent_department_id != post.department_id:
        raise NotFound
    return row


@blueprint.post("/consents/<mandate_id>")
@at_desk
def consent_given(mandate_id: str) -> Answer:
    """The right code – or the person's own answer in their space – makes the visit; a wrong one counts as a try also when it is refused."""
    post = _agents_post()
    row = _asked(mandate_id, post)
    limit("consent-code", "20/hour", mandate_id)
    try:
        if row.granted_at is None:
            mandates.confirm(edge.session(), mandate_id, request.form.get("code", "")[:12], actor=actor())
    except MandateRefused as error:
        edge.commit()
        return _page(post, {}, {"code": error.words(edge.locale())}, mandate=mandate_id), 422
    visit = visits.receive_by_mandate(edge.session(), post=post, mandate_id=mandate_id, actor=actor())
    return redirect(url_for("counter_steps.space", visit_id=visit.id), 303)
