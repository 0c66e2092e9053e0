"""How the command line speaks: one language per process, one shape of error."""

from __future__ import annotations

import os
from typing import Any

import click

from risk.domain.errors import InvalidInputError, RiskError
from risk.domain.messages import say
from risk.settings import Settings


def lang() -> str:
    """The language of this process, ``zh`` or ``en``."""
    return Settings.from_environment().lang


def check_environment() -> None:
    """Refuse a setting that cannot be read, before any command asks for it; ``InvalidInputError`` (``setting_wrong``)."""
    from risk.domain import system_messages  # noqa: F401 - registers the texts

    port = os.environ.get("RISK_PORT", "8000")
    if not (port.isascii() and port.isdigit() and int(port) <= 65_535):
        os.environ.pop("RISK_PORT")  # so that the refusal can be told
        raise InvalidInputError("setting_wrong", name="RISK_PORT", value=port)
    language = os.environ.get("RISK_LANG") or "zh"
    if language.lower()[:2] not in ("zh", "en"):
        raise InvalidInputError("setting_wrong", name="RISK_LANG", value=language)


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
