"""What editors of definitions need above all: a rule, a piece of JSON, a list of texts."""

# ruff: noqa: ARG002 - all kinds share one set of faces; each needs only some of the arguments

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.forms.clean import code, line
from core.forms.conditions import rule_problem
from core.forms.fieldtypes.base import MISSING, FieldType, Problem, Title
from core.forms.spec import DEFAULT_MAX_ITEMS, Field

#: A text that is no JSON is kept under this key, so that its writer sees it again; no schema accepts it.
BROKEN = "__text__"


class Json(FieldType):
    """A value of no fixed shape, written as JSON."""

    key = "json"
    rule_type = "any"
    macro = "json"
    title = Title("数据", "Data (JSON)")

    def coerce(self, field: Field, text: str) -> Any:
        """Parsed; a text that is not JSON is kept aside for :meth:`check` to refuse."""
        if not text.strip():
            return MISSING
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            try:
                return json.loads(code(text))
            except (ValueError, RecursionError):
                return {BROKEN: text}

    def encode(self, field: Field, value: Any) -> Any:
        """Readable JSON, or the broken text as it was typed."""
        if value is MISSING:
            return ""
        if isinstance(value, dict) and set(value) == {BROKEN}:
            return value[BROKEN]
        return json.dumps(value, ensure_ascii=False, indent=1 if isinstance(value, dict | list) and value else None)

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """A broken text."""
        if isinstance(value, dict) and BROKEN in value:
            yield (), "forms.json", {}

    def display(self, field: Field, value: Any, locale: str) -> str:
        """Compact JSON; plain text as it is."""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def sample(self, field: Field, seed: int = 0) -> Any:
        """The smallest value of the type asked for."""
        types = field.schema.get("type", "object")
        first = types if isinstance(types, str) else types[0]
        return {"string": "样例", "number": 1, "integer": 1, "boolean": True, "array": [], "null": None}.get(first, {})


class Lines(FieldType):
    """A list of short texts, written one a line."""

    key = "lines"
    rule_type = "any"
    macro = "json"
    title = Title("一行一个", "One a line")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """A list of texts that ends somewhere."""
        return {"type": "array", "items": {"type": "string"}, "maxItems": DEFAULT_MAX_ITEMS}

    def coerce(self, field: Field, text: str) -> Any:
        """The lines that say something."""
        return [kept for each in text.splitlines() if (kept := line(each))] or MISSING

    def accepts_mark(self, field: Field, mark: str) -> bool:
        """A list may be empty."""
        return super().accepts_mark(field, mark) or mark == "[]"

    def encode(self, field: Field, value: Any) -> Any:
        """One a line; what is no list of texts is shown as it is."""
        if value is MISSING:
            return ""
        return "\n".join(map(str, value)) if isinstance(value, list) else str(value)

    def display(self, field: Field, value: Any, locale: str) -> str:
        """In one line."""
        return ("、" if locale == "zh" else ", ").join(map(str, value)) if isinstance(value, list) else str(value)

    def sample(self, field: Field, seed: int = 0) -> Any:
        """As many as there must be, none twice."""
        return [f"样例{n + 1}" for n in range(max(1, int(field.schema.get("minItems", 1))))]


class RuleText(Json):
    """A condition in the rule language."""

    key = "rule"
    macro = "rule"
    title = Title("条件", "Rule")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """The rule compiler is the judge."""
        return {}

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """Not a rule: said in the rule compiler's words."""
        yield from super().check(field, value)
        if not (isinstance(value, dict) and BROKEN in value) and (wrong := rule_problem(value)) is not None:
            yield (), wrong[0], wrong[1]

    def sample(self, field: Field, seed: int = 0) -> Any:
        """A rule that always holds."""
        return {"==": [1, 1]}
