"""What the suite spares itself changes nothing that a test could see."""

import gettext
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from jinja2 import Environment
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.db.database import Database

SOURCE = "{{ x.y }} {{ _('水') }}\n{% if x %}\n!{% endif %}"


def test_a_text_is_compiled_once_for_environments_that_are_alike_and_anew_for_any_other(compiled_once: None) -> None:
    def made(kind: type[Environment] = Environment, spoken: dict[str, str] | None = None, **more: bool) -> Environment:
        environment = kind(extensions=["jinja2.ext.i18n"], **more)
        if spoken is not None:
            words = gettext.NullTranslations()
            words._catalog = spoken  # type: ignore[attr-defined]
            environment.extend(spoken=words)
        return environment

    first = made().compile(SOURCE, "a.html")
    assert made().compile(SOURCE, "a.html") is first
    others = [made(autoescape=True), made(trim_blocks=True), made(ImmutableSandboxedEnvironment), made(spoken={"水": "Water"}), made(spoken={"水": "water"})]
    codes = [other.compile(SOURCE, "a.html") for other in others] + [made().compile(SOURCE, "b.html"), made().compile(SOURCE + " ", "a.html")]
    assert len({id(code) for code in (first, *codes)}) == 8


def test_a_connection_is_durable_in_all_but_the_wait_for_the_disk(careless_disks: object) -> None:
    from core.db import sqlite

    careless, durable = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    sqlite._configure(careless, None)
    careless_disks(durable, None)  # type: ignore[operator]
    settings = ("synchronous", "foreign_keys", "busy_timeout", "cache_size")
    values = [[connection.execute(f"PRAGMA {name}").fetchone()[0] for name in settings] for connection in (careless, durable)]
    assert values[0][1:] == values[1][1:] and (values[0][0], values[1][0]) == (0, 2)
    careless.close()
    durable.close()


def test_a_statement_is_worded_once_for_databases_that_are_alike_and_says_what_is_in_each(worded_once: object, tmp_path: Path) -> None:
    halls = [Database(f"sqlite:///{tmp_path / name}.db") for name in ("here", "there")]
    table = sa.Table("street", sa.MetaData(), sa.Column("name", sa.Text), sa.Column("more", sa.JSON))
    worded: list[str] = []

    class Wording(type(halls[0].engine.dialect).statement_compiler):  # type: ignore[misc]
        def __init__(self, *given: object, **more: object) -> None:
            super().__init__(*given, **more)
            worded.append(str(self))

    for n, hall in enumerate(halls):
        hall.engine.dialect.statement_compiler = Wording
        table.create(hall.engine)
        with hall.engine.begin() as connection:
            connection.execute(table.insert().values(name=f"街{n}", more={"n": n}))
            assert connection.execute(sa.select(table.c.name, table.c.more)).all() == [(f"街{n}", {"n": n})]
    assert [words.split()[0] for words in worded] == ["INSERT", "SELECT"]
    assert halls[0].engine.dialect == halls[1].engine.dialect != sa.create_engine("sqlite://").dialect
    for hall in halls:
        hall.close()
