"""Do the files go through ``risk intake`` and ``risk run`` as they are? Into an empty SQLite store."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

from experiments.real.workshop import Workshop

FILES = ("labelled_messages", "illicit_drug_posts", "finance_news_events", "lookalike_negatives", "short_messages")
NEWS = '[columns]\ntext = "text"\n\n[constants]\nkind = "report"\n'
"""The mapping for news: without it they are taken for contents, which the report lens does not judge."""

IMPORTS = "SELECT rows_done, accepted, duplicates, quarantined, notes FROM imports WHERE source = ?"
RUNS = "SELECT model, judged, candidates, balance, status FROM runs ORDER BY model"


def intake(shop: Workshop) -> dict[str, Any]:
    """Rows accepted, refused, repeated; then the balance of a run of every text model by rules."""
    home = shop.work / "store"
    mapping = shop.work / "news.toml"
    mapping.write_text(NEWS, encoding="utf-8")
    told: list[dict[str, Any]] = []
    for name in FILES:
        how = ["--map", mapping] if name == "finance_news_events" else []
        seconds = shop.risk("intake", shop.data / f"{name}.csv", "--source", name, "--actor", "experiment", *how, home=home)
        with closing(sqlite3.connect(home / "risk.db")) as connection:
            rows, accepted, duplicates, quarantined, notes = connection.execute(IMPORTS, (name,)).fetchone()
        told.append(
            {
                "file": name, "rows": rows, "accepted": accepted, "duplicates": duplicates, "quarantined": quarantined, "notes": {k: v for k, v in json.loads(notes).items() if k not in ("mapping", "columns")},
                "seconds": round(seconds, 1), "balanced": rows == accepted + duplicates + quarantined, "commands": shop.commands(),
            }
        )  # fmt: skip
    seconds = shop.risk("run", "--rules-only", "--actor", "experiment", home=home)
    with closing(sqlite3.connect(home / "risk.db")) as connection:
        runs = [
            {"model": model, "judged": judged, "candidates": candidates, **json.loads(balance), "status": status,
             "balanced": candidates == sum(json.loads(balance).values())}
            for model, judged, candidates, balance, status in connection.execute(RUNS)
        ]  # fmt: skip
        tasks = connection.execute("SELECT count(*) FROM tasks").fetchone()[0]
    return {
        "question": "Do the files go through intake and a run without special code?",
        "data": {"files": len(FILES), "seconds of risk run": round(seconds, 1), "tasks issued": tasks, "mapping": "news come in as reports (kind = report); no mapping else"},
        "intake": told, "runs": runs, "commands": shop.commands(),
        "skipped": ["enterprise_fundraising: tables of firms are no signals; they go through train, score and evaluate (firms)"],
    }  # fmt: skip
