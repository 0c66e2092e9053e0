"""The dossier of a version: what is written down at registration, and the whole of it as plain values for the page, the API and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.scoring.keys import key_of, split_key, title
from risk.settings import Settings

if TYPE_CHECKING:
    from models.registry import Version

register({"model_version_not_found": ("模型“{model}”没有版本 {version}", "model `{model}` has no version {version}")})

FIGURES = ("average_precision", "roc_auc", "best_f1", "f1", "precision", "recall", "alarm_rate", "brier_skill", "ece")
"""The order in which figures are shown."""


def dossier_of(key: str, manifest: Mapping[str, Any], window: str) -> dict[str, Any]:
    """What is written down about a version of ours: purpose, legal basis, data, metrics, limits, owner."""
    from models.lineup import get

    model, lens = split_key(key)
    spec = get(model)
    looks = spec.lens(lens)
    return {
        "purpose": {"zh": spec.question[0], "en": spec.question[1]},
        "lens": {"zh": looks.title[0], "en": looks.title[1]},
        "label": {"zh": looks.meaning[0], "en": looks.meaning[1]},
        "basis": [{"law": law, "article": article} for law, article in spec.basis],
        "data": dict(manifest["label_sources"]),
        "training_window": window,
        "training": {k: v for k, v in manifest["training"].items() if k != "out_of_fold"},
        "metrics_out_of_fold": manifest["training"].get("out_of_fold", {}).get("metrics", {}),
        "cutoffs": manifest["cutoffs"],
        "limits": [{"zh": zh, "en": en} for zh, en in spec.limits],
        "owner": {"zh": spec.owner[0], "en": spec.owner[1]},
        "approver": None,
    }


def whole(settings: Settings, model: str, version: int) -> dict[str, Any]:
    """Everything that is known of a version, its bundle verified: what `risk.reports.dossier` shows.

    Raises ``unknown_model``, ``model_version_not_found``, ``bundle_refused``.
    """
    from models.bundle import BundleError, verify
    from risk.scoring.learners import refusal

    key = key_of(model)
    one = found(settings, key, version)
    try:
        manifest = verify(one.folder, one.checksum)
    except BundleError as error:
        raise refusal(error) from error
    return assembled(key, one, manifest)


def assembled(key: str, one: Version, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The same from a version and its manifest."""
    import json

    told = json.loads(one.tags.get("risk.dossier", "{}"))
    return {
        "model": key,
        "title": {"zh": title(key, "zh"), "en": title(key, "en")},
        "version": one.version,
        "aliases": list(one.aliases),
        "checksum": one.checksum,
        "registered_at": datetime.fromtimestamp(one.created_ms / 1000, UTC).isoformat(),
        "registered": one.registered,
        "approval": one.approval,
        "history": one.history,
        "kind": manifest["kind"],
        "features": [_feature(name) for name in manifest["features"]],
        "rules": list(manifest["rules"]),
        "segmenter": manifest.get("segmenter", ""),
        "libraries": dict(manifest["versions"]),
        "cutoffs": dict(manifest["cutoffs"]),
        "training": dict(manifest["training"]),
        "metrics_out_of_fold": manifest["training"].get("out_of_fold", {}).get("metrics", {}),
        "more": dict(manifest.get("more", {})),
        **{name: told.get(name) for name in ("purpose", "lens", "label", "basis", "data", "training_window", "limits", "owner")},
    }


def compared(settings: Settings, model: str, first: int, second: int) -> dict[str, Any]:
    """Two versions side by side: figures with intervals, cut-offs, features and rules that one alone has, data."""
    a, b = whole(settings, model, first), whole(settings, model, second)
    figures = {}
    for name in FIGURES:
        pair = [(one["training"].get("out_of_fold", {}).get("metrics", {}) or {}).get(name) for one in (a, b)]
        if any(pair):
            figures[name] = pair
    return {
        "model": a["model"],
        "title": a["title"],
        "versions": [a["version"], b["version"]],
        "aliases": [a["aliases"], b["aliases"]],
        "checksums": [a["checksum"], b["checksum"]],
        "approved": [a["approval"], b["approval"]],
        "metrics": figures,
        "cutoffs": {grade: [a["cutoffs"].get(grade), b["cutoffs"].get(grade)] for grade in ("red", "orange", "yellow", "blue", "source")},
        "data": [a["data"], b["data"]],
        "rows": [[one["training"].get("n"), one["training"].get("positives")] for one in (a, b)],
        "training_window": [a["training_window"], b["training_window"]],
        "features": _apart([f["name"] for f in a["features"]], [f["name"] for f in b["features"]]),
        "rules": _apart(a["rules"], b["rules"]),
        "libraries": {
            name: [a["libraries"].get(name), b["libraries"].get(name)]
            for name in sorted({*a["libraries"], *b["libraries"]})
            if a["libraries"].get(name) != b["libraries"].get(name)
        },
    }


def _apart(a: list[str], b: list[str]) -> dict[str, Any]:
    """How many both have, and what one alone has."""
    return {"both": len({*a} & {*b}), "only": [sorted({*a} - {*b}), sorted({*b} - {*a})]}


def found(settings: Settings, key: str, version: int) -> Version:
    """One version; ``model_version_not_found``."""
    from models.registry import Registry, RegistryError

    registry = Registry(settings.registry_dir)
    model, lens = split_key(key)
    try:
        if registry.exists:
            return registry.get(model, version, lens)
    except RegistryError as error:
        raise NotFoundError("model_version_not_found", model=key, version=version) from error
    raise NotFoundError("model_version_not_found", model=key, version=version)


def _feature(name: str) -> dict[str, str]:
    """A column in words, from the catalogue of features of texts, of what is around them, or of firms."""
    from features.catalogue import describe
    from features.context import CONTEXT
    from risk.scoring.firm_fields import FIRM_FIELDS

    for feature in CONTEXT:
        if feature.name == name:
            return {"name": name, "zh": feature.doc_zh, "en": feature.doc_en}
    for field in FIRM_FIELDS:
        if field.name == name:
            return {"name": name, "zh": f"{field.zh}：{field.doc_zh}", "en": field.doc_en}
    try:
        told = describe(name)
    except KeyError:
        return {"name": name, "zh": name, "en": name}
    return {"name": name, "zh": f"{told.zh}：{told.doc_zh}", "en": told.doc_en}
