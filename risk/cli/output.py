"""How the command line speaks: one language per process, one shape of error."""

from __future__ import annotations

from typing import Any

import click

from risk.domain.errors import RiskError
from risk.domain.messages import say
from risk.settings import Settings, language


def lang() -> str:
    """The language of this process, ``zh`` or ``en``."""
    return language()


def check_environment() -> None:
    """Refuse a setting that cannot be read, before any command asks for it; ``InvalidInputError`` as of :class:`Settings`."""
    Settings.from_environment()


def tell(code: str, **facts: Any) -> None:
    """Print a message of the catalogue."""
    click.echo(say(code, lang(), **facts))


def show_error(error: RiskError) -> None:
    """Print a refusal to stderr: ``error[code]: statement`` and, where there is one, a hint."""
    language = lang()
    click.echo(f"{'错误' if language == 'zh' else 'error'}[{error.code}]: {error.text(language)}", err=True)
    hint = error.hint(language)
    if hint:
        click.echo(f"  {'提示' if language == 'zh' else 'hint'}: {hint}", err=True)
