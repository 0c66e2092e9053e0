"""How long does one assessment with its explanation take, in process and over HTTP? ``python -m experiments.online [--requests 400]``

Champions are trained from the project's own case library (their size is told: trees × leaves). Texts of the phrase banks, each asked once, are judged with
reasons by one model and by all models in use: in this process (on the wall, and seconds of the processor, which other work on the machine does not lengthen much),
and by a real server over loopback, one after another over one kept connection, with the share that the server itself answered within the bound. Then another
version is promoted while several callers keep asking: every answer must be fine, by the one version or the other. The result goes to ``experiments/results/online.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import re
import tempfile
import threading
import time
from collections import Counter
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
GOAL_HTTP, GOAL_HERE = 25.0, 10.0
CALLERS, SETTLING = 3, 8.0
AFTER = 200
"""Answers by the new version that are waited for after a promotion."""


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


def in_process(settings: Settings, texts: Sequence[str], models: Sequence[str]) -> tuple[list[float], list[float]]:
    """Milliseconds of each text: on the wall, and of the processor."""
    from risk.bootstrap import open_scorer
    from risk.services import preview

    scorer, on = open_scorer(settings), date(2026, 11, 1)
    for text in texts[:20]:
        preview.preview(scorer, text, on=on, models=models)
    gc.collect()
    gc.freeze()  # as a server does when it is warm
    wall, spent = [], []
    for text in texts:
        begin, used = time.perf_counter(), time.process_time()
        preview.preview(scorer, text, on=on, models=models)
        wall.append((time.perf_counter() - begin) * 1000)
        spent.append((time.process_time() - used) * 1000)
    gc.unfreeze()
    return wall, spent


def over_http(server: Server, texts: Sequence[str], models: Sequence[str]) -> list[float]:
    """Milliseconds of each request, one after another."""
    bodies = [json.dumps({"text": text, "models": list(models)}).encode() for text in texts]
    requests = [Request("preview", "POST", "/api/v1/assessments/preview", "X-Actor: experiment\r\n", body) for body in bodies]
    measured = asyncio.run(one_after_another(server.port, requests))
    if measured.errors:
        raise RuntimeError(str(measured.errors))
    return measured.all


def _settled(server: Server) -> None:
    """Until the models are loaded, and a while longer: a fresh server makes ready other things too."""
    while not all(one["ok"] for one in server.ask("GET", "/readyz")[1]["checks"]):
        time.sleep(0.1)
    time.sleep(SETTLING)


def within(server: Server, bound: float) -> float:
    """The share of all judgements so far that the server answered within ``bound`` seconds, by its own clock."""
    told = str(server.ask("GET", "/metrics")[1])
    mine = [line for line in told.splitlines() if 'route="/api/v1/assessments/preview"' in line]
    fast = [line for line in mine if line.startswith("risk_http_request_seconds_bucket") and f'le="{bound:g}"' in line]
    every = [line for line in mine if line.startswith("risk_http_request_seconds_count")]
    return sum(float(line.split()[-1]) for line in fast) / sum(float(line.split()[-1]) for line in every)


def changed(server: Server, surroundings: dict[str, str], texts: Sequence[str]) -> dict[str, Any]:
    """A promotion while callers keep asking: how many answers, by which version, how many errors, and how long they took meanwhile."""
    model, versions, errors = MODELS[0], Counter[str](), Counter[str]()
    taken: list[float] = []
    enough = threading.Event()

    def keep_asking(number: int) -> None:
        for at in range(number, 10**6):
            if enough.is_set():
                return
            begin = time.perf_counter()
            try:
                status, told = server.ask("POST", "/api/v1/assessments/preview", {"text": texts[at % len(texts)], "models": [model]})
            except OSError as error:
                errors[type(error).__name__] += 1
                continue
            taken.append((time.perf_counter() - begin) * 1000)
            if status == 200:
                versions[told[0]["model_version"]] += 1
            else:
                errors[str(status)] += 1

    callers = [threading.Thread(target=keep_asking, args=(number,)) for number in range(CALLERS)]
    for one in callers:
        one.start()
    finish(["promote", model, "2", "--actor", "experiment", "--reason", "another version, under load"], surroundings)
    deadline = time.monotonic() + 120
    while versions["2"] < AFTER and time.monotonic() < deadline:
        time.sleep(0.05)
    enough.set()
    for one in callers:
        one.join()
    wrong = sum(errors.values())
    return {
        "callers": CALLERS,
        "answered": sum(versions.values()),
        "by_version": dict(versions),
        "errors": wrong,
        "kinds_of_errors": dict(errors),
        "http_ms": told_of(taken),
        "dropped_nothing": wrong == 0 and min(versions["1"], versions["2"]) > 0,
    }


def size_of(settings: Settings) -> dict[str, str]:
    """Trees × leaves of each champion."""
    from risk.bootstrap import open_scorer

    found = {}
    for key, learner in open_scorer(settings).learners.items():
        text = getattr(getattr(learner.model, "trees", None), "text", "")
        leaves = [int(one) for one in re.findall(r"^num_leaves=(\d+)$", text, re.MULTILINE)]
        found[key] = f"{len(leaves)} trees of at most {max(leaves)} leaves" if leaves else "linear, no trees"
    return found


def told_of(values: Sequence[float]) -> dict[str, float]:
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
        finish(["train", MODELS[0], "--cases", "--register", "--seed", "2"], surroundings)
        settings = Settings.from_environment(surroundings)
        texts = texts_of(options.requests, options.seed)
        sizes = size_of(settings)
        found: dict[str, Any] = {}
        server = Server(surroundings)
        server.start()
        _settled(server)
        try:
            for label, models in (("one model", MODELS[:1]), ("all models in use", ())):
                over_http(server, texts[:20], models)  # warm
                found[label] = {"http_ms": told_of(over_http(server, texts, models))}
                if label == "one model":
                    found[label]["within_25_ms_at_the_server"] = round(within(server, GOAL_HTTP / 1000), 4)
            change = changed(server, surroundings, texts)
        finally:
            server.stop()
        for label, models in (("one model", MODELS[:1]), ("all models in use", ())):
            wall, spent = in_process(settings, texts, models)
            found[label] |= {"in_process_ms": told_of(wall), "in_process_processor_ms": told_of(spent)}
    result = {
        **heading(f"python -m experiments.online --requests {options.requests} --seed {options.seed}"),
        "measured_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}",
        "load": round(os.getloadavg()[0], 1),
        "champions": sizes,
        "size": sizes.get(MODELS[0], "-"),
        "requests": options.requests,
        "goal_http_p99_ms": GOAL_HTTP,
        "goal_in_process_p99_ms": GOAL_HERE,
        **found,
        "change": change,
        "reached": found["one model"]["http_ms"]["p99"] <= GOAL_HTTP and found["one model"]["in_process_ms"]["p99"] <= GOAL_HERE,
    }
    store_json(RESULT, result)
    print(json.dumps({key: value for key, value in result.items() if key not in ("versions", "rules")}, indent=2))


if __name__ == "__main__":
    main()
