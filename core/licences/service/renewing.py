"""Renewal (行政许可法 50): asked for in time, decided before the last day – or deemed granted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.kernel.actor import Actor
from core.kernel.clock import now, today
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.licences import chain
from core.licences.chain import Fact
from core.licences.errors import WrongStatus
from core.licences.life import standing, term_of
from core.licences.models import Licence, LicenceHolder, LicenceTypeRow
from core.licences.service.catalogue import renewal_days, type_of
from core.worktime.projection import add_months

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RenewalWindow:
    """Until when a renewal can be asked for: ``last_day`` is ``days_before`` natural days before ``valid_to``; ``basis`` names another rule than art. 50."""

    last_day: date
    days_before: int
    valid_to: date
    basis: str = ""


def renewal_window(session: Session, row: Licence) -> RenewalWindow | None:
    """The window of a licence; ``None`` when it has no end or its type is not renewed."""
    kind = type_of(session, row.type_code)
    days = renewal_days(kind)
    if row.valid_to is None or days is None:
        return None
    return RenewalWindow(row.valid_to - timedelta(days=days), days, row.valid_to, str(kind.doc.get("renewal", {}).get("basis", "")))


def ask_renewal(session: Session, licence_id: str, *, parties: Collection[str], case_no: str, on: date | None = None, actor: Actor) -> RenewalWindow:
    """Note that a holder asked for renewal in a case on a day (today unless said): from now on the licence does not simply expire.

    Raises :class:`NotFound` for anybody but a holder, :class:`WrongStatus` when the licence is not in force, is not renewed, or the day lies after
    the last one on which art. 50 – or the rule the catalogue names – lets people ask.
    """
    query = select(Licence.id).join(LicenceHolder, LicenceHolder.licence_id == Licence.id)
    mine = query.where(Licence.id == licence_id, LicenceHolder.party_id.in_(list(parties)))
    if not is_id(licence_id) or session.scalar(mine.limit(1)) is None:
        raise NotFound("licences.not_found")
    row = session.get_one(Licence, licence_id, with_for_update=True, populate_existing=True)
    day = on or today()
    status = standing(term_of(row), day)
    if status not in ("valid", "withheld"):
        raise WrongStatus("licences.wrong_status", status=status, act="ask_renewal")
    window = renewal_window(session, row)
    if window is None:
        raise WrongStatus("licences.renewal_endless")
    if day > window.last_day:
        raise WrongStatus(
            "licences.renewal_late", last_day=window.last_day.isoformat(), days=window.days_before, valid_to=window.valid_to.isoformat(),
            basis=window.basis or "《行政许可法》第五十条",
        )  # fmt: skip
    if row.renewal_asked_on is None:
        row.renewal_asked_on, row.renewal_case_no = day, case_no
        chain.append(session, row, Fact("renewal_asked", {"case_no": case_no, "on": day.isoformat()}), at=now(), actor=actor)
        audit.record(session, "licences.renewal_asked", subject=("licence", row.id), actor=actor, detail={"case_no": case_no})
    return window


def next_end(kind: LicenceTypeRow, valid_from: date, valid_to: date) -> date:
    """The last day of a renewed term that follows on *valid_to*: the catalogue's fixed term, else as long as the last one was."""
    rule = kind.doc.get("valid", {})
    if rule.get("rule") == "fixed":
        return add_months(valid_to + _ONE_DAY, int(rule["value"]) * (12 if rule["unit"] == "year" else 1)) - _ONE_DAY
    months = (valid_to.year - valid_from.year) * 12 + valid_to.month - valid_from.month + 1
    for whole in (months, months - 1):
        if whole > 0 and add_months(valid_from, whole) - _ONE_DAY == valid_to:
            return add_months(valid_to + _ONE_DAY, whole) - _ONE_DAY
    return valid_to + (valid_to - valid_from) + _ONE_DAY
