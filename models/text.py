"""The learner of texts: a linear learner reads the words, boosted trees correct it by structure and rules, a calibrator makes a probability.

log-odds = linear(words, characters) + share · trees(linear, columns, rules, noisy-or), then a monotone calibrator. The trees may add
only what helps out of fold: their share is chosen among 0, ½ and 1 by log loss and average precision, and recorded. Trees can only rise
with the linear score, with a rule that fires and with the noisy-or of rules, so the probability never falls with severity.

Everything that is chosen or reported is chosen on rows whose near-duplicates the learner has not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import repeat
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from models import augment as augmenting
from models import calibrate, linear, trees
from models.cold import noisy_or
from models.explain import Contribution, Kind
from models.grams import CHUNK, chunks
from models.inputs import RULE, Floats, FrameLike, dense_texts, fill, fired, known_weights, rule_ids, table
from models.measure import measure
from models.split import grouped_folds, near_duplicate_groups, row_weights
from models.tokens import Cut, Tokens, tokens_of
from models.wording import Reasons, reasons

if TYPE_CHECKING:
    import pandas as pd

Used = tuple["npt.NDArray[np.int64]", tuple[str, ...]]

LINEAR = "text:linear"
NOISY_OR = "rules:noisy_or"
FOLDS = 5
SHARES = (0.0, 0.5, 1.0)
SAME_RANKING = 0.002
"""Average precisions that differ by less are alike."""
MIN_CLASS = 10
"""Groups of each class that a learner needs; with fewer, a model stays cold (`models.cold`)."""


class TooFewLabelsError(ValueError):
    """There are not enough labels of both classes to learn from: score by rules instead."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained model, with what was learnt about it on rows out of fold (``rows`` numbers them in the input)."""

    model: Any
    rows: npt.NDArray[np.int64]
    labels: Floats
    weights: Floats
    groups: npt.NDArray[np.int64]
    out_of_fold: Floats
    report: dict[str, Any] = field(default_factory=dict)
    linear_out_of_fold: Floats | None = None
    """What the linear learner alone says of each row out of fold, in log-odds; None for a learner without one."""


class TextModel:
    """A trained text model: ``predict`` and ``contributions`` over a frame and rule outcomes."""

    kind = "text"

    def __init__(
        self,
        linear_text: linear.LinearText,
        boosted: trees.Trees | None,
        calibrator: calibrate.Calibrator,
        columns: Sequence[str],
        rules: Sequence[str],
        weights: Mapping[str, float],
        parts: bool = True,
    ) -> None:
        self.linear, self.trees, self.calibrator, self.parts = linear_text, boosted, calibrator, parts
        self.columns, self.rules, self.weights = list(columns), list(rules), dict(weights)
        self._last: tuple[FrameLike, linear.Read] | None = None
        self._last_table: tuple[linear.Read, pd.DataFrame | None, dict[str, float], Floats] | None = None

    def predict(self, frame: FrameLike, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Floats:
        """A probability for each row. ``weights`` gives severities of rules that training did not know, or that changed since."""
        return np.asarray(self.calibrator(self.raw(frame, rules, weights)))

    def raw(self, frame: FrameLike, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Floats:
        """Log-odds before calibration: what `contributions` add up to."""
        if self.trees is None:
            return self.linear.decision(dense_texts(frame), frame.words)
        if frame.n == 1:
            read = self._read_one(frame)
            return read.start + self.trees.raw(self._table_of_one(self.trees, read, frame, rules, weights))
        dense = dense_texts(frame)
        start, parts = self.linear.read(dense, frame.words, _shared_tokens(frame, dense))
        return start + self.trees.raw(self._table(self.trees, start, parts, frame.columns, rules, weights))

    def contributions(
        self,
        frame: FrameLike,
        rules: pd.DataFrame | None,
        rows: Sequence[int] | None = None,
        weights: Mapping[str, float] | None = None,
        top: int | None = 20,
    ) -> list[Reasons]:
        """Reasons of the rows asked for, largest first; they add up to `raw` (scaled to the probability's own log-odds if sigmoid)."""
        chosen = list(range(frame.n)) if rows is None else [int(r) for r in rows]
        if frame.n == 1 and chosen == [0]:
            read = self._read_one(frame)
            return self._told(read, None if self.trees is None else self._table_of_one(self.trees, read, frame, rules, weights), top)
        told: list[Reasons] = []
        for first, last in chunks([frame.texts[r].dense.text for r in chosen]):
            some = chosen[first:last]
            read = self.linear.look(Cut.of([frame.texts[r].dense for r in some], [frame.words[r] for r in some]))
            x = None
            if self.trees is not None:
                part = rules if rules is None else rules.iloc[some]
                x = self._table(self.trees, read.start, read.parts, frame.columns.iloc[some], part, weights)
            told += self._told(read, x, top)
        return told

    def _told(self, read: linear.Read, x: Floats | None, top: int | None) -> list[Reasons]:
        """The reasons of texts that were read. ``x``: what the trees look at, where there are trees."""
        wording = self.linear.wording(read.found)
        slope, shift = (self.calibrator.slope, self.calibrator.shift) if isinstance(self.calibrator, calibrate.Sigmoid) else (1.0, 0.0)
        base = slope * self.linear.bias + shift
        if self.trees is None or x is None:
            return [reasons(wording, k, slope, [], base, top) for k in range(len(read.start))]
        shares = self.trees.contributions(x)
        said, others, called = _columns_of(tuple(self.trees.names))
        told = []
        for k, start in enumerate(read.start.tolist()):
            words = slope * float(shares[k, said].sum())
            found = [Contribution(LINEAR, "column", start, words)] if words else []
            some = others[shares[k, others] != 0]
            names, kinds = [called[j][0] for j in some.tolist()], [called[j][1] for j in some.tolist()]
            each = zip(names, kinds, x[k, some].tolist(), (slope * shares[k, some]).tolist(), repeat(()), repeat(None))
            found += map(Contribution._make, each)
            told.append(reasons(wording, k, slope, found, base + slope * float(shares[k, -1]), top))
        return told

    def _read_one(self, frame: FrameLike) -> linear.Read:
        """What the words of the only text of a frame say; kept until the next text, because one that is judged online is explained at once."""
        last = self._last
        if last is None or last[0] is not frame:
            last = self._last = (frame, self.linear.look(_shared_cut(frame)))
        return last[1]

    def _table_of_one(
        self, boosted: trees.Trees, read: linear.Read, frame: FrameLike, rules: pd.DataFrame | None, weights: Mapping[str, float] | None
    ) -> Floats:
        """What the trees look at in the only text of a frame; kept as `_read_one` keeps what its words say."""
        given, last = dict(weights or {}), self._last_table
        if last is None or last[0] is not read or last[1] is not rules or last[2] != given:
            last = self._last_table = (read, rules, given, self._table(boosted, read.start, read.parts, frame.columns, rules, weights))
        return last[3]

    def _table(
        self,
        boosted: trees.Trees,
        start: Floats,
        parts: Floats,
        columns: pd.DataFrame,
        rules: pd.DataFrame | None,
        weights: Mapping[str, float] | None,
    ) -> Floats:
        """What the trees look at, one row a unit; 0 in columns that they do not."""
        n, seen = len(start), parts if self.parts else parts[:, :0]
        x = np.zeros((n, len(boosted.names)))
        x[:, 0], x[:, 1 : 1 + seen.shape[1]] = start, seen
        x[:, -1] = noisy_or(rules, known_weights(weights, self.weights), n)
        (places, names), (of_rules, rule_names) = self._used
        x[:, places] = table(columns, names, n)
        x[:, of_rules] = np.nan_to_num(table(rules, rule_names, n), copy=False)  # unknown is not fired, here as in the noisy-or
        return x

    @cached_property
    def _used(self) -> tuple[Used, Used]:
        """The columns and the rules that the trees look at, with their places in the table."""
        first = 1 + len(linear.PARTS) * self.parts
        names = [*self.columns, *(RULE + rule for rule in self.rules)]
        used = [] if self.trees is None else [j for j in (self.trees.used - first).tolist() if 0 <= j < len(names)]
        both = [j for j in used if j < len(self.columns)], [j for j in used if j >= len(self.columns)]
        mine, of_rules = ((first + np.array(some, dtype=np.int64), tuple(names[j] for j in some)) for some in both)
        return mine, of_rules

    def state(self) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
        """(JSON, arrays, texts) for `models.bundle`."""
        plain, arrays = self.linear.state()
        more = {
            "linear": plain,
            "calibrator": self.calibrator.state(),
            "columns": self.columns,
            "rules": self.rules,
            "weights": self.weights,
            "parts": self.parts,
            "trees": None if self.trees is None else {"names": self.trees.names, "weight": self.trees.weight},
        }
        return more, arrays, {} if self.trees is None else {"trees": self.trees.text}

    @classmethod
    def from_state(cls, plain: Mapping[str, Any], arrays: Mapping[str, Any], texts: Mapping[str, str]) -> TextModel:
        """The model that `state` described."""
        boosted = None
        if plain["trees"] is not None:
            boosted = trees.Trees(texts["trees"], plain["trees"]["names"], float(plain["trees"]["weight"]))
        return cls(
            linear.LinearText.from_state(plain["linear"], arrays),
            boosted,
            calibrate.from_state(plain["calibrator"]),
            plain["columns"],
            plain["rules"],
            plain["weights"],
            bool(plain.get("parts", False)),
        )


_TOKENS: WeakKeyDictionary[Any, list[Tokens]] = WeakKeyDictionary()
_CUTS: WeakKeyDictionary[Any, Cut] = WeakKeyDictionary()
"""Of the frames that are being judged: their tokens are the same for every model."""


def _shared_tokens(frame: FrameLike, dense: Sequence[str]) -> Sequence[Tokens] | None:
    """The tokens of a frame that several models read, kept while somebody holds the frame; None where that would be much."""
    if sum(map(len, dense)) > CHUNK:
        return None
    try:
        found = _TOKENS.get(frame)
        if found is None:
            found = _TOKENS[frame] = list(tokens_of(dense, frame.words))
    except TypeError:  # a frame that cannot be looked up by itself
        return None
    return found


def _shared_cut(frame: FrameLike) -> Cut:
    """The tokens of a frame of one text, with their places."""
    try:
        found = _CUTS.get(frame)
        if found is None:
            found = _CUTS[frame] = Cut.of([frame.texts[0].dense], frame.words)
    except TypeError:
        return Cut.of([frame.texts[0].dense], frame.words)
    return found


Reader = Callable[[list[str], "npt.NDArray[np.int64]"], tuple[FrameLike, "pd.DataFrame | None"]]
"""Frame and rule outcomes of new texts, with the row of the input that each stands beside (whose subject, channel and time it shares)."""


def train_text(
    frame: FrameLike,
    rules: pd.DataFrame | None,
    labels: npt.ArrayLike,
    *,
    rule_weights: Mapping[str, float] | None = None,
    sample_weights: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    times: Any = None,
    as_of: Any = None,
    seed: int = 0,
    augment: augmenting.Plan | None = None,
    read: Reader | None = None,
) -> Fitted:
    """Learn from the rows that have a label (1 or 0; NaN is left out). Deterministic for a seed.

    ``groups`` default to near-duplicates of the dense texts. With ``as_of``, no labelled row may be later: the caller filters, this checks.
    ``augment`` adds disguised copies to learn from, which ``read`` turns into features on the path that all texts take; they stay in the fold of
    their original, and nothing is calibrated on them, chosen by them or reported of them.
    """
    y = np.asarray(labels, dtype=np.float64)
    if len(y) != frame.n:
        raise ValueError(f"labels: {frame.n} rows are needed, {len(y)} were given")
    rows = np.flatnonzero(~np.isnan(y))
    check_times(times, as_of, rows)
    y, w = (y[rows] > 0).astype(np.float64), row_weights(sample_weights, frame.n)[rows]
    every = dense_texts(frame)
    dense, words = [every[i] for i in rows.tolist()], [frame.words[i] for i in rows.tolist()]
    group = near_duplicate_groups(dense) if groups is None else np.asarray(groups)[rows]
    check_classes(y, group)
    fold = grouped_folds(group, y, FOLDS, seed)
    n = len(rows)
    learnt = _Learnt(dense, words, frame.columns.iloc[rows], None if rules is None else rules.iloc[rows], y, w, fold)
    if augment is not None:
        learnt = _with_copies(learnt, frame, rows, augment, read, seed)
    measured = np.arange(len(learnt.y)) < n
    learner, known = linear.fit(learnt.dense, learnt.words, learnt.y, learnt.w, learnt.fold, seed, measured)
    weights = known_weights(rule_weights)
    columns, ids = _varying(learnt.columns.iloc[:n]), _varying_rules(None if learnt.rules is None else learnt.rules.iloc[:n])
    x = _join(known.start, known.parts, learnt.columns, learnt.rules, columns, ids, weights)
    rising = [LINEAR, NOISY_OR, *(RULE + i for i in ids)]
    boosted, added = trees.fit(x, _names(columns, ids), learnt.y, learnt.w, learnt.fold, seed, start=known.start, rising=rising)
    start, added = known.start[:n], added[:n]
    share, tried = choose_share(start, added, y, w, fold)
    boosted.weight = share
    raw = start + share * added
    model = TextModel(learner, boosted if share else None, calibrate.fit(raw, y, w), columns, ids, weights)
    held_out = calibrate.cross_fitted(raw, y, w, fold)
    report = {
        "n": n,
        "positives": int(y.sum()),
        "groups": len(np.unique(group)),
        "folds": FOLDS,
        "tokens": [len(learner.chars.codes), len(learner.words.codes)],
        "columns": len(columns),
        "rules": len(ids),
        "trees_share": share,
        "trees_tried": tried,
        "copies": len(learnt.y) - n,
        "calibrator": model.calibrator.state()["kind"],
        "out_of_fold": measure(held_out, y, weights=w, groups=group, seed=seed),
    }
    return Fitted(model, rows, y, w, group, held_out, report, start)


@dataclass(frozen=True, slots=True, eq=False)
class _Learnt:
    """The rows that are learnt from: those that were given, then their copies."""

    dense: list[str]
    words: list[Sequence[str]]
    columns: pd.DataFrame
    rules: pd.DataFrame | None
    y: Floats
    w: Floats
    fold: npt.NDArray[np.int64]


def _with_copies(
    given: _Learnt, frame: FrameLike, rows: npt.NDArray[np.int64], plan: augmenting.Plan, read: Reader | None, seed: int
) -> _Learnt:
    """The rows followed by disguised copies; a copy has label and fold of its original, and a part of its weight."""
    import pandas as pd

    if read is None:
        raise ValueError("augment is given, but no way to read the copies")
    made = augmenting.copies([str(frame.texts[i].original) for i in rows.tolist()], plan, np.arange(len(rows)), seed)
    if not made.texts:
        return given
    seen, outcomes = read(made.texts, rows[made.origin])
    columns = pd.concat([given.columns, seen.columns.reindex(columns=given.columns.columns)], ignore_index=True)
    rules = None
    if given.rules is not None:
        both = [given.rules, (pd.DataFrame(index=range(seen.n)) if outcomes is None else outcomes).reindex(columns=given.rules.columns)]
        rules = pd.concat(both, ignore_index=True)
    of = made.origin
    return _Learnt(
        [*given.dense, *dense_texts(seen)],
        [*given.words, *seen.words],
        columns,
        rules,
        np.concatenate([given.y, given.y[of]]),
        np.concatenate([given.w, plan.weight * given.w[of]]),
        np.concatenate([given.fold, given.fold[of]]),
    )


def check_times(times: Any, as_of: Any, rows: npt.NDArray[np.int64]) -> None:
    """Refuse rows later than ``as_of``: a model must not learn from what was not yet known."""
    if as_of is None:
        return
    if times is None:
        raise ValueError("as_of is given, but the times of the rows are not")
    late = sum(1 for i in rows.tolist() if times[i] > as_of)
    if late:
        raise ValueError(f"{late} rows are later than {as_of}: leave them out before training")


def check_classes(y: Floats, group: npt.NDArray[Any]) -> None:
    """Refuse to learn from a handful."""
    up, down = len(np.unique(group[y > 0])), len(np.unique(group[y <= 0]))
    if min(up, down) < MIN_CLASS:
        raise TooFewLabelsError(f"{up} positive and {down} negative groups of texts: at least {MIN_CLASS} of each are needed")


def choose_share(start: Floats, added: Floats, y: Floats, w: Floats, fold: Any) -> tuple[float, list[dict[str, float]]]:
    """The share of the trees: of those with less log loss out of fold that rank no worse than the linear learner, the smallest that ranks about as well as any.

    Half the correction gave the better F1 in six of eight runs on the development sets, where all of it mostly had a little less log loss.
    """
    from sklearn.metrics import average_precision_score, log_loss

    tried = []
    for share in SHARES:
        p = calibrate.cross_fitted(start + share * added, y, w, fold, calibrate.fit_sigmoid)
        loss = float(log_loss(y, np.clip(p, 1e-7, 1 - 1e-7), sample_weight=w))
        tried.append({"share": share, "log_loss": loss, "average_precision": float(average_precision_score(y, p, sample_weight=w))})
    plain = tried[0]
    good = [t for t in tried if t["average_precision"] >= plain["average_precision"] and t["log_loss"] <= plain["log_loss"]]
    best = max(t["average_precision"] for t in good)
    near = [t["share"] for t in good if t["average_precision"] >= best - SAME_RANKING]
    return min([share for share in near if share > 0] or near), tried


def _join(
    start: Floats,
    parts: Floats,
    columns: pd.DataFrame,
    rules: pd.DataFrame | None,
    names: Sequence[str],
    ids: Sequence[str],
    weights: Mapping[str, float],
) -> Floats:
    n = len(start)
    first, last = 1 + parts.shape[1], 1 + parts.shape[1] + len(names)
    x = np.empty((n, last + len(ids) + 1))
    x[:, 0], x[:, 1:first], x[:, -1] = start, parts, noisy_or(rules, weights, n)
    fill(x[:, first:last], columns, names)
    on = x[:, last:-1]
    fill(on, rules, [RULE + i for i in ids])
    np.copyto(on, 0.0, where=np.isnan(on))  # unknown is not fired, here as in the noisy-or
    return x


def _names(columns: Sequence[str], ids: Sequence[str]) -> list[str]:
    return [LINEAR, *linear.PARTS, *columns, *(RULE + i for i in ids), NOISY_OR]


def _varying(columns: pd.DataFrame) -> list[str]:
    """Columns with more than one value: a constant teaches nothing."""
    names = [str(c) for c in columns.columns]
    values = table(columns, names, len(columns))
    return [n for j, n in enumerate(names) if len(np.unique(values[:, j])) > 1]


def _varying_rules(rules: pd.DataFrame | None) -> list[str]:
    """Rules that fired at least once."""
    ids = rule_ids(rules)
    on = fired(rules, ids, 0 if rules is None else len(rules))
    return [i for j, i in enumerate(ids) if (on[:, j] > 0).any()]


@lru_cache(maxsize=64)
def _columns_of(names: tuple[str, ...]) -> tuple[list[int], npt.NDArray[np.int64], list[tuple[str, Kind]]]:
    """The columns of trees that say what the words say, the others, and what the contribution of each is called."""
    said = [j for j, name in enumerate(names) if name == LINEAR or name in linear.PARTS]
    return said, np.setdiff1d(np.arange(len(names)), said), [_called(name) for name in names]


def _called(name: str) -> tuple[str, Kind]:
    """What the contribution of a column is called, and of which kind it is."""
    if name.startswith(RULE):
        return name[len(RULE) :], "rule"
    return name, "rules" if name == NOISY_OR else "column"
