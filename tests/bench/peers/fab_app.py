"""Peer: bare Flask-AppBuilder CRUD over one compiled 40-column model, as its own documentation sets it up."""

import os

from flask import Flask
from flask_appbuilder import AppBuilder, Model, ModelView
from flask_appbuilder.actions import action
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.utils.legacy import get_sqla_class
from sqlalchemy import Boolean, Column, Date, Integer, String, Text, create_engine

from tests.bench.fields import FIELDS

_TYPES = {"text": String(200), "long": Text, "number": Integer, "date": Date, "check": Boolean}
Application = type(
    "Application",
    (Model,),
    {
        "__tablename__": "application",
        "id": Column(Integer, primary_key=True),
        "approved": Column(Boolean, default=False),
        **{name: Column(_TYPES.get(kind, String(100))) for name, kind in FIELDS},
        "__repr__": lambda self: str(self.id),
    },
)


class ApplicationView(ModelView):
    """Stock list, add and show with one bulk flag."""

    datamodel = SQLAInterface(Application)
    list_columns = ("id", "text_1", "text_2", "date_1", "approved")
    add_columns = tuple(name for name, _kind in FIELDS)
    page_size = 20

    @action("approve", "Approve", "Sure?", "fa-check")
    def approve(self, items):
        """Set the flag."""
        for item in items if isinstance(items, list) else [items]:
            item.approved = True
            self.datamodel.edit(item)
        self.update_redirect()
        from flask import redirect

        return redirect(self.get_redirect())


def make(create: bool) -> Flask:
    """The peer's application; *create* makes tables, roles and the administrator."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY="bench",
        SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"],
        FAB_UPDATE_PERMS=create,
        FAB_CREATE_DB=create,
        WTF_CSRF_ENABLED=True,
        FAB_API_SWAGGER_UI=False,
    )
    db = get_sqla_class()()
    db.init_app(app)
    builder = AppBuilder()
    with app.app_context():
        builder.init_app(app, db.session)
        builder.add_view(ApplicationView, "Applications")
        if create:
            Model.metadata.create_all(create_engine(os.environ["DATABASE_URL"]))
            builder.sm.add_user("admin", "A", "B", "a@example.com", builder.sm.find_role("Admin"), "admin")
    return app


if __name__ == "__main__":
    make(create=True)
else:
    application = make(create=False)
