"""The command line as a person calls it: through ``main``, so that refusals are printed and the exit code is the real one. Small made-up inputs."""

from __future__ import annotations

import io
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from risk.cli import main

MODEL = "false_medical_advertising"
GOLDEN = Path(__file__).parents[1] / "golden"

_CLAIMS = ("根治{}，签协议，无效退款", "祖传秘方三天治好{}，永不复发", "{}患者不用吃药，喝这个茶包好", "军区医院专家攻克{}，治愈率98%")
_PLAIN = ("医生提醒：{}患者要按时复诊", "社区周末有{}健康讲座，免费量血压", "今天聊聊{}的日常护理", "本店出售普通食品，不能替代药物治疗{}")
_ILLS = ("糖尿病", "高血压", "牛皮癣", "白癜风", "关节炎", "哮喘", "失眠", "胃病", "鼻炎", "脱发", "近视", "痛风")


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str


def risk(*arguments: str | Path) -> Done:
    """Run ``risk`` with these arguments; a traceback fails the test, as an exception that nobody expected."""
    before, out, err = sys.argv, io.StringIO(), io.StringIO()
    sys.argv = ["risk", *(str(a) for a in arguments)]
    code = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    finally:
        sys.argv = before
    return Done(code, out.getvalue(), err.getvalue())


def good(*arguments: str | Path) -> str:
    """What a command printed that must succeed."""
    done = risk(*arguments)
    assert done.code == 0, f"{arguments}: {done.err or done.out}"
    return done.out


def labelled() -> pd.DataFrame:
    """Ninety-six texts, half of them claims; two channels."""
    rows = [(form.format(ill), label) for ill in _ILLS for forms, label in ((_CLAIMS, "1"), (_PLAIN, "0")) for form in forms]
    return pd.DataFrame(
        {"text": [t for t, _ in rows], "label": [y for _, y in rows], "channel": ["short_video", "forum"] * (len(rows) // 2)}
    )


def firms(folder: Path, n: int = 80) -> Path:
    """Tables of firms that differ a little where the label does."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    ids, y = [f"f{i:03d}" for i in range(n)], (rng.random(n) < 0.4).astype(int)
    many = [i for i, label in zip(ids, y, strict=True) for _ in range(1 + 2 * int(label))]
    tables: dict[str, dict[str, Any]] = {
        "labels": {"id": ids, "label": y},
        "annual_report_info": {
            "id": ids,
            "ANCHEYEAR": 2017,
            "STATE": 1,
            "EMPNUM": rng.integers(1, 50, n),
            "PUBSTATE": 1,
            "BUSSTNAME": "开业",
        },
        "tax_info": {"id": ids[: n // 2], "END_DATE": "2017/03/31", "TAX_CATEGORIES": "增值税", "TAX_ITEMS": "滞纳金", "TAX_AMOUNT": 10.5},
        "news_info": {"id": many, "positive_negtive": "消极", "public_date": "2018-01-01"},
        "other_info": {"id": ids, "legal_judgment_num": rng.integers(0, 4, n) + y, "brand_num": 0, "patent_num": 0},
    }
    for name, columns in tables.items():
        pd.DataFrame(columns).to_csv(folder / f"{name}.csv", index=False)
    return folder


def check_golden(name: str, text: str) -> None:
    """The text equals the stored one (renew: RISK_RENEW_GOLDEN=1, and review the diff)."""
    path = GOLDEN / name
    if os.environ.get("RISK_RENEW_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
