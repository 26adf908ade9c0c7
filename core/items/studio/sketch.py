"""The route of a draft as far as it can be read: compiled and checked where it compiles, as written where it does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.forms import service as forms
from core.forms.spec import FormSpec
from core.items import facts as item_facts
from core.items.studio import routing, scopes
from core.items.studio.addresses import Addresses
from core.items.studio.spots import Spot
from core.items.texts import route_translations
from core.kernel.errors import Finding, PlatformError
from core.routing.estimate import days
from core.routing.service import RouteSpec, check_route, compile_route, worst_case


@dataclass(frozen=True, slots=True)
class Numbers:
    """Stations from receipt to delivery; working days of the longest way, without returns and with every return used up; what is promised, if anything."""

    steps: int
    longest: float
    with_returns: float
    promised: float | None


@dataclass(frozen=True, slots=True)
class Sketch:
    """A draft's route: ``spec`` where it compiles, else ``why`` not; every finding with its spot; ``types`` and ``labels`` of the facts its rules may read,
    and which of them are ``tables``."""

    spec: RouteSpec | None
    why: str
    findings: tuple[tuple[Finding, Spot], ...]
    numbers: Numbers | None
    labels: Mapping[str, Any]
    types: Mapping[str, Any]
    tables: frozenset[str]

    @property
    def sound(self) -> bool:
        """Whether it can be walked to an end from everywhere."""
        return self.spec is not None and not any(finding.level == "error" for finding, _spot in self.findings)


def sketch(content: Mapping[str, Any], locale: str = "zh") -> Sketch:
    """The route of a draft's *content*, whatever it holds."""
    item = content.get("item")
    route = item.get("route") if isinstance(item, Mapping) else None
    form = form_of(content)
    labels, types = _facts(item, form, locale)
    tables = frozenset(f"form.{field.path}" for field in form.root.walk() if field.item is not None) if form is not None else frozenset()
    here = Addresses(content)
    faults = routing.faults(route)
    try:
        spoken = route_translations(item) if isinstance(item, Mapping) else {}
        written: Any = route
        spec = compile_route({**written, "translations": spoken} if spoken else written, types if form is not None else None)
        found = tuple(check_route(spec, types=types if form is not None else None))
        numbers = _numbers(content, spec, found)
    except PlatformError as error:
        found = tuple(getattr(error, "findings", ())) or faults
        return Sketch(None, error.words(locale), _placed(here, found), None, labels, types, tables)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return Sketch(None, faults[0].words(locale) if faults else "", _placed(here, faults), None, labels, types, tables)
    return Sketch(spec, "", _placed(here, found), numbers, labels, types, tables)


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
    """The draft's form, where it compiles."""
    form, blocks = content.get("form"), content.get("blocks")
    if not isinstance(form, Mapping):
        return None
    try:
        return forms.compile_form(form, blocks=blocks if isinstance(blocks, Mapping) else {})
    except PlatformError:
        return None
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None


def _facts(item: Any, form: FormSpec | None, locale: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Labels and types of every fact that rules of the item may read."""
    doc = item if isinstance(item, Mapping) else {}
    try:
        said = item_facts.labels(doc, form.labels_in(locale) if form is not None else {}, locale)
        return said, item_facts.types(doc, form.types if form is not None else {})
    except (AttributeError, KeyError, TypeError):  # situations in a shape of their own
        return item_facts.plain_labels(locale), item_facts.PLAIN_TYPES
