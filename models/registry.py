"""MLflow's registry behind a small door: versions, aliases, approval facts, checksums. The only importer of mlflow.

A version is a bundle (`models.bundle`) and a code file that MLflow runs to load it (models-from-code, no pickle). Each version carries the
checksum of its bundle, and nothing is loaded from a bundle whose checksum differs. The champions' paths also stand in ``champions.json``
beside the database, written atomically at promotion, so that scoring starts without importing mlflow (two seconds).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

ALIASES = ("champion", "challenger", "shadow")
CHAMPIONS = "champions.json"
ARTIFACT = "bundle"
PREVIOUS = "risk.previous_champion"
REQUIREMENTS = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy")


class RegistryError(RuntimeError):
    """The registry has no such version, or what it holds is not what was registered."""


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


class Registry:
    """The registry below one folder: ``mlflow.db``, ``artifacts/`` and ``champions.json``."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder).resolve()

    @property
    def uri(self) -> str:
        """What a stock MLflow client is pointed at."""
        return f"sqlite:///{self.folder / 'mlflow.db'}"

    def register(
        self,
        bundle_dir: Path | str,
        code_path: Path | str,
        dossier: Mapping[str, Any],
        input_example: pd.DataFrame | None = None,
        alias: str | None = "challenger",
    ) -> int:
        """Store a bundle as the next version of its model; gives the number. ``code_path`` is the file that calls `serve`."""
        manifest = bundle.verify(bundle_dir)
        name = full_name(manifest["name"], manifest["lens"])
        with self._mlflow() as mlflow:
            self._experiment(mlflow)
            from mlflow.models import ModelSignature
            from mlflow.types import ColSpec, Schema

            column = "text" if manifest["kind"] != "firm" else "id"
            signature = ModelSignature(Schema([ColSpec("string", column)]), Schema([ColSpec("double", "probability")]))
            with mlflow.start_run(run_name=name):
                info = mlflow.pyfunc.log_model(
                    name=name.replace(".", "-"),
                    python_model=str(code_path),
                    artifacts={ARTIFACT: str(Path(bundle_dir).resolve())},
                    signature=signature,
                    input_example=input_example,
                    pip_requirements=_requirements(manifest),
                )
                mlflow.log_dict(dict(dossier), "dossier.json")
                mlflow.log_metrics(_metrics(manifest))
            client = self._client(mlflow)
            _ensure(client, name)
            stored = client.create_model_version(name, info.model_uri, run_id=info.run_id, model_id=info.model_id)
            at = Path(mlflow.artifacts.download_artifacts(info.model_uri)) / "artifacts"
            found = next(p.parent for p in sorted(at.rglob(bundle.MANIFEST)))
            tags = {"risk.checksum": bundle.checksum(found), "risk.path": self._relative(found), "risk.dossier": _json(dossier)}
            for key, value in tags.items():
                client.set_model_version_tag(name, stored.version, key, value)
            if tags["risk.checksum"] != bundle.checksum(bundle_dir):
                raise RegistryError(f"{name}: the stored copy differs from the bundle")
            if alias is not None:
                client.set_registered_model_alias(name, alias, stored.version)
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

    def promote(self, model: str, version: int, lens: str = "") -> None:
        """Make a version champion after its checksum was verified; who was champion before is kept as a tag for `rollback`."""
        name = full_name(model, lens)
        with self._mlflow() as mlflow:
            client = self._client(mlflow)
            chosen = self._get(client, name, version)
            bundle.verify(chosen.folder, chosen.checksum)
            before = self._champion_number(client, name)
            if before is not None and before != version:
                client.set_model_version_tag(name, str(version), PREVIOUS, str(before))
            client.set_registered_model_alias(name, "champion", str(version))
            if "challenger" in chosen.aliases:
                client.delete_registered_model_alias(name, "challenger")
        self._write_champion(name, chosen)

    def rollback(self, model: str, lens: str = "") -> int:
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

    def dossier(self, model: str, version: int, lens: str = "") -> dict[str, Any]:
        """What was written down about a version: purpose, owner, basis, data, metrics, limits."""
        with self._mlflow() as mlflow:
            found = self._get(self._client(mlflow), full_name(model, lens), version)
        told: dict[str, Any] = json.loads(found.tags.get("risk.dossier", "{}"))
        return told

    @contextmanager
    def _mlflow(self) -> Iterator[Any]:
        """MLflow pointed at this registry; what it pointed at before is put back."""
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
        self.folder.mkdir(parents=True, exist_ok=True)
        import logging
        import warnings

        import mlflow

        logging.getLogger("mlflow").setLevel(logging.WARNING)  # that tables are made is not news

        before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # MLflow's advice on hints and examples is for people, and is not an error of ours
                yield mlflow
        finally:
            mlflow.set_tracking_uri(before[0])
            mlflow.set_registry_uri(before[1])

    def _client(self, mlflow: Any) -> Any:
        return mlflow.MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def _experiment(self, mlflow: Any) -> None:
        """One experiment whose artifacts lie below the registry's folder, wherever the process was started."""
        if mlflow.get_experiment_by_name("models") is None:
            mlflow.create_experiment("models", artifact_location=(self.folder / "artifacts").as_uri())
        mlflow.set_experiment("models")

    def _get(self, client: Any, name: str, version: int) -> Version:
        from mlflow.exceptions import MlflowException

        try:
            return self._version(client.get_model_version(name, str(version)))
        except MlflowException as error:
            raise RegistryError(f"{name} has no version {version}") from error

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

    def _write_champion(self, name: str, chosen: Version) -> None:
        told = self.champions()
        told[name] = {"version": chosen.version, "path": self._relative(chosen.folder), "checksum": chosen.checksum}
        path = self.folder / CHAMPIONS
        draft = path.with_name(f".{CHAMPIONS}.{os.getpid()}")
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
            bundle.verify(folder)
            self.loaded = load(folder)

        predict = score

    mlflow.models.set_model(Served())


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
