"""What the database itself refuses: to change or delete a row of the audit, to shorten its chain.

The same statements stand in the first revision (``risk.storage.migrations.regenerate`` writes them there) and after ``metadata.create_all``. Whoever
administers the database can drop a trigger; that rows were changed afterwards is what ``risk audit verify`` finds.
"""

from __future__ import annotations

from sqlalchemy import DDL, event
from sqlalchemy.schema import ExecutableDDLElement

from risk.storage.tables import metadata

GUARDS: dict[str, dict[str, tuple[str, ...]]] = {
    "audit": {
        "sqlite": (
            "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
            "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
            "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) "
            "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
        ),
        "postgresql": (
            "CREATE FUNCTION risk_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$",
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION risk_audit_append_only()",
        ),
    },
    "audit_head": {
        "sqlite": (
            "CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head WHEN NEW.length <= OLD.length OR NEW.id <> OLD.id "
            "BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END",
            "CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END",
        ),
        "postgresql": (
            "CREATE FUNCTION risk_audit_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF TG_OP <> 'UPDATE' THEN RAISE EXCEPTION 'the audit only grows'; END IF; "
            "IF NEW.length <= OLD.length OR NEW.id <> OLD.id THEN RAISE EXCEPTION 'the audit only grows'; END IF; RETURN NEW; END $$",
            "CREATE TRIGGER audit_head_grows BEFORE UPDATE OR DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION risk_audit_grows()",
            "CREATE TRIGGER audit_head_stays BEFORE TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION risk_audit_grows()",
        ),
    },
}
"""Table → kind of database → statements, run when the table is there. Triggers go with their table; functions of PostgreSQL do not."""

UNGUARDS: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": ("DROP FUNCTION risk_audit_append_only()", "DROP FUNCTION risk_audit_grows()"),
}
"""Kind of database → statements that take back what is left when the tables are dropped."""


def _listen() -> None:
    for name, kinds in GUARDS.items():
        for kind, statements in kinds.items():
            for statement in statements:
                ddl: ExecutableDDLElement = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
                event.listen(metadata.tables[name], "after_create", ddl.execute_if(dialect=kind))


_listen()
