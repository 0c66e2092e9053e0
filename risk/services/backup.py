"""A backup in one file, and back: the database as of one moment, the registry of models, attachments, the heads of the audit; with a checksum of every part.

The database of a SQLite is copied with SQLite's online backup (https://www.sqlite.org/backup.html), while others go on writing. Tables of a PostgreSQL are read
with ``COPY`` in one ``REPEATABLE READ`` transaction and written back into tables of the same revision, so that neither client programs nor the server's version matter.
(A province's own routine of base backups and archived logs is the better one for point-in-time recovery; this one moves a whole installation.)

The key of stored secrets is left out unless it is asked for: whoever has the backup and the key has the second factors and push secrets too. Attachments are read
after the database, so that each one it names is there. A restore writes into an empty place only, and checks every sum before it writes anything.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sqlalchemy import Connection, Engine, func, inspect, select, text

import risk
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register
from risk.services import audit_heads, auditing
from risk.services.secrets_key import FILE as KEY
from risk.settings import Settings
from risk.storage import migrate
from risk.storage.engine import open_engine, reading, transaction
from risk.storage.tables import metadata

MANIFEST = "manifest.json"
FORMAT = 1
FOLDERS = ("models", "attachments", "audit", "maps", "archive")
"""Folders of ``RISK_HOME`` that go along; reports are made again from the database, and settings are the operator's."""

_BLOCK = 1 << 20
_BROKEN = (KeyError, AssertionError, OSError, EOFError, tarfile.TarError, zlib.error)

register(
    {
        "backup_exists": ("备份文件已存在：{path}", "there is a file already: {path}"),
        "backup_exists.hint": ("换一个文件名；备份从不覆盖", "choose another name; a backup never overwrites"),
        "backup_unreadable": ("不是可用的备份：{path}（{reason}）", "not a backup that can be used: {path} ({reason})"),
        "backup_damaged": ("备份已损坏：{name} 的校验和不符", "the backup is damaged: the checksum of {name} does not fit"),
        "backup_other_kind": ("备份来自 {made}，当前数据库是 {here}", "the backup is of {made}, the database here is {here}"),
        "backup_other_kind.hint": ("用 RISK_DATABASE 指向同类数据库", "name a database of that kind with RISK_DATABASE"),
        "backup_newer": (
            "备份的数据库版本 {revision} 程序不认识",
            "the backup is at revision {revision}, which this program does not know",
        ),
        "restore_not_empty": ("恢复的目标不为空：{what}", "the place to restore to is not empty: {what}"),
        "restore_not_empty.hint": ("恢复到新的 RISK_HOME 和空的数据库", "restore to a new RISK_HOME and an empty database"),
    }
)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a backup: its size in bytes and its SHA-256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. ``rows``: how many each table has; ``columns``: those of each table of a PostgreSQL; ``missing``: what must be kept apart."""

    format: int
    made_at: str
    program: str
    database: str
    revision: str
    rows: dict[str, int]
    columns: dict[str, list[str]]
    audit_length: int
    audit_hash: str
    parts: tuple[Part, ...]
    missing: tuple[str, ...]


def make(engine: Engine, settings: Settings, target: Path, *, actor: str, now: datetime, with_key: bool = False) -> Manifest:
    """Write a backup to a new file of mode 600. ``ConflictError`` (``backup_exists``). That it was made stands in the audit, and so in the backup."""
    if target.exists():
        raise ConflictError("backup_exists", path=target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with transaction(engine) as conn:
        auditing.record(conn, actor, "backup.make", "backup", {"file": target.name, "with_key": with_key}, now)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".risk-backup-") as folder:
        work = Path(folder)
        told = _sqlite_out(engine, work) if engine.dialect.name == "sqlite" else _postgresql_out(engine, work)
        files = {path.name: path for path in sorted(work.iterdir())} | dict(_home_files(settings, work, with_key=with_key))
        parts = tuple(Part(name, path.stat().st_size, _sum(path)) for name, path in files.items())
        manifest = Manifest(
            FORMAT,
            now.isoformat(),
            risk.__version__,
            engine.dialect.name,
            **told,
            parts=parts,
            missing=_missing(settings, with_key=with_key),
        )
        _write(work, target, manifest, files)
    return manifest


def restore(settings: Settings, source: Path, *, actor: str, now: datetime) -> Manifest:
    """Put a backup back into an empty ``RISK_HOME`` and an empty database; everything is checked before anything is written.

    ``InvalidInputError``: ``backup_unreadable``, ``backup_damaged``, ``backup_other_kind``, ``backup_newer``. ``ConflictError``: ``restore_not_empty``.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".risk-restore-") as folder:
        work = Path(folder)
        manifest = _read(source, work)
        engine = open_engine(settings.database_url)
        try:
            if engine.dialect.name != manifest.database:
                raise InvalidInputError("backup_other_kind", made=manifest.database, here=engine.dialect.name)
            if not migrate.knows(manifest.revision):
                raise InvalidInputError("backup_newer", revision=manifest.revision)
            _refuse_what_is_there(engine, settings, manifest)
            for part in manifest.parts:
                if part.name.startswith("home/"):
                    place = settings.home / part.name.removeprefix("home/")
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(work / part.name, place)
                    place.chmod(0o600 if place.name == KEY else 0o640)
            if manifest.database == "sqlite":
                _sqlite_in(engine, work / "database.sqlite")
            else:
                _postgresql_in(engine, work, manifest)
            with transaction(engine) as conn:
                auditing.record(conn, actor, "backup.restore", "backup", {"file": source.name, "made_at": manifest.made_at}, now)
        finally:
            engine.dispose()
    return manifest


def read_manifest(source: Path) -> Manifest:
    """What a backup says of itself; its parts are not checked."""
    with _opened(source) as tar:
        return _manifest(tar, source)


def _sqlite_out(engine: Engine, work: Path) -> dict[str, Any]:
    place = engine.url.database
    assert place
    copy = work / "database.sqlite"
    _sqlite_copy(Path(place), copy)
    held = open_engine(f"sqlite:///{copy}")
    try:
        with reading(held) as conn:
            told = _told(conn)
    finally:
        held.dispose()
    for left in work.glob("database.sqlite-*"):
        left.unlink()
    return told | {"columns": {}}


def _sqlite_copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as two:
        one.backup(two, pages=4096, sleep=0.01)
        two.execute("PRAGMA journal_mode = DELETE")


def _postgresql_out(engine: Engine, work: Path) -> dict[str, Any]:
    columns = {table.name: [column.name for column in table.columns] for table in metadata.sorted_tables}
    with reading(engine) as conn:
        told = _told(conn)
        cursor: Any = conn.connection.cursor()
        for table, names in columns.items():
            with (
                (work / f"table.{table}.copy").open("wb") as out,
                cursor.copy(f"COPY {_quoted([table])} ({_quoted(names)}) TO STDOUT") as copy,
            ):
                for block in copy:
                    out.write(block)
    return told | {"columns": columns}


def _told(conn: Connection) -> dict[str, Any]:
    rows = {table.name: int(conn.scalar(select(func.count()).select_from(table)) or 0) for table in metadata.sorted_tables}
    head = audit_heads.head(conn)
    revision = str(conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
    return {"revision": revision, "rows": rows, "audit_length": head.length, "audit_hash": head.hash}


def _home_files(settings: Settings, work: Path, *, with_key: bool) -> Iterator[tuple[str, Path]]:
    for folder in FOLDERS:
        for path in sorted((settings.home / folder).rglob("*")):
            name = f"home/{path.relative_to(settings.home).as_posix()}"
            if not path.is_file() or path.is_symlink() or path.name.endswith(("-wal", "-shm", "-journal")) or ".writing/" in name:
                continue
            if path.suffix == ".db":  # the registry's own SQLite, which others may be writing
                copy = work / hashlib.sha256(name.encode()).hexdigest()
                _sqlite_copy(path, copy)
                yield name, copy
            else:
                yield name, path
    if with_key and (settings.home / KEY).is_file():
        yield f"home/{KEY}", settings.home / KEY


def _missing(settings: Settings, *, with_key: bool) -> tuple[str, ...]:
    """What a restored installation needs besides."""
    left = []
    if settings.secret_key:
        left.append("RISK_SECRET_KEY")
    elif (settings.home / KEY).is_file() and not with_key:
        left.append(KEY)
    if os.environ.get("RISK_MLFLOW_URI"):
        left.append("RISK_MLFLOW_URI")
    if (settings.home / "risk.toml").is_file():
        left.append("risk.toml")
    return tuple(left)


def _write(work: Path, target: Path, manifest: Manifest, files: dict[str, Path]) -> None:
    told = work / MANIFEST
    told.write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1), encoding="utf-8")
    part = work / "whole"
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3) as tar:
            for name, path in {MANIFEST: told, **files}.items():
                tar.add(path, arcname=name, recursive=False, filter=_plain)
        raw.flush()
        os.fsync(raw.fileno())
    try:
        os.link(part, target)  # fails where a file has come meanwhile
    except FileExistsError as error:
        raise ConflictError("backup_exists", path=target) from error


def _plain(one: tarfile.TarInfo) -> tarfile.TarInfo:
    one.uid = one.gid = 0
    one.uname = one.gname = ""
    one.mode = 0o600
    return one


def _opened(source: Path) -> tarfile.TarFile:
    if not source.is_file():
        raise InvalidInputError("file_not_found", path=source)
    try:
        return tarfile.open(source, "r:gz")
    except (OSError, tarfile.TarError, EOFError) as error:
        raise InvalidInputError("backup_unreadable", path=source, reason=str(error)[:200]) from error


def _manifest(tar: tarfile.TarFile, source: Path) -> Manifest:
    try:
        held = tar.extractfile(tar.getmember(MANIFEST))
        assert held is not None
        row = json.loads(held.read(64 << 20))
        parts = tuple(Part(**part) for part in row.pop("parts"))
        manifest = Manifest(**row | {"parts": parts, "missing": tuple(row["missing"])})
    except (*_BROKEN, ValueError, TypeError) as error:
        raise InvalidInputError("backup_unreadable", path=source, reason=type(error).__name__) from error
    if manifest.format != FORMAT:
        raise InvalidInputError("backup_unreadable", path=source, reason=f"format {manifest.format}")
    for part in parts:
        if PurePosixPath(part.name).is_absolute() or ".." in PurePosixPath(part.name).parts:
            raise InvalidInputError("backup_unreadable", path=source, reason=part.name[:100])
    return manifest


def _read(source: Path, work: Path) -> Manifest:
    """Unpack what the manifest names, and compare every checksum."""
    with _opened(source) as tar:
        manifest = _manifest(tar, source)
        for part in manifest.parts:
            place = work / part.name
            place.parent.mkdir(parents=True, exist_ok=True)
            _unpack(tar, part.name, place)
            if place.stat().st_size != part.bytes or _sum(place) != part.sha256:
                raise InvalidInputError("backup_damaged", name=part.name)
    return manifest


def _unpack(tar: tarfile.TarFile, name: str, place: Path) -> None:
    try:
        held = tar.extractfile(tar.getmember(name))
        assert held is not None
        with place.open("wb") as out:
            shutil.copyfileobj(held, out, _BLOCK)
    except _BROKEN as error:
        raise InvalidInputError("backup_damaged", name=name) from error


def _refuse_what_is_there(engine: Engine, settings: Settings, manifest: Manifest) -> None:
    for part in manifest.parts:
        place = settings.home / part.name.removeprefix("home/")
        if part.name.startswith("home/") and place.exists():
            raise ConflictError("restore_not_empty", what=place)
    if engine.dialect.name == "sqlite":
        place = Path(str(engine.url.database))
        if place.exists():
            raise ConflictError("restore_not_empty", what=place)
        return
    with reading(engine) as conn:
        tables = inspect(conn).get_table_names()
    if tables:
        raise ConflictError("restore_not_empty", what=", ".join(sorted(tables)[:3]))


def _sqlite_in(engine: Engine, copy: Path) -> None:
    place = Path(str(engine.url.database))
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(copy, place)
    place.chmod(0o640)


def _postgresql_in(engine: Engine, work: Path, manifest: Manifest) -> None:
    migrate.upgrade(engine, manifest.revision)
    with transaction(engine) as conn:
        cursor: Any = conn.connection.cursor()
        for table, names in manifest.columns.items():
            path = work / f"table.{table}.copy"
            with path.open("rb") as held, cursor.copy(f"COPY {_quoted([table])} ({_quoted(names)}) FROM STDIN") as copy:
                _pour(held, copy)
        for table in manifest.columns:
            found = conn.execute(text("SELECT pg_get_serial_sequence(:t, 'id')"), {"t": table}).scalar() if _has_id(table) else None
            if found:
                conn.execute(text(f"SELECT setval('{found}', GREATEST((SELECT COALESCE(MAX(id), 0) FROM {_quoted([table])}), 1))"))


def _has_id(table: str) -> bool:
    return table in metadata.tables and "id" in metadata.tables[table].c


def _pour(held: IO[bytes], copy: Any) -> None:
    while block := held.read(_BLOCK):
        copy.write(block)


def _quoted(names: list[str]) -> str:
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)


def _sum(path: Path) -> str:
    with path.open("rb") as held:
        return hashlib.file_digest(held, "sha256").hexdigest()
