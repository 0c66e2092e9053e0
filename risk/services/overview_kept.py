"""Overviews that took long are kept for a short time: a dozen leaders who open one page do not make the same count a dozen times.

Only what took longer than `worth_seconds` is kept, by scope and question, in this process, for `keep_seconds`; it says the moment it was counted at. Small stores
are always counted anew.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import asdict
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import Connection

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.datafiles import read_toml
from risk.services import overview as counting
from risk.services.overview import Overview
from risk.services.overview_asked import Asked

_MOST = 200
_kept: OrderedDict[Any, tuple[datetime, Overview]] = OrderedDict()
_lock = Lock()


def overview(conn: Connection, asked: Asked, *, scope: Scope = EVERYWHERE) -> Overview:
    """As `risk.services.overview.overview`; a kept answer is at most `keep_seconds` older than what is asked for."""
    knobs = read_toml("overview.toml")["cache"]
    key = (str(conn.engine.url), scope, tuple((asdict(asked) | {"at": None}).items()))
    with _lock:
        found = _kept.get(key)
    if found and timedelta() <= asked.at - found[0] < timedelta(seconds=knobs["keep_seconds"]):
        return found[1]
    began = time.perf_counter()
    made = counting.overview(conn, asked, scope=scope)
    if time.perf_counter() - began > knobs["worth_seconds"]:
        with _lock:
            _kept[key] = (asked.at, made)
            while len(_kept) > _MOST:
                _kept.popitem(last=False)
    return made
