"""The figures of a case file, each with the query that lists what it counts: the two always agree, since both ask the same function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.messages import register, say
from risk.domain.money import yuan_of
from risk.services import case_files
from risk.services.bulk import select_in
from risk.services.case_file_links import gathered, of_kind
from risk.storage import tables as t

COUNTED = ("subject", "alert", "complaint", "task", "open_task", "verdict", "act")

register(
    {
        "case_figure_subject": ("涉及主体", "subjects"),
        "case_figure_alert": ("预警线索", "clues"),
        "case_figure_complaint": ("投诉举报", "complaints"),
        "case_figure_task": ("核查任务", "tasks"),
        "case_figure_open_task": ("未办结任务", "open tasks"),
        "case_figure_verdict": ("核查结论", "verdicts"),
        "case_figure_act": ("监管行为", "acts of supervision"),
        "case_figure_places": ("涉及地区", "places"),
        "case_figure_stated": ("登记的涉及金额（元）", "money involved, as stated (yuan)"),
        "case_figure_fined": ("结论中的罚没款（元）", "fines and confiscations in verdicts (yuan)"),
    }
)


@dataclass(frozen=True, slots=True)
class CaseFigure:
    """One figure: a count, or an amount in yuan as text; nothing where nobody stated one. ``query``: the address that lists what it is made of."""

    name: str
    zh: str
    en: str
    count: int | None
    amount: str | None
    query: str


@dataclass(frozen=True, slots=True)
class CaseFigures:
    """The figures of a file as known at a moment; ``outside``: links that are not counted because they lie outside the scope."""

    known: datetime
    figures: tuple[CaseFigure, ...]
    places: tuple[str, ...]
    outside: int


def figures(conn: Connection, case_file_id: int, known: datetime, *, scope: Scope = EVERYWHERE) -> CaseFigures:
    """The figures of a file inside a scope; ``case_file_not_found``."""
    row = case_files.require(conn, case_file_id, scope)
    held = gathered(conn, case_file_id, known, scope=scope)
    here = f"/api/v1/case-files/{case_file_id}"
    found = []
    places = set(row.places)
    for kind in COUNTED:
        of = of_kind(conn, held, kind, scope)
        found.append(_figure(kind, f"{here}/objects?kind={kind}", count=len(of)))
        places |= {one.region for one in of if one.region}
    found.append(_figure("places", f"{here}/objects?kind=subject", count=len(places)))
    found.append(_figure("stated", f"{here}/timeline?only=written", amount=_stated(conn, case_file_id, known)))
    fined = _fined(conn, held.ids("verdict"), known)
    found.append(_figure("fined", f"{here}/objects?kind=verdict", amount=fined))
    return CaseFigures(known, tuple(found), tuple(sorted(places)), held.outside)


def _figure(name: str, query: str, *, count: int | None = None, amount: int | None = None) -> CaseFigure:
    told = None if amount is None else yuan_of(amount)
    return CaseFigure(name, say(f"case_figure_{name}", "zh"), say(f"case_figure_{name}", "en"), count, told, query)


def _stated(conn: Connection, case_file_id: int, known: datetime) -> int | None:
    """The amount that was stated last, in an entry nobody has corrected."""
    e, newer = t.case_file_entries.c, t.case_file_entries.alias("newer")
    replaced = select(1).where(newer.c.supersedes == e.id, newer.c.recorded_at <= known).correlate(t.case_file_entries).exists()
    query = select(e.amount_fen).where(e.case_file_id == case_file_id, e.amount_fen.is_not(None), e.recorded_at <= known, ~replaced)
    found = conn.scalar(query.order_by(e.at.desc(), e.id.desc()).limit(1))
    return None if found is None else int(found)


def _fined(conn: Connection, verdicts: list[int], known: datetime) -> int | None:
    """What verdicts in force fined and confiscated; nothing where none of them names an amount."""
    v, newer = t.verdicts.c, t.verdicts.alias("newer")
    replaced = select(1).where(newer.c.supersedes == v.id, newer.c.reported_at <= known).correlate(t.verdicts).exists()
    rows = select_in(conn, select(v.fined_fen, v.confiscated_fen).where(~replaced), v.id, verdicts)
    amounts = [amount for row in rows for amount in (row.fined_fen, row.confiscated_fen) if amount is not None]
    return sum(amounts) if amounts else None
