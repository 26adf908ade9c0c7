"""History by month (DESIGN §6): on PostgreSQL events, closed tasks and the audit record get one partition a month; SQLite keeps plain tables.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

from core.db import months

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_HISTORY = (
    months.Monthly("case_event", "case_id", by_id=True),
    months.Monthly("case_task_done", "case_id", by_id=True),
    months.Monthly("audit_entry", "stream", by_id=False),
)


def upgrade() -> None:
    """Cut the tables, with the rows they have; months of those rows, the present one and the next ones are made."""
    for table in _HISTORY:
        months.partition(op.get_bind(), table)


def downgrade() -> None:
    """Put the months together again."""
    for table in reversed(_HISTORY):
        months.join(op.get_bind(), table)
