"""The hooks of 多证合一; each hands on to the module that does it."""

from collections.abc import Sequence

from core.sdk import Context, Finding, hookimpl
from core.sdk.hooks import CaseChange, Grant, Merged
from core.sdk.items import ItemInfo
from core.sdk.slots import Slot
from core.sdk.web import Pages

from . import following, inspecting, merging, standing, views


@hookimpl
def pages() -> Sequence[Pages]:
    """The finder for citizens, the list for staff."""
    return [views.pages]


@hookimpl
def slots() -> Sequence[Slot]:
    """The certificates on the guide, on both case pages, and on the public page of a licence."""
    return [
        Slot("portal.guide", "guide.html", views.on_guide),
        Slot("portal.case", "case.html", standing.of_case),
        Slot("office.case", "case.html", standing.of_case),
        Slot("portal.verify", "verify.html", standing.of_licence),
    ]


@hookimpl
def check_item(ctx: Context, item: ItemInfo) -> Sequence[Finding]:
    """What is wrong with a bundle."""
    return inspecting.findings(ctx, item)


@hookimpl
def check_config(ctx: Context) -> Sequence[Finding]:
    """Bundles in force that no longer hold."""
    return inspecting.health(ctx)


@hookimpl
def merge_licences(ctx: Context, grant: Grant) -> Merged | None:
    """What the merged licence carries."""
    return merging.merge(ctx, grant)


@hookimpl
def case_changed(ctx: Context, change: CaseChange) -> None:
    """A bundle case moved."""
    following.follow(ctx, change)
