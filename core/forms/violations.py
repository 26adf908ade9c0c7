"""What JSON Schema finds, as the key of words that say how to mend it. Answers never go into the parameters: they may be secret."""

# ruff: noqa: ARG001, ARG005 - one signature for every keyword; each needs only some of the arguments

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from core.forms.fieldtypes.text import length_problem
from core.forms.spec import Field

Worded = tuple[str, dict[str, Any]]

_DIGITS = re.compile(r"\^\[0-9\](?:\{([0-9]+)\}|[+*])\$")


def worded(field: Field, inner: tuple[str | int, ...], keyword: str, value: Any) -> Worded:
    """The key and parameters for *keyword* broken at *field* (``inner``: the part of the answer, for kinds of several parts)."""
    schema = _inside(field.schema, inner)
    make = _KEYWORDS.get(keyword)
    return make(field, schema, value) if make is not None else ("forms.invalid", {})


def _inside(schema: Mapping[str, Any], inner: tuple[str | int, ...]) -> Mapping[str, Any]:
    for step in inner:
        schema = schema.get("items", {}) if isinstance(step, int) else schema.get("properties", {}).get(step, {})
    return schema


def _type(field: Field, schema: Mapping[str, Any], value: Any) -> Worded:
    wanted = schema.get("type")
    wanted = next((t for t in wanted if t != "null"), None) if isinstance(wanted, list) else wanted
    if wanted == "integer" and isinstance(value, float):
        return "forms.integer", {}
    return {"number": ("forms.number", {}), "integer": ("forms.number", {}), "boolean": ("forms.enum", {})}.get(str(wanted), ("forms.type", {}))


def _length(field: Field, schema: Mapping[str, Any], value: Any) -> Worded:
    have, least, most = len(value), schema.get("minLength", 0), schema.get("maxLength", 0)
    if least and least == most:
        return length_problem(have, least)
    if have < least:
        return "forms.min_length", {"limit": least, "have": have, "more": least - have}
    return "forms.max_length", {"limit": most, "have": have, "over": have - most}


def _pattern(field: Field, schema: Mapping[str, Any], value: Any) -> Worded:
    digits = _DIGITS.fullmatch(str(schema.get("pattern", "")))
    if digits is not None and isinstance(value, str):
        if not (value.isascii() and value.isdigit()):
            return "forms.digits_only", {}
        if digits.group(1):
            return length_problem(len(value), int(digits.group(1)))
    example = field.ui.get("placeholder")
    return ("forms.pattern_example", {"example": example}) if example else ("forms.pattern", {})


def _bound(key: str, keyword: str) -> Callable[[Field, Mapping[str, Any], Any], Worded]:
    def make(field: Field, schema: Mapping[str, Any], value: Any) -> Worded:
        unit = field.ui.get("unit", "")
        return key, {"limit": f"{schema.get(keyword, '')}{' ' + unit if unit else ''}"}

    return make


def _items(field: Field, schema: Mapping[str, Any], value: Any) -> Worded:
    least, most, have = schema.get("minItems", 0), schema.get("maxItems"), len(value)
    if have < least:
        return (field.kind.required_key, {}) if not have else ("forms.min_items", {"limit": least, "have": have, "more": least - have})
    return "forms.max_items", {"limit": most, "have": have, "over": have - (most or have)}


def _enum(field: Field, schema: Mapping[str, Any], value: Any) -> Worded:
    return (field.kind.required_key, {}) if field.kind.key == "statement" else ("forms.enum", {})


def _properties(field: Field, schema: Mapping[str, Any], value: Any) -> Worded:
    return (field.kind.required_key, {}) if not value else ("forms.invalid", {})


_KEYWORDS: Mapping[str, Callable[[Field, Mapping[str, Any], Any], Worded]] = {
    "type": _type,
    "minLength": _length,
    "maxLength": _length,
    "pattern": _pattern,
    "minimum": _bound("forms.minimum", "minimum"),
    "maximum": _bound("forms.maximum", "maximum"),
    "exclusiveMinimum": _bound("forms.more_than", "exclusiveMinimum"),
    "exclusiveMaximum": _bound("forms.less_than", "exclusiveMaximum"),
    "multipleOf": _bound("forms.multiple_of", "multipleOf"),
    "minItems": _items,
    "maxItems": _items,
    "enum": _enum,
    "const": _enum,
    "minProperties": _properties,
    "uniqueItems": lambda f, s, v: ("forms.unique", {}),
    "additionalProperties": lambda f, s, v: ("forms.unknown_key", {}),
    "patternProperties": lambda f, s, v: ("forms.unknown_key", {}),
}
