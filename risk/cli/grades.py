"""``risk grades``: what each grade promises, what a setting would mean, who set what. Asking changes nothing; ``apply`` and ``revert`` are acts of a named person."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

import click

from risk.cli import grade_text
from risk.cli.output import lang
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.desk import Desk
    from risk.services.grade_desk import Asked

register(
    {
        "grades_pair": ("应写作 名称=数值：{given}", "write it as NAME=NUMBER: {given}"),
        "grades_pair.hint": ("例如 --floor red=0.9", "for example --floor red=0.9"),
    }
)

MODEL = click.argument("model")
LENS = click.option("--lens", type=click.Choice(["solicitation", "report", "firm"]), help="of illegal_fundraising / 镜头")
FLOOR = click.option("--floor", "floors", multiple=True, metavar="GRADE=P", help="precision to promise, red=0.9 / 准确率下限，可多次")
CUTOFF = click.option(
    "--cutoff", "cutoffs", multiple=True, metavar="GRADE=P", help="a cut-off to try instead of solving / 指定分界，可多次"
)
CAPACITY = click.option("--capacity", "capacity", multiple=True, metavar="OFFICE=N", help="cases a week / 单位每周核查能力，可多次")
SINCE = click.option("--since", help="first day looked at (default: 12 weeks before the end) / 起始")
UNTIL = click.option("--until", help="last day looked at / 截止")
AS_OF = click.option("--as-of", "as_of", help="labels known by then (default: now) / 标签截至时刻")
ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
REASON = click.option("--reason", required=True, help="why / 理由")
FORMAT = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)


@click.group()
def grades() -> None:
    """Grades: promises, capacity, who set what. / 等级：承诺、能力、设置"""


@grades.command()
@MODEL
@LENS
@FORMAT
def show(model: str, lens: str | None, form: str) -> None:
    """What holds for MODEL, and its history. / 现行设置与历史"""
    from risk.services import grade_desk

    view = _desk().read(grade_desk.show, Settings.from_environment(), model, lens)
    _tell(view, grade_text.show_lines(view, lang()), form)


@grades.command()
@MODEL
@LENS
@FLOOR
@CAPACITY
@SINCE
@UNTIL
@AS_OF
@FORMAT
def solve(
    *, model: str, lens: str | None, floors: tuple[str, ...], capacity: tuple[str, ...], since: str | None, until: str | None,
    as_of: str | None, form: str,
) -> None:  # fmt: skip
    """Cut-offs that keep the promise, beside those in force. / 按准确率下限求分界"""
    from risk.services import grade_desk

    asked = _asked(floors, (), capacity, since, until, as_of)
    found = _desk().read(grade_desk.solve, Settings.from_environment(), model, asked, lens)
    _tell(found, grade_text.solved_lines(found, lang()), form)


@grades.command("what-if")
@MODEL
@LENS
@FLOOR
@CUTOFF
@CAPACITY
@SINCE
@UNTIL
@AS_OF
@FORMAT
def what_if(
    *, model: str, lens: str | None, floors: tuple[str, ...], cutoffs: tuple[str, ...], capacity: tuple[str, ...], since: str | None,
    until: str | None, as_of: str | None, form: str,
) -> None:  # fmt: skip
    """What a setting would have meant. / 试算某一设置"""
    from risk.services import grade_desk

    asked = _asked(floors, cutoffs, capacity, since, until, as_of)
    found = _desk().read(grade_desk.what_if, Settings.from_environment(), model, asked, lens)
    _tell(found, grade_text.answer_lines(found, lang()), form)


@grades.command()
@MODEL
@LENS
@FLOOR
@CUTOFF
@CAPACITY
@SINCE
@UNTIL
@AS_OF
@ACTOR
@REASON
@FORMAT
def apply(
    *, model: str, lens: str | None, floors: tuple[str, ...], cutoffs: tuple[str, ...], capacity: tuple[str, ...], since: str | None,
    until: str | None, as_of: str | None, actor: str, reason: str, form: str,
) -> None:  # fmt: skip
    """Put a setting in force: the next run uses it. / 启用设置，下次研判生效"""
    from risk.services import grade_desk

    desk = _desk()
    asked = _asked(floors, cutoffs, capacity, since, until, as_of)
    setting = desk.act(grade_desk.apply, Settings.from_environment(), model, asked, actor=actor, reason=reason, now=desk.clock(), lens=lens)
    _tell(setting, grade_text.setting_lines(setting, lang()), form)


@grades.command()
@MODEL
@LENS
@click.option("--to", type=click.IntRange(min=0), help="version (default: the one before; 0: the model's own) / 退回到的版本")
@ACTOR
@REASON
@FORMAT
def revert(*, model: str, lens: str | None, to: int | None, actor: str, reason: str, form: str) -> None:
    """Let an earlier setting hold again. / 退回早先的设置"""
    from risk.services import grade_desk

    desk = _desk()
    setting = desk.act(grade_desk.revert, model, to=to, actor=actor, reason=reason, now=desk.clock(), lens=lens)
    _tell(setting, grade_text.setting_lines(setting, lang()), form)


@grades.command()
@MODEL
@LENS
@SINCE
@UNTIL
@AS_OF
@FORMAT
def reliability(*, model: str, lens: str | None, since: str | None, until: str | None, as_of: str | None, form: str) -> None:
    """Do the probabilities keep their word, by place and grade? / 概率可靠性"""
    from risk.services import grade_reliability

    asked = _asked((), (), (), since, until, as_of)
    found = _desk().read(grade_reliability.reliability, model, since=asked.since, until=asked.until, as_of=asked.as_of, lens=lens)
    _tell(found, grade_text.reliability_lines(found, lang()), form)


def _desk() -> Desk:
    from risk.bootstrap import open_store
    from risk.services.desk import Desk

    return Desk(open_store(Settings.from_environment()))


def _asked(
    floors: tuple[str, ...], cutoffs: tuple[str, ...], capacity: tuple[str, ...], since: str | None, until: str | None, as_of: str | None
) -> Asked:
    from datetime import timedelta

    from risk.cli.moments import parse_moment
    from risk.services.grade_desk import Asked

    begin = None if since is None else parse_moment(since) - (timedelta(days=1) if len(since) <= 10 else timedelta(0))
    rooms = {office: int(room) for office, room in _pairs(capacity, whole=True).items()}
    return Asked(parse_moment(as_of), _pairs(floors), _pairs(cutoffs), rooms, begin, None if until is None else parse_moment(until))


def _pairs(given: tuple[str, ...], *, whole: bool = False) -> dict[str, float]:
    found = {}
    for pair in given:
        name, _, value = pair.partition("=")
        try:
            found[name.strip()] = float(int(value) if whole else float(value))
        except ValueError:
            raise InvalidInputError("grades_pair", given=pair) from None
        if not name.strip() or found[name.strip()] != found[name.strip()]:
            raise InvalidInputError("grades_pair", given=pair)
    return found


def _tell(value: Any, lines: Any, form: str) -> None:
    if form == "json":
        plain = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        click.echo(json.dumps(plain, ensure_ascii=False, indent=2, default=lambda v: v.isoformat() if hasattr(v, "isoformat") else str(v)))
        return
    for line in lines:
        click.echo(line)
