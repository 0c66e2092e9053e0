"""Two hundred rules over a million rows, and over one row, beside other rule engines; fifty thousand words beside other automata.

``python -m experiments.bench.rule_engines`` runs itself again on one core with one thread a library and stores `results/rule_engines.json` and `.md`.
Equal results are asserted before anything is timed: over rows without unknowns, since each engine has its own idea of a null; ours alone also with unknowns.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from experiments.bench import engine_rules, many_terms, peers
from experiments.bench.dialects import said
from experiments.bench.rule_engine_peer import Peer, Unavailable
from experiments.bench.timing import Rival, race, same
from experiments.real.page import table
from experiments.record import RESULTS, heading, store_json, store_page
from rules.evaluate import Masks, evaluate
from rules.rowwise import RowReader

ROWS, RULES = 1_000_000, 200
SHARES = {"zen list": 3_000, "zen each": 60, "cel list": 1_500, "rule-engine": 40, "python": 20_000}
"""How many of the rows each engine that goes row by row is given."""

ONE_AT_A_TIME = 2_000
ONLINE, WARM = 1_000, 50
CLOCK = time.process_time
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS")
PEERS = ("zen-engine", "common-expression-language", "polars", "numpy", "pyahocorasick", "ahocorasick_rs", "daachorse")


def batch() -> dict[str, Any]:
    """A million rows."""
    pack, plain, gaps = engine_rules.pack(RULES), engine_rules.table(ROWS), engine_rules.table(ROWS, nulls=0.1)
    inputs, with_gaps = engine_rules.inputs(plain), engine_rules.inputs(gaps)
    rows = plain.rows(max(SHARES.values()))
    runners = {
        "zen list": peers.zen_list(pack),
        "zen each": peers.zen_each(pack),
        "cel list": peers.cel_list(pack),
        "python": peers.python_function(pack),
    }
    polars, bare = peers.Polars(pack, plain), peers.Numpy(pack, plain)
    fired = evaluate(pack, inputs).fired
    assert isinstance(evaluate(pack, inputs).told, Masks)
    for name, run in runners.items():
        few = rows[: SHARES[name]]
        assert np.array_equal(np.array([run(row) for row in few], dtype=bool), fired[: len(few)]), f"{name}: not the same result"
    told = polars.run()
    assert all(np.array_equal(told[rule.id].to_numpy(), fired[:, at]) for at, rule in enumerate(pack.rules)), "polars: not the same result"
    assert all(np.array_equal(mask, fired[:, at]) for at, mask in enumerate(bare.run())), "numpy: not the same result"
    _agrees_with_single_rows(pack, gaps)

    def over(name: str) -> Callable[[], object]:
        return lambda: [runners[name](row) for row in rows[: SHARES[name]]]

    rivals = [
        Rival("rules.evaluate, outcomes as bits", lambda: evaluate(pack, inputs)),
        Rival("the same, with the whole table of outcomes (a byte each) written out", lambda: evaluate(pack, inputs).outcome),
        Rival("rules.evaluate, a tenth of the cells of 9 columns unknown", lambda: evaluate(pack, with_gaps)),
        Rival("bare polars, shared atoms, 1 thread", polars.run),
        Rival("bare numpy, full columns, shared sub-expressions", bare.run),
        Rival("generated Python function, one row a call", over("python"), SHARES["python"] / ROWS),
        Rival("zen-engine, one list expression", over("zen list"), SHARES["zen list"] / ROWS),
        Rival("zen-engine, an expression a rule", over("zen each"), SHARES["zen each"] / ROWS),
        Rival("common-expression-language, one list expression", over("cel list"), SHARES["cel list"] / ROWS),
    ]
    with _rule_engine(pack, rows[: SHARES["rule-engine"]], fired) as (more, missing):
        result = race(
            f"{RULES} rules over {ROWS:,} rows",
            "rule evaluations/s",
            float(ROWS * RULES),
            [*rivals, *more],
            turns=3,
            note=_note(plain),
            clock=CLOCK,
        )
    result["missing"] = missing
    return result


def single() -> dict[str, Any]:
    """One row a call, as the online call has it."""
    pack, plain = engine_rules.pack(RULES), engine_rules.table(ONE_AT_A_TIME)
    rows = plain.rows(ONE_AT_A_TIME)
    single_rows = [engine_rules.inputs_of_row(row) for row in rows]
    runners = {"zen": peers.zen_list(pack), "cel": peers.cel_list(pack), "python": peers.python_function(pack)}
    few = 200

    def ours() -> list[list[int]]:
        return [evaluate(pack, row).outcome[0].tolist() for row in single_rows]

    same("one row", *([[bool(value) for value in run(row)] for row in rows[:few]] for run in runners.values()), _bools(ours()[:few]))
    rivals = [
        Rival("rules.evaluate, one row a call", ours),
        Rival("generated Python function (two values only)", lambda: [runners["python"](row) for row in rows]),
        Rival("zen-engine, one list expression", lambda: [runners["zen"](row) for row in rows]),
        Rival("common-expression-language, one list expression", lambda: [runners["cel"](row) for row in rows]),
    ]
    fired = evaluate(pack, engine_rules.inputs(plain)).fired
    with _rule_engine(pack, rows[: SHARES["rule-engine"]], fired, ONE_AT_A_TIME) as (more, missing):
        result = race(f"{RULES} rules, one row a call", "rows/s", float(ONE_AT_A_TIME), [*rivals, *more], turns=5, clock=CLOCK)
    result["missing"] = missing
    return result


def online() -> dict[str, Any]:
    """One text a call through all models by their rules, evidence in words included: no rivals, but how long each part takes."""
    from experiments.bench.material import texts
    from risk.scoring.keys import TEXT_KEYS
    from risk.scoring.scorer import Scorer

    scorer = Scorer()
    parts: dict[str, list[float]] = {"all": [], "reading the text": [], "judging by the rules": [], "evidence of what fired": []}
    for at, text in enumerate(texts(ONLINE)):
        marks = [CLOCK()]
        reading = scorer.read([text])
        marks.append(CLOCK())
        judged = [scorer.judge(reading, key) for key in TEXT_KEYS]
        marks.append(CLOCK())
        for one in judged:
            scorer.firings(reading, one, [0])
        marks.append(CLOCK())
        if at >= WARM:
            for name, low, high in (("all", 0, 3), *((name, part, part + 1) for part, name in enumerate(list(parts)[1:]))):
                parts[name].append(marks[high] - marks[low])
    rivals = []
    for name, seconds in parts.items():
        p50, p99 = np.quantile(seconds, [0.5, 0.99]) * 1e3
        rivals.append(
            {"name": name, "rate": round(1e3 / p50, 1), "ratio": round(float(np.median(seconds) / np.median(parts["all"])), 2)}
            | {"p50, ms": round(float(p50), 2), "p99, ms": round(float(p99), 2)}
        )
    rules = sum(len(pack.rules) for pack in scorer.packs.values())
    what = f"One text a call: {len(TEXT_KEYS)} models, {rules} rules, with evidence"
    return {
        "what": what,
        "unit": "texts/s",
        "note": f"{ONLINE - WARM} texts, no learners",
        "rivals": rivals,
        "columns": ["p50, ms", "p99, ms"],
    }


def _bools(outcome: list[list[int]]) -> list[list[bool]]:
    return [[value == 1 for value in row] for row in outcome]


@contextmanager
def _rule_engine(pack: Any, rows: list[Any], fired: Any, whole: int = ROWS) -> Iterator[tuple[list[Rival], list[str]]]:
    """rule-engine as a rival, or the reason why it is missing."""
    try:
        peer = Peer(said(pack, "rule-engine"), rows)
    except Unavailable as reason:
        yield [], [f"rule-engine: not measured: {reason}"]
        return
    try:
        assert peer.run(len(rows))[1] == fired[: len(rows)].tolist(), "rule-engine: not the same result"
        yield [Rival("rule-engine, in an environment of its own", lambda: peer.run(len(rows))[0], len(rows) / whole, own_clock=True)], []
    finally:
        peer.close()


def _agrees_with_single_rows(pack: Any, gaps: engine_rules.Table, rows: int = 300) -> None:
    """Three values: batch and `rules.rowwise` say the same where cells are unknown."""
    few = engine_rules.inputs(gaps.cut(rows))
    outcome = evaluate(pack, engine_rules.inputs(gaps)).outcome[:rows]
    assert (outcome < 0).any(), "no unknown outcome in the table with unknowns"
    for row in range(rows):
        reader = RowReader(pack, few, row)
        told = [{True: 1, False: 0, None: -1}[reader.truth(rule.when)] for rule in pack.rules]
        assert told == outcome[row].tolist(), f"row {row}: batch and row differ"


def _note(plain: engine_rules.Table) -> str:
    given = ", ".join(f"{name} {count:,}" for name, count in SHARES.items())
    return f"{len(plain.columns)} columns; rows given to the slow ones: {given}"


def page(result: dict[str, Any]) -> str:
    """The races as a page for people."""
    versions = "; ".join(f"{name} {number}" for name, number in result["versions"].items())
    parts = [
        "# Rule engines and automata, beside ours",
        "",
        f"`{result['command']}`, {result['made']}, commit {result['commit']}.",
        "",
        f"{versions}.",
        "",
    ]
    parts += [f"- {note}" for note in result["notes"]]
    for one in result["races"]:
        rows = []
        for rival in one["rivals"]:
            rate = f"{rival['rate']:,.{1 if rival['rate'] < 100 else 0}f}"
            extra = [str(rival.get(column, "")) for column in one.get("columns", ())]
            rows.append([rival["name"], rate, f"{rival['ratio']:.2f}", *extra])
        note = [one["note"], *one.get("missing", ())]
        parts += ["", f"## {one['what']}", "", *(f"{line}." for line in note if line), ""]
        parts += [table(["way", one["unit"], "time, ours = 1", *one.get("columns", ())], rows)]
    return "\n".join(parts) + "\n"


RACES: dict[str, Callable[[], dict[str, Any]]] = {"batch": batch, "single": single, "online": online, "terms": many_terms.run}


def measure(output: Path, only: Sequence[str]) -> None:
    """Measure here and now, store, print."""
    began, busy = time.perf_counter(), os.getloadavg()[0]
    races = [run() for name, run in RACES.items() if name in (only or RACES)]
    store(output, races, began, busy)


def store(output: Path, races: Sequence[dict[str, Any]], began: float, busy: float) -> None:
    """Races that were run, as JSON and as a page."""
    result = {
        **heading("python -m experiments.bench.rule_engines"),
        "notes": [
            "Rivals take turns in one run on one core, one thread a library; medians of the turns; equal results are asserted before the clock runs.",
            "Times are of the processor, since others work on the machine: they hold no waiting, but caches are shared. "
            "Ratios of 1.3 and more mean something, absolute rates are of one machine.",
            "Rows as dictionaries, Enum columns and code columns are made before the clock runs. Slow engines get fewer rows; their times are scaled to all.",
            f"Other work on the machine when it began: load {busy:.1f} on {os.cpu_count()} cores. Whole run: {time.perf_counter() - began:.0f} s.",
        ],
        "races": races,
    }
    result["versions"] |= {name: _version(name) for name in PEERS}
    store_json(output, result)
    store_page(output.with_suffix(".md"), page(result))
    print(page(result), flush=True)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


def start(*arguments: str) -> None:
    """Run this module in a process of its own, on one core and with one thread a library: both must be said before anything is imported."""
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    command = [sys.executable, "-m", "experiments.bench.rule_engines", "--here", *arguments]
    subprocess.run(command, env=environment, check=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=list(RACES), default=[])
    parser.add_argument("--output", type=Path, default=RESULTS / "rule_engines.json")
    parser.add_argument("--here", action="store_true", help="measure in this process, which has been given one core")
    options = parser.parse_args(arguments)
    if not options.here:
        start("--output", str(options.output), *(f"--only={name}" for name in options.only))
        return
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    measure(options.output, options.only)


if __name__ == "__main__":
    main()
