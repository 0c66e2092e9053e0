"""Which files may be attached, known by their content; and names that are safe to keep and to hand out. Pure."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath, PureWindowsPath
from typing import BinaryIO

from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

HEAD = 64
"""Bytes from the beginning that a type is looked for in."""

_ZIP_MEMBERS = 10_000

register(
    {
        "attachment_type": ("不接受这种文件（按内容识别）", "this kind of file is not accepted (told by its content)"),
        "attachment_type.hint": ("可用：{known}", "one of: {known}"),
        "attachment_empty": ("文件是空的", "the file is empty"),
        "attachment_too_large": ("文件超过 {limit} 字节", "the file has more than {limit} bytes"),
    }
)


@dataclass(frozen=True, slots=True)
class FileType:
    """A type that is accepted. ``clean``: how a copy without location data is made."""

    code: str
    media: str
    extension: str
    starts: tuple[tuple[int, bytes], ...]
    inside: str
    never: tuple[str, ...]
    clean: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be attached."""

    file_bytes: int
    task_bytes: int
    task_files: int
    name_characters: int
    keep_orphans_hours: int


@cache
def types() -> tuple[FileType, ...]:
    """Every accepted type, in the order they are looked for."""
    return tuple(
        FileType(
            code=row["code"],
            media=row["media"],
            extension=row["extension"],
            starts=tuple((one["at"], bytes.fromhex(one["hex"])) for one in row["starts"]),
            inside=row.get("inside", ""),
            never=tuple(row.get("never", ())),
            clean=row["clean"],
        )
        for row in read_toml("attachments.toml")["type"]
    )


@cache
def limits() -> Limits:
    """The limits of the data file."""
    row = read_toml("attachments.toml")
    return Limits(**{name: int(row[name]) for name in Limits.__slots__})


def type_of(file: BinaryIO) -> FileType:
    """The type of a file by its content; ``InvalidInputError``: ``attachment_empty``, ``attachment_type``. The file is left at its beginning.

    >>> import io
    >>> type_of(io.BytesIO(b"%PDF-1.7 ...")).code
    'pdf'
    """
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise InvalidInputError("attachment_empty")
    found = next((one for one in types() if _begins(one, head) and (not one.inside or _holds(one, file))), None)
    file.seek(0)
    if found is None:
        raise InvalidInputError("attachment_type", known=", ".join(dict.fromkeys(one.code for one in types())))
    return found


def by_media(media: str) -> FileType | None:
    """The type of a media type that was stored; nothing for one that is accepted no more."""
    return next((one for one in types() if one.media == media), None)


def safe_name(name: str, extension: str, limit: int | None = None) -> str:
    """A name that is only a name: no folder, no control or direction characters, nothing that systems reserve, the extension of its content.

    >>> safe_name("../../etc/passwd", ".pdf"), safe_name("现场照片.JPG", ".jpg"), safe_name("a\\u202egnp.exe", ".png"), safe_name("", ".png")
    ('passwd.pdf', '现场照片.jpg', 'agnp.exe.png', 'file.png')
    >>> safe_name("C:\\\\CON", ".pdf"), safe_name(".htaccess", ".jpg")
    ('_CON.pdf', 'htaccess.jpg')
    """
    limit = limits().name_characters if limit is None else limit
    last = PureWindowsPath(PurePosixPath(unicodedata.normalize("NFC", name)).name).name
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"/\\|?*;%')
    kept = re.sub(r"\s+", " ", kept).strip(" .")
    stem = kept[: -len(extension)] if kept.lower().endswith(extension) else kept
    if extension == ".jpg" and stem.lower().endswith(".jpeg"):
        stem = stem[:-5]
    stem = stem.strip(" .")[: limit - len(extension)] or "file"
    if re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)", stem):
        stem = f"_{stem}"
    return stem + extension


def _begins(kind: FileType, head: bytes) -> bool:
    return all(head[at : at + len(mark)] == mark for at, mark in kind.starts)


def _holds(kind: FileType, file: BinaryIO) -> bool:
    """Whether a ZIP container has the member that makes it this type, and none that is refused. Only its table of contents is read."""
    try:
        with zipfile.ZipFile(file) as container:
            members = container.namelist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return False
    if len(members) > _ZIP_MEMBERS:
        return False
    return kind.inside in members and not any(PurePosixPath(one).name in kind.never for one in members)
