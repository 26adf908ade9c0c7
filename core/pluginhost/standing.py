"""What this hall decided about its plugins: which are installed, where they are enabled, which were set aside. Read from rows that each process remembers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from core.db.database import Database
from core.db.remembered import Remembered
from core.pluginhost.models import Enabled, Installed

SITE = "site"


@dataclass(frozen=True, slots=True)
class Standing:
    """``installed``: name → (version, digest); ``aside``: name → why; ``places``: place → names enabled there; ``failures``: name → how many in a row,
    ``last``: name → the last of them (:func:`core.pluginhost.failures.words`), ``failing``: name → the hook it was in; only of those that failed."""

    installed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    aside: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, frozenset[str]] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    last: Mapping[str, str] = field(default_factory=dict)
    failing: Mapping[str, str] = field(default_factory=dict)

    def enabled(self, department_id: str | None = None) -> frozenset[str]:
        """Names enabled for the whole site, and for the department when one is given; none that was set aside."""
        here = self.places.get(SITE, frozenset())
        if department_id is not None:
            here |= self.places.get(department(department_id), frozenset())
        return here - self.aside.keys()


def department(department_id: str) -> str:
    """The place of a department."""
    return f"department/{department_id}"


def load(session: Session) -> Standing:
    """The rows as they are now."""
    columns = (Installed.name, Installed.version, Installed.digest, Installed.set_aside_at, Installed.reason, Installed.failures, Installed.last_error)
    rows = session.execute(select(*columns)).all()
    places: dict[str, set[str]] = {}
    for name, place in session.execute(select(Enabled.name, Enabled.place)):
        places.setdefault(place, set()).add(name)
    return Standing(
        {row.name: (row.version, row.digest) for row in rows},
        {row.name: row.reason or "" for row in rows if row.set_aside_at is not None},
        {place: frozenset(names) for place, names in places.items()},
        {row.name: row.failures for row in rows if row.failures},
        {row.name: row.last_error for row in rows if row.failures and row.last_error},
        {row.name: str(json.loads(row.last_error)["hook"]) for row in rows if row.failures and row.last_error},
    )


def of(database: Database) -> Standing:
    """The rows of *database*; nothing is installed in one that has no tables yet."""
    if not inspect(database.engine).has_table(Installed.__tablename__):
        return Standing()
    with database.session() as session:
        return load(session)


remembered: Remembered[Standing] = Remembered("plugin", load)
