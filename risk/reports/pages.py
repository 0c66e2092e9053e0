"""A document as one self-contained HTML page, and as PDF made from that page.

The PDF engine is WeasyPrint, weighed against typst (PyPI, no system libraries, and faster): typst would have been a second template of every report, and a number
could be right in one and wrong in the other; WeasyPrint prints the very page that browsers show. Its price is libpango and a CJK font; ``risk doctor`` names them.
Nothing outside is ever fetched: pictures are ``data:`` addresses, every other address is refused.
"""

from __future__ import annotations

import base64
import functools
import importlib
from typing import Any

from risk.domain.errors import InvalidInputError
from risk.domain.messages import Told, register
from risk.reports import charts
from risk.reports.document import Document, Figure, Number
from risk.reports.issue_words import word
from risk.reports.marks import Marks

register(
    {
        "report_pdf": ("无法生成 PDF：{reason}", "cannot make the PDF: {reason}"),
        "report_pdf.hint": ("risk doctor 说明缺什么（libpango、中文字体）", "risk doctor says what is missing (libpango, a CJK font)"),
    }
)


def html(document: Document, marks: Marks, *, links: str = "") -> str:
    """The page: no script, no outside file, charts inside. ``links``: the address of the service, where queries of numbers are to be links."""
    page: str = _template().render(
        d=document,
        m=marks,
        lang=document.lang,
        w=lambda key: word(key, document.lang),
        is_number=lambda run: isinstance(run, Number),
        kind=lambda block: type(block).__name__,
        picture=lambda figure: _picture(figure, document.lang),
        described=charts.described,
        links=links,
    )
    return page


def _picture(figure: Figure, lang: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(charts.svg(figure, lang).encode()).decode()


@functools.cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    env = Environment(
        loader=PackageLoader("risk.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return env.get_template("issue.html.j2")


def pdf(document: Document, marks: Marks) -> bytes:
    """The page as PDF. ``InvalidInputError``: ``report_library`` (WeasyPrint is not installed), ``report_pdf`` (libpango), ``report_no_font``."""
    if document.lang == "zh" and charts.cjk_font() is None:
        raise InvalidInputError("report_no_font")
    try:
        weasyprint: Any = importlib.import_module("weasyprint")
    except ImportError as error:
        raise charts.library("weasyprint") from error
    except OSError as error:
        raise InvalidInputError("report_pdf", reason=Told("libpango 无法加载", "libpango cannot be loaded")) from error
    inside_only = weasyprint.urls.URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    made: bytes = weasyprint.HTML(string=html(document, marks), url_fetcher=inside_only).write_pdf()
    return made
