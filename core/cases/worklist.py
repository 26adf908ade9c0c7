"""The worklist: open tasks of the posts somebody holds, soonest due first, one page at a time.

Why it stays flat (measured by the bench): ``case_task`` holds open candidate rows only, one per (department, role). A page is the
merge of one index range scan per post – ``(department_id, role, claimed_by = '', sort_at, case_id, no)`` with the page's limit each – and one
over what the asker claimed: a ``UNION ALL``, on PostgreSQL with one ``LATERAL`` over the posts, which is as short for forty as for one.
Each scan reads at most a page of rows wherever it starts, so the cost grows
with the number of posts (1, 3, 40) and not with the number of rows; no plan can sort a whole queue. Posts come from identity before
the query; access is the very condition that finds the rows. Keyset paging on ``(sort_at, case_id, no)``, so
the candidate rows of one task stay together and show once. The light is computed from stored
instants at read time, so no sweeper has to touch rows for them to turn yellow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Select, String, Uuid, and_, cast, func, literal, or_, select, true, tuple_, union_all
from sqlalchemy.orm import Session

from core.cases.clocks import light
from core.cases.models import CaseTask
from core.cases.spec import StepCount, WorklistRow
from core.identity.spec import PostView
from core.kernel.clock import now
from core.kernel.errors import BadInput
from core.kernel.ids import is_id
from core.kernel.paging import Page, decode_cursor, encode_cursor

LARGEST_PAGE = 100
#: Counting stops here for one page of counts: a number beyond it helps nobody to decide what to do next.
COUNT_CAP = 2000

_COLUMNS = (
    CaseTask.id, CaseTask.case_id, CaseTask.no, CaseTask.node, CaseTask.kind, CaseTask.title, CaseTask.number, CaseTask.item_code, CaseTask.item_title,
    CaseTask.applicant, CaseTask.department_id, CaseTask.role, CaseTask.claimed_by, CaseTask.opened_at, CaseTask.due_at, CaseTask.yellow_at,
    CaseTask.sort_at,
)  # fmt: skip
_ORDER = (CaseTask.sort_at, CaseTask.case_id, CaseTask.no)


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show: one item, one step, one department, only late or nearly late tasks, only claimed ones, or one case number."""

    item: str | None = None
    node: str | None = None
    department_id: str | None = None
    role: str | None = None
    light: str | None = None
    mine: bool = False
    number: str | None = None


def worklist(
    session: Session, posts: Sequence[PostView], *, staff_id: str, filters: Filters | None = None, cursor: str | None = None, limit: int = 20
) -> Page[WorklistRow]:
    """One page of the open tasks that *posts* may hold or *staff_id* claimed. Raises :class:`BadInput` for a bad cursor."""
    filters, limit = filters or Filters(), max(1, min(limit, LARGEST_PAGE))
    after, reach = _after(cursor), _reach(posts, staff_id, filters)
    if reach is None:
        return Page(())
    merged = _merged(_parts(session, reach, _COLUMNS, [*_narrow(filters), *_beyond(after)], order=_ORDER, limit=limit + 1))
    query = select(merged).order_by(merged.c.sort_at, merged.c.case_id, merged.c.no).limit(2 * limit + 2)
    rows, more = _distinct(session.execute(query).mappings().all(), limit)
    at = now()
    following = encode_cursor(rows[-1]["sort_at"].isoformat(), rows[-1]["case_id"], rows[-1]["no"]) if more else None
    return Page(tuple(_row(row, staff_id, at) for row in rows), following)


def counts(session: Session, posts: Sequence[PostView], *, staff_id: str, filters: Filters | None = None) -> tuple[StepCount, ...]:
    """How many tasks wait at each step of each item, counted up to a cap, most first."""
    reach = _reach(posts, staff_id, filters or Filters())
    if reach is None:
        return ()
    merged = _merged(_parts(session, reach, (CaseTask.item_code, CaseTask.node, CaseTask.item_title, CaseTask.title), [], limit=reach.share))
    amount = func.count().label("amount")
    query = select(merged.c.item_code, merged.c.node, func.max(merged.c.item_title), func.max(merged.c.title), amount)
    rows = session.execute(query.group_by(merged.c.item_code, merged.c.node).order_by(amount.desc(), merged.c.item_code, merged.c.node)).all()
    return tuple(StepCount(f"{item}/{node}", f"{item_title} · {title}", n, n >= reach.share) for item, node, item_title, title, n in rows)


def lights(session: Session, posts: Sequence[PostView], *, staff_id: str) -> dict[str, int]:
    """How many tasks are red and yellow now, counted up to the cap."""
    at, found = now(), {"red": 0, "yellow": 0}
    reach = _reach(posts, staff_id, Filters())
    if reach is None:
        return found
    for name, condition in (("red", CaseTask.sort_at < at), ("yellow", and_(CaseTask.sort_at >= at, CaseTask.yellow_at <= at))):
        merged = _merged(_parts(session, reach, (CaseTask.case_id, CaseTask.no), [condition], limit=reach.share))
        found[name] = session.scalar(select(func.count()).select_from(select(merged).distinct().subquery())) or 0
    return found


@dataclass(frozen=True, slots=True)
class _Reach:
    """Whose tasks: the posts as (department, role), and the asker's own claims."""

    pairs: tuple[tuple[str, str], ...]
    staff_id: str
    mine: bool
    number: str | None

    @property
    def share(self) -> int:
        """How far one range is counted."""
        return max(50, COUNT_CAP // (len(self.pairs) + 1))


def _reach(posts: Sequence[PostView], staff_id: str, filters: Filters) -> _Reach | None:
    pairs = sorted({(post.department_id, post.role) for post in posts})
    kept = tuple((d, r) for d, r in pairs if filters.department_id in (None, d) and filters.role in (None, r))
    return _Reach(kept, staff_id, filters.mine, filters.number) if kept else None


def _parts(
    session: Session, reach: _Reach, columns: Sequence[Any], conditions: Sequence[Any], *, order: Sequence[Any] = (), limit: int
) -> list[Select[*tuple[Any, ...]]]:
    """The index ranges to scan, each stopped at *limit*: one over one's own claims, one a post over the unclaimed queue."""

    def part(*where: Any) -> Select[*tuple[Any, ...]]:
        return select(select(*columns).where(*where, *conditions).order_by(*order).limit(limit).subquery())

    held = tuple_(CaseTask.department_id, CaseTask.role).in_(reach.pairs)
    if reach.number is not None:  # one case: found by its number, whoever of the posts may hold it
        return [part(CaseTask.number == reach.number, CaseTask.claimed_by.in_(("", reach.staff_id)), held)]
    own = part(CaseTask.claimed_by == reach.staff_id, held)
    if reach.mine:
        return [own]
    if session.get_bind().dialect.name == "postgresql":
        return [own, _lateral(reach, columns, conditions, order, limit)]
    return [own, *(part(CaseTask.department_id == d, CaseTask.role == r, CaseTask.claimed_by == "") for d, r in reach.pairs)]


def _lateral(reach: _Reach, columns: Sequence[Any], conditions: Sequence[Any], order: Sequence[Any], limit: int) -> Select[*tuple[Any, ...]]:
    """One short statement for any number of posts, so that it is compiled once: for each post the head of its own index range."""
    departments = cast([d for d, _ in reach.pairs], ARRAY(Uuid(as_uuid=False)))
    roles = cast([r for _, r in reach.pairs], ARRAY(String))
    post = func.unnest(departments, roles).table_valued("department_id", "role").render_derived(name="post")
    unclaimed = and_(CaseTask.department_id == post.c.department_id, CaseTask.role == post.c.role, CaseTask.claimed_by == "")
    head = select(*columns).where(unclaimed, *conditions).order_by(*order).limit(limit).lateral("head")
    return select(head).select_from(post.join(head, true()))


def _merged(parts: Sequence[Select[*tuple[Any, ...]]]) -> Any:
    return union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()


def _beyond(after: tuple[datetime, str, int] | None) -> list[Any]:
    if after is None:
        return []
    here = tuple_(literal(after[0], CaseTask.sort_at.type), literal(after[1], CaseTask.case_id.type), literal(after[2]))
    return [tuple_(*_ORDER) > here]


def _narrow(filters: Filters) -> list[Any]:
    at = now()
    conditions: list[Any] = []
    if filters.item is not None:
        conditions.append(CaseTask.item_code == filters.item)
    if filters.node is not None:
        conditions.append(CaseTask.node == filters.node)
    if filters.light == "red":
        conditions.append(CaseTask.sort_at < at)
    elif filters.light == "yellow":
        conditions.append(and_(CaseTask.sort_at >= at, CaseTask.yellow_at <= at))
    elif filters.light == "green":
        conditions.append(and_(CaseTask.sort_at >= at, or_(CaseTask.yellow_at.is_(None), CaseTask.yellow_at > at)))
    return conditions


def _after(cursor: str | None) -> tuple[datetime, str, int] | None:
    if cursor is None:
        return None
    at, last, no = decode_cursor(cursor, 3)
    try:
        instant = datetime.fromisoformat(str(at))
    except ValueError as error:
        raise BadInput("kernel.bad_cursor") from error
    if instant.tzinfo is None or not is_id(str(last)) or not isinstance(no, int):
        raise BadInput("kernel.bad_cursor")
    return instant, str(last), no


def _distinct(rows: Sequence[Mapping[Any, Any]], limit: int) -> tuple[list[Mapping[Any, Any]], bool]:
    """A task that several of one's posts may hold shows once."""
    seen: set[tuple[str, int]] = set()
    kept: list[Mapping[Any, Any]] = []
    for row in rows:
        if (row["case_id"], row["no"]) not in seen:
            seen.add((row["case_id"], row["no"]))
            kept.append(row)
    return kept[:limit], len(kept) > limit


def _row(row: Mapping[Any, Any], staff_id: str, at: datetime) -> WorklistRow:
    return WorklistRow(
        row["case_id"], row["no"], row["node"], row["kind"], row["title"], row["number"], row["item_code"], row["item_title"], row["applicant"],
        row["department_id"], row["role"], row["claimed_by"] == staff_id, row["opened_at"], row["due_at"],
        light(row["due_at"], row["yellow_at"], at=at),
    )  # fmt: skip
