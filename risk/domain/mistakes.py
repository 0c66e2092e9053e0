"""Everything that is wrong with what was given, said at once, each with its place: nobody should mend a form one refusal at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register, say


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: a code of the catalogue, the place (``acts.0.decided_on``), what fills the text."""

    code: str
    place: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, lang: str) -> str:
        """What is wrong, in ``zh`` or ``en``.

        >>> Mistake("mistake_required", "facts", {"field": "查明事实"}).text("zh")
        '必填：查明事实'
        """
        return say(self.code, lang, **self.facts)

    def under(self, prefix: str) -> Mistake:
        """The same, seen from outside."""
        return Mistake(self.code, f"{prefix}.{self.place}" if self.place else prefix, self.facts)


class MistakesError(InvalidInputError):
    """A refusal (``mistakes_found``) with all its reasons."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("mistakes_found", count=len(self.mistakes))

    def text(self, lang: str) -> str:
        lines = [f"{m.place}: {m.text(lang)}" for m in self.mistakes]
        return "\n  ".join([say(self.code, lang, **self.facts), *lines])

    def parts(self, lang: str) -> list[dict[str, str]]:
        """Field, code and message of each: ``errors`` of a problem document."""
        return [{"field": m.place, "type": m.code, "message": m.text(lang)} for m in self.mistakes]


def storable(text: str) -> bool:
    """Whether every database and format can keep it: no NUL, no half of a surrogate pair.

    >>> storable("药房"), storable("a\\0b"), storable("\\ud800")
    (True, False, False)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def short(value: Any, most: int = 60) -> str:
    """What was given, as it can be told again.

    >>> short("药" * 5, 2), short("\\ud800")
    ('药药', '?')
    """
    return str(value)[:most].encode(errors="replace").decode()


register(
    {
        "mistakes_found": ("有 {count} 处不符合要求：", "{count} thing(s) do not fit:"),
        "mistake_required": ("必填：{field}", "required: {field}"),
        "mistake_too_long": ("{field}不得超过 {limit} 个字符", "{field}: at most {limit} characters"),
        "mistake_too_few": ("{field}至少 {count} 项", "{field}: at least {count}"),
        "mistake_date": ("{field}应为日期（如 2026-10-12）：{value}", "{field} should be a date such as 2026-10-12: {value}"),
        "mistake_moment": (
            "{field}应为带时区的时间（如 2026-10-12T09:30+08:00）：{value}",
            "{field} should be a moment with a time zone, such as 2026-10-12T09:30+08:00: {value}",
        ),
        "mistake_amount": (
            "{field}应为不小于 0、至多两位小数的金额（元）：{value}",
            "{field} should be yuan, not below 0, with two decimals at most: {value}",
        ),
        "mistake_choice": ("{field}没有这个取值：{value}（可用：{known}）", "{field} has no value {value} (one of: {known})"),
        "mistake_pattern": ("{field}的写法不对：{value}（应为：{wanted}）", "{field} is not written right: {value} (should be: {wanted})"),
        "mistake_uscc": (
            "{field}的统一社会信用代码校验不通过：{value}",
            "{field}: the unified social credit code does not check: {value}",
        ),
        "mistake_yes_no": ("{field}应为“是”或者“否”：{value}", "{field} should be true or false: {value}"),
        "mistake_list": ("{field}应为列表", "{field} should be a list"),
        "mistake_shape": ("{field}的结构不对", "{field} does not have the right shape"),
        "mistake_text": ("{field}应为文字", "{field} should be a text"),
        "mistake_order": ("{later}不得早于{earlier}", "{later} may not be before {earlier}"),
        "mistake_unknown_field": ("没有这一项：{field}", "there is no such field: {field}"),
    }
)
