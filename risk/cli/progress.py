"""How far a long command is: a line that is written over on a terminal, a line now and then where somebody keeps what is printed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

from risk.cli.output import lang
from risk.domain.messages import register, say

register(
    {
        "progress": (
            "已研判 {read} / {of} 条（{share}%），每秒 {rate} 条，约剩 {left}",
            "{read} of {of} signals ({share} %), {rate} a second, about {left} left",
        ),
        "progress_hours": ("{hours} 小时 {minutes} 分", "{hours} h {minutes} min"),
        "progress_minutes": ("{minutes} 分 {seconds} 秒", "{minutes} min {seconds} s"),
        "progress_seconds": ("{seconds} 秒", "{seconds} s"),
    }
)

EVERY = 10.0
"""Seconds between lines that stay."""


def duration(seconds: float, language: str) -> str:
    """As a person says it.

    >>> duration(7, "en"), duration(200, "zh"), duration(7260, "en")
    ('7 s', '3 分 20 秒', '2 h 1 min')
    """
    whole = max(round(seconds), 0)
    if whole < 60:
        return say("progress_seconds", language, seconds=whole)
    if whole < 3600:
        return say("progress_minutes", language, minutes=whole // 60, seconds=whole % 60)
    return say("progress_hours", language, hours=whole // 3600, minutes=whole % 3600 // 60)


class Teller:
    """Tells on the error stream how far it is, at what pace, and how long it will take if that stays so; nothing of what is done in one go."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, live: bool | None = None) -> None:
        self._clock, self._live = clock, sys.stderr.isatty() if live is None else live
        self._began = self._told = clock()

    def __call__(self, read: int, of: int, least: int = 0) -> None:
        """``read`` of about ``of``; silent where ``of`` is not more than ``least``."""
        now = self._clock()
        if of <= least or not (self._live or now - self._told >= EVERY or read >= of):
            return
        self._told = now
        pace = read / max(now - self._began, 1e-9)
        text = say(
            "progress",
            lang(),
            read=read,
            of=of,
            share=100 * read // max(of, 1),
            rate=round(pace),
            left=duration((of - read) / pace, lang()),
        )
        click.echo(f"\r{text}   ", err=True, nl=read >= of) if self._live else click.echo(text, err=True)
