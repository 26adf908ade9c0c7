"""What a grant brings with it, in the same transaction: licence numbers and records. Their papers follow through the outbox."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases.chain import Fact
from core.cases.models import CaseParty
from core.cases.service.machine import Loaded
from core.identity import queries as people
from core.kernel.actor import Actor
from core.kernel.clock import local
from core.licences import service as licences
from core.rules.service import compile_rule
from core.worktime.projection import add_months


def issue(session: Session, case: Loaded, at: datetime, *, actor: Actor) -> Sequence[Fact]:
    """Issue every licence that the item's results name, to the applicant, for the time the item says."""
    wanted = [result for result in case.compiled.doc.get("results", ()) if result.get("kind") == "licence" and result.get("licence_type")]
    if not wanted:
        return ()
    holder = session.scalars(select(CaseParty.party_id).where(CaseParty.case_id == case.id, CaseParty.role == "applicant")).first()
    assert holder is not None  # a case without an applicant cannot be filed
    issuer = people.department(session, case.row["department_id"])
    day = local(at).date()
    facts = case.facts()
    made = []
    for result in wanted:
        data = {name: _value(rule, facts) for name, rule in result.get("data", {}).items()}
        ref = licences.issue(
            session, result["licence_type"], holder, data, case_no=case.row["number"], valid_from=day, valid_to=_until(day, result.get("valid_for"), facts),
            issuer=issuer.id, actor=actor,
        )  # fmt: skip
        made.append(Fact("licence_issued", {"licence": ref.id, "type": result["licence_type"], "result": result["id"]}))
    return made


def documents_ready(session: Session, row: Mapping[Any, Any]) -> bool:
    """Whether every licence of the case has its paper (delivery waits for them)."""
    return licences.rendered(session, tuple(row["results"]))


def _value(rule: Any, facts: Mapping[str, Any]) -> Any:
    return compile_rule(rule).value(facts) if isinstance(rule, Mapping) else rule


def _until(day: date, valid_for: Mapping[str, Any] | None, facts: Mapping[str, Any]) -> date | None:
    """The last day of validity: the day before the same day *value* months or years on; ``None`` is without end."""
    if not valid_for or valid_for.get("value") is None:
        return None
    months = int(valid_for["value"]) * (12 if valid_for["unit"] == "year" else 1)
    del facts
    return date.fromordinal(add_months(day, months).toordinal() - 1)
