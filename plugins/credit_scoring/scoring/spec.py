"""A scoring model as data: read from JSON, held against its schema, compiled once for any number of subjects.

Points are whole thousandths ("milli") everywhere inside, so that what a score says of itself adds up to the point. A model says: a base, indicators
with weights and limits, rules that turn records into points, vetoes, and from how many points a grade begins – for everybody or by industry.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jsonschema import Draft202012Validator

from plugins.credit_scoring.months import months_before

MILLI = 1000
GRADES = ("A", "B", "C", "D")
Per = Literal["record", "unit", "absent"]
_SCHEMA = Path(__file__).resolve().parent.parent / "model.schema.json"


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison with a value of a record."""

    field: str
    op: str
    value: Any

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it holds; a value that is not there, or of another kind, is never right."""
        found = values.get(self.field)
        if found is None:
            return False
        if self.op == "in":
            return found in self.value
        if self.op in ("==", "!="):
            return bool((found == self.value) is (self.op == "=="))
        if isinstance(found, bool) or isinstance(found, str) is not isinstance(self.value, str):
            return False
        return bool({">=": found >= self.value, ">": found > self.value, "<=": found <= self.value, "<": found < self.value}[self.op])


@dataclass(frozen=True, slots=True)
class Rule:
    """Points for records of one entry of the catalogue.

    ``per``: each record, each ``unit`` of the number in ``field`` of a record, or the ``absent`` of any record. ``most``: so many records or units count.
    ``months``: only those that young. ``fades``: (from so many months on, per mille of the points).
    """

    id: str
    entry: str
    points: int
    per: Per = "record"
    when: tuple[Condition, ...] = ()
    field: str = ""
    unit: int = MILLI
    most: int | None = None
    months: int | None = None
    fades: tuple[tuple[int, int], ...] = ()
    industries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Indicator:
    """What rules add up to: weighted, then kept between ``least`` and ``most`` (milli)."""

    id: str
    group: str
    weight: int
    least: int | None
    most: int | None
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Veto:
    """A record that sets the grade whatever the points are."""

    id: str
    entry: str
    grade: str
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """Weights (per mille, in the order of the indicators) and where grades begin (milli, best first), as they hold in one industry."""

    weights: tuple[int, ...]
    grades: tuple[tuple[str, int], ...]

    def grade(self, points: int) -> str:
        """The grade of *points*."""
        return next((name for name, least in self.grades if points >= least), GRADES[-1])


@dataclass(frozen=True, slots=True)
class Model:
    """A compiled model."""

    code: str
    kind: str
    base: int
    lowest: int
    highest: int
    indicators: tuple[Indicator, ...]
    vetoes: tuple[Veto, ...]
    scale: Scale
    industries: Mapping[str, Scale]

    def on(self, day: date) -> "Bound":
        """The model as it counts on *day*: windows of months become days."""
        by_entry: dict[str, list[tuple[int, Timed]]] = {}
        absent: list[tuple[int, Timed]] = []
        for number, indicator in enumerate(self.indicators):
            for rule in indicator.rules:
                timed = Timed(
                    rule,
                    None if rule.months is None else months_before(day, rule.months),
                    tuple((months_before(day, months), share) for months, share in sorted(rule.fades, reverse=True)),
                )
                (absent if rule.per == "absent" else by_entry.setdefault(rule.entry, [])).append((number, timed))
        vetoes: dict[str, list[Veto]] = {}
        for veto in self.vetoes:
            vetoes.setdefault(veto.entry, []).append(veto)
        return Bound(self, day, {entry: tuple(rules) for entry, rules in by_entry.items()}, tuple(absent), {e: tuple(v) for e, v in vetoes.items()})

    def entries(self) -> frozenset[str]:
        """Entries of the catalogue that the model asks about."""
        return frozenset({rule.entry for each in self.indicators for rule in each.rules} | {veto.entry for veto in self.vetoes})


@dataclass(frozen=True, slots=True)
class Timed:
    """A rule on a day: records older than ``since`` do not count; the first of ``fades`` whose day is not before the record's sets its share."""

    rule: Rule
    since: date | None
    fades: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """A model on a day, ready to be applied to many subjects."""

    model: Model
    day: date
    by_entry: Mapping[str, tuple[tuple[int, Timed], ...]]
    absent: tuple[tuple[int, Timed], ...]
    vetoes: Mapping[str, tuple[Veto, ...]]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a model document: where, which (a key of :data:`plugins.credit_scoring.words.WORDS`) and its values."""

    path: str
    key: str
    params: Mapping[str, Any]


def faults(doc: Any, known: Mapping[str, Mapping[str, str]] | None = None) -> list[Fault]:
    """Everything that is wrong with *doc*. *known*: entries of the catalogue → their fields → type; without it entries are not looked up."""
    found = [Fault(error.json_path, "model_shape", {"why": error.message[:160]}) for error in _validator().iter_errors(doc)]
    if found:
        return sorted(found, key=lambda each: each.path)
    return [*_twice(doc), *_grades(doc), *([] if known is None else _unknown(doc, known))]


def compile_model(doc: Mapping[str, Any]) -> Model:
    """*doc* compiled. :class:`ValueError` names the first fault; whoever takes documents from people asks :func:`faults` before."""
    wrong = faults(doc)
    if wrong:
        raise ValueError(f"{wrong[0].path}: {wrong[0].key} {dict(wrong[0].params)}")
    rules: dict[str, list[Rule]] = {}
    for each in doc["rules"]:
        rules.setdefault(each["indicator"], []).append(_rule(each))
    indicators = tuple(
        Indicator(
            each["id"],
            each["group"],
            milli(each.get("weight", "1")),
            _limit(each, "least"),
            _limit(each, "most"),
            tuple(rules.get(each["id"], ())),
        )
        for each in doc["indicators"]
    )
    scale = Scale(tuple(each.weight for each in indicators), _begin(doc["grades"]))
    return Model(
        doc["code"],
        doc["kind"],
        milli(doc["base"]),
        milli(doc["lowest"]),
        milli(doc["highest"]),
        indicators,
        tuple(Veto(each["id"], each["entry"], each["grade"], _conditions(each)) for each in doc.get("vetoes", ())),
        scale,
        {each["industry"]: _industry(each, indicators, scale) for each in doc.get("industries", ())},
    )


def milli(value: str | int | float) -> int:
    """Points or a weight in thousandths; more places than three are cut off at the schema."""
    return int(Decimal(str(value)) * MILLI)


def times(points: int, share: int) -> int:
    """*points* × *share* per mille, halves away from zero: the same for additions and deductions."""
    whole = abs(points) * share
    return (1 if points >= 0 else -1) * ((whole + MILLI // 2) // MILLI)


def _rule(doc: Mapping[str, Any]) -> Rule:
    return Rule(
        id=doc["id"],
        entry=doc["entry"],
        points=milli(doc["points"]),
        per=doc.get("per", "record"),
        when=_conditions(doc),
        field=doc.get("field", ""),
        unit=milli(doc.get("unit", "1")),
        most=doc.get("most"),
        months=doc.get("months"),
        fades=tuple((each["months"], milli(each["share"])) for each in doc.get("fades", ())),
        industries=frozenset(doc.get("industries", ())),
    )


def _conditions(doc: Mapping[str, Any]) -> tuple[Condition, ...]:
    return tuple(Condition(each["field"], each["op"], each["value"]) for each in doc.get("when", ()))


def _limit(doc: Mapping[str, Any], name: str) -> int | None:
    return None if doc.get(name) is None else milli(doc[name])


def _begin(grades: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    return tuple((name, milli(grades[name])) for name in GRADES if name in grades)


def _industry(doc: Mapping[str, Any], indicators: Sequence[Indicator], scale: Scale) -> Scale:
    own = {each["indicator"]: milli(each["weight"]) for each in doc.get("weights", ())}
    return Scale(tuple(own.get(each.id, each.weight) for each in indicators), _begin(doc["grades"]) if doc.get("grades") else scale.grades)


def _twice(doc: Mapping[str, Any]) -> list[Fault]:
    found, groups = [], {each["id"] for each in doc["groups"]}
    indicators = {each["id"] for each in doc["indicators"]}
    for part in ("groups", "indicators", "rules", "vetoes"):
        ids = [each["id"] for each in doc.get(part, ())]
        found += [Fault(f"$.{part}", "id_twice", {"id": each}) for each in sorted({i for i in ids if ids.count(i) > 1})]
    industries = [each["industry"] for each in doc.get("industries", ())]
    found += [Fault("$.industries", "id_twice", {"id": each}) for each in sorted({i for i in industries if industries.count(i) > 1})]
    found += [Fault("$.indicators", "no_such_group", {"id": each["id"], "group": each["group"]}) for each in doc["indicators"] if each["group"] not in groups]
    found += [Fault("$.rules", "no_such_indicator", {"id": r["id"], "indicator": r["indicator"]}) for r in doc["rules"] if r["indicator"] not in indicators]
    for each in doc.get("industries", ()):
        weights = each.get("weights", ())
        found += [
            Fault("$.industries", "no_such_indicator", {"id": each["industry"], "indicator": w["indicator"]})
            for w in weights
            if w["indicator"] not in indicators
        ]
    found += [Fault("$.rules", "no_field", {"id": each["id"]}) for each in doc["rules"] if each.get("per") == "unit" and not each.get("field")]
    return found


def _grades(doc: Mapping[str, Any]) -> list[Fault]:
    found = []
    if not milli(doc["lowest"]) <= milli(doc["base"]) <= milli(doc["highest"]):
        found.append(Fault("$.base", "base_outside", {"lowest": doc["lowest"], "highest": doc["highest"]}))
    for where, grades in (("$.grades", doc["grades"]), *(("$.industries", each["grades"]) for each in doc.get("industries", ()) if each.get("grades"))):
        begins = [least for _name, least in _begin(grades)]
        if begins != sorted(set(begins), reverse=True):
            found.append(Fault(where, "grades_order", {}))
    return found


def _unknown(doc: Mapping[str, Any], known: Mapping[str, Mapping[str, str]]) -> list[Fault]:
    found = []
    for part in ("rules", "vetoes"):
        for each in doc.get(part, ()):
            fields = known.get(each["entry"])
            if fields is None:
                found.append(Fault(f"$.{part}", "no_such_entry", {"id": each["id"], "entry": each["entry"]}))
                continue
            asked = [c["field"] for c in each.get("when", ())] + ([each["field"]] if each.get("field") else [])
            found += [Fault(f"$.{part}", "no_such_field", {"id": each["id"], "field": name}) for name in asked if name not in fields]
            if each.get("per") == "unit" and fields.get(each.get("field", "")) not in ("number", None):
                found.append(Fault(f"$.{part}", "not_a_number", {"id": each["id"], "field": each["field"]}))
    return found


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
