"""统一出件: what waits to reach its applicant, over all departments, for the windows of one place – handed over, posted, or laid down online."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.audit import service as audit
from core.cases import delivery, receptions
from core.cases.delivery import ELECTRONIC, PICKUP, POST, Output
from core.cases.service import delivering
from core.cases.service.delivering import Proof, Proxy
from core.cases.speaking import spoken_titles
from core.documents import queries as documents
from core.identity import queries as people
from core.identity.documents import PERSON_DOCUMENTS
from core.items import anywhere
from core.kernel.errors import BadInput, NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.kernel.text import normalise
from core.kernel.wording import word
from core.licences import queries as licences
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me, tell
from core.web.backoffice.paper_licences import document_titles
from core.web.limits import limit
from core.web.page import say as _

blueprint = Blueprint("output", __name__, url_prefix="/office/output")


def ways() -> dict[str, str]:
    """The ways of delivery, in words."""
    return {PICKUP: _("窗口领取"), POST: _("邮寄"), ELECTRONIC: _("电子送达")}


def states() -> dict[str, str]:
    """Where a result is, in words."""
    return {
        "chosen": _("还没有决定"),
        "ready": _("等着送出"),
        "posted": _("在邮寄途中"),
        "returned": _("邮件退回来了"),
        "done": _("已经送达"),
    }


@blueprint.get("/")
@at_desk
def listed() -> str:
    """What waits, soonest due first."""
    way, number = request.args.get("way"), normalise(request.args.get("number", ""))[:140]
    way = way if way in ways() else None
    rows = delivery.waiting(edge.session(), way=way, number=number or None, actor=actor())
    titles = spoken_titles(edge.session(), {each.case_id: each.item_title for each in rows}, edge.locale())
    places = people.titles(edge.session(), [each.department_id for each in rows])
    tabs = [(None, _("全部")), *ways().items()]
    return desk_page(
        "office/output.html", nav_here="output", rows=rows, titles=titles, way=way, number=number, tabs=tabs, departments=places, ways=ways(), states=states()
    )  # fmt: skip


@blueprint.get("/<case_id>")
@at_desk
def show(case_id: str) -> str:
    """One result: what there is to hand out, and the form of its way."""
    return _page(case_id)


def _page(case_id: str, wrong: PlatformError | str | None = None) -> str:
    session, locale = edge.session(), edge.locale()
    found = delivery.one(session, case_id, actor=actor())
    address = None
    if found.way == POST:
        audit.record(session, "cases.looked_address", subject=("case", case_id), actor=actor())
        address = delivery.address(session, case_id)
    words = wrong.words(locale) if isinstance(wrong, PlatformError) else wrong
    return desk_page(
        "office/output_case.html",
        nav_here="output",
        line=found,
        title=spoken_titles(session, {found.case_id: found.item_title}, locale)[found.case_id],
        address=address,
        papers=_papers(found),
        department=people.titles(session, [found.department_id]).get(found.department_id, ""),
        way=ways()[found.way],
        state=states()[found.state],
        kinds=[(kind, document_titles()[kind]) for kind in PERSON_DOCUMENTS],
        tail=delivering.TAIL,
        wrong=words,
        given=request.form if words else {},
        command=new_id(),
    )


def _papers(found: Output) -> list[dict[str, Any]]:
    """Everything that goes to the applicant: the decision and the licences, each with whether its paper is made."""
    session, locale = edge.session(), edge.locale()
    shown: list[dict[str, Any]] = [
        {"title": each.title if locale == "zh" else word(f"documents.kind.{each.kind}", locale), "number": each.number, "ready": each.ready,
         "href": f"/office/cases/{found.case_id}/documents/{each.id}" if each.ready else None}
        for each in documents.of_case(session, found.case_id)
        if each.kind.startswith("decision_")
    ]  # fmt: skip
    shown += [
        {"title": each.type_title, "number": each.number, "ready": each.has_pdf, "href": None} for each in licences.of_case(session, found.number)
    ]  # fmt: skip
    return shown


@blueprint.post("/<case_id>/pickup")
@at_desk
def pickup(case_id: str) -> Response | tuple[str, int]:
    """Hand it over, after the check of who takes it. A failed check is counted, also when nothing else happens."""
    limit("output.pickup", "30/minute", me().id)
    form = request.form
    proxy = None
    if form.get("who") == "proxy":
        name, number, authority = (form.get(part, "")[:200] for part in ("proxy_name", "proxy_number", "proxy_authority"))
        proxy = Proxy(name, form.get("proxy_kind", "")[:40], number, authority)
    proof = Proof(form.get("code", "")[:120], form.get("tail", "")[:40], proxy)

    def verb(command: str) -> str | None:
        done = delivering.hand_over(edge.session(), case_id, proof, command_id=command, actor=actor())
        return None if done.result is not None else _not_the_one(done)

    return _do(case_id, verb, _("交给本人了，送达回证正在生成。") if proxy is None else _("交给代领人了，送达回证正在生成。"))


def _not_the_one(done: delivering.HandOver) -> str:
    if done.locked_until is None:
        return _("查询码和证件号码对不上，不能交出。还可以再试 %(n)s 次。", n=done.left)
    return _("查询码和证件号码对不上，错得太多，半小时以后再试。")


@blueprint.post("/<case_id>/post")
@at_desk
def post(case_id: str) -> Response | tuple[str, int]:
    """Give it to the post."""
    carrier, tracking = request.form.get("carrier", "")[:100], request.form.get("tracking", "")[:100]

    def verb(command: str) -> None:
        delivering.send_off(edge.session(), case_id, carrier=carrier, tracking=tracking, command_id=command, actor=actor())

    return _do(case_id, verb, _("寄出了，申请人能看到邮件号码。"))


@blueprint.post("/<case_id>/returned")
@at_desk
def returned(case_id: str) -> Response | tuple[str, int]:
    """The post brought it back."""
    reason = request.form.get("reason", "")[:400]

    def verb(command: str) -> None:
        delivering.came_back(edge.session(), case_id, reason=reason, command_id=command, actor=actor())

    return _do(case_id, verb, _("退回记下了，申请人会知道。"))


@blueprint.post("/<case_id>/signed")
@at_desk
def signed(case_id: str) -> Response | tuple[str, int]:
    """The postal receipt came: delivered."""
    recipient = request.form.get("recipient", "")[:100]

    def verb(command: str) -> None:
        delivering.signed_for(edge.session(), case_id, recipient=recipient, command_id=command, actor=actor())

    return _do(case_id, verb, _("签收记下了，这一件办结。"))


def _do(case_id: str, verb: Callable[[str], str | None], done: str) -> Response | tuple[str, int]:
    """Carry *verb* out; the words it returns are why not, and what it wrote then – a count – stays."""
    command = request.form.get("command", "")
    if not is_id(command):
        raise BadInput
    try:
        wrong = verb(command)
    except NotFound:
        raise
    except PlatformError as error:
        edge.session().rollback()
        if error.status not in (403, 409, 422):
            raise
        return _page(case_id, error), error.status
    if wrong is not None:
        edge.commit()
        return _page(case_id, wrong), 422
    tell(done)
    return redirect("/office/output/", 303)


def gather(view: Any, compiled: Any) -> Mapping[str, Any] | None:
    """The panel of the case page: how the result reaches the applicant, and the way to the window."""
    del compiled
    if view.decided_at is None and not view.had("delivery_chosen"):
        return None  # a way is chosen, or follows from the decision
    found = delivery.of_case(edge.session(), view.id)
    if found is None:
        return None
    place = people.titles(edge.session(), [found.department_id]).get(found.department_id, "")
    open_here = any(task.kind == "delivery" for task in view.tasks) and found.way != ELECTRONIC
    return {
        "found": found,
        "way": ways()[found.way],
        "state": states()[found.state],
        "place": place,
        "href": f"/office/output/{view.id}" if open_here else None,
    }


def gather_reception(view: Any, compiled: Any) -> Mapping[str, Any] | None:
    """全域通办: who took the case in, and who decides it."""
    if not anywhere.setting(compiled.doc):
        return None
    found = receptions.of_case(edge.session(), view.id)
    if found is None:
        return None
    names = people.titles(edge.session(), [found.department_id, view.department_id])
    modes = {"online": _("全程网办"), "collect": _("异地代收代办"), "joint": _("多地联办")}
    return {"mode": modes[found.mode], "here": names.get(found.department_id, ""), "there": names.get(view.department_id, "")}
