"""What commands that ask and act share: the desk over this process's store, and answers as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.desk import Desk


def open_desk() -> Desk:
    """The desk over the store of the settings; the store is brought up where it is new."""
    from risk.bootstrap import open_store
    from risk.services.desk import Desk

    return Desk(open_store(Settings.from_environment()), lambda: datetime.now(UTC))


def show_json(value: Any) -> None:
    """Print a value as JSON; moments as ISO 8601."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=lambda v: v.isoformat() if hasattr(v, "isoformat") else str(v)))
