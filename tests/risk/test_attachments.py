"""Attachments: known by content, stored once by hash, cleaned of what the camera wrote, handed out on the record, never lost half-way."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from risk.domain.attachment_clean import UncleanableError, cleaned
from risk.domain.attachment_types import limits, type_of
from risk.domain.authority import Grant, Principal, Scope, permissions_of
from risk.domain.errors import InvalidInputError, RiskError
from risk.domain.grades import Grade
from risk.services import attachment_files, attachments, verdict_detail
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.disposal_world import NOW
from tests.risk.verdict_world import CONTENT, LATER, by, filed, new_tasks

PDF = b"%PDF-1.7 evidence"
GPS = b"Exif\0\0MM GPS 30.59N 114.30E"


def segment(marker: int, payload: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(payload) + 2) + payload


JFIF, TABLE = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), segment(0xDB, bytes(65))
SCAN = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\0\x34\xff\xd0\x56" + b"\xff\xd9"
JPEG = (
    b"\xff\xd8"
    + JFIF
    + segment(0xE1, GPS)
    + segment(0xFE, b"comment")
    + segment(0xE2, b"ICC_PROFILE\0\1\1x")
    + TABLE
    + SCAN
    + b"trailer GPS"
)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG_HEAD = b"\x89PNG\r\n\x1a\n"
PNG = (
    PNG_HEAD
    + chunk(b"IHDR", bytes(13))
    + chunk(b"eXIf", GPS)
    + chunk(b"tEXt", b"a\0GPS")
    + chunk(b"IDAT", b"x")
    + chunk(b"IEND", b"")
    + b"GPS"
)


def webp_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


BODY = webp_chunk(b"VP8X", b"\x0c" + bytes(9)) + webp_chunk(b"VP8 ", b"abc") + webp_chunk(b"EXIF", GPS)
WEBP = b"RIFF" + struct.pack("<I", 4 + len(BODY)) + b"WEBP" + BODY


def container(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PDF, "pdf"),
        (JPEG, "jpeg"),
        (PNG, "png"),
        (WEBP, "webp"),
        (container("[Content_Types].xml", "word/document.xml"), "docx"),
        (container("xl/workbook.xml"), "xlsx"),
        (container("OFD.xml"), "ofd"),
        (b"\0\0\0\x18ftypisom....", "mp4"),
        (b"\0\0\0\x18ftypheic....", "heic"),
    ],
)
def test_a_type_is_told_by_its_content(content: bytes, code: str) -> None:
    assert type_of(io.BytesIO(content)).code == code


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>",
        b"MZ\x90 program",
        b"x%PDF-1.7",
        container("a.txt"),
        container("word/document.xml", "word/vbaProject.bin"),
        b"PK\x03\x04 broken",
        b"RIFF\0\0\0\0WAVE",
        b"<svg xmlns=''/>",
    ],
)
def test_what_is_not_accepted(content: bytes) -> None:
    with pytest.raises(InvalidInputError) as refused:
        type_of(io.BytesIO(content))
    assert refused.value.code == "attachment_type"


def test_copies_of_pictures_say_nothing_of_where_they_were_taken() -> None:
    clean = cleaned("jpeg", JPEG)
    assert b"GPS" not in clean
    assert b"comment" not in clean
    assert clean == b"\xff\xd8" + JFIF + segment(0xE2, b"ICC_PROFILE\0\1\1x") + TABLE + SCAN, "the picture itself is as it was"
    png = cleaned("png", PNG)
    assert b"GPS" not in png
    assert png == PNG_HEAD + chunk(b"IHDR", bytes(13)) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")
    webp = cleaned("webp", WEBP)
    assert b"GPS" not in webp
    assert webp[20] == 0, "and does not claim to have what was left out"
    assert struct.unpack("<I", webp[4:8])[0] == len(webp) - 8


@pytest.mark.parametrize(("how", "content"), [("jpeg", JPEG), ("png", PNG), ("webp", WEBP)])
def test_a_picture_that_is_cut_anywhere_is_refused_or_says_nothing(how: str, content: bytes) -> None:
    """Whatever is left out of a hostile or damaged picture: no copy ever holds what it was made to leave out."""
    for end in range(len(content)):
        try:
            copy = cleaned(how, content[:end])
        except UncleanableError:
            continue
        assert b"GPS" not in copy


def test_metadata_between_scans_is_refused() -> None:
    hidden = b"\xff\xd8" + TABLE + segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12" + segment(0xE1, GPS) + SCAN
    with pytest.raises(UncleanableError):
        cleaned("jpeg", hidden)


def take(folder: Path, content: bytes) -> attachment_files.Stored:
    return attachment_files.take_in(folder, io.BytesIO(content))


def test_content_is_stored_once_and_for_us_alone(tmp_path: Path) -> None:
    one, again = take(tmp_path, PDF), take(tmp_path, PDF)
    assert one == again
    (path,) = attachment_files.stored(tmp_path)
    assert path.read_bytes() == PDF
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list((tmp_path / "incoming").iterdir()) == []


def test_what_is_too_large_or_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if size and size > 1000 and self.tell() > 0:
                raise OSError("gone")
            return super().read(size)

    with pytest.raises(OSError, match="gone"):
        attachment_files.take_in(tmp_path, Broken(PDF + bytes(2 << 20)))
    small = type(limits())(**{name: getattr(limits(), name) for name in limits().__slots__} | {"file_bytes": 10})
    monkeypatch.setattr(attachment_files, "limits", lambda: small)
    with pytest.raises(InvalidInputError) as refused:
        take(tmp_path, PDF)
    assert refused.value.code == "attachment_too_large"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def refused(code: str) -> Any:
    return pytest.raises(RiskError, check=lambda error: error.code == code)


def test_attachments_go_with_the_verdict_and_their_reading_is_recorded(engine: Engine, tmp_path: Path) -> None:
    head, officer = by("科长"), Principal("张三", permissions_of(["officer"]))
    leader = Principal("厅长", permissions_of(["leader"]))
    with transaction(engine) as conn:
        task, other = new_tasks(conn, [Grade.BLUE, Grade.BLUE])
        photo = attachments.add(conn, tmp_path, task, take(tmp_path, JPEG), "../现场/照片.JPEG", actor="张三", now=NOW)
        same = attachments.add(conn, tmp_path, task, take(tmp_path, JPEG), "again.jpg", actor="李四", now=NOW)
        elsewhere = attachments.add(conn, tmp_path, other, take(tmp_path, JPEG), "x", actor="张三", now=NOW)
        assert (photo.name, same.id, elsewhere.sha256) == ("照片.jpg", photo.id, photo.sha256)
        with refused("mistakes_found"):
            filed(conn, task, {**CONTENT, "attachments": [photo.id, elsewhere.id]})
        number = filed(conn, task, {**CONTENT, "attachments": [photo.id]})
        (shown,) = verdict_detail.get_verdict(conn, number, LATER).attachments
        assert (shown.id, shown.verdict_id) == (photo.id, number)

        def fetched(who: Principal, *, original: bool) -> attachments.Download:
            return attachments.download(conn, tmp_path, photo.id, original=original, who=who, now=LATER)

        copy = fetched(leader, original=False)
        assert copy.content is not None
        assert b"GPS" not in copy.content
        with refused("attachment_original_only"):
            fetched(leader, original=True)
        whole = fetched(officer, original=True).path
        assert whole is not None
        assert whole.read_bytes() == JPEG, "evidence stays as it was handed in"
        with refused("attachment_in_use"):
            attachments.remove(conn, photo.id, reason="传错", who=officer, now=LATER)
        with refused("attachment_reason"):
            attachments.remove(conn, photo.id, reason="", who=head, now=LATER)
        gone = attachments.remove(conn, photo.id, reason="含他人信息", who=head, now=LATER)
        assert (gone.removed_by, gone.sha256) == ("科长", photo.sha256)
        with refused("attachment_removed"):
            fetched(officer, original=False)
        assert [one.removed_reason for one in verdict_detail.get_verdict(conn, number, LATER).attachments] == ["含他人信息"]
        nowhere = Principal("外市", permissions_of(["officer"]), Scope((Grant("420500"),)))
        with refused("attachment_not_found"):
            attachments.download(conn, tmp_path, elsewhere.id, original=False, who=nowhere, now=LATER)
        assert attachments.list_attachments(conn, scope=nowhere.scope).items == ()
    with reading(engine) as conn:
        query = select(t.audit.c.actor, t.audit.c.detail).where(t.audit.c.action == "attachment.read").order_by(t.audit.c.id)
        assert [(row.actor, row.detail["original"]) for row in conn.execute(query)] == [("厅长", False), ("张三", True)]


def test_what_no_row_names_is_cleared_after_a_while(engine: Engine, tmp_path: Path) -> None:
    with transaction(engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        kept = attachments.add(conn, tmp_path, task, take(tmp_path, PDF), "a.pdf", actor="张三", now=NOW)
        removed = attachments.add(conn, tmp_path, task, take(tmp_path, PNG), "b.png", actor="张三", now=NOW)
        attachments.remove(conn, removed.id, reason="传错", who=by("张三"), now=NOW)
    take(tmp_path, WEBP)  # an upload whose transaction never came
    (tmp_path / "incoming" / "half").write_bytes(b"half")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    with reading(engine) as conn:
        assert attachments.clear_orphans(conn, tmp_path, NOW + timedelta(hours=23)) == 0, "a young one may be an upload that is going on"
        assert attachments.clear_orphans(conn, tmp_path, NOW + timedelta(hours=25)) == 3
        assert [path.name for path in attachment_files.stored(tmp_path)] == [kept.sha256]
        assert attachments.damaged(conn, tmp_path) == ()
        attachment_files.path_of(tmp_path, kept.sha256).write_bytes(b"tampered")
        assert attachments.damaged(conn, tmp_path) == (kept.sha256,)


def test_a_task_takes_so_much_and_no_more(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = type(limits())(**{name: getattr(limits(), name) for name in limits().__slots__} | {"task_files": 2, "task_bytes": len(PDF) + 5})
    monkeypatch.setattr(attachments, "limits", lambda: few)
    with transaction(sqlite_engine) as conn:
        (task,) = new_tasks(conn, [Grade.BLUE])
        attachments.add(conn, tmp_path, task, take(tmp_path, PDF), "a.pdf", actor="张三", now=NOW)
        with refused("attachment_task_full"):
            attachments.add(conn, tmp_path, task, take(tmp_path, PNG), "b.png", actor="张三", now=NOW)
        attachments.add(conn, tmp_path, task, take(tmp_path, b"%PDF-"), "c.pdf", actor="张三", now=NOW)
        with refused("attachment_too_many"):
            attachments.check_room(conn, task)
