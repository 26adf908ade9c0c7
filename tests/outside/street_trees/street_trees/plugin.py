"""What this plugin does for the hall. Each hook hands over to the module that does it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from core.sdk import Context, Finding, hookimpl
from core.sdk.background import Job
from core.sdk.fields import FieldType
from core.sdk.hooks import StepCall
from core.sdk.items import ItemInfo
from core.sdk.slots import Slot
from core.sdk.web import Pages

from . import fields, service, views


@hookimpl
def pages() -> Sequence[Pages]:
    """The register, for everybody and for those who keep it."""
    return (views.pages,)


@hookimpl
def slots() -> Sequence[Slot]:
    """A line on the guides of items that use the register."""
    return (Slot("portal.guide", "guide.html", views.on_guide),)


@hookimpl
def field_types() -> Sequence[FieldType]:
    """The number of a tree."""
    return (fields.TreeNumber(),)


@hookimpl
def check_item(ctx: Context, item: ItemInfo) -> Sequence[Finding]:
    """The field that an item names must hold the number of a tree."""
    return fields.check(item)


@hookimpl
def run_step(ctx: Context, call: StepCall) -> Mapping[str, Any] | None:
    """The ability ``survey``: what the register knows of a tree."""
    return service.survey(ctx, str(call.values["tree"])) if call.ability == "survey" else None


@hookimpl
def background_jobs() -> Sequence[Job]:
    """Which trees are due for inspection."""
    return (Job("due", service.mark_due, every=timedelta(hours=6)),)
