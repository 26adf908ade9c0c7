"""The publishing gate: all checks, and the item's own test cases run against its form, route and clocks – no database (DESIGN §3, ROUTING §10)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.forms import service as forms
from core.items import told
from core.items.errors import finding
from core.items.materials import Need, needs
from core.items.rehearsal import FILED, PLAIN_CALENDAR, Rehearsal, Walked, rehearse
from core.items.spec import CompiledItem, JsonObject
from core.kernel.errors import Finding, PlatformError
from core.worktime.calendars import Calendar


@dataclass(frozen=True, slots=True)
class TestResult:
    """How one test case ended. ``findings`` is empty when it is green."""

    __test__ = False  # not a test class, whatever its name looks like to pytest

    id: str
    title: str
    end: str
    path: tuple[str, ...]
    days_used: int | None
    documents: tuple[str, ...]
    acted: frozenset[tuple[str, str]]
    findings: tuple[Finding, ...]
    #: What each expectation would have to be to come true.
    actual: Mapping[str, Any] = field(default_factory=dict)
    #: The walk itself, for whoever asks what it took in.
    walked: Walked | None = field(default=None, repr=False, compare=False)

    @property
    def green(self) -> bool:
        """Whether everything expected came true."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class GateReport:
    """All tests of an item, and which buttons of its route no test presses."""

    results: tuple[TestResult, ...]
    untested: tuple[str, ...]
    findings: tuple[Finding, ...] = field(default=())


def run_tests(compiled: CompiledItem, *, calendar: Calendar = PLAIN_CALENDAR, filed: datetime = FILED) -> GateReport:
    """Run every test case of *compiled*. Findings: one for each expectation that failed, and a warning naming untested buttons."""
    tests: Sequence[JsonObject] = compiled.doc.get("tests") or ()
    results = tuple(run_test(compiled, test, f"/tests/{index}", calendar, filed) for index, test in enumerate(tests))
    pressed = frozenset(pair for result in results for pair in result.acted)
    untested = tuple(f"{node}.{action}" for node, action in buttons(compiled.doc) if (node, action) not in pressed)
    found = [f for result in results for f in result.findings]
    if not tests:
        found.append(finding("error", "/tests", "no_tests"))
    elif untested:
        found.append(finding("warning", "/tests", "untested", {"actions": "、".join(untested)}))
    return GateReport(results, untested, tuple(found))


def buttons(doc: JsonObject) -> Iterator[tuple[str, str]]:
    """Every action a person can take in the drawn review: node path and action."""
    yield from _buttons(doc["route"]["review"], "")


def _buttons(scope: JsonObject, prefix: str) -> Iterator[tuple[str, str]]:
    for name, node in scope["nodes"].items():
        for action in node.get("actions") or ():
            yield prefix + name, action
        if node["kind"] == "sign":
            yield prefix + name, "agree"
            yield prefix + name, "refuse"
        for branch, inner in (node.get("branches") or {}).items():
            yield from _buttons(inner, f"{prefix}{name}.{branch}.")


def run_test(compiled: CompiledItem, test: JsonObject, path: str, calendar: Calendar, filed: datetime) -> TestResult:
    """One test case: the form decides, the materials are counted, the route is walked step by step on the calendar."""
    walked = rehearse(compiled, test["given"], test["steps"], calendar=calendar, filed=filed)
    found = list(_form_findings(compiled, test, walked.decision.errors, path))
    walk = walked.walk
    if walk is None:
        refused = {"errors": sorted({error.path for error in walked.decision.errors})}
        return TestResult(test["id"], test["title"], "errors", (), None, (), frozenset(), tuple(found), refused, walked)
    found.extend(_material_findings(compiled, test, walked.facts, path))
    if walked.stopped is not None:
        number, why = walked.stopped
        at = f"{path}/steps" if number is None else f"{path}/steps/{number}"
        if isinstance(why, PlatformError):
            found.append(finding("error", at, "test_refused", {"test": test["title"], "what": {locale: why.words(locale) for locale in ("zh", "en")}}))
        else:
            found.append(finding("error", at, why[0], {"test": test["title"], **why[1]}))
    actual = outcome(compiled, walked.facts, walk)
    found.extend(_expectations(compiled, test, walk, actual, path))
    return TestResult(test["id"], test["title"], walk.end, walk.path, actual["days_used"], walk.documents, frozenset(walk.acted), tuple(found), actual, walked)


def outcome(compiled: CompiledItem, facts: Mapping[str, Any], walk: Rehearsal) -> dict[str, Any]:
    """What a test may expect (``expect``), as it came out."""
    return {
        "end": walk.end, "path": list(walk.path), "days_used": walk.days_used, "documents": sorted(walk.documents),
        "materials": _called_for(needs(compiled.doc, facts)),
    }  # fmt: skip


def _called_for(wanted: Sequence[Need]) -> list[str]:
    return [need.id for need in wanted if need.state != "unknown"]


def _form_findings(compiled: CompiledItem, test: JsonObject, errors: Sequence[Any], path: str) -> Iterator[Finding]:
    expected = set(test["expect"].get("errors") or ())
    actual = {error.path for error in errors}
    for name in sorted(actual - expected):
        error = next(e for e in errors if e.path == name)
        what = {locale: forms.words(error, compiled.form, locale) for locale in ("zh", "en")}
        yield finding("error", f"{path}/given/form/{name}", "test_form_error", {"test": test["title"], "what": what})
    for name in sorted(expected - actual):
        yield finding("error", f"{path}/expect/errors", "test_no_error", {"test": test["title"], "field": told.field(compiled, name)})


def _material_findings(compiled: CompiledItem, test: JsonObject, facts: Mapping[str, Any], path: str) -> Iterator[Finding]:
    wanted = needs(compiled.doc, facts)
    given = test["given"].get("materials")
    if given is not None:
        for need in wanted:
            if need.demanded and need.id not in given:
                yield finding("error", f"{path}/given/materials", "test_material_lacking", {"test": test["title"], "title": need.doc["title"]})
    expected = test["expect"].get("materials")
    actual = _called_for(wanted)
    if expected is not None and sorted(expected) != sorted(actual):
        yield _unlike(compiled, test, f"{path}/expect/materials", "materials", expected, actual)


def _unlike(compiled: CompiledItem, test: JsonObject, path: str, name: str, wanted: Any, came: Any) -> Finding:
    """What was expected and what came out, as people call it; ``came`` is what the test would have to say."""
    said = {key: told.expectation(compiled, name, value) for key, value in (("expected", wanted), ("actual", came))}
    return finding("error", path, f"test_{name}", {"test": test["title"], **said, "came": came})


def _expectations(compiled: CompiledItem, test: JsonObject, walk: Rehearsal, actual: Mapping[str, Any], path: str) -> Iterator[Finding]:
    expect = test["expect"]
    for name in ("end", "path", "days_used", "documents"):
        if name not in expect:
            continue
        wanted = sorted(expect[name]) if name == "documents" else expect[name]
        if name == "path" and follows(walk.path, wanted):
            continue
        if wanted != actual[name]:
            yield _unlike(compiled, test, f"{path}/expect/{name}", name, wanted, actual[name])


def follows(path: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether *path* visits *wanted* in this order; a test names the stations it cares for."""
    visited = iter(path)
    return all(any(node == name for node in visited) for name in wanted)
