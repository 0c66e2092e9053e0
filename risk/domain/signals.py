"""Signals and subjects: what is observed, and about whom. Immutable; identity as in the design (source + id, else url, else time, + content hash)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class SubjectKeys:
    """What a row says of its subject. Linking tries them in this order: USCC, licence number, platform + shop, name + region."""

    uscc: str | None = None
    licence_no: str | None = None
    platform: str | None = None
    shop: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """One observed thing: an advertisement, a listing, a post, a complaint, an outside warning.

    ``observed_at`` is aware (UTC); ``time_given`` says whether the row itself had a time or it was taken as *observed now*.
    ``kind`` is ``content`` (something a market subject published), ``report`` (news, complaint: about a subject) or ``warning`` (of an outside system).
    """

    source: str
    text: str
    observed_at: datetime
    time_given: bool
    kind: str = "content"
    source_id: str | None = None
    url: str | None = None
    channel: str | None = None
    region: str | None = None
    subject: SubjectKeys = field(default_factory=SubjectKeys)
    fields: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def content_hash(self) -> str:
        """SHA-256 over what was observed: text, channel, shop and fields; not over when or where it was read from."""
        parts = [self.text, self.channel, self.subject.platform, self.subject.shop, self.subject.uscc, dict(sorted(self.fields.items()))]
        return digest(parts)

    @property
    def identity(self) -> str:
        """The same row twice is one signal; the same advertisement in two shops is two.

        >>> from datetime import UTC
        >>> at = datetime(2026, 10, 1, tzinfo=UTC)
        >>> a = Signal("x", "根治糖尿病", at, True, subject=SubjectKeys(platform="p", shop="1"))
        >>> b = Signal("x", "根治糖尿病", at, True, subject=SubjectKeys(platform="p", shop="2"))
        >>> a.identity == b.identity, a.identity == Signal("x", "根治糖尿病", at, True, subject=SubjectKeys(platform="p", shop="1")).identity
        (False, True)
        """
        return self.hashes[0]

    @property
    def hashes(self) -> tuple[str, str]:
        """Identity and content hash, for callers that need both."""
        content = self.content_hash
        where = self.source_id or self.url or (self.observed_at.isoformat() if self.time_given else "")
        return digest([self.source, where, content]), content


@dataclass(frozen=True, slots=True)
class Subject:
    """A market subject by 统一社会信用代码, or by a provisional key until one is known."""

    key: str
    uscc: str | None
    name: str | None
    region: str | None
    kind: str = "enterprise"
    industry: str | None = None
    registered_on: date | None = None


canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode
"""A value as canonical JSON: keys in order, no space, every character as itself."""


def digest(parts: Any) -> str:
    """SHA-256 of a value as canonical JSON: the one way things are hashed here."""
    return digest_of_canonical(canonical(parts))


def digest_of_canonical(text: str) -> str:
    """The digest of a value that is canonical JSON already."""
    return hashlib.sha256(text.encode()).hexdigest()
