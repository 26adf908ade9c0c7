"""Published versions never change: the database itself refuses to update or delete one (DESIGN §3).

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = ("item_version", "catalogue_version", "hall_document", "form_block")
_GUARD = "CREATE TRIGGER IF NOT EXISTS {table}_no_{name} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is immutable'); END"
_REFUSE = """
CREATE FUNCTION {table}_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{table} is immutable';
END $$
"""


def upgrade() -> None:
    """Put the guards up."""
    for table in _TABLES:
        if op.get_bind().dialect.name == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                op.execute(_GUARD.format(table=table, name=verb.lower(), verb=verb))
            continue
        op.execute(_REFUSE.format(table=table))
        op.execute(f"CREATE TRIGGER {table}_guard BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_immutable()")
        op.execute(f"CREATE TRIGGER {table}_guard_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_immutable()")


def downgrade() -> None:
    """Take the guards down."""
    for table in _TABLES:
        if op.get_bind().dialect.name == "sqlite":
            for verb in ("update", "delete"):
                op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
            continue
        op.execute(f"DROP TRIGGER {table}_guard_all ON {table}")
        op.execute(f"DROP TRIGGER {table}_guard ON {table}")
        op.execute(f"DROP FUNCTION {table}_immutable()")
