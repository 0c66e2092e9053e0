"""Registered models as people look at them: versions, aliases, what was measured. Champions are read without MLflow, versions with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.scoring.keys import KEYS, key_of, split_key
from risk.scoring.keys import title as model_title
from risk.settings import Settings

register({"model_version_not_found": ("模型“{model}”没有版本 {version}", "model `{model}` has no version {version}")})


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One registered version."""

    model: str
    version: int
    aliases: tuple[str, ...]
    checksum: str
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model of the line-up with its champion (none: it scores by its rules) and its versions, the newest first."""

    key: str
    zh: str
    en: str
    champion: int | None
    versions: tuple[ModelVersion, ...]


@dataclass(frozen=True, slots=True)
class ModelVersionView:
    """One version with its dossier: purpose, owner, basis, data, metrics, limits."""

    version: ModelVersion
    dossier: dict[str, Any]


def list_models(settings: Settings, *, versions: bool = True) -> tuple[ModelRow, ...]:
    """Every model of the line-up. Without ``versions`` MLflow is not asked, which saves seconds in a fresh process."""
    registry = _registry(settings)
    champions = registry.champions()
    told = []
    for key in KEYS:
        found = registry.versions(*split_key(key)) if versions and registry.folder.is_dir() else []
        rows = tuple(_version(key, one) for one in sorted(found, key=lambda v: -v.version))
        told.append(ModelRow(key, model_title(key, "zh"), model_title(key, "en"), _champion(champions.get(key)), rows))
    return tuple(told)


def get_model_version(settings: Settings, model: str, version: int) -> ModelVersionView:
    """One version; ``InvalidInputError`` (``unknown_model``), ``NotFoundError`` (``model_version_not_found``)."""
    key = key_of(model)
    registry = _registry(settings)
    found = registry.versions(*split_key(key)) if registry.folder.is_dir() else []
    one = next((v for v in found if v.version == version), None)
    if one is None:
        raise NotFoundError("model_version_not_found", model=key, version=version)
    return ModelVersionView(_version(key, one), registry.dossier(*_args(key, version)))


def _args(key: str, version: int) -> tuple[str, int, str]:
    model, lens = split_key(key)
    return model, version, lens


def _registry(settings: Settings) -> Any:
    from models.registry import Registry

    return Registry(settings.registry_dir)


def _champion(entry: Mapping[str, Any] | None) -> int | None:
    return int(entry["version"]) if entry else None


def _version(key: str, one: Any) -> ModelVersion:
    moment = datetime.fromtimestamp(one.created_ms / 1000, UTC)
    return ModelVersion(key, one.version, tuple(one.aliases), one.checksum, moment)
