"""The one judge of answers, for pages, API, import and drafts alike.

Order: tidy and cap → drop hidden, compute → JSON Schema → what a schema cannot see (check digits, real days) → required by rule →
bounds between fields. Each spot gets at most one error, the first thing to mend.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from core.forms.between import between_problems
from core.forms.conditions import needed, places, settle
from core.forms.fieldtypes.nested import which
from core.forms.names import locate, name_of
from core.forms.prune import Pruner, without
from core.forms.spec import Decision, Field, FieldError, FormSpec, Values, join_path
from core.forms.validators import Checker, Violation, checker
from core.forms.violations import worded

Step = str | int
Way = tuple[Step, ...]

#: More errors than these help nobody, and a hostile submission could make millions.
MAX_ERRORS = 500


@lru_cache(maxsize=512)
def _checker(spec: FormSpec) -> Checker:
    return checker(spec.json_schema)


def decide(spec: FormSpec, values: Mapping[str, Any], *, facts: Mapping[str, Any] | None = None, page: str | None = None) -> Decision:
    """What the server makes of *values*.

    ``facts`` are the facts besides ``form`` that rules may read (``situation``, ``party``, ``channel``). With ``page`` only errors of
    that page are reported, though conditions see the whole form. The returned values hold no hidden answer; those that are wrong
    are still there, so that the page can show them again.
    """
    pruner = Pruner()
    kept = pruner.fields(spec.fields, values if isinstance(values, Mapping) else {}, ())
    world, hidden, computed = settle(spec, kept, facts)
    judge = _Judge(spec, kept, hidden, {way: v for way, v in pruner.blocked.items() if not _inside(way, hidden)})
    judge.run(world)
    shown = {f.id for f in spec.on_page(page)}
    errors = tuple(e for e in judge.sorted() if e.path.split(".", 1)[0] in shown)
    return Decision(_drop_empty(spec.fields, kept, values), errors, hidden, computed)


class _Judge:
    """One decision's errors, by spot."""

    def __init__(self, spec: FormSpec, values: Values, hidden: frozenset[str], blocked: Mapping[Way, tuple[str, dict[str, Any]]]) -> None:
        self.spec, self.values, self.hidden, self.blocked = spec, values, hidden, blocked
        self.errors: dict[Way, tuple[str, Mapping[str, Any]]] = {}

    def note(self, way: Way, key: str, params: Mapping[str, Any]) -> None:
        """Keep the first error of a spot; nothing for what is hidden or too big to look at."""
        if way in self.errors or len(self.errors) >= MAX_ERRORS or _inside(way, self.hidden):
            return
        if any(way[: len(b)] == b for b in self.blocked) and way not in self.blocked:
            return
        self.errors[way] = (key, params)

    def run(self, world: Mapping[str, Any]) -> None:
        for way, (key, params) in self.blocked.items():
            self.note(way, key, params)
        instance: Any = self.values
        for way in self.blocked:
            instance = without(instance, way)
        self.schema(_checker(self.spec), instance, (), self.spec.root)
        for field, way in needed(self.spec, self.values, world):
            self.note(way, field.kind.required_key, {})
        if len(self.errors) < MAX_ERRORS:
            self.own_checks(self.spec.fields, self.values, ())
        for way, key, params in between_problems(self.spec, self.values, world):
            self.note(way, key, params)
        for check in self.spec.checks:
            if check.rule.evaluate(world) is False:
                self.note(tuple(check.at.split(".")), "forms.check_failed", {"message": check.message, "check": check.id})

    def schema(self, validator: Checker, instance: Any, base: Way, root: Field) -> None:
        """JSON Schema's findings, put at the field that can be mended."""
        for violation in validator.violations(instance):
            if len(self.errors) >= MAX_ERRORS:
                return
            if violation.missing is not None:
                field, _ = locate(root, (*violation.way, violation.missing), instance)
                self.note((*base, *violation.way, violation.missing), field.kind.required_key, {})
                continue
            field, inner = locate(root, violation.way, instance)
            if field.kind.key == "union" and violation.keyword in ("oneOf", "anyOf") and not inner:
                self.shape(field, instance, violation, base)
                continue
            way = (*base, *violation.way)
            self.note(way, *worded(field, inner, violation.keyword, _at(instance, violation.way)))

    def shape(self, field: Field, instance: Any, violation: Violation, base: Way) -> None:
        """A union that fits no shape: the errors of the shape it is closest to say more than “none fits”."""
        value = _at(instance, violation.way)
        shape = which(field, value)
        if shape is None:
            self.note((*base, *violation.way), "forms.shape", {})
            return
        schema = {**shape.schema, **({"$defs": self.spec.json_schema["$defs"]} if "$defs" in self.spec.json_schema else {})}
        before = len(self.errors)
        self.schema(checker(schema), value, (*base, *violation.way), shape)
        if len(self.errors) == before and not any(way[: len(base) + len(violation.way)] == (*base, *violation.way) for way in self.errors):
            self.note((*base, *violation.way), "forms.shape", {})

    def own_checks(self, fields: tuple[Field, ...], values: Mapping[str, Any], way: Way) -> None:
        """Every field type's own checks, on answers the schema found right in type."""
        for field in fields:
            if field.id in values:
                self.own_check(field, values[field.id], (*way, field.id))

    def own_check(self, field: Field, value: Any, way: Way) -> None:
        if value is None or way in self.errors or way in self.blocked:
            return
        body = field.body
        key = body.kind.key
        if key == "group" and isinstance(value, dict):
            self.own_checks(body.children, value, way)
        elif key == "rows" and isinstance(value, list) and body.item is not None:
            for index, row in enumerate(value):
                self.own_check(body.item, row, (*way, index))
        elif key == "map" and isinstance(value, dict) and body.item is not None:
            for name, entry in value.items():
                self.own_check(body.item, entry, (*way, name))
        elif key == "union":
            shape = which(body, value)
            if shape is not None:
                self.own_check(shape, value, way)
        elif not body.kind.structural and not any(e[: len(way)] == way for e in self.errors):
            for steps, problem, params in body.kind.check(body, value):
                self.note((*way, *steps), problem, params)

    def sorted(self) -> Iterator[FieldError]:
        """In reading order, so that the summary runs down the page."""
        order = {f.id: n for n, f in enumerate(f for p in self.spec.pages for f in p.fields)}
        ways = sorted(
            self.errors, key=lambda way: (order.get(str(way[0]) if way else "", 10**6), [(isinstance(s, str), s if isinstance(s, int) else 0) for s in way])
        )
        for way in ways:
            key, params = self.errors[way]
            yield FieldError(join_path(way), key, params, name_of(self.spec.root, way, self.values))


def _inside(way: Way, hidden: frozenset[str]) -> bool:
    return bool(hidden) and any(join_path(way[: n + 1]) in hidden for n in range(len(way)))


def _at(instance: Any, way: Way) -> Any:
    for step in way:
        try:
            instance = instance[step]
        except (KeyError, IndexError, TypeError):
            return None
    return instance


def _drop_empty(fields: tuple[Field, ...], values: Values, given: Mapping[str, Any]) -> Values:
    """Take back the empty groups that were only there to be asked for."""
    for field in fields:
        held = values.get(field.id)
        if field.kind.key == "group" and isinstance(held, dict):
            before = given.get(field.id) if isinstance(given, Mapping) else None
            _drop_empty(field.children, held, before if isinstance(before, Mapping) else {})
            if not held and before is None:
                del values[field.id]
    return values


__all__ = ["decide", "places"]
