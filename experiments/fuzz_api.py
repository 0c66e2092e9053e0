"""Does any role get a server error or an undeclared answer out of the API? ``python -m experiments.fuzz_api [--examples 6] [--role officer] [--only REGEX]``

Over a real server of a small demo province with accounts Schemathesis reads the OpenAPI and makes cases for every operation (examples, bounds, random values,
well-formed and not). Each case is asked as each of the nine roles (`experiments.fuzz_hooks`). Checked of every answer: no server error, a declared status, a
declared content type, a body that fits its schema; afterwards the chain of the audit must hold. The result goes to ``experiments/results/fuzz_api.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.databases import KINDS, databases
from experiments.kill_run import AS_OF, take_in
from experiments.killing import finish
from experiments.record import RESULTS, heading, store_json
from experiments.serving import Server
from risk.domain.authority import roles
from risk.services import accounts, sessions
from risk.services.accounts import NewAccount
from risk.storage.engine import open_engine, transaction

RESULT = RESULTS / "fuzz_api.json"
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
PLAN = "RISK_FUZZ_PLAN"
"""The variable that names a JSON file for the hooks: ``cookies`` by role, ``may`` (roles by operation), ``database``, ``seed``, ``folder``."""
OFFICE = "420100-market_supervision"
COUNTED = ("operations", "requests", "2xx", "3xx", "4xx", "5xx", "server_errors", "undeclared", "unanswered")
STREAMS = r"/events$"
"""A stream that waits for what comes has no end."""


def people(address: str) -> dict[str, str]:
    """An account for each role and a session of it: role → cookie."""
    engine, now, found = open_engine(address), datetime.now(UTC), {}
    for code in roles():
        office = OFFICE if code in ("officer", "office_head") else None
        new = NewAccount(f"fuzz_{code}", (code,), office, (("", ""),))
        with transaction(engine) as conn:
            make = accounts.create if accounts.exist(conn) else accounts.create_first
            account = make(conn, new, digest=None, must_change=False, actor="experiment", now=now)
            token = sessions.open_session(conn, account, how="password", second_factor=True, now=now, client="experiment")
        found[code] = f"risk_session={token}"
    engine.dispose()
    return found


def described() -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The OpenAPI, and who may do what, as the access matrix tells it: ``GET /api/v1/alerts`` → roles."""
    from api.access import operations
    from api.app import create_app
    from risk.settings import Settings

    app = create_app(Settings(home=Path(), database_url="sqlite://"))
    found: dict[str, set[str]] = {}
    for one in operations(app):
        found.setdefault(f"{one.method} {one.path}", set()).update(code for code, role in roles().items() if one.open_to(role.may))
    return _plain_tuples(app.openapi()), {label: sorted(who) for label, who in found.items()}


def _plain_tuples(part: Any) -> Any:
    """``prefixItems`` as ``items``: Schemathesis 4.32 writes them in the way of older drafts and then refuses its own writing."""
    if isinstance(part, list):
        return [_plain_tuples(one) for one in part]
    if not isinstance(part, dict):
        return part
    told = {name: _plain_tuples(one) for name, one in part.items() if name != "prefixItems"}
    if isinstance(part.get("prefixItems"), list):
        kinds = [_plain_tuples(one) for one in part["prefixItems"]]
        told["items"] = kinds[0] if all(one == kinds[0] for one in kinds) else {"anyOf": kinds}
    return told


def parts(schema: Mapping[str, Any], number: int) -> list[dict[str, Any]]:
    """The description in so many parts, each with its share of the paths: asked by processes of their own."""
    paths = sorted(schema["paths"])
    return [{**schema, "paths": {path: schema["paths"][path] for path in paths[first::number]}} for first in range(number)]


def ask(
    server: Server, schema: Mapping[str, Any], plan: Mapping[str, Any], folder: Path, options: argparse.Namespace
) -> subprocess.Popen[bytes]:
    """Schemathesis over one part, started."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.json").write_text(json.dumps({**plan, "folder": str(folder)}), encoding="utf-8")
    (folder / "openapi.json").write_text(json.dumps(schema), encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("st")), "run", "openapi.json", "--url", server.base, "--checks", "each_role",
        "--phases", options.phases, "--max-examples", str(options.examples), "--seed", str(options.seed), "--continue-on-failure",
        "--no-shrink", "--warnings", "off", "--suppress-health-check", "all", "--request-timeout", "60", "--workers", "2",
        "--exclude-path-regex", STREAMS, *(("--include-path-regex", options.only) if options.only else ()),
    ]  # fmt: skip
    told = {"SCHEMATHESIS_HOOKS": "experiments.fuzz_hooks", PLAN: str(folder / "plan.json"), "PYTHONPATH": str(RESULTS.parents[1])}
    with (folder / "output.txt").open("wb") as out:
        return subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **told})


def fuzz(server: Server, schema: Mapping[str, Any], plan: Mapping[str, Any], folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Ask everything as everybody: whether Schemathesis came to its end, and the counts by role."""
    folders = [folder / str(number) for number in range(options.parts)]
    asked = [ask(server, part, plan, place, options) for part, place in zip(parts(schema, options.parts), folders, strict=True)]
    ended = [process.wait() for process in asked]
    counts: dict[str, Counter[str]] = {}
    for place in folders:
        for role, one in json.loads((place / "counts.json").read_text(encoding="utf-8")).items():
            counts.setdefault(role, Counter()).update(one)
    findings = sorted(
        {_kind(line) for place in folders if (path := place / "findings.ndjson").exists() for line in path.open(encoding="utf-8")}
    )
    return {
        "exit": max(ended),
        "findings": findings,
        "roles": {role: {name: one[name] for name in COUNTED} for role, one in counts.items()},
    }


def _kind(line: str) -> str:
    told = json.loads(line)
    return f"{told['operation'].replace(' /', ' ')}: {told['check']}, {told['status']}"  # a result names no absolute path


def clean(found: Mapping[str, Any]) -> bool:
    """Whether everybody was asked and nobody got a wrong answer."""
    wrong = ("server_errors", "undeclared", "unanswered")
    asked = [one.get("requests", 0) > 0 for one in found["roles"].values()]
    return found["exit"] == 0 and bool(asked) and all(asked) and not any(one.get(kind) for one in found["roles"].values() for kind in wrong)


def holds(surroundings: Mapping[str, str]) -> bool:
    """Whether the chain of the audit survived it all."""
    try:
        finish(["audit", "verify"], surroundings)
    except RuntimeError:
        return False
    return True


def main() -> None:
    """Fuzz as each role, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--examples", type=int, default=6)
    parser.add_argument("--phases", default="examples,coverage,fuzzing")
    parser.add_argument("--parts", type=int, default=2, help="processes that ask, and that serve")
    parser.add_argument("--role", action="append", default=[])
    parser.add_argument("--only", default="", help="a regular expression of paths: not stored")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="a folder for findings")
    options = parser.parse_args()
    started = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as name, databases(options.database, Path(name)) as made:
        folder = (options.keep or Path(name) / "asked").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        address = made.new()
        surroundings = {"RISK_HOME": str(Path(name) / "home"), "RISK_DATABASE": address, "RISK_LANG": "en"}
        take_in(Path(name) / "home", address, 600, options.seed)
        finish(["run", "--rules-only", "--as-of", AS_OF, "--actor", "experiment"], surroundings)
        cookies = {code: cookie for code, cookie in people(address).items() if not options.role or code in options.role}
        schema, who = described()
        plan = {"cookies": cookies, "may": who, "database": address, "seed": options.seed}
        server = Server(surroundings, "--workers", str(options.parts), errors=folder / "server.log")
        server.start()
        try:
            found = fuzz(server, schema, plan, folder, options)
        finally:
            server.stop()
        chain = holds(surroundings)
    result = {
        **heading(
            f"python -m experiments.fuzz_api --examples {options.examples} --phases {options.phases} --seed {options.seed} --parts {options.parts}"
        ),
        "database": options.database,
        "checks": list(CHECKS),
        "roles": found["roles"],
        "findings": found["findings"],
        "audit_chain_holds": chain,
        "seconds": round((datetime.now(UTC) - started).total_seconds()),
        "passed": chain and clean(found),
    }
    if not options.role and not options.only:
        store_json(RESULT, result)
    print(json.dumps(result["roles"], indent=1))
    if not result["passed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
