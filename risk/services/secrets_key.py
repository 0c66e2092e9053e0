"""The key under which secrets lie in the database: second factors can be read back only by a process that has it.

``RISK_SECRET_KEY`` names it; else it is a file of mode 600 in ``RISK_HOME``, made when it is first needed. Several processes make one file between them. Whoever has
a copy of the database alone cannot compute anybody's codes; whoever restores a backup needs the key too.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register
from risk.settings import Settings

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

FILE = "secret.key"

register(
    {
        "secret_key_wrong": ("密钥不可用：{where}", "the secret key cannot be used: {where}"),
        "secret_key_wrong.hint": (
            "应为 32 字节的 URL 安全 base64，例如由 cryptography 的 Fernet.generate_key() 生成",
            "it should be 32 bytes in URL-safe base64, as Fernet.generate_key() of cryptography makes it",
        ),
        "secret_unreadable": (
            "存储的密钥材料无法解密：RISK_SECRET_KEY 或 {file} 与写入时不同",
            "a stored secret cannot be decrypted: RISK_SECRET_KEY or {file} is another one than when it was written",
        ),
        "secret_unreadable.hint": ("恢复原来的密钥，或由安全管理员重置动态口令", "bring the old key back, or have the second factor reset"),
    }
)


class SecretBox:
    """Encrypts and decrypts small texts (Fernet: AES-128-CBC with HMAC-SHA256). The key is read or made at the first use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key: bytes | None = None

    def seal(self, text: str, *, at: int = 0) -> str:
        """The text, encrypted; ``at`` (seconds since 1970) is written beside it, for what must be opened soon."""
        return str(self._fernet().encrypt_at_time(text.encode(), at).decode())

    def open(self, sealed: str) -> str:
        """The text again; ``ConflictError`` (``secret_unreadable``) under another key."""
        from cryptography.fernet import InvalidToken

        try:
            return str(self._fernet().decrypt(sealed.encode()).decode())
        except InvalidToken as error:
            raise ConflictError("secret_unreadable", file=FILE) from error

    def open_fresh(self, sealed: str, *, seconds: int, now: int) -> str | None:
        """The text, where it was sealed by us at most ``seconds`` before ``now``; else ``None``."""
        from cryptography.fernet import InvalidToken

        try:
            return str(self._fernet().decrypt_at_time(sealed.encode(), seconds, now).decode())
        except InvalidToken:
            return None

    def _fernet(self) -> Fernet:
        from cryptography.fernet import Fernet

        if self._key is None:
            self._key = self._settings.secret_key.encode() if self._settings.secret_key else _of_file(self._settings.home / FILE)
        try:
            return Fernet(self._key)
        except ValueError as error:
            self._key = None
            where = "RISK_SECRET_KEY" if self._settings.secret_key else FILE
            raise InvalidInputError("secret_key_wrong", where=where) from error


def _of_file(path: Path) -> bytes:
    """The key of the file; made whole under another name and linked, so that of two processes both read the first one's."""
    from cryptography.fernet import Fernet

    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, Fernet.generate_key())
            os.fsync(handle)
        finally:
            os.close(handle)
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_bytes().strip()
