"""Case numbers (办件编号): the item's implementation code – or division and item – the day, and a counter of that day."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.cases.models import CaseNumber, table
from core.kernel.clock import today


def next_number(session: Session, doc: Mapping[str, Any], division_code: str) -> str:
    """The next number of the item today. One upsert; its row lock makes submissions of one item and day take turns for an instant."""
    return following(session, _prefix(doc, division_code))


def give_back(session: Session, doc: Mapping[str, Any], division_code: str) -> None:
    """The number this transaction took is not needed: the submission had been filed before. The counter's row is still locked, nobody has a later one."""
    day, prefix = f"{today():%Y%m%d}", _prefix(doc, division_code)
    session.execute(update(table(CaseNumber)).where(CaseNumber.prefix == prefix, CaseNumber.day == day).values(last=CaseNumber.last - 1))


def _prefix(doc: Mapping[str, Any], division_code: str) -> str:
    return str((doc.get("codes") or {}).get("implementation") or f"{division_code}{doc['code']}".upper())


def following(session: Session, prefix: str) -> str:
    """The next number of *prefix* today: the prefix, the day, and what was counted."""
    day = f"{today():%Y%m%d}"
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    upsert = dialect.insert(table(CaseNumber)).values(prefix=prefix, day=day, last=1)
    bump = upsert.on_conflict_do_update(index_elements=["prefix", "day"], set_={"last": CaseNumber.last + 1}).returning(CaseNumber.last)
    return f"{prefix}{day}{session.execute(bump).scalar_one():04d}"
