"""Where a draft has rules, and what each may read: found by the schemas, so that a new rule in one is edited by menus the day it is there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.items.studio import conditions, editors, expressions, scopes
from core.items.studio.conditions import Fact
from core.items.studio.sketch import Known, Sketch
from core.items.studio.spots import MISSING, Spot, find
from core.routing.actions import outcome_labels
from core.rules.service import Label
from core.schemas import service as schemas


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule's place: what it is called there, whether it is a ``value`` to be worked out or a condition, and the rule – ``None`` where there is none."""

    at: Spot
    title: str
    help: str
    value: bool
    rule: Any = None


@dataclass(frozen=True, slots=True)
class World:
    """What a rule at some place may read: ``facts`` to choose from, ``tables`` whose rows may be asked, types and names of everything, and where on the
    form it stands."""

    facts: tuple[Fact, ...]
    tables: tuple[Fact, ...]
    types: Mapping[str, Any]
    labels: Mapping[str, Any]
    places: Mapping[str, str] = field(default_factory=dict)

    def inside(self, table: str) -> "World":
        """The same for a condition on each row of *table*: its columns come first."""
        full = expressions.full_path(table, None)
        columns = _columns(self.types, self.labels, full, [each.path for each in self.tables])
        names = {fact.path for fact in columns}
        return World(
            (*columns, *(fact for fact in self.facts if not fact.path.startswith("row.") and fact.path not in names)), (),
            {**self.types, **{fact.path: fact.type for fact in columns}}, {**self.labels, **{fact.path: _label(fact) for fact in columns}}, self.places,
        )  # fmt: skip


def rule_at(content: Mapping[str, Any], at: Spot, locale: str = "zh") -> Ruled | None:
    """The rule at *at*, there or not yet; ``None`` where the schemas know of none."""
    schema = editors.rule_schema(content, at) if len(at) > 1 else None
    if schema is None:
        return None
    held = find(content, at)
    title, words = (schemas.spoken(str(schema.get(keyword, "")), locale) for keyword in ("title", "description"))
    return Ruled(at, title, words, schema.get("x-rule") == "value", None if held is MISSING else held)


def rules_of(content: Mapping[str, Any], at: Spot, locale: str = "zh") -> tuple[Ruled, ...]:
    """The rules among the properties of the object at *at*."""
    return tuple(made for name in editors.rule_names(content, at) if (made := rule_at(content, (*at, name), locale)) is not None)


def world(content: Mapping[str, Any], at: Spot, known: Known, route: Sketch | None = None, locale: str = "zh") -> World:
    """What a rule at *at* may read: the item's facts, in rows their columns, in a *route* the outcomes of the nodes of its scope and of those around it."""
    types, labels = dict(known.types), dict(known.labels)
    for path, label in _outcomes(content, at, route, locale):
        types[path], labels[path] = "choice", label
    found = conditions.facts(types, labels, known.tables)
    tables = tuple(Fact(path, "rows", conditions.called(path, labels)) for path in known.tables)
    made = World(found, tables, types, labels, known.places)
    rows = _rows(content, at)
    return made.inside(rows) if rows is not None else made


def _outcomes(content: Mapping[str, Any], at: Spot, route: Sketch | None, locale: str) -> Iterator[tuple[str, Any]]:
    node = scopes.node_of(at)
    spoken = outcome_labels(route.spec, locale) if route is not None and route.spec is not None and node else {}
    around = [at[:end] for end in range(len(scopes.REVIEW), len(node), 4)]
    for scope in around:
        yield from ((path, spoken[path]) for name in scopes.nodes_of(find(content, scope)) if name not in node and (path := f"{name}.outcome") in spoken)


def _rows(content: Mapping[str, Any], at: Spot) -> str | None:
    """The table in whose rows a rule at *at* is asked."""
    if at[0] == "form":
        return expressions.rows_of(at)
    for end in range(len(at) - 2, len(scopes.REVIEW), -1):
        each = find(content, (*at[:end], "for_each")) if scopes.is_branch(at[:end]) else None
        if isinstance(each, str):
            return each
    return None


def _columns(types: Mapping[str, Any], labels: Mapping[str, Any], table: str, tables: list[str]) -> tuple[Fact, ...]:
    inner = [other for other in tables if other.startswith(f"{table}.")]
    renamed = {path: f"row{path.removeprefix(table)}" for path in types if path.startswith(f"{table}.")}
    kept = {path: row for path, row in renamed.items() if not any(path == other or path.startswith(f"{other}.") for other in inner)}
    before = conditions.called(table, labels) + conditions.GAP
    found = (conditions.fact(row, str(types[path]), labels, path) for path, row in kept.items())
    return tuple(replace(each, title=each.title.removeprefix(before)) for each in found)


def _label(fact: Fact) -> Label:
    return Label(fact.title, dict(fact.choices), fact.unit)
