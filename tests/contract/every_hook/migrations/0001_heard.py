"""The table of what was heard."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0001", None, None, None

TABLE = "plg_every_hook_heard"


def upgrade() -> None:
    op.create_table(
        TABLE, sa.Column("id", sa.Integer, nullable=False), sa.Column("what", sa.String(200), nullable=False), sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}")
    )


def downgrade() -> None:
    op.drop_table(TABLE)
