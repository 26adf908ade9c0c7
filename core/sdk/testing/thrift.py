"""What a suite need not do again for every hall: turn the same template into code, put the same statement into words, and wait until a disk has kept
what will be thrown away.

Nothing is left out that a test could see: the code is the very code Jinja makes of that text in that environment, the words are those SQLAlchemy found for
that statement and that kind of database, and a transaction is one.
"""

import gettext
import os
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import pytest


def _words(spoken: gettext.NullTranslations | None) -> Iterator[Hashable]:
    """What an environment's templates are translated with while they are compiled, as something to compare."""
    while spoken is not None:
        yield type(spoken), frozenset(getattr(spoken, "_catalog", {}).items())
        spoken = spoken._fallback  # type: ignore[attr-defined]


def _kind(environment: Any) -> Hashable:
    """Everything about an environment that its compiler looks at."""
    lexing = (environment.block_start_string, environment.variable_start_string, environment.comment_start_string, environment.line_statement_prefix)
    blanks = (environment.trim_blocks, environment.lstrip_blocks, environment.keep_trailing_newline, environment.newline_sequence)
    escapes = getattr(environment.autoescape, "__func__", environment.autoescape)  # Flask's own, of whichever application
    making = (escapes, environment.is_async, environment.optimized, environment.finalize)
    known = (frozenset(environment.filters), frozenset(environment.tests), frozenset(environment.extensions))
    return type(environment), lexing, blanks, making, known, environment.globals.get("locale"), tuple(_words(getattr(environment, "spoken", None)))


@pytest.fixture(scope="session")
def compiled_once() -> Iterator[None]:
    """A template's text becomes code once a process, however many applications show it; and is taken apart once by those who only look at its parts."""
    from jinja2 import Environment

    compile_: Callable[..., Any] = Environment.compile
    parse_: Callable[..., Any] = Environment.parse
    known: dict[Hashable, Any] = {}

    def parsed(self: Any, source: str, name: str | None = None, filename: str | None = None) -> Any:
        key = (_kind(self), source, name, filename)
        if key not in known:
            known[key] = parse_(self, source, name, filename)
        return known[key]

    def compiled(self: Any, source: Any, name: str | None = None, filename: str | None = None, raw: bool = False, defer_init: bool = False) -> Any:
        if not isinstance(source, str) or raw:
            return compile_(self, source, name, filename, raw, defer_init)
        key = (_kind(self), source, name, filename, defer_init)
        if key not in known:
            known[key] = compile_(self, source, name, filename, raw, defer_init)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", compiled)
        patch.setattr(Environment, "parse", parsed)
        yield


@pytest.fixture(scope="session")
def worded_once() -> Iterator[None]:
    """A statement is put into words once a process and kind of database, however many halls say it."""
    from sqlalchemy.engine.default import DefaultDialect
    from sqlalchemy.util import LRUCache

    from core.db import database

    make: Callable[..., Any] = vars(database)["create_engine"]
    known: dict[Hashable, Any] = {}

    def kind(dialect: Any) -> Hashable:
        """Everything about a dialect that a compiler looks at; it is a part of every key that statements are remembered by."""
        return type(dialect), dialect._json_serializer, dialect._json_deserializer, dialect.server_version_info, dialect.default_schema_name

    def made(*given: Any, **options: Any) -> Any:
        engine = make(*given, **options)
        engine._compiled_cache = known.setdefault(engine.dialect.name, LRUCache(5_000))
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "create_engine", made)
        patch.setattr(DefaultDialect, "__eq__", lambda self, other: isinstance(other, DefaultDialect) and kind(self) == kind(other), raising=False)
        patch.setattr(DefaultDialect, "__hash__", lambda self: hash(type(self)), raising=False)
        yield


@pytest.fixture(scope="session")
def careless_disks() -> Iterator[Callable[[Any, Any], None]]:
    """What this process writes survives its own end, not a power cut. The value: how a connection is prepared outside the suite."""
    from core.db import sqlite

    durable = sqlite._configure

    def careless(connection: Any, record: Any) -> None:
        durable(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "_configure", careless)
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield durable
