"""A new champion under load: online calls go on with the one before until the new one is made beside it; whoever must have what is in force waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.cold import ColdModel
from risk.domain.errors import InvalidInputError
from risk.scoring.scorer import Learner, Scorer
from risk.services import preview
from risk.services.scorer_cache import ScorerCache
from risk.settings import Settings

MODEL = "false_medical_advertising"
TEXT = "门诊时间有变，请先预约"


class Sure(ColdModel):
    """Gives every text the same probability."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self._share = share

    def predict(self, frame: Any, rules: Any, weights: Any = None) -> Any:
        return np.full(frame.n, self._share)


class Registry:
    """Champions whose version is what ``champions.json`` says; loading one takes until it may."""

    def __init__(self, folder: Path) -> None:
        self.settings = replace(Settings.from_environment({}), home=folder)
        self.may, self.begun, self.loads = threading.Event(), threading.Event(), 0
        self.may.set()
        self.file = self.settings.registry_dir / "champions.json"
        self.file.parent.mkdir(parents=True)
        self._bare = Scorer()

    def promote(self, version: str) -> None:
        self.file.write_text(version)

    def open(self, _settings: Settings) -> Any:
        version = self.file.read_text()
        self.loads += 1
        self.begun.set()
        assert self.may.wait(30)
        if version == "damaged":
            raise InvalidInputError("no_bundle", path=self.file)
        made = Scorer.__new__(Scorer)  # the rules and lists of the one before: to read them again takes a second
        made.__dict__.update(self._bare.__dict__)
        share = {"1": 0.2, "2": 0.9}[version]
        made.learners = {MODEL: Learner(Sure(share), version)}
        return made


@pytest.fixture(scope="module")
def _registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(tmp_path_factory.mktemp("home"))


@pytest.fixture
def registry(_registry: Registry) -> Iterator[Registry]:
    _registry.promote("1")
    _registry.begun.clear()
    _registry.loads = 0
    yield _registry
    _registry.may.set()


def asked(cache: ScorerCache) -> preview.Preview:
    return preview.preview(cache.at_hand(), TEXT, on=date(2026, 11, 1), models=(MODEL,))[0]


def test_a_promotion_under_load_drops_nothing_and_both_versions_answer(registry: Registry) -> None:
    cache = ScorerCache(registry.settings, registry.open, beside=True, look=0.0)
    assert not cache.loaded
    first = asked(cache)
    assert (first.model_version, cache.loaded) == ("1", True)
    told: list[preview.Preview] = []
    wrong: list[BaseException] = []
    enough = threading.Event()

    def keep_asking() -> None:
        try:
            while not enough.is_set():
                told.append(asked(cache))
        except BaseException as error:
            wrong.append(error)

    many = [threading.Thread(target=keep_asking) for _ in range(3)]
    registry.begun.clear()
    registry.may.clear()
    registry.promote("2")
    for one in many:
        one.start()
    assert registry.begun.wait(30)
    before = len(told)
    for _ in range(3):
        assert asked(cache).model_version == "1"  # answered while the new one is being loaded
    registry.may.set()
    until = threading.Event()
    while not any(one.model_version == "2" for one in told[before:]) and not wrong:
        until.wait(0.005)
    enough.set()
    for one in many:
        one.join()
    assert not wrong
    assert registry.loads == 2
    second = asked(cache)
    assert (first.probability, second.probability) == (0.2, 0.9)
    assert {(one.model_version, one.probability) for one in told} == {("1", first.probability), ("2", second.probability)}
    versions = [one.model_version for one in told]
    assert versions.count("1") + versions.count("2") == len(told) > before


def test_who_must_have_what_is_in_force_waits_for_it(registry: Registry) -> None:
    cache = ScorerCache(registry.settings, registry.open, beside=True, look=0.0)
    asked(cache)
    registry.promote("2")
    assert cache().learners[MODEL].version == "2"
    plain = ScorerCache(registry.settings, registry.open)
    assert asked(plain).model_version == "2"
    registry.promote("1")
    assert asked(plain).model_version == "1"  # not beside: as a run


def test_a_champion_that_cannot_be_loaded_leaves_the_one_before(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    cache = ScorerCache(registry.settings, registry.open, beside=True, look=0.0)
    asked(cache)
    registry.promote("damaged")
    told = [asked(cache).model_version for _ in range(2)]
    while not caplog.records:
        threading.Event().wait(0.005)
    told += [asked(cache).model_version for _ in range(3)]
    assert set(told) == {"1"}
    assert registry.loads == 2  # it is not tried again by each call
    with pytest.raises(InvalidInputError):
        cache()
    registry.promote("2")
    asked(cache)
    assert cache().learners[MODEL].version == "2"


def test_the_store_is_not_looked_at_by_each_call(registry: Registry) -> None:
    cache = ScorerCache(registry.settings, registry.open, beside=True, look=3600.0)
    asked(cache)
    asked(cache)
    registry.promote("2")
    assert asked(cache).model_version == "1"
    assert registry.loads == 1
