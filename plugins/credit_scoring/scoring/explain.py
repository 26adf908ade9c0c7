"""A score in words: which indicator, which rule, which record, how many points – and it adds up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from plugins.credit_scoring.scoring.score import Line


@dataclass(frozen=True, slots=True)
class Reason:
    """A line in words. ``kind``: ``rule``, ``limit`` (of an indicator), ``scale`` (of the model) or ``veto``."""

    kind: str
    title: Mapping[str, str]
    points: str
    record: str
    rule: str


@dataclass(frozen=True, slots=True)
class Part:
    """An indicator with its points and the lines they come from."""

    id: str
    group: Mapping[str, str]
    title: Mapping[str, str]
    points: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """A score from its base to its end. ``base`` + the parts + ``ends`` = ``total``."""

    base: str
    parts: tuple[Part, ...]
    ends: tuple[Reason, ...]
    vetoes: tuple[Reason, ...]
    total: str


def explain(doc: Mapping[str, Any], points: int, lines: Iterable[Sequence[Any]]) -> Explained:
    """The kept *lines* of a score of *points* by the model *doc*, in the model's own words. Indicators that gave nothing are left out."""
    groups = {each["id"]: each["title"] for each in doc["groups"]}
    rules = {each["id"]: each["title"] for each in doc["rules"]}
    vetoes = {each["id"]: each["title"] for each in doc.get("vetoes", ())}
    by_indicator: dict[str, list[Line]] = {}
    for line in lines:
        by_indicator.setdefault(line[0], []).append(Line(*line))
    parts = []
    for indicator in doc["indicators"]:
        own = by_indicator.get(indicator["id"], ())
        if not own:
            continue
        reasons = tuple(_reason(line, rules, indicator["title"]) for line in own)
        parts.append(Part(indicator["id"], groups[indicator["group"]], indicator["title"], signed(sum(line.points for line in own)), reasons))
    rest = by_indicator.get("", ())
    return Explained(
        number(_base(doc)),
        tuple(parts),
        tuple(Reason("scale", {}, signed(line.points), "", "") for line in rest if line.rule == "scale"),
        tuple(Reason("veto", vetoes.get(line.rule, {}), "", line.record, line.rule) for line in rest if line.rule != "scale"),
        number(points),
    )


def number(points: int) -> str:
    """Thousandths as people write them: ``712``, ``-12.5``."""
    text = f"{Decimal(points) / 1000:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def signed(points: int) -> str:
    """As :func:`number`, an addition with its sign."""
    return f"+{number(points)}" if points > 0 else number(points)


def _base(doc: Mapping[str, Any]) -> int:
    return int(Decimal(doc["base"]) * 1000)


def _reason(line: Line, rules: Mapping[str, Mapping[str, str]], indicator: Mapping[str, str]) -> Reason:
    if not line.rule:
        return Reason("limit", indicator, signed(line.points), "", "")
    return Reason("rule", rules.get(line.rule, {}), signed(line.points), line.record, line.rule)
