"""Optional kernels: the same answers as the code that they stand in for, compiled by numba where it is installed (extra ``kernels``), from much text on.

The rule: a kernel is never needed. Whoever has one keeps the plain way beside it, tests hold the two to the same answers, and what pays decides: numba's start took
1.6 s of the processor and 144 MB here, so that a command, a request or a small file never loads it.

``RISK_KERNELS`` in the environment: ``0`` never, ``1`` from the first text on, ``auto`` or not set: for batches, once `PAYS` characters of them have been searched.

>>> plenty(10, 10**9, {}), plenty(10**6, 10, {}), plenty(10**6, 10**9, {"RISK_KERNELS": "0"})
(False, False, False)
"""

import logging
import os
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from features.kernels.search import Search

SETTING = "RISK_KERNELS"
BATCH = 10_000
"""Fewer characters at once are a request, whose answer nobody wants to wait for."""
PAYS = 8_000_000
"""Characters from which on the start of numba costs less than its kernels save: a quarter of a microsecond each."""


def plenty(now: int, before: int, environment: Mapping[str, str] | None = None) -> bool:
    """Whether kernels are to be used for so many characters by whoever has searched so many in batches before."""
    said = (os.environ if environment is None else environment).get(SETTING, "")
    if said == "0":
        return False
    return (said == "1" or (now >= BATCH and before >= PAYS)) and installed()


@cache
def installed() -> bool:
    """Whether numba is there; it is not imported."""
    return find_spec("numba") is not None


def search_of(terms: Sequence[str]) -> "Search | None":
    """The kernel that finds these terms; None, and a line in the log, where numba does not start: it refuses a numpy that is newer than it knows."""
    try:
        from features.kernels.search import Search
        from features.kernels.trie import Trie
    except ImportError as error:
        logging.getLogger(__name__).warning("kernels are left out: %s", error)
        return None
    return Search(Trie.of(terms))
