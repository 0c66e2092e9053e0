"""What every stored result says of itself: the command that repeats it, the day, the versions. Never a path of this machine, never a text of the data."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("risk-early-warning", "numpy", "pandas", "scipy", "scikit-learn", "lightgbm", "daachorse", "rjieba", "jieba", "sqlalchemy")

_ABSOLUTE = re.compile(r"(?:^|[\s\"'=:(])(/(?:[\w.-]+/)+[\w.-]*|[A-Za-z]:\\\S+)")


def heading(command: str) -> dict[str, Any]:
    """The first lines of every result."""
    return {"command": command, "made": f"{datetime.now(UTC):%Y-%m-%d}", "commit": commit(), "versions": versions(), "rules": rules()}


def versions() -> dict[str, str]:
    """Of Python, the machine's kind and the packages that numbers depend on; ``-`` where one is not installed."""
    found = {"python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "-"
    return found


def rules() -> dict[str, str]:
    """The version of each rule pack, shortened: rules change more often than packages do."""
    from rules.pack import load_packs

    return {pack.name: pack.version[:12] for pack in load_packs()}


def commit() -> str:
    """The commit that was measured, with ``+`` where files of the program differ from it; ``-`` outside a repository."""
    here = Path(__file__).parent.parent
    try:
        name = subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], cwd=here, capture_output=True, text=True, check=True).stdout
        watched = ["features", "models", "rules", "risk"]
        changed = subprocess.run(["git", "status", "--short", "--", *watched], cwd=here, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "-"
    return name.strip() + ("+" if changed.strip() else "")


def absolute_paths(text: str) -> list[str]:
    """Paths that tell of one machine; a stored result has none.

    >>> absolute_paths('risk score --firms DATA/firms, 20/30, https://example.org/a/b and /home/me/x.csv')
    ['/home/me/x.csv']
    """
    return _ABSOLUTE.findall(text)


def store_json(path: Path, result: dict[str, Any]) -> None:
    """Write a result; refuses one that names places of this machine."""
    text = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
    _write(path, text)


def store_page(path: Path, text: str) -> None:
    """Write a page for people beside the JSON."""
    _write(path, text)


def _write(path: Path, text: str) -> None:
    found = absolute_paths(text)
    if found:
        raise ValueError(f"{path.name} would name places of this machine: {', '.join(found[:3])}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
