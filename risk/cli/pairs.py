"""Values given by name on the command line: ``--set NAME=VALUE``, as often as wanted."""

from __future__ import annotations

from collections.abc import Iterable

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

register(
    {
        "pair_shape": ("应写作 名称=值：{given}", "write it as name=value: {given}"),
        "pair_shape.hint": ("值为空时也要写等号，例如 region=", "an empty value takes its sign as well, such as region="),
    }
)


def read_pairs(given: Iterable[str]) -> dict[str, str]:
    """Names with their values; of a name given twice the last. ``InvalidInputError`` (``pair_shape``) where there is no sign or no name.

    >>> read_pairs(["region=420100", "text = a=b"])
    {'region': '420100', 'text': ' a=b'}
    """
    found = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign or not name.strip():
            raise InvalidInputError("pair_shape", given=one)
        found[name.strip()] = value
    return found
