"""Packages for the tests of plug-ins, as an installer leaves them: modules and a dist-info with entry points. Those called after a fault have it."""

from collections.abc import Mapping
from pathlib import Path

FUNCTIONS = """
import os, random, re, time
from datetime import date

import numpy as np

from rules.plugins import Column, Kind, Parameter, Rows, Type, function

TEXT, NUMBER, FLAG, DAY, SET = (Type(kind) for kind in (Kind.TEXT, Kind.NUMBER, Kind.FLAG, Kind.DATE, Kind.SET))
CALLS = []


def rule_function(zh, result=NUMBER, *params, **more):
    given = [Parameter(f"p{i}", one) for i, one in enumerate(params)]
    return function(zh=zh, version="1", result=result, params=given, doc_zh="说明", doc_en="meaning", **more)


@rule_function("长度", NUMBER, reads_text=True, maybe=False)
def length(rows): return [len(text) for text in rows.texts]

@rule_function("次日", DAY, DAY)
def next_day(rows, day):
    column = rows.column(day)
    return Column(column.values.astype("datetime64[D]") + 1, column.known)

@rule_function("有无", FLAG, SET, TEXT)
def held(rows, licences, wanted):
    column = rows.column(licences)
    return Column(np.array([wanted in one for one in column.values], dtype=bool), column.known)

@rule_function("取反", FLAG, FLAG)
def opposite(rows, flag): return Column(~rows.column(flag).values, rows.column(flag).known)

@rule_function("变量", TEXT)
def environment(rows): return [os.environ.get("RISK_DATABASE", "none")] * rows.size

@rule_function("耗时很长")
def forever(rows):
    while True: pass

@rule_function("卡住的正则")
def stuck_in_c(rows): return [bool(re.match("(a+)+$", "a" * 64 + "b"))] * rows.size

@rule_function("睡着")
def asleep(rows): time.sleep(3600)

@rule_function("退出")
def leaves(rows): os._exit(3)

@rule_function("出错", NUMBER, NUMBER)
def raises(rows, value): raise ValueError("bad luck.")

@rule_function("改写", NUMBER, NUMBER)
def writes(rows, value):
    value.values[:] = 0
    return value

@rule_function("少一行")
def short(rows): return [1.0] * (rows.size - 1)

@rule_function("别的类型")
def other_kind(rows): return ["one"] * rows.size

@rule_function("不是日期", DAY)
def no_date(rows): return Column(np.array(["2024-01-01"] * rows.size, dtype=object), np.ones(rows.size, dtype=bool))

@rule_function("未声明", Type(Kind.CATEGORY), values=[("a", "甲")])
def undeclared(rows): return ["b"] * rows.size

@rule_function("从不未知", maybe=False)
def never_unknown(rows): return [None] * rows.size

@rule_function("无穷")
def infinite(rows): return [float("inf")] * rows.size

@rule_function("随机")
def chance(rows): return [random.random() for _ in range(rows.size)]

@rule_function("计次")
def counts(rows):
    CALLS.append(1)
    return [float(len(CALLS))] * rows.size

@rule_function("均值", NUMBER, NUMBER)
def deviation(rows, value): return value.values - value.values[value.known].mean()

@rule_function("只看先后", NUMBER, NUMBER)
def rank(rows, value): return np.arange(rows.size, dtype=float)

@rule_function("别名", name="called_otherwise")
def misnamed(rows): return [1.0] * rows.size

@rule_function("许可状态")
def own_name(rows): return [1.0] * rows.size

@rule_function("争抢")
def wanted_by_two(rows): return [1.0] * rows.size

not_declared = print
"""

WRONG = {
    "no_import": "import a_package_that_is_nowhere\n",
    "hangs": "while True: pass\n",
    "bad_signature": """
from rules.plugins import Kind, Parameter, Type, function

@function(zh="少参数", version="1", result=Type(Kind.NUMBER), params=[Parameter("x", Type(Kind.NUMBER))], doc_zh="说明", doc_en="meaning")
def bad_signature(rows): return [1.0] * rows.size
""",
}

GOOD = ("length", "next_day", "held", "opposite", "environment")
FAULTY = {
    "forever": "P012",
    "stuck_in_c": "P012",
    "asleep": "P012",
    "leaves": "P013",
    "raises": "P011",
    "writes": "P011",
    "short": "P020",
    "other_kind": "P021",
    "no_date": "P021",
    "undeclared": "P022",
    "never_unknown": "P023",
    "infinite": "P024",
    "chance": "P030",
    "counts": "P030",
    "deviation": "P031",
    "rank": "P031",
}
"""Functions that load and then fail, with the code of their fault."""

REFUSED = {
    "not_declared": "P002",
    "misnamed": "P002",
    "bad_signature": "P002",
    "no_import": "P001",
    "nowhere": "P001",
    "own_name": "P003",
    "wanted_by_two": "P004",
}
"""Functions that are not offered, with the code of their fault."""


def package(folder: Path, name: str, modules: Mapping[str, str], entries: Mapping[str, Mapping[str, str]], version: str = "1.0") -> None:
    """Lay a package down in a folder of the import path."""
    for module, text in modules.items():
        path = folder / module
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    groups = [f"[{group}]\n" + "".join(f"{entry} = {place}\n" for entry, place in items.items()) for group, items in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(groups), encoding="utf-8")


def functions_site(folder: Path) -> Path:
    """Every function above, and a second package that claims one of their names."""
    own = [*GOOD, *FAULTY, "not_declared", "misnamed", "own_name", "wanted_by_two"]
    entries = {name: f"trial_functions:{name}" for name in own}
    entries |= {
        "nowhere": "trial_functions:nowhere",
        "no_import": "trial_no_import:no_import",
        "bad_signature": "trial_bad_signature:bad_signature",
    }
    modules = {"trial_functions.py": FUNCTIONS, **{f"trial_{name}.py": text for name, text in WRONG.items()}}
    package(folder, "trial-plugin", modules, {"risk.rule_functions": entries})
    package(folder, "rival-plugin", {}, {"risk.rule_functions": {"wanted_by_two": "trial_functions:wanted_by_two"}}, "2.0")
    return folder
