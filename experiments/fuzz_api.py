"""Does any role get a server error or an undeclared answer out of the API? ``python -m experiments.fuzz_api [--examples 20] [--role officer]``

Schemathesis reads the OpenAPI of a real server over a small demo province and asks every operation as each role (examples, coverage of bounds, random values,
well-formed and not). Checked of every answer: no server error, a declared status, a declared content type, a body that fits its schema. The result goes to
``experiments/results/fuzz_api.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
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
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
LAST = ("system_admin", "security_admin")
"""They can take things away from the others."""
OFFICE = "420100-market_supervision"


def people(address: str) -> dict[str, str]:
    """An account for each role and a session of it: role → cookie."""
    engine, now, found = open_engine(address), datetime.now(UTC), {}
    for code in sorted(roles(), key=lambda one: one in LAST):
        office = OFFICE if code in ("officer", "office_head") else None
        new = NewAccount(f"fuzz_{code}", (code,), office, (("", ""),))
        with transaction(engine) as conn:
            make = accounts.create if accounts.exist(conn) else accounts.create_first
            account = make(conn, new, digest=None, must_change=False, actor="experiment", now=now)
            token = sessions.open_session(conn, account, how="password", second_factor=True, now=now, client="experiment")
        found[code] = f"risk_session={token}"
    engine.dispose()
    return found


def fuzz(server: Server, cookie: str, folder: Path, *, examples: int, seed: int, phases: str) -> dict[str, Any]:
    """Ask everything as one person; what Schemathesis counted and found."""
    report = folder / "report.json"
    command = [
        str(Path(sys.executable).with_name("st")), "run", f"{server.base}/openapi.json",
        "--header", f"Cookie: {cookie}", "--checks", CHECKS, "--phases", phases, "--max-examples", str(examples),
        "--seed", str(seed), "--continue-on-failure", "--no-shrink", "--warnings", "off", "--suppress-health-check", "all",
        "--request-timeout", "60", "--report", "json", "--report-json-path", str(report),
        "--exclude-path-regex", r"^/api/v1/auth/(sign-out|sessions)|/events$",  # would end the session asked with; a stream has no end
    ]  # fmt: skip
    surroundings = {**os.environ, "SCHEMATHESIS_HOOKS": "experiments.fuzz_hooks", "PYTHONPATH": str(RESULTS.parents[1])}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=surroundings)
    (folder / "output.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    told = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return {"exit": done.returncode, "report": told, "tail": done.stdout[-6000:]}


def main() -> None:
    """Fuzz as each role, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--examples", type=int, default=20)
    parser.add_argument("--phases", default="examples,coverage,fuzzing")
    parser.add_argument("--role", action="append", default=[])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="a folder for what Schemathesis said")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name, databases(options.database, Path(name)) as made:
        home, address = Path(name) / "home", made.new()
        take_in(home, address, 600, options.seed)
        surroundings = {"RISK_HOME": str(home), "RISK_DATABASE": address, "RISK_LANG": "en"}
        finish(["run", "--rules-only", "--as-of", AS_OF, "--actor", "experiment"], surroundings)
        cookies = people(address)
        server = Server(surroundings)
        server.start()
        try:
            for code, cookie in cookies.items():
                if options.role and code not in options.role:
                    continue
                folder = (options.keep or Path(name)) / code
                folder.mkdir(parents=True, exist_ok=True)
                found[code] = fuzz(server, cookie, folder, examples=options.examples, seed=options.seed, phases=options.phases)
                print(code, found[code]["exit"], summary(found[code]["report"]), flush=True)
                if found[code]["exit"]:
                    print(found[code]["tail"], flush=True)
        finally:
            server.stop()
        holds = True
        try:
            finish(["audit", "verify"], surroundings)
        except RuntimeError:
            holds = False
    result = {
        **heading(f"python -m experiments.fuzz_api --examples {options.examples} --phases {options.phases} --seed {options.seed}"),
        "database": options.database,
        "checks": CHECKS.split(","),
        "roles": {code: {"failures": one["exit"] != 0, **summary(one["report"])} for code, one in found.items()},
        "audit_chain_holds": holds,
        "passed": holds and not any(one["exit"] for one in found.values()),
    }
    if not options.role:
        store_json(RESULT, result)
    print(json.dumps(result["roles"], indent=2))
    if not result["passed"]:
        raise SystemExit(1)


def summary(report: dict[str, Any]) -> dict[str, Any]:
    """Numbers of a report."""
    kinds = Counter(str(one.get("check", one.get("title", "?"))) for one in report.get("failures", []))
    return {"keys": sorted(report)[:20], "kinds": dict(kinds)}


if __name__ == "__main__":
    main()
