"""Evidence on its way to the store: what settling neither reads nor changes is written once, where it was made.

A run judges in some processes and settles in another. The grounds and contributions of a unit are most of its evidence: as written pieces they are handed
over, hashed and stored without being taken apart and put together again.

>>> told = {"grade": "blue", "grounds": [{"zh": "措辞", "log_odds": 0.5}], "contributions": []}
>>> hashed(packed(told)) == digest(told), orjson.dumps(stored(packed(told))) == orjson.dumps(told)
(True, True)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson

from risk.domain.signals import canonical, digest, digest_of_canonical

_PIECES = ("grounds", "contributions")
_SMALL, _EXPONENT = b"0.0000", re.compile(rb"e[-1-9]")
"""Where these stand, a number may be written otherwise in canonical JSON than orjson writes it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of evidence, written: as it is stored, and as it is hashed."""

    json: bytes
    canonical: str


def packed(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Evidence with its large parts written. What cannot be written stays as it is: whoever stores it will say why."""
    try:
        return {name: _piece(value) if name in _PIECES else value for name, value in evidence.items()}
    except orjson.JSONEncodeError:
        return dict(evidence)


def stored(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Packed evidence as orjson takes it."""
    return {name: orjson.Fragment(value.json) if isinstance(value, Piece) else value for name, value in evidence.items()}


def hashed(evidence: Mapping[str, Any]) -> str:
    """The digest of evidence, packed or not: `risk.domain.signals.digest` of what it stands for."""
    names = sorted(evidence)
    if not any(isinstance(evidence[name], Piece) for name in names):
        return digest(evidence)
    told = []
    for written, some in groupby(names, lambda name: isinstance(evidence[name], Piece)):
        if written:
            told += [f"{canonical(name)}:{evidence[name].canonical}" for name in some]
        else:
            told.append(canonical({name: evidence[name] for name in some})[1:-1])
    return digest_of_canonical("{" + ",".join(told) + "}")


def _piece(value: Any) -> Piece:
    in_order = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    otherwise = _SMALL in in_order or _EXPONENT.search(in_order)
    return Piece(orjson.dumps(value), canonical(value) if otherwise else in_order.decode())
