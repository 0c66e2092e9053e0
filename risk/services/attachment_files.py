"""The bytes of attachments: under ``RISK_HOME/attachments``, each content once, named by its SHA-256, readable by the owner of the process alone.

A file is written to a temporary name, flushed to the disk and renamed, so that a name always stands for whole content. What no row names (a killed upload, a
removed attachment) is cleared away later.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from risk.domain.attachment_types import FileType, limits, type_of
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import register

_CHUNK = 1 << 20

register({"attachment_gone": ("附件的内容已不在：{hash}", "the content of the attachment is gone: {hash}")})


@dataclass(frozen=True, slots=True)
class Stored:
    """Content that lies in the folder. ``size`` in bytes."""

    sha256: str
    size: int
    type: FileType


def folder_of(home: Path) -> Path:
    """Where the bytes lie: part of every backup."""
    return home / "attachments"


def path_of(folder: Path, sha256: str) -> Path:
    """Where content lies, two levels deep so that no folder grows without bound.

    >>> path_of(Path("x"), "ab12").as_posix()
    'x/ab/ab12'
    """
    return folder / sha256[:2] / sha256


def take_in(folder: Path, file: BinaryIO) -> Stored:
    """Copy a file in, whatever its size, in pieces. ``InvalidInputError``: ``attachment_too_large``, ``attachment_empty``, ``attachment_type``."""
    kind = type_of(file)
    incoming = folder / "incoming"
    incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = incoming / secrets.token_hex(16)
    try:
        sha256, size = _copy(file, temporary)
        final = path_of(folder, sha256)
        final.parent.mkdir(mode=0o700, exist_ok=True)
        temporary.replace(final)
        _flush_folder(final.parent)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
    return Stored(sha256, size, kind)


def existing(folder: Path, sha256: str) -> Path:
    """Where content lies; ``NotFoundError`` (``attachment_gone``)."""
    path = path_of(folder, sha256)
    if not path.is_file():
        raise NotFoundError("attachment_gone", hash=sha256[:12])
    return path


def stored(folder: Path) -> Iterator[Path]:
    """Every content in the folder."""
    yield from sorted(path for path in folder.glob("??/*") if len(path.name) == 64 and path.is_file())


def clear(folder: Path, named: Collection[str], now: datetime) -> int:
    """Delete content that nobody names, and unfinished uploads, once they are older than ``keep_orphans_hours``; returns how many."""
    oldest = now.timestamp() - limits().keep_orphans_hours * 3600
    unnamed = [path for path in stored(folder) if path.name not in named]
    gone = 0
    for path in [*unnamed, *(folder / "incoming").glob("*")]:
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()
                gone += 1
    return gone


def wrong(folder: Path, named: Collection[str]) -> Iterator[str]:
    """Hashes of content that is missing or is not what its name says."""
    for sha256 in sorted(named):
        path = path_of(folder, sha256)
        if not path.is_file() or _hash(path) != sha256:
            yield sha256


def _copy(file: BinaryIO, target: Path) -> tuple[str, int]:
    digest, size, most = hashlib.sha256(), 0, limits().file_bytes
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        while piece := file.read(_CHUNK):
            size += len(piece)
            if size > most:
                raise InvalidInputError("attachment_too_large", limit=most)
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest(), size


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
