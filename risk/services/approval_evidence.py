"""What an approver says to have seen must exist, be finished, and be about the very version that is approved."""

from __future__ import annotations

from sqlalchemy import Connection

from risk.domain.errors import ConflictError
from risk.domain.messages import register
from risk.services import backtest_views
from risk.services.rule_store import Version
from risk.services.rule_text import all_items, hash_of, kind_of, name_of, read

register(
    {
        "approval_backtest_open": (
            "回测 {id} 没有完成，不能作为批准依据",
            "back-test {id} is not finished, so nothing can be approved on it",
        ),
        "approval_backtest_open.hint": ("用 risk rules backtest --resume {id} 继续", "go on with: risk rules backtest --resume {id}"),
        "approval_backtest_other": (
            "回测 {id} 看的不是“{name}”的版本 {version}",
            "back-test {id} did not look at version {version} of `{name}`",
        ),
        "approval_backtest_other.hint": (
            "先运行 risk rules backtest --stored {name}@{version}",
            "first: risk rules backtest --stored {name}@{version}",
        ),
    }
)


def check_backtest(conn: Connection, version: Version, number: int) -> None:
    """Refuse a back-test that is not one of this version, whatever language or layout it was written in.

    ``NotFoundError`` (``backtest_not_found``), ``ConflictError`` (``approval_backtest_open``, ``approval_backtest_other``).
    """
    row = backtest_views.row_of(conn, number)
    if row.status != "done":
        raise ConflictError("approval_backtest_open", id=number)
    meant = (version.kind, version.name, version.hash)
    for file, source in row.sources.items():
        if any((kind_of(item), name_of(item), hash_of(item)) == meant for item in all_items(read(source, file))):
            return
    raise ConflictError("approval_backtest_other", id=number, name=version.name, version=version.version)
