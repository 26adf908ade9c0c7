"""Before the authority receives an application: a pre-review that one asked for, papers on their way up from the village, and where the paper is."""

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from core.cases.custody import RESULT, Paper
from core.cases.service import custody, prereviewing, relaying
from core.cases.spec import CaseView
from core.identity import queries as people
from core.items.spec import CompiledItem
from core.kernel.clock import local
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.kernel.wording import word
from core.routing.facts import holds
from core.web import edge
from core.web.page import at, day, page, say
from core.web.portal import papers
from core.web.portal.cases import _context, cases, own
from core.worktime.explain import limit_words


def offered(compiled: CompiledItem, known: Mapping[str, Any]) -> bool:
    """Whether the reader may ask for a pre-review of this application: the item leaves it to them, and its condition holds."""
    rule = compiled.route.intake.pre_review
    return rule is not None and rule.on_request and holds(rule.when, known) is True


def choice(compiled: CompiledItem, known: Mapping[str, Any]) -> dict[str, Any]:
    """What check-your-answers says of it: within how long the answer comes, and whether it was ticked."""
    rule = compiled.route.intake.pre_review
    limit = rule.limit.resolve(known) if rule is not None else None
    return {"asked": bool(request.form.get("_pre_review")), "limit": limit_words(limit, edge.locale()) if limit is not None else say("规定时间")}


def shown(found: CaseView, compiled: CompiledItem, locale: str, wrong: str | None = None) -> dict[str, Any] | None:
    """What the case page says of all that; ``None`` for a case that came straight to the authority."""
    review, way = _review(found, locale, wrong), _way(found, locale)
    if review is None and not way:
        return None
    return {"review": review, "way": way, "papers": _papers(found, compiled, locale), "sentence": _sentence(found, way)}


def _sentence(found: CaseView, way: list[dict[str, Any]]) -> str | None:
    """What is going on, in place of the words for an application that the authority has."""
    if found.status != "submitted" or found.marking.received:
        return None
    if found.marking.pre_review == "open":
        return say("正在预审：先看材料齐不齐，不算正式受理。缺什么会一次说全。")
    here = next((each for each in way if each["state"] == "now"), None)
    return say("材料在%(place)s，正在往上报。你现在不用做什么。", place=here["place"]) if here else None


def _review(found: CaseView, locale: str, wrong: str | None) -> dict[str, Any] | None:
    if found.marking.pre_review != "open":
        return None
    waits = prereviewing.waiting(edge.session(), found.id, actor=edge.citizen())
    clock = next((each for each in found.clocks if each.name == "pre_review"), None)
    return {
        "due": day(clock.due, locale) if clock is not None and clock.due is not None else None,
        "why": "".join(clock.sentences) if clock is not None else "",
        "late": waits is not None and waits.late,
        "may_go_on": waits is not None and waits.may_go_on,
        "href": url_for("cases.formally", case_id=found.id),
        "command": new_id(),
        "wrong": wrong,
    }


def _way(found: CaseView, locale: str) -> list[dict[str, Any]]:
    way = relaying.stations(edge.session(), found.id, found.marking, actor=edge.citizen())
    names = people.titles(edge.session(), sorted({each.today_id for each in way if each.today_id}))
    states = {"done": "done", "now": "now", "next": "todo"}
    return [
        {
            "level": word(f"routing.level.{each.level}", locale),
            "place": names.get(each.today_id or "", ""),
            "state": states[each.state],
            "words": at(each.closed_at, locale) if each.state == "done" and each.closed_at else say("现在在这里") if each.state == "now" else "",
        }
        for each in way
    ]


def _papers(found: CaseView, compiled: CompiledItem, locale: str) -> list[dict[str, Any]]:
    """Each paper once: where it was last."""
    latest: dict[str, Paper] = {}
    for each in custody.of_case(edge.session(), found.id, actor=edge.citizen()):
        if each.state != "expected":
            latest[each.material] = each
    names = people.titles(edge.session(), sorted({i for each in latest.values() for i in (each.from_id, each.to_id)}))
    titles = {RESULT: word("cases.custody.result", locale)}
    return [
        {"title": titles.get(material) or papers.title_by_id(compiled, material), "words": _where(each, names, locale), "late": each.late}
        for material, each in latest.items()
    ]


def _where(each: Paper, names: Mapping[str, str], locale: str) -> str:
    here, there = names.get(each.from_id, ""), names.get(each.to_id, "")
    if each.state == "received" and each.received_at is not None:
        return say("%(place)s，%(at)s 收到", place=there, at=at(each.received_at, locale))
    if each.state == "sent" and each.sent_at is not None:
        return say("%(at)s 从%(here)s送往%(there)s，在路上", at=at(each.sent_at, locale), here=here, there=there)
    due = say("，最晚 %(day)s 送到%(there)s", day=day(local(each.due_at).date(), locale), there=there) if each.due_at is not None else ""
    return here + due


@cases.post("/<case_id>/formally")
@edge.login_required
def formally(case_id: str) -> Response | tuple[str, int]:
    """Hand in formally without waiting for the pre-review."""
    found, command = own(case_id), request.form.get("command", "")
    if not is_id(command):
        raise NotFound
    try:
        prereviewing.go_on(edge.session(), found.id, command_id=command, actor=edge.citizen())
    except PlatformError as error:
        edge.take_back(error)
        return page("portal/case.html", c=_context(own(case_id), error.words(edge.locale()))), error.status
    return redirect(url_for("cases.show", case_id=found.id), 303)
