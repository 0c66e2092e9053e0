"""An outside model: somebody else's pyfunc (models-from-code) as a risk of its own. Its contract, its bundle and its laws; nothing here runs its code.

A row goes in as ``text`` and the columns that the model named from our catalogue; ``probability`` comes out, and ``reasons`` if the model can say why. The bundle is a folder
of the code file, the specification, a sample and whatever data files belong to it, each with its SHA-256 (`models.bundle`): a code file that changed is refused before it is run.

>>> spec = OutsideSpec("prepaid_default", ("预付卡跑路", "Prepaid cards"), ("是否涉嫌收取预付款后停业失联？", "Suspected of vanishing with prepayments?"),
...                    (("消费者权益保护法", "53"),), ("数据科学家", "data scientist"))
>>> OutsideSpec.of(spec.plain()) == spec, spec.inputs
(True, ('text',))
>>> OutsideSpec("illegal_drug_sales", spec.title, spec.question, spec.basis, spec.owner)
Traceback (most recent call last):
models.outside.OutsideError: name: 'illegal_drug_sales' is a model of the line-up; take another
"""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.bundle import FORMAT, MANIFEST, BundleError, library_versions, sha256, verify
from models.explain import Contribution
from models.grades import FIXED_CUTOFFS
from models.labels import LabelRule
from models.lineup import names as lineup_names
from models.spec import Lens, ModelSpec

if TYPE_CHECKING:
    import pandas as pd

    from models.inputs import Floats

KIND = "outside"
CODE, SPEC, SAMPLE = "model.py", "spec.json", "sample.json"
SENTENCES = 24
"""The most sentences of a text that are left out in turn to explain it."""
_NAME = re.compile(r"[a-z][a-z0-9_]{2,59}")
_RESERVED = frozenset({"shared", "rules", "models", CODE.removesuffix(".py")})


class OutsideError(ValueError):
    """A specification, a file or an answer that breaks the contract; begins with the part that is wrong."""


@dataclass(frozen=True, slots=True)
class OutsideSpec:
    """What an outside model is. Pairs are (Chinese, English); ``columns`` are features that it reads besides ``text``."""

    name: str
    title: tuple[str, str]
    question: tuple[str, str]
    basis: tuple[tuple[str, str], ...]
    """(law, article), at least one: a warning without a law is nobody's."""
    owner: tuple[str, str]
    limits: tuple[tuple[str, str], ...] = ()
    columns: tuple[str, ...] = ()
    meaning: tuple[str, str] = ("核查属实", "verified as true")
    """What a positive label means."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name in _RESERVED:
            raise OutsideError(f"name: {self.name[:80]!r} must be 3 to 60 lower-case letters, digits and underscores, a letter first")
        if self.name in lineup_names():
            raise OutsideError(f"name: {self.name!r} is a model of the line-up; take another")
        for part in ("title", "question", "owner", "meaning"):
            _pair(part, getattr(self, part))
        if not self.basis:
            raise OutsideError("basis: name at least one law with its article")
        for part in ("basis", "limits"):
            for pair in getattr(self, part):
                _pair(part, pair)
        if len(set(self.columns)) != len(self.columns) or "text" in self.columns:
            raise OutsideError("columns: each once, and without `text`, which is always there")
        if unknown := [name for name in self.columns if not known_column(name)]:
            raise OutsideError(f"columns: not in the catalogue of features: {', '.join(map(repr, unknown))}")

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns of the table that the model is handed, in order."""
        return ("text", *self.columns)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {name: _listed(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> OutsideSpec:
        """From what `plain` gave, or a TOML or JSON file said; an unknown or missing part is refused."""
        if extra := set(plain) - set(cls.__slots__):
            raise OutsideError(f"{min(extra)}: no such part; there are {', '.join(cls.__slots__)}")
        if missing := [name for name in ("name", "title", "question", "basis", "owner") if name not in plain]:
            raise OutsideError(f"{missing[0]}: is missing")
        values = {name: value if name == "name" else _tupled(name, value) for name, value in plain.items()}
        return cls(**values)

    @property
    def model(self) -> ModelSpec:
        """The same as an entry of the line-up: one lens, over texts."""
        lens = Lens("", self.title, "text", LabelRule(frozenset({"1"}), frozenset(), ","), self.meaning)
        return ModelSpec(self.name, self.title, self.question, "signal", (lens,), self.inputs, self.basis, self.limits, self.owner)


def known_column(name: str) -> bool:
    """Whether a feature column is in the catalogue: of the text, of a word list, or of what is known around it."""
    from features.catalogue import describe
    from features.context import CONTEXT

    if any(feature.name == name for feature in CONTEXT):
        return True
    try:
        describe(name)
    except KeyError:
        return False
    return True


def save(
    folder: Path | str,
    spec: OutsideSpec,
    code: Path | str,
    sample: Sequence[str],
    data: Mapping[str, Path | str] | None = None,
    versions: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write the bundle into a new or empty folder without running anything; gives the manifest.

    ``sample``: a few texts of the field that the laws are tried on. ``data``: files that the code finds as ``context.artifacts[name]``.
    """
    place, source = Path(folder), Path(code)
    if not source.is_file() or source.suffix != ".py":
        raise OutsideError(f"code: {source.name} is no Python file")
    text = source.read_text(encoding="utf-8")
    try:
        compile(text, CODE, "exec")  # a file that is no Python is told now; compiling runs nothing
    except (SyntaxError, ValueError) as error:
        raise OutsideError(f"code: {source.name} cannot be read as Python: {error}") from error
    if not sample or not all(isinstance(one, str) for one in sample):
        raise OutsideError("sample: a few texts are needed to try the laws on")
    place.mkdir(parents=True, exist_ok=True)
    if any(place.iterdir()):
        raise BundleError(f"a bundle needs a folder of its own, and {place.name} is not empty")
    (place / CODE).write_text(text, encoding="utf-8", newline="\n")
    _write(place / SPEC, spec.plain())
    _write(place / SAMPLE, list(sample[:200]))
    for name, path in sorted((data or {}).items()):
        if not _NAME.fullmatch(name) or not Path(path).is_file():
            raise OutsideError(f"data: {name[:80]!r} must be a plain name, and its file must be there")
        shutil.copyfile(path, place / f"data.{name}")
    manifest = {
        "format": FORMAT,
        "kind": KIND,
        "name": spec.name,
        "lens": "",
        "training": {},
        "label_sources": {},
        "features": list(spec.columns),
        "rules": [],
        "versions": {**library_versions(), **(versions or {})},
        "cutoffs": FIXED_CUTOFFS.plain(),
        "more": {},
        "files": {p.name: sha256(p) for p in sorted(place.iterdir())},
    }
    _write(place / MANIFEST, manifest)
    return manifest


def read_spec(folder: Path | str, expected: str | None = None) -> OutsideSpec:
    """The specification of a bundle, after every file was found as it was saved."""
    verify(folder, expected)
    return OutsideSpec.of(json.loads((Path(folder) / SPEC).read_text(encoding="utf-8")))


def sample_of(folder: Path | str) -> list[str]:
    """The texts that came with the bundle."""
    return [str(one) for one in json.loads((Path(folder) / SAMPLE).read_text(encoding="utf-8"))]


def data_of(folder: Path | str) -> dict[str, str]:
    """The data files that came with it: name → path."""
    return {path.name.removeprefix("data."): str(path) for path in sorted(Path(folder).glob("data.*"))}


class OutsideModel:
    """Somebody else's model behind our calls. ``call`` takes a table of `OutsideSpec.inputs` and gives a table or a list of probabilities."""

    kind = KIND

    def __init__(self, spec: OutsideSpec, call: Callable[[pd.DataFrame], Any]) -> None:
        self.spec, self.call = spec, call

    def predict(self, frame: Any, rules: pd.DataFrame | None = None, weights: Mapping[str, float] | None = None) -> Floats:  # noqa: ARG002 - its answer knows no rules
        """A probability for each row; an answer that breaks the contract raises `OutsideError`."""
        return self._ask(self._table(frame, range(frame.n)))[0]

    def contributions(
        self,
        frame: Any,
        rules: pd.DataFrame | None,  # noqa: ARG002
        rows: Sequence[int] | None = None,
        weights: Mapping[str, float] | None = None,  # noqa: ARG002
        top: int | None = 20,
    ) -> list[list[Contribution]]:
        """Its own reasons where it gives some, else what each sentence and each column changes when it is taken away; with the rest they add up to the log-odds."""
        chosen = list(range(frame.n)) if rows is None else [int(r) for r in rows]
        if not chosen:
            return []
        table = self._table(frame, chosen)
        p, said = self._ask(table)
        nothing = table.iloc[[0]].assign(text="", **dict.fromkeys(self.spec.columns, math.nan))
        base = _logit(float(self._ask(nothing)[0][0]))
        totals = [_logit(float(one)) for one in p]
        taken = self._taken_away(table, totals, said)
        return [_adding_up(_together(said[k], totals[k] - base) or taken[k], totals[k], base, top) for k in range(len(chosen))]

    def _table(self, frame: Any, rows: Sequence[int]) -> pd.DataFrame:
        """What the model is handed: texts as they came and the named columns as numbers, nan where unknown."""
        import pandas as pd

        from models.inputs import table

        chosen = list(rows)
        told = {"text": [str(frame.texts[r].original) for r in chosen]}
        numbers = table(frame.columns, self.spec.columns, frame.n)[chosen] if self.spec.columns else None
        columns = {name: numbers[:, j] for j, name in enumerate(self.spec.columns)} if numbers is not None else {}
        return pd.DataFrame({**told, **columns}, columns=list(self.spec.inputs))

    def _ask(self, table: pd.DataFrame) -> tuple[Floats, list[list[Contribution]]]:
        """Probabilities and own reasons of each row, checked against the contract. The model gets a copy."""
        import numpy as np

        if not len(table):
            return np.zeros(0), []
        answer = self.call(table.copy(deep=True))
        reasons = list(answer["reasons"]) if _has(answer, "reasons") else [None] * len(table)
        if hasattr(answer, "columns") and not _has(answer, "probability"):
            raise OutsideError("answer: the table has no column `probability`")
        told = answer["probability"] if _has(answer, "probability") else answer
        p = np.asarray(told, dtype=np.float64)
        if p.shape != (len(table),) or len(reasons) != len(table):
            raise OutsideError(f"answer: {len(table)} rows went in, and an answer of shape {p.shape} came out")
        if np.isnan(p).any() or (p < 0).any() or (p > 1).any():
            raise OutsideError("answer: not all values of `probability` are numbers from 0 to 1")
        return p, [_said(one, text) for one, text in zip(reasons, table["text"], strict=True)]

    def _taken_away(
        self, table: pd.DataFrame, totals: Sequence[float], said: Sequence[Sequence[Contribution]]
    ) -> dict[int, list[Contribution]]:
        """What leaving out one sentence, or one column's value, takes from the log-odds of rows of which the model said nothing; all in one call."""
        import pandas as pd

        from features.sentences import sentences

        trials: list[pd.DataFrame] = []
        what: list[tuple[int, str, str, float | None, tuple[tuple[int, int], ...]]] = []
        for k in (k for k in range(len(table)) if not said[k]):
            row = table.iloc[[k]]
            text = str(row["text"].iloc[0])
            for lo, hi in sentences(text)[:SENTENCES]:
                trials.append(row.assign(text=text[:lo] + text[hi:]))
                what.append((k, "words", text[lo:hi], None, ((lo, hi),)))
            for name in self.spec.columns:
                known = float(row[name].iloc[0])
                if not math.isnan(known):
                    trials.append(row.assign(**{name: math.nan}))
                    what.append((k, "column", name, known, ()))
        found: dict[int, list[Contribution]] = {k: [] for k in range(len(table))}
        without: list[float] = self._ask(pd.concat(trials, ignore_index=True))[0].tolist() if trials else []
        for (k, kind, feature, value, spans), q in zip(what, without, strict=True):
            found[k].append(Contribution(feature, kind, value, totals[k] - _logit(q), spans))  # type: ignore[arg-type]
        return found


# --- laws ----------------------------------------------------------------------------------------------------------------

ODD_TEXTS = ("", " ", "。", "😀" * 40, "药\u200b品\x00代购", "a" * 20_000, "１２３４５％", "\n\n\t")
"""Texts that come in one day: nothing, emoji, invisible characters, very long ones."""


def failures(model: OutsideModel, frame: Any, take: Callable[[Any, Sequence[int]], Any], reload: Callable[[], OutsideModel]) -> list[str]:
    """The laws that an outside model breaks on a frame: those of `models.laws` that need nothing but ``predict``, and that the answer depends on the row alone.

    ``reload`` loads it anew from its files. Each is told as ``law: what is wrong``; an exception is a failure.
    """
    from dataclasses import replace

    from models import laws

    case = laws.Case(
        model,
        frame,
        None,
        take,
        lambda one: one.columns,
        lambda one, columns: replace(one, **{"given" if hasattr(one, "given") else "columns": columns}),
        reload=lambda _: reload(),
    )

    def order_of_rows_does_not_matter(one: laws.Case) -> str | None:
        turned = list(reversed(range(one.frame.n)))
        return laws._same(one.score(), one.score(one.take(one.frame, turned))[::-1], "rows in another order", _numpy())

    def repeats(one: laws.Case) -> str | None:
        return laws._same(one.score(), one.score(), "asked twice", _numpy())

    def reasons_can_be_told(one: laws.Case) -> str | None:
        told = one.model.contributions(one.frame, None, [0, one.frame.n - 1])
        return None if all(math.isfinite(c.log_odds) for parts in told for c in parts) else "a reason weighs no finite number"

    chosen = (
        laws.gives_probabilities,
        laws.order_and_new_columns_do_not_matter,
        laws.missing_values_do_not_crash,
        laws.inputs_are_not_changed,
        laws.batch_equals_single,
        order_of_rows_does_not_matter,
        repeats,
        laws.saved_equals_loaded,
        reasons_can_be_told,
    )
    return [f"{law.__name__}: {problem}" for law in chosen if (problem := _tried(law, case))]


def _tried(law: Callable[[Any], str | None], case: Any) -> str | None:
    try:
        return law(case)
    except Exception as error:  # somebody else's code: whatever it raises is a failure of the law
        return f"{type(error).__name__}: {error}"[:300]


# --- small things --------------------------------------------------------------------------------------------------------


def _said(told: Any, text: str) -> list[Contribution]:
    """Reasons that the model gave of a row: a sentence, or a mapping of zh, en and, where it knows them, weight (log-odds), start and end."""
    if told is None or isinstance(told, float):
        return []
    if isinstance(told, str):
        told = [told] if told.strip() else []
    found = []
    for one in list(told)[:20]:
        parts = {"zh": one} if isinstance(one, str) else dict(one)
        zh = str(parts.get("zh") or parts.get("en") or "").strip()[:200]
        weight = float(parts.get("weight") or 0.0)
        lo, hi = int(parts.get("start") or 0), int(parts.get("end") or 0)
        spans = ((lo, hi),) if 0 <= lo < hi <= len(text) else ()
        if zh and math.isfinite(weight):
            found.append(Contribution(zh, "said", None, weight, spans, (zh, str(parts.get("en") or zh).strip()[:200])))
    return found


def _together(said: Sequence[Contribution], rise: float) -> list[Contribution]:
    """Own reasons: those with a weight as they are, those without as one that weighs what is left of the rise, since nobody measured their parts."""
    weighed, rest = [c for c in said if c.log_odds != 0.0], [c for c in said if c.log_odds == 0.0]
    if not rest:
        return weighed
    zh, en = ("；".join(c.words[i] for c in rest if c.words) for i in (0, 1))
    spans = tuple(span for c in rest for span in c.spans)
    return [*weighed, Contribution(zh[:200], "said", None, rise - sum(c.log_odds for c in weighed), spans, (zh, en))]


def _adding_up(found: Sequence[Contribution], total: float, base: float, top: int | None) -> list[Contribution]:
    """The reasons, heaviest first, with what they leave open as *rest*."""
    ordered = sorted((c for c in found if c.log_odds != 0.0), key=lambda c: -abs(c.log_odds))
    shown = ordered if top is None else ordered[:top]
    rest = total - base - sum(c.log_odds for c in shown)
    return [*shown, Contribution("(rest)", "rest", float(len(ordered) - len(shown)), rest), Contribution("(base)", "base", None, base)]


def _logit(p: float) -> float:
    clipped = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(clipped / (1 - clipped))


def _has(answer: Any, column: str) -> bool:
    return hasattr(answer, "columns") and column in answer.columns


def _pair(part: str, value: Any) -> None:
    if not (isinstance(value, tuple) and len(value) == 2 and all(isinstance(one, str) and one.strip() for one in value)):
        raise OutsideError(f"{part}: two texts are needed, Chinese and English (law and article for the basis)")


def _listed(value: Any) -> Any:
    return [_listed(one) for one in value] if isinstance(value, tuple) else value


def _tupled(part: str, value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        raise OutsideError(f"{part}: a list is needed")
    return tuple(_tupled(part, one) if isinstance(one, (list, tuple)) else one for one in value)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8", newline="\n")


def _numpy() -> Any:
    import numpy as np

    return np
