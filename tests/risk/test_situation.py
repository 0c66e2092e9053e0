"""The situation report over a hand-made world: exact numbers, unchanged by what happens later, and pages compared with stored ones.

``UPDATE_GOLDEN=1`` writes the stored pages anew.
"""

from __future__ import annotations

import copy
import json
import os
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, insert, select

from risk.domain import periods
from risk.domain.calendar import SHANGHAI
from risk.domain.candidates import Candidate
from risk.domain.errors import NotFoundError
from risk.domain.grades import Grade
from risk.services import judging, reporting, situation, tasks
from risk.services.alerts import settle
from risk.services.dispatch import seed_offices
from risk.services.situation import city_of
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.disposal_world import EVIDENCE, new_candidates, new_subjects
from tests.risk.reviewing import review_all

GOLDEN = Path(__file__).parents[1] / "golden" / "report"
TWO = ("张三", "李四")
MED, FUND = "false_medical_advertising", "illegal_fundraising.report"


def at(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


CUTOFF = at(11, 1, 0)  # the end of October, when its last run ended


def _run(conn: Connection, key: str, moment: datetime, model: str = MED) -> int:
    row = {
        "key": key,
        "model": model,
        "as_of": moment,
        "status": "running",
        "versions": {"rules": "r1"},
        "balance": {},
        "actor": "t",
        "started_at": moment,
    }
    return int(conn.execute(insert(t.runs).values(row).returning(t.runs.c.id)).scalar_one())


def titled(conn: Connection, run: int, specs: list[tuple[int | None, Grade, float]], *, model: str = MED, **more: Any) -> list[Candidate]:
    """Candidates with the titles that runs give them."""
    made = new_candidates(conn, run, specs, model=model, **more)
    return [replace(c, title_zh=zh, title_en=en) for c in made for zh, en in [judging.titles(model, EVIDENCE)]]


def _done(conn: Connection, run: int, moment: datetime, balance: Any, judged: int) -> None:
    values = {"balance": balance.as_dict(), "candidates": balance.candidates, "judged": judged}
    conn.execute(t.runs.update().where(t.runs.c.id == run).values(**values, status="done", ended_at=moment))


def build(conn: Connection) -> dict[str, int]:
    """September: one alert. October: a run on the 8th with three alerts and one on the last day with one more; officers at work."""
    seed_offices(conn)
    a, b, c, d, e = new_subjects(conn, 5)
    moment = at(9, 20)
    run = _run(conn, "sep", moment)
    settled = settle(conn, run, titled(conn, run, [(a, Grade.BLUE, 0.45)], observed=moment, tag="sep"), moment)
    _done(conn, run, moment, settled, 5)
    moment = at(10, 8)
    run = _run(conn, "oct", moment)
    chunk = titled(conn, run, [(b, Grade.RED, 0.9), (c, Grade.YELLOW, 0.6), (c, Grade.NONE, 0.1)], observed=moment, tag="oct")
    chunk += titled(conn, run, [(d, Grade.ORANGE, 0.75)], region="429004", observed=moment, tag="xt", model=FUND)
    _done(conn, run, moment, settle(conn, run, chunk, moment), 40)
    ids = {name: int(i) for name, i in zip("abcd", conn.scalars(select(t.tasks.c.id).order_by(t.tasks.c.id)), strict=False)}
    by_alert = {row.subject_id: row.id for row in conn.execute(select(t.alerts.c.subject_id, t.tasks.c.id).join_from(t.tasks, t.alerts))}
    ids = {name: by_alert[subject] for name, subject in zip("abcd", (a, b, c, d), strict=True)}
    tasks.sign(conn, ids["b"], actor="张三", now=at(10, 8, 11))
    tasks.report(conn, ids["b"], actor="张三", code="10", facts="查实", officers=TWO, now=at(10, 9, 10))
    tasks.accept(conn, ids["b"], actor="科长", now=at(10, 9, 12), close_too=True)
    review_all(conn, at(10, 9, 12))
    tasks.sign(conn, ids["c"], actor="李四", now=at(10, 20))
    tasks.report(conn, ids["c"], actor="李四", code="30", sub_reason="context_misread", facts="误读", officers=TWO, now=at(10, 21, 10))
    run = _run(conn, "end", CUTOFF)
    more = titled(conn, run, [(e, Grade.BLUE, 0.41)], region=None, observed=at(10, 30), tag="end")
    _done(conn, run, CUTOFF, settle(conn, run, more, CUTOFF), 7)
    conn.execute(
        insert(t.trainings).values(
            key="k", model=MED, as_of=at(10, 15), status="done", champion="1", challenger="2", decision="promoted",
            detail={"challenger_ap": 0.91, "champion_ap": 0.85}, started_at=at(10, 15), ended_at=at(10, 15, 11),
        )
    )  # fmt: skip
    return ids


def _numbers(conn: Connection) -> dict[str, Any]:
    return situation.numbers(conn, periods.month("2026-10"), CUTOFF)


def test_exact_numbers(engine: Engine) -> None:
    with transaction(engine) as conn:
        build(conn)
        n = _numbers(conn)
    assert n["headline"] == {"signals": 5, "alerts": 4, "verdicts": 2, "verified_rate": 0.5}
    assert n["before"] == {"signals": 1, "alerts": 1, "verdicts": 0, "verified_rate": None}
    assert n["alerts"]["by_grade"] == {"red": 1, "orange": 1, "yellow": 1, "blue": 1}
    assert [(r["key"], r["total"]) for r in n["alerts"]["by_model"]] == [(MED, 3), ("illegal_fundraising", 1)]
    assert [(r["key"], r["total"]) for r in n["alerts"]["by_city"]] == [(None, 1), ("420100", 2), ("429004", 1)]
    assert [(r["key"], r["total"]) for r in n["alerts"]["trend"]] == [
        ("2026-W40", 0),
        ("2026-W41", 3),
        ("2026-W42", 0),
        ("2026-W43", 0),
        ("2026-W44", 1),
    ]
    assert n["balance"] == {"candidates": 5, "new": 4, "merged": 0, "suppressed": 0, "below_grade": 1, "over_capacity": 0, "failed": 0}
    assert n["balance"]["new"] == n["alerts"]["total"]
    d = n["disposal"]
    assert (d["issued"], d["signed"], d["signed_in_time"], d["reported"], d["reported_in_time"]) == (4, 2, 1, 2, 1)
    assert (d["overdue"], d["median_days"]) == (1, 7.0)
    assert {one["office"]: (one["late"], one["tasks"]) for one in d["late_offices"]} == {
        "420102-market_supervision": (1, 2), "429004-finance_lead": (1, 1)
    }  # fmt: skip
    assert (d["verdicts"], d["false_alarms"]) == ({"10": 1, "30": 1}, {"context_misread": 1})
    assert [(q["grade"], q["told"], q["confirmed"], q["rate"]) for q in n["quality"]] == [
        ("all", 2, 1, 0.5),
        ("red", 1, 1, 1.0),
        ("yellow", 1, 0, 0.0),
    ]
    assert n["funnel"] == {
        "signals": 5, "assessments": 47, "candidates": 5, "alerts": 4, "tasks": 4, "signed": 2, "reported": 2, "confirmed": 1, "filed": 1, "labels": 1
    }  # fmt: skip
    assert [(c["grade"], c["subject"]) for c in n["clues"]] == [("red", "主体1"), ("orange", None), ("yellow", None), ("blue", None)]


def _later(conn: Connection, ids: dict[str, int]) -> None:
    """November: evidence that raises, a correction, an extension, a task given back and issued anew, late signals, another training."""
    moment = at(11, 2)
    run = _run(conn, "nov", moment)
    subject = int(conn.scalar(select(t.alerts.c.subject_id).join_from(t.tasks, t.alerts).where(t.tasks.c.id == ids["c"])) or 0)
    firm = int(conn.scalar(select(t.alerts.c.subject_id).join_from(t.tasks, t.alerts).where(t.tasks.c.id == ids["d"])) or 0)
    grave = titled(conn, run, [(subject, Grade.RED, 0.99)], observed=at(10, 9), tag="nov")
    grave += titled(conn, run, [(firm, Grade.RED, 0.95)], observed=at(10, 9), tag="novf", model=FUND)
    conn.execute(
        t.signals.update()
        .where(t.signals.c.identity.in_(select(t.signals.c.identity).where(t.signals.c.id.in_([x.signal_id for x in grave]))))
        .values(received_at=moment)
    )
    _done(conn, run, moment, settle(conn, run, grave, moment), 2)
    tasks.correct(conn, ids["b"], actor="张三", code="30", sub_reason="licensed", facts="误报", officers=TWO, reason="重核", now=at(11, 3))
    tasks.sign(conn, ids["d"], actor="王五", now=at(11, 3, 9))
    tasks.extend(conn, ids["d"], actor="王五", reason="取证", now=at(11, 3))
    tasks.transfer_back(conn, ids["d"], actor="王五", reason="不属本辖区", to="420102-market_supervision", now=at(11, 4))
    tasks.sign(conn, ids["d"], actor="王五", now=at(11, 5))
    tasks.return_(conn, ids["c"], actor="科长", reason="再查", now=at(11, 5))
    tasks.report(conn, ids["c"], actor="李四", code="10", facts="查实", officers=TWO, now=at(11, 6))
    row = {"key": "k2", "model": MED, "as_of": at(10, 20), "status": "done", "detail": {}, "started_at": at(11, 3), "ended_at": at(11, 3)}
    conn.execute(insert(t.trainings).values(row))


def test_an_earlier_cutoff_says_the_same_after_everything_changed(engine: Engine) -> None:
    with transaction(engine) as conn:
        ids = build(conn)
        before = copy.deepcopy(_numbers(conn))
        _later(conn, ids)
        assert _numbers(conn) == before
        now = situation.numbers(conn, periods.month("2026-10"), at(11, 6))
        assert now["alerts"]["by_grade"]["red"] == 3
        assert [c["subject"] for c in now["clues"] if c["subject"]] == ["主体2"]


def test_a_report_is_frozen_and_comes_back_the_same(engine: Engine) -> None:
    with pytest.raises(NotFoundError):
        reporting.make(engine, "latest", actor="t", now=CUTOFF)
    with transaction(engine) as conn:
        ids = build(conn)
    first = reporting.make(engine, "2026-10", actor="t", now=CUTOFF)
    assert first["cutoff"] == "2026-10-31T16:00:00+00:00"
    with transaction(engine) as conn:
        _later(conn, ids)
    again = reporting.make(engine, "2026-10", actor="t", now=at(11, 7), cutoff=CUTOFF)
    assert json.dumps(again) == json.dumps(first)
    assert reporting.make(engine, "2026-10", actor="t", now=at(11, 7))["cutoff"] > first["cutoff"]
    with transaction(engine) as conn:
        assert conn.scalar(select(func.count()).select_from(t.reports)) == 2


def test_a_run_that_ends_after_its_as_of_is_in_the_latest_report(engine: Engine) -> None:
    with transaction(engine) as conn:
        seed_offices(conn)
        (subject,) = new_subjects(conn, 1)
        run = _run(conn, "r", at(10, 8))
        late = at(10, 8) + timedelta(seconds=30)
        balance = settle(conn, run, titled(conn, run, [(subject, Grade.RED, 0.9)], observed=at(10, 7)), late)
        _done(conn, run, late, balance, 1)
    latest = reporting.make(engine, "latest", actor="t", now=late)
    assert (latest["alerts"]["total"], latest["funnel"]["tasks"], latest["balance"]["new"]) == (1, 1, 1)


def test_places() -> None:
    places = [city_of(code) for code in (None, "", "420102", "420100", "429004", "422801", "420000", "110101", "421071")]
    assert places == [None, "", "420100", "420100", "429004", "422800", "420000", "110101", "421000"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_are_as_stored(sqlite_engine: Engine, lang: str, tmp_path: Path) -> None:
    with transaction(sqlite_engine) as conn:
        build(conn)
    numbers = reporting.make(sqlite_engine, "2026-10", actor="t", now=CUTOFF)
    page = reporting.write(numbers, tmp_path, lang).read_text(encoding="utf-8")
    stored = GOLDEN / f"situation.{lang}.html"
    if os.environ.get("UPDATE_GOLDEN"):
        stored.parent.mkdir(parents=True, exist_ok=True)
        stored.write_text(page, encoding="utf-8")
    assert page == stored.read_text(encoding="utf-8")
    assert "None" not in page
    numbers["clues"][0]["zh"] = numbers["clues"][0]["en"] = "<script>alert(1)</script>"
    numbers["disposal"]["late_offices"][0] |= {"zh": "<b>", "en": "<b>"}
    numbers["trainings"][0]["decision"] = "rolled_back"
    hostile = reporting.to_html(numbers, lang)
    assert "<script>" not in hostile
    assert "rolled_back" in hostile


def test_an_empty_month_can_be_reported(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        build(conn)
    numbers = reporting.make(sqlite_engine, "2025-02", actor="t", now=CUTOFF)
    assert (numbers["headline"]["signals"], numbers["alerts"]["total"], date(2025, 2, 1).isoformat()) == (
        0,
        0,
        numbers["period"]["start"][:10],
    )
    assert "2025-02" in reporting.to_html(numbers, "zh")
