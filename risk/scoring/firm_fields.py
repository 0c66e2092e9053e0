"""The columns of ``features.tabular`` that firm rules may read, with their Chinese names. All are numbers; a table a firm is absent from leaves them unknown."""

from __future__ import annotations

from rules.functions import Field
from rules.kinds import Kind, Type

_NUMBER, _FLAG = Type(Kind.NUMBER), Type(Kind.FLAG)

FIRM_FIELDS: tuple[Field, ...] = (
    Field("base_present", "有登记信息", _FLAG, "在基本信息表中有记录", "has a row in the register"),
    Field("base_regcap", "注册资本", _NUMBER, "注册资本（万元，按源表）", "registered capital, as in the source (10,000 yuan)"),
    Field("base_capital_paid_share", "实缴比例", _NUMBER, "实缴资本 ÷ 注册资本", "paid-up over registered capital"),
    Field("base_capital_gap", "资本缺口", _NUMBER, "注册资本 − 实缴资本", "registered minus paid-up capital"),
    Field("base_age_years", "成立年数", _NUMBER, "至研判时刻的年数", "years since it was opened"),
    Field("base_venind", "风险行业代码", _NUMBER, "源表的风险行业代码", "the source's code of a risky industry"),
    Field("base_scope_invest", "经营范围投资词数", _NUMBER, "经营范围中投资、股权、基金类词的次数", "investment words in the scope"),
    Field(
        "base_scope_finance",
        "经营范围金融词数",
        _NUMBER,
        "金融、理财、财富、资产管理类词的次数",
        "finance words in the scope (条例 Art. 9)",
    ),
    Field(
        "base_scope_exchange",
        "经营范围交易场所词数",
        _NUMBER,
        "交易所、交易中心、众筹类词的次数",
        "exchange words in the scope (条例 Art. 9)",
    ),
    Field("base_scope_loan", "经营范围借贷词数", _NUMBER, "贷款、担保、融资租赁类词的次数", "lending words in the scope"),
    Field("base_scope_pension", "经营范围养老词数", _NUMBER, "养老类词的次数", "elderly-care words in the scope"),
    Field("base_scope_coin", "经营范围虚拟货币词数", _NUMBER, "区块链、虚拟货币类词的次数", "virtual-currency words in the scope"),
    Field("base_scope_farm", "经营范围种养词数", _NUMBER, "种植、养殖、合作社类词的次数", "farming words in the scope"),
    Field("base_scope_advice", "经营范围咨询词数", _NUMBER, "咨询、策划类词的次数", "advice words in the scope"),
    Field("base_scope_disclaim", "经营范围禁止声明数", _NUMBER, "“不得从事吸收存款”等声明的次数", "sentences that deny taking deposits"),
    Field("change_count", "变更次数", _NUMBER, "变更记录条数", "changes on record"),
    Field("change_recent", "近一年变更次数", _NUMBER, "近一年变更记录条数", "changes in the last year"),
    Field("report_present", "有年报", _FLAG, "在年报表中有记录", "has an annual report"),
    Field("report_count", "年报份数", _NUMBER, "年报份数", "annual reports"),
    Field("report_gap_years", "年报缺年数", _NUMBER, "首末年报之间缺少的年数", "years without a report between the first and the last"),
    Field("report_last_state_open", "末份年报在业", _FLAG, "末份年报的经营状态为开业", "the last report says open for business"),
    Field("report_last_empnum", "末份年报从业人数", _NUMBER, "末份年报的从业人数", "employees in the last report"),
    Field("report_empnum_change", "从业人数变化", _NUMBER, "末份减首份年报的从业人数", "employees, last minus first report"),
    Field(
        "report_last_pubstate",
        "末份年报公示状态",
        _NUMBER,
        "1 全部公示，2 部分公示，3 全部不公示",
        "1 published, 2 in part, 3 not published",
    ),
    Field("report_last_websitsign", "末份年报有网站标志", _NUMBER, "1 有网站，2 没有", "1 has a site, 2 has none"),
    Field("report_last_stocktransign", "末份年报股权转让标志", _NUMBER, "1 有转让，2 没有", "1 shares were transferred, 2 not"),
    Field("report_last_forinvestsign", "末份年报对外投资标志", _NUMBER, "1 有对外投资，2 没有", "1 invests in others, 2 not"),
    Field("report_last_colgranum", "末份年报高校毕业生经营者数", _NUMBER, "末份年报所载人数", "as in the last report"),
    Field("tax_present", "有纳税记录", _FLAG, "在税务表中有记录", "has a tax record"),
    Field("tax_count", "纳税记录数", _NUMBER, "税务记录条数", "tax records"),
    Field("tax_late_count", "滞纳金次数", _NUMBER, "滞纳金记录条数", "fees for late payment"),
    Field("tax_late_share", "滞纳金占比", _NUMBER, "滞纳金记录 ÷ 税务记录", "late fees over tax records"),
    Field("tax_amount", "税额合计", _NUMBER, "税额合计（元）", "tax paid in all (yuan)"),
    Field("tax_kinds", "税种数", _NUMBER, "不同税种数", "different taxes"),
    Field("news_present", "有新闻", _FLAG, "在新闻表中有记录", "is written about"),
    Field("news_count", "新闻数", _NUMBER, "新闻条数（去重）", "news items, duplicates once"),
    Field("news_negative", "负面新闻数", _NUMBER, "消极新闻条数", "negative news"),
    Field("news_negative_share", "负面新闻占比", _NUMBER, "消极新闻 ÷ 新闻", "negative over all news"),
    Field("news_negative_recent", "近一年负面新闻数", _NUMBER, "近一年消极新闻条数", "negative news of the last year"),
    Field("other_present", "有司法知产记录", _FLAG, "在其他信息表中有记录", "has judgments, brands or patents on record"),
    Field("other_legal_judgment", "裁判文书数", _NUMBER, "裁判文书数量", "court judgments"),
    Field("other_brand", "商标数", _NUMBER, "注册商标数量", "registered brands"),
    Field("other_patent", "专利数", _NUMBER, "专利数量", "patents"),
    Field("index_compliance", "合规指数", _NUMBER, "五维之一，0–100，越高越差", "one of five dimensions, 0 to 100, higher is worse"),
    Field("index_reach", "传播指数", _NUMBER, "五维之一，0–100，越高越差", "one of five dimensions, 0 to 100, higher is worse"),
    Field("index_enticement", "利诱指数", _NUMBER, "五维之一，0–100，越高越差", "one of five dimensions, 0 to 100, higher is worse"),
    Field("index_complaints", "投诉指数", _NUMBER, "五维之一，0–100，越高越差", "one of five dimensions, 0 to 100, higher is worse"),
    Field("index_marker", "特征词指数", _NUMBER, "五维之一，0–100，越高越差", "one of five dimensions, 0 to 100, higher is worse"),
    Field(
        "index_total", "五维总指数", _NUMBER, "已知维度的平均，0–100，越高越差", "mean of the known dimensions, 0 to 100, higher is worse"
    ),
    Field("index_known", "已知维度数", _NUMBER, "五维中有数据的个数", "how many of the five dimensions are known"),
)
