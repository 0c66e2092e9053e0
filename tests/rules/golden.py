"""Stored texts: compared, or renewed with UPDATE_GOLDEN=1 and reviewed as a diff."""

import os
from pathlib import Path

HERE = Path(__file__).parent
CASES = HERE / "cases"
GOLDEN = HERE.parent / "golden" / "rules"


def check_golden(name: str, text: str) -> None:
    """The text equals the stored one."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text + "\n", "utf-8")
    assert path.exists(), f"no golden text {path.name}; run with UPDATE_GOLDEN=1"
    assert path.read_text("utf-8") == text + "\n"
