"""What the item promises must agree with itself and with the law: limits, kind of case, visits, online, fees."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.items.errors import finding
from core.items.limits import ChosenLimit, longer, variants
from core.items.lint.rules import Doc, rule
from core.kernel.errors import Finding

LICENSING = "01"  # 行政许可, GB/T 39046 A.1
SITE_WORK = re.compile("勘查|勘验|踏勘|现场核查|实地核查")


def _limits(doc: Doc) -> Mapping[str, Any]:
    return doc["route"].get("limits") or {}


def _at_once(doc: Doc) -> bool | None:
    """Whether every promised limit is 即办; ``None`` when unknown."""
    known = [limit for _, limit in variants(_limits(doc).get("promised")) if limit.value is not None or limit.unit == "at_once"]
    return all(limit.at_once for limit in known) if known else None


@rule
def instant_means_at_once(doc: Doc) -> Iterator[Finding]:
    """承诺=即办 ⇔ 即办件."""
    at_once = _at_once(doc)
    if at_once is not None and at_once != (doc["case_type"] == "instant"):
        yield finding("error", "/case_type", "instant_not_at_once" if doc["case_type"] == "instant" else "at_once_not_instant")


@rule
def licensing_law_limits(doc: Doc) -> Iterator[Finding]:
    """行政许可法 32(4): told once within five days; 42: twenty days unless a law or regulation says otherwise; 44: deliver within ten."""
    if doc["type"] != LICENSING:
        return
    route = doc["route"]
    twenty, five, ten = (ChosenLimit(days, "working_day") for days in (20, 5, 10))
    for path, limit in variants(_limits(doc).get("statutory")):
        if longer(limit, twenty) and not limit.basis:
            yield finding("warning", f"/route/limits/statutory{path}", "statute_over_twenty", {"statutory": limit.words()})
    for path, limit in variants((route.get("intake") or {}).get("limit")):
        if longer(limit, five):
            yield finding("error", f"/route/intake/limit{path}", "intake_over_five", {"limit": limit.words()})
    for path, limit in variants((route.get("delivery") or {}).get("limit")):
        if longer(limit, ten):
            yield finding("error", f"/route/delivery/limit{path}", "delivery_over_ten", {"limit": limit.words()})


@rule
def visits_have_reasons(doc: Doc) -> Iterator[Finding]:
    """到场次数≠0 must give 原因, =0 must not."""
    visits = doc["visits"]
    if visits["times"] and not visits.get("reason"):
        yield finding("error", "/visits/reason", "visit_without_reason", {"times": visits["times"]})
    if visits["times"] == 0 and visits.get("reason"):
        yield finding("error", "/visits/reason", "reason_without_visit")


@rule
def no_visit_needs_a_way(doc: Doc) -> Iterator[Finding]:
    """0 次 and not online: papers must be able to come by post; 全程网办 (depth ≥ 6) means nobody comes."""
    online, times = doc["online"], doc["visits"]["times"]
    ways = (doc["route"].get("delivery") or {}).get("ways") or ()
    if times == 0 and not online["apply"] and "post" not in ways:
        yield finding("error", "/online/apply", "no_way_in")
    if (online.get("depth") or 0) >= 7 and times:
        yield finding("error", "/online/depth", "full_online_with_visit", {"times": times})
    if online["apply"] and not doc.get("places"):
        # 优化营商环境条例 37: the applicant chooses the channel; the window may be missing only because the source is silent
        yield finding("warning", "/places", "no_window")


@rule
def free_means_nothing_to_pay(doc: Doc) -> Iterator[Finding]:
    """不收费 → no fee items, no payment; 收费 → items with amount and basis (擅自收费 is a supervision signal)."""
    fees = doc["fees"]
    items = fees.get("items") or ()
    if fees["charged"] is False and items:
        yield finding("error", "/fees/items", "free_but_items")
    if fees["charged"] is False and doc["online"].get("payment"):
        yield finding("error", "/online/payment", "free_but_payment")
    if fees["charged"] and not items:
        yield finding("error", "/fees/items", "charged_without_items")
    for index, item in enumerate(items):
        if not item.get("basis"):
            yield finding("warning", f"/fees/items/{index}/basis", "fee_without_basis", {"title": item["title"]})


@rule
def site_visit_in_four_days(doc: Doc) -> Iterator[Finding]:
    """现场勘查 with a promise below five days is suspicious, unless the visit stops the clock."""
    five = ChosenLimit(5, "working_day")
    promised = [limit for _, limit in variants(_limits(doc).get("promised")) if limit.value is not None]
    short = bool(promised) and all(longer(five, limit) for limit in promised)
    paused = any(SITE_WORK.search(pause["title"]) for pause in (doc["route"].get("pauses") or {}).values())
    if short and not paused:
        for path, node in steps(doc["route"].get("review") or {}, "/route/review"):
            if SITE_WORK.search(str(node.get("title", ""))):
                yield finding("warning", path, "site_visit_too_fast", {"title": node["title"]})


def steps(scope: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every node of a review scope and its branches, with its JSON path."""
    for name, node in (scope.get("nodes") or {}).items():
        here = f"{path}/nodes/{name}"
        yield here, node
        for branch, inner in (node.get("branches") or {}).items():
            yield from steps(inner, f"{here}/branches/{branch}")


@rule
def refusal_gives_reasons(doc: Doc) -> Iterator[Finding]:
    """行政许可法 38(2): a refusal states its reasons. The same is asked of every item: nobody is refused without being told why."""
    for path, node in steps(doc["route"].get("review") or {}, "/route/review"):
        for action, body in (node.get("actions") or {}).items():
            if body.get("outcome") == "refuse" and "reason" not in (body.get("needs") or ()):
                yield finding("error", f"{path}/actions/{action}/needs", "refuse_without_reason", {"title": body.get("title", action)})
