"""Putting a document of the hall in force: by a second administrator, as it was shown, with nothing wrong in it; every version stays."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity import queries as people
from core.items.studio import addresses, drafts, edits
from core.items.studio.drafts import Draft
from core.items.studio.errors import DraftEnded, NothingNew, NotReady, Overtaken, OwnWork
from core.items.studio.found import Found
from core.items.studio.hall import kinds, opening
from core.items.studio.models import StudioDraft, StudioEdit
from core.items.studio.parts import part_of
from core.items.studio.spots import Spot
from core.kernel import canonical
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.ids import is_id
from core.kernel.text import normalise
from core.settings import documents

LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Changed:
    """One difference to what is in force: where, and both sides as text."""

    spot: Spot
    title: str
    before: str
    after: str


def found(session: Session, draft: Draft) -> tuple[Found, ...]:
    """Everything found in a draft, errors first."""
    kind, name = kinds.split(draft.item_code)
    here = addresses.Addresses(draft.content)
    made = []
    for each in kind.check(session, name, draft.content.get(kind.name)):
        spot = here.of_document(kind.name, each.path)
        made.append(Found(each, spot, part_of(spot), draft.content))
    return tuple(sorted(made, key=lambda one: one.level != "error"))


def changes(session: Session, draft: Draft, locale: str = "zh") -> tuple[Changed, ...]:
    """What differs from what is in force."""
    kind, name = kinds.split(draft.item_code)
    before = {kind.name: dict(opening.current(session, kind, name))}
    content = {kind.name: draft.content.get(kind.name)}
    return tuple(Changed(each.at, addresses.name_of(content, each.at, locale), _text(each.was), _text(each.value)) for each in edits.between(before, content))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping | list | bool | int | float) else ""


def writers(session: Session, draft_id: str) -> dict[str, str]:
    """Id → name of everybody who had a hand in a draft: who began it and who changed it."""
    query = select(StudioEdit.staff_id).where(StudioEdit.draft_id == draft_id).distinct()
    ids = {*session.scalars(query), *session.scalars(select(StudioDraft.opened_by).where(StudioDraft.id == draft_id))}
    return people.staff_names(session, sorted(ids))


def hands(session: Session, versions: Sequence[documents.Version]) -> dict[int, tuple[str, ...]]:
    """Number of a version → the names of who had a hand in its draft: whoever put it in force had none."""
    held = {each.draft_id: each.number for each in versions if each.draft_id is not None}
    began = select(StudioDraft.id, StudioDraft.opened_by).where(StudioDraft.id.in_(held))
    changed = select(StudioEdit.draft_id, StudioEdit.staff_id).where(StudioEdit.draft_id.in_(held))
    rows = session.execute(began.union(changed)).all() if held else []
    named = people.staff_names(session, sorted({staff_id for _draft, staff_id in rows}))
    made: dict[int, list[str]] = {}
    for draft_id, staff_id in rows:
        if staff_id in named:
            made.setdefault(held[draft_id], []).append(named[staff_id])
    return {number: tuple(sorted(each)) for number, each in made.items()}


def put_in_force(session: Session, draft_id: str, *, revision: int, words: str, actor: Actor) -> int:
    """Put a draft in force as it was at *revision*, with *words* why; returns the number of the version.

    Raises :class:`OwnWork` for whoever had a hand in it (four eyes), :class:`Overtaken` when it was changed since it was looked at, :class:`NotReady` with
    what is wrong, :class:`NothingNew`; nothing is written then.
    """
    draft = drafts.load(session, draft_id, actor=actor)
    kind, name = kinds.split(draft.item_code)
    said = normalise(words).strip()
    if draft.state != "open":
        raise DraftEnded(title=draft.title)
    if actor.id in writers(session, draft.id):
        raise OwnWork
    if draft.revision != revision:
        raise Overtaken
    if not said or len(said) > LONGEST_WORDS:
        raise NotReady("items.studio_hall_words", most=LONGEST_WORDS)
    if wrong := tuple(each.finding for each in found(session, draft) if each.level == "error"):
        raise NotReady(findings=wrong, count=len(wrong))
    if not changes(session, draft):
        raise NothingNew
    taken = update(StudioDraft).where(StudioDraft.id == draft.id, StudioDraft.revision == revision, StudioDraft.state == "open")
    values = taken.values(state="published", changed_at=now()).returning(StudioDraft.id)
    if session.execute(values, execution_options={"synchronize_session": False}).scalar() is None:
        raise Overtaken
    document = draft.content[kind.name]
    as_shipped = canonical.digest(document) == canonical.digest(kind.shipped()[name])
    number = documents.put(session, kind.name, name, None if as_shipped else document, words=said, draft_id=draft.id, actor=actor)
    audit.record(
        session, "hall.document_in_force", subject=("hall_document", draft.item_code), actor=actor,
        detail={"number": number, "draft": draft.id, "digest": canonical.digest(document)},
    )  # fmt: skip
    return number


def names(session: Session, ids: set[str]) -> dict[str, str]:
    """Names of who put versions in force."""
    return people.staff_names(session, sorted(each for each in ids if is_id(each)))
