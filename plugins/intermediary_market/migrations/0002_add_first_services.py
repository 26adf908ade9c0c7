"""The services that a hall begins with; whoever keeps the list changes and adds to it."""

import sqlalchemy as sa
from alembic import op

from core.sdk.tables import Id, new_id

revision, down_revision, branch_labels, depends_on = "intermediary_0002", "intermediary_0001", None, None

#: code, titles, basis, its kind. Only what a law or a State Council regulation names may be asked of an applicant (优化营商环境条例 43).
FIRST = (
    ("drawing-review", "施工图设计文件审查", "Review of construction drawings", "建设工程质量管理条例第十一条", "regulation"),
    ("felling-survey", "伐区调查设计", "Survey of a felling area", "森林法第五十八条", "law"),
    ("report-review", "论证报告评审", "Review of an assessment report", "", "none"),
    ("water-assessment", "建设项目水资源论证报告书编制", "Water resources assessment report", "取水许可和水资源费征收管理条例第十一条", "regulation"),
)


def upgrade() -> None:
    """Write the first services."""
    table = sa.table(
        "plg_intermediary_market_service",
        sa.column("id", Id()), sa.column("code"), sa.column("title_zh"), sa.column("title_en"), sa.column("basis"), sa.column("basis_level"),
        sa.column("licence_type"), sa.column("price_note"), sa.column("active", sa.Boolean()),
    )  # fmt: skip
    rows = [
        {
            "id": new_id(),
            "code": code,
            "title_zh": zh,
            "title_en": en,
            "basis": basis,
            "basis_level": level,
            "licence_type": "",
            "price_note": "",
            "active": True,
        }
        for code, zh, en, basis, level in FIRST
    ]
    op.bulk_insert(table, rows)


def downgrade() -> None:
    """Nothing to take back: the table goes with the revision before."""
