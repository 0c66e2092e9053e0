"""MLflow's registry behind a small door: versions, aliases, approval facts, checksums. The only importer of mlflow.

A version is a bundle (`models.bundle`) and a code file that MLflow runs to load it (models-from-code, no pickle). Each version carries the
checksum of its bundle, and nothing is loaded from a bundle whose checksum differs. The champions' paths also stand in ``champions.json``
beside the database, written atomically at promotion, so that scoring starts without importing mlflow (two seconds).

Where ``RISK_MLFLOW_URI`` (or ``uri``) names a tracking server or another database, MLflow's records are there, and the bundles that we score with are
copied into the folder: a server that is down stops no run.

The code of an outside model (`models.outside`) is stored like any file. It runs only in `load_outside`, and there only for a version that was approved.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import bundle, outside

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from models.outside import OutsideModel

ALIASES = ("champion", "challenger", "shadow")
CHAMPIONS = "champions.json"
ARTIFACT = "bundle"
OUTSIDE = "outside.json"
"""The specifications of outside models, beside ``champions.json``: who asks what models there are needs no mlflow."""
PREVIOUS = "risk.previous_champion"
CHECKSUM, APPROVED, APPROVAL, REGISTERED = "risk.checksum", "risk.approved", "risk.approval", "risk.registered"
HISTORY = "risk.history"
URI = "RISK_MLFLOW_URI"
OUTPUTS = (("double", "probability"), ("string", "grade"), ("string", "rules"))
"""What a model of ours gives a stock client: probability, grade, the ids of the rules that fired joined by ``|``."""
EXAMPLE_TEXT = "三个疗程根治，永不复发，无效退款"
REQUIREMENTS = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy")


class RegistryError(RuntimeError):
    """The registry has no such version, or what it holds is not what was registered."""


class NotApprovedError(RegistryError):
    """A version that must be approved before it is promoted or run has no approval of its checksum."""


@dataclass(frozen=True, slots=True)
class Version:
    """One registered version of a model (``model`` or ``model.lens``)."""

    name: str
    version: int
    checksum: str
    folder: Path
    aliases: tuple[str, ...]
    created_ms: int
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def registered(self) -> dict[str, Any]:
        """Who registered it, when and why (``actor``, ``at``, ``reason``); empty for one registered before this was kept."""
        return dict(json.loads(self.tags.get(REGISTERED, "{}")))

    @property
    def history(self) -> list[dict[str, Any]]:
        """What happened to it since, oldest first: ``event`` (approve, promote, rollback, rolled_back), ``actor``, ``at``, ``reason``."""
        return list(json.loads(self.tags.get(HISTORY, "[]")))

    @property
    def approval(self) -> dict[str, Any] | None:
        """Who approved it, when, why, by which laws; None where nobody did, or what was approved is not what is stored."""
        if self.tags.get(APPROVED) != self.checksum or not self.checksum:
            return None
        return dict(json.loads(self.tags.get(APPROVAL, "{}")))


class Registry:
    """The registry below one folder: ``mlflow.db``, ``artifacts/`` and ``champions.json``.

    ``uri``: an MLflow tracking server or another database instead of that file; by default what ``RISK_MLFLOW_URI`` says, else the file.
    """

    def __init__(self, folder: Path | str, uri: str | None = None) -> None:
        self.folder = Path(folder).resolve()
        self._uri = uri or os.environ.get(URI) or None

    @property
    def uri(self) -> str:
        """What a stock MLflow client is pointed at."""
        return self._uri or f"sqlite:///{self.folder / 'mlflow.db'}"

    @property
    def exists(self) -> bool:
        """Whether anything can be registered yet; asking makes nothing."""
        return self._uri is not None or (self.folder / "mlflow.db").is_file()

    def register(
        self,
        bundle_dir: Path | str,
        code_path: Path | str,
        dossier: Mapping[str, Any],
        input_example: pd.DataFrame | None = None,
        alias: str | None = "challenger",
        *,
        actor: str = "",
        at: datetime | None = None,
        reason: str = "",
        inputs: Sequence[str] = (),
    ) -> int:
        """Store a bundle as the next version of its model; gives the number. ``code_path`` is the file that calls `serve`.

        ``inputs``: columns that a model of firms is handed besides those it learnt (what rules read): a stock client passes on what the signature names.

        Of an outside model's code nothing is run or imported; it gets no alias before it is promoted. ``actor``, ``at`` and ``reason`` are kept with the version.
        """
        manifest = bundle.verify(bundle_dir)
        name = full_name(manifest["name"], manifest["lens"])
        foreign = manifest["kind"] == outside.KIND
        spec = outside.read_spec(bundle_dir) if foreign else None
        with self._mlflow() as mlflow:
            self._experiment(mlflow)
            with mlflow.start_run(run_name=name):
                info = mlflow.pyfunc.log_model(
                    name=name.replace(".", "-"),
                    python_model=str(code_path),
                    artifacts={ARTIFACT: str(Path(bundle_dir).resolve())},
                    signature=_signature(manifest, inputs),
                    input_example=_example(manifest) if input_example is None else input_example,
                    pip_requirements=_requirements(manifest),
                )
                mlflow.log_dict(dict(dossier), "dossier.json")
                mlflow.log_metrics(_metrics(manifest))
            client = self._client(mlflow)
            _ensure(client, name)
            stored = client.create_model_version(name, info.model_uri, run_id=info.run_id, model_id=info.model_id)
            found = self._stored(mlflow, info.model_uri, name, int(stored.version))
            said = {"actor": actor, "at": at.isoformat() if at else "", "reason": reason}
            tags = {
                CHECKSUM: bundle.checksum(found),
                "risk.path": self._relative(found),
                "risk.dossier": _json(dossier),
                REGISTERED: _json(said),
            }
            for key, value in tags.items():
                client.set_model_version_tag(name, stored.version, key, value)
            if tags[CHECKSUM] != bundle.checksum(bundle_dir):
                raise RegistryError(f"{name}: the stored copy differs from the bundle")
            if alias is not None and not foreign:
                client.set_registered_model_alias(name, alias, stored.version)
        if spec is not None:
            self._write(OUTSIDE, {**self.outside(), name: spec.plain()})
        return int(stored.version)

    def versions(self, model: str, lens: str = "") -> list[Version]:
        """All versions, oldest first; none for a model that was never registered."""
        name = full_name(model, lens)
        with self._mlflow() as mlflow:
            client = self._client(mlflow)
            found = client.search_model_versions(f"name='{name}'")
            return sorted((self._version(client.get_model_version(name, v.version)) for v in found), key=lambda v: v.version)

    def set_alias(self, model: str, version: int, alias: str, lens: str = "") -> None:
        """Give an alias to a version; ``champion`` goes through `promote`."""
        if alias not in ALIASES:
            raise RegistryError(f"no such alias: {alias!r}; one of {', '.join(ALIASES)}")
        if alias == "champion":
            self.promote(model, version, lens)
            return
        with self._mlflow() as mlflow:
            self._client(mlflow).set_registered_model_alias(full_name(model, lens), alias, str(version))

    def approve(
        self, model: str, version: int, lens: str = "", *, actor: str, at: datetime, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Write down that ``actor`` approved this version as it is stored now. Who registered it cannot approve it."""
        name = full_name(model, lens)
        with self._mlflow() as mlflow:
            client = self._client(mlflow)
            chosen = self._get(client, name, version)
            bundle.verify(chosen.folder, chosen.checksum)
            if not actor or actor == chosen.registered.get("actor"):
                raise NotApprovedError(f"{name} version {version}: who registered it cannot approve it")
            said = {"actor": actor, "at": at.isoformat(), **(detail or {})}
            client.set_model_version_tag(name, str(version), APPROVAL, _json(said))
            client.set_model_version_tag(name, str(version), APPROVED, chosen.checksum)
            _note(client, chosen, "approve", actor, at, str(said.get("reason", "")))

    def promote(self, model: str, version: int, lens: str = "", *, actor: str = "", at: datetime | None = None, reason: str = "") -> None:
        """Make a version champion after its checksum was verified; who was champion before is kept as a tag for `rollback`.

        An outside model that nobody approved is a `NotApprovedError`.
        """
        name = full_name(model, lens)
        with self._mlflow() as mlflow:
            client = self._client(mlflow)
            chosen = self._get(client, name, version)
            manifest = bundle.verify(chosen.folder, chosen.checksum)
            if manifest["kind"] == outside.KIND and chosen.approval is None:
                raise NotApprovedError(f"{name} version {version}: an outside model is promoted only after another person approved it")
            before = self._champion_number(client, name)
            if before is not None and before != version:
                client.set_model_version_tag(name, str(version), PREVIOUS, str(before))
            client.set_registered_model_alias(name, "champion", str(version))
            if "challenger" in chosen.aliases:
                client.delete_registered_model_alias(name, "challenger")
            _note(client, chosen, "promote", actor, at, reason)
        self._write_champion(name, chosen)

    def rollback(self, model: str, lens: str = "", *, actor: str = "", at: datetime | None = None, reason: str = "") -> int:
        """Bring back the champion before this one; gives its version."""
        name = full_name(model, lens)
        with self._mlflow() as mlflow:
            client = self._client(mlflow)
            now = self._champion_number(client, name)
            before = None if now is None else client.get_model_version(name, str(now)).tags.get(PREVIOUS)
            if before is None:
                raise RegistryError(f"{name}: there is no earlier champion to go back to")
            chosen = self._get(client, name, int(before))
            bundle.verify(chosen.folder, chosen.checksum)
            client.set_registered_model_alias(name, "champion", before)
            client.set_model_version_tag(name, str(now), "risk.rolled_back", "true")
            _note(client, self._get(client, name, int(str(now))), "rolled_back", actor, at, reason)
            _note(client, chosen, "rollback", actor, at, reason)
        self._write_champion(name, chosen)
        return int(before)

    def champion(self, model: str, lens: str = "") -> Path | None:
        """The champion's bundle, verified; None where there is none. Reads ``champions.json`` only: mlflow is not imported."""
        entry = self.champions().get(full_name(model, lens))
        if entry is None:
            return None
        folder = self.folder / str(entry["path"])
        bundle.verify(folder, str(entry["checksum"]))
        return folder

    def champions(self) -> dict[str, dict[str, Any]]:
        """Name → version, path and checksum of each champion."""
        path = self.folder / CHAMPIONS
        told: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return told

    def outside(self) -> dict[str, dict[str, Any]]:
        """Name → specification of each outside model that was registered, approved or not. Reads ``outside.json`` only."""
        path = self.folder / OUTSIDE
        told: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return told

    def get(self, model: str, version: int, lens: str = "") -> Version:
        """One version; `RegistryError` where there is none."""
        with self._mlflow() as mlflow:
            return self._get(self._client(mlflow), full_name(model, lens), version)

    def dossier(self, model: str, version: int, lens: str = "") -> dict[str, Any]:
        """What was written down about a version: purpose, owner, basis, data, metrics, limits."""
        with self._mlflow() as mlflow:
            found = self._get(self._client(mlflow), full_name(model, lens), version)
        told: dict[str, Any] = json.loads(found.tags.get("risk.dossier", "{}"))
        return told

    @contextmanager
    def _mlflow(self) -> Iterator[Any]:
        """MLflow pointed at this registry; what it pointed at before is put back."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with _quiet() as mlflow:
            before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
            mlflow.set_tracking_uri(self.uri)
            mlflow.set_registry_uri(self.uri)
            try:
                yield mlflow
            finally:
                mlflow.set_tracking_uri(before[0])
                mlflow.set_registry_uri(before[1])

    def _client(self, mlflow: Any) -> Any:
        return mlflow.MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def _experiment(self, mlflow: Any) -> None:
        """One experiment whose artifacts lie below the registry's folder, wherever the process was started."""
        if mlflow.get_experiment_by_name("models") is None:
            served = self.uri.startswith(("http:", "https:"))  # a server says itself where artifacts go
            mlflow.create_experiment("models", artifact_location=None if served else (self.folder / "artifacts").as_uri())
        mlflow.set_experiment("models")

    def _get(self, client: Any, name: str, version: int) -> Version:
        from mlflow.exceptions import MlflowException

        try:
            found = self._version(client.get_model_version(name, str(version)))
        except MlflowException as error:
            raise RegistryError(f"{name} has no version {version}") from error
        if self._uri is None or found.folder.is_dir():
            return found
        import mlflow  # another home registered it: its bundle is fetched into this one

        return replace(found, folder=self._stored(mlflow, f"models:/{name}/{version}", name, version))

    def _version(self, found: Any) -> Version:
        tags = dict(found.tags)
        folder = self.folder / tags.get("risk.path", "")
        aliases = tuple(sorted(found.aliases or ()))
        return Version(found.name, int(found.version), tags.get("risk.checksum", ""), folder, aliases, int(found.creation_timestamp), tags)

    def _champion_number(self, client: Any, name: str) -> int | None:
        from mlflow.exceptions import MlflowException

        try:
            return int(client.get_model_version_by_alias(name, "champion").version)
        except MlflowException:
            return None

    def _relative(self, path: Path) -> str:
        return path.resolve().relative_to(self.folder).as_posix()

    def _stored(self, mlflow: Any, model_uri: str, name: str, version: int) -> Path:
        """The bundle as MLflow keeps it; what it keeps elsewhere is copied into the folder."""
        at = Path(mlflow.artifacts.download_artifacts(model_uri)) / "artifacts"
        found = next(p.parent for p in sorted(at.rglob(bundle.MANIFEST)))
        if found.resolve().is_relative_to(self.folder):
            return found
        place = self.folder / "copies" / name / str(version)
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(found, place)
        return place

    def _write_champion(self, name: str, chosen: Version) -> None:
        entry: dict[str, Any] = {"version": chosen.version, "path": self._relative(chosen.folder), "checksum": chosen.checksum}
        if (approval := chosen.approval) is not None:
            entry["approved"] = {"actor": approval["actor"], "at": approval["at"]}
        self._write(CHAMPIONS, {**self.champions(), name: entry})

    def _write(self, name: str, told: Mapping[str, Any]) -> None:
        """Write a file of the folder whole or not at all."""
        path = self.folder / name
        draft = path.with_name(f".{name}.{os.getpid()}")
        draft.write_text(_json(told), encoding="utf-8")
        draft.replace(path)


def full_name(model: str, lens: str = "") -> str:
    """The registered name: model, or model.lens."""
    return f"{model}.{lens}" if lens else model


def serve(load: Callable[[Path], Any], predict: Callable[[Any, pd.DataFrame], Any]) -> None:
    """What a models-from-code file calls: how to load a bundle folder, and how to score a table with it.

    The file lies with the caller, because only it may know rules and features; it imports this function and nothing of mlflow.
    """
    import mlflow
    import pandas as pd
    from mlflow.pyfunc.model import PythonModel

    def score(self: Any, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG001
        return predict(self.loaded, model_input)

    score.__annotations__ = {"model_input": pd.DataFrame}  # the one hint that MLflow neither turns into a schema nor warns about

    class Served(PythonModel):
        def load_context(self, context: Any) -> None:
            folder = Path(context.artifacts[ARTIFACT])
            _check_served(mlflow, folder)
            self.loaded = load(folder)

        predict = score

    mlflow.models.set_model(Served())


def load_outside(folder: Path | str, expected: str | None = None) -> OutsideModel:
    """Run the code of an outside model and give it behind our calls. The caller has made sure that ``expected`` was approved.

    `BundleError` for a file that is not as it was saved; `OutsideError` for code that fails or declares no model.
    """
    place = Path(folder)
    spec = outside.read_spec(place, expected)
    scratch = Path(tempfile.mkdtemp(prefix="risk-outside-"))  # as long as the model: its data files lie there
    with _quiet() as mlflow:
        try:
            data = outside.data_of(place)
            code = shutil.copyfile(place / outside.CODE, scratch / outside.CODE)  # so that nothing is written beside the original
            made = {"artifacts": data or None, "pip_requirements": [], "signature": _asked(spec)}
            mlflow.pyfunc.save_model(str(scratch / "model"), python_model=str(code), **made)
            served = mlflow.pyfunc.load_model(str(scratch / "model"))
        except Exception as error:  # somebody else's code: whatever it raises is told as one refusal
            shutil.rmtree(scratch, ignore_errors=True)
            raise outside.OutsideError(f"code: {spec.name} cannot be loaded: {type(error).__name__}: {error}"[:400]) from error
    model = outside.OutsideModel(spec, served.predict)
    weakref.finalize(model, shutil.rmtree, scratch, ignore_errors=True)
    return model


def _check_served(mlflow: Any, folder: Path) -> None:
    """Before a stock client loads a bundle: files as saved; of an outside model also an approval of this very checksum in the registry that the client asks."""
    manifest = bundle.verify(folder)
    if manifest["kind"] != outside.KIND:
        return
    found = mlflow.MlflowClient().search_model_versions(f"tags.`{APPROVED}` = '{bundle.checksum(folder)}'")
    if not any(one.tags.get(CHECKSUM) == bundle.checksum(folder) for one in found):
        raise NotApprovedError(f"{manifest['name']}: this code was not approved, it is not run")


@contextmanager
def _quiet() -> Iterator[Any]:
    """MLflow without its advice, which is for people and no error of ours."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import logging
    import warnings

    with warnings.catch_warnings():  # of its own, since the import asks for its advice to be shown always
        warnings.simplefilter("ignore")
        import mlflow
        import mlflow.pyfunc
    logging.getLogger("mlflow").setLevel(logging.ERROR)  # that tables are made, or a hint could be added, is not news
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield mlflow


def _signature(manifest: Mapping[str, Any], more: Sequence[str]) -> Any:
    """Input and output columns: texts, or the columns that a model of firms learnt (each may be missing)."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    if manifest["kind"] == "firm":
        inputs: list[Any] = [ColSpec("double", name, required=False) for name in dict.fromkeys([*manifest["features"], *more])]
    else:
        inputs = [ColSpec("string", "text")]
    return ModelSignature(Schema(inputs), Schema([ColSpec(kind, name) for kind, name in OUTPUTS]))


def _asked(spec: outside.OutsideSpec) -> Any:
    """What an outside model is handed: texts, and the columns that it named, each perhaps missing."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    columns: list[Any] = [ColSpec("double", name, required=False) for name in spec.columns]
    return ModelSignature(Schema([ColSpec("string", "text"), *columns]), Schema([ColSpec("double", "probability")]))


def _example(manifest: Mapping[str, Any]) -> pd.DataFrame | None:
    """A made-up row of the right shape. MLflow scores it at once, to see that the model serves; so an outside model, which must not run yet, has none."""
    import pandas as pd

    if manifest["kind"] == outside.KIND:
        return None
    if manifest["kind"] == "firm":
        return pd.DataFrame({name: [0.0] for name in manifest["features"]})
    return pd.DataFrame({"text": [EXAMPLE_TEXT]})


def _note(client: Any, version: Version, event: str, actor: str, at: datetime | None, reason: str) -> None:
    """Add a line to the version's history; the latest hundred are kept."""
    line = {"event": event, "actor": actor, "at": at.isoformat() if at else "", "reason": reason}
    client.set_model_version_tag(version.name, str(version.version), HISTORY, _json([*version.history, line][-100:]))


def _ensure(client: Any, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.get_registered_model(name)
    except MlflowException:
        client.create_registered_model(name)


def _requirements(manifest: Mapping[str, Any]) -> list[str]:
    """Pinned by what the bundle was made with; always given, as MLflow would else start a process to guess (5 to 9 s)."""
    versions = manifest.get("versions", {})
    return [f"{n}=={versions[n]}" if n in versions else n for n in REQUIREMENTS]


def _metrics(manifest: Mapping[str, Any]) -> dict[str, float]:
    found = manifest.get("training", {}).get("out_of_fold", {}).get("metrics", {})
    return {k: float(v["value"]) for k, v in found.items() if v is not None}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
