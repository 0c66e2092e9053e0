"""A scorer on its way to another process: packed once where it was opened, unpacked once in each process that scores.

What travels is what the scorer was made of (learners, packs, what is kept back, cut-offs, policy), so that rules of the store and models of the registry go along. It is made and
read by one version of the program within one job, by way of Spark's own channel, and its SHA-256 goes by another way: nothing else is ever unpacked. Both sides must be alike in all that
a judgement depends on; a worker with another LightGBM refuses rather than give another answer.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from risk import __version__
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register
from risk.domain.system_messages import quoted

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

register(
    {
        "scorer_stays": ("模型不能送到其他进程：{reason}", "the models cannot be sent to other processes: {reason}"),
        "scorer_stays.hint": ("用本机引擎：--engine local", "use the engine of this machine: --engine local"),
        "scorer_damaged": ("送来的模型与登记的不一致", "the models that arrived are not those that were sent"),
        "worker_differs": (
            "执行器的环境与本机不同：{name} 为 {theirs}，本机为 {ours}",
            "the worker's environment is not that of the driver: {name} is {theirs} there and {ours} here",
        ),
        "worker_differs.hint": (
            "把同一个虚拟环境送到所有执行器（见 deploy/spark.md）",
            "ship one environment to all executors (see deploy/spark.md)",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Packed:
    """A scorer as bytes."""

    data: bytes
    sha256: str


def surroundings() -> dict[str, str]:
    """What an answer depends on besides the models."""
    from models.bundle import library_versions

    return {"risk": __version__, "code": _code(), "python": f"{sys.version_info.major}.{sys.version_info.minor}", **library_versions()}


_JUDGES = (".py", ".rules", ".toml", ".csv", ".json", ".txt")


@cache
def _code() -> str:
    """A sum over the sources and data that judge: two checkouts of one version may differ."""
    told = hashlib.sha256()
    for name in ("features", "rules", "models", "risk.domain", "risk.scoring"):
        root = files(name)
        assert isinstance(root, Path)
        for path in sorted(one for one in root.rglob("*") if one.suffix in _JUDGES):
            told.update(f"{name}/{path.relative_to(root).as_posix()}\0".encode())
            told.update(hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()[:16]


def pack(scorer: Scorer) -> Packed:
    """The scorer as bytes; `ConflictError` (``scorer_stays``) where a model cannot travel, as code of others may not."""
    parts = {
        "learners": scorer.learners,
        "packs": tuple(replace(one) for one in scorer.packs.values()),  # anew, without what was remembered by the address of a rule
        "aside": scorer.aside,
        "cutoffs": scorer.set_cutoffs,
        "policy": scorer.policy,
    }
    try:
        data = pickle.dumps(
            (surroundings(), pickle.dumps(parts, protocol=5)), protocol=5
        )  # in two layers: the first is read before anything of a library
    except Exception as error:  # whatever an outside model keeps open
        raise ConflictError("scorer_stays", reason=quoted(f"{type(error).__name__}: {error}")) from error
    return Packed(data, hashlib.sha256(data).hexdigest())


def unpack(data: bytes, sha256: str) -> Scorer:
    """The scorer again. `InvalidInputError` (``scorer_damaged``) for other bytes, `ConflictError` (``worker_differs``) where this process would answer differently."""
    from risk.scoring.scorer import Scorer

    if hashlib.sha256(data).hexdigest() != sha256:
        raise InvalidInputError("scorer_damaged")
    there, inner = pickle.loads(data)  # noqa: S301 - ours, of this very job: the sum came another way
    here = surroundings()
    for name, ours in there.items():
        if here.get(name) != ours:
            raise ConflictError("worker_differs", name=name, theirs=here.get(name, "-"), ours=ours)
    parts: dict[str, Any] = pickle.loads(inner)  # noqa: S301
    return Scorer(parts["learners"], parts["packs"], parts["aside"], parts["cutoffs"], parts["policy"])
