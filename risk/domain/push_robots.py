"""Group robots of WeCom, DingTalk and Feishu: the JSON they take, how they are signed, what their answers mean. Pure.

They answer 200 to what they refuse, with a code in the body. (developer.work.weixin.qq.com, path 91770; open.dingtalk.com, custom robots; open.feishu.cn,
custom bots.)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, quote_plus

from risk.domain.messages import say
from risk.domain.push import DINGTALK, FEISHU, WECOM, Answer, knobs
from risk.domain.push_messages import Line, Message


def body_of(kind: str, message: Message, now: datetime, secret: str = "") -> dict[str, Any]:
    """The JSON of a message, cut to what the robot takes. Feishu's signature stands in it; DingTalk's in the address (:func:`signed_address`)."""
    fitted = _fit(message, int(knobs()["bytes"][kind]))
    if kind == WECOM:
        return {"msgtype": "markdown", "markdown": {"content": _markdown(fitted)}}
    if kind == DINGTALK:
        return {"msgtype": "markdown", "markdown": {"title": fitted.title, "text": _markdown(fitted)}}
    post = {"title": fitted.title, "content": _paragraphs(fitted)}
    body: dict[str, Any] = {"msg_type": "post", "content": {"post": {"zh_cn" if message.lang == "zh" else "en_us": post}}}
    if secret:
        seconds = str(int(now.timestamp()))
        body = {"timestamp": seconds, "sign": feishu_sign(seconds, secret), **body}
    return body


def signed_address(kind: str, address: str, now: datetime, secret: str = "") -> str:
    """The address to call: DingTalk's 加签 adds the moment and a signature, where the robot has a secret."""
    if kind != DINGTALK or not secret:
        return address
    milliseconds = str(int(now.timestamp() * 1000))
    return f"{address}&timestamp={milliseconds}&sign={quote_plus(dingtalk_sign(milliseconds, secret))}"


def dingtalk_sign(milliseconds: str, secret: str) -> str:
    """HMAC-SHA256 of ``<milliseconds>\\n<secret>`` under the secret, as Base64.

    >>> dingtalk_sign("1760000000000", "SECtest")
    '6IoghBKw49dqVHyzlGNfS7+DTE6hHTbyKMslbn3uzKI='
    """
    return base64.b64encode(hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()).decode()


def feishu_sign(seconds: str, secret: str) -> str:
    """HMAC-SHA256 of nothing under ``<seconds>\\n<secret>``, as Base64.

    >>> feishu_sign("1760000000", "test")
    'Lny8wINXwKSfM6zPw/gPalKF3DsxfreuF0GRA9D4hsA='
    """
    return base64.b64encode(hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def judge_robot(kind: str, judged: Answer, body: bytes) -> Answer:
    """What a robot's answer means, once HTTP has been judged: 200 with a code in it is a refusal.

    >>> judge_robot("wecom", Answer(ok=True, status=200), b'{"errcode": 0, "errmsg": "ok"}').ok
    True
    >>> told = judge_robot("dingtalk", Answer(ok=True, status=200), b'{"errcode": 130101, "errmsg": "send too fast"}')
    >>> told.ok, told.status, told.wait, told.lasting
    (False, 130101, datetime.timedelta(seconds=600), False)
    """
    if not judged.ok:
        return judged
    code = _code(kind, body)
    if code is None:
        return replace(judged, ok=False, error="push_robot_unreadable")
    if code == 0:
        return judged
    rules: Mapping[str, Any] = knobs()["answer"][kind]
    wait = rules["wait"].get(str(code))
    lasting = code in rules["permanent"]
    return Answer(ok=False, status=code, error="push_robot_refused", lasting=lasting, wait=timedelta(seconds=wait) if wait else None)


def _code(kind: str, body: bytes) -> int | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    names = ("code", "StatusCode") if kind == FEISHU else ("errcode",)
    for name in names if isinstance(found, dict) else ():
        if isinstance(found.get(name), int):
            return int(found[name])
    return None


def _markdown(message: Message) -> str:
    paragraphs = [f"**{message.title}**", *(f"- {_linked(line, message.lang)}" for line in message.lines)]
    return "\n\n".join([one for one in (paragraphs[0], "\n".join(paragraphs[1:]), message.rest, message.note) if one])


def _linked(line: Line, lang: str) -> str:
    return f"{line.text} [{say('push_open', lang)}]({quote(line.link, safe=':/?&=#%')})" if line.link else line.text


def _paragraphs(message: Message) -> list[list[dict[str, str]]]:
    rows = []
    for line in message.lines:
        row = [{"tag": "text", "text": line.text}]
        if line.link:
            row.append({"tag": "a", "text": f" {say('push_open', message.lang)}", "href": line.link})
        rows.append(row)
    rows += [[{"tag": "text", "text": text}] for text in (message.rest, message.note) if text]
    return rows


def _fit(message: Message, most: int) -> Message:
    while len(_markdown(message).encode()) > most and len(message.lines) > 1:
        message = replace(message, lines=message.lines[:-1], more=message.more + 1)
    return message
