"""Separation of duties (DESIGN §9): who administers does not audit, nobody gives a door to themselves, and every change of doors is recorded.

The roles themselves are written once by ``wangting init`` and changed by nobody: whoever may edit a role's permissions holds them all. The views
keep the names of Flask-AppBuilder's, since permissions are granted by the name of the class.
"""

import json
from collections.abc import Iterable
from typing import Any

from flask import abort, flash, g, redirect, request
from flask_appbuilder.security import views as fab
from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect
from wtforms.validators import ValidationError

from core.audit import queries as recorded
from core.audit import service as records
from core.identity.service import log_ins
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Forbidden
from core.kernel.wording import word
from core.web import edge
from core.web.backoffice.desk import staff

#: Doors of administration; none of them goes with :data:`AUDIT`.
ADMINISTRATION = frozenset({"OrganisationAdmin", "CalendarAdmin", "SecurityAdmin", "Admin"})
AUDIT = "Auditor"
#: Routes of a generated table that nobody needs here: an account that acted is switched off, never deleted; bulk actions and downloads pass by the rules.
_SHUT = frozenset({"delete", "action_post", "download"})


def apart(doors: Iterable[str]) -> None:
    """Raise :class:`BadInput` when *doors* put the audit and what it watches into one hand."""
    held = set(doors)
    if AUDIT in held and held & ADMINISTRATION:
        raise BadInput("web.doors_apart")


def who() -> Actor:
    """Who changes an account: the member of staff, or the bare log-in of somebody without a place in the organisation."""
    me = staff()
    return Actor("staff", me.id if me is not None else f"user:{g.user.id}")


class DutiesApart:
    """Validator of the roles of a log-in."""

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse one's own, and a combination that nobody may hold."""
        wanted = {role.name for role in field.data or ()}
        mine = getattr(form, "_id", None) is not None and str(form._id) == str(g.user.id)
        if mine and wanted != {role.name for role in g.user.roles}:
            raise ValidationError(word("web.own_doors", edge.locale()))
        try:
            apart(wanted)
        except BadInput as error:
            raise ValidationError(error.words(edge.locale())) from error


class UserDBModelView(fab.UserDBModelView):  # type: ignore[misc]
    """Log-ins of staff. Changes of their doors go into the audit record."""

    exclude_route_methods = _SHUT

    def pre_update(self, item: Any) -> None:
        """Record, in the transaction of the change, which doors were given and taken."""
        super().pre_update(item)
        change = inspect(item).attrs.roles.history
        if change.added or change.deleted:
            record_doors(item, change.added or (), change.deleted or ())

    def post_add(self, item: Any) -> None:
        """Record the doors of a new log-in; it has an id only now. Whoever makes it knows its password."""
        record_doors(item, item.roles, ())
        log_ins.lend(edge.session(), str(item.id), actor=who())


def record_doors(item: Any, given: Iterable[Any], taken: Iterable[Any]) -> None:
    """Put into the audit record which doors a log-in was given and which it lost; call it in the transaction of the change."""
    detail = {"login": item.username, "given": sorted(role.name for role in given), "taken": sorted(role.name for role in taken)}
    records.record(edge.session(), "user.doors", subject=("user", str(item.id)), actor=who(), detail=detail)


class RoleModelView(fab.RoleModelView):  # type: ignore[misc]
    """What each role opens, to read."""

    exclude_route_methods = _SHUT | {"add", "edit", "action"}
    actions: Any = {}  # noqa: RUF012 - FAB reads it from the class

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.actions = {}  # a copy of a role would be one more


def audits(user: Any) -> bool:
    """Whether a log-in opens the audit or ever did: taking the door away for a moment must not open its password to who administers."""
    if any(role.name == AUDIT for role in user.roles):
        return True
    changes = (each for each in recorded.entries_of(edge.session(), ("user", str(user.id)), limit=500) if each.action == "user.doors")
    return any(AUDIT in (*said["given"], *said["taken"]) for said in (json.loads(each.detail) for each in changes))


class ResetPasswordView(fab.ResetPasswordView):  # type: ignore[misc]
    """A new password for somebody who forgot theirs. Recorded: whoever sets it could log in as them, until they have their own – and so never done for
    who audits."""

    def form_get(self, form: Any) -> None:
        """Show the form; refused already here for a log-in whose password is not the administrator's business."""
        del form
        self._user()

    def form_post(self, form: Any) -> None:
        """Set it."""
        user = self._user()
        log_ins.lend(edge.session(), str(user.id), actor=who())
        records.record(edge.session(), "user.password_reset", subject=("user", str(user.id)), actor=who(), detail={"login": user.username})
        self.appbuilder.sm.reset_password(user.id, form.password.data)
        flash(str(_l("密码已重设")), "info")

    def _user(self) -> Any:
        """The log-in asked for. Not found when there is none, forbidden when it audits."""
        asked = request.args.get("pk", "")
        user = self.appbuilder.sm.get_user_by_id(int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
        if user is None:
            abort(404)
        if user.id == g.user.id:
            abort(redirect("/office/password/"))
        if audits(user):
            raise Forbidden("web.auditors_password", name=user.username)
        return user


class ResetMyPasswordView(fab.ResetMyPasswordView):  # type: ignore[misc]
    """FAB's page for one's own password asks for no old one; the house's own stands in its place."""

    def form_get(self, form: Any) -> None:
        """Go there."""
        del form
        abort(redirect("/office/password/"))

    form_post = form_get
