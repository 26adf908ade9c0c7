"""Published versions never change: the database itself refuses to update or delete one (DESIGN §3).

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_GUARD = "CREATE TRIGGER IF NOT EXISTS item_version_no_{name} BEFORE {verb} ON item_version BEGIN SELECT RAISE(ABORT, 'item_version is immutable'); END"
_REFUSE = """
CREATE FUNCTION item_version_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'item_version is immutable';
END $$
"""


def upgrade() -> None:
    """Put the guards up."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(_GUARD.format(name=verb.lower(), verb=verb))
        return
    op.execute(_REFUSE)
    op.execute("CREATE TRIGGER item_version_guard BEFORE UPDATE OR DELETE ON item_version FOR EACH ROW EXECUTE FUNCTION item_version_immutable()")
    op.execute("CREATE TRIGGER item_version_guard_all BEFORE TRUNCATE ON item_version FOR EACH STATEMENT EXECUTE FUNCTION item_version_immutable()")


def downgrade() -> None:
    """Take the guards down."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS item_version_no_{verb}")
        return
    op.execute("DROP TRIGGER item_version_guard_all ON item_version")
    op.execute("DROP TRIGGER item_version_guard ON item_version")
    op.execute("DROP FUNCTION item_version_immutable()")
