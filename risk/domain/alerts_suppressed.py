"""What a suppression may say, and what it covers. Pure.

A condition is parts that must all match. At least one part is *narrow*: it names one subject, one content, one shop or one source. Region, channel and the
rule that fired alone only narrow further: by themselves they would switch off a place or a rule, and those have owners and approvals of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from risk.domain import regions
from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.domain.routing import base_model
from risk.domain.signals import digest

NARROW = ("subject", "source", "content_hash", "shop")
"""The subject's key, the name of the source, the hash of what was observed, ``platform/shop``: one of them must be given."""

PARTS = (*NARROW, "region", "channel", "rule_alone")
"""``region``: a division with what lies below it; ``channel`` of the signal; ``rule_alone``: the only rule that fired has this name."""

Facts = Mapping[str, str | frozenset[str] | None]
"""What is known of a candidate, by part; a set where several values are true at once (the shops of a subject)."""

register(
    {
        "suppression_condition": (
            "抑制条件必须至少给出主体、来源、内容哈希、店铺之一，且不含其他项：{given}",
            "a suppression needs at least one of subject, source, content_hash, shop and nothing unknown: {given}",
        ),
        "suppression_condition.hint": (
            "可另加 region（市级及以下）、channel、rule_alone 进一步收窄",
            "region (a city or below), channel and rule_alone may narrow it further",
        ),
        "suppression_expired": ("抑制的到期时间必须晚于现在", "a suppression must expire later than now"),
        "suppression_too_long": ("抑制最长 {days} 天，须在 {latest} 前到期", "a suppression lasts at most {days} days: until {latest}"),
        "suppression_too_long.hint": ("到期前复核后可以修订延长", "look at it again before it ends, and revise it"),
        "suppression_not_found": ("没有编号为 {id} 的抑制", "no suppression with the number {id}"),
        "suppression_over": ("抑制 {id} 已结束或已被修订", "the suppression {id} has ended, or was revised"),
        "suppression_owner": ("抑制必须有负责人和理由", "a suppression needs an owner and a reason"),
        "suppression_state_active": ("生效", "active"),
        "suppression_state_dry_run": ("试运行（只计数）", "dry run (counts only)"),
        "suppression_state_ended": ("已结束", "ended"),
    }
)


class Mode(StrEnum):
    """Whether a condition suppresses, or only counts what it would suppress."""

    ACTIVE = "active"
    DRY_RUN = "dry_run"


@dataclass(frozen=True, slots=True)
class Suppression:
    """One condition in force; all parts it gives must match."""

    id: int
    model: str | None
    condition: Mapping[str, str]
    version: int
    mode: Mode = Mode.ACTIVE

    @property
    def hash(self) -> str:
        """What it says, as one digest: an approved rule remembers it."""
        return digest([self.model, self.version, dict(sorted(self.condition.items()))])

    def covers(self, model: str, facts: Facts) -> bool:
        """Whether a candidate with these facts is suppressed. What is unknown matches nothing.

        >>> one = Suppression(1, None, {"subject": "s1", "region": "420100"}, 1)
        >>> one.covers("m", {"subject": "s1", "region": "420102"}), one.covers("m", {"subject": "s1", "region": None})
        (True, False)
        """
        if self.model not in (None, model, base_model(model)):
            return False
        return bool(self.condition) and all(_matches(part, wanted, facts.get(part)) for part, wanted in self.condition.items())

    def missed(self, model: str, facts: Facts) -> tuple[str, ...]:
        """The parts that do not match (``model`` among them); empty where it covers."""
        wrong = () if self.model in (None, model, base_model(model)) else ("model",)
        return (*wrong, *(part for part, wanted in self.condition.items() if not _matches(part, wanted, facts.get(part))))


def _matches(part: str, wanted: str, known: str | frozenset[str] | None) -> bool:
    if known is None or part not in PARTS:
        return False
    if isinstance(known, frozenset):
        return wanted in known
    return known.startswith(_stem(wanted)) if part == "region" else known == wanted


def _stem(code: str) -> str:
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def check_condition(condition: Mapping[str, str]) -> dict[str, str]:
    """The condition with regions as codes; ``InvalidInputError`` (``suppression_condition``).

    >>> check_condition({"source": "巡查", "region": "武汉市"})
    {'source': '巡查', 'region': '420100'}
    >>> check_condition({"region": "武汉市"})
    Traceback (most recent call last):
        ...
    risk.domain.errors.InvalidInputError: a suppression needs at least one of subject, source, content_hash, shop and nothing unknown: region
    """
    given = ", ".join(condition) or "-"
    if set(condition) - set(PARTS) or not set(condition) & set(NARROW) or not all(value.strip() for value in condition.values()):
        raise InvalidInputError("suppression_condition", given=given)
    found = {part: value.strip() for part, value in condition.items()}
    if "region" in found:
        code = regions.resolve(found["region"])
        digits = int(read_toml("alerts.toml")["suppression"]["prefix_digits"])
        if code is None or len(_stem(code)) < digits:
            raise InvalidInputError("suppression_condition", given=f"region={found['region'][:60]}")
        found["region"] = code
    return found


def check_end(expires_at: datetime, now: datetime) -> None:
    """``InvalidInputError``: ``suppression_expired``, ``suppression_too_long``."""
    if expires_at <= now:
        raise InvalidInputError("suppression_expired")
    days = int(read_toml("alerts.toml")["suppression"]["longest_days"])
    latest = now + timedelta(days=days)
    if expires_at > latest:
        raise InvalidInputError("suppression_too_long", days=days, latest=latest.date().isoformat())
