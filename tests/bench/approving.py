"""An approval in process, its statements counted: what it costs follows from how often it asks, on any machine."""

from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event, text
from werkzeug.datastructures import MultiDict

from core.app import create_app
from tests.bench import product
from tests.bench.bench_hall import CITIZENS, PASSWORD, BenchHall, edge_site
from tests.bench.client import hidden

#: So many are made; the one that sent the fewest counts: what a process remembers is read anew in some of them, which of them the clock decides.
MADE = 10


class Inside:
    """A browser of the bench without a wire, which notes how many statements each of its calls sent."""

    def __init__(self, client: FlaskClient, sent: list[str]) -> None:
        self.client, self.sent = client, sent
        self.location, self.counts = "", list[int]()

    def get(self, path: str) -> str:
        """The page at *path*."""
        return self._call(path, "GET", None)

    def post(self, path: str, values: Any) -> str:
        """Submit a form."""
        return self._call(path, "POST", MultiDict(values))

    def _call(self, path: str, method: str, data: Any) -> str:
        before = len(self.sent)
        answer = self.client.open(path, method=method, data=data)
        if answer.status_code >= 400:
            raise RuntimeError(f"{path}: {answer.status_code}")
        self.counts.append(len(self.sent) - before)
        self.location = answer.headers.get("Location", "")
        return answer.text


def statements(hall: BenchHall) -> list[int]:
    """Statements of the three calls of an approval – the case page, the decision with its document, the worklist after –, without BEGIN and COMMIT,
    once what a process remembers is there."""
    app = create_app(hall.config)
    engine, sent = edge_site(app).database.engine, list[str]()
    event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))

    def browser(door: str, **who: str) -> Any:
        made = Inside(app.test_client(), sent)
        made.post(door, {**hidden(made.get(door)), **who, "password": PASSWORD})
        return made

    def tasks(node: str) -> list[tuple[str, int]]:
        newest = "SELECT DISTINCT case_id::text, no FROM case_task WHERE node = :node AND department_id = :owner ORDER BY 1 DESC LIMIT :made"
        with engine.connect() as connection:  # ids rise: the newest are those filed here
            return [(row[0], row[1]) for row in connection.execute(text(newest), {"node": node, "owner": hall.owner, "made": MADE})]

    citizen = browser("/account/login", phone=CITIZENS[0])
    clerk, reviewer = (browser("/office/login/", username=name) for name in ("bench-one", "bench-reviewer"))
    for _ in range(MADE):
        product.submit(citizen)
    for person, button, node in ((clerk, "accept", "intake"), (reviewer, "grant", "review.review")):
        waiting = tasks(node)
        press = product.press(button, waiting)
        while waiting:
            press(person)
    edge_site(app).database.close()
    counts: list[int] = reviewer.counts[2:]  # the log-in's two calls
    return min((counts[n : n + 3] for n in range(0, len(counts), 3)), key=sum)
