"""How the result shall reach the applicant: asked on the last page before an application is sent, shown and changed on the case page."""

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from core.cases import delivery
from core.cases.delivery import ELECTRONIC, PICKUP, POST
from core.cases.service import delivering, wishes
from core.cases.spec import ENDED, CaseView, DeliveryChoice, Reception
from core.identity import queries as people
from core.items import queries as items
from core.items.spec import CompiledItem
from core.kernel.errors import BadInput, NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.web import edge, seat
from core.web.page import page, say
from core.web.portal import acting
from core.web.portal.cases import cases, own, short_title

_FIELDS = ("recipient", "phone", "address")


def asked(compiled: CompiledItem, who: acting.Acting, *, here: str = "", there: str = "") -> dict[str, Any] | None:
    """What the last page asks: the item's ways, and the address as it was typed or as the account has it. ``None`` when there is no choice.

    *here* takes the application in for the authority *there*: then the result is picked up at either.
    """
    ways = tuple(way for way in compiled.route.delivery.ways if way != ELECTRONIC or seat.taken() is None)  # a desk's visitor may have no account
    if len(ways) < 2 and ways != (POST,) and not here:
        return None
    given = {name: request.form.get(f"_post_{name}", "") for name in _FIELDS}
    if POST in ways and "_way" not in request.form:
        given = _own(who)
    places = [("here", here), ("there", there)] if here and PICKUP in ways else []
    chosen_way, place = request.form.get("_way", ways[0] if ways else ""), request.form.get("_place", "here")
    return {"ways": [(way, *_words(way)) for way in ways], "chosen": chosen_way, "given": given, "post": POST in ways, "places": places, "place": place}


def _words(way: str) -> tuple[str, str]:
    return {
        PICKUP: (say("到窗口领"), say("带上收件凭证上的查询码和证件。别人代领要有授权委托书。")),
        POST: (say("寄给我"), say("寄到下面的地址，签收了才算送达。")),
        ELECTRONIC: (say("网上领"), say("文书做好，马上放进“我的”，选这一项就是同意电子送达。")),
    }[way]


def _own(who: acting.Acting) -> dict[str, str]:
    """The applicant's own name, telephone and address, to be looked over."""
    known = acting.own_values(who)
    return {"recipient": known.get("name", ""), "phone": known.get("phone", ""), "address": known.get("address", "")}


def chosen(compiled: CompiledItem, reception: Reception | None = None) -> DeliveryChoice | None:
    """What was chosen on the page that was sent; ``None`` when the item gives no choice, or the page asked for none. With *reception* the result is
    picked up where the application was taken in, unless the page says otherwise. Raises :class:`BadInput`."""
    way = request.form.get("_way", "")
    if not way:
        return None
    given = {name: request.form.get(f"_post_{name}", "")[:400] for name in _FIELDS} if way == POST else {}
    place = reception.department_id if reception is not None and way == PICKUP and request.form.get("_place") == "here" else None
    made = DeliveryChoice(way, place, **given)
    wishes.check_way(compiled.route.delivery.ways, made)
    return made


def shown(found: CaseView, compiled: CompiledItem) -> dict[str, Any] | None:
    """Where the result is, for its applicant; ``None`` before anything was chosen."""
    one = delivery.of_case(edge.session(), found.id)
    if one is None:
        return None
    place = people.titles(edge.session(), [one.department_id]).get(one.department_id, "")
    over = found.status in ENDED
    may = not over and one.state in ("chosen", "ready", "returned") and len(compiled.route.delivery.ways) > 1
    return {
        "way": _words(one.way)[0],
        "words": _where(one, place, over=over),
        "posted": f"{one.carrier} {one.tracking}" if one.tracking else None,
        "change": url_for("cases.delivery_form", case_id=found.id) if may else None,
        "signed": url_for("cases.delivery_signed", case_id=found.id) if one.way == POST and one.state == "posted" else None,
        "command": new_id(),
    }


def _where(one: delivery.Delivery, place: str, *, over: bool) -> str:
    if one.state == "done":
        return {PICKUP: say("已经领走了。"), POST: say("已经签收了。"), ELECTRONIC: say("已经送到你的“我的”里，在这一页下载。")}[one.way]
    if over:
        return say("这次办理已经结束，没有要领的结果。")
    if one.state == "posted":
        return say("已经寄出，签收以后才算送达。")
    if one.state == "returned":
        return say("邮件退回来了，请看看地址对不对，或者改成别的方式。")
    if one.state == "chosen":
        return say("作出决定以后送给你。")
    return {
        PICKUP: say("在%(place)s的窗口等你领，带上查询码和证件。", place=place),
        POST: say("窗口正在准备寄出。"),
        ELECTRONIC: say("文书做好就送到。"),
    }[one.way]


@cases.get("/<case_id>/delivery")
@edge.login_required
def delivery_form(case_id: str) -> str | Response:
    """Choose another way while the result is not on its way."""
    return _page(own(case_id))


def _page(found: CaseView, wrong: str | None = None) -> str | Response:
    """The ways, or – where the item gives no choice – the case itself."""
    compiled = items.load(edge.session(), found.version_id)
    held = asked(compiled, acting.acting())
    one = delivery.of_case(edge.session(), found.id)
    if held is None:
        return redirect(url_for("cases.show", case_id=found.id))
    if one is not None and "_way" not in request.form:
        held["chosen"] = one.way
    shown = {"title": short_title(compiled, edge.locale()), "href": url_for("cases.show", case_id=found.id)}
    return page("portal/delivery.html", c=shown, delivery=held, way_error=wrong, command=new_id(), errors=[("way", wrong)] if wrong else [])


@cases.post("/<case_id>/delivery")
@edge.login_required
def delivery_changed(case_id: str) -> Response | tuple[str | Response, int]:
    """Keep the other way."""
    found, command = own(case_id), request.form.get("command", "")
    if not is_id(command):
        raise NotFound
    try:
        made = chosen(items.load(edge.session(), found.version_id))
        if made is None:
            raise BadInput("cases.no_such_way")
        delivering.choose(edge.session(), found.id, made, command_id=command, actor=edge.citizen())
    except NotFound:
        raise
    except PlatformError as error:
        edge.session().rollback()
        return _page(own(case_id), error.words(edge.locale())), error.status
    return redirect(url_for("cases.show", case_id=found.id), 303)


@cases.post("/<case_id>/delivery/signed")
@edge.login_required
def delivery_signed(case_id: str) -> Response:
    """The applicant has it: the post was signed for."""
    found, command = own(case_id), request.form.get("command", "")
    if not is_id(command):
        raise NotFound
    delivering.signed_for(edge.session(), found.id, recipient=found.applicant, command_id=command, actor=edge.citizen())
    return redirect(url_for("cases.show", case_id=found.id), 303)
