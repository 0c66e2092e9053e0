"""Versions that retraining makes: registered once for a training however often it is started again, promoted only over the champion they were compared with."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from risk.domain.errors import ConflictError
from risk.scoring.keys import split_key
from risk.services import training
from risk.settings import Settings

if TYPE_CHECKING:
    from models.registry import Registry

RUN = "retraining"
"""In a version's dossier: the key of the training that made it."""


def champion(settings: Settings, key: str) -> str | None:
    """The version of the champion that runs use now."""
    entry = _registry(settings).champions().get(key)
    return None if entry is None else str(entry["version"])


def keep(settings: Settings, trained: training.Trained, run_key: str, record: Mapping[str, Any], *, actor: str, now: datetime) -> str:
    """Register the version of a training, with the record of its data set in the dossier; one that is there already is taken. Gives its number."""
    registry = _registry(settings)
    model, lens = split_key(trained.key)
    for one in registry.versions(model, lens):
        if json.loads(one.tags.get("risk.dossier", "{}")).get(RUN) == run_key:
            return str(one.version)
    sources = record["sources_train"]
    with tempfile.TemporaryDirectory(prefix="risk-bundle-") as scratch:
        folder = Path(scratch) / "bundle"
        manifest = training.save(training.whole(trained), folder, sources=sources)
        told = {**training.dossier(trained, manifest, window_of(record)), RUN: run_key, "data_set": dict(record)}
        return str(registry.register(folder, training.code_file(), told, actor=actor, at=now, reason=f"retraining {run_key[:12]}"))


def promote(engine: Engine, settings: Settings, key: str, version: str, over: str | None, *, actor: str, now: datetime, reason: str) -> str:
    """Make a version the champion in the place of ``over``: *promoted*, *outdated* (another one is champion by now) or *awaiting_approval*."""
    from risk.services import model_approval

    held = champion(settings, key)
    if held == version:
        return "promoted"
    if held != over:
        return "outdated"
    try:
        model_approval.promote(engine, settings, key, int(version), actor=actor, now=now, reason=reason)
    except ConflictError as error:
        if error.code != "model_not_approved":
            raise
        return "awaiting_approval"
    return "promoted"


def roll_back(engine: Engine, settings: Settings, key: str, version: str, *, actor: str, now: datetime, reason: str) -> str | None:
    """Bring back the champion before ``version``; its number, or None where there is none or ``version`` is not the champion any more."""
    from risk.services import model_approval

    if champion(settings, key) != version:
        return None
    try:
        return str(model_approval.rollback(engine, settings, key, actor=actor, now=now, reason=reason))
    except ConflictError as error:
        if error.code != "no_earlier_champion":
            raise
        return None


def shadow(settings: Settings, key: str, version: str) -> None:
    """Give the alias ``shadow``."""
    model, lens = split_key(key)
    _registry(settings).set_alias(model, int(version), "shadow", lens)


def window_of(record: Mapping[str, Any]) -> str:
    """The days of the labels that taught, as a dossier tells them."""
    part = record["train"]
    return f"{part['from'][:10]} — {part['to'][:10]}" if "from" in part else ""


def _registry(settings: Settings) -> Registry:
    from models.registry import Registry

    return Registry(settings.registry_dir)
