"""Sub-cases (子办件): a case begins a case of another item for another organisation, hears how that ended, and takes its sub-cases along when it ends.

Everything here follows a commit: the parent's command wrote the row and the message (:mod:`core.cases.child_calls`), each message is carried out once in
a transaction of its own, so a process that dies leaves either nothing or all of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.cases import access, child_calls, results, sealing
from core.cases.chain import Fact
from core.cases.errors import NobodyHolds
from core.cases.models import Case, CaseChild, CaseMaterial, CaseParty, table
from core.cases.service import decision, lateness, submitting
from core.cases.service.machine import Change, Loaded, carry_out, command_key, load
from core.cases.speaking import spoken_title
from core.cases.spec import Handed
from core.cases.versions import pinned
from core.forms.service import decide as decide_form
from core.forms.spec import Field, FormSpec
from core.identity import queries as people
from core.identity.service import resolve_organisation
from core.identity.spec import DepartmentView
from core.items import queries as items
from core.items.catalogue.errors import ItemStopped
from core.items.errors import ItemNotFound
from core.items.facts import facts as item_facts
from core.items.spec import CompiledItem, Current
from core.kernel import canonical
from core.kernel.actor import SYSTEM, Actor
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from core.kernel.money import yuan
from core.kernel.wording import word
from core.licences.queries import of_case
from core.outbox import service as outbox
from core.routing.engine import advance, start
from core.routing.errors import RouteRefused
from core.routing.facts import taken
from core.routing.marking import Command, Plan

_case, _child, _party, _file = table(Case).c, table(CaseChild).c, table(CaseParty).c, table(CaseMaterial).c
#: The sub-case was filed: a fact of the parent's chain.
FILED = "child_filed"
#: Why a sub-case cannot be begun at all; anything else is tried again.
_HOPELESS = (ItemNotFound, ItemStopped, RouteRefused, NobodyHolds, BadInput)


class _TooLate(Exception):
    """The parent ended before its sub-case could be begun."""


class _Known(Exception):
    """The parent has heard already how this sub-case ended."""


@dataclass(frozen=True, slots=True)
class Relative:
    """The parent of a case, or a sub-case, as the page shows it. ``id`` is empty for who may not open it, and where it is not filed yet."""

    id: str
    number: str
    item_title: str
    status: str
    result: str | None
    waits: bool


@dataclass(frozen=True, slots=True)
class Relatives:
    """The case that began this one, and those that it began, in the order in which they were begun."""

    parent: Relative | None
    children: tuple[Relative, ...]


# beginning ------------------------------------------------------------------------------------------------------------


@outbox.handler(child_calls.BEGIN)
def begin(session: Session, body: dict[str, Any], message_id: str) -> None:
    """File the sub-case. What can never be begun – the item is not in force, nobody offers it, a rule lacks a value – ends as cancelled, with the reason."""
    del message_id
    row = session.execute(select(*_child).where(*_named(body["parent"], body["node"], body["visit"]))).mappings().first()
    if row is None or row["child_id"] is not None or row["result"] is not None:
        return
    parent = load(session, row["parent_id"])[0]
    if _too_late(parent, row):
        _note(session, row, result="cancelled")
        return
    why = None
    try:
        with session.begin_nested():
            _filed(session, parent, row)
    except _HOPELESS as error:
        why = error
    if why is not None:
        _tell(session, row, None, "cancelled", reason=word("cases.child_not_begun", item=row["item_code"], why=why.words()))


def _too_late(parent: Loaded, row: Mapping[Any, Any]) -> bool:
    """Whether the parent ended so that the sub-case is no longer wanted. One that it does not wait for – another department's record of what was
    granted – is wanted of a closed case too: its result may be in the applicant's space before the message is carried out."""
    return parent.marking.ended and (bool(row["waits"]) or parent.marking.status != "closed")


def _filed(session: Session, parent: Loaded, row: Mapping[Any, Any]) -> None:
    current = items.current(session, row["item_code"])
    home = _home(session, parent, current, row["org"])
    filing = _filing(session, parent, row, current, home)
    command = command_key(SYSTEM, f"child/{row['parent_id']}/{row['node']}#{row['visit']}")
    if submitting.write(session, filing, command=command, actor=SYSTEM) is None:
        return  # filed before; its row says so by now
    _note(session, row, child_id=filing.id)

    def linked(case: Loaded) -> Change:
        if _too_late(case, row):
            raise _TooLate  # everything here is undone; the message comes again and finds the parent ended
        fact = Fact(FILED, {"node": row["node"], "visit": row["visit"], "child": filing.id})
        return Change(Plan(case.marking, ()), before=[fact], action=FILED)

    carry_out(session, row["parent_id"], f"child/{filing.id}/filed", linked, actor=SYSTEM)


def _filing(session: Session, parent: Loaded, row: Mapping[Any, Any], current: Current, home: DepartmentView) -> submitting.Filing:
    """The application: the parent's parties, the answers that its route gives, and the papers of the same kind."""
    compiled, party = current.compiled, parent.content.get("party") or {}
    given = sealing.open_json(parent.key, parent.id, row["sealed_values"]) or {}
    known = {"party": dict(party), "channel": parent.row["channel"], "situation": {}}
    values = decide_form(compiled.form, answers(compiled.form, given), facts=known).values
    content, promise = sealing.salted({"values": dict(values), "situation": {}, "party": dict(party)})
    facts = item_facts(compiled, {}, values, party=party, channel=parent.row["channel"])
    return submitting.Filing(
        new_id(), compiled, current.version_id, home, content, promise, facts, start(compiled.route, facts), tuple(_papers(session, parent, compiled)),
        _parties(session, parent), parent.row["applicant"], parent.row["channel"], account_id=parent.row["account_id"], parent_id=parent.id,
    )  # fmt: skip


def answers(form: FormSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a route gives as answers of *form*: rules speak of money in 分, a form in yuan. Fields that the form has not are left out."""
    fields = form.root.by_id
    return {name: _answer(fields[name], value) for name, value in given.items() if name in fields and value is not None}


def _answer(field: Field, value: Any) -> Any:
    if isinstance(value, Mapping):
        inner = field.by_id
        return {name: _answer(inner[name], each) if name in inner else each for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_answer(field.item, each) if field.item is not None else each for each in value]
    if field.kind.key == "money" and isinstance(value, int) and not isinstance(value, bool):
        return yuan(value)
    return (int(value) if value == int(value) else float(value)) if isinstance(value, Decimal) else value


def _home(session: Session, parent: Loaded, current: Current, org: Any) -> DepartmentView:
    """The department that handles the sub-case: the one the route names, else that of the item nearest to the parent's. It must offer the item."""
    offered = {offer.department_id: offer for offer in current.offers}
    row = parent.row
    if org is not None:
        named = resolve_organisation(session, org, owner=row["department_id"], division_id=row["division_id"])
        found = next((department for department in named if department in offered), None)
    else:
        here = people.department(session, row["department_id"]).division_path
        found = next(iter(sorted(offered, key=lambda department: _distance(here, offered[department].division_path))), None)
    if found is None:
        raise ItemNotFound(code=current.compiled.code)
    return people.department(session, found)


def _distance(here: str, there: str) -> tuple[int, int]:
    """The own division first, then those above, the nearest first, then what lies below, then anything."""
    above, below = here.startswith(there), there.startswith(here)
    return (0 if here == there else 1 if above else 2 if below else 3, abs(len(here) - len(there)))


def _parties(session: Session, parent: Loaded) -> list[dict[str, Any]]:
    wanted = (_party.party_id, _party.role, _party.authority, _party.evidence_blob, _party.masked_name)
    rows = session.execute(select(*wanted).where(_party.case_id == parent.id)).mappings().all()
    return [dict(row) for row in sorted(rows, key=lambda row: (row["role"] != "applicant", row["role"], row["party_id"]))]


def _papers(session: Session, parent: Loaded, compiled: CompiledItem) -> Iterator[Handed]:
    """Files of the parent that are of the same kind (``same_as``) as a material of the sub-case: nobody is asked twice within one matter."""
    kinds = {each["same_as"]: each["id"] for each in compiled.doc["materials"] if each.get("same_as")}
    wanted = {each["id"]: kinds[each["same_as"]] for each in parent.compiled.doc["materials"] if each.get("same_as") in kinds}
    mine = or_(_file.material.in_(wanted), _file.material.like("party:%"))  # and the evidence of who stands for whom
    query = select(*_file).where(_file.case_id == parent.id, mine, _file.until_revision.is_(None)).order_by(_file.id)
    for row in session.execute(query).mappings():
        name = sealing.open_json(parent.key, parent.id, row["sealed_name"]) or row["material"]
        yield Handed(wanted.get(row["material"], row["material"]), row["blob_id"], name, row["media_type"], row["size"], row["digest"], ("case", parent.id))


def heard(session: Session, parent_id: str) -> None:
    """Something that a parent waited for is here: ends of its sub-cases that the outbox gave up are told again."""
    for child_id in session.scalars(select(_child.child_id).where(_child.parent_id == parent_id, _child.child_id.is_not(None), _child.result.is_(None))):
        outbox.again(session, f"{child_calls.TOLD}/{child_id}")


# ending ---------------------------------------------------------------------------------------------------------------


@outbox.handler(child_calls.TOLD)
def report(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Tell the parent how its sub-case ended: what the route takes back is sealed in the parent's chain before it is used.

    Raises :class:`core.cases.errors.LaterMissing` where that would grant a parent whose promised papers are missing: the outbox comes back.
    """
    del message_id
    row = session.execute(select(*_child).where(_child.child_id == body["child"])).mappings().first()
    if row is None or row["result"] is not None:
        return
    child = load(session, body["child"])[0]
    result = child_calls.result(child.row)
    words = {"item": child.row["item_title"], "number": child.row["number"]}
    _tell(session, row, child, result, reason=None if result == "granted" else word(f"cases.child_{result}", **words))


def _tell(session: Session, row: Mapping[Any, Any], child: Loaded | None, result: str, *, reason: str | None) -> None:
    def decide(parent: Loaded) -> Change:
        if parent.marking.children.get(f"{row['node']}#{row['visit']}") != "open":
            raise _Known
        node = parent.compiled.route.nodes[row["node"]]
        brought = taken(node, told(session, child)) if child is not None and result != "cancelled" else {}
        note = {"reason": reason} if reason else {}
        before, facts = [], parent.facts()
        if brought and parent.key is not None:
            note["result"] = canonical.dumps(brought).decode()
            before.append(Fact(results.CHILD, {"node": row["node"], "visit": row["visit"], "child": row["child_id"]}))  # the words are sealed beside it
            facts[node.id] = {"result": brought}
        command = Command("child_ended", action=result, data={"node": row["node"], "visit": row["visit"], "child": row["child_id"]})
        plan = advance(parent.compiled.route, parent.marking, command, facts)
        if plan.outcome == "grant":
            lateness.whole(session, parent)
        change = Change(plan, before=before, note=note or None, action="child_ended")

        def write(loaded: Loaded, at: datetime) -> Sequence[Fact]:
            _note(session, row, result=result)
            return decision.issue(session, loaded, at, actor=SYSTEM) if plan.outcome == "grant" else ()

        change.then = write
        return change

    key = f"child/{row['parent_id']}/{row['node']}#{row['visit']}/ended"
    try:
        carry_out(session, row["parent_id"], key, decide, actor=SYSTEM)
    except _Known:
        _note(session, row, result=result)


def told(session: Session, child: Loaded) -> dict[str, Any]:
    """What a route may take back from an ended sub-case: its answers, ``case.number`` and ``case.outcome``, and ``licence.<result id>`` with number,
    identifier and last day."""
    facts = child.facts()
    number = child.row["number"]
    types = {each["licence_type"]: each["id"] for each in child.compiled.doc.get("results", ()) if each.get("licence_type")}
    issued = of_case(session, number) if child.row["results"] else ()
    licences = {
        types[each.type_code]: {"number": each.number, "identifier": each.identifier, **({"valid_to": each.valid_to.isoformat()} if each.valid_to else {})}
        for each in issued
        if each.type_code in types
    }
    return {**facts, "case": {"number": number, "outcome": child_calls.result(child.row)}, "licence": licences}


@outbox.handler(child_calls.FOLLOW)
def follow(session: Session, body: dict[str, Any], message_id: str) -> None:
    """The parent was withdrawn or terminated: each open sub-case that it waited for ends the same way, as far as its own route still allows
    (ROUTING §6, pattern 20). One that it did not wait for is a case of its own and goes on."""
    del message_id
    parent = load(session, body["parent"])[0]
    command = child_calls.FOLLOWING.get(parent.marking.status)
    if command is None:
        return
    query = select(*_child).where(_child.parent_id == parent.id, _child.waits.is_(True), _child.result.is_(None))
    for row in session.execute(query.order_by(_child.at)).mappings().all():
        if row["child_id"] is None:
            _note(session, row, result="cancelled")
        else:
            _end(session, row["child_id"], command, word("cases.child_follows", number=parent.row["number"], how=word(f"cases.end.{parent.marking.status}")))


def _end(session: Session, child_id: str, command: str, reason: str) -> None:
    def decide(child: Loaded) -> Change:
        plan = advance(child.compiled.route, child.marking, Command(command, reason=reason), child.facts())
        return Change(plan, note={"reason": reason}, action=command)

    try:
        carry_out(session, child_id, f"child/{child_id}/{command}", decide, actor=SYSTEM)
    except RouteRefused:
        return  # decided, or its own rule says that it is too late: it goes its own way to the end


# rows and reads -------------------------------------------------------------------------------------------------------


def _named(parent_id: str, node: str, visit: int) -> tuple[Any, ...]:
    return (_child.parent_id == parent_id, _child.node == node, _child.visit == visit)


def _note(session: Session, row: Mapping[Any, Any], **values: Any) -> None:
    session.execute(update(table(CaseChild)).where(*_named(row["parent_id"], row["node"], row["visit"])).values(**values))


def renamed(session: Session, parent_id: str, names: Mapping[str, str]) -> None:
    """The parent was moved to another version: its nodes have other names there."""
    for old, new in names.items():
        session.execute(update(table(CaseChild)).where(_child.parent_id == parent_id, _child.node == old).values(node=new))


def relatives(session: Session, case_id: str, parent_id: str | None, *, actor: Actor, locale: str = "zh") -> Relatives:
    """The parent and the sub-cases of a case that *actor* was allowed to load. Number and state only of those that are not theirs to see."""
    sight = access.of_actor(session, actor)
    query = select(_child.child_id, _child.item_code, _child.result, _child.waits).where(_child.parent_id == case_id).order_by(_child.at, _child.node)
    begun = session.execute(query).all()
    wanted = [one.child_id for one in begun if one.child_id] + ([parent_id] if parent_id else [])
    if not wanted and not begun:
        return Relatives(None, ())
    rows = {row["id"]: row for row in session.execute(select(*_case).where(_case.id.in_(wanted))).mappings()}
    mine = set(session.scalars(select(_case.id).where(_case.id.in_(wanted), sight.condition), sight.params))

    def shown(found: str | None, item: str, result: str | None, waits: bool) -> Relative:
        row = rows.get(found or "")
        if row is None:
            return Relative("", "", item, "", result, waits)
        title = spoken_title(pinned(session, row["version_id"]), row["item_title"], locale)
        return Relative(row["id"] if row["id"] in mine else "", row["number"], title, row["status"], result, waits)

    parent = shown(parent_id, "", None, False) if parent_id in rows else None
    return Relatives(parent, tuple(shown(one.child_id, one.item_code, one.result, one.waits) for one in begun))
