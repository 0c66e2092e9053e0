"""A small world for the tests of learning: made-up texts with a truth, judged by a run, verified by officers, labelled; versions in memory where no registry is needed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from risk.domain.learning import Live, Policy, Shadow, Triggers
from risk.scoring.scorer import Scorer
from risk.services import retraining_registry
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.run_world import MED, packs, put

BEGIN = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
OFFERS = ("根治", "永不复发", "保证治愈", "无效退款", "祖传秘方", "一次见效")
GOODS = ("糖尿病", "高血压", "风湿", "皮肤病", "失眠", "鼻炎")
CALM = ("今天天气很好", "明天一起吃饭", "请按时参加会议", "快递已经到了", "祝您生日快乐", "会议改到下午")
FILL = "春风花草香山水田园人间烟火长路漫漫归途远方故里旧时光影清晨黄昏松石江月云舟渔樵"
AT_ONCE = Policy(
    Triggers(every_days=30, new_labels=20, drift=("score_psi",), calibration=("calibration_gap",), cool_down_days=6),
    Shadow(days=0, verdicts=10, most_days=60),
    Live(verdicts=20, certainty=0.99, cool_down_days=30),
)


def text_of(value: float, rng: random.Random) -> str:
    """A text of which nothing is near another."""
    fill = "".join(rng.choices(FILL, k=24))
    core = rng.choice(OFFERS) + rng.choice(GOODS) if value else rng.choice(CALM) + (rng.choice(GOODS) if rng.random() < 0.3 else "")
    return fill[:12] + core + fill[12:]


def judged(
    conn: Connection,
    values: Sequence[float],
    *,
    at: datetime,
    tag: str,
    version: str = "rules",
    seed: int = 0,
    probability: Sequence[float] | None = None,
    shops: Sequence[str] | None = None,
    labelled: bool = True,
    source: str = "verdict",
    weight: float = 1.0,
    known_at: datetime | None = None,
) -> list[int]:
    """Signals of these values, judged at ``at`` by a run of ``version`` and labelled two days later; their ids."""
    rng = random.Random(f"{seed}{tag}")
    ids = put(conn, [text_of(v, rng) for v in values], at=at - timedelta(hours=2), tag=tag, shops=shops)
    run = {
        "key": f"run-{tag}",
        "model": MED,
        "as_of": at,
        "status": "done",
        "versions": {},
        "actor": "测试",
        "started_at": at,
        "ended_at": at,
    }
    number = conn.execute(insert(t.runs).values(run).returning(t.runs.c.id)).scalar_one()
    told = [0.9] * len(values) if probability is None else probability
    rows = [
        {"run_id": number, "signal_id": i, "model": MED, "probability": p, "grade": 4 if p >= 0.4 else 0, "model_version": version, "rules_version": "", "as_of": at}
        for i, p in zip(ids, told, strict=True)
    ]  # fmt: skip
    conn.execute(insert(t.assessments), rows)
    if labelled:
        label(conn, ids, values, at=known_at or at + timedelta(days=2), source=source, weight=weight)
    return ids


def label(
    conn: Connection, ids: Sequence[int], values: Sequence[float], *, at: datetime, source: str = "verdict", weight: float = 1.0
) -> None:
    """Labels known at ``at`` and mature a day later."""
    conn.execute(
        insert(t.labels),
        [
            {
                "model": MED,
                "signal_id": i,
                "value": v,
                "weight": weight,
                "source": source,
                "known_at": at,
                "matures_at": at + timedelta(days=1),
            }
            for i, v in zip(ids, values, strict=True)
        ],
    )


def history(engine: Engine, weeks: int = 4, each: int = 40, begin: datetime = BEGIN) -> datetime:
    """So many weeks of verdicts, half of them positive; the moment when all have matured."""
    with transaction(engine) as conn:
        for week in range(weeks):
            judged(conn, [1.0, 0.0] * (each // 2), at=begin + timedelta(days=7 * week), tag=f"w{begin:%m%d}-{week}")
    return begin + timedelta(days=7 * weeks)


def scorer(**learners: Any) -> Scorer:
    """The test's packs with these learners."""
    return Scorer(learners, packs=packs())


def settings(tmp_path: Any, engine: Engine) -> Settings:
    """A home of its own."""
    return Settings(home=tmp_path / "home", database_url=engine.url.render_as_string(hide_password=False))


class Shelf:
    """Versions in memory: what `risk.services.retraining_registry` does, without MLflow."""

    def __init__(self) -> None:
        self.versions: dict[str, Any] = {}
        self.champions: list[str] = []
        self.shadows: list[str] = []
        self.made: dict[str, str] = {}

    def install(self, patch: pytest.MonkeyPatch) -> Shelf:
        """In the place of the registry."""
        for name in ("champion", "keep", "promote", "roll_back", "shadow"):
            patch.setattr(retraining_registry, name, getattr(self, name))
        patch.setattr("risk.scoring.learners.registered", lambda _folder, _key, version: self.learner(version))
        return self

    def learner(self, version: str) -> Any:
        """What scores."""
        from dataclasses import replace

        return replace(self.versions[version].learner, version=version)

    def scorer(self) -> Scorer:
        """With the champion in force."""
        return scorer(**({MED: self.learner(self.champions[-1])} if self.champions else {}))

    def champion(self, _settings: Settings, _key: str) -> str | None:
        return self.champions[-1] if self.champions else None

    def keep(self, _settings: Settings, trained: Any, run_key: str, _record: Any, **_: Any) -> str:
        if run_key not in self.made:
            self.made[run_key] = str(len(self.made) + 1)
            self.versions[self.made[run_key]] = trained
        return self.made[run_key]

    def promote(self, _engine: Engine, settings: Settings, key: str, version: str, over: str | None, **_: Any) -> str:
        held = self.champion(settings, key)
        if held == version:
            return "promoted"
        if held != over:
            return "outdated"
        self.champions.append(version)
        return "promoted"

    def roll_back(self, _engine: Engine, settings: Settings, key: str, version: str, **_: Any) -> str | None:
        if self.champion(settings, key) != version or len(self.champions) < 2:
            return None
        self.champions.pop()
        return self.champions[-1]

    def shadow(self, _settings: Settings, _key: str, version: str) -> None:
        self.shadows.append(version)


def set_text(conn: Connection, signal_id: int, text: str) -> None:
    """Rewrite a stored text."""
    conn.execute(update(t.signals).where(t.signals.c.id == signal_id).values(text=text))


def trainings(conn: Connection) -> list[Any]:
    """All rows, oldest first."""
    return list(conn.execute(select(t.trainings).order_by(t.trainings.c.id)))
