"""Playing a route: an item test in the making. Steps are done on paper, the clock is moved by hand, and everything about the case is told in words.

A play is ``{given, steps}`` exactly as a test holds it, so that recording is taking it over. It is stateless: each click runs from the start, undo is
leaving the last step out, and the clock is the ``day`` of what comes next. Everything is pure; no case is made.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from core.forms.service import decide, sample, words
from core.items.facts import facts as facts_of
from core.items.facts import preset, spoken_labels
from core.items.materials import needs
from core.items.rehearsal import FILED, PLAIN_CALENDAR, Rehearsal, Walked, rehearse, short
from core.items.spec import CompiledItem, JsonObject
from core.items.studio import constants, pressing
from core.items.studio.errors import NotAPlay
from core.items.studio.pressing import Button
from core.kernel.errors import PlatformError, spoken
from core.kernel.wording import word
from core.routing.sentences import Voice
from core.routing.service import OpenTask, draw, outline, states_of, task_title
from core.rules.service import compile_rule
from core.schemas import service as schemas
from core.worktime.calendars import Calendar
from core.worktime.projection import project
from core.worktime.spec import Ledger, Light

#: The longest play; a test has no more steps (item schema).
MOST_STEPS = 100


@dataclass(frozen=True, slots=True)
class Work:
    """An open task. ``role`` is who does it as a step's ``as`` has it, ``yours`` whether that is the role being played."""

    no: int
    node: str
    title: str
    role: str
    who: str
    yours: bool
    due: date | None
    remaining: int | None
    light: Light | None
    sentence: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Time:
    """A clock that was started: how much of it is used, and until when. ``counts`` is the unit of ``used``, ``budget`` and ``remaining``."""

    name: str
    title: str
    used: int
    budget: int | None
    remaining: int | None
    counts: str
    due: date | None
    light: Light
    state: str


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was done, in words."""

    number: int
    day: int
    on: date
    who: str
    title: str
    node: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the play went wrong: the step – ``None``: handing in –, and why."""

    step: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A material that this application calls for, and whether it is handed in."""

    id: str
    title: str
    state: str
    given: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the case stands after the steps. ``errors`` are the form's refusals; while there are any, nothing was filed."""

    given: JsonObject
    steps: tuple[JsonObject, ...]
    day: int
    on: date
    filed_on: date
    work: tuple[Work, ...] = ()
    beside: tuple[Button, ...] = ()
    roles: tuple[tuple[str, str], ...] = ()
    clocks: tuple[Time, ...] = ()
    documents: tuple[str, ...] = ()
    materials: tuple[Paper, ...] = ()
    path: tuple[tuple[str, str], ...] = ()
    done: tuple[Done, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)
    drawing: str = ""
    end: str = "open"
    status: str = ""
    ended: bool = False
    stop: Stop | None = None
    errors: tuple[tuple[str, str], ...] = ()
    acted: frozenset[tuple[str, str]] = frozenset()


def start(
    compiled: CompiledItem, *, situation: Mapping[str, str] | None = None, form: Mapping[str, Any] | None = None, party: str = "person", channel: str = "web",
    seed: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """A ``given`` to begin with: the first option of every situation that is not answered, a filled form, every material that is called for."""
    answers = {each["id"]: each["options"][0]["id"] for each in compiled.doc.get("situations") or ()} | dict(situation or {})
    around: dict[str, Any] = {"party": {"kind": party}, "channel": channel}
    known = facts_of(compiled, answers, **around)
    fixed = {**preset(compiled.doc, answers), **(form or {})}
    values = sample(compiled.form, seed=seed, overrides=fixed, facts=known)
    tests = compiled.doc.get("tests") or ()
    if tests and decide(compiled.form, values, facts=known).errors:  # answers that hang together: the item's own tests know them
        values = sample(compiled.form, seed=seed, overrides={**(tests[0]["given"].get("form") or {}), **fixed}, facts=known)
    return with_materials(compiled, {"situation": answers, "form": values, "party": party, "channel": channel})


def read(given: Any, steps: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A play that somebody sent, as the schema of tests has it. Raises :class:`NotAPlay`."""
    test = {"id": "x", "title": "x", "given": given, "steps": steps, "expect": {"end": "open"}}
    found = next(_checker().iter_errors(test), None)
    if found is not None:
        raise NotAPlay(what=found.message[:100])
    return given, steps


@cache
def _checker() -> Draft202012Validator:
    """Checks one test."""
    whole = schemas.load("item")
    return Draft202012Validator({**whole["properties"]["tests"]["items"], "$defs": whole["$defs"]})


def questions(compiled: CompiledItem, given: JsonObject) -> Iterator[tuple[str, str, tuple[Any, ...], Any]]:
    """The answers on which the way hangs: path, title, the values on either side of the rules – as facts –, and what is answered now."""
    route, voice = compiled.route, Voice(compiled.route, "zh", spoken_labels(compiled))
    rules = [branch.when for node in route.walk() for branch in node.branches.values() if branch.when is not None]
    rules += [check.when for check in route.intake.checks.values() if check.when is not None]
    rules += [rule for node in route.walk() if node.limit is not None for rule, _limit in node.limit.cases]
    rules += [compile_rule(material["when"]) for material in compiled.doc["materials"] if material.get("when") is not None]
    facts = facts_of(compiled, given.get("situation"), given.get("form"))
    for path, values in constants.candidates(rules, compiled).items():
        field = constants.field_at(compiled, path.removeprefix("form."))
        if path.startswith("form.") and "." not in path.removeprefix("form.") and field is not None and not field.kind.structural and values:
            yield path, voice.field(path), values, facts["form"].get(field.id)


def completed(compiled: CompiledItem, given: JsonObject) -> dict[str, Any]:
    """*given* with every question answered that it leaves open: samples, where nothing is filled in."""
    around: dict[str, Any] = {"party": {"kind": given.get("party", "person")}, "channel": given.get("channel", "web")}
    known = facts_of(compiled, given.get("situation"), **around)
    return {**given, "form": sample(compiled.form, overrides=dict(given.get("form") or {}), facts=known)}


def with_materials(compiled: CompiledItem, given: JsonObject) -> dict[str, Any]:
    """*given* with every material handed in that it calls for."""
    around: dict[str, Any] = {"party": {"kind": given.get("party", "person")}, "channel": given.get("channel", "web")}
    facts = facts_of(compiled, given.get("situation"), given.get("form"), **around)
    return {**given, "materials": [need.id for need in needs(compiled.doc, facts) if need.demanded]}


def play(
    compiled: CompiledItem, given: JsonObject, steps: Sequence[JsonObject] = (), *, day: int | None = None, role: str | None = None,
    calendar: Calendar = PLAIN_CALENDAR, filed: datetime = FILED, locale: str = "zh", departments: Mapping[str, str] | None = None,
) -> Scene:  # fmt: skip
    """The scene after *steps*, the clock moved on to working day *day*. With *role* only that role's buttons are pressed without switching.

    *departments* names departments by their code. A step that cannot be done ends the play there; what follows it is kept but not done.
    """
    steps = tuple(steps)[:MOST_STEPS]
    walked = rehearse(compiled, given, steps, calendar=calendar, filed=filed)
    if walked.walk is None:
        errors = tuple((error.path, words(error, compiled.form, locale)) for error in walked.decision.errors)
        return Scene(
            given, steps, 0, calendar.day_of(filed), calendar.day_of(filed), end="errors", errors=errors, status=word("items.studio_play_errors", locale)
        )
    walk = walked.walk
    if walked.stopped is None:
        walk.wait(None if day is None or day <= walk.day else day)
    teller = _Teller(compiled, walk, Voice(compiled.route, locale, spoken_labels(compiled, locale), departments), role)
    return teller.scene(given, steps, walked)


@dataclass
class _Teller:
    """Tells one walk in words."""

    compiled: CompiledItem
    walk: Rehearsal
    voice: Voice
    role: str | None

    def scene(self, given: JsonObject, steps: tuple[JsonObject, ...], walked: Walked) -> Scene:
        walk, route, locale = self.walk, self.compiled.route, self.voice.locale
        states = states_of(route, walk.marking)
        work = tuple(self._work())
        beside = tuple(pressing.of_case(walk, self.voice))
        handed = tuple(given.get("materials") or ())
        done = len(steps) if walked.stopped is None else walked.stopped[0] or 0
        return Scene(
            given, steps, walk.day, walk.calendar.day_of(walk.at), walk.calendar.day_of(walk.filed),
            work=work, beside=beside, roles=self._roles(work, beside), clocks=tuple(self._clocks()),
            documents=tuple(document_title(self.compiled, name, locale) for name in walk.documents),
            materials=tuple(Paper(n.id, str(n.doc["title"]), n.state, n.id in handed) for n in needs(self.compiled.doc, walked.facts)),
            path=tuple((node, self.title(node)) for node in walk.path), done=tuple(self._done(steps[:done])), states=states,
            drawing=draw(route, facts=walk.facts, state=states, locale=locale, labels=self.voice.labels, departments=self.voice.departments, ident="play"),
            end=walk.end, status=word(f"routing.status.{walk.marking.status}", locale), ended=walk.marking.ended, stop=self._stop(walked),
            acted=frozenset(walk.acted),
        )  # fmt: skip

    def _work(self) -> Iterator[Work]:
        lines = {line.path: line.words for line in self._outline()}
        for task in self.walk.marking.tasks:
            key = pressing.as_role(task.holders, task.node)
            ledger = ledger_of(self.walk, task)
            told = project(ledger, self.walk.calendar, now=self.walk.at, yellow=self.compiled.route.yellow) if ledger is not None else None
            left, lit = (told.remaining, told.light) if told is not None and told.due is not None else (None, None)
            yield Work(
                task.no, short(task.node), self.title(task.node, task.title), key, self.voice.holders(task.holders), self.role in (None, key),
                told.due if told is not None else None, left, lit, lines.get(pressing.drawn(task.node), ""),
                tuple(pressing.of_task(self.walk, task, self.voice, late=left)),
            )  # fmt: skip

    def _outline(self) -> Sequence[Any]:
        voice = self.voice
        return outline(self.compiled.route, facts=self.walk.facts, locale=voice.locale, labels=voice.labels, departments=voice.departments)

    def _roles(self, work: Sequence[Work], beside: Sequence[Button]) -> tuple[tuple[str, str], ...]:
        """Everybody who can do something now, those with work first."""
        found = {each.role: each.who for each in work}
        found |= {each.role: each.who for each in beside if each.role not in found}
        return tuple(found.items())

    def _clocks(self) -> Iterator[Time]:
        for name, ledger in self.walk.ledgers.items():
            kind, _, which = name.partition(":")
            if kind == "task":
                continue  # told with its task
            told = project(ledger, self.walk.calendar, now=self.walk.at, yellow=self.compiled.route.yellow)
            title = self._pause(which) if kind == "pause" else ""
            yield Time(
                name, word(f"worktime.clock.{kind}", self.voice.locale, title=title), told.used, told.budget, told.remaining, told.counts, told.due, told.light,
                ledger.state,
            )  # fmt: skip

    def _pause(self, key: str) -> str:
        found = self.compiled.route.pauses.get(key.partition("@")[0])
        return found.title if found is not None else key

    def _done(self, steps: Sequence[JsonObject]) -> Iterator[Done]:
        calendar, filed = self.walk.calendar, self.walk.calendar.day_of(self.walk.filed)
        day = 0
        for number, step in enumerate(steps):
            day = max(day, int(step.get("day") or 0))
            node = self.walk.nodes[number]
            title = pressing.step_title(self.compiled.route, step, node, self.voice.locale)
            who = role_words(str(step["as"]), self.voice)
            yield Done(number, day, calendar.add_working(filed, day), who, title, self.title(node) if node else "")

    def _stop(self, walked: Walked) -> Stop | None:
        if walked.stopped is None:
            return None
        number, why = walked.stopped
        if isinstance(why, PlatformError):
            return Stop(number, word(why.message_key, self.voice.locale, **self._named(spoken(why.params, self.voice.locale))))
        key, params = why
        return Stop(number, word(f"items.studio_play_{key.removeprefix('test_')}", self.voice.locale, **spoken(params, self.voice.locale)))

    def _named(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answers that a rule asks for, by the titles of their questions."""
        if not isinstance(params.get("paths"), str):
            return params
        return {**params, "paths": "、".join(self.voice.field(path) for path in params["paths"].split("、"))}

    def title(self, node: str, chinese: str = "") -> str:
        """A place of the route by its title."""
        path = node if node in self.compiled.route.nodes or f"review.{node}" not in self.compiled.route.nodes else f"review.{node}"
        found = self.compiled.route.nodes.get(path)
        opened = found.title if found is not None else chinese or next((e.body["title"] for e in self.walk.events if _opens(e, path)), node)
        return task_title(self.compiled.route, path, str(opened), self.voice.locale)


def _opens(event: Any, node: str) -> bool:
    return bool(event.kind == "task_opened" and short(str(event.body["node"])) == node)


def ledger_of(walk: Rehearsal, task: OpenTask) -> Ledger | None:
    """The clock that governs a task: the case's own for receipt, correction and delivery, else the task's."""
    return walk.ledgers.get(task.kind) or walk.ledgers.get(f"task:{task.no}")


def role_words(key: str, voice: Voice) -> str:
    """A step's ``as`` in words: ``市场监管 审查员``."""
    department, _, role = key.rpartition(".")
    said = word(f"routing.role.{role}", voice.locale)
    return voice.say("holders", org=(voice.departments or {}).get(department, department), role=said) if department else said


def document_title(compiled: CompiledItem, name: str, locale: str = "zh") -> str:
    """A document or notice that a route calls for, in words."""
    said = word(f"documents.kind.{name}", locale)
    template = compiled.notices.get(name) or {}
    return said if said != f"documents.kind.{name}" else str(template.get("title") or name)
