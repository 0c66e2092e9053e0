"""Ten lines that register an outside model: as a script (``python -m experiments.notebooks.register_outside``) what ``register_outside.ipynb`` does in cells."""

from pathlib import Path

from risk.bootstrap import register_outside

HERE = Path(__file__).parent
SAMPLE = ["健身房办卡三年，老板失联，退卡无门", "理发店储值卡没用完，店铺一夜搬空", "本店新开业，欢迎光临"]


def main() -> int:
    """Register the model below ``RISK_HOME``; gives the version. Nothing of its code runs here."""
    spec = {
        "name": "prepaid_default",
        "title": ("预付卡跑路", "Prepaid cards"),
        "question": ("是否涉嫌收取预付款后停业失联？", "Suspected of closing and vanishing with prepayments?"),
        "basis": (("消费者权益保护法", "53"),),
        "owner": ("消费环境处数据组", "data team, consumer protection"),
        "limits": (
            ("只看文字；词语权重为示例，未经标注数据检验", "reads words only; the weights are an example, not tested on labelled data"),
        ),
        "columns": ("contact_count",),
    }
    weights = {"weights": HERE / "prepaid_default.json"}
    return register_outside(spec, HERE / "prepaid_default.py", SAMPLE, actor="数据科学家甲", data=weights, reason="第六类风险试用")


if __name__ == "__main__":
    print("version", main())
