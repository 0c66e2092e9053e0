"""Registering, approving, promoting and rolling back versions of models: who, when, why, written to the audit with every act.

Nobody approves what they registered. Before an approval the laws are tried on the very files that are stored, in a process of its own with a time limit
(`risk.scoring.approval_check`): until then nothing of an outside model's code has run anywhere. Which models need an approval is data
(`risk.domain.model_policy`); outside models always do.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from risk import __version__
from risk.domain import model_messages  # noqa: F401 - registers the texts
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.model_policy import check_seconds, needs_approval
from risk.domain.rule_states import same_person
from risk.domain.system_messages import quoted
from risk.scoring import keys
from risk.scoring.keys import split_key
from risk.services import auditing, outbox
from risk.settings import Settings
from risk.storage.engine import transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.outside import OutsideSpec
    from models.registry import Registry, Version

register(
    {
        "model_actor_required": ("请写明是谁：--actor", "say who acts: --actor"),
        "model_own_approval": (
            "{actor} 登记了“{model}”版本 {version}，须由他人批准",
            "{actor} registered version {version} of `{model}`: another person must approve it",
        ),
        "model_not_approved": (
            "“{model}”版本 {version} 尚未批准，不能上线",
            "version {version} of `{model}` is not approved and cannot be promoted",
        ),
        "model_not_approved.hint": (
            "由登记者以外的人批准：risk models approve {model} {version} --actor 姓名",
            "another person than who registered it approves: risk models approve {model} {version} --actor NAME",
        ),
        "model_laws_broken": (
            "“{model}”版本 {version} 未通过模型法则，不能批准：{laws}",
            "version {version} of `{model}` breaks the laws and cannot be approved: {laws}",
        ),
        "model_laws_broken.hint": ("修改后登记为新版本", "mend it and register a new version"),
        "model_refused": ("模型不能登记：{reason}", "the model cannot be registered: {reason}"),
        "model_refused.hint": ("写法见 models/README.md“外部模型”一节", "see Outside models in models/README.md"),
        "no_earlier_champion": ("{key} 没有更早的冠军可以回退", "{key} has no earlier champion to go back to"),
        "no_earlier_champion.hint": ("用 risk models list 查看版本", "see risk models list"),
    }
)

_PASSED_ON = ("PATH", "PYTHONPATH", "VIRTUAL_ENV", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "OMP_NUM_THREADS")
"""What of the environment the checking process sees: no address of a database, no secret."""


def register_outside(
    engine: Engine,
    settings: Settings,
    spec: OutsideSpec | Mapping[str, Any],
    code: Path | str,
    sample: Sequence[str],
    *,
    actor: str,
    now: datetime,
    data: Mapping[str, Path | str] | None = None,
    reason: str = "",
) -> int:
    """Store somebody else's pyfunc as a version of a model of its own; gives the number. Nothing of the code is imported or run.

    ``spec``: `models.outside.OutsideSpec` or its parts; ``sample``: a few texts of the field; ``data``: files that the code finds as ``context.artifacts[name]``.
    """
    from models import outside
    from models.bundle import BundleError

    actor = _named(actor)
    try:
        told = spec if isinstance(spec, outside.OutsideSpec) else outside.OutsideSpec.of(spec)
        with tempfile.TemporaryDirectory(prefix="risk-outside-") as scratch:
            folder = Path(scratch) / "bundle"
            outside.save(folder, told, code, sample, data, {"risk-early-warning": __version__})
            return _registered(engine, settings, folder, outside_dossier(told), actor, now, reason)
    except (outside.OutsideError, BundleError, UnicodeDecodeError) as error:
        raise InvalidInputError("model_refused", reason=quoted(error)) from error


def register_bundle(engine: Engine, settings: Settings, folder: Path, *, actor: str, now: datetime, reason: str = "") -> tuple[str, int]:
    """Store a folder that ``risk train --output`` wrote as the next version, a challenger; gives its key and number."""
    from models.bundle import BundleError, verify
    from models.outside import KIND
    from risk.services.model_dossier import dossier_of

    actor = _named(actor)
    try:
        manifest = verify(folder)
    except (BundleError, ValueError, LookupError) as error:
        from risk.scoring.learners import refusal

        raise refusal(error) from error
    if manifest["kind"] == KIND:
        raise InvalidInputError("model_refused", reason=quoted("an outside model is registered from its code file"))
    key = keys.key_of(f"{manifest['name']}.{manifest['lens']}" if manifest["lens"] else str(manifest["name"]))
    return key, _registered(engine, settings, folder, dossier_of(key, manifest, ""), actor, now, reason)


def approve(engine: Engine, settings: Settings, key: str, version: int, *, actor: str, now: datetime, reason: str = "") -> dict[str, Any]:
    """Try the laws on what is stored, then write the approval down; gives what was found. Refusals are in the audit too.

    Errors: ``no_version``, ``model_own_approval``, ``model_laws_broken``, ``bundle_refused``.
    """
    actor = _named(actor)
    with _door(settings, key) as registry:
        one = _found(registry, key, version)
        if same_person(actor, str(one.registered.get("actor", ""))):
            raise ConflictError("model_own_approval", actor=actor, model=key, version=version)
        broken = check(one.folder, one.checksum)
        detail = {"reason": reason, "checksum": one.checksum, "laws_broken": broken}
        if broken:
            _record(engine, actor, "model.refuse", key, version, detail, now)
            raise ConflictError("model_laws_broken", model=key, version=version, laws="; ".join(broken))
        registry.approve(*_args(key, version), actor=actor, at=now, detail={"reason": reason, "checksum": one.checksum})
    _record(engine, actor, "model.approve", key, version, detail, now)
    return {"model": key, "version": version, "approved_by": actor, **detail}


def promote(engine: Engine, settings: Settings, key: str, version: int, *, actor: str, now: datetime, reason: str = "") -> None:
    """Make a version the champion; the next run uses it. ``model_not_approved`` where the policy wants an approval that is not there."""
    actor = _named(actor)
    with _door(settings, key) as registry:
        one = _found(registry, key, version)
        if needs_approval(key, outside=key in registry.outside()) and one.approval is None:
            raise ConflictError("model_not_approved", model=key, version=version)
        registry.promote(*_args(key, version), actor=actor, at=now, reason=reason)
    _record(engine, actor, "model.promote", key, version, {"reason": reason, "checksum": one.checksum}, now)


def rollback(engine: Engine, settings: Settings, key: str, *, actor: str, now: datetime, reason: str = "") -> int:
    """Bring the previous champion back; gives its version. ``no_earlier_champion`` where there is none."""
    from models.registry import RegistryError

    actor = _named(actor)
    model, lens = split_key(key)
    with _door(settings, key) as registry:
        left = registry.champions().get(key, {}).get("version")
        try:
            version = registry.rollback(model, lens, actor=actor, at=now, reason=reason)
        except RegistryError as error:
            raise ConflictError("no_earlier_champion", key=key) from error
    _record(engine, actor, "model.rollback", key, version, {"reason": reason, "from": left}, now)
    return version


def check(folder: Path, checksum: str, seconds: float | None = None) -> list[str]:
    """The laws that a stored bundle breaks, tried in a process of its own; one that does not end in time, or ends without an answer, breaks them too."""
    limit = check_seconds() if seconds is None else seconds
    with tempfile.TemporaryDirectory(prefix="risk-check-") as scratch:
        result = Path(scratch) / "result.json"
        command = [sys.executable, "-m", "risk.scoring.approval_check", str(folder), checksum, str(result), str(limit)]
        seen = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        seen |= {"HOME": scratch, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
        process = subprocess.Popen(  # noqa: S603 - our own module, in our own interpreter
            command, env=seen, cwd=_import_root(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, text=True
        )
        try:
            said = process.communicate(timeout=limit)[1]
        except subprocess.TimeoutExpired:
            _end(process)
            return [f"in_time: not done after {limit:g} s"]
        if not result.is_file():
            last = (said or "").strip().splitlines()[-1:] or [""]
            return [f"gives_an_answer: the process ended with {process.returncode}: {last[0][:300]}"]
        return [str(one) for one in json.loads(result.read_text(encoding="utf-8"))["broken"]]


def outside_dossier(spec: OutsideSpec) -> dict[str, Any]:
    """What is written down about an outside model at registration."""
    return {
        "purpose": {"zh": spec.question[0], "en": spec.question[1]},
        "lens": {"zh": spec.title[0], "en": spec.title[1]},
        "label": {"zh": spec.meaning[0], "en": spec.meaning[1]},
        "basis": [{"law": law, "article": article} for law, article in spec.basis],
        "data": {},
        "training_window": "",
        "training": {},
        "metrics_out_of_fold": {},
        "inputs": list(spec.inputs),
        "limits": [{"zh": zh, "en": en} for zh, en in spec.limits],
        "owner": {"zh": spec.owner[0], "en": spec.owner[1]},
        "outside": True,
    }


def _registered(
    engine: Engine, settings: Settings, folder: Path, dossier: Mapping[str, Any], actor: str, now: datetime, reason: str
) -> int:
    from models.bundle import checksum
    from models.registry import Registry, full_name
    from risk.scoring.serving import firm_inputs
    from risk.services.training import code_file

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    registry = Registry(settings.registry_dir)
    version = registry.register(folder, code_file(), dossier, actor=actor, at=now, reason=reason, inputs=firm_inputs())
    key = full_name(str(manifest["name"]), str(manifest["lens"]))
    _record(engine, actor, "model.register", key, version, {"reason": reason, "checksum": checksum(folder)}, now)
    keys.look_in(settings.registry_dir)
    return version


@contextmanager
def _door(settings: Settings, key: str) -> Iterator[Registry]:
    """The registry of these settings; what it finds damaged is told as one of ours."""
    from models.bundle import BundleError
    from models.registry import NotApprovedError, Registry

    try:
        yield Registry(settings.registry_dir)
    except BundleError as error:
        from risk.scoring.learners import refusal

        raise refusal(error) from error
    except NotApprovedError as error:
        raise ConflictError("model_not_approved", model=key, version="-") from error


def _found(registry: Registry, key: str, version: int) -> Version:
    from models.registry import RegistryError

    if not registry.exists:
        raise NotFoundError("no_version", name=key, version=version)
    try:
        return registry.get(*_args(key, version))
    except RegistryError as error:
        raise NotFoundError("no_version", name=key, version=version) from error


_PUSHED = {"model.promote": "model.promoted", "model.rollback": "model.rolled_back"}


def _record(engine: Engine, actor: str, action: str, key: str, version: int, detail: Mapping[str, Any], now: datetime) -> None:
    with transaction(engine) as conn:
        auditing.record(conn, actor, action, f"model:{key}@{version}", detail, now)
        if action in _PUSHED:
            outbox.emit(conn, _PUSHED[action], f"model:{key}@{version}", {"model": key, "version": version}, now)


def _args(key: str, version: int) -> tuple[str, int, str]:
    model, lens = split_key(key)
    return model, version, lens


def _named(actor: str) -> str:
    if not actor.strip():
        raise InvalidInputError("model_actor_required")
    return actor.strip()[:120]


def _import_root() -> Path:
    """Where ``-m`` finds our packages, whatever folder the caller stands in."""
    return Path(__file__).resolve().parents[2]


def _end(process: subprocess.Popen[str]) -> None:
    """End the process that we started, with all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.communicate()
