"""Case numbers (办件编号): the item's implementation code – or division and item – the day, and a counter of that day."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.cases.models import CaseNumber, table
from core.kernel.clock import today


def next_number(session: Session, doc: Mapping[str, Any], division_code: str) -> str:
    """The next number of the item today. One upsert; its row lock makes submissions of one item and day take turns for an instant."""
    prefix = str((doc.get("codes") or {}).get("implementation") or f"{division_code}{doc['code']}".upper())
    day = f"{today():%Y%m%d}"
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    upsert = dialect.insert(table(CaseNumber)).values(prefix=prefix, day=day, last=1)
    bump = upsert.on_conflict_do_update(index_elements=["prefix", "day"], set_={"last": CaseNumber.last + 1}).returning(CaseNumber.last)
    return f"{prefix}{day}{session.execute(bump).scalar_one():04d}"
