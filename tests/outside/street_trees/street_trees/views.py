"""The pages: thin – what was asked goes to the service, what comes back goes to a template."""

from collections.abc import Mapping
from typing import Any

from core.sdk import BadInput, Conflict, Context, Words
from core.sdk.items import item
from core.sdk.slots import Subject
from core.sdk.web import Answer, Ask, Pages

from . import service
from .models import NAME

TITLE = Words("行道树", "Street trees")
pages = Pages(NAME)


@pages.portal("", title=TITLE, nav=True)
def register(ask: Ask) -> Answer:
    """The register; one tree where its number was asked for."""
    number = ask.args.get("number", "").strip().upper()
    trees = service.register(ask.ctx) if not number else [each for each in (service.find(ask.ctx, number),) if each]
    return ask.page("register.html", trees=trees, number=number)


@pages.office("", title=TITLE, nav=True, may="keep", methods=("GET", "POST"))
def keep(ask: Ask) -> Answer:
    """Enter a tree; the trees that are due for inspection."""
    error = ""
    if ask.method == "POST":
        form = ask.form
        try:
            if form.get("inspected"):
                service.inspected(ask.ctx, form["inspected"])
            else:
                given = (form.get("number", ""), form.get("species", ""), form.get("place", ""))
                service.enter(ask.ctx, *given, protected="protected" in form)
        except (BadInput, Conflict) as wrong:
            error = wrong.words(ask.ctx.locale)
        else:
            ask.tell(ask.ctx.say("已登记"))
            return ask.go()
    return ask.page(
        "keep.html",
        status=422 if error else 200,
        error=error,
        form=ask.form,
        due=service.register(ask.ctx, due=True),
    )


def on_guide(ctx: Context, subject: Subject) -> Mapping[str, Any] | None:
    """The line on the guide of an item that uses the register."""
    found = item(ctx, subject.item_code) if subject.item_code else None
    return {} if found is not None and found.options else None
