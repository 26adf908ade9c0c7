"""Who exercises an item and who answers for it: by its kind and level, unless it was claimed, delegated down or transferred."""

from collections.abc import Iterable

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from core.identity.models import Department, Division
from core.identity.queries import department, departments
from core.identity.spec import DepartmentView
from core.items.catalogue.errors import Refused
from core.items.catalogue.models import ItemPower
from core.items.errors import ItemNotFound
from core.items.models import Item, ItemOffer

#: 权力来源 of a row. ``retained``: delegated down and still answered for, but exercised no more.
OWN, DELEGATED, TRANSFERRED, RETAINED = "own", "delegated", "transferred", "retained"


def exercising(session: Session, item_code: str) -> tuple[DepartmentView, ...] | None:
    """The departments that exercise an item by name; ``None`` where its kind and level say who does."""
    rows = session.execute(select(ItemPower.department_id, ItemPower.source).where(ItemPower.item_code == item_code)).all()
    return departments(session, ids=[row.department_id for row in rows if row.source != RETAINED]) if rows else None


def owner(session: Session, item_code: str) -> DepartmentView:
    """The department that answers for an item: named, else the highest of those that offer it, else the highest of its kind.

    Raises :class:`ItemNotFound`.
    """
    named = select(ItemPower.department_id).where(ItemPower.item_code == item_code, ItemPower.source != DELEGATED).limit(1)
    offering = (
        select(ItemOffer.department_id)
        .join(Department, Department.id == ItemOffer.department_id)
        .join(Division, Division.id == Department.division_id)
        .where(ItemOffer.item_code == item_code)
        .order_by(Division.path, Department.code)
        .limit(1)
    )
    kind = select(Department.id).join(Division, Division.id == Department.division_id).join(Item, Item.department == Department.code)
    for query in (named, offering, kind.where(Item.code == item_code).order_by(Division.path).limit(1)):
        found = session.scalar(query)
        if found is not None:
            return department(session, found)
    raise ItemNotFound(code=item_code)


def owned(session: Session, department_ids: Iterable[str]) -> dict[str, DepartmentView]:
    """Items that these departments answer for: code → the department."""
    mine = set(department_ids)
    found = {code: owner(session, code) for code in session.scalars(select(Item.code).order_by(Item.code))}
    return {code: office for code, office in found.items() if office.id in mine}


def give(session: Session, item_code: str, office: DepartmentView, source: str) -> None:
    """Name the one department that exercises an item, in place of all others."""
    session.execute(delete(ItemPower).where(ItemPower.item_code == item_code))
    _add(session, item_code, office, source)


def hand_down(session: Session, item_code: str, keeper: DepartmentView, offices: Iterable[DepartmentView]) -> None:
    """下放: *offices* exercise the item from now on; *keeper* goes on answering for it."""
    give(session, item_code, keeper, RETAINED)
    for office in offices:
        _add(session, item_code, office, DELEGATED)


def _add(session: Session, item_code: str, office: DepartmentView, source: str) -> None:
    session.execute(insert(ItemPower).values(item_code=item_code, department_id=office.id, region_root=office.region_root, source=source))


def below(keeper: DepartmentView, offices: Iterable[DepartmentView]) -> tuple[DepartmentView, ...]:
    """*offices* when an item of *keeper* may be delegated to them: same kind, lower division. Raises :class:`Refused` naming the one that does not fit."""
    found = tuple(offices)
    if not found:
        raise Refused("items.delegate_nobody")
    for office in found:
        if office.code != keeper.code or office.division_path == keeper.division_path or not office.division_path.startswith(keeper.division_path):
            raise Refused("items.delegate_not_below", office=office.title, keeper=keeper.title)
    return found
