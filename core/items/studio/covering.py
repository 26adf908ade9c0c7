"""What the tests of an item leave out – buttons, branches, procedures, options, materials –, and for each the shortest play that takes it in."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from core.items.gate import GateReport, buttons, run_tests
from core.items.materials import needs
from core.items.rehearsal import FILED, PLAIN_CALENDAR, Rehearsal, Walked, rehearse, short
from core.items.spec import CompiledItem, JsonObject
from core.items.studio import constants, playing, pressing, recording
from core.kernel.errors import PlatformError
from core.kernel.wording import word
from core.routing.sentences import Voice
from core.routing.service import OpenTask, actions
from core.rules.service import Rule, compile_rule

#: Bounds of one suggestion: places looked at by one search and by all of them, ways of filling in the form, and searches among them.
MOST_PLACES, MOST_IN_ALL = 1500, 4000
MOST_FORMS = 96
MOST_SEARCHES = 6
#: Routes beyond which a play does not go.
LONGEST = 60


#: Whether a walk took something in: the item, what, given what, the walk, and what the rules knew.
Met = Callable[[CompiledItem, "Target", JsonObject, Rehearsal, Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Target:
    """Something that a test can take in. ``kind``: ``button pause overdue branch skipped option material no_material``; ``part`` its second name."""

    kind: str
    place: str
    part: str
    title: str = ""

    @property
    def key(self) -> str:
        """One word for it, for addresses and forms."""
        return f"{self.kind}:{self.place}:{self.part}"


@dataclass(frozen=True, slots=True)
class Covered:
    """A target, and the tests that take it in."""

    target: Target
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A play: what to give, and the steps to the target."""

    given: dict[str, Any]
    steps: tuple[dict[str, Any], ...]


def targets(compiled: CompiledItem, locale: str = "zh", departments: Mapping[str, str] | None = None) -> tuple[Target, ...]:
    """Everything that tests can take in, in the order of the route. *departments* says what kinds of them are called."""
    return tuple(_targets(compiled, Voice(compiled.route, locale, None, departments)))


def _targets(compiled: CompiledItem, voice: Voice) -> Iterator[Target]:
    route, say = compiled.route, voice.locale

    def made(kind: str, place: str, part: str, /, **params: Any) -> Target:
        return Target(kind, place, part, word(f"items.studio_cover_{kind}", say, **params))

    for place, part in buttons(compiled.doc):
        node = route.nodes[f"review.{place}"]
        title = pressing.step_title(route, {"do": part}, place, say)
        yield made("button", place, part, place=voice.title(node.path, node.title), title=title)
    for node in route.walk():
        where = voice.title(node.path, node.title)
        for pause in node.pauses:
            yield made("pause", short(node.path), pause, place=where, title=route.pauses[pause].title)
        if node.overdue is not None:
            yield made("overdue", short(node.path), "overdue", place=where)
        for branch in node.branches.values():
            if branch.when is not None:
                yield made("branch", short(node.path), branch.id, place=where, title=branch.title)
                yield made("skipped", short(node.path), branch.id, place=where, title=branch.title)
    for check in route.intake.checks.values():
        if check.when is not None:
            yield made("branch", "intake.check", check.department, place=word("routing.title.intake", say), title=voice.check(check))
            yield made("skipped", "intake.check", check.department, place=word("routing.title.intake", say), title=voice.check(check))
    for situation in compiled.doc.get("situations") or ():
        for option in situation["options"]:
            yield made("option", situation["id"], option["id"], place=situation["title"], title=option["title"])
    for material in compiled.doc["materials"]:
        if material.get("need") == "conditional" or material.get("when"):
            yield made("material", material["id"], "", title=material["title"])
            yield made("no_material", material["id"], "", title=material["title"])


def coverage(
    compiled: CompiledItem, locale: str = "zh", *, report: GateReport | None = None, departments: Mapping[str, str] | None = None
) -> tuple[Covered, ...]:
    """Every target with the tests that take it in; nothing is known of a test that does not run. *report*: the tests ran already."""
    ran = {result.id: result.walked for result in (report or run_tests(compiled)).results}
    walks = [(str(test["id"]), test["given"], walked) for test in compiled.doc.get("tests") or () if (walked := ran.get(test["id"])) is not None]
    return tuple(
        Covered(each, tuple(name for name, given, walked in walks if met(compiled, each, given, walked))) for each in targets(compiled, locale, departments)
    )


def met(compiled: CompiledItem, target: Target, given: JsonObject, walked: Walked) -> bool:
    """Whether a walk took *target* in."""
    return walked.walk is not None and _MET[target.kind](compiled, target, given, walked.walk, walked.facts)


def _acted(_compiled: CompiledItem, target: Target, _given: JsonObject, walk: Rehearsal, _facts: Mapping[str, Any]) -> bool:
    return (target.place, target.part) in {(pressing.drawn(place), do) for place, do in walk.acted}


def _paused(_compiled: CompiledItem, target: Target, _given: JsonObject, walk: Rehearsal, _facts: Mapping[str, Any]) -> bool:
    nodes = {event.body["no"]: short(str(event.body["node"])) for event in walk.events if event.kind == "task_opened"}
    opened = [event.body for event in walk.events if event.kind == "pause_opened"]
    return any(body["pause"] == target.part and pressing.drawn(nodes.get(body["no"], "")) == target.place for body in opened)


def _branched(started: bool) -> Met:
    def found(_compiled: CompiledItem, target: Target, _given: JsonObject, walk: Rehearsal, _facts: Mapping[str, Any]) -> bool:
        if target.place == "intake.check":
            asked = any(event.kind == "task_opened" and event.body["node"] == f"intake.check.{target.part}" for event in walk.events)
            return asked is started
        blocks = [event.body for event in walk.events if event.kind == "block_entered" and short(pressing.drawn(str(event.body["node"]))) == target.place]
        which = "started" if started else "skipped"
        return any(target.part in {pressing.drawn(branch) for branch in body[which]} for body in blocks)

    return found


def _chosen(_compiled: CompiledItem, target: Target, given: JsonObject, _walk: Rehearsal, _facts: Mapping[str, Any]) -> bool:
    return bool((given.get("situation") or {}).get(target.place) == target.part)


def _asked(wanted: bool) -> Met:
    def found(compiled: CompiledItem, target: Target, _given: JsonObject, _walk: Rehearsal, facts: Mapping[str, Any]) -> bool:
        state = next((need.state for need in needs(compiled.doc, facts) if need.id == target.place), None)
        return state not in (None, "unknown") if wanted else state is None

    return found


_MET: Mapping[str, Met] = {
    "button": _acted, "pause": _paused, "overdue": _acted, "branch": _branched(True), "skipped": _branched(False), "option": _chosen,
    "material": _asked(True), "no_material": _asked(False),
}  # fmt: skip


# the shortest way there ----------------------------------------------------------------------------------------------------


def suggest(compiled: CompiledItem, target: Target) -> Suggestion | None:
    """The shortest play that takes *target* in, with the item's own tests' answers or with answers on the other side of a rule.

    Breadth first and bounded: ``None`` says that none was found, not that there is none.
    """
    wanted, left = tuple(_conditions(compiled, target)), iter(range(MOST_IN_ALL))
    for given, walked in islice(_fitting(compiled, wanted), MOST_SEARCHES):
        steps = _search(compiled, target, given, walked, left)
        if steps is not None:
            dated = tuple({**step, "day": number} for number, step in enumerate(steps, 1))
            if met(compiled, target, given, rehearse(compiled, given, dated)):
                return Suggestion(given, dated)
    return None


def fill(compiled: CompiledItem, *, taken: Sequence[str] = (), most: int = 100, within: float = math.inf) -> list[dict[str, Any]]:
    """Tests for everything that no test takes in, as few as the suggestions come to: at most *most*, begun in at most *within* seconds."""
    made: list[dict[str, Any]] = []
    walks: list[tuple[JsonObject, Walked]] = []
    began = time.monotonic()
    for left in coverage(compiled):
        if len(made) >= most or time.monotonic() - began > within:
            break
        if left.tests or any(met(compiled, left.target, given, walked) for given, walked in walks):
            continue
        found = suggest(compiled, left.target)
        if found is not None:
            test = recording.record(compiled, found.given, found.steps, title=left.target.title, taken=[*taken, *(each["id"] for each in made)])
            made.append(test)
            walks.append((found.given, rehearse(compiled, found.given, found.steps)))
    return made


def _conditions(compiled: CompiledItem, target: Target) -> Iterator[tuple[Rule, bool]]:
    """The rules that must come out so for the target to be reached."""
    route = compiled.route
    if target.kind == "option":
        yield compile_rule({"==": [{"var": f"situation.{target.place}"}, target.part]}), True
        return
    if target.kind in ("material", "no_material"):
        found = next(each for each in compiled.doc["materials"] if each["id"] == target.place)
        if found.get("when") is not None:
            yield compile_rule(found["when"]), target.kind == "material"
        return
    if target.place == "intake.check":
        check = route.intake.checks[target.part]
        if check.when is not None:
            yield check.when, target.kind == "branch"
        return
    node = route.nodes.get(f"review.{target.place}")
    if node is None:
        return
    scope = node.scope
    while (around := route.branch_of(scope)) is not None:
        if around[1].when is not None:
            yield around[1].when, True
        scope = around[0].scope
    if target.kind in ("branch", "skipped") and (rule := node.branches[target.part].when) is not None:
        yield rule, target.kind == "branch"
    action = node.actions.get(target.part)
    if target.kind == "button" and action is not None and action.when is not None:
        yield action.when, True


def _fitting(compiled: CompiledItem, wanted: Sequence[tuple[Rule, bool]]) -> Iterator[tuple[dict[str, Any], Walked]]:
    """What to give so that nothing known speaks against *wanted*: the tests' own answers, a sample, then answers changed where rules look."""
    bases = [dict(test["given"]) for test in compiled.doc.get("tests") or ()]
    bases.append(playing.start(compiled))
    seen: set[str] = set()
    for given in islice(_varied(compiled, bases, [rule for rule, _truth in wanted]), MOST_FORMS):
        mark = repr(given)
        if mark in seen:
            continue
        seen.add(mark)
        walked = rehearse(compiled, given, ())
        if walked.walk is None:  # another answer asks further questions
            given = playing.completed(compiled, given)
            walked = rehearse(compiled, given, ())
        if walked.walk is None or walked.stopped is not None or any(rule.evaluate(walked.facts) is not truth for rule, truth in _about_answers(wanted)):
            continue
        yield playing.with_materials(compiled, given), walked


def _about_answers(wanted: Sequence[tuple[Rule, bool]]) -> Iterator[tuple[Rule, bool]]:
    """Those of *wanted* that hang on what was filled in alone, not on how steps end."""
    yield from ((rule, truth) for rule, truth in wanted if all(path.partition(".")[0] in ("form", "situation", "party", "channel") for path in rule.paths))


def _varied(compiled: CompiledItem, bases: Sequence[dict[str, Any]], rules: Sequence[Rule]) -> Iterator[dict[str, Any]]:
    yield from bases
    tried = {path: values for path, values in constants.candidates(rules, compiled).items() if _open(path)}
    for situation in compiled.doc.get("situations") or ():
        tried.setdefault(f"situation.{situation['id']}", tuple(option["id"] for option in situation["options"]))
    if not tried:
        return
    for combination in product(*tried.values()):
        for base in (bases[0], bases[-1]):
            given = base
            for path, value in zip(tried, combination, strict=True):
                given = constants.answered(compiled, given, path, value)
            yield given


def _open(path: str) -> bool:
    return path.partition(".")[0] in ("form", "situation") or path in ("party.kind", "channel")


def _search(compiled: CompiledItem, target: Target, given: JsonObject, walked: Walked, left: Iterator[int]) -> tuple[dict[str, Any], ...] | None:
    """Steps to the target, first by doing one task after the other, then in every order."""
    for one_by_one in (True, False):
        found = _breadth_first(compiled, target, given, walked, one_by_one, left)
        if found is not None:
            return found
    return None


def _breadth_first(
    compiled: CompiledItem, target: Target, given: JsonObject, walked: Walked, one_by_one: bool, left: Iterator[int]
) -> tuple[dict[str, Any], ...] | None:
    first = Rehearsal(compiled.route, walked.facts, PLAIN_CALENDAR, FILED, tuple(given.get("materials") or ()))
    first.file()
    to_its_end = target.place == "intake.check" or target.kind in ("option", "material", "no_material")
    waiting: deque[tuple[Rehearsal, tuple[dict[str, Any], ...]]] = deque([(first, ())])
    seen = {place(first)}
    for _ in islice(left, MOST_PLACES):
        if not waiting:
            return None
        here, steps = waiting.popleft()
        if (not to_its_end or here.marking.decision is not None or here.marking.ended) and _MET[target.kind](compiled, target, given, here, walked.facts):
            return steps
        if len(steps) >= LONGEST:
            continue
        for step in _moves(compiled, target, here, one_by_one):
            there = here.copy()
            try:
                if there.step(step) is not None:
                    continue
            except PlatformError:
                continue
            mark = place(there)
            if mark not in seen:
                seen.add(mark)
                waiting.append((there, (*steps, step)))
    return None


def _moves(compiled: CompiledItem, target: Target, walk: Rehearsal, one_by_one: bool) -> Iterator[dict[str, Any]]:
    """What can be done next: the target's own tasks, and of all others the first one – or every one."""
    near = [task for task in walk.marking.tasks if _near(task, target)]
    far = [task for task in walk.marking.tasks if not _near(task, target)]
    for task in (*near, *(far[:1] if one_by_one else far)):
        base = {"as": pressing.as_role(task.holders, task.node), "at": short(task.node)}
        here = pressing.drawn(short(task.node)) == target.place
        if here and target.kind == "pause":
            yield {**base, "do": "open_pause", "data": {"pause": target.part}}
        if here and target.kind == "overdue":
            yield {**base, "do": "overdue"}
        for view in actions(walk.route, walk.marking, task.no, walk.facts):
            if view.enabled:
                yield {**base, "do": view.id, **({"reason": word("items.studio_sample_reason", title=view.title)} if view.needs else {})}
        yield from _answers(compiled, task, base)


def _near(task: OpenTask, target: Target) -> bool:
    """Whether the task lies on the way of the target: in its branch, or around it."""
    place = f"review.{target.place}"
    return place == pressing.drawn(task.node) or place.startswith(f"{pressing.drawn(task.scope)}.")


def _answers(compiled: CompiledItem, task: OpenTask, base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """How a plugin or a sub-case can end, with answers on either side of the rules that read them."""
    if task.kind not in ("auto", "child"):
        return
    good, *bad = ("hook_done", "hook_failed") if task.kind == "auto" else ("granted", "refused", "cancelled")
    node = compiled.route.nodes[task.node]
    names = tuple(node.answers) if task.kind == "auto" else tuple(node.take)
    found = constants.candidates(_rules(compiled), compiled)
    tried = {name: values for name in names if (values := found.get(f"{node.id}.result.{name}"))}
    for combination in islice(product(*tried.values()), 12):
        result = dict(zip(tried, combination, strict=True))
        yield {**base, "do": good, **({"data": {"result": result}} if result else {})}
    yield from ({**base, "do": do} for do in bad)


def _rules(compiled: CompiledItem) -> Iterable[Rule]:
    for node in compiled.route.walk():
        yield from (action.when for action in node.actions.values() if action.when is not None)
        yield from (branch.when for branch in node.branches.values() if branch.when is not None)
        if node.limit is not None:
            yield from (rule for rule, _limit in node.limit.cases)


def place(walk: Rehearsal) -> tuple[Any, ...]:
    """Where a walk stands, as far as it matters for what comes: how often it went round is left out."""
    m = walk.marking
    return (
        m.phase, m.status, m.decision, m.corrections, m.pre_review, tuple(sorted((t.node, t.group or 0, t.escalated) for t in m.tasks)),
        tuple(sorted(m.outcomes.items())), tuple(sorted(m.backs.items())), tuple(sorted(m.children.items())), tuple(sorted(m.pauses)),
        tuple(sorted((key, tuple((g.agree, g.refuse) for g in groups)) for key, groups in m.signs.items())),
        tuple(sorted((key, b.started, tuple(sorted(b.closed.items())), b.stopped) for key, b in m.blocks.items())),
        tuple(sorted((name, repr(said)) for name, said in walk.facts.items() if isinstance(said, Mapping) and "result" in said)),
    )  # fmt: skip
