"""What changes between two versions of an item: in words for people, as JSON for programs (DESIGN §3: the gate shows it)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from core.items.catalogue.elements import spots
from core.items.limits import ChosenLimit
from core.items.spec import CompiledItem, JsonObject
from core.items.texts import HUMAN, walk
from core.kernel.wording import word

Kind = Literal["added", "removed", "changed"]
#: What a change is for cases that run (ROUTING §7): words without legal meaning, who handles it, how long it takes, what is asked and given, the way itself.
Sort = Literal["text", "people", "time", "papers", "graph"]
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

    def words(self, locale: str = "zh") -> str:
        """One sentence: “增加材料:授权委托书”, “承诺时限:10 个工作日 → 8 个工作日”."""
        part = word(f"items.part_{self.part}", locale)
        if self.kind == "changed":
            return word("items.diff_changed", locale, part=part, title=self.title, before=_plain(self.before, locale), after=_plain(self.after, locale))
        return word(f"items.diff_{self.kind}", locale, part=part, title=self.title)


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


def diff(before: CompiledItem | None, after: CompiledItem) -> tuple[Change, ...]:
    """Everything that differs, big things first. *before* is ``None`` for the first version: everything is new and nothing is listed."""
    if before is None or before.hash == after.hash:
        return ()
    return (*compare(before.doc, after.doc), *_keyed("fields", fields_of(before.form_doc), fields_of(after.form_doc)))


def compare(old: JsonObject, new: JsonObject) -> tuple[Change, ...]:
    """What differs between two item documents, their forms aside."""
    changes = [
        *_limits(old, new),
        *_scalars(old, new),
        *(c for part in ("materials", "situations", "conditions", "basis", "results", "places", "faq") for c in _listed(part, old, new)),
        *_keyed("fees", {i["id"]: i for i in old["fees"].get("items") or ()}, {i["id"]: i for i in new["fees"].get("items") or ()}),
        *_keyed("steps", _steps(old["route"]["review"]), _steps(new["route"]["review"])),
        *_keyed("pauses", old["route"].get("pauses") or {}, new["route"].get("pauses") or {}),
        *(c for name in ("intake", "delivery", "anytime", "lights") for c in _whole(f"route.{name}", "route", old["route"].get(name), new["route"].get(name))),
    ]
    for part in ("codes", "themes", "words", "life_events", "service_objects", "seasons", "redress", "provenance", "translations", "tests", "plugins"):
        changes.extend(_whole(part, "rest", old.get(part), new.get(part)))
    return tuple(changes)


@dataclass(frozen=True, slots=True)
class Balance:
    """What the applicant gains (negative) or loses (positive) by the change; ``None`` where either side is unknown or in another unit."""

    days: int | None
    visits: int | None
    materials: int
    fields: int


def balance(before: CompiledItem, after: CompiledItem) -> Balance:
    """Days, trips, materials and fields saved or added against the last version."""
    old, new = (item.doc["route"]["limits"]["promised"] for item in (before, after))
    days = new["value"] - old["value"] if None not in (old["value"], new["value"]) and old["unit"] == new["unit"] else None
    trips = tuple(item.doc["visits"]["times"] for item in (before, after))
    papers = [sum(1 for m in item.doc["materials"] if m["source"]["from"] == "applicant") for item in (before, after)]
    fields = [len(fields_of(item.form_doc)) for item in (before, after)]
    return Balance(days, trips[1] - trips[0] if None not in trips else None, papers[1] - papers[0], fields[1] - fields[0])


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
        name = word(f"items.name_{title or path.rpartition('.')[2]}")
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
                    title = f"{_title(after[name], name)} · {word(f'items.name_{key}')}"
                    yield Change("changed", part, f"{part}.{name}.{key}", title, before[name].get(key), after[name].get(key))


def _title(entry: Mapping[str, Any], fallback: str) -> str:
    return str(entry.get("title") or entry.get("text") or entry.get("question") or fallback)


def fields_of(form: JsonObject, prefix: str = "") -> dict[str, JsonObject]:
    """Every field of a form by its path, without its children, so that one new column of a table is one change."""
    required = frozenset(form.get("required") or ())
    found: dict[str, JsonObject] = {}
    for name, field in (form.get("properties") or {}).items():
        inner = field.get("items") if isinstance(field.get("items"), Mapping) else field
        own = {key: value for key, value in field.items() if key not in ("properties", "items", "required")}
        found[prefix + name] = {**own, "required": name in required}
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


def _plain(value: Any, locale: str) -> str:
    """A value short enough for a sentence; what is large is only counted."""
    if isinstance(value, Mapping) and {"value", "unit"} <= set(value):
        return ChosenLimit(value["value"], value["unit"]).words(locale)
    if value is None or value == "" or value == {} or value == []:
        return word("items.nothing", locale)
    if isinstance(value, bool):
        return word("items.yes" if value else "items.no", locale)
    if isinstance(value, str | int | float):
        text = str(value)
        return text if len(text) <= 60 else text[:57] + "…"
    return word("items.many", locale, count=sum(1 for _ in walk(value, "x")) - 1)
