"""One action on many tasks (ROUTING §9.7): looked at first, then each case in a transaction of its own, with its own answer.

What needs a reason, materials or a document is an act on one person's matter and is done one at a time; so is every decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from core.cases.errors import CaseNotFound, NotForMany
from core.cases.service import papers
from core.cases.service.acting import act, claim, held, release
from core.cases.service.machine import Loaded, command_key, load
from core.cases.speaking import spoken_task, spoken_title
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, PlatformError
from core.kernel.ids import is_id
from core.kernel.wording import word
from core.routing.actions import actions
from core.routing.engine import advance
from core.routing.errors import RouteRefused
from core.routing.marking import ActionView, Command

#: As many as one request does.
MOST = 20
HOLDING = ("claim", "release")


@dataclass(frozen=True, slots=True)
class Choice:
    """One task that was ticked."""

    case_id: str
    no: int


@dataclass(frozen=True, slots=True)
class Line:
    """One ticked task: what it is, and for each action its title and why it cannot be done to it now (``None``: it can)."""

    choice: Choice
    number: str = ""
    item_title: str = ""
    title: str = ""
    offers: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    refused: str | None = None

    def why_not(self, action: str, locale: str = "zh") -> str | None:
        """Why *action* will not be done to this task."""
        if self.refused is not None:
            return self.refused
        found = self.offers.get(action)
        return found[1] if found is not None else word("cases.bulk_no_such_action", locale)


def chosen(raw: Sequence[str]) -> tuple[Choice, ...]:
    """The ticked tasks from ``<case id>/<number>``, each once. Raises :class:`BadInput` for nonsense, for none and for more than :data:`MOST`."""
    found = []
    for each in dict.fromkeys(raw):
        case_id, _slash, no = each.partition("/")
        if not is_id(case_id) or not no.isascii() or not no.isdigit() or len(no) > 9:
            raise BadInput
        found.append(Choice(case_id, int(no)))
    if not found:
        raise BadInput("cases.bulk_none")
    if len(found) > MOST:
        raise BadInput("cases.bulk_many", most=MOST)
    return tuple(found)


def preview(session: Session, choices: Sequence[Choice], *, actor: Actor, locale: str = "zh") -> tuple[Line, ...]:
    """Every ticked task with what may be done to it. A case that the actor does not see is told like one that does not exist."""
    return tuple(_line(session, choice, actor, locale) for choice in choices)


def looked(session: Session, choice: Choice, *, actor: Actor, locales: Sequence[str]) -> dict[str, Line]:
    """One task as :func:`preview` sees it, in each language."""
    return _lines(session, choice, actor, locales)


def do(session: Session, choice: Choice, action: str, *, command_id: str, actor: Actor) -> None:
    """*action* on one task of the many; the same rules as alone, and those of many. The caller commits each."""
    command = f"{command_id}/{choice.case_id}/{choice.no}"
    if action in HOLDING:
        verb = claim if action == "claim" else release
        verb(session, choice.case_id, choice.no, command_id=command, actor=actor)
        return
    case, earlier = load(session, choice.case_id, command_key(actor, command))
    if earlier is None:
        _refuse(_not_for_many(session, case, choice.no, _button(session, case, choice.no, action, actor), actor))
    act(session, choice.case_id, choice.no, action, command_id=command, actor=actor)


def _button(session: Session, case: Loaded, no: int, action: str, actor: Actor) -> ActionView:
    held(session, case, no, actor)
    found = next((each for each in actions(case.compiled.route, case.marking, no, _facts(session, case)) if each.id == action), None)
    if found is None:
        raise NotForMany(why="cases.bulk_no_such_action")
    return found


def _refuse(why: str | None) -> None:
    if why is not None:
        raise NotForMany(why=why)


def _facts(session: Session, case: Loaded) -> dict[str, Any]:
    return {**case.facts(), "documents": {"ready": papers.ready(session, case.row)}}


def _line(session: Session, choice: Choice, actor: Actor, locale: str) -> Line:
    return _lines(session, choice, actor, (locale,))[locale]


def _lines(session: Session, choice: Choice, actor: Actor, locales: Sequence[str]) -> dict[str, Line]:
    try:
        case = load(session, choice.case_id)[0]
        holder = held(session, case, choice.no, actor)
    except CaseNotFound as refused:
        return {locale: Line(choice, refused=refused.words(locale)) for locale in locales}
    except PlatformError as refused:
        return {locale: _named(case, choice, locale, refused=refused.words(locale)) for locale in locales}
    return {locale: _offered(session, case, choice, holder, locale) for locale in locales}


def _offered(session: Session, case: Loaded, choice: Choice, holder: Actor, locale: str) -> Line:
    task = case.marking.task(choice.no)
    assert task is not None
    mine = task.holder is not None
    offers: dict[str, tuple[str, str | None]] = {
        "claim": (word("cases.bulk_claim", locale), word("cases.bulk_claimed", locale) if mine else None),
        "release": (word("cases.bulk_release", locale), None if mine else word("cases.bulk_not_claimed", locale)),
    }
    for each in actions(case.compiled.route, case.marking, choice.no, _facts(session, case), locale=locale):
        why = each.why_not
        if why is None:
            key = _not_for_many(session, case, choice.no, each, holder)
            why = word(key, locale) if key is not None else None
        offers[each.id] = (each.title, why)
    return _named(case, choice, locale, offers=offers)


def _named(case: Loaded, choice: Choice, locale: str, **more: Any) -> Line:
    task = case.marking.task(choice.no)
    title = spoken_task(case.compiled.route, task.node, task.title, locale) if task is not None else ""
    return Line(choice, case.row["number"], spoken_title(case.compiled, case.row["item_title"], locale), title, **more)


def _not_for_many(session: Session, case: Loaded, no: int, button: ActionView, actor: Actor) -> str | None:
    """The key of why this action is done one at a time: tried on the engine, which knows every document that would be drawn up."""
    if button.needs:
        return "cases.bulk_needs"
    try:
        plan = advance(case.compiled.route, case.marking, Command("act", no, button.id, actor=actor.id), _facts(session, case))
    except RouteRefused:
        return "cases.bulk_needs"
    return "cases.bulk_documents" if plan.documents or plan.outcome is not None else None
