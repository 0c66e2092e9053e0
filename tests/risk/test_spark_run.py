"""``risk run --engine spark`` ends in the store of a local run: the seam with a Spark of paper, which hands everything over as bytes, and on a real one where there is one."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from risk.domain.errors import InvalidInputError
from risk.scoring import spark_session, spark_worker
from risk.services import runs, spark_run
from risk.services.dispatch import seed_offices
from risk.storage import migrate
from risk.storage.engine import open_engine, transaction
from tests.risk.cli_world import risk
from tests.risk.run_world import CURE, DRUGS, KEYS, NOW, PLAIN, SCHEME, URGE, put, scorer, world


class Paper:
    """What the run needs of a Spark: everything goes over as bytes, as it would to another machine."""

    master, applicationId, defaultParallelism = "local[2]", "paper", 2  # noqa: N815 - Spark's names

    def __init__(self) -> None:
        self.listFiles: list[str] = []
        self.asked = 0

    def addFile(self, path: str) -> None:  # noqa: N802
        self.listFiles.append(path)

    def cancelAllJobs(self) -> None:  # noqa: N802
        return None

    def parallelize(self, things: list[Any], _parts: int) -> Any:
        self.asked += 1
        return SimpleNamespace(map=lambda function: SimpleNamespace(collect=lambda: [_over(_over(function)(_over(one))) for one in things]))


def _over(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Workers are other processes; here they are this one, and begin with nothing."""
    yield
    for engine, _ in spark_run._mine.values():
        engine.dispose()
    spark_run._mine.clear()


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Stores with the same small world: shops with history, one text a kind, in several chunks."""
    made: list[Engine] = []

    def new() -> Engine:
        engine = open_engine(f"sqlite:///{tmp_path / f'{len(made)}.db'}")
        made.append(engine)
        migrate.upgrade(engine)
        with transaction(engine) as conn:
            seed_offices(conn)
            put(conn, [CURE, URGE, PLAIN] * 3, shops=["甲店", "乙店", None] * 3, at=NOW - timedelta(days=9), tag="old")
            put(conn, [CURE, DRUGS, URGE, PLAIN] * 3, shops=["甲店", "乙店", "丙店", None] * 3)
            put(conn, [SCHEME] * 2, kind="report", tag="r")
        return engine

    yield new
    for engine in made:
        engine.dispose()


def _run(engine: Engine, **more: Any) -> list[runs.RunResult]:
    return runs.run(engine, scorer(), KEYS, as_of=NOW, now=NOW, actor="test", chunk=4, **more)


def _paper(monkeypatch: pytest.MonkeyPatch) -> tuple[Paper, Any]:
    context = Paper()
    monkeypatch.setattr(spark_worker, "_place", lambda name: next(Path(one) for one in context.listFiles if one.endswith(name)))
    return context, SimpleNamespace(sparkContext=context)


def test_the_store_ends_as_after_a_local_run(stores: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    local, there = stores(), stores()
    context, spark = _paper(monkeypatch)
    assert _run(local) == _run(there, judged_by=spark_run.judged_by(spark))
    assert world(local) == world(there)
    assert world(local)["alerts"]
    assert context.asked == 6
    assert len(context.listFiles) == 1


def test_a_run_that_failed_on_spark_goes_on_where_it_stood(stores: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    local, there = stores(), stores()
    context, spark = _paper(monkeypatch)
    whole = spark_run._judge

    def losing(errand: Any, step: Any) -> Any:
        if context.asked > 2:
            raise InvalidInputError("spark_failed", reason="the executors are gone")
        return whole(errand, step)

    monkeypatch.setattr(spark_run, "_judge", losing)
    monkeypatch.setattr(f"{__name__}._over", lambda thing: thing)
    with pytest.raises(InvalidInputError):
        _run(there, judged_by=spark_run.judged_by(spark, ahead=1))
    monkeypatch.setattr(spark_run, "_judge", whole)
    _run(there)
    _run(local)
    assert world(local) == world(there)


def test_sqlite_is_not_for_other_machines(stores: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    context, spark = _paper(monkeypatch)
    monkeypatch.setattr(context, "master", "yarn", raising=False)
    with pytest.raises(InvalidInputError) as told:
        _run(stores(), judged_by=spark_run.judged_by(spark))
    assert told.value.code == "spark_needs_server"


@pytest.mark.parametrize(
    ("more", "code"), [(("--master", "yarn"), "spark_only"), (("--engine", "spark", "--workers", "2"), "spark_not_here")]
)
def test_options_of_the_other_engine_are_refused(more: tuple[str, ...], code: str) -> None:
    assert risk("run", *more).err.lstrip().split("[")[1].startswith(code)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_same_on_a_real_spark(stores: Callable[[], Engine], engine_url: URL) -> None:
    """Two worker processes, and either database behind them."""
    pytest.importorskip("pyspark", reason="the extra [spark] is not installed")
    local = stores()
    there = open_engine(engine_url)
    with transaction(there) as conn:
        seed_offices(conn)
        put(conn, [CURE, URGE, PLAIN] * 3, shops=["甲店", "乙店", None] * 3, at=NOW - timedelta(days=9), tag="old")
        put(conn, [CURE, DRUGS, URGE, PLAIN] * 3, shops=["甲店", "乙店", "丙店", None] * 3)
        put(conn, [SCHEME] * 2, kind="report", tag="r")
    _run(local)
    try:
        with spark_session.session("local[2]") as spark:
            _run(there, judged_by=spark_run.judged_by(spark))
    except InvalidInputError as error:
        if error.code == "java_missing":
            pytest.skip("there is no Java for Spark")
        raise
    assert world(local) == world(there)
    there.dispose()
