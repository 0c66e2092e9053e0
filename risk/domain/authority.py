"""Who may do what, and where: permissions come with roles, and hold within a scope of divisions and departments. Pure.

A principal is whoever acts: a person with an account, a program with a key, a job of our own, or, while no account exists, whoever sits at this machine.
The separation of system, security and audit administrators (三员分立) follows the practice of GB/T 22239-2019 (等级保护, level 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from risk.domain.datafiles import read_toml
from risk.domain.errors import ForbiddenError, InvalidInputError
from risk.domain.messages import Told, register


@dataclass(frozen=True, slots=True)
class Grant:
    """One part of a scope: a division with what lies below it, and one department or all of them.

    ``division`` is a GB/T 2260 code of six digits (420000 province, 420500 city, 420502 county); empty is everywhere. ``department`` is one of
    ``offices.toml`` (``market_supervision``, ``drug_administration``, ``finance_lead``); empty is all.
    """

    division: str = ""
    department: str = ""

    @property
    def prefix(self) -> str:
        """What the codes of the division and all below it begin with; the province (and nothing) is everywhere.

        >>> Grant("420500").prefix, Grant("420502").prefix, Grant("429004").prefix, Grant("420000").prefix
        ('4205', '420502', '429004', '42')
        """
        code = self.division
        if code.endswith("0000"):
            return code[:2]
        return code[:4] if code.endswith("00") else code


@dataclass(frozen=True, slots=True)
class Scope:
    """Where permissions hold: in any of the grants; ``None`` is everywhere, no grant is nowhere.

    >>> EVERYWHERE.whole, Scope((Grant("420500"),)).whole, Scope((Grant(),)).whole
    (True, False, True)
    """

    grants: tuple[Grant, ...] | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is outside."""
        return self.grants is None or Grant() in self.grants

    @property
    def broad(self) -> bool:
        """Whether a city or more lies inside, so that a page of any list is soon full.

        >>> Scope((Grant("420502"),)).broad, Scope((Grant("420500", "finance_lead"),)).broad, EVERYWHERE.broad
        (False, True, True)
        """
        return self.whole or any(len(one.prefix) <= len("4201") for one in self.grants or ())

    def at(self, region: str | None) -> bool:
        """Whether a place lies inside, whatever the department. An unknown place lies only inside the whole.

        >>> Scope((Grant("420500", "market_supervision"),)).at("420502"), Scope((Grant("420500"),)).at("420100")
        (True, False)
        """
        return self.whole or (bool(region) and any(str(region).startswith(one.prefix) for one in self.grants or ()))

    def covers(self, region: str | None, department: str = "") -> bool:
        """Whether a place and a department lie inside. An unknown place lies only inside the whole.

        >>> yichang = Scope((Grant("420500", "market_supervision"),))
        >>> yichang.covers("420502", "market_supervision"), yichang.covers("420102", "market_supervision"), yichang.covers(None)
        (True, False, False)
        """
        if self.whole:
            return True
        if not region:
            return False
        return any(region.startswith(one.prefix) and one.department in ("", department) for one in self.grants or ())


EVERYWHERE = Scope()
NOWHERE = Scope(())


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever acts, as established by the edge: an account, a key, a job, or this machine while no account exists."""

    name: str
    permissions: frozenset[str]
    scope: Scope = EVERYWHERE
    roles: tuple[str, ...] = ()
    kind: str = "account"  # account, key, job, local
    account_id: int | None = None
    office_code: str | None = None
    facts: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def may(self, permission: str) -> bool:
        """Whether the permission is theirs; ``KeyError`` for one that does not exist, so that a slip of the pen grants nothing."""
        if permission not in permissions():
            raise KeyError(permission)
        return permission in self.permissions


def local_principal(name: str) -> Principal:
    """Whoever sits at this machine while no account exists: all permissions, everywhere."""
    return Principal(name, frozenset(permissions()), kind="local")


def job_principal(name: str) -> Principal:
    """A job of our own."""
    return Principal(name, frozenset(permissions()), kind="job")


@cache
def permissions() -> MappingProxyType[str, tuple[str, str]]:
    """Every permission with its Chinese and English words.

    >>> permissions()["tasks.decide"][0]
    '审核、退回、延期审批、并案、改派'
    """
    return MappingProxyType({name: (row["zh"], row["en"]) for name, row in read_toml("authority.toml")["permission"].items()})


def not_permitted(permission: str) -> ForbiddenError:
    """The refusal of whoever lacks a permission.

    >>> not_permitted("tasks.work").text("en")
    'not permitted: sign for, verify and report tasks'
    """
    return ForbiddenError("permission_required", permission=Told(*permissions()[permission]))


@dataclass(frozen=True, slots=True)
class Role:
    """A role and what it carries."""

    code: str
    zh: str
    en: str
    may: frozenset[str]


@cache
def roles() -> MappingProxyType[str, Role]:
    """Every role by its code.

    >>> "tasks.decide" in roles()["office_head"].may, "tasks.decide" in roles()["officer"].may
    (True, False)
    """
    found = {}
    for code, row in read_toml("authority.toml")["role"].items():
        unknown = set(row["may"]) - set(permissions())
        if unknown:
            raise ValueError(f"authority.toml: role {code} names permissions that do not exist: {sorted(unknown)}")
        found[code] = Role(code, row["zh"], row["en"], frozenset(row["may"]))
    return MappingProxyType(found)


def permissions_of(codes: Iterable[str]) -> frozenset[str]:
    """What several roles carry together; ``InvalidInputError`` as of :func:`check_roles`."""
    return frozenset().union(*(roles()[code].may for code in check_roles(codes)))


def check_roles(codes: Iterable[str]) -> tuple[str, ...]:
    """Roles that one account may hold, sorted. ``InvalidInputError``: ``role_unknown``, ``roles_conflict``.

    >>> check_roles(["office_head", "officer"])
    ('office_head', 'officer')
    >>> check_roles(["security_admin", "system_admin"])
    Traceback (most recent call last):
        ...
    risk.domain.errors.InvalidInputError: one account cannot hold these roles together: security_admin, system_admin
    """
    wanted = tuple(sorted(set(codes)))
    for code in wanted:
        if code not in roles():
            raise InvalidInputError("role_unknown", role=code, known=", ".join(roles()))
    rules = read_toml("authority.toml")["separation"]
    administrators = [code for code in wanted if code in rules["administrators"]]
    alone = [code for code in wanted if code in rules["alone"]]
    if len(administrators) > 1 or (alone and len(wanted) > 1):
        raise InvalidInputError("roles_conflict", roles=", ".join(wanted))
    return wanted


register(
    {
        "role_unknown": ("没有这个角色：{role}", "no such role: {role}"),
        "role_unknown.hint": ("可用：{known}", "one of: {known}"),
        "roles_conflict": ("同一账号不能同时担任：{roles}", "one account cannot hold these roles together: {roles}"),
        "roles_conflict.hint": (
            "系统、安全、审计管理员须由不同人员担任",
            "system, security and audit administration belong to different people",
        ),
        "permission_required": ("没有权限：{permission}", "not permitted: {permission}"),
        "not_signed_in": ("请先登录", "sign in first"),
    }
)
