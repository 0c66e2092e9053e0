"""A folder to work in and the project's own commands, as a user types them; each is remembered in words that hold on any machine."""

from __future__ import annotations

import io
import json
import os
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from experiments.real.parts import Part


@contextmanager
def environment(**settings: str | None) -> Iterator[None]:
    """Settings for a while; None takes one away."""
    before = {name: os.environ.get(name) for name in settings}
    _set(settings)
    try:
        yield
    finally:
        _set(before)


def _set(settings: Mapping[str, str | None]) -> None:
    for name, value in settings.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@dataclass(slots=True)
class Workshop:
    """``data``: the material; ``work``: a temporary folder; ``home``: a RISK_HOME that may hold champions (of ``risk demo``)."""

    data: Path
    work: Path
    home: Path | None
    seed: int
    sample: int
    trained: dict[str, tuple[Path, list[str]]] = field(default_factory=dict)
    """models trained so far: key → folder, the rows' texts that it has seen"""
    plain: dict[str, Callable[[Sequence[str]], Any]] = field(default_factory=dict)
    """the plain baselines fitted on the same rows: name of the model → probabilities of texts"""
    told: list[str] = field(default_factory=list)
    """commands since they were last asked for"""

    def risk(self, *arguments: object, home: Path | None = None) -> float:
        """Run ``risk …`` as a user would type it, in this process; gives its seconds. Errors of the command are raised."""
        from risk.cli import cli

        words = [str(a) for a in arguments]
        self.told.append(self.shown(words))
        print(f"  {self.told[-1]}", flush=True)
        where = home or self.home or self.work / "empty"
        began = time.perf_counter()
        with environment(RISK_HOME=str(where), RISK_LANG="en", RISK_DATABASE=None), redirect_stdout(io.StringIO()):
            cli.main(args=words, prog_name="risk", standalone_mode=False)
        return time.perf_counter() - began

    def evaluate(self, model: Sequence[str], *arguments: object) -> dict[str, Any]:
        """The JSON that ``risk evaluate`` gives."""
        out = self.work / "figures.json"
        out.unlink(missing_ok=True)
        self.risk("evaluate", *model, *arguments, "--output", out)
        found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return found

    def train(self, model: Sequence[str], name: str, seen: Sequence[str], *arguments: object) -> Path:
        """The folder of a model that ``risk train`` made; trained once in a run of the experiments."""
        if name not in self.trained:
            folder = self.work / f"model-{name}"
            self.risk("train", *model, *arguments, "--seed", self.seed, "--output", folder)
            self.trained[name] = folder, list(seen)
        return self.trained[name][0]

    def has_champion(self, key: str) -> bool:
        """Whether the home has a champion of this key."""
        if self.home is None or not (self.home / "models" / "champions.json").is_file():
            return False
        return key in json.loads((self.home / "models" / "champions.json").read_text(encoding="utf-8"))

    def commands(self) -> list[str]:
        """What was typed since the last call."""
        told, self.told = self.told, []
        return told

    def shown(self, words: Sequence[str]) -> str:
        """A command with DATA, WORK and HOME for the folders of this machine."""
        line = "risk " + " ".join(shlex.quote(w) for w in words)
        places = [(self.work, "WORK"), (self.data, "DATA")] + ([(self.home, "HOME")] if self.home else [])
        for place, name in places:
            line = line.replace(str(place), name)
        return line

    def write(self, name: str, part: Part) -> Path:
        """A part as a CSV in the working folder."""
        path = self.work / f"{name}.csv"
        part.to_csv(path, index=False, encoding="utf-8")
        return path
