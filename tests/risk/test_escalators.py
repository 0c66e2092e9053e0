"""Each kind of escalator: it holds at its number and not below it, sees nothing of the unit itself nor of later days, and quotes what it found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from features.context import EVENT_COLUMNS, Context
from risk.domain.grading import Escalator, Policy
from risk.scoring.escalators import raises
from risk.scoring.scorer import Scorer
from rules.pack import pack_from_text

NOW = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)
KEY = "illegal_drug_sales"
PACK = """
list 管制药 "controlled medicines"
  include "曲马多" "艾司唑仑"
rule offer "售药" / "offers medicine"
  severity high
  when text has any of @管制药 or text has any of "售药"
"""


def escalator(kind: str, **more: Any) -> Escalator:
    return Escalator("x", (KEY,), kind, 1, "{n}起" if kind in ("history", "speed") else "“{quote}”", "en", "因", "why", **more)


def held(
    one: Escalator, texts: Sequence[str], days_ago: Sequence[float] = (), kind: str = "confirmed", subject: int | None = 7
) -> list[str]:
    """What is said of each text in Chinese; ``days_ago``: the events of subject 7."""
    rows = [{"subject": 7, "at": NOW - timedelta(days=days), "kind": kind, "unit": f"{kind}:{i}"} for i, days in enumerate(days_ago)]
    events = pd.DataFrame([tuple(row.get(name) for name in EVENT_COLUMNS) for row in rows], columns=list(EVENT_COLUMNS))
    events["at"] = pd.to_datetime(events["at"], utc=True)
    events["subject"] = events["subject"].astype(object)
    queries = pd.DataFrame({"subject": [subject] * len(texts), "unit": ["confirmed:0"] * len(texts)}, dtype=object)
    queries["as_of"] = pd.to_datetime([NOW] * len(texts), utc=True)
    around = Context([None] * len(texts), ["content"] * len(texts), events=events, queries=queries)
    scorer = Scorer(packs=(pack_from_text(PACK, KEY),), policy=Policy(escalators=(one,)))
    reading = scorer.read(list(texts), around)
    judged = scorer.judge(reading, KEY)
    return ["；".join(r.zh for r in found) for found in raises(scorer.policy, reading, judged, list(range(len(texts))))]


@pytest.mark.parametrize(
    ("days_ago", "said"),
    [
        ((1, 10, 700), "2起"),  # its own (number 0) does not count
        ((1, 10), ""),  # one is too few
        ((1, 10, 731), ""),  # too long ago
        ((1, 10, -3), ""),  # not yet
        ((), ""),
    ],
)
def test_history_counts_others_in_the_window_up_to_the_moment(days_ago: tuple[float, ...], said: str) -> None:
    assert held(escalator("history", stream="confirmed", days=730, at_least=2), ["售药"], days_ago) == [said]


def test_history_of_other_streams_and_of_nobody_counts_nothing() -> None:
    one = escalator("history", stream="confirmed", days=730, at_least=1)
    assert held(one, ["售药"], (5, 6), kind="complaint") == [""]
    assert held(one, ["售药"], (5, 6), subject=None) == [""]


@pytest.mark.parametrize(("days_ago", "said"), [((1, 2, 3, 4, 40), "4起"), ((1, 2, 3, 40, 41), ""), ((1, 2), "")])
def test_speed_compares_with_the_window_before(days_ago: tuple[float, ...], said: str) -> None:
    assert held(escalator("speed", stream="complaint", days=30, at_least=3, times=2.0), ["售药"], days_ago, kind="complaint") == [said]


def test_lists_and_words_quote_the_original_and_leave_out_what_is_denied() -> None:
    lists = escalator("lists", lists=("管制药", "没有的词表"))
    assert held(lists, ["出售曲马多", "售药", "严禁销售曲马多"]) == ["“曲马多”", "", ""]
    words = escalator("words", words=("儿童", "孕妇"))
    assert held(words, ["售药，兒童可用，孕妇也可", "售药"]) == ["“兒童、孕妇”", ""]


def test_other_models_are_not_touched() -> None:
    other = Escalator("x", ("illegal_fundraising",), "words", 1, "因", "en", "因", "why", words=("售药",))
    assert held(other, ["售药"]) == [""]
    assert other.covers("illegal_fundraising.report")
