"""The project's own learner of texts, over what the market shows: words, fields, and nothing of what is true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.inputs import TextLike
from models.text import TextModel, train_text

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class View:
    """A view of a text in which every character stands where it stood."""

    text: str

    def span(self, i: int, j: int, /) -> tuple[int, int]:
        """The same place."""
        return i, j


@dataclass(frozen=True, slots=True)
class Text:
    """A text that needs no normalising."""

    dense: View

    @property
    def original(self) -> str:
        """As it was published."""
        return self.dense.text


@dataclass(frozen=True, slots=True)
class Frame:
    """What `models.inputs.FrameLike` asks for."""

    texts: Sequence[TextLike]
    columns: pd.DataFrame
    words: Sequence[Sequence[str]]

    @property
    def n(self) -> int:
        """How many rows."""
        return len(self.texts)

    def take(self, rows: Ints) -> Frame:
        """Some of the rows, in that order."""
        chosen = rows.tolist()
        return Frame([self.texts[i] for i in chosen], self.columns.iloc[chosen].reset_index(drop=True), [self.words[i] for i in chosen])


def frame(words: Sequence[Sequence[str]], fields: Mapping[str, Floats]) -> Frame:
    """Of the words of each unit and its fields.

    >>> frame([["甲乙", "丙丁"]], {"price": np.array([1.0])}).texts[0].dense.text
    '甲乙丙丁'
    """
    import pandas as pd

    return Frame([Text(View("".join(row))) for row in words], pd.DataFrame(dict(fields)), words)


def joined(parts: Sequence[Frame]) -> Frame:
    """One below the other."""
    import pandas as pd

    columns = pd.concat([p.columns for p in parts], ignore_index=True)
    return Frame([t for p in parts for t in p.texts], columns, [w for p in parts for w in p.words])


def train(rows: Frame, verdicts: Floats, weights: Floats, subjects: Ints, seed: int) -> TextModel:
    """The model that the project would make of these verdicts; folds never part a subject."""
    model = train_text(rows, None, verdicts, sample_weights=weights, groups=subjects, seed=seed).model
    assert isinstance(model, TextModel)
    return model


def scores(model: TextModel, rows: Frame) -> Floats:
    """A probability for each row."""
    return model.predict(rows, None)
