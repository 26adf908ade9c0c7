"""Plain administration tables: divisions and departments. Staff, posts and delegations have a page of their own (people.py)."""

from typing import Any, ClassVar

from flask_appbuilder import ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _l

from core.identity.models import Department, Division


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


VIEWS = ((DivisionView, _l("行政区划")), (DepartmentView, _l("部门")))
