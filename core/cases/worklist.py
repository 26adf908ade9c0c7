"""The worklist: open tasks of the posts somebody holds, soonest due first, one page at a time, and how much waits in all.

Why it stays flat (measured by the bench): ``case_task`` holds open candidate rows only, one per (department, role). A page is the
merge of one index range scan per post – ``(department_id, role, claimed_by = '', sort_at, case_id, no)`` with the page's limit each – and one
over what the asker claimed (:mod:`core.cases.queue`). Each scan reads at most a page of rows wherever it starts, so the cost grows
with the number of posts (1, 3, 40) and not with the number of rows; no plan can sort a whole queue. What waits in all is counted the same way, in
one look at the heads of the same ranges: a number beyond 99 helps nobody to decide what to do next. Posts come from identity before
the query; access is the very condition that finds the rows. Keyset paging on ``(sort_at, case_id, no)``, so
the candidate rows of one task stay together and show once. The light is computed from stored
instants at read time, so no sweeper has to touch rows for them to turn yellow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.cases import queue
from core.cases.clocks import light
from core.cases.spec import Amount, StepCount, Waiting, WorklistRow
from core.identity.spec import PostView
from core.kernel.clock import now
from core.kernel.errors import BadInput
from core.kernel.ids import is_id
from core.kernel.paging import Page, decode_cursor, encode_cursor

LARGEST_PAGE = 100
#: What one may ask for, worst first.
LIGHTS = ("red", "yellow", "green", "paused")
#: Late tasks are counted to this one; with fewer the number is exact, however many posts there are.
COUNT_CAP = 100
#: So many rows are looked at for the steps and the yellow light, shared by the posts; of each post at least and at most so many late and other ones.
LOOK, LEAST_SHARE, LARGEST_SHARE = 200, 5, 150


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show: one item, one step, one department, only tasks of one light, only claimed ones, or one case number."""

    item: str | None = None
    node: str | None = None
    department_id: str | None = None
    role: str | None = None
    light: str | None = None
    mine: bool = False
    number: str | None = None

    def plain(self) -> dict[str, Any]:
        """The filter as plain JSON."""
        return asdict(self)


def worklist(
    session: Session, posts: Sequence[PostView], *, staff_id: str, filters: Filters | None = None, cursor: str | None = None, limit: int = 20
) -> Page[WorklistRow]:
    """One page of the open tasks that *posts* may hold or *staff_id* claimed. Raises :class:`BadInput` for a bad cursor."""
    filters, limit = filters or Filters(), max(1, min(limit, LARGEST_PAGE))
    after, pairs, at, most = _after(cursor), _pairs(posts, filters), now(), 2 * limit + 2
    if not pairs:
        return Page(())
    values = {"item": filters.item, "node": filters.node, "number": filters.number}
    narrowed = [name for name in ("item", "node") if values[name] is not None]
    narrowed += [filters.light] if filters.light in LIGHTS else []
    values = {name: value for name, value in values.items() if value is not None} | {"at": at} | after
    narrowed += ["after"] if after else []
    query = queue.page_of(session, narrowed, scope="number" if filters.number is not None else "mine" if filters.mine else "all")
    found = session.execute(query, {**queue.parameters(session, pairs, staff_id), **values, "limit": limit + 1, "most": most})
    rows, more = _distinct(found.mappings().all(), limit, most)
    following = encode_cursor(rows[-1]["sort_at"].isoformat(), rows[-1]["case_id"], rows[-1]["no"]) if more else None
    return Page(tuple(_row(row, staff_id, at) for row in rows), following)


def waiting(session: Session, posts: Sequence[PostView], *, staff_id: str) -> Waiting:
    """What waits for *posts* and what *staff_id* claimed: late, yellow and all tasks, and how many at each step (most first), in one statement.

    An :class:`Amount` with ``more`` is a lower bound. With fewer than :data:`COUNT_CAP` late tasks their number is exact; the others are exact while
    no queue is longer than its share of :data:`LOOK`.
    """
    pairs = _pairs(posts, Filters())
    if not pairs:
        return Waiting()
    share = max(LEAST_SHARE, min(LARGEST_SHARE, LOOK // len(pairs)))
    values = {**queue.parameters(session, pairs, staff_id), "at": now(), "limit": share + 1, "cap": COUNT_CAP}
    rows = session.execute(queue.look(session), values).all()
    if not rows:
        return Waiting()
    late_cut, ahead_cut = (max(cut or 0 for cut in column) > share for column in ([r.late_to for r in rows], [r.ahead_to for r in rows]))
    more = late_cut or ahead_cut
    titles = {f"{r.item_code}/{r.node}": f"{r.item_title} · {r.title}" for r in rows}
    steps = {node: sum(r.amount for r in rows if f"{r.item_code}/{r.node}" == node) for node in titles}
    counted = tuple(StepCount(count, more, node, titles[node]) for node, count in sorted(steps.items(), key=lambda each: (-each[1], each[0])))
    late = rows[0].red
    return Waiting(Amount(late, rows[0].red_rows >= COUNT_CAP), Amount(sum(r.yellow for r in rows), ahead_cut), Amount(sum(steps.values()), more), counted)


def _pairs(posts: Sequence[PostView], filters: Filters) -> list[tuple[str, str]]:
    """Whose tasks: the posts as (department, role), each once."""
    pairs = sorted({(post.department_id, post.role) for post in posts})
    return [(d, r) for d, r in pairs if filters.department_id in (None, d) and filters.role in (None, r)]


def _after(cursor: str | None) -> dict[str, Any]:
    if cursor is None:
        return {}
    at, last, no = decode_cursor(cursor, 3)
    try:
        instant = datetime.fromisoformat(str(at))
    except ValueError as error:
        raise BadInput("kernel.bad_cursor") from error
    if instant.tzinfo is None or not is_id(str(last)) or not isinstance(no, int):
        raise BadInput("kernel.bad_cursor")
    return {"after_at": instant, "after_case": str(last), "after_no": no}


def _distinct(rows: Sequence[Mapping[Any, Any]], limit: int, most: int) -> tuple[list[Mapping[Any, Any]], bool]:
    """A task that several of one's posts may hold shows once. When only such rows were found, the batch is short and another follows."""
    seen: set[tuple[str, int]] = set()
    kept: list[Mapping[Any, Any]] = []
    for row in rows:
        if (row["case_id"], row["no"]) not in seen:
            seen.add((row["case_id"], row["no"]))
            kept.append(row)
    return kept[:limit], len(kept) > limit or len(rows) >= most


def _row(row: Mapping[Any, Any], staff_id: str, at: datetime) -> WorklistRow:
    return WorklistRow(
        row["case_id"], row["no"], row["node"], row["kind"], row["title"], row["number"], row["item_code"], row["item_title"], row["applicant"],
        row["department_id"], row["role"], row["claimed_by"] == staff_id, row["opened_at"], row["due_at"],
        light(row["due_at"], row["yellow_at"], paused=row["standing"] == "paused", at=at), row["counts"], row["standing"],
    )  # fmt: skip
