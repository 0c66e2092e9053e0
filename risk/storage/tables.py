"""Every table, once. SQLite by default, PostgreSQL to serve a province: the same definitions run on both.

Times are aware UTC in Python and stored as such (``UtcDateTime``). JSON is JSONB on PostgreSQL. Keys that must not double are UNIQUE here,
so that a repeated, overlapping or half-killed job cannot write the same thing twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from risk.domain.tracing import current_trace

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in and out; naive ones are refused, because *local* is a guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime refused: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON().with_variant(JSONB(), "postgresql")
BigId = BigInteger().with_variant(Integer(), "sqlite")


def _id() -> Column[int]:
    return Column("id", BigId, primary_key=True, autoincrement=True)


def _trace_id() -> Column[str]:
    """Which request, job or command wrote the row."""
    return Column("trace_id", String(32), default=current_trace)


def _as_issued(context: Any) -> datetime:
    """What was just issued changed when it was issued."""
    moment = context.get_current_parameters()["issued_at"]
    assert isinstance(moment, datetime)
    return moment


def _ref(name: str, target: str, *, nullable: bool = False, index: bool = True) -> Column[Any]:
    return Column(name, BigId, ForeignKey(f"{target}.id"), nullable=nullable, index=index)


# --- who and what -----------------------------------------------------------------------------------------------------

subjects = Table(
    "subjects",
    metadata,
    _id(),
    Column("key", String(120), nullable=False, unique=True),  # the USCC, or "provisional:<hash of what is known>"
    Column("uscc", String(18), index=True),
    Column("name", String(400)),
    Column("region", String(6), index=True),  # GB/T 2260
    Column("kind", String(40), nullable=False, default="enterprise"),
    Column("industry", String(20)),  # "<edition>:<code>" of GB/T 4754, because 5251 means different things in 2011 and 2017
    Column("registered_on", Date),
    Column("facts", Json, nullable=False, default=dict),
    Column("created_at", UtcDateTime, nullable=False),
)

subject_aliases = Table(
    "subject_aliases",  # how rows find a subject: licence:<no>, shop:<platform>/<shop>, name:<region>/<name>
    metadata,
    _id(),
    Column("alias", String(600), nullable=False, unique=True),
    _ref("subject_id", "subjects"),
)

licences = Table(
    "licences",  # a licence that was renewed, cut short or passed on has a row for each time that became known: the latest one known holds
    metadata,
    _id(),
    _ref("subject_id", "subjects"),
    Column("kind", String(60), nullable=False),  # 药品经营许可证, 医疗广告审查证明, 医疗器械经营许可证 …
    Column("number", String(120), nullable=False),
    Column("number_key", String(120), nullable=False, index=True),  # without signs and spaces: how texts are compared with it
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("source", String(200), nullable=False),
    Column("known_from", UtcDateTime, nullable=False),
    UniqueConstraint("kind", "number", "known_from"),
)

registrations = Table(
    "registrations",  # numbers that products and advertisements carry (drug approvals, device registrations …); their holders need not be subjects of ours
    metadata,
    _id(),
    Column("kind", String(40), nullable=False),  # a kind of number of features.identifiers
    Column("number", String(120), nullable=False),
    Column("number_key", String(120), nullable=False, index=True),
    Column("holder", String(400)),
    _ref("subject_id", "subjects", nullable=True),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("source", String(200), nullable=False),
    Column("known_from", UtcDateTime, nullable=False),
    UniqueConstraint("kind", "number", "known_from"),
)

subject_links = Table(
    "subject_links",  # what subjects may share: an address, a telephone, a legal representative
    metadata,
    _id(),
    _ref("subject_id", "subjects"),
    Column("relation", String(20), nullable=False),
    Column("value_key", String(64), nullable=False),  # digest of the normalised value: enough to compare, nothing to read
    Column("known_from", UtcDateTime, nullable=False),
    Column("known_to", UtcDateTime),  # when another value took its place
    UniqueConstraint("subject_id", "relation", "value_key", "known_from"),
    Index("ix_subject_links_relation_value", "relation", "value_key"),
)

subject_changes = Table(
    "subject_changes",  # changes of a subject's registration
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),  # digest of the row: the same row again changes nothing
    _ref("subject_id", "subjects"),
    Column("kind", String(120), nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("at", UtcDateTime, nullable=False),
    Column("known_at", UtcDateTime, nullable=False),
    Column("source", String(200), nullable=False),
)

penalties = Table(
    "penalties",
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),  # digest of the row
    _ref("subject_id", "subjects"),
    Column("kind", String(120)),
    Column("number", String(200)),  # of the decision
    Column("amount", Float),  # yuan; nothing where the decision names none
    Column("at", UtcDateTime, nullable=False),
    Column("known_at", UtcDateTime, nullable=False),
    Column("source", String(200), nullable=False),
)

imports = Table(
    "imports",
    metadata,
    _id(),
    Column(
        "key", String(64), nullable=False, unique=True
    ),  # digest of file content, mapping and source: the same file again resumes or changes nothing
    Column("file", String(1000), nullable=False),
    Column("source", String(200), nullable=False),
    Column("status", String(20), nullable=False),  # running, done, failed
    Column("rows_done", BigId, nullable=False, default=0),  # rows of the file that are settled: where a killed import goes on
    Column("accepted", BigId, nullable=False, default=0),
    Column("duplicates", BigId, nullable=False, default=0),
    Column("quarantined", BigId, nullable=False, default=0),
    Column("notes", Json, nullable=False, default=dict),  # how many rows had no time, no region, no subject, a checksum warning …
    Column("error", Text),
    Column("actor", String(120), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    _trace_id(),
)

signals = Table(
    "signals",
    metadata,
    _id(),
    Column("identity", String(64), nullable=False, unique=True),
    Column("content_hash", String(64), nullable=False, index=True),
    _ref("import_id", "imports", nullable=True),
    Column("source", String(200), nullable=False),
    Column("source_id", String(300)),
    Column("kind", String(20), nullable=False),  # content, report, warning
    Column("url", String(2000)),
    Column("channel", String(60)),
    Column("region", String(6), index=True),
    Column("text", Text, nullable=False),
    Column("fields", Json, nullable=False, default=dict),
    Column("warnings", Json, nullable=False, default=list),
    Column("observed_at", UtcDateTime, nullable=False, index=True),
    Column("time_given", Boolean, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    _ref("subject_id", "subjects", nullable=True, index=False),
    Column("linked_by", String(20)),  # uscc, licence, shop, name, or nothing
    Index("ix_signals_subject_observed", "subject_id", "observed_at"),
)

quarantine = Table(
    "quarantine",
    metadata,
    _id(),
    _ref("import_id", "imports"),
    Column("row_no", BigId, nullable=False),  # 1 is the first row after the header
    Column("raw", Json, nullable=False),
    Column("problems", Json, nullable=False),  # [{code, column, value, zh, en, hint_zh, hint_en}]
    Column("status", String(20), nullable=False, index=True),  # open, repaired, resubmitted, dismissed
    Column("repaired", Json),
    Column("actor", String(120)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime),
    UniqueConstraint("import_id", "row_no"),
)

# --- judging -----------------------------------------------------------------------------------------------------------

runs = Table(
    "runs",
    metadata,
    _id(),
    Column(
        "key", String(64), nullable=False, unique=True
    ),  # digest of model, as-of, versions, selection: the same run again is the same run
    Column("model", String(80), nullable=False),  # with its lens: illegal_fundraising.report
    Column("as_of", UtcDateTime, nullable=False, index=True),
    Column("since", UtcDateTime),
    Column("status", String(20), nullable=False),  # running, done, failed
    Column("versions", Json, nullable=False),  # rules (hash), model (version or "rules"), code, cut-offs
    Column("cursor", BigId, nullable=False, default=0),  # the last signal id that is settled
    Column("passed", Json),  # up to which id nothing is left to judge by the model, and what is: risk.services.passing
    Column("span", Json),  # the ids it goes over, and since when: risk.services.run_pace
    Column("judged", BigId, nullable=False, default=0),
    Column("candidates", BigId, nullable=False, default=0),
    Column("balance", Json, nullable=False, default=dict),  # new, merged, suppressed, below_grade, over_capacity, failed
    Column("actor", String(120), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    _trace_id(),
)

assessments = Table(
    "assessments",
    metadata,
    _id(),
    _ref("run_id", "runs", index=False),  # what is unique below begins with it
    _ref("signal_id", "signals", nullable=True, index=False),  # so does the index of signal and model
    _ref("subject_id", "subjects", nullable=True),
    Column("model", String(80), nullable=False),
    Column("probability", Float, nullable=False),
    Column("grade", Integer, nullable=False),
    Column("model_version", String(80), nullable=False),
    Column("rules_version", String(64), nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
    # from blue upwards only: what was seen then
    Column("evidence", Json),
    Column("evidence_hash", String(64)),
    UniqueConstraint("run_id", "signal_id"),
    Index("ix_assessments_signal_model", "signal_id", "model"),
    Index("ix_assessments_model_as_of", "model", "as_of"),
)

candidates = Table(
    "candidates",
    metadata,
    _id(),
    _ref("run_id", "runs", index=False),
    _ref("assessment_id", "assessments", nullable=True),
    _ref("signal_id", "signals", nullable=True),
    Column("outcome", String(20), nullable=False),  # new, merged, suppressed, below_grade, over_capacity, failed
    _ref("alert_id", "alerts", nullable=True),
    Column("reason", String(400)),
    UniqueConstraint("run_id", "signal_id"),
    Index("ix_candidates_run_outcome", "run_id", "outcome"),
)

alerts = Table(
    "alerts",
    metadata,
    _id(),
    Column("merge_key", String(64), nullable=False, unique=True),  # digest of subject (or signal, if unknown) × model × window
    Column("model", String(80), nullable=False),
    _ref("subject_id", "subjects", nullable=True),
    Column("region", String(6), index=True),
    Column("grade", Integer, nullable=False),
    Column("probability", Float, nullable=False),
    Column("status", String(20), nullable=False),  # open, tasked, closed
    Column("title_zh", String(400), nullable=False),
    Column("title_en", String(400), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False, index=True),
    Column("window_end", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    _ref("run_id", "runs"),
    Column("origin", String(12), nullable=False, default="run"),  # who raised it first: run, manual (a person), warning (an outside system)
    Index("ix_alerts_model_opened", "model", "opened_at"),
    Index("ix_alerts_grade_id", "grade", "id"),
    Index("ix_alerts_probability_id", "probability", "id"),
    Index("ix_alerts_updated_id", "updated_at", "id"),
    Index("ix_alerts_status_id", "status", "id"),
    _trace_id(),
)

alert_evidence = Table(
    "alert_evidence",
    metadata,
    _id(),
    _ref("alert_id", "alerts"),
    _ref("assessment_id", "assessments"),
    Column("added_at", UtcDateTime, nullable=False),
    UniqueConstraint("alert_id", "assessment_id"),
)

suppressions = Table(
    "suppressions",
    metadata,
    _id(),
    Column("model", String(80)),
    Column("condition", Json, nullable=False),  # part → value, of risk.domain.alerts_suppressed: all given parts must match
    Column(
        "state", String(10), nullable=False, default="active"
    ),  # active, or dry_run: counts what it would suppress and suppresses nothing
    Column("owner", String(120), nullable=False),
    Column("reason", Text, nullable=False),
    Column("version", Integer, nullable=False, default=1),
    Column("supersedes", BigId, unique=True),  # the version before this one, which ended when this one began
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

# --- disposal ----------------------------------------------------------------------------------------------------------

offices = Table(
    "offices",
    metadata,
    _id(),
    Column("code", String(60), nullable=False, unique=True),
    Column("name_zh", String(200), nullable=False),
    Column("name_en", String(200), nullable=False),
    Column("region", String(6), nullable=False, index=True),
    Column("level", String(20), nullable=False),  # county, city, province
    Column("department", String(60), nullable=False),  # market_supervision, drug_administration, finance_lead
    Column("weekly_capacity", Integer, nullable=False),
)

duties = Table(
    "duties",
    metadata,
    _id(),
    Column("model", String(80), nullable=False),
    Column("region", String(6), nullable=False),
    Column("office_code", String(60), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    UniqueConstraint("model", "region", "valid_from"),
)

tasks = Table(
    "tasks",
    metadata,
    _id(),
    Column(
        "kind", String(12), nullable=False, default="alert"
    ),  # alert; audit: a unit of the random sample; assist, campaign, joint: see assists, campaign_items, joint_parts. Only the first has alert_id
    _ref("alert_id", "alerts", nullable=True),
    Column("about_alert_id", BigId, index=True),  # the alert that a task of another kind is about: its office may read it
    _ref("subject_id", "subjects", nullable=True),  # of what has no alert
    _ref("parent_id", "tasks", nullable=True),  # the task that asked for assistance
    Column("model", String(80)),  # of what has no alert
    Column("title_zh", String(400)),
    Column("title_en", String(400)),
    Column("office_code", String(60), nullable=False, index=True),
    Column("routed_by", Json, nullable=False),  # the steps tried and the one that matched
    Column("state", String(20), nullable=False),
    Column("grade", Integer, nullable=False),
    Column("officer", String(120), index=True),
    Column("issued_at", UtcDateTime, nullable=False, index=True),
    Column("clock_from", UtcDateTime),  # since when its time runs, where that is not its issue: reopened, or resumed after testing
    Column("ceiling_from", UtcDateTime),  # when an office with a statutory limit first had it: never moves, whatever is issued again
    Column("sign_due", UtcDateTime, nullable=False),
    Column("report_due", UtcDateTime, nullable=False),
    Column("paused_at", UtcDateTime),  # the clock stands still since: testing time
    Column("paused_seconds", BigId, nullable=False, default=0),  # working time that did not count
    Column("extension_asked_at", UtcDateTime),  # by the officer; nothing once it is decided
    Column("suggested_office", String(60)),  # by who transferred it back
    Column("reminded", String(80)),  # the last stage noted: clock|deadline|stage
    Column("escalated_to", String(60), index=True),  # the office one level up that was told of a late step
    Column("stage", String(12)),  # advise, remote, on_site; nothing: as usual
    Column("stage_due", UtcDateTime),
    Column("signed_at", UtcDateTime),
    Column("reported_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("extended", Boolean, nullable=False, default=False),
    Column(
        "person_first", Boolean, nullable=False, default=False
    ),  # the model was unsure of the evidence: looked at first within its grade
    Column("version", Integer, nullable=False, default=1),
    Column("updated_at", UtcDateTime, nullable=False, default=_as_issued),
    UniqueConstraint("alert_id"),
    Index("ix_tasks_office_due", "office_code", "report_due"),
    Index("ix_tasks_office_seen", "office_code", "alert_id", "about_alert_id", "subject_id"),  # what an office sees by its tasks
    Index("ix_tasks_updated", "updated_at", "id"),
    Index("ix_tasks_week", "kind", "issued_at", "office_code"),  # the ledger of an office's capacity is read from it alone
)
Index(
    "ix_tasks_due", tasks.c.report_due, tasks.c.person_first.desc(), tasks.c.id
)  # the order of the list: a run's tasks share their deadline
Index("ix_tasks_state_due", tasks.c.state, tasks.c.report_due, tasks.c.person_first.desc(), tasks.c.id)

task_events = Table(
    "task_events",
    metadata,
    _id(),
    _ref("task_id", "tasks"),
    Column("event", String(30), nullable=False),
    Column("from_state", String(20)),
    Column("to_state", String(20), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("reason", Text),
    Column("detail", Json, nullable=False, default=dict),
    Column("at", UtcDateTime, nullable=False),
    _trace_id(),
)

verdicts = Table(
    "verdicts",
    metadata,
    _id(),
    _ref("task_id", "tasks"),
    _ref("alert_id", "alerts", nullable=True),  # nothing: of a unit of the random sample
    Column("code", String(10), nullable=False, index=True),
    Column("sub_reason", String(60)),
    Column("facts", Text, nullable=False),
    Column("measures", Text),
    Column("officers", Json, nullable=False),
    Column("detail", Json, nullable=False, default=dict),
    Column("suggestion", Text),
    Column("actor", String(120), nullable=False),
    Column("reported_at", UtcDateTime, nullable=False, index=True),
    Column("supersedes", BigId, index=True),  # a correction keeps the old one
    Column("correction_reason", Text),
    Column("state", String(12), nullable=False, default="reported", index=True),  # of risk.domain.verdict_states
    Column("unit_code", String(60), index=True),  # the office that reports
    Column("handlers", Json, nullable=False, default=list),  # [{name, certificate}]: personal data, masked in views
    Column("received_at", UtcDateTime),
    Column("claimed_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("documents", Json, nullable=False, default=list),  # [{type, number, date}]
    Column("fined_fen", BigInteger),  # money is counted in fen (1/100 yuan), never in floats
    Column("confiscated_fen", BigInteger),
    Column("transfer_to", String(400)),
    Column("rule_feedback", Json, nullable=False, default=dict),  # {wrong_rules: [...], missing_rule: text}
    Column("changed_at", UtcDateTime, nullable=False, index=True, default=lambda ctx: ctx.get_current_parameters()["reported_at"]),
    _trace_id(),
)

labels = Table(
    "labels",
    metadata,
    _id(),
    Column("model", String(80), nullable=False),
    _ref("signal_id", "signals", nullable=True),
    _ref("subject_id", "subjects", nullable=True),
    _ref("verdict_id", "verdicts", nullable=True),
    Column("value", Float, nullable=False),  # 1 confirmed, 0 unfounded, between: partly
    Column("weight", Float, nullable=False, default=1.0),  # inverse probability of being verified
    Column("source", String(30), nullable=False),  # verdict, audit_sample, file
    Column("known_at", UtcDateTime, nullable=False),
    Column("matures_at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("model", "signal_id", "verdict_id"),
)

trainings = Table(
    "trainings",
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),
    Column("model", String(80), nullable=False, index=True),
    Column("as_of", UtcDateTime, nullable=False),
    Column("status", String(20), nullable=False),
    Column("champion", String(80)),
    Column("challenger", String(80)),
    Column("decision", String(30)),  # promoted, kept, too_few_labels, laws_failed
    Column("detail", Json, nullable=False, default=dict),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    _trace_id(),
)

reports = Table(
    "reports",
    metadata,
    _id(),
    Column("period", String(30), nullable=False),
    Column("cutoff", UtcDateTime, nullable=False),
    Column("numbers", Json, nullable=False),
    Column("numbers_hash", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("region", String(6), nullable=False, default=""),  # of which place; nothing: the province
    Column("department", String(60), nullable=False, default=""),  # whose tasks; nothing: all
    Column("kind", String(20), nullable=False, default="situation", index=True),  # of report_kinds.toml
    Column("about", String(80), nullable=False, default=""),  # of a special report: model:<key>, event:<number of the case file>
    Column("edition", Integer, nullable=False, default=1),  # another one where the one before was withdrawn
    Column("state", String(12), nullable=False, default="draft", index=True),  # of risk.domain.report_states
    Column("number", String(60), unique=True),  # 文号, where one is given
    Column("title_zh", String(400)),
    Column("title_en", String(400)),
    Column("remarks", Json, nullable=False, default=dict),  # what people wrote into it: chapter → text
    Column("documents", Json),  # as approved, language → chapters: what is signed and printed, whatever the program says later
    Column("dressing", Json, nullable=False, default=dict),  # 份号, 密级, 主送, 抄送 … as of GB/T 9704
    Column("version", Integer, nullable=False, default=1),
    Column("changed_at", UtcDateTime, nullable=False, default=lambda ctx: ctx.get_current_parameters()["created_at"]),
    UniqueConstraint("kind", "about", "period", "cutoff", "region", "department", "edition"),
)

# --- running -----------------------------------------------------------------------------------------------------------

jobs = Table(
    "jobs",
    metadata,
    _id(),
    Column("name", String(80), nullable=False, unique=True),
    Column("use_case", String(80), nullable=False),
    Column("cron", String(80), nullable=False),  # five fields, Asia/Shanghai
    Column("arguments", Json, nullable=False, default=dict),
    Column("enabled", Boolean, nullable=False, default=True),
)

job_runs = Table(
    "job_runs",
    metadata,
    _id(),
    Column("job", String(80), nullable=False),
    Column("slot", UtcDateTime, nullable=False),  # the minute the job was due
    Column("status", String(20), nullable=False),
    Column("worker", String(120), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("detail", Json, nullable=False, default=dict),
    UniqueConstraint("job", "slot"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("owner", String(120), nullable=False),
    Column("token", BigId, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

audit = Table(
    "audit",  # append-only, a chain of hashes: written by risk.services.auditing alone, guarded by risk.storage.guards
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=False),  # the place in the chain: 1, 2, 3 … without a gap
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("actor", String(120), nullable=False),
    Column("action", String(60), nullable=False, index=True),
    Column("object", String(200), nullable=False, index=True),
    Column("detail", Json, nullable=False, default=dict),
    Column("trace_id", String(32), index=True),
    Column("algorithm", String(12), nullable=False),  # sha256, sm3: of this row, so that a change of the setting leaves old rows verifiable
    Column("hash", String(64), nullable=False),  # of the row before and this one
    Index("ix_audit_actor_id", "actor", "id"),
)

audit_head = Table(
    "audit_head",  # one row: how long the chain is and its last hash; whoever appends holds it
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("length", BigId, nullable=False),
    Column("hash", String(64), nullable=False),
)

# --- rules as they live ------------------------------------------------------------------------------------------------

rule_items = Table(
    "rule_items",  # what has a life of its own: a rule, a list, a condition, a feature
    metadata,
    _id(),
    Column("kind", String(12), nullable=False),  # rule, list, condition, feature
    Column("name", String(200), nullable=False, index=True),
    Column("model", String(80), nullable=False),  # the pack it belongs to, or "shared"
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("kind", "model", "name"),
)

rule_versions = Table(
    "rule_versions",  # frozen from its submission on; what a draft said before an edit stands in the edit's event
    metadata,
    _id(),
    _ref("item_id", "rule_items"),
    Column("version", Integer, nullable=False),  # 0 is the one that came with the program
    Column("source", Text, nullable=False),  # as written, comments included
    Column("text", Text, nullable=False),  # canonical, in the language of writing; the source itself where it cannot be read
    Column("language", String(2), nullable=False),  # zh or en: the language written in
    Column("hash", String(64), nullable=False, index=True),  # of the canonical text in English: the language of writing does not matter
    Column("state", String(20), nullable=False, index=True),  # of risk.domain.rule_states
    Column("author", String(120), nullable=False),
    Column("note", Text),
    Column("roll_out", Float, nullable=False, default=100.0),  # percent of units an active rule counts for
    Column("diagnostics", Json, nullable=False, default=list),
    Column("test", Json),  # the last test: what was found, against which live rules and vocabulary
    Column("pins", Json, nullable=False, default=dict),  # hashes of the lists, conditions, suppressions it was approved with
    Column("evidence", Json),  # what the approver saw: the number of the back-test, and so on
    Column("revision", Integer, nullable=False, default=1),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("item_id", "version"),
)

rule_events = Table(
    "rule_events",
    metadata,
    _id(),
    _ref("version_id", "rule_versions"),
    Column("event", String(20), nullable=False),
    Column("from_state", String(20)),
    Column("to_state", String(20), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("reason", Text),
    Column("detail", Json, nullable=False, default=dict),
    Column("live", Boolean, nullable=False),  # whether it changed what runs use: the newest such event numbers the live rules
    Column("at", UtcDateTime, nullable=False),
    Index("ix_rule_events_live_id", "live", "id"),
)

live_rules = Table(
    "live_rules",  # one row for each item that is not simply as it came with the program
    metadata,
    _id(),
    Column("item_id", BigId, ForeignKey("rule_items.id"), nullable=False, unique=True),
    _ref("version_id", "rule_versions"),
    Column("hidden", Boolean, nullable=False),  # paused or retired: neither this version nor the shipped one is used
    Column("since", UtcDateTime, nullable=False),
)

list_entries = Table(
    "list_entries",  # who put a word in a list, when, and why; that it is in a version stands in the version's text
    metadata,
    _id(),
    _ref("item_id", "rule_items"),
    Column("version", Integer, nullable=False),
    Column("exclude", Boolean, nullable=False),
    Column("term", String(400), nullable=False),
    Column("note", Text),
    Column("actor", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("item_id", "version", "exclude", "term"),
)

shadow_hits = Table(
    "shadow_hits",  # what a rule would have said: never an assessment, a candidate or an alert
    metadata,
    _id(),
    _ref("version_id", "rule_versions", index=False),
    _ref("run_id", "runs"),
    _ref("signal_id", "signals"),
    Column("model", String(80), nullable=False),
    Column("rule", String(200), nullable=False),
    Column(
        "how", String(12), nullable=False
    ),  # shadow, held_back (roll-out has not reached the unit), gained or lost (by a list in shadow)
    Column("as_of", UtcDateTime, nullable=False),
    UniqueConstraint("version_id", "rule", "signal_id", "run_id"),
)

pack_snapshots = Table(
    "pack_snapshots",  # the very rules of a run: `rules_version` of its assessments is found here
    metadata,
    _id(),
    Column("version", String(64), nullable=False, unique=True),
    Column("model", String(80), nullable=False),
    Column("texts", Json, nullable=False),  # file → canonical text
    Column("created_at", UtcDateTime, nullable=False),
)

backtests = Table(
    "backtests",  # what rules would have said of stored history: asked for, run in chunks, kept for the approver
    metadata,
    _id(),
    Column("model", String(80), nullable=False),
    Column("hash", String(64), nullable=False, index=True),  # of the rules looked at, with all that they are made of
    Column("rules", Json, nullable=False),  # ids looked at
    Column("sources", Json, nullable=False, default=dict),  # file → text of the candidate; nothing for rules in service
    Column("live", String(64), nullable=False),  # digest of the rules and learners in service it was compared with
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("status", String(20), nullable=False, index=True),  # queued, running, cancelling, cancelled, done, failed
    Column("units", BigId, nullable=False, default=0),  # how many the period holds
    Column("done", BigId, nullable=False, default=0),  # how many are counted
    Column("cursor", BigId, nullable=False, default=0),  # the last signal that is counted: where a killed one goes on
    Column("state", Json, nullable=False, default=dict),  # what is counted so far; emptied at the end
    Column("result", Json),
    Column("error", Json),  # {code, zh, en}
    Column("actor", String(120), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),  # labels known by then count
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
)

# --- grades as they are set --------------------------------------------------------------------------------------------

grade_settings = Table(
    "grade_settings",  # an act of a named person; the newest version of a model holds from the next run on, none is ever changed
    metadata,
    _id(),
    Column("model", String(80), nullable=False),
    Column("version", Integer, nullable=False),
    Column("cutoffs", Json),  # red, orange, yellow, blue; nothing: those of the model itself
    Column("floors", Json, nullable=False, default=dict),  # the precision that each grade was to promise
    Column("capacity", Json, nullable=False, default=dict),  # office → [cases a week before, after]
    Column("model_version", String(80), nullable=False),  # the champion it was set for, or "rules"
    Column("basis", Json, nullable=False, default=dict),  # what was measured: period, labels, expected alerts, precision, recall
    Column("reverts", Integer),  # the version that holds again; 0: the model's own grades
    Column("actor", String(120), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("model", "version"),
)

# --- health of models --------------------------------------------------------------------------------------------------

audit_draws = Table(
    "audit_draws",  # one a run: how many un-alerted units it had and with which probability each was drawn, so that every unit's chance is known
    metadata,
    _id(),
    Column("run_id", BigId, ForeignKey("runs.id"), nullable=False, unique=True),
    Column("model", String(80), nullable=False, index=True),
    Column("frame", Json, nullable=False),  # stratum (rest, over_capacity) → {units, rate, drawn}
    Column("actor", String(120), nullable=False),
    Column("drawn_at", UtcDateTime, nullable=False),
)

audit_samples = Table(
    "audit_samples",  # the units drawn, each verified by a task of the kind audit
    metadata,
    _id(),
    _ref("draw_id", "audit_draws"),
    Column("model", String(80), nullable=False),
    _ref("assessment_id", "assessments"),
    _ref("signal_id", "signals", nullable=True),
    _ref("subject_id", "subjects", nullable=True),
    Column("stratum", String(20), nullable=False),  # rest, over_capacity
    Column("probability", Float, nullable=False),  # of being drawn
    _ref("task_id", "tasks"),
    UniqueConstraint("model", "assessment_id"),
)

model_tasks = Table(
    "model_tasks",  # internal tasks for the owner of a model: at most one open for a model and kind
    metadata,
    _id(),
    Column("model", String(80), nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("open_key", String(130), unique=True),  # model and kind while it is open, nothing afterwards
    Column("state", String(10), nullable=False, index=True),  # open, done
    Column("owner_zh", String(200), nullable=False),
    Column("owner_en", String(200), nullable=False),
    Column("title_zh", String(400), nullable=False),
    Column("title_en", String(400), nullable=False),
    Column("detail", Json, nullable=False, default=dict),  # the figures that opened it, as they were found last
    Column("opened_by", String(120), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("closed_by", String(120)),
    Column("closed_at", UtcDateTime),
    Column("reason", Text),
)

health_figures = Table(
    "health_figures",  # figures of a model as known at a moment: a time series, written once for each moment
    metadata,
    _id(),
    Column("model", String(80), nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
    Column("name", String(60), nullable=False),
    Column("part", String(200), nullable=False, default=""),  # of what: a feature, a region, a grade, a rule; nothing for the whole
    Column("value", Float),  # nothing: not known
    Column("low", Float),
    Column("high", Float),
    Column("n", BigId, nullable=False, default=0),
    Column("limit_value", Float),
    Column("crossed", Boolean, nullable=False),
    Column("detail", Json, nullable=False, default=dict),
    UniqueConstraint("model", "as_of", "name", "part"),
    Index("ix_health_figures_model_name_as_of", "model", "name", "as_of"),
)

shadow_scores = Table(
    "shadow_scores",  # what a challenger in shadow says of what the champion judged; it reaches no candidate and no alert
    metadata,
    Column("training_id", BigId, ForeignKey("trainings.id"), primary_key=True, autoincrement=False),
    Column("assessment_id", BigId, ForeignKey("assessments.id"), primary_key=True, autoincrement=False, index=True),
    Column("probability", Float, nullable=False),
    Column("grade", Integer, nullable=False),
)

# --- push --------------------------------------------------------------------------------------------------------------

outbox = Table(
    "outbox",  # what happened and may be of interest elsewhere: written in the transaction of the act, so neither is there without the other
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),  # stable: the same act is the same event, however often it is tried
    Column("event", String(60), nullable=False, index=True),  # one of risk.domain.events
    Column("object", String(200), nullable=False, index=True),  # task:12, alert:7, verdict:3
    Column("office_code", String(60), index=True),  # whom it concerns
    Column("data", Json, nullable=False, default=dict),  # facts for programs: numbers, codes, moments; no personal data
    Column("at", UtcDateTime, nullable=False),
    _trace_id(),
    Column(
        "spread_at", UtcDateTime
    ),  # when its deliveries were made: a mark, not a cursor, since ids become visible out of order on PostgreSQL
    Index("ix_outbox_waiting", "id", sqlite_where=text("spread_at IS NULL"), postgresql_where=text("spread_at IS NULL")),
)

push_targets = Table(
    "push_targets",  # where pushes go; what is secret about one is sealed
    metadata,
    _id(),
    Column("name", String(80), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),  # webhook, smtp, wecom, dingtalk, feishu
    Column("address", String(400), nullable=False),  # as shown: keys and tokens in it are hidden
    Column("sealed", Text, nullable=False),  # the whole address, signing secrets, password; encrypted
    Column("options", Json, nullable=False, default=dict),  # of smtp: sender, recipients, user
    Column("events", Json, nullable=False),  # names or their beginnings: task.issued, task.*, *
    Column("division", String(12), nullable=False, default=""),  # only what concerns offices of this division and below; nothing: all
    Column("department", String(40), nullable=False, default=""),
    Column("lang", String(2), nullable=False),
    Column("digest", String(80), nullable=False, default=""),  # every 30m, at 09:00,14:00; nothing: at once
    Column("state", String(10), nullable=False),  # on, off (by a person, or gone), paused (by its health)
    Column("reason", String(60)),  # code of why it is off or paused
    Column("failures", Integer, nullable=False, default=0),  # in a row
    Column("pauses", Integer, nullable=False, default=0),  # in a row: each is twice as long
    Column("probe_at", UtcDateTime),  # while paused: when one message is tried
    Column("served_at", UtcDateTime),  # last turn: the one that waited longest goes first
    Column("version", Integer, nullable=False, default=1),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime, index=True),  # its deliveries stay readable
)

push_deliveries = Table(
    "push_deliveries",  # one event for one target
    metadata,
    _id(),
    _ref("outbox_id", "outbox"),
    _ref("target_id", "push_targets", index=False),
    Column("state", String(10), nullable=False),  # pending, failed (tried, will be again), sent, dead
    Column("urgent", Boolean, nullable=False),  # waits for no digest
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", UtcDateTime),  # not before; while it is held: until when; nothing once it has ended
    Column("held_by", String(120)),
    Column("message", String(64), index=True),  # id of the message it travels in, the same each time
    Column("status", Integer),  # of the last answer
    Column("error", String(60)),  # code of the last failure
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, index=True),
    UniqueConstraint("outbox_id", "target_id"),
    Index("ix_push_deliveries_due", "target_id", "next_at", "id"),
    Index("ix_push_deliveries_state", "state", "id"),
)

push_attempts = Table(
    "push_attempts",  # one try of one message; without an end where the process died
    metadata,
    _id(),
    _ref("target_id", "push_targets", index=False),
    Column("message", String(64), nullable=False, index=True),
    Column("deliveries", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("ok", Boolean),
    Column("status", Integer),
    Column("error", String(60)),
    Column("milliseconds", Integer),
    Index("ix_push_attempts_target_started", "target_id", "started_at"),
)

# --- alerts that no run raised, and who sent the clue ------------------------------------------------------------------

suppression_hits = Table(
    "suppression_hits",  # what a suppression on trial would have suppressed in real runs
    metadata,
    _id(),
    _ref("suppression_id", "suppressions", index=False),
    _ref("run_id", "runs"),
    _ref("assessment_id", "assessments"),
    Column("grade", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("suppression_id", "assessment_id"),
)

manual_entries = Table(
    "manual_entries",  # alerts entered by a person: by whom, when, how it was received; never who told it (see reporters)
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),  # digest of the client's key: sent again, it is the same entry
    Column("digest", String(64), nullable=False),  # of what was sent: the same key with something else is refused
    _ref("signal_id", "signals"),
    _ref("run_id", "runs"),
    _ref("alert_id", "alerts", nullable=True),
    Column("model", String(80), nullable=False),
    Column("channel", String(40), nullable=False),  # of data/manual.toml: telephone, letter, visit …
    Column("grade", Integer, nullable=False),
    Column("graded_by", String(10), nullable=False),  # person, models
    Column("judged", Integer),  # the grade the models gave; nothing where they were not asked
    Column("reason", Text, nullable=False),  # why the person enters it
    Column("office_code", String(60)),  # of the person who entered it: whom the answer goes to
    Column("entered_by", String(120), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("entered_at", UtcDateTime, nullable=False, index=True),
)

reporters = Table(
    "reporters",  # personal data of those who gave a clue, apart from everything else; read through an audited view only
    metadata,
    _id(),
    Column("entry_id", BigId, ForeignKey("manual_entries.id"), nullable=False, unique=True),
    Column("name", String(200)),
    Column("phone", String(60)),
    Column("address", String(400)),
    Column("wants_answer", Boolean, nullable=False),
)

outside_warnings = Table(
    "outside_warnings",  # warnings of other systems, as they came: the provenance of the alerts they became
    metadata,
    _id(),
    Column("system", String(80), nullable=False),
    Column("warning_id", String(200), nullable=False),  # of that system
    Column("level", String(40), nullable=False),  # its word
    Column("grade", Integer, nullable=False),  # ours
    Column("model", String(80), nullable=False),
    Column("rule", String(400)),
    Column("raw_hash", String(64), nullable=False),  # of its record as received
    Column("raised_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False, index=True),
    _ref("signal_id", "signals"),
    _ref("run_id", "runs"),
    _ref("alert_id", "alerts", nullable=True),
    Column("outcome", String(20), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("detail", Json, nullable=False, default=dict),
    UniqueConstraint("system", "warning_id"),
)

# --- who is in charge --------------------------------------------------------------------------------------------------

duty_changes = Table(
    "duty_changes",  # versions of the duty table: the number of the row is the version; rows of duties are cut, what was stays here
    metadata,
    _id(),
    Column("kind", String(12), nullable=False),  # duties, fallback, office
    Column("effective", Date, nullable=False),
    Column("asked", Json, nullable=False),  # what was ordered
    Column("before", Json, nullable=False),  # the rows taken away
    Column("after", Json, nullable=False),  # the rows put in their place
    Column("actor", String(120), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

officers = Table(
    "officers",  # who verifies in an office
    metadata,
    _id(),
    Column("name", String(120), nullable=False),
    Column("office_code", String(60), nullable=False, index=True),
    Column("weekly_capacity", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("name", "office_code"),
)

officer_leaves = Table(
    "officer_leaves",
    metadata,
    _id(),
    _ref("officer_id", "officers"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),  # included
    _ref("deputy_id", "officers", nullable=True, index=False),  # nothing: by load
    Column("reason", Text, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("handed_over_at", UtcDateTime),
)

office_settings = Table(
    "office_settings",  # how an office gives out its tasks; no row: officers take
    metadata,
    Column("office_code", String(60), primary_key=True),
    Column("assignment", String(10), nullable=False),  # automatic, head, take
    Column("actor", String(120), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

# --- who may sign in ------------------------------------------------------------------------------------------------------

accounts = Table(
    "accounts",  # never deleted: what they did names them
    metadata,
    _id(),
    Column("name", String(120), nullable=False),
    Column("name_key", String(120), nullable=False, unique=True),  # the name as it is compared
    Column("display_name", String(120), nullable=False, default=""),
    Column("email", String(200)),  # personal data
    Column("telephone", String(40)),  # personal data
    Column("office_code", String(60), index=True),
    Column("roles", Json, nullable=False, default=list),
    Column("grants", Json, nullable=False, default=list),  # [division, department] each; nothing is nowhere
    Column("state", String(10), nullable=False, index=True),  # active, disabled
    Column("password_hash", String(200)),  # nothing: no sign-in by password
    Column("password_changed_at", UtcDateTime),
    Column("must_change", Boolean, nullable=False, default=False),
    Column("totp_secret", Text),  # encrypted
    Column("totp_confirmed_at", UtcDateTime),
    Column("totp_step", BigId, nullable=False, default=0),  # the newest time step that was used: a code is good once
    Column("oidc_issuer", String(200)),
    Column("oidc_subject", String(200)),
    Column("version", Integer, nullable=False, default=1),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_login", UtcDateTime),
    UniqueConstraint("oidc_issuer", "oidc_subject"),
)

password_history = Table(
    "password_history",
    metadata,
    _id(),
    _ref("account_id", "accounts"),
    Column("password_hash", String(200), nullable=False),
    Column("replaced_at", UtcDateTime, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",  # for whoever has lost their second factor: each good once
    metadata,
    _id(),
    _ref("account_id", "accounts", index=False),
    Column("code_hash", String(64), nullable=False),
    Column("used_at", UtcDateTime),
    UniqueConstraint("account_id", "code_hash"),
)

sessions = Table(
    "sessions",
    metadata,
    _id(),
    Column("token_hash", String(64), nullable=False, unique=True),
    _ref("account_id", "accounts"),
    Column("how", String(10), nullable=False),  # password, oidc
    Column("second_factor", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("client", String(300), nullable=False, default=""),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    Column("prefix", String(20), nullable=False),  # what is shown of it
    Column("key_hash", String(64), nullable=False, unique=True),
    _ref("account_id", "accounts"),
    Column("label", String(120), nullable=False),
    Column("permissions", Json, nullable=False, default=list),
    Column("grants", Json),  # nothing: wherever the owner may
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("last_used", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)

sign_in_counters = Table(
    "sign_in_counters",  # failures by name (known or not, so that a name tells nothing) and by address
    metadata,
    Column("key", String(200), primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("blocked_until", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False, index=True),
)

# --- disposal: several offices, time -----------------------------------------------------------------------------------

assists = Table(
    "assists",  # 协查: a question of one office to another, beside the task of the kind assist that carries its clock and state
    metadata,
    _id(),
    Column("task_id", BigId, ForeignKey("tasks.id"), nullable=False, unique=True),
    _ref("parent_id", "tasks"),
    Column("asking_office", String(60), nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("answer", Text),
    Column("documents", Json, nullable=False, default=list),
    Column("asked_by", String(120), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("answered_by", String(120)),
    Column("answered_at", UtcDateTime),
)

copies = Table(
    "copies",  # 抄告: an alert sent to another office for its knowledge, with receipt
    metadata,
    _id(),
    _ref("alert_id", "alerts"),
    _ref("task_id", "tasks", nullable=True),
    Column("office_code", String(60), nullable=False),
    Column("from_office", String(60), index=True),
    Column("note", Text, nullable=False),
    Column("sent_by", String(120), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("receipt_due", UtcDateTime, nullable=False, index=True),
    Column("received_by", String(120)),
    Column("received_at", UtcDateTime),
    Column("receipt_note", Text),
    UniqueConstraint("alert_id", "office_code"),
    Index("ix_copies_office_alert", "office_code", "alert_id"),
)

campaigns = Table(
    "campaigns",  # 专项整治
    metadata,
    _id(),
    Column("name", String(200), nullable=False),
    Column("state", String(12), nullable=False, index=True),  # draft, running, ended
    Column("models", Json, nullable=False, default=list),
    Column("basis", Text, nullable=False),
    Column("owner", String(120), nullable=False),
    Column("owner_office", String(60), nullable=False, index=True),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("chosen_by", Json, nullable=False, default=dict),  # the filter, as it was when the set was frozen
    Column("numbers", Json),  # of the end report
    Column("version", Integer, nullable=False, default=1),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    UniqueConstraint("owner_office", "name"),  # of one office: what others call theirs is theirs to know
)

campaign_items = Table(
    "campaign_items",
    metadata,
    _id(),
    _ref("campaign_id", "campaigns"),
    Column("key", String(80), nullable=False),  # subject:12 or alert:7
    _ref("subject_id", "subjects", nullable=True),
    _ref("alert_id", "alerts", nullable=True),
    _ref("task_id", "tasks", nullable=True),
    Column("added_by", String(120), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    UniqueConstraint("campaign_id", "key"),
)

campaign_events = Table(
    "campaign_events",
    metadata,
    _id(),
    _ref("campaign_id", "campaigns"),
    Column("event", String(20), nullable=False),  # create, start, add, end
    Column("actor", String(120), nullable=False),
    Column("reason", Text),
    Column("detail", Json, nullable=False, default=dict),
    Column("at", UtcDateTime, nullable=False),
)

joint_tasks = Table(
    "joint_tasks",  # 进一次门查多项事: several offices, one visit
    metadata,
    _id(),
    _ref("subject_id", "subjects", nullable=True),
    _ref("alert_id", "alerts", nullable=True),
    Column("title", String(400), nullable=False),
    Column("state", String(12), nullable=False, index=True),  # open, closed
    Column("lead_office", String(60), nullable=False, index=True),
    Column("visit_on", Date, nullable=False),
    Column("version", Integer, nullable=False, default=1),
    Column("created_by", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
)

joint_parts = Table(
    "joint_parts",
    metadata,
    _id(),
    _ref("joint_id", "joint_tasks"),
    Column("task_id", BigId, ForeignKey("tasks.id"), nullable=False, unique=True),
    Column("office_code", String(60), nullable=False, index=True),
    Column("what", Text, nullable=False),  # what this office looks at
    UniqueConstraint("joint_id", "office_code"),
)

advices = Table(
    "advices",  # messages to a trader before anybody visits: that one was sent, and what came back. Who it went to stands in the subject, not here
    metadata,
    _id(),
    _ref("task_id", "tasks"),
    Column("template", String(40), nullable=False),
    Column("text_zh", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("channel", String(40), nullable=False),
    Column("sent_by", String(120), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("answer_due", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("answer", Text),
    Column("recorded_by", String(120)),
)

calendar_days = Table(
    "calendar_days",  # what people changed of the shipped calendar; the newest version of a day holds, none is ever overwritten
    metadata,
    _id(),
    Column("day", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(10), nullable=False),  # holiday, workday, or plain: Monday to Friday again
    Column("name_zh", String(120), nullable=False),
    Column("name_en", String(120), nullable=False),
    Column("source", String(400), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("day", "version"),
)

calendar_notices = Table(
    "calendar_notices",  # years whose yearly notice was taken in
    metadata,
    _id(),
    Column("year", Integer, nullable=False, unique=True),
    Column("source", String(400), nullable=False),
    Column("days", Integer, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# --- verdicts: drafts, reviews, appeals, acts, attachments, what follows -------------------------------------------------

verdict_events = Table(
    "verdict_events",
    metadata,
    _id(),
    _ref("verdict_id", "verdicts"),
    Column("event", String(30), nullable=False),
    Column("from_state", String(12)),
    Column("to_state", String(12), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("reason", Text),
    Column("detail", Json, nullable=False, default=dict),
    Column("at", UtcDateTime, nullable=False),
)

verdict_drafts = Table(
    "verdict_drafts",  # one a task, until it is reported
    metadata,
    _id(),
    Column("task_id", BigId, ForeignKey("tasks.id"), nullable=False, unique=True),
    Column("content", Json, nullable=False, default=dict),
    Column("version", Integer, nullable=False, default=1),
    Column("actor", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False, index=True),
)

verdict_reviews = Table(
    "verdict_reviews",  # a second look at a verdict, by another person than reported and accepted it
    metadata,
    _id(),
    Column("verdict_id", BigId, ForeignKey("verdicts.id"), nullable=False, unique=True),
    Column("reasons", Json, nullable=False),  # names of the conditions of review.toml that were met
    Column("state", String(10), nullable=False, index=True),  # open, passed, sent_back, void
    Column("asked_at", UtcDateTime, nullable=False),
    Column("reviewer", String(120)),
    Column("decided_at", UtcDateTime),
    Column("reason", Text),
)

appeals = Table(
    "appeals",
    metadata,
    _id(),
    _ref("verdict_id", "verdicts"),
    Column("party", String(12), nullable=False),  # trader, department
    Column("open_key", String(60), unique=True),  # verdict and party while it is open, nothing afterwards
    Column("appellant", String(200), nullable=False),  # who contests: a firm, a person, an office; may be personal data
    Column("grounds", Text, nullable=False),
    Column("filed_at", UtcDateTime, nullable=False),
    Column("entered_by", String(120), nullable=False),
    Column("state", String(12), nullable=False, index=True),  # open, upheld, overturned, withdrawn
    Column("decided_by", String(120)),
    Column("decided_at", UtcDateTime),
    Column("reason", Text),
    Column("correction_id", BigId),  # the verdict that took the place of an overturned one
    Column("changed_at", UtcDateTime, nullable=False, index=True),
)

attachments = Table(
    "attachments",  # what a file is called and where it belongs; its bytes lie in RISK_HOME/attachments under their SHA-256
    metadata,
    _id(),
    _ref("task_id", "tasks"),
    _ref("verdict_id", "verdicts", nullable=True),
    _ref("appeal_id", "appeals", nullable=True),
    Column("name", String(255), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("uploader", String(120), nullable=False),
    Column("uploaded_at", UtcDateTime, nullable=False, index=True),
    Column("removed_at", UtcDateTime),  # the row stays: what was there, and who took it away
    Column("removed_by", String(120)),
    Column("removed_reason", Text),
)

acts = Table(
    "acts",  # acts of supervision (监管行为): inspections, penalties, enforcement measures, others; fields of risk.domain.acts
    metadata,
    _id(),
    Column("record_id", String(64), nullable=False, unique=True),  # stable over systems: record_unique_identity of the exchange
    Column("kind", String(12), nullable=False, index=True),  # inspection, penalty, enforcement, other
    Column("number", String(50), nullable=False, index=True),
    Column("name", String(500), nullable=False),
    Column("matter_code", String(14), nullable=False),
    Column("office_code", String(60), index=True),
    _ref("subject_id", "subjects", nullable=True),
    _ref("task_id", "tasks", nullable=True),
    _ref("verdict_id", "verdicts", nullable=True),
    Column("happened_on", Date, index=True),
    Column("fined_fen", BigInteger),
    Column("fields", Json, nullable=False),  # the whole record by the names of acts.toml; names and certificates are personal data
    Column("source", String(200), nullable=False),  # "own", or the system it came from
    Column("batch", String(40), index=True),
    Column("version", Integer, nullable=False, default=1),
    Column("actor", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False, index=True),
    Column("removed_at", UtcDateTime),  # operation d of the exchange: the row stays
)

repair_tasks = Table(
    "repair_tasks",  # what a wrong warning asks of the owner of the data or of the rules
    metadata,
    _id(),
    Column("key", String(80), nullable=False, unique=True),  # verdict and owner: the same verdict asks once
    _ref("verdict_id", "verdicts"),
    _ref("alert_id", "alerts", nullable=True),
    _ref("subject_id", "subjects", nullable=True),
    Column("model", String(80), nullable=False, index=True),
    Column("repair", String(12), nullable=False),  # data_owner, rule_owner
    Column("sub_reason", String(60), nullable=False),
    Column("rules", Json, nullable=False, default=list),  # ids that stood behind the alert, or that the officers named
    Column("state", String(10), nullable=False, index=True),  # open, taken, done, withdrawn
    Column("owner", String(120)),  # who took it
    Column("owner_zh", String(200), nullable=False),
    Column("owner_en", String(200), nullable=False),
    Column("outcome", String(20)),  # of risk.services.repairs
    Column("answer", Text),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False, index=True),
    Column("closed_by", String(120)),
    Column("closed_at", UtcDateTime),
)

clue_feedbacks = Table(
    "clue_feedbacks",  # what the sender of a clue is told of the result, and by when
    metadata,
    _id(),
    _ref("verdict_id", "verdicts"),
    Column("sender_kind", String(20), nullable=False),  # complainant, system, office
    Column("sender", String(200), nullable=False),  # the source, or the office's code
    Column("reference", String(300), nullable=False),  # the sender's own number of the clue, or ours
    _ref("signal_id", "signals", nullable=True),
    Column("office_code", String(60), index=True),  # who owes it
    Column("result", String(20), nullable=False),  # a result class of verdicts.toml
    Column("state", String(10), nullable=False, index=True),  # sent, owed, told, withdrawn
    Column("decided_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, index=True),  # where the law sets one
    Column("told_at", UtcDateTime),
    Column("told_by", String(120)),
    Column("how", String(200)),
    UniqueConstraint("verdict_id", "sender_kind", "sender", "reference"),
)

# --- exchange with other systems, files taken in as jobs ---------------------------------------------------------------

exchange_batches = Table(
    "exchange_batches",  # one a file: those we send with their bytes, those we received with how far they are settled
    metadata,
    _id(),
    Column("key", String(100), nullable=False, unique=True),  # out:<batch>; in:<digest of content and source>
    Column("direction", String(3), nullable=False, index=True),  # out, in
    Column("batch", String(40), nullable=False, index=True),  # date and count; of one received: as its sender says
    Column("day", Date),  # of an outgoing one: the day its count belongs to
    Column("number", Integer),  # the count, from 1 without gaps
    Column("stream", String(80), nullable=False, index=True),  # outgoing: for whom; incoming: whose
    Column("scope", String(64), nullable=False),  # digest of the scope it was asked for or taken in with: who else may see it
    Column(
        "asked", String(64), nullable=False, default=""
    ),  # of an outgoing one: digest of the kinds and settings asked for, whose watermark it moves
    Column("since", UtcDateTime),
    Column("until", UtcDateTime),  # what happened before is in this batch or an earlier one
    Column("form", String(4), nullable=False),  # xml, json
    Column("encoding", String(10), nullable=False),
    Column("counts", Json, nullable=False, default=dict),  # outgoing: record → operation → count; incoming: outcome → count
    Column("content", LargeBinary),  # an outgoing file to the byte
    Column("content_hash", String(64), nullable=False),
    Column("file", String(400), nullable=False),
    Column("status", String(20), nullable=False),  # running, done, failed
    Column("rows_done", BigId, nullable=False, default=0),  # records of an incoming file that are settled: where a killed import goes on
    Column("error", Json),  # {code, zh, en}
    Column("actor", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("ended_at", UtcDateTime),
    UniqueConstraint("day", "number"),
)

exchange_sent = Table(
    "exchange_sent",  # what each receiver holds of us by now: decides whether the next is i, u, d or nothing
    metadata,
    _id(),
    Column("stream", String(80), nullable=False),
    Column("record", String(40), nullable=False),
    Column("identity", String(64), nullable=False),
    Column("operation", String(1), nullable=False),
    Column("digest", String(64), nullable=False),  # of the record without its exchange columns
    Column("object", String(80), nullable=False, index=True),  # alert:7, task:12, act:3
    _ref("batch_id", "exchange_batches"),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("stream", "record", "identity"),
)

exchange_received = Table(
    "exchange_received",  # every record that came in, as it came, and what became of it; what does not fit waits here for repair
    metadata,
    _id(),
    _ref("batch_id", "exchange_batches"),
    Column("number", BigId, nullable=False),  # place in its file, from 1
    Column("record", String(40), nullable=False),
    Column("source", String(80), nullable=False),
    Column("identity", String(200), nullable=False),
    Column("operation", String(1), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("cd_time", UtcDateTime),
    Column("given", Json, nullable=False),
    Column("state", String(12), nullable=False, index=True),  # accepted, duplicate, quarantined, repaired, resubmitted, dismissed
    Column("problems", Json, nullable=False, default=list),
    Column("warnings", Json, nullable=False, default=list),
    Column("result", String(80)),  # what it did here: alert:7, task:12, verdict:3, signal:9
    Column("actor", String(120), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("batch_id", "number"),
    Index("ix_exchange_received_known", "source", "record", "identity"),
)

warning_sources = Table(
    "warning_sources",  # outside warning systems that are polled
    metadata,
    _id(),
    Column("name", String(80), nullable=False, unique=True),
    Column("kind", String(80), nullable=False),  # folder, http, or the name of a plug-in
    Column("options", Json, nullable=False, default=dict),
    Column("enabled", Boolean, nullable=False, default=True),
    Column("cursor", Text),  # of the source's own making: where the next poll goes on
    Column("state", String(10), nullable=False),  # new, ok, failing
    Column("failures", Integer, nullable=False, default=0),  # in a row
    Column("error", Json),  # of the last failure: {code, zh, en}
    Column("accepted", BigId, nullable=False, default=0),
    Column("duplicates", BigId, nullable=False, default=0),
    Column("quarantined", BigId, nullable=False, default=0),
    Column("polled_at", UtcDateTime),
    Column("succeeded_at", UtcDateTime),
    Column("actor", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

import_jobs = Table(
    "import_jobs",  # a file that was sent over HTTP and is taken in beside the requests
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),  # digest of content, source and mapping: the same file is the same job
    Column("file", String(400), nullable=False),  # as the client calls it
    Column("spool", String(120)),  # name in the spool folder while it is needed
    Column("bytes", BigId, nullable=False),
    Column("source", String(200), nullable=False),
    Column("mapping", Json, nullable=False, default=dict),
    Column("status", String(12), nullable=False, index=True),  # queued, running, cancelling, cancelled, done, failed
    _ref("import_id", "imports", nullable=True),
    Column("rows", BigId),  # how many the file holds; nothing: not known
    Column("error", Json),  # {code, zh, en}
    Column("actor", String(120), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
)

# --- requests that may be repeated --------------------------------------------------------------------------------------

idempotent_requests = Table(
    "idempotent_requests",  # what became of a request that carried an Idempotency-Key: kept for a day
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),  # digest of who asked and the key they gave
    Column("fingerprint", String(64), nullable=False),  # digest of method, address and body: the same key for something else is refused
    Column("attempt", Integer, nullable=False, default=1),  # grows when another takes it up
    Column("acted", Integer),  # the attempt that acted: written in the transaction of the act
    Column("until", UtcDateTime, nullable=False),  # how long whoever works on it is believed to be alive
    Column("status", Integer),  # of the answer; nothing while there is none
    Column("headers", Json, nullable=False, default=dict),
    Column("body", Text),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)

audit_targets = Table(
    "audit_targets",  # how far the audit has been sent to each log host
    metadata,
    Column("target", String(300), primary_key=True),  # tls://log.example.cn:6514
    Column("place", BigId, nullable=False),  # the last id of the audit that it has had
    Column("changed_at", UtcDateTime, nullable=False),
)

# --- case files of events, the matter list, data sources, sharing -------------------------------------------------------

case_files = Table(
    "case_files",  # 重点事件跟踪: one file an event, over its whole life
    metadata,
    _id(),
    Column("number", String(20), nullable=False),  # year and count, of its lead office
    Column("title", String(200), nullable=False),
    Column("model", String(80), nullable=False, index=True),  # the field
    Column("level", String(12), nullable=False),  # of casefiles.toml
    Column("state", String(10), nullable=False, index=True),  # of risk.domain.casefiles
    Column("places", Json, nullable=False, default=list),  # divisions
    Column("lead_office", String(60), nullable=False, index=True),
    Column("owner", String(120), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("created_by", String(120), nullable=False),
    Column("version", Integer, nullable=False, default=1),
    UniqueConstraint("lead_office", "number"),  # of one office: how many files others have is theirs to know
)

case_file_offices = Table(
    "case_file_offices",  # which offices take part beside the lead; who has left stays here
    metadata,
    _id(),
    _ref("case_file_id", "case_files"),
    Column("office_code", String(60), nullable=False, index=True),
    Column("open_key", String(90), unique=True),  # file and office while it takes part, nothing afterwards
    Column("joined_by", String(120), nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("left_by", String(120)),
    Column("left_at", UtcDateTime),
    Column("left_reason", Text),
)

case_file_links = Table(
    "case_file_links",  # what a file gathers; taken out, the row stays. Just one of the six numbers is given
    metadata,
    _id(),
    _ref("case_file_id", "case_files"),
    Column("kind", String(10), nullable=False),  # alert, subject, signal, task, verdict, act
    _ref("alert_id", "alerts", nullable=True),
    _ref("subject_id", "subjects", nullable=True),
    _ref("signal_id", "signals", nullable=True),
    _ref("task_id", "tasks", nullable=True),
    _ref("verdict_id", "verdicts", nullable=True),
    _ref("act_id", "acts", nullable=True),
    Column("state", String(10), nullable=False),  # linked, removed, declined (a new alert that was offered and not wanted)
    Column("open_key", String(90), unique=True),  # file, kind and number while it is linked
    Column("note", Text),
    Column("added_by", String(120), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("removed_by", String(120)),
    Column("removed_at", UtcDateTime),
    Column("removed_reason", Text),
)

case_file_entries = Table(
    "case_file_entries",  # what people wrote, and what was done to the file itself; never changed: a correction is an entry of its own
    metadata,
    _id(),
    _ref("case_file_id", "case_files"),
    Column("kind", String(12), nullable=False),  # an aspect (cause … result), note, or an event of the file
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),  # when it happened
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("office_code", String(60)),  # of the person
    Column("amount_fen", BigInteger),  # money involved, as stated here
    Column("due_on", Date),  # of a measure
    Column("detail", Json, nullable=False, default=dict),
    Column("supersedes", BigId, unique=True),  # the entry that this one corrects
)

case_file_attachments = Table(
    "case_file_attachments",  # files of a case file itself; bytes lie with those of tasks
    metadata,
    _id(),
    _ref("case_file_id", "case_files"),
    Column("name", String(255), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("uploader", String(120), nullable=False),
    Column("uploaded_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    Column("removed_by", String(120)),
    Column("removed_reason", Text),
)

matter_versions = Table(
    "matter_versions",  # 监管事项清单, each taken in whole; the newest of those that have begun holds
    metadata,
    _id(),
    Column("valid_from", Date, nullable=False, index=True),
    Column("source", String(400), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),  # of rows and day: the same list again is the same version
    Column("rows", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

matters = Table(
    "matters",
    metadata,
    _id(),
    _ref("version_id", "matter_versions", index=False),
    Column("code", String(14), nullable=False),
    Column("name", String(400), nullable=False),
    Column("department", String(200), nullable=False),
    Column("method", String(400), nullable=False),
    Column("measures", String(1000), nullable=False),
    Column("object", String(400), nullable=False),
    Column("basis", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("result", String(1000), nullable=False),
    Column("level", String(100), nullable=False),
    UniqueConstraint("version_id", "code"),
)

matter_mappings = Table(
    "matter_mappings",  # which matter a clue of a model belongs to, for a department; ended, never overwritten
    metadata,
    _id(),
    Column("model", String(80), nullable=False, index=True),
    Column("department", String(60), nullable=False, default=""),  # nothing: whichever has no row of its own
    Column("code", String(14), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),  # the last day
    Column("actor", String(120), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("ended_by", String(120)),
    UniqueConstraint("model", "department", "valid_from"),
)

source_settings = Table(
    "source_settings",  # what people set about a source of data; the newest version holds, none is ever overwritten
    metadata,
    _id(),
    Column("source", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("every_minutes", Integer),  # nothing: learnt from what came
    Column("watched", Boolean, nullable=False),  # whether it can be late at all
    Column("owner", String(200), nullable=False, default=""),
    Column("reason", Text, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("source", "version"),
)

share_requests = Table(
    "share_requests",  # 数据共享: applied for, received, decided; a grant is a key or an export that ends
    metadata,
    _id(),
    Column("office_code", String(60), nullable=False, index=True),  # who applies
    Column("account_id", BigId, nullable=False),  # of the applicant: who may collect
    Column("applicant", String(120), nullable=False),
    Column("data", String(20), nullable=False),  # a kind of sharing.toml
    Column("form", String(8), nullable=False),  # key, export
    Column("fields", Json, nullable=False, default=list),  # of an export
    Column("region", String(6), nullable=False, index=True),  # whose data
    Column("department", String(60), nullable=False, default=""),
    Column("purpose", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("until", Date, nullable=False),  # the last day
    Column("state", String(10), nullable=False, index=True),  # of risk.domain.sharing
    Column("grantor_id", BigId),  # the account whose right is lent
    Column("decided_by", String(120)),
    Column("key_id", BigId, index=True),  # of the key that was collected
    Column("uses", Integer, nullable=False, default=0),
    Column("last_used", UtcDateTime),
    Column("version", Integer, nullable=False, default=1),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

share_events = Table(
    "share_events",
    metadata,
    _id(),
    _ref("request_id", "share_requests"),
    Column("event", String(12), nullable=False),  # apply, receive, grant, refuse, collect, use, withdraw, cancel
    Column("from_state", String(10)),
    Column("to_state", String(10), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("reason", Text),
    Column("detail", Json, nullable=False, default=dict),
    Column("at", UtcDateTime, nullable=False),
)

# --- reports as they live, and the exposure board -----------------------------------------------------------------------

report_events = Table(
    "report_events",  # every step of a report: never changed
    metadata,
    _id(),
    _ref("report_id", "reports"),
    Column("event", String(12), nullable=False),  # make, remark, dress, approve, send_back, sign, publish, withdraw
    Column("from_state", String(12)),
    Column("to_state", String(12), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("reason", Text),
    Column("detail", Json, nullable=False, default=dict),
    Column("at", UtcDateTime, nullable=False),
)

exposures = Table(
    "exposures",  # 曝光台: what the public may be told of a confirmed verdict
    metadata,
    _id(),
    _ref("verdict_id", "verdicts"),
    Column("open_key", String(40), unique=True),  # the verdict while the entry is drafted or published, nothing afterwards
    _ref("subject_id", "subjects", nullable=True),
    Column("office_code", String(60), nullable=False, index=True),
    Column("subject_name", String(400), nullable=False),  # as it is shown: of a person masked
    Column("title", String(200), nullable=False),
    Column("text", Text, nullable=False),  # the office's words, personal data masked before they are stored
    Column("state", String(12), nullable=False, index=True),  # draft, published, withdrawn
    Column("version", Integer, nullable=False, default=1),
    Column("created_by", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("published_at", UtcDateTime),
    Column("changed_at", UtcDateTime, nullable=False),
)

exposure_events = Table(
    "exposure_events",
    metadata,
    _id(),
    _ref("exposure_id", "exposures"),
    Column("event", String(12), nullable=False),  # draft, revise, publish, withdraw
    Column("from_state", String(12)),
    Column("to_state", String(12), nullable=False),
    Column("actor", String(120), nullable=False),
    Column("reason", Text),
    Column("at", UtcDateTime, nullable=False),
)

# --- the risk index, credit classes, random inspection plans --------------------------------------------------------------

index_versions = Table(
    "index_versions",  # weights and points of reference; never changed once decided, the newest approved one of a kind counts
    metadata,
    _id(),
    Column("kind", String(10), nullable=False),  # region, subject
    Column("version", Integer, nullable=False),  # 0 is the one that came with the program
    Column("state", String(10), nullable=False, index=True),  # draft, approved, rejected
    Column("method", String(12), nullable=False),  # ahp, entropy, critic, ahp_entropy
    Column("weights", Json, nullable=False),  # indicator → share, summing to one
    Column("refs", Json, nullable=False),  # indicator → [value of score 0, value of score 100]
    Column("basis", Json, nullable=False, default=dict),  # matrices and their ratios, moment and number of places of what was measured
    Column("definitions", String(64), nullable=False),  # hash of index.toml's part it was made for
    Column("author", String(120), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("decided_by", String(120)),
    Column("decision_reason", Text),
    Column("decided_at", UtcDateTime, index=True),
    UniqueConstraint("kind", "version"),
)

index_results = Table(
    "index_results",  # the index of a place at a moment by a version; made again it is the same
    metadata,
    _id(),
    _ref("version_id", "index_versions", index=False),
    Column("region", String(6), nullable=False, index=True),
    Column("level", String(10), nullable=False),  # province, city, county
    Column("period", String(12), nullable=False),  # 2026-10 (its end), 2026-10-12 (its end)
    Column("as_of", UtcDateTime, nullable=False),
    Column("value", Float),  # nothing: too little is known
    Column("grade", String(8)),
    Column("coverage", Float, nullable=False),
    Column("parts", Json, nullable=False),  # indicator → {value, n, score, weight, used, contribution}
    Column("actor", String(120), nullable=False),
    Column("computed_at", UtcDateTime, nullable=False),
    UniqueConstraint("version_id", "region", "period"),
    Index("ix_index_results_board", "version_id", "period", "level"),
)

credit_imports = Table(
    "credit_imports",  # each file of credit classes that was taken in, with what was refused
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),  # digest of content and source: the same file again changes nothing
    Column("file", String(400), nullable=False),
    Column("source", String(200), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("known", Integer, nullable=False),  # said before in the same words
    Column("refused", Integer, nullable=False),
    Column("problems", Json, nullable=False, default=list),  # [{row, column, code, zh, en}]
    Column("actor", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

credit_classes = Table(
    "credit_classes",  # A–D as imported; history is kept, none is ever derived from alerts
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),  # digest of the row
    Column("uscc", String(18), nullable=False),
    Column("name", String(400)),
    Column("class_code", String(1), nullable=False, index=True),
    Column("source", String(200), nullable=False),
    Column("assessed_on", Date, nullable=False),
    Column("valid_to", Date),  # the last day; nothing: until another is said
    _ref("import_id", "credit_imports"),
    Column("known_at", UtcDateTime, nullable=False),
    Index("ix_credit_classes_uscc_known", "uscc", "known_at"),
)

random_plans = Table(
    "random_plans",  # 双随机 plans, drawn once
    metadata,
    _id(),
    Column("name", String(200), nullable=False),
    Column("office_code", String(60), nullable=False, index=True),
    Column("region", String(6), nullable=False),
    Column("model", String(80)),
    Column("state", String(10), nullable=False, index=True),  # drawn, done
    Column("seed", String(120), nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
    Column("asked", Json, nullable=False),  # filter, sizes, rates, days without repeat
    Column("counts", Json, nullable=False),  # population, left out and why, by class, drawn
    Column("frame", LargeBinary),  # the population as drawn from, packed: the draw can be made again
    Column("frame_hash", String(64), nullable=False),
    Column("matter_code", String(14)),
    Column("checklist_code", String(60)),
    Column("reason", Text, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

random_plan_units = Table(
    "random_plan_units",  # the subjects drawn, with their exact chance, and what the inspection found
    metadata,
    _id(),
    _ref("plan_id", "random_plans"),
    Column("number", Integer, nullable=False),  # of the list, from 1
    _ref("subject_id", "subjects"),
    Column("drawn_by", String(10), nullable=False),  # weighted, audit, both
    Column("weighted_chance", Float, nullable=False),
    Column("audit_chance", Float, nullable=False),
    Column("probability", Float, nullable=False),  # of being in the plan
    Column("class_code", String(1)),
    Column("grade", String(8), nullable=False),  # of the gravest alert then; none
    Column("alerted", Boolean, nullable=False),
    Column("inspectors", Json, nullable=False),
    Column("result", String(10)),  # a code of verdicts.toml, or "not_done"
    Column("label", Float),  # what that code says: 1, 0.5, 0, or nothing
    Column("inspected_on", Date, index=True),
    Column("facts", Text),
    _ref("act_id", "acts", nullable=True),
    Column("result_by", String(120)),
    Column("result_at", UtcDateTime),
    UniqueConstraint("plan_id", "subject_id"),
)

# --- what was taken out of the tables of signals, month by month -----------------------------------------------------------

archives = Table(
    "archives",  # signals of a month, and what hung on them, as files; another part where more of the month became free later
    metadata,
    _id(),
    Column("month", String(7), nullable=False),
    Column("part", Integer, nullable=False),
    Column("status", String(10), nullable=False, index=True),  # of risk.services.archiving: writing, written, done, restoring, restored
    Column(
        "chunks", Integer, nullable=False, default=0
    ),  # the files are in so many groups of rows, each with all that hangs on its signals
    Column("cursor", Integer, nullable=False, default=0),  # groups taken out of the tables; while restoring: groups brought back
    Column("signals", BigId, nullable=False, default=0),  # in the files
    Column("manifest", Json, nullable=False, default=dict),  # of the files: rows, least and greatest id, bytes, SHA-256, columns
    Column(
        "stayed", Json, nullable=False, default=list
    ),  # ids of signals that are in the files but were needed again: they never left the tables
    Column("removed", Json, nullable=False, default=dict),  # table → rows taken out
    Column("observed_from", UtcDateTime),
    Column("observed_to", UtcDateTime),
    Column("received_from", UtcDateTime),
    Column("received_to", UtcDateTime),
    Column("actor", String(120), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("written_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    _trace_id(),
    UniqueConstraint("month", "part"),
)

archived_signals = Table(
    "archived_signals",  # so that a row that was archived is known when it comes again: nothing but its identity, as bytes
    metadata,
    Column("identity", LargeBinary(32), primary_key=True),
    Column("archive_id", BigId, ForeignKey("archives.id"), nullable=False),
    sqlite_with_rowid=False,
)

archived_outcomes = Table(
    "archived_outcomes",  # what the balance of a run needs of its archived candidates
    metadata,
    Column("archive_id", BigId, ForeignKey("archives.id"), primary_key=True, autoincrement=False),
    Column("run_id", BigId, ForeignKey("runs.id"), primary_key=True, autoincrement=False, index=True),
    Column("outcome", String(20), primary_key=True),
    Column("candidates", BigId, nullable=False),
)
