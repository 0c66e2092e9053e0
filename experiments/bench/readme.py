"""The table of speed in the README, made of stored results: ``python -m experiments.bench.readme`` writes it between two marks, ``--check`` only says whether it is up to date."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.bench.goals import Outcome, judged
from experiments.real.page import table
from experiments.record import RESULTS

MILLION = 1_000_000
README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- speed: python -m experiments.bench.readme -->", "<!-- end of speed -->"


def block(results: Path = RESULTS) -> str:
    """The table, and how to make it again."""
    bench = _read(results / "bench.json")
    outcomes = [*judged(bench.get("races", ())), *_online(_read(results / "online.json"))]
    for kind, name in (("sqlite", "SQLite"), ("postgres", "PostgreSQL")):
        outcomes += _million(_read(results / f"million_{kind}.json"), name)
    outcomes += _spark(_read(results / "spark.json"))
    rows, work = [], ""
    for one in outcomes:
        work = one.work or work
        rows.append([one.work, one.beside, one.wanted, one.measured or "not measured", _said(one.met)])
    command, made = bench.get("command", "python -m experiments.bench"), bench.get("made", "-")
    told = (
        f"`make bench` ({made}; `{command}`): each beside named rivals in one run, taking turns on one core, equal results asserted first."
    )
    return "\n".join(
        [
            told,
            "All rivals, times and versions: `experiments/results/bench.md`.",
            "",
            table(["work", "beside", "goal", "measured", ""], rows),
        ]
    )


def _said(met: bool | None) -> str:
    return "" if met is None else "met" if met else "not met"


def _online(told: dict[str, Any]) -> Iterator[Outcome]:
    """One text judged with reasons: what 99 of 100 take at most."""
    one = told.get("one model")
    work = f"one text judged with reasons ({told.get('size', 'one model')})"
    for key, least, where in (("in_process_ms", 10, "in this process"), ("http_ms", 25, "over HTTP, at the client")):
        taken = one[key]["p99"] if one else None
        met = None if taken is None else taken <= least
        yield Outcome(work, where, f"p99 ≤ {least} ms", None if taken is None else f"{taken:g} ms", met)
        work = ""
    change = told.get("change")
    measured = f"{change['answered']:,} answers, {change['errors']} errors" if change else None
    yield Outcome("", "a champion changed under load", "no error", measured, None if change is None else change["dropped_nothing"])


def _million(told: dict[str, Any], database: str) -> Iterator[Outcome]:
    """A run over a million stored signals: minutes, memory, and how it grows from a tenth of them."""
    large = [one for one in told.get("turns", ()) if one["signals"] >= MILLION]
    grown = [one for one in told.get("growth", ()) if one["to"] >= MILLION]
    minutes = statistics.median(one["seconds"] for one in large) / 60 if large else None
    peak = max(one.get("peak_mb_shared_counted_once", one["peak_mb"]) for one in large) / 1000 if large else None
    growth = grown[-1]["seconds"] if grown else None
    work = f"a million stored signals, judged by all models with history and stored: {database}"
    yield _at_most(work, f"{told.get('workers', 2)} cores", minutes, 6, "{:.1f} min")
    yield _at_most("", "peak memory of its processes, shared pages once", peak, 2, "{:.2f} GB")
    yield _at_most("", "growth from 100,000 signals", growth, 12, "{:.1f}×")


def _spark(told: dict[str, Any]) -> Iterator[Outcome]:
    """Two local workers of Spark beside one."""
    found = told.get("ratio") if told.get("rows", 0) >= MILLION else None
    met = None if found is None else found >= told["goal_ratio"]
    yield Outcome("a million rows by Spark, two local workers", "one worker", "≥ 1.5×", None if found is None else f"{found:.2f}×", met)


def _at_most(work: str, beside: str, found: float | None, most: float, shown: str) -> Outcome:
    wanted = "≤ " + shown.format(most).replace(".00", "").replace(".0", "")
    return Outcome(work, beside, wanted, None if found is None else shown.format(found), None if found is None else found <= most)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def with_block(text: str, made: str) -> str:
    """A README with the table in its place; ``ValueError`` where it has no marks.

    >>> with_block(f"a\\n{BEGIN}\\nold\\n{END}\\nb", "new") == f"a\\n{BEGIN}\\nnew\\n{END}\\nb"
    True
    """
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"no place for the table: {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{made}\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    text = README.read_text(encoding="utf-8")
    made = with_block(text, block())
    if options.check:
        sys.exit(0 if made == text else "the table of speed is not what the stored results say: python -m experiments.bench.readme")
    README.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
