"""The register of firms and its changes → one row a firm: capital, kind, industry, place, age, scope of business, what was changed and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from features.firm_tables import column, days, words, years

NUMBERS = (
    "oplocdistrict",
    "industryco",
    "enttype",
    "enttypeitem",
    "enttypeminu",
    "enttypegb",
    "state",
    "adbusign",
    "townsign",
    "regtype",
    "empnum",
    "compform",
    "parnum",
    "exenum",
    "venind",
    "regcap",
    "reccap",
    "forreccap",
    "forregcap",
    "congro",
)
SCOPE_WORDS: Mapping[str, tuple[str, ...]] = {
    "invest": ("投资", "股权", "基金", "创投"),
    "finance": ("金融", "理财", "财富", "资产管理", "资本"),
    "exchange": ("交易所", "交易中心", "众筹", "大宗商品"),
    "loan": ("贷款", "借贷", "担保", "典当", "融资", "租赁"),
    "pension": ("养老", "老年", "候鸟"),
    "health": ("保健", "健康管理", "健康咨询"),
    "coin": ("区块链", "数字货币", "虚拟货币", "矿机"),
    "farm": ("种植", "养殖", "合作社", "林木"),
    "advice": ("咨询", "商务信息", "策划"),
    "net": ("互联网", "网络", "电子商务", "软件"),
    "estate": ("房地产", "物业", "酒店"),
    "travel": ("旅游", "会议", "展览"),
}
"""Words of a business scope that fundraising hides behind (防范和处置非法集资条例 Art. 9 and 19)."""
DENIALS = ("不得从事", "未经金融", "吸收存款", "非法集资")
_DENIED = r"[^。；;（）()【】]*(?:不得从事|不得以|不得开展|未经金融)[^。；;（）()【】]*"
"""A clause that denies a business: its words are no business of the firm."""
CHANGE_CODES = 40
"""Codes of changes that get a column of their own, the most frequent first."""


def base(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """The register: capital and the part of it not paid in, kind, industry, place, age, and what the scope speaks of."""
    told = _fullest(rows)
    out = pd.DataFrame({c: column(told, c) for c in NUMBERS}, index=told.index)
    out["capital_gap"] = out["regcap"] - out["reccap"]
    out["capital_paid_share"] = out["reccap"] / out["regcap"].where(out["regcap"] > 0)
    out["district"], out["city"], out["industry_group"] = (
        out["oplocdistrict"] % 10000,
        out["oplocdistrict"] // 100,
        out["industryco"] // 100,
    )
    section = words(told, "industryphy").str.upper().str.slice(0, 1)
    out["industry"] = section.map(lambda c: ord(c) - 64, na_action="ignore").astype("Float64").astype("float64")
    out["industry_type"] = out["industry"] * 100 + out["enttype"] // 100
    opened, closing = days("base_info.csv", told), _closing(told)
    out["age_years"], out["term_years"] = years(moment, opened), (closing - opened).dt.days / 365.25
    out["open_ended"] = closing.isna().where(opened.notna()).astype("float64")
    for name in ("dom", "oploc"):
        place = words(rows, name)
        sharing = rows.assign(_place=place).groupby("_place")["id"].nunique()
        out[f"{name}_firms"] = words(told, name).map(sharing).astype("Float64").astype("float64")
    out = out.join(scope(words(told, "opscope")))
    out["missing"] = told.isna().sum(axis=1)
    out["id"] = told["id"]
    return out.set_index("id")


def scope(text: pd.Series[Any]) -> pd.DataFrame:
    """What a scope of business speaks of: occurrences of words by kind, outside the clauses that deny a business.

    >>> scope(pd.Series(["投资咨询、养老服务（不得从事金融业务）"], dtype="string"))[["scope_invest", "scope_pension", "scope_finance"]].iloc[0].tolist()
    [1.0, 1.0, 0.0]
    """
    lawful = text.str.replace(_DENIED, "", regex=True)
    told = {"scope_length": text.str.len(), "scope_items": lawful.str.count("[、；;，,。]") + 1}
    told |= {f"scope_{code}": lawful.str.count("|".join(found)) for code, found in SCOPE_WORDS.items()}
    told["scope_disclaim"] = text.str.count("|".join(DENIALS))
    out = pd.DataFrame(told).astype("Float64").astype("float64")
    kinds = out[[f"scope_{code}" for code in SCOPE_WORDS]]
    return out.assign(scope_kinds=(kinds > 0).sum(axis=1).where(text.notna()).astype("float64"))


def _fullest(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a firm: the one with most told; among equals the first by content, never by place in the file."""
    plain = rows.astype("string").fillna("")
    keys = pd.DataFrame({"id": rows["id"], "empty": rows.isna().sum(axis=1), "content": plain.agg("\x1f".join, axis=1)}, index=rows.index)
    return rows.loc[keys.sort_values(["id", "empty", "content"]).drop_duplicates("id").index]


def _closing(rows: pd.DataFrame) -> pd.Series[Any]:
    return days("base_info.csv", pd.DataFrame({"opfrom": words(rows, "opto")}, index=rows.index))


def change(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """What was changed, how often, how lately, how much on one day; numbers that rose or fell (capital is one)."""
    day = days("change_info.csv", rows)
    code = words(rows, "bgxmdm").str.replace(r"\.0$", "", regex=True).fillna("none")
    before, after = column(rows, "bgq"), column(rows, "bgh")
    facts = pd.DataFrame({"id": rows["id"], "day": day, "ago": years(moment, day), "code": code}, index=rows.index)
    facts["recent"], facts["recent_three"] = (facts["ago"] <= 1).astype("float64"), (facts["ago"] <= 3).astype("float64")
    facts["rose"], facts["fell"] = (after > before).astype("float64"), (after < before).astype("float64")
    g = facts.groupby("id")
    out = pd.DataFrame(
        {"count": g.size(), "codes": g["code"].nunique(), "last_years_ago": g["ago"].min(), "first_years_ago": g["ago"].max()}
    )
    out[["recent", "recent_three", "rose", "fell"]] = g[["recent", "recent_three", "rose", "fell"]].sum()
    out["days"] = g["day"].nunique()
    out["most_in_a_day"] = facts.groupby(["id", "day"]).size().groupby("id").max()
    common = sorted(code.value_counts().items(), key=lambda found: (-int(found[1]), str(found[0])))[:CHANGE_CODES]
    kept = facts[facts["code"].isin([name for name, _ in common])]
    by_code = kept.groupby(["id", "code"]).size().unstack(fill_value=0).add_prefix("code_")
    return out.join(by_code).fillna(dict.fromkeys(by_code.columns, 0)).astype(np.float64)
