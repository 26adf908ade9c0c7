"""Drafts of items: begun from nothing, from an item, from the catalogue; changed by commands; taken back, done again; read by revision.

A draft holds whatever was written, right or wrong: what is wrong is found beside it (:mod:`core.items.studio.found`) and refused only where the
item leaves the studio. Everything is asked of the department's people who may ask for a change of its items (:mod:`core.items.catalogue.kinds`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity import queries as people
from core.items.catalogue import kinds, power
from core.items.errors import ItemNotFound
from core.items.models import Item, ItemDraft, ItemVersion
from core.items.studio import edits as editing
from core.items.studio import healing
from core.items.studio.edits import Edit
from core.items.studio.errors import Clashed, DraftEnded, DraftExists, DraftNotFound, NothingToUndo
from core.items.studio.hall import kinds as hall
from core.items.studio.models import UNDER_WAY, StudioDraft, StudioEdit
from core.kernel import canonical
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.ids import is_id, new_id

#: Somebody else's command came between reading and writing: how often it is tried again on what is there then.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it stands. ``content`` is ``{"item", "form", "blocks"}`` and must be treated as frozen."""

    id: str
    item_code: str
    title: str
    department_id: str
    base_version_id: str | None
    content: Mapping[str, Any]
    revision: int
    state: str
    changed_at: datetime
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One command in a draft's history."""

    revision: int
    staff_id: str
    at: datetime
    edits: tuple[Edit, ...]
    undoes: int | None
    undone: bool


def begin(session: Session, item_code: str, *, actor: Actor) -> Draft:
    """The draft of an item that is there: the one that is open or handed in already, else a new one of its waiting draft or its version in force.

    Raises :class:`ItemNotFound` for an item that is not the actor's department's.
    """
    row = session.get(Item, item_code)
    if row is None:
        raise ItemNotFound(code=item_code)
    office = power.owner(session, item_code)
    _may(session, item_code, office.id, actor, ItemNotFound(code=item_code))
    under_way = session.scalar(select(StudioDraft).where(StudioDraft.item_code == item_code, StudioDraft.state.in_(UNDER_WAY)))
    if under_way is not None:
        return _view(under_way)
    stored = _stored(session, item_code)
    if stored is None:
        raise ItemNotFound(code=item_code)
    return opened(session, item_code, _content(stored), office.id, office.region_root, row.current_version_id, actor)


def of_version(session: Session, item_code: str, number: int, *, actor: Actor) -> Draft:
    """A draft with the content of an earlier version: rolling back is a new version like any other. Raises :class:`DraftExists` when one is open."""
    row, office = session.get(Item, item_code), power.owner(session, item_code)
    _may(session, item_code, office.id, actor, ItemNotFound(code=item_code))
    version = session.scalar(select(ItemVersion).where(ItemVersion.item_code == item_code, ItemVersion.number == number))
    if row is None or version is None:
        raise ItemNotFound(code=item_code)
    return opened(session, item_code, _content(bytes(version.bundle)), office.id, office.region_root, row.current_version_id, actor)


def create(session: Session, content: Mapping[str, Any], *, department_id: str, actor: Actor) -> Draft:
    """A draft of a new item. Raises :class:`DraftExists` when its code is taken by an item or by another draft."""
    office = people.department(session, department_id)
    code = str(content["item"]["code"])
    _may(session, code, office.id, actor, DraftNotFound())
    if session.get(Item, code) is not None:
        raise DraftExists("items.studio_code_taken", code=code)
    return opened(session, code, content, office.id, office.region_root, None, actor)


def content_of(session: Session, item_code: str, *, actor: Actor) -> dict[str, Any]:
    """The content of an item in force or waiting, to be copied. Raises :class:`ItemNotFound` for an item that is not the actor's department's."""
    office = power.owner(session, item_code)
    _may(session, item_code, office.id, actor, ItemNotFound(code=item_code))
    stored = _stored(session, item_code)
    if stored is None:
        raise ItemNotFound(code=item_code)
    return _content(stored)


def _stored(session: Session, item_code: str) -> bytes | None:
    """The bundle of an item's waiting draft, else of its version in force."""
    row, waiting = session.get(Item, item_code), session.get(ItemDraft, item_code)
    version = session.get(ItemVersion, row.current_version_id) if row is not None and row.current_version_id else None
    found = waiting.bundle if waiting is not None else version.bundle if version is not None else None
    return None if found is None else bytes(found)


def _content(bundle: bytes) -> dict[str, Any]:
    parts = json.loads(bundle)
    return {"item": parts["item"], "form": parts["form"], "blocks": parts["blocks"]}


def opened(session: Session, code: str, content: Mapping[str, Any], department_id: str, region_root: str, version: str | None, actor: Actor) -> Draft:
    """A new draft in the name of a department; whether the actor may is for the caller to say. Raises :class:`DraftExists` when one is open."""
    if session.scalar(select(StudioDraft.id).where(StudioDraft.item_code == code, StudioDraft.state.in_(UNDER_WAY))) is not None:
        raise DraftExists(title=_title(content, code))
    row = StudioDraft(
        id=new_id(), item_code=code, title=_title(content, code), department_id=department_id, region_root=region_root, base_version_id=version,
        content=dict(content), revision=0, state="open", opened_by=actor.id, opened_at=now(), changed_at=now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.record(session, "item.draft_opened", subject=_subject(code), actor=actor, detail={"draft": row.id})
    return _view(row)


def _title(content: Mapping[str, Any], code: str) -> str:
    kind = code.partition(hall.MARK)[0] if hall.of_hall(code) else "item"
    document = content.get(kind)
    held = document if isinstance(document, Mapping) else {}
    title = held.get("title") if kind == "item" else hall.titled(kind, held)
    return title[:200] if isinstance(title, str) and title.strip() else code


def _subject(code: str) -> tuple[str, str]:
    return ("hall_document" if hall.of_hall(code) else "item", code)


def _may(session: Session, code: str, department_id: str, actor: Actor, refusal: Exception) -> None:
    who = people.staff_view(session, actor.id) if actor.kind == "staff" and is_id(actor.id) else None
    if who is None or not (hall.may(session, who, code) if hall.of_hall(code) else kinds.asking(who, department_id)):
        raise refusal


def load(session: Session, draft_id: str, *, actor: Actor) -> Draft:
    """A draft of the actor's department. Raises :class:`DraftNotFound` for none and for another's alike."""
    return _view(_row(session, draft_id, actor))


def _row(session: Session, draft_id: str, actor: Actor) -> StudioDraft:
    row = session.get(StudioDraft, draft_id) if is_id(draft_id) else None
    if row is None:
        raise DraftNotFound
    _may(session, row.item_code, row.department_id, actor, DraftNotFound())
    return row


def mine(session: Session, *, actor: Actor) -> tuple[Draft, ...]:
    """The drafts of items, open or handed in, of the departments in whose name the actor may ask, last changed first."""
    who = people.staff_view(session, actor.id)
    offices = {post.department_id for post in who.posts if post.role in kinds.ASKS}
    query = select(StudioDraft).where(StudioDraft.department_id.in_(offices), StudioDraft.state.in_(UNDER_WAY)).order_by(StudioDraft.changed_at.desc())
    return tuple(_view(row) for row in session.scalars(query) if not hall.of_hall(row.item_code))


def edit(session: Session, draft_id: str, changes: Sequence[Edit], *, command_id: str, actor: Actor) -> Draft:
    """Carry *changes* out on the draft as it stands. The same command again does nothing.

    Raises :class:`Clashed` with every spot that somebody else changed meanwhile; then nothing was written. Edits that change nothing leave no trace.
    """
    return _command(session, draft_id, changes, command_id=command_id, actor=actor)


def undo(session: Session, draft_id: str, *, command_id: str, actor: Actor) -> Draft:
    """Take back the actor's last command that still stands. Raises :class:`NothingToUndo`, and :class:`Clashed` where others built on it."""
    return _back(session, draft_id, again=False, command_id=command_id, actor=actor)


def redo(session: Session, draft_id: str, *, command_id: str, actor: Actor) -> Draft:
    """Do again what the actor took back last, as long as they did nothing else since."""
    return _back(session, draft_id, again=True, command_id=command_id, actor=actor)


def _back(session: Session, draft_id: str, *, again: bool, command_id: str, actor: Actor) -> Draft:
    row = _row(session, draft_id, actor)
    if _answered(session, draft_id, command_id, actor):
        return _view(row)
    stack = undo_stack(history(session, draft_id, actor=actor), actor.id)
    target = stack[1 if again else 0]
    if target is None:
        raise NothingToUndo
    held = session.get_one(StudioEdit, (draft_id, target))
    return _command(session, draft_id, editing.read(held.undo), command_id=command_id, actor=actor, undoes=target)


def undo_stack(steps: Sequence[Step], staff_id: str) -> tuple[int | None, int | None]:
    """(revision that undo takes back, revision that redo takes back) of one person; ``None`` where there is none.

    Undoing is a command too; redoing takes that command back. An ordinary command empties what could be done again.
    """
    done: list[int] = []
    undone: list[int] = []
    for step in steps:
        if step.staff_id != staff_id:
            continue
        if step.undoes is None:
            done, undone = [*done, step.revision], []
        elif undone and step.undoes == undone[-1]:
            undone.pop()
            done.append(step.revision)
        else:
            done.pop()
            undone.append(step.revision)
    return (done[-1] if done else None), (undone[-1] if undone else None)


def _command(session: Session, draft_id: str, changes: Sequence[Edit], *, command_id: str, actor: Actor, undoes: int | None = None) -> Draft:
    if _answered(session, draft_id, command_id, actor):
        return load(session, draft_id, actor=actor)
    for _attempt in range(ATTEMPTS):
        row = _row(session, draft_id, actor)
        session.refresh(row)
        if row.state != "open":
            raise DraftEnded(title=row.title)
        made = changes
        done = editing.apply(row.content, made)
        if not done.undo:
            return _view(row)
        if undoes is None and (more := healing.follow(row.content, done.doc)):  # tests go along with what is renamed, in the same command
            made = (*changes, *more)
            done = editing.apply(row.content, made)
        kept = (
            update(StudioDraft)
            .where(StudioDraft.id == draft_id, StudioDraft.revision == row.revision, StudioDraft.state == "open")
            .values(content=done.doc, revision=row.revision + 1, title=_title(done.doc, row.item_code), changed_at=now())
        )
        revision = row.revision + 1
        if session.execute(kept.returning(StudioDraft.id), execution_options={"synchronize_session": False}).scalar() is None:
            continue
        session.add(
            StudioEdit(
                draft_id=draft_id, revision=revision, command_key=_key(actor, command_id), staff_id=actor.id, at=now(),
                edits=[each.to_json() for each in made], undo=[each.to_json() for each in done.undo], undoes=undoes,
            )
        )  # fmt: skip
        session.flush()
        session.refresh(row)
        return _view(row)
    raise Clashed(())


def _key(actor: Actor, command_id: str) -> str:
    return canonical.digest(["studio", actor.kind, actor.id, command_id])


def _answered(session: Session, draft_id: str, command_id: str, actor: Actor) -> bool:
    query = select(StudioEdit.revision).where(StudioEdit.command_key == _key(actor, command_id), StudioEdit.draft_id == draft_id)
    return session.scalar(query) is not None


def history(session: Session, draft_id: str, *, actor: Actor) -> tuple[Step, ...]:
    """Every command on the draft, first to last."""
    _row(session, draft_id, actor)
    rows = session.scalars(select(StudioEdit).where(StudioEdit.draft_id == draft_id).order_by(StudioEdit.revision)).all()
    undone = {row.undoes for row in rows if row.undoes is not None}
    return tuple(Step(row.revision, row.staff_id, row.at, editing.read(row.edits), row.undoes, row.revision in undone) for row in rows)


def as_of(session: Session, draft_id: str, revision: int, *, actor: Actor) -> Mapping[str, Any]:
    """The draft's content after command *revision*: what a page was made from that somebody has had open since. Raises :class:`DraftNotFound`."""
    row = _row(session, draft_id, actor)
    if not 0 <= revision <= row.revision:
        raise DraftNotFound
    content: Mapping[str, Any] = row.content
    later = select(StudioEdit).where(StudioEdit.draft_id == draft_id, StudioEdit.revision > revision).order_by(StudioEdit.revision.desc())
    for each in session.scalars(later):
        content = editing.apply(content, editing.read(each.undo)).doc
    return content


def drop(session: Session, draft_id: str, *, actor: Actor) -> None:
    """Put a draft aside. It is kept with its history; the item can be drafted anew."""
    row = _row(session, draft_id, actor)
    if row.state != "open":
        raise DraftEnded(title=row.title)
    row.state = "dropped"
    session.flush()
    audit.record(session, "item.draft_dropped", subject=_subject(row.item_code), actor=actor, detail={"draft": row.id})


def _view(row: StudioDraft) -> Draft:
    return Draft(
        row.id, row.item_code, row.title, row.department_id, row.base_version_id, _ordered(row.content), row.revision, row.state, row.changed_at, row.request_id
    )  # fmt: skip


def _ordered(value: Any) -> Any:
    """*value* with its keys in the order of the bundle that will be published: what is tried in a draft – branches begin in that order – goes the same way
    at the gate, whatever order a database keeps."""
    if isinstance(value, dict):
        return {key: _ordered(held) if isinstance(held := value[key], dict | list) else held for key in sorted(value)}
    return [_ordered(each) if isinstance(each, dict | list) else each for each in value] if isinstance(value, list) else value
