"""告知承诺 on the licence itself: that it was given on a promise, that the promise was not kept, and its annulment by those who may.

国办发〔2020〕42号: what is given on a promise is marked so; where the check finds it untrue, the decision is revoked. A permit had by an untrue promise is
annulled (行政许可法 69(2)) – by the head of the agency that gave it, never by the check itself.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases.chain import Fact
from core.cases.errors import CaseNotFound, PledgeClosed
from core.cases.models import CasePledge, table
from core.cases.service.machine import Change, Loaded, carry_out
from core.cases.spec import ActResult
from core.kernel.actor import Actor
from core.licences import queries as library
from core.licences import service as licences
from core.licences.life import ACTS
from core.licences.queries import annotation_kinds
from core.licences.service import Request
from core.routing.marking import Plan

#: The annotations of the catalogue (item_configs/licence_types.json); a type that has none of them is left as it is.
GIVEN, BREACHED = "promise", "promise-breached"
#: Whose posts annul a licence, and the ground: had by deceit or other improper means.
SENIOR = tuple(sorted({holder.role for holder in ACTS["annul"].holders}))
GROUND = "69_2"
_pledge = table(CasePledge).c


def note(session: Session, case: Loaded, licence_id: str, *, actor: Actor) -> Sequence[Fact]:
    """Note on a licence just given what was promised in place of proof; nothing where the item offers no promise."""
    offered = {each["id"]: each for each in case.compiled.doc.get("promises") or ()}
    if not offered:
        return ()
    query = select(_pledge.code).where(_pledge.case_id == case.id, _pledge.kind != "later").order_by(_pledge.id)
    found = [offered[code] for code in session.scalars(query) if code in offered]
    noted = [each for each in found if _annotate(session, case, licence_id, GIVEN, each, str(each["title"]), actor)]
    return [Fact("licence_annotated", {"of": licence_id, "promise": each["id"], "act": "annotate"}) for each in noted]


def breached(session: Session, case: Loaded, code: str, *, actor: Actor) -> Sequence[Fact]:
    """Note on the case's licences that the promise was not kept, as the check found."""
    promise = next((each for each in case.compiled.doc.get("promises") or () if each["id"] == code), None)
    if promise is None:
        return ()
    text = f"核查发现承诺不实:{promise['title']}"
    done = [each.id for each in _living(session, case) if _annotate(session, case, each.id, BREACHED, promise, text, actor)]
    return [Fact("licence_annotated", {"of": licence_id, "promise": code, "act": "annotate"}) for licence_id in done]


def _annotate(session: Session, case: Loaded, licence_id: str, kind: str, promise: Mapping[str, Any], text: str, actor: Actor) -> bool:
    if kind not in annotation_kinds(session, licence_id):
        return False
    request = Request("annotate", str(promise["basis"]), f"办件 {case.row['number']}", annotation=kind, text=text, case_no=case.row["number"])
    command = f"{case.id}/{kind}/{promise['id']}"
    licences.by_case(session, licence_id, request, department_id=case.row["department_id"], command_id=command, actor=actor)
    return True


def _living(session: Session, case: Loaded) -> list[Any]:
    """The licences of the case that can still be annotated or annulled."""
    return [each for each in library.of_case(session, case.row["number"]) if each.status in ACTS["annotate"].starts]


def annul(session: Session, case_id: str, pledge_id: str, *, reason: str, command_id: str, actor: Actor) -> ActResult:
    """Annul what was given on a promise that was not kept. The library asks for the post (:class:`core.licences.errors.NotYourPost`).

    Raises :class:`PledgeClosed` unless the check found a breach and a licence of the case is still in force. The caller has checked that it may look.
    """

    def decide(case: Loaded) -> Change:
        line = session.execute(select(_pledge.code, _pledge.state).where(_pledge.id == pledge_id, _pledge.case_id == case.id)).first()
        if line is None:
            raise CaseNotFound
        promise = next((each for each in case.compiled.doc.get("promises") or () if each["id"] == line.code), None)
        living = _living(session, case)
        if line.state != "breached" or promise is None or not living:
            raise PledgeClosed
        facts = [Fact("licence_ended", {"of": each.id, "promise": line.code, "act": "annul"}) for each in living]

        def write(loaded: Loaded, at: datetime) -> Sequence[Fact]:  # noqa: ARG001 - every follow-up gets both
            request = Request("annul", f"《行政许可法》第六十九条第二款;{promise['basis']}", reason, GROUND, case_no=loaded.row["number"])
            for each in living:
                licences.carry_out(session, each.id, request, command_id=f"{command_id}/{each.id[-8:]}", actor=actor)
            return ()

        return Change(Plan(case.marking, ()), before=facts, action="annul", then=write)

    return carry_out(session, case_id, command_id, decide, actor=actor)
