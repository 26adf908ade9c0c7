"""A case as its applicant reads it: where it stands in one sentence, until when and why, what was done, what comes."""

import datetime as dt
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from core.cases.spec import ENDED, CaseCard, CaseView, ClockView, TimelineStep
from core.items import queries as items
from core.licences import queries as licences
from core.licences.spec import VerifyView
from core.web import edge
from core.web.daysheet import clock_sheet
from core.web.page import at, day, say, typeset
from core.web.portal.lists import card_text
from core.worktime.calendars import Calendar

_LIGHTS = {"green": "g", "yellow": "y", "red": "r", "paused": "p"}
_STATES = {"done": "done", "now": "now", "next": "todo", "todo": "todo", "skipped": "todo"}


def status_words(status: str, outcome: str | None) -> tuple[str, str, str]:
    """``(sentence, tone of the card, light)`` of a status: what is going on and whether the reader has to do something."""
    if status in ("decided", "delivered", "closed"):
        if outcome == "refuse":
            return say("部门决定不予批准，理由和救济途径写在决定书里。"), "note", "p"
        return say("办好了。"), "win", "g"
    return {
        "submitted": (say("已经收到，窗口正在看材料是否齐全。你现在不用做什么。"), "win", "g"),
        "accepted": (say("已经受理，正在办。你现在不用做什么。"), "win", "g"),
        "in_review": (say("已经受理，部门正在审查。你现在不用做什么。"), "win", "g"),
        "correction_requested": (say("部门请你补正。只要补点名的那几样，别的不用动。"), "need", "y"),
        "suspended": (say("正在做现场勘查、听证这类环节，计时暂停了。你现在不用做什么。"), "win", "p"),
        "declined": (say("没有受理，理由写在不予受理通知书里。"), "note", "p"),
        "withdrawn": (say("你撤回了这次申请。"), "note", "p"),
        "lapsed": (say("过了补正期限没有补，这次申请按撤回处理。可以重新申请。"), "note", "p"),
        "terminated": (say("这次办理终止了。"), "note", "p"),
    }.get(status, (status, "note", "p"))


def light(status: str, clock: ClockView | None) -> tuple[str, str]:
    """The class and words of the light."""
    if status in ENDED or status in ("decided", "delivered"):
        return {"withdrawn": ("p", say("已撤回")), "declined": ("p", say("不予受理")), "lapsed": ("p", say("已失效")), "terminated": ("p", say("已终止"))}.get(
            status, ("g", say("已决定") if status == "decided" else say("已办结"))
        )
    if status == "correction_requested":
        return "p", say("暂停，等你补正")
    if clock is None:
        return "g", say("在办")
    shown = _LIGHTS.get(clock.light, "g")
    return shown, {"g": say("按时"), "y": say("快到期"), "r": say("超期"), "p": say("暂停计时")}[shown]


def item_title(chinese: str, code: str, locale: str) -> str:
    """What a case is about, in the reader's language; cases keep the Chinese title the item had when they were filed."""
    if locale == "zh":
        return typeset(chinese)
    named = next((each for each in items.visible(edge.session(), edge.scope()) if each.code == code), None)
    return card_text(named, "short_title", locale) if named is not None else typeset(chinese)


def leading_clock(clocks: Sequence[ClockView]) -> ClockView | None:
    """The clock that tells the reader until when: the main one once it runs, else intake's, else the first with a due day."""
    dated = [clock for clock in clocks if clock.due is not None]
    for name in ("main", "intake"):
        for clock in dated:
            if clock.name == name and (clock.running or clock.light == "paused"):
                return clock
    running = [clock for clock in dated if clock.running and clock.name != "delivery" and not clock.name.startswith("custody:")]
    main = [clock for clock in dated if clock.name == "main"]  # after the end it still tells how long it took
    return (running or main or dated or [None])[0]  # type: ignore[list-item]


def context(found: CaseView, steps: Sequence[TimelineStep], calendar: Calendar, locale: str, *, mine: bool, short: str, phone: str) -> dict[str, Any]:
    """Everything the case page shows."""
    clock = leading_clock(found.clocks)
    words, tone, _light = status_words(found.status, found.outcome)
    shown, shown_words = light(found.status, clock)
    over = found.status in ENDED or found.status in ("decided", "delivered")
    return {
        "mine": mine,
        "id": found.id,
        "item_code": found.item_code,
        "department_id": found.department_id,
        "plugins": (),
        "title": item_title(found.item_title, found.item_code, locale),
        "short": short,
        "number": found.number,
        "status": found.status,
        "light": shown,
        "light_words": shown_words,
        "sentence": words,
        "tone": tone,
        "need": _need(found) if mine else None,
        "facts": _facts(found, clock, steps, locale, over=over),
        "steps": [step(each, locale) for each in steps],
        "due": clock.due if clock is not None and not over else None,
        "due_words": "".join(clock.sentences) if clock is not None else "",
        "sheet": clock_sheet(clock, calendar, locale, _start_words(found, clock)) if clock is not None and not over else None,
        "provisional": clock.provisional if clock is not None else False,
        "clocks": [_counted(each, locale) for each in found.clocks if each.due is not None and not each.name.startswith("task:")],
        "may_withdraw": mine and not over,
        "withdraw_href": url_for("cases.withdraw", case_id=found.id) if mine else None,
        "receipt_href": url_for("cases.receipt", case_id=found.id) if mine else None,
        "href": url_for("cases.show", case_id=found.id) if mine else None,
        "phone": phone,
        "licences": (),
        "documents": (),
        "delivery": None,
        "before": None,
        "reception": None,
        "asked": None,
        "answers": (),
    }


def _counted(clock: ClockView, locale: str) -> dict[str, Any]:
    """One limit of the case: until when, and how that day was counted."""
    titles = {"intake": say("答复是否受理"), "main": say("作出决定"), "correction": say("补正"), "delivery": say("送达")}
    return {"title": titles.get(clock.name, clock.title), "due": day(clock.due, locale), "why": "".join(clock.sentences), "provisional": clock.provisional}


def _start_words(found: CaseView, clock: ClockView) -> str:
    """What happened on the day from which a clock counts. The papers are received later where a pre-review or levels on the way came before."""
    later = found.marking.pre_review is not None or found.marking.relay is not None
    if clock.name == "intake" and later:
        return say("收到")
    return {"intake": say("提交"), "pre_review": say("提交"), "main": say("受理")}.get(clock.name, say("开始"))


def _need(found: CaseView) -> dict[str, str] | None:
    if found.status == "correction_requested":
        return {"title": say("去补正"), "href": url_for("cases.correct", case_id=found.id)}
    return None


def _facts(found: CaseView, clock: ClockView | None, steps: Sequence[TimelineStep], locale: str, *, over: bool) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = []
    if over and found.decided_at is not None:
        facts.append({"title": say("哪天办好的"), "words": day(found.decided_at, locale)})
    elif clock is not None and clock.due is not None:
        facts.append({"title": _until_when(clock.name), "words": day(clock.due, locale), "small": _remaining(clock)})
    if clock is not None and clock.budget is not None:
        unit = {"working_day": say("个工作日"), "calendar_day": say("天"), "hour": say("小时")}[clock.counts]
        facts.append({"title": say("用了"), "value": clock.used, "unit": say("%(unit)s，共 %(n)s", unit=unit, n=clock.budget)})
    facts.append({"title": say("哪天交的"), "words": day(found.submitted_at, locale)})
    now = next((each for each in steps if each.state == "now"), None)
    if now is not None and not over:
        facts.append({"title": say("现在谁在办"), "words": now.who or now.title})
    return [{"words": None, "value": None, "unit": "", "small": None} | fact for fact in facts]


def _until_when(name: str) -> str:
    """What the day of the leading clock is the last day for."""
    if name.startswith("task:"):
        return say("这一步最晚哪天")
    return say("最晚哪天答复") if name in ("intake", "pre_review") else say("最晚哪天办完")


def _remaining(clock: ClockView) -> str | None:
    if clock.remaining is None:
        return None
    if clock.remaining < 0:
        return say("已经超期 %(n)s 天", n=-clock.remaining)
    unit = {"working_day": say("个工作日"), "calendar_day": say("天"), "hour": say("小时")}[clock.counts]
    return say("还剩 %(n)s %(unit)s", n=clock.remaining, unit=unit)


def step(each: TimelineStep, locale: str) -> dict[str, Any]:
    """One station of the line."""
    small = []
    if each.at is not None:
        small.append(at(each.at, locale))
    if each.who:
        small.append(each.who)
    if each.result:
        small.append(each.result)
    if each.until is not None and each.state != "done":
        small.append(say("最晚 %(day)s", day=day(each.until, locale, year=False)))
    return {
        "state": _STATES.get(each.state, "todo"),
        "title": each.title,
        "small": "，".join(small) if locale == "zh" else ", ".join(small),
        "why": each.note,
        "documents": (),
    }


def card(each: CaseCard, locale: str) -> dict[str, Any]:
    """A case in the list of my space: three stations are enough."""
    words, _tone, shown = status_words(each.status, each.outcome)
    shown = light(each.status, None)[0] if each.status in ENDED else shown
    over = each.ended_at is not None or each.status in ENDED
    steps = [{"state": "done", "title": say("已提交"), "small": day(each.submitted_at, locale)}]
    steps.append({"state": "done" if over else "now", "title": words, "small": day(each.ended_at, locale) if each.ended_at else ""})
    if not over and each.due_at is not None:
        last = each.due_at - timedelta(seconds=1)  # the instant after which it is late belongs to the next day
        what = {"submitted": say("答复是否受理"), "correction_requested": say("等你补正"), "decided": say("送达")}.get(each.status, say("办完"))
        steps.append({"state": "todo", "title": what, "small": say("最晚 %(day)s", day=day(last, locale, year=False))})
    return {
        "href": url_for("cases.show", case_id=each.id),
        "title": item_title(each.item_title, each.item_code, locale),
        "number": each.number,
        "light": shown,
        "light_words": _short_light(each),
        "steps": steps,
    }


def licence_title(each: VerifyView, locale: str) -> str:
    """The kind of licence in the reader's language."""
    return each.title_en if locale == "en" and each.title_en else each.type_title


def _dates(each: VerifyView, locale: str) -> str:
    return say("长期有效") if each.valid_to is None else say("到 %(day)s", day=day(each.valid_to, locale))


def licence(each: VerifyView, locale: str) -> dict[str, Any]:
    """A licence as a card."""
    return {
        "kind": licence_title(each, locale),
        "holder": each.holder,
        "number": each.number,
        "dates": _dates(each, locale),
        "status": each.status_words(locale),
        "tone": "go" if each.status == "valid" else "wait",
        "href": url_for("progress.show_licence", code=each.verify_code),
        "sheet": url_for("my.licence_sheet", licence_id=each.id) if each.has_pdf else None,
    }


def results(session: Session, found: CaseView, locale: str) -> list[dict[str, Any]]:
    """The licences a case led to, with the sheet once it is made."""
    return [
        {
            "kind": licence_title(each, locale),
            "title": each.holder,
            "number": each.number,
            "href": url_for("my.licence_sheet", licence_id=each.id) if each.has_pdf else None,
            "verify": url_for("progress.show_licence", code=each.verify_code),
        }
        for each in licences.of_case(session, found.number)
    ]


def verified(each: VerifyView, locale: str) -> dict[str, Any]:
    """What the public page of a licence shows: version, status with its legal ground and annotations too."""
    rows = [
        (say("持证人"), each.holder or say("按标识查询不显示姓名，请用二维码旁边的核验码")),
        (say("证照编号"), each.number),
        (say("电子证照标识"), each.identifier),
        (say("版本"), say("第 %(n)s 版", n=each.version)),
        (say("发证机关"), each.issuer),
        (say("发证日期"), day(each.issued_at, locale)),
        (say("有效期"), _dates(each, locale)),
    ]
    rows += [(say("暂扣到"), day(each.suspended_until, locale))] if each.suspended_until else []
    rows += [(say("状态依据"), each.ground_words(locale))] if each.ground_words(locale) else []
    rows += [(say("状态从"), day(each.status_at, locale))] if each.status_at and each.status != "valid" else []
    return {
        "id": each.id,
        "title": licence_title(each, locale),
        "valid": each.status == "valid",
        "status": each.status_words(locale),
        "rows": rows,
        "paper": each.origin == "paper",
        "superseded": each.status == "superseded",
        "annotations": [{"title": note.title, "at": note.at, "text": note.text} for note in each.annotations],
    }


def day_from(text: str) -> dt.date | None:
    """A day as a date field sends it; ``None`` for anything else."""
    try:
        return dt.date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def phone(session: Session, found: CaseView) -> str:
    """Whom to ring about the case."""
    return str((items.load(session, found.version_id).doc.get("contacts") or {}).get("consult") or "")


def _short_light(each: CaseCard) -> str:
    return {
        "submitted": say("等受理"),
        "accepted": say("在办"),
        "in_review": say("在办"),
        "suspended": say("暂停计时"),
        "correction_requested": say("等你补正"),
        "decided": say("已决定"),
        "delivered": say("已送达"),
        "closed": say("已办结"),
        "declined": say("不予受理"),
        "withdrawn": say("已撤回"),
        "lapsed": say("已失效"),
        "terminated": say("已终止"),
    }.get(each.status, each.status)
