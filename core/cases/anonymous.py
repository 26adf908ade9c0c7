"""Answers of a case without the people in them: what an item test is made from (个人信息保护法 4, 73(4): nothing by which somebody can be recognised).

An answer stays only where nobody can be known by it and a rule needs it: a choice, a yes or no, a number, an amount or a day that a rule of the item
reads. Everything else – names, numbers of documents, telephones, addresses, places on a map, words, files, signatures, and every answer the form marks as
sensitive – becomes a sample of its type.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from core.forms.fieldtypes.base import MISSING
from core.forms.fieldtypes.nested import which
from core.forms.service import decide, sample
from core.forms.spec import Field
from core.items import facts as item_facts
from core.items.spec import CompiledItem

#: Kinds of questions whose answers can stay; every other kind is replaced.
KEPT = frozenset({"choice", "choices", "yes_no", "statement", "number", "integer", "money", "date"})
#: Kinds whose answers may be put back when the form's own checks need them together: they are choices of a closed list.
_CLOSED = frozenset({"choice", "choices", "yes_no", "statement"})
#: How often what hangs together is put back before giving up.
_ROUNDS = 4


def anonymised(compiled: CompiledItem, values: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """*values* with samples for whatever could tell who it was. ``known`` are the facts beside the form. What the form refuses is filled anew."""
    read = frozenset(_read(compiled))
    form = compiled.form
    made = {field.id: _one(field, values[field.id], field.id, read, n) for n, field in enumerate(form.fields) if field.id in values}
    made = {name: value for name, value in made.items() if value is not MISSING}
    for _ in range(_ROUNDS):
        wrong = {error.path.split(".", 1)[0] for error in decide(form, made, facts=known).errors}
        back = [name for name in wrong if name in values and made.get(name) != values[name] and _closed(form.root.by_id.get(name))]
        if not back:
            break
        made |= {name: values[name] for name in back}
    return made if not decide(form, made, facts=known).errors else sample(form, overrides=made, facts=known)


def _closed(field: Field | None) -> bool:
    return field is not None and field.kind.key in _CLOSED and not _secret(field)


def _secret(field: Field) -> bool:
    return field.kind.sensitive or bool(field.ui.get("sensitive") or field.ui.get("mask"))


def stays(field: Field, path: str, read: frozenset[str]) -> bool:
    """Whether the answer may stay."""
    if field.kind.key not in KEPT or _secret(field):
        return False
    return any(name in read for name in (f"form.{path}", f"row.{path.rpartition('.')[2]}"))


def _read(compiled: CompiledItem) -> Iterator[str]:
    """Every path that any rule of the item or its form reads; columns of rows under both of their names."""
    for path in _vars((compiled.doc, compiled.form_doc, list(compiled.blocks.values()))):
        yield path
        yield f"row.{path.rpartition('.')[2]}"


def _vars(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        named = value.get("var")
        if isinstance(named, str):
            yield named
        for child in value.values():
            yield from _vars(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _vars(child)


def _one(field: Field, value: Any, path: str, read: frozenset[str], seed: int) -> Any:
    """One answer: itself where it may stay, a sample else; groups and rows answer by answer."""
    body, key = field.body, field.body.kind.key
    if value is None or value is MISSING:
        return value
    if key in ("group", "recursive") and isinstance(value, Mapping):
        return _group(body, value, path, read, seed)
    if key == "rows" and isinstance(value, list) and body.item is not None:
        item = body.item
        return [_one(item, each, path, read, seed + 7 * n) for n, each in enumerate(value)]
    if key == "map" and isinstance(value, Mapping) and body.item is not None:
        item = body.item
        return {f"entry_{n + 1}": _one(item, each, path, read, seed + n) for n, each in enumerate(value.values())}
    if key == "union":
        shape = which(body, value)
        return MISSING if shape is None else _one(shape, value, path, read, seed)
    if "const" in body.schema or stays(body, path, read):
        return value
    return body.kind.sample(body, seed)


def _group(body: Field, value: Mapping[str, Any], path: str, read: frozenset[str], seed: int) -> dict[str, Any]:
    found = {f.id: _one(f, value[f.id], f"{path}.{f.id}", read, seed + n) for n, f in enumerate(body.children) if f.id in value}
    return {name: each for name, each in found.items() if each is not MISSING}


def around(compiled: CompiledItem, situation: Mapping[str, str], party: str, channel: str) -> dict[str, Any]:
    """The facts beside the form."""
    known = item_facts.facts(compiled, situation, party={"kind": party}, channel=channel)
    return {name: value for name, value in known.items() if name != "form"}


def kept_result(compiled: CompiledItem, node: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """Of what a plugin or a sub-case answered: numbers, and yes or no, that a rule reads."""
    found = compiled.route.nodes.get(node)
    read = frozenset(_read(compiled))
    return {
        name: value for name, value in result.items()
        if found is not None and isinstance(value, bool | int | float) and f"{found.id}.result.{name}" in read
    }  # fmt: skip
