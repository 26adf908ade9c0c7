"""Mends of routes: limits within the law and each other, names that are nearly right, ends that belong to where they stand."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from core.items.studio import edits as editing
from core.items.studio.edits import Edit
from core.items.studio.mending import Content, Mend, gone, mend, near, put, without
from core.items.studio.spots import MISSING, Spot, find
from core.kernel.errors import Finding, PlatformError
from core.routing.estimate import days, worst_case
from core.routing.service import compile_route

_LIMITS: Spot = ("item", "route", "limits")
_COUNTERPART = {"grant": "agree", "agree": "grant", "refused": "refuse", "granted": "grant"}


def _in_time(content: Content, edits: tuple[Edit, ...]) -> bool:
    """Whether, with *edits*, the longest way without returns still fits into the promise."""
    with suppress(PlatformError, RecursionError):
        spec = compile_route(find(editing.apply(content, edits).doc, ("item", "route")))
        promised = [days(limit) for limit in spec.main_limit.variants() if limit.value is not None]
        return not promised or worst_case(spec).without_loops <= max(promised)
    return False


@mend("routing.check.promise_too_long")
def promise(content: Content, _finding: Finding, _spot: Spot) -> Iterator[Mend]:
    """What is promised is at most what the law gives – as long as the route can be walked in that time."""
    statutory = find(content, (*_LIMITS, "statutory"))
    edits = put(content, (*_LIMITS, "promised"), {name: value for name, value in statutory.items() if name != "basis"})
    if statutory.get("unit") != "at_once" and _in_time(content, edits):
        yield Mend("as_statutory", edits, safe=True)


@mend("routing.check.no_limit")
def limit(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A day to begin with, where the promise leaves one."""
    edits = put(content, spot, {"value": 1, "unit": "working_day"})
    if _in_time(content, edits):
        yield Mend("days", edits, {"days": 1})


@mend("routing.check.pre_review_too_long")
def pre_review(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """预审 within the days that the rules give."""
    most = finding.params["most"]
    yield Mend("days", put(content, spot, {"value": most, "unit": "working_day"}), {"days": most}, safe=True)


@mend("routing.check.back_unbounded")
def bounded(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Back at most once."""
    yield Mend("back_once", put(content, (*spot, "max"), 1))


@mend("routing.check.wrong_end")
def end(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A branch agrees, the review grants: the same said where it belongs."""
    meant = _COUNTERPART.get(str(finding.params["outcome"]))
    if meant is not None and meant in str(finding.params["allowed"]).split("、") and find(content, (*spot, "outcome")) is not MISSING:
        yield Mend("respell", put(content, (*spot, "outcome"), meant), {"near": meant}, safe=True)


@mend("routing.check.target_missing", "routing.check.start_missing")
def target(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A step of this very scope with nearly that id."""
    scope = spot[:-1] if spot[-1] == "start" else spot[: max(index for index, name in enumerate(spot) if name == "nodes")]
    meant = near(finding.params["node"], find(content, (*scope, "nodes")))
    held = find(content, spot)
    if meant is None:
        return
    if isinstance(held, Mapping):
        name = next(each for each in ("to", "back") if held.get(each) == finding.params["node"])
        yield Mend("respell", put(content, (*spot, name), meant), {"near": meant})
    else:
        yield Mend("respell", put(content, spot, meant), {"near": meant})


@mend("routing.check.pause_undeclared")
def pause(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A special procedure that is misspelt, or not there."""
    name, held = finding.params["pause"], find(content, spot)
    declared: Any = find(content, ("item", "route", "pauses"))
    meant = near(name, declared if isinstance(declared, Mapping) else ())
    if meant is not None and meant not in held:
        yield Mend("respell", put(content, spot, [meant if each == name else each for each in held]), {"near": meant})
    yield Mend("drop_name", without(content, spot, name), {"name": name})


@mend("routing.check.not_always_before", "routing.not_unknown")
def four_eyes(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Who may not be the same person: a step that is not always there first."""
    name = str(finding.params["node"])
    held = find(content, spot)
    for said in dict.fromkeys((name, name.rpartition(".")[2])):
        if isinstance(held, list) and said in held:
            left = [each for each in held if each != said]
            yield Mend("drop_name", put(content, spot, left) if left else gone(content, spot), {"name": said})
            return


@mend("routing.check.need_too_many")
def enough(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """All of those there are."""
    yield Mend("need", put(content, (*spot, "need"), finding.params["of"]), {"need": finding.params["of"]})


@mend("routing.check.quorum_too_large")
def quorum(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """All of the branches there are."""
    yield Mend("need", put(content, spot, finding.params["branches"]), {"need": finding.params["branches"]})


@mend("routing.check.lead_missing")
def lead(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """The only branch that is always begun leads."""
    branches = find(content, (*spot[:-1], "branches"))
    always = [name for name, branch in branches.items() if branch.get("when") is None and branch.get("for_each") is None]
    if len(always) == 1:
        yield Mend("lead", put(content, spot, always[0]), {"title": branches[always[0]].get("title", always[0])}, safe=True)


@mend("routing.check.twice")
def check_once(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A department looks at its papers once."""
    yield Mend("drop_name", gone(content, spot), {"name": finding.params["department"]})
