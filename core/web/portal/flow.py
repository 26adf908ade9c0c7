"""The steps of one application: which pages it has, where the reader is, what the frame shows.

Pages of the form come first, then the materials page when there is any but what the form generates, then check-your-answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from core.forms import service as forms
from core.forms.spec import Decision, FieldError
from core.items import facts as item_facts
from core.items.materials import needs
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.web import edge, seat
from core.web.page import say

MATERIALS, CHECK = "materials", "check"


@dataclass(frozen=True, slots=True)
class Step:
    """One station of the progress line."""

    id: str
    title: str
    state: str
    href: str | None


def party_facts(kind: str) -> Mapping[str, str]:
    """What rules may ask about the applicant."""
    return {"kind": kind}


def facts(compiled: CompiledItem, situation: Mapping[str, str], values: Mapping[str, Any], party_kind: str) -> dict[str, Any]:
    """Everything the item's rules may ask."""
    return item_facts.facts(compiled, situation, values, party=party_facts(party_kind), channel=seat.channel())


def materials_matter(compiled: CompiledItem, known: Mapping[str, Any]) -> bool:
    """Whether there is anything to hand in, to agree to or to promise: then the materials are a step of their own."""
    return any(need.source != "form" for need in needs(compiled.doc, known))


def order(compiled: CompiledItem, known: Mapping[str, Any]) -> list[str]:
    """Ids of the steps in order."""
    pages = [page.id for page in compiled.form.pages]
    return [*pages, *([MATERIALS] if materials_matter(compiled, known) else []), CHECK]


def step_title(compiled: CompiledItem, step: str) -> str:
    """The title of a step in the reader's language."""
    if step == MATERIALS:
        return say("材料")
    if step == CHECK:
        return say("核对并提交")
    page = compiled.form.page(step)
    return compiled.form.text(f"{page.id}.title", page.title, edge.locale())[0]


def line(compiled: CompiledItem, known: Mapping[str, Any], here: str, draft_id: str | None, reached: str | None = None) -> list[Step]:
    """The progress line. Steps up to the furthest one reached are links."""
    ids = order(compiled, known)
    at = ids.index(here) if here in ids else 0
    furthest = max(at, ids.index(reached) if reached in ids else 0)
    return [
        Step(
            each,
            step_title(compiled, each),
            "now" if number == at else "done" if number < furthest else "todo",
            step_href(draft_id, each) if draft_id is not None and number <= furthest and number != at else None,
        )
        for number, each in enumerate(ids)
    ]


def step_href(draft_id: str, step: str) -> str:
    """The address of a step of a draft."""
    return seat.href("apply.step", draft_id=draft_id, step=step)


def frame(compiled: CompiledItem, known: Mapping[str, Any], here: str, draft: Any = None, **more: Any) -> dict[str, Any]:
    """What :file:`portal/flow.html` needs."""
    ids = order(compiled, known)
    at = ids.index(here) if here in ids else 0
    read = Reader(compiled.doc, edge.locale())
    back = step_href(draft.id, ids[at - 1]) if draft is not None and at > 0 else None
    desk = seat.taken()
    return {
        **(desk.frame if desk is not None else {}),
        "layout": seat.layout(),
        "desk": desk,
        "uploads_href": seat.href("portal.upload"),
        "item_short": str(read("short_title", compiled.doc.get("short_title") or compiled.title)),
        "guide_href": url_for("portal.item", code=compiled.code),
        "steps": line(compiled, known, here, draft.id if draft is not None else None, draft.page if draft is not None else None),
        "page_title": step_title(compiled, here) if here != CHECK else say("核对后提交"),
        "item_hash": compiled.hash,
        "back_href": back,
        "saved_at": None,
        "kept_until": draft.expires_at if draft is not None else None,
        "notice": None,
        "errors": [],
    } | more


def following(compiled: CompiledItem, known: Mapping[str, Any], here: str) -> str:
    """The step after *here*."""
    ids = order(compiled, known)
    return ids[min(ids.index(here) + 1, len(ids) - 1)] if here in ids else ids[0]


def summary(errors: Sequence[FieldError], compiled: CompiledItem) -> list[tuple[str, str]]:
    """Errors as (anchor, words) for the summary at the top."""
    return [(error.anchor, forms.words(error, compiled.form, edge.locale())) for error in errors]


def first_wrong(compiled: CompiledItem, decision: Decision) -> str | None:
    """The page of the first error, so that the reader is led there."""
    for page in compiled.form.pages:
        names = {field.id for field in page.fields}
        if any(error.path.split(".")[0] in names for error in decision.errors):
            return page.id
    return compiled.form.pages[0].id if decision.errors else None
