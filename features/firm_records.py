"""Tax, news, judgments and brands of firms → one row a firm: how much, how often, of what kind, and when."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.firm_tables import column, days, words, years

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
ITEMS = {"pay": "工资", "yield": "利息|股息|红利", "transfer": "转让|产权", "contract": "合同"}
"""What was taxed: wages, interest and dividends, transfers of property, contracts."""
POLARITY = {"积极": "positive", "中立": "neutral", "消极": "negative"}
NEWS_YEARS = range(6)


def tax(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """How much, how often, of what kind, and how much of it was a fee for being late."""
    facts = _tax_facts(rows, moment)
    g = facts.groupby("id")
    out = pd.DataFrame({"count": g.size(), "amount": g["amount"].sum(min_count=1), "amount_max": g["amount"].max()})
    out["amount_mean"], out["amount_min"] = g["amount"].mean(), g["amount"].min()
    out["amount_log_mean"], out["amount_log_std"] = g["amount_log"].mean(), g["amount_log"].std()
    out["basis"], out["basis_mean"], out["basis_told"] = g["basis"].sum(min_count=1), g["basis"].mean(), g["basis_told"].mean()
    out["rate_mean"], out["rate_max"], out["rates"] = g["rate"].mean(), g["rate"].max(), g["rate"].nunique()
    out["deduction"], out["deduction_min"] = g["deduction"].sum(min_count=1), g["deduction"].min()
    out["late_count"], out["late_share"] = g["late"].sum(), g["late"].mean()
    out["late_amount_share"] = g["late_amount"].sum() / out["amount"].where(out["amount"] > 0)
    out["kinds"], out["items"], out["periods"] = g["kind"].nunique(), g["item"].nunique(), g["end"].nunique()
    out["last_years_ago"], out["first_years_ago"] = g["ago"].min(), g["ago"].max()
    for code in ITEMS:
        out[f"item_{code}"] = g[f"item_{code}"].mean()
    for word, code in TAXES.items():
        mine = facts[facts["kind"] == word].groupby("id")["amount"]
        out[f"{code}_count"] = mine.size().reindex(out.index, fill_value=0)
        out[f"{code}_amount"] = mine.sum().reindex(out.index, fill_value=0.0)
    return out


def _tax_facts(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    facts = pd.DataFrame({"id": rows["id"], "amount": column(rows, "TAX_AMOUNT"), "rate": column(rows, "TAX_RATE")}, index=rows.index)
    facts["amount_log"] = np.log1p(facts["amount"].abs())
    facts["basis"], facts["deduction"] = column(rows, "TAXATION_BASIS"), column(rows, "DEDUCTION")
    facts["basis_told"] = facts["basis"].notna().astype("float64")
    item = words(rows, "TAX_ITEMS")
    facts["item"], facts["kind"] = item, words(rows, "TAX_CATEGORIES")
    late = item.str.contains(LATE, regex=False).astype("Float64").astype("float64")
    facts["late"], facts["late_amount"] = late, late * facts["amount"]
    for code, pattern in ITEMS.items():
        facts[f"item_{code}"] = item.str.contains(pattern).astype("Float64").astype("float64")
    day = days("tax_info.csv", rows)
    facts["end"], facts["ago"] = day, years(moment, day)
    return facts


def news(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """How often it was written about, in which tone, and when; tone unknown where the table does not tell it."""
    day = days("news_info.csv", rows)
    facts = pd.DataFrame({"id": rows["id"], "day": day, "month": day.dt.strftime("%Y-%m"), "ago": years(moment, day)}, index=rows.index)
    tone = words(rows, "positive_negtive")
    for word, code in POLARITY.items():
        facts[code] = (tone == word).astype("Float64").astype("float64")
    facts["undated"], facts["recent"] = facts["ago"].isna().astype("float64"), (facts["ago"] <= 1).astype("float64")
    facts["negative_recent"] = facts["negative"] * facts["recent"]
    for k in NEWS_YEARS:
        facts[f"year{k}"] = (facts["ago"].floordiv(1) == k).astype("float64")
    g = facts.groupby("id")
    summed = [*POLARITY.values(), "undated", "recent", "negative_recent", *(f"year{k}" for k in NEWS_YEARS)]
    out = g[summed].sum(min_count=1)
    out["count"], out["days"], out["months"] = g.size(), g["day"].nunique(), g["month"].nunique()
    for code in POLARITY.values():
        out[f"{code}_share"] = out[code] / out["count"]
    out["last_years_ago"], out["first_years_ago"], out["mean_years_ago"] = g["ago"].min(), g["ago"].max(), g["ago"].mean()
    out["median_years_ago"], out["spread_years"] = g["ago"].median(), g["ago"].std()
    return out


def other(rows: pd.DataFrame, _moment: pd.Timestamp) -> pd.DataFrame:
    """Judgments, brands and patents; a number that is missing stays missing."""
    numbers = pd.DataFrame({c: column(rows, f"{c}_num") for c in ("legal_judgment", "brand", "patent")}, index=rows.index)
    out = numbers.groupby(rows["id"]).max()
    out["known"] = out.notna().sum(axis=1)
    return out
