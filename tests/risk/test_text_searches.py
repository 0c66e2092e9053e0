"""Texts searched a few at a time give what is found in all of them at once."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from features.normalise import normalise_all
from features.patterns import find
from features.stance import Stance
from risk.scoring.text_searches import TextSearches

_PATTERNS = ("[0-9]+%", "保.{0,3}息", "^保", "不[^。]*保本", "[一二两]万")


@settings(deadline=None)
@given(
    st.lists(st.text("保本高息。不0%9两一万“”💊\U00020000 ", max_size=14), min_size=1, max_size=12),
    st.sampled_from(_PATTERNS),
    st.lists(st.sets(st.integers(0, 11)), max_size=4),
)
def test_a_few_at_a_time(texts: list[str], pattern: str, asked: list[set[int]]) -> None:
    read = normalise_all(texts)
    searches, whole = TextSearches(read, lambda row: Stance(read[row].plain.text)), find(pattern, read)
    for rows in asked:
        some = np.array(sorted(row for row in rows if row < len(texts)), dtype=np.int64)
        hits = searches.matches(pattern, some)
        for row in some.tolist():
            assert _of(hits, row) == _of(whole, row)
        assert searches.sentences(some).row.tolist() == [row for row in searches.sentences().row.tolist() if row in rows]
    told = searches.matches(pattern)
    assert (told.row.tolist(), told.start.tolist(), list(told.term)) == (whole.row.tolist(), whole.start.tolist(), whole.said)
    assert (told.negated.tolist(), told.reported.tolist()) == (whole.negated.tolist(), whole.reported.tolist())


def _of(hits, row: int) -> list[tuple[int, int, bool, bool]]:  # type: ignore[no-untyped-def]
    columns = zip(hits.row.tolist(), hits.start.tolist(), hits.end.tolist(), hits.negated.tolist(), hits.reported.tolist(), strict=True)
    return [(start, end, negated, reported) for at, start, end, negated, reported in columns if at == row]
