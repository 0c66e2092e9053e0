"""What does a second Spark worker bring? ``python -m experiments.bench.spark [--rows 1000000]`` (needs the extra ``[spark]`` and two quiet cores)

The same table of made-up texts is scored by the local engine (a part of it, for the answers), by Spark with one worker and by Spark with two. Every run is a process of its own, as a
person would start it, so that what a JVM costs is in it and told: its start, shipping and opening the scorer, reading, and writing. Answers must be equal row for row.
The result goes to ``experiments/results/spark.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from experiments.bench.material import texts
from experiments.record import RESULTS, heading, store_json

RESULT = RESULTS / "spark.json"
MODEL = "false_medical_advertising"
GOAL = 1.5
CHECKED = 20_000
"""Rows that are compared with the local engine, all of a small table; workers are compared with each other over every row."""
_SLICE = 100_000


_PLAIN = (
    "本店周末营业至晚上九点", "新到一批时令水果，欢迎选购", "请携带身份证到窗口办理", "今天的公交线路临时调整", "小区物业通知：明日停水两小时", "图书馆本月新增藏书三千册", "路边的早餐铺换了新招牌",
    "体检报告三日后可在前台领取", "医生提醒按时复诊，不要自行停药", "社区举办防诈骗讲座，免费入场", "快递已放在门卫处", "这款茶叶口感清淡，适合日常饮用", "学校组织春季运动会", "维修师傅下午上门",
)  # fmt: skip
_SUSPECT = 0.1
"""The part of the texts that are made of the rules' examples; the others are ordinary. What is suspected is explained, which costs many times as much as to score it."""


def some_texts(n: int, seed: int) -> list[str]:
    """So many texts, a tenth of which gives rules something to find."""
    rng = random.Random(seed)
    found = texts(round(n * _SUSPECT), seed)
    found += [
        "。".join(rng.choice(_PLAIN) for _ in range(rng.randint(3, 8))) + f"。编号{rng.randrange(10**6)}" for _ in range(n - len(found))
    ]
    rng.shuffle(found)
    return found


def make(folder: Path, rows: int) -> Path:
    """A folder of Parquet files with so many texts, a slice in memory at a time."""
    import pyarrow as pa
    from pyarrow import parquet

    place = folder / "texts.parquet"
    place.mkdir()
    for number, begin in enumerate(range(0, rows, _SLICE)):
        some = some_texts(min(_SLICE, rows - begin), number)
        parquet.write_table(pa.table({"text": some}), place / f"{number:05}.parquet")
    return place


def train(folder: Path) -> Path:
    """A learner of made-up labels: how well it knows is not the question, what it costs to score is."""
    import pandas as pd

    some = some_texts(4_000, 99)
    labels = [int("治" in one or "稳赚" in one) for one in some]
    pd.DataFrame({"text": some, "label": labels}).to_csv(folder / "train.csv", index=False)
    bundle = folder / "bundle"
    command = [sys.executable, "-m", "risk", "train", MODEL, "--texts", str(folder / "train.csv"), "--text", "text", "--label", "label"]
    subprocess.run([*command, "--output", str(bundle), "--seed", "1"], check=True, stdout=subprocess.DEVNULL)
    return bundle


def one_run(table: Path, bundle: Path | None, output: Path, workers: int, partitions: int) -> dict[str, Any]:
    """One process that scores the table with so many workers: what it took, and where."""
    told = output.with_suffix(".json")
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "experiments.bench.spark", "--score", str(table), "--output", str(output), "--told", str(told)]
    command += ["--workers", str(workers), "--partitions", str(partitions), *(["--bundle", str(bundle)] if bundle else [])]
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(told.read_text()), "whole_process": round(time.perf_counter() - began, 2), "processor_driver": round(used, 2)}


def score(options: argparse.Namespace) -> None:
    """What one such process does."""
    began = time.perf_counter()
    from risk.scoring.learners import learner_of
    from risk.scoring.scorer import Scorer
    from risk.scoring.spark_score import Table, score_table
    from risk.scoring.spark_session import session

    scorer = Scorer({MODEL: learner_of(options.bundle, key=MODEL)[1]} if options.bundle else {})
    opened = time.perf_counter()
    with session(f"local[{options.workers}]") as spark:
        started = time.perf_counter()
        spark.range(1).collect()
        warm = time.perf_counter()
        told = score_table(spark, scorer, MODEL, Table(str(options.score), "text"), str(options.output), partitions=options.partitions)
        done = time.perf_counter()
        processes = below(os.getpid())
    seconds = {
        "open_scorer": opened - began,
        "start_jvm": started - opened,
        "first_job": warm - started,
        "score": done - warm,
    }
    plain = {name: round(value, 2) for name, value in seconds.items()}
    options.told.write_text(json.dumps({"rows": told.rows, "alarms": told.alarms, "failed": told.failed, **plain, "processes": processes}))


def below(root: int) -> list[dict[str, Any]]:
    """The processes below this one: name, the most memory it had (MB), seconds of the processor. Linux alone tells."""
    told = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines() if ":" in line)
            times = (place / "stat").read_text().rpartition(")")[2].split()[11:13]
        except OSError:  # it ended meanwhile
            continue
        told[int(fields["Pid"])] = {
            "parent": int(fields["PPid"]),
            "name": fields["Name"].strip(),
            "peak_mb": int(fields.get("VmHWM", "0 kB").split()[0]) // 1024,
            "processor": round(sum(map(int, times)) / os.sysconf("SC_CLK_TCK"), 1),
        }
    found: set[int] = {root}
    more = found
    while more:
        more = {pid for pid, one in told.items() if one["parent"] in found} - found
        found |= more
    return [{name: told[pid][name] for name in ("name", "peak_mb", "processor")} for pid in sorted(found - {root})]


def overheads(table: Path, bundle: Path | None) -> dict[str, float]:
    """What every worker pays once, and how large it is: packing, unpacking; and the local engine's time for a thousand rows beside it."""
    import pyarrow.parquet as parquet

    from risk.scoring import shipping
    from risk.scoring.learners import learner_of
    from risk.scoring.offline import score_texts
    from risk.scoring.scorer import Scorer

    scorer = Scorer({MODEL: learner_of(bundle, key=MODEL)[1]} if bundle else {})
    clock = time.process_time
    t0 = clock()
    packed = shipping.pack(scorer)
    t1 = clock()
    shipping.unpack(packed.data, packed.sha256)
    t2 = clock()
    some = parquet.read_table(sorted(table.glob("*.parquet"))[0])["text"].to_pylist()[:4_000]
    score_texts(scorer, MODEL, some[:500])
    t3 = clock()
    score_texts(scorer, MODEL, some)
    t4 = clock()
    return {
        "pack_seconds": round(t1 - t0, 3),
        "shipped_mb": round(len(packed.data) / 1e6, 2),
        "unpack_seconds": round(t2 - t1, 3),
        "local_processor_seconds_per_1000_rows": round((t4 - t3) / len(some) * 1000, 4),
    }


def equal(table: Path, bundle: Path | None, outputs: Sequence[Path]) -> int:
    """Compare every row of the outputs, and the first `CHECKED` with the local engine; how many those were. `AssertionError` where any differs."""
    from pyarrow import parquet

    from risk.scoring.learners import learner_of
    from risk.scoring.offline import score_texts
    from risk.scoring.scorer import Scorer

    read = [parquet.read_table(one).sort_by("id") for one in outputs]
    for other in read[1:]:
        assert other.equals(read[0]), "the workers do not give the same rows"
    scorer = Scorer({MODEL: learner_of(bundle, key=MODEL)[1]} if bundle else {})
    some = [one for path in sorted(table.glob("*.parquet")) for one in parquet.read_table(path)["text"].to_pylist()][:CHECKED]
    local = score_texts(scorer, MODEL, some)
    mine = read[0].slice(0, len(some))
    assert mine["id"].to_pylist() == local["id"].tolist()
    assert mine["probability"].to_pylist() == local["probability"].tolist(), "Spark does not give the local engine's probabilities"
    for name in ("grade", "rules", "reasons"):
        assert [one or "" for one in mine[name].to_pylist()] == local[name].tolist(), f"Spark does not give the local engine's {name}"
    return len(some)


def measure(rows: int, turns: int, *, rules_only: bool) -> dict[str, Any]:
    """Both numbers of workers in turn; seconds, their ratio, what is overhead."""
    with tempfile.TemporaryDirectory(prefix="risk-spark-") as name:
        folder = Path(name)
        table = make(folder, rows)
        bundle = None if rules_only else train(folder)
        partitions = max(4, -(-rows // 25_000))
        runs: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
        outputs = []
        for turn in range(turns):
            for workers, mine in runs.items():
                outputs.append(folder / f"out-{workers}-{turn}.parquet")
                mine.append(one_run(table, bundle, outputs[-1], workers, partitions))
        compared = equal(table, bundle, outputs)
        beside = overheads(table, bundle)
    seconds = {workers: median(one["score"] for one in found) for workers, found in runs.items()}
    whole = {workers: median(one["whole_process"] for one in found) for workers, found in runs.items()}
    return {
        "rows": rows,
        "partitions": partitions,
        "texts": f"made up; {_SUSPECT:.0%} of the rules' examples strung together, the others ordinary sentences",
        "model": "rules alone" if rules_only else "a learner over words and characters, trained here, and the rules",
        "rows_equal_to_local": compared,
        "one_worker": runs[1],
        "two_workers": runs[2],
        "ratio": round(seconds[1] / seconds[2], 2),
        "ratio_whole_process": round(whole[1] / whole[2], 2),
        "rows_a_second": {str(workers): round(rows / taken) for workers, taken in seconds.items()},
        "overheads": beside,
        "goal_ratio": GOAL,
        "reached": seconds[1] / seconds[2] >= GOAL,
    }


def main() -> None:
    """Measure, store, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=1)
    parser.add_argument("--rules-only", action="store_true", help="without a learner")
    parser.add_argument("--result", type=Path, default=RESULT)
    for name in ("--score", "--output", "--told", "--bundle"):
        parser.add_argument(name, type=Path, help=argparse.SUPPRESS)
    for name in ("--workers", "--partitions"):
        parser.add_argument(name, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.score:
        score(options)
        return
    busy, began = os.getloadavg()[0], time.perf_counter()
    found = measure(options.rows, options.turns, rules_only=options.rules_only)
    command = f"python -m experiments.bench.spark --rows {options.rows} --turns {options.turns}"
    command += " --rules-only" if options.rules_only else ""
    note = f"load {busy:.1f} on {os.cpu_count()} cores when it began; {time.perf_counter() - began:.0f} s in all"
    store_json(options.result, {**heading(command), "spark": _spark_version(), "note": note, **found})
    print(json.dumps(found, indent=1))


def _spark_version() -> str:
    from importlib.metadata import version

    return version("pyspark")


if __name__ == "__main__":
    main()
