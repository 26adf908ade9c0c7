"""What is wrong with a bundle, found before it is published. Pure: documents in, findings out."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from core.sdk import Finding

from .bundles import Bundle, JsonObject, Part

#: What the applicant does not type: nothing of it has to be filled from the bundle's form.
_NOT_ASKED = frozenset({"computed", "statement", "file", "photo", "signature"})
_AT = "/plugins/multi_certificate"


def check(doc: JsonObject, form: JsonObject, bundle: Bundle, items: Mapping[str, tuple[JsonObject, JsonObject] | None]) -> Iterator[Finding]:
    """Every finding. *form* is the form of the bundle; *items* gives document and form of each part's item, ``None`` where there is none in force."""
    if bundle.licence not in {result["id"] for result in doc["results"] if result["kind"] == "licence"}:
        yield _error("/licence", "no_such_result", result=bundle.licence)
    yield from _twice(bundle)
    for number, part in enumerate(bundle.parts):
        yield from _part(f"/parts/{number}", part, items.get(part.item))
    known = {part.item for part in bundle.parts}
    for begun in bundle.begun:
        if begun.item not in known:
            yield _error("/parts", "subcase_without_part", node=begun.path, item=begun.item)
    yield from _meanings(form, bundle, items)
    for number, part in enumerate(bundle.parts):
        found = items.get(part.item)
        if found is not None and len(part.begun) == 1:
            yield from _filled(f"/parts/{number}", part, found[1], bundle)
    yield from _asked_twice(form)


def _twice(bundle: Bundle) -> Iterator[Finding]:
    for name, values in (("id", [part.id for part in bundle.parts]), ("item", [part.item for part in bundle.parts])):
        for value, count in Counter(values).items():
            if count > 1:
                yield _error("/parts", f"{name}_twice", value=value)
    for field, count in Counter(meaning.field for meaning in bundle.meanings).items():
        if count > 1:
            yield _error("/meanings", "said_twice", field=field)


def _part(at: str, part: Part, found: tuple[JsonObject, JsonObject] | None) -> Iterator[Finding]:
    title = _words(part)
    if found is None:
        yield _error(f"{at}/item", "item_missing", part=title, item=part.item)
    elif found[0]["department"] != part.authority:
        yield _error(f"{at}/authority", "other_authority", part=title, authority=part.authority, theirs=found[0]["department"])
    if not part.begun:
        yield _error(f"{at}/item", "not_begun", part=title, item=part.item)
    elif len(part.begun) > 1:
        yield _error(f"{at}/item", "begun_twice", part=title, nodes="、".join(each.path for each in part.begun))
    elif part.begun[0].waits != (part.kind == "decide"):
        yield _error(f"{at}/kind", "must_wait" if part.kind == "decide" else "must_not_wait", part=title, node=part.begun[0].path)


def _meanings(form: JsonObject, bundle: Bundle, items: Mapping[str, tuple[JsonObject, JsonObject] | None]) -> Iterator[Finding]:
    """Unknown fields, unknown parts, and a field of a part that two questions claim."""
    parts = {part.id: part for part in bundle.parts}
    claimed: dict[tuple[str, str], str] = {}
    for number, meaning in enumerate(bundle.meanings):
        at = f"/meanings/{number}"
        if meaning.field not in form["properties"]:
            yield _error(f"{at}/field", "no_such_field", field=meaning.field)
        for part_id, names in meaning.fills.items():
            part = parts.get(part_id)
            if part is None:
                yield _error(f"{at}/fills/{part_id}", "no_such_part", part=part_id)
                continue
            found = items.get(part.item)
            for name in names:
                if found is not None and name not in found[1]["properties"]:
                    yield _error(f"{at}/fills/{part_id}", "part_has_not", part=_words(part), field=name)
                earlier = claimed.setdefault((part_id, name), meaning.field)
                if earlier != meaning.field:
                    yield _error(f"{at}/fills/{part_id}", "two_meanings", part=_words(part), field=name, one=earlier, other=meaning.field)


def _filled(at: str, part: Part, form: JsonObject, bundle: Bundle) -> Iterator[Finding]:
    """Every required field of the part is filled, and the route gives what the meanings say – no more, no less, nothing else."""
    said = {name: meaning.field for meaning in bundle.meanings for name in meaning.fills.get(part.id, ())}
    give = part.begun[0].give
    for name in form.get("required") or ():
        field = form["properties"][name]
        if name not in give and (field.get("ui") or {}).get("field") not in _NOT_ASKED and "default" not in field:
            yield _error(at, "unfilled", part=_words(part), field=str(field["title"]))
    for name, field in said.items():
        if give.get(name) != {"var": f"form.{field}"}:
            yield _error(at, "given_otherwise", part=_words(part), field=name, meaning=field, node=part.begun[0].path)
    for name, rule in give.items():
        if name not in said and isinstance(rule, Mapping) and str(rule.get("var", "")).startswith("form."):
            yield _error(at, "given_unsaid", part=_words(part), field=name, node=part.begun[0].path)


def _asked_twice(form: JsonObject) -> Iterator[Finding]:
    """Two questions of one title in one form are most likely one question."""
    titles = Counter(str(field["title"]) for field in form["properties"].values())
    for title, count in titles.items():
        if count > 1:
            yield Finding("warning", "/form", "multi_certificate.asked_twice", {"title": title})


def _words(part: Part) -> dict[str, str]:
    return {"zh": part.title.zh, "en": part.title.en}


def _error(at: str, key: str, **params: Any) -> Finding:
    return Finding("error", _AT + at, f"multi_certificate.{key}", params)
