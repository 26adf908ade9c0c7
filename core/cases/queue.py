"""The statements of the worklist. Each is built once; what differs between people – their posts, the moment, a filter's values – is a parameter.

The parts are *ranges* of an index, each stopped at a limit: one over what the asker claimed, one a post over its unclaimed queue. For any number
of posts that is one short statement: on PostgreSQL a ``LATERAL`` over the posts, on SQLite the row numbers of each head by a correlated ``IN``.
SQLAlchemy spends more on building and naming such a statement than a database on answering it, so the shapes are kept by their conditions.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)  # fmt: skip
from sqlalchemy.orm import Session

from core.cases.clocks import NEVER
from core.cases.models import CaseTask, table
from core.db.types import Id, Instant

_TASK = table(CaseTask)
_ORDER = ("sort_at", "case_id", "no")
_ROW = (
    "case_id", "no", "node", "kind", "title", "number", "item_code", "item_title", "applicant", "department_id", "role", "claimed_by", "opened_at", "due_at",
    "yellow_at", "sort_at", "counts", "standing",
)  # fmt: skip
#: The unique key of a candidate row, and what orders it: all of it in the queue's index.
_CANDIDATE = ("case_id", "no", "department_id", "role")
_KEY = (*_CANDIDATE, "sort_at")
_STEP = ("item_code", "node", "item_title", "title")
_LOOKED = ("case_id", "no", *_STEP, "sort_at", "yellow_at")
_UUID = Uuid(as_uuid=False)


def _untold(value: ColumnElement[Any]) -> Any:
    """A parameter that PostgreSQL does not see while it plans. It then makes one plan for all posts, people and limits and keeps it, where it would
    plan anew for each (longer than the query itself takes); and it reads a range in the order of its index. Of a limit that it takes for longer than a
    range – it only knows the average queue, and one may be a thousand times that – it would read the whole queue and sort it."""
    return select(value).scalar_subquery()


_AT = _untold(bindparam("at", type_=Instant))

#: What may narrow a range, by name; the values are parameters.
CONDITIONS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "item": lambda c: c.item_code == bindparam("item"),
    "node": lambda c: c.node == bindparam("node"),
    "red": lambda c: c.sort_at < _AT,
    "ahead": lambda c: c.sort_at >= _AT,
    "yellow": lambda c: and_(c.sort_at >= _AT, c.yellow_at <= _AT),
    "green": lambda c: and_(c.sort_at >= _AT, or_(c.yellow_at.is_(None), c.yellow_at > _AT), or_(c.standing.is_(None), c.standing != "paused")),
    "paused": lambda c: and_(c.sort_at == NEVER, c.standing == "paused"),
    "after": lambda c: (
        tuple_(c.sort_at, c.case_id, c.no)
        > tuple_(bindparam("after_at", type_=Instant), bindparam("after_case", type_=Id), bindparam("after_no", type_=Integer))
    ),
}


def parameters(session: Session, posts: Sequence[tuple[str, str]], staff_id: str) -> dict[str, Any]:
    """Who asks, as the statements want it: *posts* as (department, role), and the person for what they claimed."""
    if _sqlite(session):
        return {"staff_id": staff_id, "posts": json.dumps([(department.replace("-", ""), role) for department, role in posts])}
    return {"staff_id": staff_id, "departments": [d for d, _ in posts], "roles": [r for _, r in posts]}


def page_of(session: Session, conditions: Sequence[str], *, scope: str) -> Select[*tuple[Any, ...]]:
    """Rows soonest due first: parameters ``limit`` (a range) and ``most`` (all). *scope*: ``all``, ``mine`` (claimed) or ``number`` (one case)."""
    return _page(_sqlite(session), tuple(conditions), scope)


def look(session: Session) -> Select[*tuple[Any, ...]]:
    """How much waits at each step: late, yellow, all, whether a range of late (``late_to``) or other tasks (``ahead_to``) was longer than ``limit``,
    and beside each the number of late tasks of all posts, counted to ``cap`` (``red``; ``red_rows`` tells whether counting stopped there)."""
    return _look(_sqlite(session))


def _sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


@lru_cache(maxsize=128)
def _page(sqlite: bool, conditions: tuple[str, ...], scope: str) -> Select[*tuple[Any, ...]]:
    if scope == "number":  # one case: found by its number, whoever of the posts may hold it
        theirs = and_(_TASK.c.number == bindparam("number"), _TASK.c.claimed_by.in_(["", bindparam("staff_id")]))
        merged = _one(sqlite, _ROW, conditions, "limit", theirs).subquery()
        return select(merged).order_by(*(merged.c[each] for each in _ORDER)).limit(bindparam("most", type_=Integer))
    parts = [_own(sqlite, _KEY, conditions, "limit")]
    if scope == "all":
        parts.append(_heads(sqlite, _KEY, conditions, "limit"))
    merged = union_all(*parts).subquery()
    # The heads of forty queues are merged by their keys, which the index holds; only the rows of the page are fetched whole.
    first = select(merged).order_by(*(merged.c[each] for each in _ORDER)).limit(bindparam("most", type_=Integer)).subquery()
    line = _TASK.alias("line")
    page = select(*(line.c[each] for each in _ROW)).select_from(first.join(line, and_(*(line.c[each] == first.c[each] for each in _CANDIDATE))))
    return page.order_by(*(line.c[each] for each in _ORDER))


@lru_cache(maxsize=2)
def _look(sqlite: bool) -> Select[*tuple[Any, ...]]:
    ranges = [part(sqlite, _LOOKED, (segment,), "limit", ranked=True) for segment in ("red", "ahead") for part in (_own, _heads)]
    found = union_all(*ranges).subquery()
    # A task that several of one's posts may hold counts once.
    once = select(*(found.c[each] for each in _LOOKED), func.max(found.c.rank).label("rank")).group_by(*(found.c[each] for each in _LOOKED)).subquery()
    late = once.c.sort_at < _AT
    red = union_all(*(part(sqlite, ("case_id", "no"), ("red",), "cap") for part in (_own, _heads))).subquery()
    first = select(red.c.case_id, red.c.no).limit(bindparam("cap", type_=Integer)).cte("first")
    single = select(first.c.case_id, first.c.no).distinct().subquery()
    return select(
        *(once.c[each] for each in _STEP),
        func.count().label("amount"),
        func.count(case((and_(~late, once.c.yellow_at <= _AT), 1))).label("yellow"),
        func.max(case((late, once.c.rank))).label("late_to"),
        func.max(case((~late, once.c.rank))).label("ahead_to"),
        select(func.count()).select_from(single).scalar_subquery().label("red"),
        select(func.count()).select_from(first).scalar_subquery().label("red_rows"),
    ).group_by(*(once.c[each] for each in _STEP))


def _posts(sqlite: bool) -> FromClause:
    """The asker's posts as a table."""
    if sqlite:
        each = func.json_each(bindparam("posts", type_=String)).table_valued("value", name="each")
        pair = (func.json_extract(each.c.value, f"$[{n}]", type_=String).label(name) for n, name in enumerate(("department_id", "role")))
        return select(*pair).subquery("post")
    departments, roles = (_untold(cast(bindparam(name, type_=ARRAY(kind)), ARRAY(kind))) for name, kind in (("departments", _UUID), ("roles", String())))
    return func.unnest(departments, roles).table_valued("department_id", "role").render_derived(name="post")


def _one(sqlite: bool, names: Sequence[str], conditions: Sequence[str], limit: str, theirs: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """One range: what is *theirs*, as far as one of the asker's posts may hold it."""
    post, task = _posts(sqlite), _TASK
    held = exists().select_from(post).where(post.c.department_id == task.c.department_id, post.c.role == task.c.role)
    inner = _soonest(sqlite, select(*(task.c[each] for each in names)).where(theirs, held), task, conditions, limit).subquery()
    return select(inner)


def _own(sqlite: bool, names: Sequence[str], conditions: Sequence[str], limit: str, *, ranked: bool = False) -> Select[*tuple[Any, ...]]:
    """What the asker claimed."""
    part = _one(sqlite, names, conditions, limit, _TASK.c.claimed_by == _untold(bindparam("staff_id", type_=String)))
    return part.add_columns(func.row_number().over().label("rank")) if ranked else part


def _heads(sqlite: bool, names: Sequence[str], conditions: Sequence[str], limit: str, *, ranked: bool = False) -> Select[*tuple[Any, ...]]:
    """For each post the head of its unclaimed queue."""
    post, task = _posts(sqlite), _TASK.alias("task")
    queue = and_(task.c.department_id == post.c.department_id, task.c.role == post.c.role, task.c.claimed_by == "")
    if sqlite:
        ids = _soonest(sqlite, select(literal_column("task.rowid")).select_from(task).where(queue), task, conditions, limit).correlate(post)
        row = _TASK.alias("line")
        rank = [func.row_number().over(partition_by=(row.c.department_id, row.c.role)).label("rank")] if ranked else []
        return select(*(row.c[each] for each in names), *rank).select_from(post.join(row, literal_column("line.rowid").in_(ids)))
    head = _soonest(sqlite, select(*(task.c[each] for each in names)).where(queue), task, conditions, limit)
    if ranked:
        inner = head.correlate(post).subquery()
        head = select(inner, func.row_number().over().label("rank"))
    lateral = head.lateral("head")
    return select(lateral).select_from(post.join(lateral, true()))


def _soonest(sqlite: bool, query: Select[*tuple[Any, ...]], task: Any, conditions: Sequence[str], limit: str) -> Select[*tuple[Any, ...]]:
    """The first *limit* rows in the order of the index."""
    most: Any = bindparam(limit, type_=Integer)
    query = query.where(*(CONDITIONS[each](task.c) for each in conditions)).order_by(*(task.c[each] for each in _ORDER))
    return query.limit(most if sqlite else _untold(most))
