"""Everything that is wrong with an item, at once: shape, references, rules, route, law, provenance (DESIGN §3)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from core.forms import service as form_service
from core.forms.spec import Field, FormSpec
from core.items import subcases
from core.items.compiling import used_blocks
from core.items.errors import finding
from core.items.facts import types as fact_types
from core.items.fields import licences_acted_on, places_of_authority, points_of_the_form
from core.items.limits import variants
from core.items.lint.rules import all_rules
from core.items.obtainable import obtainable
from core.items.sources import FactType
from core.items.spec import JsonObject
from core.kernel.errors import BadInput, Finding
from core.routing.check import check_route
from core.routing.service import compile_route
from core.rules.service import RuleError, Type, compile_rule
from core.schemas import service as schemas


@dataclass(frozen=True, slots=True)
class Known:
    """What this hall has, for checking references. ``None`` means not to be checked here (a file on a desk, without a hall)."""

    departments: frozenset[str] | None = None
    licence_types: frozenset[str] | None = None
    #: Licence types by code with their titles, and facts that can be looked up here: what they give may not be asked for.
    licence_titles: Mapping[str, str] | None = None
    facts: Mapping[str, FactType] | None = None
    #: Kinds of annotation by licence type.
    annotations: Mapping[str, frozenset[str]] | None = None
    #: Conditions that plugins offer for barring promises.
    bar_conditions: frozenset[str] | None = None
    items: frozenset[str] | None = None
    #: Automatic steps that plugins do here, ``<plugin>.<ability>``.
    hooks: frozenset[str] | None = None
    #: The items that each item begins as sub-cases.
    children: Mapping[str, frozenset[str]] | None = None
    #: The items that this one begins, as they are in force.
    begun: Mapping[str, subcases.SubItem] | None = None
    #: Divisions by code with their paths, and the paths of the divisions whose departments offer the item.
    divisions: Mapping[str, str] | None = None
    offering: tuple[str, ...] | None = None
    #: Names of the offering organisations, each with the question whether somebody there can hold a task.
    organisations: Mapping[str, Callable[[Mapping[str, Any]], bool]] | None = None
    #: What the plugins that the item configures have to say.
    plugins: Callable[[JsonObject, JsonObject], Iterable[Finding]] | None = None


def check_item(doc: Any, *, forms: Mapping[str, JsonObject], blocks: Mapping[str, JsonObject] | None = None, known: Known | None = None) -> list[Finding]:
    """Every finding on item *doc*, errors first. ``path`` is a JSON pointer into the item; into its form after ``form:<id>``.

    Each kind of check runs even when an earlier one found something; only what cannot be read because of a shape error is left out.
    """
    known = known or Known()
    shape = schemas.validate("item", doc)
    found = list(shape)
    broken = any(f.level == "error" for f in shape)
    if not isinstance(doc, Mapping):
        return found
    for check in _checks(forms, blocks or {}, known):
        found.extend(_tolerant(check, doc) if broken else check(doc))
    return _ordered(found)


def _ordered(found: Iterable[Finding]) -> list[Finding]:
    """Errors first, each said once."""
    unique = {(f.level, f.path, f.key, repr(sorted(f.params.items(), key=str))): f for f in found}
    return sorted(unique.values(), key=lambda f: f.level != "error")


Check = Callable[[JsonObject], Iterable[Finding]]


def _checks(forms: Mapping[str, JsonObject], blocks: Mapping[str, JsonObject], known: Known) -> Iterator[Check]:
    yield from all_rules()
    yield unique_ids
    yield lambda doc: references(doc, known)
    yield lambda doc: obtainable(doc, known.licence_titles or {}, known.facts, known.items)
    yield lambda doc: bars_known(doc, known)
    yield lambda doc: form_and_rules(doc, forms, blocks, known)
    yield lambda doc: holders_resolve(doc, known)
    if known.plugins is not None:
        yield lambda doc: known.plugins(doc, forms.get(str(doc["form"]), {}))  # type: ignore[misc]


def _tolerant(check: Check, doc: JsonObject) -> list[Finding]:
    """The findings of *check* on a misshapen item: what it could say before it met the broken part, which the schema has named."""
    found: list[Finding] = []
    with suppress(Exception):
        found.extend(check(doc))
    return found


def has_errors(found: Iterable[Finding]) -> bool:
    """Whether any finding closes the gate."""
    return any(f.level == "error" for f in found)


def unique_ids(doc: JsonObject) -> Iterator[Finding]:
    """Ids are what translations, corrections and diffs hold on to: one each."""
    lists = {name: doc.get(name) or () for name in ("basis", "conditions", "situations", "materials", "promises", "bars", "results", "places", "faq", "tests")}
    lists["fees/items"] = doc["fees"].get("items") or ()
    for index, situation in enumerate(doc.get("situations") or ()):
        lists[f"situations/{index}/options"] = situation["options"]
    for name, entries in lists.items():
        seen: set[str] = set()
        for index, entry in enumerate(entries):
            if entry["id"] in seen:
                yield finding("error", f"/{name}/{index}/id", "id_twice", {"id": entry["id"]})
            seen.add(entry["id"])


def references(doc: JsonObject, known: Known) -> Iterator[Finding]:
    """Departments and licence types that the item names must be there."""
    named: list[tuple[str, str, frozenset[str] | None, str]] = [("/department", doc["department"], known.departments, "department_missing")]
    for index, material in enumerate(doc["materials"]):
        source = material["source"]
        if source.get("licence"):
            named.append((f"/materials/{index}/source/licence", source["licence"], known.licence_types, "licence_type_missing"))
    for index, result in enumerate(doc["results"]):
        if result.get("licence_type"):
            named.append((f"/results/{index}/licence_type", result["licence_type"], known.licence_types, "licence_type_missing"))
    for path, name, there, key in named:
        if there is not None and name not in there:
            yield finding("error", path, key, {"name": name, "known": "、".join(sorted(there)[:12])})
    materials = {material["id"] for material in doc["materials"]}
    for index, test in enumerate(doc.get("tests") or ()):
        for name in test["given"].get("materials") or ():
            if name not in materials:
                yield finding("error", f"/tests/{index}/given/materials", "material_missing", {"name": name})


def bars_known(doc: JsonObject, known: Known) -> Iterator[Finding]:
    """A bar's condition is one that an installed plugin knows, else nobody would ever be barred."""
    for index, bar in enumerate(doc.get("bars") or ()):
        name = bar.get("condition")
        if name and known.bar_conditions is not None and name not in known.bar_conditions:
            yield finding("error", f"/bars/{index}/condition", "bar_unknown", {"name": name, "known": "、".join(sorted(known.bar_conditions)) or "–"})


def form_and_rules(doc: JsonObject, forms: Mapping[str, JsonObject], blocks: Mapping[str, JsonObject], known: Known) -> Iterator[Finding]:
    """The form compiles, every rule of the item reads facts that exist and compares like with like, situations set real fields, the route is sound."""
    name = doc["form"]
    definition = forms.get(name)
    if definition is None:
        near = "、".join(sorted(forms)[:12])
        yield finding("error", "/form", "form_missing", {"form": name, "known": near})
        yield from _route(doc, None, known)  # its rules cannot be typed, all else can be told
        return
    shape = schemas.validate("form", definition)
    checked: form_service.Checked | None = None
    if any(found.level == "error" for found in shape):
        with suppress(Exception):  # what a misshapen form meets on the way is the shape's fault, and that is said
            checked = form_service.checked(definition, used_blocks(definition, blocks))
    else:
        checked = form_service.checked(definition, used_blocks(definition, blocks))
    yield from (replace(found, path=f"form:{name}#{found.path}") for found in (*shape, *(checked.findings if checked is not None else ())))
    form = checked.spec if checked is not None else None
    if form is None:
        yield from _route(doc, None, known)
        return
    types = fact_types(doc, form.types)
    yield from _typed_rules(doc, types)
    yield from _presets(doc, form, definition)
    yield from places_of_authority(doc, form, known.divisions, known.offering)
    yield from points_of_the_form(doc, form)
    yield from licences_acted_on(doc, form, known.annotations)
    yield from _searchable(doc, form)
    yield from _route(doc, types, known)


def _searchable(doc: JsonObject, form: FormSpec) -> Iterator[Finding]:
    """What the case library may be searched by is one answer a case: no file, no row, nothing worked out from others."""
    single = set(single_answers(form))
    for index, path in enumerate(doc.get("searchable") or ()):
        if path not in single:
            key = "field_not_single" if f"form.{path}" in form.types else "field_missing"
            yield finding("error", f"/searchable/{index}", key, {"field": path})


def single_answers(form: FormSpec) -> Iterator[str]:
    """Paths of the fields of *form* that hold one plain answer a case."""
    return _single(field for page in form.pages for field in page.fields)


def _single(fields: Iterable[Field]) -> Iterator[str]:
    """Paths of the fields that hold one plain answer."""
    for field in fields:
        if field.kind.key == "group":
            yield from _single(field.children)
        elif field.kind.rule_type in ("text", "number", "date", "money", "choice") and field.computed is None:
            yield field.path


def _typed_rules(doc: JsonObject, types: Mapping[str, Type]) -> Iterator[Finding]:
    for path, expression in rules_of(doc):
        try:
            compile_rule(expression, types)
        except RuleError as error:
            yield from (replace(found, path=f"{path}#{found.path}") for found in error.findings)


def rules_of(doc: JsonObject) -> Iterator[tuple[str, Any]]:
    """Every rule of an item outside its route (which checks its own), with its JSON path."""
    for part in ("situations", "materials", "promises", "bars"):
        for index, entry in enumerate(doc.get(part) or ()):
            if entry.get("when") is not None:
                yield f"/{part}/{index}/when", entry["when"]
    for index, fee in enumerate(doc["fees"].get("items") or ()):
        if fee.get("when") is not None:
            yield f"/fees/items/{index}/when", fee["when"]
    for index, result in enumerate(doc["results"]):
        for name, expression in (result.get("data") or {}).items():
            yield f"/results/{index}/data/{name}", expression
        for path, limit in variants(result.get("valid_for")):
            if limit.by is not None:
                yield f"/results/{index}/valid_for{path}/when", limit.by


def _presets(doc: JsonObject, form: FormSpec, definition: JsonObject) -> Iterator[Finding]:
    properties = definition.get("properties") or {}
    for index, situation in enumerate(doc.get("situations") or ()):
        for number, option in enumerate(situation["options"]):
            for field, value in (option.get("sets") or {}).items():
                path = f"/situations/{index}/options/{number}/sets/{field}"
                if f"form.{field}" not in form.types:
                    yield finding("error", path, "field_missing", {"field": field})
                elif not _allowed(properties.get(field, {}), value):
                    yield finding("error", path, "preset_not_allowed", {"field": field, "value": value})


_JSON_TYPES: Mapping[str, tuple[type, ...]] = {"string": (str,), "number": (int, float), "integer": (int,), "boolean": (bool,)}


def _allowed(field: JsonObject, value: Any) -> bool:
    """Whether a preset *value* is one the field takes: right JSON type, one of its choices."""
    choices = [option["const"] for option in field.get("oneOf") or () if "const" in option] or field.get("enum")
    if choices:
        return value in choices
    kind = field.get("type")
    wanted = _JSON_TYPES.get(kind) if isinstance(kind, str) else None
    return wanted is None or (isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool)))


def _route(doc: JsonObject, types: Mapping[str, Type] | None, known: Known) -> Iterator[Finding]:
    begun = known.begun or {}
    if types is not None:
        types = {**types, **subcases.result_types(doc, begun)}
        yield from subcases.check(doc, types, begun)
    try:
        route = compile_route(doc["route"], types)
    except BadInput as error:
        yield from (replace(found, path=route_pointer(doc["route"], found.path)) for found in error.findings)
        return
    permit = doc.get("type") == "01"  # GB/T 39046 A.1: 行政许可
    items, children = known.items or (), known.children or {}
    for found in check_route(route, types=types, hooks=known.hooks, items=items, code=doc.get("code"), children=children, permit=permit):
        yield replace(found, path=route_pointer(doc["route"], found.path))


def route_pointer(route: JsonObject, path: str) -> str:
    """A path of the route's own (``review.joint.fire.opinion.limit``) as a JSON pointer into the item; what is no key stays as it is."""
    here: Any = route
    pointer = "/route"
    for part in path.removeprefix("route.").split(".") if path and path != "route" else ():
        container = next((name for name in ("nodes", "branches", "actions") if isinstance(here, Mapping) and part in (here.get(name) or {})), None)
        if container is not None and part not in here:
            pointer, here = f"{pointer}/{container}", here[container]
        if part == "check" and pointer == "/route/intake":  # the task of a department that checks its papers
            part = "checks"
        elif isinstance(here, list) and not part.isdigit():
            part = str(next((index for index, each in enumerate(here) if isinstance(each, Mapping) and each.get("department") == part), part))
        pointer = f"{pointer}/{part}"
        here = here.get(part) if isinstance(here, Mapping) else here[int(part)] if isinstance(here, list) and part.isdigit() and int(part) < len(here) else None
    return pointer


def holders_resolve(doc: JsonObject, known: Known) -> Iterator[Finding]:
    """Every task of the route has somebody's organisation to go to, in every organisation that offers the item; the empty ones are listed."""
    if known.organisations is None:
        return
    if not known.organisations:
        yield finding("error", "/department", "nobody_offers", {"department": doc["department"], "level": doc["level"]})
        return
    for path, holders in holders_of(doc["route"]):
        empty = [name for name, somebody in known.organisations.items() if not somebody(holders)]
        if empty:
            level = "error" if len(empty) == len(known.organisations) else "warning"
            yield finding(level, path, "holders_empty", {"role": holders["role"], "organisations": "、".join(empty)})


def holders_of(value: Any, path: str = "/route") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every ``{role, org}`` below *value* with its JSON path. A branch's organisation stands in for ``branch`` inside it."""
    yield from _holders(value, path, None)


def _holders(value: Any, path: str, branch: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        if {"role", "org"} <= set(value):
            yield path, {**value, "org": branch if value["org"] == "branch" and branch is not None else value["org"]}
            return
        inner = value["org"] if "nodes" in value and "org" in value else branch
        for name, child in value.items():
            if name != "relay":  # the chain of agents is resolved by level when a case is filed there
                yield from _holders(child, f"{path}/{name}", inner)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _holders(child, f"{path}/{index}", branch)
