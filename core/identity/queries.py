"""Reads of identity: staff with their posts, the tree of divisions and departments, halls, and who holds a task."""

import time
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, FromClause, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from core.identity.models import Account, Delegation, Department, Division, HallHost, Party, Post, Staff
from core.identity.models import Hall as HallRow
from core.identity.spec import LEVELS, LONGEST_CHAIN, AccountView, DepartmentView, DivisionView, Hall, PostView, Scope, StaffView
from core.kernel.clock import now, today
from core.kernel.errors import NotFound
from core.kernel.ids import is_id

#: How long a process trusts the title of a department or the name of a colleague (real seconds).
FRESH_SECONDS = 30.0
_titles: "WeakKeyDictionary[Any, dict[str, tuple[str, float]]]" = WeakKeyDictionary()
_names: "WeakKeyDictionary[Any, dict[str, tuple[str, float]]]" = WeakKeyDictionary()
_kinds: "WeakKeyDictionary[Any, dict[str, tuple[dict[str, str], float]]]" = WeakKeyDictionary()
#: What a :class:`DepartmentView` is made of, of the department joined with its division.
DEPARTMENT_COLUMNS = (
    Department.id, Department.code, Department.title, Department.division_id, Division.path, Division.title,
    Department.parent_id, Department.uscc, Department.region_root, Department.mark,
)  # fmt: skip
_DEPARTMENT: Select[*tuple[Any, ...]] = select(*DEPARTMENT_COLUMNS).join(Division, Division.id == Department.division_id)
_DIVISION = select(Division.id, Division.code, Division.title, Division.level, Division.parent_id, Division.path, Division.region_root)

_staff_, _post, _department_, _division_ = Staff.__table__.c, Post.__table__.c, Department.__table__.c, Division.__table__.c
_grant = Delegation.__table__.c
_GRANTED = exists().where(
    _grant.to_staff_id == _staff_.id,
    _grant.valid_until >= bindparam("day"),
    _grant.valid_from <= bindparam("day"),
    or_(_grant.revoked_at.is_(None), _grant.revoked_at > bindparam("at")),
)
_WHO_IT_IS = (
    _staff_.id, _staff_.name, _GRANTED.label("granted"), _department_.id, _department_.code, _department_.title, _department_.division_id,
    _division_.path, _post.role,
)  # fmt: skip


def _posts_of(source: FromClause) -> FromClause:
    """*source*, which has the staff, with their posts."""
    posts = source.outerjoin(Post.__table__, _post.staff_id == _staff_.id)
    return posts.outerjoin(Department.__table__, _department_.id == _post.department_id).outerjoin(
        Division.__table__, _division_.id == _department_.division_id
    )


_BY_PLACE = (_division_.path, _department_.code, _post.role)
#: Built once, from plain tables.
_STAFF = select(*_WHO_IT_IS).select_from(_posts_of(Staff.__table__)).where(_staff_.active).order_by(*_BY_PLACE)
_STAFF_OF_USER = _STAFF.where(_staff_.user_id == bindparam("user_id"))
_STAFF_BY_ID = _STAFF.where(_staff_.id == bindparam("staff_id"))


def staff_of_user(session: Session, user_id: str) -> StaffView:
    """The member of staff behind a back-office user, with the posts in force today. Raises :class:`NotFound`."""
    return _staff(session, _STAFF_OF_USER, user_id=str(user_id))


def beside_staff(columns: Sequence[ColumnElement[Any]], log_ins: FromClause) -> Select[*tuple[Any, ...]]:
    """A statement, to be built once: *columns* of the log-in in *log_ins*, and beside them the member of staff in office who has it, whose ``user_id`` is
    the parameter ``login``. Every page of the back office begins with it (:func:`read_beside`)."""
    found = log_ins.outerjoin(Staff.__table__, and_(_staff_.user_id == bindparam("login"), _staff_.active))
    return select(*_WHO_IT_IS, *columns).select_from(_posts_of(found)).order_by(*_BY_PLACE)


def read_beside(session: Session, query: Select[*tuple[Any, ...]], **values: Any) -> tuple[Any, StaffView | None]:
    """What :func:`beside_staff` finds: a row that has the columns, ``None`` when there is no such log-in, and who has it, if anybody does."""
    rows = session.execute(query, {**values, "day": today(), "at": now()}).all()
    if not rows:
        return None, None
    return rows[0], _staff_view(session, rows) if rows[0][0] is not None else None


_WHO = "identity.staff"


def remember(session: Session, who: StaffView) -> None:
    """Let *session* – one request – know who asks: access, tasks and buttons of a page are all about the same person, read once."""
    session.info[_WHO] = who


def staff_view(session: Session, staff_id: str) -> StaffView:
    """A member of staff by id, as :func:`remember` has it for this session. Raises :class:`NotFound`."""
    known: StaffView | None = session.info.get(_WHO)
    if known is not None and known.id == staff_id:
        return known
    return _staff(session, _STAFF_BY_ID, staff_id=staff_id)


def staff_names(session: Session, staff_ids: Sequence[str]) -> dict[str, str]:
    """Names of members of staff, also of those who left; remembered by the process like :func:`titles`."""
    known, at = _names.setdefault(session.get_bind(), {}), time.monotonic()
    wanted = set(staff_ids)
    missing = [each for each in wanted if each not in known or at - known[each][1] > FRESH_SECONDS]
    if missing:
        known |= {row.id: (row.name, at) for row in session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(missing)))}
    return {each: known[each][0] for each in wanted if each in known}


def _staff(session: Session, query: Select[*tuple[Any, ...]], **who: str) -> StaffView:
    """Who it is, their own posts and whether anybody delegates to them, in one statement; delegations are followed only where there are some."""
    rows = session.execute(query, {**who, "day": today(), "at": now()}).all()
    if not rows:
        raise NotFound
    return _staff_view(session, rows)


def _staff_view(session: Session, rows: Sequence[Any]) -> StaffView:
    staff_id, name, granted = rows[0][:3]
    posts = [PostView(*row[3 : len(_WHO_IT_IS)]) for row in rows if row.role is not None]
    if granted:
        posts.extend(_delegated(session, staff_id))
    return StaffView(staff_id, name, tuple(posts))


def _posts(session: Session, staff_ids: Sequence[str]) -> dict[str, list[PostView]]:
    query = (
        select(Post.staff_id, Department.id, Department.code, Department.title, Department.division_id, Division.path, Post.role)
        .join(Department, Department.id == Post.department_id)
        .join(Division, Division.id == Department.division_id)
        .where(Post.staff_id.in_(staff_ids))
        .order_by(Division.path, Department.code, Post.role)
    )
    posts: dict[str, list[PostView]] = {}
    for staff_id, *rest in session.execute(query):
        posts.setdefault(staff_id, []).append(PostView(*rest))
    return posts


def colleagues(session: Session, department_ids: Sequence[str], *, role: str | None = None) -> tuple[tuple[str, str, str, str], ...]:
    """(staff id, name, department id, role) of every post of the departments that somebody in office holds, by name; one *role* when given."""
    query = (
        select(Staff.id, Staff.name, Post.department_id, Post.role)
        .join(Post, Post.staff_id == Staff.id)
        .where(Staff.active, Post.department_id.in_(department_ids))
        .order_by(Staff.name, Staff.id, Post.role)
    )
    found = session.execute(query if role is None else query.where(Post.role == role)).all()
    return tuple((row.id, row.name, row.department_id, row.role) for row in found)


def grants_to(session: Session, staff: Sequence[str], day: date) -> Sequence[Delegation]:
    """Delegations in force on *day* to any of *staff*."""
    query = select(Delegation).where(
        Delegation.to_staff_id.in_(staff),
        Delegation.valid_until >= day,
        Delegation.valid_from <= day,
        or_(Delegation.revoked_at.is_(None), Delegation.revoked_at > now()),
    )
    return session.scalars(query).all()


def _delegated(session: Session, staff_id: str) -> list[PostView]:
    """Posts reached through delegations in force today: breadth first, at most three links, each person once."""
    day, seen = today(), {staff_id}
    #: who delegates → the limits (department, role) met on the way down to *staff_id*
    frontier: dict[str, list[tuple[tuple[str | None, str | None], ...]]] = {staff_id: [()]}
    reached: dict[str, list[tuple[tuple[str | None, str | None], ...]]] = {}
    for _ in range(LONGEST_CHAIN):
        ahead: dict[str, list[tuple[tuple[str | None, str | None], ...]]] = {}
        for grant in grants_to(session, list(frontier), day):
            if grant.from_staff_id not in seen:
                limits = [(*way, (grant.department_id, grant.role)) for way in frontier[grant.to_staff_id]]
                ahead.setdefault(grant.from_staff_id, []).extend(limits)
        if not ahead:
            break
        seen.update(ahead)
        reached.update(ahead)
        frontier = ahead
    if not reached:
        return []
    active = dict(session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(reached), Staff.active)).all())
    return [
        PostView(p.department_id, p.department_code, p.department_title, p.division_id, p.division_path, p.role, owner, active[owner])
        for owner, posts in _posts(session, list(active)).items()
        for p in posts
        if any(all(d in (None, p.department_id) and r in (None, p.role) for d, r in way) for way in reached[owner])
    ]


def division(session: Session, division_id: str) -> DivisionView:
    """A division by id. Raises :class:`NotFound`."""
    return _one_division(session, _DIVISION.where(Division.id == division_id))


def division_by_code(session: Session, code: str) -> DivisionView:
    """A division by its code. Raises :class:`NotFound`."""
    return _one_division(session, _DIVISION.where(Division.code == code))


def _one_division(session: Session, query: Select[*tuple[Any, ...]]) -> DivisionView:
    row = session.execute(query).first()
    if row is None:
        raise NotFound
    return DivisionView(*row)


def divisions(session: Session, scope: Scope | None = None) -> tuple[DivisionView, ...]:
    """Every division inside *scope*, parents before children."""
    query = _DIVISION.order_by(Division.path)
    if scope is not None:
        query = query.where(Division.path.startswith(scope.division_path, autoescape=True))
    return tuple(DivisionView(*row) for row in session.execute(query))


def department(session: Session, department_id: str) -> DepartmentView:
    """A department by id. Raises :class:`NotFound`."""
    row = session.execute(_DEPARTMENT.where(Department.id == department_id)).first()
    if row is None:
        raise NotFound
    return DepartmentView(*row)


def departments(session: Session, scope: Scope | None = None, *, ids: Sequence[str] | None = None) -> tuple[DepartmentView, ...]:
    """Departments inside *scope*, or those of *ids*, in the order of the tree."""
    query = _DEPARTMENT.order_by(Division.path, Department.code)
    if ids is not None:
        query = query.where(Department.id.in_(set(ids)))
    if scope is not None:
        query = query.where(Division.path.startswith(scope.division_path, autoescape=True))
        if scope.department_id is not None:
            query = query.where(Department.id == scope.department_id)
    return tuple(DepartmentView(*row) for row in session.execute(query))


def titles(session: Session, department_ids: Iterable[str]) -> dict[str, str]:
    """Department id → title, remembered by the process for :data:`FRESH_SECONDS`: every case page names a few, and they hardly ever change."""
    known, at = _titles.setdefault(session.get_bind(), {}), time.monotonic()
    wanted = dict.fromkeys(department_ids)
    missing = [each for each in wanted if each not in known or at - known[each][1] > FRESH_SECONDS]
    if missing:
        for row in session.execute(select(Department.id, Department.title).where(Department.id.in_(missing))):
            known[row.id] = (row.title, at)
    return {each: known[each][0] for each in wanted if each in known}


def department_titles(session: Session, scope: Scope | None = None) -> dict[str, str]:
    """Code → title of the departments that sentences may mention; of several with one code the one nearest to the root."""
    found: dict[str, str] = {}
    for each in departments(session, scope):
        found.setdefault(each.code, each.title)
    return found


def titles_in(session: Session, division_id: str) -> dict[str, str]:
    """Code → title of the departments of a division and below it, remembered like :func:`titles`."""
    known, at = _kinds.setdefault(session.get_bind(), {}), time.monotonic()
    kept = known.get(division_id)
    if kept is None or at - kept[1] > FRESH_SECONDS:
        kept = known[division_id] = (department_titles(session, Scope(division(session, division_id).path)), at)
    return kept[0]


def department_near(session: Session, code: str, division_path: str) -> DepartmentView | None:
    """The department of kind *code* in the division, else in the nearest division above that has one."""
    above = ["/" + "/".join(division_path.strip("/").split("/")[:n]) + "/" for n in range(1, division_path.strip("/").count("/") + 2)]
    rows = session.execute(_DEPARTMENT.where(Department.code == code, Division.path.in_(above))).all()
    found = [DepartmentView(*row) for row in rows]
    return max(found, key=lambda d: len(d.division_path), default=None)


def successor(session: Session, department_id: str) -> str:
    """The department that stands in the place of *department_id* today: itself, or who followed it in reorganisations."""
    following = {department_id: department_id}
    at = department_id
    while (after := session.scalar(select(Department.successor_id).where(Department.id == at))) is not None and after not in following:
        following[after] = at = after
    return at


def with_predecessors(session: Session, department_ids: Iterable[str]) -> frozenset[str]:
    """The departments and all whose place they took: what was sent to the old one is theirs."""
    known = set(department_ids)
    ahead = known
    while ahead:
        ahead = set(session.scalars(select(Department.id).where(Department.successor_id.in_(ahead)))) - known
        known |= ahead
    return frozenset(known)


def staffed(session: Session, division_id: str, role: str) -> tuple[DepartmentView, ...]:
    """The departments of a division in which somebody in office holds *role*, in the order of their codes."""
    held = select(Post.department_id).join(Staff, Staff.id == Post.staff_id).where(Staff.active, Post.role == role)
    query = _DEPARTMENT.where(Department.division_id == division_id, Department.successor_id.is_(None), Department.id.in_(held))
    return tuple(DepartmentView(*row) for row in session.execute(query.order_by(Department.code)))


def departments_below(session: Session, code: str, division_path: str, level: str) -> tuple[DepartmentView, ...]:
    """Departments of kind *code* in the divisions of *level* on the way up from, or below, ``division_path``."""
    query = _DEPARTMENT.where(Department.code == code, Division.level == level).order_by(Division.path)
    rows = [DepartmentView(*row) for row in session.execute(query)]
    return tuple(d for d in rows if d.division_path.startswith(division_path) or division_path.startswith(d.division_path))


def division_at_level(session: Session, division_path: str, level: str) -> DivisionView | None:
    """The division of *level* on the way from the root to ``division_path``, itself included."""
    if level not in LEVELS:
        return None
    above = ["/" + "/".join(division_path.strip("/").split("/")[:n]) + "/" for n in range(1, division_path.strip("/").count("/") + 2)]
    row = session.execute(_DIVISION.where(Division.path.in_(above), Division.level == level)).first()
    return DivisionView(*row) if row else None


_HALL = select(
    HallRow.id, HallRow.slug, HallRow.title, HallRow.theme, HallRow.division_id, HallRow.department_id, HallRow.main, Division.path,
).join(Division, Division.id == HallRow.division_id)  # fmt: skip


def hall_for(session: Session, host: str = "", path: str = "", *, slug: str | None = None) -> Hall | None:
    """The hall that a request is for: a *slug* (given, or from ``/h/<slug>`` in *path*) wins, then the host, then the main hall.

    ``None`` for a slug that no hall has, and while there is no hall at all.
    """
    parts = path.split("/", 3)
    if slug is None and len(parts) > 2 and parts[1] == "h":
        slug = parts[2]
    if slug is not None:
        return _hall(session, _HALL.where(HallRow.slug == slug), prefix=f"/h/{slug}")
    name = host.lower() if host.endswith("]") else host.rsplit(":", 1)[0].lower()
    by_host = _HALL.outerjoin(HallHost, (HallHost.hall_id == HallRow.id) & (HallHost.host == name))
    query = by_host.where(HallHost.host.is_not(None) | HallRow.main).order_by(HallHost.host.is_(None), HallRow.slug).limit(1)
    return _hall(session, query, prefix="")


def hosts(session: Session) -> frozenset[str]:
    """The host names under which any hall is known, in lower case."""
    return frozenset(name.lower() for name in session.scalars(select(HallHost.host)))


def halls(session: Session) -> tuple[Hall, ...]:
    """Every hall, with the prefix under which any host shows it."""
    return tuple(_hall_view(row, "" if row.main else f"/h/{row.slug}") for row in session.execute(_HALL.order_by(Division.path, HallRow.slug)))


def _hall(session: Session, query: Select[*tuple[Any, ...]], *, prefix: str) -> Hall | None:
    row = session.execute(query).first()
    return _hall_view(row, prefix) if row is not None else None


def _hall_view(row: Any, prefix: str) -> Hall:
    return Hall(row.id, row.slug, row.title, row.theme, row.division_id, Scope(row.path, row.department_id), prefix)


#: Built once: every request of a citizen begins with it.
_ACCOUNT = (
    select(Account.id, Account.party_id, Party.masked_name, Party.masked_phone, Account.epoch)
    .join(Party, Party.id == Account.party_id)
    .where(Account.id == bindparam("account_id"), Account.active)
)


def account_view(session: Session, account_id: str, *, epoch: int | None = None) -> AccountView | None:
    """An account by id – one statement; ``None`` when it is closed or when its password changed since *epoch*."""
    if not is_id(str(account_id)):
        return None
    row = session.execute(_ACCOUNT, {"account_id": account_id}).first()
    return AccountView(*row) if row is not None and epoch in (None, row.epoch) else None
