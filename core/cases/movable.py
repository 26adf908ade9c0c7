"""May one running case go to another version of its item? What the route says, what the limits say, what the answers say – refused rather than guessed.

A filed case never gets a longer limit than it was filed under (行政许可法 8, 42: the applicant relies on what was promised; ROUTING §7). Clocks
that run keep their ledgers; what starts later is measured by the new version, which is why none of its limits may be longer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.forms.service import decide
from core.items import facts as item_facts
from core.items.limits import ChosenLimit
from core.items.materials import needs
from core.items.spec import CompiledItem
from core.kernel.errors import Finding
from core.kernel.wording import word
from core.routing.marking import Marking
from core.routing.service import move
from core.routing.spec import Extend, RouteLimit, RouteSpec
from core.worktime.spec import Limit


@dataclass(frozen=True, slots=True)
class Filed:
    """What a case brought: its answers, situation, party, channel, and the materials it has. ``None`` answers: nobody may read them any more."""

    values: Mapping[str, Any] | None
    situation: Mapping[str, str]
    party: Mapping[str, Any]
    channel: str
    materials: frozenset[str]

    def facts(self, compiled: CompiledItem) -> dict[str, Any]:
        """What the rules of *compiled* may ask."""
        return item_facts.facts(compiled, self.situation, self.values or {}, party=self.party, channel=self.channel)


def findings(old: CompiledItem, new: CompiledItem, marking: Marking, filed: Filed, node_map: Mapping[str, str]) -> list[Finding]:
    """Everything that speaks against moving: errors refuse, warnings defer. Empty when the case may go."""
    found = move(old.route, new.route, marking, node_map)
    return [*(found if isinstance(found, list) else ()), *_longer(old, new, marking, filed), *_unmet(old, new, marking, filed)]


def asks_answers(old: CompiledItem, new: CompiledItem) -> bool:
    """Whether the answer hangs on what the applicant wrote, so that a dry run must open the case."""
    same = old.form_doc == new.form_doc and old.blocks == new.blocks and old.doc["materials"] == new.doc["materials"]
    return not same or any(limit.cases for route in (old.route, new.route) for _name, limit in _limits(route))


# time -------------------------------------------------------------------------------------------------------------------


def _limits(route: RouteSpec) -> Iterator[tuple[str, RouteLimit]]:
    yield "main", route.main_limit
    yield "statutory", route.statutory
    yield "intake", route.intake.limit
    yield "delivery", route.delivery.limit
    for pause in route.pauses.values():
        yield f"pause:{pause.id}", pause.max
    yield from _extension("extend", route.extend)


def _extension(name: str, extend: Extend | None) -> Iterator[tuple[str, RouteLimit]]:
    if extend is not None:
        yield name, extend.adds
        yield from _extension(f"{name}_joint", extend.joint)


def _longer(old: CompiledItem, new: CompiledItem, marking: Marking, filed: Filed) -> Iterator[Finding]:
    """One finding for each limit still ahead that the new version makes longer, or of which that cannot be told."""
    before, after = (dict(_limits(each.route)) for each in (old, new))
    past = {"review": {"intake"}, "delivery": set(before | after) - {"delivery"}}.get(marking.phase, set())
    for name, limit in after.items():
        if name in past:
            continue
        wanted = limit.resolve(filed.facts(new))
        known = name in before
        was = before[name].resolve(filed.facts(old)) if known else None
        if not known or not _within(wanted, was):
            yield Finding("error", f"limits.{name}", "cases.move_longer", {"clock": _clock(new, name), "before": _words(was), "after": _words(wanted)})
    times = (old.route.extend.times if old.route.extend else 0, new.route.extend.times if new.route.extend else 0)
    if "main" not in past and times[1] > times[0]:
        name = "extend"
        yield Finding("error", f"limits.{name}", "cases.move_longer", {"clock": _clock(new, name), "before": f"{times[0]} ×", "after": f"{times[1]} ×"})


def _within(new: Limit | None, old: Limit | None) -> bool:
    """Whether *new* is surely no longer than *old*. Two units cannot be compared, a limit that hangs on an unknown answer neither."""
    if new == old:
        return True
    if new is None or old is None:
        return False
    if old.value is None or new.unit == "at_once":
        return True
    return new.value is not None and new.unit == old.unit and new.value <= old.value


def _words(limit: Limit | None) -> str:
    return "—" if limit is None else ChosenLimit(limit.value, limit.unit).words("zh")


def _clock(item: CompiledItem, name: str) -> str:
    kind, _, which = name.partition(":")
    return item.route.pauses[which].title if kind == "pause" else word(f"cases.move_clock_{kind}")


# answers ----------------------------------------------------------------------------------------------------------------


def _unmet(old: CompiledItem, new: CompiledItem, marking: Marking, filed: Filed) -> Iterator[Finding]:
    """What the new version asks of the applicant and the case has not: nobody is asked twice, so the case stays where it is."""
    if marking.phase == "delivery" or not asks_answers(old, new):
        return
    if filed.values is None:
        yield Finding("error", "form", "cases.move_erased", {})
        return
    facts = filed.facts(new)
    known = {name: value for name, value in facts.items() if name != "form"}
    errors = decide(new.form, filed.values, facts=known).errors
    earlier = {error.path for error in decide(old.form, filed.values, facts={**known, "situation": dict(filed.situation)}).errors}
    titles = [new.form.labels[f"form.{e.path}"].title if f"form.{e.path}" in new.form.labels else e.path for e in errors if e.path not in earlier]
    if titles:
        yield Finding("error", "form", "cases.move_answers", {"fields": "、".join(dict.fromkeys(titles))})
    had = {need.id for need in needs(old.doc, filed.facts(old)) if need.demanded}
    lacking = [need.doc["title"] for need in needs(new.doc, facts) if need.demanded and need.id not in filed.materials and need.id not in had]
    if lacking:
        yield Finding("error", "materials", "cases.move_materials", {"materials": "、".join(lacking)})
