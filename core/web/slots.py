"""Slots: the places on the platform's own pages where plugins may add something small. A plugin that fails there is noted; the page comes without it."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from markupsafe import Markup

from core.kernel.errors import PlatformError
from core.pluginhost import grants
from core.pluginhost import service as plugins
from core.pluginhost.context import Context
from core.web import edge

log = logging.getLogger("wangting.plugins")

Place = Literal["portal.home", "portal.guide", "portal.case", "portal.verify", "office.case"]


#: Places that are about no item and no department: every plugin that takes part anywhere may have something to say there.
_EVERYWHERE = frozenset({"portal.home", "portal.verify"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What the page is about; only what fits the place is set."""

    item_code: str | None = None
    case_id: str | None = None
    licence_id: str | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """Something small on a page of the platform. ``gather(ctx, subject)`` gives the values of ``template``, or ``None``: nothing to show here."""

    place: Place
    template: str
    gather: Callable[[Context, Subject], Mapping[str, Any] | None]


def gathered(place: Place, subject: Subject, *, department_id: str | None = None, item: Iterable[str] = ()) -> list[tuple[str, Mapping[str, Any]]]:
    """(template, values) for every slot of *place* that has something to show, in the plugins' order. Nothing is asked when no plugin has one here."""
    session = edge.session()
    found: list[tuple[str, Mapping[str, Any]]] = []
    if place in _EVERYWHERE:
        offered = [(name, each) for name in plugins.anywhere(session, "slots") for each in plugins.host(session).offered("slots", name)]
    else:
        offered = plugins.offers(session, "slots", department_id, item=item)
    for plugin, slot in offered:
        if slot.place != place:
            continue
        reader = edge.reader()
        granted = grants.of(session, plugin, reader.id) if reader.kind == "staff" else ()
        ctx = plugins.called(session, plugin, actor=reader, locale=edge.locale(), granted=granted)
        try:
            with session.begin_nested():  # what fails inside leaves the page's transaction whole
                values = plugins.host(session).guarded(plugin, f"slots {place}", partial(slot.gather, ctx, subject))
        except PlatformError as error:
            log.warning("slot %s of plugin %s is left out: %s", place, plugin, error)
            continue
        if values is not None:
            found.append((f"plugins/{plugin}/{slot.template}", {**values, "plugin": plugin}))
    return found


def shown(
    place: Place, render: Callable[[str, Mapping[str, Any]], str], subject: Subject, *, department_id: str | None = None, item: Iterable[str] = ()
) -> Markup:
    """The slots of *place* as HTML. *render(template, values)* draws one."""
    parts = []
    for template, values in gathered(place, subject, department_id=department_id, item=item):
        try:
            parts.append(render(template, values))
        except Exception:
            log.exception("template %s of a slot could not be drawn", template)
    return Markup("").join(Markup(part) for part in parts)  # noqa: S704 - templates escape what they are given
