"""Read and change settings. Reads come from a copy of the whole table that each process remembers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.db.remembered import Remembered
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput, NotFound
from core.settings.models import Document, Value
from core.settings.spec import Setting

SITE = "site"

_declared: dict[str, Setting] = {}


@dataclass(frozen=True, slots=True)
class Stored:
    """What the hall decided for itself: ``values`` by (name, scope), and its ``documents`` in force by kind and name (:mod:`core.settings.documents`)."""

    values: Mapping[tuple[str, str], Any]
    documents: Mapping[str, Mapping[str, Any]]


def declare(setting: Setting, *, again: bool = False) -> Setting:
    """Make *setting* known. The same name with another meaning is a bug, unless it is declared *again* (a plugin's new version); the default must fit
    its own type."""
    setting.checked(setting.default)
    if again:
        _declared[setting.name] = setting
    before = _declared.setdefault(setting.name, setting)
    if before != setting:
        raise ValueError(f"setting {setting.name} is declared twice, differently")
    return setting


def declared() -> tuple[Setting, ...]:
    """Every known setting, by name (the studio's settings page)."""
    return tuple(_declared[name] for name in sorted(_declared))


def get(session: Session, name: str, *, department: str | None = None, item: str | None = None) -> Any:
    """The value in force: the item's, else the department's, else the site's, else the default."""
    setting = _known(name)
    values = remembered.value(session).values
    for scope in _scopes(department, item):
        if (name, scope) in values:
            return values[name, scope]
    return setting.default


def hall(session: Session) -> dict[str, Any]:
    """All site-wide values with their defaults, by name."""
    values = remembered.value(session).values
    return {setting.name: values.get((setting.name, SITE), setting.default) for setting in declared()}


def put(session: Session, name: str, value: Any, *, department: str | None = None, item: str | None = None, actor: Actor) -> None:
    """Set *name* for the site, a department or an item. :class:`BadInput` for a wrong type; nothing is written then."""
    setting = _known(name)
    scope = _scope_to_write(setting, department, item)
    row = session.get(Value, (name, scope)) or Value(name=name, scope=scope)
    row.value, row.changed_at, row.changed_by = setting.checked(value), now(), f"{actor.kind}:{actor.id}"
    session.add(row)
    remembered.changed(session)


def clear(session: Session, name: str, *, department: str | None = None, item: str | None = None) -> None:
    """Take a value away, so that the wider scope's holds again."""
    session.execute(delete(Value).where(Value.name == name, Value.scope == _scope_to_write(_known(name), department, item)))
    remembered.changed(session)


def _known(name: str) -> Setting:
    try:
        return _declared[name]
    except KeyError as error:
        raise NotFound("settings.unknown", name=name) from error


def _scopes(department: str | None, item: str | None) -> tuple[str, ...]:
    narrow = (f"item/{item}" if item else None, f"department/{department}" if department else None)
    return (*(scope for scope in narrow if scope), SITE)


def _scope_to_write(setting: Setting, department: str | None, item: str | None) -> str:
    wide = {"site": department or item, "department": item, "item": None}[setting.reach]
    if wide:
        raise BadInput("settings.too_narrow", name=setting.name, title=setting.title)
    return _scopes(department, item)[0]


def _load(session: Session) -> Stored:
    values = {(row.name, row.scope): row.value for row in session.execute(select(Value.name, Value.scope, Value.value))}
    last = select(Document.kind, Document.name, func.max(Document.number).label("number")).group_by(Document.kind, Document.name).subquery()
    here = (Document.kind == last.c.kind) & (Document.name == last.c.name) & (Document.number == last.c.number)
    rows = session.execute(select(Document.kind, Document.name, Document.content).join(last, here))
    documents: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.content is not None:
            documents.setdefault(row.kind, {})[row.name] = row.content
    return Stored(values, documents)


#: Settings and the hall's documents are remembered together: whoever asks for either looks at one turn.
remembered: Remembered[Stored] = Remembered("setting", _load)
