"""Who sits at the form: the applicant at home, or a clerk at a desk for somebody who is there. Steps, form and checks are the same for both.

A desk sets its seat before the view runs (:mod:`core.web.counter`); without one it is the citizen's. What differs is here and nowhere else: in whose
name drafts are kept, where the steps are, how the page is framed, by which channel and at which visit the case is filed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g, url_for
from werkzeug.wrappers import Response

from core.identity.spec import Scope, VisitView
from core.kernel.actor import Actor
from core.web import edge

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seat:
    """A clerk's seat: the visit, who files, in whose name drafts and uploads are kept, which items the desk takes in, and what its pages show around
    the steps."""

    visit: VisitView
    filer: Actor
    keeper: Actor
    scope: Scope
    frame: Mapping[str, Any]


def taken() -> Seat | None:
    """The desk's seat, or ``None`` for a citizen's request."""
    return cast("Seat | None", g.get("seat"))


def take(seat: Seat) -> None:
    """From here on this request is a desk's."""
    g.seat = seat


def keeper() -> Actor:
    """In whose name drafts are kept: the citizen's account, the desk."""
    seat = taken()
    return seat.keeper if seat is not None else edge.citizen()


def filer() -> Actor:
    """Who files."""
    seat = taken()
    return seat.filer if seat is not None else edge.citizen()


def channel() -> str:
    """The channel that rules and the case are told."""
    return "web" if taken() is None else "window"


def visit_id() -> str | None:
    """The visit at which a desk files."""
    seat = taken()
    return seat.visit.id if seat is not None else None


def scope() -> Scope:
    """Whose items can be applied for here: the hall's, or those of the desk's place."""
    seat = taken()
    return seat.scope if seat is not None else edge.scope()


def layout() -> str:
    """The template that frames the steps."""
    return "layout/base.html" if taken() is None else "office/counter_frame.html"


def href(endpoint: str, **values: str) -> str:
    """The address of a step: of the portal's *endpoint*, or of the same step at the desk."""
    seat = taken()
    if seat is None:
        return url_for(endpoint, _external=None, **values)
    return url_for(f"counter_steps.{endpoint.rpartition('.')[2]}", _external=None, visit_id=seat.visit.id, **values)


def seated(view: Callable[..., T]) -> Callable[..., T | Response]:
    """Only for whoever has a seat: a desk's was checked when it was taken; others log in as citizens."""
    for_citizens = edge.login_required(view)

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> T | Response:
        return view(*args, **kwargs) if taken() is not None else for_citizens(*args, **kwargs)

    return guarded
