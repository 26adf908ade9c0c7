"""Submission: everything a person handed in becomes a case, in one transaction of about ten statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from core.cases import chain, clocks, incidents, sealing
from core.cases.chain import Fact
from core.cases.errors import CaseNotFound, NobodyHolds
from core.cases.incidents import Trouble
from core.cases.models import Case, CaseEvent, CaseMaterial, CaseParty, CasePayload, table
from core.cases.numbers import give_back, next_number
from core.cases.service import machine, outcomes, plugin_checks, relaying, wishes
from core.cases.service.behalf import authority
from core.cases.service.resolving import supply
from core.cases.spec import CaseRef, DeliveryChoice, Handed, PartyOnCase, Reception, Supplies
from core.db.together import Rows, insert_together
from core.files import service as files
from core.identity import queries as people
from core.identity.spec import ActingParty, DepartmentView
from core.items import seasons
from core.items.facts import facts as item_facts
from core.items.spec import CompiledItem, co_applicants
from core.kernel.actor import Actor
from core.kernel.clock import now, today
from core.kernel.errors import BadInput
from core.kernel.ids import new_id, new_query_code
from core.keys.keyring import DataKey
from core.keys.service import keyring
from core.routing.engine import start
from core.routing.marking import Plan

#: Departments hardly ever change; a process remembers those that own items.
_owners: "WeakKeyDictionary[Any, dict[str, DepartmentView]]" = WeakKeyDictionary()


def submit(
    session: Session, *, compiled: CompiledItem, version_id: str, owner: str, values: Mapping[str, Any], materials: Sequence[Handed] = (),
    parties: Sequence[PartyOnCase], channel: str = "online", command_id: str, draft_id: str | None = None, situation: Mapping[str, str] | None = None,
    supplies: Supplies | None = None, delivery: DeliveryChoice | None = None, reception: Reception | None = None,
    pre_review: bool = False, handed_at: str | None = None, visit: str | None = None, actor: Actor,
) -> CaseRef:  # fmt: skip
    """File an application with department *owner* and return the case's number and query code.

    *values* are the decided answers (``forms.decide``), *materials* files that their holder (the draft) gives to the case,
    *parties* who applies – an applicant at least – each of whom the account must be authorised to act for. The same
    *command_id* again answers with the same case. *supplies* is what the applicant decided about materials that the hall has already and about
    promises; with it the case pins that evidence (:mod:`core.cases.service.resolving`). *delivery* is how the result shall reach them, *reception* who
    took the application in for another authority (全域通办). Raises :class:`BadInput`, :class:`core.identity.errors.NotYours`,
    :class:`core.items.seasons.OutOfSeason`, :class:`core.cases.errors.EvidenceGone`, and :class:`core.routing.errors.RouteRefused` when a rule asks
    for a value that is not there.
    *pre_review* asks for the check beforehand (预审) where the item offers it, *handed_at* is the department whose agents took the papers in (村镇县
    接力), *visit* the visit at which a desk files for somebody (综合窗口, 帮办代办).
    """
    command = machine.command_key(actor, command_id)
    if not seasons.standing(compiled.doc, today()).open:
        return _out_of_season(session, compiled, command, draft_id)
    check_together(compiled, parties)
    wishes.check(compiled, delivery, reception)
    behalf = authority(session, compiled, parties, actor, visit)
    acting = behalf.held
    applicant = acting[parties[0].party_id]
    content, promise = _content(values, situation or {}, applicant)
    facts = item_facts(compiled, situation, values, party=content["value"]["party"], channel=channel)
    facts = {**facts, **relaying.setting_out(session, compiled, owner, handed_at or behalf.agents), **({"pre_review": {"asked": True}} if pre_review else {})}
    first = parties[0].party_id
    silent = plugin_checks.before_filing(session, compiled, owner, values=values, situation=situation or {}, party_id=first, actor=actor)
    supplied = supply(session, compiled, facts, parties[0].party_id, supplies, materials) if supplies is not None else None
    if supplied is not None:
        materials = (*materials, *supplied.papers)
    home = _owner(session, owner)
    wishes.check_place(session, delivery, reception, home)
    also = [*(supplied.facts if supplied is not None else ()), *wishes.facts(delivery, reception), *behalf.facts()]
    filing = Filing(
        new_id(), compiled, version_id, home, content, promise, facts, start(compiled.route, {**facts, **behalf.rules(actor)}), tuple(materials),
        [_party(party, acting[party.party_id], applicant) for party in parties], applicant.party.name, channel,
        account_id=actor.id if actor.kind == "citizen" else None, draft_id=draft_id, also=also,
    )  # fmt: skip
    applicants = [party.party_id for party in parties if party.role in ("applicant", "co_applicant")]
    aims = outcomes.check(session, compiled, values, applicants)
    try:
        filed = write(session, filing, command=command, actor=actor)
    except NobodyHolds as error:  # nothing was filed; whoever looks after the organisation still hears of it
        subject = f"{compiled.code}/{error.params['role']}/{error.params['org']}"
        incidents.note(session, Trouble("nowhere", subject, department_id=owner, params={"role": error.params["role"]}))
        raise
    if filed is None:
        return _replayed(session, command, draft_id)
    row, key, code = filed
    plugin_checks.unchecked(session, row["id"], silent, actor=actor)
    if supplied is not None:
        supplied.write(session, row, key, materials, actor=actor)
    wishes.write(session, row, key, delivery, reception)
    outcomes.ask(session, aims, row["number"], applicants, actor=actor)
    behalf.write(session, row, actor=actor)
    return CaseRef(row["id"], row["number"], code)


@dataclass(frozen=True, slots=True)
class Filing:
    """Everything of a new case that is decided before it is written: by an application, or by a case that begins another one (``parent_id``)."""

    id: str
    compiled: CompiledItem
    version_id: str
    home: DepartmentView
    content: Mapping[str, Any]
    promise: str
    facts: Mapping[str, Any]
    plan: Plan
    materials: Sequence[Handed]
    parties: Sequence[Mapping[str, Any]]
    applicant: str
    channel: str
    account_id: str | None
    draft_id: str | None = None
    parent_id: str | None = None
    also: Sequence[Fact] = ()


def write(session: Session, filing: Filing, *, command: str, actor: Actor) -> tuple[dict[str, Any], DataKey, str] | None:
    """Write the case with all that belongs to it: its row, key and query code. ``None`` when its command – or draft – was carried out before."""
    at, home, plan, compiled = now(), filing.home, filing.plan, filing.compiled
    key, wrapped = sealing.new_key(session, filing.id)
    code = new_query_code()
    row: dict[str, Any] = {
        "id": filing.id, "region_root": home.region_root, "command_key": command, "number": next_number(session, compiled.doc, _code(home)),
        "query_index": keyring(session).blind_index("query", code), "sealed_query_code": sealing.seal_json(key, filing.id, code),
        "item_code": compiled.code, "item_title": str(compiled.doc.get("short_title") or compiled.title), "version_id": filing.version_id,
        "department_id": home.id, "division_id": home.division_id, "account_id": filing.account_id, "channel": filing.channel,
        "applicant": filing.applicant, "status": plan.marking.status, "version": 1, "marking": plan.marking.to_json(),
        "payload_revision": 1, "wrapped_key": wrapped, "draft_id": filing.draft_id, "parent_id": filing.parent_id, "submitted_at": at, "results": [],
    }  # fmt: skip
    events = _events(row, filing, key, actor, command, at)
    working = clocks.calendar(session)
    running = clocks.apply(
        {}, plan.clocks, at=at, received_at=at, by="event:1", working=working, route=compiled.route, opens=plan.opens, facts=lambda: filing.facts,
    )  # fmt: skip
    row |= {
        "seq": events[-1]["seq"],
        "head": events[-1]["hash"],
        "due_at": next((running[each].due_at for each in ("intake", "pre_review") if each in running), None),
    }
    ours = insert_together(
        session,
        Rows(table(CaseParty), [_of_case(row, party) for party in filing.parties]),
        Rows(table(CasePayload), [_payload(row, key, filing.content, at)]),
        Rows(table(CaseEvent), events),
        machine.open_tasks(session, row, plan.opens, running, at=at),
        machine.save_clocks(filing.id, home.region_root, running),
        machine.tell(session, filing.id, home.region_root, first=1, last=events[-1]["seq"], documents=plan.documents, draft=filing.draft_id),
        claim=Rows(table(Case), [row], "nothing"),  # the unique command and draft make a second copy of a submission insert nothing
    )
    if not ours:
        give_back(session, compiled.doc, _code(home))
        return None
    hand_in(session, row, key, filing.materials, revision=1)
    return row, key, code


def check_together(compiled: CompiledItem, parties: Sequence[PartyOnCase]) -> None:
    """Whether several people may, must or may not apply together is said by the item. Raises :class:`BadInput`."""
    rule, several = co_applicants(compiled), any(party.role == "co_applicant" for party in parties)
    if rule == "none" and several:
        raise BadInput("cases.co_applicant_refused")
    if rule == "required" and not several:
        raise BadInput("cases.co_applicant_missing")


def _owner(session: Session, department_id: str) -> DepartmentView:
    known = _owners.setdefault(session.get_bind(), {})
    if department_id not in known:
        known[department_id] = people.department(session, department_id)
    return known[department_id]


def _code(home: DepartmentView) -> str:
    return home.division_path.strip("/").rpartition("/")[2]


def _content(values: Mapping[str, Any], situation: Mapping[str, str], applicant: ActingParty) -> tuple[dict[str, Any], str]:
    return sealing.salted({"values": dict(values), "situation": dict(situation), "party": {"kind": applicant.party.kind}})


def _events(row: Mapping[Any, Any], filing: Filing, key: DataKey, actor: Actor, command: str, at: datetime) -> list[dict[str, Any]]:
    """The first events: what the engine says, after what was handed in (commitment to the answers, digests of the files)."""
    received = {
        "revision": 1, "payload": filing.promise, "item": row["item_code"], "version": row["version_id"], "number": row["number"],
        "materials": [{"material": m.material, "blob": m.blob_id} for m in filing.materials],
        "parties": [[party["party_id"], party["role"]] for party in filing.parties],
    }  # fmt: skip
    if filing.parent_id is not None:
        received["parent"] = filing.parent_id
    facts = [*machine.engine_facts(filing.plan.events), Fact("papers_received", received), *filing.also]
    return chain.rows(row["id"], row["region_root"], facts, seq=0, head=chain.genesis(row["id"]), at=at, actor=actor, command_key=command, key=key)


def _out_of_season(session: Session, compiled: CompiledItem, command: str, draft_id: str | None) -> CaseRef:
    """Nothing is taken in now; who filed while it was and asks again still gets the answer. Raises :class:`OutOfSeason`."""
    try:
        return _replayed(session, command, draft_id)
    except CaseNotFound:
        raise seasons.OutOfSeason.of(compiled.doc, today()) from None


def _replayed(session: Session, command: str, draft_id: str | None) -> CaseRef:
    """The answer that this submission – or an earlier one of the same draft – got the first time."""
    same = Case.command_key == command if draft_id is None else or_(Case.command_key == command, Case.draft_id == draft_id)
    row = session.execute(select(Case.id, Case.number, Case.sealed_query_code, Case.wrapped_key).where(same)).first()
    if row is None:
        raise CaseNotFound
    code = sealing.open_json(sealing.key_of(session, row.id, row.wrapped_key), row.id, row.sealed_query_code)
    return CaseRef(row.id, row.number, code or "", True)


def _party(party: PartyOnCase, acting: ActingParty, applicant: ActingParty) -> dict[str, Any]:
    """Who stands for the applicant does so by the authority over the applicant, whatever they are to themselves."""
    by = applicant if party.role in ("agent", "guardian", "legal_representative") else acting
    return {"party_id": party.party_id, "role": party.role, "authority": by.authority, "evidence_blob": by.evidence_blob, "masked_name": acting.party.name}


def _of_case(row: Mapping[Any, Any], party: Mapping[str, Any]) -> dict[str, Any]:
    return {"case_id": row["id"], "region_root": row["region_root"], **party, "submitted_at": row["submitted_at"]}


def _payload(row: Mapping[Any, Any], key: DataKey, content: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {"case_id": row["id"], "revision": 1, "region_root": row["region_root"], "sealed": sealing.seal_json(key, row["id"], content), "at": at}


def hand_in(session: Session, row: Mapping[Any, Any], key: DataKey, materials: Sequence[Handed], *, revision: int) -> None:
    """Give the case its hold on every file, and a row for each."""
    made = []
    for one in materials:
        if one.holder is None:
            raise BadInput("cases.file_without_holder", name=one.name)
        files.share(session, one.blob_id, holder=one.holder, to=("case", row["id"]))
        made.append(
            {
                "id": new_id(), "case_id": row["id"], "region_root": row["region_root"], "material": one.material, "blob_id": one.blob_id,
                "sealed_name": sealing.seal_json(key, row["id"], one.name), "media_type": one.media_type, "size": one.size, "digest": one.digest,
                "since_revision": revision, "until_revision": None,
            }
        )  # fmt: skip
    if made:
        session.execute(insert(table(CaseMaterial)), made)
