"""What a new case is filed with beside its answers: how the result shall reach the applicant, and which hall took it in for another authority."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.cases import sealing
from core.cases.chain import Fact
from core.cases.models import CaseDelivery, CaseReception, table
from core.cases.spec import DeliveryChoice, Reception
from core.identity.documents import check_phone, normalise_phone
from core.identity.queries import department
from core.identity.spec import DepartmentView
from core.items.spec import CompiledItem
from core.kernel.errors import BadInput
from core.kernel.text import normalise
from core.keys.keyring import DataKey

#: The most characters of a recipient's name and of an address.
LONGEST_NAME, LONGEST_ADDRESS = 60, 200


def check(compiled: CompiledItem, delivery: DeliveryChoice | None, reception: Reception | None) -> None:
    """Raise :class:`BadInput` for a way the item does not have, an address nobody could deliver to, or a mode the item is not open for."""
    if delivery is not None:
        check_way(compiled.route.delivery.ways, delivery)
    if reception is not None and reception.mode not in ((compiled.doc.get("anywhere") or {}).get("modes") or ()):
        raise BadInput("cases.not_anywhere")


def check_place(session: Session, delivery: DeliveryChoice | None, reception: Reception | None, home: DepartmentView) -> None:
    """The windows that may hand the result out: those of the authority's own division (统一出件), or of the hall that took the application in."""
    if delivery is None or delivery.department_id in (None, home.id) or (reception is not None and delivery.department_id == reception.department_id):
        return
    if department(session, str(delivery.department_id)).division_id != home.division_id:
        raise BadInput("cases.no_such_way")


def check_way(ways: Sequence[str], delivery: DeliveryChoice) -> None:
    """Raise :class:`BadInput` for a way that is none of *ways*, or a post without a whole address."""
    if delivery.way not in ways:
        raise BadInput("cases.no_such_way")
    if delivery.way != "post":
        return
    if not 0 < len(normalise(delivery.recipient)) <= LONGEST_NAME:
        raise BadInput("cases.post_recipient", most=LONGEST_NAME)
    if check_phone(normalise_phone(delivery.phone)) is not None:
        raise BadInput("cases.post_phone")
    if not 5 <= len(normalise(delivery.address)) <= LONGEST_ADDRESS:
        raise BadInput("cases.post_address", most=LONGEST_ADDRESS)


def facts(delivery: DeliveryChoice | None, reception: Reception | None) -> list[Fact]:
    """What the chain keeps of it: the way and the places, never an address."""
    found = [Fact("received_elsewhere", {"department": reception.department_id, "mode": reception.mode, "hall": reception.hall_id})] if reception else []
    return [*found, Fact("delivery_chosen", {"way": delivery.way, "department": delivery.department_id})] if delivery is not None else found


def write(session: Session, row: Mapping[Any, Any], key: DataKey, delivery: DeliveryChoice | None, reception: Reception | None) -> None:
    """The rows of both; nothing for a case that has neither."""
    if delivery is not None:
        session.execute(insert(table(CaseDelivery)), delivery_row(row, key, delivery, at=row["submitted_at"]))
    if reception is not None:
        made = {
            "case_id": row["id"], "region_root": row["region_root"], "department_id": reception.department_id, "division_id": reception.division_id,
            "hall_id": reception.hall_id, "mode": reception.mode, "staff_id": reception.staff_id, "at": row["submitted_at"],
        }  # fmt: skip
        session.execute(insert(table(CaseReception)), made)


def delivery_row(row: Mapping[Any, Any], key: DataKey | None, delivery: DeliveryChoice, *, at: datetime | None, state: str = "chosen") -> dict[str, Any]:
    """The row of a choice, made *at* (``None``: nobody chose). An address is sealed; a case that was erased keeps none."""
    address = {"recipient": normalise(delivery.recipient), "phone": normalise_phone(delivery.phone), "address": normalise(delivery.address)}
    return {
        "case_id": row["id"], "region_root": row["region_root"], "way": delivery.way, "department_id": delivery.department_id or row["department_id"],
        "state": state, "sealed": sealing.seal_json(key, row["id"], address) if delivery.way == "post" and key is not None else None, "chosen_at": at,
        "carrier": None, "tracking": None, "moved_at": None, "returns": 0, "read_at": None, "wrong": 0, "locked_until": None,
    }  # fmt: skip
