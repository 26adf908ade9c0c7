"""Hang the back office into the application. FAB writes nothing to the database here (servers run with both switches off)."""

import logging

from flask import Flask, redirect, request
from flask_appbuilder import AppBuilder, IndexView, expose
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from core.web import edge
from core.web.backoffice import (
    audit,
    bulk,
    bulk_runs,
    calendar,
    case_exports,
    case_library,
    case_licences,
    cases,
    catalogue,
    custody,
    desk,
    exchange,
    followups,
    incidents,
    item_life,
    licence_types,
    licences,
    mending,
    moves,
    moving,
    notices,
    organisation,
    output,
    own_password,
    paper_licences,
    papers,
    people,
    plugin_page,
    plugins,
    savings,
    sheets,
    users,
    worklist,
)
from core.web.backoffice.security import HallSecurityManager
from core.web.site import Site

_SETTINGS = {
    "APP_NAME": "网厅",
    "AUTH_TYPE": 1,
    "FAB_CREATE_DB": False,
    "FAB_UPDATE_PERMS": False,
    "FAB_ADD_SECURITY_PERMISSION_VIEW": False,
    "FAB_ADD_SECURITY_VIEW_MENU_VIEW": False,
    "FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW": False,
    "FAB_API_SWAGGER_UI": False,
    "FAB_ADD_MENU_API": False,
    "FAB_BASE_TEMPLATE": "office/fab.html",
    "FAB_PASSWORD_COMPLEXITY_ENABLED": True,
    "LOGOUT_REDIRECT_URL": "/office/login/",
}


class Entrance(IndexView):  # type: ignore[misc]
    """FAB wants an index page; ours is the worklist."""

    route_base = "/office/start"

    @expose("/")
    def index(self) -> Response:
        """Go to the worklist."""
        return redirect("/office/")


def register(app: Flask, site: Site) -> None:
    """Make FAB share the request's session, add its views, then our own pages."""
    for name, level in (("flask_appbuilder", logging.ERROR), ("flask_appbuilder.forms", logging.CRITICAL)):
        logging.getLogger(name).setLevel(level)  # it complains of every column type that it has no filter or widget for
    app.config.update(_SETTINGS)
    app.before_request(own_password.guard)  # before FAB asks who it is
    builder = AppBuilder(indexview=Entrance, security_manager_class=HallSecurityManager, update_perms=False)
    builder.init_app(app, site.instruments["sessions"])
    app.extensions["babel"].locale_selector = edge.locale
    app.context_processor(lambda: {"office_nav": desk.navigation(), "locale": edge.locale()} if request.path.startswith("/office") else {})
    app.extensions["wangting"].instruments = {**site.instruments, "staff_login": users.authenticate, "staff_mark": own_password.mark}
    for view, label in organisation.VIEWS:
        builder.add_view(view, view.__name__, label=label, category="Organisation", category_label=_l("组织"))
    builder.add_view(audit.AuditView, "AuditView", label=_l("审计"), category="Organisation")
    builder.add_view(calendar.CalendarView, "CalendarView", label=_l("工作日历"), category="Organisation")
    lives = (moves.blueprint, bulk.blueprint, bulk_runs.blueprint, incidents.blueprint, item_life.blueprint, catalogue.blueprint, moving.blueprint)
    papers_of_cases = (custody.blueprint, mending.blueprint, papers.blueprint, sheets.blueprint)
    every_case = (case_library.blueprint, case_exports.blueprint, exchange.blueprint, notices.blueprint, own_password.blueprint)
    library = (output.blueprint, licences.blueprint, licence_types.blueprint, paper_licences.blueprint, case_licences.blueprint, *papers_of_cases)
    for blueprint in (worklist.blueprint, cases.blueprint, people.blueprint, plugins.blueprint, followups.blueprint, savings.blueprint, *lives, *library):
        app.register_blueprint(blueprint)
    for blueprint in (plugin_page.blueprint, *every_case):
        app.register_blueprint(blueprint)
