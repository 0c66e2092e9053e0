"""非法销售医疗器械 / illegal medical-device sales."""

from models.spec import Lens, ModelSpec, codes

SPEC = ModelSpec(
    name="illegal_medical_device_sales",
    title=("非法销售医疗器械", "Illegal medical-device sales"),
    question=(
        "该信息是否涉嫌销售未注册医疗器械，或无许可、无备案经营医疗器械？",
        "Is this text suspected of selling unregistered devices, or devices without the licence or filing that their class needs?",
    ),
    unit="signal",
    lenses=(
        Lens(
            "",
            ("销售文本", "offer"),
            "text",
            codes("DEV"),
            ("文字本身可疑的医疗器械要约", "an offer of a medical device that is suspicious on its face"),
        ),
    ),
    inputs=("text", "rules", "device catalogue", "subject licences"),
    basis=(
        ("医疗器械监督管理条例", "13"),
        ("医疗器械监督管理条例", "41"),
        ("医疗器械监督管理条例", "42"),
        ("医疗器械监督管理条例", "43"),
        ("医疗器械监督管理条例", "46"),
        ("医疗器械监督管理条例", "55"),
        ("医疗器械监督管理条例", "81"),
        ("医疗器械监督管理条例", "84"),
    ),
    limits=(
        ("公开标注极少，目前主要靠规则", "very few labels exist: it scores mainly by rules so far"),
        ("第一类和免备案第二类器械无须备案，须人工排除", "class I and exempt class II need no filing: a person must rule them out"),
        ("临床评价豁免不等于经营备案豁免", "exempt from clinical evaluation is not exempt from the trading filing"),
    ),
    owner=("药品监督管理部门医疗器械监管机构", "device supervision of the drug regulator"),
)
