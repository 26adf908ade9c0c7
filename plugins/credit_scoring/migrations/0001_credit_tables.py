"""The tables of the plugin."""

import sqlalchemy as sa
from alembic import op

from core.sdk.tables import Id, Instant, Json, LegalDay

revision, down_revision, branch_labels, depends_on = "credit_0001", None, None, None


def upgrade() -> None:
    op.create_table(
        "plg_credit_scoring_access",
        sa.Column("id", Id(), nullable=False),
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("who_words", sa.String(length=120), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("purpose", sa.String(length=300), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_credit_scoring_access")),
    )
    op.create_index(op.f("ix_plg_credit_scoring_access_subject_id"), "plg_credit_scoring_access", ["subject_id"], unique=False)
    op.create_table(
        "plg_credit_scoring_batch",
        sa.Column("id", Id(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("entry", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("columns", Json(), nullable=False),
        sa.Column("mapping", Json(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("piece", sa.Integer(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("spent_ms", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_credit_scoring_batch")),
    )
    op.create_table(
        "plg_credit_scoring_entry",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("domain", sa.String(length=40), nullable=False),
        sa.Column("nature", sa.String(length=10), nullable=False),
        sa.Column("term", sa.String(length=20), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("severe", sa.Boolean(), nullable=False),
        sa.Column("doc", Json(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_plg_credit_scoring_entry")),
    )
    op.create_table(
        "plg_credit_scoring_model",
        sa.Column("id", Id(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("doc", Json(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("published_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_credit_scoring_model")),
        sa.UniqueConstraint("code", "number", name=op.f("uq_plg_credit_scoring_model_code_number")),
    )
    op.create_table(
        "plg_credit_scoring_past",
        sa.Column("id", Id(), nullable=False),
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("model_id", Id(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("day", LegalDay(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_credit_scoring_past")),
    )
    op.create_index(op.f("ix_plg_credit_scoring_past_subject_id"), "plg_credit_scoring_past", ["subject_id"], unique=False)
    op.create_table(
        "plg_credit_scoring_request",
        sa.Column("id", Id(), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("record_id", Id(), nullable=False),
        sa.Column("party_id", Id(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("files", Json(), nullable=False),
        sa.Column("promised", sa.Boolean(), nullable=False),
        sa.Column("fulfilled", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due", LegalDay(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_credit_scoring_request")),
        sa.UniqueConstraint("number", name=op.f("uq_plg_credit_scoring_request_number")),
    )
    op.create_index(op.f("ix_plg_credit_scoring_request_party_id"), "plg_credit_scoring_request", ["party_id"], unique=False)
    op.create_index(op.f("ix_plg_credit_scoring_request_record_id"), "plg_credit_scoring_request", ["record_id"], unique=False)
    op.create_index(op.f("ix_plg_credit_scoring_request_state"), "plg_credit_scoring_request", ["state"], unique=False)
    op.create_index(op.f("ix_plg_credit_scoring_request_subject_id"), "plg_credit_scoring_request", ["subject_id"], unique=False)
    op.create_table(
        "plg_credit_scoring_run",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("model_id", Id(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("day", LegalDay(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.Column("cursor", Id(), nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("spent_ms", sa.BigInteger(), nullable=False),
        sa.Column("result", Json(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_credit_scoring_run")),
    )
    op.create_table(
        "plg_credit_scoring_subject",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("number_index", sa.String(length=80), nullable=False),
        sa.Column("number_masked", sa.String(length=40), nullable=False),
        sa.Column("name_index", sa.String(length=80), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("industry", sa.String(length=20), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.Column("size", sa.String(length=20), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_credit_scoring_subject")),
        sa.UniqueConstraint("kind", "number_index", name=op.f("uq_plg_credit_scoring_subject_kind_number_index")),
    )
    op.create_index(op.f("ix_plg_credit_scoring_subject_name_index"), "plg_credit_scoring_subject", ["name_index"], unique=False)
    op.create_table(
        "plg_credit_scoring_chunk",
        sa.Column("batch_id", Id(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["plg_credit_scoring_batch.id"], name="fk_plg_credit_scoring_chunk_batch"),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_plg_credit_scoring_chunk")),
    )
    op.create_table(
        "plg_credit_scoring_mistake",
        sa.Column("batch_id", Id(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(length=100), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("params", Json(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["plg_credit_scoring_batch.id"], name="fk_plg_credit_scoring_mistake_batch"),
        sa.PrimaryKeyConstraint("batch_id", "line", "column", name=op.f("pk_plg_credit_scoring_mistake")),
    )
    op.create_table(
        "plg_credit_scoring_record",
        sa.Column("id", Id(), nullable=False),
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("entry", sa.String(length=40), nullable=False),
        sa.Column("day", LegalDay(), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("authority", sa.String(length=100), nullable=False),
        sa.Column("terms", sa.String(length=80), nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("public_until", LegalDay(), nullable=True),
        sa.Column("batch_id", Id(), nullable=True),
        sa.Column("since", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["plg_credit_scoring_subject.id"], name="fk_plg_credit_scoring_record_subject"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plg_credit_scoring_record")),
        sa.UniqueConstraint("subject_id", "entry", "reference", "day", name=op.f("uq_plg_credit_scoring_record_subject_id_entry_reference_day")),
    )
    op.create_index(op.f("ix_plg_credit_scoring_record_batch_id"), "plg_credit_scoring_record", ["batch_id"], unique=False)
    op.create_index("ix_plg_credit_scoring_record_public", "plg_credit_scoring_record", ["entry", "public_until"], unique=False)
    op.create_table(
        "plg_credit_scoring_score",
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("model_id", Id(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("vetoed", sa.Boolean(), nullable=False),
        sa.Column("lines", Json(), nullable=False),
        sa.Column("day", LegalDay(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["plg_credit_scoring_subject.id"], name="fk_plg_credit_scoring_score_subject"),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_plg_credit_scoring_score")),
    )
    op.create_index(op.f("ix_plg_credit_scoring_score_grade"), "plg_credit_scoring_score", ["grade"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_plg_credit_scoring_score_grade"), table_name="plg_credit_scoring_score")
    op.drop_table("plg_credit_scoring_score")
    op.drop_index("ix_plg_credit_scoring_record_public", table_name="plg_credit_scoring_record")
    op.drop_index(op.f("ix_plg_credit_scoring_record_batch_id"), table_name="plg_credit_scoring_record")
    op.drop_table("plg_credit_scoring_record")
    op.drop_table("plg_credit_scoring_mistake")
    op.drop_table("plg_credit_scoring_chunk")
    op.drop_index(op.f("ix_plg_credit_scoring_subject_name_index"), table_name="plg_credit_scoring_subject")
    op.drop_table("plg_credit_scoring_subject")
    op.drop_table("plg_credit_scoring_run")
    op.drop_index(op.f("ix_plg_credit_scoring_request_subject_id"), table_name="plg_credit_scoring_request")
    op.drop_index(op.f("ix_plg_credit_scoring_request_state"), table_name="plg_credit_scoring_request")
    op.drop_index(op.f("ix_plg_credit_scoring_request_record_id"), table_name="plg_credit_scoring_request")
    op.drop_index(op.f("ix_plg_credit_scoring_request_party_id"), table_name="plg_credit_scoring_request")
    op.drop_table("plg_credit_scoring_request")
    op.drop_index(op.f("ix_plg_credit_scoring_past_subject_id"), table_name="plg_credit_scoring_past")
    op.drop_table("plg_credit_scoring_past")
    op.drop_table("plg_credit_scoring_model")
    op.drop_table("plg_credit_scoring_entry")
    op.drop_table("plg_credit_scoring_batch")
    op.drop_index(op.f("ix_plg_credit_scoring_access_subject_id"), table_name="plg_credit_scoring_access")
    op.drop_table("plg_credit_scoring_access")
