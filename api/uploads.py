"""A file that was sent with a form, on the disk for as long as a service reads it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import UploadFile


@contextmanager
def on_disk(file: UploadFile) -> Iterator[Path]:
    """The file in a folder of its own, by the last part of its name: readers go by contents first, then by the name's ending."""
    folder = Path(tempfile.mkdtemp(prefix="risk-upload-"))
    try:
        suffix = Path(file.filename or "").suffix[:10]
        path = folder / f"upload{suffix if suffix.isascii() else ''}"
        with path.open("wb") as out:
            shutil.copyfileobj(file.file, out)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)
