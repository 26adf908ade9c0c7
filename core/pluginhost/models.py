"""What is installed in this hall and where it is enabled. The code of a plugin lies in folders and distributions; these rows say what the hall decided."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id

NAME = 64


class Installed(Base):
    """A plugin that an operator installed: the code of this very digest is trusted, and its tables are there.

    ``digest`` is empty for plugins that come with the platform itself: they change with it. ``set_aside_at`` and ``reason`` (in both languages,
    as :func:`core.pluginhost.failures.words` reads it) keep a plugin out of every call until somebody lets it back. ``failures`` counts those in a row,
    ``last_error`` is the last of them.
    """

    __tablename__ = "plugin"

    name: Mapped[str] = mapped_column(String(NAME), primary_key=True)
    version: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64))
    installed_at: Mapped[datetime]
    installed_by: Mapped[str] = mapped_column(String(80))
    set_aside_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)


class Enabled(Base):
    """Where an installed plugin takes part: ``place`` is ``site`` or ``department/<id>``. An item names its plugins itself, in its own version."""

    __tablename__ = "plugin_enabled"

    name: Mapped[str] = mapped_column(String(NAME), primary_key=True)
    place: Mapped[str] = mapped_column(String(120), primary_key=True)
    since: Mapped[datetime]
    enabled_by: Mapped[str] = mapped_column(String(80))


class Granted(Base):
    """A permission of a plugin's manifest that a member of staff has."""

    __tablename__ = "plugin_grant"

    name: Mapped[str] = mapped_column(String(NAME), primary_key=True)
    permission: Mapped[str] = mapped_column(String(NAME), primary_key=True)
    staff_id: Mapped[str] = mapped_column(Id, primary_key=True)
    since: Mapped[datetime]
    granted_by: Mapped[str] = mapped_column(String(80))
