"""Notices of a case: one a fact the law wants told, to every account that may act for a party of the case.

Keys name the event for ever (case, seq, recipient), so that a handler run twice writes one notice.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.cases import clocks, reminding
from core.cases.models import Case, CaseClock, CaseEvent, CaseParty
from core.cases.speaking import spoken_title
from core.cases.versions import pinned
from core.identity import queries as people
from core.identity.models import AccountParty
from core.items.texts import Reader
from core.kernel.clock import now, today
from core.kernel.wording import word
from core.notices import service as notices
from core.notices.wordings import LOCALES
from core.routing.actions import text
from core.worktime.explain import day_words, limit_words
from core.worktime.projection import project
from core.worktime.spec import Ledger, Limit

#: Event → (template, parameters it wants beside item and number).
_NOTICES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "case_filed": ("received", ("office", "day:intake")),
    "case_accepted": ("accepted", ("office", "day:main")),
    "case_declined": ("declined", ("office", "redress")),
    "correction_requested": ("correction_requested", ("day:correction",)),
    "amend_requested": ("correction_requested", ("day:correction",)),
    "case_lapsed": ("lapsed", ("day:correction",)),
    "case_withdrawn": ("withdrawn", ()),
    "decided:grant": ("granted", ("day:delivery",)),
    "decided:refuse": ("refused", ("office", "redress")),
    "delivered": ("delivered", ()),
    "pause_opened": ("special_procedure", ("task", "limit")),
    "limit_extended": ("extended", ("who", "added", "day:main")),
    "delivery_posted": ("posted", ("carrier", "tracking")),
    "delivery_returned": ("returned", ()),
}
#: Notice → the kinds of document it tells of: the paper lies behind the message.
_PAPERS: Mapping[str, tuple[str, ...]] = {
    "accepted": ("acceptance",),
    "declined": ("declining",),
    "correction_requested": ("correction",),
    "granted": ("decision_grant",),
    "refused": ("decision_refuse",),
    "delivered": ("receipt",),
    "special_procedure": ("pause", "suspension"),
    "extended": ("extension",),
}


def notify(session: Session, case_id: str, *, first: int, last: int) -> int:
    """Post the notices for events *first* to *last* of a case; returns how many were due."""
    row = session.execute(select(*Case.__table__.c).where(Case.id == case_id)).mappings().first()
    if row is None:
        return 0
    query = select(CaseEvent.seq, CaseEvent.kind, CaseEvent.body).where(CaseEvent.case_id == case_id, CaseEvent.seq.between(first, last))
    compiled, title, posted = pinned(session, row["version_id"]), row["item_title"], 0
    events = [(seq, kind, json.loads(written)) for seq, kind, written in session.execute(query.order_by(CaseEvent.seq))]
    drawn = {body["kind"]: body["document"] for _seq, kind, body in events if kind == "document_drawn"}
    for seq, kind, body in events:
        if kind in reminding.KINDS:
            posted += reminding.remind(session, row, seq, kind, body, lambda: accounts(session, case_id))
            continue
        if kind == "case_accepted" and body.get("deemed"):  # nobody answered in time: the heads hear of that, the applicant of the acceptance
            posted += reminding.remind(session, row, seq, "rung_fired", {"clock": "intake", "rung": "red"}, tuple)
        name, wanted = _NOTICES.get(f"{kind}:{body['outcome']}" if kind == "decided" else kind, ("", ()))
        if not name:
            continue
        params = {
            "item": _both(lambda locale: spoken_title(compiled, title, locale)),
            "number": row["number"],
            **{w.partition(":")[0]: _param(session, row, w, body) for w in wanted},
        }
        paper = next((drawn[each] for each in _PAPERS.get(name, ()) if each in drawn), None)
        for account in accounts(session, case_id):
            key = f"case/{case_id}/{seq}/{name}/inbox/{account}"
            notices.post(
                session, key=key, template=name, recipient=("account", account), params=params, case_id=case_id, document_id=paper,
                region_root=row["region_root"], department_id=row["department_id"],
            )  # fmt: skip
            posted += 1
    return posted


def accounts(session: Session, case_id: str) -> list[str]:
    """Accounts that may act for a party of the case today."""
    in_force = or_(AccountParty.valid_until.is_(None), AccountParty.valid_until >= today())
    query = select(AccountParty.account_id).join(CaseParty, CaseParty.party_id == AccountParty.party_id).where(CaseParty.case_id == case_id, in_force)
    return sorted(set(session.scalars(query)))


def _both(words: Callable[[str], str]) -> dict[str, str]:
    """One parameter in every language notices are written in, so that the reader's own is at hand whenever they read."""
    return {locale: words(locale) for locale in LOCALES}


def _param(session: Session, row: Mapping[Any, Any], wanted: str, body: Mapping[str, Any]) -> dict[str, str]:
    name, _, detail = wanted.partition(":")
    makers: Mapping[str, Callable[[str], str]] = {
        "office": lambda _locale: people.department(session, row["department_id"]).title,
        "redress": lambda locale: _redress(session, row, locale),
        "day": lambda locale: _day(session, row["id"], detail, locale),
        "task": lambda locale: _pause(session, row, body["pause"], locale),
        "limit": lambda locale: _limit(session, row["id"], body["key"], locale),
        "added": lambda locale: limit_words(Limit.from_json(body["limit"]), locale),
        "carrier": lambda _locale: str(body["carrier"]),
        "tracking": lambda _locale: str(body["tracking"]),
        "who": lambda locale: word(f"cases.head.{'government' if body.get('joint') else 'agency'}", locale),
    }
    return _both(makers[name])


def _pause(session: Session, row: Mapping[Any, Any], name: str, locale: str) -> str:
    route = pinned(session, row["version_id"]).route
    return text(route, f"pauses.{name}.title", route.pauses[name].title, locale)


def _redress(session: Session, row: Mapping[Any, Any], locale: str) -> str:
    """What the item says, else what the law gives everybody (行政复议法 20, 行政诉讼法 46)."""
    doc = pinned(session, row["version_id"]).doc
    redress = doc.get("redress")
    said = redress if isinstance(redress, str) else (redress or {}).get("text") if isinstance(redress, Mapping) else None
    return str(Reader(doc, locale)("redress", said))[:280] if said else word("cases.redress", locale)


def _day(session: Session, case_id: str, clock: str, locale: str) -> str:
    ledger = session.execute(select(CaseClock.ledger).where(CaseClock.case_id == case_id, CaseClock.name == clock)).scalar()
    due = project(Ledger.from_json(ledger), clocks.calendar(session), now=now()).due if ledger is not None else None
    return day_words(due, locale, year=True) if due is not None else word("cases.day_unknown", locale)


def _limit(session: Session, case_id: str, key: str, locale: str) -> str:
    ledger = session.execute(select(CaseClock.ledger).where(CaseClock.case_id == case_id, CaseClock.name == f"pause:{key}")).scalar()
    return limit_words(Ledger.from_json(ledger).limit, locale) if ledger is not None else word("cases.day_unknown", locale)
