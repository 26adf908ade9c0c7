"""The table of trees."""

import sqlalchemy as sa
from alembic import op
from core.sdk.tables import Id, LegalDay

revision, down_revision, branch_labels, depends_on = "0001", None, None, None

TABLE = "plg_street_trees_tree"


def upgrade() -> None:
    """Make it."""
    op.create_table(
        TABLE,
        sa.Column("id", Id(), nullable=False),
        sa.Column("number", sa.String(8), nullable=False),
        sa.Column("species", sa.String(40), nullable=False),
        sa.Column("place", sa.String(120), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("inspected_on", LegalDay(), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.UniqueConstraint("number", name=f"uq_{TABLE}_number"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table(TABLE)
