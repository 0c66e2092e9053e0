"""非法销售处方药 / illegal sale of prescription drugs: how an Rx is sold."""

from models.spec import Lens, ModelSpec, codes

SPEC = ModelSpec(
    name="illegal_prescription_drug_sales",
    title=("非法销售处方药", "Illegal sale of prescription drugs"),
    question=(
        "该信息是否涉嫌无处方销售处方药，或向公众作处方药广告？",
        "Is this text suspected of selling a prescription drug without prescription, or of advertising one to the public?",
    ),
    unit="signal",
    lenses=(
        Lens(
            "",
            ("销售文本", "offer"),
            "text",
            codes("RX"),
            ("向公众提供仅凭处方销售的药品，不论卖方是谁", "offers a prescription-only medicine to the public, whoever the seller is"),
        ),
    ),
    inputs=("text", "rules", "drug dictionary", "subject licences"),
    basis=(
        ("药品管理法", "54"),
        ("药品管理法", "61"),
        ("药品管理法", "130"),
        ("广告法", "15"),
        ("广告法", "57"),
        ("处方药与非处方药分类管理办法（试行）", "2"),
        ("处方药与非处方药分类管理办法（试行）", "8"),
        ("处方药与非处方药分类管理办法（试行）", "12"),
    ),
    limits=(
        ("双跨药品须按规格判断", "drugs that are both Rx and OTC must be judged by specification"),
        ("看不到页面流程（实名、处方审核、药师）", "cannot see the gate of a page: real name, prescription review, pharmacist"),
        ("与非法销售药品可同时命中，合并为一条线索", "may hit together with illegal drug sales: one clue, several hits"),
    ),
    owner=("药品监督管理部门", "the drug regulator"),
)
