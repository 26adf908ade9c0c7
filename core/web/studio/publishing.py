"""Check and publish: what would change for people, for running cases and for drafts, what was found – and handing it in for review."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.identity import queries as people
from core.items import queries as items
from core.items.blocks import shelf
from core.items.catalogue import kinds
from core.items.catalogue.claims import compiled_of
from core.items.errors import ItemNotFound
from core.items.spec import CompiledItem
from core.items.studio import handing, naming
from core.items.studio.drafts import Draft
from core.kernel.errors import BadInput, PlatformError
from core.kernel.ids import new_id
from core.kernel.text import normalise
from core.kernel.wording import word
from core.routing.service import task_title
from core.schemas import service as schemas
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.backoffice.item_life import words
from core.web.page import say as _
from core.web.studio import saving
from core.web.studio.desk import names, own

if TYPE_CHECKING:
    from core.cases.service.impact import Position, Report

blueprint = Blueprint("studio_publishing", __name__, url_prefix="/office/studio/<draft_id>/publish")
#: Lines of the JSON diff that a page shows.
MOST_LINES = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """One difference as the page shows it: in which part, where, and both sides."""

    part: str
    kind: str
    title: str
    before: str
    after: str


@blueprint.get("/")
@at_desk
def show(draft_id: str) -> str:
    """What publishing would do."""
    return _page(own(draft_id))


def _page(draft: Draft, error: PlatformError | None = None) -> str:
    # only who publishes needs these: the web process stays small without them
    from core.items.gate import run_tests
    from core.items.studio.found import found
    from core.web.studio.findings import address

    session, locale = edge.session(), edge.locale()
    listed = found(session, draft.content)
    before, after = _versions(draft)
    tests = run_tests(after).results if after is not None else ()
    spots = [(each.words(locale), address(draft, each.spot), each.level) for each in listed]
    told = [each.words(locale) for each in error.findings if each.level == "error"] if isinstance(error, BadInput) else []
    return desk_page(
        "studio/publish.html", nav_here="studio", draft=draft, base=f"/office/studio/{draft.id}", number=_number(draft) + 1, after=after, before=before,
        errors=[each for each in spots if each[2] == "error"], advice=[each for each in spots if each[2] != "error"], tests=tests,
        returned=handing.returned(session, draft), behind=shelf.behind(session, after.blocks if after is not None else {}, draft.item_code),
        steps=kinds.KINDS["change"].steps, command_id=new_id(), given=request.form, locale_=locale,
        error=error.words(locale) if error else None, told=told, **_compared(before, after), **_touched(before, after), **words(),
    )  # fmt: skip


def _number(draft: Draft) -> int:
    return max((each.number for each in items.versions(edge.session(), draft.item_code)), default=0)


def _versions(draft: Draft) -> tuple[CompiledItem | None, CompiledItem | None]:
    """The version in force and the draft, each where there is one that can be worked by."""
    from core.items.compiling import compile_item

    try:
        before = compiled_of(edge.session(), draft.item_code, draft=False)
    except ItemNotFound:
        before = None
    content = draft.content
    try:
        sound = not any(each.level == "error" for kind in ("item", "form") for each in schemas.validate(kind, content[kind]))
        after = None if not sound else compile_item(content["item"], forms={str(content["item"]["form"]): content["form"]}, blocks=content["blocks"])
    except (PlatformError, KeyError, TypeError, ValueError, AttributeError):  # whatever is wrong with it is in the findings
        after = None
    return before, after


def _compared(before: CompiledItem | None, after: CompiledItem | None) -> dict[str, Any]:
    from core.items.diff import diff, figures, unified

    if after is None:
        return {"lines": [], "figures": (), "json_lines": ()}
    changes = diff(before, after, named=naming.of_items(edge.session(), after, before))
    lines = [
        Line(word(f"items.part_{change.part}", "zh"), leaf.kind, leaf.title, leaf.before, leaf.after) for change in changes for leaf in change.leaves("zh")
    ]
    return {"lines": lines, "figures": figures(before, after) if before is not None else (), "json_lines": unified(before, after)[:MOST_LINES]}


def _touched(before: CompiledItem | None, after: CompiledItem | None) -> dict[str, Any]:
    if before is None or after is None or before.code != after.code:
        return {"report": None, "touched": None, "may_move": False}
    from core.cases.service import impact, migrating
    from core.cases.service.touched import touched

    session = edge.session()
    departments = migrating.mine(session, actor())
    report = impact.report(session, after, departments=departments)
    return {"report": report, "touched": touched(session, after), "fates": _fates(report), "place_title": partial(_place, after)}


def _place(after: CompiledItem, position: "Position") -> str:
    """Where cases stand, in words."""
    phases = {"intake": _("受理"), "review": _("审查"), "delivery": _("送达"), "closed": _("办结")}
    title = task_title(after.route, position.place.rstrip("!"), position.title, edge.locale()) or phases[position.phase]
    return _("%(title)s（特别程序中）", title=title) if position.paused else title


def _fates(report: "Report") -> Mapping[str, Mapping[str, str]]:
    """Place → choice → what would become of its cases, in one sentence."""
    locale = edge.locale()
    verdicts = {"moved": _("%(n)s 件可以"), "refused": _("%(n)s 件不能"), "deferred": _("%(n)s 件以后再转"), "same": _("%(n)s 件没有变化")}
    made: dict[str, dict[str, str]] = {}
    for position in report.positions:
        for choice, fates in position.fates.items():
            said = []
            for fate in fates:
                why = "、".join(dict.fromkeys(each.words(locale) for each in fate.findings[:2]))
                said.append(str(verdicts[fate.verdict] % {"n": fate.count}) + (_("（%(why)s）", why=why) if why else ""))
            made.setdefault(position.place, {})[choice] = "；".join(said) if locale == "zh" else "; ".join(said)
    return made


@blueprint.get("/print")
@at_desk
def print_out(draft_id: str) -> str:
    """The whole item in words, for reviewers who read on paper."""
    from core.items.studio.printout import printout

    draft = own(draft_id)
    _before, after = _versions(draft)
    titles = {each.code: each.title for each in people.departments(edge.session())}
    sections = printout(after, edge.locale(), departments=titles, names=names(draft.content, ("item",))) if after is not None else ()
    return desk_page("studio/print.html", nav_here="studio", draft=draft, sections=sections, number=_number(draft) + 1, hash=after.hash if after else "")


@blueprint.post("/")
@at_desk
def hand_in(draft_id: str) -> Response | tuple[str, int]:
    """Hand the draft in as it stands, with the day of effect and the choices for running cases."""
    from core.cases.service import chosen

    draft, form, session = own(draft_id), request.form, edge.session()
    try:
        places = {name.removeprefix("place-")[:400]: form[name] for name in form if name.startswith("place-")}
        made = handing.hand_in(
            session, draft.id, reason=normalise(form.get("reason", "")), effective_on=_day(form), choices=chosen.checked(places),
            command_id=saving.command(), actor=actor(),
        )  # fmt: skip
    except PlatformError as error:
        edge.take_back(error)
        return _page(own(draft_id), error), error.status
    tell(_("已送审"))
    return redirect(f"/office/items/requests/{made.id}", 303)


def _day(form: Mapping[str, str]) -> date | None:
    if form.get("when") != "day":
        return None
    try:
        return date.fromisoformat(form.get("effective_on", ""))
    except ValueError as error:
        raise BadInput("web.bad_days") from error
