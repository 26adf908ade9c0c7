"""Numbers: plain, whole, money, computed."""

# ruff: noqa: ARG002 - all kinds share one set of faces; each needs only some of the arguments

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from core.forms.clean import code
from core.forms.fieldtypes.base import MISSING, FieldType, Problem, Title
from core.forms.spec import Field
from core.kernel.money import fen, yuan

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{1,12})?|\.[0-9]{1,12})(?:[eE][+-]?[0-9]{1,2})?")
_GROUPS = re.compile(r"(?<=[0-9])[, ](?=[0-9]{3}(?:[0-9]|\b))")


class Number(FieldType):
    """A number with or without decimals; ``ui.unit`` stands behind it."""

    key = "number"
    rule_type = "number"
    input_mode = "decimal"
    width = "s"
    title = Title("数字", "Number")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """A JSON number."""
        return {"type": "number"}

    def coerce(self, field: Field, text: str) -> Any:
        """``1,234.5`` and ``８６`` are numbers; what is none stays text, so that its writer sees it again."""
        bare = _GROUPS.sub("", code(text).replace("，", ","))
        unit = field.ui.get("unit")
        if unit:
            bare = bare.removesuffix(code(unit)).strip()
        if not bare:
            return MISSING
        if not _NUMBER.fullmatch(bare):
            return code(text)
        exact = Decimal(bare)
        return int(exact) if exact == exact.to_integral_value() and "." not in bare and "e" not in bare.lower() else float(exact)

    def encode(self, field: Field, value: Any) -> Any:
        """As typed; a float without an exponent where one can be avoided."""
        if isinstance(value, float):
            return format(Decimal(repr(value)), "f")
        return "" if value is None or value is MISSING else str(value)

    def display(self, field: Field, value: Any, locale: str) -> str:
        """Grouped, with its unit: ``1,234.5 ㎡``."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        grouped = f"{Decimal(repr(value)):,f}"
        unit = field.ui.get("unit")
        return f"{grouped} {unit}" if unit else grouped

    def sample(self, field: Field, seed: int = 0) -> Any:
        """The lowest allowed number, or a small one."""
        schema = field.schema
        low = schema.get("minimum", schema["exclusiveMinimum"] + 1 if "exclusiveMinimum" in schema else None)
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        base = 1 if low is None and (high is None or high >= 1) else (low if low is not None else high - 1)
        if step := schema.get("multipleOf"):
            base = -(-base // step) * step
        return base


class Integer(Number):
    """A whole number."""

    key = "integer"
    input_mode = "numeric"
    title = Title("整数", "Whole number")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """A JSON integer."""
        return {"type": "integer"}


class Money(FieldType):
    """An amount in yuan: a decimal string in JSON, integer 分 in rules."""

    key = "money"
    rule_type = "money"
    input_mode = "decimal"
    width = "s"
    title = Title("金额", "Amount of money")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """A decimal string; :meth:`check` says what is wrong with one."""
        return {"type": "string", "maxLength": 40}

    def coerce(self, field: Field, text: str) -> Any:
        """``¥1,234.5元`` → ``"1234.50"``."""
        bare = _GROUPS.sub("", code(text)).strip("¥￥元 ").strip()
        if not bare:
            return MISSING
        try:
            return yuan(fen(bare))
        except ValueError:
            return code(text)

    def clean(self, field: Field, value: Any) -> Any:
        """A string as :meth:`coerce` writes it."""
        if isinstance(value, str):
            coerced = self.coerce(field, value)
            return "" if coerced is MISSING else coerced
        return value

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """An amount with at most two places, within the definition's bounds."""
        try:
            amount = fen(value)
        except ValueError:
            yield (), "forms.money", {}
            return
        if amount < 0 and "minimum" not in field.schema:
            yield (), "forms.minimum", {"limit": "0"}

    def fact(self, field: Field, value: Any) -> Any:
        """分."""
        try:
            return fen(value)
        except (ValueError, TypeError):
            return None

    def display(self, field: Field, value: Any, locale: str) -> str:
        """``1,234.50 元``."""
        try:
            grouped = f"{Decimal(value):,f}"
        except (ArithmeticError, TypeError, ValueError):
            return str(value)
        return f"¥{grouped}" if locale == "en" else f"{grouped} 元"

    def sample(self, field: Field, seed: int = 0) -> Any:
        """A hundred yuan."""
        return "100.00"


class Computed(FieldType):
    """A value nobody types: ``ui.computed`` says how it follows from the others. The server's result is the only one kept."""

    key = "computed"
    rule_type = "number"
    macro = "computed"
    title = Title("计算值", "Computed value")

    def decode(self, field: Field, branch: Any) -> Any:
        """Whatever was posted is ignored."""
        return MISSING

    def display(self, field: Field, value: Any, locale: str) -> str:
        """Numbers grouped; amounts come as 分 and are shown as yuan."""
        if field.schema.get("type") == "boolean" or isinstance(value, bool):
            return {True: "是", False: "否"}.get(value, "") if locale != "en" else {True: "Yes", False: "No"}.get(value, "")
        if isinstance(value, int | float):
            grouped = f"{Decimal(repr(value)):,f}"
            return f"{grouped} {field.ui['unit']}" if field.ui.get("unit") else grouped
        return "" if value is None else str(value)

    def sample(self, field: Field, seed: int = 0) -> Any:
        """Left to the server."""
        return MISSING
