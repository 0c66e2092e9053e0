"""What is said of model files and versions, wherever they are asked for."""

from __future__ import annotations

from risk.domain.messages import register

register(
    {
        "bundle_refused": ("模型文件未通过校验，拒绝加载：{reason}", "the model is refused: {reason}"),
        "bundle_refused.hint": ("从登记库重新取出，或重新训练", "take it from the registry again, or train again"),
        "no_bundle": ("目录 {path} 中没有模型（缺少 manifest.json）", "folder {path} holds no model (it has no manifest.json)"),
        "no_bundle.hint": ("给出 risk train --output 写出的目录", "give a folder that risk train --output wrote"),
        "champions_damaged": ("{path} 无法读取，不知道上线的是哪个版本", "{path} cannot be read: which version is champion is not known"),
        "champions_damaged.hint": ("从备份恢复，或用 --rules-only", "bring it back from a backup, or use --rules-only"),
        "no_version": ("“{name}”没有版本或目录“{version}”", "`{name}` has no version or folder `{version}`"),
        "no_version.hint": ("用 risk models list 查看已登记的版本", "see risk models list"),
        "outside_not_approved": (
            "外部模型“{name}”尚未批准，不会运行它的代码",
            "the outside model `{name}` is not approved: its code is not run",
        ),
        "outside_not_approved.hint": (
            "由登记者以外的人批准：risk models approve {name} VERSION --actor …，再 risk models promote",
            "another person than who registered it approves: risk models approve {name} VERSION --actor …, then risk models promote",
        ),
        "outside_broken": ("外部模型“{name}”不能用：{reason}", "the outside model `{name}` cannot be used: {reason}"),
        "outside_broken.hint": ("登记新版本，或 risk rollback", "register a new version, or risk rollback"),
        "wrong_bundle": ("该模型属于 {found}，不是 {wanted}", "this model is of {found}, not of {wanted}"),
    }
)
