"""Cases of bundles and their certificates."""

import sqlalchemy as sa
from alembic import op

from core.sdk.tables import Id, Instant

revision, down_revision, branch_labels, depends_on = "mc0001", None, None, None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "plg_multi_certificate_case",
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("item_code", sa.String(64), nullable=False),
        sa.Column("version_id", Id(), nullable=False),
        sa.Column("department_id", Id(), nullable=False),
        sa.Column("status", sa.String(30), nullable=False),
        sa.Column("outcome", sa.String(20)),
        sa.Column("licence_id", Id()),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_plg_multi_certificate_case"),
    )
    op.create_index("ix_plg_multi_certificate_case_department_id_case_id", "plg_multi_certificate_case", ["department_id", "case_id"])
    op.create_index("ix_plg_multi_certificate_case_licence_id", "plg_multi_certificate_case", ["licence_id"])
    op.create_table(
        "plg_multi_certificate_part",
        sa.Column("case_id", Id(), nullable=False),
        sa.Column("part", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_code", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("authority", sa.String(64), nullable=False),
        sa.Column("title_zh", sa.String(60), nullable=False),
        sa.Column("title_en", sa.String(100), nullable=False),
        sa.Column("begun_at", Instant()),
        sa.Column("child_id", Id()),
        sa.Column("child_number", sa.String(64)),
        sa.Column("department_id", Id()),
        sa.Column("result", sa.String(12)),
        sa.Column("licence_id", Id()),
        sa.PrimaryKeyConstraint("case_id", "part", name="pk_plg_multi_certificate_part"),
        sa.ForeignKeyConstraint(["case_id"], ["plg_multi_certificate_case.case_id"], name="fk_multi_certificate_part_case"),
    )
    op.create_index("ix_plg_multi_certificate_part_department_id_case_id", "plg_multi_certificate_part", ["department_id", "case_id"])
    op.create_index("ix_plg_multi_certificate_part_licence_id", "plg_multi_certificate_part", ["licence_id"])


def downgrade() -> None:
    """Take both away."""
    op.drop_table("plg_multi_certificate_part")
    op.drop_table("plg_multi_certificate_case")
