"""Plans and credit classes as files: CSV, XLSX or JSON, in one's language; cells that a spreadsheet would take for formulas are quoted.

A plan's file is the one its results are filled into: the columns of results are there, empty, with the codes that they take in the first sheet's header.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.tables_out import cell
from risk.domain.verdicts import taxonomy
from risk.reports import charts
from risk.services import auditing
from risk.services.credit_classes import CreditClass
from risk.services.random_plans import PlanUnit, PlanView, every_unit, show

Form = Literal["csv", "xlsx", "json"]
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}

_UNITS = (
    ("number", "序号"),
    ("uscc", "统一社会信用代码"),
    ("name", "主体名称"),
    ("region", "行政区划代码"),
    ("place", "地区"),
    ("class_code", "信用风险分类"),
    ("grade", "预警等级"),
    ("drawn_by", "抽取方式"),
    ("probability", "入样概率"),
    ("weight", "抽样权重"),
    ("inspectors", "检查人员"),
    ("result", "检查结果代码"),
    ("inspected_on", "检查日期"),
    ("facts", "检查情况"),
    ("party_nature", "行政相对人性质"),
)
_CLASSES = (
    ("uscc", "统一社会信用代码"),
    ("name", "企业名称"),
    ("class", "信用风险分类"),
    ("assessed_on", "分类日期"),
    ("valid_to", "有效期至"),
    ("source", "来源"),
    ("in_force", "当前有效"),
)


def form_of(name: str) -> Form:
    """The form that a file's name asks for; CSV where it says none.

    >>> form_of("plan.XLSX"), form_of("plan")
    ('xlsx', 'csv')
    """
    known: dict[str, Form] = {"csv": "csv", "xlsx": "xlsx", "json": "json"}
    return known.get(name.lower().rpartition(".")[2], "csv")


def plan_file(
    conn: Connection, plan_id: int, form: Form, lang: str, *, actor: str, now: datetime, scope: Scope = EVERYWHERE
) -> bytes:  # fmt: skip
    """The file of a plan; on the record. ``plan_not_found``."""
    plan, units = show(conn, plan_id, scope=scope), every_unit(conn, plan_id, scope=scope)
    auditing.record(conn, actor, "plan.export", f"random_plan:{plan_id}", {"format": form}, now)
    if form == "json":
        return json.dumps({**asdict(plan), "units": [asdict(one) for one in units]}, ensure_ascii=False, default=_iso, indent=1).encode()
    header = _header(_UNITS, lang)
    rows = [_unit_cells(one, lang) for one in units]
    if form == "csv":
        return _csv([header, *rows])
    codes = [[code, kind.title(lang)] for code, kind in taxonomy(now.date()).items()]
    codes.append(["not_done", "未检查" if lang == "zh" else "not inspected"])
    sheets = {"计划" if lang == "zh" else "plan": [header, *rows], "说明" if lang == "zh" else "notes": [*_facts(plan, lang), [], *codes]}
    return xlsx(sheets, now)


def classes_file(pages: Iterable[Sequence[CreditClass]], form: Form, lang: str, made: datetime) -> bytes:
    """Credit classes as a file; read again by the import, it says nothing new."""
    rows = [one for page in pages for one in page]
    if form == "json":
        return json.dumps([asdict(one) for one in rows], ensure_ascii=False, default=_iso, indent=1).encode()
    cells = [
        [
            one.uscc,
            one.name or "",
            one.class_code,
            one.assessed_on.isoformat(),
            one.valid_to.isoformat() if one.valid_to else "",
            one.source,
            one.in_force,
        ]
        for one in rows
    ]
    table = [_header(_CLASSES, lang), *cells]
    return _csv(table) if form == "csv" else xlsx({"信用风险分类" if lang == "zh" else "credit classes": table}, made)


def xlsx(sheets: dict[str, list[list[Any]]], made: datetime) -> bytes:
    """A workbook of sheets: numbers as numbers, everything else as text, never a formula. ``made`` stands in its properties: the same again is the same bytes."""
    try:
        import xlsxwriter
    except ImportError as error:
        raise charts.library("xlsxwriter") from error
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": made.replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    sheet.write_number(i, j, value)
                else:
                    sheet.write_string(i, j, _plain(value), bold if i == 0 else None)
        sheet.autofit(max_width=320)
    book.close()
    return out.getvalue()


def _header(columns: Sequence[tuple[str, str]], lang: str) -> list[Any]:
    return [zh if lang == "zh" else name for name, zh in columns]


def _unit_cells(one: PlanUnit, lang: str) -> list[Any]:
    where = one.region_zh if lang == "zh" else one.region_en
    return [
        one.number,
        one.uscc or "",
        one.name or "",
        one.region or "",
        where or "",
        one.class_code or "",
        one.grade,
        one.drawn_by,
        round(one.probability, 6),
        round(one.weight, 4),
        "、".join(one.inspectors),
        one.result or "",
        one.inspected_on.isoformat() if one.inspected_on else "",
        one.facts or "",
        "",
    ]


def _facts(plan: PlanView, lang: str) -> list[list[Any]]:
    zh = lang == "zh"
    return [
        ["抽查计划" if zh else "inspection plan", plan.name],
        ["实施单位" if zh else "office", plan.office_zh if zh else plan.office_en],
        ["地区" if zh else "place", (plan.region_zh if zh else plan.region_en) or plan.region],
        ["随机种子" if zh else "seed", plan.seed],
        ["抽样框指纹（SHA-256）" if zh else "population (SHA-256)", plan.frame_hash],
        ["抽取时间" if zh else "drawn at", plan.as_of.isoformat()],
        [
            "抽取方法" if zh else "method",
            "按规模不等概率系统抽样，入样概率精确" if zh else "systematic sampling with unequal, exactly known chances",
        ],
        ["抽查倍率" if zh else "rates", json.dumps(plan.asked.get("class_rates", {}), ensure_ascii=False)],
        [
            "说明" if zh else "note",
            "倍率由本系统设定，非法定；预警只是线索" if zh else "the rates are ours, no law sets them; alerts are clues",
        ],
    ]


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(
        [_plain(value) if not isinstance(value, (int, float)) else value for value in row] for row in rows
    )
    return ("\ufeff" + out.getvalue()).encode()


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return cell("" if value is None else str(value))


def _iso(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(type(value).__name__)
