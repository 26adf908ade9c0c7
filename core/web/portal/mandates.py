"""Mandates (代办授权) in my space: whom I let file for me, what they did with it, and taking it back; what others let me do.

民法典 165: a mandate names the agent, the matter, the authority and the term; 173: it ends with its term or when the principal takes it back.
"""

from datetime import date
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from core.identity import service as identity
from core.identity.service import mandates as verbs
from core.identity.spec import POWERS, MandateView
from core.items import queries as items
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import is_id
from core.kernel.text import normalise
from core.web import edge
from core.web.limits import limit
from core.web.page import page, say
from core.web.portal.lists import card_text
from core.web.portal.my import my

Answer = str | Response | tuple[str, int]
_FIELDS = ("party", "name", "phone", "item", "until")


@my.get("/mandates")
@edge.login_required
def mandates() -> str:
    """What I gave, what I am asked for, what was given to me."""
    me = edge.account()
    assert me is not None
    given, held = verbs.given(edge.session(), me.id), verbs.held(edge.session(), me.id)
    used: dict[str, list[Any]] = {}
    for each in verbs.uses(edge.session(), [one.id for one in (*given, *held)]):
        mine = any(one.id == each.mandate_id for one in given)
        used.setdefault(each.mandate_id, []).append({"use": each, "what": power_words(each.power), "href": _case(each.case_id) if mine else None})
    titles = reach_titles()
    return page(
        "portal/mandates.html",
        asked=[_row(one, titles, used) | {"code": verbs.code_for(edge.session(), one.id, actor=edge.citizen())} for one in given if one.state == "asked"],
        given=[_row(one, titles, used) for one in given if one.state != "asked"],
        held=[_row(one, titles, used) for one in held],
    )


def _case(case_id: str) -> str:
    return url_for("cases.show", case_id=case_id)


def _row(one: MandateView, titles: dict[str, str], used: dict[str, list[Any]]) -> dict[str, Any]:
    return {
        "one": one,
        "reach": say("、").join(titles.get(each, each.partition(":")[2]) for each in one.reach),
        "powers": say("、").join(power_words(power) for power in one.powers),
        "state": state_words(one.state),
        "tone": {"granted": "go", "asked": "wait"}.get(one.state, "stop"),
        "live": one.state == "granted",
        "used": used.get(one.id, []),
    }


def power_words(power: str) -> str:
    """What an agent may do."""
    return {"file": say("提交申请"), "correct": say("补正材料"), "withdraw": say("撤回申请")}[power]


def state_words(state: str) -> str:
    """How a mandate stands."""
    return {"asked": say("等你同意"), "granted": say("有效"), "refused": say("没有同意"), "revoked": say("已收回"), "expired": say("已到期")}[state]


def reach_titles() -> dict[str, str]:
    """What a mandate can reach, by its key: the hall's items and departments."""
    locale, found = edge.locale(), {}
    for item in items.visible(edge.session(), edge.scope()):
        found[f"item:{item.code}"] = card_text(item, "title", locale)
        found.setdefault(f"department:{item.department}", say("%(department)s的全部事项", department=item.offer.department_title))
    return found


@my.get("/mandates/new")
@edge.login_required
def mandate_blank() -> str:
    """The form to give a mandate."""
    return _form({"item": request.args.get("item", "")}, [], ["file"], {})


def _form(given: dict[str, str], departments: list[str], powers: list[str], wrong: dict[str, str]) -> str:
    me = edge.account()
    assert me is not None
    reach = reach_titles()
    own = [each for each in identity.parties_of(edge.session(), me.id) if each.role in ("applicant", "legal_representative", "guardian")]
    return page(
        "portal/mandate.html",
        form=dict.fromkeys(_FIELDS, "") | given,
        wrong=dict.fromkeys((*_FIELDS, "powers", "agree")) | wrong,
        errors=list(wrong.items()),
        parties=[(each.party.id, each.party.name) for each in own],
        items=[(key.partition(":")[2], title) for key, title in reach.items() if key.startswith("item:")],
        departments=[(key.partition(":")[2], title) for key, title in reach.items() if key.startswith("department:")],
        chosen=departments,
        powers=[(power, power_words(power), power in powers) for power in POWERS],
    )


@my.post("/mandates/new")
@edge.login_required
def mandate_given() -> Answer:
    """Give it."""
    me = edge.account()
    assert me is not None
    limit("mandates", "20/hour", me.id)
    given = {name: normalise(request.form.get(name, ""))[:100] for name in _FIELDS}
    departments, powers = request.form.getlist("department")[:50], request.form.getlist("power")[:5]
    wrong = _wrong(given, departments, powers)
    if not wrong:
        reach = [*([f"item:{given['item']}"] if given["item"] else []), *(f"department:{each}" for each in departments)]
        try:
            verbs.grant(
                edge.session(),
                given["party"] or me.party_id,
                agent_name=given["name"],
                agent_phone=given["phone"],
                reach=reach,
                powers=powers,
                valid_until=date.fromisoformat(given["until"]),
                actor=edge.citizen(),
            )
            return redirect(url_for("my.mandates"), 303)
        except PlatformError as error:
            edge.session().rollback()
            if error.status in (403, 404):
                raise
            wrong[{"identity.mandate_days": "until"}.get(error.message_key, "name")] = error.words(edge.locale())
    return _form(given, departments, powers, wrong), 422


def _wrong(given: dict[str, str], departments: list[str], powers: list[str]) -> dict[str, str]:
    found = {}
    if not given["name"]:
        found["name"] = say("请填写代办人的姓名")
    if not given["phone"]:
        found["phone"] = say("请填写代办人注册用的手机号码")
    known = reach_titles()
    asked = [*([f"item:{given['item']}"] if given["item"] else []), *(f"department:{each}" for each in departments)]
    if not asked or any(each not in known for each in asked):
        found["item"] = say("请选能代办的事项，或者选部门")
    if not powers or any(power not in POWERS for power in powers):
        found["powers"] = say("请选代办人能做什么")
    if given["party"] and not is_id(given["party"]):
        found["party"] = say("请选替谁授权")
    try:
        date.fromisoformat(given["until"])
    except ValueError:
        found["until"] = say("日期写成 2027-12-31 这样")
    if not request.form.get("agree"):
        found["agree"] = say("请先确认授权")
    return found


@my.post("/mandates/<mandate_id>/answer")
@edge.login_required
def mandate_answered(mandate_id: str) -> Response:
    """Agree to what a village agent asked for, or refuse it."""
    verbs.answer(edge.session(), mandate_id, agreed=request.form.get("agreed") == "1", actor=edge.citizen())
    return redirect(url_for("my.mandates"), 303)


@my.post("/mandates/<mandate_id>/revoke")
@edge.login_required
def mandate_revoked(mandate_id: str) -> Response:
    """Take back what I gave, or give up what was given to me."""
    if not is_id(mandate_id):
        raise NotFound
    verbs.revoke(edge.session(), mandate_id, actor=edge.citizen())
    return redirect(url_for("my.mandates"), 303)
