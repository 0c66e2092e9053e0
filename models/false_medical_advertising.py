"""虚假医疗广告 / false medical advertising."""

from models.spec import Lens, ModelSpec, codes

SPEC = ModelSpec(
    name="false_medical_advertising",
    title=("虚假医疗广告", "False medical advertising"),
    question=(
        "这条信息是否涉嫌作为医疗、药品、医疗器械或保健食品广告，对功效、安全性作断言或保证，或作其他实质性违法宣传？",
        "Is this text suspected to be an advertisement for treatment, drugs, devices or health food with a substantive unlawful claim?",
    ),
    unit="signal",
    lenses=(
        Lens(
            "",
            ("广告文本", "advertising text"),
            "text",
            codes("MED2", "MED1"),
            (
                "含实质性违法宣传的广告；仅有形式违法（MED1）的不计入，最高蓝色",
                "an advertisement with a substantive unlawful claim; a merely formal breach (MED1) is left out: blue at most",
            ),
        ),
    ),
    inputs=("text", "rules", "subject licences"),
    basis=(
        ("广告法", "2"),
        ("广告法", "9"),
        ("广告法", "15"),
        ("广告法", "16"),
        ("广告法", "17"),
        ("广告法", "18"),
        ("广告法", "19"),
        ("广告法", "28"),
        ("广告法", "46"),
        ("广告法", "49"),
        ("药品管理法", "90"),
        ("医疗器械监督管理条例", "60"),
    ),
    limits=(
        ("只看文字，不看图片、音频、视频", "reads text only, no pictures, sound or video"),
        ("无法判断审查证明是否真实有效，须由核查人员查验", "cannot tell whether a review certificate is genuine: the verifier must check"),
        ("科普、处罚通报、否定句是主要误报来源", "health education, penalty news and negated claims are the main false alarms"),
    ),
    owner=("市场监管部门广告监管机构", "advertising supervision of the market regulator"),
)
