"""非法集资 / illegal fundraising, through three lenses that are trained and measured apart."""

from models.labels import LabelRule
from models.spec import Lens, ModelSpec, codes

SPEC = ModelSpec(
    name="illegal_fundraising",
    title=("非法集资", "Illegal fundraising"),
    question=(
        "该信息或企业是否涉嫌未经许可、以许诺还本付息或其他回报的方式向不特定对象吸收资金？",
        "Is this text or firm suspected of taking money from the public without licence against a promised return?",
    ),
    unit="subject",
    lenses=(
        Lens(
            "solicitation",
            ("吸收资金的宣传", "solicitation"),
            "text",
            codes("FUND2", "FUND1"),
            (
                "以承诺回报向公众吸收资金；边界情形（FUND1）不计入，最高蓝色",
                "asks the public for money against a promised return; borderline offers (FUND1) are left out: blue at most",
            ),
        ),
        Lens(
            "report",
            ("报道与投诉", "report"),
            "text",
            LabelRule(frozenset({"1", "FUNDR", "涉嫌非法集资"}), frozenset(), ","),
            (
                "对涉嫌非法集资的报道、投诉或警示：线索指向文中主体，绝不指向作者",
                "news, a complaint or a warning about a scheme: a clue on the subject named, never on the writer",
            ),
        ),
        Lens(
            "firm",
            ("企业画像", "firm"),
            "firm",
            LabelRule(),
            ("该企业后被认定存在非法集资风险", "the firm was later found to carry this risk"),
        ),
    ),
    inputs=("text", "rules", "registers", "annual reports", "tax", "news"),
    basis=(
        ("防范和处置非法集资条例", "2"),
        ("防范和处置非法集资条例", "8"),
        ("防范和处置非法集资条例", "9"),
        ("防范和处置非法集资条例", "11"),
        ("防范和处置非法集资条例", "18"),
        ("防范和处置非法集资条例", "19"),
        ("防范和处置非法集资条例", "20"),
        ("广告法", "25"),
        ("最高人民法院关于审理非法集资刑事案件具体应用法律若干问题的解释", "1"),
        ("最高人民法院关于审理非法集资刑事案件具体应用法律若干问题的解释", "2"),
    ),
    limits=(
        ("四个条件（非法性、公开性、利诱性、社会性）须由牵头部门认定", "the four legal conditions are for the lead department to find"),
        (
            "三个视角不得混用：新闻训练的模型会对警示报警而漏掉要约",
            "the lenses must not be mixed: a model of news alarms on warnings and misses offers",
        ),
        (
            "大量企业没有年报、税务、新闻记录，只能给出此类企业的基础概率",
            "many firms have no record at all: they get the base rate of such firms",
        ),
    ),
    owner=("处置非法集资牵头部门", "the lead department for illegal fundraising"),
)
