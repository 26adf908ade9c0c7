"""Filing for somebody else: by the authority an account holds, by a mandate (代办授权), or at a desk for the person who is there.

What let it happen is checked when it counts – the submission –, written into the chain, and for a mandate shown to the principal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.cases.chain import Fact
from core.cases.models import table
from core.cases.models.filing import CaseFiling
from core.cases.spec import PartyOnCase
from core.identity.errors import NotYours
from core.identity.service import acting_for, mandates, visits
from core.identity.spec import ActingParty, VisitView
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.errors import BadInput


@dataclass(frozen=True, slots=True)
class Behalf:
    """By what authority each party is stood for, and at which visit when a desk files."""

    held: Mapping[str, ActingParty]
    visit: VisitView | None = None

    @property
    def mandate(self) -> str | None:
        """The mandate this rests on, when it does."""
        return next((one.mandate for one in self.held.values() if one.mandate is not None), None)

    @property
    def agents(self) -> str | None:
        """The department whose agents filed (帮办代办): there the papers set out, where the item knows levels."""
        return self.visit.department_id if self.visit is not None and self.visit.post == "agent" else None

    def rules(self, actor: Actor) -> dict[str, str]:
        """What the route is asked beside the item's facts: the clerk who files has had a hand in the case (four eyes)."""
        return {"filed_by": actor.id} if self.visit is not None else {}

    def facts(self) -> list[Fact]:
        """For the chain: ids and how the person was identified, no values."""
        if self.visit is None:
            return [Fact("filed_by_mandate", {"mandate": self.mandate})] if self.mandate is not None else []
        desk = self.visit
        told = {"visit": desk.id, "desk": desk.department_id, "post": desk.post, "identified_by": desk.identified_by, "role": desk.role}
        return [Fact("filed_at_desk", {**told, "mandate": desk.mandate})]

    def write(self, session: Session, row: Mapping[Any, Any], *, actor: Actor) -> None:
        """Once the case is filed: which desk filed it, and the use of the mandate."""
        if self.visit is not None:
            filing = {
                "case_id": row["id"], "region_root": row["region_root"], "visit_id": self.visit.id, "department_id": self.visit.department_id,
                "post": self.visit.post, "staff_id": actor.id, "filed_at": row["submitted_at"],
            }  # fmt: skip
            session.execute(insert(table(CaseFiling)), filing)
        if self.mandate is not None:
            mandates.record_use(session, self.mandate, power="file", case_id=row["id"], case_no=row["number"], title=row["item_title"], actor=actor)


def authority(session: Session, compiled: CompiledItem, parties: Sequence[PartyOnCase], actor: Actor, visit_id: str | None) -> Behalf:
    """By what authority *actor* stands for each of *parties*; the first one is the applicant the lists show.

    Raises :class:`core.identity.errors.NotYours`, and :class:`core.identity.errors.MandateRefused` with the rule when a mandate has ended.
    """
    if not parties or parties[0].role != "applicant":
        raise BadInput("cases.applicant_missing")
    ids, item, department = [party.party_id for party in parties], compiled.code, str(compiled.doc["department"])
    if actor.kind == "staff":
        if visit_id is None:
            raise NotYours
        held = visits.authority_at(session, visit_id, ids, item=item, department=department, actor=actor)
        return Behalf(held, visits.visit(session, visit_id, actor=actor))
    try:
        return Behalf(acting_for(session, actor.id, ids))
    except NotYours:
        applicant = mandates.held_for(session, actor.id, ids[0], item=item, department=department)
        rest = acting_for(session, actor.id, [each for each in ids if each != ids[0]])
        return Behalf({ids[0]: applicant, **rest})
