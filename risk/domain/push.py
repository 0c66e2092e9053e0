"""Pushing, decided without sending: what an answer means, when to try again, what of an address may be shown. Pure; the numbers are ``data/push.toml``.

At least once: a message may come twice, never under two ids. Full jitter after Brooker, *Exponential Backoff and Jitter* (AWS Architecture Blog, 2015).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from risk.domain.datafiles import read_toml
from risk.domain.messages import Told, register, say

WEBHOOK, SMTP, WECOM, DINGTALK, FEISHU = KINDS = ("webhook", "smtp", "wecom", "dingtalk", "feishu")
ROBOTS = (WECOM, DINGTALK, FEISHU)
ON, OFF, PAUSED = TARGET_STATES = ("on", "off", "paused")
PENDING, FAILED, SENT, DEAD = DELIVERY_STATES = ("pending", "failed", "sent", "dead")
SCHEMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {kind: ("smtp", "smtp+starttls", "smtps") if kind == SMTP else ("https", "http") for kind in KINDS}
)

register(
    {
        "push_answer_refused": ("对方答复 {status}", "the other side answered {status}"),
        "push_gone": ("对方已不存在（410），目标已停用", "the target is gone (410) and was switched off"),
        "push_redirected": ("对方要求跳转，按失败处理", "the other side redirects, which is a failure"),
        "push_robot_refused": ("机器人拒绝，错误码 {status}", "the robot refused with code {status}"),
        "push_robot_unreadable": ("机器人的答复无法识别", "the robot's answer cannot be read"),
        "push_too_slow": ("对方没有在限时内答复", "the other side did not answer in time"),
        "push_unreachable": ("无法连接对方", "the other side cannot be reached"),
        "push_unresolved": ("域名无法解析", "the name does not resolve"),
        "push_answer_broken": ("对方的答复不完整或过长", "the answer was broken or too long"),
        "push_mail_refused": ("邮件服务器拒收，答复 {status}", "the mail server refused with {status}"),
        "push_tls_failed": ("无法建立可信的加密连接", "no trusted encrypted connection could be made"),
        "push_secret_unreadable": ("目标的密钥无法解密", "the target's secrets cannot be decrypted"),
        "push_secret_unreadable.hint": (
            "各进程须使用同一个 push.key；或用 risk push targets rotate 重新设置",
            "all processes need the same push.key; or set the secrets anew with risk push targets rotate",
        ),
        "push_removed": ("目标已删除", "the target was removed"),
        "push_mail_partly": ("部分收件人被拒收", "some recipients were refused"),
        "push_broken": ("推送程序出错，已记入日志", "the push itself broke; it is in the log"),
    }
)


def why_of(code: str | None, status: int | None = None) -> Told | None:
    """What went wrong, in words, from its code; nothing where nothing did.

    >>> why_of("push_answer_refused", 503).en, why_of(None)
    ('the other side answered 503', None)
    """
    if not code:
        return None
    zh, en = (say(code, lang, default=code, status=status or "—", place="—", address="—") for lang in ("zh", "en"))
    return Told(zh, en)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try: HTTP status, SMTP reply or a robot's own code; nothing of the body is kept."""

    ok: bool
    status: int | None = None
    error: str | None = None  # a code of the messages above
    lasting: bool = False  # no second try heals it
    gone: bool = False  # the target asked never to be called again
    wait: timedelta | None = None  # it asked to be left alone for so long


SUCCESS = Answer(ok=True)


@cache
def knobs() -> MappingProxyType[str, Any]:
    """The numbers of ``push.toml``.

    >>> knobs()["limit"]["dingtalk"] < 20
    True
    """
    return MappingProxyType(read_toml("push.toml"))


def backoff(tries: int, rng: Random, wait: timedelta | None = None) -> timedelta:
    """How long to wait after the n-th try (from 1): full jitter, but not less than the other side asked for.

    >>> waits = [backoff(n, Random(3)).total_seconds() for n in (1, 5, 30)]
    >>> 0 < waits[0] <= 10, waits[1] <= 160, waits[2] <= 3600
    (True, True, True)
    >>> backoff(1, Random(3), timedelta(minutes=10)) >= timedelta(minutes=10)
    True
    """
    retry = knobs()["retry"]
    most = min(float(retry["cap_seconds"]), float(retry["base_seconds"]) * 2.0 ** min(tries, 30))
    jitter = timedelta(seconds=max(1.0, rng.uniform(0.0, most)))
    asked = min(wait or timedelta(0), timedelta(seconds=retry["longest_wait_seconds"]))
    return max(asked, jitter)


def is_spent(tries: int, since: datetime, now: datetime) -> bool:
    """Whether a delivery has been tried often or long enough.

    >>> is_spent(1, datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 5, tzinfo=UTC))
    True
    """
    retry = knobs()["retry"]
    return bool(tries >= retry["most_attempts"] or now - since >= timedelta(days=retry["most_days"]))


def pause_after(pauses: int) -> timedelta:
    """How long a target rests after the n-th pause in a row (from 0).

    >>> [int(pause_after(n).total_seconds()) for n in (0, 1, 20)]
    [60, 120, 3600]
    """
    breaker = knobs()["breaker"]
    return timedelta(seconds=min(breaker["longest_pause_seconds"], breaker["pause_seconds"] * 2 ** min(pauses, 20)))


def judge_http(status: int, headers: Mapping[str, str], now: datetime) -> Answer:
    """What an HTTP status means; the keys of ``headers`` are lower case.

    >>> judge_http(204, {}, datetime(2026, 10, 1, tzinfo=UTC)).ok
    True
    >>> judge_http(410, {}, datetime(2026, 10, 1, tzinfo=UTC)).gone, judge_http(302, {}, datetime(2026, 10, 1, tzinfo=UTC)).error
    (True, 'push_redirected')
    >>> judge_http(503, {"retry-after": "30"}, datetime(2026, 10, 1, tzinfo=UTC)).wait
    datetime.timedelta(seconds=30)
    """
    if 200 <= status < 300:
        return Answer(ok=True, status=status)
    if 300 <= status < 400:
        return Answer(ok=False, status=status, error="push_redirected", lasting=True)
    if status == 410:
        return Answer(ok=False, status=status, error="push_gone", lasting=True, gone=True)
    lasting = 400 <= status < 500 and status not in knobs()["retry"]["heals"]
    return Answer(ok=False, status=status, error="push_answer_refused", lasting=lasting, wait=retry_after(headers.get("retry-after"), now))


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """The wait a ``Retry-After`` asks for (RFC 9110 §10.2.3: seconds or a date); nothing where it cannot be read.

    >>> now = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
    >>> retry_after("120", now), retry_after("Thu, 01 Oct 2026 08:01:00 GMT", now), retry_after("soon", now)
    (datetime.timedelta(seconds=120), datetime.timedelta(seconds=60), None)
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), knobs()["retry"]["longest_wait_seconds"]))
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(moment - now, timedelta(0))


def shown_address(kind: str, address: str) -> str:
    """An address as people may see it: without the keys that robots carry in it.

    >>> shown_address("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc")
    'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?***'
    >>> shown_address("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/abc")
    'https://open.feishu.cn/open-apis/bot/v2/hook/***'
    """
    parts = urlsplit(address)
    path = parts.path
    if kind == FEISHU:
        path = path.rsplit("/", 1)[0] + "/***"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path}{'?***' if parts.query else ''}"[:400]
