"""The life of items: what my departments answer for, asking for a step, reviewing what others asked for, and the history of all of it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.identity import queries as people
from core.identity.spec import Scope
from core.items import queries as items
from core.items.catalogue import kinds, reading
from core.items.catalogue import service as catalogue
from core.items.catalogue.claims import compiled_of
from core.items.catalogue.errors import RequestNotFound
from core.items.catalogue.requests import UNDER_WAY, RequestRef
from core.items.diff import sorted_changes
from core.items.format import format_item
from core.items.studio import naming
from core.kernel.errors import BadInput, PlatformError
from core.kernel.ids import is_id, new_id
from core.kernel.text import normalise
from core.schemas import service as schemas
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me, tell
from core.web.page import say as _

blueprint = Blueprint("item_life", __name__, url_prefix="/office/items")
_MOST_JSON = 2_000_000


def words() -> dict[str, dict[str, str]]:
    """Titles of the closed lists that these pages show."""
    return {
        "kind_words": {
            "entry": _("目录发布"), "claim": _("认领"), "object": _("对目录变更提异议"), "change": _("变更发布"), "adopt": _("接受目录变更"),
            "suspend": _("暂停"), "resume": _("恢复"), "end": _("取消"), "delegate": _("下放"), "transfer": _("职能转移"),
        },
        "step_words": {"legality": _("合法性审核"), "decision": _("决定"), "receiving": _("接收部门同意"), "effect": _("生效当日再检查")},
        "request_words": {"open": _("审核中"), "scheduled": _("已通过，待生效"), "published": _("已生效"), "returned": _("已退回"), "withdrawn": _("已撤回")},
        "state_words": {"draft": _("未发布"), "published": _("在办"), "suspended": _("已暂停"), "ended": _("已取消")},
        "sort_words": {"text": _("文字"), "people": _("办理人"), "time": _("时限"), "papers": _("要件和结果"), "graph": _("流程")},
    }  # fmt: skip


def found(error: PlatformError | None) -> dict[str, Any]:
    """What an error says: its sentence and every finding with its spot."""
    locale = edge.locale()
    spots = [(f.path, f.words(locale)) for f in error.findings if f.level == "error"] if isinstance(error, BadInput) else []
    return {"error": error.words(locale) if error else None, "findings": spots}


def doing(work: Callable[[], RequestRef], again: Callable[[PlatformError], str]) -> Response | tuple[str, int]:
    """Do *work* and go to the request; where it is refused show the page again with the reason, and keep nothing."""
    try:
        made = work()
    except PlatformError as error:
        edge.session().rollback()
        if error.status not in (403, 409, 422):
            raise
        return again(error), error.status
    done = {"open": _("已送下一步"), "scheduled": _("已通过，到日子自动生效"), "published": _("已生效"), "returned": _("已退回"), "withdrawn": _("已撤回")}
    tell(done[made.status])
    return redirect(f"/office/items/requests/{made.id}", 303)


def command() -> str:
    """The form's command id. Raises :class:`BadInput` for a form that this page did not make."""
    given = request.form.get("command_id", "")
    if not is_id(given):
        raise BadInput
    return given


@blueprint.get("/")
@at_desk
def show() -> str:
    """What waits for me, what my departments answer for, and what was asked lately."""
    requests = reading.seen(edge.session(), me())
    waiting = [each for each in requests if each.waits_for_me]
    others = [each for each in requests if not each.waits_for_me][:50]
    return desk_page("office/items.html", nav_here="items", waiting=waiting, others=others, held=reading.held(edge.session(), me()), **words())


@blueprint.get("/<code>")
@at_desk
def item(code: str) -> str:
    """One item."""
    return _item(code)


def _item(code: str, error: PlatformError | None = None) -> str:
    session, who = edge.session(), me()
    row, held = reading.item(session, code, who)
    history = reading.seen(session, who, item_code=code)
    news = catalogue.upstream(session, code)
    may_ask = kinds.asking(who, held.department_id) is not None
    busy = next((each for each in history if each.status in UNDER_WAY), None)
    office = people.department(session, held.department_id)
    inside = people.departments(session, Scope(office.division_path)) if may_ask else ()
    versions = items.versions(session, code)
    names = people.staff_names(session, [each.published_by for each in versions if is_id(each.published_by)])
    return desk_page(
        "office/item.html", nav_here="items", row=row, held=held, history=history, news=news, may_ask=may_ask and busy is None, busy=busy,
        allowed={name for name, kind in kinds.KINDS.items() if row.status in kind.states}, versions=versions, names=names,
        lower=[each for each in inside if each.code == office.code and each.id != office.id],
        others=[each for each in inside if each.division_id == office.division_id and each.id != office.id],
        document=request.form.get("document") or (format_item(compiled_of(session, code).doc) if may_ask else ""), given=request.form,
        command_id=new_id(), **found(error), **words(),
    )  # fmt: skip


@blueprint.post("/<code>/requests")
@at_desk
def ask(code: str) -> Response | tuple[str, int]:
    """Ask for a step in the item's life."""
    reading.item(edge.session(), code, me())
    return doing(lambda: _ask(code), lambda error: _item(code, error))


def _ask(code: str) -> RequestRef:
    form, session = request.form, edge.session()
    kind = form.get("kind", "")
    common: dict[str, Any] = {"reason": normalise(form.get("reason", "")), "command_id": command(), "actor": actor()}
    if kind == "change":
        return catalogue.ask_change(session, code, doc=parsed(form.get("document", "")), **common)
    if kind == "delegate":
        return catalogue.ask_delegate(session, code, to=[each for each in form.getlist("to") if is_id(each)], **common)
    if kind == "transfer":
        return catalogue.ask_transfer(session, code, to=form.get("to", "") if is_id(form.get("to", "")) else new_id(), **common)
    if kind == "adopt":
        return catalogue.ask_adopt(session, code, **common)
    if kind == "object":
        return catalogue.ask_objection(session, code, **common)
    return catalogue.ask_state(session, code, kind, until=_day(form.get("until", "")), **common)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadInput("web.bad_days") from error


def parsed(text: str) -> dict[str, Any]:
    """A JSON object that somebody wrote; line and column are named when it is none."""
    if len(text) > _MOST_JSON:
        raise BadInput("web.json_large")
    document = schemas.parse(text)
    if not isinstance(document, dict):
        raise BadInput("web.json_object")
    return document


@blueprint.get("/requests/<request_id>")
@at_desk
def show_request(request_id: str) -> str:
    """One request: reason, what changes in words, its reviews, and the next step where it is mine."""
    return _request(request_id)


def _request(request_id: str, error: PlatformError | None = None) -> str:
    view, row = reading.one(edge.session(), request_id, me())
    document = reading.document(row)
    return desk_page(
        "office/item_request.html", nav_here="items", view=view, changes=sorted_changes(reading.changes(edge.session(), row, naming.of_items)),
        document=format_item(document) if document is not None else "", locale_=edge.locale(), command_id=new_id(), given=request.form,
        targets=people.titles(edge.session(), [each for each in _targets(view.body) if is_id(each)]), **found(error), **words(),
    )  # fmt: skip


@blueprint.get("/requests/<request_id>/print")
@at_desk
def print_request(request_id: str) -> str:
    """The whole item that a request asks for, in words, for those who review on paper."""
    from core.items.compiling import from_bundle  # only who prints needs these
    from core.items.studio.printout import printout

    view, row = reading.one(edge.session(), request_id, me())
    if row.bundle is None or row.kind == "entry":
        raise RequestNotFound
    item = from_bundle(bytes(row.bundle))
    titles = {each.code: each.title for each in people.departments(edge.session())}
    known = naming.names(edge.session(), {"item": item.doc, "form": item.form_doc, "blocks": {}})
    sections = printout(item, edge.locale(), departments=titles, names=known)
    return desk_page("office/item_print.html", nav_here="items", view=view, code=item.code, hash=item.hash, sections=sections)


def _targets(body: dict[str, Any]) -> list[str]:
    to = body.get("to") or []
    return to if isinstance(to, list) else [str(to)]


@blueprint.post("/requests/<request_id>/reviews")
@at_desk
def review(request_id: str) -> Response | tuple[str, int]:
    """Take the step that the request waits for."""
    form = request.form
    passed, opinion = form.get("verdict") == "pass", normalise(form.get("words", ""))
    if form.get("verdict") not in ("pass", "return"):
        raise BadInput
    return doing(
        lambda: catalogue.review(edge.session(), request_id, passed=passed, words=opinion, command_id=command(), actor=actor()),
        lambda error: _request(request_id, error),
    )


@blueprint.post("/requests/<request_id>/withdraw")
@at_desk
def withdraw(request_id: str) -> Response | tuple[str, int]:
    """Take my own request back."""
    return doing(lambda: catalogue.withdraw(edge.session(), request_id, actor=actor()), lambda error: _request(request_id, error))
