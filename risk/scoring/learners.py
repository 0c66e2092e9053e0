"""From a stored bundle to a learner that scores, after its files were found as they were saved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import Told, register
from risk.scoring.fusion import trust_of
from risk.scoring.keys import KEYS, split_key
from risk.scoring.scorer import Learner

if TYPE_CHECKING:
    from models.bundle import Bundle

register(
    {
        "bundle_refused": ("模型文件未通过校验，拒绝加载：{reason}", "the model is refused: {reason}"),
        "bundle_refused.hint": ("从登记库重新取出，或重新训练", "take it from the registry again, or train again"),
        "no_bundle": ("目录 {path} 中没有模型（缺少 manifest.json）", "folder {path} holds no model (it has no manifest.json)"),
        "no_bundle.hint": ("给出 risk train --output 写出的目录", "give a folder that risk train --output wrote"),
        "champions_damaged": ("{path} 无法读取，不知道上线的是哪个版本", "{path} cannot be read: which version is champion is not known"),
        "champions_damaged.hint": ("从备份恢复，或用 --rules-only", "bring it back from a backup, or use --rules-only"),
        "no_version": ("“{name}”没有版本或目录“{version}”", "`{name}` has no version or folder `{version}`"),
        "no_version.hint": ("用 risk models list 查看已登记的版本", "see risk models list"),
        "wrong_bundle": ("该模型属于 {found}，不是 {wanted}", "this model is of {found}, not of {wanted}"),
    }
)


def learner_of(folder: Path, *, key: str | None = None, version: str | None = None, expected: str | None = None) -> tuple[str, Learner]:
    """The key and learner of a bundle's folder; refused when a file changed, or when it is of another model than ``key``."""
    from models.bundle import MANIFEST, load

    if not (folder / MANIFEST).is_file():
        raise InvalidInputError("no_bundle", path=folder)
    try:
        bundle: Bundle = load(folder, expected)
    except (ValueError, TypeError, LookupError, AttributeError) as error:  # a manifest of any other shape is no manifest either
        raise refusal(error) from error
    found = f"{bundle.name}.{bundle.lens}" if bundle.lens else bundle.name
    if key is not None and found != key:
        raise InvalidInputError("wrong_bundle", found=found, wanted=key)
    model: Any = bundle.model
    return found, Learner(model, version or folder.name, bundle.cutoffs, trust_of(bundle.manifest["label_sources"]), bundle.more)


def refusal(error: Exception) -> InvalidInputError:
    """Why a bundle is refused, in both languages; what is no `BundleError` means that a file cannot be read at all."""
    from models.bundle import BundleError

    said = str(error) if isinstance(error, BundleError) else "the manifest or a file it names cannot be read"
    return InvalidInputError("bundle_refused", reason=Told(_in_chinese(said), said))


def _in_chinese(said: str) -> str:
    """What ``models.bundle`` says of a folder.

    >>> _in_chinese("model.json was changed after it was saved: its SHA-256 is not the one in the manifest")
    'model.json 保存后被改动'
    """
    for pattern, told in _SAID:
        if found := re.search(pattern, said):
            return told.format(*found.groups())
    return "内容无法读取"


_SAID = (
    (r"^(\S+) was changed after it was saved", "{0} 保存后被改动"),
    (r"differ from its manifest: (.+)", "文件与清单不一致：{0}"),
    (r"^(\S+) is not the one that was recorded", "{0} 与登记的不一致"),
    (r"has format (\S+), and (\S+) can be read", "格式为 {0}，只能读取 {1}"),
    (r"has no (\S+)$", "缺少 {0}"),
    (r"no such kind of model: (.+)", "没有这类模型：{0}"),
)


def champions(registry_dir: Path, keys: Sequence[str] | None = None) -> dict[str, Learner]:
    """The champion of each key that has one, verified. Reads ``champions.json`` only; MLflow is not imported."""
    from models.registry import Registry

    registry = Registry(registry_dir)
    try:
        entries = registry.champions()
    except ValueError as error:
        raise InvalidInputError("champions_damaged", path=registry.folder / "champions.json") from error
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
    known = registry_dir.is_dir() and number.isascii() and number.isdigit()
    for one in Registry(registry_dir).versions(model, lens) if known else []:
        if one.version == int(number):
            return learner_of(one.folder, key=key, version=str(one.version), expected=one.checksum)[1]
    raise NotFoundError("no_version", name=key, version=version)
