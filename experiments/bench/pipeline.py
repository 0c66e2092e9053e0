"""From texts to stored alerts: 50,000 terms, 200 rules, words and TF-IDF, LightGBM 500 × 63, reasons on the top hundredth, evidence into SQLite.

Ours is made of the project's own parts and is durable: each chunk and how far it came are one transaction, after a kill it goes on. Beside it a script that strings
the best libraries together and keeps nothing until its end, and plain services that take one signal after the other, as one writes them first.

All are given texts in their plain form, and columns in the form each likes best. The same probabilities, rules, hits and reasons are asserted row by row.
"""

from __future__ import annotations

import itertools
import re
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from sqlalchemy import JSON, Column, Float, Integer, MetaData, Table, create_engine, update
from sqlalchemy.orm import Session, registry

from experiments.bench import boosted, engine_rules, prose
from experiments.bench.dialects import said
from experiments.bench.peers import Polars, Row
from experiments.bench.timing import Rival, race
from experiments.bench.words import columns, jieba_words, learner, rows, vectorizer
from features.lexicon import Lexicon, WordList
from features.normalise import normalise
from risk.storage.engine import open_engine, transaction
from risk.storage.many import insert_many
from rules.evaluate import evaluate

ROWS, CHUNK, LEARNT = 12_000, 3_000, 2_000
NAIVE, EXPLAINING = 600, 60
"""How many rows the services that go one by one are given."""

SCORE, FIRED = boosted.COLUMNS - 1, boosted.COLUMNS - 2
"""The columns of the text's score and of the number of rules that fired."""

_NAME_OR_TEXT = re.compile(
    '"[^"]*"|' + r"\b(" + "|".join((*engine_rules.NUMBERS, *engine_rules.CATEGORIES, *engine_rules.FLAGS, *engine_rules.HITS)) + r")\b"
)
_metadata = MetaData()
ALERTS = Table(
    "pipeline_alerts",
    _metadata,
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("probability", Float),
    Column("evidence", JSON),
)
PROGRESS = Table("pipeline_progress", _metadata, Column("id", Integer, primary_key=True), Column("done", Integer))
Place = tuple[int, int, str]
Contributions = npt.NDArray[np.float64]


class Alert:
    """An alert as an object."""


registry(metadata=_metadata).map_imperatively(Alert, ALERTS)


@dataclass(frozen=True)
class World:
    """What all are given, and the models that all go by; made once, before any clock."""

    seed: int = 7

    @cached_property
    def texts(self) -> tuple[str, ...]:
        return prose.texts(LEARNT + ROWS, self.seed)[LEARNT:]

    @cached_property
    def learnt(self) -> tuple[str, ...]:
        return prose.texts(LEARNT, self.seed)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        return prose.terms(self.seed)

    def listed(self, term: int) -> int:
        """The list that a term is of; the first few are what rules ask for."""
        return term % prose.LISTS

    @cached_property
    def pack(self) -> Any:
        return engine_rules.pack(200)

    @cached_property
    def table(self) -> engine_rules.Table:
        """Columns but for the hits, which are found by each."""
        made = engine_rules.table(ROWS)
        return engine_rules.Table({name: c for name, c in made.columns.items() if name not in engine_rules.HITS}, {}, ROWS)

    @cached_property
    def numbers(self) -> npt.NDArray[np.float64]:
        """Columns of the model but for the last two."""
        return boosted.numbers(ROWS, 13)

    @cached_property
    def text_learner(self) -> Any:
        return learner(self.learnt, lambda n: np.random.default_rng(self.seed).normal(size=n), 0.1)

    @cached_property
    def cuts(self) -> tuple[float, float]:
        """Log-odds from which a row is an alert (a twentieth is), and from which its reasons are told (a hundredth)."""
        told = Ours(self, ":memory:").judged(0, ROWS)
        return float(np.quantile(told.raw, 0.95)), float(np.quantile(told.raw, 0.99))


@dataclass(frozen=True)
class Judged:
    """What ours says of some rows."""

    raw: npt.NDArray[np.float64]
    x: npt.NDArray[np.float64]
    fired: npt.NDArray[np.bool_]
    hits: Any


def evidence(text: str, fired: Sequence[str], places: Sequence[Place], reasons: Contributions | None) -> dict[str, Any]:
    """What is stored of an alert: rules, quotations, and for the gravest what weighed most."""
    quotes = [{"start": i, "end": j, "quote": text[i:j], "list": name} for i, j, name in sorted(places)]
    told: dict[str, Any] = {"rules": list(fired), "quotes": quotes}
    if reasons is not None:
        top = np.argsort(-np.abs(reasons[:-1]), kind="stable")[:12].tolist()
        told["reasons"] = [{"column": at, "log_odds": float(reasons[at])} for at in top]
    return told


def list_name(number: int) -> str:
    """What a list is called."""
    return f"list {number}"


class Ours:
    """The project's own parts, in chunks that are kept with how far they came."""

    def __init__(self, world: World, address: str, whole: bool = False) -> None:
        """`whole`: with both views of each text made from what came."""
        self._world, self._whole = world, whole
        lists = [WordList(list_name(at), world.terms[at :: prose.LISTS]) for at in range(prose.LISTS)]
        self._lexicon = Lexicon(lists)
        self._trees = boosted.trees()
        self._engine = open_engine(f"sqlite:///{address}")
        self._view: Callable[[str], Any] = normalise if whole else prose.as_plain
        self._ids = [rule.id for rule in world.pack.rules]

    def run(self, count: int) -> None:
        """Judge and keep the first rows, chunk by chunk."""
        with transaction(self._engine) as conn:
            _metadata.drop_all(conn)
            _metadata.create_all(conn)
            conn.execute(PROGRESS.insert(), [{"id": 1, "done": 0}])
        for first in range(0, count, CHUNK):
            last = min(count, first + CHUNK)
            told = self._alerts(first, self.judged(first, last))
            with transaction(self._engine) as conn:
                insert_many(conn, ALERTS, ("row", "probability", "evidence"), told)
                conn.execute(update(PROGRESS).values(done=last))

    def judged(self, first: int, last: int) -> Judged:
        """Everything but what is stored, of rows ``first`` to ``last``."""
        world, n = self._world, last - first
        texts = world.texts[first:last]
        hits = self._lexicon.match([self._view(text) for text in texts])
        found = hits.counts(n)[:, : len(engine_rules.HITS)] > 0
        given = {name: column[first:last] for name, column in world.table.columns.items()}
        given |= {name: found[:, at] for at, name in enumerate(engine_rules.HITS)}
        fired = evaluate(world.pack, engine_rules.inputs(engine_rules.Table(given, {}, n))).fired
        x = world.numbers[first:last].copy()
        x[:, FIRED] = fired.sum(axis=1)
        learnt = world.text_learner
        x[:, SCORE] = rows(learnt, texts) @ learnt.weight + learnt.bias
        return Judged(self._trees.raw(x), x, fired, hits)

    def _alerts(self, first: int, told: Judged) -> list[tuple[Any, ...]]:
        alert, explain = self._world.cuts
        gravest = np.flatnonzero(told.raw >= explain)
        reasons = dict(zip(gravest.tolist(), self._trees.contributions(told.x[gravest]), strict=True))
        made: list[tuple[Any, ...]] = []
        for row in np.flatnonzero(told.raw >= alert).tolist():
            low, high = np.searchsorted(told.hits.row, [row, row + 1]).tolist()
            columns_of = (told.hits.start[low:high], told.hits.end[low:high], told.hits.list[low:high])
            places = [(i, j, told.hits.names[at]) for i, j, at in zip(*(c.tolist() for c in columns_of), strict=True)]
            ids = [self._ids[at] for at in np.flatnonzero(told.fired[row]).tolist()]
            kept = evidence(self._world.texts[first + row], ids, places, reasons.get(row))
            made.append((first + row, float(told.raw[row]), kept))
        return made


class Libraries:
    """daachorse, polars, rjieba with TfidfVectorizer, LightGBM, sqlite3 and orjson, each used as its documentation has it; all or nothing."""

    def __init__(self, world: World, address: str) -> None:
        import daachorse
        import lightgbm as lgb
        import rjieba

        self._world, self._address = world, address
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick(list(world.terms))
        self._rules = Polars(world.pack, engine_rules.table(ROWS))
        segment = rjieba.Jieba().cut

        def runs(text: str) -> list[str]:
            words = [word for word in segment(text, hmm=False) if not word.isspace()]
            return [*words, *(f"{a} {b}" for a, b in itertools.pairwise(words))]

        self._vectorizer = vectorizer(jieba_words()).set_params(analyzer=runs, tokenizer=None).fit(world.learnt)
        self._weight = _weights_for(world, self._vectorizer)
        self._booster: Any = lgb.Booster(model_str=boosted.trees().text)
        self._ids = [rule.id for rule in world.pack.rules]

    def run(self, count: int) -> None:
        """Judge the first rows all at once, then keep the alerts."""
        world, alert, explain = self._world, *self._world.cuts
        texts = world.texts[:count]
        found = [self._automaton.find_overlapping(text) for text in texts]
        hit = np.zeros((count, prose.LISTS), dtype=bool)
        for row, places in enumerate(found):
            for _, _, term in places:
                hit[row, world.listed(term)] = True
        fired = self._rules.run({name: hit[:, at] for at, name in enumerate(engine_rules.HITS)}, count).to_numpy()
        x = world.numbers[:count].copy()
        x[:, FIRED] = fired.sum(axis=1)
        x[:, SCORE] = self._vectorizer.transform(texts) @ self._weight + world.text_learner.bias
        raw = self._booster.predict(x, raw_score=True, num_threads=1)
        gravest = np.flatnonzero(raw >= explain)
        reasons = dict(zip(gravest.tolist(), self._booster.predict(x[gravest], pred_contrib=True, num_threads=1), strict=True))
        made = []
        for row in np.flatnonzero(raw >= alert).tolist():
            named = [(i, j, list_name(world.listed(term))) for i, j, term in found[row]]
            ids = [self._ids[at] for at in np.flatnonzero(fired[row]).tolist()]
            made.append((row, float(raw[row]), orjson.dumps(evidence(texts[row], ids, named, reasons.get(row))).decode()))
        with closing(sqlite3.connect(self._address)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("DROP TABLE IF EXISTS pipeline_alerts")
            connection.execute("CREATE TABLE pipeline_alerts (row INTEGER PRIMARY KEY, probability FLOAT, evidence JSON)")
            connection.executemany("INSERT INTO pipeline_alerts VALUES (?, ?, ?)", made)
            connection.commit()


class Naive:
    """One signal after the other: pyahocorasick, a lambda a rule, jieba with TfidfVectorizer, LightGBM, shap, an object for each alert."""

    def __init__(self, world: World, address: str, every: bool = False) -> None:
        """`every`: reasons of every row, whatever its score."""
        import ahocorasick
        import lightgbm as lgb
        import shap

        self._world, self._every = world, every
        self._automaton = ahocorasick.Automaton()
        for number, term in enumerate(world.terms):
            self._automaton.add_word(term, (number, len(term)))
        self._automaton.make_automaton()
        self._rules = [_rule(text) for text in said(world.pack, "python")]
        self._vectorizer = vectorizer(jieba_words()).fit(world.learnt)
        self._weight = _weights_for(world, self._vectorizer)
        self._booster: Any = lgb.Booster(model_str=boosted.trees().text)
        self._explainer = shap.TreeExplainer(self._booster)
        self._engine = create_engine(f"sqlite:///{address}")
        self._rows = world.table.rows(NAIVE)
        self._ids = [rule.id for rule in world.pack.rules]

    def run(self, count: int) -> None:
        """Judge the first rows one by one, then commit."""
        world, alert, explain = self._world, *self._world.cuts
        _metadata.drop_all(self._engine)
        _metadata.create_all(self._engine)
        with Session(self._engine) as session:
            for row in range(count):
                text = world.texts[row]
                places = [(end + 1 - size, end + 1, term) for end, (term, size) in self._automaton.iter(text)]
                hit = {world.listed(term) for _, _, term in places}
                given = self._rows[row] | {name: at in hit for at, name in enumerate(engine_rules.HITS)}
                fired = [rule(given) for rule in self._rules]
                x = world.numbers[row : row + 1].copy()
                x[0, FIRED] = sum(fired)
                x[0, SCORE] = (self._vectorizer.transform([text]) @ self._weight)[0] + world.text_learner.bias
                raw = float(self._booster.predict(x, raw_score=True, num_threads=1)[0])
                reasons = None
                if self._every or raw >= explain:
                    shares = self._explainer.shap_values(x, check_additivity=False)[0]
                    reasons = np.append(shares, self._explainer.expected_value)
                if raw >= alert:
                    ids = [name for name, on in zip(self._ids, fired, strict=True) if on]
                    named = [(i, j, list_name(world.listed(term))) for i, j, term in places]
                    one: Any = Alert()
                    one.row, one.probability = row, raw
                    one.evidence = evidence(text, ids, named, reasons if raw >= explain else None)
                    session.add(one)
            session.commit()


def _rule(text: str) -> Callable[[Row], bool]:
    """A rule as one writes it by hand: a lambda of the row."""
    told = _NAME_OR_TEXT.sub(lambda found: f'row["{found[1]}"]' if found[1] else found[0], text)
    return eval(f"lambda row: {told}")  # type: ignore[no-any-return]


def _weights_for(world: World, theirs: Any) -> npt.NDArray[np.float64]:
    """The text learner's weights in the order of a `TfidfVectorizer`'s columns."""
    learnt = world.text_learner
    weight = np.zeros(len(learnt.weight))
    weight[columns(learnt, theirs)] = learnt.weight
    return weight


def stored(path: Path) -> dict[int, tuple[float, dict[str, Any]]]:
    """The alerts of a database by row."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT row, probability, evidence FROM pipeline_alerts").fetchall()
    return {row: (probability, orjson.loads(kept)) for row, probability, kept in found}


def alike(ours: dict[int, Any], theirs: dict[int, Any], what: str) -> None:
    """The same alerts with the same evidence; numbers to 1e-9."""
    assert ours.keys() == theirs.keys(), f"{what}: not the same alerts"
    for row, (probability, kept) in ours.items():
        other, told = theirs[row]
        assert abs(probability - other) <= 1e-9, f"{what}: not the same score of row {row}"
        assert (kept["rules"], kept["quotes"]) == (told["rules"], told["quotes"]), f"{what}: not the same evidence of row {row}"
        mine, others = ({one["column"]: one["log_odds"] for one in part.get("reasons", ())} for part in (kept, told))
        assert mine.keys() == others.keys(), f"{what}: not the same reasons of row {row}"
        assert all(abs(value - others[at]) <= 1e-9 for at, value in mine.items()), f"{what}: not the same reasons of row {row}"


def run() -> list[dict[str, Any]]:
    """The race, each into a database of its own."""
    world = World()
    with tempfile.TemporaryDirectory(prefix="risk-bench-") as name:
        folder = Path(name)
        files = {which: folder / f"{which}.db" for which in ("ours", "whole", "libraries", "naive", "every")}
        ours, libraries = Ours(world, str(files["ours"])), Libraries(world, str(files["libraries"]))
        whole = Ours(world, str(files["whole"]), whole=True)
        naive, every = Naive(world, str(files["naive"])), Naive(world, str(files["every"]), every=True)
        ours.run(ROWS)
        libraries.run(ROWS)
        mine = stored(files["ours"])
        alike(mine, stored(files["libraries"]), "libraries")
        for which, service, count in (("naive", naive, NAIVE), ("every", every, EXPLAINING)):
            service.run(count)
            alike({row: one for row, one in mine.items() if row < count}, stored(files[which]), which)
        rivals = [
            Rival("the project's parts, each chunk kept with how far it came", lambda: ours.run(ROWS)),
            Rival("the same from texts as they come: both views of each are made first", lambda: whole.run(ROWS)),
            Rival("the best libraries strung together, kept at the end", lambda: libraries.run(ROWS)),
            Rival("a plain service, reasons on the top hundredth", lambda: naive.run(NAIVE), NAIVE / ROWS),
            Rival("a plain service that explains every row", lambda: every.run(EXPLAINING), EXPLAINING / ROWS),
        ]
        size = f"LightGBM {boosted.TREES} trees of {boosted.LEAVES} leaves"
        note = f"{ROWS:,} texts, {prose.TERMS:,} terms, 200 rules, {size}; a twentieth are alerts, a hundredth have reasons ({len(mine):,} alerts)"
        return [race("whole pipeline: texts to stored alerts with evidence", "texts/s", ROWS, rivals, note=note)]
