"""The tables and the only code that touches them."""

from risk.storage import guards  # noqa: F401 - what the database itself refuses goes with the tables
