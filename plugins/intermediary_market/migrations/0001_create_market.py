"""The tables of the market."""

import sqlalchemy as sa
from alembic import op

from core.sdk.tables import Id, Instant, Json, LegalDay

revision, down_revision, branch_labels, depends_on = "intermediary_0001", None, None, None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "plg_intermediary_market_affiliate",
        sa.Column("id", Id(), nullable=False),
        sa.Column("agency_id", Id(), nullable=False),
        sa.Column("number_index", sa.String(length=128), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_intermediary_market_affiliate")),
    )
    op.create_index(op.f("ix_plg_intermediary_market_affiliate_agency_id"), "plg_intermediary_market_affiliate", ["agency_id"], unique=False)
    op.create_table(
        "plg_intermediary_market_agency",
        sa.Column("id", Id(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("party_id", Id(), nullable=False),
        sa.Column("number_index", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("introduction", sa.Text(), nullable=False),
        sa.Column("superior_id", Id(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("applied_at", Instant(), nullable=False),
        sa.Column("decided_by", Id(), nullable=True),
        sa.Column("notice_until", LegalDay(), nullable=True),
        sa.Column("admitted_on", LegalDay(), nullable=True),
        sa.Column("until", LegalDay(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_intermediary_market_agency")),
        sa.UniqueConstraint("number", name=op.f("uq_plg_intermediary_market_agency_number")),
        sa.UniqueConstraint("number_index", name=op.f("uq_plg_intermediary_market_agency_number_index")),
        sa.UniqueConstraint("party_id", name=op.f("uq_plg_intermediary_market_agency_party_id")),
    )
    op.create_index(op.f("ix_plg_intermediary_market_agency_state"), "plg_intermediary_market_agency", ["state"], unique=False)
    op.create_table(
        "plg_intermediary_market_bid",
        sa.Column("id", Id(), nullable=False),
        sa.Column("project_id", Id(), nullable=False),
        sa.Column("agency_id", Id(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("offer", sa.LargeBinary(), nullable=False),
        sa.Column("plan_file", Id(), nullable=True),
        sa.Column("plan_name", sa.String(length=200), nullable=False),
        sa.Column("no", sa.Integer(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("fault", sa.String(length=24), nullable=False),
        sa.Column("out", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_intermediary_market_bid")),
        sa.UniqueConstraint("project_id", "agency_id", name="uq_plg_intermediary_market_bid_agency"),
    )
    op.create_index(op.f("ix_plg_intermediary_market_bid_agency_id"), "plg_intermediary_market_bid", ["agency_id"], unique=False)
    op.create_index(op.f("ix_plg_intermediary_market_bid_project_id"), "plg_intermediary_market_bid", ["project_id"], unique=False)
    op.create_table(
        "plg_intermediary_market_contract",
        sa.Column("project_id", Id(), nullable=False),
        sa.Column("agency_id", Id(), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("signed_on", LegalDay(), nullable=False),
        sa.Column("file_id", Id(), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_plg_intermediary_market_contract")),
    )
    op.create_table(
        "plg_intermediary_market_counter",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_plg_intermediary_market_counter")),
    )
    op.create_table(
        "plg_intermediary_market_delivery",
        sa.Column("id", Id(), nullable=False),
        sa.Column("project_id", Id(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("file_id", Id(), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_intermediary_market_delivery")),
    )
    op.create_index(op.f("ix_plg_intermediary_market_delivery_project_id"), "plg_intermediary_market_delivery", ["project_id"], unique=False)
    op.create_table(
        "plg_intermediary_market_event",
        sa.Column("id", Id(), nullable=False),
        sa.Column("project_id", Id(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", Json(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_intermediary_market_event")),
        sa.UniqueConstraint("project_id", "seq", name="uq_plg_intermediary_market_event_seq"),
    )
    op.create_index(op.f("ix_plg_intermediary_market_event_project_id"), "plg_intermediary_market_event", ["project_id"], unique=False)
    op.create_table(
        "plg_intermediary_market_mark",
        sa.Column("id", Id(), nullable=False),
        sa.Column("agency_id", Id(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("project_id", Id(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_intermediary_market_mark")),
    )
    op.create_index(op.f("ix_plg_intermediary_market_mark_agency_id"), "plg_intermediary_market_mark", ["agency_id"], unique=False)
    op.create_table(
        "plg_intermediary_market_objection",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("agency_id", Id(), nullable=True),
        sa.Column("project_id", Id(), nullable=True),
        sa.Column("by_account", sa.String(length=80), nullable=False),
        sa.Column("by_party", Id(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("against", Id(), nullable=True),
        sa.Column("answer_by", LegalDay(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", Id(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_intermediary_market_objection")),
    )
    op.create_index(op.f("ix_plg_intermediary_market_objection_agency_id"), "plg_intermediary_market_objection", ["agency_id"], unique=False)
    op.create_index(op.f("ix_plg_intermediary_market_objection_by_account"), "plg_intermediary_market_objection", ["by_account"], unique=False)
    op.create_index(op.f("ix_plg_intermediary_market_objection_project_id"), "plg_intermediary_market_objection", ["project_id"], unique=False)
    op.create_index(op.f("ix_plg_intermediary_market_objection_state"), "plg_intermediary_market_objection", ["state"], unique=False)
    op.create_table(
        "plg_intermediary_market_offer",
        sa.Column("agency_id", Id(), nullable=False),
        sa.Column("service_id", Id(), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "service_id", name=op.f("pk_plg_intermediary_market_offer")),
    )
    op.create_index(op.f("ix_plg_intermediary_market_offer_service_id"), "plg_intermediary_market_offer", ["service_id"], unique=False)
    op.create_table(
        "plg_intermediary_market_project",
        sa.Column("id", Id(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("owner_party_id", Id(), nullable=True),
        sa.Column("owner_department_id", Id(), nullable=True),
        sa.Column("owner_index", sa.String(length=128), nullable=False),
        sa.Column("owner_name", sa.String(length=200), nullable=False),
        sa.Column("case_id", Id(), nullable=True),
        sa.Column("item_code", sa.String(length=80), nullable=False),
        sa.Column("procedure", sa.String(length=64), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("authority_id", Id(), nullable=True),
        sa.Column("service_id", Id(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("demand", sa.Text(), nullable=False),
        sa.Column("fund", sa.String(length=8), nullable=False),
        sa.Column("ceiling", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=12), nullable=False),
        sa.Column("rules", Json(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("closes_at", Instant(), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("revealed", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("source_name", sa.String(length=200), nullable=False),
        sa.Column("value_due", Instant(), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("value_url", sa.String(length=400), nullable=False),
        sa.Column("value_by", Id(), nullable=True),
        sa.Column("value_at", Instant(), nullable=True),
        sa.Column("list_text", sa.Text(), nullable=False),
        sa.Column("list_digest", sa.String(length=64), nullable=False),
        sa.Column("frozen_at", Instant(), nullable=True),
        sa.Column("result", Json(), nullable=False),
        sa.Column("failed", sa.String(length=4), nullable=False),
        sa.Column("failed_reason", sa.Text(), nullable=False),
        sa.Column("pick_until", Instant(), nullable=True),
        sa.Column("pick_reason", sa.Text(), nullable=False),
        sa.Column("bid_id", Id(), nullable=True),
        sa.Column("agency_id", Id(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("notice_until", LegalDay(), nullable=True),
        sa.Column("sign_until", LegalDay(), nullable=True),
        sa.Column("due_on", LegalDay(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_intermediary_market_project")),
        sa.UniqueConstraint("number", name=op.f("uq_plg_intermediary_market_project_number")),
    )
    op.create_index(op.f("ix_plg_intermediary_market_project_agency_id"), "plg_intermediary_market_project", ["agency_id"], unique=False)
    op.create_index(op.f("ix_plg_intermediary_market_project_case_id"), "plg_intermediary_market_project", ["case_id"], unique=False)
    op.create_index("ix_plg_intermediary_market_project_due", "plg_intermediary_market_project", ["status", "closes_at"], unique=False)
    op.create_index(op.f("ix_plg_intermediary_market_project_fingerprint"), "plg_intermediary_market_project", ["fingerprint"], unique=False)
    op.create_index(op.f("ix_plg_intermediary_market_project_method"), "plg_intermediary_market_project", ["method"], unique=False)
    op.create_index(op.f("ix_plg_intermediary_market_project_owner_department_id"), "plg_intermediary_market_project", ["owner_department_id"], unique=False)
    op.create_index(op.f("ix_plg_intermediary_market_project_owner_party_id"), "plg_intermediary_market_project", ["owner_party_id"], unique=False)
    op.create_index(op.f("ix_plg_intermediary_market_project_service_id"), "plg_intermediary_market_project", ["service_id"], unique=False)
    op.create_index(op.f("ix_plg_intermediary_market_project_status"), "plg_intermediary_market_project", ["status"], unique=False)
    op.create_table(
        "plg_intermediary_market_rating",
        sa.Column("project_id", Id(), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("agency_id", Id(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "side", name=op.f("pk_plg_intermediary_market_rating")),
    )
    op.create_index(op.f("ix_plg_intermediary_market_rating_agency_id"), "plg_intermediary_market_rating", ["agency_id"], unique=False)
    op.create_table(
        "plg_intermediary_market_service",
        sa.Column("id", Id(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("basis_level", sa.String(length=16), nullable=False),
        sa.Column("licence_type", sa.String(length=64), nullable=False),
        sa.Column("price_note", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_intermediary_market_service")),
        sa.UniqueConstraint("code", name=op.f("uq_plg_intermediary_market_service_code")),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("plg_intermediary_market_service")
    op.drop_index(op.f("ix_plg_intermediary_market_rating_agency_id"), table_name="plg_intermediary_market_rating")
    op.drop_table("plg_intermediary_market_rating")
    op.drop_index(op.f("ix_plg_intermediary_market_project_status"), table_name="plg_intermediary_market_project")
    op.drop_index(op.f("ix_plg_intermediary_market_project_service_id"), table_name="plg_intermediary_market_project")
    op.drop_index(op.f("ix_plg_intermediary_market_project_owner_party_id"), table_name="plg_intermediary_market_project")
    op.drop_index(op.f("ix_plg_intermediary_market_project_owner_department_id"), table_name="plg_intermediary_market_project")
    op.drop_index(op.f("ix_plg_intermediary_market_project_method"), table_name="plg_intermediary_market_project")
    op.drop_index(op.f("ix_plg_intermediary_market_project_fingerprint"), table_name="plg_intermediary_market_project")
    op.drop_index("ix_plg_intermediary_market_project_due", table_name="plg_intermediary_market_project")
    op.drop_index(op.f("ix_plg_intermediary_market_project_case_id"), table_name="plg_intermediary_market_project")
    op.drop_index(op.f("ix_plg_intermediary_market_project_agency_id"), table_name="plg_intermediary_market_project")
    op.drop_table("plg_intermediary_market_project")
    op.drop_index(op.f("ix_plg_intermediary_market_offer_service_id"), table_name="plg_intermediary_market_offer")
    op.drop_table("plg_intermediary_market_offer")
    op.drop_index(op.f("ix_plg_intermediary_market_objection_state"), table_name="plg_intermediary_market_objection")
    op.drop_index(op.f("ix_plg_intermediary_market_objection_project_id"), table_name="plg_intermediary_market_objection")
    op.drop_index(op.f("ix_plg_intermediary_market_objection_by_account"), table_name="plg_intermediary_market_objection")
    op.drop_index(op.f("ix_plg_intermediary_market_objection_agency_id"), table_name="plg_intermediary_market_objection")
    op.drop_table("plg_intermediary_market_objection")
    op.drop_index(op.f("ix_plg_intermediary_market_mark_agency_id"), table_name="plg_intermediary_market_mark")
    op.drop_table("plg_intermediary_market_mark")
    op.drop_index(op.f("ix_plg_intermediary_market_event_project_id"), table_name="plg_intermediary_market_event")
    op.drop_table("plg_intermediary_market_event")
    op.drop_index(op.f("ix_plg_intermediary_market_delivery_project_id"), table_name="plg_intermediary_market_delivery")
    op.drop_table("plg_intermediary_market_delivery")
    op.drop_table("plg_intermediary_market_counter")
    op.drop_table("plg_intermediary_market_contract")
    op.drop_index(op.f("ix_plg_intermediary_market_bid_project_id"), table_name="plg_intermediary_market_bid")
    op.drop_index(op.f("ix_plg_intermediary_market_bid_agency_id"), table_name="plg_intermediary_market_bid")
    op.drop_table("plg_intermediary_market_bid")
    op.drop_index(op.f("ix_plg_intermediary_market_agency_state"), table_name="plg_intermediary_market_agency")
    op.drop_table("plg_intermediary_market_agency")
    op.drop_index(op.f("ix_plg_intermediary_market_affiliate_agency_id"), table_name="plg_intermediary_market_affiliate")
    op.drop_table("plg_intermediary_market_affiliate")
