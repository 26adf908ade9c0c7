"""Definition → :class:`FormSpec`. Blocks and references are resolved, kinds inferred, limits filled in, rules compiled and ordered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.forms.conditions import compile_rule, in_order
from core.forms.errors import FormError
from core.forms.fieldtypes import registry
from core.forms.fieldtypes.base import MISSING, FieldType
from core.forms.infer import MARKUP, fold_null, infer, options_of, recursive_defs, strip
from core.forms.spec import Assertion, Field, FormSpec, Node, Option, Page, Section
from core.kernel.canonical import digest
from core.kernel.errors import Finding
from core.rules.errors import RuleError
from core.rules.rule import Rule
from core.rules.spec import Label, Type

Definition = Mapping[str, Any]
_DEEPEST = 40


def compile_form(
    definition: Definition,
    blocks: Mapping[str, Definition] | None = None,
    *,
    options: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    published: bool = False,
) -> FormSpec:
    """The form of *definition*.

    ``blocks`` holds shared blocks by ``name@version``; ``options`` lists that the definition only names (divisions for ``region``), by name.
    *published*: it passed the gate once. A kind of field whose plugin is gone since then is stood in for: cases filed with it stay readable, and go on.
    Raises :class:`FormError` with every finding when the definition cannot be compiled.
    """
    compiler = Compiler(definition, blocks or {}, options or {}, published=published)
    spec = compiler.form()
    if compiler.findings:
        raise FormError(findings=tuple(compiler.findings))
    return spec


class Compiler:
    """One compilation. ``findings`` collects what is wrong, with the JSON path of the spot."""

    def __init__(
        self, definition: Definition, blocks: Mapping[str, Definition], options: Mapping[str, Sequence[Mapping[str, Any]]], *, published: bool = False
    ) -> None:
        self.published = published
        self.definition = definition
        self.blocks = blocks
        self.lists = options
        self.findings: list[Finding] = []
        self.nodes: list[Node] = []
        self.types: dict[str, Type] = {}
        self.labels: dict[str, Label] = {}
        self.defs: dict[str, Field] = {}
        self.raw_defs: Mapping[str, Any] = definition.get("$defs", {})
        self.recursive = recursive_defs(definition)
        self.spoken: dict[str, dict[str, str]] = {}  # locale → what blocks say in it, by the paths that they stand at
        self.spots: dict[str, str] = {}  # field path → JSON pointer, for findings about it

    def fault(self, spot: str, key: str, **params: Any) -> None:
        """Note one thing that is wrong."""
        self.findings.append(Finding("error", spot, f"forms.check_{key}", params))

    # ---- the whole form

    def form(self) -> FormSpec:
        """Compile everything; complete only when there are no findings."""
        definition = self.definition
        for name in sorted(self.recursive):
            if name != "#":
                self.defs[name] = self.field(self.raw_defs[name], name, f"${name}", f"/$defs/{name}", (), conditional=False, expand=True)
        root_schema = {
            k: v for k, v in definition.items() if k not in ("translations", "samples", "$defs", "ui", "id", "version", "schema_version", "$schema", "$id")
        }
        root = self.field({"type": "object", **root_schema}, "", "", "", (), expand=True, section_rules=self._section_rules())
        if "#" in self.recursive:
            self.defs["#"] = root
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **root.schema}
        if self.raw_defs:
            schema["$defs"] = {name: strip(body) for name, body in self.raw_defs.items()}
        pages = self._pages(root)
        nodes = in_order(self.nodes, lambda path, others: self.fault(self.spots.get(path, ""), "cycle", path=path, others="、".join(others)))
        return FormSpec(
            id=str(definition.get("id", "")),
            title=str(definition.get("title", "")),
            pages=pages,
            root=root,
            json_schema=schema,
            types=self.types,
            labels=self.labels,
            hash=self._hash(),
            nodes=nodes,
            checks=self._checks(),
            definition=definition,
            translations=self._spoken(),
        )

    def _hash(self) -> str:
        used = {name: self.blocks[name] for name in sorted(_includes(self.definition)) if name in self.blocks}
        lists = {name: list(values) for name, values in sorted(self.lists.items())}
        return digest(json.loads(json.dumps({"form": self.definition, "blocks": used, "options": lists})))

    def _spoken(self) -> dict[str, dict[str, str]]:
        """What blocks bring in other languages, and the form's own over it."""
        own = _translations(self.definition)
        return {locale: {**self.spoken.get(locale, {}), **own.get(locale, {})} for locale in dict.fromkeys((*own, *self.spoken))}

    def _checks(self) -> tuple[Assertion, ...]:
        made = []
        for index, check in enumerate(self.definition.get("ui", {}).get("checks", ())):
            rule = self.rule(check.get("rule"), f"/ui/checks/{index}/rule")
            if rule is not None:
                made.append(Assertion(str(check.get("id", index)), str(check["at"]), rule, str(check["message"])))
        return tuple(made)

    def _section_rules(self) -> dict[str, list[Any]]:
        """Field id → conditions of the page and section it stands in: a hidden section hides its fields."""
        rules: dict[str, list[Any]] = {}
        for page in self.definition.get("ui", {}).get("pages", ()):
            for section in page.get("sections", ()):
                conditions = [c for c in (page.get("visible_when"), section.get("visible_when")) if c is not None]
                if conditions:
                    for name in section.get("fields", ()):
                        rules.setdefault(name, []).extend(conditions)
        return rules

    def _pages(self, root: Field) -> tuple[Page, ...]:
        declared = self.definition.get("ui", {}).get("pages")
        if not declared:
            return (Page("main", str(self.definition.get("title", "")), (Section("main", "", "", root.children),)),)
        pages = []
        for p, page in enumerate(declared):
            sections = []
            for s, section in enumerate(page.get("sections", ())):
                fields = []
                for n, name in enumerate(section.get("fields", ())):
                    if name in root.by_id:
                        fields.append(root.by_id[name])
                    else:
                        self.fault(f"/ui/pages/{p}/sections/{s}/fields/{n}", "placed_unknown", name=name)
                sections.append(Section(str(section.get("id", s)), str(section.get("title", "")), str(section.get("help", "")), tuple(fields)))
            pages.append(Page(str(page.get("id", p)), str(page.get("title", "")), tuple(sections)))
        return tuple(pages)

    # ---- one field

    def field(
        self,
        raw: Any,
        name: str,
        path: str,
        spot: str,
        steps: tuple[str, ...],
        *,
        required: bool = False,
        conditional: bool = True,
        expand: bool = False,
        section_rules: Mapping[str, list[Any]] | None = None,
        extra: Sequence[Any] = (),
    ) -> Field:
        """Compile one field. ``steps`` lead to its container; ``conditional`` is false where rules cannot reach (inside shapes, maps, recursion)."""
        self.spots.setdefault(path, spot)
        if spot.count("/") > _DEEPEST * 2:
            self.fault(spot, "too_deep")
            raw = {}
        schema, ref = self._resolved(raw if isinstance(raw, Mapping) else {}, path, spot, expand)
        schema, nullable = fold_null(schema)
        ui: dict[str, Any] = dict(schema.get("ui", {}))
        key = "recursive" if ref else infer(schema, ui)
        gone = not registry.known(key)
        if gone and not (self.published and "." in key):
            self.fault(f"{spot}/ui/field", "unknown_kind", kind=key)
        kind = registry.stand_in(schema) if gone else registry.get(key)
        options = () if ref else options_of(schema, ui, self.lists)
        children, item, clean = self._parts(schema, kind, path, spot, steps, conditional, section_rules or {}, options, ui)
        if nullable and not ref:
            clean = _nullable(clean)
        if ref:
            clean = {"$ref": "#" if ref == "#" else f"#/$defs/{ref}"}
            clean = {"anyOf": [clean, {"type": "null"}]} if nullable else clean
        self._describe(kind, path, schema, ui, options, steps)
        field = Field(
            id=name,
            path=path,
            kind=kind,
            title=str(schema.get("title", name)),
            help=str(ui.get("help") or schema.get("description") or ""),
            schema=clean,
            ui=ui,
            required=required,
            nullable=nullable,
            options=options,
            children=children,
            item=item,
            ref=ref,
            default=schema.get("default", MISSING),
            visible=self._condition(ui.get("visible_when"), extra, path, steps, f"{spot}/ui/visible_when", conditional),
            required_when=self.rule(self._placed(ui.get("required_when"), path, steps), f"{spot}/ui/required_when"),
            computed=self.rule(self._placed(ui.get("computed"), path, steps), f"{spot}/ui/computed"),
            defs=self.defs,
            by_id={c.id: c for c in children},
            by_key={o.key: o for top in options for _, o in top.walk()},
        )
        if field.visible is not None or field.computed is not None or field.required_when is not None:
            if conditional:
                self.nodes.append(Node(field, steps))
            else:
                self.fault(f"{spot}/ui", "rule_out_of_reach", path=path)
        return field

    def _resolved(self, schema: Mapping[str, Any], path: str, spot: str, expand: bool) -> tuple[dict[str, Any], str | None]:
        """The schema with its block or reference put in place, and the name of a recursive reference (which stays one)."""
        merged = dict(schema)
        for _ in range(20):
            if include := merged.pop("include", None):
                block = self.blocks.get(include)
                if block is None:
                    self.fault(f"{spot}/include", "block", block=include)
                    return {**merged, "type": "object", "properties": {}}, None
                for locale, texts in _translations(block).items():
                    words = self.spoken.setdefault(locale, {})
                    words.update({f"form.{path}.{name.removeprefix('form.')}": text for name, text in texts.items()})
                body = {k: block[k] for k in ("type", "title", "description", "properties", "required", "additionalProperties", "minProperties") if k in block}
                merged = {**body, **merged, "ui": {**{k: v for k, v in block.get("ui", {}).items() if k not in ("pages", "checks")}, **merged.get("ui", {})}}
            elif ref := merged.pop("$ref", None):
                target = self._target(ref)
                if target is None:
                    self.fault(f"{spot}/$ref", "ref", ref=ref)
                    return merged, None
                name, meant = target
                if name in self.recursive and not (expand and self.defs.get(name) is None and path == f"${name}"):
                    return {**{k: v for k, v in meant.items() if k in MARKUP}, **merged}, name
                merged = {**meant, **merged}
            else:
                break
        return merged, None

    def _target(self, ref: str) -> tuple[str, Mapping[str, Any]] | None:
        if ref == "#":
            return "#", self.definition
        name = ref.removeprefix("#/$defs/")
        body = self.raw_defs.get(name) if ref.startswith("#/$defs/") else None
        return (name, body) if isinstance(body, Mapping) else None

    def _parts(
        self,
        schema: Mapping[str, Any],
        kind: FieldType,
        path: str,
        spot: str,
        steps: tuple[str, ...],
        conditional: bool,
        section_rules: Mapping[str, list[Any]],
        options: tuple[Option, ...],
        ui: Mapping[str, Any],
    ) -> tuple[tuple[Field, ...], Field | None, dict[str, Any]]:
        """Children, item and the validation schema of a field."""
        plain = strip(
            {k: v for k, v in schema.items() if k not in ("properties", "items", "oneOf", "anyOf", "patternProperties", "additionalProperties", "$defs")}
        )
        fragment = kind.fragment(schema, ui)
        if kind.key == "group":
            children = self._properties(schema, path, spot, steps, conditional, section_rules)
            closed = {"additionalProperties": False} if schema.get("additionalProperties") is False else {}
            return children, None, {**fragment, **plain, "properties": {c.id: c.schema for c in children}, **closed}
        if kind.key == "rows":
            item = self.field(
                schema.get("items", {}), "", f"{path}", f"{spot}/items", (*steps, *self._own(path, steps), "[]"), conditional=conditional, required=True
            )
            return (), item, {**fragment, **plain, "items": item.schema}
        if kind.key == "map":
            return self._map(schema, path, spot, {**fragment, **plain})
        if kind.key == "union":
            shapes = schema.get("oneOf") or schema.get("anyOf") or ()
            children = tuple(self.field(s, str(n), f"{path}.{n}", f"{spot}/oneOf/{n}", (), conditional=False, required=True) for n, s in enumerate(shapes))
            return children, None, {**plain, "oneOf" if "oneOf" in schema else "anyOf": [c.schema for c in children]}
        rest = strip({k: v for k, v in schema.items() if k in ("properties", "items", "oneOf", "anyOf", "patternProperties", "additionalProperties")})
        if options and kind.key in ("choice", "choices"):
            values = [o.value for o in options]
            rest.pop("oneOf", None)
            rest.pop("anyOf", None)
            if kind.key == "choice":
                return (), None, {**fragment, **plain, **rest, **({} if "const" in plain else {"enum": values})}
            return (), None, {**fragment, **plain, **rest, "items": {"enum": values}, "maxItems": min(plain.get("maxItems", len(values)), len(values))}
        if kind.key in ("json", "rule"):
            return (), None, {k: v for k, v in {**plain, **rest}.items() if k in ("type", "enum")} if "oneOf" not in rest else {}
        return (), None, {**fragment, **rest, **plain}

    @staticmethod
    def _own(path: str, steps: tuple[str, ...]) -> tuple[str, ...]:
        """The step from a container into the field itself; an item of items has none of its own."""
        inside = ".".join(s for s in steps if s != "[]")
        own = path[len(inside) :].lstrip(".") if path.startswith(inside) else path
        return (own,) if own else ()

    def _properties(
        self, schema: Mapping[str, Any], path: str, spot: str, steps: tuple[str, ...], conditional: bool, section_rules: Mapping[str, list[Any]]
    ) -> tuple[Field, ...]:
        properties: Mapping[str, Any] = schema.get("properties", {})
        asked = schema.get("required", ())
        order = schema.get("ui", {}).get("order", ())
        names = [*(n for n in order if n in properties), *(n for n in properties if n not in order)]
        for index, name in enumerate(asked):
            if name not in properties:
                self.fault(f"{spot}/required/{index}", "required_unknown", name=name)
        below = (*steps, *self._own(path, steps)) if path else steps
        return tuple(
            self.field(
                properties[n],
                n,
                f"{path}.{n}" if path else n,
                f"{spot}/properties/{n.replace('~', '~0').replace('/', '~1')}",
                below,
                required=n in asked,
                conditional=conditional,
                extra=section_rules.get(n, ()),
            )
            for n in names
        )

    def _map(self, schema: Mapping[str, Any], path: str, spot: str, plain: dict[str, Any]) -> tuple[tuple[Field, ...], Field, dict[str, Any]]:
        patterns: Mapping[str, Any] = schema.get("patternProperties", {})
        if patterns:
            pattern, entry = next(iter(patterns.items()))
            item = self.field(entry, "value", f"{path}.value", f"{spot}/patternProperties", (), conditional=False, required=True)
            closed = {"additionalProperties": False} if schema.get("additionalProperties") is False else {}
            return (), item, {**plain, "patternProperties": {pattern: item.schema}, **closed}
        entry = schema.get("additionalProperties")
        item = self.field(
            entry if isinstance(entry, Mapping) else {}, "value", f"{path}.value", f"{spot}/additionalProperties", (), conditional=False, required=True
        )
        return (), item, {**plain, "additionalProperties": item.schema}

    # ---- rules, types, labels

    def rule(self, expr: Any, spot: str) -> Rule | None:
        """*expr* compiled; a refused rule becomes findings."""
        if expr is None:
            return None
        try:
            return compile_rule(expr)
        except RuleError as error:
            self.findings.extend(Finding(f.level, f"{spot} {f.path}".strip(), f.key, f.params) for f in error.findings)
            return None

    def _condition(self, expr: Any, extra: Sequence[Any], path: str, steps: tuple[str, ...], spot: str, conditional: bool) -> Rule | None:
        parts = [*extra, *([self._placed(expr, path, steps)] if expr is not None else [])]
        if not parts or not conditional:
            return self.rule(expr, spot) if parts else None
        return self.rule(parts[0] if len(parts) == 1 else {"and": parts}, spot)

    def _placed(self, expr: Any, path: str, steps: tuple[str, ...]) -> Any:
        """A block does not know where it will stand: ``block.x`` in its rules means the neighbour *x*."""
        near = "row." if steps and steps[-1] == "[]" else "form." + "".join(f"{s}." for s in path.split(".")[:-1])
        return _replace_block(expr, near)

    def _describe(
        self, kind: FieldType, path: str, schema: Mapping[str, Any], ui: Mapping[str, Any], options: tuple[Option, ...], steps: tuple[str, ...]
    ) -> None:
        if not path or path.startswith("$"):
            return
        rule_type = kind.rule_type
        if kind.key in ("computed", "reference", "licence_ref"):
            declared = schema.get("type")
            by_type: dict[str, Type] = {"boolean": "bool", "number": "number", "integer": "number", "string": "money" if kind.key == "computed" else "text"}
            rule_type = by_type.get(str(declared), rule_type)
        choices: dict[Any, str] = {o.value: o.title for top in options for _, o in top.walk() if o.value is not None}
        if kind.key == "yes_no":
            choices = {True: str(ui.get("yes", "是")), False: str(ui.get("no", "否"))}
        label = Label(str(schema.get("title", path.rsplit(".", 1)[-1])), choices, str(ui.get("unit", "")) or ("分" if rule_type == "money" else ""))
        self.types.setdefault(f"form.{path}", rule_type)
        self.labels.setdefault(f"form.{path}", label)
        if steps and steps[-1] == "[]":
            leaf = path.rsplit(".", 1)[-1]
            self.types.setdefault(f"row.{leaf}", rule_type)
            self.labels.setdefault(f"row.{leaf}", label)


def _replace_block(expr: Any, near: str) -> Any:
    if isinstance(expr, Mapping):
        return {
            k: near + v.removeprefix("block.") if k == "var" and isinstance(v, str) and v.startswith("block.") else _replace_block(v, near)
            for k, v in expr.items()
        }
    if isinstance(expr, list):
        return [_replace_block(e, near) for e in expr]
    return expr


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that takes null as well."""
    if "enum" in schema:
        return {
            **schema,
            "enum": [*schema["enum"], None] if None not in schema["enum"] else schema["enum"],
            **({"type": _with_null(schema["type"])} if "type" in schema else {}),
        }
    if "type" in schema:
        return {**schema, "type": _with_null(schema["type"])}
    return {"anyOf": [schema, {"type": "null"}]} if schema else schema


def _with_null(types: Any) -> list[str]:
    listed = [types] if isinstance(types, str) else list(types)
    return [*listed, "null"] if "null" not in listed else listed


def _includes(value: Any) -> set[str]:
    found: set[str] = set()
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):  # most of a form is texts
            continue
        if isinstance(here, Mapping):
            if isinstance(here.get("include"), str):
                found.add(here["include"])
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)
    return found


def _translations(definition: Definition) -> dict[str, dict[str, str]]:
    """The definition's own translations; its paths may leave out the leading ``form.``."""
    found = definition.get("translations", {})
    if not isinstance(found, Mapping) or not all(isinstance(texts, Mapping) for texts in found.values()):
        return {}
    return {
        locale: {path if path.startswith("form.") else f"form.{path}": text for path, text in texts.items() if isinstance(text, str)}
        for locale, texts in found.items()
    }
