"""The one Alembic environment, for the core and for every plugin.

``core.db.migrate`` hands over a connection and the owner: which version table is its own, which tables it may touch. The core
owns its own metadata and Flask-AppBuilder's (which ships no migrations); a plugin owns tables named ``plg_<name>_…`` only.
"""

import importlib
from functools import cache
from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, MetaData
from sqlalchemy.types import TypeDecorator, TypeEngine

from core.db import months
from core.db.base import Base
from core.db.migrate import Owner

#: Every core slice that has tables. A test holds this list against the tree.
MODEL_MODULES = (
    "core.db.models",
    "core.keys.models",
    "core.settings.models",
    "core.audit.models",
    "core.outbox.models",
    "core.files.models",
    "core.search.models",
    "core.pluginhost.models",
    "core.identity.models",
    "core.worktime.models",
    "core.forms.models",
    "core.licences.models",
    "core.notices.models",
    "core.documents.models",
    "core.items.models",
    "core.guides.models",
    "core.cases.models",
    "core.exchange.models",
)

owner: Owner = context.config.attributes["owner"]


def target_metadata() -> MetaData | list[MetaData]:
    """The tables the owner's head revision must give."""
    for module in MODEL_MODULES if owner.is_core else owner.model_modules:
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if not module.startswith(str(error.name)):  # a slice without tables is fine, a broken import inside one is not
                raise
    if not owner.is_core:
        return Base.metadata if owner.metadata is None else owner.metadata
    from flask_appbuilder import Model
    from flask_appbuilder.security.sqla import models as _models  # noqa: F401 - fills Model.metadata

    return [Base.metadata, Model.metadata]


def include_object(item: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Only the owner's own tables, so that nobody's autogenerate proposes to drop somebody else's."""
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
    return table is None or owner.owns(table)


@cache
def partitions() -> frozenset[str]:
    """Asked for by a comparison only: a question on the way of a migration would open the transaction too early."""
    return months.partitions(context.config.attributes["connection"])


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """A month of history (``core.db.months``) is a part of its table; no model has one."""
    return kind != "table" or name not in partitions()


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | bool:
    """Column types of ``core.db.types`` are written as such; others as SQLAlchemy writes them."""
    if kind == "type" and isinstance(item, TypeDecorator) and type(item).__module__ == "core.db.types":
        autogen.imports.add("from core.db import types")
        return f"types.{type(item).__name__}()"
    return False


def same_type(_context: Any, _inspected: Any, _metadata: Any, inspected_type: TypeEngine[Any], metadata_type: TypeEngine[Any]) -> bool | None:
    """SQLite keeps UUIDs as CHAR(32) and JSON as text affinity: no difference worth a migration."""
    if context.get_context().dialect.name == "sqlite" and isinstance(metadata_type, TypeDecorator):
        return False
    del inspected_type
    return None


def run() -> None:
    """Run the migrations of the owner on the connection that was handed over."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=target_metadata(),
        version_table=owner.version_table,
        include_object=include_object,
        include_name=include_name,
        render_item=render_item,
        compare_type=same_type,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,  # SQLite rolls DDL back too, once the transaction is really opened (core.db.sqlite)
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
