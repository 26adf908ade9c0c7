"""The route of a draft as far as it can be read: compiled and checked where it compiles, as written where it does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.forms import service as forms
from core.forms.fieldtypes import registry
from core.forms.spec import FormSpec
from core.items import facts as item_facts
from core.items.studio import routing, scopes
from core.items.studio.addresses import Addresses
from core.items.studio.advice.names import fields_of
from core.items.studio.expressions import path_of
from core.items.studio.formbuilding import kind_of
from core.items.studio.spots import Spot
from core.items.texts import route_translations
from core.kernel.errors import Finding, PlatformError
from core.kernel.shapes import listed, mapping
from core.routing.estimate import days
from core.routing.service import RouteSpec, check_route, compile_route, worst_case
from core.rules.service import Label


@dataclass(frozen=True, slots=True)
class Numbers:
    """Stations from receipt to delivery; working days of the longest way, without returns and with every return used up; what is promised, if anything."""

    steps: int
    longest: float
    with_returns: float
    promised: float | None


@dataclass(frozen=True, slots=True)
class Known:
    """What rules of a draft may read: the ``types`` and the names (``labels``) of its facts, which of them are ``tables`` with rows, and on which
    section of the form each stands (``places``)."""

    types: Mapping[str, Any]
    labels: Mapping[str, Any]
    tables: frozenset[str]
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A draft's route: ``spec`` where it compiles, else ``why`` not; every finding with its spot; what its rules may read."""

    spec: RouteSpec | None
    why: str
    findings: tuple[tuple[Finding, Spot], ...]
    numbers: Numbers | None
    known: Known

    @property
    def labels(self) -> Mapping[str, Any]:
        """What the facts are called that rules may read."""
        return self.known.labels

    @property
    def sound(self) -> bool:
        """Whether it can be walked to an end from everywhere."""
        return self.spec is not None and not any(finding.level == "error" for finding, _spot in self.findings)


def sketch(content: Mapping[str, Any], locale: str = "zh") -> Sketch:
    """The route of a draft's *content*, whatever it holds."""
    item = content.get("item")
    route = item.get("route") if isinstance(item, Mapping) else None
    facts = known(content, locale)
    types = facts.types if form_of(content) is not None else None
    here = Addresses(content)
    faults = routing.faults(route)
    try:
        spoken = route_translations(item) if isinstance(item, Mapping) else {}
        written: Any = route
        spec = compile_route({**written, "translations": spoken} if spoken else written, types)
        found = tuple(check_route(spec, types=types))
        numbers = _numbers(content, spec, found)
    except PlatformError as error:
        found = tuple(getattr(error, "findings", ())) or faults
        return Sketch(None, error.words(locale), _placed(here, found), None, facts)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return Sketch(None, faults[0].words(locale) if faults else "", _placed(here, faults), None, facts)
    return Sketch(spec, "", _placed(here, found), numbers, facts)


def _placed(here: Addresses, found: tuple[Finding, ...]) -> tuple[tuple[Finding, Spot], ...]:
    """Findings with their spots: the paths of routing begin below the route and leave containers out."""
    made = []
    for finding in sorted(found, key=lambda each: each.level != "error"):
        spot: Spot | None = None
        parts = finding.path.split(".")
        for end in range(len(parts), 1, -1):
            spot = scopes.spot_of(here.content, ".".join(parts[:end]))
            if spot is not None:
                break
        made.append((finding, spot or ("item", "route", *(part for part in parts[:1] if part))))
    return tuple(made)


def _numbers(content: Mapping[str, Any], spec: RouteSpec, found: tuple[Finding, ...]) -> Numbers | None:
    """How long it takes; a broken route has no longest way."""
    if any(each.level == "error" and each.key != "routing.check.worst_over_promise" for each in found):
        return None
    worst = worst_case(spec)
    promised = max((days(limit) for limit in spec.main_limit.variants() if limit.value is not None), default=None)
    return Numbers(scopes.stations(content), worst.without_loops, worst.with_loops, promised)


def form_of(content: Mapping[str, Any]) -> FormSpec | None:
    """The draft's form with the item's translations of it, where it compiles."""
    form, item, blocks = content.get("form"), content.get("item"), content.get("blocks")
    if not isinstance(form, Mapping):
        return None
    try:
        spec = forms.checked(form, blocks if isinstance(blocks, Mapping) else {}).spec
        tables = item.get("translations") if isinstance(item, Mapping) else None
        if spec is None or not isinstance(tables, Mapping):
            return spec
        return spec.translate({locale: {path: text for path, text in table.items() if path.startswith("form.")} for locale, table in tables.items()})
    except PlatformError:
        return None
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None


def known(content: Mapping[str, Any], locale: str = "zh") -> Known:
    """Every fact that rules of the item may read; of a form that does not compile, what its fields say of themselves."""
    item, form = content.get("item"), form_of(content)
    if form is not None:
        types, said = _in_order(form), dict(form.labels_in(locale))
        rows = [each for each in form.root.walk() if each.item is not None]
        tables = frozenset(f"form.{each.path}" for each in rows)
        said |= {f"form.{each.path}": Label(form.text(f"{each.path}.title", each.title, locale)[0]) for each in rows}
    else:
        types, said, tables = _as_written(content.get("form"))
    places = _places(form, locale) if form is not None else {}
    doc = item if isinstance(item, Mapping) else {}
    try:
        return Known(item_facts.types(doc, types), _spoken(doc, item_facts.labels(doc, said, locale), locale), tables, places)
    except (AttributeError, KeyError, TypeError):  # situations in a shape of their own
        return Known({**item_facts.PLAIN_TYPES, **types}, {**item_facts.plain_labels(locale), **said}, tables)


def _in_order(form: FormSpec) -> dict[str, Any]:
    """The types of a form's facts in the order in which they are asked."""
    asked = {each.id: place for place, each in enumerate(each for page in form.pages for each in page.fields)}
    return dict(sorted(form.types.items(), key=lambda each: asked.get(each[0].split(".")[1], len(asked)) if "." in each[0] else -1))


def _places(form: FormSpec, locale: str) -> dict[str, str]:
    """The section on which each question stands."""
    sections = [(section, form.text(f"{section.id}.title", section.title, locale)[0]) for page in form.pages for section in page.sections]
    return {f"form.{each.id}": title for section, title in sections for each in section.fields}


def _spoken(item: Mapping[str, Any], labels: Mapping[str, Any], locale: str) -> Mapping[str, Any]:
    """The names of situations in *locale*, where the item translates them."""
    table = mapping(mapping(item.get("translations")).get(locale))
    return {
        path: label.spoken(path.replace("situation.", "situations.", 1), table, locale) if table and path.startswith("situation.") else label
        for path, label in labels.items()
    }


def _as_written(form: Any) -> tuple[dict[str, Any], dict[str, Any], frozenset[str]]:
    """Types, labels and tables of the fields as they are written, right or wrong."""
    types: dict[str, Any] = {}
    labels: dict[str, Any] = {}
    kinds, tables = registry.kinds(), set()
    for at, schema in fields_of(mapping(form)):
        path = f"form.{path_of(at)}"
        kind = kinds.get(kind_of(schema))
        types[path] = kind.rule_type if kind is not None else "any"
        options = [each for each in listed(schema.get("oneOf")) if isinstance(each, Mapping) and isinstance(each.get("const"), str | int)]
        labels[path] = Label(str(schema.get("title") or ""), {each["const"]: str(each.get("title", each["const"])) for each in options})
        tables |= {path} if types[path] == "rows" else set()
    return types, labels, frozenset(tables)
