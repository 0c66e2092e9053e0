"""The access matrix, read from the routes themselves: ``python -m api.access`` writes role × route, with the permission each takes and where it holds.

What a route takes is what its dependencies declare (`api.authority`); a route that declares nothing is a defect, and the tests fail for it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from api.authority import Needs, NeedsBy, SignedIn, anybody, public
from risk.domain.authority import permissions, roles

DESCRIPTION_PATHS = frozenset({"/openapi.json"})
"""Made by the framework and of the interface only: public, as `/docs`, which shows the same."""


@dataclass(frozen=True, slots=True)
class Access:
    """What one operation takes.

    ``who``: ``permission`` (whoever holds all of ``permissions``), ``public``, ``anybody`` (an account, a key, this machine while there are no accounts),
    ``account`` (a person who is signed in), or nothing, where it is not declared. ``whole``: only with permissions for the whole province.
    ``fixed``: the parts of the path that the permission follows from, with the value meant here.
    """

    method: str
    path: str
    who: str
    permissions: tuple[str, ...] = ()
    whole: bool = False
    fixed: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """The path with its fixed parts filled in.

        >>> Access("POST", "/rules/{name}/{step}", "permission", ("rules.approve",), fixed=(("step", "approve"),)).shown
        '/rules/{name}/approve'
        """
        path = self.path
        for part, value in self.fixed:
            path = path.replace("{" + part + "}", value)
        return path

    def open_to(self, held: frozenset[str]) -> bool:
        """Whether a person who is signed in and holds these permissions may call it."""
        return self.who in ("public", "anybody", "account") or (self.who == "permission" and held.issuperset(self.permissions))


def operations(app: FastAPI) -> list[Access]:
    """Every operation of the application, by path and method; those whose permission follows from a part of the path once for each value."""
    found = []
    for route in iter_route_contexts(app.routes):
        if route.path in DESCRIPTION_PATHS:
            found += [Access(method, str(route.path), "public") for method in _methods(route)]
            continue
        calls = list(_calls(getattr(route, "dependant", None)))
        for method, chosen in product(_methods(route), _choices(calls)):
            taken = [one for one in calls if isinstance(one, Needs)] + [needs for _, _, needs in chosen]
            found.append(
                Access(
                    method,
                    str(route.path),
                    _who(route, calls, taken),
                    tuple(dict.fromkeys(one.permission for one in taken)),
                    whole=any(one.whole for one in taken),
                    fixed=tuple((part, value) for part, value, _ in chosen),
                )
            )
    return sorted(found, key=lambda one: (one.shown, one.method))


def matrix(app: FastAPI) -> dict[str, Any]:
    """The matrix as plain values: roles with what they carry, and every operation with who may call it, and whether within a scope or for the whole."""
    return {
        "permissions": {name: {"zh": zh, "en": en} for name, (zh, en) in permissions().items()},
        "roles": {code: {"zh": role.zh, "en": role.en, "may": sorted(role.may)} for code, role in roles().items()},
        "operations": [
            {
                "method": one.method,
                "path": one.shown,
                "takes": list(one.permissions),
                "scope": "whole" if one.whole else "within" if one.permissions else one.who,
                "roles": [code for code, role in roles().items() if one.open_to(role.may)],
            }
            for one in operations(app)
        ],
    }


def as_markdown(told: dict[str, Any]) -> str:
    """Two tables: role × permission, and operation × role."""
    codes = list(told["roles"])
    head = [f"| 权限 permission | {' | '.join(codes)} |", f"|---{'|:-:' * len(codes)}|"]
    held = [
        f"| `{name}` {said['zh']} | {' | '.join(_mark(name in told['roles'][c]['may']) for c in codes)} |"
        for name, said in told["permissions"].items()
    ]
    over = [f"| 操作 operation | 所需 takes | 范围 scope | {' | '.join(codes)} |", f"|---|---|---{'|:-:' * len(codes)}|"]
    rows = [
        f"| `{one['method']} {one['path']}` | {', '.join(one['takes']) or one['scope']} | {one['scope']} | "
        f"{' | '.join(_mark(c in one['roles']) for c in codes)} |"
        for one in told["operations"]
    ]
    return "\n".join(["# 访问矩阵 Access matrix", "", *head, *held, "", *over, *rows, ""])


def main(arguments: list[str] | None = None) -> int:
    """Write the matrix of this version to the standard output."""
    from pathlib import Path

    from api.app import create_app
    from risk.settings import Settings

    parser = argparse.ArgumentParser(prog="python -m api.access", description="role × permission × operation / 访问矩阵")
    parser.add_argument("--format", choices=("md", "json"), default="md")
    told = matrix(create_app(Settings(home=Path(), database_url="sqlite://")))  # only described: nothing is opened
    if parser.parse_args(arguments).format == "json":
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(as_markdown(told))
    return 0


def _mark(yes: bool) -> str:
    return "●" if yes else "·"


def _who(route: Any, calls: list[Any], taken: list[Needs]) -> str:
    declared = [one.dependency for one in route.dependencies]
    if public.dependency in declared:
        return "public"
    if any(isinstance(one, SignedIn) for one in calls):
        return "account"
    return "permission" if taken else "anybody" if anybody.dependency in declared else ""


def _methods(route: Any) -> list[str]:
    return sorted(set(route.methods or ()) - {"HEAD", "OPTIONS"})


def _calls(dependant: Any) -> Iterator[Any]:
    for inner in getattr(dependant, "dependencies", ()):
        yield inner.call
        yield from _calls(inner)


def _choices(calls: list[Any]) -> list[tuple[tuple[str, str, Needs], ...]]:
    """Each way to fill the parts that permissions follow from; one empty way where there is none."""
    parts = [[(one.part, value, needs) for value, needs in one.permission_of.items()] for one in calls if isinstance(one, NeedsBy)]
    return list(product(*parts))


if __name__ == "__main__":
    sys.exit(main())
