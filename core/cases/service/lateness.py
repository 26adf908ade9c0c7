"""Papers promised for later that did not come (容缺受理): what lateness means is what the applicant was told and signed, on the basis that the item names.

安阳 24: the case is finished once everything is there; who lets the day pass is taken to have withdrawn. 滨州 11: who lets it pass is refused – which is a
decision, so people make it, and granting is closed to them. No item says either without its basis: the schema asks for one.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases.errors import LaterMissing
from core.cases.models import Case, CasePledge, table
from core.cases.service.machine import Change, Loaded, carry_out
from core.cases.spec import ENDED
from core.kernel.actor import SYSTEM
from core.kernel.clock import today
from core.kernel.wording import word
from core.outbox import schedule
from core.routing.engine import advance
from core.routing.errors import RouteRefused
from core.routing.marking import Command
from core.worktime.explain import day_words

SWEEP_SECONDS = 600.0
_pledge, _case = table(CasePledge).c, table(Case).c
_later = (_pledge.kind == "later", _pledge.state == "due")


def whole(session: Session, case: Loaded) -> None:
    """Raise :class:`LaterMissing` while a paper that was promised for later is not there: nobody grants on papers that never came (安阳 24: the case is
    finished once everything is there; 滨州 11: decided once the papers meet the conditions).

    A person is told so; a hook that would grant leaves it to the person behind it; a parent that would be granted by its sub-case hears of that end
    when the paper is there. Only silence is not asked: what the law deems granted on its day (行政许可法 50(2)) stands, whatever was promised.
    """
    if not case.compiled.doc.get("deferral"):
        return
    codes = session.scalars(select(_pledge.code).where(_pledge.case_id == case.id, *_later).order_by(_pledge.code)).all()
    if codes:
        titles = {each["id"]: str(each["title"]) for each in case.compiled.doc["materials"]}
        raise LaterMissing(what="、".join(titles.get(code, code) for code in codes))


def sweep(session: Session, limit: int = 100) -> bool:
    """Withdraw the cases whose item says that lateness is withdrawal, each in a savepoint of its own; True when more may be waiting.

    Read page by page: a late case that stays – lateness means refusal there, or its route is past withdrawing – does not stand before the others.
    """
    page = (
        select(_pledge.case_id, _pledge.due_on)
        .select_from(table(CasePledge).join(table(Case), _case.id == _pledge.case_id))
        .where(*_later, _pledge.due_on < today(), _case.outcome.is_(None), _case.status.not_in(ENDED))
        .order_by(_pledge.due_on, _pledge.case_id)
        .limit(limit)
    )
    done, query = 0, page
    while done < limit:
        rows = session.execute(query).all()
        for case_id, due_on in {row.case_id: row.due_on for row in rows}.items():
            try:
                with session.begin_nested():
                    done += _withdrawn(session, case_id, day_words(due_on, year=True))
            except RouteRefused:
                continue  # the route does not let it be withdrawn any more: it stays on the list of those who follow it up
        if len(rows) < limit:
            return False
        last = rows[-1]
        query = page.where((_pledge.due_on > last.due_on) | ((_pledge.due_on == last.due_on) & (_pledge.case_id > last.case_id)))
    return True


class _NotSo(Exception):
    """The item means something else by lateness."""


def _withdrawn(session: Session, case_id: str, day: str) -> bool:
    def decide(case: Loaded) -> Change:
        deferral = case.compiled.doc.get("deferral") or {}
        if deferral.get("on_late") != "withdrawn" or not str(deferral.get("basis") or "").strip():
            raise _NotSo
        reason = word("cases.late_withdrawn", day=day, basis=deferral["basis"])
        return Change(advance(case.compiled.route, case.marking, Command("withdraw", reason=reason), case.facts()), note={"reason": reason}, action="withdraw")

    try:
        carry_out(session, case_id, f"late/{case_id}", decide, actor=SYSTEM)
    except _NotSo:
        return False
    return True


schedule.every("cases.late_papers", SWEEP_SECONDS, sweep)
