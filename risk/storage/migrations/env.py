"""Alembic's entry: runs revisions on the connection that ``risk.storage.migrate`` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from risk.storage.tables import metadata


def run() -> None:
    """Run what was asked for on the given connection."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True)
    context.run_migrations()


if hasattr(context, "config"):  # absent where a collector of doctests imports this file, and not alembic
    run()
