"""Handing a draft in: through the gate into a request that others review; what they said when it comes back; what is not the department's to change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity import queries as people
from core.items.catalogue import claims, power
from core.items.catalogue import service as catalogue
from core.items.catalogue.elements import OWN, Rules
from core.items.catalogue.errors import Refused
from core.items.catalogue.models import Claim, ItemReview
from core.items.catalogue.requests import RequestRef, earlier
from core.items.models import Item
from core.items.studio import drafts
from core.items.studio.errors import DraftEnded, NoSuchSpot
from core.items.studio.models import StudioDraft
from core.items.studio.spots import Spot
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.ids import is_id
from core.schemas import service as schemas


@dataclass(frozen=True, slots=True)
class Returned:
    """What was said when a draft's request came back: the step, the words, who (empty where it was the platform on the day of effect), and when."""

    request_id: str
    step: str
    words: str
    name: str
    at: datetime


def hand_in(
    session: Session, draft_id: str, *, reason: str, effective_on: date | None = None, choices: Mapping[str, Any] | None = None, command_id: str, actor: Actor
) -> RequestRef:
    """Ask for the publication of a draft as it stands. It waits as ``asked`` until the request ends, and cannot be edited meanwhile.

    *effective_on* is a legal day to come, ``None`` the moment of the last review. *choices* says what becomes of running cases by their position and is
    carried out after the publication (:mod:`core.cases.service.chosen`). Raises :class:`GateClosed` with every finding of checks and item tests
    together; nothing is written then. The same command again does nothing.
    """
    if (found := earlier(session, actor, command_id)) is not None:
        return found
    draft = drafts.load(session, draft_id, actor=actor)
    if draft.state != "open":
        raise DraftEnded(title=draft.title)
    for part in ("item", "form"):
        if not isinstance(draft.content.get(part), Mapping):  # nothing that could even be checked
            raise NoSuchSpot(at=f"/{part}")
    with session.begin_nested():
        code = _item(session, draft)
        body = {"draft": draft.id, **({"choices": dict(choices)} if choices else {})}
        doc, form = draft.content["item"], draft.content["form"]
        made = catalogue.ask_change(
            session, code, doc=doc, forms={str(doc.get("form")): form}, blocks=draft.content["blocks"], effective_on=effective_on, body=body,
            reason=reason, command_id=command_id, actor=actor,
        )  # fmt: skip
        row = session.get_one(StudioDraft, draft.id)
        row.item_code, row.state, row.request_id, row.changed_at = code, "asked", made.id, now()
        session.flush()
        audit.record(session, "item.draft_handed_in", subject=("item", code), actor=actor, detail={"draft": draft.id, "request": made.id})
    return made


def _item(session: Session, draft: drafts.Draft) -> str:
    """The code of the item to change; for a new one its row, under the code that the document has now."""
    if session.get(Item, draft.item_code) is not None:
        return draft.item_code
    doc, office = draft.content["item"], people.department(session, draft.department_id)
    code = str(doc.get("code", draft.item_code))
    if session.get(Item, code) is not None:
        raise Refused("items.studio_code_taken", code=code)
    if doc.get("department") != office.code:
        raise Refused("items.studio_other_department", office=office.title, department=str(doc.get("department")), own=office.code)
    session.add(Item(code=code, department=office.code, title=draft.title))
    session.flush()
    if power.owner(session, code).id != office.id:  # a county's own item: nobody above answers for it
        power.give(session, code, office, power.OWN)
        session.flush()
    return code


def returned(session: Session, draft: drafts.Draft) -> Returned | None:
    """Why an open draft came back from review; ``None`` where it was never handed in, waits, or was taken back by its own people."""
    if draft.state != "open" or draft.request_id is None:
        return None
    query = select(ItemReview).where(ItemReview.request_id == draft.request_id, ItemReview.verdict == "return").order_by(ItemReview.no.desc()).limit(1)
    row = session.scalar(query)
    if row is None:
        return None
    name = people.staff_names(session, [row.actor_id]).get(row.actor_id, "") if is_id(row.actor_id) else ""
    return Returned(draft.request_id, row.step, row.words, name, row.at)


def locked(session: Session, item_code: str) -> frozenset[Spot]:
    """Spots of a draft that are not the department's to change, because the item was claimed from the catalogue. Each stands for all that is below it.

    Empty for an item of nobody's catalogue. What is added beside a locked spot is refused by the gate, which names it (:func:`claims.gate`).
    """
    claim = session.get(Claim, item_code)
    if claim is None:
        return frozenset()
    entry, whole = claims.standing(session, claim)
    plain = {**dict.fromkeys(schemas.load("item")["properties"]), **whole.plain()}
    return frozenset(spot for pointer in _locked(entry.rules, plain, ()) for spot in _spots(pointer, plain))


def locked_here(locks: frozenset[Spot], at: Spot, names: Sequence[str] | None = None) -> tuple[bool, tuple[Spot, ...]]:
    """Of *locks*: whether all that is edited at *at* – its properties *names* only, for a part – is locked, and the locked spots that are edited there."""
    edited = [(*at, name) for name in names] if names is not None else [at]
    covered = [spot for spot in edited if any(spot[: len(lock)] == lock for lock in locks)]
    inside = sorted(lock for lock in locks if lock not in covered and any(lock[: len(spot)] == spot and len(lock) > len(spot) for spot in edited))
    return bool(edited) and len(covered) == len(edited), (*covered, *inside)


def _locked(rules: Rules, value: Any, way: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The ways to the highest places that are the catalogue's with everything below them."""
    if way and rules.owner("/" + "/".join(way)) != "local" and not any(_leads(rule, way) for rule in (*OWN, *rules.local)):
        yield way
        return
    for name, child in _children(value):
        yield from _locked(rules, child, (*way, name))


def _leads(rule: str, way: tuple[str, ...]) -> bool:
    """Whether *rule* is about something below *way*."""
    parts = [part for part in rule.split("/") if part]
    return len(parts) > len(way) and all(part in ("*", here) for part, here in zip(parts, way, strict=False))


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((str(each["id"]), each) for each in value if isinstance(each, Mapping) and "id" in each)


#: Where a claimed item's parts stand in a draft: the comparable value has the form below ``form``.
_FORM: Mapping[str, Spot] = {"id": ("item", "form"), "definition": ("form",), "blocks": ("blocks",)}


def _spots(way: tuple[str, ...], plain: Any) -> Iterator[Spot]:
    """The places in a draft that *way* means."""
    if way == ("form",):
        yield from _FORM.values()
        return
    here, made = plain, []
    for name in way:
        listed = isinstance(here, list)
        made.append(f"@{name}" if listed else name)
        here = next(each for each in here if each["id"] == name) if listed else here[name]
    yield (*_FORM[made[1]], *made[2:]) if made[0] == "form" else ("item", *made)
