"""What changes between two versions of an item: in words for people, as JSON for programs (DESIGN §3: the gate shows it)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import unified_diff
from typing import Any, Literal

from core.items.catalogue.elements import spots
from core.items.format import format_item
from core.items.saying import PLAIN, Leaf, Named, Speech, called, leaves, nobody
from core.items.spec import CompiledItem, JsonObject
from core.items.texts import HUMAN
from core.kernel.wording import word

Kind = Literal["added", "removed", "changed"]
#: What a change is for cases that run (ROUTING §7): words without legal meaning, who handles it, how long it takes, what is asked and given, the way itself.
Sort = Literal["text", "people", "time", "papers", "graph"]
#: Differences inside one change that a sentence names; the rest is counted.
MOST_LEAVES = 6
#: From the most harmless to the gravest.
SORTS: tuple[Sort, ...] = ("text", "people", "time", "papers", "graph")

_TEXT = HUMAN | {"ui", "words", "label", "sample", "blank"}
_PEOPLE = frozenset(("holders", "groups", "org", "by", "lead", "role", "fallback", "department"))
_TIME = frozenset(
    ("limit", "limits", "max", "adds", "times", "overdue", "promised", "statutory", "lights", "within", "value", "unit", "yellow", "escalate", "after")
)
_PAPERS = frozenset(
    ("materials", "situations", "conditions", "results", "fees", "fields", "form", "visits", "service_objects", "applicants", "anywhere", "type", "case_type")
)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``part`` is ``materials``, ``fields``, ``steps``, ``limits`` … ; ``path`` the stable ids; ``title`` what people call it."""

    kind: Kind
    part: str
    path: str
    title: str
    before: Any = None
    after: Any = None
    speech: Speech = field(default=PLAIN, repr=False, compare=False)

    @property
    def sort(self) -> Sort:
        """What the change is for cases that run; where several things changed at once, the gravest."""
        if self.part in ("steps", "pauses", "route", "limits"):
            return max((_of_route(self.part, spot) for spot in _spots(self)), key=SORTS.index, default="text")
        inside = self.path.split(".")
        if self.kind == "changed" and inside[-1] in _TEXT:
            return "text"
        return "papers" if self.part in _PAPERS or inside[0] in _PAPERS else "text"

    def to_json(self) -> dict[str, Any]:
        """The change as plain JSON."""
        return {"kind": self.kind, "sort": self.sort, "part": self.part, "path": self.path, "title": self.title, "before": self.before, "after": self.after}

    def leaves(self, locale: str = "zh") -> tuple[Leaf, ...]:
        """What differs inside, each as deep down as it can be said; an entry that is there or not is one."""
        if self.kind != "changed":
            return (Leaf(self.kind, self.title),)
        return tuple(leaves(self.before, self.after, tuple(self.path.split(".")), title=self.title, speech=replace(self.speech, locale=locale)))

    def words(self, locale: str = "zh") -> str:
        """One sentence: “增加材料:授权委托书”, “承诺时限:10 个工作日 → 8 个工作日”; where more than one thing changed inside, each of them."""
        part = word(f"items.part_{self.part}", locale)
        if self.kind != "changed":
            return word(f"items.diff_{self.kind}", locale, part=part, title=self.title)
        told = self.leaves(locale)
        if len(told) == 1 and told[0].kind == "changed":
            return word("items.diff_changed", locale, part=part, title=told[0].title, before=told[0].before, after=told[0].after)
        more = len(told) - MOST_LEAVES
        said = word("items.leaf_joint", locale).join(each.words(locale) for each in told[:MOST_LEAVES])
        return word("items.diff_inside", locale, part=part, what=said + (word("items.leaf_more", locale, count=more) if more > 0 else ""))


def _spots(change: Change) -> Iterator[tuple[str, ...]]:
    """The places inside a change where the two sides differ, each as the names on the way there."""
    way = tuple(change.path.split("."))
    if change.kind != "changed":
        yield way
        return
    for spot in spots(change.before, change.after):
        yield (*way, *(part for part in spot.pointer.split("/") if part))


def _of_route(part: str, way: tuple[str, ...]) -> Sort:
    """The sort of one place in the route, told by the last name that means something."""
    return of_route(way[1:] if part in ("steps", "pauses") else way) or ("time" if part in ("limits", "pauses") else "graph")


def of_route(way: tuple[str, ...]) -> Sort | None:
    """The sort of the place to which *way* leads in a route, where a name on it tells."""
    for name in reversed(way):
        if name in _TEXT:
            return "text"
        if name in _PEOPLE:
            return "people"
        if name in _TIME:
            return "time"
    return None


def sorted_changes(changes: Iterable[Change]) -> tuple[tuple[Sort, tuple[Change, ...]], ...]:
    """*changes* by what they are for running cases, the gravest first; sorts without any are left out."""
    found: dict[Sort, list[Change]] = {}
    for change in changes:
        found.setdefault(change.sort, []).append(change)
    return tuple((sort, tuple(found[sort])) for sort in reversed(SORTS) if sort in found)


def diff(before: CompiledItem | None, after: CompiledItem, *, named: Named = nobody) -> tuple[Change, ...]:
    """Everything that differs, big things first. *before* is ``None`` for the first version: everything is new and nothing is listed. *named*
    tells what people call what stands there as a code."""
    if before is None or before.hash == after.hash:
        return ()
    changes = [
        *compare(before.doc, after.doc),
        *_keyed("fields", fields_of(before.form_doc), fields_of(after.form_doc)),
        *_others("form", "fields", before.form_doc, after.form_doc, ("properties", "required")),
        *_keyed("blocks", before.blocks, after.blocks),
    ]
    speech = Speech(labels={**before.form.labels, **after.form.labels}, named=named)
    return tuple(replace(each, speech=speech) for each in changes)


def unified(before: CompiledItem | None, after: CompiledItem) -> tuple[str, ...]:
    """The lines of a unified diff of item, form and blocks as canonical pretty JSON; empty where nothing differs."""
    sides = [format_item({"item": each.doc, "form": each.form_doc, "blocks": each.blocks}).splitlines() if each is not None else [] for each in (before, after)]
    return tuple(unified_diff(sides[0], sides[1], before.hash if before is not None else "", after.hash, lineterm=""))


def between_forms(before: JsonObject, after: JsonObject) -> tuple[Change, ...]:
    """What differs between two forms or two versions of a shared block, their numbers aside."""
    known = ("properties", "required", "version")
    return (*_keyed("fields", fields_of(before), fields_of(after)), *_others("form", "fields", before, after, known))


def compare(old: JsonObject, new: JsonObject) -> tuple[Change, ...]:
    """What differs between two item documents, their forms aside."""
    changes = [
        *_limits(old, new),
        *_scalars(old, new),
        *(c for part in _LISTED for c in _listed(part, old, new)),
        *_keyed("fees", {i["id"]: i for i in old["fees"].get("items") or ()}, {i["id"]: i for i in new["fees"].get("items") or ()}),
        *_keyed("steps", _steps(old["route"]["review"]), _steps(new["route"]["review"])),
        *_keyed("pauses", old["route"].get("pauses") or {}, new["route"].get("pauses") or {}),
        *(c for name in ("intake", "delivery", "anytime", "lights") for c in _whole(f"route.{name}", "route", old["route"].get(name), new["route"].get(name))),
    ]
    seen = {change.path.partition(".")[0] for change in changes} | _COMPARED
    changes.extend(_others("", "rest", old, new, seen))
    changes.extend(_others("fees", "fees", old["fees"], new["fees"], ("items", "charged")))
    changes.extend(_others("route", "route", old["route"], new["route"], _ROUTE))
    changes.extend(_others("route.limits", "limits", old["route"]["limits"], new["route"]["limits"], ("promised", "statutory")))
    changes.extend(_others("route.review", "route", old["route"]["review"], new["route"]["review"], ("nodes",)))
    return tuple(changes)


#: What :func:`compare` looks at in its own way; everything else of a document is compared by its name.
_LISTED = ("materials", "situations", "conditions", "basis", "results", "places", "faq")
_COMPARED = frozenset((*_LISTED, "fees", "route"))
_ROUTE = ("limits", "review", "pauses", "intake", "delivery", "anytime", "lights")


def _others(path: str, part: str, old: JsonObject, new: JsonObject, known: Iterable[str]) -> Iterator[Change]:
    """What differs in properties that nothing else compares, so that no change goes unsaid."""
    for name in sorted({*old, *new} - set(known)):
        yield from _whole(f"{path}.{name}".lstrip("."), part, old.get(name), new.get(name))


@dataclass(frozen=True, slots=True)
class Balance:
    """What the applicant gains (negative) or loses (positive) by the change; ``None`` where either side is unknown or in another unit."""

    days: int | None
    visits: int | None
    materials: int
    fields: int
    steps: int


def balance(before: CompiledItem, after: CompiledItem) -> Balance:
    """Days, trips, materials, fields and steps saved or added against the last version."""
    told = {figure.name: figure.change for figure in figures(before, after)}
    return Balance(told["days"], told["visits"], told["materials"] or 0, told["fields"] or 0, told["steps"] or 0)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of an item before and after: ``days`` (promised, in ``unit``), ``visits``, ``materials`` (from the applicant), ``fields``, ``steps``."""

    name: str
    before: int | None
    after: int | None
    unit: str = ""

    @property
    def change(self) -> int | None:
        """How many more; ``None`` where it cannot be told."""
        return None if self.before is None or self.after is None else self.after - self.before


def figures(before: CompiledItem, after: CompiledItem) -> tuple[Figure, ...]:
    """What the applicant feels of a change, in figures. Limits in two units are not compared."""
    old, new = (item.doc["route"]["limits"]["promised"] for item in (before, after))
    alike = old["unit"] == new["unit"]
    pairs = {
        "materials": [sum(1 for each in item.doc["materials"] if each["source"]["from"] == "applicant") for item in (before, after)],
        "days": [old["value"] if alike else None, new["value"]],
        "visits": [item.doc["visits"]["times"] for item in (before, after)],
        "steps": [sum(1 for node in item.route.walk() if node.kind != "parallel") for item in (before, after)],
        "fields": [len(fields_of(item.form_doc)) for item in (before, after)],
    }
    return tuple(Figure(name, pair[0], pair[1], new["unit"] if name == "days" else "") for name, pair in pairs.items())


def _limits(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    for name in ("promised", "statutory"):
        yield from _whole(f"route.limits.{name}", "limits", old["route"]["limits"].get(name), new["route"]["limits"].get(name), f"limit_{name}")


def _scalars(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    names = "title short_title summary department level type case_type applicants anywhere form visits online contacts"
    for name in names.split():
        yield from _whole(name, "rest", old.get(name), new.get(name))
    yield from _whole("fees.charged", "rest", old["fees"]["charged"], new["fees"]["charged"], "charged")


def _whole(path: str, part: str, old: Any, new: Any, title: str | None = None) -> Iterator[Change]:
    if old != new:
        above, _, last = path.rpartition(".")
        name = word(f"items.name_{title}") if title else called(last, above.rpartition(".")[2])
        yield Change("changed", part, path, name, old, new)


def _listed(part: str, old: JsonObject, new: JsonObject) -> Iterator[Change]:
    before = {entry["id"]: entry for entry in old.get(part) or ()}
    after = {entry["id"]: entry for entry in new.get(part) or ()}
    yield from _keyed(part, before, after)
    if list(before) != list(after) and set(before) == set(after):
        yield Change("changed", part, part, word("items.name_order"), list(before), list(after))


def _keyed(part: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in after:
        if name not in before:
            yield Change("added", part, f"{part}.{name}", _title(after[name], name), None, after[name])
    for name in before:
        if name not in after:
            yield Change("removed", part, f"{part}.{name}", _title(before[name], name), before[name])
        elif before[name] != after[name]:
            for key in sorted(set(before[name]) | set(after[name])):
                if before[name].get(key) != after[name].get(key):
                    title = f"{_title(after[name], name)} · {called(key, part)}"
                    yield Change("changed", part, f"{part}.{name}.{key}", title, before[name].get(key), after[name].get(key))


def _title(entry: Mapping[str, Any], fallback: str) -> str:
    return str(entry.get("title") or entry.get("text") or entry.get("question") or fallback)


#: What of a field is told by the fields inside it.
_INNER = ("properties", "items", "required")


def fields_of(form: JsonObject, prefix: str = "") -> dict[str, JsonObject]:
    """Every field of a form by its path, without its children, so that one new column of a table is one change."""
    required = frozenset(form.get("required") or ())
    found: dict[str, JsonObject] = {}
    for name, each in (form.get("properties") or {}).items():
        inner = each.get("items") if isinstance(each.get("items"), Mapping) else each
        own = {key: value for key, value in each.items() if key not in _INNER}
        rows = {key: value for key, value in each["items"].items() if key not in _INNER} if inner is not each else {}
        found[prefix + name] = {**own, **({"items": rows} if rows else {}), "required": name in required}
        found.update(fields_of(inner, f"{prefix}{name}."))
    return found


def _steps(scope: JsonObject, prefix: str = "") -> dict[str, JsonObject]:
    found: dict[str, JsonObject] = {}
    for name, node in (scope.get("nodes") or {}).items():
        found[prefix + name] = {key: value for key, value in node.items() if key != "branches"}
        for branch, inner in (node.get("branches") or {}).items():
            found[f"{prefix}{name}.{branch}"] = {key: value for key, value in inner.items() if key != "nodes"}
            found.update(_steps(inner, f"{prefix}{name}.{branch}."))
    return found
