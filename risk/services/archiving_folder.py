"""Where the archived months of a store lie: told once to its engine, known to all its connections, so that a report need not be handed a folder."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine

from risk.domain.errors import ConflictError
from risk.domain.messages import register

_FOLDER = "risk_archive"

register({"archive_folder_unknown": ("未设置归档目录，无法读取已归档的月份", "this process does not know where archived months lie")})


def use_folder(engine: Engine, folder: Path) -> None:
    """Whoever opens a store says it once."""
    engine.update_execution_options(**{_FOLDER: str(folder)})


def folder_of(bind: Connection | Engine) -> Path:
    """The folder of archives; ``ConflictError`` (``archive_folder_unknown``)."""
    told = bind.get_execution_options().get(_FOLDER)
    if not told:
        raise ConflictError("archive_folder_unknown")
    return Path(told)


def place_of(bind: Connection | Engine, month: str, part: int) -> Path:
    """The folder of one archive."""
    return folder_of(bind) / month / f"{part:02d}"
