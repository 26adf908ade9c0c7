"""A submission taken apart: its statements recorded in process, counted, and sent again through bare psycopg to a copy of the database.

The copy is made before recording, so every insert and update of the recording finds there what it found the first time.
"""

import os
import pickle
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event
from werkzeug.datastructures import MultiDict

from tests.bench.bench_hall import CITIZENS, PASSWORD, BenchHall, edge_site
from tests.bench.client import hidden
from tests.bench.measure import cpu_seconds
from tests.bench.product import FORM, form_of, posted
from tests.bench.servers import ROOT
from tests.bench.sites import with_empty_view

Statement = tuple[str, Any, bool]  # text, parameters, whether it is an executemany


@dataclass
class Recording:
    """Submissions as lists of transactions, each a list of statements; and the same for the empty view, whose log-in reads anyway."""

    submissions: list[list[list[Statement]]] = field(default_factory=list)
    calls: int = 0
    empty: list[Statement] = field(default_factory=list)

    @property
    def statements(self) -> list[int]:
        """Statements of each call of the last submission, without BEGIN and COMMIT."""
        return [len(each) for each in self.submissions[-1]]


def record(hall: BenchHall, count: int) -> Recording:
    """Submit *count* times in this process, noting every statement (the first ones warm the caches and are not kept)."""
    app = with_empty_view(hall.config)
    seen: list[Statement] = []
    engine = edge_site(app).database.engine

    @event.listens_for(engine, "before_cursor_execute")
    def _note(_connection: Any, _cursor: Any, text: str, parameters: Any, _context: Any, many: bool) -> None:
        seen.append((text, parameters, many))

    client, made = app.test_client(), Recording()

    def call(method: str, path: str, data: Any = None) -> Any:
        del seen[:]
        answer = client.open(path, method=method, data=MultiDict(data) if data is not None else None)
        if answer.status_code >= 400:
            raise RuntimeError(f"{path}: {answer.status_code}")
        made.submissions[-1].append(list(seen))
        return answer

    made.submissions.append([])
    call("POST", "/account/login", {**hidden(call("GET", "/account/login").text), "phone": CITIZENS[0], "password": PASSWORD})
    for _ in range(count + 3):
        made.submissions.append([])
        page = call("GET", FORM).text
        check = call("POST", FORM, [*hidden(page).items(), *posted()]).text
        action = check.split("/submit", 1)[0].rsplit('"', 1)[1] + "/submit"
        call("GET", call("POST", action, {**form_of(check, action), "_agree": "1"}).location)
    made.submissions = made.submissions[4:]
    made.calls = len(made.submissions[-1])
    keep = made.submissions
    made.submissions = [[]]
    call("GET", "/bench/empty")
    made.empty, made.submissions = made.submissions[0][0], keep
    edge_site(app).database.close()
    return made


def replay(recording: Recording, url: str, database: int, *, processes: int = 2, threads: int = 4) -> tuple[float, float]:
    """``(submissions a second, CPU-ms each)`` of the recorded statements through psycopg: client processes and the database, no start-up counted."""
    parts = [recording.submissions[n::processes] for n in range(processes)]
    running = []
    for n, part in enumerate(parts):
        file = Path(f"/tmp/bench-replay-{os.getpid()}-{n}.pickle")
        file.write_bytes(pickle.dumps(part))
        command = [sys.executable, "-m", "tests.bench.replaying", str(file), url.replace("+psycopg", ""), str(threads)]
        running.append((subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True), file))
    for process, _file in running:
        assert process.stdout is not None
        process.stdout.readline()  # ready: connected, everything loaded
    before, began = cpu_seconds(database), time.perf_counter()
    for process, _file in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    own = 0.0
    for process, file in running:
        assert process.stdout is not None
        own += float(process.stdout.readline())
        process.wait()
        file.unlink()
    took, used = time.perf_counter() - began, cpu_seconds(database) - before + own
    count = len(recording.submissions)
    return count / took, used * 1000 / count
