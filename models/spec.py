"""What a named model is: its question, unit, lenses, label, legal basis and limits. Plain data; one file a model says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.labels import LabelRule


@dataclass(frozen=True, slots=True)
class Lens:
    """One way to look: trained, measured and registered apart. The name is empty where a model has one lens."""

    name: str
    title: tuple[str, str]
    looks_at: Literal["text", "firm"]
    label: LabelRule
    """Which codes of the labelling guide are positive here, and which say nothing."""
    meaning: tuple[str, str]
    """What a positive label means, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A named model. Pairs are (Chinese, English)."""

    name: str
    title: tuple[str, str]
    question: tuple[str, str]
    unit: Literal["signal", "subject"]
    lenses: tuple[Lens, ...]
    inputs: tuple[str, ...]
    basis: tuple[tuple[str, str], ...]
    """(law, article), each read in the text of the law."""
    limits: tuple[tuple[str, str], ...]
    owner: tuple[str, str]

    def lens(self, name: str = "") -> Lens:
        """The lens of that name; a refusal names those there are."""
        for lens in self.lenses:
            if lens.name == name:
                return lens
        raise KeyError(f"model {self.name!r} has no lens {name!r}; one of {', '.join(repr(x.name) for x in self.lenses)}")

    def registered(self, lens: str = "") -> str:
        """The name in the registry: model, or model.lens."""
        found = self.lens(lens).name
        return f"{self.name}.{found}" if found else self.name


def codes(positive: str, *ignore: str) -> LabelRule:
    """The label rule of one code of the guide."""
    return LabelRule(frozenset({"1", positive}), frozenset(ignore), ",")
