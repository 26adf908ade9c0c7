"""更多操作: what may be done to a case beside the buttons of its step – shown only to who may, closed with the reason, with what it will do in words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, g, redirect, request
from werkzeug.wrappers import Response

from core.cases import service as cases
from core.cases.errors import CaseNotFound, NotEntitled
from core.cases.service import anytime, extending, moving_tasks
from core.cases.service.counter import awaits_no_answer
from core.cases.service.machine import Loaded
from core.cases.spec import CaseView
from core.cases.viewing import standing
from core.identity import queries as people
from core.identity.spec import POST_ROLES
from core.items.spec import CompiledItem
from core.kernel.errors import BadInput, NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.kernel.text import normalise
from core.kernel.wording import word
from core.routing.actions import text
from core.routing.engine import advance
from core.routing.errors import RouteRefused
from core.routing.guards import who_may
from core.routing.marking import ActionView, Command
from core.routing.side_actions import side_actions
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me, tell
from core.web.page import day
from core.web.page import say as _

blueprint = Blueprint("case_moves", __name__, url_prefix="/office/cases")
#: Commands of the applicant, which no desk offers.
_THEIRS = frozenset({"withdraw", "urge"})
#: Posts that only run the hall, which no case waits for.
_NO_SIGNERS = frozenset({"admin", "supervisor", "agent", "general_window"})


@dataclass(slots=True)
class Move:
    """One command as the panel shows it: its form's fields, and what it will do – or why it is closed."""

    kind: str
    title: str
    effect: str
    why_not: str | None = None
    task: int | None = None
    about: str = ""
    asks: str = ""
    must: bool = False
    people: list[tuple[str, str]] = field(default_factory=list)
    pauses: list[tuple[str, str]] = field(default_factory=list)
    offices: list[tuple[str, str]] = field(default_factory=list)
    roles: list[tuple[str, str]] = field(default_factory=list)
    basis: str = ""


# what is shown --------------------------------------------------------------------------------------------------------


def gather(view: CaseView, compiled: CompiledItem) -> Mapping[str, Any] | None:
    """The moves of this person on this case now."""
    del compiled
    if view.marking.ended:
        return None
    case = standing(edge.session(), view)
    moves = [*_of_tasks(case, view), *_recalls(case), *_of_case(case), *_uncorrected(case), *_taking_back(case)]
    if not moves:
        return None
    return {"case": view.id, "number": view.number, "moves": moves, "command_id": new_id(), "given": request.form, "tried": request.form.get("kind", "")}


def _of_tasks(case: Loaded, view: CaseView) -> Iterator[Move]:
    locale, several = edge.locale(), sum(task.mine for task in view.tasks) > 1
    for task in view.tasks:
        if not task.mine:
            continue
        found = side_actions(case.compiled.route, case.marking, case.facts(), task=task.no, actor=me().id, locale=locale)
        for each in found:
            if each.id in _SHAPES and each.id not in ("extend", "terminate") and _may(case, each.id, task.no):
                made = _shaped(case, each, task.no)
                made.about = task.title if several else ""
                yield made


def _recalls(case: Loaded) -> Iterator[Move]:
    """Tasks that this person lent and may call back; those of the delegate's own come with the task."""
    for no in anytime.lent_by(case.marking, me().id):
        task = case.marking.task(no)
        if task is not None and task.holder != me().id:
            yield Move("return_delegate", _("收回委派"), _("不等意见，环节回到你这里"), task=no, about=task.title)


def _of_case(case: Loaded) -> Iterator[Move]:
    for each in side_actions(case.compiled.route, case.marking, case.facts(), actor=me().id, locale=edge.locale()):
        if each.id in _THEIRS or each.id not in _SHAPES:
            continue
        made = _shaped(case, each, None)
        try:
            anytime.entitled(edge.session(), case, each.id, None, actor(), seen=True)
        except NotEntitled as refused:
            if each.id != "extend":
                continue  # that it exists is told where it is asked for: with time running out, who must be asked
            made.why_not = made.why_not or refused.words(edge.locale())
        except PlatformError:
            continue
        yield made


def _uncorrected(case: Loaded) -> Iterator[Move]:
    """Nobody answered the correction in time, and no rule ends the case by itself: whoever does the intake declines it on that ground."""
    if not awaits_no_answer(case):
        return
    try:
        anytime.by_post(edge.session(), case, case.compiled.route.intake.holders, actor())
    except PlatformError:
        return
    effect = _("补正期限过了，申请人没有补正：不予受理，出具不予受理决定书")
    yield Move("decline_uncorrected", word("routing.side.decline_uncorrected", edge.locale()), effect, asks=_("理由（申请人会看到）"), must=True)


def _taking_back(case: Loaded) -> Iterator[Move]:
    """The last act, when it was this person's own; closed once somebody touched what followed."""
    last = case.row["last_change"]
    if not last or last.get("by") != me().id or len(last["no"]) != 1 or case.marking.phase != "review":
        return
    no = int(last["no"][0])
    try:
        who = anytime.entitled(edge.session(), case, "take_back", no, actor())
        advance(
            case.compiled.route, case.marking, Command("take_back", no, actor=who.id), case.facts(), history=anytime.told(edge.session(), case),
        )  # fmt: skip
    except (RouteRefused, CaseNotFound, NotEntitled) as refused:
        if isinstance(refused, RouteRefused):
            yield Move("take_back", _("撤回上一步"), "", why_not=refused.words(edge.locale()), task=no)
        return
    yield Move("take_back", _("撤回上一步"), _("刚才办结的环节重新打开，下一环节取消；留下记录"), task=no)


def _may(case: Loaded, kind: str, no: int) -> bool:
    """Whether the reader may give the command; commands that the same people may give are asked about once a page."""
    known: dict[tuple[Any, ...], bool] = g.setdefault("entitled", {})
    key = (case.id, no, kind in ("take_back", "return_delegate") and kind, who_may(case.compiled.route, case.marking, kind))
    if key not in known:
        try:
            anytime.entitled(edge.session(), case, kind, no, actor(), seen=True)
        except PlatformError:
            known[key] = False
        else:
            known[key] = True
    return known[key]


def _shaped(case: Loaded, view: ActionView, no: int | None) -> Move:
    made = Move(view.id, view.title, view.effect, view.why_not, no)
    if made.why_not is None or view.id == "extend":
        _SHAPES[view.id](case, made)
    return made


def _colleagues(case_id: str, no: int) -> tuple[moving_tasks.Colleague, ...]:
    """Who may take a task; handing over and lending it ask alike, so that a page asks once."""
    known: dict[tuple[str, int], tuple[moving_tasks.Colleague, ...]] = g.setdefault("colleagues", {})
    if (case_id, no) not in known:
        known[case_id, no] = moving_tasks.colleagues(edge.session(), case_id, no, without=me().id)
    return known[case_id, no]


def _handing(case: Loaded, made: Move) -> None:
    wide = made.kind == "transfer" and case.compiled.route.anytime["transfer"]["within"] == "org"
    found = [one for one in _colleagues(case.id, made.task or 0) if wide or one.fits]
    locale = edge.locale()
    made.people = [(one.id, _("%(name)s（%(role)s）", name=one.name, role=word(f"routing.role.{one.role}", locale))) for one in found]
    made.asks, made.must = (_("为什么转办"), True) if made.kind == "transfer" else (_("请他看什么"), False)
    if not found:
        made.why_not = _("这个岗位没有别的同事可以交。")


def _returning(case: Loaded, made: Move) -> None:
    del case
    made.asks, made.must = _("你的意见"), True


def _asking(case: Loaded, made: Move) -> None:
    del case
    made.asks, made.must = _("问题（申请人会看到）"), True


def _pausing(case: Loaded, made: Move) -> None:
    route, locale = case.compiled.route, edge.locale()
    task = case.marking.task(made.task)
    node = route.nodes.get(task.node) if task is not None else None
    for key in node.pauses if node is not None else ():
        pause = route.pauses[key]
        made.pauses.append((key, _("%(title)s：%(basis)s", title=text(route, f"pauses.{key}.title", pause.title, locale), basis=pause.basis)))
    made.asks = _("说明（申请人会看到）")


def _resuming(case: Loaded, made: Move) -> None:
    del case
    made.asks = _("结果说明")


def _signing(case: Loaded, made: Move) -> None:
    session, locale = edge.session(), edge.locale()
    division = people.department(session, case.row["department_id"]).division_path
    made.offices = [(one.id, one.title) for one in people.departments(session) if one.division_path == division]
    made.roles = [(role, word(f"routing.role.{role}", locale)) for role in POST_ROLES if role not in _NO_SIGNERS and role != "legal_reviewer"]


def _extending(case: Loaded, made: Move) -> None:
    shown = extending.preview(edge.session(), case, edge.locale())
    made.asks, made.must, made.basis = _("为什么延长（申请人会看到）"), True, shown.basis
    if shown.due is not None and shown.following is not None:
        made.effect = _(
            "%(effect)s。最后一天由 %(due)s 改为 %(following)s",
            effect=made.effect,
            due=day(shown.due, edge.locale()),
            following=day(shown.following, edge.locale()),
        )


def _wanting(case: Loaded, made: Move) -> None:
    shown = extending.preview(edge.session(), case, edge.locale())
    made.asks, made.must, made.basis = _("为什么要延长（给负责人看）"), True, shown.basis
    made.effect = _("%(effect)s。审批人：%(who)s", effect=made.effect, who=shown.approver)


def _ending(case: Loaded, made: Move) -> None:
    del case
    made.asks, made.must = _("为什么终止（申请人会看到）"), True


_SHAPES: Mapping[str, Callable[[Loaded, Move], None]] = {
    "transfer": _handing, "delegate": _handing, "return_delegate": _returning, "ask": _asking, "open_pause": _pausing, "close_pause": _resuming,
    "add_signer": _signing, "ask_extension": _wanting, "extend": _extending, "terminate": _ending,
}  # fmt: skip


# the doors ------------------------------------------------------------------------------------------------------------


@blueprint.post("/<case_id>/moves/<kind>")
@at_desk
def move(case_id: str, kind: str) -> Response | tuple[str, int]:
    """Give one of the commands. A refused one shows the case again with what was written, or the words alone to who does not see the case."""
    work, command = _WORK.get(kind), request.form.get("command_id", "")
    if work is None or not is_id(case_id):
        raise NotFound
    if not is_id(command):
        raise BadInput
    try:
        work(edge.session(), case_id, command)
    except PlatformError as error:
        edge.session().rollback()
        if error.status not in (403, 409, 422):
            raise
        return _refused(case_id, error), error.status
    tell(_("%(number)s：%(action)s，已办", number=normalise(request.form.get("number", ""))[-12:], action=word(f"routing.side.{kind}", edge.locale())))
    return redirect("/office/" if kind in ("transfer", "delegate") or request.form.get("from") == "extension" else f"/office/cases/{case_id}", 303)


def _refused(case_id: str, error: PlatformError) -> str:
    from core.web.backoffice import cases as page  # the page shows this panel

    try:
        return page.again(case_id, error)
    except NotFound:
        return desk_page("office/refused.html", nav_here="worklist", words=error.words(edge.locale()), back=f"/office/cases/{case_id}/extension")


@blueprint.get("/<case_id>/extension")
@at_desk
def extension(case_id: str) -> str:
    """The extension for the head who approves it, who need not sit in a department of the case."""
    if not is_id(case_id):
        raise NotFound
    try:
        shown = extending.previewed(edge.session(), case_id, actor=actor(), locale=edge.locale())
    except NotEntitled as refused:
        raise NotFound from refused
    return desk_page("office/extension.html", nav_here="worklist", case=case_id, x=shown, command_id=new_id(), other_id=new_id())


def _words(name: str = "reason") -> str:
    return normalise(request.form.get(name, ""))


def _no() -> int:
    given = request.form.get("task", "")
    if not given.isascii() or not given.isdigit() or len(given) > 9:
        raise BadInput
    return int(given)


def _to() -> str:
    return request.form.get("to", "")[:36]


_WORK: Mapping[str, Callable[[Any, str, str], Any]] = {
    "extend": lambda s, case, command: cases.extend(s, case, reason=_words(), command_id=command, actor=actor()),
    "decline_uncorrected": lambda s, case, command: cases.decline_uncorrected(s, case, reason=_words(), command_id=command, actor=actor()),
    "terminate": lambda s, case, command: cases.terminate(s, case, reason=_words(), command_id=command, actor=actor()),
    "transfer": lambda s, case, command: cases.transfer(s, case, _no(), to=_to(), reason=_words(), command_id=command, actor=actor()),
    "delegate": lambda s, case, command: cases.delegate(s, case, _no(), to=_to(), reason=_words() or None, command_id=command, actor=actor()),
    "return_delegate": lambda s, case, command: cases.return_delegate(s, case, _no(), opinion=_words() or None, command_id=command, actor=actor()),
    "take_back": lambda s, case, command: cases.take_back(s, case, _no(), command_id=command, actor=actor()),
    "ask_extension": lambda s, case, command: cases.ask_extension(s, case, _no(), reason=_words(), command_id=command, actor=actor()),
    "refuse_extension": lambda s, case, command: cases.act(s, case, _no(), "refuse", reason=_words(), command_id=command, actor=actor()),
    "ask": lambda s, case, command: cases.ask(s, case, _no(), question=_words(), command_id=command, actor=actor()),
    "open_pause": lambda s, case, command: cases.open_pause(
        s, case, _no(), request.form.get("pause", "")[:80], reason=_words() or None, command_id=command, actor=actor()
    ),
    "close_pause": lambda s, case, command: cases.close_pause(s, case, _no(), reason=_words() or None, command_id=command, actor=actor()),
    "add_signer": lambda s, case, command: cases.add_signer(
        s, case, _no(), department_id=request.form.get("department", "")[:36], role=request.form.get("role", "")[:20], command_id=command, actor=actor()
    ),
}
