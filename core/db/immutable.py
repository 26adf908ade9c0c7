"""Tables whose rows never change: the database itself refuses to update, delete or empty them, whoever asks (DESIGN §3).

Cases rest for life on what was published, and code may have bugs. Tables made from the models get the guards here, migrated ones in ``0002``.
"""

from sqlalchemy import DDL, Table, event


def never_changed(table: Table) -> None:
    """Have the guards put up whenever *table* is made."""
    for dialect, statements in (("sqlite", _sqlite(table.name)), ("postgresql", _postgresql(table.name))):
        for statement in statements:
            # DDL() formats with %, so a literal one must be doubled; there is none today and this keeps it so.
            event.listen(table, "after_create", DDL(statement.replace("%", "%%")).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


def _sqlite(name: str) -> tuple[str, ...]:
    refusal = f"BEGIN SELECT RAISE(ABORT, '{name} is immutable'); END"
    return tuple(f"CREATE TRIGGER IF NOT EXISTS {name}_no_{verb.lower()} BEFORE {verb} ON {name} {refusal}" for verb in ("UPDATE", "DELETE"))


def _postgresql(name: str) -> tuple[str, ...]:
    refuses = f"EXECUTE FUNCTION {name}_immutable()"
    return (
        f"CREATE OR REPLACE FUNCTION {name}_immutable() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{name} is immutable'; END $$",
        f"DROP TRIGGER IF EXISTS {name}_guard ON {name}",
        f"CREATE TRIGGER {name}_guard BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW {refuses}",
        f"DROP TRIGGER IF EXISTS {name}_guard_all ON {name}",
        f"CREATE TRIGGER {name}_guard_all BEFORE TRUNCATE ON {name} FOR EACH STATEMENT {refuses}",
    )
