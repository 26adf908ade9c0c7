"""Fields made of fields: group, rows, union, keyed map, recursion.

Each coerces its parts through a WTForms form made once per list of fields, and never more of them than the definition allows.
"""

# ruff: noqa: ARG002 - all kinds share one set of faces; each needs only some of the arguments

from collections.abc import Mapping
from typing import Any

from wtforms import Form

from core.forms.branch import Branch
from core.forms.clean import line
from core.forms.fieldtypes.base import MISSING, FieldType, Title, read
from core.forms.spec import DEFAULT_MAX_ITEMS, MAX_DEPTH, Field

#: Rows beyond the definition's limit are kept as plain texts, to be shown again with the reason; beyond this they are not.
ROWS_KEPT = 5_000

_classes: dict[tuple[Field, ...], type[Form]] = {}


def form_class(fields: tuple[Field, ...]) -> type[Form]:
    """The WTForms class of a list of fields; made once and kept as long as the fields' form."""
    made = _classes.get(fields)
    if made is None:
        if len(_classes) > 2_000:
            _classes.clear()  # forms come and go with their versions; making a class again is cheap
        made = _classes[fields] = type("Answers", (Form,), {f"q{n}": f.kind.wtf(f) for n, f in enumerate(fields)})
    return made


def read_fields(fields: tuple[Field, ...], branch: Branch) -> dict[str, Any]:
    """The answers posted below *branch*, coerced; unanswered fields are left out, unknown names never looked at."""
    form = form_class(fields)(branch)
    found = {f.id: answer.data for f, answer in zip(fields, form, strict=True) if answer.data is not MISSING}
    if found:  # where anything was answered, a blank that has to be there and may be null is null
        found.update({f.id: None for f in fields if f.nullable and f.required and f.id not in found})
    return found


def _depth(branch: Branch) -> bool:
    return bool(branch.kids)


class Group(FieldType):
    """Several fields that belong together: an object."""

    key = "group"
    rule_type = "any"
    macro = "group"
    group = True
    structural = True
    title = Title("一组", "Group")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """An object."""
        return {"type": "object"}

    def decode(self, field: Field, branch: Branch) -> Any:
        """The parts that were answered."""
        return read_fields(field.children, branch) or MISSING if _depth(branch) else MISSING

    def accepts_mark(self, field: Field, mark: str) -> bool:
        """An object may be empty."""
        return super().accepts_mark(field, mark) or mark == "{}"

    def display(self, field: Field, value: Any, locale: str) -> str:
        """In one line, for lists."""
        return summary(field.body.children, value, locale)

    def sample(self, field: Field, seed: int = 0) -> Any:
        """Every part."""
        from core.forms.sample import sample_fields

        return sample_fields(field.body.children, seed)


class Recursive(Group):
    """A group that holds its own kind: a node of a tree."""

    key = "recursive"
    title = Title("层层嵌套", "Recursive group")

    def decode(self, field: Field, branch: Branch) -> Any:
        """As the definition it stands for."""
        return field.body.kind.decode(field.body, branch) if branch.kids or branch.texts else MISSING

    def accepts_mark(self, field: Field, mark: str) -> bool:
        """As the definition it stands for."""
        return field.body.kind.accepts_mark(field.body, mark) or super().accepts_mark(field, mark)


class Rows(FieldType):
    """The same questions again and again: a list of objects, or of single answers."""

    key = "rows"
    rule_type = "rows"
    macro = "rows"
    group = True
    structural = True
    required_key = "forms.required_rows"
    title = Title("重复行", "Repeated rows")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """A list that ends."""
        return {"type": "array", "maxItems": DEFAULT_MAX_ITEMS}

    def decode(self, field: Field, branch: Branch) -> Any:
        """One entry a row, renumbered. Too many rows are kept as bare texts: no WTForms entry is made for them."""
        item = field.item
        if item is None:
            return MISSING
        rows = branch.rows()
        if len(rows) > field.schema.get("maxItems", DEFAULT_MAX_ITEMS):
            return [bare(item, row) for _, row in rows[:ROWS_KEPT]]
        values = [({} if item.children else MISSING) if (v := read(item, row)) is MISSING else v for _, row in rows]
        kept = [v for v in values if v is not MISSING]
        return kept or MISSING

    def accepts_mark(self, field: Field, mark: str) -> bool:
        """No row may be an answer."""
        return super().accepts_mark(field, mark) or mark == "[]"

    def display(self, field: Field, value: Any, locale: str) -> str:
        """Count and first answers: ``2 项:王芳；李建国``."""
        if not isinstance(value, list) or field.item is None:
            return str(value)
        item = field.item
        if not item.children:
            return ("; " if locale == "en" else "；").join(item.kind.display(item.body, v, locale) for v in value)
        names = [summary(item.children[:1], v, locale) for v in value[:20]]
        unit = f"{len(value)} " + ("rows: " if locale == "en" else "项：")
        return unit + "、".join(n for n in names if n)

    def sample(self, field: Field, seed: int = 0) -> Any:
        """As many rows as are asked for, at least one."""
        if field.item is None:
            return []
        item = field.item
        return [item.kind.sample(item.body, seed + i) for i in range(max(1, field.schema.get("minItems", 1)))]


def bare(item: Field, branch: Branch) -> Any:
    """One row without coercion: cleaned texts by field."""
    if not item.children:
        return line(branch.texts[-1]) if branch.texts else ""
    return {f.id: line(text) for f in item.children if (text := branch.first(f.id))}


class Map(FieldType):
    """Entries by a name that the writer chooses: an object without fixed keys. Posted as numbered pairs of key and value."""

    key = "map"
    rule_type = "any"
    macro = "map"
    group = True
    structural = True
    required_key = "forms.required_rows"
    title = Title("按名称列出", "Keyed map")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """An object that ends."""
        return {"type": "object", "maxProperties": 2_000}

    def decode(self, field: Field, branch: Branch) -> Any:
        """Key and value of each numbered pair. A key that comes twice keeps both: the second gets a mark, so that nothing is lost."""
        if field.item is None:
            return MISSING
        entries: dict[str, Any] = {}
        rows = branch.rows()
        for _, row in rows[: field.schema.get("maxProperties", 2_000) + 1]:
            key = line(row.first("key") or "")
            value = read(field.item, row.child("value"))
            if not key and value is MISSING:
                continue
            while key in entries:
                key += "*"
            entries[key] = ({} if field.item.body.children else None) if value is MISSING else value
        return entries or MISSING

    def accepts_mark(self, field: Field, mark: str) -> bool:
        """No entry may be an answer."""
        return super().accepts_mark(field, mark) or mark == "{}"

    def display(self, field: Field, value: Any, locale: str) -> str:
        """The keys."""
        return "、".join(value) if isinstance(value, dict) else str(value)

    def sample(self, field: Field, seed: int = 0) -> Any:
        """One entry where one is asked for."""
        count = field.schema.get("minProperties", 0)
        if field.item is None or not count:
            return {}
        return {f"entry_{i + 1}": field.item.kind.sample(field.item.body, seed + i) for i in range(count)}


class Union(FieldType):
    """One of several shapes. ``<name>-_as`` says which; the fields of shape *n* are posted below ``<name>-n``."""

    key = "union"
    rule_type = "any"
    macro = "union"
    group = True
    structural = True
    required_key = "forms.required_choice"
    title = Title("几种之一", "One of several shapes")

    def decode(self, field: Field, branch: Branch) -> Any:
        """The chosen shape's value."""
        chosen = branch.first("_as")
        if chosen is None or not chosen.isdigit() or len(chosen) > 3 or int(chosen) >= len(field.children):
            return MISSING
        shape = field.children[int(chosen)]
        value = read(shape, branch.child(chosen))
        if value is MISSING and shape.body.children:
            return fixed(shape)
        return value

    def accepts_mark(self, field: Field, mark: str) -> bool:
        """Only null; a shape marks its own emptiness."""
        return mark == "null" and field.nullable

    def display(self, field: Field, value: Any, locale: str) -> str:
        """As the shape it has."""
        shape = which(field, value)
        return shape.kind.display(shape.body, value, locale) if shape is not None else ("" if value is None else str(value))

    def sample(self, field: Field, seed: int = 0) -> Any:
        """The first shape."""
        shape = field.children[0]
        return shape.kind.sample(shape.body, seed)


def fixed(shape: Field) -> dict[str, Any]:
    """What a freshly chosen shape holds already: its constants, which tell it from the other shapes."""
    return {f.id: f.schema["const"] for f in shape.body.children if "const" in f.schema}


def which(field: Field, value: Any) -> Field | None:
    """The shape *value* has: by its constants, then by its type, then by the names it uses."""
    best, score = None, -1
    for shape in field.children:
        fit = _fit(shape, value, 0)
        if fit > score:
            best, score = shape, fit
    return best if score >= 0 else None


_PYTHON: Mapping[str, Any] = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float), "null": type(None)}


def _fit(shape: Field, value: Any, depth: int) -> int:
    """How well a shape fits, -1 for not at all."""
    body = shape.body
    if body.kind.key == "union" and depth < MAX_DEPTH:
        return max((_fit(inner, value, depth + 1) for inner in body.children), default=-1)
    types = body.schema.get("type")
    allowed = (types,) if isinstance(types, str) else tuple(types or ())
    if allowed and not any(isinstance(value, _PYTHON[t]) and (t == "boolean" or not isinstance(value, bool)) for t in allowed if t in _PYTHON):
        return -1
    if body.options:
        return 50 if any(o.value == value for o in body.options) else (-1 if not isinstance(value, str) else 0)
    if not body.children or not isinstance(value, dict):
        return 1
    for part in body.children:
        if "const" in part.schema and part.id in value:
            return 1000 if value[part.id] == part.schema["const"] else -1
    known = sum(1 for key in value if key in body.by_id)
    missing = sum(1 for part in body.children if part.required and part.id not in value)
    return max(0, 20 + 4 * known - 6 * (len(value) - known) - 3 * missing)


def summary(fields: tuple[Field, ...], value: Any, locale: str) -> str:
    """The answers of a group in one line."""
    if not isinstance(value, dict):
        return "" if value is None else str(value)
    parts = [f.kind.display(f.body, value[f.id], locale) for f in fields if f.id in value and value[f.id] is not None]
    return ("; " if locale == "en" else "；").join(p for p in parts if p)
