"""Alerts that a person enters: how the clue came, and which grades a person may give. Pure.

A complaint that arrives in a file or a post is a candidate of every run and stays what the models make of it: thousands come a day, and below blue its outcome
is *below grade*, in the balance and answerable to its sender. What a person enters as an alert is another matter: somebody has read it and wants it looked
at, so it is blue at least, whatever the models say; it is neither suppressed nor cut off by capacity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import Told, register

register(
    {
        "manual_channel": ("没有这种接收方式：{channel}", "there is no such channel: {channel}"),
        "manual_channel.hint": ("可用：{known}", "one of: {known}"),
        "manual_grade": (
            "人工登记的等级应在{least}至{most}之间，所给为{given}",
            "the grade of an entry by hand lies between {least} and {most}, given was {given}",
        ),
        "manual_grade.hint": (
            "更高等级来自模型、规则或外部系统；不低于模型给出的等级",
            "graver ones come from models, rules or outside systems; never below what the models say",
        ),
        "manual_text": ("必须写明线索内容", "what the clue says must be given"),
        "manual_reason": ("必须写明登记理由", "why it is entered must be said"),
        "manual_key_reused": (
            "同一幂等键此前登记过不同内容（预警 {alert}）",
            "the same key was used before for another entry (alert {alert})",
        ),
        "manual_key_reused.hint": ("为新的登记换一个键", "take another key for another entry"),
        "manual_key_missing": ("必须给出幂等键（1 到 200 个字符）", "a key of the client's own must be given (1 to 200 characters)"),
        "manual_two_sources": ("线索内容与已有信号只能给出一种", "give the text of the clue, or a signal that is stored already, not both"),
        "manual_firm": (
            "“{model}”只研判企业，不能登记文字线索",
            "`{model}` judges firms only: a clue in words cannot be entered for it",
        ),
        "manual_entered": ("由{actor}登记：{channel}", "entered by {actor}: {channel}"),
    }
)


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who told it. Personal data: kept apart, shown masked, unmasked only on the record."""

    name: str | None = None
    phone: str | None = None
    address: str | None = None
    wants_answer: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing is known of them, and no answer is asked for."""
        return not (self.name or self.phone or self.address or self.wants_answer)

    def masked(self) -> Reporter:
        """What everybody may see.

        >>> Reporter("欧阳小明", "13800001234", "武汉市江岸区一元路2号", True).masked()
        Reporter(name='欧***', phone='138****1234', address='武汉市江岸区***', wants_answer=True)
        >>> Reporter("王五", "027-8500", None).masked().phone
        '****'
        """
        name = self.name[0] + "*" * (len(self.name) - 1) if self.name else None
        phone = None
        if self.phone:
            phone = f"{self.phone[:3]}****{self.phone[-4:]}" if len(self.phone) >= 11 else "****"
        address = None
        if self.address:
            address = self.address[:6] + "***" if len(self.address) > 8 else "***"
        return Reporter(name, phone, address, self.wants_answer)


@cache
def channels() -> MappingProxyType[str, Told]:
    """How a clue may reach us.

    >>> channels()["letter"].zh
    '来信'
    """
    return MappingProxyType({row["code"]: Told(row["zh"], row["en"]) for row in read_toml("alerts.toml")["manual"]["channel"]})


def check_channel(code: str) -> str:
    """The channel; ``InvalidInputError`` (``manual_channel``)."""
    if code not in channels():
        raise InvalidInputError("manual_channel", channel=code[:60], known=", ".join(channels()))
    return code


def limits(judged: Grade | None) -> tuple[Grade, Grade]:
    """The least and the highest grade a person may give, knowing what the models said (None: not asked).

    >>> [g.code for g in limits(None)], [g.code for g in limits(Grade.NONE)], [g.code for g in limits(Grade.RED)]
    (['blue', 'orange'], ['blue', 'yellow'], ['red', 'red'])
    """
    knobs = read_toml("alerts.toml")["manual"]
    highest, least = Grade.parse(knobs["highest"]), Grade.parse(knobs["default_grade"])
    if judged is None:
        return least, highest
    least = max(least, judged)
    return least, max(least, min(highest, Grade(min(int(judged) + int(knobs["most_over_models"]), int(Grade.RED)))))


def graded(asked: Grade | None, judged: Grade | None) -> tuple[Grade, str]:
    """The grade of an entry and who gave it (``person`` or ``models``); ``InvalidInputError`` (``manual_grade``) outside the limits.

    >>> graded(None, None), graded(Grade.YELLOW, Grade.BLUE), graded(None, Grade.RED)
    ((<Grade.BLUE: 1>, 'person'), (<Grade.YELLOW: 2>, 'person'), (<Grade.RED: 4>, 'models'))
    """
    least, most = limits(judged)
    if asked is None:
        return least, "models" if judged is not None and judged >= least else "person"
    if not least <= asked <= most:
        words = {name: Told(grade.title("zh"), grade.title("en")) for name, grade in (("least", least), ("most", most), ("given", asked))}
        raise InvalidInputError("manual_grade", **words)
    return asked, "models" if asked == judged else "person"
