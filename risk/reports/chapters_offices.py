"""The chapters of the evaluation of offices (监管效能评估): the whole, the ranking, offices too small to judge, what is overdue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from risk.reports.chapters_base import Source, counted, period_words, share
from risk.reports.document import Block, Number, Paragraph

SHARES = ("signed_in_time", "reported_in_time", "not_returned", "feedback")


def effect(s: Source) -> list[Block]:
    """All offices together."""
    o, every = s.n["offices"], s.n["offices"]["all"]
    given = {name: counted(every[name], s.query("tasks")) for name in ("tasks", "signed", "reported", "returned", "overdue")}
    shares = {name: share(every[name]) for name in SHARES}
    offices = counted(len(o["ranked"]) + len(o["small"]))
    return [
        s.say("effect", place=s.of(), period=period_words(s.n["period"], s.lang), offices=offices, **given),
        s.say("effect_shares", **shares, sign_hours=Number(every["sign_hours"], "hours"), rate=share(every["rate"])),
    ]


def ranking(s: Source) -> list[Block]:
    """Offices with enough tasks, by their score."""
    o = s.n["offices"]
    if not o["ranked"]:
        return [s.say("none_ranked")]
    rows = [[counted(row["rank"]), *_row(s, row), Number(row["score"], "points")] for row in o["ranked"]]
    columns = ["rank", "office", "tasks", *SHARES, "verified_rate", "low", "high", "score"]
    return [
        s.say("ranking", least=counted(o["least_tasks"]), count=counted(len(rows))),
        s.table("ranking", columns, rows, s.query("tasks")),
    ]


def small(s: Source) -> list[Block]:
    """Offices with too few tasks: listed, not judged."""
    o = s.n["offices"]
    if not o["small"]:
        return [s.say("none_small")]
    rows = [[row[s.lang], counted(row["tasks"]), counted(row["reported"]), counted(row["overdue"])] for row in o["small"]]
    return [
        s.say("small", count=counted(len(rows)), least=counted(o["least_tasks"])),
        s.table("small", ["office", "tasks", "reported", "overdue"], rows, s.query("tasks")),
    ]


def late(s: Source) -> list[Block]:
    """Who has not reported in time, and since when."""
    o = s.n["offices"]
    found = sorted((r for r in (*o["ranked"], *o["small"]) if r["overdue"]), key=lambda r: (-r["overdue"], r["office"]))
    if not found:
        return [s.say("none_late")]
    rows = [
        [r[s.lang], counted(r["overdue"], s.query("tasks", office=r["office"], overdue="true")), Number(r["oldest_days"], "days")]
        for r in found
    ]
    return [s.table("overdue", ["office", "overdue", "oldest"], rows, s.query("tasks", overdue="true"))]


def proposed(s: Source) -> Iterator[Paragraph]:
    """The three ranked offices with most overdue tasks."""
    found = sorted((r for r in s.n["offices"]["ranked"] if r["overdue"]), key=lambda r: (-r["overdue"], r["office"]))
    for row in found[:3]:
        yield s.say("m_office", office=row[s.lang], share=share(row["reported_in_time"]), overdue=counted(row["overdue"]))


def weights_note(s: Source) -> Paragraph:
    """What the score is made of."""
    weights: Mapping[str, float] = s.n["offices"]["weights"]
    return s.say("n_score", **{name: share(weights[key]) for name, key in zip("abcd", SHARES, strict=True)})


def _row(s: Source, row: Mapping[str, Any]) -> list[Any]:
    low, high = row["interval"] or (None, None)
    shares = [share(row[name]) for name in SHARES]
    return [
        row[s.lang],
        counted(row["tasks"], s.query("tasks", office=row["office"])),
        *shares,
        share(row["rate"]),
        share(low),
        share(high),
    ]
