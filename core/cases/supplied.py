"""Reads of what a case did not have to ask for: its evidence, and the report of materials saved."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.cases import sealing
from core.cases.models import Case, CaseEvidence, CaseSupply, table
from core.items.models import ItemVersion
from core.kernel.errors import NotFound
from core.licences import service as licences

_evidence, _case, _supply = table(CaseEvidence).c, table(Case).c, table(CaseSupply).c


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """A piece of evidence of a case. ``refused`` says in words why it may not serve any more; empty texts when the case was erased."""

    material: str
    kind: str
    ref: str
    title: str
    number: str
    issuer: str
    of: date | None
    until: date | None
    consented_at: datetime
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """Materials of one item version in one month: cases, materials needed, handed in by applicants, and taken from elsewhere."""

    month: str
    item_code: str
    version: int
    cases: int
    needed: int
    handed: int
    library: int
    fact: int
    earlier: int
    form: int
    promised: int
    later: int

    @property
    def saved(self) -> int:
        """What applicants did not have to hand in."""
        return self.library + self.fact + self.earlier + self.form + self.promised


def evidence_of(session: Session, case_id: str, *, locale: str = "zh") -> tuple[EvidenceView, ...]:
    """The evidence of a case, looked at with today's eyes: a licence revoked since says so. The caller has checked that it may see the case."""
    query = select(*_evidence, _case.wrapped_key).join(table(Case), _case.id == _evidence.case_id).where(_evidence.case_id == case_id).order_by(_evidence.id)
    found = []
    for row in session.execute(query).mappings():
        said = sealing.open_json(sealing.key_of(session, case_id, row["wrapped_key"]), case_id, row["sealed"]) or {}
        of = date.fromisoformat(said["of"]) if said.get("of") else None
        refused = _refused(session, row["ref"], locale) if row["kind"] == "library" else ""
        found.append(
            EvidenceView(
                row["material"], row["kind"], row["ref"], said.get("title", ""), said.get("number", ""), said.get("issuer", ""), of, row["until"],
                row["consented_at"], refused,
            )
        )  # fmt: skip
    return tuple(found)


def _refused(session: Session, licence_id: str, locale: str) -> str:
    try:
        return licences.usable(session, licence_id).words(locale)
    except NotFound:
        return ""


def saved(session: Session, departments: Collection[str], *, since: str, until: str) -> tuple[Saved, ...]:
    """The report of *departments* for the months *since* to *until* (``2026-01``), newest month first, by item and version."""
    sums = [func.sum(column) for column in (_supply.needed, _supply.handed, _supply.library, _supply.fact, _supply.earlier, _supply.form, _supply.promised)]
    query = (
        select(_supply.month, _supply.item_code, ItemVersion.number, func.count(), *sums, func.sum(_supply.later))
        .select_from(table(CaseSupply).join(ItemVersion, ItemVersion.id == _supply.version_id))
        .where(_supply.department_id.in_(sorted(departments)), _supply.month >= since, _supply.month <= until)
        .group_by(_supply.month, _supply.item_code, ItemVersion.number)
        .order_by(_supply.month.desc(), _supply.item_code, ItemVersion.number.desc())
    )
    return tuple(Saved(*(row[:3]), *(int(value or 0) for value in row[3:])) for row in session.execute(query))
