"""A back-test asked for by texts and names, as it comes over HTTP: what the caller gives is made into a candidate, and refused before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.services import backtest_jobs
from risk.services.backtest_plan import plan
from risk.services.backtest_stored import candidate_of
from risk.services.backtest_units import bounds
from risk.storage.engine import reading
from rules.pack import pack_from_text

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

register(
    {
        "backtest_one_source": ("规则文本与已保存的版本只能给出一种", "give rules as a text or as stored versions, not both"),
        "backtest_empty_store": ("信号库为空，没有可回测的历史", "the store holds no signals: there is no history to test on"),
        "backtest_empty_store.hint": (
            "先用 risk intake 接入，或用 --data 给出文件",
            "take signals in with risk intake, or give a file with --data",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to try: a text, stored versions (``NAME@V``), or rules in service; over which part of the history."""

    text: str | None = None
    stored: tuple[str, ...] = ()
    model: str = ""
    rules: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def ask(engine: Engine, scorer: Scorer, asked: Asked, *, actor: str, now: datetime) -> int:
    """Store the back-test; returns its number. Refusals are those of ``backtest_plan.plan``."""
    if asked.text is not None and asked.stored:
        raise InvalidInputError("backtest_one_source")
    candidate = None if asked.text is None else pack_from_text(asked.text, asked.model or "text")
    if asked.stored:
        with reading(engine) as conn:
            candidate = candidate_of(conn, asked.stored, model=asked.model or None)
    trial = plan(scorer.packs.values(), candidate, model=asked.model, rules=asked.rules)
    since, until = period(engine, asked.since, asked.until, now)
    return backtest_jobs.ask(engine, trial, scorer, candidate, since=since, until=until, actor=actor, now=now)


def period(engine: Engine, since: datetime | None, until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """The period asked for; all of the history where an end is not given."""
    with reading(engine) as conn:
        held = bounds(conn)
    if held is None:
        raise InvalidInputError("backtest_empty_store")
    return since or held[0] - timedelta(seconds=1), min(until or now, now)
