"""Two pages of warnings with a cursor of their own; field names and words for grades are theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

_PAGES: Mapping[str | None, tuple[Sequence[Mapping[str, Any]], str | None]] = {
    None: (
        [
            {"no": "B-1", "about": {"firm": "某某咨询有限公司", "code": "91350100M000100Y43"}, "what": "集中转入、小额返还", "how": "高", "when": "2026-10-11 09:00:00"},
            {"no": "B-2", "about": {"firm": "某投资中心"}, "what": "账户被多人投诉", "how": "？", "when": "2026-10-11 10:00:00"},
        ],
        "page-2",
    ),
    "page-2": ([{"no": "B-3", "about": {"firm": "某养老服务部"}, "what": "承诺高息", "how": "01", "when": "2026-10-11 11:00:00"}], "page-3"),
    "page-3": ([], "page-3"),
}  # fmt: skip


class BankWatch:
    """Asked again and again; each page once."""

    name = "bank-watch"
    mapping: Mapping[str, Any] = {
        "record": "fxyj_signal_lower",
        "fields": {
            "rowguid": "no", "fxyjid": "no", "fxyjtitle": "what", "fxyjlevel": "how", "fxyjtime": "when",
            "fxyjcorpname": "about.firm", "fxyjuscc": "about.code",
        },
        "constants": {"fxyjdomainid": "bank"},
        "domains": {"bank": "illegal_fundraising"},
    }  # fmt: skip

    def fetch(self, since: datetime | None, cursor: str | None) -> tuple[Sequence[Mapping[str, Any]], str | None]:
        rows, following = _PAGES[cursor]
        return [{**row, "how": {"高": "红"}.get(row["how"], row["how"])} for row in rows], following


class Broken:
    """One that fails whenever it is asked."""

    name = "broken"

    def fetch(self, since: datetime | None, cursor: str | None) -> tuple[Sequence[Mapping[str, Any]], str | None]:
        raise RuntimeError("the line is down, password hunter2")
