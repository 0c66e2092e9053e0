"""What went wrong with a plug-in: a stable code, both languages, how often. Recorded for whoever asks, logged once.

P00x it cannot be offered, P01x a call did not end well, P02x the answer is not what was declared, P03x the function cannot be trusted.

>>> ledger = Ledger()
>>> ledger.record("P011", Source("function", "f", "pkg", "1.0"), detail="ValueError: no")
>>> print(ledger.faults[0].en)
plug-in function `f` (pkg 1.0) raised an error: ValueError: no
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

from rules.messages import Message

_log = logging.getLogger("rules.plugins")


def _fault(zh: str, en: str, hint_zh: str = "", hint_en: str = "") -> Message:
    return Message("error", zh, en, hint_zh, hint_en)


MESSAGES: Mapping[str, Message] = {
    "P001": _fault("无法载入：{detail}", "cannot be loaded: {detail}", "请修复或卸载该包", "repair or uninstall the package"),
    "P002": _fault("声明不合约定：{detail}", "is not declared as agreed: {detail}", "见 rules/PLUGINS.md", "see rules/PLUGINS.md"),
    "P003": _fault("与系统自带的名称 `{taken}` 冲突", "takes the name `{taken}` of our own", "请改名", "rename it"),
    "P004": _fault("与 {others} 争用名称 `{taken}`，均不采用", "and {others} both claim the name `{taken}`: neither is used", "请卸载其一", "uninstall one of them"),
    "P005": _fault("检查出 {errors} 处错误，首处：{detail}", "has {errors} errors, the first: {detail}", "用 risk rules check 检查其文件", "see risk rules check with its files"),
    "P006": _fault("已有规则调用，却未安装或不可用", "is called by a rule and is not there", "安装提供它的包，或停用该规则", "install the package that offers it, or retire the rule"),
    "P010": _fault("插件进程无法启动：{detail}", "has no process to run in: {detail}", "检查 Python 安装", "check the Python installation"),
    "P011": _fault("运行出错：{detail}", "raised an error: {detail}"),
    "P012": _fault("超过时限 {seconds} 秒，已中断：{detail}", "took longer than {seconds} seconds and was stopped: {detail}"),
    "P013": _fault("使插件进程意外结束：{detail}", "ended its process: {detail}"),
    "P020": _fault("应返回 {wanted} 行，实为 {found} 行", "should answer {wanted} rows, not {found}"),
    "P021": _fault("返回值应为{wanted_zh}，实为 {found}", "should answer a {wanted_en}, not {found}"),
    "P022": _fault("返回了未声明的取值 `{found}`", "answered `{found}`, which is none of its values"),
    "P023": _fault("声明从不未知，却返回了未知", "answered unknown, though it is declared never to be"),
    "P024": _fault("返回了无穷大", "answered an infinite number"),
    "P030": _fault("同样的输入两次结果不同，本进程内不再调用", "answered the same rows differently: it is not called again in this process", "函数不得依赖时间、随机数或先前的调用", "a body may not depend on time, chance or earlier calls"),
    "P031": _fault("一行的结果随同批其他行而变，本进程内不再调用", "lets other rows of a batch change a row's answer: it is not called again in this process", "每行须只由该行决定", "answer each row by itself"),
    "P032": _fault("已中断 {times} 次，本进程内不再调用", "was stopped {times} times: it is not called again in this process"),
}  # fmt: skip

_KINDS = {"function": "函数", "list": "词表", "pack": "规则包"}


@dataclass(frozen=True, slots=True)
class Source:
    """Whose it is: what is offered (function, list, pack), its name, and the distribution with its version."""

    kind: str
    name: str
    package: str
    version: str

    @property
    def owner(self) -> str:
        return f"{self.package} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class PluginFault:
    """One kind of failure of one plug-in, told in both languages; `times` counts it in this process."""

    code: str
    source: Source
    zh: str
    en: str
    hint_zh: str = ""
    hint_en: str = ""
    times: int = field(default=1, compare=False)

    def text(self, language: str) -> str:
        return self.zh if language == "zh" else self.en

    def hint(self, language: str) -> str:
        return self.hint_zh if language == "zh" else self.hint_en


class Ledger:
    """The faults of this process, by plug-in and code; the latest text of each is kept."""

    def __init__(self) -> None:
        self._faults: dict[tuple[Source, str], PluginFault] = {}
        self._lock = Lock()

    @property
    def faults(self) -> tuple[PluginFault, ...]:
        with self._lock:
            return tuple(sorted(self._faults.values(), key=lambda one: (one.source.package, one.source.kind, one.source.name, one.code)))

    def of(self, source: Source) -> tuple[PluginFault, ...]:
        """What is known against one plug-in."""
        return tuple(one for one in self.faults if one.source == source)

    def record(self, code: str, source: Source, **values: object) -> None:
        """Count a fault; the first of its kind is logged."""
        try:
            fault = _told(code, source, values)
        except (KeyError, TypeError):  # what came back is none of our codes: the process was not ours any more
            code = "P013"
            fault = _told(code, source, {"detail": repr(values)[:200]})
        with self._lock:
            before = self._faults.get((source, code))
            self._faults[source, code] = replace(fault, times=before.times + 1) if before else fault
        if before is None:
            _log.warning("%s %s / %s", code, fault.en, fault.zh)


def _told(code: str, source: Source, values: dict[str, object]) -> PluginFault:
    message = MESSAGES[code]
    values = {name: value.rstrip(".。") if isinstance(value, str) else value for name, value in values.items()}
    owner_zh, owner_en = (f"（{source.owner}）", f" ({source.owner})") if source.owner else ("", "")
    zh = f"插件{_KINDS[source.kind]} `{source.name}`{owner_zh}{message.zh.format(**values)}"
    en = f"plug-in {source.kind} `{source.name}`{owner_en} {message.en.format(**values)}"
    return PluginFault(code, source, zh, en, message.hint_zh, message.hint_en)
