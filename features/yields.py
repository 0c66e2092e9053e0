"""What a text promises a year, whatever it is counted in.

The rule: a rate is a yield only where a word of return stands nearer than a word of something else (discount, cure rate, share, loan).
Every way of stating it becomes per cent per year, simple: monthly x 12, daily x 365, doubling in N years → 100 / N.

>>> from features.normalise import normalise
>>> def per_year(text): return [round(y.percent_per_year, 1) for y in yields(normalise(text))]
>>> per_year("年化15%"), per_year("月息2分"), per_year("日返1%"), per_year("三年翻倍")
([15.0], [24.0], [365.0], [33.3])
>>> per_year("年化收益8%-12%"), per_year("投一万一天赚八十"), per_year("万元日收益30元")
([12.0], [292.0], [109.5])
>>> per_year("全场优惠30%"), per_year("治愈率高达98%"), per_year("贷款月息0.5%")
([], [], [])

A masked number (收益x%) is a yield of unknown size: nan.

>>> per_year("预期年化收益xx%")
[nan]
"""

import math
import re
from dataclasses import dataclass

from features.numerals import AMOUNT, HAN, NUMBER, value
from features.views import NormalisedText


@dataclass(frozen=True, slots=True)
class Yield:
    """A stated return, in per cent a year; nan where the number is masked."""

    percent_per_year: float
    start: int
    end: int
    quote: str


_PER_YEAR = {"年": 1.0, "半年": 2.0, "季": 4.0, "季度": 4.0, "月": 12.0, "周": 52.0, "星期": 52.0, "礼拜": 52.0, "天": 365.0, "日": 365.0}
_N = rf"(?:{NUMBER}|x{{1,6}}(?:\.x{{1,6}})?)"
_TO = r"\s{0,2}%?\s{0,2}(?:-{1,3}|~|至|到|—{1,3})\s{0,2}"
_RATE = re.compile(
    rf"(?P<of>百|千|万)分之(?P<a>{_N})(?:{_TO}(?:百分之)?(?P<b>{_N}))?|(?P<c>{_N})(?:{_TO}(?P<d>{_N}))?\s*(?:%|个百分点|个点)"
)
_ANNUAL = re.compile("年化|年利|年息|年收益|年回报|年均|年返|每年|年分红|年预期|年盈利|年增值")
_PERIOD = re.compile(
    rf"(?:(?P<n>{NUMBER})\s*(?P<ge>个)?\s*|(?<![昨今明后前当白春夏秋冬聊近次生节假即往周本上下岁\d个]))(?P<unit>半年|季度|季|年|月|周|星期|礼拜|天|日)"
    r"(?![期开常用式子历前内租使气津然猫空河山王鹅本记元]|天|日)|(?P<every>天天|日日|月月|周周|年年)"
)
_RETURN = re.compile(
    "收益|年化|利息|月息|日息|年息|利率|月利|日利|利润|回报|返利|返还|返息|返本|月返|日返|周返|年返|分红|红利|盈利|获利|增值|赚|业绩比较基准|静态|动态|日化|月化|月入|日入|息|返"
)
_OTHER = re.compile(
    "折|优惠|立减|满减|税|治愈|有效|成功|疗效|好转|含量|浓度|度数|首付|降|减|满意|用户|股份|持股|股权|占|同比|环比|增长|下跌|上涨|涨|跌|通胀|手续费|佣金|服务费|定金|概率|几率|好评|纯|"
    "棉|复购|中奖|完成|返现金券|返券|积分|赔付|报销|补贴|命中|准确|通过率|浮动|上浮|下浮|覆盖|吸收|存款准备|同类|客户|的人|网友|正品|多赚|净利|利润率|毛利|营收|派息|基准利率|利润的|返利的|利用率"
)
_LOAN = re.compile("贷|借款|放款|抵押|信用卡|分期|额度|按揭|用款|下款|融资成本|周转|代款|负债|先息后本|等额|等本|货款|借钱")
_INTEREST = re.compile(
    rf"(?P<p>[年月日])?(?:化|收)?(?P<w>利息|利率|(?<![休信消派股作歇安])息|利)(?:为|高达|达|可达|最高|:)?(?P<a>{_N})(?P<u>分(?![钟类别红期享析组为成店])|厘(?!米)|毛|角)(?P<b>[一二三四五六七八九\d]?)|(?P<c>{_N})(?P<v>分|毛)利(?!润|用)"
)
_DOUBLE = re.compile(
    rf"(?:(?P<n>{NUMBER})\s*个?(?P<unit>年|季度|季|月|周|天)|(?P<half>半年))[^,。!?;\n\d]{{0,8}}?翻(?P<k>{NUMBER})?(?P<w>倍|番)"
    rf"|(?:本金|资金|收益|财富|投资|资产|利润)[^,。!?;\n\d]{{0,3}}?翻(?P<k2>{NUMBER})?(?P<w2>倍|番)|(?P<times>{NUMBER})倍(?:的)?(?:收益|回报|返利|返还|利润)"
)
_VERB = r"(?:净?赚|返利?还?|收益|给|得|分红|利息|(?<![白首引])领|回报|拿|收入|收)(?:到|您|你|取|回)?"
_NOT_OURS = re.compile("股价|成交|业绩|净利|房价|营收|销量|数|率|增速|规模|价格|净值|出生|流量|票房|利润翻|粉丝|会员|产能|产量|市值|行情")
_BARE = re.compile(
    rf"(?:年化|年收益|预期收益|收益)率?(?:收益率?)?(?:为|约|达|高达|:|可达)?\s?(?P<a>\d{{1,2}}\.\d{{1,2}}|\d{{1,2}}(?=-))(?:{_TO}(?P<b>\d{{1,2}}(?:\.\d{{1,2}})?))?(?![\d.%元块万亿个天年月日倍点,x])"
)
_GAIN = re.compile("[赚返给得领拿收]|分红|利息|回报")
_EACH = r"(?:每|一|1|按)?个?(?P<unit>年|季度|季|月|周|星期|天|日)"
_STAKE = rf"(?:{NUMBER}[万wk千](?:[{HAN}](?![天日月年周个季]))?|\d{{3,12}}(?:\.\d{{1,4}})?|[一二两三四五六七八九十]{{1,4}}[千万])"
_MONEY = re.compile(
    rf"(?:(?<!\d)(?P<a>{_STAKE}|万)(?:元|块)?[^。!?;\n\d%]{{0,6}}?,?{_EACH}[^。,!?;\n\d%]{{0,4}}?|{_EACH.replace('<unit>', '<unit2>')}[^。!?;\n\d%,]{{0,3}}?(?P<a2>{_STAKE})(?:元|块)?)"
    rf"{_VERB}(?P<b>{AMOUNT})(?!%|个|倍|天|年|月|分)(?:元|块)?"
)
_GATE = re.compile("%|分之|个点|百分点|[分厘毛角]|翻|倍|万|千|[0-9]{4}|收益|年化")


def yields(text: NormalisedText) -> list[Yield]:
    """Every stated return, in the order of the text."""
    view = text.dense
    t = view.text
    if not _GATE.search(t):
        return []
    found: list[tuple[float, int, int]] = []
    taken = bytearray(len(t))
    for reader in READERS:
        for percent, lo, hi in reader(t):
            if not any(taken[lo:hi]):
                taken[lo:hi] = b"\1" * (hi - lo)
                found.append((percent, lo, hi))
    out = []
    for percent, lo, hi in sorted(found, key=lambda f: f[1]):
        start, end = view.span(lo, hi)
        out.append(Yield(percent, start, end, text.original[start:end]))
    return out


def _money_on_money(t: str) -> list[tuple[float, int, int]]:
    out: list[tuple[float, int, int]] = []
    if not _GAIN.search(t):
        return out
    for m in _MONEY.finditer(t):
        stake = 10000.0 if m["a"] == "万" else value(m["a"] or m["a2"])
        gain = value(m["b"])
        dated = m["unit"] == "年" and re.fullmatch("(?:19|20)[0-9]{2}", m["a"])
        if not dated and stake >= 500 and 0.0005 * stake <= gain <= 10 * stake and not _LOAN.search(t[max(0, m.start() - 8) : m.end() + 8]):
            out.append((gain / stake * 100 * _PER_YEAR[m["unit"] or m["unit2"]], *m.span()))
    return out


def _interest(t: str) -> list[tuple[float, int, int]]:
    """月息2分 is 2 % a month, 年息1分 is 10 % a year, 利息1毛5 is 15 % a year; N分利 alone is monthly."""
    out: list[tuple[float, int, int]] = []
    if "息" not in t and "利" not in t:
        return out
    for m in _INTEREST.finditer(t):
        if _LOAN.search(t[max(0, m.start() - 10) : m.end() + 8]):
            continue
        unit = m["u"] or m["v"]
        period = m["p"] or ("年" if unit in "毛角" else "月")
        number = value(m["a"] or m["c"]) + (value(m["b"]) / 10 if m["b"] else 0)
        percent = number * (10.0 if unit in "毛角" else 1.0 if unit == "分" else 0.1)
        if period == "年" and unit in "分厘":
            percent *= 10
        out.append((percent * _PER_YEAR[period], *m.span()))
    return out


def _doubling(t: str) -> list[tuple[float, int, int]]:
    out: list[tuple[float, int, int]] = []
    if "翻" not in t and "倍" not in t:
        return out
    for m in _DOUBLE.finditer(t):
        times = value(m["k"] or m["k2"] or m["times"] or "1")
        if math.isnan(times):
            continue
        if not m["times"] and _NOT_OURS.search(t[max(0, m.start() - 6) : m.end()].replace(m["n"] or "", "")):
            continue
        fold = 2 ** min(times, 10) - 1 if "番" in (m["w"] or m["w2"] or "") else max(1.0, times - 1)
        years = 0.5 if m["half"] else value(m["n"]) / _PER_YEAR[m["unit"]] if m["n"] else 1.0
        if years > 0:
            out.append((100.0 * fold / years, *m.span()))
    return out


def _rates(t: str) -> list[tuple[float, int, int]]:
    out: list[tuple[float, int, int]] = []
    if "%" not in t and "分之" not in t and "点" not in t:
        return out
    for m in _RATE.finditer(t):
        left, right = _clause(t, m.start(), m.end())
        if not _is_return(left, right):
            continue
        numbers = [value(x) for x in (m["a"], m["b"], m["c"], m["d"]) if x]
        known = [n for n in numbers if not math.isnan(n)]
        percent = (max(known) if known else math.nan) / {"千": 10.0, "万": 100.0}.get(m["of"] or "", 1.0)
        out.append((percent * _periods(left, right), *m.span()))
    return out


def _bare(t: str) -> list[tuple[float, int, int]]:
    """预期年收益9.7: the sign left out."""
    found = [] if "收益" not in t and "年化" not in t else list(_BARE.finditer(t))
    return [
        (max(value(m["a"]), value(m["b"] or m["a"])) * _periods(t[max(0, m.start() - 18) : m.start()] + m.group(), ""), *m.span())
        for m in found
    ]


READERS = (_rates, _bare, _money_on_money, _interest, _doubling)


def _clause(t: str, lo: int, hi: int) -> tuple[str, str]:
    left = re.split(r"[。!?;\n]", t[max(0, lo - 18) : lo])[-1]
    right = re.split(r"[。!?;,\n]", t[hi : hi + 8])[0]
    return left, right


def _is_return(left: str, right: str) -> bool:
    if _LOAN.search(left) or _LOAN.search(right):
        return False
    after, other_after = _RETURN.search(right[:7]), _OTHER.search(right)
    if after and after.start() > 4:
        after = None
    if other_after and (not after or other_after.start() < after.start()):
        return False
    before, other = _last(_RETURN, left), _last(_OTHER, left)
    return before > other or (after is not None and not 0 <= len(left) - 4 <= other)


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((m.end() for m in pattern.finditer(text)), default=-1)


def _periods(left: str, right: str) -> float:
    """How many of the stated periods a year has; without any the rate is taken as yearly."""
    after = re.match(r"(?:/|每|一)?个?(年|季度|月|周|天|日)(?!内|前)|的?(日|月|周|年)(?:收益|利息|息|回报)", right)
    if after:
        return _PER_YEAR[after[1] or after[2]]
    left = left.rsplit("%", 1)[-1]  # the period of an earlier rate is not ours
    for clause in (left.split(",")[-1], left):
        if _ANNUAL.search(clause):
            return 1.0
        for m in reversed(list(_PERIOD.finditer(clause))):
            per = _PER_YEAR[m["unit"] or m["every"][0]]
            count = value(m["n"]) if m["n"] else 1.0
            dated = m["n"] and m["n"].isdigit() and not m["ge"] and m["unit"] in "年月日" and (m["unit"] != "年" or count > 30)
            if not dated and count > 0:
                return per / count
    return 1.0
