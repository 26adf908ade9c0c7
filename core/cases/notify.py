"""Notices of a case: one a fact the law wants told, to every account that may act for a party of the case.

Keys name the event for ever (case, seq, recipient), so that a handler run twice writes one notice.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.cases import clocks
from core.cases.models import Case, CaseClock, CaseEvent, CaseParty
from core.cases.versions import pinned
from core.identity import queries as people
from core.identity.models import AccountParty
from core.kernel.clock import now, today
from core.kernel.wording import word
from core.notices import service as notices
from core.worktime.explain import day_words, limit_words
from core.worktime.projection import project
from core.worktime.spec import Ledger

#: Event → (template, parameters it wants beside item and number).
_NOTICES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "case_filed": ("received", ("office", "day:intake")),
    "case_accepted": ("accepted", ("office", "day:main")),
    "case_declined": ("declined", ("office", "redress")),
    "correction_requested": ("correction_requested", ("day:correction",)),
    "case_lapsed": ("lapsed", ("day:correction",)),
    "case_withdrawn": ("withdrawn", ()),
    "decided:grant": ("granted", ("day:delivery",)),
    "decided:refuse": ("refused", ("office", "redress")),
    "delivered": ("delivered", ()),
    "pause_opened": ("special_procedure", ("task", "limit")),
}


def notify(session: Session, case_id: str, *, first: int, last: int) -> int:
    """Post the notices for events *first* to *last* of a case; returns how many were due."""
    row = session.execute(select(*Case.__table__.c).where(Case.id == case_id)).mappings().first()
    if row is None:
        return 0
    query = select(CaseEvent.seq, CaseEvent.kind, CaseEvent.body).where(CaseEvent.case_id == case_id, CaseEvent.seq.between(first, last))
    posted = 0
    for seq, kind, text in session.execute(query.order_by(CaseEvent.seq)).all():
        body = json.loads(text)
        name, wanted = _NOTICES.get(f"{kind}:{body['outcome']}" if kind == "decided" else kind, ("", ()))
        if not name:
            continue
        params = {"item": row["item_title"], "number": row["number"], **{w.partition(":")[0]: _param(session, row, w, body) for w in wanted}}
        for account in _accounts(session, case_id):
            key = f"case/{case_id}/{seq}/{name}/inbox/{account}"
            notices.post(session, key=key, template=name, recipient=("account", account), params=params, case_id=case_id, region_root=row["region_root"])
            posted += 1
    return posted


def _accounts(session: Session, case_id: str) -> list[str]:
    """Accounts that may act for a party of the case today."""
    in_force = or_(AccountParty.valid_until.is_(None), AccountParty.valid_until >= today())
    query = select(AccountParty.account_id).join(CaseParty, CaseParty.party_id == AccountParty.party_id).where(CaseParty.case_id == case_id, in_force)
    return sorted(set(session.scalars(query)))


def _param(session: Session, row: Mapping[Any, Any], wanted: str, body: Mapping[str, Any]) -> str:
    name, _, detail = wanted.partition(":")
    makers: Mapping[str, Callable[[], str]] = {
        "office": lambda: people.department(session, row["department_id"]).title,
        "redress": lambda: _redress(session, row),
        "day": lambda: _day(session, row["id"], detail),
        "task": lambda: pinned(session, row["version_id"]).route.pauses[body["pause"]].title,
        "limit": lambda: _limit(session, row["id"], body["key"]),
    }
    return makers[name]()


def _redress(session: Session, row: Mapping[Any, Any]) -> str:
    """What the item says, else what the law gives everybody (行政复议法 20, 行政诉讼法 46)."""
    redress = pinned(session, row["version_id"]).doc.get("redress")
    said = redress if isinstance(redress, str) else (redress or {}).get("text") if isinstance(redress, Mapping) else None
    return str(said)[:280] if said else word("cases.redress")


def _day(session: Session, case_id: str, clock: str) -> str:
    ledger = session.execute(select(CaseClock.ledger).where(CaseClock.case_id == case_id, CaseClock.name == clock)).scalar()
    due = project(Ledger.from_json(ledger), clocks.calendar(session), now=now()).due if ledger is not None else None
    return day_words(due, year=True) if due is not None else word("cases.day_unknown")


def _limit(session: Session, case_id: str, key: str) -> str:
    ledger = session.execute(select(CaseClock.ledger).where(CaseClock.case_id == case_id, CaseClock.name == f"pause:{key}")).scalar()
    return limit_words(Ledger.from_json(ledger).limit) if ledger is not None else word("cases.day_unknown")
