"""Flask-AppBuilder's security, kept small: everything under ``/office``, one statement for all permission questions of a request."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import abort, current_app, g, redirect, request
from flask import session as cookie
from flask_appbuilder import ModelView, expose
from flask_appbuilder.api import BaseApi
from flask_appbuilder.fields import QuerySelectMultipleField
from flask_appbuilder.fieldwidgets import Select2ManyWidget
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import assoc_permissionview_role
from flask_appbuilder.security.views import (
    AuthDBView,
    UserGroupModelView,
    UserInfoEditView,
)
from flask_babel import lazy_gettext as _l
from flask_login import login_user, logout_user
from sqlalchemy import select

from core.web import edge
from core.web.backoffice import own_password
from core.web.backoffice.desk import desk_page
from core.web.backoffice.duties import DutiesApart, ResetMyPasswordView, ResetPasswordView, RoleModelView, UserDBModelView
from core.web.limits import limit

#: Back-office roles: coarse doors only; what somebody may do with a case follows from their posts.
ROLES: dict[str, tuple[str, ...]] = {
    "Staff": ("ResetMyPasswordView",),
    "OrganisationAdmin": ("DivisionView", "DepartmentView"),
    "CalendarAdmin": ("CalendarView",),
    "Auditor": ("AuditView",),
    "SecurityAdmin": ("UserDBModelView", "RoleModelView", "ResetPasswordView"),
}


#: What each role is called in tables: people read words, not identifiers.
ROLE_TITLES = {
    "Staff": _l("工作人员"),
    "OrganisationAdmin": _l("组织管理"),
    "CalendarAdmin": _l("工作日历管理"),
    "Auditor": _l("审计"),
    "SecurityAdmin": _l("账号管理"),
    "Admin": _l("全部权限"),
    "Public": _l("未登录"),
}
_TOLD_APART = {
    "username": _l("登录时用，英文字母、数字、点、横线"),
    "first_name": _l("跟证件上一样"),
    "active": _l("有人离岗就去掉这个勾，不要删除账号：办过的件还要查得到是谁办的"),
    "email": _l("没有就写 用户名@staff.invalid"),
    "roles": _l("岗位在“工作人员”里给，这里只给后台的门。审计和管理不能给同一个人。"),
    "password": _l("至少 10 个字符，里面要有 2 个大写字母、3 个小写字母、2 个数字和 1 个符号"),
    "conf_password": _l("再输一遍密码"),
}


def _every_role() -> list[Any]:
    """The roles a log-in may be given: those of this house. Flask-AppBuilder's own ``Admin`` opens every door at once, the audit with them."""
    security = current_app.appbuilder.sm  # type: ignore[attr-defined]
    return [role for role in security.get_all_roles() if role.name in ROLES]


def _role_field(*, told: bool = True) -> QuerySelectMultipleField:
    """The picker of roles by their titles, with the rule of :mod:`core.web.backoffice.duties`; for a search without either help or rule."""
    return QuerySelectMultipleField(
        _l("后台的门"),
        description=_TOLD_APART["roles"] if told else "",
        query_func=_every_role,
        get_pk_func=lambda role: role.id,
        get_label=lambda role: str(ROLE_TITLES.get(role.name, role.name)),
        validators=[DutiesApart()] if told else [],
        widget=Select2ManyWidget(),
    )


def yes_or_no(value: object) -> str:
    """A truth value in words."""
    return str(_l("是") if value else _l("否"))


def _role_titles(roles: Iterable[Any]) -> str:
    return str(_l("、")).join(str(ROLE_TITLES.get(role.name, role.name)) for role in roles)


def _instant(value: datetime | None) -> str:
    """An instant of FAB's tables, which keep no zone: the server's own clock, to the minute."""
    return f"{value:%Y-%m-%d %H:%M}" if value else "—"


class OfficeLogin(AuthDBView):
    """The staff log-in page, rate-limited, in the hall's own look."""

    route_base = "/office"
    invalid_login_message = _l("用户名或密码不对,请再试一次。")

    @expose("/login/", methods=["GET", "POST"])
    def login(self) -> Any:
        """Show the form or log in; only targets inside this site are followed."""
        target = edge.safe_next(request.args.get("next")) if request.args.get("next") else "/office/"
        if g.user is not None and g.user.is_authenticated:
            return redirect(target)
        name = request.form.get("username", "").strip()[:64]
        error = None
        if request.method == "POST":
            limit("office.login", "30/minute")
            limit("office.login.name", "10/minute", name)
            user = self.appbuilder.sm.auth_user_db(name, request.form.get("password", "")[:200])
            if user:
                own_password.fresh_session()
                login_user(user, remember=False)
                own_password.begin(user.password)
                return redirect(target)
            error = str(self.invalid_login_message)
        return desk_page("office/login.html", username=name, error=error, action=request.full_path.rstrip("?"))

    @expose("/logout/", methods=["GET", "POST"])
    def logout(self) -> Any:
        """Ask first; a POST with the page's token ends the session. A picture in somebody's letter could otherwise throw a clerk out of their work."""
        if request.method == "GET":
            return desk_page("office/logout.html") if cookie.get("_user_id") else redirect("/office/login/")
        logout_user()
        own_password.fresh_session()
        return redirect("/office/login/", 303)


def _described(name: str, field: Any) -> Any:
    """One of FAB's own form fields with a help text that is ours."""
    return type(field)(field.field_class, *field.args, **{**field.kwargs, "description": _TOLD_APART.get(name, "")})


def _one_name(self: Any, item: Any) -> None:
    """A Chinese name is one name; the second column that FAB's table wants is filled for the form."""
    item.last_name = "-"
    UserDBModelView.pre_add(self, item)


def _under_office(view: type, route: str, **titles: Any) -> type:
    return type(view.__name__, (view,), {"route_base": route, "__module__": __name__, "get_action_permission_name": _known_action, **titles})


def _known_action(self: Any, name: str) -> str:
    """FAB falls over an action that does not exist; it is simply not found."""
    if name not in self.actions:
        abort(404)
    return str(ModelView.get_action_permission_name(self, name))


_EVERY_ROUTE = frozenset({"list", "show", "add", "edit", "delete", "action", "action_post", "download"})


class NoTokens(BaseApi):  # type: ignore[misc]
    """In place of FAB's own token door (``/api/v1/security/login``), which counts no tries: tokens come from ``/v1/tokens`` only."""

    route_base = "/office/no-tokens"


class HallSecurityManager(SecurityManager):  # type: ignore[misc]
    """FAB's manager with our doors and a per-request permission cache (STACK §1.3: 16 → 4 statements a page)."""

    authdbview = OfficeLogin
    security_api = NoTokens
    userstatschartview = None
    userdbmodelview = _under_office(
        UserDBModelView,
        "/office/users",
        list_title=_l("用户"),
        show_title=_l("用户详情"),
        add_title=_l("新增用户"),
        edit_title=_l("修改用户"),
        list_columns=["username", "first_name", "active", "roles"],
        label_columns={**UserDBModelView.label_columns, "first_name": _l("姓名"), "active": _l("在用"), "roles": _l("后台的门")},
        description_columns={**UserDBModelView.description_columns, **_TOLD_APART},
        formatters_columns={
            "active": yes_or_no,
            "roles": _role_titles,
            **dict.fromkeys(("last_login", "created_on", "changed_on"), _instant),
            **dict.fromkeys(("login_count", "fail_login_count"), lambda value: value or 0),
        },
        add_columns=["username", "first_name", "active", "email", "roles", "password", "conf_password"],
        edit_columns=["username", "first_name", "active", "email", "roles"],
        user_show_fieldsets=[(_l("账号"), {"fields": ["username", "first_name", "active", "roles", "email"]})],
        show_fieldsets=[
            (_l("账号"), {"fields": ["username", "first_name", "active", "roles", "email"]}),
            (_l("登录"), {"fields": ["last_login", "login_count", "fail_login_count", "created_on", "changed_on"], "expanded": False}),
        ],
        pre_add=_one_name,
        search_columns=["username", "first_name", "active", "roles"],
        add_form_extra_fields={name: _described(name, field) for name, field in UserDBModelView.add_form_extra_fields.items()} | {"roles": _role_field()},
        edit_form_extra_fields={"roles": _role_field()},
        search_form_extra_fields={"roles": _role_field(told=False)},
    )
    rolemodelview = _under_office(
        RoleModelView,
        "/office/roles",
        formatters_columns={"name": lambda name: str(ROLE_TITLES.get(name, name))},
        list_title=_l("角色"),
        show_title=_l("角色详情"),
    )
    # Roles come from posts; FAB's groups are a second way to the same doors that nobody would look at.
    groupmodelview = _under_office(UserGroupModelView, "/office/groups", exclude_route_methods=_EVERY_ROUTE)
    resetmypasswordview = _under_office(ResetMyPasswordView, "/office/resetmypassword", form_title=_l("修改我的密码"), redirect_url="/office/")
    resetpasswordview = _under_office(ResetPasswordView, "/office/resetpassword", form_title=_l("重设密码"), redirect_url="/office/")
    userinfoeditview = _under_office(UserInfoEditView, "/office/userinfoeditview", form_title=_l("修改我的资料"), redirect_url="/office/")

    def exist_permission_on_roles(self, view_name: str, permission_name: str, role_ids: list[int]) -> bool:
        """Answer from the grants of these roles, loaded once a request."""
        key = tuple(sorted(role_ids))
        cache: dict[tuple[int, ...], frozenset[tuple[str, str]]] = g.setdefault("grants", {})
        if key not in cache:
            query = (
                select(self.viewmenu_model.name, self.permission_model.name)
                .join_from(self.permissionview_model, self.viewmenu_model)
                .join(self.permission_model)
                .join(assoc_permissionview_role, assoc_permissionview_role.c.permission_view_id == self.permissionview_model.id)
                .where(assoc_permissionview_role.c.role_id.in_(key))
            )
            cache[key] = frozenset((view, permission) for view, permission in self.session.execute(query))
        return (view_name, permission_name) in cache[key]
