"""What a long run tells of itself: how far, how fast, how long still; on a terminal in one line, else a line now and then."""

from __future__ import annotations

import pytest

from risk.cli.progress import EVERY, Teller


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_lines_that_stay_come_now_and_then_and_at_the_end(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_LANG", "en")
    clock = Clock()
    tell = Teller(clock, live=False)
    for read, after in ((100, 1.0), (400, EVERY), (500, 1.0), (1000, 8.0)):
        clock.now += after
        tell(read, 1000)
    assert capsys.readouterr().err.splitlines() == [
        "400 of 1000 signals (40 %), 36 a second, about 16 s left",
        "1000 of 1000 signals (100 %), 50 a second, about 0 s left",
    ]


def test_a_terminal_has_one_line_and_little_work_none(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_LANG", "zh")
    clock = Clock()
    tell = Teller(clock, live=True)
    tell(10, 10, least=2000)
    clock.now += 2.0
    tell(2000, 400_000, least=2000)
    said = capsys.readouterr().err
    assert said == "\r已研判 2000 / 400000 条（0%），每秒 1000 条，约剩 6 分 38 秒   "
