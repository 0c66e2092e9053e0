"""One scorer for everything that judges: the command line, the runs, a stock MLflow client. Texts in; probability, grade and reasons out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from features.context import Context
from features.frame import TextFrame, build, index_of
from features.lexicon import Lexicon
from models.cold import ColdModel, combined, noisy_or
from models.explain import Contribution
from models.grades import FIXED_CUTOFFS, Cutoffs
from models.wording import partly
from risk.domain.grades import Grade
from risk.domain.grading import Policy, default_policy
from risk.scoring import fusion
from risk.scoring.doubt import Doubt, doubt_of
from risk.scoring.inputs import TextInputs, lexicon_of, literals_of, vocabulary
from risk.scoring.keys import split_key
from risk.scoring.packs import usable_packs
from rules.evaluate import Batch, RuleHits, evaluate
from rules.explain import Explainer, Firing
from rules.inputs import Hits
from rules.nodes import ListRef, Matches, Term
from rules.pack import Pack
from rules.plugin_packs import bound

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Learner:
    """A trained model ready to score: anything with ``predict`` and ``contributions``, its version and its cut-offs."""

    model: Any
    version: str
    cutoffs: Cutoffs = FIXED_CUTOFFS
    trust: float = 1.0
    """The learner's weight against the rules (``fusion.trust_of``)."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """What was learnt beside the model, by topic: uncertainty, reliability, importance (`risk.services.training_extras`)."""

    @property
    def learnt(self) -> frozenset[str]:
        """The rules whose worth it took from labels of the field; none for a learner of hand-picked cases."""
        return frozenset(getattr(self.model, "rules", ())) if self.trust >= 1.0 else frozenset()


@dataclass(frozen=True, eq=False)
class Reading:
    """n units with everything computed once that any model needs."""

    frame: TextFrame
    inputs: TextInputs
    around: Context
    units: Sequence[str] = ()
    """Who each row is, where it is known: by this a staged roll-out draws (``rollout``)."""
    batches: dict[Any, Batch] = field(default_factory=dict, repr=False)
    """What rules have computed of it so far, by day and packs."""


@dataclass(frozen=True, eq=False)
class Judged:
    """One model's judgement of n units."""

    key: str
    probability: npt.NDArray[np.float64]
    ranks: npt.NDArray[np.int64]
    hits: RuleHits
    learner: Learner
    rules_version: str
    on: date | None = None
    """The day whose rules held."""
    cutoffs: Cutoffs = FIXED_CUTOFFS
    """By which the grades were given: the learner's own, or those that were set for the model."""
    floors: fusion.Ranks | None = None
    caps: fusion.Ranks | None = None
    """The lowest grade that rules ask for and the gravest that the evidence allows, a unit."""
    doubt: Doubt | None = None
    """Interval and doubt a unit; None where rules score alone."""
    shares: npt.NDArray[np.float64] | None = None
    """The learner's weight against the rules, a unit (``fusion.shares``); None where one of them speaks alone."""

    @cached_property
    def rules(self) -> pd.DataFrame:
        """The outcomes as columns for learners."""
        return rule_table(self.hits)

    @property
    def candidates(self) -> npt.NDArray[np.int64]:
        """Rows that reached blue or had any rule fired."""
        return np.flatnonzero((self.ranks >= int(Grade.BLUE)) | self.hits.fired.any(axis=1))


@dataclass(frozen=True, slots=True)
class Aside:
    """What a rule that is kept back would have said of a row: it never reaches a probability, a grade or an alert."""

    row: int
    rule: str
    version_id: int
    how: str
    """shadow, held_back, gained or lost."""


class KeptBack(Protocol):
    """Rules in shadow and rules rolled out to some units only: `risk.scoring.rollout.Staging`."""

    @property
    def unreadable(self) -> Sequence[str]:
        """Stored versions in force that cannot be read."""

    def kept(self, key: str, hits: RuleHits, reading: Reading) -> RuleHits:
        """The outcomes that count."""

    def watched(self, key: str, hits: RuleHits, reading: Reading, pack: Pack, on: date | None) -> list[Aside]:
        """What is only noted."""

    def percents(self, model: str) -> dict[str, float]:
        """The rules that count for some units only."""

    def watches(self, model: str) -> list[int]:
        """The stored versions that are watched."""


def doubt_columns(judged: Judged) -> dict[str, Any]:
    """Columns of a scored table: the interval of the probability, and ``unsure`` (true: a person first); empty where rules score alone."""
    if judged.doubt is None:
        return dict.fromkeys(("low", "high", "unsure"), "")
    told = judged.doubt
    return {"low": told.low.round(6), "high": told.high.round(6), "unsure": ["true" if one else "false" for one in told.unsure]}


def rule_table(hits: RuleHits) -> pd.DataFrame:
    """Rule outcomes as columns for learners: 1 fired, 0 not, nan unknown."""
    import pandas as pd

    found = _tables.get(hits)
    if found is None:
        table = np.where(hits.outcome < 0, np.nan, hits.outcome.astype(np.float64))
        found = _tables[hits] = pd.DataFrame(table, columns=index_of(tuple(f"rule:{name}" for name in hits.ids)))
    return found


_tables: WeakKeyDictionary[RuleHits, pd.DataFrame] = WeakKeyDictionary()
"""Of outcomes that are still looked at: they are judged by a learner, and then explained."""


@lru_cache(maxsize=4)
def _words_of(packs: tuple[Pack, ...]) -> tuple[Lexicon, Lexicon]:
    """The words of lists and those written in rules, ready for matching; made once for the same packs, whichever models are in force beside them."""
    return lexicon_of(packs), literals_of(packs)


@lru_cache(maxsize=64)
def _operands_of(pack: Pack) -> dict[str, frozenset[ListRef | Term | Matches]]:
    """What the rules of a pack look for in a text, by rule."""
    return {rule.id: fusion.operands_of(rule, pack) for rule in pack.rules}


class Scorer:
    """The rules of all packs with the learners in use. Learners are keyed like ``keys.TEXT_KEYS``; a key without one scores by rules alone.

    ``cutoffs`` are those that a named person set for a key (`risk.services.grade_desk`); ``policy`` says how the grades of runs hold and rise.
    """

    def __init__(
        self,
        learners: Mapping[str, Learner] | None = None,
        packs: Sequence[Pack] | None = None,
        aside: KeptBack | None = None,
        cutoffs: Mapping[str, Cutoffs] | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.packs = {pack.name: bound(pack, vocabulary()) for pack in (usable_packs() if packs is None else packs)}
        self.learners = dict(learners or {})
        self.aside = aside
        self.set_cutoffs = dict(cutoffs or {})
        self.policy = policy or default_policy()
        self._lexicon, self._literals = _words_of(tuple(self.packs.values()))
        self._weights = {name: fusion.rule_weights(pack) for name, pack in self.packs.items()}
        self._operands = {(name, rule): found for name, pack in self.packs.items() for rule, found in _operands_of(pack).items()}
        self._keywords = {(name, rule.id) for name, pack in self.packs.items() for rule in pack.rules if fusion.is_keyword(rule, pack)}

    def weights(self, key: str) -> dict[str, float]:
        """What each rule of the key's pack counts for."""
        return dict(self._weights.get(split_key(key)[0], {}))

    def cutoffs(self, key: str) -> Cutoffs:
        """The cut-offs in force: those that a named person set, else the learner's own, else the fixed ones."""
        learner = self.learners.get(key)
        return self.set_cutoffs.get(key) or (learner.cutoffs if learner else FIXED_CUTOFFS)

    def read(self, texts: Sequence[str], around: Context | None = None) -> Reading:
        """Everything that can be known of the texts, once for all models."""
        around = Context.unknown(len(texts)) if around is None else around
        frame = build(texts, self._lexicon, around.columns)
        literals = self._literals.match(frame.texts, frame.stances)
        return Reading(frame, TextInputs(frame, literals, around, self._lexicon.lists), around)

    def rules(self, reading: Reading, key: str, on: date | None) -> tuple[RuleHits, pd.DataFrame]:
        """The outcome of the key's rules, and the same as columns for learners: 1 fired, 0 not, nan unknown."""
        hits = self._hits(reading, key, on)
        return hits, rule_table(hits)

    def _hits(self, reading: Reading, key: str, on: date | None) -> RuleHits:
        model, lens = split_key(key)
        if model not in self.packs:
            return evaluate(Pack(model), reading.inputs, on, lens=lens)
        hits = self._batch(reading, on).hits(list(self.packs).index(model), lens=lens)
        return hits if self.aside is None else self.aside.kept(key, hits, reading)

    def _batch(self, reading: Reading, on: date | None) -> Batch:
        """The rules of all packs over a reading, judged on a day: what packs share is computed once."""
        packs = tuple(self.packs.values())
        key = (on, tuple(map(id, packs)))
        if key not in reading.batches:
            reading.batches[key] = Batch(packs, reading.inputs, on)
        return reading.batches[key]

    def judge(self, reading: Reading, key: str, *, on: date | None = None, rules_only: bool = False) -> Judged:
        """Probability and grade of every unit by one model; ``on`` is the day whose rules hold."""
        hits, weights, model = self._hits(reading, key, on), self.weights(key), split_key(key)[0]
        learner, doubt, shares = (None if rules_only else self.learners.get(key)), None, None
        probability = said = combined(hits.fired.astype(np.float64), np.array([weights[name] for name in hits.ids], dtype=np.float64))
        if learner is None:
            learner = Learner(ColdModel(weights), "rules")
        else:
            alone = np.asarray(learner.model.predict(reading.frame, rule_table(hits), weights), dtype=np.float64)
            trust = learner.trust
            probability, shares = fusion.fuse(alone, said, trust), fusion.shares(alone, said, trust) if trust < 1.0 else None
            doubt = doubt_of(learner.more, alone, lambda p: fusion.fuse(p, said, trust))
        caps = self._aggressive_caps(reading, model, hits)
        if learner.version == "rules":
            caps = np.where(self._single_keyword(reading, model, hits), np.minimum(caps, int(fusion.KEYWORD_CAP)), caps)
        pack = self.packs.get(model) or Pack(model)
        floors = np.minimum(fusion.floors_of(hits.rules, hits.fired, pack, learner.learnt), caps)
        probability = fusion.raised(probability, floors)
        cuts = self.set_cutoffs.get(key) or learner.cutoffs
        ranks = fusion.grades(probability, cuts, floors, caps)
        version, doubt = pack.version if pack.rules else "", None if doubt is None else doubt.raised(floors)
        return Judged(key, probability, ranks, hits, learner, version, on, cuts, floors, caps, doubt, shares)

    def _aggressive_caps(self, reading: Reading, model: str, hits: RuleHits) -> npt.NDArray[np.int64]:
        """Yellow where everything that fired rests on hits seen only through aggressive normalising; red (no cap) elsewhere."""
        n = reading.frame.n
        supported = np.zeros(n, dtype=bool)
        plain: dict[ListRef | Term, npt.NDArray[np.bool_]] = {}
        hit = reading.inputs.operands_hit()
        for j in np.flatnonzero(hits.fired.any(axis=0)).tolist():
            operands, fired = self._operands[model, hits.rules[j].id], hits.fired[:, j]
            shown = np.full(n, fill_value=not operands)
            for operand in operands:
                if isinstance(operand, Matches):  # found on the plain view alone
                    shown[reading.inputs.matches_among(operand.pattern, np.flatnonzero(fired & ~shown)).row] = True
                elif operand in hit:
                    if operand not in plain:
                        plain[operand] = _seen_plainly(_hits(reading, operand, fired), n)
                    shown |= plain[operand]
            supported |= fired & shown
        return np.where(hits.fired.any(axis=1) & ~supported, int(fusion.AGGRESSIVE_CAP), int(Grade.RED))

    def _single_keyword(self, reading: Reading, model: str, hits: RuleHits) -> npt.NDArray[np.bool_]:
        """Rows where all that fired are keyword rules, and all they saw is one keyword (or several that overlap)."""
        n = reading.frame.n
        keyword = np.array([(model, rule.id) in self._keywords for rule in hits.rules], dtype=bool)
        lone = np.asarray(hits.fired.any(axis=1) & ~hits.fired[:, ~keyword].any(axis=1), dtype=bool)
        if not lone.any():
            return lone
        first_end, last_start = np.full(n, np.iinfo(np.int64).max), np.full(n, -1)
        terms: dict[str, int] = {}
        lowest, highest = np.full(n, np.iinfo(np.int64).max), np.full(n, -1)
        for j in np.flatnonzero(keyword & hits.fired[lone].any(axis=0)).tolist():
            rows = lone & hits.fired[:, j]
            for operand in self._operands[model, hits.rules[j].id]:
                found = _hits(reading, operand, rows)
                row = np.asarray(found.row)
                kept = np.flatnonzero(rows[row] & ~np.asarray(found.negated) & ~np.asarray(found.reported))
                numbers = np.array([terms.setdefault(str(found.term[k]), len(terms)) for k in kept.tolist()], dtype=np.int64)
                np.minimum.at(first_end, row[kept], np.asarray(found.end)[kept])
                np.maximum.at(last_start, row[kept], np.asarray(found.start)[kept])
                np.minimum.at(lowest, row[kept], numbers)
                np.maximum.at(highest, row[kept], numbers)
        several = (last_start >= first_end) & (lowest != highest)
        return np.asarray(lone & ~several, dtype=bool)

    def firings(self, reading: Reading, judged: Judged, rows: Sequence[int]) -> list[list[Firing]]:
        """The rules that fired in each of the rows, gravest first, with quoted evidence in original offsets."""
        pack = self.packs.get(split_key(judged.key)[0])
        if pack is None:
            return [[] for _ in rows]
        explainer = Explainer(pack, reading.inputs, vocabulary(), judged.on, self._batch(reading, judged.on).book)
        return [explainer.firings(judged.hits, int(row)) for row in rows]

    def contributions(self, reading: Reading, judged: Judged, rows: Sequence[int], top: int | None = 12) -> list[Sequence[Contribution]]:
        """What each reason added in log-odds; exact. ``top``: the most that are told one by one, the others are summed (None: all are told)."""
        chosen, weights = [int(r) for r in rows], self.weights(judged.key)
        found: list[Sequence[Contribution]] = judged.learner.model.contributions(reading.frame, judged.rules, chosen, weights, top)
        if judged.shares is None or not chosen:
            return found
        share = judged.shares[chosen]
        rules = noisy_or(judged.rules, weights, reading.frame.n)[chosen]
        said = (1 - share) * fusion.rules_log_odds(rules)
        return [
            partly(parts, float(share[k]), Contribution("rules:all", "rules", float(rules[k]), float(said[k])))
            for k, parts in enumerate(found)
        ]


def _seen_plainly(found: Hits, n: int) -> npt.NDArray[np.bool_]:
    """The rows with a hit that needed no aggressive normalising."""
    seen = np.zeros(n, dtype=bool)
    seen[np.asarray(found.row)[~np.asarray(found.aggressive)]] = True
    return seen


def _hits(reading: Reading, operand: ListRef | Term | Matches, rows: npt.NDArray[np.bool_]) -> Hits:
    """The hits in some rows, and perhaps in others."""
    if isinstance(operand, Matches):
        return reading.inputs.matches_among(operand.pattern, np.flatnonzero(rows))
    return reading.inputs.hits(operand.name) if isinstance(operand, ListRef) else reading.inputs.literal(operand.text)
