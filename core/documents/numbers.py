"""Numbers of documents (文号): ``宁市监受〔2026〕12号`` – the department's mark, the kind's, the year, a serial without gaps."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.documents.models import DocumentCounter


def next_number(session: Session, mark: str, year: int) -> str:
    """The next number of *mark* (department and kind) in *year*.

    One upsert in the transaction of the act. Its row lock lasts until the commit, so an act rolled back gives its number back: none is
    missing, none is given twice, and they rise in the order of commits.
    """
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(DocumentCounter).values(series=f"{mark}/{year}", value=1)
    raised = statement.on_conflict_do_update(index_elements=["series"], set_={"value": DocumentCounter.value + 1}).returning(DocumentCounter.value)
    serial = session.execute(raised, execution_options={"populate_existing": True}).scalar_one()
    return f"{mark}〔{year}〕{serial}号"
