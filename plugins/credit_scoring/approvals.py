"""Credit in approvals: a step of a route that asks for the grade, advice beside a case, a shared fact in place of a report, and the bar to promises."""

from collections.abc import Mapping
from typing import Any

from core.sdk import Context, NotFound, people
from core.sdk import cases as hall
from core.sdk.facts import Evidence, Found, Question, Refused
from core.sdk.slots import Subject
from plugins.credit_scoring import modelling, subjects, words
from plugins.credit_scoring.publishing import seen_by_all
from plugins.credit_scoring.scoring.explain import number

#: Who looked, as the person reads it, when a route asked.
_WHO = "政务服务平台（办件）"


def score_step(ctx: Context, case_id: str, case_number: str) -> Mapping[str, Any]:
    """The answer of a route's automatic step: the grade of the applicant, or ``none`` where nothing is known. Written down for the person to see."""
    party = next(iter(hall.parties(ctx, case_id)), None)
    subject = None if party is None else subjects.of_party(ctx, party.id)
    if subject is None:
        return {"known": False, "grade": "none", "points": "", "vetoed": False, "model": ""}
    view = subjects.view(ctx, subject)
    subjects.looked(ctx, subject, "step", f"办件 {case_number}", who=_WHO)
    model = modelling.published(ctx, view.kind)
    return {
        "known": bool(view.grade),
        "grade": view.grade or "none",
        "points": "" if view.points is None else number(view.points),
        "vetoed": subjects.vetoed(ctx, subject),
        "model": "" if model is None else f"{model.code} {model.number}",
    }


def barred(ctx: Context, party_id: str) -> bool:
    """Whether the party may not promise (告知承诺) nor hand in later (容缺受理): a promise that was not kept and is not repaired, being on the list of
    the severely untrustworthy, or a grade that the hall's setting names."""
    try:
        subject = subjects.of_party(ctx, party_id)
    except NotFound:
        return False
    if subject is None:
        return False
    grades = {each.strip() for each in str(ctx.setting("barred_grades") or "").split(",")}
    if subjects.view(ctx, subject).grade in grades - {""}:
        return True
    return any(each.state in ("valid", "disputed") and (each.doc.get("severe") or each.entry == "promise_broken") for each in subjects.records(ctx, subject))


def report_fact(ctx: Context, question: Question) -> Found:
    """The shared fact ``credit-report``: the public credit report, so that nobody has to fetch one (信用报告代替无违法违规证明)."""
    subject = subjects.of_party(ctx, question.party_id)
    if subject is None:
        return None
    bad = [each for each in subjects.records(ctx, subject) if each.bad and seen_by_all(ctx, each)]
    if bad:
        return Refused("credit_scoring.report_bad", {"count": len(bad)})
    view = subjects.view(ctx, subject)
    return Evidence("fact", "credit-report", "公共信用报告", number=view.number_masked, issuer="公共信用信息平台", of=ctx.today(), until=ctx.today())


def advice(ctx: Context, about: Subject) -> Mapping[str, Any] | None:
    """What stands beside a case in the back office: grade and what it rests on, without details; who wants those states why."""
    if about.case_id is None or ctx.actor.id not in people.staff_with(ctx, "look"):
        return None
    party = next(iter(hall.parties(ctx, about.case_id)), None)
    subject = None if party is None else subjects.of_party(ctx, party.id)
    if subject is None:
        return None
    view = subjects.view(ctx, subject)
    case = hall.case(ctx, about.case_id)
    purpose = f"办件 {'' if case is None else case.number}".strip()
    if not subjects.looked_lately(ctx, subject, "advice", purpose):
        subjects.looked(ctx, subject, "advice", purpose, who="" if case is None else people.department(ctx, case.department_id).title)
    bad = [each for each in subjects.records(ctx, subject) if each.bad and each.state in ("valid", "disputed")]
    return {
        "subject": view,
        "grade": words.titled(ctx, words.GRADES, view.grade) if view.grade else "",
        "points": "" if view.points is None else number(view.points),
        "bad": len(bad),
        "severe": any(each.doc.get("severe") for each in bad),
        "tone": {"A": "go", "B": "go", "C": "wait", "D": "stop"}.get(view.grade, ""),
        "vetoed": subjects.vetoed(ctx, subject),
    }
