"""What was done to a case, as the steps of an item test: read from its event chain, without names and without words.

Only what a test can do is told: who passed a task on, asked a colleague or claimed is left out, since no outcome hangs on it; so is the way of papers
through agents' hands, which a test begins behind.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from core.items.rehearsal import short
from core.items.studio.pressing import as_role
from core.kernel.wording import word
from core.routing.service import Holders
from core.worktime.calendars import Calendar

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a chain. ``result`` is what a plugin or a sub-case answered, opened."""

    kind: str
    body: Body
    at: datetime
    command: str
    result: Mapping[str, Any] | None = None


@dataclass(slots=True)
class _Told:
    calendar: Calendar
    filed: date
    tasks: dict[int, Body] = field(default_factory=dict)
    steps: list[tuple[int | None, dict[str, Any]]] = field(default_factory=list)


#: Events that are an act by themselves, and how a test does them: as whom and what.
_OF_CASE: Mapping[str, tuple[str, str]] = {
    "case_withdrawn": ("applicant", "withdraw"),
    "case_terminated": ("agency_head", "terminate"),
    "case_lapsed": ("system", "lapse"),
    "limit_extended": ("agency_head", "extend"),
}
#: Tasks that a test does not have.
_BEFORE = "intake.relay."


def retold(events: Iterable[Happened], calendar: Calendar) -> list[dict[str, Any]]:
    """The steps, in the order in which they were done; what was taken back is left out. Reasons are samples: nobody's words are told."""
    told: _Told | None = None
    for _command, group in groupby(events, key=lambda each: each.command):
        acts = list(group)
        if told is None:
            told = _Told(calendar, calendar.day_of(acts[0].at))
        step = _step(told, acts)
        told.tasks |= {each.body["no"]: each.body for each in acts if each.kind == "task_opened"}
        if step is not None:
            told.steps.append(step)
    return [step for _no, step in told.steps] if told is not None else []


def _step(told: _Told, acts: Sequence[Happened]) -> tuple[int | None, dict[str, Any]] | None:
    """The step of one command's events; ``None`` for what no test does."""
    kinds = {each.kind: each for each in acts}
    day = told.calendar.working_between(told.filed, told.calendar.day_of(acts[0].at))
    if "definition_changed" in kinds:
        _rename(told, kinds["definition_changed"].body["map"])
        return None
    if "taken_back" in kinds:
        no = kinds["taken_back"].body["no"]
        told.steps = [each for each in told.steps if each[0] != no]
        return None
    base: dict[str, Any] = {"day": day} if day else {}
    if "case_accepted" in kinds and kinds["case_accepted"].body.get("deemed"):
        return None, {"as": "system", "do": "deem_accepted", **base}
    for kind, (who, do) in _OF_CASE.items():
        if kind in kinds:
            return None, {"as": who, "do": do, **base, **({"reason": _reason()} if do != "lapse" else {})}
    return next((found for kind, tell in _BY_TASK if kind in kinds and (found := tell(told, kinds, base)) is not None), None)


def _rename(told: _Told, names: Mapping[str, str]) -> None:
    """The case went to another version: what was done before is told under the new names."""
    told.tasks = {no: {**body, "node": names.get(body["node"], body["node"])} for no, body in told.tasks.items()}
    for _no, step in told.steps:
        if "at" in step:
            step["at"] = short(names.get(f"review.{step['at']}", step["at"]))


def _reason() -> str:
    return word("items.studio_sample_reason", title=word("cases.retold_reason"))


Found = tuple[int | None, dict[str, Any]] | None
Kinds = Mapping[str, Happened]


def _done(told: _Told, no: int, do: str, base: Body, **more: Any) -> Found:
    """*do* at the task *no*."""
    task = told.tasks.get(no)
    if task is None or task["node"].startswith(_BEFORE):
        return None
    who = as_role(Holders.from_json(task["holders"]), task["node"])
    return no, {"as": who, "do": do, "at": short(task["node"]), **base, **{name: value for name, value in more.items() if value}}


def _signed(told: _Told, kinds: Kinds, base: Body) -> Found:
    body = kinds["signed"].body
    return _done(told, body["no"], body["verdict"], base, reason=_reason() if body["verdict"] == "refuse" else "")


def _answered(told: _Told, kinds: Kinds, base: Body) -> Found:
    """A plugin answered, or failed for good."""
    event = kinds.get("hook_done") or kinds["hook_failed"]
    said = kinds["hook_result"].result if "hook_result" in kinds else None
    return _done(told, event.body["no"], event.kind, base, data={"result": dict(said)} if said else None)


def _child(told: _Told, kinds: Kinds, base: Body) -> Found:
    """A sub-case ended for which the case waited; the others move nothing."""
    if "task_closed" not in kinds:
        return None
    said = kinds["child_result"].result if "child_result" in kinds else None
    return _done(told, kinds["task_closed"].body["no"], kinds["child_ended"].body["result"], base, data={"result": dict(said)} if said else None)


def _late(told: _Told, kinds: Kinds, base: Body) -> Found:
    event = kinds.get("task_overdue") or kinds["task_escalated"]
    return _done(told, event.body["no"], "overdue", base)


def _asked(told: _Told, kinds: Kinds, base: Body) -> Found:
    about = kinds["inquiry_opened"].body.get("about") or kinds["inquiry_opened"].body.get("no")
    return _done(told, about, "ask", base, reason=_reason()) if isinstance(about, int) else None


def _paused(told: _Told, kinds: Kinds, base: Body) -> Found:
    body = kinds["pause_opened"].body
    return _done(told, body["no"], "open_pause", base, data={"pause": body["pause"]})


def _resumed(told: _Told, kinds: Kinds, base: Body) -> Found:
    if "task_closed" in kinds:  # the pause ended with its task
        return None
    body = kinds["pause_closed"].body
    return _done(told, body["no"], "close_pause", base, data={"pause": body["pause"]})


def _pressed(told: _Told, kinds: Kinds, base: Body) -> Found:
    """A button: the task that was closed by it, with what it names – fields and materials by their ids, the way of delivery."""
    body = kinds["task_closed"].body
    task = told.tasks.get(body["no"])
    if task is None or (task["kind"] == "extension"):
        return None
    more: dict[str, Any] = {}
    for kind in ("correction_requested", "pre_reviewed", "check_ended"):
        if kind in kinds:
            more |= {name: list(kinds[kind].body.get(name) or ()) for name in ("fields", "materials")}
    if "delivered" in kinds:
        more["way"] = kinds["delivered"].body["way"]
    data = {name: value for name, value in more.items() if value}
    return _done(told, body["no"], body["action"], base, reason=_reason() if task["kind"] != "correction" else "", data=data)


_BY_TASK: Sequence[tuple[str, Callable[[_Told, Kinds, Body], Found]]] = (
    ("signed", _signed),
    ("hook_done", _answered),
    ("hook_failed", _answered),
    ("child_ended", _child),
    ("task_overdue", _late),
    ("task_escalated", _late),
    ("inquiry_opened", _asked),
    ("pause_opened", _paused),
    ("task_closed", _pressed),
    ("pause_closed", _resumed),
)


def visited(events: Iterable[Happened]) -> Iterator[str]:
    """The places that the case came to, as a test's ``path`` has them."""
    last = None
    for event in events:
        if event.kind in ("task_opened", "node_entered"):
            node = short(str(event.body["node"]))
            if node != last:
                yield node
            last = node
