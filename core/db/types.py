"""Column types that mean the same on SQLite and PostgreSQL. Each may be used as ``Id`` or ``Id()``."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Date, DateTime, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class Id(TypeDecorator[str]):
    """A UUID, text in Python (``kernel.ids.new_id()``), native ``uuid`` on PostgreSQL."""

    impl = Uuid(as_uuid=False)
    cache_ok = True


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant on both databases (SQLite forgets zones). A naive datetime is a bug and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant needs a zone: {value!r}")
        at = value.astimezone(UTC)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class LegalDay(TypeDecorator[date]):
    """A day in the hall's zone. A datetime is refused: which day it is depends on the zone (``clock.today``)."""

    impl = Date
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> date | None:  # noqa: ARG002
        if isinstance(value, datetime):
            raise ValueError(f"a legal day is a date, not an instant: {value!r}")
        return value


class Json(TypeDecorator[Any]):
    """JSON (``jsonb`` on PostgreSQL). ``None`` is SQL NULL. Not for bytes that are hashed: those are stored as canonical text."""

    impl = JSON
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(none_as_null=True)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(JSONB(none_as_null=True))
        return dialect.type_descriptor(JSON(none_as_null=True))
