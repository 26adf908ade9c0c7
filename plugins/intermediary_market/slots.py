"""Something small on the platform's pages: what a guide's item needs, the projects of a case, the way in on the hall's home."""

from collections.abc import Mapping
from typing import Any

from core.sdk import Context, cases
from core.sdk.slots import Slot, Subject
from plugins.intermediary_market.service import catalogue, linking, statistics
from plugins.intermediary_market.words import PAYER, STATUS, TONE, said


def on_home(ctx: Context, subject: Subject) -> Mapping[str, Any] | None:  # noqa: ARG001 - the home is about nothing
    """How many projects take registrations now."""
    count = statistics.live(ctx)
    return {"count": count} if count else None


def on_guide(ctx: Context, subject: Subject) -> Mapping[str, Any] | None:
    """The services that the item needs, who commissions them, and how many agencies offer them."""
    needs = linking.of_item(ctx, subject.item_code or "")
    if not needs:
        return None
    supply = catalogue.supply(ctx, [need.service.id for need in needs])
    return {"needs": [_need(ctx, need) | {"agencies": supply.get(need.service.id, 0)} for need in needs]}


def on_case(ctx: Context, subject: Subject) -> Mapping[str, Any] | None:
    """The services that the case needs, each with its projects; the page decided already that the reader may see the case."""
    case = cases.case(ctx, subject.case_id or "")
    if case is None:
        return None
    needs, projects = linking.of_item(ctx, case.item_code), linking.of_case(ctx, case.id)
    if not needs and not projects:
        return None
    rows = [
        {"id": each.id, "number": each.number, "title": each.title, "status": said(ctx, STATUS, each.status), "tone": TONE[each.status]} for each in projects
    ]
    open_ = case.ended_at is None
    side = "department" if ctx.actor.kind == "staff" else "applicant"
    return {
        "needs": [_need(ctx, need) | {"mine": open_ and need.payer == side} for need in needs],
        "projects": rows,
        "case_id": case.id,
        "staff": side == "department",
    }


def _need(ctx: Context, need: linking.Need) -> dict[str, Any]:
    service = need.service
    return {
        "id": service.id,
        "title": service.title_en if ctx.locale == "en" else service.title_zh,
        "basis": service.basis,
        "payer": said(ctx, PAYER, need.payer),
        "licence": service.licence_type,
    }


SLOTS = (
    Slot("portal.home", "slot_home.html", on_home),
    Slot("portal.guide", "slot_guide.html", on_guide),
    Slot("portal.case", "slot_case.html", on_case),
    Slot("office.case", "slot_case.html", on_case),
)
