"""From a stored bundle to a learner that scores, after its files were found as they were saved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.scoring.fusion import trust_of
from risk.scoring.keys import KEYS, split_key
from risk.scoring.scorer import Learner

if TYPE_CHECKING:
    from models.bundle import Bundle

register(
    {
        "bundle_refused": ("模型文件未通过校验，拒绝加载：{reason}", "the model is refused: {reason}"),
        "bundle_refused.hint": ("从登记库重新取出，或重新训练", "take it from the registry again, or train again"),
        "no_version": ("“{name}”没有版本或目录“{version}”", "`{name}` has no version or folder `{version}`"),
        "no_version.hint": ("用 risk models list 查看已登记的版本", "see risk models list"),
        "wrong_bundle": ("该模型属于 {found}，不是 {wanted}", "this model is of {found}, not of {wanted}"),
    }
)


def learner_of(folder: Path, *, key: str | None = None, version: str | None = None, expected: str | None = None) -> tuple[str, Learner]:
    """The key and learner of a bundle's folder; refused when a file changed, or when it is of another model than ``key``."""
    from models.bundle import BundleError, load

    try:
        bundle: Bundle = load(folder, expected)
    except BundleError as error:
        raise InvalidInputError("bundle_refused", reason=str(error)) from error
    found = f"{bundle.name}.{bundle.lens}" if bundle.lens else bundle.name
    if key is not None and found != key:
        raise InvalidInputError("wrong_bundle", found=found, wanted=key)
    model: Any = bundle.model
    return found, Learner(model, version or folder.name, bundle.cutoffs, trust_of(bundle.manifest["label_sources"]))


def champions(registry_dir: Path, keys: Sequence[str] | None = None) -> dict[str, Learner]:
    """The champion of each key that has one, verified. Reads ``champions.json`` only; MLflow is not imported."""
    from models.registry import Registry

    entries = Registry(registry_dir).champions()
    found = {}
    for key in keys or KEYS:
        entry = entries.get(key)
        if entry is not None:
            folder = registry_dir / str(entry["path"])
            found[key] = learner_of(folder, key=key, version=str(entry["version"]), expected=str(entry["checksum"]))[1]
    return found


def registered(registry_dir: Path, key: str, version: str) -> Learner:
    """A registered version of a key, verified; ``no_version`` where there is none."""
    from models.registry import Registry

    model, lens = split_key(key)
    number = version.removeprefix("v")
    for one in Registry(registry_dir).versions(model, lens) if number.isdigit() else []:
        if one.version == int(number):
            return learner_of(one.folder, key=key, version=str(one.version), expected=one.checksum)[1]
    raise NotFoundError("no_version", name=key, version=version)
