"""Tables of firms → one row a firm: registers, annual reports, tax, news, judgments, as numbers with their absence kept.

One rule: what is missing is told, never filled in. A firm without a tax record differs from one that paid nothing, so every table gives a
flag of its own and its other columns are NaN where it has no row. Rows dated after ``as_of`` are dropped before anything is counted.
Without ``as_of`` the newest date found in the tables stands for it: give one whenever firms are scored in parts.

Not ok: the position of a firm in a file, its id, or anything else that tells who made the list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FILES = ("base_info.csv", "change_info.csv", "annual_report_info.csv", "tax_info.csv", "news_info.csv", "other_info.csv")

STATES = {"开业": "open", "歇业": "idle", "停业": "stopped", "清算": "liquidation"}
POLARITY = {"积极": "positive", "中立": "neutral", "消极": "negative"}
TAXES = {
    "个人所得税": "income_personal",
    "企业所得税": "income_company",
    "印花税": "stamp",
    "城市维护建设税": "city",
    "城镇土地使用税": "land_use",
    "营业税": "business",
    "增值税": "vat",
    "土地增值税": "land_gain",
    "教育费附加": "education",
    "地方教育附加": "education_local",
    "房产税": "house",
    "契税": "deed",
}
LATE = "滞纳金"
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
    "disclaim": ("不得从事", "未经金融", "吸收存款", "非法集资"),
}
"""Words of a business scope that fundraising hides behind (防范和处置非法集资条例 Art. 9 and 19), and the sentence that denies it."""

REPORT_NUMBERS = [
    "FUNDAM",
    "EMPNUM",
    "COLGRANUM",
    "RETSOLNUM",
    "DISPERNUM",
    "UNENUM",
    "COLEMPLNUM",
    "RETEMPLNUM",
    "DISEMPLNUM",
    "UNEEMPLNUM",
    "MEMNUM",
    "FARNUM",
    "ANNNEWMEMNUM",
    "ANNREDMEMNUM",
    "STATE",
    "EMPNUMSIGN",
    "WEBSITSIGN",
    "FORINVESTSIGN",
    "STOCKTRANSIGN",
    "PUBSTATE",
]
BASE_NUMBERS = [
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
]


def load_firms(folder: Path | str, as_of: date | str | None = None) -> pd.DataFrame:
    """One row for each firm listed in ``labels.csv`` or ``ids.csv`` (else for each id in any table), indexed by id, float columns only."""
    place = Path(folder)
    tables = {name: _read(place / name) for name in FILES if (place / name).exists()}
    ids = firm_ids(place, tables)
    moment = _moment(tables, as_of)
    parts: list[pd.DataFrame] = []
    for name, make in _TABLES.items():
        rows = tables.get(name)
        if rows is None:
            continue
        dated = rows.drop_duplicates()
        dated = dated[~_later(name, dated, moment)]
        dated = dated[dated["id"].isin(ids)]
        stem = _STEMS[name]
        made = make(dated, moment).reindex(ids).astype("float64").add_prefix(f"{stem}_")
        made.insert(0, f"{stem}_present", ids.isin(dated["id"]).astype("float64"))
        parts.append(made)
    frame = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=ids)
    return pd.concat([frame, dimensions(frame)], axis=1)


def firm_ids(folder: Path | str, tables: Mapping[str, pd.DataFrame] | None = None) -> Any:
    """The firms to be judged, each once, in the order listed; from the tables where no list is there."""
    for name in ("labels.csv", "ids.csv"):
        path = Path(folder) / name
        if path.exists():
            return pd.Index(_read(path)["id"].drop_duplicates(), name="id")
    found = [t["id"] for t in (tables or {}).values()]
    if not found:
        raise FileNotFoundError(f"no list of firms (labels.csv or ids.csv) and no table in {folder}")
    return pd.Index(pd.concat(found).drop_duplicates().sort_values(), name="id")


def _read(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, dtype={"id": str}, encoding="utf-8-sig", low_memory=False)
    return frame[frame["id"].notna()]


_DATES = {"tax_info.csv": "END_DATE", "news_info.csv": "public_date", "change_info.csv": "bgrq", "base_info.csv": "opfrom"}


def _dates(name: str, rows: pd.DataFrame) -> pd.Series[Any]:
    """The day of each row; NaT for a date that is none (``1小时前``, 0000-00-00, a serial number)."""
    if name == "annual_report_info.csv":
        year = pd.to_numeric(rows["ANCHEYEAR"], errors="coerce")
        text = (year.where(year.between(1980, 2100)).astype("Int64").astype("string") + "-12-31").astype(object)
    elif name in _DATES and _DATES[name] in rows:
        text = rows[_DATES[name]].astype("string").str.extract(r"^(\d{4}\D\d{1,2}\D\d{1,2}|\d{8}(?!\d))", expand=False)
        text = text.str.replace(r"\D", "-", regex=True).astype(object)
    else:
        return pd.Series(pd.NaT, index=rows.index, dtype="datetime64[ns]")
    return pd.to_datetime(text, errors="coerce", format="mixed")


def _later(name: str, rows: pd.DataFrame, moment: pd.Timestamp) -> pd.Series[bool]:
    """Rows that were not yet known. The annual report of a year is known in the next; it counts from the end of its year."""
    return _dates(name, rows) > moment


def _moment(tables: Mapping[str, pd.DataFrame], as_of: date | str | None) -> pd.Timestamp:
    if as_of is not None:
        return pd.Timestamp(as_of)
    newest = [d for name, t in tables.items() if name != "base_info.csv" and (d := _dates(name, t).max()) is not pd.NaT]
    return max(newest, default=pd.Timestamp.max.normalize())


def _years(moment: pd.Timestamp, dates: pd.Series[Any]) -> Any:
    return (moment - dates).dt.days / 365.25


def _number(rows: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in rows:
        return pd.Series(np.nan, index=rows.index)
    return pd.to_numeric(rows[name], errors="coerce")


def _annual(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """The last report, how many there are, and how the firm moved between the first and the last."""
    numbers = pd.DataFrame({c.lower(): _number(rows, c) for c in REPORT_NUMBERS}, index=rows.index)
    numbers["id"], numbers["years_ago"] = rows["id"], _years(moment, _dates("annual_report_info.csv", rows))
    for word, code in STATES.items():
        numbers[f"state_{code}"] = (rows["BUSSTNAME"] == word).where(rows["BUSSTNAME"].notna()).astype("float64")
    grouped = numbers.sort_values(["id", "years_ago"], ascending=[True, False], kind="stable").groupby("id")
    last, first = grouped.nth(-1).set_index("id"), grouped.nth(0).set_index("id")
    out = last.add_prefix("last_")
    out["missing"] = last.isna().sum(axis=1)
    out["count"], out["first_years_ago"] = grouped.size(), first["years_ago"]
    for c in ("empnum", "fundam", "colgranum", "unenum", "pubstate", "colemplnum"):
        out[f"{c}_mean"], out[f"{c}_max"] = grouped[c].mean(), grouped[c].max()
        out[f"{c}_change"] = last[c] - first[c]
    for c in ("websitsign", "forinvestsign", "stocktransign", "empnumsign"):
        out[f"{c}_least"] = grouped[c].min()
    out["workers_special"] = last[["colgranum", "retsolnum", "dispernum", "unenum"]].sum(axis=1, min_count=1)
    out["gap_years"] = out["first_years_ago"] - last["years_ago"] + 1 - out["count"]
    return out


def _tax(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """How much, how often, of what kind, and how much of it was a fee for being late."""
    facts = pd.DataFrame({"id": rows["id"], "amount": _number(rows, "TAX_AMOUNT"), "rate": _number(rows, "TAX_RATE")}, index=rows.index)
    facts["basis"], facts["deduction"] = _number(rows, "TAXATION_BASIS"), _number(rows, "DEDUCTION")
    item = rows["TAX_ITEMS"].astype("string").fillna("")
    late = item.str.contains(LATE, regex=False).astype("float64")
    facts["late"], facts["late_amount"] = late, late * facts["amount"]
    facts["item"], facts["kind"] = item, rows["TAX_CATEGORIES"].astype("string").fillna("")
    facts["end"], facts["ago"] = rows["END_DATE"].astype("string"), _years(moment, _dates("tax_info.csv", rows))
    g = facts.groupby("id")
    out = pd.DataFrame({"count": g.size(), "amount": g["amount"].sum(), "amount_max": g["amount"].max(), "amount_mean": g["amount"].mean()})
    out["amount_min"], out["basis"], out["basis_mean"] = g["amount"].min(), g["basis"].sum(), g["basis"].mean()
    out["rate_mean"], out["rate_max"], out["deduction"] = g["rate"].mean(), g["rate"].max(), g["deduction"].sum()
    out["late_count"], out["late_share"] = g["late"].sum(), g["late"].mean()
    out["late_amount_share"] = g["late_amount"].sum() / out["amount"].where(out["amount"] > 0)
    out["kinds"], out["items"], out["periods"] = g["kind"].nunique(), g["item"].nunique(), g["end"].nunique()
    out["last_years_ago"], out["first_years_ago"] = g["ago"].min(), g["ago"].max()
    for word, code in TAXES.items():
        mine = facts[facts["kind"] == word].groupby("id")["amount"]
        out[f"{code}_count"] = mine.size().reindex(out.index, fill_value=0)
        out[f"{code}_amount"] = mine.sum().reindex(out.index, fill_value=0.0)
    return out


def _news(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """How often it was written about, how, and when."""
    facts = pd.DataFrame({"id": rows["id"], "ago": _years(moment, _dates("news_info.csv", rows))}, index=rows.index)
    for word, code in POLARITY.items():
        facts[code] = (rows["positive_negtive"] == word).astype("float64")
    facts["undated"], facts["recent"] = facts["ago"].isna().astype("float64"), (facts["ago"] <= 1).astype("float64")
    facts["negative_recent"] = facts["negative"] * facts["recent"]
    g = facts.groupby("id")
    out = g[[*POLARITY.values(), "undated", "recent", "negative_recent"]].sum()
    out["count"], out["days"] = g.size(), g["ago"].nunique()
    for code in POLARITY.values():
        out[f"{code}_share"] = out[code] / out["count"]
    out["last_years_ago"], out["first_years_ago"], out["mean_years_ago"] = g["ago"].min(), g["ago"].max(), g["ago"].mean()
    return out


def _other(rows: pd.DataFrame, _moment: pd.Timestamp) -> pd.DataFrame:
    """Judgments, brands and patents; a number that is missing stays missing."""
    numbers = pd.DataFrame({c: _number(rows, f"{c}_num") for c in ("legal_judgment", "brand", "patent")}, index=rows.index)
    out = numbers.groupby(rows["id"]).max()
    out["known"] = out.notna().sum(axis=1)
    return out


def _base(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """The register: capital and the part of it not paid in, kind, industry, place, age, and what the scope speaks of."""
    out = pd.DataFrame({c: _number(rows, c) for c in BASE_NUMBERS}, index=rows.index)
    out["capital_gap"] = out["regcap"] - out["reccap"]
    out["capital_paid_share"] = out["reccap"] / out["regcap"].where(out["regcap"] > 0)
    out["district"], out["industry_group"] = out["oplocdistrict"] % 10000, out["industryco"] // 100
    out["industry"] = (
        rows["industryphy"].astype("string").str.strip().str.upper().map(lambda c: ord(c[0]) - 64 if c else np.nan, na_action="ignore")
    )
    opened = pd.to_datetime(rows["opfrom"].astype("string").str.slice(0, 10), errors="coerce")
    closing = pd.to_datetime(rows["opto"].astype("string").str.slice(0, 10), errors="coerce")
    out["age_years"], out["term_years"] = _years(moment, opened), (closing - opened).dt.days / 365.25
    scope = rows["opscope"].astype("string").fillna("")
    out["scope_length"], out["scope_items"] = scope.str.len(), scope.str.count("[、；;，,]") + 1
    for code, words in SCOPE_WORDS.items():
        out[f"scope_{code}"] = scope.str.count("|".join(words))
    out["missing"] = rows.isna().sum(axis=1)
    out["id"] = rows["id"]
    return out.drop_duplicates("id").set_index("id")


def _change(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """What was changed, how often and how lately."""
    ago = _years(moment, _dates("change_info.csv", rows))
    code = rows["bgxmdm"].astype("string").str.replace(r"\.0$", "", regex=True).fillna("none")
    facts = pd.DataFrame({"id": rows["id"], "ago": ago, "code": code, "recent": (ago <= 1).astype("float64")}, index=rows.index)
    g = facts.groupby("id")
    out = pd.DataFrame({"count": g.size(), "codes": g["code"].nunique(), "last_years_ago": g["ago"].min(), "recent": g["recent"].sum()})
    by_code = facts.groupby(["id", "code"]).size().unstack(fill_value=0).add_prefix("code_")
    return out.join(by_code)


def dimensions(frame: pd.DataFrame) -> pd.DataFrame:
    """Five transparent indices from 0 to 100 (higher is worse), after the published *smoke index*; NaN where nothing is known of it.

    compliance: reports and tax not in order; reach: how widely it is spoken of; enticement: what its scope offers;
    complaints: bad news and judgments; marker: scope words that the regulation reserves.
    """

    def column(name: str) -> pd.Series[Any]:
        return frame[name] if name in frame else pd.Series(np.nan, index=frame.index)

    def part(values: pd.Series[Any], full: float) -> pd.Series[Any]:
        return (values / full).clip(0, 1) * 100

    def mean(*parts: pd.Series[Any]) -> pd.Series[Any]:
        return pd.concat(parts, axis=1).mean(axis=1)

    hidden = column("report_last_pubstate") - 1
    stopped = 1 - column("report_last_state_open")
    return pd.DataFrame(
        {
            "index_compliance": mean(
                part(column("tax_late_share"), 0.5), part(hidden, 2), part(stopped, 1), part(1 - column("base_capital_paid_share"), 1)
            ),
            "index_reach": mean(part(np.log1p(column("news_count")), np.log1p(50)), part(2 - column("report_last_websitsign"), 1)),
            "index_enticement": mean(part(column("base_scope_invest") + column("base_scope_pension") + column("base_scope_farm"), 5)),
            "index_complaints": mean(
                part(column("news_negative_share"), 0.5), part(np.log1p(column("other_legal_judgment")), np.log1p(20))
            ),
            "index_marker": mean(part(column("base_scope_finance") + column("base_scope_exchange") + column("base_scope_coin"), 4)),
        },
        index=frame.index,
    )


_TABLES: Mapping[str, Callable[[pd.DataFrame, pd.Timestamp], pd.DataFrame]] = {
    "base_info.csv": _base,
    "change_info.csv": _change,
    "annual_report_info.csv": _annual,
    "tax_info.csv": _tax,
    "news_info.csv": _news,
    "other_info.csv": _other,
}
_STEMS = {
    "base_info.csv": "base",
    "change_info.csv": "change",
    "annual_report_info.csv": "report",
    "tax_info.csv": "tax",
    "news_info.csv": "news",
    "other_info.csv": "other",
}
