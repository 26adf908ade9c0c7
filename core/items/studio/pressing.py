"""What can be pressed while a route is played: the buttons of the open tasks, what is done beside them, and what only time or a plugin does.

Every button carries the step that pressing it writes, so that what was played is a test.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.items.rehearsal import Rehearsal, short
from core.items.spec import JsonObject
from core.kernel.wording import word
from core.routing.places import static
from core.routing.sentences import Voice
from core.routing.service import Holders, OpenTask, RouteSpec, actions, side_actions, who_may
from core.worktime.projection import project

#: Done beside the buttons of a task, as far as a test can do it.
_BESIDE = frozenset({"ask", "close_pause"})
_OF_CASE = frozenset({"extend", "withdraw", "terminate"})
_ANSWERS: Mapping[str, tuple[str, ...]] = {"auto": ("hook_done", "hook_failed"), "child": ("granted", "refused", "cancelled")}


@dataclass(frozen=True, slots=True)
class Button:
    """Something that somebody can do. ``role`` is who, as a step's ``as`` has it; ``step`` what pressing it writes, but for the day and the reason."""

    do: str
    title: str
    role: str
    who: str
    enabled: bool
    why_not: str | None = None
    needs: tuple[str, ...] = ()
    effect: str = ""
    step: JsonObject = field(default_factory=dict)


def drawn(node: str) -> str:
    """The path under which a place is drawn: a branch for each row has one drawing."""
    return static(node)


def as_role(holders: Holders, node: str) -> str:
    """Who does it, as a step's ``as`` has it: ``window``, ``fire.reviewer``, ``applicant``."""
    org = holders.org
    department = org.get("department") if isinstance(org, Mapping) else None
    if department is None and node.startswith("intake.check."):
        department = node.rpartition(".")[2]
    return f"{department}.{holders.role}" if department else holders.role


def of_task(walk: Rehearsal, task: OpenTask, voice: Voice, *, late: int | None = None) -> Iterator[Button]:
    """The buttons of an open task, open and closed ones. *late* is what is left of its time."""
    role, who = as_role(task.holders, task.node), voice.holders(task.holders)
    base = {"as": role, "at": short(task.node)}
    for view in actions(walk.route, walk.marking, task.no, walk.facts, locale=voice.locale, labels=voice.labels):
        yield Button(view.id, view.title, role, who, view.enabled, view.why_not, view.needs, view.effect, {**base, "do": view.id})
    for do in _ANSWERS.get(task.kind, ()):
        yield Button(do, word(f"items.studio_play_{do}", voice.locale), role, who, True, step={**base, "do": do})
    yield from _pauses(walk, task, voice, base, who)
    yield from _silence(walk, task, voice, base, late)


def _pauses(walk: Rehearsal, task: OpenTask, voice: Voice, base: JsonObject, who: str) -> Iterator[Button]:
    """Questions and special procedures: one button for each procedure that the step declares."""
    if task.kind not in ("step", "sign"):
        return
    node = walk.route.nodes.get(task.node) or walk.route.nodes.get(static(task.node))
    for view in side_actions(walk.route, walk.marking, walk.facts, task=task.no, locale=voice.locale):
        if view.id == "open_pause" and node is not None:
            for name in node.pauses:
                title = word("items.studio_play_pause", voice.locale, title=walk.route.pauses[name].title)
                step = {**base, "do": "open_pause", "data": {"pause": name}}
                yield Button("open_pause", title, str(base["as"]), who, view.enabled, view.why_not, (), view.effect, step)
        elif view.id in _BESIDE:
            yield Button(view.id, view.title, str(base["as"]), who, view.enabled, view.why_not, view.needs, view.effect, {**base, "do": view.id})


def _silence(walk: Rehearsal, task: OpenTask, voice: Voice, base: JsonObject, late: int | None) -> Iterator[Button]:
    """What lateness leads to, once it is late by as much as the route says."""
    node = walk.route.nodes.get(task.node)
    rule = node.overdue if node is not None else None
    if rule is None or task.escalated:
        return
    after = rule.after.resolve(walk.facts)
    enabled = late is not None and late < 0 and -late >= (after.value or 0 if after is not None else 0)
    why = None if enabled else word("items.studio_play_not_late", voice.locale)
    title = word("items.studio_play_overdue" if rule.outcome is not None else "items.studio_play_escalate", voice.locale)
    effect = word(f"routing.outcome.{rule.outcome}", voice.locale) if rule.outcome is not None else ""
    yield Button("overdue", title, "system", word("routing.role.system", voice.locale), enabled, why, (), effect, {**base, "do": "overdue"})


def of_case(walk: Rehearsal, voice: Voice) -> Iterator[Button]:
    """What may be done to the whole case at any time, and what happens of itself when its time is over."""
    if walk.marking.ended:
        return
    for view in side_actions(walk.route, walk.marking, walk.facts, locale=voice.locale):
        holders = who_may(walk.route, walk.marking, view.id) if view.id in _OF_CASE else None
        if holders is not None:
            role = as_role(holders, "")
            yield Button(view.id, view.title, role, voice.holders(holders), view.enabled, view.why_not, view.needs, view.effect, {"as": role, "do": view.id})
    system = word("routing.role.system", voice.locale)
    for do, clock in (("deem_accepted", "intake"), ("lapse", "correction")):
        ledger = walk.ledgers.get(clock)
        if ledger is None or ledger.state != "running" or (do == "lapse" and not walk.route.intake.lapse_basis):
            continue
        over = project(ledger, walk.calendar, now=walk.at).light == "red"
        why = None if over else word("items.studio_play_not_late", voice.locale)
        yield Button(do, word(f"items.studio_play_{do}", voice.locale), "system", system, over, why, step={"as": "system", "do": do})


def step_title(route: RouteSpec, step: JsonObject, node: str, locale: str) -> str:
    """What a step does, in words: the button's own title where the route has one."""
    do = str(step["do"])
    found = route.nodes.get(static(node)) or route.nodes.get(static(f"review.{node}"))
    if found is not None and do in found.actions:
        return found.actions[do].title
    kinds = (found.kind,) if found is not None else ("intake", "check", "correction", "delivery", "pre_review", "relay", "inquiry", "extension")
    keys = [*(f"routing.action.{kind}.{do}" for kind in kinds), f"routing.side.{do}", f"items.studio_play_{do}"]
    return next((said for key in keys if (said := word(key, locale)) != key), do)


def reasoned(button: Button, *, day: int | None = None, reason: str | None = None, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The step that pressing *button* writes, on *day*, with the *reason* and *data* that it needs."""
    step: dict[str, Any] = dict(button.step)
    if day:
        step["day"] = day
    if reason and reason.strip():
        step["reason"] = reason.strip()[:500]
    if data:
        step["data"] = {**step.get("data", {}), **data}
    return step
