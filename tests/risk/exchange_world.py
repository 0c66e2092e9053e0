"""One alert on a named firm with its task, for the tests of exchange."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from risk.domain.grades import Grade
from risk.services.alerts import settle
from risk.storage.engine import transaction
from tests.risk.disposal_world import NOW, new_candidates, new_run, new_subjects

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "exchange"


def golden(name: str) -> bytes:
    """A hand-written file; those that declare GB18030 are encoded so."""
    text = (GOLDEN / name).read_text(encoding="utf-8")
    return text.encode("gb18030" if "GB18030" in text[:60] else "utf-8")


def one_alert(engine: Engine, grade: Grade = Grade.ORANGE, region: str = "420102", tag: str = "x") -> None:
    """An alert with its task, in a run of its own."""
    with transaction(engine) as conn:
        run, (subject,) = new_run(conn, f"run-{tag}"), new_subjects(conn, 1, prefix=tag)
        settle(conn, run, new_candidates(conn, run, [(subject, grade, 0.75)], region=region, tag=tag), NOW)
