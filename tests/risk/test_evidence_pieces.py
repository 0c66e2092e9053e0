"""Evidence that was written in pieces is stored and hashed as the whole would be, whatever it says."""

from __future__ import annotations

import pickle
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from risk.domain.signals import digest
from risk.services.evidence_pieces import Piece, hashed, packed, stored

_NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [1e-5, 1.2e-05, 0.0001, 1e15, 1e16, 1e22, -0.0, 5e-324, 10.00001]
)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=9) | st.sampled_from(
    ["e-mail", "0.0000", "\x00\x1f\x7f\u2028\U0001f338", 'e1"\\/']
)
_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _NUMBERS | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=9,
)
_NAMES = st.sampled_from(["contributions", "en", "grade", "grounds", "notes", "zh", "z", "a"])


@given(st.dictionaries(_NAMES, _PLAIN, max_size=8))
@example({"grounds": [{"log_odds": 1.2e-05}], "contributions": [{"value": 1e16}]})
def test_pieces_are_hashed_and_stored_as_the_whole(told: dict[str, Any]) -> None:
    made = pickle.loads(pickle.dumps(packed(told)))
    assert all(isinstance(made[name], Piece) == (name in ("grounds", "contributions")) for name in told)
    assert hashed(made) == digest(told)
    assert orjson.dumps(stored(made)) == orjson.dumps(told)


def test_what_cannot_be_written_is_left_for_the_store_to_refuse() -> None:
    told = {"grounds": ["\ud800"], "grade": "blue"}
    assert packed(told) == told
    with pytest.raises(TypeError):
        orjson.dumps(stored(packed(told)))
