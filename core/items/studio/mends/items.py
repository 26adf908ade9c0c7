"""Mends of items: what the law or the item itself leaves no choice about, and ways out where there are a few."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.items.studio.advice.reach import nodes
from core.items.studio.expressions import renamed, rows_of
from core.items.studio.mending import Content, Mend, free, gone, ids, mend, near, put, without
from core.items.studio.spots import MISSING, Spot, find
from core.kernel.errors import Finding

_ITEM: Spot = ("item",)


@mend("items.id_twice")
def another_id(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """The later entry gets an id of its own; whatever names the id goes on meaning the first."""
    name = free(ids(find(content, spot[:-2])), str(finding.params["id"]))
    yield Mend("another_id", put(content, spot, name), {"id": name}, safe=True)


# ---- materials


@mend("items.library_can_give")
def from_library(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """The licence library gives the paper: it is fetched, and nothing of it is asked for on paper. One that a promise stands for is left to people."""
    at = spot[:-1]
    material = find(content, at)
    listed = find(content, (*_ITEM, "promises"))
    promised = {name for promise in (listed if isinstance(listed, list) else ()) for name in promise.get("materials") or ()}
    if material["id"] in promised or material.get("reuse_for") is not None:
        return
    papers = tuple(edit for part in ("original", "copies") if material.get(part) for edit in put(content, (*at, part), 0))
    source = {"from": "library", "licence": finding.params["type"]}
    yield Mend("from_library", (*put(content, spot, source), *papers), {"type": finding.params["type"]}, safe=True)


@mend("items.shared_on_paper")
def not_on_paper(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """能共享的不收纸质: no original, no copies."""
    parts = ((*spot[:-1], part) for part in ("original", "copies") if find(content, (*spot[:-1], part)))
    yield Mend("not_on_paper", tuple(edit for at in parts for edit in put(content, at, 0)), safe=True)


@mend("items.when_without_conditional")
def conditional(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A required paper with a condition is a conditional one."""
    if find(content, spot) == "required":
        yield Mend("conditional", put(content, spot, "conditional"), safe=True)
    yield Mend("drop_condition", gone(content, (*spot[:-1], "when")))


@mend("items.later_not_deferrable")
def not_later(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A limit for a paper that may not follow later."""
    yield Mend("drop", gone(content, spot), {"name": spot[-1]})


@mend("items.promised_twice")
def promised_once(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """The later promise leaves the material to the first, as long as it stands for something else."""
    if len(set(find(content, spot))) > 1:
        yield Mend("drop_name", without(content, spot, finding.params["name"]), {"name": finding.params["name"]}, safe=True)


@mend("items.promise_material", "items.promise_condition")
def promise_leaves(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """What a promise cannot stand for is taken out of it."""
    if len(find(content, spot)) > 1:
        yield Mend("drop_name", without(content, spot, finding.params["name"]), {"name": finding.params["name"]})


@mend("items.material_missing")
def material_meant(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A test or a point names a material that is not there: the near one, or none."""
    name = finding.params["name"]
    known = list(ids(find(content, (*_ITEM, "materials"))))
    meant = near(name, known)
    held = find(content, spot)
    if isinstance(held, list):
        if meant is not None and meant not in held:
            yield Mend("respell", put(content, spot, [meant if each == name else each for each in held]), {"near": meant})
        yield Mend("drop_name", without(content, spot, name), {"name": name}, safe=meant is None)
    else:
        if meant is not None:
            yield Mend("respell", put(content, spot, meant), {"near": meant})
        yield Mend("drop_name", gone(content, spot), {"name": name}, safe=meant is None)


# ---- what names fields of the form


@mend("items.field_missing", "items.field_not_single")
def field_meant(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A field that was renamed or removed: the near one, or none."""
    name = finding.params["field"]
    meant = near(name, find(content, ("form", "properties"))) if finding.key == "items.field_missing" else None
    held = find(content, spot)
    preset = len(spot) > 1 and spot[-2] == "sets"
    if meant is not None and preset and find(content, (*spot[:-1], meant)) is MISSING:
        yield Mend("respell", (*put(content, (*spot[:-1], meant), held), *gone(content, spot)), {"near": meant})
    elif meant is not None and not preset and not (isinstance(find(content, spot[:-1]), list) and meant in find(content, spot[:-1])):
        yield Mend("respell", put(content, spot, meant), {"near": meant})
    if spot[-2:] != ("anywhere", "authority"):
        yield Mend("drop_name", gone(content, spot), {"name": name}, safe=meant is None)


@mend("items.preset_not_allowed")
def no_preset(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A preset that the field does not take: the same as yes or no, or none."""
    held = find(content, spot)
    if isinstance(held, str) and held.lower() in ("true", "false") and find(content, ("form", "properties", spot[-1], "type")) == "boolean":
        yield Mend("unquote", put(content, spot, held.lower() == "true"), {"value": held.lower()}, safe=True)
    yield Mend("drop_name", gone(content, spot), {"name": finding.params["field"]})


# ---- what the item says of itself


@mend("items.free_but_payment")
def no_payment(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Nothing to pay, so nothing is paid online."""
    yield Mend("no_payment", put(content, spot, False), safe=True)


@mend("items.free_but_items")
def no_fees(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Free, or the fees that are listed."""
    yield Mend("no_fees", put(content, spot, []))
    yield Mend("charged", put(content, (*spot[:-1], "charged"), True))


@mend("items.reason_without_visit")
def no_reason(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Nobody has to come, so there is no reason to."""
    yield Mend("drop", gone(content, spot), {"name": spot[-1]})


@mend("items.no_way_in")
def ways_in(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Online, or by post."""
    yield Mend("apply_online", put(content, spot, True))
    ways: Spot = ("item", "route", "delivery", "ways")
    yield Mend("by_post", put(content, ways, [*find(content, ways), "post"]))


@mend("items.at_once_not_instant", "items.instant_not_at_once")
def case_type(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """即办件 is what is done at once."""
    kind = "instant" if finding.key == "items.at_once_not_instant" else "promised"
    yield Mend(f"case_{kind}", put(content, spot, kind))


@mend("items.theme_without_person", "items.theme_without_company", "items.provenance_dangling", "items.sheet_unused", "items.deferral_of_nothing")
def left_over(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Said about something that is not there."""
    yield Mend("drop", gone(content, spot), {"name": spot[-1]}, safe=finding.key not in ("items.sheet_unused", "items.deferral_of_nothing"))


@mend("items.translation_dangling", "items.studio_translation_of_nothing")
def translation(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A translation whose text was renamed, or is gone."""
    meant = str(finding.params.get("near") or "")
    if meant and find(content, (*spot[:-1], meant)) is MISSING:
        yield Mend("respell", (*put(content, (*spot[:-1], meant), find(content, spot)), *gone(content, spot)), {"near": meant})
    yield Mend("drop_translation", gone(content, spot), safe=not meant and finding.key == "items.studio_translation_of_nothing")


@mend("items.unknown_not_declared")
def declared(content: Content, finding: Finding, _spot: Spot) -> Iterator[Mend]:
    """The source does not say; so the item says that."""
    at: Spot = ("item", "provenance", "unknown")
    held = find(content, at)
    yield Mend("source_silent", put(content, at, [*(held if isinstance(held, list) else ()), finding.params["path"]]))


@mend("items.result_is_licence", "items.result_is_document")
def result_kind(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """What its name says; a licence only where its type is known."""
    kind = "licence" if finding.key == "items.result_is_licence" else "document"
    if kind == "document" or find(content, (*spot[:-1], "licence_type")) not in (MISSING, None, ""):
        yield Mend(f"result_{kind}", put(content, spot, kind), safe=True)


@mend("items.anywhere_not_online")
def not_online(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Taken in elsewhere in the other modes, or applied for online."""
    if len(find(content, spot)) > 1:
        yield Mend("drop_name", without(content, spot, "online"), {"name": "online"})
    yield Mend("apply_online", put(content, (*_ITEM, "online", "apply"), True))


@mend("items.intake_over_five", "items.delivery_over_ten")
def within_the_law(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """行政许可法 32, 44: no longer than the law allows."""
    days = 5 if finding.key == "items.intake_over_five" else 10
    held = find(content, spot)
    yield Mend("days", put(content, spot, {**held, "value": days, "unit": "working_day"}), {"days": days}, safe=True)


@mend("items.refuse_without_reason")
def with_reason(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """行政许可法 38: a refusal states its reasons."""
    held = find(content, spot)
    yield Mend("needs_reason", put(content, spot, [*(held if isinstance(held, list) else ()), "reason"]), safe=True)


@mend("items.sheet_missing")
def sheet_meant(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A rule sheet that is misspelt, or not there."""
    sheets = find(content, (*_ITEM, "rule_sheets"))
    meant = near(finding.params["name"], sheets if isinstance(sheets, Mapping) else ())
    if meant is not None:
        yield Mend("respell", put(content, spot, meant), {"near": meant})
    yield Mend("drop_name", gone(content, spot), {"name": finding.params["name"]})


# ---- conditions


@mend("rules.unknown_path_near")
def path_meant(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A condition that reads a field under the name it had."""
    yield from _reread(content, str(finding.params["path"]), str(finding.params["near"]), spot)


@mend("routing.check.unknown_path")
def fact_meant(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A condition of the route that reads a step or a situation under the name it had."""
    name = str(finding.params["name"])
    told = [f"{each}.outcome" for each, _node, _at in nodes(content)]
    meant = near(name, [*told, *(f"situation.{each}" for each in ids(find(content, (*_ITEM, "situations"))))])
    if meant is not None:
        yield from _reread(content, name, meant, spot)


def _reread(content: Content, path: str, meant: str, spot: Spot) -> Iterator[Mend]:
    held: Any = find(content, spot)
    if held is not MISSING:
        yield Mend("respell", put(content, spot, renamed(held, path, meant, rows_of(spot))), {"near": meant})


# ---- tests


@mend("items.test_days_used", "items.test_end", "items.test_path", "items.test_documents", "items.test_materials")
def as_it_is(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """The expectation becomes what happens – for who changed the item and meant to."""
    yield Mend("expect_actual", put(content, spot, finding.params["came"]), {"actual": finding.params["actual"]})
