"""What a plugin is called with: a session that reaches its own tables only, its settings, the words of its reader.

The guard keeps accidents out – a plugin that reads a table of the platform breaks with the next release –, not malice: plugins are trusted code.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Delete, Insert, Result, ScalarResult, Select, TextClause, Update
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import ColumnClause, TableClause

from core.kernel.actor import SYSTEM, Actor
from core.kernel.clock import now, today
from core.pluginhost import settings
from core.pluginhost.errors import PluginTrouble
from core.pluginhost.manifest import Manifest

T = TypeVar("T")


def prefix(plugin: str) -> str:
    """How the names of a plugin's tables begin."""
    return f"plg_{plugin}_"


class PluginSession:
    """The transaction that the plugin is called in, for its own tables. It is committed, or rolled back, by whoever called the plugin."""

    __slots__ = ("_plugin", "_prefix", "_session")

    def __init__(self, session: Session, plugin: str) -> None:
        self._session = session
        self._plugin = plugin
        self._prefix = prefix(plugin)

    def execute(self, statement: Any, params: Any = None, *, execution_options: Mapping[str, Any] | None = None) -> Result[Any]:
        """Run a statement over the plugin's tables."""
        return self._session.execute(self._own(statement), params, execution_options=execution_options or {})

    def scalar(self, statement: Any, params: Any = None) -> Any:
        """The first column of the first row, or ``None``."""
        return self._session.scalar(self._own(statement), params)

    def scalars(self, statement: Any, params: Any = None) -> ScalarResult[Any]:
        """The first column of every row."""
        return self._session.scalars(self._own(statement), params)

    def get(self, model: type[T], key: Any) -> T | None:
        """The row with this primary key, or ``None``."""
        self._own_model(model)
        return self._session.get(model, key)

    def add(self, row: object) -> None:
        """Write a new row at the next flush."""
        self._own_model(type(row))
        self._session.add(row)

    def add_all(self, rows: Iterable[object]) -> None:
        """Write new rows at the next flush."""
        for row in rows:
            self.add(row)

    def delete(self, row: object) -> None:
        """Take a row away at the next flush."""
        self._own_model(type(row))
        self._session.delete(row)

    def refresh(self, row: object) -> None:
        """Read a row again."""
        self._own_model(type(row))
        self._session.refresh(row)

    def flush(self) -> None:
        """Send what was added to the database."""
        self._session.flush()

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``: a bulk statement may differ."""
        return self._session.get_bind().dialect.name

    @contextmanager
    def nested(self) -> Iterator[None]:
        """A savepoint: what fails inside is undone alone."""
        with self._session.begin_nested():
            yield

    def _own(self, statement: Any) -> Any:
        for name in _tables(statement):
            self._own_table(name)
        return statement

    def _own_model(self, model: type[Any]) -> None:
        self._own_table(str(getattr(model, "__tablename__", model.__name__)))

    def _own_table(self, name: str) -> None:
        if not name.startswith(self._prefix):
            raise PluginTrouble("pluginhost.foreign_table", name=self._plugin, table=name, prefix=self._prefix)


def _tables(statement: Any) -> Iterator[str]:
    """Every table that a statement names. Plain SQL cannot be read, so it counts as a table of nobody."""
    if isinstance(statement, (Insert, Update, Delete)):
        yield str(getattr(statement.table, "name", statement.table))
    for element in visitors.iterate(statement):
        if isinstance(element, TableClause):
            yield str(element.name)
        elif isinstance(element, ColumnClause) and isinstance(element.table, TableClause):
            yield str(element.table.name)
        elif isinstance(element, TextClause):
            yield str(element.text)[:60]
        elif isinstance(element, Select):
            yield from (str(each.name) for each in element.get_final_froms() if isinstance(each, TableClause))


@dataclass(frozen=True, slots=True)
class Context:
    """Who is called, in which transaction, for whom.

    ``actor`` is who acts: a citizen, a member of staff, or the platform itself. ``granted`` are the permissions of the manifest that they have.
    """

    manifest: Manifest
    session: PluginSession
    actor: Actor = SYSTEM
    locale: str = "zh"
    granted: frozenset[str] = frozenset()
    words: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _whole: Any = field(default=None, repr=False)

    @property
    def plugin(self) -> str:
        """The plugin's name."""
        return self.manifest.name

    def setting(self, name: str, *, department: str | None = None) -> Any:
        """The value in force of a setting of the manifest: the department's, else the site's, else the default."""
        return settings.get(self._whole, self.manifest, name, department=department)

    def may(self, permission: str) -> bool:
        """Whether the actor has a permission of the manifest here."""
        return permission in self.granted

    def say(self, message: str, **params: Any) -> str:
        """A Chinese message id in the reader's language, from the plugin's catalogue or the platform's."""
        catalogue = self.words.get(self.locale)
        text = str(catalogue(message)) if catalogue is not None else message
        return text % params if params else text

    def today(self) -> date:
        """The legal day in the hall's zone."""
        return today()

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        return now()


def whole(ctx: Context) -> Session:
    """The platform's own session behind a context: for ``core.sdk``, which asks the slices on the plugin's behalf, and for nobody else."""
    found = ctx._whole
    assert isinstance(found, Session)
    return found


def context(
    session: Session,
    manifest: Manifest,
    *,
    actor: Actor = SYSTEM,
    locale: str = "zh",
    granted: Sequence[str] | frozenset[str] = (),
    words: Mapping[str, Any] | None = None,
) -> Context:
    """A context for one call of the plugin of *manifest* in the transaction of *session*."""
    return Context(manifest, PluginSession(session, manifest.name), actor, locale, frozenset(granted), words or {}, session)
