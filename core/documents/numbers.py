"""Numbers of documents (文号): ``宁市监受〔2026〕12号`` – the department's mark, the kind's, the year, a serial without gaps."""

from typing import Any, cast

from sqlalchemy import Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.documents.models import DocumentCounter

_COUNTER = cast(Table, DocumentCounter.__table__)


def _raised(dialect: Any) -> Any:
    first = dialect.insert(_COUNTER).values(series=bindparam("series"), value=1)
    return first.on_conflict_do_update(index_elements=["series"], set_={"value": _COUNTER.c.value + 1}).returning(_COUNTER.c.value)


#: Built once, from the plain table: nearly every act is a document.
_RAISED, _RAISED_SQLITE = _raised(postgresql), _raised(sqlite)


def next_number(session: Session, mark: str, year: int) -> str:
    """The next number of *mark* (department and kind) in *year*.

    One upsert in the transaction of the act. Its row lock lasts until the commit, so an act rolled back gives its number back: none is
    missing, none is given twice, and they rise in the order of commits.
    """
    raised = _RAISED_SQLITE if session.get_bind().dialect.name == "sqlite" else _RAISED
    serial = session.execute(raised, {"series": f"{mark}/{year}"}).scalar_one()
    return f"{mark}〔{year}〕{serial}号"
