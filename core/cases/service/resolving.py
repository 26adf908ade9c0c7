"""Never ask twice: what the hall finds for each material before the applicant is asked, and what a case pins of it when it is filed.

已交可复用不得重交, 能核验不得要 (城关 17; 优化营商环境条例 37). What is found is shown with its source, its date and its last day; it is used
with the applicant's consent, and looked for once more when the application is filed, so that nothing expired or revoked slips in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.cases import access, sealing
from core.cases.chain import Fact
from core.cases.errors import EvidenceGone
from core.cases.models import Case, CaseEvidence, CaseMaterial, CaseParty, CaseSupply, table
from core.cases.service import promising
from core.cases.spec import Handed, Supplies
from core.cases.versions import pinned
from core.identity.queries import department
from core.items import sources
from core.items.materials import Need, needs
from core.items.sources import Evidence, FactType, Found, Met, Paper, Question, Refused
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.clock import local, today
from core.kernel.ids import new_id
from core.keys.keyring import DataKey
from core.licences import service as licences
from core.licences.service.using import LONGEST

#: Only cases that were accepted prove that a paper was good; these ended without anybody looking at it. A joint case may hold another's
#: papers, so only those filed first in one's own name count.
_LOST = ("declined", "withdrawn", "lapsed", "terminated")
#: So many files of earlier cases are looked through, newest first.
_NEWEST = 400
_case, _party, _file = table(Case).c, table(CaseParty).c, table(CaseMaterial).c
_EARLIER = (
    select(
        _case.id, _case.number, _case.version_id, _case.wrapped_key, _case.submitted_at, _case.department_id,
        _file.id.label("file"), _file.material, _file.blob_id, _file.sealed_name, _file.media_type, _file.size, _file.digest,
    )
    .select_from(
        table(CaseParty).join(table(Case), _case.id == _party.case_id).join(table(CaseMaterial), (_file.case_id == _case.id) & (_file.until_revision.is_(None)))
    )
    .where(_party.role == "applicant", _case.accepted_at.is_not(None), _case.status.not_in(_LOST))
    .order_by(_case.id.desc(), _file.id)
    .limit(_NEWEST)
)  # fmt: skip


def resolve(
    session: Session, compiled: CompiledItem, facts: Mapping[str, Any], party_id: str, *, own: frozenset[str] = frozenset(), day: date | None = None
) -> tuple[Met, ...]:  # fmt: skip
    """Every material these *facts* call for, with what the hall has for it on *day* (today). The caller has checked that it may act for the party.

    *own* are materials the applicant hands in all the same; that is allowed for what an earlier case or a fact gives, never for a licence
    that the library holds – what is wrong in it is put right by its issuer.
    """
    on, wanted = day or today(), needs(compiled.doc, facts)
    again = [need for need in wanted if need.by_applicant and need.doc.get("same_as") and need.doc.get("reuse_for")]
    earlier = _earlier(session, again, party_id, on) if again else {}
    found = {need.id: earlier.get(need.id) if need.by_applicant else sources.ask(session, need, party_id, on) for need in wanted}
    return tuple(Met(need, found[need.id], need.id in own and need.source != "library") for need in wanted)


def _earlier(session: Session, again: Sequence[Need], party_id: str, day: date) -> dict[str, Found]:
    """For each material the files of the newest accepted case of this party that hold one of its kind."""
    rows = session.execute(_EARLIER.where(_party.party_id == party_id)).mappings().all()
    found: dict[str, Found] = {}
    for need in again:
        kind = need.doc["same_as"]
        for row in rows:
            if row["wrapped_key"] is not None and kind == _kinds(session, row["version_id"]).get(row["material"]):
                found[need.id] = _from_case(session, need, [one for one in rows if (one["id"], one["material"]) == (row["id"], row["material"])], day)
                break
    return found


def _kinds(session: Session, version_id: str) -> dict[str, str]:
    """Which of an item's materials is of which kind."""
    return {each["id"]: each["same_as"] for each in pinned(session, version_id).doc["materials"] if each.get("same_as")}


def _from_case(session: Session, need: Need, rows: Sequence[Mapping[Any, Any]], day: date) -> Found:
    first = rows[0]
    handed_in = local(first["submitted_at"]).date()
    until = sources.serves_until(handed_in, need.doc["reuse_for"])
    title = next(each["title"] for each in pinned(session, first["version_id"]).doc["materials"] if each["id"] == first["material"])
    if until is None or until < day:
        return Refused("cases.paper_too_old", {"title": title, "number": first["number"], "until": until.isoformat() if until else "–"})
    key = sealing.key_of(session, first["id"], first["wrapped_key"])
    papers = tuple(
        Paper(
            one["blob_id"], sealing.open_json(key, one["id"], one["sealed_name"]) or title, one["media_type"], one["size"], one["digest"], ("case", one["id"])
        )
        for one in rows
    )
    issuer = department(session, first["department_id"]).title
    return Evidence("case", first["file"], title, first["number"], issuer, handed_in, until, papers)


def _earlier_grant(session: Session, question: Question) -> Found:
    """An earlier case of ``source.item`` of this party that ended with a grant."""
    row = session.execute(
        select(_case.id, _case.number, _case.item_title, _case.decided_at, _case.department_id)
        .select_from(table(CaseParty).join(table(Case), _case.id == _party.case_id))
        .where(_party.party_id == question.party_id, _party.role.in_(access.APPLICANTS))
        .where(_case.item_code == question.source["item"], _case.outcome == "grant")
        .order_by(_case.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    issuer = department(session, row.department_id).title
    return Evidence("fact", "earlier-grant", row.item_title, row.number, issuer, local(row.decided_at).date())


sources.declare(FactType("earlier-grant", "本大厅以前办成的事项", _earlier_grant, needs=("item",)))


# --- what a case pins ---------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Supplied:
    """What a case takes over beside the files of its draft: files of earlier cases, facts for its chain, and rows written once it is filed."""

    met: tuple[Met, ...]
    supplies: Supplies
    pledges: promising.Pledges
    papers: tuple[Handed, ...] = ()
    facts: tuple[Fact, ...] = ()

    def write(self, session: Session, row: Mapping[Any, Any], key: DataKey, materials: Sequence[Handed], *, actor: Actor) -> None:
        """The rows of evidence – with leave to use each licence for this case –, of promises, and of what was saved."""
        used = [(met, met.evidence) for met in self.met if met.evidence is not None]
        consented = self.supplies.consented_at
        made = [_evidence_row(session, row, key, met, evidence, consented, actor) for met, evidence in used if consented is not None]
        if made:
            session.execute(insert(table(CaseEvidence)), made)
        promising.write(session, row, key, self.pledges)
        session.execute(insert(table(CaseSupply)), _supply_row(row, self.met, self.pledges, materials))


def supply(
    session: Session, compiled: CompiledItem, facts: Mapping[str, Any], party_id: str, supplies: Supplies, materials: Sequence[Handed]
) -> Supplied:  # fmt: skip
    """What an application being filed takes from elsewhere. Looks for it anew: what the applicant agreed to (``supplies.seen``) must still be there
    and still serve, else :class:`EvidenceGone` names the rule. Raises :class:`core.kernel.errors.BadInput` for a promise that may not be made.
    """
    met = resolve(session, compiled, facts, party_id, own=supplies.own)
    for one in met:
        seen = supplies.seen.get(one.id)
        if seen is not None and not one.own and (one.evidence is None or one.evidence.ref != seen):
            raise EvidenceGone(title=one.need.doc["title"], why=one.refused.words() if one.refused else "")
    if supplies.consented_at is None:  # nothing is used without consent: what the library would give is left aside, too
        met = tuple(Met(one.need) for one in met)
    used = [(one, one.evidence) for one in met if one.evidence is not None]
    papers = tuple(
        Handed(one.id, paper.blob_id, paper.name, paper.media_type, paper.size, paper.digest, paper.holder)
        for one, evidence in used
        for paper in evidence.papers
        if not any((there.material, there.blob_id) == (one.id, paper.blob_id) for there in materials)
    )
    pledges = promising.signed(session, compiled, facts, party_id, supplies.signed)
    said = [Fact("evidence_used", {"evidence": [{"material": one.id, "kind": evidence.kind, "ref": evidence.ref} for one, evidence in used]})] if used else []
    said += [Fact("promised", {"promises": [{"kind": each.kind, "code": each.code, "text": each.digest} for each in pledges.signed]})] if pledges.signed else []
    return Supplied(met, supplies, pledges, papers, tuple(said))


def _evidence_row(
    session: Session, row: Mapping[Any, Any], key: DataKey, met: Met, evidence: Evidence, consented: datetime, actor: Actor
) -> dict[str, Any]:  # fmt: skip
    use = None
    if evidence.kind == "library":
        purpose = f"办理{row['item_title']}"[:100]
        use = licences.use(session, evidence.ref, purpose=purpose, case_no=row["number"], by=actor, until=today() + LONGEST - timedelta(days=1)).id
    said = {"title": evidence.title, "number": evidence.number, "issuer": evidence.issuer, "of": evidence.of.isoformat() if evidence.of else None}
    return {
        "id": new_id(), "region_root": row["region_root"], "case_id": row["id"], "material": met.id, "kind": evidence.kind, "ref": evidence.ref,
        "use_id": use, "sealed": sealing.seal_json(key, row["id"], said), "until": evidence.until, "consented_at": consented,
    }  # fmt: skip


def _supply_row(row: Mapping[Any, Any], met: Sequence[Met], pledges: promising.Pledges, materials: Sequence[Handed]) -> dict[str, Any]:
    handed = {one.material for one in materials}
    kinds = [one.evidence.kind for one in met if one.evidence is not None]
    given = {one.id for one in met if one.evidence is None and one.id in handed}
    return {
        "case_id": row["id"], "region_root": row["region_root"], "month": f"{local(row['submitted_at']):%Y-%m}", "department_id": row["department_id"],
        "item_code": row["item_code"], "version_id": row["version_id"], "needed": sum(one.need.state != "unknown" for one in met), "handed": len(given),
        "library": kinds.count("library"), "fact": kinds.count("fact"), "earlier": kinds.count("case"),
        "form": sum(one.need.source == "form" for one in met), "promised": len(pledges.covered), "later": len(pledges.later),
    }  # fmt: skip
