"""Reports as files: HTML, PDF, Word, Excel, JSON. What is printed of a report that is not published says so across its head."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.domain.report_formats import MEDIA
from risk.reports import pages, word_file, workbook
from risk.reports.chapters_base import day_words
from risk.reports.document import Document, as_dict
from risk.reports.issue_words import word
from risk.reports.marks import Marks
from risk.services import report_issues
from risk.services.report_views import IssueView
from risk.storage.engine import reading

register(
    {
        "report_format": ("没有这种格式：{format}", "there is no such format: {format}"),
        "report_format.hint": ("可选：{known}", "one of: {known}"),
    }
)

MAKE: dict[str, Callable[[Document, Marks], bytes]] = {
    "html": lambda document, marks: pages.html(document, marks).encode(),
    "pdf": pages.pdf,
    "docx": word_file.docx,
    "xlsx": workbook.xlsx,
}


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file to hand out."""

    name: str
    media: str
    content: bytes


def file_of(engine: Engine, report_id: int, form: str, lang: str, *, scope: Scope = EVERYWHERE) -> ReportFile:
    """A report in a format and language; nothing is held open while it is drawn.

    ``report_missing``, ``report_format``, and what the format lacks: ``report_library``, ``report_pdf``, ``report_no_font``.
    """
    if form not in MEDIA:
        raise InvalidInputError("report_format", format=form[:20], known=", ".join(MEDIA))
    with reading(engine) as conn:
        view, document, numbers = _read(conn, report_id, lang, scope)
    marks = marks_of(view, lang)
    if form == "json":
        told = {
            "document": as_dict(document),
            "numbers": numbers,
            "numbers_hash": view.numbers_hash,
            "state": view.state,
            "number": view.number,
        }
        content = json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True).encode()
    else:
        content = MAKE[form](document, marks)
    return ReportFile(f"{name_of(document.title, report_id)}.{form}", MEDIA[form], content)


def write(engine: Engine, report_id: int, folder: Path, form: str, lang: str) -> Path:
    """Write the file into a folder and return its path."""
    made = file_of(engine, report_id, form, lang)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / made.name
    path.write_bytes(made.content)
    return path


def _read(conn: Connection, report_id: int, lang: str, scope: Scope) -> tuple[IssueView, Document, dict[str, Any]]:
    view = report_issues.get(conn, report_id, scope=scope)
    return view, report_issues.document(conn, report_id, lang, scope=scope), report_issues.numbers(conn, report_id, scope=scope)


def marks_of(view: IssueView, lang: str) -> Marks:
    """What the printed report carries: what was given, who signed it, on which day it was signed; a stamp while it is no final document."""
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in view.dressing.items()}
    signed = next((one for one in reversed(view.history) if one.event == "sign"), None) if view.state in ("signed", "published") else None
    if signed is not None:
        given = {"date": day_words(signed.at, lang), "signer": signed.actor, **given}
    stamp = {"published": "", "signed": "", "withdrawn": word("withdrawn", lang)}.get(view.state, word("draft", lang))
    return Marks(stamp=stamp, number=view.number or "", checksum=view.numbers_hash, **given)


def name_of(title: str, report_id: int) -> str:
    """A file's name that every system takes.

    >>> name_of("湖北省风险预警月报（2026年10月）", 3), name_of('a/b: "c"', 4), name_of("x" * 300, 5)[-6:]
    ('湖北省风险预警月报（2026年10月）-3', 'a b c-4', 'xxxx-5')
    """
    kept = " ".join(re.sub(r"[^\w（）()【】〔〕.-]+", " ", title).split())
    return f"{kept[:80].strip('. ')}-{report_id}"
