"""One validation error → findings a person can act on: the value that was meant, the names that exist, the one alternative that fits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from jsonschema.exceptions import ValidationError, best_match

from core.kernel.errors import Finding
from core.schemas.reading import join

#: A ``ValidationError``; its stubs call every attribute possibly unset, which it never is once raised.
Error = Any

_TYPES = {
    "string": ("文字", "text"),
    "number": ("数", "a number"),
    "integer": ("整数", "a whole number"),
    "boolean": ("是或否(true / false)", "true or false"),
    "array": ("列表 […]", "a list […]"),
    "object": ("对象 {…}", "an object {…}"),
    "null": ("空(null)", "null"),
}
_SIZES = {"minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "minProperties", "maxProperties"}


def explain(error: Error) -> Iterator[Finding]:
    """The findings of one error of jsonschema; for ``oneOf`` those of the alternative that was meant."""
    keyword = str(error.validator)
    worker = _WORKERS.get(keyword)
    if worker is not None:
        yield from worker(error)
    elif keyword in _SIZES:
        yield _finding(error, keyword, limit=error.validator_value, found=_size(error))
    else:
        yield _finding(error, "other", message=error.message[:200])


def _finding(error: Error, key: str, *more: str | int, **params: Any) -> Finding:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    path = join((*error.absolute_path, *more))
    return Finding("error", path, f"schemas.{key}", {"title": schema.get("title", ""), "value": _short(error.instance), **params})


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    return str(value)[:60] if isinstance(value, str | int | float) else type(value).__name__


def _size(error: Error) -> Any:
    return len(error.instance) if str(error.validator).endswith(("Length", "Items", "Properties")) else error.instance


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    for kind, python in (("null", type(None)), ("string", str), ("array", list), ("object", dict), ("integer", int)):
        if isinstance(value, python):
            return kind
    return "integer" if isinstance(value, float) and value.is_integer() else "number"


def _near(word: Any, known: Sequence[str]) -> str:
    found = get_close_matches(str(word).lower(), known, 1, 0.6) if isinstance(word, str) else []
    return found[0] if found else ""


def _type(error: Error) -> Iterator[Finding]:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    found = _kind(error.instance)
    mend = ""
    text = str(error.instance).strip().lower()
    number = bool({"number", "integer"} & set(wanted)) and text.replace(".", "", 1).isdigit()
    if found == "string" and (number or ("boolean" in wanted and text in ("true", "false"))):
        mend = "_unquote"
    elif found == "null" and len(wanted) == 1:
        mend = "_drop"
    elif wanted == ["array"]:
        mend = "_wrap"
    yield _finding(
        error,
        f"type{mend}",
        wanted="、".join(_TYPES[w][0] for w in wanted),
        wanted_en=" or ".join(_TYPES[w][1] for w in wanted),
        found=_TYPES[found][0],
        found_en=_TYPES[found][1],
        bare=text,
    )


def _unknown(error: Error) -> Iterator[Finding]:
    """``additionalProperties: false``: one finding for each name too many."""
    import re

    schema = error.schema
    known, patterns = list(schema.get("properties", {})), list(schema.get("patternProperties", {}))
    for name in error.instance:
        if name in known or any(re.search(p, name) for p in patterns):
            continue
        if patterns:
            yield _finding(error, "bad_name", name, name=name, pattern=_shown(patterns[0]))
            continue
        near = _near(name, [k for k in known if k not in error.instance])
        yield _finding(error, "unknown_near" if near else "unknown", name, name=name, near=near, allowed="、".join(known))


def _shown(pattern: str) -> str:
    return pattern.removesuffix(r"\Z").removeprefix("^").removesuffix("$")


def _required(error: Error) -> Iterator[Finding]:
    for name in error.validator_value:
        if name not in error.instance:
            sub = error.schema.get("properties", {}).get(name, {})
            title = sub.get("title", "") if isinstance(sub, Mapping) else ""
            yield _finding(error, "required", name, name=name, what=title or name)


def _dependent(error: Error) -> Iterator[Finding]:
    for name, needed in error.validator_value.items():
        for other in needed:
            if name in error.instance and other not in error.instance:
                title = error.schema.get("properties", {}).get(other, {}).get("title", other)
                yield _finding(error, "dependent", other, name=other, what=title, because=name)


def _const(error: Error) -> Iterator[Finding]:
    yield _finding(error, "const", wanted=_short(error.validator_value))


def _enum(error: Error) -> Iterator[Finding]:
    yield _choice(error, {_short(v): _short(v) for v in error.validator_value})


def _choice(error: Error, options: Mapping[str, str]) -> Finding:
    near = _near(error.instance, list(options))
    if not near:  # the title was written instead of the value
        near = next((value for value, title in options.items() if title == error.instance), "")
    allowed = "、".join(value if title == value else f"{value}({title})" for value, title in options.items())
    return _finding(error, "choice_near" if near else "choice", near=near, allowed=allowed)


def _pattern(error: Error) -> Iterator[Finding]:
    wide = any("\uff01" <= c <= "\uff5e" or c == "\u3000" for c in str(error.instance))
    yield _finding(error, "pattern_wide" if wide else "pattern", pattern=_shown(str(error.validator_value)))


def _unique(error: Error) -> Iterator[Finding]:
    seen: list[Any] = []
    for index, value in enumerate(error.instance):
        if value in seen:
            yield _finding(error, "twice", index, value=_short(value))
        seen.append(value)


def _one_of(error: Error) -> Iterator[Finding]:
    branches = error.validator_value
    if all(isinstance(b, Mapping) and "const" in b for b in branches):
        yield _choice(error, {_short(b["const"]): str(b.get("title", b["const"])) for b in branches})
        return
    if all(set(b) == {"required"} for b in branches):
        yield _finding(error, "exactly_one", names="、".join(b["required"][0] for b in branches))
        return
    if not error.context:
        yield _finding(error, "several_shapes")
        return
    groups: dict[int, list[Error]] = {}
    for sub in error.context:
        groups.setdefault(int(sub.schema_path[0]), []).append(sub)
    tag = _tag(error, groups)
    if tag is not None:
        yield tag
        return
    for sub in _meant(error, groups):
        yield from explain(sub)


def _tag(error: Error, groups: Mapping[int, list[Error]]) -> Finding | None:
    """When every alternative names itself by a constant (``kind``) and none fits: say which there are."""
    names = []
    for subs in groups.values():
        mark = next((s for s in subs if s.validator == "const" and len(s.path) == 1), None)
        if mark is None:
            missing = next((s for s in subs if s.validator == "required" and "kind" in s.validator_value and "kind" not in s.instance), None)
            if missing is None:
                return None
            return _finding(error, "required", "kind", name="kind", what="种类 kind")
        names.append(mark)
    consts = {str(m.validator_value): str(m.validator_value) for m in names}
    return _choice(names[0], consts) if len(names) > 1 else None


def _meant(error: Error, groups: Mapping[int, list[Error]]) -> list[Error]:
    """The errors of the alternative the author had in mind: right type, right constant; else the one that went wrong deepest."""

    def misses(subs: list[Error]) -> tuple[bool, bool, int]:
        wrong_type = any(s.validator == "type" and not s.path for s in subs)
        wrong_tag = any(s.validator == "const" and len(s.path) <= 1 for s in subs)
        return wrong_type, wrong_tag, len(subs)

    ranked = sorted(groups.values(), key=misses)
    right_type = [subs for subs in ranked if not misses(subs)[0]]
    if right_type:
        return right_type[0]
    best = best_match(iter(error.context or ()))
    if best is not None and not best.path:  # no alternative takes this type at all: name them together
        kinds = [s.validator_value for subs in ranked for s in subs if s.validator == "type" and not s.path]
        wanted = list(dict.fromkeys(kind for k in kinds for kind in ([k] if isinstance(k, str) else k)))
        joined: Error = ValidationError(error.message, validator="type", validator_value=wanted, instance=error.instance, schema=error.schema)
        joined.path.extend(error.absolute_path)
        return [joined]
    return ranked[0]


_WORKERS: Mapping[str, Callable[[Any], Iterator[Finding]]] = {
    "type": _type,
    "additionalProperties": _unknown,
    "required": _required,
    "dependentRequired": _dependent,
    "const": _const,
    "enum": _enum,
    "pattern": _pattern,
    "uniqueItems": _unique,
    "oneOf": _one_of,
    "not": lambda error: iter((_finding(error, "forbidden"),)),
}
