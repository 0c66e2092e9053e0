"""非法销售药品 / illegal drug sales: who or what may not be sold."""

from models.spec import Lens, ModelSpec, codes

SPEC = ModelSpec(
    name="illegal_drug_sales",
    title=("非法销售药品", "Illegal drug sales"),
    question=(
        "该信息是否涉嫌无证销售药品，或销售禁止网络销售、未经批准、特殊管理的药品？",
        "Is this text suspected of selling drugs without a licence, or drugs that may not be sold in this way at all?",
    ),
    unit="signal",
    lenses=(
        Lens(
            "",
            ("销售文本", "offer"),
            "text",
            codes("DRUG"),
            ("文字本身显示销售违法的药品或管制物质要约", "an offer of medicines or controlled substances that is unlawful on its face"),
        ),
    ),
    inputs=("text", "rules", "subject licences"),
    basis=(
        ("药品管理法", "24"),
        ("药品管理法", "51"),
        ("药品管理法", "55"),
        ("药品管理法", "61"),
        ("药品管理法", "76"),
        ("药品管理法", "83"),
        ("药品管理法", "98"),
        ("药品管理法", "115"),
        ("药品管理法", "124"),
    ),
    limits=(
        (
            "许可状态须与登记系统核对，文字中的证号不能证明任何事",
            "licences must be checked against the register: a number in a text proves nothing",
        ),
        ("暗语变化快，词表与模型须持续更新", "code words change fast: lists and model need renewal"),
        ("城乡集市中药材、少量境外合法上市药品须人工判断", "herbs at markets and small amounts of drugs lawful abroad need a person"),
    ),
    owner=("药品监督管理部门", "the drug regulator"),
)
