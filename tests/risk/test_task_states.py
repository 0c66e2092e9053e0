"""The life of a task never leaves its table, whatever is tried in whatever order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.tasks import ENDED, NEED_REASON, TRANSITIONS, Event, State, advance, path_to_report


@given(st.lists(st.tuples(st.sampled_from(Event), st.booleans()), max_size=40))
def test_no_sequence_leaves_the_table(steps: list[tuple[Event, bool]]) -> None:
    state: State | None = None
    extended = 0
    for event, explained in steps:
        try:
            after = advance(state, event, extended=extended > 0, reason="理由" if explained else None)
        except ConflictError:
            assert (state, event) not in TRANSITIONS or (event in (Event.EXTEND, Event.ASK_EXTENSION) and extended)
            continue
        except InvalidInputError:
            assert event in NEED_REASON
            assert not explained
            continue
        assert after is TRANSITIONS[state, event]
        extended += event is Event.EXTEND
        state = after
    assert extended <= 1


def test_every_state_can_be_reached_and_only_ends_are_ends() -> None:
    reached, queue = set[State](), [TRANSITIONS[None, Event.ISSUE]]
    while queue:
        state = queue.pop()
        if state not in reached:
            reached.add(state)
            queue += [to for (source, _), to in TRANSITIONS.items() if source is state]
    assert reached == set(State)
    for end in ENDED:
        leaving = {event for (source, event), to in TRANSITIONS.items() if source is end and to is not end}
        assert leaving <= {Event.CORRECT, Event.REOPEN}


def test_refusals_have_codes_and_speak_both_languages() -> None:
    with pytest.raises(ConflictError) as refused:
        advance(State.CLOSED, Event.SIGN)
    assert refused.value.code == "task_transition"
    assert refused.value.text("zh") == "任务状态为“已办结”，不能签收"
    with pytest.raises(ConflictError) as twice:
        advance(State.VERIFYING, Event.EXTEND, extended=True, reason="等待检验")
    assert twice.value.code == "task_extended_already"
    with pytest.raises(InvalidInputError, match="reason"):
        advance(State.REPORTED, Event.RETURN, reason="  ")


def test_who_reports_has_started() -> None:
    for state in (State.SIGNED, State.RETURNED, State.VERIFYING):
        after: State = state
        for event in path_to_report(state):
            after = advance(after, event)
        assert after is State.REPORTED


def test_every_state_and_event_has_words() -> None:
    for lang in ("zh", "en"):
        assert all(s.word(lang) for s in State)
        assert all(e.word(lang) for e in Event)
