"""Number and record commit with the grant; the sheet follows; delivery waits for it – also when the machine dies in between."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core.kernel.clock import now
from core.kernel.errors import PlatformError
from core.licences import chain
from core.licences.models import Licence, LicenceCounter
from core.outbox.models import Message
from tests.fixtures_cases import Desk, make_desk
from tests.fixtures_hall import settle

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk of its own."""
    return make_desk(tmp_path / "hall")


def killed(desk: Desk, case: str, point: str) -> None:
    """Let another process work on the hall until it is killed at *point*."""
    command = [sys.executable, str(Path(__file__).with_name("grant_process.py")), str(desk.home), json.dumps(desk.told()), case, point]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


def licences(desk: Desk) -> list[tuple[str, bool]]:
    """(number, whether its sheet is there) of every licence."""
    with desk.database.session() as session:
        return [(row.number, row.pdf_blob_id is not None) for row in session.scalars(select(Licence).order_by(Licence.number))]


def deliverable(desk: Desk, case: str) -> bool:
    """Whether the window may deliver now; when not, pressing is refused and nothing moves."""
    view = desk.staff(case, "window")
    task = next(each for each in view.tasks if each.node == "delivery")
    action = next(each for each in task.actions if each.id == "deliver")
    if not action.enabled:
        with pytest.raises(PlatformError):
            desk.act(case, task.no, "deliver", "window", data={"way": "electronic"})
        assert desk.mine(case).status == "decided"
    return action.enabled


def test_a_kill_at_any_point_leaves_decision_and_licence_together_and_delivery_waits_for_the_sheet(desk: Desk) -> None:
    case = desk.submit().id
    desk.run_until(case, "review.decide")
    settle(desk.database)
    # killed after the number was given, before the commit: neither decision nor licence nor number
    killed(desk, case, "deciding")
    assert licences(desk) == [] and desk.mine(case).outcome is None
    with desk.database.session() as session:
        assert session.scalars(select(LicenceCounter.value)).all() == []
    # killed right after the commit: both, and the order for the sheet; delivery is shut
    killed(desk, case, "decided")
    assert [sheet for _number, sheet in licences(desk)] == [False] and desk.mine(case).outcome == "grant"
    assert not deliverable(desk, case)
    # killed with the file written and its transaction open: no half sheet
    killed(desk, case, "printing")
    assert [sheet for _number, sheet in licences(desk)] == [False] and not deliverable(desk, case)
    # whoever comes next finishes, once
    with desk.database.session() as session:  # the dead worker's lease is over
        session.execute(update(Message).where(Message.done_at.is_(None)).values(claimed_until=None, available_at=now()))
    settle(desk.database)
    assert [sheet for _number, sheet in licences(desk)] == [True] and deliverable(desk, case)
    with desk.database.session() as session:
        row = session.scalars(select(Licence)).one()
        assert chain.problems(session, row.id) == [] and row.number.endswith("0000001")
    desk.sound(case)
