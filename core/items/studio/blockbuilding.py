"""The fields of a shared block by the form builder: to it a block is a form of one section, and what it says about that is said about the block."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.items.studio import formbuilding as building
from core.items.studio.edits import Edit
from core.items.studio.formbuilding import Line
from core.items.studio.spots import Spot

#: The one section of a block, as the builder sees it.
SECTION: Spot = ("form", "ui", "pages", "@block", "sections", "@block")
_PLACED: Spot = (*SECTION, "fields")


def as_form(body: Mapping[str, Any]) -> dict[str, Any]:
    """A block as the content of a draft whose form it is."""
    held = body.get("properties")
    fields: Mapping[str, Any] = held if isinstance(held, Mapping) else {}
    ui: Mapping[str, Any] = body["ui"] if isinstance(body.get("ui"), Mapping) else {}
    order = ui.get("order")
    names = [name for name in order if name in fields] if isinstance(order, list) else []
    names += [name for name in fields if name not in names]
    pages = [{"id": "block", "title": body.get("title", ""), "sections": [{"id": "block", "title": "", "fields": names}]}]
    return {"form": {**body, "ui": {**ui, "pages": pages}}}


def lines(body: Mapping[str, Any], key: str, locale: str) -> tuple[Line, ...]:
    """The block's fields in their order, at their spots in the draft."""
    found = [line for page in building.pages(as_form(body), locale) for section in page.sections for line in section.fields]
    return tuple(replace(line, at=_spot(line.at, key)) for line in found)


def edits(body: Mapping[str, Any], key: str, changes: Sequence[Edit]) -> tuple[Edit, ...]:
    """What the builder would do to :func:`as_form`, done to the block *key* of the draft."""
    return tuple(_order(body, key, changes)) + tuple(replace(each, at=_spot(each.at, key)) for each in changes)


def _order(body: Mapping[str, Any], key: str, changes: Sequence[Edit]) -> Iterator[Edit]:
    """A block that says nothing about the order of its fields begins to, where a change is about that."""
    ui = body.get("ui")
    names = as_form(body)["form"]["ui"]["pages"][0]["sections"][0]["fields"]
    if not any(each.at[: len(_PLACED)] == _PLACED for each in changes) or (isinstance(ui, Mapping) and ui.get("order") == names):
        return
    if isinstance(ui, Mapping):
        yield Edit("set", ("blocks", key, "ui", "order"), names, **({"was": ui["order"]} if "order" in ui else {}))
    else:
        yield Edit("set", ("blocks", key, "ui"), {"order": names}, **({"was": ui} if "ui" in body else {}))


def _spot(at: Spot, key: str) -> Spot:
    if at[: len(_PLACED)] == _PLACED:
        return ("blocks", key, "ui", "order", *at[len(_PLACED) :])
    return ("blocks", key, *at[1:]) if at[:1] == ("form",) else at
