"""Staff log-ins and permissions: written once by ``wangting init``, in one process; servers never write them (STACK §1.2)."""

import secrets
from collections.abc import Iterable

from flask import current_app
from flask_appbuilder.security.manager import BaseSecurityManager

from core.identity.service import log_ins
from core.kernel.errors import Forbidden, NotFound
from core.web import edge
from core.web.backoffice.duties import apart, record_doors
from core.web.backoffice.security import ROLES


def write_permissions() -> int:
    """Bring permission rows and role grants in line with the views; returns the number of grants.

    FAB logs and swallows its errors, so the end state is asserted here.
    """
    builder = current_app.appbuilder  # type: ignore[attr-defined]
    BaseSecurityManager.create_db(builder.sm)
    builder.add_permissions(update_perms=True)
    granted = 0
    for name, views in ROLES.items():
        role = builder.sm.add_role(name)
        wanted = [p for p in builder.session.query(builder.sm.permissionview_model) if p.view_menu.name in views] if views else []
        role.permissions = wanted
        builder.session.flush()
        builder.session.refresh(role)
        if {p.id for p in role.permissions} != {p.id for p in wanted}:
            raise RuntimeError(f"role {name} has other permissions than it should after init")
        granted += len(wanted)
    builder.session.commit()
    return granted


#: Roles of posts that come with a back-office door beyond the worklist.
_DOORS = {"admin": ("OrganisationAdmin", "CalendarAdmin", "SecurityAdmin"), "supervisor": ("Auditor",)}


def doors(roles: Iterable[str]) -> list[str]:
    """The back-office doors that go with *roles* of posts. Raises :class:`core.kernel.errors.BadInput` when one person may not hold them together."""
    found = sorted({"Staff", *(door for role in roles for door in _DOORS.get(role, ()))})
    apart(found)
    return found


def make_user(username: str, name: str, password: str, roles: Iterable[str]) -> str:
    """Create a staff log-in with the doors that go with *roles* of posts; an existing one of that name is returned as it is."""
    security = current_app.appbuilder.sm  # type: ignore[attr-defined]
    found = security.find_user(username=username)
    if found is None:
        found = security.add_user(
            username=username,
            first_name=name,
            last_name="-",
            email=f"{username}@staff.invalid",
            role=[security.find_role(name) for name in doors(roles)],
            password=password or secrets.token_urlsafe(12),
        )
    if not found:
        raise RuntimeError(f"user {username} could not be made")
    return str(found.id)


def user_id(username: str) -> str | None:
    """The id behind a staff log-in, or ``None``."""
    found = current_app.appbuilder.sm.find_user(username=username)  # type: ignore[attr-defined]
    return None if found is None else str(found.id)


def exists(username: str) -> bool:
    """Whether a log-in of that name is taken."""
    return user_id(username) is not None


def set_doors(user_id: str, roles: Iterable[str]) -> None:
    """Bring a log-in's back-office doors in line with the roles of its posts."""
    security = current_app.appbuilder.sm  # type: ignore[attr-defined]
    user = security.get_user_by_id(int(user_id))
    if user is None:
        return
    before, after = set(user.roles), {security.find_role(name) for name in doors(roles)}
    if before != after:
        user.roles = sorted(after, key=lambda role: role.name)
        record_doors(user, after - before, before - after)


def set_active(user_id: str, active: bool) -> None:
    """Close or open a log-in, so that the generated tables are shut to a leaver as well as our own pages."""
    user = current_app.appbuilder.sm.get_user_by_id(int(user_id))  # type: ignore[attr-defined]
    if user is not None:
        user.active = active


def set_password(username: str, password: str) -> None:
    """Give a staff log-in a new password. Raises :class:`NotFound` for an unknown name."""
    security = current_app.appbuilder.sm  # type: ignore[attr-defined]
    user = security.find_user(username=username)
    if user is None:
        raise NotFound
    security.reset_password(user.id, password)


def authenticate(username: str, password: str) -> str | None:
    """The user id behind a staff log-in, for the API's tokens; ``None`` when it is wrong or locked out.

    Raises :class:`Forbidden` for a password that somebody else set: whoever set it would else act in its owner's name.
    """
    user = current_app.appbuilder.sm.auth_user_db(username, password)  # type: ignore[attr-defined]
    if user and log_ins.is_lent(edge.session(), str(user.id)):
        raise Forbidden("web.password_lent")
    return str(user.id) if user else None
