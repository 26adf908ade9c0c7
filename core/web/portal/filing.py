"""The application is filed. The draft is the key of the command: a second press, a reload or another window gets the same case."""

from collections.abc import Sequence

from flask import redirect, request

from core.cases import queries as case_queries
from core.cases.service import submit
from core.cases.service.submitting import check_together
from core.cases.spec import DeliveryChoice, PartyOnCase, Reception
from core.forms import service as forms
from core.items.spec import CompiledItem
from core.kernel.errors import BadInput, NotFound
from core.kernel.ids import is_id
from core.web import edge, elsewhere, enclosed, seat
from core.web.page import say
from core.web.portal import acting, before, delivery, flow, offer
from core.web.portal.apply import apply
from core.web.portal.board import board
from core.web.portal.confirming import confirmed
from core.web.portal.drafting import own_draft, renewed
from core.web.portal.drawing import Answer, check_page


@apply.post("/drafts/<draft_id>/submit")
@seat.seated
def send(draft_id: str) -> Answer:
    """File the application. The draft is the key of the command: a second press, a reload or another window gets the same case."""
    try:
        draft, compiled, who = own_draft(draft_id)
    except NotFound:
        return _already(draft_id)
    if request.form.get("_version", type=int) != draft.version:
        return check_page(draft, compiled, who, notice=say("这份草稿刚才在另一个窗口或设备上改过，下面是现在的样子。请再核对一遍。"))
    current = offer.fresh(compiled.code)
    if draft.newer:
        draft, compiled = renewed(draft, current), current.compiled
        return check_page(draft, compiled, who, notice=say("这件事的要求更新了，下面按新的要求列出。请再核对一遍。"))
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    decision = forms.decide(compiled.form, draft.values, facts=known)
    found = board(draft, compiled, known, who)
    if decision.errors or not found.complete:
        return check_page(draft, compiled, who)
    parties, evidence = acting.on_case(who, [each for each in request.form.getlist("_with") if is_id(each)][:20])
    if (with_error := _alone_or_together(compiled, parties)) is not None:
        return check_page(draft, compiled, who, with_error=with_error)
    way = elsewhere.course(current, decision.values, request.form.get("_owner"))
    if way.owner is None or way.wrong is not None:
        return check_page(draft, compiled, who, owner_error=way.wrong or say("请选交给哪里办"))
    wanted, way_error = _wanted(compiled, way.reception)
    if way_error is not None:
        return check_page(draft, compiled, who, way_error=way_error)
    signed, agree_error = confirmed(draft.id)
    if agree_error is not None:
        return check_page(draft, compiled, who, agree_error=agree_error)
    ref = submit(
        edge.session(),
        compiled=compiled,
        version_id=draft.version_id,
        owner=way.owner.department_id,
        values=decision.values,
        materials=(*found.wanted(draft.materials), *enclosed.handed(compiled.form, decision.values, draft.materials), *evidence, *signed),
        parties=parties,
        channel=seat.channel(),
        command_id=draft.id,
        draft_id=draft.id,
        situation=draft.situation,
        supplies=found.final(),
        delivery=wanted,
        reception=way.reception,
        pre_review=bool(request.form.get("_pre_review")) and before.offered(compiled, known),
        visit=seat.visit_id(),
        actor=seat.filer(),
    )
    return redirect(seat.href("cases.receipt", case_id=ref.id), 303)


def _alone_or_together(compiled: CompiledItem, parties: Sequence[PartyOnCase]) -> str | None:
    """What is wrong with applying alone, or together, in the reader's words."""
    try:
        check_together(compiled, parties)
    except BadInput as error:
        return error.words(edge.locale())
    return None


def _wanted(compiled: CompiledItem, reception: Reception | None) -> tuple[DeliveryChoice | None, str | None]:
    """How the result shall reach the reader, or what is wrong with it in their words."""
    try:
        return delivery.chosen(compiled, reception), None
    except BadInput as error:
        return None, error.words(edge.locale())


def _already(draft_id: str) -> Answer:
    """The draft is gone: was it filed by this reader? Then its receipt; else there is nothing here."""
    case_id = case_queries.by_command(edge.session(), seat.filer(), draft_id) if is_id(draft_id) else None
    if case_id is None:
        raise NotFound
    return redirect(seat.href("cases.receipt", case_id=case_id), 303)
