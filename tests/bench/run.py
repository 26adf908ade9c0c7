"""One run of the bench: the hall and its peers side by side, every pair measured in turns so that a neighbour's noise hits both."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from core.app import create_app, open_site
from core.outbox.relay import run_once
from tests import services
from tests.bench import approving, credit, engine, keys, peer_runs, plugged, product, studio
from tests.bench.bench_hall import LEADER_OF, BenchHall, citizens, edge_site, staff
from tests.bench.client import Browser, hidden
from tests.bench.compiling import seconds_to_compile
from tests.bench.measure import Rate, cpu_seconds, pss_megabytes
from tests.bench.replay import Recording, record, replay
from tests.bench.report import Line
from tests.bench.rows import fill_cases, fill_fab
from tests.bench.servers import DurablePostgres, Server
from tests.bench.sweep import Swept


@dataclass(frozen=True)
class Size:
    """How long and how large a run is."""

    rounds: int = 3
    seconds: float = 4.0
    recorded: int = 450
    asked: int = 30  #: submissions a round with twenty plugins enabled
    few: int = 10_000
    many: int = 1_000_000
    fab_rows: int = 1_000_000
    peers: bool = True


QUICK = Size(rounds=1, seconds=0.5, recorded=8, few=200, many=2_000, fab_rows=2_000)


class Run:
    """Databases, servers and what was measured."""

    def __init__(self, size: Size, say: Callable[[str], None] = print) -> None:
        self.size, self.say = size, say
        self.lines: list[Line] = []
        self.rates: dict[str, list[Rate]] = {}
        self.postgres = DurablePostgres()
        self.base = self.postgres.url.rsplit("/", 1)[0]
        self.admin = sa.create_engine(self.postgres.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        self.folder = tempfile.TemporaryDirectory(prefix="wangting-bench-")
        self.stop_these: list[Server] = []

    def all(self, *parts: str) -> list[Line]:
        """Everything in order, or the *parts* named; the servers and the cluster are gone afterwards."""
        known: dict[str, Callable[[], None]] = {
            "submission": self.submission,
            "counts": self.counts,
            "sweep": self.sweep,
            "worklists": self.worklists,
            "engine": lambda: self.take(engine.lines(self.size.rounds * 20)),
            "plugins": lambda: self.take(plugged.lines(Path(self.folder.name) / "plugged", self.size.rounds * self.size.asked)),
            "studio": lambda: self.take(studio.lines(self.hall, 1 + 2 * (self.size.rounds - 1))),
            "typing": self.typing,
            "compiling": lambda: self.line("compile a form of 1,000 fields and 100 rules", seconds_to_compile(), "CPU s", "<= 1"),
            "credit": self.credit,
        }
        try:
            self.create("hall")
            self.hall = BenchHall(f"{self.base}/hall", Path(self.folder.name))
            self.hall.set_up()
            self.say("hall set up")
            for part in parts or known:
                known[part]()
        except Exception:
            for server in self.stop_these:
                self.say(f"--- {server.log}\n{server.log.read_text(errors='replace')[-3000:]}")
            raise
        finally:
            self.stop()
            self.admin.dispose()
            self.postgres.stop()
            with suppress(OSError):
                self.folder.cleanup()
        return self.lines

    # --- tools ---------------------------------------------------------------------------------------------------------------------------

    def create(self, name: str, template: str | None = None) -> str:
        """A database, a copy of *template* when given (nobody may be connected to that)."""
        with self.admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else "")))
        return f"{self.base}/{name}"

    def line(self, name: str, value: float, unit: str, goal: str | None = None) -> None:
        """Note one figure."""
        self.lines.append(Line(name, value, unit, goal))
        self.say(f"  {name}: {value:.3f} {unit} {goal or ''}")

    def take(self, lines: Iterable[Line]) -> None:
        """Note what another module measured."""
        for line in lines:
            self.line(line.name, line.value, line.unit, line.goal)

    def typing(self) -> None:
        """Keystrokes in the studio, where there is a browser."""
        chromium = services.browser()
        if chromium is None:
            self.say("no browser: no keystrokes were measured")
            return
        app = create_app(self.hall.config)
        draft = studio.large_draft(app, self.hall)
        edge_site(app).database.close()
        server = self.started(self.hall.serve())
        server.ready("/")
        self.take(keys.lines(chromium, server.port, staff(server.port, "bench-three", 1)[0].cookies, f"/office/studio/{draft}", 40 * self.size.rounds))
        self.stop()

    def started(self, server: Server) -> Server:
        """Remember *server* so that it is stopped."""
        self.stop_these.append(server)
        return server

    def stop(self) -> None:
        """Stop every server."""
        while self.stop_these:
            self.stop_these.pop().stop()

    def rounds(self, measures: dict[str, Callable[[], Rate]]) -> None:
        """Every measure once a round, in turns."""
        for number in range(self.size.rounds):
            for name, measure in measures.items():
                rate = measure()
                self.rates.setdefault(name, []).append(rate)
                self.say(f"  {number + 1} {name:<34} {rate}")

    def cpu(self, name: str) -> float:
        """CPU-ms an operation: the median of the rounds."""
        return median(rate.cpu_ms for rate in self.rates[name])

    def per_second(self, name: str) -> float:
        """Operations a second: the median of the rounds."""
        return median(rate.per_second for rate in self.rates[name])

    def beside(self, *names: str) -> None:
        """Print figures that have no goal of their own."""
        for name in names:
            self.line(f"{name}, rate", self.per_second(name), "/s")
            self.line(f"{name}, CPU", self.cpu(name), "CPU-ms")

    def credit(self) -> None:
        """Subjects brought in, scored and simulated a second."""
        for name, value in credit.rates(self.create("credit"), Path(self.folder.name) / "credit", 2 * self.size.few).items():
            self.line(name, value, "/s")

    # --- submission and approval ---------------------------------------------------------------------------------------------------------

    def submission(self) -> None:
        """The form page, the whole submission against its replay and its peers, a step approval."""
        copy, pid = self.create("hall_copy", "hall"), self.postgres.process.pid
        recording = record(self.hall, self.size.recorded)
        own = {text for text, _parameters, _many in recording.empty}
        slices = self._slices(recording, own)
        server = self.started(self.hall.serve())
        self.line("start to first page, existing database", server.ready("/"), "s", "<= 5")
        empty = self.started(self.hall.serve("tests.bench.sites:with_empty_view"))
        hello = self.started(Server.on_granian("tests.bench.sites:hello", factory=True))
        empty.ready("/")
        hello.ready("/")
        people, others = citizens(server.port), [Browser(empty.port) for _ in range(8)]
        for browser, citizen in zip(others, people, strict=True):
            browser.cookies = dict(citizen.cookies)
            browser.token = hidden(browser.get(product.FORM))["csrf_token"]
        clerks, reviewers = staff(server.port, "bench-one"), staff(server.port, "bench-reviewer")
        seconds = self.size.seconds
        bare = [Browser(hello.port) for _ in range(8)]
        measures: dict[str, Callable[[], Rate]] = {
            "bare Flask hello": lambda: product.rate(hello, bare, lambda b: b.get("/") and None, seconds, pid),
            "empty view": lambda: product.rate(empty, others, product.empty, seconds, pid),
            "blank form page": lambda: product.rate(server, people, product.form_page, seconds, pid),
            "submission": lambda: product.rate(server, people, product.submit, seconds, pid),
            "its calls on the empty view": lambda: product.rate(empty, others, product.empty_submit, seconds, pid),
            "its statements through psycopg": lambda: self._replayed(slices, copy),
            "accept (window)": lambda: self._pressed(server, clerks, "accept", "intake"),
            "approve (review step)": lambda: self._pressed(server, reviewers, "grant", "review.review"),
        }
        if self.size.peers:
            measures |= self._peers()
        self.rounds(measures)
        self._follow_up()
        self.line("web workers' memory (PSS, 2 workers and their parent)", pss_megabytes(server.process.pid), "MB", "<= 240")
        self.stop()
        self._submission_lines()

    def _slices(self, recording: Recording, own: set[str]) -> Iterator[Recording]:
        """The recording in one piece a round, without what the empty view asks the database itself."""
        size = max(1, len(recording.submissions) // self.size.rounds)
        for n in range(self.size.rounds):
            part = recording.submissions[n * size : (n + 1) * size]
            yield Recording([[[each for each in call if each[0] not in own] for call in submission] for submission in part], recording.calls)

    def _replayed(self, slices: Iterator[Recording], url: str) -> Rate:
        part = next(slices)
        per_second, cpu_ms = replay(part, url, self.postgres.process.pid)
        return Rate(per_second, cpu_ms, 0, len(part.submissions))

    def _follow_up(self) -> None:
        """What the worker does after the answer was sent – notices, cleaning up – is no part of the peers' work; it is measured and printed apart."""
        site = open_site(self.hall.config)
        pid, before = self.postgres.process.pid, time.process_time()
        database, done = cpu_seconds(pid), 0
        while done < self.size.recorded and (more := run_once(site.database)):
            done += more
        spent = time.process_time() - before + cpu_seconds(pid) - database
        site.database.close()
        self.line("what follows a command in the worker, CPU", spent * 1000 / max(done, 1), "CPU-ms")

    def _pressed(self, server: Server, browsers: list[Browser], button: str, node: str) -> Rate:
        engine = sa.create_engine(self.hall.url, poolclass=sa.NullPool)
        query = sa.text("SELECT DISTINCT case_id::text, no FROM case_task WHERE node = :node AND department_id = :owner LIMIT 20000")
        with engine.connect() as connection:
            tasks = [(row[0], row[1]) for row in connection.execute(query, {"node": node, "owner": self.hall.owner})]
        browsers = browsers[: max(1, len(tasks) // 5)]
        most = max(1, len(tasks) - 3 * len(browsers))
        operation = product.press(button, tasks)
        return product.rate(server, browsers, operation, self.size.seconds, self.postgres.process.pid, most=most)

    def _peers(self) -> dict[str, Callable[[], Rate]]:
        pid, seconds = self.postgres.process.pid, self.size.seconds
        viewflow, viewflow_in = peer_runs.viewflow(self.create("viewflow"), pid)
        fab, fab_in = peer_runs.fab(self.create("fab"), pid)
        self.stop_these += [viewflow.server, fab.server]

        def approve() -> Rate:
            engine = sa.create_engine(f"{self.base}/viewflow", poolclass=sa.NullPool)
            with engine.connect() as connection:
                rows = connection.execute(sa.text("SELECT process_id, id FROM viewflow_task WHERE status = 'NEW'")).all()
            return viewflow.rate(peer_runs.viewflow_approve([(str(a), str(b)) for a, b in rows]), viewflow_in, seconds)

        return {
            "submission, viewflow": lambda: viewflow.rate(peer_runs.viewflow_submit, viewflow_in, seconds),
            "submission, FAB": lambda: fab.rate(peer_runs.fab_submit, fab_in, seconds),
            "approve, viewflow": approve,
        }

    def counts(self) -> None:
        """Calls and statements: what no machine makes more or fewer."""
        recording = record(self.hall, 1)
        self.line("HTTP calls of a submission", recording.calls, "calls", "<= 4")
        self.line("SQL statements of a submission", sum(recording.statements), "statements", "<= 18")
        self.line("transactions of a submission (BEGIN and COMMIT, apart)", recording.calls, "transactions")
        self.line("SQL statements of an approval", sum(approving.statements(self.hall)), "statements", "<= 17")

    def _submission_lines(self) -> None:
        self.line("blank form page against the empty view, rate", self.per_second("blank form page") / self.per_second("empty view"), "x")
        self.line("blank form page against the empty view, CPU", self.cpu("empty view") / self.cpu("blank form page"), "x", ">= 0.5")
        reference = self.cpu("its calls on the empty view") + self.cpu("its statements through psycopg")
        self.line("replay of a submission against it, CPU", reference / self.cpu("submission"), "x", ">= 0.3")
        if self.size.peers:
            better = min(self.cpu("submission, viewflow"), self.cpu("submission, FAB"))
            self.line("submission against the better peer, CPU", self.cpu("submission") / better, "x", "<= 0.75")
            self.line("approve a step against viewflow, CPU", self.cpu("approve (review step)") / self.cpu("approve, viewflow"), "x", "<= 0.45")
        self.beside(*self.rates)

    # --- the sweep of rungs --------------------------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """What time does: rungs that are due, among few open clocks and among many."""
        few, many, due = self.size.few, self.size.many, max(self.size.few // 10, 20)
        halls = {count: self.create(f"sweep_{count}", "hall") for count in (few, many)}
        costs: dict[tuple[int, int], float] = {}
        for count, url in halls.items():
            swept = Swept(replace(self.hall.config, database_url=url), url, self.postgres.process.pid)
            swept.open(count)
            for k in (due, due * 10):
                costs[count, k] = swept.cost(k)
            swept.close()
        self.line("sweep, CPU a rung that is due", costs[many, due * 10] / (due * 10), "CPU-ms")
        self.line(f"sweep of {many:,} open clocks, {due * 10:,} due against {due:,} due, CPU", costs[many, due * 10] / costs[many, due], "x", "<= 13")
        self.line(f"sweep of {due * 10:,} due, {many:,} open clocks against {few:,}, CPU", costs[many, due * 10] / costs[few, due * 10], "x", "<= 1.3")

    # --- worklists -----------------------------------------------------------------------------------------------------------------------

    def worklists(self) -> None:
        """The worklist page over few rows and over many, by three kinds of people, and FAB's list over as many."""
        few, many, pid = self.size.few, self.size.many, self.postgres.process.pid
        queues = [*[self.hall.owner] * (LEADER_OF // 2), *self.hall.leads]
        fill_cases(self.hall.url, 1, few, queues)
        self.create("hall_few", "hall")
        open_ = fill_cases(self.hall.url, few + 1, many, queues)
        self.line("open tasks in the large hall", open_, "rows", f">= {many // 5}")
        small = self.started(self.hall.serve(DATABASE_URL=f"{self.base}/hall_few"))
        large = self.started(self.hall.serve())
        small.ready("/")
        large.ready("/")
        who = {"one role": "bench-one", "three roles": "bench-three", f"leader of {LEADER_OF}": "bench-leader"}
        measures: dict[str, Callable[[], Rate]] = {}
        for title, login in who.items():
            for size, server in ((f"{few:,}", small), (f"{many:,}", large)):
                browsers = staff(server.port, login)
                measures[f"worklist, {title}, {size}"] = lambda s=server, b=browsers: product.rate(s, b, product.worklist, self.size.seconds, pid)  # type: ignore[misc]
        if self.size.peers:
            fill_fab(f"{self.base}/fab", self.size.fab_rows)
            fab, fab_in = peer_runs.fab_again(f"{self.base}/fab", pid)
            self.started(fab.server)
            measures["list, FAB"] = lambda: fab.rate(peer_runs.fab_list, fab_in, self.size.seconds)
        self.rounds(measures)
        self.stop()
        for title in who:
            ratio = self.cpu(f"worklist, {title}, {many:,}") / self.cpu(f"worklist, {title}, {few:,}")
            self.line(f"worklist, {title}, {many:,} rows against {few:,}, CPU", ratio, "x", "<= 1.3")
        if self.size.peers:
            for title in who:
                goal: Any = "<= 0.33" if title == "one role" else None
                self.line(
                    f"worklist, {title}, against FAB's list at {many:,}, CPU", self.cpu(f"worklist, {title}, {many:,}") / self.cpu("list, FAB"), "x", goal
                )
        self.beside(*(name for name in self.rates if name.startswith(("worklist", "list"))))
