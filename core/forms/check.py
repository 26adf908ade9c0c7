"""Everything that is wrong with a definition, at once, each with its JSON path – for the gate, the builder and ``wangting items check``."""

from __future__ import annotations

import json
import re
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from jsonschema import Draft202012Validator

from core.forms.compile import Compiler
from core.forms.fieldtypes import registry
from core.forms.spec import Field, FormSpec
from core.kernel.errors import Finding
from core.rules.errors import RuleError
from core.rules.holding import Domain, may_hold
from core.rules.rule import Rule, compile_rule
from core.rules.spec import Type

Definition = Mapping[str, Any]

#: What the two regular-expression engines read differently, or not at all (docs: patterns are RE2-safe and ASCII-explicit).
_FORBIDDEN = re.compile(r"\\[dDwWsSbBpP]|\(\?[=!<]|\\[1-9]")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_LEAST, _MOST = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")


#: Checked forms kept a process: an editor's draft is checked after each change, and most changes are beside the form.
_KEPT = 8


@dataclass(frozen=True, slots=True)
class Checked:
    """A definition's findings and what it compiles to; ``None`` when it does not."""

    findings: tuple[Finding, ...]
    spec: FormSpec | None


_checked: OrderedDict[tuple[Any, ...], Checked] = OrderedDict()
_lock = Lock()


def check_form(
    definition: Definition, blocks: Mapping[str, Definition] | None = None, *, options: Mapping[str, Sequence[Mapping[str, Any]]] | None = None
) -> list[Finding]:
    """All findings about *definition*; empty when it can be published. Never raises for a wrong definition."""
    return list(_check(definition, blocks or {}, options or {}).findings)


def checked(definition: Definition, blocks: Mapping[str, Definition] | None = None) -> Checked:
    """The findings of :func:`check_form` and the compiled form at once, remembered by content: the same definition is not read twice."""
    key = (*(json.dumps(part, ensure_ascii=False) for part in (definition, blocks or {})), tuple(registry.kinds()))
    with _lock:
        found = _checked.get(key)
        if found is not None:
            _checked.move_to_end(key)
            return found
    made = _check(definition, blocks or {}, {})
    with _lock:
        _checked[key] = made
        while len(_checked) > _KEPT:
            _checked.popitem(last=False)
    return made


def _check(definition: Definition, blocks: Mapping[str, Definition], options: Mapping[str, Sequence[Mapping[str, Any]]]) -> Checked:
    compiler = Compiler(definition, blocks, options)
    spec = compiler.form()
    findings = list(compiler.findings)
    checker = _Checker(spec, compiler.spots, definition)
    findings += checker.patterns(definition, "")
    findings += checker.placement()
    if definition.get("schema_version") is not None:  # a form, not a schema that is merely rendered as one
        findings += checker.fields()
        findings += checker.rules(findings)
    findings += _schemas(spec)
    return Checked(tuple(_unique(findings)), None if compiler.findings else spec)


def _schemas(spec: FormSpec) -> Iterator[Finding]:
    """What of the form is no JSON Schema, field by field, so that one that was changed is all that is read again."""
    fields = spec.json_schema.get("properties")
    alone = {**spec.json_schema, "properties": {}} if isinstance(fields, Mapping) else spec.json_schema
    for at, schema in (("", alone), *((f"/properties/{name}", each) for name, each in (fields.items() if isinstance(fields, Mapping) else ()))):
        wrong = _wrong_schema(json.dumps(schema, ensure_ascii=False))
        if wrong is not None:
            yield Finding("error", at + wrong[0], "forms.check_schema", {"reason": wrong[1]})


@lru_cache(maxsize=4096)
def _wrong_schema(schema: str) -> tuple[str, str] | None:
    """Where and why *schema* is none; ``None`` when it is one."""
    try:
        Draft202012Validator.check_schema(json.loads(schema))
    except Exception as error:  # noqa: BLE001 - the library raises several kinds for a broken schema; each is the author's to mend
        return "".join(f"/{part}" for part in getattr(error, "absolute_path", ())), str(getattr(error, "message", error))[:200]
    return None


def _unique(findings: list[Finding]) -> list[Finding]:
    seen = set()
    kept = []
    for finding in findings:
        mark = (finding.path, finding.key, tuple(sorted((k, str(v)) for k, v in finding.params.items())))
        if mark not in seen:
            seen.add(mark)
            kept.append(finding)
    return kept


class _Checker:
    def __init__(self, spec: FormSpec, spots: Mapping[str, str], definition: Definition) -> None:
        self.spec, self.spots, self.definition = spec, spots, definition
        self._places: dict[str, Mapping[str, Type]] = {}

    def patterns(self, value: Any, spot: str) -> Iterator[Finding]:
        """Patterns that would mean different things to different engines."""
        if isinstance(value, Mapping):
            for key, inner in value.items():
                at = f"{spot}/{str(key).replace('~', '~0').replace('/', '~1')}"
                if key == "pattern" and isinstance(inner, str):
                    yield from self._pattern(inner, at)
                elif key not in ("translations", "samples", "const", "enum", "default"):
                    yield from self.patterns(inner, at)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from self.patterns(inner, f"{spot}/{index}")

    def _pattern(self, pattern: str, at: str) -> Iterator[Finding]:
        for what in dict.fromkeys(_FORBIDDEN.findall(pattern)):
            yield Finding("error", at, "forms.check_pattern", {"pattern": pattern, "what": what})
        try:
            re.compile(pattern)
        except re.error:
            if not _FORBIDDEN.search(pattern):
                yield Finding("error", at, "forms.check_pattern_broken", {"pattern": pattern})

    def placement(self) -> Iterator[Finding]:
        """Fields on no page, fields on two, ids used twice."""
        declared = self.definition.get("ui", {}).get("pages")
        if not declared:
            return
        placed = Counter(f.id for p in self.spec.pages for f in p.fields)
        for field in self.spec.fields:
            if not placed[field.id] and field.kind.key != "computed":
                yield Finding("error", self.spots.get(field.path, ""), "forms.check_unplaced", {"name": field.id})
        for name, count in placed.items():
            if count > 1:
                yield Finding("error", "/ui/pages", "forms.check_placed_twice", {"name": name})
        for what, ids in (("", [p.id for p in self.spec.pages]), ("/sections", [s.id for s in self.spec.sections])):
            for name, count in Counter(ids).items():
                if count > 1:
                    yield Finding("error", f"/ui/pages{what}", "forms.check_duplicate", {"name": name})
        for name in {s.id for s in self.spec.sections} & set(placed):
            own = self.spec.root.by_id[name]
            if self.spec.translations and own.title != next(s.title for s in self.spec.sections if s.id == name):
                yield Finding("warning", self.spots.get(own.path, ""), "forms.check_duplicate", {"name": name})

    def fields(self) -> Iterator[Finding]:
        """Titles, ids, options, bounds; what is sensitive by a plugin's kind is said to be."""
        for field in self.spec.root.walk():
            if "." in field.kind.key and field.kind.sensitive and not field.ui.get("sensitive"):
                yield Finding("error", f"{self.spots.get(field.path, '')}/ui", "forms.check_unmarked", {"kind": field.kind.key})
            if field is self.spec.root or field.path.startswith("$"):
                continue
            spot = self.spots.get(field.path, "")
            if field.id and not field.id.isdigit() and field.id != "value":
                if not _ID.fullmatch(field.id):
                    yield Finding("error", spot, "forms.check_id", {"name": field.id})
                if not field.title.strip() or (field.title == field.id and field.ref is None):
                    yield Finding("error", spot, "forms.check_no_title", {"path": field.path})
            if field.kind.key in ("choice", "choices") and not field.options:
                yield Finding("error", spot, "forms.check_no_options", {"path": field.path})
            for edge in ("earliest", "latest"):
                bound = str(field.ui.get(edge, ""))
                full = f"form.{field.path.rpartition('.')[0]}.{bound[4:]}" if bound.startswith("row.") else bound
                if full.startswith("form.") and full not in self.spec.types:
                    yield Finding("error", f"{spot}/ui/{edge}", "forms.check_bound", {"path": bound})

    def rules(self, before: list[Finding]) -> Iterator[Finding]:
        """Every rule again, now against the types of the form: unknown fields, unlike kinds; and conditions that can never hold."""
        known = {f.path for f in before}
        known_answers = domains(self.spec)
        for node in self.spec.nodes:
            field = node.field
            spot = self.spots.get(field.path, "")
            for name, rule in (("visible_when", field.visible), ("required_when", field.required_when), ("computed", field.computed)):
                if rule is not None and f"{spot}/ui/{name}" not in known:
                    yield from self._typed(rule, field, f"{spot}/ui/{name}")
            if field.visible is not None and never(field.visible, known_answers):
                yield Finding("error", f"{spot}/ui/visible_when", "forms.check_never_shown", {"path": field.path})
        for check in self.spec.checks:
            yield from self._typed(check.rule, self.spec.root, f"/ui/checks/{check.id}")

    def _typed(self, rule: Rule, field: Field, spot: str) -> Iterator[Finding]:
        try:
            compile_rule(rule.expr, self._types_in(field.path.rpartition(".")[0]))
        except RuleError as error:
            for finding in error.findings:
                yield Finding(finding.level, f"{spot} {finding.path}".strip(), finding.key, finding.params)

    def _types_in(self, container: str) -> Mapping[str, Type]:
        """What a rule of a field in *container* may read. `row.…` of a field inside rows means its own rows, which are known here and not to the rule."""
        known = self._places.get(container)
        if known is None:
            every, place = self.spec.types, f"form.{container}"
            if container and place in every:
                known = {**every, **{f"row.{path.rpartition('.')[2]}": kind for path, kind in every.items() if path.rpartition(".")[0] == place}}
            else:
                known = {path: kind for path, kind in every.items() if not path.startswith("row.")}
            self._places[container] = known
        return known


def never(rule: Rule, known: Mapping[str, Domain]) -> bool:
    """Whether the rule is false or unknown for every answer, as far as can be told by looking at what each field takes (:func:`domains`)."""
    return not may_hold(rule.expr, known)


def domains(spec: FormSpec) -> dict[str, Domain]:
    """What each field of the form can be answered with: its choices, or the numbers it takes."""
    found = {path: Domain(frozenset(label.choices)) for path, label in spec.labels.items() if label.choices and spec.types.get(path) != "choices"}
    for field in spec.root.walk():
        if field.kind.rule_type == "number" and field.path and not field.options:
            lows, highs = ([each for name in names if isinstance(each := field.schema.get(name), int | float)] for names in (_LEAST, _MOST))
            if lows or highs:
                found[f"form.{field.path}"] = Domain(None, max(lows, default=None), min(highs, default=None))
    return found
