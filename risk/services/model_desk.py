"""Registered models as people look at them: versions, aliases, what was measured. Champions are read without MLflow, versions with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from risk.scoring.keys import all_keys, key_of, outside, split_key
from risk.scoring.keys import title as model_title
from risk.services.model_dossier import found
from risk.settings import Settings


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One registered version."""

    model: str
    version: int
    aliases: tuple[str, ...]
    checksum: str
    registered_at: datetime
    registered_by: str = ""
    """Empty for versions that the loop registered."""
    approved_by: str = ""
    """Empty for one that nobody approved."""
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model of the line-up with its champion (none: it scores by its rules) and its versions, the newest first."""

    key: str
    zh: str
    en: str
    champion: int | None
    versions: tuple[ModelVersion, ...]
    outside: bool = False
    """Somebody else's model: it judges only once a version of it is approved and champion."""


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
    foreign = outside()
    for key in all_keys():
        there = registry.versions(*split_key(key)) if versions and registry.exists else []
        rows = tuple(_version(key, one) for one in sorted(there, key=lambda v: -v.version))
        told.append(ModelRow(key, model_title(key, "zh"), model_title(key, "en"), _champion(champions.get(key)), rows, key in foreign))
    return tuple(told)


def get_model_version(settings: Settings, model: str, version: int) -> ModelVersionView:
    """One version; ``InvalidInputError`` (``unknown_model``), ``NotFoundError`` (``model_version_not_found``)."""
    key = key_of(model)
    one = found(settings, key, version)
    return ModelVersionView(_version(key, one), json.loads(one.tags.get("risk.dossier", "{}")))


def _registry(settings: Settings) -> Any:
    from models.registry import Registry

    return Registry(settings.registry_dir)


def _champion(entry: Mapping[str, Any] | None) -> int | None:
    return int(entry["version"]) if entry else None


def _version(key: str, one: Any) -> ModelVersion:
    moment = datetime.fromtimestamp(one.created_ms / 1000, UTC)
    approval = one.approval or {}
    return ModelVersion(
        key,
        one.version,
        tuple(one.aliases),
        one.checksum,
        moment,
        str(one.registered.get("actor", "")),
        str(approval.get("actor", "")),
        datetime.fromisoformat(approval["at"]) if approval else None,
    )
