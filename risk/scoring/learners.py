"""From a stored bundle to a learner that scores, after its files were found as they were saved."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from risk.domain import model_messages  # noqa: F401 - registers the texts
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import Told
from risk.domain.system_messages import quoted
from risk.scoring.fusion import trust_of
from risk.scoring.keys import KEYS, outside, split_key
from risk.scoring.scorer import Learner

if TYPE_CHECKING:
    from models.bundle import Bundle


def learner_of(folder: Path, *, key: str | None = None, version: str | None = None, expected: str | None = None) -> tuple[str, Learner]:
    """The key and learner of a bundle's folder; refused when a file changed, or when it is of another model than ``key``."""
    from models.bundle import MANIFEST, load, verify
    from models.outside import KIND

    if not (folder / MANIFEST).is_file():
        raise InvalidInputError("no_bundle", path=folder)
    try:
        manifest = verify(folder, expected)
        if manifest["kind"] == KIND:
            raise ConflictError("outside_not_approved", name=manifest["name"])
        bundle: Bundle = load(folder, expected)
    except (ValueError, TypeError, LookupError, AttributeError) as error:  # a manifest of any other shape is no manifest either
        raise refusal(error) from error
    found = f"{bundle.name}.{bundle.lens}" if bundle.lens else bundle.name
    if key is not None and found != key:
        raise InvalidInputError("wrong_bundle", found=found, wanted=key)
    model: Any = bundle.model
    return found, Learner(model, version or folder.name, bundle.cutoffs, trust_of(bundle.manifest["label_sources"]), bundle.more)


def outside_learner(folder: Path, *, key: str, version: str, expected: str) -> Learner:
    """The learner of an outside model whose bundle of checksum ``expected`` was approved: this runs its code. Refused when a file changed since."""
    from models.bundle import BundleError
    from models.outside import OutsideError
    from models.registry import load_outside

    try:
        model = load_outside(folder, expected)
    except BundleError as error:
        raise refusal(error) from error
    except OutsideError as error:
        raise InvalidInputError("outside_broken", name=key, reason=quoted(error)) from error
    if model.spec.name != key:
        raise InvalidInputError("wrong_bundle", found=model.spec.name, wanted=key)
    return Learner(model, version)


def check_in_use(key: str, learners: Mapping[str, Learner]) -> None:
    """Refuse an outside model without a champion (``outside_not_approved``): unlike one of the line-up it has no rules to fall back on."""
    if key in outside() and key not in learners:
        raise ConflictError("outside_not_approved", name=key)


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
        entries, foreign = registry.champions(), registry.outside()
    except ValueError as error:
        raise InvalidInputError("champions_damaged", path=registry.folder / "champions.json") from error
    found = {}
    for key in keys or (*KEYS, *foreign):
        entry = entries.get(key)
        if entry is None:
            continue
        folder, version, expected = registry_dir / str(entry["path"]), str(entry["version"]), str(entry["checksum"])
        if key not in foreign:
            found[key] = learner_of(folder, key=key, version=version, expected=expected)[1]
        elif entry.get("approved"):
            found[key] = outside_learner(folder, key=key, version=version, expected=expected)
        else:
            raise ConflictError("outside_not_approved", name=key)
    return found


def registered(registry_dir: Path, key: str, version: str) -> Learner:
    """A registered version of a key, verified; ``no_version`` where there is none."""
    from models.registry import Registry, RegistryError

    model, lens = split_key(key)
    number = version.removeprefix("v")
    registry = Registry(registry_dir)
    known = registry.exists and number.isascii() and number.isdigit()
    if not known:
        raise NotFoundError("no_version", name=key, version=version)
    try:
        one = registry.get(model, int(number), lens)
    except RegistryError as error:
        raise NotFoundError("no_version", name=key, version=version) from error
    if key not in registry.outside():
        return learner_of(one.folder, key=key, version=str(one.version), expected=one.checksum)[1]
    if one.approval is None:
        raise ConflictError("outside_not_approved", name=key)
    return outside_learner(one.folder, key=key, version=str(one.version), expected=one.checksum)
