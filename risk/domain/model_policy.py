"""Whether a version of a model must be approved before it judges: ``data/model_approval.toml``.

>>> needs_approval("illegal_drug_sales"), needs_approval("anything", outside=True)
(False, True)
>>> needs_approval("illegal_fundraising.firm", policy={"approval": {"ours": "automatic"}, "models": {"illegal_fundraising.firm": "required"}})
True
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from risk.domain.datafiles import read_toml

WORDS = ("automatic", "required")


def needs_approval(key: str, *, outside: bool = False, policy: Mapping[str, Any] | None = None) -> bool:
    """Whether a version of the model ``key`` (with its lens) is promoted only after an approval. Outside models always are."""
    if outside:
        return True
    told = read_toml("model_approval.toml") if policy is None else policy
    word = str(told.get("models", {}).get(key, told["approval"]["ours"]))
    if word not in WORDS:
        raise ValueError(f"model_approval.toml: {key}: {word!r} is none of {', '.join(WORDS)}")
    return word == "required"


def check_seconds() -> float:
    """How long the laws may take on a version before its approval."""
    return float(read_toml("model_approval.toml")["check"]["seconds"])
