"""A draft of one's own: found through its account, read from what was posted, saved. What was typed is never thrown away."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request

from core.cases import drafts
from core.cases.spec import DraftView, Handed
from core.cases.versions import pinned
from core.forms import service as forms
from core.identity import service as identity
from core.identity.errors import NotYours
from core.items import facts as item_facts
from core.items.spec import CompiledItem, Current
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.web import edge, enclosed, seat
from core.web.page import say
from core.web.portal import acting
from core.web.portal.flow import CHECK


def own_draft(draft_id: str) -> tuple[DraftView, CompiledItem, acting.Acting]:
    """A draft of one's own with its item and party. Raises :class:`NotFound` for everybody else's."""
    if not is_id(draft_id):
        raise NotFound
    draft = drafts.load(edge.session(), draft_id, actor=seat.keeper())
    return draft, pinned(edge.session(), draft.version_id), _party_of(draft)


def _party_of(draft: DraftView) -> acting.Acting:
    now = acting.acting()
    if draft.party_id in (None, now.party_id):
        return now
    if seat.taken() is not None:  # another visitor's
        raise NotFound
    me = edge.account()
    assert me is not None
    try:
        held = identity.acting_for(edge.session(), me.id, [str(draft.party_id)])[str(draft.party_id)]
    except NotYours:
        held = acting.by_mandate(me.id, str(draft.party_id))
    return acting.Acting(held.party.id, held.party.name, held.party.kind, held.role)


def posted_situation(compiled: CompiledItem) -> dict[str, str]:
    return item_facts.chosen(compiled.doc, {name.removeprefix("_s."): value for name, value in request.form.items() if name.startswith("_s.")})


def set_answered(compiled: CompiledItem, answered: Mapping[str, str], values: dict[str, Any]) -> dict[str, Any]:
    """What the situations just *answered* say of fields that were left open on the same page."""
    given = item_facts.preset(compiled.doc, answered)
    return values | {name: value for name, value in given.items() if values.get(name) in (None, "", [])}


def read(compiled: CompiledItem, page_id: str, before: Mapping[str, Any], held: Sequence[Handed] = ()) -> dict[str, Any]:
    """The answers with those of the posted page in place of what was there. Files are those of *held*, whatever the browser names."""
    spec, fields = compiled.form, compiled.form.page(page_id).fields
    names = {field.id for field in fields}
    kept_values = {name: value for name, value in before.items() if name not in names}
    values = kept_values | forms.decode(spec, request.form, page=page_id)
    return enclosed.own(spec, values, held) if enclosed.has_files(fields) else values


def save(
    draft: DraftView, compiled: CompiledItem, values: Mapping[str, Any], situation: Mapping[str, str], page_id: str, held: Sequence[Handed] | None = None,
    expected: int | None = None,
) -> DraftView:  # fmt: skip
    return drafts.save(
        edge.session(),
        compiled=compiled,
        version_id=draft.version_id,
        values=values,
        situation=situation,
        party_id=draft.party_id,
        page=page_id,
        materials=draft.materials if held is None else held,
        draft_id=draft.id,
        expected=expected if expected is not None else request.form.get("_version", draft.version, type=int),
        actor=seat.keeper(),
    )


def renewed(draft: DraftView, current: Current) -> DraftView:
    return drafts.save(
        edge.session(),
        compiled=current.compiled,
        version_id=current.version_id,
        values=draft.values,
        situation=draft.situation,
        party_id=draft.party_id,
        page=CHECK,
        materials=draft.materials,
        draft_id=draft.id,
        expected=draft.version,
        actor=seat.keeper(),
    )


def newer(draft: DraftView) -> str | None:
    return say("你开始填以后，这件事的要求更新过。提交前会按新的要求再核对一遍。") if draft.newer else None
