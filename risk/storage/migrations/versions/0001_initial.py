"""The first tables. Written by ``python -m risk.storage.migrations.regenerate``; frozen from the first release on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


GUARDS: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        "CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head WHEN NEW.length <= OLD.length OR NEW.id <> OLD.id BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END",
        "CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION risk_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$",
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION risk_audit_append_only()",
        "CREATE FUNCTION risk_audit_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'UPDATE' THEN RAISE EXCEPTION 'the audit only grows'; END IF; IF NEW.length <= OLD.length OR NEW.id <> OLD.id THEN RAISE EXCEPTION 'the audit only grows'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER audit_head_grows BEFORE UPDATE OR DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION risk_audit_grows()",
        "CREATE TRIGGER audit_head_stays BEFORE TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION risk_audit_grows()",
    ),
}
UNGUARDS: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": ("DROP FUNCTION risk_audit_append_only()", "DROP FUNCTION risk_audit_grows()"),
}


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_key", sa.String(length=120), nullable=False),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("telephone", sa.String(length=40), nullable=True),
        sa.Column("office_code", sa.String(length=60), nullable=True),
        sa.Column("roles", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("grants", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_step", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("oidc_issuer", sa.String(length=200), nullable=True),
        sa.Column("oidc_subject", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("name_key", name=op.f("uq_accounts_name_key")),
        sa.UniqueConstraint("oidc_issuer", "oidc_subject", name=op.f("uq_accounts_oidc_issuer_oidc_subject")),
    )
    op.create_index(op.f("ix_accounts_office_code"), "accounts", ["office_code"], unique=False)
    op.create_index(op.f("ix_accounts_state"), "accounts", ["state"], unique=False)
    op.create_table(
        "archives",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("signals", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("manifest", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("stayed", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("removed", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("observed_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("observed_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trace_id", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archives")),
        sa.UniqueConstraint("month", "part", name=op.f("uq_archives_month_part")),
    )
    op.create_index(op.f("ix_archives_status"), "archives", ["status"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("trace_id", sa.String(length=32), nullable=True),
        sa.Column("algorithm", sa.String(length=12), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_action"), "audit", ["action"], unique=False)
    op.create_index("ix_audit_actor_id", "audit", ["actor", "id"], unique=False)
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_object"), "audit", ["object"], unique=False)
    op.create_index(op.f("ix_audit_trace_id"), "audit", ["trace_id"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("length", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_targets",
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_audit_targets")),
    )
    op.create_table(
        "backtests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("sources", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("live", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("units", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("done", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cursor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("error", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backtests")),
    )
    op.create_index(op.f("ix_backtests_hash"), "backtests", ["hash"], unique=False)
    op.create_index(op.f("ix_backtests_status"), "backtests", ["status"], unique=False)
    op.create_table(
        "calendar_days",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_days")),
        sa.UniqueConstraint("day", "version", name=op.f("uq_calendar_days_day_version")),
    )
    op.create_table(
        "calendar_notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_notices")),
        sa.UniqueConstraint("year", name=op.f("uq_calendar_notices_year")),
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("models", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("owner_office", sa.String(length=60), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("chosen_by", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("numbers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("owner_office", "name", name=op.f("uq_campaigns_owner_office_name")),
    )
    op.create_index(op.f("ix_campaigns_owner_office"), "campaigns", ["owner_office"], unique=False)
    op.create_index(op.f("ix_campaigns_state"), "campaigns", ["state"], unique=False)
    op.create_table(
        "case_files",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("places", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("lead_office", sa.String(length=60), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_files")),
        sa.UniqueConstraint("lead_office", "number", name=op.f("uq_case_files_lead_office_number")),
    )
    op.create_index(op.f("ix_case_files_lead_office"), "case_files", ["lead_office"], unique=False)
    op.create_index(op.f("ix_case_files_model"), "case_files", ["model"], unique=False)
    op.create_index(op.f("ix_case_files_state"), "case_files", ["state"], unique=False)
    op.create_table(
        "credit_imports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=400), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("problems", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_imports")),
        sa.UniqueConstraint("key", name=op.f("uq_credit_imports_key")),
    )
    op.create_table(
        "duties",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("office_code", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
        sa.UniqueConstraint("model", "region", "valid_from", name=op.f("uq_duties_model_region_valid_from")),
    )
    op.create_table(
        "duty_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("asked", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("after", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_changes")),
    )
    op.create_table(
        "exchange_batches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("stream", sa.String(length=80), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("asked", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("form", sa.String(length=4), nullable=False),
        sa.Column("encoding", sa.String(length=10), nullable=False),
        sa.Column("counts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=400), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("rows_done", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("error", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_batches")),
        sa.UniqueConstraint("day", "number", name=op.f("uq_exchange_batches_day_number")),
        sa.UniqueConstraint("key", name=op.f("uq_exchange_batches_key")),
    )
    op.create_index(op.f("ix_exchange_batches_batch"), "exchange_batches", ["batch"], unique=False)
    op.create_index(op.f("ix_exchange_batches_created_at"), "exchange_batches", ["created_at"], unique=False)
    op.create_index(op.f("ix_exchange_batches_direction"), "exchange_batches", ["direction"], unique=False)
    op.create_index(op.f("ix_exchange_batches_stream"), "exchange_batches", ["stream"], unique=False)
    op.create_table(
        "grade_settings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("cutoffs", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("floors", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("capacity", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("model_version", sa.String(length=80), nullable=False),
        sa.Column("basis", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reverts", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade_settings")),
        sa.UniqueConstraint("model", "version", name=op.f("uq_grade_settings_model_version")),
    )
    op.create_table(
        "health_figures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("part", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("limit_value", sa.Float(), nullable=True),
        sa.Column("crossed", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_figures")),
        sa.UniqueConstraint("model", "as_of", "name", "part", name=op.f("uq_health_figures_model_as_of_name_part")),
    )
    op.create_index("ix_health_figures_model_name_as_of", "health_figures", ["model", "name", "as_of"], unique=False)
    op.create_table(
        "idempotent_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("acted", sa.Integer(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotent_requests")),
        sa.UniqueConstraint("key", name=op.f("uq_idempotent_requests_key")),
    )
    op.create_index(op.f("ix_idempotent_requests_created_at"), "idempotent_requests", ["created_at"], unique=False)
    op.create_table(
        "imports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=1000), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("rows_done", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("accepted", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("duplicates", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quarantined", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("notes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trace_id", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sa.UniqueConstraint("key", name=op.f("uq_imports_key")),
    )
    op.create_table(
        "index_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("method", sa.String(length=12), nullable=False),
        sa.Column("weights", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("refs", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("basis", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("definitions", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_versions")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_index_versions_kind_version")),
    )
    op.create_index(op.f("ix_index_versions_decided_at"), "index_versions", ["decided_at"], unique=False)
    op.create_index(op.f("ix_index_versions_state"), "index_versions", ["state"], unique=False)
    op.create_table(
        "job_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("job", sa.String(length=80), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("worker", sa.String(length=120), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
        sa.UniqueConstraint("job", "slot", name=op.f("uq_job_runs_job_slot")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("use_case", sa.String(length=80), nullable=False),
        sa.Column("cron", sa.String(length=80), nullable=False),
        sa.Column("arguments", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("name", name=op.f("uq_jobs_name")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("token", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "matter_mappings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=14), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_mappings")),
        sa.UniqueConstraint("model", "department", "valid_from", name=op.f("uq_matter_mappings_model_department_valid_from")),
    )
    op.create_index(op.f("ix_matter_mappings_model"), "matter_mappings", ["model"], unique=False)
    op.create_table(
        "matter_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matter_versions")),
        sa.UniqueConstraint("digest", name=op.f("uq_matter_versions_digest")),
    )
    op.create_index(op.f("ix_matter_versions_valid_from"), "matter_versions", ["valid_from"], unique=False)
    op.create_table(
        "model_tasks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("open_key", sa.String(length=130), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("owner_zh", sa.String(length=200), nullable=False),
        sa.Column("owner_en", sa.String(length=200), nullable=False),
        sa.Column("title_zh", sa.String(length=400), nullable=False),
        sa.Column("title_en", sa.String(length=400), nullable=False),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("opened_by", sa.String(length=120), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(length=120), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_tasks")),
        sa.UniqueConstraint("open_key", name=op.f("uq_model_tasks_open_key")),
    )
    op.create_index(op.f("ix_model_tasks_model"), "model_tasks", ["model"], unique=False)
    op.create_index(op.f("ix_model_tasks_state"), "model_tasks", ["state"], unique=False)
    op.create_table(
        "office_settings",
        sa.Column("office_code", sa.String(length=60), nullable=False),
        sa.Column("assignment", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("office_code", name=op.f("pk_office_settings")),
    )
    op.create_table(
        "officers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("office_code", sa.String(length=60), nullable=False),
        sa.Column("weekly_capacity", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officers")),
        sa.UniqueConstraint("name", "office_code", name=op.f("uq_officers_name_office_code")),
    )
    op.create_index(op.f("ix_officers_office_code"), "officers", ["office_code"], unique=False)
    op.create_table(
        "offices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("weekly_capacity", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offices")),
        sa.UniqueConstraint("code", name=op.f("uq_offices_code")),
    )
    op.create_index(op.f("ix_offices_region"), "offices", ["region"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("object", sa.String(length=200), nullable=False),
        sa.Column("office_code", sa.String(length=60), nullable=True),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trace_id", sa.String(length=32), nullable=True),
        sa.Column("spread_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(op.f("ix_outbox_event"), "outbox", ["event"], unique=False)
    op.create_index(op.f("ix_outbox_object"), "outbox", ["object"], unique=False)
    op.create_index(op.f("ix_outbox_office_code"), "outbox", ["office_code"], unique=False)
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("spread_at IS NULL"),
        postgresql_where=sa.text("spread_at IS NULL"),
    )
    op.create_table(
        "pack_snapshots",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("texts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_snapshots")),
        sa.UniqueConstraint("version", name=op.f("uq_pack_snapshots_version")),
    )
    op.create_table(
        "push_targets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("events", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("division", sa.String(length=12), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("pauses", sa.Integer(), nullable=False),
        sa.Column("probe_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_targets")),
        sa.UniqueConstraint("name", name=op.f("uq_push_targets_name")),
    )
    op.create_index(op.f("ix_push_targets_removed_at"), "push_targets", ["removed_at"], unique=False)
    op.create_table(
        "random_plans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("office_code", sa.String(length=60), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("seed", sa.String(length=120), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("counts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("frame", sa.LargeBinary(), nullable=True),
        sa.Column("frame_hash", sa.String(length=64), nullable=False),
        sa.Column("matter_code", sa.String(length=14), nullable=True),
        sa.Column("checklist_code", sa.String(length=60), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_random_plans")),
    )
    op.create_index(op.f("ix_random_plans_office_code"), "random_plans", ["office_code"], unique=False)
    op.create_index(op.f("ix_random_plans_state"), "random_plans", ["state"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("period", sa.String(length=30), nullable=False),
        sa.Column("cutoff", sa.DateTime(timezone=True), nullable=False),
        sa.Column("numbers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("numbers_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("title_zh", sa.String(length=400), nullable=True),
        sa.Column("title_en", sa.String(length=400), nullable=True),
        sa.Column("remarks", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("documents", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("dressing", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint(
            "kind",
            "about",
            "period",
            "cutoff",
            "region",
            "department",
            "edition",
            name=op.f("uq_reports_kind_about_period_cutoff_region_department_edition"),
        ),
        sa.UniqueConstraint("number", name=op.f("uq_reports_number")),
    )
    op.create_index(op.f("ix_reports_kind"), "reports", ["kind"], unique=False)
    op.create_index(op.f("ix_reports_state"), "reports", ["state"], unique=False)
    op.create_table(
        "rule_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_items")),
        sa.UniqueConstraint("kind", "model", "name", name=op.f("uq_rule_items_kind_model_name")),
    )
    op.create_index(op.f("ix_rule_items_name"), "rule_items", ["name"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("versions", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("cursor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("passed", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("span", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("judged", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("candidates", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("balance", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trace_id", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("key", name=op.f("uq_runs_key")),
    )
    op.create_index(op.f("ix_runs_as_of"), "runs", ["as_of"], unique=False)
    op.create_table(
        "share_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("office_code", sa.String(length=60), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("applicant", sa.String(length=120), nullable=False),
        sa.Column("data", sa.String(length=20), nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("fields", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("department", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("grantor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("key_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("last_used", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_requests")),
    )
    op.create_index(op.f("ix_share_requests_key_id"), "share_requests", ["key_id"], unique=False)
    op.create_index(op.f("ix_share_requests_office_code"), "share_requests", ["office_code"], unique=False)
    op.create_index(op.f("ix_share_requests_region"), "share_requests", ["region"], unique=False)
    op.create_index(op.f("ix_share_requests_state"), "share_requests", ["state"], unique=False)
    op.create_table(
        "sign_in_counters",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_counters")),
    )
    op.create_index(op.f("ix_sign_in_counters_updated_at"), "sign_in_counters", ["updated_at"], unique=False)
    op.create_table(
        "source_settings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=True),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_settings")),
        sa.UniqueConstraint("source", "version", name=op.f("uq_source_settings_source_version")),
    )
    op.create_table(
        "subjects",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("name", sa.String(length=400), nullable=True),
        sa.Column("region", sa.String(length=6), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("industry", sa.String(length=20), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subjects")),
        sa.UniqueConstraint("key", name=op.f("uq_subjects_key")),
    )
    op.create_index(op.f("ix_subjects_region"), "subjects", ["region"], unique=False)
    op.create_index(op.f("ix_subjects_uscc"), "subjects", ["uscc"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("model", sa.String(length=80), nullable=True),
        sa.Column("condition", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("supersedes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("supersedes", name=op.f("uq_suppressions_supersedes")),
    )
    op.create_table(
        "trainings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("champion", sa.String(length=80), nullable=True),
        sa.Column("challenger", sa.String(length=80), nullable=True),
        sa.Column("decision", sa.String(length=30), nullable=True),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trace_id", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainings")),
        sa.UniqueConstraint("key", name=op.f("uq_trainings_key")),
    )
    op.create_index(op.f("ix_trainings_model"), "trainings", ["model"], unique=False)
    op.create_table(
        "warning_sources",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("options", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("accepted", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("duplicates", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quarantined", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning_sources")),
        sa.UniqueConstraint("name", name=op.f("uq_warning_sources_name")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("merge_key", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("region", sa.String(length=6), nullable=True),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("title_zh", sa.String(length=400), nullable=False),
        sa.Column("title_en", sa.String(length=400), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("trace_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_alerts_run_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_alerts_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("merge_key", name=op.f("uq_alerts_merge_key")),
    )
    op.create_index("ix_alerts_grade_id", "alerts", ["grade", "id"], unique=False)
    op.create_index("ix_alerts_model_opened", "alerts", ["model", "opened_at"], unique=False)
    op.create_index(op.f("ix_alerts_opened_at"), "alerts", ["opened_at"], unique=False)
    op.create_index("ix_alerts_probability_id", "alerts", ["probability", "id"], unique=False)
    op.create_index(op.f("ix_alerts_region"), "alerts", ["region"], unique=False)
    op.create_index(op.f("ix_alerts_run_id"), "alerts", ["run_id"], unique=False)
    op.create_index("ix_alerts_status_id", "alerts", ["status", "id"], unique=False)
    op.create_index(op.f("ix_alerts_subject_id"), "alerts", ["subject_id"], unique=False)
    op.create_index("ix_alerts_updated_id", "alerts", ["updated_at", "id"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("permissions", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("grants", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_api_keys_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index(op.f("ix_api_keys_account_id"), "api_keys", ["account_id"], unique=False)
    op.create_table(
        "archived_outcomes",
        sa.Column("archive_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("candidates", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["archive_id"], ["archives.id"], name=op.f("fk_archived_outcomes_archive_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_archived_outcomes_run_id")),
        sa.PrimaryKeyConstraint("archive_id", "run_id", "outcome", name=op.f("pk_archived_outcomes")),
    )
    op.create_index(op.f("ix_archived_outcomes_run_id"), "archived_outcomes", ["run_id"], unique=False)
    op.create_table(
        "archived_signals",
        sa.Column("identity", sa.LargeBinary(length=32), nullable=False),
        sa.Column("archive_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["archive_id"], ["archives.id"], name=op.f("fk_archived_signals_archive_id")),
        sa.PrimaryKeyConstraint("identity", name=op.f("pk_archived_signals")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_draws",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("frame", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_audit_draws_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_draws")),
        sa.UniqueConstraint("run_id", name=op.f("uq_audit_draws_run_id")),
    )
    op.create_index(op.f("ix_audit_draws_model"), "audit_draws", ["model"], unique=False)
    op.create_table(
        "campaign_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_events_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_events")),
    )
    op.create_index(op.f("ix_campaign_events_campaign_id"), "campaign_events", ["campaign_id"], unique=False)
    op.create_table(
        "case_file_attachments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploader", sa.String(length=120), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.String(length=120), nullable=True),
        sa.Column("removed_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_file_id"], ["case_files.id"], name=op.f("fk_case_file_attachments_case_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file_attachments")),
    )
    op.create_index(op.f("ix_case_file_attachments_case_file_id"), "case_file_attachments", ["case_file_id"], unique=False)
    op.create_index(op.f("ix_case_file_attachments_sha256"), "case_file_attachments", ["sha256"], unique=False)
    op.create_table(
        "case_file_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("office_code", sa.String(length=60), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("supersedes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["case_file_id"], ["case_files.id"], name=op.f("fk_case_file_entries_case_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file_entries")),
        sa.UniqueConstraint("supersedes", name=op.f("uq_case_file_entries_supersedes")),
    )
    op.create_index(op.f("ix_case_file_entries_case_file_id"), "case_file_entries", ["case_file_id"], unique=False)
    op.create_table(
        "case_file_offices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("office_code", sa.String(length=60), nullable=False),
        sa.Column("open_key", sa.String(length=90), nullable=True),
        sa.Column("joined_by", sa.String(length=120), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("left_by", sa.String(length=120), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_file_id"], ["case_files.id"], name=op.f("fk_case_file_offices_case_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file_offices")),
        sa.UniqueConstraint("open_key", name=op.f("uq_case_file_offices_open_key")),
    )
    op.create_index(op.f("ix_case_file_offices_case_file_id"), "case_file_offices", ["case_file_id"], unique=False)
    op.create_index(op.f("ix_case_file_offices_office_code"), "case_file_offices", ["office_code"], unique=False)
    op.create_table(
        "credit_classes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=True),
        sa.Column("class_code", sa.String(length=1), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("assessed_on", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["credit_imports.id"], name=op.f("fk_credit_classes_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_classes")),
        sa.UniqueConstraint("key", name=op.f("uq_credit_classes_key")),
    )
    op.create_index(op.f("ix_credit_classes_class_code"), "credit_classes", ["class_code"], unique=False)
    op.create_index(op.f("ix_credit_classes_import_id"), "credit_classes", ["import_id"], unique=False)
    op.create_index("ix_credit_classes_uscc_known", "credit_classes", ["uscc", "known_at"], unique=False)
    op.create_table(
        "exchange_received",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("identity", sa.String(length=200), nullable=False),
        sa.Column("operation", sa.String(length=1), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("cd_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("problems", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("warnings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("result", sa.String(length=80), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["exchange_batches.id"], name=op.f("fk_exchange_received_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_received")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_exchange_received_batch_id_number")),
    )
    op.create_index(op.f("ix_exchange_received_batch_id"), "exchange_received", ["batch_id"], unique=False)
    op.create_index("ix_exchange_received_known", "exchange_received", ["source", "record", "identity"], unique=False)
    op.create_index(op.f("ix_exchange_received_state"), "exchange_received", ["state"], unique=False)
    op.create_table(
        "exchange_sent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("stream", sa.String(length=80), nullable=False),
        sa.Column("record", sa.String(length=40), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("operation", sa.String(length=1), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("object", sa.String(length=80), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["exchange_batches.id"], name=op.f("fk_exchange_sent_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_sent")),
        sa.UniqueConstraint("stream", "record", "identity", name=op.f("uq_exchange_sent_stream_record_identity")),
    )
    op.create_index(op.f("ix_exchange_sent_batch_id"), "exchange_sent", ["batch_id"], unique=False)
    op.create_index(op.f("ix_exchange_sent_object"), "exchange_sent", ["object"], unique=False)
    op.create_table(
        "import_jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=400), nullable=False),
        sa.Column("spool", sa.String(length=120), nullable=True),
        sa.Column("bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("mapping", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rows", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("error", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_jobs_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_jobs")),
        sa.UniqueConstraint("key", name=op.f("uq_import_jobs_key")),
    )
    op.create_index(op.f("ix_import_jobs_import_id"), "import_jobs", ["import_id"], unique=False)
    op.create_index(op.f("ix_import_jobs_status"), "import_jobs", ["status"], unique=False)
    op.create_table(
        "index_results",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("period", sa.String(length=12), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("grade", sa.String(length=8), nullable=True),
        sa.Column("coverage", sa.Float(), nullable=False),
        sa.Column("parts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["index_versions.id"], name=op.f("fk_index_results_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_results")),
        sa.UniqueConstraint("version_id", "region", "period", name=op.f("uq_index_results_version_id_region_period")),
    )
    op.create_index("ix_index_results_board", "index_results", ["version_id", "period", "level"], unique=False)
    op.create_index(op.f("ix_index_results_region"), "index_results", ["region"], unique=False)
    op.create_table(
        "licences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("number_key", sa.String(length=120), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_licences_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences")),
        sa.UniqueConstraint("kind", "number", "known_from", name=op.f("uq_licences_kind_number_known_from")),
    )
    op.create_index(op.f("ix_licences_number_key"), "licences", ["number_key"], unique=False)
    op.create_index(op.f("ix_licences_subject_id"), "licences", ["subject_id"], unique=False)
    op.create_table(
        "list_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("exclude", sa.Boolean(), nullable=False),
        sa.Column("term", sa.String(length=400), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["rule_items.id"], name=op.f("fk_list_entries_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_entries")),
        sa.UniqueConstraint("item_id", "version", "exclude", "term", name=op.f("uq_list_entries_item_id_version_exclude_term")),
    )
    op.create_index(op.f("ix_list_entries_item_id"), "list_entries", ["item_id"], unique=False)
    op.create_table(
        "matters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=14), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("method", sa.String(length=400), nullable=False),
        sa.Column("measures", sa.String(length=1000), nullable=False),
        sa.Column("object", sa.String(length=400), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("result", sa.String(length=1000), nullable=False),
        sa.Column("level", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["matter_versions.id"], name=op.f("fk_matters_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matters")),
        sa.UniqueConstraint("version_id", "code", name=op.f("uq_matters_version_id_code")),
    )
    op.create_table(
        "officer_leaves",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("officer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("deputy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["deputy_id"], ["officers.id"], name=op.f("fk_officer_leaves_deputy_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officers.id"], name=op.f("fk_officer_leaves_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_leaves")),
    )
    op.create_index(op.f("ix_officer_leaves_officer_id"), "officer_leaves", ["officer_id"], unique=False)
    op.create_table(
        "password_history",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_password_history_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_history")),
    )
    op.create_index(op.f("ix_password_history_account_id"), "password_history", ["account_id"], unique=False)
    op.create_table(
        "penalties",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=120), nullable=True),
        sa.Column("number", sa.String(length=200), nullable=True),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_penalties_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_penalties")),
        sa.UniqueConstraint("key", name=op.f("uq_penalties_key")),
    )
    op.create_index(op.f("ix_penalties_subject_id"), "penalties", ["subject_id"], unique=False)
    op.create_table(
        "push_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["target_id"], ["push_targets.id"], name=op.f("fk_push_attempts_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_attempts")),
    )
    op.create_index(op.f("ix_push_attempts_message"), "push_attempts", ["message"], unique=False)
    op.create_index(op.f("ix_push_attempts_started_at"), "push_attempts", ["started_at"], unique=False)
    op.create_index("ix_push_attempts_target_started", "push_attempts", ["target_id", "started_at"], unique=False)
    op.create_table(
        "push_deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("outbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.String(length=120), nullable=True),
        sa.Column("message", sa.String(length=64), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=60), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_push_deliveries_outbox_id")),
        sa.ForeignKeyConstraint(["target_id"], ["push_targets.id"], name=op.f("fk_push_deliveries_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_deliveries")),
        sa.UniqueConstraint("outbox_id", "target_id", name=op.f("uq_push_deliveries_outbox_id_target_id")),
    )
    op.create_index("ix_push_deliveries_due", "push_deliveries", ["target_id", "next_at", "id"], unique=False)
    op.create_index(op.f("ix_push_deliveries_ended_at"), "push_deliveries", ["ended_at"], unique=False)
    op.create_index(op.f("ix_push_deliveries_message"), "push_deliveries", ["message"], unique=False)
    op.create_index(op.f("ix_push_deliveries_outbox_id"), "push_deliveries", ["outbox_id"], unique=False)
    op.create_index("ix_push_deliveries_state", "push_deliveries", ["state", "id"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("row_no", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("raw", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("problems", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("repaired", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_quarantine_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("import_id", "row_no", name=op.f("uq_quarantine_import_id_row_no")),
    )
    op.create_index(op.f("ix_quarantine_import_id"), "quarantine", ["import_id"], unique=False)
    op.create_index(op.f("ix_quarantine_status"), "quarantine", ["status"], unique=False)
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recovery_codes_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("account_id", "code_hash", name=op.f("uq_recovery_codes_account_id_code_hash")),
    )
    op.create_table(
        "registrations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=120), nullable=False),
        sa.Column("number_key", sa.String(length=120), nullable=False),
        sa.Column("holder", sa.String(length=400), nullable=True),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_registrations_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("kind", "number", "known_from", name=op.f("uq_registrations_kind_number_known_from")),
    )
    op.create_index(op.f("ix_registrations_number_key"), "registrations", ["number_key"], unique=False)
    op.create_index(op.f("ix_registrations_subject_id"), "registrations", ["subject_id"], unique=False)
    op.create_table(
        "report_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event", sa.String(length=12), nullable=False),
        sa.Column("from_state", sa.String(length=12), nullable=True),
        sa.Column("to_state", sa.String(length=12), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_report_events_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_events")),
    )
    op.create_index(op.f("ix_report_events_report_id"), "report_events", ["report_id"], unique=False)
    op.create_table(
        "rule_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("roll_out", sa.Float(), nullable=False),
        sa.Column("diagnostics", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("test", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("pins", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("evidence", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["rule_items.id"], name=op.f("fk_rule_versions_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_versions")),
        sa.UniqueConstraint("item_id", "version", name=op.f("uq_rule_versions_item_id_version")),
    )
    op.create_index(op.f("ix_rule_versions_hash"), "rule_versions", ["hash"], unique=False)
    op.create_index(op.f("ix_rule_versions_item_id"), "rule_versions", ["item_id"], unique=False)
    op.create_index(op.f("ix_rule_versions_state"), "rule_versions", ["state"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("second_factor", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("client", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index(op.f("ix_sessions_account_id"), "sessions", ["account_id"], unique=False)
    op.create_table(
        "share_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event", sa.String(length=12), nullable=False),
        sa.Column("from_state", sa.String(length=10), nullable=True),
        sa.Column("to_state", sa.String(length=10), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["share_requests.id"], name=op.f("fk_share_events_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_events")),
    )
    op.create_index(op.f("ix_share_events_request_id"), "share_events", ["request_id"], unique=False)
    op.create_table(
        "signals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("source_id", sa.String(length=300), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("channel", sa.String(length=60), nullable=True),
        sa.Column("region", sa.String(length=6), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("warnings", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_given", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("linked_by", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_signals_import_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_signals_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signals")),
        sa.UniqueConstraint("identity", name=op.f("uq_signals_identity")),
    )
    op.create_index(op.f("ix_signals_content_hash"), "signals", ["content_hash"], unique=False)
    op.create_index(op.f("ix_signals_import_id"), "signals", ["import_id"], unique=False)
    op.create_index(op.f("ix_signals_observed_at"), "signals", ["observed_at"], unique=False)
    op.create_index(op.f("ix_signals_region"), "signals", ["region"], unique=False)
    op.create_index("ix_signals_subject_observed", "signals", ["subject_id", "observed_at"], unique=False)
    op.create_table(
        "subject_aliases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alias", sa.String(length=600), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_subject_aliases_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_aliases")),
        sa.UniqueConstraint("alias", name=op.f("uq_subject_aliases_alias")),
    )
    op.create_index(op.f("ix_subject_aliases_subject_id"), "subject_aliases", ["subject_id"], unique=False)
    op.create_table(
        "subject_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=120), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_subject_changes_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_changes")),
        sa.UniqueConstraint("key", name=op.f("uq_subject_changes_key")),
    )
    op.create_index(op.f("ix_subject_changes_subject_id"), "subject_changes", ["subject_id"], unique=False)
    op.create_table(
        "subject_links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("value_key", sa.String(length=64), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_to", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_subject_links_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_links")),
        sa.UniqueConstraint(
            "subject_id", "relation", "value_key", "known_from", name=op.f("uq_subject_links_subject_id_relation_value_key_known_from")
        ),
    )
    op.create_index("ix_subject_links_relation_value", "subject_links", ["relation", "value_key"], unique=False)
    op.create_index(op.f("ix_subject_links_subject_id"), "subject_links", ["subject_id"], unique=False)
    op.create_table(
        "assessments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("signal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("model_version", sa.String(length=80), nullable=False),
        sa.Column("rules_version", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("evidence_hash", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_assessments_run_id")),
        sa.ForeignKeyConstraint(["signal_id"], ["signals.id"], name=op.f("fk_assessments_signal_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_assessments_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
        sa.UniqueConstraint("run_id", "signal_id", name=op.f("uq_assessments_run_id_signal_id")),
    )
    op.create_index("ix_assessments_model_as_of", "assessments", ["model", "as_of"], unique=False)
    op.create_index("ix_assessments_signal_model", "assessments", ["signal_id", "model"], unique=False)
    op.create_index(op.f("ix_assessments_subject_id"), "assessments", ["subject_id"], unique=False)
    op.create_table(
        "joint_tasks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("lead_office", sa.String(length=60), nullable=False),
        sa.Column("visit_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_joint_tasks_alert_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_joint_tasks_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_tasks")),
    )
    op.create_index(op.f("ix_joint_tasks_alert_id"), "joint_tasks", ["alert_id"], unique=False)
    op.create_index(op.f("ix_joint_tasks_lead_office"), "joint_tasks", ["lead_office"], unique=False)
    op.create_index(op.f("ix_joint_tasks_state"), "joint_tasks", ["state"], unique=False)
    op.create_index(op.f("ix_joint_tasks_subject_id"), "joint_tasks", ["subject_id"], unique=False)
    op.create_table(
        "live_rules",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["rule_items.id"], name=op.f("fk_live_rules_item_id")),
        sa.ForeignKeyConstraint(["version_id"], ["rule_versions.id"], name=op.f("fk_live_rules_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_rules")),
        sa.UniqueConstraint("item_id", name=op.f("uq_live_rules_item_id")),
    )
    op.create_index(op.f("ix_live_rules_version_id"), "live_rules", ["version_id"], unique=False)
    op.create_table(
        "manual_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("signal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("graded_by", sa.String(length=10), nullable=False),
        sa.Column("judged", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("office_code", sa.String(length=60), nullable=True),
        sa.Column("entered_by", sa.String(length=120), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_manual_entries_alert_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_manual_entries_run_id")),
        sa.ForeignKeyConstraint(["signal_id"], ["signals.id"], name=op.f("fk_manual_entries_signal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manual_entries")),
        sa.UniqueConstraint("key", name=op.f("uq_manual_entries_key")),
    )
    op.create_index(op.f("ix_manual_entries_alert_id"), "manual_entries", ["alert_id"], unique=False)
    op.create_index(op.f("ix_manual_entries_entered_at"), "manual_entries", ["entered_at"], unique=False)
    op.create_index(op.f("ix_manual_entries_run_id"), "manual_entries", ["run_id"], unique=False)
    op.create_index(op.f("ix_manual_entries_signal_id"), "manual_entries", ["signal_id"], unique=False)
    op.create_table(
        "outside_warnings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("system", sa.String(length=80), nullable=False),
        sa.Column("warning_id", sa.String(length=200), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("rule", sa.String(length=400), nullable=True),
        sa.Column("raw_hash", sa.String(length=64), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_outside_warnings_alert_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_outside_warnings_run_id")),
        sa.ForeignKeyConstraint(["signal_id"], ["signals.id"], name=op.f("fk_outside_warnings_signal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_warnings")),
        sa.UniqueConstraint("system", "warning_id", name=op.f("uq_outside_warnings_system_warning_id")),
    )
    op.create_index(op.f("ix_outside_warnings_alert_id"), "outside_warnings", ["alert_id"], unique=False)
    op.create_index(op.f("ix_outside_warnings_received_at"), "outside_warnings", ["received_at"], unique=False)
    op.create_index(op.f("ix_outside_warnings_run_id"), "outside_warnings", ["run_id"], unique=False)
    op.create_index(op.f("ix_outside_warnings_signal_id"), "outside_warnings", ["signal_id"], unique=False)
    op.create_table(
        "rule_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["rule_versions.id"], name=op.f("fk_rule_events_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_events")),
    )
    op.create_index("ix_rule_events_live_id", "rule_events", ["live", "id"], unique=False)
    op.create_index(op.f("ix_rule_events_version_id"), "rule_events", ["version_id"], unique=False)
    op.create_table(
        "shadow_hits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("signal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("how", sa.String(length=12), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_shadow_hits_run_id")),
        sa.ForeignKeyConstraint(["signal_id"], ["signals.id"], name=op.f("fk_shadow_hits_signal_id")),
        sa.ForeignKeyConstraint(["version_id"], ["rule_versions.id"], name=op.f("fk_shadow_hits_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_hits")),
        sa.UniqueConstraint("version_id", "rule", "signal_id", "run_id", name=op.f("uq_shadow_hits_version_id_rule_signal_id_run_id")),
    )
    op.create_index(op.f("ix_shadow_hits_run_id"), "shadow_hits", ["run_id"], unique=False)
    op.create_index(op.f("ix_shadow_hits_signal_id"), "shadow_hits", ["signal_id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("about_alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("model", sa.String(length=80), nullable=True),
        sa.Column("title_zh", sa.String(length=400), nullable=True),
        sa.Column("title_en", sa.String(length=400), nullable=True),
        sa.Column("office_code", sa.String(length=60), nullable=False),
        sa.Column("routed_by", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("officer", sa.String(length=120), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ceiling_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sign_due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report_due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("extension_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suggested_office", sa.String(length=60), nullable=True),
        sa.Column("reminded", sa.String(length=80), nullable=True),
        sa.Column("escalated_to", sa.String(length=60), nullable=True),
        sa.Column("stage", sa.String(length=12), nullable=True),
        sa.Column("stage_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("person_first", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_tasks_alert_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["tasks.id"], name=op.f("fk_tasks_parent_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_tasks_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("alert_id", name=op.f("uq_tasks_alert_id")),
    )
    op.create_index(op.f("ix_tasks_about_alert_id"), "tasks", ["about_alert_id"], unique=False)
    op.create_index(op.f("ix_tasks_alert_id"), "tasks", ["alert_id"], unique=False)
    op.create_index("ix_tasks_due", "tasks", ["report_due", sa.literal_column("person_first DESC"), "id"], unique=False)
    op.create_index(op.f("ix_tasks_escalated_to"), "tasks", ["escalated_to"], unique=False)
    op.create_index(op.f("ix_tasks_issued_at"), "tasks", ["issued_at"], unique=False)
    op.create_index(op.f("ix_tasks_office_code"), "tasks", ["office_code"], unique=False)
    op.create_index("ix_tasks_office_due", "tasks", ["office_code", "report_due"], unique=False)
    op.create_index("ix_tasks_office_seen", "tasks", ["office_code", "alert_id", "about_alert_id", "subject_id"], unique=False)
    op.create_index(op.f("ix_tasks_officer"), "tasks", ["officer"], unique=False)
    op.create_index(op.f("ix_tasks_parent_id"), "tasks", ["parent_id"], unique=False)
    op.create_index("ix_tasks_state_due", "tasks", ["state", "report_due", sa.literal_column("person_first DESC"), "id"], unique=False)
    op.create_index(op.f("ix_tasks_subject_id"), "tasks", ["subject_id"], unique=False)
    op.create_index("ix_tasks_updated", "tasks", ["updated_at", "id"], unique=False)
    op.create_index("ix_tasks_week", "tasks", ["kind", "issued_at", "office_code"], unique=False)
    op.create_table(
        "advices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("sent_by", sa.String(length=120), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_advices_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_advices")),
    )
    op.create_index(op.f("ix_advices_task_id"), "advices", ["task_id"], unique=False)
    op.create_table(
        "alert_evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("assessment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_evidence_alert_id")),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"], name=op.f("fk_alert_evidence_assessment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_evidence")),
        sa.UniqueConstraint("alert_id", "assessment_id", name=op.f("uq_alert_evidence_alert_id_assessment_id")),
    )
    op.create_index(op.f("ix_alert_evidence_alert_id"), "alert_evidence", ["alert_id"], unique=False)
    op.create_index(op.f("ix_alert_evidence_assessment_id"), "alert_evidence", ["assessment_id"], unique=False)
    op.create_table(
        "assists",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asking_office", sa.String(length=60), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("documents", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("asked_by", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.String(length=120), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["tasks.id"], name=op.f("fk_assists_parent_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_assists_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assists")),
        sa.UniqueConstraint("task_id", name=op.f("uq_assists_task_id")),
    )
    op.create_index(op.f("ix_assists_asking_office"), "assists", ["asking_office"], unique=False)
    op.create_index(op.f("ix_assists_parent_id"), "assists", ["parent_id"], unique=False)
    op.create_table(
        "audit_samples",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("draw_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("assessment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("signal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("stratum", sa.String(length=20), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"], name=op.f("fk_audit_samples_assessment_id")),
        sa.ForeignKeyConstraint(["draw_id"], ["audit_draws.id"], name=op.f("fk_audit_samples_draw_id")),
        sa.ForeignKeyConstraint(["signal_id"], ["signals.id"], name=op.f("fk_audit_samples_signal_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_audit_samples_subject_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_audit_samples_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_samples")),
        sa.UniqueConstraint("model", "assessment_id", name=op.f("uq_audit_samples_model_assessment_id")),
    )
    op.create_index(op.f("ix_audit_samples_assessment_id"), "audit_samples", ["assessment_id"], unique=False)
    op.create_index(op.f("ix_audit_samples_draw_id"), "audit_samples", ["draw_id"], unique=False)
    op.create_index(op.f("ix_audit_samples_signal_id"), "audit_samples", ["signal_id"], unique=False)
    op.create_index(op.f("ix_audit_samples_subject_id"), "audit_samples", ["subject_id"], unique=False)
    op.create_index(op.f("ix_audit_samples_task_id"), "audit_samples", ["task_id"], unique=False)
    op.create_table(
        "campaign_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("campaign_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_campaign_items_alert_id")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_items_campaign_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_campaign_items_subject_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_campaign_items_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_items")),
        sa.UniqueConstraint("campaign_id", "key", name=op.f("uq_campaign_items_campaign_id_key")),
    )
    op.create_index(op.f("ix_campaign_items_alert_id"), "campaign_items", ["alert_id"], unique=False)
    op.create_index(op.f("ix_campaign_items_campaign_id"), "campaign_items", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_campaign_items_subject_id"), "campaign_items", ["subject_id"], unique=False)
    op.create_index(op.f("ix_campaign_items_task_id"), "campaign_items", ["task_id"], unique=False)
    op.create_table(
        "candidates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("assessment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("signal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_candidates_alert_id")),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"], name=op.f("fk_candidates_assessment_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_candidates_run_id")),
        sa.ForeignKeyConstraint(["signal_id"], ["signals.id"], name=op.f("fk_candidates_signal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidates")),
        sa.UniqueConstraint("run_id", "signal_id", name=op.f("uq_candidates_run_id_signal_id")),
    )
    op.create_index(op.f("ix_candidates_alert_id"), "candidates", ["alert_id"], unique=False)
    op.create_index(op.f("ix_candidates_assessment_id"), "candidates", ["assessment_id"], unique=False)
    op.create_index("ix_candidates_run_outcome", "candidates", ["run_id", "outcome"], unique=False)
    op.create_index(op.f("ix_candidates_signal_id"), "candidates", ["signal_id"], unique=False)
    op.create_table(
        "copies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("office_code", sa.String(length=60), nullable=False),
        sa.Column("from_office", sa.String(length=60), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.String(length=120), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt_due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.String(length=120), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt_note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_copies_alert_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_copies_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copies")),
        sa.UniqueConstraint("alert_id", "office_code", name=op.f("uq_copies_alert_id_office_code")),
    )
    op.create_index(op.f("ix_copies_alert_id"), "copies", ["alert_id"], unique=False)
    op.create_index(op.f("ix_copies_from_office"), "copies", ["from_office"], unique=False)
    op.create_index("ix_copies_office_alert", "copies", ["office_code", "alert_id"], unique=False)
    op.create_index(op.f("ix_copies_receipt_due"), "copies", ["receipt_due"], unique=False)
    op.create_index(op.f("ix_copies_task_id"), "copies", ["task_id"], unique=False)
    op.create_table(
        "joint_parts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("joint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("office_code", sa.String(length=60), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["joint_id"], ["joint_tasks.id"], name=op.f("fk_joint_parts_joint_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_joint_parts_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_parts")),
        sa.UniqueConstraint("joint_id", "office_code", name=op.f("uq_joint_parts_joint_id_office_code")),
        sa.UniqueConstraint("task_id", name=op.f("uq_joint_parts_task_id")),
    )
    op.create_index(op.f("ix_joint_parts_joint_id"), "joint_parts", ["joint_id"], unique=False)
    op.create_index(op.f("ix_joint_parts_office_code"), "joint_parts", ["office_code"], unique=False)
    op.create_table(
        "reporters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=60), nullable=True),
        sa.Column("address", sa.String(length=400), nullable=True),
        sa.Column("wants_answer", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["manual_entries.id"], name=op.f("fk_reporters_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporters")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_reporters_entry_id")),
    )
    op.create_table(
        "shadow_scores",
        sa.Column("training_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("assessment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"], name=op.f("fk_shadow_scores_assessment_id")),
        sa.ForeignKeyConstraint(["training_id"], ["trainings.id"], name=op.f("fk_shadow_scores_training_id")),
        sa.PrimaryKeyConstraint("training_id", "assessment_id", name=op.f("pk_shadow_scores")),
    )
    op.create_index(op.f("ix_shadow_scores_assessment_id"), "shadow_scores", ["assessment_id"], unique=False)
    op.create_table(
        "suppression_hits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("suppression_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("assessment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"], name=op.f("fk_suppression_hits_assessment_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_suppression_hits_run_id")),
        sa.ForeignKeyConstraint(["suppression_id"], ["suppressions.id"], name=op.f("fk_suppression_hits_suppression_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression_hits")),
        sa.UniqueConstraint("suppression_id", "assessment_id", name=op.f("uq_suppression_hits_suppression_id_assessment_id")),
    )
    op.create_index(op.f("ix_suppression_hits_assessment_id"), "suppression_hits", ["assessment_id"], unique=False)
    op.create_index(op.f("ix_suppression_hits_run_id"), "suppression_hits", ["run_id"], unique=False)
    op.create_table(
        "task_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trace_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_task_events_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_events")),
    )
    op.create_index(op.f("ix_task_events_task_id"), "task_events", ["task_id"], unique=False)
    op.create_table(
        "verdict_drafts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_verdict_drafts_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict_drafts")),
        sa.UniqueConstraint("task_id", name=op.f("uq_verdict_drafts_task_id")),
    )
    op.create_index(op.f("ix_verdict_drafts_changed_at"), "verdict_drafts", ["changed_at"], unique=False)
    op.create_table(
        "verdicts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("sub_reason", sa.String(length=60), nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("measures", sa.Text(), nullable=True),
        sa.Column("officers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=True),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("supersedes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("correction_reason", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("unit_code", sa.String(length=60), nullable=True),
        sa.Column("handlers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("documents", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("fined_fen", sa.BigInteger(), nullable=True),
        sa.Column("confiscated_fen", sa.BigInteger(), nullable=True),
        sa.Column("transfer_to", sa.String(length=400), nullable=True),
        sa.Column("rule_feedback", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trace_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_verdicts_alert_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_verdicts_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
    )
    op.create_index(op.f("ix_verdicts_alert_id"), "verdicts", ["alert_id"], unique=False)
    op.create_index(op.f("ix_verdicts_changed_at"), "verdicts", ["changed_at"], unique=False)
    op.create_index(op.f("ix_verdicts_code"), "verdicts", ["code"], unique=False)
    op.create_index(op.f("ix_verdicts_reported_at"), "verdicts", ["reported_at"], unique=False)
    op.create_index(op.f("ix_verdicts_state"), "verdicts", ["state"], unique=False)
    op.create_index(op.f("ix_verdicts_supersedes"), "verdicts", ["supersedes"], unique=False)
    op.create_index(op.f("ix_verdicts_task_id"), "verdicts", ["task_id"], unique=False)
    op.create_index(op.f("ix_verdicts_unit_code"), "verdicts", ["unit_code"], unique=False)
    op.create_table(
        "acts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("matter_code", sa.String(length=14), nullable=False),
        sa.Column("office_code", sa.String(length=60), nullable=True),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("fined_fen", sa.BigInteger(), nullable=True),
        sa.Column("fields", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("batch", sa.String(length=40), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_acts_subject_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_acts_task_id")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_acts_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
        sa.UniqueConstraint("record_id", name=op.f("uq_acts_record_id")),
    )
    op.create_index(op.f("ix_acts_batch"), "acts", ["batch"], unique=False)
    op.create_index(op.f("ix_acts_changed_at"), "acts", ["changed_at"], unique=False)
    op.create_index(op.f("ix_acts_happened_on"), "acts", ["happened_on"], unique=False)
    op.create_index(op.f("ix_acts_kind"), "acts", ["kind"], unique=False)
    op.create_index(op.f("ix_acts_number"), "acts", ["number"], unique=False)
    op.create_index(op.f("ix_acts_office_code"), "acts", ["office_code"], unique=False)
    op.create_index(op.f("ix_acts_subject_id"), "acts", ["subject_id"], unique=False)
    op.create_index(op.f("ix_acts_task_id"), "acts", ["task_id"], unique=False)
    op.create_index(op.f("ix_acts_verdict_id"), "acts", ["verdict_id"], unique=False)
    op.create_table(
        "appeals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party", sa.String(length=12), nullable=False),
        sa.Column("open_key", sa.String(length=60), nullable=True),
        sa.Column("appellant", sa.String(length=200), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("correction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_appeals_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("open_key", name=op.f("uq_appeals_open_key")),
    )
    op.create_index(op.f("ix_appeals_changed_at"), "appeals", ["changed_at"], unique=False)
    op.create_index(op.f("ix_appeals_state"), "appeals", ["state"], unique=False)
    op.create_index(op.f("ix_appeals_verdict_id"), "appeals", ["verdict_id"], unique=False)
    op.create_table(
        "clue_feedbacks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sender_kind", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=300), nullable=False),
        sa.Column("signal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("office_code", sa.String(length=60), nullable=True),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_by", sa.String(length=120), nullable=True),
        sa.Column("how", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["signal_id"], ["signals.id"], name=op.f("fk_clue_feedbacks_signal_id")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_clue_feedbacks_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clue_feedbacks")),
        sa.UniqueConstraint(
            "verdict_id", "sender_kind", "sender", "reference", name=op.f("uq_clue_feedbacks_verdict_id_sender_kind_sender_reference")
        ),
    )
    op.create_index(op.f("ix_clue_feedbacks_due_at"), "clue_feedbacks", ["due_at"], unique=False)
    op.create_index(op.f("ix_clue_feedbacks_office_code"), "clue_feedbacks", ["office_code"], unique=False)
    op.create_index(op.f("ix_clue_feedbacks_signal_id"), "clue_feedbacks", ["signal_id"], unique=False)
    op.create_index(op.f("ix_clue_feedbacks_state"), "clue_feedbacks", ["state"], unique=False)
    op.create_index(op.f("ix_clue_feedbacks_verdict_id"), "clue_feedbacks", ["verdict_id"], unique=False)
    op.create_table(
        "exposures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("open_key", sa.String(length=40), nullable=True),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("office_code", sa.String(length=60), nullable=False),
        sa.Column("subject_name", sa.String(length=400), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_exposures_subject_id")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_exposures_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposures")),
        sa.UniqueConstraint("open_key", name=op.f("uq_exposures_open_key")),
    )
    op.create_index(op.f("ix_exposures_office_code"), "exposures", ["office_code"], unique=False)
    op.create_index(op.f("ix_exposures_state"), "exposures", ["state"], unique=False)
    op.create_index(op.f("ix_exposures_subject_id"), "exposures", ["subject_id"], unique=False)
    op.create_index(op.f("ix_exposures_verdict_id"), "exposures", ["verdict_id"], unique=False)
    op.create_table(
        "labels",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("signal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("matures_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["signal_id"], ["signals.id"], name=op.f("fk_labels_signal_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_labels_subject_id")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_labels_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint("model", "signal_id", "verdict_id", name=op.f("uq_labels_model_signal_id_verdict_id")),
    )
    op.create_index(op.f("ix_labels_matures_at"), "labels", ["matures_at"], unique=False)
    op.create_index(op.f("ix_labels_signal_id"), "labels", ["signal_id"], unique=False)
    op.create_index(op.f("ix_labels_subject_id"), "labels", ["subject_id"], unique=False)
    op.create_index(op.f("ix_labels_verdict_id"), "labels", ["verdict_id"], unique=False)
    op.create_table(
        "repair_tasks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("repair", sa.String(length=12), nullable=False),
        sa.Column("sub_reason", sa.String(length=60), nullable=False),
        sa.Column("rules", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=True),
        sa.Column("owner_zh", sa.String(length=200), nullable=False),
        sa.Column("owner_en", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.String(length=120), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_repair_tasks_alert_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_repair_tasks_subject_id")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_repair_tasks_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repair_tasks")),
        sa.UniqueConstraint("key", name=op.f("uq_repair_tasks_key")),
    )
    op.create_index(op.f("ix_repair_tasks_alert_id"), "repair_tasks", ["alert_id"], unique=False)
    op.create_index(op.f("ix_repair_tasks_changed_at"), "repair_tasks", ["changed_at"], unique=False)
    op.create_index(op.f("ix_repair_tasks_model"), "repair_tasks", ["model"], unique=False)
    op.create_index(op.f("ix_repair_tasks_state"), "repair_tasks", ["state"], unique=False)
    op.create_index(op.f("ix_repair_tasks_subject_id"), "repair_tasks", ["subject_id"], unique=False)
    op.create_index(op.f("ix_repair_tasks_verdict_id"), "repair_tasks", ["verdict_id"], unique=False)
    op.create_table(
        "verdict_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("from_state", sa.String(length=12), nullable=True),
        sa.Column("to_state", sa.String(length=12), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_verdict_events_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict_events")),
    )
    op.create_index(op.f("ix_verdict_events_verdict_id"), "verdict_events", ["verdict_id"], unique=False)
    op.create_table(
        "verdict_reviews",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reasons", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewer", sa.String(length=120), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_verdict_reviews_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict_reviews")),
        sa.UniqueConstraint("verdict_id", name=op.f("uq_verdict_reviews_verdict_id")),
    )
    op.create_index(op.f("ix_verdict_reviews_state"), "verdict_reviews", ["state"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("appeal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploader", sa.String(length=120), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.String(length=120), nullable=True),
        sa.Column("removed_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_attachments_appeal_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_attachments_task_id")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_attachments_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_appeal_id"), "attachments", ["appeal_id"], unique=False)
    op.create_index(op.f("ix_attachments_sha256"), "attachments", ["sha256"], unique=False)
    op.create_index(op.f("ix_attachments_task_id"), "attachments", ["task_id"], unique=False)
    op.create_index(op.f("ix_attachments_uploaded_at"), "attachments", ["uploaded_at"], unique=False)
    op.create_index(op.f("ix_attachments_verdict_id"), "attachments", ["verdict_id"], unique=False)
    op.create_table(
        "case_file_links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("signal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("verdict_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("act_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("open_key", sa.String(length=90), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("added_by", sa.String(length=120), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by", sa.String(length=120), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["act_id"], ["acts.id"], name=op.f("fk_case_file_links_act_id")),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_case_file_links_alert_id")),
        sa.ForeignKeyConstraint(["case_file_id"], ["case_files.id"], name=op.f("fk_case_file_links_case_file_id")),
        sa.ForeignKeyConstraint(["signal_id"], ["signals.id"], name=op.f("fk_case_file_links_signal_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_case_file_links_subject_id")),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_case_file_links_task_id")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_case_file_links_verdict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file_links")),
        sa.UniqueConstraint("open_key", name=op.f("uq_case_file_links_open_key")),
    )
    op.create_index(op.f("ix_case_file_links_act_id"), "case_file_links", ["act_id"], unique=False)
    op.create_index(op.f("ix_case_file_links_alert_id"), "case_file_links", ["alert_id"], unique=False)
    op.create_index(op.f("ix_case_file_links_case_file_id"), "case_file_links", ["case_file_id"], unique=False)
    op.create_index(op.f("ix_case_file_links_signal_id"), "case_file_links", ["signal_id"], unique=False)
    op.create_index(op.f("ix_case_file_links_subject_id"), "case_file_links", ["subject_id"], unique=False)
    op.create_index(op.f("ix_case_file_links_task_id"), "case_file_links", ["task_id"], unique=False)
    op.create_index(op.f("ix_case_file_links_verdict_id"), "case_file_links", ["verdict_id"], unique=False)
    op.create_table(
        "exposure_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("exposure_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event", sa.String(length=12), nullable=False),
        sa.Column("from_state", sa.String(length=12), nullable=True),
        sa.Column("to_state", sa.String(length=12), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["exposure_id"], ["exposures.id"], name=op.f("fk_exposure_events_exposure_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exposure_events")),
    )
    op.create_index(op.f("ix_exposure_events_exposure_id"), "exposure_events", ["exposure_id"], unique=False)
    op.create_table(
        "random_plan_units",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("drawn_by", sa.String(length=10), nullable=False),
        sa.Column("weighted_chance", sa.Float(), nullable=False),
        sa.Column("audit_chance", sa.Float(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("class_code", sa.String(length=1), nullable=True),
        sa.Column("grade", sa.String(length=8), nullable=False),
        sa.Column("alerted", sa.Boolean(), nullable=False),
        sa.Column("inspectors", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=True),
        sa.Column("label", sa.Float(), nullable=True),
        sa.Column("inspected_on", sa.Date(), nullable=True),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.Column("act_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("result_by", sa.String(length=120), nullable=True),
        sa.Column("result_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["act_id"], ["acts.id"], name=op.f("fk_random_plan_units_act_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["random_plans.id"], name=op.f("fk_random_plan_units_plan_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_random_plan_units_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_random_plan_units")),
        sa.UniqueConstraint("plan_id", "subject_id", name=op.f("uq_random_plan_units_plan_id_subject_id")),
    )
    op.create_index(op.f("ix_random_plan_units_act_id"), "random_plan_units", ["act_id"], unique=False)
    op.create_index(op.f("ix_random_plan_units_inspected_on"), "random_plan_units", ["inspected_on"], unique=False)
    op.create_index(op.f("ix_random_plan_units_plan_id"), "random_plan_units", ["plan_id"], unique=False)
    op.create_index(op.f("ix_random_plan_units_subject_id"), "random_plan_units", ["subject_id"], unique=False)
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Drop every table."""
    op.drop_index(op.f("ix_random_plan_units_subject_id"), table_name="random_plan_units")
    op.drop_index(op.f("ix_random_plan_units_plan_id"), table_name="random_plan_units")
    op.drop_index(op.f("ix_random_plan_units_inspected_on"), table_name="random_plan_units")
    op.drop_index(op.f("ix_random_plan_units_act_id"), table_name="random_plan_units")
    op.drop_table("random_plan_units")
    op.drop_index(op.f("ix_exposure_events_exposure_id"), table_name="exposure_events")
    op.drop_table("exposure_events")
    op.drop_index(op.f("ix_case_file_links_verdict_id"), table_name="case_file_links")
    op.drop_index(op.f("ix_case_file_links_task_id"), table_name="case_file_links")
    op.drop_index(op.f("ix_case_file_links_subject_id"), table_name="case_file_links")
    op.drop_index(op.f("ix_case_file_links_signal_id"), table_name="case_file_links")
    op.drop_index(op.f("ix_case_file_links_case_file_id"), table_name="case_file_links")
    op.drop_index(op.f("ix_case_file_links_alert_id"), table_name="case_file_links")
    op.drop_index(op.f("ix_case_file_links_act_id"), table_name="case_file_links")
    op.drop_table("case_file_links")
    op.drop_index(op.f("ix_attachments_verdict_id"), table_name="attachments")
    op.drop_index(op.f("ix_attachments_uploaded_at"), table_name="attachments")
    op.drop_index(op.f("ix_attachments_task_id"), table_name="attachments")
    op.drop_index(op.f("ix_attachments_sha256"), table_name="attachments")
    op.drop_index(op.f("ix_attachments_appeal_id"), table_name="attachments")
    op.drop_table("attachments")
    op.drop_index(op.f("ix_verdict_reviews_state"), table_name="verdict_reviews")
    op.drop_table("verdict_reviews")
    op.drop_index(op.f("ix_verdict_events_verdict_id"), table_name="verdict_events")
    op.drop_table("verdict_events")
    op.drop_index(op.f("ix_repair_tasks_verdict_id"), table_name="repair_tasks")
    op.drop_index(op.f("ix_repair_tasks_subject_id"), table_name="repair_tasks")
    op.drop_index(op.f("ix_repair_tasks_state"), table_name="repair_tasks")
    op.drop_index(op.f("ix_repair_tasks_model"), table_name="repair_tasks")
    op.drop_index(op.f("ix_repair_tasks_changed_at"), table_name="repair_tasks")
    op.drop_index(op.f("ix_repair_tasks_alert_id"), table_name="repair_tasks")
    op.drop_table("repair_tasks")
    op.drop_index(op.f("ix_labels_verdict_id"), table_name="labels")
    op.drop_index(op.f("ix_labels_subject_id"), table_name="labels")
    op.drop_index(op.f("ix_labels_signal_id"), table_name="labels")
    op.drop_index(op.f("ix_labels_matures_at"), table_name="labels")
    op.drop_table("labels")
    op.drop_index(op.f("ix_exposures_verdict_id"), table_name="exposures")
    op.drop_index(op.f("ix_exposures_subject_id"), table_name="exposures")
    op.drop_index(op.f("ix_exposures_state"), table_name="exposures")
    op.drop_index(op.f("ix_exposures_office_code"), table_name="exposures")
    op.drop_table("exposures")
    op.drop_index(op.f("ix_clue_feedbacks_verdict_id"), table_name="clue_feedbacks")
    op.drop_index(op.f("ix_clue_feedbacks_state"), table_name="clue_feedbacks")
    op.drop_index(op.f("ix_clue_feedbacks_signal_id"), table_name="clue_feedbacks")
    op.drop_index(op.f("ix_clue_feedbacks_office_code"), table_name="clue_feedbacks")
    op.drop_index(op.f("ix_clue_feedbacks_due_at"), table_name="clue_feedbacks")
    op.drop_table("clue_feedbacks")
    op.drop_index(op.f("ix_appeals_verdict_id"), table_name="appeals")
    op.drop_index(op.f("ix_appeals_state"), table_name="appeals")
    op.drop_index(op.f("ix_appeals_changed_at"), table_name="appeals")
    op.drop_table("appeals")
    op.drop_index(op.f("ix_acts_verdict_id"), table_name="acts")
    op.drop_index(op.f("ix_acts_task_id"), table_name="acts")
    op.drop_index(op.f("ix_acts_subject_id"), table_name="acts")
    op.drop_index(op.f("ix_acts_office_code"), table_name="acts")
    op.drop_index(op.f("ix_acts_number"), table_name="acts")
    op.drop_index(op.f("ix_acts_kind"), table_name="acts")
    op.drop_index(op.f("ix_acts_happened_on"), table_name="acts")
    op.drop_index(op.f("ix_acts_changed_at"), table_name="acts")
    op.drop_index(op.f("ix_acts_batch"), table_name="acts")
    op.drop_table("acts")
    op.drop_index(op.f("ix_verdicts_unit_code"), table_name="verdicts")
    op.drop_index(op.f("ix_verdicts_task_id"), table_name="verdicts")
    op.drop_index(op.f("ix_verdicts_supersedes"), table_name="verdicts")
    op.drop_index(op.f("ix_verdicts_state"), table_name="verdicts")
    op.drop_index(op.f("ix_verdicts_reported_at"), table_name="verdicts")
    op.drop_index(op.f("ix_verdicts_code"), table_name="verdicts")
    op.drop_index(op.f("ix_verdicts_changed_at"), table_name="verdicts")
    op.drop_index(op.f("ix_verdicts_alert_id"), table_name="verdicts")
    op.drop_table("verdicts")
    op.drop_index(op.f("ix_verdict_drafts_changed_at"), table_name="verdict_drafts")
    op.drop_table("verdict_drafts")
    op.drop_index(op.f("ix_task_events_task_id"), table_name="task_events")
    op.drop_table("task_events")
    op.drop_index(op.f("ix_suppression_hits_run_id"), table_name="suppression_hits")
    op.drop_index(op.f("ix_suppression_hits_assessment_id"), table_name="suppression_hits")
    op.drop_table("suppression_hits")
    op.drop_index(op.f("ix_shadow_scores_assessment_id"), table_name="shadow_scores")
    op.drop_table("shadow_scores")
    op.drop_table("reporters")
    op.drop_index(op.f("ix_joint_parts_office_code"), table_name="joint_parts")
    op.drop_index(op.f("ix_joint_parts_joint_id"), table_name="joint_parts")
    op.drop_table("joint_parts")
    op.drop_index(op.f("ix_copies_task_id"), table_name="copies")
    op.drop_index(op.f("ix_copies_receipt_due"), table_name="copies")
    op.drop_index("ix_copies_office_alert", table_name="copies")
    op.drop_index(op.f("ix_copies_from_office"), table_name="copies")
    op.drop_index(op.f("ix_copies_alert_id"), table_name="copies")
    op.drop_table("copies")
    op.drop_index(op.f("ix_candidates_signal_id"), table_name="candidates")
    op.drop_index("ix_candidates_run_outcome", table_name="candidates")
    op.drop_index(op.f("ix_candidates_assessment_id"), table_name="candidates")
    op.drop_index(op.f("ix_candidates_alert_id"), table_name="candidates")
    op.drop_table("candidates")
    op.drop_index(op.f("ix_campaign_items_task_id"), table_name="campaign_items")
    op.drop_index(op.f("ix_campaign_items_subject_id"), table_name="campaign_items")
    op.drop_index(op.f("ix_campaign_items_campaign_id"), table_name="campaign_items")
    op.drop_index(op.f("ix_campaign_items_alert_id"), table_name="campaign_items")
    op.drop_table("campaign_items")
    op.drop_index(op.f("ix_audit_samples_task_id"), table_name="audit_samples")
    op.drop_index(op.f("ix_audit_samples_subject_id"), table_name="audit_samples")
    op.drop_index(op.f("ix_audit_samples_signal_id"), table_name="audit_samples")
    op.drop_index(op.f("ix_audit_samples_draw_id"), table_name="audit_samples")
    op.drop_index(op.f("ix_audit_samples_assessment_id"), table_name="audit_samples")
    op.drop_table("audit_samples")
    op.drop_index(op.f("ix_assists_parent_id"), table_name="assists")
    op.drop_index(op.f("ix_assists_asking_office"), table_name="assists")
    op.drop_table("assists")
    op.drop_index(op.f("ix_alert_evidence_assessment_id"), table_name="alert_evidence")
    op.drop_index(op.f("ix_alert_evidence_alert_id"), table_name="alert_evidence")
    op.drop_table("alert_evidence")
    op.drop_index(op.f("ix_advices_task_id"), table_name="advices")
    op.drop_table("advices")
    op.drop_index("ix_tasks_week", table_name="tasks")
    op.drop_index("ix_tasks_updated", table_name="tasks")
    op.drop_index(op.f("ix_tasks_subject_id"), table_name="tasks")
    op.drop_index("ix_tasks_state_due", table_name="tasks")
    op.drop_index(op.f("ix_tasks_parent_id"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_officer"), table_name="tasks")
    op.drop_index("ix_tasks_office_seen", table_name="tasks")
    op.drop_index("ix_tasks_office_due", table_name="tasks")
    op.drop_index(op.f("ix_tasks_office_code"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_issued_at"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_escalated_to"), table_name="tasks")
    op.drop_index("ix_tasks_due", table_name="tasks")
    op.drop_index(op.f("ix_tasks_alert_id"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_about_alert_id"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(op.f("ix_shadow_hits_signal_id"), table_name="shadow_hits")
    op.drop_index(op.f("ix_shadow_hits_run_id"), table_name="shadow_hits")
    op.drop_table("shadow_hits")
    op.drop_index(op.f("ix_rule_events_version_id"), table_name="rule_events")
    op.drop_index("ix_rule_events_live_id", table_name="rule_events")
    op.drop_table("rule_events")
    op.drop_index(op.f("ix_outside_warnings_signal_id"), table_name="outside_warnings")
    op.drop_index(op.f("ix_outside_warnings_run_id"), table_name="outside_warnings")
    op.drop_index(op.f("ix_outside_warnings_received_at"), table_name="outside_warnings")
    op.drop_index(op.f("ix_outside_warnings_alert_id"), table_name="outside_warnings")
    op.drop_table("outside_warnings")
    op.drop_index(op.f("ix_manual_entries_signal_id"), table_name="manual_entries")
    op.drop_index(op.f("ix_manual_entries_run_id"), table_name="manual_entries")
    op.drop_index(op.f("ix_manual_entries_entered_at"), table_name="manual_entries")
    op.drop_index(op.f("ix_manual_entries_alert_id"), table_name="manual_entries")
    op.drop_table("manual_entries")
    op.drop_index(op.f("ix_live_rules_version_id"), table_name="live_rules")
    op.drop_table("live_rules")
    op.drop_index(op.f("ix_joint_tasks_subject_id"), table_name="joint_tasks")
    op.drop_index(op.f("ix_joint_tasks_state"), table_name="joint_tasks")
    op.drop_index(op.f("ix_joint_tasks_lead_office"), table_name="joint_tasks")
    op.drop_index(op.f("ix_joint_tasks_alert_id"), table_name="joint_tasks")
    op.drop_table("joint_tasks")
    op.drop_index(op.f("ix_assessments_subject_id"), table_name="assessments")
    op.drop_index("ix_assessments_signal_model", table_name="assessments")
    op.drop_index("ix_assessments_model_as_of", table_name="assessments")
    op.drop_table("assessments")
    op.drop_index(op.f("ix_subject_links_subject_id"), table_name="subject_links")
    op.drop_index("ix_subject_links_relation_value", table_name="subject_links")
    op.drop_table("subject_links")
    op.drop_index(op.f("ix_subject_changes_subject_id"), table_name="subject_changes")
    op.drop_table("subject_changes")
    op.drop_index(op.f("ix_subject_aliases_subject_id"), table_name="subject_aliases")
    op.drop_table("subject_aliases")
    op.drop_index("ix_signals_subject_observed", table_name="signals")
    op.drop_index(op.f("ix_signals_region"), table_name="signals")
    op.drop_index(op.f("ix_signals_observed_at"), table_name="signals")
    op.drop_index(op.f("ix_signals_import_id"), table_name="signals")
    op.drop_index(op.f("ix_signals_content_hash"), table_name="signals")
    op.drop_table("signals")
    op.drop_index(op.f("ix_share_events_request_id"), table_name="share_events")
    op.drop_table("share_events")
    op.drop_index(op.f("ix_sessions_account_id"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(op.f("ix_rule_versions_state"), table_name="rule_versions")
    op.drop_index(op.f("ix_rule_versions_item_id"), table_name="rule_versions")
    op.drop_index(op.f("ix_rule_versions_hash"), table_name="rule_versions")
    op.drop_table("rule_versions")
    op.drop_index(op.f("ix_report_events_report_id"), table_name="report_events")
    op.drop_table("report_events")
    op.drop_index(op.f("ix_registrations_subject_id"), table_name="registrations")
    op.drop_index(op.f("ix_registrations_number_key"), table_name="registrations")
    op.drop_table("registrations")
    op.drop_table("recovery_codes")
    op.drop_index(op.f("ix_quarantine_status"), table_name="quarantine")
    op.drop_index(op.f("ix_quarantine_import_id"), table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_index("ix_push_deliveries_state", table_name="push_deliveries")
    op.drop_index(op.f("ix_push_deliveries_outbox_id"), table_name="push_deliveries")
    op.drop_index(op.f("ix_push_deliveries_message"), table_name="push_deliveries")
    op.drop_index(op.f("ix_push_deliveries_ended_at"), table_name="push_deliveries")
    op.drop_index("ix_push_deliveries_due", table_name="push_deliveries")
    op.drop_table("push_deliveries")
    op.drop_index("ix_push_attempts_target_started", table_name="push_attempts")
    op.drop_index(op.f("ix_push_attempts_started_at"), table_name="push_attempts")
    op.drop_index(op.f("ix_push_attempts_message"), table_name="push_attempts")
    op.drop_table("push_attempts")
    op.drop_index(op.f("ix_penalties_subject_id"), table_name="penalties")
    op.drop_table("penalties")
    op.drop_index(op.f("ix_password_history_account_id"), table_name="password_history")
    op.drop_table("password_history")
    op.drop_index(op.f("ix_officer_leaves_officer_id"), table_name="officer_leaves")
    op.drop_table("officer_leaves")
    op.drop_table("matters")
    op.drop_index(op.f("ix_list_entries_item_id"), table_name="list_entries")
    op.drop_table("list_entries")
    op.drop_index(op.f("ix_licences_subject_id"), table_name="licences")
    op.drop_index(op.f("ix_licences_number_key"), table_name="licences")
    op.drop_table("licences")
    op.drop_index(op.f("ix_index_results_region"), table_name="index_results")
    op.drop_index("ix_index_results_board", table_name="index_results")
    op.drop_table("index_results")
    op.drop_index(op.f("ix_import_jobs_status"), table_name="import_jobs")
    op.drop_index(op.f("ix_import_jobs_import_id"), table_name="import_jobs")
    op.drop_table("import_jobs")
    op.drop_index(op.f("ix_exchange_sent_object"), table_name="exchange_sent")
    op.drop_index(op.f("ix_exchange_sent_batch_id"), table_name="exchange_sent")
    op.drop_table("exchange_sent")
    op.drop_index(op.f("ix_exchange_received_state"), table_name="exchange_received")
    op.drop_index("ix_exchange_received_known", table_name="exchange_received")
    op.drop_index(op.f("ix_exchange_received_batch_id"), table_name="exchange_received")
    op.drop_table("exchange_received")
    op.drop_index("ix_credit_classes_uscc_known", table_name="credit_classes")
    op.drop_index(op.f("ix_credit_classes_import_id"), table_name="credit_classes")
    op.drop_index(op.f("ix_credit_classes_class_code"), table_name="credit_classes")
    op.drop_table("credit_classes")
    op.drop_index(op.f("ix_case_file_offices_office_code"), table_name="case_file_offices")
    op.drop_index(op.f("ix_case_file_offices_case_file_id"), table_name="case_file_offices")
    op.drop_table("case_file_offices")
    op.drop_index(op.f("ix_case_file_entries_case_file_id"), table_name="case_file_entries")
    op.drop_table("case_file_entries")
    op.drop_index(op.f("ix_case_file_attachments_sha256"), table_name="case_file_attachments")
    op.drop_index(op.f("ix_case_file_attachments_case_file_id"), table_name="case_file_attachments")
    op.drop_table("case_file_attachments")
    op.drop_index(op.f("ix_campaign_events_campaign_id"), table_name="campaign_events")
    op.drop_table("campaign_events")
    op.drop_index(op.f("ix_audit_draws_model"), table_name="audit_draws")
    op.drop_table("audit_draws")
    op.drop_table("archived_signals")
    op.drop_index(op.f("ix_archived_outcomes_run_id"), table_name="archived_outcomes")
    op.drop_table("archived_outcomes")
    op.drop_index(op.f("ix_api_keys_account_id"), table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_index("ix_alerts_updated_id", table_name="alerts")
    op.drop_index(op.f("ix_alerts_subject_id"), table_name="alerts")
    op.drop_index("ix_alerts_status_id", table_name="alerts")
    op.drop_index(op.f("ix_alerts_run_id"), table_name="alerts")
    op.drop_index(op.f("ix_alerts_region"), table_name="alerts")
    op.drop_index("ix_alerts_probability_id", table_name="alerts")
    op.drop_index(op.f("ix_alerts_opened_at"), table_name="alerts")
    op.drop_index("ix_alerts_model_opened", table_name="alerts")
    op.drop_index("ix_alerts_grade_id", table_name="alerts")
    op.drop_table("alerts")
    op.drop_table("warning_sources")
    op.drop_index(op.f("ix_trainings_model"), table_name="trainings")
    op.drop_table("trainings")
    op.drop_table("suppressions")
    op.drop_index(op.f("ix_subjects_uscc"), table_name="subjects")
    op.drop_index(op.f("ix_subjects_region"), table_name="subjects")
    op.drop_table("subjects")
    op.drop_table("source_settings")
    op.drop_index(op.f("ix_sign_in_counters_updated_at"), table_name="sign_in_counters")
    op.drop_table("sign_in_counters")
    op.drop_index(op.f("ix_share_requests_state"), table_name="share_requests")
    op.drop_index(op.f("ix_share_requests_region"), table_name="share_requests")
    op.drop_index(op.f("ix_share_requests_office_code"), table_name="share_requests")
    op.drop_index(op.f("ix_share_requests_key_id"), table_name="share_requests")
    op.drop_table("share_requests")
    op.drop_index(op.f("ix_runs_as_of"), table_name="runs")
    op.drop_table("runs")
    op.drop_index(op.f("ix_rule_items_name"), table_name="rule_items")
    op.drop_table("rule_items")
    op.drop_index(op.f("ix_reports_state"), table_name="reports")
    op.drop_index(op.f("ix_reports_kind"), table_name="reports")
    op.drop_table("reports")
    op.drop_index(op.f("ix_random_plans_state"), table_name="random_plans")
    op.drop_index(op.f("ix_random_plans_office_code"), table_name="random_plans")
    op.drop_table("random_plans")
    op.drop_index(op.f("ix_push_targets_removed_at"), table_name="push_targets")
    op.drop_table("push_targets")
    op.drop_table("pack_snapshots")
    op.drop_index(
        "ix_outbox_waiting", table_name="outbox", sqlite_where=sa.text("spread_at IS NULL"), postgresql_where=sa.text("spread_at IS NULL")
    )
    op.drop_index(op.f("ix_outbox_office_code"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_object"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_event"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_offices_region"), table_name="offices")
    op.drop_table("offices")
    op.drop_index(op.f("ix_officers_office_code"), table_name="officers")
    op.drop_table("officers")
    op.drop_table("office_settings")
    op.drop_index(op.f("ix_model_tasks_state"), table_name="model_tasks")
    op.drop_index(op.f("ix_model_tasks_model"), table_name="model_tasks")
    op.drop_table("model_tasks")
    op.drop_index(op.f("ix_matter_versions_valid_from"), table_name="matter_versions")
    op.drop_table("matter_versions")
    op.drop_index(op.f("ix_matter_mappings_model"), table_name="matter_mappings")
    op.drop_table("matter_mappings")
    op.drop_table("leases")
    op.drop_table("jobs")
    op.drop_table("job_runs")
    op.drop_index(op.f("ix_index_versions_state"), table_name="index_versions")
    op.drop_index(op.f("ix_index_versions_decided_at"), table_name="index_versions")
    op.drop_table("index_versions")
    op.drop_table("imports")
    op.drop_index(op.f("ix_idempotent_requests_created_at"), table_name="idempotent_requests")
    op.drop_table("idempotent_requests")
    op.drop_index("ix_health_figures_model_name_as_of", table_name="health_figures")
    op.drop_table("health_figures")
    op.drop_table("grade_settings")
    op.drop_index(op.f("ix_exchange_batches_stream"), table_name="exchange_batches")
    op.drop_index(op.f("ix_exchange_batches_direction"), table_name="exchange_batches")
    op.drop_index(op.f("ix_exchange_batches_created_at"), table_name="exchange_batches")
    op.drop_index(op.f("ix_exchange_batches_batch"), table_name="exchange_batches")
    op.drop_table("exchange_batches")
    op.drop_table("duty_changes")
    op.drop_table("duties")
    op.drop_table("credit_imports")
    op.drop_index(op.f("ix_case_files_state"), table_name="case_files")
    op.drop_index(op.f("ix_case_files_model"), table_name="case_files")
    op.drop_index(op.f("ix_case_files_lead_office"), table_name="case_files")
    op.drop_table("case_files")
    op.drop_index(op.f("ix_campaigns_state"), table_name="campaigns")
    op.drop_index(op.f("ix_campaigns_owner_office"), table_name="campaigns")
    op.drop_table("campaigns")
    op.drop_table("calendar_notices")
    op.drop_table("calendar_days")
    op.drop_index(op.f("ix_backtests_status"), table_name="backtests")
    op.drop_index(op.f("ix_backtests_hash"), table_name="backtests")
    op.drop_table("backtests")
    op.drop_table("audit_targets")
    op.drop_table("audit_head")
    op.drop_index(op.f("ix_audit_trace_id"), table_name="audit")
    op.drop_index(op.f("ix_audit_object"), table_name="audit")
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_index("ix_audit_actor_id", table_name="audit")
    op.drop_index(op.f("ix_audit_action"), table_name="audit")
    op.drop_table("audit")
    op.drop_index(op.f("ix_archives_status"), table_name="archives")
    op.drop_table("archives")
    op.drop_index(op.f("ix_accounts_state"), table_name="accounts")
    op.drop_index(op.f("ix_accounts_office_code"), table_name="accounts")
    op.drop_table("accounts")
    for statement in UNGUARDS[op.get_bind().dialect.name]:
        op.execute(statement)
