"""Items that another hall signed, taken into the studio: each compared with what is here, then a draft that goes through the same reviews as any.

Who may take one in is who may draft it: of an item that is here the department that answers for it, of a new one the department that it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity import queries as people
from core.identity.spec import DepartmentView
from core.items.catalogue import kinds, power
from core.items.compiling import from_bundle
from core.items.diff import Change, diff, unified
from core.items.errors import ItemNotFound
from core.items.models import Item, ItemDraft
from core.items.queries import bundle_of
from core.items.service.carrying import BadBundle, Carried
from core.items.spec import CompiledItem
from core.items.studio import beginnings, drafts, edits, naming
from core.items.studio.drafts import Draft
from core.items.studio.errors import DraftExists, NotForYou
from core.items.studio.models import UNDER_WAY, StudioDraft
from core.kernel import canonical
from core.kernel.actor import Actor
from core.kernel.errors import PlatformError
from core.schemas import service as schemas

#: ``foreign``: it is here and another department's – whether it is the same is not told.
State = Literal["new", "changed", "same", "foreign", "broken"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """An item of a file beside what is here. ``offices`` are the departments in whose name the actor may take it in – none: it is not theirs –,
    ``department`` is whose it is, ``draft_id`` the draft of it that is open already.

    ``changes`` and ``json_lines`` compare it with what is here, for those alone who may draft it: anybody can write a file, and what waits unpublished, the
    tests and the options of plugins are nobody else's to read.
    """

    code: str
    title: str
    hash: str
    state: State
    department: str
    offices: tuple[DepartmentView, ...]
    draft_id: str | None
    changes: tuple[Change, ...]
    json_lines: tuple[str, ...]


def arrival(session: Session, item: Carried, *, actor: Actor) -> Arrival:
    """One item of a file, as whoever received it sees it."""
    doc: Mapping[str, Any] = item.bundle["item"]
    mine = _offices(session, actor)
    here = session.get(Item, item.code)
    if here is not None:
        office = power.owner(session, item.code)
        offices, named = tuple(each for each in mine if each.id == office.id), f"{office.division_title} {office.title}"
    else:
        offices, named = tuple(each for each in mine if each.code == doc.get("department")), str(doc.get("department", ""))
    new = _compiled(item)
    waiting = session.scalar(select(StudioDraft).where(StudioDraft.item_code == item.code, StudioDraft.state.in_(UNDER_WAY)))
    draft_id = waiting.id if waiting is not None and any(each.id == waiting.department_id for each in mine) else None
    if new is None or (here is not None and not offices):
        unread: State = "broken" if new is None else "foreign"
        return Arrival(item.code, str(doc.get("title", item.code)), item.hash, unread, named, offices, draft_id, (), ())
    old = _before(session, item.code)
    state: State = "new" if old is None else "same" if old.hash == item.hash else "changed"
    differs = old is not None and state == "changed"
    changes, lines = (diff(old, new, named=naming.of_items(session, new, old)), unified(old, new)) if differs else ((), ())
    return Arrival(item.code, str(doc.get("title", item.code)), item.hash, state, named, offices, draft_id, changes, lines)


def take(session: Session, item: Carried, *, department_id: str, signer: str, command_id: str, actor: Actor) -> Draft:
    """Make a draft of an item that a trusted key signed – *signer*: the caller has asked :func:`core.items.service.carrying.look` –: of a new item, or the
    item that is here with the file's content as one command.

    Raises :class:`NotForYou` for an item of another department, :class:`DraftExists` where somebody drafts it already: nothing of theirs is written over.
    """
    found = arrival(session, item, actor=actor)
    if found.state == "broken":
        raise BadBundle("items.import_broken", title=found.title)
    office = next((each for each in found.offices if each.id == department_id), None)
    if office is None:
        raise NotForYou(title=found.title, department=found.department)
    if session.scalar(select(StudioDraft.id).where(StudioDraft.item_code == item.code, StudioDraft.state.in_(UNDER_WAY))) is not None:
        raise DraftExists(title=found.title)
    content = {name: item.bundle[name] for name in ("item", "form", "blocks")}
    if session.get(Item, item.code) is None:
        made = drafts.create(session, content, department_id=office.id, actor=actor)
    else:
        made = _onto(session, item.code, content, command_id, actor)
    audit.record(session, "item.carried_in", subject=("item", item.code), actor=actor, detail={"hash": item.hash, "signer": signer, "draft": made.id})
    return made


def _onto(session: Session, code: str, content: Mapping[str, Any], command_id: str, actor: Actor) -> Draft:
    """The draft of an item that is here, with the content of the file; one that never was more than a row begins with it."""
    draft = drafts.begin(session, code, actor=actor)
    changes = edits.between(draft.content, content)
    return drafts.edit(session, draft.id, changes, command_id=command_id, actor=actor) if changes else draft


def _offices(session: Session, actor: Actor) -> tuple[DepartmentView, ...]:
    """The departments in whose name the actor may draft."""
    ids = {post.department_id for post in people.staff_view(session, actor.id).posts if post.role in kinds.ASKS}
    return people.departments(session, ids=sorted(ids)) if ids else ()


def _before(session: Session, code: str) -> CompiledItem | None:
    """What is here: the version in force, else a draft that passed the checks."""
    try:
        return from_bundle(bundle_of(session, code))
    except ItemNotFound:
        waiting = session.get(ItemDraft, code)
        return from_bundle(bytes(waiting.bundle)) if waiting is not None else None


def readable(bundle: Mapping[str, Any]) -> bool:
    """Whether item, form and blocks have the shape that this hall reads."""
    blocks = bundle.get("blocks")
    shaped = schemas.is_valid("item", bundle.get("item")) and schemas.is_valid("form", bundle.get("form"))
    return shaped and isinstance(blocks, Mapping) and all(isinstance(each, Mapping) for each in blocks.values())


def _compiled(item: Carried) -> CompiledItem | None:
    """The file's item; ``None`` where this hall cannot work by it at all."""
    try:
        if not readable(item.bundle) or beginnings.code_of(item.code) != item.code:
            return None
        return from_bundle(canonical.dumps(item.bundle))
    except (PlatformError, KeyError, TypeError, ValueError, AttributeError):  # whatever a file may hold
        return None
