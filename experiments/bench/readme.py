"""The table of speed in the README, made of stored results: ``python -m experiments.bench.readme`` writes it between two marks, ``--check`` only says whether it is up to date."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.bench.goals import Outcome, judged
from experiments.real.page import table
from experiments.record import RESULTS

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- speed: python -m experiments.bench.readme -->", "<!-- end of speed -->"


def block(results: Path = RESULTS) -> str:
    """The table, and how to make it again."""
    bench = _read(results / "bench.json")
    outcomes = [*judged(bench.get("races", ())), *_online(_read(results / "online.json"))]
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
