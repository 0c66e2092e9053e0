"""Revisions of the tables, oldest first in ``versions/``. They are frozen once released: a change is a new file."""
