"""Which running cases stand on a version that names a plugin: what is shown before the plugin is changed or taken away."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.cases.models import Case
from core.cases.spec import ENDED
from core.items import queries as items


def running_on(session: Session, plugin: str) -> tuple[tuple[str, int], ...]:
    """(item code, number of its cases that have not ended) for every item of which a version names *plugin*."""
    versions = items.versions_naming(session, plugin)
    if not versions:
        return ()
    query = select(Case.item_code, func.count()).where(Case.version_id.in_(versions), Case.status.not_in(ENDED)).group_by(Case.item_code)
    return tuple((code, count) for code, count in session.execute(query.order_by(Case.item_code)))
