"""What do the rules alone find, and what do they cry wolf at? ``python -m experiments.rule_packs [--data DIR] [--only PART] [--failures FILE]``

Three parts: real messages that two readers labelled alike, lawful and everyday look-alikes by source, and the project's own set by kind. Each beside a
baseline of keywords from the very lists that the rules use. An alarm is a grade of blue or above, by rules alone. Parts whose material is absent are skipped.
Results: ``experiments/results/rule_packs.json`` and ``.md``; texts are named by hash, those of the own set not at all.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments import own_set
from experiments.real.page import table
from experiments.real.parts import Part, first_of_kind, read
from experiments.real.texts import TASKS
from experiments.record import RESULTS, heading, store_json, store_page
from features.context import Context
from models.grades import wilson
from models.labels import parse
from risk.domain.grades import Grade
from risk.scoring import fusion
from risk.scoring.keys import split_key
from risk.scoring.scorer import Reading, Scorer
from rules.nodes import ListRef, Name, Term, walk
from rules.pack import Pack

Flags = npt.NDArray[np.bool_]
Found = dict[str, Any]
Fails = dict[str, dict[str, list[int]]]

RULES, TWO_WORDS, OWN_WORDS, ALL_WORDS = "rules", "two own lists", "own lists", "all lists"
WHO = (RULES, TWO_WORDS, OWN_WORDS, ALL_WORDS)
CHUNK = 2_000
NAMED = 60
"""So many texts are named by hash at most, a line."""

GOALS = {"recall": 0.85, "unlabelled": 0.02, "overall": 0.01, "source": 0.03}
GOAL_KEYS = ("false_medical_advertising", "illegal_drug_sales", "illegal_prescription_drug_sales")
"""Where recall on the labelled messages has a goal: MED2, DRUG, RX."""

NOTES = (
    "Rules alone (no learner): an alarm is blue or above. Shares with 95 % Wilson intervals.",
    f"`{ALL_WORDS}` is the keyword-only baseline: any hit of any list or word that a rule of the model looks for alarms, context such as contacts and prices included. "
    f"`{OWN_WORDS}`: the same without the lists that all models share. `{TWO_WORDS}`: hits of two different ones of these, the best that keywords do without rules. "
    "All are matched after the same normalising; negation and quotation do not matter to them.",
    "Authors of rules have read the labelled messages and the look-alikes, so figures on them are optimistic. They have not read the own set.",
    "A figure reaches its goal by its value; the interval tells how sure that is.",
    "The own set's subtle hits have no word of the usual lists on purpose; its kinds are set by hand and say nothing of precision.",
)


class Judges:
    """The rules and the two baselines, on the same reading of the same texts."""

    def __init__(self) -> None:
        self.scorer = Scorer()
        self._lists = {task.key: looked_for(self.scorer, task.key) for task in TASKS}

    def alarms(
        self, keys: Sequence[str], texts: Sequence[str], channels: Sequence[str | None] | None = None
    ) -> dict[str, dict[str, Flags]]:
        """Who alarms at which text, by model, then by judge."""
        parts: dict[str, dict[str, list[Flags]]] = {key: {who: [] for who in WHO} for key in keys}
        for start in range(0, len(texts), CHUNK):
            some = list(texts[start : start + CHUNK])
            where: Sequence[str | None] = [None] * len(some) if channels is None else channels[start : start + CHUNK]
            reading = self.scorer.read(some, Context(where, [None] * len(some)))
            for key in keys:
                for who, flags in self._one(key, reading):
                    parts[key][who].append(flags)
        return {key: {who: np.concatenate(flags) for who, flags in by.items()} for key, by in parts.items()}

    def _one(self, key: str, reading: Reading) -> Iterator[tuple[str, Flags]]:
        yield RULES, self.scorer.judge(reading, key, rules_only=True).ranks >= int(Grade.BLUE)
        own, every = self._lists[key]
        found = lists_seen(reading, own)
        yield TWO_WORDS, found >= 2
        yield OWN_WORDS, found >= 1
        yield ALL_WORDS, lists_seen(reading, every) >= 1


def looked_for(scorer: Scorer, key: str) -> tuple[frozenset[ListRef | Term], frozenset[ListRef | Term]]:
    """What the rules of a model look for, not what must be absent: of its own lists, and of all."""
    model, lens = split_key(key)
    pack = scorer.packs.get(model) or Pack(model)
    every: set[ListRef | Term] = set()
    for rule in pack.rules:
        if not lens or rule.lens in ("", lens):
            operands = {*fusion.operands_of(rule, pack), *_counted(rule.when, pack)}
            every |= {one for one in operands if isinstance(one, (ListRef, Term))}
    shared = {item.name for item in pack.lists if pack.is_shared(item)}
    return frozenset(o for o in every if not (isinstance(o, ListRef) and o.name in shared)), frozenset(every)


def _counted(when: Any, pack: Pack) -> set[ListRef | Term]:
    """Lists in features that a rule compares."""
    found: set[ListRef | Term] = set()
    todo, known = [when], set()
    while todo:
        for node in walk(todo.pop()):
            if isinstance(node, Name) and node.name not in known:
                known.add(node.name)
                if node.name in pack.feature_by_name:
                    inner = pack.feature_by_name[node.name].expr
                    found |= {one for one in walk(inner) if isinstance(one, (ListRef, Term))}
                    todo.append(inner)
    return found


def lists_seen(reading: Reading, operands: frozenset[ListRef | Term]) -> npt.NDArray[np.int64]:
    """Of how many of the lists and words each text has a hit."""
    told = np.zeros(reading.frame.n, dtype=np.int64)
    for one in operands:
        hits = reading.inputs.hits(one.name) if isinstance(one, ListRef) else reading.inputs.literal(one.text)
        told[np.unique(np.asarray(hits.row, dtype=np.int64))] += 1
    return told


def share(flags: Flags) -> list[float]:
    """Value, low, high.

    >>> share(np.array([True] * 8 + [False] * 2))
    [0.8, 0.4902, 0.9433]
    """
    hits, n = int(flags.sum()), len(flags)
    low, high = wilson(hits, n)
    return [round(hits / n, 4) if n else 0.0, round(low, 4), round(high, 4)]


def named(texts: Sequence[str]) -> list[str]:
    """Texts by hash.

    >>> named(["早上好"])
    ['3cc2e31eb28e']
    """
    return [sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12] for text in texts[:NAMED]]


def _line(key: str, who: str, on: str, what: str, flags: Flags, goal: float | None = None) -> Found:
    told: Found = {"model": key, "who": who, "on": on, "what": what, "n": len(flags), "alarms": int(flags.sum()), "share": share(flags)}
    if goal is not None and who == RULES:
        told |= {"goal": goal, "reached": bool(told["share"][0] >= goal if what == "recall" else told["share"][0] <= goal)}
    return told


def labelled_messages(judges: Judges, data: Path, fails: Fails) -> Found:
    """Real messages by the mapping of LABELS.md: recall, and alarms on messages without any code; near-copies once."""
    rows = read(data / "labelled_messages.csv")
    texts = np.array(rows["text"].tolist(), dtype=object)
    none = rows["codes"].to_numpy() == "-"
    found = judges.alarms([task.key for task in TASKS], texts.tolist())
    lines: list[Found] = []
    for task in TASKS:
        positive = parse(task.positive, task.ignore).labels(rows["codes"]) == 1
        for who, alarm in found[task.key].items():
            for on, which, what in ((task.positive, positive, "recall"), ("no code", none, "alarms")):
                at = _once(texts, which)
                goal = _goal(task.key, what)
                line = _line(task.key, who, f"{on}, near-copies once", what, alarm[at], goal)
                line["all rows"] = [int(alarm[which].sum()), int(which.sum())]
                if who == RULES:
                    failed = at[~alarm[at]] if what == "recall" else at[alarm[at]]
                    line["missed" if what == "recall" else "alarmed"] = named(texts[failed].tolist())
                    fails.setdefault("labelled_messages", {})[f"{task.key}: {what}"] = (failed + 2).tolist()
                lines.append(line)
    return {"question": "What do the rules find in real messages, and do they leave the rest alone?", "rows": len(rows), "lines": lines}


def _goal(key: str, what: str) -> float | None:
    if what == "recall":
        return GOALS["recall"] if key in GOAL_KEYS else None
    return GOALS["unlabelled"]


def _once(texts: npt.NDArray[Any], which: Flags) -> npt.NDArray[np.int64]:
    """The first row of each group of near-copies among those asked for."""
    at = np.flatnonzero(which)
    return at[np.array(first_of_kind(texts[at].tolist()), dtype=bool)] if len(at) else at


def lookalikes(judges: Judges, data: Path, fails: Fails) -> Found:
    """Lawful and everyday texts: every alarm is a false one. By model, overall and by source."""
    rows: Part = read(data / "lookalike_negatives.csv")
    texts, sources = rows["text"].tolist(), rows["source"].to_numpy()
    found = judges.alarms([task.key for task in TASKS], texts)
    lines: list[Found] = []
    for task in TASKS:
        for who, alarm in found[task.key].items():
            line = _line(task.key, who, "overall", "alarms", alarm, GOALS["overall"])
            if who == RULES:
                failed = np.flatnonzero(alarm)
                line["alarmed"] = named([texts[i] for i in failed.tolist()])
                fails.setdefault("lookalikes", {})[task.key] = (failed + 2).tolist()
            lines.append(line)
            lines += [_line(task.key, who, str(s), "alarms", alarm[sources == s], GOALS["source"]) for s in sorted(set(sources))]
    return {"question": "Do the rules alarm at lawful and everyday texts?", "rows": len(rows), "lines": lines}


def own(judges: Judges, data: Path | None, fails: Fails) -> Found:  # noqa: ARG001 - needs no material, and tells no author which text fails
    """The own set: recall by kind of hit, alarms by kind of look-alike."""
    lines: list[Found] = []
    total = 0
    for key in own_set.KEYS:
        samples = own_set.load(key)
        total += len(samples)
        kinds = np.array([one.kind for one in samples])
        hit = np.array([one.label == 1 for one in samples])
        found = judges.alarms([key], [one.text for one in samples], [one.channel or None for one in samples])[key]
        for who, alarm in found.items():
            lines.append(_line(key, who, "all hits", "recall", alarm[hit]))
            lines += [_line(key, who, kind, "recall", alarm[kinds == kind]) for kind in own_set.HITS]
            lines.append(_line(key, who, "all look-alikes", "alarms", alarm[~hit]))
            lines += [_line(key, who, kind, "alarms", alarm[kinds == kind]) for kind in own_set.LOOKALIKES if (kinds == kind).any()]
    return {"question": "Do the rules find what their authors never saw?", "rows": total, "lines": lines}


PARTS: dict[str, tuple[str, Callable[..., Found]]] = {
    "labelled_messages": ("labelled_messages.csv", labelled_messages),
    "lookalikes": ("lookalike_negatives.csv", lookalikes),
    "own_set": ("", own),
}
"""Each with the file of material that it needs."""


def page(result: Found) -> str:
    """Markdown of the whole result."""
    told = ["# The rules alone, measured", "", f"`{result['command']}`, {result['made']}, commit {result['commit']}.", ""]
    told += [f"- {note}" for note in result["notes"]]
    for name, part in result["parts"].items():
        told += ["", f"## {name}: {part['question']}", "", f"{part['rows']:,} texts, commit {part['commit']}, {part['made']}.", ""]
        for what in ("recall", "alarms"):
            lines = [line for line in part["lines"] if line["what"] == what]
            if lines:
                told += [f"### {what}", "", *_tables(lines), ""]
        goals = [line for line in part["lines"] if "goal" in line]
        if goals:
            missed = [f"{line['model']}, {line['on']} {line['what']} {_cell(line)}" for line in goals if not line["reached"]]
            told += [f"{len(goals) - len(missed)} of {len(goals)} goals reached" + (". Not: " + "; ".join(missed) if missed else "") + "."]
    told += ["", *(f"- skipped: {reason}" for reason in result["skipped"])]
    return "\n".join(told).rstrip() + "\n"


def _tables(lines: Sequence[Found]) -> Iterator[str]:
    """Everyone on the whole; where there are slices, the rules alone on each."""
    columns = list(dict.fromkeys(_column(line) for line in lines))
    yield _table([line for line in lines if _column(line) == columns[0]])
    if len(columns) > 1:
        yield ""
        yield _table([line for line in lines if line["who"] == RULES])


def _table(lines: Sequence[Found]) -> str:
    """One row a model and judge, one column a slice."""
    columns = list(dict.fromkeys(_column(line) for line in lines))
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for line in lines:
        rows.setdefault((line["model"], line["who"]), {})[_column(line)] = _cell(line)
    return table(["model", "who", *columns], [[*who, *(cells.get(c, "-") for c in columns)] for who, cells in rows.items()])


def _column(line: Found) -> str:
    """Codes differ by model and share a column."""
    return "positives, near-copies once" if line["what"] == "recall" and line["on"].endswith("near-copies once") else str(line["on"])


def _cell(line: Found) -> str:
    value, low, high = line["share"]
    return f"{line['alarms']}/{line['n']} = {100 * value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, store, say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("RISK_DATA_DIR"), help="folder of the material (or RISK_DATA_DIR)")
    parser.add_argument("--only", action="append", choices=list(PARTS), help="one part; may be given again")
    parser.add_argument("--failures", type=Path, help="a file outside the repository for line numbers of the material's failures")
    parser.add_argument("--output", type=Path, default=RESULTS / "rule_packs.json")
    options = parser.parse_args(arguments)
    if options.failures and options.failures.resolve().is_relative_to(Path(__file__).resolve().parent.parent):
        sys.exit("--failures: the file must lie outside the repository")
    judges, fails = Judges(), Fails()
    before: Found = json.loads(options.output.read_text(encoding="utf-8"))["parts"] if options.output.is_file() else {}
    found, skipped = {}, []
    for name in options.only or PARTS:
        file, part = PARTS[name]
        if file and not (options.data and (options.data / file).is_file()):
            skipped.append(f"{name}: {file} is not there")
            print(f"skipped {skipped[-1]}", flush=True)
            continue
        print(name, flush=True)
        head = heading("")
        found[name] = part(judges, options.data, fails) | {key: head[key] for key in ("made", "commit", "rules")}
    result = {
        **heading("python -m experiments.rule_packs --data DATA"),
        "notes": list(NOTES),
        "sizes": _sizes(judges),
        "parts": {name: {**before, **found}[name] for name in PARTS if name in before or name in found},
        "skipped": skipped,
    }
    store_json(options.output, result)
    store_page(options.output.with_suffix(".md"), page(result))
    if options.failures:
        options.failures.write_text(json.dumps(fails, indent=1) + "\n", encoding="utf-8")
    print(f"{options.output.name} and {options.output.with_suffix('.md').name} are written")


def _sizes(judges: Judges) -> Found:
    """How many rules and terms each pack had."""
    return {
        name: {"rules": len(pack.rules), "lists": len(pack.lists), "terms": sum(len(item.terms) for item in pack.lists)}
        for name, pack in sorted(judges.scorer.packs.items())
    }


if __name__ == "__main__":
    main()
