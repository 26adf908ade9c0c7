"""Plain administration tables: divisions, departments, staff, posts, delegations."""

from typing import Any, ClassVar

from flask_appbuilder import ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _l

from core.identity.models import Delegation, Department, Division, Post, Staff


class AdminTable(ModelView):  # type: ignore[misc]
    """A FAB table whose every title is ours: FAB's own are neither Chinese nor translatable (STACK §1.4)."""

    noun: Any = ""
    exclude_route_methods = frozenset(
        {
            "delete",
            "action",
            "action_post",
            "download",
            "api",
            "api_read",
            "api_create",
            "api_update",
            "api_delete",
            "api_get",
            "api_column_add",
            "api_column_edit",
            "api_readvalues",
        }
    )

    def __init__(self, **kwargs: Any) -> None:
        self.list_title = self.noun
        self.show_title = self.noun
        self.add_title = self.noun
        self.edit_title = self.noun
        super().__init__(**kwargs)


class DivisionView(AdminTable):
    """Administrative divisions; made by import, only their titles change."""

    route_base = "/office/admin/divisions"
    class_permission_name = "DivisionView"
    datamodel = SQLAInterface(Division)
    noun = _l("行政区划")
    base_permissions = ("can_list", "can_show", "can_edit")
    list_columns = ("code", "title", "level")
    show_columns = ("code", "title", "level", "path")
    edit_columns = ("title",)
    search_columns = ("code", "title", "level")
    label_columns: ClassVar[dict[str, Any]] = {"code": _l("区划代码"), "title": _l("名称"), "level": _l("层级"), "path": _l("路径")}
    base_order = ("code", "asc")


class DepartmentView(AdminTable):
    """Departments of divisions."""

    route_base = "/office/admin/departments"
    class_permission_name = "DepartmentView"
    datamodel = SQLAInterface(Department)
    noun = _l("部门")
    base_permissions = ("can_list", "can_show", "can_edit")
    list_columns = ("title", "code", "uscc")
    show_columns = ("title", "code", "uscc")
    edit_columns = ("title", "uscc")
    search_columns = ("code", "title")
    label_columns: ClassVar[dict[str, Any]] = {"code": _l("部门代码"), "title": _l("名称"), "uscc": _l("统一社会信用代码")}
    base_order = ("title", "asc")


class StaffAdminView(AdminTable):
    """Members of staff."""

    route_base = "/office/admin/staff"
    class_permission_name = "StaffAdminView"
    datamodel = SQLAInterface(Staff)
    noun = _l("工作人员")
    base_permissions = ("can_list", "can_show", "can_edit")
    list_columns = ("name", "active")
    show_columns = ("name", "active")
    edit_columns = ("name", "active")
    search_columns = ("name", "active")
    label_columns: ClassVar[dict[str, Any]] = {"name": _l("姓名"), "active": _l("在岗")}
    base_order = ("name", "asc")


class PostView(AdminTable):
    """Who holds which role where."""

    route_base = "/office/admin/posts"
    class_permission_name = "PostView"
    datamodel = SQLAInterface(Post)
    noun = _l("岗位")
    base_permissions = ("can_list", "can_show")
    list_columns = ("staff_id", "department_id", "role")
    search_columns = ("role",)
    label_columns: ClassVar[dict[str, Any]] = {"staff_id": _l("工作人员"), "department_id": _l("部门"), "role": _l("角色")}


class DelegationView(AdminTable):
    """Dated delegations."""

    route_base = "/office/admin/delegations"
    class_permission_name = "DelegationView"
    datamodel = SQLAInterface(Delegation)
    noun = _l("委托")
    base_permissions = ("can_list", "can_show")
    list_columns = ("from_staff_id", "to_staff_id", "valid_from", "valid_until", "reason")
    search_columns = ("valid_from", "valid_until")
    label_columns: ClassVar[dict[str, Any]] = {
        "from_staff_id": _l("委托人"),
        "to_staff_id": _l("受托人"),
        "valid_from": _l("起"),
        "valid_until": _l("止"),
        "reason": _l("事由"),
    }


VIEWS = ((DivisionView, _l("行政区划")), (DepartmentView, _l("部门")), (StaffAdminView, _l("工作人员")), (PostView, _l("岗位")), (DelegationView, _l("委托")))
