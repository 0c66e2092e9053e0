"""How people prove who they are: names, passwords, when a session is over, what a key may. Pure; the figures are in ``identity.toml``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from risk.domain.authority import EVERYWHERE, Grant, Scope, permissions
from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.messages import Told, register, say
from risk.domain.regions import DIVISIONS

_NAME = re.compile(r"[\w.@-]+")


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """The figures of ``identity.toml``."""

    shortest: int
    longest: int
    classes: int
    history: int
    max_age: timedelta
    one_time_length: int
    lock_failures: int
    lock_for: timedelta
    throttle_failures: int
    throttle_for: timedelta
    idle: timedelta
    absolute: timedelta
    seen_every: timedelta
    second_factor_roles: frozenset[str]
    drift_steps: int
    recovery_codes: int
    key_longest: timedelta
    key_default: timedelta


@cache
def rules() -> IdentityRules:
    """The rules in force.

    >>> rules().lock_failures, rules().idle
    (5, datetime.timedelta(seconds=1800))
    """
    read = read_toml("identity.toml")
    password, lock, throttle, session, totp, key = (read[part] for part in ("password", "lock_out", "throttle", "session", "totp", "key"))
    return IdentityRules(
        shortest=password["shortest"],
        longest=password["longest"],
        classes=password["classes"],
        history=password["history"],
        max_age=timedelta(days=password["max_age_days"]),
        one_time_length=password["one_time_length"],
        lock_failures=lock["failures"],
        lock_for=timedelta(minutes=lock["minutes"]),
        throttle_failures=throttle["failures"],
        throttle_for=timedelta(minutes=throttle["minutes"]),
        idle=timedelta(minutes=session["idle_minutes"]),
        absolute=timedelta(hours=session["absolute_hours"]),
        seen_every=timedelta(seconds=session["seen_every_seconds"]),
        second_factor_roles=frozenset(totp["roles"]),
        drift_steps=totp["drift_steps"],
        recovery_codes=totp["recovery_codes"],
        key_longest=timedelta(days=key["longest_days"]),
        key_default=timedelta(days=key["default_days"]),
    )


def name_key(name: str) -> str:
    """A name as names are compared: compatibility forms and capitals do not make another person.

    >>> name_key(" Ｚhang.San "), name_key("张三")
    ('zhang.san', '张三')
    """
    return unicodedata.normalize("NFKC", name).strip().casefold()


def check_name(name: str) -> str:
    """A name for a new account, trimmed; ``InvalidInputError`` (``account_name_wrong``).

    >>> check_name("zhang.san")
    'zhang.san'
    >>> check_name("local")
    Traceback (most recent call last):
        ...
    risk.domain.errors.InvalidInputError: not usable as the name of an account: local
    """
    limits = read_toml("identity.toml")["name"]
    given = unicodedata.normalize("NFKC", name).strip()
    fits = limits["shortest"] <= len(given) <= limits["longest"] and _NAME.fullmatch(given)
    if not fits or name_key(given) in limits["reserved"]:
        raise InvalidInputError("account_name_wrong", name=given[:80], shortest=limits["shortest"], longest=limits["longest"])
    return given


def check_password(password: str, name: str) -> None:
    """Whether a password may be used by this person; ``InvalidInputError`` (``password_weak``) says everything that is wrong at once.

    >>> check_password("Wuhan-2026-autumn", "zhangsan")
    >>> check_password("zhangsan", "zhangsan")
    Traceback (most recent call last):
        ...
    risk.domain.errors.InvalidInputError: this password cannot be used: shorter than 12 characters; fewer than 3 kinds of characters; contains the name
    """
    limits = rules()
    wrong: list[tuple[str, Mapping[str, Any]]] = []
    if len(password) < limits.shortest:
        wrong.append(("password_short", {"shortest": limits.shortest}))
    if len(password) > limits.longest:
        wrong.append(("password_long", {"longest": limits.longest}))
    if _classes(password) < limits.classes:
        wrong.append(("password_plain", {"classes": limits.classes}))
    if name_key(name) in name_key(password) or name_key(name)[::-1] in name_key(password):
        wrong.append(("password_named", {}))
    if wrong:
        raise weak(wrong)


def weak(reasons: Sequence[tuple[str, Mapping[str, Any]]]) -> InvalidInputError:
    """The refusal of a password: codes of reasons with their facts.

    >>> weak([("password_used", {})]).text("zh")
    '这个密码不能使用：与最近用过的密码相同'
    """
    zh = "；".join(say(code, "zh", **facts) for code, facts in reasons)
    en = "; ".join(say(code, "en", **facts) for code, facts in reasons)
    return InvalidInputError("password_weak", reasons=Told(zh, en))


def _classes(password: str) -> int:
    kinds = {"upper" if c.isupper() else "lower" if c.islower() else "digit" if c.isdigit() else "other" for c in password}
    return len(kinds)


def grants_of(pairs: Iterable[Sequence[str]]) -> tuple[Grant, ...]:
    """Stored or given pairs of division and department as grants, checked; ``InvalidInputError``: ``grant_wrong``.

    >>> grants_of([["420500", ""], ["420102", "market_supervision"]])
    (Grant(division='420500', department=''), Grant(division='420102', department='market_supervision'))
    >>> grants_of([["999999", ""]])
    Traceback (most recent call last):
        ...
    risk.domain.errors.InvalidInputError: no such part of a scope: 999999
    """
    departments = {"", *read_toml("offices.toml")["department"], read_toml("offices.toml")["fallback"]["department"]}
    found = []
    for division, department in pairs:
        if (division and division not in DIVISIONS) or department not in departments:
            raise InvalidInputError("grant_wrong", grant=":".join(part for part in (division, department) if part))
        found.append(Grant(division, department))
    return tuple(dict.fromkeys(found))


def read_grant(text: str) -> tuple[str, str]:
    """A grant as it is typed: ``420500``, ``420500:market_supervision``, ``:finance_lead``, ``everywhere``.

    >>> read_grant("420500:market_supervision"), read_grant("everywhere")
    (('420500', 'market_supervision'), ('', ''))
    """
    division, _, department = text.strip().partition(":")
    return ("", "") if division == "everywhere" else (division, department)


def meet(one: Scope, other: Scope) -> Scope:
    """Where both hold: what a key may is never more than what its owner may now.

    >>> yichang, county = Scope((Grant("420500"),)), Scope((Grant("420502", "market_supervision"), Grant("420102")))
    >>> meet(yichang, county).grants
    (Grant(division='420502', department='market_supervision'),)
    >>> meet(EVERYWHERE, yichang) == yichang
    True
    """
    if one.whole or other.whole:
        return other if one.whole else one
    both = (_meet(a, b) for a in one.grants or () for b in other.grants or ())
    return Scope(tuple(dict.fromkeys(grant for grant in both if grant is not None)))


def _meet(a: Grant, b: Grant) -> Grant | None:
    if a.department and b.department and a.department != b.department:
        return None
    if not (a.prefix.startswith(b.prefix) or b.prefix.startswith(a.prefix)):
        return None
    narrower = a if len(a.prefix) >= len(b.prefix) else b
    return Grant(narrower.division, a.department or b.department)


def scope_of(grants: Iterable[Sequence[str]]) -> Scope:
    """The scope of stored grants; none is nowhere."""
    found = tuple(Grant(*pair) for pair in grants)
    return EVERYWHERE if Grant() in found else Scope(found)


def check_permissions(names: Iterable[str]) -> tuple[str, ...]:
    """Permissions that exist, sorted; ``InvalidInputError`` (``permission_unknown``)."""
    wanted = tuple(sorted(set(names)))
    for name in wanted:
        if name not in permissions():
            raise InvalidInputError("permission_unknown", permission=name)
    return wanted


def password_is_old(changed: datetime | None, now: datetime) -> bool:
    """Whether a password must be changed by its age."""
    return changed is not None and now - changed >= rules().max_age


register(
    {
        "account_name_wrong": ("不能用作账号名：{name}", "not usable as the name of an account: {name}"),
        "account_name_wrong.hint": (
            "{shortest}–{longest} 个字母、数字、汉字或 . _ - @，且不是系统保留名",
            "{shortest} to {longest} letters, digits or . _ - @, and none of the names that programs act under",
        ),
        "password_weak": ("这个密码不能使用：{reasons}", "this password cannot be used: {reasons}"),
        "password_short": ("少于 {shortest} 个字符", "shorter than {shortest} characters"),
        "password_long": ("多于 {longest} 个字符", "longer than {longest} characters"),
        "password_plain": ("字符种类少于 {classes} 种", "fewer than {classes} kinds of characters"),
        "password_named": ("包含账号名", "contains the name"),
        "password_used": ("与最近用过的密码相同", "one of the newest passwords again"),
        "grant_wrong": ("没有这样的范围：{grant}", "no such part of a scope: {grant}"),
        "grant_wrong.hint": (
            "行政区划代码，可加 :部门代码，如 420500:market_supervision；everywhere 表示全部",
            "a division's code, with :department where wanted, as in 420500:market_supervision; everywhere is all",
        ),
        "permission_unknown": ("没有这个权限：{permission}", "no such permission: {permission}"),
    }
)
