"""Passwords as argon2id digests (RFC 9106): slow by design, and as slow for a name that nobody has.

A digest takes memory (64 MiB by default), so only a few are computed at the same moment; the rest wait. Call from a thread, never from the event loop.
"""

from __future__ import annotations

import secrets
import string
import threading
from functools import cached_property
from typing import TYPE_CHECKING

from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.identity import check_password, rules
from risk.domain.messages import register
from risk.settings import Settings

if TYPE_CHECKING:
    from argon2 import PasswordHasher

register(
    {
        "argon2_wrong": ("RISK_ARGON2 无法使用：{given}", "RISK_ARGON2 cannot be used: {given}"),
        "argon2_wrong.hint": ("形如 3,65536,4：轮数、KiB、并行度", "it reads like 3,65536,4: passes, KiB, lanes"),
    }
)


class Passwords:
    """Digests of passwords under the parameters of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._given = settings.argon2
        self._room = threading.BoundedSemaphore(read_toml("identity.toml")["hashing"]["at_once"])

    def digest(self, password: str) -> str:
        """The digest of a password, with its salt and parameters."""
        with self._room:
            return self._hasher.hash(password)

    def fits(self, digest: str | None, password: str) -> bool:
        """Whether the password is the one of the digest. Without a digest the same work is done, and the answer is no."""
        from argon2.exceptions import InvalidHashError, VerificationError

        with self._room:
            nobody = self._nobody  # made with the first question of all, whomever it is about
            try:
                return bool(self._hasher.verify(digest or nobody, password)) and digest is not None
            except (VerificationError, InvalidHashError):
                return False

    def is_stale(self, digest: str) -> bool:
        """Whether the digest was made under other parameters than today's."""
        return self._hasher.check_needs_rehash(digest)

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher

        time_cost, memory, lanes = _parameters(self._given)
        return PasswordHasher(time_cost=time_cost, memory_cost=memory, parallelism=lanes)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe(24))


def _parameters(given: str) -> tuple[int, int, int]:
    if not given:
        ours = read_toml("identity.toml")["hashing"]
        return ours["time_cost"], ours["memory_kib"], ours["lanes"]
    parts = given.split(",")
    if len(parts) != 3 or not all(part.strip().isdigit() and int(part) > 0 for part in parts) or int(parts[1]) < 8 * int(parts[2]):
        raise InvalidInputError("argon2_wrong", given=given[:80])
    time_cost, memory, lanes = (int(part) for part in parts)
    return time_cost, memory, lanes


def one_time_password(name: str) -> str:
    """A password that is told once and must be changed: drawn until it fits the rules. Without characters that look alike.

    >>> len(one_time_password("zhangsan")) >= 12
    True
    """
    letters = [c for c in string.ascii_letters + string.digits if c not in "0O1lI"]
    while True:
        drawn = "".join(secrets.choice(letters) for _ in range(rules().one_time_length))
        try:
            check_password(drawn, name)
        except InvalidInputError:
            continue
        return drawn
