"""Who holds a task: a role and an organisation relation become (department, role) rows (ROUTING §4.2).

Resolved when the task opens; who is in the department is read when the list is read. An organisation that nobody resolves to
is an empty answer and never a guess: the caller refuses to open such a task, the gate finds it at publication.
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity.models import Department
from core.identity.queries import department, department_near, departments_below, division, division_at_level, successor
from core.identity.spec import HoldersLike

Candidates = tuple[tuple[str, str], ...]


def resolve_holders(session: Session, holders: HoldersLike, *, owner: str, division: str, branch: str | None = None) -> Candidates:
    """The (department id, role) rows for *holders*.

    *owner* is the department that owns the item's case, *division* the id of the division where the case is (the applicant's
    window; ``level`` and ``region`` look from there), *branch* the department id of the parallel branch the task is in.
    """
    return tuple((d, holders.role) for d in resolve_organisation(session, holders.org, owner=owner, division_id=division, branch=branch))


def resolve_organisation(session: Session, org: str | Mapping[str, str], *, owner: str, division_id: str, branch: str | None = None) -> tuple[str, ...]:
    """The department ids of an organisation relation."""
    if org == "owner":
        return (owner,)
    if org == "branch":
        return (branch,) if branch is not None else (owner,)
    home = department(session, owner)
    if isinstance(org, Mapping):
        return _named(session, org, home.code, home.division_path, division_id)
    if org == "parent":
        return _parent(session, home.parent_id, home.code, home.division_path)
    if org == "children":
        return tuple(session.scalars(select(Department.id).where(Department.parent_id == owner).order_by(Department.code)))
    if org == "level":
        found = department_near(session, home.code, division(session, division_id).path)
        return (found.id,) if found else ()
    return ()


def _named(session: Session, org: Mapping[str, str], code: str, home_path: str, division_id: str) -> tuple[str, ...]:
    """``{"department": kind}`` near the owner, ``{"region": level}``: the owner's kind at that level of the tree; ``{"id": department}`` this very one.

    No route can say the last: a case says it of the departments on the way its papers took. After a reorganisation the successor stands there.
    """
    if "id" in org:
        return (successor(session, org["id"]),) if session.get(Department, org["id"]) is not None else ()
    if "department" in org:
        near = department_near(session, org["department"], home_path)
        return (near.id,) if near else ()
    if "region" not in org:
        return ()
    here = division(session, division_id).path
    above = division_at_level(session, here, org["region"])
    if above is not None:
        at = department_near(session, code, above.path)
        return (at.id,) if at is not None and at.division_path == above.path else ()
    return tuple(d.id for d in departments_below(session, code, here, org["region"]))


def _parent(session: Session, parent_id: str | None, code: str, home_path: str) -> tuple[str, ...]:
    """The superior department: named outright, else the same kind in the division above."""
    if parent_id is not None:
        return (parent_id,)
    above = home_path.rstrip("/").rpartition("/")[0] + "/"
    found = department_near(session, code, above) if above != "/" else None
    return (found.id,) if found else ()
