"""A store for the pages of models: verified cases of the weeks before now, figures of health, an internal task, a training, and a registry with two versions.

The registry is a real one of MLflow; its versions are bundles of the rules alone with figures beside them, put in place without the minute that a training takes.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, update

from models import bundle
from models.cold import SEVERITY_WEIGHTS, ColdModel
from models.grades import FIXED_CUTOFFS
from models.registry import ARTIFACT, CHECKSUM, REGISTERED, Registry
from models.reliability import reliability
from risk.domain.grades import Grade
from risk.services import model_health, model_tasks
from risk.services.dispatch import seed_offices
from risk.services.model_dossier import dossier_of
from risk.settings import Settings
from risk.storage import tables as t
from tests.risk.disposal_world import MODEL, new_candidates, new_run, new_subjects

CASES = 320


def cases(conn: Connection, now: datetime) -> None:
    """Units of four weeks, a subject each; what was blue or graver is verified, and its verdict has matured."""
    rng = np.random.default_rng(0)
    p = np.round(rng.beta(0.8, 1.2, CASES), 4)
    true = rng.random(CASES) < p
    seed_offices(conn)
    subjects, run = new_subjects(conn, CASES), new_run(conn)
    specs = [(subjects[i], Grade(int(np.searchsorted([0.4, 0.55, 0.7, 0.85], p[i], side="right"))), float(p[i])) for i in range(CASES)]
    for week in range(4):
        mine = range(week, CASES, 4)
        made = new_candidates(conn, run, [specs[i] for i in mine], observed=now - timedelta(days=7 * week + 15), tag=f"w{week}")
        common: dict[str, Any] = {"model": MODEL, "weight": 1.0, "source": "verdict", "subject_id": None, "verdict_id": None}
        times = {"known_at": now - timedelta(days=9), "matures_at": now - timedelta(days=2)}
        rows = [
            common | times | {"signal_id": one.signal_id, "value": float(true[i])} for i, one in zip(mine, made, strict=True) if p[i] >= 0.4
        ]
        conn.execute(insert(t.labels), rows)
    conn.execute(update(t.signals).values(region="420102"))
    conn.execute(update(t.runs).values(status="done", ended_at=now))


def health(conn: Connection, now: datetime) -> int:
    """Two checks, the newer beyond a limit, and the task that it opened; the task's number."""
    common: dict[str, Any] = {"model": MODEL, "low": None, "high": None, "n": 200, "detail": {}}
    rows = [
        {
            **common,
            "as_of": now - timedelta(days=days),
            "name": name,
            "part": part,
            "value": value,
            "limit_value": limit,
            "crossed": crossed,
        }
        for days, name, part, value, limit, crossed in (
            (8, "score_drift", "", 0.05, 0.25, False),
            (1, "score_drift", "", 0.31, 0.25, True),
            (1, "verified_rate", "red", 0.9, 0.85, False),
            (1, "verified_rate", "420100", 0.7, None, False),
        )
    ]
    conn.execute(insert(t.health_figures), rows)
    return model_tasks.open_task(conn, MODEL, model_health.KINDS[0], {}, now=now, actor="作业")


def training(conn: Connection, now: datetime) -> None:
    """A challenger that was compared and not promoted."""
    found = {"average_precision": {"value": 0.04, "low": -0.01, "high": 0.09}, "brier_skill": {"value": 0.2, "low": 0.1, "high": 0.3}}
    gate = {"differences": found, "slices": {}, "worse": [], "n": 133, "positives": 99, "level": 0.98}
    row = {
        "key": "k", "model": MODEL, "as_of": now, "status": "done", "decision": "kept", "champion": "1", "challenger": "2",
        "started_at": now, "ended_at": now, "detail": {"labels": 60, "verdicts": 60, "reasons": ["labels"], "actor": "作业", "gate": gate},
    }  # fmt: skip
    conn.execute(insert(t.trainings).values(row))


def registry(settings: Settings, now: datetime) -> None:
    """Versions 1 (champion) and 2 (challenger), registered by 作业."""
    rng = np.random.default_rng(1)
    p = rng.random(600)
    measured = {"average_precision": {"value": 0.79, "low": 0.7, "high": 0.87}, "recall": {"value": 0.72, "low": 0.68, "high": 0.76}}
    part = {"n": 300, "positives": 40, "metrics": measured}
    matters = [{"topic": "wording", "zh": "措辞", "en": "wording", "mean": 0.9, "mean_abs": 1.2, "share": 0.8}]
    more = {
        "reliability": reliability(p, rng.random(600) < p, replicates=50),
        "slices": {"region": {"4201": part, "4205": part}},
        "importance": {"n": 200, "matters": matters, "dependence": []},
    }
    report = {"n": 600, "positives": 80, "out_of_fold": {"n": 600, "metrics": measured}}
    door = Registry(settings.registry_dir)
    with door._mlflow() as mlflow:
        client = door._client(mlflow)
        client.create_registered_model(MODEL)
        for number in (1, 2):
            folder = settings.registry_dir / "artifacts" / str(number) / ARTIFACT
            model = ColdModel(dict.fromkeys(("guaranteed_cure",), SEVERITY_WEIGHTS["high"]))
            manifest = bundle.save(
                folder, model, name=MODEL, seed=number, cutoffs=FIXED_CUTOFFS, label_sources={"case_library": 600}, report=report, more=more
            )
            tags = {
                CHECKSUM: bundle.checksum(folder),
                "risk.path": folder.relative_to(settings.registry_dir).as_posix(),
                "risk.dossier": json.dumps(dossier_of(MODEL, manifest, "2026")),
                REGISTERED: json.dumps({"actor": "作业", "at": now.isoformat(), "reason": "试用"}),
            }
            client.create_model_version(MODEL, folder.as_uri(), tags=tags)
        client.set_registered_model_alias(MODEL, "challenger", "2")
    door.promote(MODEL, 1, actor="作业", at=now, reason="首个")
