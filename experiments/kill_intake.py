"""Does ``risk intake`` lose or double anything when it is killed? ``python -m experiments.kill_intake [--times 40]``

A made file with duplicates, bad rows and subjects is taken in once undisturbed and once with SIGKILLs; then both stores must hold the same.
The result goes to ``experiments/results/kill_intake.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from experiments.killing import finish, kill_often

RESULT = Path(__file__).parent / "results" / "kill_intake.json"
QUESTIONS = {
    "signals": "SELECT s.identity, s.content_hash, s.text, s.source_id, s.linked_by, u.key FROM signals s LEFT JOIN subjects u ON u.id = s.subject_id",
    "subjects": "SELECT key, uscc, name, region FROM subjects",
    "aliases": "SELECT a.alias, u.key FROM subject_aliases a JOIN subjects u ON u.id = a.subject_id",
    "quarantine": "SELECT import_id, row_no, status, raw, problems FROM quarantine",
    "imports": "SELECT key, status, rows_done, accepted, duplicates, quarantined, notes FROM imports",
}


def make_file(path: Path, rows: int, seed: int) -> None:
    """A seeded file: every tenth row is bad, some rows repeat, a few thousand shops."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        file.write("编号,正文,发布时间,地区,平台,店铺\n")
        for number in range(rows):
            text = "" if number % 10 == 3 else f"第{number % (rows - rows // 20)}条 " + "祛湿养生茶 一周见效 " * rng.randint(1, 8)
            when = f"2026-0{rng.randint(1, 9)}-{rng.randint(10, 28)} 08:00"
            file.write(f"{number % (rows - rows // 20)},{text},{when},420102,商城{number % 3},店{rng.randint(1, 4000)}\n")


def contents(database: Path) -> dict[str, list[Any]]:
    """What a store holds, without ids and times of arrival."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {name: sorted(connection.execute(question).fetchall(), key=repr) for name, question in QUESTIONS.items()}


def main() -> None:
    """Run both, compare, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--rows", type=int, default=150_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        make_file(file, options.rows, options.seed)
        arguments = ["intake", str(file), "--source", "kill", "--actor", "experiment", "--chunk-rows", "1000"]
        stores = {name: Path(folder) / f"{name}.db" for name in ("calm", "killed")}
        homes = {name: {"RISK_HOME": folder, "RISK_DATABASE": f"sqlite:///{path}"} for name, path in stores.items()}
        finish(arguments, homes["calm"])
        kills = kill_often(arguments, homes["killed"], Path(folder) / "trace.txt", times=options.times, longest=0.6, seed=options.seed)
        finish(arguments, homes["killed"])
        calm, killed = contents(stores["calm"]), contents(stores["killed"])
    identities = [row[0] for row in killed["signals"]]
    result = {
        "command": f"python -m experiments.kill_intake --times {options.times} --rows {options.rows} --seed {options.seed}",
        **kills.record(),
        "share_inside": round(kills.inside / max(kills.kills, 1), 3),
        "same": {name: calm[name] == killed[name] for name in QUESTIONS},
        "doubled": len(identities) - len(set(identities)),
        "signals": len(identities),
        "quarantined": len(killed["quarantine"]),
        "passed": calm == killed and kills.kills == options.times and kills.inside * 3 >= kills.kills,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
    if not result["passed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
