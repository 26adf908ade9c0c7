"""Verbs for divisions, departments, staff, posts and halls. Every change is audited."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity import queries
from core.identity.models import Department, Division, Hall, HallHost, Post, Staff
from core.identity.spec import LEVELS, POST_ROLES, DepartmentView
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Conflict, NotFound
from core.kernel.identifiers import check_uscc, normalise_uscc
from core.kernel.ids import new_id

_CODE = re.compile(r"[a-z0-9_-]{1,64}")


def add_division(session: Session, code: str, title: str, level: str, *, parent_id: str | None = None, actor: Actor) -> str:
    """Add a division below *parent_id* and return its id. Its level must lie below its parent's."""
    if level not in LEVELS:
        raise BadInput("identity.unknown_level", level=level)
    _check_code(code)
    division_id = new_id()
    path, root = f"/{code}/", division_id
    if parent_id is not None:
        parent = session.get(Division, parent_id)
        if parent is None or LEVELS.index(parent.level) >= LEVELS.index(level):
            raise BadInput("identity.bad_path")
        path, root = f"{parent.path}{code}/", parent.region_root
    row = {"id": division_id, "code": code, "title": title, "level": level, "parent_id": parent_id, "path": path, "region_root": root}
    _insert(session, Division, row, code)
    audit.record(session, "identity.add_division", subject=("division", division_id), actor=actor, detail={"code": code})
    return division_id


def add_department(
    session: Session, code: str, title: str, *, division_id: str, parent_id: str | None = None, uscc: str | None = None, mark: str | None = None, actor: Actor
) -> str:  # fmt: skip
    """Add a department to a division and return its id; *code* is its kind (``market_regulation``), once in a division.

    *mark* (机关代字, e.g. 宁市监) begins the numbers of its documents; without one they begin with the whole title.
    """
    _check_code(code)
    division = session.get(Division, division_id)
    if division is None or (parent_id is not None and session.get(Department, parent_id) is None):
        raise NotFound
    number = normalise_uscc(uscc) if uscc else None
    if number is not None and (wrong := check_uscc(number)):
        raise BadInput(wrong)
    department_id = new_id()
    row = {
        "id": department_id, "code": code, "title": title, "division_id": division_id,
        "parent_id": parent_id, "uscc": number, "mark": mark or None, "region_root": division.region_root,
    }  # fmt: skip
    _insert(session, Department, row, code)
    audit.record(session, "identity.add_department", subject=("department", department_id), actor=actor, detail={"code": code})
    return department_id


@dataclass(frozen=True, slots=True)
class Succession:
    """What a reorganisation would write: who gets which post in the department that follows, as (staff id, name, role). ``held_back``: posts that reach
    over a whole division, where the department that follows lies in another one."""

    old: DepartmentView
    by: DepartmentView
    posts: tuple[tuple[str, str, str], ...]
    held_back: tuple[tuple[str, str, str], ...] = ()


def succession(session: Session, department_id: str, by: str) -> Succession:
    """What :func:`succeed` would do; writes nothing. Raises as it does."""
    old, following = queries.department(session, department_id), queries.department(session, by)
    if queries.successor(session, by) == department_id or by == department_id:
        raise BadInput("identity.own_successor")
    before = session.scalar(select(Department.successor_id).where(Department.id == department_id))
    if before not in (None, by):
        raise Conflict("identity.has_successor", old=old.title, by=queries.department(session, before).title)
    held = select(Post.staff_id, Staff.name, Post.role).join(Staff, Staff.id == Post.staff_id)
    there = {(row.staff_id, row.role) for row in session.execute(held.where(Post.department_id == by))}
    theirs = session.execute(held.where(Post.department_id == department_id).order_by(Staff.name, Post.staff_id, Post.role))
    posts = [(row.staff_id, row.name, row.role) for row in theirs if (row.staff_id, row.role) not in there]
    # Who administers or supervises a county would do so in the whole city: that is for an administrator there to give, not for a reorganisation.
    within = following.division_path.startswith(old.division_path)
    back = [each for each in posts if each[2] in ("admin", "supervisor") and not within]
    return Succession(old, following, tuple(each for each in posts if each not in back), tuple(back))


def succeed(session: Session, department_id: str, by: str, *, actor: Actor) -> Succession:
    """A reorganisation (机构改革): department *by* takes the place of *department_id*, whose people get their posts there too; returns what was done.

    They keep the old posts, so that what lies in the old queues is worked off; papers and results that are on their way to the old department, and
    what a case asks of it by name, go to the new one. Items that it answers for are transferred by their own life (移交), each with its review.
    Raises :class:`NotFound`, :class:`BadInput` for a department that would follow itself, :class:`Conflict` where another follows it already. Doing it
    again changes nothing.
    """
    session.execute(select(Department.id).where(Department.id.in_((department_id, by))).order_by(Department.id).with_for_update())
    found = succession(session, department_id, by)
    session.execute(update(Department).where(Department.id == department_id).values(successor_id=by))
    for staff_id, _name, role in found.posts:
        add_post(session, staff_id, by, role, actor=actor)
    audit.record(session, "identity.succeed", subject=("department", department_id), actor=actor, detail={"by": by})
    return found


def add_staff(session: Session, user_id: str, name: str, *, actor: Actor) -> str:
    """Make the back office's user *user_id* a member of staff and return the staff id."""
    staff_id = new_id()
    _insert(session, Staff, {"id": staff_id, "user_id": str(user_id), "name": name, "active": True}, str(user_id))
    audit.record(session, "identity.add_staff", subject=("staff", staff_id), actor=actor)
    return staff_id


def set_active(session: Session, staff_id: str, *, active: bool, actor: Actor) -> None:
    """Put a member of staff out of office, or back; it holds from the next request on."""
    row = session.get(Staff, staff_id)
    if row is None:
        raise NotFound
    row.active = active
    session.flush()
    audit.record(session, "identity.set_active", subject=("staff", staff_id), actor=actor, detail={"active": active})


def add_post(session: Session, staff_id: str, department_id: str, role: str, *, actor: Actor) -> str:
    """Appoint a member of staff to a role in a department."""
    if role not in POST_ROLES:
        raise BadInput("identity.unknown_role", role=role)
    if session.get(Staff, staff_id) is None or session.get(Department, department_id) is None:
        raise NotFound
    post_id = new_id()
    _insert(session, Post, {"id": post_id, "staff_id": staff_id, "department_id": department_id, "role": role}, role)
    audit.record(session, "identity.add_post", subject=("staff", staff_id), actor=actor, detail={"department": department_id, "role": role})
    return post_id


def remove_post(session: Session, staff_id: str, department_id: str, role: str, *, actor: Actor) -> None:
    """End an appointment. Open tasks stay with the department and role; membership is read at query time."""
    query = delete(Post).where(Post.staff_id == staff_id, Post.department_id == department_id, Post.role == role).returning(Post.id)
    if session.execute(query).scalar() is None:
        raise NotFound
    audit.record(session, "identity.remove_post", subject=("staff", staff_id), actor=actor, detail={"department": department_id, "role": role})


def add_hall(
    session: Session, slug: str, title: str, *, division_id: str, department_id: str | None = None, theme: str = "standard",
    hosts: Sequence[str] = (), main: bool = False, actor: Actor,
) -> str:  # fmt: skip
    """Open a hall or branch hall; the *main* one answers where no host and no ``/h/<slug>`` names another."""
    _check_code(slug)
    if session.get(Division, division_id) is None or (department_id is not None and session.get(Department, department_id) is None):
        raise NotFound
    hall_id = new_id()
    row = {"id": hall_id, "slug": slug, "title": title, "theme": theme, "division_id": division_id, "department_id": department_id, "main": main}
    _insert(session, Hall, row, slug)
    for host in hosts:
        _insert(session, HallHost, {"host": host.lower(), "hall_id": hall_id}, host)
    audit.record(session, "identity.add_hall", subject=("hall", hall_id), actor=actor, detail={"slug": slug})
    return hall_id


def remove_hall(session: Session, slug: str, *, actor: Actor) -> None:
    """Close a hall; its cases stay with their departments."""
    hall_id = session.scalar(select(Hall.id).where(Hall.slug == slug))
    if hall_id is None:
        raise NotFound
    session.execute(delete(HallHost).where(HallHost.hall_id == hall_id))
    session.execute(delete(Hall).where(Hall.id == hall_id))
    audit.record(session, "identity.remove_hall", subject=("hall", hall_id), actor=actor, detail={"slug": slug})


def _check_code(code: str) -> None:
    if not _CODE.fullmatch(code):
        raise BadInput("identity.bad_code", code=code)


def _insert(session: Session, table: type, row: Mapping[str, object], code: str) -> None:
    """One row; a code that is taken becomes a message instead of a database error."""
    try:
        with session.begin_nested():
            session.execute(insert(table), dict(row))
    except IntegrityError as error:
        raise Conflict("identity.taken", code=code) from error
