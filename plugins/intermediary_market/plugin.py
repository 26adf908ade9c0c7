"""What this plugin does for the hall. Each hook hands over to the module that does it."""

from collections.abc import Sequence

from core.sdk import Context, Finding, hookimpl
from core.sdk.background import Job
from core.sdk.fields import FieldType
from core.sdk.hooks import Application, StepView
from core.sdk.items import ItemInfo
from core.sdk.slots import Slot
from core.sdk.web import Pages
from plugins.intermediary_market import fields, health
from plugins.intermediary_market.jobs import JOBS
from plugins.intermediary_market.service import linking
from plugins.intermediary_market.slots import SLOTS
from plugins.intermediary_market.views import pages as own_pages


@hookimpl
def pages() -> Sequence[Pages]:
    """The market on the portal and in the back office."""
    return (own_pages,)


@hookimpl
def slots() -> Sequence[Slot]:
    """Home, guide and case pages."""
    return SLOTS


@hookimpl
def background_jobs() -> Sequence[Job]:
    """What is due because a day or an hour came."""
    return JOBS


@hookimpl
def field_types() -> Sequence[FieldType]:
    """The number of an agency."""
    return (fields.AgencyField(),)


@hookimpl
def check_item(ctx: Context, item: ItemInfo) -> Sequence[Finding]:
    """Services, basis, special procedure and step of an item's options."""
    return linking.check(ctx, item)


@hookimpl
def validate_submission(ctx: Context, application: Application) -> Sequence[Finding]:
    """Agencies that an application names are admitted."""
    return fields.check(ctx, application)


@hookimpl
def may_leave_step(ctx: Context, step: StepView) -> Sequence[Finding]:
    """A step that waits for a service is not left before it is done."""
    return linking.held(ctx, step)


@hookimpl
def check_config(ctx: Context) -> Sequence[Finding]:
    """The health page."""
    return health.check(ctx)
