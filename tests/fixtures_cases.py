"""A desk to work cases at: a hall with one published item, and short verbs that are a transaction each."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.cases import queries
from core.cases import service as cases
from core.cases.spec import ActResult, CaseRef, CaseView, Handed, PartyOnCase
from core.db.database import Database
from core.items import queries as items
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from tests.fixtures_hall import People, make_database, make_hall, publish_item, read_hall

VALUES = {"operator_name": "青禾餐饮", "area": 100, "business_kind": "catering"}
CLERKS = {"window": "window", "reviewer": "reviewer", "section_chief": "chief", "expert": "expert1", "leader": "leader"}


@dataclass
class Desk:
    """Short verbs over a hall: every one a transaction of its own, as an edge makes it."""

    database: Database
    hall: People
    version: str
    home: Path

    def told(self) -> list[Any]:
        """What a copy of this hall cannot read out of its database, as JSON."""
        return [self.hall.users, self.version]

    def submit(self, values: Mapping[str, Any] | None = None, *, command: str | None = None, actor: Actor | None = None, **more: Any) -> CaseRef:
        """File an application of the first citizen (or of *actor*)."""
        who = actor or self.hall.me
        party = self.hall.citizen_party if who == self.hall.me else self.hall.other_party
        with self.database.session() as session:
            return cases.submit(
                session, compiled=items.load(session, self.version), version_id=self.version, owner=self.hall.department("market_regulation"),
                values=VALUES if values is None else values, parties=more.pop("parties", (PartyOnCase(party),)), command_id=command or new_id(),
                actor=who, **more,
            )  # fmt: skip

    def act(self, case: str, no: int, action: str, login: str, **more: Any) -> ActResult:
        """Press a button."""
        with self.database.session() as session:
            return cases.act(session, case, no, action, command_id=more.pop("command", None) or new_id(), actor=self.hall.actor(login), **more)

    def correct(self, case: str, values: Mapping[str, Any], materials: tuple[Handed, ...] = (), actor: Actor | None = None) -> ActResult:
        """Answer the correction."""
        with self.database.session() as session:
            return cases.correct(session, case, values=values, materials=materials, command_id=new_id(), actor=actor or self.hall.me)

    def mine(self, case: str) -> CaseView:
        """The case as its applicant sees it."""
        with self.database.session() as session:
            return queries.case_for_party(session, case, actor=self.hall.me)

    def staff(self, case: str, login: str) -> CaseView:
        """The case as a member of staff sees it."""
        with self.database.session() as session:
            return queries.case_for_staff(session, case, actor=self.hall.actor(login))

    def run_until(self, case: str, node: str) -> int:
        """Press the first open button of every task until a task of *node* is open; returns its number."""
        for _ in range(20):
            tasks = self.mine(case).tasks
            for task in tasks:
                if task.node == node:
                    return task.no
            login = CLERKS[tasks[0].roles[0]]
            shown = next(t for t in self.staff(case, login).tasks if t.no == tasks[0].no)
            self.act(case, shown.no, next(a.id for a in shown.actions if a.enabled), login)
        raise AssertionError(f"{node} was never reached")

    def sound(self, case: str) -> None:
        """Assert that the chain holds and the events fold to the rows."""
        with self.database.session() as session:
            found = cases.verify(session, case)
        assert found.ok, found.problems


def make_desk(tmp_path: Path, url: str | None = None) -> Desk:
    """A hall with the food licence published."""
    database = make_database(tmp_path, url)
    with database.session() as session:
        hall = make_hall(session)
    with database.session() as session:
        version = publish_item(session, "market_regulation/food-operation-new.json")
    return Desk(database, hall, version, tmp_path)


def copied(home: Path, target: Path, told: Sequence[Any], url: str | None = None) -> Desk:
    """The hall in *home* once more in *target*: a closed SQLite database is one file with its keys beside it; on PostgreSQL *url* is the copy.

    *told* is what :meth:`Desk.told` said of the hall.
    """
    shutil.copytree(home, target)
    (users, version) = told
    database = make_database(target, url)
    with database.session() as session:
        hall = read_hall(session, users)
    return Desk(database, hall, version, target)
