"""What Schemathesis is told of our interface, loaded by ``SCHEMATHESIS_HOOKS`` (`experiments.fuzz_api`): every case is asked as each role, and made likely to reach what it is about.

A case is made once. Each is asked as one of those who may, by turns; the first dozen of an operation as all of those who may, and the first three as everybody
else too, whose refusal does not look at the rest. Each answer is judged by the same four checks, counted by role in ``counts.json`` and, where it fails, written
to ``findings.ndjson``. Accounts that a case disabled or signed out are put back before the next one: otherwise what
follows would only test how strangers are refused.
"""

from __future__ import annotations

import atexit
import json
import os
import random
import threading
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from sqlalchemy import Engine, select, update

from experiments.fuzz_api import PLAN
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
SMALL = 40
"""Numbers of rows in a small province: larger ones are mostly not found."""

EACH_OF_THOSE_WHO_MAY = 12
EACH_OF_THE_OTHERS = 3
"""So many cases of an operation are asked as each; those that follow as one who may."""
DEAR = 10.0
"""Seconds: an operation that has taken so long (it writes a report, judges an alert again) is from then on asked as one who may."""

KEEPS_ACCOUNTS = ("/api/v1/accounts", "/api/v1/auth/", "/api/v1/keys")


class Asking:
    """The plan, a connection for each role, and what came of it."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.cookies: dict[str, str] = plan["cookies"]
        self.may: dict[str, list[str]] = plan["may"]
        self.folder = Path(plan["folder"])
        self.chance = random.Random(int(plan["seed"]))
        self.turn: Counter[str] = Counter()
        self.own = threading.local()
        self.counts: dict[str, Counter[str]] = {role: Counter() for role in self.cookies}
        self.operations: dict[str, set[str]] = {role: set() for role in self.cookies}
        self.seen: Counter[tuple[str, ...]] = Counter()
        self.took: Counter[str] = Counter()  # milliseconds
        self.lock = threading.RLock()
        self.engine = open_engine(plan["database"])
        self.kept = _accounts(self.engine)
        atexit.register(self.store)

    def first(self, label: str) -> str:
        """Who asks first: by turns those who may, so that no role always finds what another has just changed."""
        among = self.may.get(label) or list(self.cookies)
        with self.lock:
            self.turn[label] += 1
        return among[self.turn[label] % len(among)]

    def asked_of(self, label: str) -> list[str]:
        """Who is asked this case besides."""
        if self.took[label] > DEAR * 1000 and self.turn[label] > 1:
            return []
        limit = {True: EACH_OF_THOSE_WHO_MAY, False: EACH_OF_THE_OTHERS}
        may = self.may.get(label) or list(self.cookies)
        return [role for role in self.cookies if self.turn[label] <= limit[role in may]]

    def ask(self, role: str, asked: requests.PreparedRequest, label: str) -> Any:
        """The same request by another role; nothing where the server says nothing."""
        again = asked.copy()
        again.headers["Cookie"] = self.cookies[role]
        try:
            if not hasattr(self.own, "session"):
                self.own.session = requests.Session()
            sent = self.own.session.send(again, timeout=60, allow_redirects=False)
        except requests.RequestException as error:
            self.counts[role]["unanswered"] += 1
            self.write(role, label, "unanswered", again, 0, b"", error)
            return None
        return schemathesis.Response.from_requests(sent, verify=True)

    def judge(self, role: str, ctx: Any, answer: Any, case: Any) -> None:
        """Count one answer of one role, and write down what is wrong with it."""
        with self.lock:
            self._judge(role, ctx, answer, case)
            self._put_back(answer.request, answer.status_code)

    def _judge(self, role: str, ctx: Any, answer: Any, case: Any) -> None:
        label, status = case.operation.label, answer.status_code
        self.took[label] += int(answer.elapsed * 1000)
        self.operations[role].add(label)
        self.counts[role]["requests"] += 1
        if self.counts[role]["requests"] % 500 == 0:
            self.store()
        self.counts[role][f"{status // 100}xx"] += 1
        for check in CHECKS:
            try:
                check(ctx, answer, case)
            except (Failure, AssertionError, FailureGroup) as error:
                kind = "server_errors" if check is not_a_server_error else "undeclared"
                self.counts[role][kind] += 1
                self.write(role, label, check.__name__, answer.request, status, answer.content, error)
                break

    def write(
        self, role: str, label: str, check: str, asked: requests.PreparedRequest, status: int, answer: bytes, error: BaseException
    ) -> None:
        """A finding, the first three of a kind."""
        key = (label, check, str(status))
        self.seen[key] += 1
        if self.seen[key] > 3:
            return
        body = asked.body.decode("utf-8", "replace") if isinstance(asked.body, bytes) else str(asked.body or "")
        found = {
            "role": role, "operation": label, "check": check, "status": status, "said": str(error)[:600],
            "method": asked.method, "url": asked.url, "type": asked.headers.get("Content-Type", ""), "body": body[:1500],
            "answer": answer[:600].decode("utf-8", "replace"),
        }  # fmt: skip
        with (self.folder / "findings.ndjson").open("a", encoding="utf-8") as out:
            out.write(json.dumps(found, ensure_ascii=False) + "\n")

    def _put_back(self, asked: requests.PreparedRequest, status: int) -> None:
        """Accounts and sessions as they were, after whatever may have changed them."""
        if asked.method == "GET" or status >= 300 or not (asked.path_url or "").startswith(KEEPS_ACCOUNTS):
            return
        with transaction(self.engine) as conn:
            for table, rows in self.kept.items():
                for row in rows:
                    conn.execute(update(table).where(table.c.id == row["id"]).values(row))
        self.counts[next(iter(self.counts))]["put_back"] += 1

    def store(self) -> None:
        """Write the counts; the last thing that is done."""
        dear = sorted(label for label, taken in self.took.items() if taken > DEAR * 1000)
        (self.folder / "dear.json").write_text(json.dumps(dear), encoding="utf-8")
        told = {role: {"operations": len(self.operations[role]), **count} for role, count in self.counts.items()}
        (self.folder / "counts.json").write_text(json.dumps(told), encoding="utf-8")


def _accounts(engine: Engine) -> dict[Any, list[dict[str, Any]]]:
    with engine.connect() as conn:
        return {table: [dict(row._mapping) for row in conn.execute(select(table))] for table in (t.accounts, t.sessions)}


_making = threading.Lock()


def asking() -> Asking:
    """Of this process, made once when it is first needed: threads that came together had made two, and the idle one wrote its noughts over the other's counts."""
    with _making:
        return _made()


@cache
def _made() -> Asking:
    return Asking(json.loads(Path(os.environ[PLAN]).read_text(encoding="utf-8")))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001 - the library's signature
    """Somebody who may asks first; most cases act as who they are, on rows that exist."""
    here = asking()
    chance = here.chance
    role = here.first(case.operation.label)
    case.headers["Cookie"] = here.cookies[role]
    case.headers["Connection"] = "close"  # one that is kept may be ended by the server in the moment it is used again
    if chance.random() < 0.9:
        case.headers.pop("X-Actor", None)
        if isinstance(case.body, dict):
            case.body.pop("actor", None)
    if chance.random() < 0.75:
        case.headers.pop("If-Match", None)
        for name, value in list((case.path_parameters or {}).items()):
            if isinstance(value, int) and not isinstance(value, bool) and value > SMALL:
                case.path_parameters[name] = 1 + value % SMALL
        if isinstance(case.body, dict) and isinstance(case.body.get("version"), int):
            case.body["version"] = 1


@schemathesis.check
def each_role(ctx: Any, response: Any, case: Any) -> None:
    """The same request by the other roles; every answer is judged and counted, none stops the run."""
    here = asking()
    asked, label = response.request, case.operation.label
    own = asked.headers.get("Cookie", "")
    for role, cookie in here.cookies.items():
        if cookie == own:
            here.judge(role, ctx, response, case)
    for role in here.asked_of(label):
        if here.cookies[role] != own and (answer := here.ask(role, asked, label)) is not None:
            here.judge(role, ctx, answer, case)


@schemathesis.serializer("application/x-ndjson", "text/csv", "application/octet-stream")
def as_it_is(ctx: schemathesis.SerializationContext, value: Any) -> bytes:  # noqa: ARG001 - the library's signature
    """Texts and bytes as they are, anything else as JSON: what a client that gets it wrong would send."""
    if isinstance(value, bytes):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.encode("utf-8", "replace")
