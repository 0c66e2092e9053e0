"""What the operating system refuses, and what foreign programs say, in Chinese and English."""

from __future__ import annotations

import errno

from risk.domain.messages import Told, register

register(
    {
        "place_refused": ("无法使用 {path}：{reason}", "cannot use {path}: {reason}"),
        "place_refused.hint": ("换一个路径，或检查 RISK_HOME 与权限", "name another place, or check RISK_HOME and permissions"),
        "port_taken": ("端口 {port} 已被占用", "port {port} is taken"),
        "port_taken.hint": ("用 --port 换一个端口", "choose another with --port"),
        "setting_wrong": ("环境变量 {name} 的值不对：{value}", "the environment variable {name} has no usable value: {value}"),
        "setting_wrong.hint": ("可用：{allowed}", "allowed: {allowed}"),
        "setting_wrong_in_file": ("{path} 中 {name} 的值不对：{value}", "{name} in {path} has no usable value: {value}"),
        "setting_wrong_in_file.hint": ("可用：{allowed}", "allowed: {allowed}"),
        "setting_unknown": ("{path} 中没有这个设置：{name}", "no such setting in {path}: {name}"),
        "setting_unknown.hint": ("是否想写 {near}", "did you mean {near}"),
        "config_unreadable": ("无法读取设置文件 {path}：{reason}", "cannot read the settings in {path}: {reason}"),
        "config_unreadable.hint": ("应为 UTF-8 的 TOML，例如 port = 8000", "it should be TOML in UTF-8, as: port = 8000"),
    }
)

_REASONS = {
    errno.ENOENT: Told("不存在", "it does not exist"),
    errno.EACCES: Told("没有权限", "permission denied"),
    errno.EPERM: Told("不允许", "not permitted"),
    errno.EISDIR: Told("这是一个目录", "it is a directory"),
    errno.ENOTDIR: Told("路径中有一段不是目录", "a part of the path is not a directory"),
    errno.EEXIST: Told("已有同名文件", "there is a file of that name"),
    errno.ENOSPC: Told("磁盘空间不足", "the disk is full"),
    errno.EROFS: Told("文件系统只读", "the file system is read-only"),
    errno.ENAMETOOLONG: Told("名称过长", "the name is too long"),
}


def reason_of(error: OSError) -> Told:
    """Why the system refused, in words.

    >>> reason_of(IsADirectoryError(errno.EISDIR, "Is a directory"))
    Told(zh='这是一个目录', en='it is a directory')
    """
    known = _REASONS.get(error.errno or 0)
    return known or Told(f"系统错误 {error.errno or type(error).__name__}", error.strerror or str(error) or type(error).__name__)


def quoted(said: object) -> Told:
    """What a foreign program said, as it said it; marked as a quotation where the message is Chinese.

    >>> quoted("bad magic").zh
    '读取程序报告“bad magic”'
    """
    lines = str(said).splitlines() or [""]
    return Told(f"读取程序报告“{lines[0][:300]}”", lines[0][:300])
