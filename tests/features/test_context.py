"""What is known around a text reaches learners as numbers, unknown as nan; every channel has its place."""

import numpy as np

from features.context import CHANNEL_GROUPS, CONTEXT, Context
from risk.domain.channels import CHANNELS


def test_every_channel_is_in_one_group() -> None:
    codes = [code for _, _, some in CHANNEL_GROUPS.values() for code in some]
    assert sorted(codes) == sorted(code for code, _ in CHANNELS)


def test_channel_and_kind_are_told_and_unknown_is_unknown() -> None:
    table = Context(["sms", "listing", None, "no such channel"], ["content", "report", "warning", None]).columns()
    assert list(table.columns) == [feature.name for feature in CONTEXT]
    assert table["channel_private"].tolist()[:2] == [1.0, 0.0]
    assert table["channel_shop"].tolist()[:2] == [0.0, 1.0]
    assert table.loc[2:, [f"channel_{group}" for group in CHANNEL_GROUPS]].isna().all().all()
    assert table["told_by_others"].tolist()[:3] == [0.0, 1.0, 1.0]
    assert np.isnan(table["told_by_others"][3])


def test_nothing_known_is_nan_throughout() -> None:
    assert Context.unknown(2).columns().isna().all().all()
