"""The steps of a draft: shown, saved, saved by itself while somebody types, thrown away.

A page with errors is saved too, and a draft that was changed in another window is shown again instead of being overwritten.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import jsonify, redirect, request

from core.cases import drafts
from core.cases.errors import DraftStale
from core.cases.spec import DraftView
from core.files import service as files
from core.forms import service as forms
from core.items import facts as item_facts
from core.items.spec import CompiledItem
from core.kernel.clock import local
from core.kernel.errors import NotFound
from core.web import edge, seat
from core.web.page import say
from core.web.portal import acting, enclosures, flow
from core.web.portal.apply import apply
from core.web.portal.drafting import newer, own_draft, posted_situation, read, save, set_answered
from core.web.portal.drawing import Answer, check_page, form_page, go_on
from core.web.portal.flow import CHECK, MATERIALS
from core.web.portal.materials import materials_page, materials_sent


@apply.get("/drafts/<draft_id>")
@seat.seated
def resume(draft_id: str) -> Answer:
    """Go on where the draft was left."""
    draft, compiled, who = own_draft(draft_id)
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    here = draft.page if draft.page in flow.order(compiled, known) else compiled.form.pages[0].id
    return redirect(flow.step_href(draft.id, here))


@apply.get("/drafts/<draft_id>/<step>")
@seat.seated
def step(draft_id: str, step: str) -> Answer:
    """One step of a draft."""
    draft, compiled, who = own_draft(draft_id)
    if step == CHECK:
        return check_page(draft, compiled, who)
    if step == MATERIALS:
        return materials_page(draft, compiled, who)
    if step not in {each.id for each in compiled.form.pages}:
        raise NotFound
    return form_page(draft, compiled, step, who, notice=newer(draft))


@apply.post("/drafts/<draft_id>/<step>")
@seat.seated
def step_sent(draft_id: str, step: str) -> Answer:
    """Save one step. A draft that was saved elsewhere meanwhile is shown again with what was just typed; nothing is overwritten."""
    draft, compiled, who = own_draft(draft_id)
    if step == MATERIALS:
        return materials_sent(draft, compiled, who)
    if step not in {each.id for each in compiled.form.pages}:
        raise NotFound
    situation = (draft.situation | posted_situation(compiled)) if step == compiled.form.pages[0].id else draft.situation  # type: ignore[operator]
    changed = {each: option for each, option in situation.items() if draft.situation.get(each) != option}
    values = set_answered(compiled, changed, read(compiled, step, draft.values | item_facts.preset(compiled.doc, changed), draft.materials))  # type: ignore[operator]
    operation, focus = request.form.get("_op", ""), ""
    if operation:
        values, focus = forms.apply_op(values, operation, compiled.form)
    values, taken, refused = enclosures.take(compiled.form, values, draft.materials, ("draft", draft.id))
    held, unused = enclosures.tidy(compiled.form, values, taken)
    try:
        saved = save(draft, compiled, values, situation, step, held)
    except DraftStale:
        return _stale(draft, compiled, step, values, who), 409
    for blob_id in unused:
        files.drop(edge.session(), blob_id, holder=("draft", draft.id))
    if operation and not refused:
        return form_page(saved, compiled, step, who, focus=focus)
    return go_on(saved, compiled, step, who, refused)


def _stale(draft: DraftView, compiled: CompiledItem, page_id: str, values: Mapping[str, Any], who: acting.Acting) -> str:
    """What was typed, on top of the draft as it is now; sending it again means it."""
    shown = replace(draft, values=values)
    notice = say("这份草稿刚才在另一个窗口或设备上改过。下面是你这里填的；再按一次“保存并继续”就用这里的。")
    return form_page(shown, compiled, page_id, who, notice=notice)


@apply.post("/drafts/<draft_id>/autosave")
@seat.seated
def autosave(draft_id: str) -> Answer:
    """Save what is typed so far, errors and all; answers with the time, or 409 when it was changed elsewhere."""
    draft, compiled, _who = own_draft(draft_id)
    page_id = request.form.get("_page", "")
    if page_id not in {each.id for each in compiled.form.pages}:
        raise NotFound
    saved = save(draft, compiled, read(compiled, page_id, draft.values, draft.materials), draft.situation, page_id)
    return jsonify(version=saved.version, saved=say("已保存 %(time)s", time=f"{local(saved.saved_at):%H:%M}"))


@apply.post("/drafts/<draft_id>/drop")
@seat.seated
def drop(draft_id: str) -> Answer:
    """Throw a draft away."""
    draft, _compiled, _who = own_draft(draft_id)
    drafts.delete(edge.session(), draft.id, actor=seat.keeper())
    return redirect(seat.href("my.space"), 303)
