"""Checks of a route against the law around the drawn part: extensions, silence, pre-review, the relay of papers, sub-cases between items."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from core.kernel.errors import Finding
from core.kernel.wording import word
from core.routing.estimate import days
from core.routing.spec import Extend, Holders, RouteLimit, RouteSpec

#: 行政许可法 42(1): ten working days more, approved by the head of the agency.
EXTENSION = 10
#: 行政许可法 42(2): fifteen where departments act together, approved by the head of the government.
JOINT_EXTENSION = 15
#: 预审 is answered within two working days (seed 002, arts 18-20).
PRE_REVIEW = 2
#: Levels from below.
LEVELS = ("village", "town", "county", "city", "province", "country")


def error(path: str, key: str, **params: Any) -> Finding:
    """A finding that keeps a route from being published."""
    return Finding("error", path, f"routing.check.{key}", params)


def warning(path: str, key: str, **params: Any) -> Finding:
    """A finding that somebody should look at."""
    return Finding("warning", path, f"routing.check.{key}", params)


def longest(limit: RouteLimit) -> float:
    """The longest that *limit* may become, in working days."""
    return max(days(each) for each in limit.variants())


def check_anytime(spec: RouteSpec, *, permit: bool) -> Iterator[Finding]:
    """Extensions: on a basis, approved by a person of the agency, and of a permit not beyond 行政许可法 42."""
    if spec.extend is not None:
        yield from _extend(spec.extend, "anytime.extend", EXTENSION if permit else None, "extend_too_long")
        yield from _units(spec, spec.extend, "anytime.extend")
        if spec.extend.joint is not None:
            yield from _extend(spec.extend.joint, "anytime.extend.joint", JOINT_EXTENSION if permit else None, "extend_joint_too_long")
            yield from _units(spec, spec.extend.joint, "anytime.extend.joint")


def _units(spec: RouteSpec, rule: Extend, at: str) -> Iterator[Finding]:
    """Days are added to days: what is counted differently cannot be added up."""
    counted = {limit.unit for limit in spec.main_limit.variants() if limit.value is not None}
    if any(limit.unit not in counted for limit in rule.adds.variants()) and counted:
        yield error(f"{at}.adds", "extend_unit")


def _extend(rule: Extend, at: str, most: int | None, key: str) -> Iterator[Finding]:
    if not rule.basis.strip():
        yield error(f"{at}.basis", "extend_basis")
    if rule.by.role in ("applicant", "holder"):
        yield error(f"{at}.by", "extend_by")
    if any(limit.value is None for limit in rule.adds.variants()):
        yield error(f"{at}.adds", "extend_unknown")
    total = longest(rule.adds) * rule.times
    if most is not None and total > most:
        yield error(f"{at}.adds", key, total=f"{total:g}", most=most)


def check_intake(spec: RouteSpec, organisations: Callable[[Holders], Collection[str]] | None) -> Iterator[Finding]:
    """预审 in time; a relay whose levels follow each other, answer only what they may, and have people."""
    intake = spec.intake
    if intake.pre_review is not None and longest(intake.pre_review.limit) > PRE_REVIEW:
        yield error("intake.pre_review.limit", "pre_review_too_long", most=PRE_REVIEW)
    relay = intake.relay
    if relay is None:
        return
    if len(relay.chain) < 2 or list(relay.chain) != sorted(relay.chain, key=LEVELS.index):
        yield error("intake.relay.chain", "relay_order")
    for level in relay.precheck_at:
        if level not in relay.below:
            yield error("intake.relay.precheck_at", "relay_level", level=_level(level))
    if relay.starts_clock_at is not None and relay.starts_clock_at not in relay.chain:
        yield error("intake.relay.starts_clock_at", "relay_level", level=_level(relay.starts_clock_at))
    for level in relay.within:
        if level not in relay.below:
            yield error(f"intake.relay.paper.within.{level}", "relay_level", level=_level(level))
    if organisations is None or relay.holders.org != "level":
        return
    for level in relay.below:
        empty = organisations(Holders(relay.holders.role, {"region": level}))
        if empty:
            yield error("intake.relay.holders", "nobody_holds", role=relay.holders.role, organisations="、".join(sorted(empty)[:10]))


def _level(level: str) -> str:
    return word(f"routing.level.{level}")


def check_children(spec: RouteSpec, code: str | None, children: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """No item may come to wait for a case of its own kind: *children* are the sub-items of every item."""
    for node in spec.walk():
        if node.kind != "subcase" or node.item is None or code is None:
            continue
        way = _way(node.item, code, children)
        if way is not None:
            yield error(f"{node.path}.item", "item_cycle", way=" → ".join((code, *way)), title=node.title)


def _way(begin: str, end: str, children: Mapping[str, Collection[str]]) -> tuple[str, ...] | None:
    """The items from *begin* to *end*, both named, when one leads to the other."""
    ways: list[tuple[str, ...]] = [(begin,)]
    seen = {begin}
    while ways:
        way = ways.pop()
        if way[-1] == end:
            return way
        for following in children.get(way[-1], ()):
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return None
