"""全域通办 when an application is sent: which authority decides, found from the answers, and which hall takes it in. One rule for pages and API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.cases.spec import Reception
from core.identity import queries as people
from core.identity.spec import DepartmentView
from core.items import anywhere
from core.items.spec import Current, Offer
from core.kernel.errors import NotFound
from core.web import edge, seat
from core.web.page import say


@dataclass(frozen=True, slots=True)
class Course:
    """Where an application goes. ``owner`` decides (``None``: to be asked), ``choices`` are asked about, ``reception`` is set when another hall takes it in,
    ``wrong`` says why it cannot be taken in here."""

    owner: Offer | None
    choices: tuple[Offer, ...] = ()
    reception: Reception | None = None
    here: DepartmentView | None = None
    found: bool = False
    wrong: str | None = None


def course(current: Current, values: Mapping[str, Any], asked_for: str | None) -> Course:
    """Where the application with these answers goes from this hall. *asked_for* is the department that the applicant named, heard where the answers
    do not say who is competent."""
    asked = next((each for each in current.offers if each.department_id == asked_for), None)
    doc = current.compiled.doc
    if not anywhere.setting(doc):
        return Course(asked or current.offer, current.offers if len(current.offers) > 1 else ())
    by_answer = anywhere.competent(current.offers, anywhere.place(doc, values), _path_of)
    owner = by_answer or asked or (current.offer if len(current.offers) == 1 else None)
    choices = current.offers if by_answer is None and len(current.offers) > 1 else ()
    if owner is None or owner.division_path.startswith(seat.scope().division_path):
        return Course(owner, choices, found=by_answer is not None)
    here, mode = _here(current), anywhere.mode_of(doc, seat.channel())
    if here is None or mode is None:
        words = say("这个大厅不能替%(place)s收这件事，请到%(place)s的大厅申请。", place=owner.division_title)
        return Course(owner, choices, found=by_answer is not None, wrong=words)
    hall, desk = edge.hall(), seat.taken()
    clerk = desk.filer.id if desk is not None else None
    reception = Reception(here.id, here.division_id, mode, hall.id if desk is None else None, clerk)
    return Course(owner, choices, reception, here, by_answer is not None)


def _path_of(said: str) -> str | None:
    if not said.isdigit():
        return None
    try:
        return people.division_by_code(edge.session(), said).path
    except NotFound:
        return None


def _here(current: Current) -> DepartmentView | None:
    """The department of the receiving hall: of the item's kind, there or above."""
    return people.department_near(edge.session(), str(current.compiled.doc["department"]), seat.scope().division_path)


def shown(way: Course) -> dict[str, Any]:
    """What the last page says: who decides, who takes it in, or the question."""
    return {
        "owners": [{"id": each.department_id, "title": each.department_title, "help": each.division_title} for each in way.choices],
        "decides": way.owner.department_title if way.owner is not None and (way.found or way.reception) else None,
        "takes_in": way.here.title if way.here is not None else None,
        "owner_asked": way.owner is None,
        "chosen_owner": way.owner.department_id if way.owner is not None else None,
    }
