"""House rules as tests, one a function; each docstring tells what happened, or would, without it. Git is the truth about which files are ours."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("risk", "models", "rules", "features", "api", "experiments")

SHADOWS_BY_CHOICE = {"risk/domain/calendar.py", "rules/trace.py"}
"""Modules called like one of the standard library, older than the rule. Nothing may be added."""

QUOTES_CHINESE = {"region_not_known.hint"}
"""Messages whose English text shows how something is written in Chinese."""


@cache
def tracked() -> tuple[str, ...]:
    """Every file that git knows."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file()))


def texts() -> Iterator[tuple[str, str]]:
    """Every tracked file that is text, with it."""
    for name in tracked():
        try:
            yield name, (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_no_module_is_called_like_a_package_or_the_standard_library() -> None:
    """``risk/cli/models.py`` and the package ``models``: started as a script, or with its folder first on the path, the wrong one is imported."""
    taken = set(PACKAGES) | sys.stdlib_module_names
    found = set()
    for name in tracked():
        path = Path(name)
        if path.suffix == ".py" and path.parts[0] in PACKAGES and len(path.parts) > 1:
            inner = {*path.parts[1:-1], path.stem} - {"__init__", "__main__"}
            if inner & taken:
                found.add(name)
    assert found <= SHADOWS_BY_CHOICE, sorted(found - SHADOWS_BY_CHOICE)


def test_ignored_folders_are_rooted() -> None:
    """A line ``models/`` in .gitignore was meant for trained models; hatchling reads it too, and the package was missing from the wheel without a word."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    for line in (text.strip() for text in lines):
        bare = line.strip("/*!")
        folder = "." not in bare
        if line and not line.startswith(("#", "/")) and folder:
            assert bare == "__pycache__", f"{line}: write /{bare}/"
    for package in (*PACKAGES, "tests"):
        assert not any(line.strip().strip("/") == package for line in lines), package


def test_no_file_knows_this_machine() -> None:
    """A result, a lock file or a constraint that holds a home folder or a private registry works on one machine only, and tells strangers about it."""
    here = {f"{place}/" for place in (ROOT, Path.home()) if len(place.parts) > 2}
    indexes = (value for name, value in os.environ.items() if "INDEX" in name)
    here |= {found[1] for value in indexes if (found := re.match(r"https?://(?:[^@/]*@)?([^/:]{5,})", value))} - {"pypi.org"}
    hosts = re.compile(r"--(?:extra-)?index-url|--find-links|https?://[^\s/]*(?:artifactory|nexus|devpi|pypi)[^\s/]*/", re.IGNORECASE)
    places = re.compile(r"(?<![\w.…])/(?:(?:home|Users)/(?!me/|someone/)\w+|root|work/\w+)/")
    mine = {"tests/test_house.py", "tests/test_wheel.py"}  # they name what must not be
    for name, text in texts():
        if name in mine:
            continue
        for pattern in (hosts, places):
            found = pattern.search(text)
            assert found is None, f"{name}: {found and found[0]}"
        assert not [word for word in here if word in text], name


def _import_all() -> None:
    for name in tracked():
        path = Path(name)
        if path.suffix == ".py" and path.parts[0] in ("risk", "api") and "migrations" not in path.parts and path.stem != "served_model":
            importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))


def test_every_message_speaks_both_languages() -> None:
    """A placeholder that stands in one language only loses what it should tell, or ends the command with a KeyError in the other."""
    from risk.domain.messages import MESSAGES

    _import_all()
    assert len(MESSAGES) > 300
    for code, (zh, en) in MESSAGES.items():
        assert zh, code
        assert en, code
        if code == "quarantine_still_bad":  # its reasons are told a language each
            continue
        fields = [{field for _, field, _, _ in Formatter().parse(text) if field is not None} for text in (zh, en)]
        assert fields[0] == fields[1], f"{code}: {fields}"
        if not re.search(r"[\u4e00-\u9fff]", zh):
            assert zh == en or not re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", re.sub(r"\{.*?\}", "", zh)), f"{code}: no Chinese in it"
        assert code in QUOTES_CHINESE or not re.search(r"[\u4e00-\u9fff]", en), f"{code}: Chinese in the English text"


def _codes(tree: ast.AST) -> Iterator[str]:
    """Codes that a module raises or tells, where they stand as literals."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            if called in {"NotFoundError", "ConflictError", "InvalidInputError", "tell"} or (called == "say" and len(node.args) > 1):
                yield node.args[0].value


def _modules() -> dict[str, ast.Module]:
    """Our modules below risk, parsed."""
    named = {}
    for name in tracked():
        path = Path(name)
        if path.suffix == ".py" and path.parts[0] == "risk" and "migrations" not in path.parts:
            named[".".join(path.with_suffix("").parts).removesuffix(".__init__")] = ast.parse((ROOT / name).read_text(encoding="utf-8"))
    return named


def _registers(tree: ast.Module) -> set[str]:
    """Codes that a module defines: keys of dictionaries whose values are pairs."""
    pairs = (pair for node in ast.walk(tree) if isinstance(node, ast.Dict) for pair in zip(node.keys, node.values, strict=True))
    return {str(k.value) for k, v in pairs if isinstance(k, ast.Constant) and isinstance(v, ast.Tuple) and len(v.elts) == 2}


def _imports(body: list[ast.stmt], known: dict[str, ast.Module], *, deep: bool) -> set[str]:
    """Our modules that are imported by statements; with ``deep`` also those inside functions."""
    found: set[str] = set()
    for statement in body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            continue
        for node in ast.walk(statement) if deep else [statement]:
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
    return found & known.keys()


def test_every_code_is_registered_where_it_is_raised() -> None:
    """``risk tasks show 9999`` ended with a KeyError: its code was registered by a module that this command never imports."""
    known = _modules()
    at_once = {name: _imports(tree.body, known, deep=False) for name, tree in known.items()}
    registered = {name: _registers(tree) for name, tree in known.items()}
    for module, tree in known.items():
        reached, todo = set(), {module} | _imports(tree.body, known, deep=True)
        while todo:
            reached |= todo
            todo = {name for one in todo for name in at_once[one]} - reached
        told = set().union(*(registered[one] for one in reached))
        assert not (lost := set(_codes(tree)) - told - {"file_not_found"}), f"{module}: {sorted(lost)}"


def test_every_package_says_what_it_is_for() -> None:
    """Whoever opens a folder reads its README first; one without is a folder that nobody owns."""
    for package in PACKAGES:
        told = (ROOT / package / "README.md").read_text(encoding="utf-8")
        assert told.startswith("# "), package
        assert f"`{package}/`" in (ROOT / "README.md").read_text(encoding="utf-8"), f"{package} is not in the README's table"


def test_tests_are_no_package() -> None:
    """An ``__init__.py`` below tests makes ``tests.risk`` and the like real packages, which hide ours when pytest puts their parent on the path."""
    assert [name for name in tracked() if name.startswith("tests/") and name.endswith("__init__.py")] == []
