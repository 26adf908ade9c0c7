"""A worker without a broker ends on request and leaves nothing half done."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from core.db.base import Base
from core.db.database import Database
from core.outbox import service

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from core.db.database import Database
from core.outbox import forever, service
@service.handler("note")
def note(session, body, message_id):
    print(body["n"], flush=True)
forever.run_forever(Database(sys.argv[1]), poll_seconds=0.05)
print("ended", flush=True)
"""


def test_the_worker_runs_messages_and_ends_on_sigterm(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/hall.db"
    database = Database(url)
    Base.metadata.create_all(database.engine, tables=[Base.metadata.tables[name] for name in ("outbox", "outbox_effect", "outbox_job")])
    with database.session() as session:
        for number in range(3):
            service.send(session, "note", {"n": number}, key=str(number))
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, url], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert sorted(process.stdout.readline().strip() for _ in range(3)) == ["0", "1", "2"]
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60)[0] == "ended\n"
    assert process.returncode == 0
    with database.session() as session:
        assert service.waiting(session) == 0
    database.close()
