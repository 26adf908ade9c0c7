"""The editor of a draft: one part or one entry at a time, made from the schema; saved as one types, shown as JSON to those who like it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, jsonify, redirect, request
from werkzeug.wrappers import Response

from core.forms import service as forms
from core.forms.spec import anchor
from core.items.blocks import shelf
from core.items.format import format_item
from core.items.studio import addresses, drafts, editors, edits, entries, handing, parts, presence, ruled, scopes
from core.items.studio.drafts import Draft
from core.items.studio.editors import Editor
from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit, Clashed, NoSuchSpot
from core.items.studio.spots import MISSING, Spot, find, parse, write
from core.kernel.clock import local
from core.kernel.errors import BadInput, PlatformError
from core.kernel.ids import is_id, new_id
from core.kernel.wording import word
from core.pluginhost import service as plugins
from core.schemas import service as schemas
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, tell
from core.web.page import environment
from core.web.page import say as _
from core.web.studio import condition, saving
from core.web.studio.desk import framed, names, own, said_of

blueprint = Blueprint("studio_editing", __name__, url_prefix="/office/studio/<draft_id>")
#: Characters of a part as JSON.
_MOST_JSON = 4_000_000


# ---- what is edited


def _asked(given: Any) -> tuple[Spot, parts.Part | None]:
    """The spot and – for a whole part – the part that an address asks for."""
    if given.get("at"):
        return parse(given["at"][:2000]), None
    part = parts.part(given.get("part") or "basic")
    if part is None:
        raise NoSuchSpot(at=str(given.get("part"))[:80])
    return part.at, part


@blueprint.get("/")
@at_desk
def show(draft_id: str) -> str | Response:
    """A part of the draft, or what stands at a spot of it. The route has an editor of its own."""
    draft = own(draft_id)
    at, part = _asked(request.args)
    if part is not None and part.key == "route":
        return redirect(f"/office/studio/{draft.id}/route/", 303)
    if part is None and ruled.rule_at(draft.content, at) is not None:
        return redirect(f"/office/studio/{draft.id}/condition/?{urlencode({'at': write(at)})}", 303)
    return _page(draft, at, part)


def _page(draft: Draft, at: Spot, part: parts.Part | None, *, error: PlatformError | None = None, text: str | None = None, version: int | None = None) -> str:
    made = _offered(draft, editors.editor(draft.content, at, part, locale=edge.locale(), names=names(draft.content, at)))
    wrong = forms.decide(made.spec, made.filled).errors if made.values else ()
    shown = parts.part_of(at) if part is None else part.key
    locale = edge.locale()
    reader = condition.Reader(draft.content, locale)
    closed, locks = handing.locked_here(handing.locked(edge.session(), draft.item_code), at, part.names or None if part is not None else None)
    closed = closed or (at[:1] == ("blocks",) and len(at) > 1 and shelf.published(edge.session(), at[1]))
    seat = (*part.at, part.names[0]) if part is not None and part.names else at
    return framed(
        "studio/editor.html", draft, shown, seat, editor=condition.worded(made, reader), spot=write(at), whole=part, trail=_trail(draft, at, part),
        form_html=forms.render_page(environment(), made.spec, "main", made.filled, wrong, locale=locale, begun=True,
            said=reader.said(at)) if made.names else "",
        json_text=text if text is not None else format_item(_json_of(made)), error=error.words(locale) if error else None,
        clashes=saving.told(error, draft) if isinstance(error, Clashed) else (), version=draft.revision if version is None else version,
        opened=text is not None, write=write, entry=_entry(draft, at) if part is None else None,
        rules=condition.views(draft.content, at, reader) if part is None else [],
        closed=closed, locks=[addresses.name_of(draft.content, spot, locale) for spot in locks],
    )  # fmt: skip


def _offered(draft: Draft, made: Editor) -> Editor:
    """*made* with only those plugins to choose from that take part in the draft's department."""
    wanted = {name for cards in made.cards for name, _title in cards.choices}
    if not wanted:
        return made
    here = plugins.enabled(edge.session(), draft.department_id, item=wanted)
    return replace(made, cards=tuple(replace(each, choices=tuple(one for one in each.choices if one[0] in here)) for each in made.cards))


def _json_of(made: Editor) -> dict[str, Any]:
    return dict(made.values)


def _trail(draft: Draft, at: Spot, part: parts.Part | None) -> list[tuple[str, str]]:
    """(address, title) of the entries that lead to a spot, the part first."""
    if part is not None:
        return []
    key = parts.part_of(at)
    trail = [(f"/office/studio/{draft.id}/?part={key}", _part_title(key))]
    for depth in range(2, len(at)):
        held = find(draft.content, at[:depth])
        if depth < len(at) and isinstance(held, dict) and editors.title_of(held, "") and depth > 2:
            trail.append((f"/office/studio/{draft.id}/?at={write(at[:depth])}", editors.title_of(held, at[depth - 1])))
    return trail


def _part_title(key: str) -> str:
    return word(f"items.studio_part_{key}", edge.locale())


def _entry(draft: Draft, at: Spot) -> dict[str, Any]:
    """Buttons and title of one entry."""
    holder, held = find(draft.content, at[:-1]), find(draft.content, at)
    named, own = next(((title, not entry) for token, title, entry in reversed(list(editors.way(draft.content, at)))), ("", False))
    fallback = schemas.spoken(named, edge.locale()) if own and named else at[-1].lstrip("@")
    return {"title": editors.title_of(held, fallback), "listed": isinstance(holder, list), "key": at[-1].lstrip("@"), "copied": not own}


# ---- saving


@blueprint.post("/edit")
@at_desk
def edit(draft_id: str) -> Response | tuple[str, int] | tuple[Response, int]:
    """What was filled in, against what the page was made from. Asked for JSON it answers with the new revision; else it shows the page again."""
    draft = own(draft_id)
    at, part = _asked(request.form)
    base = saving.base_of(draft)
    return _saving(draft, lambda: _changes(base, at, part), at, part, base)


def _changes(base: Mapping[str, Any], at: Spot, part: parts.Part | None) -> Sequence[Edit]:
    form = request.form
    made = editors.editor(base, at, part or _only(at), names=names(base, at))
    given = forms.decode(made.spec, form)
    if form.get("_op"):
        given, g.focus = forms.apply_op(given, form["_op"], made.spec)
    return made.changes(given)


def _only(at: Spot) -> parts.Part | None:
    """A page may have shown some of the properties at a spot only (``only``, with commas): the others are not touched."""
    shown = tuple(name for name in request.form.get("only", "")[:1000].split(",") if name)
    return parts.Part("", shown, at) if shown else None


def _saving(
    draft: Draft, changes: Callable[[], Sequence[Edit]], at: Spot, part: parts.Part | None, base: Mapping[str, Any] | None = None
) -> Response | tuple[str, int] | tuple[Response, int]:
    """Carry out what the page sent. *base* is what the page was made from, where it shows what it changes."""
    session = edge.session()
    talking = request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    made: Sequence[Edit] = ()
    try:
        command, made = saving.command(), changes()
        wanted = made if base is None else saving.settled(made, draft, base)
        done = drafts.edit(session, draft.id, wanted, command_id=command, actor=actor()) if wanted else draft
    except PlatformError as error:
        edge.take_back(error)
        now = own(draft.id)
        if talking:
            return jsonify(error=error.words(edge.locale()), clashes=saving.told(error, now), version=now.revision), error.status
        if base is not None and isinstance(error, Clashed):
            return _page(saving.as_mine(now, made, base), at, part, error=error, version=saving.version_of(now)), error.status
        return _page(now, at, part, error=error), error.status
    if talking:
        behind = base is not None and done.revision != saving.version_of(draft) and saving.stale(base, made, done, at, part or _only(at))
        return jsonify(_saved(done) | {"stale": behind})
    if request.form.get("_go"):
        return redirect(f"/office/studio/{draft.id}/condition/?{urlencode({'at': write(condition.named(request.form, done.content, at))})}", 303)
    if request.form.get("back") == "form":
        return redirect(f"/office/studio/{draft.id}/form/?field={at[2]}#field-{at[2]}", 303)
    if request.form.get("back") == "route":
        return redirect(f"/office/studio/{draft.id}/route/?{urlencode({'node': scopes.path_of(scopes.node_of(at))})}#panel", 303)
    focus = g.get("focus")
    return redirect(_address(draft, at, part) + (f"#{anchor(focus)}" if focus else ""), 303)


def _saved(done: Draft) -> dict[str, Any]:
    return {"version": done.revision, "saved": local(done.changed_at).strftime("%H:%M"), "command_id": new_id(), "title": done.title, "undo": True}


def _address(draft: Draft, at: Spot, part: parts.Part | None) -> str:
    return f"/office/studio/{draft.id}/" + (f"?part={part.key}" if part is not None else f"?at={write(at)}")


@blueprint.post("/json")
@at_desk
def edit_json(draft_id: str) -> Response | tuple[str, int] | tuple[Response, int]:
    """The same part as JSON."""
    draft, text = own(draft_id), request.form.get("json", "")
    at, part = _asked(request.form)
    base = saving.base_of(draft)

    def changes() -> Sequence[Edit]:
        if len(text) > _MOST_JSON:
            raise BadInput("web.json_large")
        given = schemas.parse(text)
        if not isinstance(given, dict):
            raise BadInput("web.json_object")
        return editors.editor(base, at, part).changes(given)

    try:
        return _saving(draft, changes, at, part, base)
    except BadInput as error:
        edge.session().rollback()
        return _page(own(draft_id), at, part, error=error, text=text, version=saving.version_of(draft)), error.status


@blueprint.post("/commands")
@at_desk
def commands(draft_id: str) -> Response | tuple[Response, int]:
    """Edits that a builder made: ``{"command_id", "edits": […]}`` → ``{"version", "saved", …}``, or 409 with what clashes."""
    draft, session = own(draft_id), edge.session()
    given = request.get_json(silent=True)
    try:
        if not isinstance(given, dict) or not is_id(str(given.get("command_id"))):
            raise BadEdit(what=str(given)[:80])
        changes = edits.read(given.get("edits"))
        done = drafts.edit(
            session, draft.id, edits.forced(changes, draft.content) if given.get("mine") else changes, command_id=given["command_id"], actor=actor()
        )
    except PlatformError as error:
        edge.take_back(error)
        now = own(draft_id)
        return jsonify(error=error.words(edge.locale()), clashes=saving.told(error, now), version=now.revision), error.status
    return jsonify(_saved(done))


@blueprint.post("/entries")
@at_desk
def entry(draft_id: str) -> Response | tuple[str, int] | tuple[Response, int]:
    """A card comes, goes, moves or is copied."""
    draft, form = own(draft_id), request.form
    at, do = parse(form.get("at", "")[:2000]), form.get("do", "")
    landing = _landing(form)
    spot: Spot | None = None

    def changes() -> Sequence[Edit]:
        nonlocal spot
        if do == "add":
            made, spot = entries.added(draft.content, at, _fresh(draft, at, form.get("title", "")), key=form.get("key", "")[:80])
            return made
        if do == "begin":
            spot = at
            return (Edit("set", at, {}),)
        if do == "copy":
            made, spot = entries.copied(draft.content, at)
            return made
        if do in ("up", "down"):
            return entries.moved(draft.content, at, -1 if do == "up" else 1)
        if do == "remove":
            return entries.removed(draft.content, at)
        raise BadEdit(what=do[:20])

    part = parts.part(landing) if not landing.startswith("/") else None
    answer = _saving(draft, changes, part.at if part is not None else parse(landing), part)
    if spot is not None and isinstance(answer, Response) and answer.status_code == 303:
        return redirect(f"/office/studio/{draft_id}/?at={write(spot)}", 303)
    if do == "remove" and isinstance(answer, Response) and answer.status_code == 303:
        tell(_("已移除，可以撤销"))
    return answer


def _landing(form: Any) -> str:
    """Where to go afterwards: a spot, or a part's key."""
    wanted = str(form.get("landing", ""))[:2000]
    return wanted if wanted.startswith("/") or parts.part(wanted) is not None else "basic"


def _fresh(draft: Draft, at: Spot, title: str) -> Any:
    """A new entry: what its schema says every one has, and what it is called."""
    return editors.fresh(draft.content, at, title=title.strip() or _("新的"))


@blueprint.post("/undo")
@at_desk
def undo(draft_id: str) -> Response | tuple[str, int]:
    """Take back my last change."""
    return _back(draft_id, drafts.undo, _("已撤销"))


@blueprint.post("/redo")
@at_desk
def redo(draft_id: str) -> Response | tuple[str, int]:
    """Do again what I took back."""
    return _back(draft_id, drafts.redo, _("已重做"))


def _back(draft_id: str, verb: Callable[..., Draft], words: str) -> Response | tuple[str, int]:
    draft, session = own(draft_id), edge.session()
    landing = _landing(request.form)
    part = parts.part(landing) if not landing.startswith("/") else None
    at = part.at if part is not None else parse(landing)
    try:
        done = verb(session, draft_id, command_id=request.form.get("command_id", new_id()), actor=actor())
    except PlatformError as error:
        session.rollback()
        if error.status != 409:
            raise
        return _page(own(draft_id), at, part, error=error), 409
    tell(words)
    if part is None and find(done.content, at) is MISSING:
        return redirect(f"/office/studio/{draft_id}/?part={parts.part_of(at)}", 303)
    return redirect(_address(draft, at, part), 303)


@blueprint.post("/drop")
@at_desk
def drop(draft_id: str) -> Response:
    """Put the draft aside."""
    drafts.drop(edge.session(), draft_id, actor=actor())
    tell(_("草稿已放弃；历史还在"))
    return redirect("/office/studio/", 303)


@blueprint.post("/seat")
@at_desk
def seat(draft_id: str) -> Response:
    """I am still here; who else is, and did they change anything?"""
    draft = own(draft_id)
    others = presence.sit(edge.session(), draft_id, parse(request.form.get("at", "")[:400]), actor=actor())
    return jsonify(version=draft.revision, others=said_of(draft, others), state=draft.state)
