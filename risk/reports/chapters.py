"""The chapters of daily, weekly, monthly and special reports: one function each, from frozen numbers to blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from risk.domain.report_kinds import measures as limits
from risk.domain.report_kinds import tiles
from risk.reports.chapters_base import GRADES, Source, beyond, counted, day_words, moment_words, part_of, period_words, share, silent
from risk.reports.document import UNKNOWN, Block, Figure, Number, Paragraph, Run

FUNNEL = ("signals", "candidates", "alerts", "tasks", "signed", "reported", "confirmed", "filed")
BALANCE = ("candidates", "new", "merged", "suppressed", "below_grade", "over_capacity", "failed")
MOVED = ("13", "14")


def overall(s: Source) -> list[Block]:
    """The paragraph a leader reads, the figures beside those of the period before, the run of periods, the funnel."""
    n, head, before = s.n, s.n["headline"], s.n["before"]
    grades = {g: counted(n["alerts"]["by_grade"][g], s.query("alerts", grade=g)) for g in GRADES}
    given: dict[str, Run] = {"period": period_words(n["period"], s.lang), "alerts": counted(head["alerts"], s.query("alerts")), **grades}
    if head["signals"] is None:
        about = str((n.get("about") or {}).get(s.lang) or s.of())
        opening = s.say("overall_part", about=about, **given)
    else:
        opening = s.say("overall", place=s.of(), signals=counted(head["signals"], s.query("signals")), **given)
    blocks: list[Block] = [s.both(opening, _change(s, head["alerts"], before)), _verified(s, head)]
    if n.get("year_before"):
        ago = n["year_before"]
        told = {name: counted(ago[name]) for name in ("alerts", "verdicts")}
        blocks.append(s.say("year_before_silent") if silent(ago) else s.say("year_before", **told))
    blocks.append(_headline(s))
    if len(n.get("history") or ()) > 1:
        rows = [{"key": row["key"], "value": row["alerts"]} for row in n["history"]]
        blocks.append(Figure("history", "line", s.w("c.history"), {"rows": rows}))
    blocks.append(_funnel(s))
    return blocks


def _change(s: Source, now: int, side: Mapping[str, Any]) -> Paragraph:
    before = side["alerts"]
    if not before:
        return s.say("before_silent" if silent(side) else "no_before")
    if now == before:
        return s.say("same", before=counted(before))
    noise = s.say("beyond" if beyond(now, before) else "within").text
    change = share(round(abs(now - before) / before, 4))
    return s.say("up" if now > before else "down", before=counted(before), change=change, noise=noise)


def _verified(s: Source, head: Mapping[str, Any]) -> Paragraph:
    if head["verified_rate"] is None:
        return s.say("no_verdicts")
    return s.say("verdicts", verdicts=counted(head["verdicts"], s.query("verdicts")), rate=share(head["verified_rate"]))


def _headline(s: Source) -> Block:
    n = s.n
    sides = [n["headline"], n["before"], *([n["year_before"]] if n.get("year_before") else [])]
    rows: list[list[Run]] = []
    for name in ("signals", "alerts", "verdicts", "verified_rate"):
        if n["headline"][name] is None and name == "signals":
            continue
        make = share if name == "verified_rate" else counted
        rows.append([s.w(name), *(make(None if silent(side) else side[name]) for side in sides)])
    return s.table("headline", ["indicator", "now", "before", *(["year_ago"] if len(sides) > 2 else [])], rows)


def _funnel(s: Source) -> Figure:
    counts = s.n["funnel"]
    rows = [{"key": s.w(f"f.{name}"), "value": counts[name]} for name in FUNNEL if name in counts]
    rows.append({"key": s.w("f.moved"), "value": sum(s.n["disposal"]["verdicts"].get(code, 0) for code in MOVED)})
    return Figure("funnel", "funnel", s.w("c.funnel"), {"rows": rows})


def monitoring(s: Source) -> list[Block]:
    """Sources: how much came, how much of it is linked and placed, how fresh it is; what was refused; where candidates went."""
    m = s.n["monitoring"]
    fresh = {row["source"]: row for row in s.n.get("freshness") or ()}
    rows = []
    for one in m["sources"]:
        last = fresh.get(one["source"])
        shares = [part_of(one[name], one["signals"]) for name in ("linked", "placed")]
        seen = day_words(datetime.fromisoformat(last["last"]), s.lang) if last else "—"
        query = s.query("signals", source=one["source"])
        rows.append([one["source"], counted(one["signals"], query), *shares, seen, Number(last["days"] if last else None, "days")])
    names = ("accepted", "duplicates", "quarantined", "without_time")
    balance = {name: counted(s.n["balance"].get(name, 0)) for name in BALANCE}
    return [
        s.say("taken_in", **{name: counted(m[name]) for name in names}),
        s.table("sources", ["source", "signals", "linked", "placed", "last", "silent"], rows, s.query("signals")),
        s.say("balance", **balance),
    ]


def warnings(s: Source) -> list[Block]:
    """Alerts by model and grade, by place and grade, on the tiles of the province, by model and place."""
    a = s.n["alerts"]
    columns = ["red", "orange", "yellow", "blue", "all"]
    blocks: list[Block] = [
        s.table("by_model", ["model", *columns], [_graded(s, s.model(r["key"]), r, model=r["key"]) for r in a["by_model"]])
    ]
    bars = [{"key": s.model(r["key"])} | {g: r[g] for g in GRADES} for r in a["by_model"]]
    if bars:
        blocks.append(Figure("bars", "bars", s.w("c.bars"), {"rows": bars}))
    rows = [_graded(s, s.place(r["key"]), r, region=r["key"] or "") for r in a["by_city"]]
    blocks.append(s.table("by_city", ["city", *columns], rows, s.query("alerts")))
    if not s.n["scope"]["region"]:
        known = {r["key"]: r["total"] for r in a["by_city"]}
        placed = [{"key": s.place(code), "code": code, "at": list(at), "value": known.get(code, 0)} for code, at in sorted(tiles().items())]
        blocks.append(Figure("tiles", "tiles", s.w("c.tiles"), {"rows": placed}))
    if len(a["by_model"]) > 1 and len(a["by_city"]) > 1:
        cells = [{"row": s.place(c["city"]), "column": s.model(c["model"]), "value": c["alerts"]} for c in a["heat"]]
        blocks.append(Figure("heat", "heat", s.w("c.heat"), {"cells": cells}))
    return blocks


def _graded(s: Source, name: str, row: Mapping[str, Any], **filters: str) -> list[Any]:
    numbers = [counted(row[g], s.query("alerts", grade=g, **filters)) for g in GRADES]
    return [name, *numbers, counted(row["total"], s.query("alerts", **filters))]


def clues(s: Source) -> list[Block]:
    """The gravest clues; anonymous while undecided."""
    rows = [
        [s.w(c["grade"]), f"#{c['alert']} {c[s.lang]}", s.place(c["region"]), c["subject"] or s.w("undecided"), counted(c["evidence"])]
        for c in s.n["clues"]
    ]
    if not rows:
        return [s.say("no_clues")]
    columns = ["grade", "clue", "city", "subject", "evidence"]
    return [s.say("clues", count=counted(len(rows))), s.table("clues", columns, rows, s.query("alerts", sort="gravest"))]


def disposal(s: Source) -> list[Block]:
    """What became of the tasks, what was found, who is late, why alarms were false."""
    d, funnel = s.n["disposal"], s.n["funnel"]
    names = ("issued", "signed", "signed_in_time", "reported", "reported_in_time", "overdue")
    told = {name: counted(d[name], s.query("tasks", **({"overdue": "true"} if name == "overdue" else {}))) for name in names}
    moved = sum(d["verdicts"].get(code, 0) for code in MOVED)
    median = [] if d["median_days"] is None else [s.say("median", days=Number(d["median_days"], "days"))]
    blocks: list[Block] = [
        s.both(
            s.say("disposal", **told),
            *median,
            s.say("results", right=counted(funnel["confirmed"]), filed=counted(funnel["filed"]), moved=counted(moved)),
        )
    ]
    results: list[list[Run]] = [
        [f"{code} {s.verdict(code)}", counted(count, s.query("verdicts", code=code))] for code, count in d["verdicts"].items()
    ]
    if results:
        blocks.append(s.table("results", ["result", "count"], results, s.query("verdicts")))
    if d["late_offices"]:
        late: list[list[Run]] = [
            [o[s.lang], counted(o["late"], s.query("tasks", office=o["office"])), counted(o["tasks"])] for o in d["late_offices"]
        ]
        blocks.append(s.table("late", ["office", "late", "tasks"], late, s.query("tasks", overdue="true")))
    causes = sorted(d["false_alarms"].items(), key=lambda item: (-item[1], item[0]))
    if causes:
        blocks.append(
            s.table("causes", ["cause", "count"], [[s.verdict(c), counted(k)] for c, k in causes], s.query("verdicts", code="30"))
        )
        blocks.append(Figure("causes", "pareto", s.w("c.causes"), {"rows": [{"key": s.verdict(c), "value": k} for c, k in causes]}))
    return blocks


def quality(s: Source) -> list[Block]:
    """Verified rates with intervals, trainings, changes to rules, figures of health beyond their limits."""
    rows: list[list[Run]] = []
    for q in s.n["quality"]:
        low, high = q["interval"]
        numbers = [counted(q["told"]), counted(q["confirmed"]), share(q["rate"]), share(low), share(high)]
        rows.append([s.model(q["model"]), s.w(q["grade"]), *numbers])
    columns = ["model", "grade", "told", "confirmed", "verified_rate", "low", "high"]
    blocks: list[Block] = [s.table("quality", columns, rows, s.query("verdicts"))] if rows else [s.say("no_verdicts")]
    if "rule_changes" not in s.n:  # of a part of the province, or of one field
        return blocks
    trained = s.n["trainings"]
    promoted = sum(one["decision"] in ("first", "promoted") for one in trained)
    blocks.append(s.say("trained", count=counted(len(trained)), promoted=counted(promoted)) if trained else s.say("no_training"))
    changes = [
        [r["rule"], s.model(r["model"]), r["event"], day_words(datetime.fromisoformat(r["at"]), s.lang)] for r in s.n["rule_changes"]
    ]
    blocks.append(s.say("rules_changed", count=counted(len(changes))))
    if changes:
        blocks.append(s.table("rules", ["rule", "model", "step", "day"], changes))
    if s.n["health"] is None:
        return [*blocks, s.say("health_unknown")]
    bad = [[s.model(h["model"]), h[s.lang], h["part"], Number(h["value"], "figure"), Number(h["limit"], "figure")] for h in s.n["health"]]
    blocks.append(s.say("health_bad", count=counted(len(bad))) if bad else s.say("health_fine"))
    if bad:
        blocks.append(s.table("health", ["model", "figure", "part", "value", "limit"], bad))
    return blocks


def places(s: Source) -> list[Block]:
    """Places by alerts, with their place in the period before, where there was one."""
    found, unwatched = s.n["places"], silent(s.n["before"])
    known = [row for row in found if row["key"]]
    rows = []
    for row in found:
        rank: list[Any] = ["—", "—"]
        if row["key"]:
            now, then = (1 + sum(other[when] > row[when] for other in known) for when in ("alerts", "before"))  # equals share a place
            rank = [counted(now), Number(then - now if row["alerts"] + row["before"] and not unwatched else None, "figure")]
        numbers = [
            counted(None if name == "before" and unwatched else row[name]) for name in ("alerts", "before", "grave", "told", "confirmed")
        ]
        rows.append([rank[0], s.place(row["key"]), *numbers, share(row["rate"]), rank[1]])
    columns = ["rank", "city", "now", "before", "grave", "told", "confirmed", "verified_rate", "moved"]
    blocks: list[Block] = []
    if known and known[0]["alerts"]:
        blocks.append(s.say("places", first=s.place(known[0]["key"]), count=counted(known[0]["alerts"])))
    return [*_index(s), *blocks, s.table("places", columns, rows, s.query("alerts"))]


def _index(s: Source) -> Iterator[Block]:
    """The risk index of the places, where it had been computed by the cut-off; a grade only where enough was known."""
    found = s.n.get("index")
    if not found:
        return
    query = f"/api/v1/index/board?version={found['version']}&period={s.n['period']['name']}"
    rows: list[list[Run]] = [
        [
            counted(row["rank"]),
            s.place(row["key"]),
            Number(row["value"], "points"),
            s.w(row["grade"]) if row["grade"] else UNKNOWN,
            Number(row["change"], "points"),
            Number(row["moved"], "figure"),
            share(row["coverage"]),
        ]
        for row in found["rows"]
    ]
    top = next((row for row in found["rows"] if row["value"] is not None), None)
    if top is not None:
        yield s.say(
            "index",
            first=s.place(top["key"]),
            value=Number(top["value"], "points", query),
            grade=s.w(top["grade"]) if top["grade"] else UNKNOWN,
        )
    yield s.table("index", ["rank", "city", "index_value", "grade", "index_change", "moved", "coverage"], rows, query)


def events(s: Source) -> list[Block]:
    """Case files and campaigns."""
    found = s.n["events"]
    if not found:
        return [s.say("no_events")]
    rows: list[list[Run]] = []
    for one in found:
        name = f"{one['number']} {one['title']}".strip()
        field = s.model(one["model"]) if one["model"] else "—"
        numbers = [counted(one[name]) for name in ("alerts", "tasks", "reported")]
        rows.append([s.w(one["what"]), name, field, s.w("closed" if one["closed"] else "open"), *numbers])
    return [s.table("events", ["kind", "event", "model", "state", "alerts", "tasks", "reported"], rows)]


def outlook(s: Source) -> list[Block]:
    """What moved beyond chance, and whether the whole has risen or fallen for some periods in a row."""
    if silent(s.n["before"]):
        return [s.say("before_silent")]
    moved = [row for row in s.n.get("places") or () if row["key"] and beyond(row["alerts"], row["before"])]
    blocks: list[Block] = [
        *_together(s, "places_up", [row for row in moved if row["alerts"] > row["before"]]),
        *_together(s, "places_down", [row for row in moved if row["alerts"] < row["before"]]),
    ]
    if not blocks and s.n.get("places"):
        blocks.append(s.say("steady"))
    totals = [row["alerts"] for row in s.n.get("history") or ()]
    for key, sign in (("trend_up", 1), ("trend_down", -1)):
        if (length := _run(totals, sign)) >= 2:
            blocks.append(s.say(key, count=counted(length)))
    if not blocks:
        blocks.append(_change(s, s.n["headline"]["alerts"], s.n["before"]))
    return blocks


def _together(s: Source, key: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[Paragraph]:
    """One sentence for all places that moved one way: a line for each would fill pages."""
    if rows:
        comma, end = ("、", "。") if s.lang == "zh" else (", ", ".")
        each = [s.say("place_moved", place=s.place(row["key"]), now=counted(row["alerts"]), before=counted(row["before"])) for row in rows]
        listed = [run for i, one in enumerate(each) for run in ((comma, *one.runs) if i else one.runs)]
        yield Paragraph((*s.say(key, count=counted(len(rows))).runs, *listed, end))


def _run(totals: list[int], sign: int) -> int:
    """For how many periods, the newest last, each was more (or less) than the one before.

    >>> _run([5, 1, 2, 3], 1), _run([3, 2, 1], -1), _run([1, 1], 1)
    (2, 2, 0)
    """
    count = 0
    while count < len(totals) - 1 and sign * (totals[-1 - count] - totals[-2 - count]) > 0:
        count += 1
    return count


def measures(s: Source) -> list[Block]:
    """What the numbers call for, and of whom."""
    if "offices" in s.n:
        from risk.reports.chapters_offices import proposed

        found = list(proposed(s))
    else:
        found = list(_proposed(s))
    return [replace(one, item=i) for i, one in enumerate(found, 1)] if found else [s.say("m_none")]


def _proposed(s: Source) -> Iterator[Paragraph]:
    n, least = s.n, s.n.get("limits") or limits()
    grades = n["alerts"]["by_grade"]
    if grades["red"] + grades["orange"]:
        yield s.say("m_grave", red=counted(grades["red"]), orange=counted(grades["orange"]))
    for office in n["disposal"]["late_offices"][:3]:
        yield s.say("m_overdue", office=office[s.lang], late=counted(office["late"]), tasks=counted(office["tasks"]))
    for q in n["quality"]:
        if q["grade"] == "all" and q["interval"][1] < least["verified_rate"]:
            given = {"rate": share(q["rate"]), "high": share(q["interval"][1]), "floor": share(least["verified_rate"])}
            yield s.say("m_rate", model=s.model(q["model"]), **given)
    causes = sorted(n["disposal"]["false_alarms"].items(), key=lambda item: (-item[1], item[0]))
    if causes and causes[0][0] != "unspecified":
        yield s.say("m_cause", cause=s.verdict(causes[0][0]), count=counted(causes[0][1]))
    for row in n.get("freshness") or ():
        if row["days"] >= least["stale_days"]:
            yield s.say("m_stale", source=row["source"], days=Number(row["days"], "days"))
    if (n["monitoring"] or {}).get("quarantined"):
        yield s.say("m_quarantine", count=counted(n["monitoring"]["quarantined"]))


def notes(s: Source) -> list[Block]:
    """口径说明: what the words of the report mean, and what is missing in its data."""
    run = s.n["run"]
    named = "" if not run else f"（{s.w('run')}#{run['id']}）" if s.lang == "zh" else f" ({s.w('run').lower()} #{run['id']})"
    blocks = [s.say("n_cutoff", cutoff=moment_words(s.n["cutoff"], s.lang), run=named)]
    if "offices" in s.n:
        from risk.reports.chapters_offices import weights_note

        blocks += [s.say("n_rate"), weights_note(s), s.say("n_query")]
    else:
        blocks += [s.say(key) for key in ("n_alerts", "n_rate", "n_colour", "n_noise", "n_query")]
        blocks += list(_gaps(s))
    return [replace(one, item=i) for i, one in enumerate(blocks, 1)]


def _gaps(s: Source) -> Iterator[Paragraph]:
    nowhere = sum(row["total"] for row in s.n["alerts"]["by_city"] if not row["key"])
    if nowhere:
        yield s.say("n_gap_place", count=counted(nowhere))
    if (s.n["monitoring"] or {}).get("without_time"):
        yield s.say("n_gap_time", count=counted(s.n["monitoring"]["without_time"]))
