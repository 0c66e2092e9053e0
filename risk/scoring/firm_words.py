"""Why a firm scores as it does, in the words of an officer: columns of one subject are summed, said once with the firm's own figures, under their dimension.

A learner of firms weighs two hundred columns; many of them tell one thing (an answer of the last report, of the one before, the least of all answers). Their
contributions are added, so that nothing is lost, and the subject is told with what the tables say of the firm.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Literal

from features.firm_index import DIMENSIONS, Dimension
from models.firm import NO_RECORD
from models.firm_alike import PREFIX
from risk.scoring.grounds import NOTABLE

if TYPE_CHECKING:
    import pandas as pd

    from models.explain import Contribution

PROFILE = ("经营概况", "profile")
"""Where subjects stand that belong to none of the five dimensions."""
Said = tuple[str, str]
Group = Dimension | Literal["profile"]


@dataclass(frozen=True, slots=True)
class Reason:
    """A subject that moved a probability, by how much, in words."""

    dimension: Group
    log_odds: float
    zh: str
    en: str

    @property
    def line(self) -> Said:
        """With its dimension in front, in Chinese and English."""
        zh, en = PROFILE if self.dimension == "profile" else DIMENSIONS[self.dimension]
        return f"【{zh}】{self.zh}", f"[{en}] {self.en}"


class Firm:
    """One row of a table of firms, read by name; an unknown value is None."""

    def __init__(self, row: pd.Series, as_of: str | None, learnt: Mapping[str, float | None]) -> None:
        self._row, self._as_of, self.learnt = row, date.fromisoformat(as_of) if as_of else None, learnt

    def __getitem__(self, name: str) -> float | None:
        value = self._row.get(name)
        return None if value is None or value != value else float(value)

    def number(self, name: str) -> int:
        """The value as a whole number, 0 where unknown."""
        return round(self[name] or 0)

    def year(self, name: str) -> str:
        """The year that lies so many years before the moment of the table; empty where it is not known."""
        ago = self[name]
        if ago is None or self._as_of is None:
            return ""
        return str((self._as_of - timedelta(days=round(ago * 365.25))).year)

    @property
    def report(self) -> Said:
        """The last report, with its year."""
        year = self.year("report_last_years_ago")
        return (f"{year}年报", f"report of {year}") if year else ("末份年报", "last report")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a group of columns is about, and how it is said of a firm."""

    dimension: Group
    columns: str
    """A regular expression that the whole name of a column matches."""
    say: Callable[[Firm], Said]


def say_reasons(
    table: pd.DataFrame, rows: Sequence[int], shares: Sequence[Sequence[Contribution]], *, least: float = NOTABLE
) -> list[list[Reason]]:
    """For each row the subjects that raised its probability by at least ``least`` log-odds, the strongest first."""
    as_of = table.attrs.get("as_of")
    told = []
    for row, parts in zip(rows, shares, strict=True):
        sums: dict[Subject, float] = {}
        for part in parts:
            subject = subject_of(part.feature) if part.kind == "column" else None
            if subject is not None:
                sums[subject] = sums.get(subject, 0.0) + part.log_odds
        firm = Firm(table.iloc[row], as_of, {part.feature: part.value for part in parts})
        strong = sorted((s for s in sums if sums[s] >= least), key=lambda s: -sums[s])
        told.append([Reason(s.dimension, sums[s], *s.say(firm)) for s in strong])
    return told


@cache
def subject_of(column: str) -> Subject | None:
    """The subject that a column belongs to; None for one that nobody named (a column of a foreign model)."""
    return next((subject for subject in SUBJECTS if re.fullmatch(subject.columns, column)), None)


_BLANKS = (
    ("report_last_fundam", "资金数额", "funds"),
    ("report_last_colgranum", "人员构成", "make-up of staff"),
    ("report_last_state_open", "经营状态", "state of business"),
)
"""Questions of the report without a subject of their own. Who files which form leaves which of them open, so it tells the kind of firm, too."""
_PUBLISHED = {1: ("全部公示", "in full"), 2: ("部分公示", "in part"), 3: ("全部不公示", "not at all")}
_STATES = {"open": ("开业", "open"), "idle": ("歇业", "idle"), "stopped": ("停业", "stopped"), "liquidation": ("清算", "in liquidation")}


def _blanks(firm: Firm) -> Said:
    zh, en = firm.report
    empty = [(a, b) for name, a, b in _BLANKS if firm[name] is None]
    if not empty:
        return f"{zh}所问各项均已填写", f"{en}: nothing is left open"
    return f"{zh}未填：" + "、".join(a for a, _ in empty), f"{en} leaves open: " + ", ".join(b for _, b in empty)


def _answer(column: str, zh: str, en: str) -> Callable[[Firm], Said]:
    """How a yes-or-no question of the last report was answered: 1 yes, 2 no."""

    def say(firm: Firm) -> Said:
        value = firm[column]
        told = ("未填", "not answered") if value is None else ("有", "yes") if value == 1 else ("无", "no")
        return f"{firm.report[0]}{zh}：{told[0]}", f"{firm.report[1]}, {en}: {told[1]}"

    return say


def _published(firm: Firm) -> Said:
    zh, en = _PUBLISHED.get(firm.number("report_last_pubstate"), ("未知", "unknown"))
    return f"{firm.report[0]}{zh}", f"{firm.report[1]} published {en}"


def _state(firm: Firm) -> Said:
    known = [_STATES[code] for code in _STATES if firm[f"report_last_state_{code}"] == 1]
    zh, en = known[0] if known else ("未填", "not given")
    return f"{firm.report[0]}经营状态：{zh}", f"{firm.report[1]}, state of business: {en}"


def _years(firm: Firm) -> Said:
    count, gap = firm.number("report_count"), firm.number("report_gap_years")
    first, last = firm.year("report_first_years_ago"), firm.year("report_last_years_ago")
    if not count:
        return "没有年报", "no annual report"
    span = (f"（{first}—{last}年度）", f" ({first}-{last})") if first and last else ("", "")
    broken = (f"，中断{gap}年", f", {gap} years missing in between") if gap else ("", "")
    return f"共{count}份年报{span[0]}{broken[0]}", f"{count} annual reports{span[1]}{broken[1]}"


def _staff(firm: Firm) -> Said:
    now, change = firm["report_last_empnum"], firm["report_empnum_change"]
    if now is None:
        return "从业人数未知", "staff unknown"
    moved = (f"，较首份年报{change:+.0f}", f", {change:+.0f} since the first report") if change else ("", "")
    return f"{firm.report[0]}从业人数{now:.0f}{moved[0]}", f"{firm.report[1]}, staff {now:.0f}{moved[1]}"


def _alike(firm: Firm) -> Said:
    """The highest rate among firms that answered alike, over the groups of answers that are looked at."""
    rate = max((value or 0 for name, value in firm.learnt.items() if name.startswith(PREFIX)), default=0)
    return (
        f"年报填报情况相同的企业中，已标为涉嫌的约占{rate:.0%}",
        f"of firms whose reports are filled in alike, about {rate:.0%} are labelled suspected",
    )


def _counts(zh: str, en: str, *columns: str) -> Callable[[Firm], Said]:
    """Whole numbers put into a sentence."""

    def say(firm: Firm) -> Said:
        values = [firm.number(column) for column in columns]
        return zh.format(*values), en.format(*values)

    return say


def _share(zh: str, en: str, count: str, share: str) -> Callable[[Firm], Said]:
    def say(firm: Firm) -> Said:
        return zh.format(firm.number(count), firm[share] or 0), en.format(firm.number(count), firm[share] or 0)

    return say


def _known(column: str, zh: str, en: str, absent: Said) -> Callable[[Firm], Said]:
    """One number in a sentence, or what is said where there is none."""

    def say(firm: Firm) -> Said:
        value = firm[column]
        return absent if value is None else (zh.format(value), en.format(value))

    return say


def _capital(firm: Firm) -> Said:
    zh, en = zip(
        *(
            (
                f"{a}{'未知' if firm[name] is None else f'{firm[name]:g}万元'}",
                f"{b} {'unknown' if firm[name] is None else f'{firm[name]:g}'}",
            )
            for name, a, b in (("base_regcap", "注册资本", "registered capital"), ("base_reccap", "实缴资本", "paid in"))
        ),
        strict=True,
    )
    return "，".join(zh), ", ".join(en) + " (10,000 yuan)"


def _scope(code: str, zh: str, en: str) -> Callable[[Firm], Said]:
    return _known(
        f"base_scope_{code}", f"经营范围含{zh}类词{{:.0f}}处", f"{en} words in the scope: {{:.0f}}", ("经营范围未知", "scope unknown")
    )


_SCOPES: tuple[tuple[Group, str, str, str], ...] = (
    ("enticement", "invest", "投资、股权、基金", "investment"),
    ("enticement", "pension", "养老", "elderly-care"),
    ("enticement", "farm", "种植养殖", "farming"),
    ("enticement", "health", "保健", "health-care"),
    ("enticement", "travel", "旅游会展", "travel and event"),
    ("marker", "finance", "金融、理财、财富", "finance"),
    ("marker", "exchange", "交易场所、众筹", "exchange or crowd-funding"),
    ("marker", "coin", "虚拟货币、区块链", "virtual-currency"),
    ("marker", "loan", "借贷、担保、租赁", "lending"),
    ("marker", "disclaim", "禁止声明", "denying"),
    ("profile", "advice", "咨询策划", "advice"),
    ("profile", "net", "互联网、软件", "internet"),
    ("profile", "estate", "房地产、物业、酒店", "estate"),
)

SUBJECTS: tuple[Subject, ...] = (
    Subject("profile", NO_RECORD, lambda _firm: ("各表均无记录，按此类企业的基准率给分", "no table knows it: the base rate of such firms")),
    Subject("profile", rf"{PREFIX}.*", _alike),
    *(Subject(dimension, f"base_scope_{code}", _scope(code, zh, en)) for dimension, code, zh, en in _SCOPES),
    Subject(
        "reach",
        r"report_(last_|lag\d_)?forinvestsign.*",
        _answer("report_last_forinvestsign", "对外投资", "investments in other firms"),
    ),
    Subject("reach", r"report_(last_|lag\d_)?websitsign.*", _answer("report_last_websitsign", "网站或网店", "web site or shop")),
    Subject(
        "compliance", r"report_(last_|lag\d_)?stocktransign.*", _answer("report_last_stocktransign", "股东股权转让", "transfer of shares")
    ),
    Subject("compliance", r"report_(last_|lag\d_)?empnumsign.*", _answer("report_last_empnumsign", "从业人数公示", "staff published")),
    Subject("compliance", r"report_(last_|lag\d_)?pubstate.*", _published),
    Subject("compliance", r"report_(last_)?state(_\w+)?", _state),
    Subject("compliance", r"report_((lag\d_)?missing(_least)?|blanks|\w+_told|\w*fundam\w*)", _blanks),
    Subject("compliance", r"report_(present|count|copies|gap_years|first_years_ago|last_years_ago)", _years),
    Subject("profile", r"report_.*", _staff),
    Subject(
        "compliance",
        r"tax_late_.*",
        _share("滞纳金{}次，占纳税记录{:.0%}", "{} fees for late payment, {:.0%} of tax records", "tax_late_count", "tax_late_share"),
    ),
    Subject("compliance", r"tax_.*", _counts("纳税记录{}条，{}个税种", "{} tax records of {} taxes", "tax_count", "tax_kinds")),
    Subject(
        "complaints",
        r"news_negative.*",
        _share("负面新闻{}条，占{:.0%}", "{} bad news items, {:.0%} of all", "news_negative", "news_negative_share"),
    ),
    Subject("reach", r"news_.*", _counts("新闻{}条，近一年{}条", "{} news items, {} within a year", "news_count", "news_recent")),
    Subject(
        "complaints",
        r"other_legal_judgment",
        _known("other_legal_judgment", "裁判文书{:.0f}份", "{:.0f} court judgments", ("未见裁判文书数", "no count of judgments")),
    ),
    Subject("profile", r"other_.*", _counts("商标{}件、专利{}件", "{} brands, {} patents", "other_brand", "other_patent")),
    Subject(
        "compliance",
        r"change_.*",
        _counts("近一年变更登记{}项，累计{}项", "{} changes within a year, {} in all", "change_recent", "change_count"),
    ),
    Subject("compliance", r"base_(for)?(regcap|reccap|capital_\w+)|base_congro", _capital),
    Subject(
        "profile",
        r"base_.*",
        _known("base_age_years", "登记信息：成立{:.1f}年", "register: {:.1f} years old", ("登记信息", "as in the register")),
    ),
    *(
        Subject(
            name,
            f"index_{name}",
            _known(f"index_{name}", f"{zh}指数{{:.0f}}", f"index of {en}: {{:.0f}}", (f"{zh}指数未知", f"index of {en} unknown")),
        )
        for name, (zh, en) in DIMENSIONS.items()
    ),
    Subject(
        "profile",
        r"index_.*",
        _known("index_total", "五维指数{:.0f}", "index of five dimensions: {:.0f}", ("五维指数未知", "index unknown")),
    ),
)
"""Every column that `features.tabular` makes belongs to the first subject that matches it."""
