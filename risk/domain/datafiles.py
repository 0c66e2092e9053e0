"""The data that ships with the domain, read as package resources, so that it is there in a wheel as in a clone."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


def read_text(name: str) -> str:
    """The text of a file of ``risk/domain/data``; ``FileNotFoundError`` where there is none."""
    return files("risk.domain").joinpath("data", name).read_text(encoding="utf-8")


def read_csv(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file, as text.

    >>> read_csv("divisions.csv")[0]["name_zh"]
    '湖北省'
    """
    return list(csv.DictReader(read_text(name).splitlines()))


@cache
def read_toml(name: str) -> dict[str, Any]:
    """A TOML file as tables; read once per process, so treat it as frozen.

    >>> read_toml("disposal.toml")["merging"]["window_days"]
    90
    """
    return tomllib.loads(read_text(name))
