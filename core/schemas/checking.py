"""Document against schema: every error at once, each with its readable path, in words, with how to mend it.

``jsonschema`` is the authority and finds the errors. ``jsonschema-rs``, where installed, only says quickly that there are none;
a test holds the two to the same verdict.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from core.kernel.errors import Finding
from core.schemas import catalogue
from core.schemas.explaining import explain
from core.schemas.reading import MAX_DEPTH, too_deep


def validate(kind: str, doc: Any) -> list[Finding]:
    """Everything wrong with the shape of *doc* (already upgraded), in the order of the document; empty when right.

    Raises :class:`LookupError` for an unknown *kind*.
    """
    version = catalogue.newest(kind)
    if too_deep(doc):
        return [Finding("error", "", "schemas.too_deep", {"most": MAX_DEPTH})]
    fast = _fast(kind, version)
    if fast is not None and fast(doc):
        return []
    doc = _narrowed(doc, _places(kind, version, doc)) if fast is not None else doc
    found: dict[tuple[str, str, str], Finding] = {}
    for error in _authority(kind, version).iter_errors(doc):
        for finding in explain(error):
            found.setdefault((finding.path, finding.key, str(finding.params.get("name", ""))), finding)
    return list(found.values())


def is_valid(kind: str, doc: Any) -> bool:
    """Whether :func:`validate` would find nothing."""
    return not validate(kind, doc)


@cache
def _authority(kind: str, version: int) -> Draft202012Validator:
    schema = catalogue.load(kind, version)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(anchored(schema))


@cache
def _quick(kind: str, version: int) -> Any:
    try:
        import jsonschema_rs
    except ImportError:
        return None
    return jsonschema_rs.Draft202012Validator(catalogue.load(kind, version))


@cache
def _fast(kind: str, version: int) -> Any:
    validator = _quick(kind, version)

    def check(doc: Any) -> bool:
        try:
            return bool(validator.is_valid(doc))
        except (ValueError, TypeError):  # a value that is no JSON: let the authority say so
            return False

    return check if validator is not None else None


def _places(kind: str, version: int, doc: Any) -> list[tuple[str | int, ...]]:
    """Where *doc* is wrong; all of it when that cannot be told."""
    try:
        return [tuple(error.instance_path) for error in _quick(kind, version).iter_errors(doc)] or [()]
    except (ValueError, TypeError):
        return [()]


#: Maps of many entries of one kind – fields, steps –, each right or wrong by itself.
_MAPS = ("properties", "nodes")


def _narrowed(doc: Any, wrong: Iterable[tuple[str | int, ...]]) -> Any:
    """*doc* with only those fields and steps in which something is *wrong*: the authority takes its time, and one field in a thousand is wrong at once."""
    below: dict[str | int, list[tuple[str | int, ...]]] = {}
    for path in wrong:
        if not path:
            return doc  # the whole of it; nothing may be left out
        below.setdefault(path[0], []).append(path[1:])
    if isinstance(doc, list):
        return [_narrowed(each, below[index]) if index in below else each for index, each in enumerate(doc)]
    if not isinstance(doc, Mapping):
        return doc
    return {name: _entries(each, below.get(name, [])) if name in _MAPS else _narrowed(each, below.get(name, [])) for name, each in doc.items()}


def _entries(value: Any, wrong: list[tuple[str | int, ...]]) -> Any:
    if not isinstance(value, Mapping) or () in wrong:
        return value
    names = {path[0] for path in wrong}
    kept = [name for name in value if name in names] or list(value)[:1]
    return {name: _narrowed(value[name], [path[1:] for path in wrong if path[0] == name]) for name in kept}


def anchored(schema: Any) -> Any:
    """*schema* with ``$`` at the end of patterns read as JSON Schema means it: the very end.

    Python's ``$`` also matches before a final line break, so that ``"grant\\n"`` would pass for a slug.
    """
    if isinstance(schema, list):
        return [anchored(s) for s in schema]
    if not isinstance(schema, Mapping):
        return schema
    done: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "pattern" and isinstance(value, str):
            done[key] = _end(value)
        elif key == "patternProperties" and isinstance(value, Mapping):
            done[key] = {_end(p): anchored(s) for p, s in value.items()}
        else:
            done[key] = anchored(value)
    return done


def _end(pattern: str) -> str:
    return pattern[:-1] + r"\Z" if pattern.endswith("$") and not pattern.endswith("\\$") else pattern


def properties(schema: Mapping[str, Any], at: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every property a schema declares, with its place inside the schema (for docs, the studio and the test that all are titled)."""
    for keyword in ("properties", "patternProperties"):
        for name, sub in schema.get(keyword, {}).items():
            if isinstance(sub, Mapping):
                yield f"{at}/{keyword}/{json.dumps(name)}", sub
                yield from properties(sub, f"{at}/{keyword}/{name}")
    for keyword in ("items", "additionalProperties", "if", "then", "else", "not"):
        if isinstance(schema.get(keyword), Mapping) and keyword not in ("if", "then", "else", "not"):
            yield from properties(schema[keyword], f"{at}/{keyword}")
    for keyword in ("oneOf", "anyOf", "allOf"):
        for n, sub in enumerate(schema.get(keyword, ())):
            yield from (properties(sub, f"{at}/{keyword}/{n}") if keyword != "allOf" else ())
    for name, sub in schema.get("$defs", {}).items():
        yield from properties(sub, f"{at}/$defs/{name}")
