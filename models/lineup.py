"""The line-up: the one place where models are listed. A sixth is one more file and one more name here."""

from __future__ import annotations

from difflib import get_close_matches

from models import (
    false_medical_advertising,
    illegal_drug_sales,
    illegal_fundraising,
    illegal_medical_device_sales,
    illegal_prescription_drug_sales,
)
from models.spec import ModelSpec

LINEUP: tuple[ModelSpec, ...] = (
    false_medical_advertising.SPEC,
    illegal_fundraising.SPEC,
    illegal_drug_sales.SPEC,
    illegal_prescription_drug_sales.SPEC,
    illegal_medical_device_sales.SPEC,
)


class UnknownModelError(KeyError):
    """There is no such model in the line-up."""

    def __str__(self) -> str:
        return str(self.args[0])


def names() -> list[str]:
    """The names, in the order of the line-up."""
    return [spec.name for spec in LINEUP]


def get(name: str) -> ModelSpec:
    """The model of that name.

    >>> get("illegal_fundraising").title[1]
    'Illegal fundraising'
    >>> get("ilegal_drug_sale")
    Traceback (most recent call last):
    models.lineup.UnknownModelError: no such model: 'ilegal_drug_sale'; did you mean 'illegal_drug_sales'?
    """
    for spec in LINEUP:
        if spec.name == name:
            return spec
    near = get_close_matches(name, names(), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(names())}"
    raise UnknownModelError(f"no such model: {name!r}; {hint}")


def registered_names() -> list[str]:
    """Every model and lens as the registry calls it."""
    return [spec.registered(lens.name) for spec in LINEUP for lens in spec.lenses]
