"""Experiments on texts: labelled messages, financial news, drug posts, and what must not alarm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.real import baselines
from experiments.real.figures import Line, lines
from experiments.real.parts import Part, first_of_kind, held_out, read, sampled, unseen
from experiments.real.workshop import Workshop
from models.labels import parse
from models.measure import by_slice, measure

REPORT = ("illegal_fundraising", "--lens", "report")
DRUGS = ("illegal_drug_sales",)
NEWS_LABEL = ("--text", "text", "--label", "event_types", "--positive", "涉嫌非法集资", "--separator", "|")
POST_LABEL = ("--text", "text", "--label", "label")

Found = dict[str, Any]
HALF = ("--threshold", "0.5")
"""Trained models are also measured as the plain baseline is: alarms at a probability of one half."""


@dataclass(frozen=True, slots=True)
class Task:
    """One row of the mapping in LABELS.md: key, how the command names it, what is positive, what says nothing."""

    key: str
    model: tuple[str, ...]
    positive: str
    ignore: str = ""


TASKS = (
    Task("false_medical_advertising", ("false_medical_advertising",), "MED2", "MED1"),
    Task("illegal_fundraising.solicitation", ("illegal_fundraising", "--lens", "solicitation"), "FUND2", "FUND1"),
    Task("illegal_fundraising.report", REPORT, "FUNDR"),
    Task("illegal_drug_sales", DRUGS, "DRUG"),
    Task("illegal_prescription_drug_sales", ("illegal_prescription_drug_sales",), "RX"),
    Task("illegal_medical_device_sales", ("illegal_medical_device_sales",), "DEV"),
)
FEW = 5
"""Fewer positives give no figure but the alarms on the rest."""


def judges(shop: Workshop, key: str) -> list[tuple[str, list[object]]]:
    """Who judges without training here: the rules, and the demo's champion where the home has one."""
    found: list[tuple[str, list[object]]] = [("rules only", ["--rules-only"])]
    return [*found, ("demo champion", ["--using", "champion"])] if shop.has_champion(key) else found


def trained(folder: Path) -> list[tuple[str, list[object]]]:
    """A model trained here: alarms by its own grades, and at one half."""
    return [("trained", ["--using", folder]), ("trained, at one half", ["--using", folder, *HALF])]


def labelled_messages(shop: Workshop) -> Found:
    """Real messages that two readers judged alike: every text model by the mapping of LABELS.md."""
    table = read(shop.data / "labelled_messages.csv")
    table["copy"] = ["first" if one else "repeat" for one in first_of_kind(table["text"].tolist())]
    path = shop.write("labelled_messages", table)
    told: list[Line] = []
    skipped = ["training: 363 rows with 2 to 28 positives a model are too few to learn from and to measure on"]
    for task in TASKS:
        how = ["--texts", path, "--text", "text", "--label", "codes", "--positive", task.positive, "--by", "copy"]
        how += ["--ignore", task.ignore] if task.ignore else []
        labels = parse(task.positive, task.ignore).labels(table["codes"])
        few = int(np.nansum(labels)) < FEW
        if few:
            skipped.append(f"{task.key}: {int(np.nansum(labels))} positives give no figure; alarms on the other rows are given")
        for who, using in judges(shop, task.key):
            found = shop.evaluate(task.model, *how, *using)
            told += _kept(f"{task.key}: {who}", found, shop.commands(), few=few)
        p = baselines.keywords(task.key, table["text"].tolist())
        plain = baselines.figures(p, labels, table["text"].tolist(), table["copy"].tolist())
        told += _kept(f"{task.key}: {len(baselines.KEYWORDS[task.key])} keywords", plain, (), few=few)
    return {"question": "How do the text models do on real messages?", "data": _about(table), "lines": told, "skipped": skipped}


def _kept(who: str, found: dict[str, Any], commands: Sequence[str], *, few: bool) -> list[Line]:
    told = lines(who, "all rows", found, commands, slices=("first",))
    told[1]["on"] = "near-copies once"
    if few:
        for line in told:
            line["metrics"] = {k: v for k, v in line["metrics"].items() if k == "alarm_rate"}
    return told


def finance_news(shop: Workshop) -> Found:
    """News with event types: the report lens of illegal_fundraising."""
    table = read(shop.data / "finance_news_events.csv")
    labels = parse("涉嫌非法集资", "", "|").labels(table["event_types"])
    told, away = _split_task(shop, "report", table, labels, (REPORT, NEWS_LABEL), "illegal_fundraising.report")
    told += _elsewhere(shop, "report", TASKS[2])
    about = {**_about(table), "held out": int(away.sum()), "positive": "涉嫌非法集资"}
    return {"question": "Does the report lens find news of suspected illegal fundraising?", "data": about, "lines": told, "skipped": []}


def drug_posts(shop: Workshop) -> Found:
    """Posts in ten languages that do or do not promote illicit drugs; Chinese also beside hard negatives."""
    table = read(shop.data / "illicit_drug_posts.csv")
    labels = table["label"].astype(float).to_numpy()
    told, away = _split_task(shop, "drugs", table, labels, (DRUGS, POST_LABEL), "illegal_drug_sales", by="language")
    negatives = read(shop.data / "lookalike_negatives.csv").assign(label="0")
    chinese = table[away & (table["language"] == "zh")].assign(source="illicit_drug_posts")
    beside = pd.concat([chinese, sampled(negatives, 4_000, shop.seed)], ignore_index=True)[["text", "label", "source"]]
    path = shop.write("chinese_beside_negatives", beside)
    model = shop.trained["drugs"][0]
    on = "Chinese beside 4,000 look-alikes"
    choices = [*judges(shop, "illegal_drug_sales"), *trained(model)]
    for who, using in choices:
        found = shop.evaluate(DRUGS, "--texts", path, *POST_LABEL, *using)
        told += lines(who, on, found, shop.commands())
    texts, y = beside["text"].tolist(), beside["label"].astype(float).to_numpy()
    told += lines(baselines.NGRAMS, on, baselines.figures(shop.plain["drugs"](texts), y, texts))
    told += lines("20 keywords", on, baselines.figures(baselines.keywords("illegal_drug_sales", texts), y, texts))
    told += _elsewhere(shop, "drugs", TASKS[3])
    about = {**_about(table), "held out": int(away.sum())}
    return {"question": "Does the drug model find posts that promote illicit drugs?", "data": about, "lines": told, "skipped": []}


def _split_task(
    shop: Workshop, name: str, table: Part, labels: Any, how: tuple[Sequence[str], Sequence[str]], key: str, by: str = ""
) -> tuple[list[Line], Any]:
    """Rules, champion, trained, and the plain baselines, all on the same quarter."""
    model, columns = how
    away = held_out(table["text"].tolist(), labels, shop.seed)
    learn, rest = shop.write(f"{name}_train", table[~away]), shop.write(f"{name}_held_out", table[away])
    seen, texts = table["text"][~away].tolist(), table["text"][away].tolist()
    folder = shop.train(model, name, seen, "--texts", learn, *columns)
    training = shop.commands()
    told: list[Line] = []
    choices = [*judges(shop, key), *trained(folder)]
    for who, using in choices:
        found = shop.evaluate(model, "--texts", rest, *columns, *using, *(["--by", by] if by else []))
        told += lines(who, "held-out quarter", found, [*(training if who == "trained" else []), *shop.commands()])
    slices = table[by][away].tolist() if by else None
    shop.plain[name] = baselines.ngrams(seen, labels[~away])
    plain = {baselines.NGRAMS: shop.plain[name](texts)}
    plain[f"{len(baselines.KEYWORDS[key])} keywords"] = baselines.keywords(key, texts)
    for who, p in plain.items():
        told += lines(who, "held-out quarter", baselines.figures(p, labels[away], texts, slices))
    return told, away


def _elsewhere(shop: Workshop, name: str, task: Task) -> list[Line]:
    """The model trained here, on the labelled messages that it has no near-copy of."""
    folder, seen = shop.trained[name]
    table = read(shop.data / "labelled_messages.csv")
    fresh = table[unseen(table["text"].tolist(), seen)]
    path = shop.write(f"labelled_unseen_by_{name}", fresh)
    how = ["--texts", path, "--text", "text", "--label", "codes", "--positive", task.positive]
    told: list[Line] = []
    choices: list[tuple[str, list[object]]] = [("rules only", ["--rules-only"]), *trained(folder)]
    for who, using in choices:
        found = shop.evaluate(task.model, *how, *using)
        told += lines(who, "labelled messages without near-copies of the training part", found, shop.commands())
    return told


def alarms(shop: Workshop) -> Found:
    """How often does each model alarm on texts that are lawful or everyday?"""
    told: list[Line] = []
    counts: dict[str, Any] = {}
    for file, by in (("lookalike_negatives", "source"), ("short_messages", "kind")):
        whole = read(shop.data / f"{file}.csv")
        table = sampled(whole, shop.sample, shop.seed)
        counts[file] = f"{len(table)} of {len(whole)} rows"
        path = shop.write(file, table)
        for task in TASKS:
            choices = judges(shop, task.key)
            name = {"illegal_fundraising.report": "report", "illegal_drug_sales": "drugs"}.get(task.key)
            if name in shop.trained:
                choices += trained(shop.trained[name][0])
            for who, using in choices:
                found = shop.evaluate(task.model, "--texts", path, "--text", "text", "--all-negative", "--by", by, *using)
                told += lines(f"{task.key}: {who}", file, found, shop.commands())
            if name in shop.plain:
                p = shop.plain[name](table["text"].tolist())
                told += lines(f"{task.key}: {baselines.NGRAMS}", file, _alarming(p, table[by].tolist()))
    about = {
        **counts,
        "label": "every row counts as a negative; spam holds a few hundred advertisements that are not lawful, so its share is an upper bound",
    }
    skipped = [] if {"report", "drugs"} <= set(shop.trained) else ["trained models: run together with finance_news and drug_posts"]
    return {"question": "How often do the models alarm on lawful and everyday texts?", "data": about, "lines": told, "skipped": skipped}


def _alarming(p: Any, slices: Sequence[str]) -> Found:
    """Alarms alone, which need no groups."""
    none = np.zeros(len(p))
    return {"overall": measure(p, none, threshold=0.5), "by": by_slice(p, none, slices, threshold=0.5)}


def _about(table: Part) -> dict[str, Any]:
    return {"rows": len(table), "distinct": int(sum(first_of_kind(table["text"].tolist())))}
