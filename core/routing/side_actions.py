"""What may be done beside the buttons of a task – hand it on, ask, pause, extend, urge, end – each with what it does and why it is closed."""

from collections.abc import Mapping
from typing import Any

from core.kernel.wording import word
from core.routing import guards
from core.routing.errors import RouteRefused
from core.routing.guards import Guard, extension, spoken
from core.routing.marking import ActionView, Marking
from core.routing.spec import RouteSpec
from core.worktime.explain import limit_words

_OF_TASKS: Mapping[str, Guard] = {
    "transfer": guards.transferring,
    "delegate": guards.delegating,
    "return_delegate": guards.returning,
    "ask": guards.asking,
    "ask_extension": guards.asking_extension,
    "open_pause": guards.pausing,
    "add_signer": guards.signing_more,
}
_OF_CASES: Mapping[str, Guard] = {
    "extend": guards.extending,
    "urge": guards.urging,
    "withdraw": guards.withdrawing,
    "terminate": guards.terminating,
}
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "transfer": ("to", "reason"),
    "delegate": ("to",),
    "return_delegate": ("reason",),
    "ask": ("reason",),
    "ask_extension": ("reason",),
    "open_pause": ("pause",),
    "add_signer": ("holders",),
    "extend": ("reason",),
    "terminate": ("reason",),
}
#: Not shown where the route does not provide for it, rather than closed for ever.
_NEVER = frozenset(
    [
        "routing.no_transfer",
        "routing.no_delegate",
        "routing.not_delegated",
        "routing.no_extend",
        "routing.no_inquiry_here",
        "routing.no_pause_here",
        "routing.may_not_add",
        "routing.no_urge",
        "routing.not_transferable",
    ]
)


def side_actions(
    spec: RouteSpec, marking: Marking, facts: Mapping[str, Any], *, task: int | None = None, actor: str | None = None, locale: str = "zh"
) -> tuple[ActionView, ...]:
    """Commands beside the buttons: of the open task number *task* when given, and of the case. ``id`` is the kind of the command.

    Who may is another question: :func:`core.routing.guards.who_may`. Raises :class:`RouteRefused` when the task is not open.
    """
    if marking.ended:
        return ()
    found = marking.task(task) if task is not None else None
    if task is not None and found is None:
        raise RouteRefused("routing.task_closed", task=task)
    views = []
    for kind, guard in {**(_OF_TASKS if found is not None else {}), **_OF_CASES}.items():
        why = guard(spec, marking, found, facts, actor)
        if why is None or why[0] not in _NEVER:
            views.append(_view(spec, marking, kind, spoken(why, locale), locale))
    if found is not None and guards.is_paused(marking, found):
        views.append(_view(spec, marking, "close_pause", None, locale))
    return tuple(views)


def _view(spec: RouteSpec, marking: Marking, kind: str, why: str | None, locale: str) -> ActionView:
    rule = extension(spec, marking) if kind in ("extend", "ask_extension") else None
    effect = word(f"routing.side_effect.{kind}", locale, limit=limit_words(rule.adds.plain, locale) if rule is not None else "")
    return ActionView(kind, word(f"routing.side.{kind}", locale), why is None, why, _NEEDS.get(kind, ()), effect)
