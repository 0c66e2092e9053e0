"""Back-tests as jobs: asked for, carried out in chunks, looked at, cancelled. A killed one goes on where it stood and comes to the same figures.

After each chunk what is counted is stored with the cursor in one transaction; nothing else is written, so a back-test changes no alert, no rule and no label.
Where the rules or learners in service changed meanwhile, it begins anew: half of one comparison and half of another would be neither.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Row, insert, update

from risk.domain.errors import ConflictError, InvalidInputError, RiskError
from risk.domain.messages import register
from risk.domain.signals import digest
from risk.services import auditing, backtest, backtest_tally
from risk.services.backtest_judging import Worlds
from risk.services.backtest_load import read_offices
from risk.services.backtest_plan import Trial, keys_of, plan
from risk.services.backtest_tally import Tally
from risk.services.backtest_units import CHUNK, StoreHistory
from risk.services.backtest_views import OPEN, row_of
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from rules.pack import Pack, pack_from_texts, shared_texts
from rules.printer import show_all

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

register(
    {
        "backtest_elsewhere": ("回测 {id} 正由另一进程进行", "back-test {id} is being run by another process"),
        "backtest_cancelled": ("回测 {id} 已取消", "back-test {id} was cancelled"),
        "backtest_cancelled.hint": (
            "已读部分已保存：risk rules backtest --resume {id}",
            "what was read is kept: risk rules backtest --resume {id}",
        ),
        "backtest_period": ("回测期间为空：{since} 至 {until}", "the period is empty: {since} to {until}"),
        "backtest_failed": ("回测失败：{reason}", "the back-test failed: {reason}"),
    }
)


def ask(
    engine: Engine, trial: Trial, scorer: Scorer, candidate: Pack | None, *, since: datetime, until: datetime, actor: str, now: datetime
) -> int:
    """Store what is asked; returns the number. Nothing is read yet. ``until`` is at most now."""
    until = min(until, now)
    if since >= until:
        raise InvalidInputError("backtest_period", since=since.isoformat(), until=until.isoformat())
    total = StoreHistory(engine, keys_of(trial.model), since, until, now).total()
    values = {
        "model": trial.model,
        "hash": trial.hash,
        "rules": list(trial.rules),
        "sources": sources_of(candidate),
        "live": service_digest(scorer),
        "since": since,
        "until": until,
        "status": "queued",
        "units": total,
        "state": {},
        "actor": actor,
        "asked_at": now,
    }
    with transaction(engine) as conn:
        number = int(conn.execute(insert(t.backtests).values(values).returning(t.backtests.c.id)).scalar_one())
        auditing.record(conn, actor, "backtest.ask", f"backtest:{number}", {"rules": list(trial.rules), "hash": trial.hash}, now)
    return number


def sources_of(candidate: Pack | None) -> dict[str, str]:
    """The candidate's texts, without those that came with the program; its definitions as they print where it has none."""
    if candidate is None:
        return {}
    shipped = shared_texts()
    if candidate.sources:
        return {name: text for name, text in candidate.sources.items() if shipped.get(name) != text}
    items = [item for kind in ("lists", "conditions", "features", "rules") for item in getattr(candidate, kind)]
    return {f"{candidate.name}.rules": show_all(items)}


def service_digest(scorer: Scorer) -> str:
    """The rules and learners in service."""
    packs = sorted((pack.name, pack.version) for pack in scorer.packs.values())
    return digest([packs, sorted((key, learner.version) for key, learner in scorer.learners.items())])


def carry_out(
    engine: Engine,
    scorer: Scorer,
    number: int,
    *,
    clock: Callable[[], datetime],
    progress: Callable[[int, int], None] | None = None,
    chunk: int = CHUNK,
    resume: bool = False,
) -> dict[str, Any]:
    """Run a back-test to its end, from the beginning or from where it stood; returns the figures.

    Raises where it was cancelled or cannot run. One that was cancelled or failed goes on only with ``resume``.
    """
    row = _begin(engine, scorer, number, clock(), resume=resume)
    if row.status == "done":
        return dict(row.result)
    try:
        return _run(engine, scorer, row, clock, progress, chunk)
    except (_Cancelled, _Elsewhere) as stop:
        if isinstance(stop, _Elsewhere):
            raise ConflictError("backtest_elsewhere", id=number) from None
        _end(engine, number, "cancelled", clock())
        raise ConflictError("backtest_cancelled", id=number) from None
    except RiskError as error:
        _end(engine, number, "failed", clock(), error={"code": error.code, "zh": error.text("zh"), "en": error.text("en")})
        raise
    except Exception as error:
        told = InvalidInputError("backtest_failed", reason=f"{type(error).__name__}: {error}"[:300])
        _end(engine, number, "failed", clock(), error={"code": told.code, "zh": told.text("zh"), "en": told.text("en")})
        raise


class _Cancelled(Exception):  # noqa: N818 - no error: someone asked for it
    pass


class _Elsewhere(Exception):  # noqa: N818 - no error: another process is faster
    pass


def _begin(engine: Engine, scorer: Scorer, number: int, now: datetime, *, resume: bool) -> Row[Any]:
    """The row, marked as running; what was counted against other rules in service is forgotten."""
    live = service_digest(scorer)
    with transaction(engine) as conn:
        row = row_of(conn, number)
        if row.status in ("queued", "running") or (resume and row.status != "done"):
            values: dict[str, Any] = {"status": "running", "ended_at": None, "error": None, "started_at": row.started_at or now}
            if row.live != live:
                values |= {"live": live, "state": {}, "cursor": 0, "done": 0}
        elif row.status == "cancelling":  # whoever ran it is gone
            values = {"status": "cancelled", "ended_at": now}
        else:
            values = {"status": row.status}
        conn.execute(update(t.backtests).where(t.backtests.c.id == number).values(values))
        row = row_of(conn, number)
    if row.status not in ("running", "done"):
        raise ConflictError("backtest_over", id=number, status=row.status)
    return row


def _run(
    engine: Engine,
    scorer: Scorer,
    row: Row[Any],
    clock: Callable[[], datetime],
    progress: Callable[[int, int], None] | None,
    size: int,
) -> dict[str, Any]:
    trial = trial_of(row, scorer)
    worlds = Worlds(trial, scorer.learners)
    history = StoreHistory(engine, keys_of(trial.model), row.since, row.until, row.asked_at)
    labels = history.labels(trial.model)
    tally = Tally.of(row.state) if row.state else Tally()
    for chunk in history.after(tally.cursor, size):
        before = tally.cursor
        backtest_tally.add(tally, worlds, chunk, labels)
        _save(engine, row.id, before, tally)
        if progress:
            progress(tally.units, row.units)
    with reading(engine) as conn:
        if row_of(conn, row.id).status == "cancelling":
            raise _Cancelled
    offices = read_offices(engine, row.since, row.until)
    result = backtest.figures(tally, worlds, history, labels, offices)
    result |= {
        "source": {"kind": "store", "name": ""},
        "period": backtest.period(row.since, row.until),
        "labels_known_at": row.asked_at.isoformat(),
    }
    _end(engine, row.id, "done", clock(), result=result, state={}, units=tally.units, done=tally.units)
    return result


def trial_of(row: Row[Any], scorer: Scorer) -> Trial:
    """What a stored row asks for, over the rules now in service."""
    candidate = pack_from_texts(row.sources, row.model) if row.sources else None
    return plan(scorer.packs.values(), candidate, model=row.model, rules=row.rules)


def _save(engine: Engine, number: int, before: int, tally: Tally) -> None:
    """Store what is counted, if it still stands where this process took it up."""
    c = t.backtests.c
    with transaction(engine) as conn:
        status = row_of(conn, number).status
        values = {"state": tally.plain(), "cursor": tally.cursor, "done": tally.units}
        moved = conn.execute(update(t.backtests).where(c.id == number, c.cursor == before, c.status.in_(OPEN)).values(values)).rowcount
    if status == "cancelling":
        raise _Cancelled
    if moved != 1:
        raise _Elsewhere


def _end(engine: Engine, number: int, status: str, now: datetime, **values: Any) -> None:
    c = t.backtests.c
    with transaction(engine) as conn:
        conn.execute(update(t.backtests).where(c.id == number, c.status.in_(OPEN)).values(status=status, ended_at=now, **values))
