"""The publishing gate: all checks, and the item's own test cases run against its form, route and clocks – no database (DESIGN §3, ROUTING §10)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from core.forms.service import decide
from core.items.errors import finding
from core.items.facts import facts as facts_of
from core.items.facts import preset
from core.items.materials import needs
from core.items.rehearsal import Rehearsal
from core.items.spec import CompiledItem, JsonObject
from core.kernel.clock import DEFAULT_ZONE
from core.kernel.errors import Finding, PlatformError
from core.worktime.calendars import Calendar

#: Tests are filed on this Monday morning; with the plain calendar every week has five working days, so ``day`` counts the same for ever.
FILED = datetime.combine(date(2026, 3, 2), time(9), ZoneInfo(DEFAULT_ZONE))
PLAIN_CALENDAR = Calendar({}, date(2999, 12, 31), known_years=frozenset(range(2020, 2100)), version="gate")


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
    given = test["given"]
    party = {"kind": given.get("party", "person")}
    channel = str(given.get("channel", "web"))
    facts = facts_of(compiled, given.get("situation"), party=party, channel=channel)
    decision = decide(compiled.form, {**preset(compiled.doc, given.get("situation")), **(given.get("form") or {})}, facts=facts)
    found = list(_form_findings(test, decision.errors, path))
    if decision.errors:
        return TestResult(test["id"], test["title"], "errors", (), None, (), frozenset(), tuple(found))
    facts = facts_of(compiled, given.get("situation"), decision.values, party=party, channel=channel)
    found.extend(_material_findings(compiled, test, facts, path))
    walk = Rehearsal(compiled.route, facts, calendar, filed, tuple(given.get("materials") or ()))
    try:
        walk.file()
        for number, step in enumerate(test["steps"]):
            problem = walk.step(step)
            if problem is not None:
                found.append(finding("error", f"{path}/steps/{number}", problem[0], {"test": test["id"], **problem[1]}))
                break
    except PlatformError as error:
        found.append(finding("error", f"{path}/steps", "test_refused", {"test": test["id"], "what": error.words()}))
    found.extend(_expectations(test, walk, path))
    return TestResult(test["id"], test["title"], walk.end, walk.path, walk.days_used, walk.documents, frozenset(walk.acted), tuple(found))


def _form_findings(test: JsonObject, errors: Sequence[Any], path: str) -> Iterator[Finding]:
    expected = set(test["expect"].get("errors") or ())
    actual = {error.path for error in errors}
    for name in sorted(actual - expected):
        error = next(e for e in errors if e.path == name)
        yield finding("error", f"{path}/given/form/{name}", "test_form_error", {"test": test["id"], "field": name, "what": error.key})
    for name in sorted(expected - actual):
        yield finding("error", f"{path}/expect/errors", "test_no_error", {"test": test["id"], "field": name})


def _material_findings(compiled: CompiledItem, test: JsonObject, facts: Mapping[str, Any], path: str) -> Iterator[Finding]:
    wanted = needs(compiled.doc, facts)
    given = test["given"].get("materials")
    if given is not None:
        for need in wanted:
            if need.demanded and need.id not in given:
                yield finding("error", f"{path}/given/materials", "test_material_lacking", {"test": test["id"], "title": need.doc["title"]})
    expected = test["expect"].get("materials")
    actual = [need.id for need in wanted if need.state != "unknown"]
    if expected is not None and sorted(expected) != sorted(actual):
        yield finding("error", f"{path}/expect/materials", "test_materials", {"test": test["id"], "expected": "、".join(expected), "actual": "、".join(actual)})


def _expectations(test: JsonObject, walk: Rehearsal, path: str) -> Iterator[Finding]:
    expect = test["expect"]
    actual: Mapping[str, Any] = {"end": walk.end, "path": list(walk.path), "days_used": walk.days_used, "documents": sorted(walk.documents)}
    for name, value in actual.items():
        if name not in expect:
            continue
        wanted = sorted(expect[name]) if name == "documents" else expect[name]
        if name == "path" and _follows(walk.path, wanted):
            continue
        if wanted != value:
            yield finding("error", f"{path}/expect/{name}", f"test_{name}", {"test": test["id"], "expected": _say(wanted), "actual": _say(value)})


def _follows(path: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether *path* visits *wanted* in this order; a test names the stations it cares for."""
    visited = iter(path)
    return all(any(node == name for node in visited) for name in wanted)


def _say(value: Any) -> str:
    return " → ".join(value) if isinstance(value, list) else str(value)
