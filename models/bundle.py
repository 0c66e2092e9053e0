"""A trained model as data: a folder of JSON, arrays and LightGBM's own text. No pickle, nothing that runs.

    manifest.json   what it is, what it learnt from, how good it is, and the SHA-256 of each other file
    model.json      the small numbers          arrays.npz   the large ones          *.lgb.txt   boosters

A file that changed, is missing or was added is refused before anything is read from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.grades import Cutoffs

if TYPE_CHECKING:
    from models.cold import ColdModel
    from models.firm import FirmModel
    from models.text import TextModel

    AnyModel = ColdModel | TextModel | FirmModel

FORMAT = 1
MANIFEST = "manifest.json"


class BundleError(ValueError):
    """A bundle that cannot be trusted or read."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model with its manifest and the grades it is used with."""

    model: AnyModel
    manifest: dict[str, Any]
    cutoffs: Cutoffs

    @property
    def name(self) -> str:
        """The line-up entry."""
        return str(self.manifest["name"])

    @property
    def lens(self) -> str:
        """The lens; empty for a model that has one."""
        return str(self.manifest["lens"])

    @property
    def more(self) -> dict[str, Any]:
        """What was learnt about the model beside it, by topic (uncertainty, reliability, importance …); empty for an old bundle."""
        return dict(self.manifest.get("more", {}))


def save(
    folder: Path | str,
    model: AnyModel,
    *,
    name: str,
    lens: str = "",
    seed: int = 0,
    report: Mapping[str, Any] | None = None,
    cutoffs: Cutoffs,
    label_sources: Mapping[str, int] | None = None,
    segmenter: str = "",
    versions: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write the bundle into an empty or new folder; gives the manifest. ``report`` is what `train_text` or `train_firm` told."""
    import numpy as np

    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    if any(place.iterdir()):
        raise BundleError(f"a bundle needs a folder of its own, and {place.name} is not empty")
    plain, arrays, texts = model.state()
    _write_json(place / "model.json", plain)
    if arrays:
        with (place / "arrays.npz").open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
    for stem, text in texts.items():
        (place / f"{stem}.lgb.txt").write_text(text, encoding="utf-8", newline="\n")
    manifest = {
        "format": FORMAT,
        "kind": model.kind,
        "name": name,
        "lens": lens,
        "seed": seed,
        "training": dict(report or {}),
        "label_sources": dict(label_sources or {}),
        "features": list(getattr(model, "columns", [])),
        "rules": list(getattr(model, "rules", [])),
        "segmenter": segmenter,
        "versions": {**library_versions(), **(versions or {})},
        "cutoffs": cutoffs.plain(),
        "more": dict(more or {}),
        "files": {p.name: sha256(p) for p in sorted(place.iterdir())},
    }
    _write_json(place / MANIFEST, manifest)
    return manifest


def load(folder: Path | str, expected: str | None = None) -> Bundle:
    """Read a bundle after checking every file; ``expected`` is the `checksum` that was recorded when it was approved."""
    import numpy as np

    manifest = verify(folder, expected)
    place = Path(folder)
    plain = json.loads((place / "model.json").read_text(encoding="utf-8"))
    arrays: dict[str, Any] = {}
    if (place / "arrays.npz").exists():
        with np.load(place / "arrays.npz", allow_pickle=False) as stored:
            arrays = {k: stored[k] for k in stored.files}
    texts = {p.name.removesuffix(".lgb.txt"): p.read_text(encoding="utf-8") for p in place.glob("*.lgb.txt")}
    return Bundle(_class(manifest["kind"]).from_state(plain, arrays, texts), manifest, Cutoffs.of(manifest["cutoffs"]))


def verify(folder: Path | str, expected: str | None = None) -> dict[str, Any]:
    """The manifest, after every file was found as it was saved."""
    place = Path(folder)
    path = place / MANIFEST
    if not path.is_file():
        raise BundleError(f"no bundle here: {place.name} has no {MANIFEST}")
    if expected is not None and sha256(path) != expected:
        raise BundleError(f"{MANIFEST} is not the one that was recorded: expected {expected[:12]}…, found {sha256(path)[:12]}…")
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if manifest.get("format") != FORMAT:
        raise BundleError(f"this bundle has format {manifest.get('format')}, and {FORMAT} can be read")
    listed, there = set(manifest["files"]), {p.name for p in place.iterdir() if p.name != MANIFEST}
    if listed != there:
        raise BundleError(f"the files of the bundle differ from its manifest: {', '.join(sorted(listed ^ there))}")
    for name, digest in manifest["files"].items():
        if sha256(place / name) != digest:
            raise BundleError(f"{name} was changed after it was saved: its SHA-256 is not the one in the manifest")
    return manifest


def checksum(folder: Path | str) -> str:
    """One digest for the whole bundle: that of its manifest, which holds those of all files."""
    return sha256(Path(folder) / MANIFEST)


def sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def library_versions() -> dict[str, str]:
    """Versions of what a prediction depends on."""
    from importlib.metadata import PackageNotFoundError, version

    told = {}
    for name in ("numpy", "scipy", "scikit-learn", "lightgbm", "pandas"):
        try:
            told[name] = version(name)
        except PackageNotFoundError:
            continue
    return told


def _class(kind: str) -> Any:
    if kind == "text":
        from models.text import TextModel

        return TextModel
    if kind == "firm":
        from models.firm import FirmModel

        return FirmModel
    if kind == "cold":
        from models.cold import ColdModel

        return ColdModel
    raise BundleError(f"no such kind of model: {kind!r}")


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8", newline="\n")
