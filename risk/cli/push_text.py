"""Pushes in words, in one language: what ``risk push`` prints of targets and refusals. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from risk.domain import push
from risk.domain.calendar import SHANGHAI
from risk.domain.messages import register, say

register(
    {
        "push_no_targets": ("还没有推送目标。", "there are no push targets yet."),
        "push_target_line": (
            "{name:<20} {kind:<9} {state:<6} {address}  事件 {events}  等待 {waiting}  死信 {dead}  成功率 {success}",
            "{name:<20} {kind:<9} {state:<6} {address}  events {events}  waiting {waiting}  dead {dead}  success {success}",
        ),
        "push_state_on": ("启用", "on"),
        "push_state_off": ("停用", "off"),
        "push_state_paused": ("暂停", "paused"),
        "push_target_where": ("  辖区 {division}  部门 {department}  语言 {language}  汇总 {digest}", "  division {division}  department {department}  language {language}  digest {digest}"),
        "push_target_why": ("  原因：{why}；下次试探 {probe}", "  because: {why}; next probe {probe}"),
        "push_target_times": (
            "  近来尝试 {tries} 次，未完成 {unfinished} 次，中位耗时 {median} 毫秒，最长 {slowest} 毫秒",
            "  lately tried {tries} times, {unfinished} unfinished, median {median} ms, slowest {slowest} ms",
        ),
        "push_target_added": ("已添加推送目标 {name}：{address}", "push target {name} added: {address}"),
        "push_target_done": ("推送目标 {name}：{state}", "push target {name}: {state}"),
        "push_target_removed": ("已删除推送目标 {name}", "push target {name} removed"),
        "push_secret_once": ("签名密钥（只显示这一次，请交给接收方）：{secret}", "the secret to verify with (shown this once; hand it to the receiver): {secret}"),
        "push_test_ok": ("{name}：测试消息已送达", "{name}: the test message arrived"),
        "push_test_failed": ("{name}：测试消息没有送达：{why}", "{name}: the test message did not arrive: {why}"),
        "push_test_failed.hint": ("用 risk push targets show {name} 查看", "see risk push targets show {name}"),
        "push_status_line": (
            "待展开 {unspread}  等待 {pending}  重试中 {failed}  已送达 {sent}  死信 {dead}",
            "not spread {unspread}  waiting {pending}  to be tried again {failed}  sent {sent}  dead {dead}",
        ),
        "push_none_dead": ("没有死信。", "nothing is dead."),
        "push_delivery_line": (
            "{id}  {target}  {event}  {object}  尝试 {attempts} 次  {why}",
            "{id}  {target}  {event}  {object}  tried {attempts} times  {why}",
        ),
        "push_more_pages": ("还有更多：--cursor {cursor}", "more: --cursor {cursor}"),
        "push_replayed": ("重发 {again} 条，补发 {new} 条", "{again} will be sent again, {new} for the first time"),
        "push_replay_goes_on": ("一次至多 10000 条；再运行一次以继续", "10000 at most at once; run it again to go on"),
        "push_sent_now": ("尝试了 {count} 条消息", "{count} messages were tried"),
        "push_one_secret": ("--secret-file 与 --new-secret 请给出一个", "give one of --secret-file and --new-secret"),
    }
)  # fmt: skip


def target_lines(found: Mapping[str, Any], words: str, *, short: bool = False) -> list[str]:
    """A target and how it is doing; ``short`` for lists."""
    target, health = found["target"], found["health"]
    success = "—" if health["success"] is None else f"{health['success']:.1%}"
    state, several = say(f"push_state_{target['state']}", words), ",".join(target["events"])
    counts = {"waiting": health["waiting"], "dead": health["dead"], "success": success}
    same = {name: target[name] for name in ("name", "kind", "address")}
    lines = [say("push_target_line", words, **same, state=state, events=several, **counts)]
    if target["reason"]:
        lines.append(say("push_target_why", words, why=why_of(target["reason"], None, words), probe=_when(target["probe_at"])))
    if not short:
        places = {name: target[name] or "—" for name in ("division", "department", "digest")}
        lines.append(say("push_target_where", words, language=target["lang"], **places))
        times = {"median": _or_dash(health["median_ms"]), "slowest": _or_dash(health["slowest_ms"])}
        lines.append(say("push_target_times", words, tries=health["tries"], unfinished=health["unfinished"], **times))
    return lines


def why_of(code: str | None, status: int | None, words: str) -> str:
    """What went wrong, from its code."""
    told = push.why_of(code, status)
    return "—" if told is None else told.zh if words == "zh" else told.en


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}" if moment else "—"


def _or_dash(value: Any) -> Any:
    return "—" if value is None else value
