"""The buttons of an open task: what each will do, and why a closed one is closed (UX: a button never without what it will do)."""

from collections.abc import Mapping
from typing import Any

from core.kernel.wording import word
from core.routing.commands import documents_ready
from core.routing.errors import RouteRefused
from core.routing.facts import facts_at, holds
from core.routing.guards import extending, extension, is_paused
from core.routing.marking import ActionView, Marking, OpenTask
from core.routing.places import number, static
from core.routing.receiving import CHECK_ACTIONS, INTAKE_ACTIONS, why_not_intake
from core.routing.relaying import relay_actions
from core.routing.reviewing import SIGN_ACTIONS
from core.routing.spec import Action, Exit, Node, RouteSpec
from core.rules.service import Label, Labels
from core.worktime.explain import limit_words

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "decline": ("reason",),
    "request_correction": ("fields",),
    "missing": ("fields",),
    "refuse": ("reason",),
    "approve": ("reason",),
}


def actions(
    spec: RouteSpec, marking: Marking, task_no: int, facts: Mapping[str, Any], *, locale: str = "zh", labels: Labels | None = None
) -> tuple[ActionView, ...]:
    """The buttons of task *task_no*, open and closed ones. Raises :class:`RouteRefused` when the task is not open."""
    task = _open(marking, task_no)
    return tuple(_view(spec, marking, task, name, facts, locale, labels or {}) for name in _names(spec, marking, task))


def buttons(spec: RouteSpec, marking: Marking, task_no: int) -> tuple[str, ...]:
    """The ids of :func:`actions`, for whoever asks only what there is."""
    return _names(spec, marking, _open(marking, task_no))


def why_closed(spec: RouteSpec, marking: Marking, task_no: int, name: str, facts: Mapping[str, Any]) -> str | None:
    """Why the button *name* of task *task_no* is closed; ``None`` for an open one, and for one that is not there."""
    task = _open(marking, task_no)
    return _view(spec, marking, task, name, facts, "zh", {}).why_not if name in _names(spec, marking, task) else None


def _open(marking: Marking, task_no: int) -> OpenTask:
    task = marking.task(task_no)
    if task is None:
        raise RouteRefused("routing.task_closed", task=task_no)
    return task


def _view(spec: RouteSpec, marking: Marking, task: OpenTask, name: str, facts: Mapping[str, Any], locale: str, labels: Labels) -> ActionView:
    if task.kind == "step":
        node = spec.nodes[task.node]
        return _step_action(spec, marking, task, node, node.actions[name], facts, locale, labels)
    return _fixed(spec, marking, task, name, facts, locale)


#: The buttons of tasks that no administrator draws.
_BUTTONS: Mapping[str, tuple[str, ...]] = {
    "pre_review": CHECK_ACTIONS,
    "intake": INTAKE_ACTIONS,
    "check": CHECK_ACTIONS,
    "correction": ("correct",),
    "sign": SIGN_ACTIONS,
    "inquiry": ("answer",),
    "extension": ("approve", "refuse"),
    "delivery": ("deliver",),
}


def _names(spec: RouteSpec, marking: Marking, task: OpenTask) -> tuple[str, ...]:
    if task.kind == "step":
        return tuple(spec.nodes[task.node].actions)
    if task.kind == "relay" and spec.intake.relay is not None and marking.relay is not None:
        return relay_actions(spec.intake.relay, marking.relay, task.node.rpartition(".")[2])
    return _BUTTONS.get(task.kind, ())


def _fixed(spec: RouteSpec, marking: Marking, task: OpenTask, name: str, facts: Mapping[str, Any], locale: str) -> ActionView:
    key = None
    if task.kind == "intake":
        key = why_not_intake(marking, name)
        if name == "request_correction" and spec.intake.correction_limit is None:
            key = "routing.no_correction"
    elif task.kind == "delivery" and not documents_ready(facts):
        key = "routing.documents_wait"
    elif task.kind == "extension" and name == "approve":
        return _approving(spec, marking, name, facts, locale)
    if key is None and is_lent(spec, task):
        key = "routing.lent"
    needs = _NEEDS.get(name, ())
    effect = word(f"routing.effect.{task.kind}.{name}", locale)
    if task.kind == "sign":
        node = spec.nodes[task.node]
        effect = exit_words(spec, node, node.exits[name], locale)
        needs = tuple(dict.fromkeys((*needs, *node.exits[name].needs))) if name == "refuse" else ()
    return ActionView(name, word(f"routing.action.{task.kind}.{name}", locale), key is None, word(key, locale) if key else None, needs, effect)


def _approving(spec: RouteSpec, marking: Marking, name: str, facts: Mapping[str, Any], locale: str) -> ActionView:
    """The head's button says by how much; it is closed when meanwhile nothing more may be given."""
    rule, why = extension(spec, marking), extending(spec, marking, None, facts, None)
    effect = word("routing.effect.extension.approve", locale, limit=limit_words(rule.adds.plain, locale) if rule is not None else "")
    said = word(why[0], locale, **why[1]) if why is not None else None
    return ActionView(name, word("routing.action.extension.approve", locale), why is None, said, _NEEDS[name], effect)


def _step_action(
    spec: RouteSpec, marking: Marking, task: OpenTask, node: Node, action: Action, facts: Mapping[str, Any], locale: str, labels: Labels
) -> ActionView:
    why = _why_not(spec, marking, task, node, action, facts, locale, labels)
    title = text(spec, f"{node.path}.actions.{action.id}.title", action.title, locale)
    return ActionView(action.id, title, why is None, why, action.exit.needs, exit_words(spec, node, action.exit, locale))


def _why_not(
    spec: RouteSpec, marking: Marking, task: OpenTask, node: Node, action: Action, facts: Mapping[str, Any], locale: str, labels: Labels
) -> str | None:
    if is_lent(spec, task):
        return word("routing.lent", locale)
    if is_paused(marking, task):
        return word("routing.paused", locale, title=text(spec, f"{node.path}.title", node.title, locale))
    exit_ = action.exit
    if exit_.back is not None and marking.backs.get(f"{node.path}#{action.id}", 0) >= (exit_.max or 1):
        return word("routing.no_more_backs", locale, title=action.title, max=exit_.max)
    if action.when is None:  # most have none: the facts of the place, a thousand answers long perhaps, are not gathered for them
        return None
    truth = holds(action.when, facts_at(spec, marking, node.scope, facts))
    if truth is True:
        return None
    key = "routing.only_when" if truth is False else "routing.unknown_when"
    return word(key, locale, rule=action.when.sentence({**outcome_labels(spec, locale), **labels}, locale))


def is_lent(spec: RouteSpec, task: OpenTask) -> bool:
    """Whether a delegate was asked for an opinion first."""
    return bool(task.lent) and bool(spec.anytime.get("delegate", {}).get("returns", True))


def exit_words(spec: RouteSpec, node: Node, exit_: Exit, locale: str = "zh") -> str:
    """Where an exit leads, in words."""
    if exit_.target is not None:
        following = spec.scopes[node.scope].nodes.get(exit_.target)
        title = text(spec, f"{node.scope}.{exit_.target}.title", following.title if following else exit_.target, locale)
        return word("routing.effect.back" if exit_.back else "routing.effect.to", locale, title=title, max=exit_.max)
    found = spec.branch_of(node.scope)
    if found is None:
        return word(f"routing.effect.decide.{'refuse' if exit_.outcome == 'refuse' else 'grant'}", locale)
    branch = text(spec, f"{node.scope}.title", found[1].title, locale)
    return word(f"routing.effect.branch.{'refuse' if exit_.outcome == 'refuse' else 'agree'}", locale, title=branch)


def outcome_labels(spec: RouteSpec, locale: str = "zh") -> dict[str, Any]:
    """How sentences name ``<node>.outcome``."""
    choices = {key: word(f"routing.outcome.{key}", locale) for key in ("agree", "refuse", "grant", "if_none", "done", "by_hand")}
    return {
        f"{node.id}.outcome": Label(
            word("routing.word.outcome_of", locale, title=text(spec, f"{node.path}.title", node.title, locale)),
            {**choices, **{a.id: a.title for a in node.actions.values() if a.exit.outcome is None}},
        )
        for node in spec.walk()
    }


#: The titles of tasks that every route has, by the end of their path inside intake.
_TITLES: Mapping[str, str] = {
    "intake": "intake",
    "intake.correction": "correction",
    "intake.pre_review": "pre_review",
    "delivery": "delivery",
    "extension": "extension",
}


def task_title(spec: RouteSpec, node: str, chinese: str, locale: str) -> str:
    """The title of the task at *node* in *locale*: the platform's own words for what every route has, the route's translation for the rest."""
    if locale == "zh":
        return chinese
    if node in _TITLES:
        return word(f"routing.title.{_TITLES[node]}", locale)
    if node.endswith(".amend"):
        return word("routing.title.amend", locale)
    if node.startswith("intake.check."):
        return word("routing.title.check", locale)
    if node.startswith("intake.relay."):
        return word("routing.title.relay", locale, level=word(f"routing.level.{node.rpartition('.')[2]}", locale))
    if node.endswith(".inquiry") and static(node) not in spec.nodes:
        return word("routing.title.inquiry", locale)
    found = text(spec, f"{node}.title", chinese, locale)
    element = number(node)
    return f"{found} ({element})" if element is not None and found != chinese else found


def text(spec: RouteSpec, path: str, chinese: str, locale: str) -> str:
    """A human text of the route in *locale*: translations map paths of stable ids to texts, a missing one stays Chinese (DESIGN §3)."""
    if locale == "zh":
        return chinese
    words = spec.doc.get("translations", {}).get(locale, {})
    path = static(path)
    found = words.get(path) or words.get(f"route.{path}")
    return str(found) if found else chinese
