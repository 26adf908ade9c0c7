"""Who names whom in a draft: fields, materials, situations and steps of the route, wherever something else reads, lists, presets, tests or translates them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.items.studio.addresses import tokens_of
from core.items.studio.advice.names import fields_of
from core.items.studio.advice.rules import Content
from core.items.studio.expressions import path_of, reads, rows_of
from core.items.studio.spots import Spot
from core.kernel.shapes import listed, mapping

Kind = Literal["field", "material", "situation", "node"]
#: How a use names it: by the ``value`` at its spot, as the ``key`` there, in an ``expression``, as the beginning of a translated ``path``.
How = Literal["value", "key", "expression", "path"]


@dataclass(frozen=True, slots=True)
class Use:
    """Something at ``at`` names the ``kind`` called ``name`` (a field's path, a step's path below the review); ``rows``: what ``row`` means there.

    ``why`` is the key of words for what it is used for (``items.studio_use_<why>``).
    """

    kind: Kind
    name: str
    at: Spot
    how: How
    why: str
    rows: str | None = None


def uses(content: Content) -> Iterator[Use]:
    """Every use in the draft; what is misshapen uses nothing."""
    item, form = mapping(content.get("item")), mapping(content.get("form"))
    steps = Steps(item)
    yield from _of_form(form, steps)
    yield from _of_item(item, steps)
    yield from _of_route(mapping(mapping(item.get("route")).get("review")), ("item", "route", "review"), (), None, steps)
    yield from _of_intake(mapping(mapping(item.get("route")).get("intake")), steps)
    yield from _of_tests(item)
    yield from _of_paths(item, form, steps)


class Steps:
    """The steps of a route by where they stand, to find which one a rule means by an id."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        self.known: frozenset[str] = frozenset(".".join(path) for path in _paths(mapping(mapping(mapping(item.get("route")).get("review"))), ()))

    def meant(self, name: str, scope: tuple[str, ...]) -> str | None:
        """The path of the step called *name* as seen from *scope*: the innermost scope counts."""
        for depth in range(len(scope), -1, -2):
            path = ".".join((*scope[:depth], name))
            if path in self.known:
                return path
        return None


def _paths(scope: Mapping[str, Any], at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, node in mapping(scope.get("nodes")).items() if len(at) < 20 else ():
        yield (*at, str(name))
        for branch, inner in mapping(mapping(node).get("branches")).items():
            yield from _paths(mapping(inner), (*at, str(name), str(branch)))


def _read(expression: Any, at: Spot, why: str, steps: Steps, scope: tuple[str, ...] = (), rows: str | None = None) -> Iterator[Use]:
    """What a condition or a computed value reads."""
    for full in dict.fromkeys(reads(expression, rows)):
        first, _, rest = full.partition(".")
        if first == "form" and rest:
            yield Use("field", rest, at, "expression", why, rows)
        elif first == "situation" and rest:
            yield Use("situation", rest, at, "expression", why, rows)
        elif rest.split(".")[0] in ("outcome", "result") and (path := steps.meant(first, scope)) is not None:
            yield Use("node", path, at, "expression", why, rows)


def _entries(value: Any, at: Spot) -> Iterator[tuple[Mapping[str, Any], Spot]]:
    for each, token in zip(listed(value), tokens_of(listed(value)), strict=True):
        if isinstance(each, Mapping):
            yield each, (*at, token)


def _texts(value: Any, at: Spot) -> Iterator[tuple[str, Spot]]:
    for each, token in zip(listed(value), tokens_of(listed(value)), strict=True):
        if isinstance(each, str):
            yield each, (*at, token)


# ---- form


def _of_form(form: Mapping[str, Any], steps: Steps) -> Iterator[Use]:
    ui = mapping(form.get("ui"))
    for page, at in _entries(ui.get("pages"), ("form", "ui", "pages")):
        yield from _read(page.get("visible_when"), (*at, "visible_when"), "shown", steps)
        for section, inside in _entries(page.get("sections"), (*at, "sections")):
            yield from _read(section.get("visible_when"), (*inside, "visible_when"), "shown", steps)
            yield from (Use("field", name, spot, "value", "placed") for name, spot in _texts(section.get("fields"), (*inside, "fields")))
    for check, at in _entries(ui.get("checks"), ("form", "ui", "checks")):
        yield from _read(check.get("rule"), (*at, "rule"), "checked", steps)
        if isinstance(check.get("at"), str):
            yield Use("field", check["at"], (*at, "at"), "value", "checked")
    yield from _lists(form, ("form",), "")
    for at, field in fields_of(form):
        path = path_of(at)
        yield from _lists(field, at, f"{path}.")
        yield from _lists(mapping(field.get("items")), (*at, "items"), f"{path}.")
        yield from _of_field(mapping(field.get("ui")), (*at, "ui"), path.rpartition(".")[0], rows_of(at), steps)
    for name, sample in mapping(form.get("samples")).items():
        yield from _answers(sample, ("form", "samples", str(name)), "", "sampled")


def _answers(value: Any, at: Spot, path: str, why: str, depth: int = 0) -> Iterator[Use]:
    """The fields that answers are given to, those of groups and rows too."""
    if isinstance(value, list) and depth < 20:
        for each, token in zip(value, tokens_of(value), strict=True):
            yield from _answers(each, (*at, token), path, why, depth + 1)
    elif isinstance(value, Mapping) and depth < 20:
        for name, inner in value.items():
            here = f"{path}.{name}" if path else str(name)
            yield Use("field", here, (*at, str(name)), "key", why)
            yield from _answers(inner, (*at, str(name)), here, why, depth + 1)


def _lists(holder: Mapping[str, Any], at: Spot, prefix: str) -> Iterator[Use]:
    for name, spot in _texts(holder.get("required"), (*at, "required")):
        yield Use("field", prefix + name, spot, "value", "required")
    for name, spot in _texts(mapping(holder.get("ui")).get("order"), (*at, "ui", "order")):
        yield Use("field", prefix + name, spot, "value", "placed")


def _of_field(ui: Mapping[str, Any], at: Spot, container: str, rows: str | None, steps: Steps) -> Iterator[Use]:
    for name, why in (("visible_when", "shown"), ("required_when", "required"), ("computed", "computed")):
        yield from _read(ui.get(name), (*at, name), why, steps, rows=rows)
    if isinstance(ui.get("parent"), str):
        yield Use("field", f"{container}.{ui['parent']}" if container else ui["parent"], (*at, "parent"), "value", "listed")
    for edge in ("earliest", "latest"):
        bound = ui.get(edge)
        if isinstance(bound, str) and bound.startswith(("form.", "row.")):
            full = f"{container}.{bound[4:]}" if bound.startswith("row.") else bound[5:]
            yield Use("field", full, (*at, edge), "value", "bounded", rows)


# ---- item


def _of_item(item: Mapping[str, Any], steps: Steps) -> Iterator[Use]:
    for part, why in (("situations", "asked"), ("materials", "wanted"), ("promises", "offered"), ("bars", "barred")):
        for entry, at in _entries(item.get(part), ("item", part)):
            yield from _read(entry.get("when"), (*at, "when"), why, steps)
    for fee, at in _entries(mapping(item.get("fees")).get("items"), ("item", "fees", "items")):
        yield from _read(fee.get("when"), (*at, "when"), "charged", steps)
    for situation, at in _entries(item.get("situations"), ("item", "situations")):
        for option, inside in _entries(situation.get("options"), (*at, "options")):
            yield from (Use("field", str(name), (*inside, "sets", str(name)), "key", "preset") for name in mapping(option.get("sets")))
    for promise, at in _entries(item.get("promises"), ("item", "promises")):
        yield from (Use("material", name, spot, "value", "promised") for name, spot in _texts(promise.get("materials"), (*at, "materials")))
    for result, at in _entries(item.get("results"), ("item", "results")):
        for name, expression in mapping(result.get("data")).items():
            yield from _read(expression, (*at, "data", str(name)), "printed", steps)
        yield from _limit(result.get("valid_for"), (*at, "valid_for"), steps)
        if isinstance(mapping(result.get("action")).get("licence"), str):
            yield Use("field", result["action"]["licence"], (*at, "action", "licence"), "value", "acted")
    yield from (Use("field", name, spot, "value", "searched") for name, spot in _texts(item.get("searchable"), ("item", "searchable")))
    if isinstance(mapping(item.get("anywhere")).get("authority"), str):
        yield Use("field", item["anywhere"]["authority"], ("item", "anywhere", "authority"), "value", "located")
    for name, sheet in mapping(item.get("rule_sheets")).items():
        for point, at in _entries(mapping(sheet).get("points"), ("item", "rule_sheets", str(name), "points")):
            for key, kind in (("field", "field"), ("material", "material")):
                if isinstance(point.get(key), str):
                    yield Use(kind, point[key], (*at, key), "value", "examined")  # type: ignore[arg-type]


def _limit(limit: Any, at: Spot, steps: Steps, scope: tuple[str, ...] = (), rows: str | None = None) -> Iterator[Use]:
    for case, inside in _entries(mapping(limit).get("cases"), (*at, "cases")):
        yield from _read(case.get("when"), (*inside, "when"), "limited", steps, scope, rows)


# ---- route


def _of_intake(intake: Mapping[str, Any], steps: Steps) -> Iterator[Use]:
    for check, at in _entries(intake.get("checks"), ("item", "route", "intake", "checks")):
        yield from _read(check.get("when"), (*at, "when"), "checked", steps)
    yield from _read(mapping(intake.get("pre_review")).get("when"), ("item", "route", "intake", "pre_review", "when"), "checked", steps)


def _of_route(scope: Mapping[str, Any], at: Spot, path: tuple[str, ...], rows: str | None, steps: Steps) -> Iterator[Use]:
    if isinstance(scope.get("start"), str):
        yield Use("node", ".".join((*path, scope["start"])), (*at, "start"), "value", "begins")
    for name, node in mapping(scope.get("nodes")).items() if len(path) < 20 else ():
        if isinstance(node, Mapping):
            yield from _of_node(node, (*at, "nodes", str(name)), path, rows, steps)
            for branch, inner in mapping(node.get("branches")).items():
                inside, below = (*at, "nodes", str(name), "branches", str(branch)), mapping(inner)
                each = below.get("for_each") if isinstance(below.get("for_each"), str) else None
                yield from _read(below.get("when"), (*inside, "when"), "begun", steps, path, rows)
                if each is not None and each.startswith("form."):
                    yield Use("field", each[5:], (*inside, "for_each"), "value", "walked")
                yield from _of_route(below, inside, (*path, str(name), str(branch)), each or rows, steps)


def _of_node(node: Mapping[str, Any], at: Spot, scope: tuple[str, ...], rows: str | None, steps: Steps) -> Iterator[Use]:
    yield from _exit(node, at, scope)
    for name in ("agree", "refuse", "if_none", "granted", "refused", "cancelled"):
        yield from _exit(mapping(node.get(name)), (*at, name), scope)
    if isinstance(node.get("by_hand"), str):
        yield Use("node", ".".join((*scope, node["by_hand"])), (*at, "by_hand"), "value", "leads")
    for name, action in mapping(node.get("actions")).items():
        yield from _exit(mapping(action), (*at, "actions", str(name)), scope)
        yield from _read(mapping(action).get("when"), (*at, "actions", str(name), "when"), "pressed", steps, scope, rows)
    for name, given in mapping(node.get("give")).items():
        yield from _read(given, (*at, "give", str(name)), "given", steps, scope, rows)
    yield from _limit(node.get("limit"), (*at, "limit"), steps, scope, rows)
    yield from _holders(node.get("holders"), (*at, "holders"), scope, steps)
    for group, inside in _entries(node.get("groups"), (*at, "groups")):
        yield from _holders(group.get("holders"), (*inside, "holders"), scope, steps)


def _exit(exit_: Mapping[str, Any], at: Spot, scope: tuple[str, ...]) -> Iterator[Use]:
    for name in ("to", "back"):
        if isinstance(exit_.get(name), str):
            yield Use("node", ".".join((*scope, exit_[name])), (*at, name), "value", "leads")


def _holders(holders: Any, at: Spot, scope: tuple[str, ...], steps: Steps) -> Iterator[Use]:
    for name, spot in _texts(mapping(holders).get("not"), (*at, "not")):
        if name != "intake" and (path := steps.meant(name, scope)) is not None:
            yield Use("node", path, spot, "value", "kept_apart")


# ---- tests, translations, provenance


def _of_tests(item: Mapping[str, Any]) -> Iterator[Use]:
    for test, at in _entries(item.get("tests"), ("item", "tests")):
        given, expect = mapping(test.get("given")), mapping(test.get("expect"))
        yield from _answers(given.get("form"), (*at, "given", "form"), "", "tested")
        yield from (Use("situation", str(name), (*at, "given", "situation", str(name)), "key", "tested") for name in mapping(given.get("situation")))
        for holder, where in ((given, "given"), (expect, "expect")):
            yield from (Use("material", name, spot, "value", "tested") for name, spot in _texts(holder.get("materials"), (*at, where, "materials")))
        yield from (Use("field", name, spot, "value", "tested") for name, spot in _texts(expect.get("errors"), (*at, "expect", "errors")))
        for name, spot in _texts(expect.get("path"), (*at, "expect", "path")):
            yield Use("node", name.removeprefix("review."), spot, "value", "tested")
        for step, inside in _entries(test.get("steps"), (*at, "steps")):
            if isinstance(step.get("at"), str):
                yield Use("node", step["at"].removeprefix("review."), (*inside, "at"), "value", "tested")
            for key, kind in (("materials", "material"), ("fields", "field")):
                for name, spot in _texts(mapping(step.get("data")).get(key), (*inside, "data", key)):
                    yield Use(kind, name, spot, "value", "tested")  # type: ignore[arg-type]


def _of_paths(item: Mapping[str, Any], form: Mapping[str, Any], steps: Steps) -> Iterator[Use]:
    """Paths of stable ids: ``materials.layout.title``, ``form.area.help``, ``route.joint.market.review.title``."""
    for locale, table in mapping(item.get("translations")).items():
        for path in mapping(table):
            yield from _path(str(path), ("item", "translations", str(locale), str(path)), "translated", steps)
    for locale, table in mapping(form.get("translations")).items():
        for path in mapping(table):
            whole = str(path) if str(path).startswith("form.") else f"form.{path}"
            yield from _path(whole, ("form", "translations", str(locale), str(path)), "translated", steps)
    provenance = mapping(item.get("provenance"))
    for path in mapping(provenance.get("assumed")):
        yield from _path(str(path), ("item", "provenance", "assumed", str(path)), "sourced", steps)
    for name in ("unknown", "to_fill"):
        for path, spot in _texts(provenance.get(name), ("item", "provenance", name)):
            yield from _path(path, spot, "sourced", steps)


def _path(path: str, at: Spot, why: str, steps: Steps) -> Iterator[Use]:
    root, _, rest = path.partition(".")
    if root == "form" and rest:
        yield Use("field", rest, at, "path", why)
    elif root in ("materials", "situations") and rest:
        yield Use("material" if root == "materials" else "situation", rest.split(".")[0], at, "path", why)
    elif root == "route":
        parts = [part for part in rest.split(".") if part not in ("nodes", "branches")]
        parts = parts[1:] if parts[:1] == ["review"] else parts
        found = next((name for end in range(len(parts), 0, -1) if (name := ".".join(parts[:end])) in steps.known), None)
        if found is not None:
            yield Use("node", found, at, "path", why)
