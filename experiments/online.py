"""How long does one assessment with its explanation take, in process and over HTTP? ``python -m experiments.online [--requests 400]``

Champions are trained from the project's own case library (their size is told: trees × leaves). Texts of the phrase banks, each asked once, are judged with
reasons by one model and by all models in use: in this process, and by a real server over loopback, one after another over one kept connection. The server's
own time is told by its metrics where it has them. The result goes to ``experiments/results/online.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from experiments.killing import finish
from experiments.load.client import Request, one_after_another, quantile
from experiments.record import RESULTS, heading, store_json
from experiments.serving import Server
from risk.settings import Settings

RESULT = RESULTS / "online.json"
MODELS = ("false_medical_advertising", "illegal_drug_sales")
GOAL_HTTP = 25.0


def texts_of(count: int, seed: int) -> list[str]:
    """Texts as they are seen, filled from the phrase banks; no two alike."""
    from risk.domain.banks import passages
    from risk.domain.slots import fill_slots

    rng = random.Random(seed)
    known = [one.text for one in passages()]
    found: dict[str, None] = {}
    while len(found) < count:
        found[f"{fill_slots(rng.choice(known), rng, '江岸区', '同济大药房')} {rng.randint(1, 10**6)}"] = None
    return list(found)


def in_process(settings: Settings, texts: Sequence[str], models: Sequence[str]) -> list[float]:
    """Milliseconds of each text."""
    from risk.bootstrap import open_scorer
    from risk.services import preview

    scorer, on = open_scorer(settings), date(2026, 11, 1)
    for text in texts[:20]:
        preview.preview(scorer, text, on=on, models=models)
    found = []
    for text in texts:
        begin = time.perf_counter()
        preview.preview(scorer, text, on=on, models=models)
        found.append((time.perf_counter() - begin) * 1000)
    return found


def over_http(server: Server, texts: Sequence[str], models: Sequence[str]) -> list[float]:
    """Milliseconds of each request, one after another."""
    bodies = [json.dumps({"text": text, "models": list(models)}).encode() for text in texts]
    requests = [Request("preview", "POST", "/api/v1/assessments/preview", "X-Actor: experiment\r\n", body) for body in bodies]
    measured = asyncio.run(one_after_another(server.port, requests))
    if measured.errors:
        raise RuntimeError(str(measured.errors))
    return measured.all


def size_of(settings: Settings) -> dict[str, str]:
    """Trees × leaves of each champion."""
    from risk.bootstrap import open_scorer

    found = {}
    for key, learner in open_scorer(settings).learners.items():
        trees = getattr(getattr(learner.model, "trees", None), "booster", None)
        found[key] = f"{trees.num_trees()} trees" if trees is not None else type(learner.model).__name__
    return found


def told(values: Sequence[float]) -> dict[str, float]:
    """Quantiles in milliseconds."""
    return {name: round(quantile(values, share), 2) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}


def main() -> None:
    """Train, ask, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        surroundings = {"RISK_HOME": name, "RISK_DATABASE": f"sqlite:///{Path(name) / 'risk.db'}", "RISK_LANG": "en"}
        for model in MODELS:
            finish(["train", model, "--cases", "--register"], surroundings)
        settings = Settings.from_environment(surroundings)
        texts = texts_of(options.requests, options.seed)
        sizes = size_of(settings)
        found: dict[str, Any] = {}
        server = Server(surroundings)
        server.start()
        try:
            for label, models in (("one model", MODELS[:1]), ("all models in use", ())):
                over_http(server, texts[:20], models)  # warm
                found[label] = {"http_ms": told(over_http(server, texts, models))}
        finally:
            server.stop()
        for label, models in (("one model", MODELS[:1]), ("all models in use", ())):
            found[label]["in_process_ms"] = told(in_process(settings, texts, models))
    result = {
        **heading(f"python -m experiments.online --requests {options.requests} --seed {options.seed}"),
        "measured_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}",
        "champions": sizes,
        "requests": options.requests,
        "goal_http_p99_ms": GOAL_HTTP,
        **found,
        "reached": found["one model"]["http_ms"]["p99"] <= GOAL_HTTP,
    }
    store_json(RESULT, result)
    print(json.dumps({key: value for key, value in result.items() if key not in ("versions", "rules")}, indent=2))


if __name__ == "__main__":
    main()
