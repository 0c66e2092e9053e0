"""What is true in the made-up market: every number that decides, in one frozen table, with the settings that differ from it.

Committed before anything was compared. A number changed later is a commit of its own and is told in the results.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

CHANNELS = 4
REGIONS = 8


@dataclass(frozen=True, slots=True)
class Truth:
    """One market. Shares are 0 to 1, times are weeks."""

    # the market
    weeks: int = 4
    """Weeks of a round."""
    rounds: int = 6
    """Rounds after the first, from which everybody starts with the same knowledge."""
    units: int = 1500
    """Units (texts with fields) a week."""
    subjects: int = 4000
    offending: float = 0.06
    """Share of subjects that sometimes offend."""
    habit: float = 0.5
    """Share of their units that do: a base rate of 3 %."""
    alike: float = 0.05
    """Share of lawful units that speak of an offence: warnings, news, reports. They hold its words beside words of denial."""
    slip: float = 0.04
    """Share of lawful units that hold one such word by chance."""
    history: float = 0.5
    """Share of round 0 that was inspected at random: where the first model comes from."""

    # texts
    vocabulary: int = 700
    words: float = 8.0
    """Ordinary words of a text, on average, beside four that it always has."""
    schemes: int = 3
    """Kinds of offence at the beginning."""
    slots: int = 12
    """Telling words of a kind, each with a spelling that can change."""
    shown: float = 1.5
    """Telling words in an offending text, on average, beside one that it always has."""
    denials: int = 8

    # evasion: offenders see which words were caught, some time later, and spell them otherwise
    lag: int = 1
    """Weeks from a confirmed verdict until other offenders have heard of it. At the beginning of a round they look back at the one before."""
    tolerance: float = 0.15
    """Share of a word's units known to be caught from which on it is spelled otherwise."""
    switched: int = 4
    """Words of a kind that change in a round, the most caught first."""
    adopting: float = 0.65
    """Share of offenders that follow at once; the others stay one spelling behind."""
    kept: float = 0.4
    """Share of new spellings that keep a character of the old one."""
    fading: float = 0.25
    """How far fields move towards the lawful ones in a round, where everything was caught."""

    # offices
    capacity: int = 36
    """Checks of warned units a week, all offices together, by size."""
    audit: float = 0.02
    """Share of the units not warned that is checked at random."""
    audit_on_top: bool = True
    """Random checks ride on inspections that happen anyway; otherwise they are taken from the capacity."""
    sensitivity: tuple[float, float] = (0.90, 0.97)
    """Share of offences that an office confirms when it checks (from, to, over offices)."""
    specificity: tuple[float, float] = (0.995, 0.999)
    """Share of lawful units that an office does not confirm."""
    untraceable: tuple[float, float] = (0.06, 0.12)
    """Share without a verdict, of lawful units and of offences."""
    delay: tuple[float, float] = (1.0, 2.0)
    """Weeks until a verdict beyond the first, on average, of lawful units and of offences (a grave case takes longer)."""

    # what is injected
    drift_at: int = 3
    """The round at whose beginning it happens; 0: never."""
    new_scheme: float = 0.35
    """Share of offences that is of a new kind from then on."""
    mix_to: float = 0.30
    """Share of the last channel from then on (before: 0.10)."""


SETTINGS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "main": ("evasion, drift in round 3, honest offices", {}),
    "still": ("no evasion and no drift: there is nothing to keep up with", {"tolerance": 2.0, "fading": 0.0, "drift_at": 0}),
    "drift_only": ("drift in round 3, no evasion", {"tolerance": 2.0, "fading": 0.0}),
    "evasion_only": ("evasion, no drift", {"drift_at": 0}),
    "small_capacity": ("offices check a third", {"capacity": 12}),
    "noisy": ("verdicts are often wrong", {"sensitivity": (0.65, 0.80), "specificity": (0.96, 0.98)}),
    "slow": ("verdicts take months", {"delay": (8.0, 10.0)}),
    "little_audit": ("one unit of five hundred is checked at random", {"audit": 0.002}),
    "paid_audit": ("random checks are taken from the capacity", {"audit_on_top": False, "audit": 0.006}),
}
"""Settings that differ from `Truth`; most of them are there because the loop is expected to gain little or to lose."""


def setting(name: str, **more: Any) -> Truth:
    """The market of a setting.

    >>> setting("small_capacity").capacity, setting("main", units=50).units
    (12, 50)
    """
    return replace(Truth(), **{**SETTINGS[name][1], **more})


def as_numbers(truth: Truth) -> dict[str, Any]:
    """For the stored result."""
    return {f.name: getattr(truth, f.name) for f in fields(truth)}
