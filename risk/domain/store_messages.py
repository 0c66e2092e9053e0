"""What the store says when it cannot be opened or moved to another revision."""

from __future__ import annotations

from risk.domain.messages import register

register(
    {
        "database_driver_missing": ("缺少数据库驱动：{driver}", "the database driver is not installed: {driver}"),
        "database_driver_missing.hint": (
            "PostgreSQL 请安装：pip install 'risk-early-warning[pg]'",
            "for PostgreSQL: pip install 'risk-early-warning[pg]'",
        ),
        "column_too_long": ("有一处文字过长：此处最多 {most} 字", "a text is too long: at most {most} characters here"),
        "column_too_long.hint": ("缩短后重试", "shorten it and try again"),
        "database_unsupported": ("不支持的数据库：{name}", "this kind of database is not supported: {name}"),
        "database_unsupported.hint": (
            "RISK_DATABASE 可用 sqlite:/// 或 postgresql+psycopg:// 开头的地址",
            "RISK_DATABASE takes an address that starts with sqlite:/// or postgresql+psycopg://",
        ),
        "database_unreachable": ("无法打开数据库 {url}：{reason}", "cannot open the database {url}: {reason}"),
        "database_unreachable.hint": ("请检查 RISK_DATABASE 与 RISK_HOME", "check RISK_DATABASE and RISK_HOME"),
        "database_outdated": (
            "数据库版本为 {current}，程序需要 {head}",
            "the database is at revision {current}, the program needs {head}",
        ),
        "database_outdated.hint": ("先备份，再运行 risk db upgrade", "make a backup, then run: risk db upgrade"),
        "database_newer": (
            "数据库版本 {current} 比程序新（程序只认识到 {head}）",
            "the database is at revision {current}, which this program does not know (it knows {head})",
        ),
        "database_newer.hint": ("请使用写入该数据库的程序版本", "use the version of the program that wrote this database"),
        "revision_unknown": ("没有这个数据库版本：{revision}", "no such revision: {revision}"),
        "database_at": ("数据库版本：{revision}", "database revision: {revision}"),
        "database_empty": ("数据库为空（尚无版本）", "the database is empty (no revision yet)"),
    }
)
