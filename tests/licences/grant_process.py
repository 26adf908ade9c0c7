"""A process that grants a case, or makes its papers, and is killed at one point: ``grant_process.py <home> <told> <case> <point>``."""

import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.db.database import Database
from core.files import service as files
from tests.fixtures_cases import Desk
from tests.fixtures_hall import make_database, read_hall, settle


def die(*_args: object) -> None:
    """kill -9 oneself."""
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(work: Callable[..., Any]) -> Callable[..., Any]:
    """Do the work, then be killed before anybody hears of it."""

    def both(*args: Any, **more: Any) -> Any:
        work(*args, **more)
        die()

    return both


def grant(desk: Desk, case: str) -> None:
    """Press the leader's button."""
    task = desk.staff(case, "leader").tasks[0]
    desk.act(case, task.no, "grant", "leader")


def main(home: Path, told: list[Any], case: str, point: str) -> None:
    """Go as far as *point*."""
    database: Database = make_database(home)
    with database.session() as session:
        desk = Desk(database, read_hall(session, told[0]), told[1], home)
    decision = importlib.import_module("core.cases.service.decision")
    if point == "deciding":
        decision.issue = then_die(decision.issue)
    if point in ("deciding", "decided"):
        grant(desk, case)
        die()
    files.keep = then_die(files.keep)
    settle(database)


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3], sys.argv[4])
