"""Plain administration tables: divisions and departments. Staff, posts and delegations have a page of their own (people.py)."""

from typing import Any, ClassVar

from flask import g
from flask_appbuilder import ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _l

from core.identity import queries as people
from core.identity.models import Department, Division
from core.web import edge

_LEVELS = {"country": _l("国家"), "province": _l("省级"), "city": _l("市级"), "county": _l("县级"), "town": _l("乡镇"), "village": _l("村（社区）")}


def _division(division_id: str) -> str:
    """The title of a division; all of them are read once a page."""
    if "division_titles" not in g:
        g.division_titles = {each.id: each.title for each in people.divisions(edge.session())}
    return str(g.division_titles.get(division_id, ""))


def _or_dash(value: str | None) -> str:
    return value or "—"


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
    formatters_columns: ClassVar[dict[str, Any]] = {"level": lambda value: str(_LEVELS.get(value, value))}
    label_columns: ClassVar[dict[str, Any]] = {"code": _l("区划代码"), "title": _l("名称"), "level": _l("层级"), "path": _l("路径")}
    base_order = ("code", "asc")


class DepartmentView(AdminTable):
    """Departments of divisions."""

    route_base = "/office/admin/departments"
    class_permission_name = "DepartmentView"
    datamodel = SQLAInterface(Department)
    noun = _l("部门")
    base_permissions = ("can_list", "can_show", "can_edit")
    list_columns = ("title", "division_id", "uscc")
    show_columns = ("title", "division_id", "code", "uscc", "mark")
    formatters_columns: ClassVar[dict[str, Any]] = {"division_id": lambda value: _division(value), "uscc": _or_dash, "mark": _or_dash}
    edit_columns = ("title", "uscc", "mark")
    search_columns = ("code", "title")
    label_columns: ClassVar[dict[str, Any]] = {
        "code": _l("部门代码"),
        "title": _l("名称"),
        "division_id": _l("行政区划"),
        "uscc": _l("统一社会信用代码"),
        "mark": _l("机关代字（文号的开头，例如“宁市监”）"),
    }
    base_order = ("title", "asc")


VIEWS = ((DivisionView, _l("行政区划")), (DepartmentView, _l("部门")))
