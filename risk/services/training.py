"""Training: texts or firms with labels in, a bundle of the trained model out, registered when asked. One path for the command line, the demo and retraining."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from features.context import Context
from risk import __version__
from risk.domain.errors import ConflictError
from risk.domain.messages import Told, register
from risk.domain.model_policy import needs_approval
from risk.scoring.keys import split_key
from risk.scoring.scorer import Learner, Scorer
from risk.scoring.serving import firm_inputs
from risk.services import model_dossier, model_explaining, training_extras, training_slices
from risk.services.training_sets import TrainingSet
from risk.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from models.grades import Cutoffs
    from models.text import Fitted

register(
    {
        "too_few_labels": ("标签不足，无法训练：{reason}", "too few labels to train on: {reason}"),
        "too_few_labels.hint": ("没有模型时按规则评分；补充标签后再训练", "without a model the rules score; add labels and train again"),
        "laws_broken": ("模型未通过法则，不能上线：{laws}", "the model breaks the laws and cannot be promoted: {laws}"),
    }
)


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained model that is not stored yet."""

    key: str
    fitted: Fitted
    cutoffs: Cutoffs
    seed: int
    more: Mapping[str, Any] = field(default_factory=dict)
    """What was learnt beside the model, by topic (`training_extras`)."""
    trust: float = 1.0
    """How far it is believed against the rules (`risk.scoring.fusion.trust_of`)."""
    explain: Callable[[], dict[str, Any]] = dict
    """What it goes by as a whole, worked out when it is stored (`model_explaining`)."""

    @property
    def learner(self) -> Learner:
        """To score with before it is stored."""
        return Learner(self.fitted.model, "unsaved", self.cutoffs, self.trust, self.more)


def train_texts(
    scorer: Scorer,
    key: str,
    texts: Sequence[str],
    labels: Any,
    *,
    around: Context | None = None,
    weights: Any = None,
    groups: Any = None,
    times: Sequence[datetime] | None = None,
    as_of: datetime | None = None,
    representative: Any = None,
    sources: Mapping[str, int] | None = None,
    seed: int = 0,
    augment: bool = False,
    slices: Mapping[str, Sequence[str]] | None = None,
) -> Trained:
    """Learn a text model. ``labels``: 1, 0 or nan (left out). Raises ``too_few_labels`` where the rules must go on alone.

    ``representative`` marks the rows whose mix is that of the field (verdicts are, a hand-picked case library is not): only those decide cut-offs; while
    they are too few the fixed ones hold. ``sources`` counts labels by where they come from: it decides how far the learner is trusted (``fusion.trust_of``).
    ``slices``: by what else figures are told (source, region …), a value for each text.
    ``augment`` lets it learn from disguised copies too (`models.augment`), which is for texts of which nothing else is known (``around`` None).
    """
    from models.augment import Plan
    from models.cold import noisy_or
    from models.grades import solve
    from models.text import TooFewLabelsError, train_text
    from risk.scoring.fusion import fuse, trust_of

    if augment and around is not None:
        raise ValueError("augment: what is known around a text is not known of its copies")
    reading = scorer.read(texts, around)
    day = None if as_of is None else as_of.date()
    _, rules = scorer.rules(reading, key, day)

    def read(copies: list[str], _rows: Any) -> tuple[Any, Any]:
        found = scorer.read(copies)
        return found.frame, scorer.rules(found, key, day)[1]

    try:
        fitted = train_text(
            reading.frame,
            rules,
            labels,
            rule_weights=scorer.weights(key),
            sample_weights=weights,
            groups=groups,
            times=times,
            as_of=as_of,
            seed=seed,
            augment=Plan() if augment else None,
            read=read,
        )
    except TooFewLabelsError as error:
        raise ConflictError("too_few_labels", reason=_counted(str(error))) from error
    fair = slice(None) if representative is None else np.asarray(representative, dtype=bool)[fitted.rows]
    said = noisy_or(rules, scorer.weights(key), reading.frame.n)[fitted.rows]
    trust = trust_of(sources or {})
    fused = fuse(fitted.out_of_fold, said, trust)
    more = {**training_extras.of(fitted), "slices": training_slices.of(fitted, texts, around, slices)}
    found = Trained(key, fitted, solve(fused[fair], fitted.labels[fair], fitted.weights[fair]), seed, more, trust)
    return replace(found, explain=lambda: model_explaining.of(scorer, key, reading, fitted, found.learner, seed))


def train_set(scorer: Scorer, key: str, rows: TrainingSet, *, seed: int = 0, augment: bool = False) -> Trained:
    """Learn a text model from a joined table (`risk.services.training_sets`)."""
    return train_texts(
        scorer,
        key,
        rows.texts,
        rows.labels,
        weights=rows.weights,
        groups=rows.groups,
        representative=rows.representative,
        sources=rows.sources,
        seed=seed,
        augment=augment,
        slices={"source": rows.names},
    )


def train_firms(scorer: Scorer, key: str, table: pd.DataFrame, labels: Any, *, seed: int = 0) -> Trained:
    """Learn the firm lens from one row a firm (``features.tabular.load_firms``)."""
    from models.firm import train_firm
    from models.grades import solve
    from models.text import TooFewLabelsError
    from risk.scoring.firms import firm_rules

    _, rules = firm_rules(scorer, table)
    try:
        fitted = train_firm(table, rules, labels, rule_weights=scorer.weights(key), seed=seed)
    except TooFewLabelsError as error:
        raise ConflictError("too_few_labels", reason=_counted(str(error))) from error
    return Trained(key, fitted, solve(fitted.out_of_fold, fitted.labels, fitted.weights), seed, training_extras.of(fitted))


def _counted(said: str) -> Told:
    """What a learner says of too few labels, in both languages.

    >>> _counted("3 positive and 9 negative groups of texts: at least 10 of each are needed").zh
    '正例 3 组、负例 9 组，各需至少 10 组'
    """
    numbers = re.findall(r"\d+", said)
    return Told("正例 {} 组、负例 {} 组，各需至少 {} 组".format(*numbers) if len(numbers) == 3 else "正例或负例太少", said)


def save(trained: Trained, folder: Path, *, sources: Mapping[str, int]) -> dict[str, Any]:
    """Write the bundle into ``folder`` (new or empty); gives the manifest."""
    from features import text as words
    from models import bundle

    model, lens = split_key(trained.key)
    return bundle.save(
        folder,
        trained.fitted.model,
        name=model,
        lens=lens,
        seed=trained.seed,
        report=trained.fitted.report,
        cutoffs=trained.cutoffs,
        label_sources=sources,
        segmenter=words.engine(),
        versions={"risk-early-warning": __version__},
        more=trained.more,
    )


def store(settings: Settings, trained: Trained, *, sources: Mapping[str, int], promote: bool, window: str = "") -> str:
    """Save, register and, when asked, promote; gives the version. What lies in the registry is a copy: the working folder is removed.

    Where the policy wants another person's approval (`risk.domain.model_policy`), the version stays a challenger.
    """
    import tempfile

    from models.registry import Registry

    model, lens = split_key(trained.key)
    registry = Registry(settings.registry_dir)
    trained = whole(trained)
    with tempfile.TemporaryDirectory(prefix="risk-bundle-") as scratch:
        folder = Path(scratch) / "bundle"
        manifest = save(trained, folder, sources=sources)
        version = registry.register(folder, code_file(), dossier(trained, manifest, window), inputs=firm_inputs())
    if promote and not needs_approval(trained.key):
        registry.promote(model, version, lens)
    return str(version)


def whole(trained: Trained) -> Trained:
    """With what it goes by, worked out now: for a version that is kept."""
    return replace(trained, more={**trained.more, **trained.explain()})


def code_file() -> Path:
    """The file that MLflow runs to load a model of ours."""
    return Path(__file__).resolve().parent.parent / "scoring" / "served_model.py"


def dossier(trained: Trained, manifest: Mapping[str, Any], window: str) -> dict[str, Any]:
    """What is written down about a version: purpose, legal basis, data, metrics, limits, owner."""
    return model_dossier.dossier_of(trained.key, manifest, window)
