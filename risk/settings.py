"""The settings of a process, read once at the edge and passed on as one frozen value: from the environment, else from a file, else as they are here.

The file is ``risk.toml`` in ``RISK_HOME``, or the one that ``RISK_CONFIG`` names; its keys are the names in :data:`SPECS`, the environment has them as
``RISK_<NAME>``. ``risk config show`` lists every one with where it came from; ``risk config check`` tells every mistake at once. In the environment alone:

``RISK_CONFIG``  the file, where it is not ``risk.toml`` in ``RISK_HOME``
``RISK_MLFLOW_URI``  an MLflow tracking server or another database for the records of models (default a SQLite file in ``RISK_HOME``; read by ``models.registry``)
``RISK_TRACE_TRANSACTIONS``  a file to which every transaction is noted (:mod:`risk.storage.engine`)
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from risk.domain import system_messages  # noqa: F401 - registers the texts
from risk.domain.errors import InvalidInputError
from risk.domain.messages import Told

FILE = "risk.toml"
ENVIRONMENT_ONLY = ("RISK_CONFIG", "RISK_MLFLOW_URI", "RISK_TRACE_TRANSACTIONS")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are kept, how people are spoken to, who is reached; each field is explained in :data:`SPECS`."""

    home: Path
    database_url: str
    lang: str = "zh"
    host: str = "127.0.0.1"
    port: int = 8000
    hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    secret_key: str = field(default="", repr=False)
    argon2: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_claim: str = ""
    public_url: str = ""
    push_allow: str = ""
    rate: str = "1200/minute"
    log: str = "text"
    log_level: str = "warning"
    audit_hash: str = "sha256"
    audit_syslog: str = ""
    audit_syslog_ca: str = ""
    unmaskings_a_day: int = 50
    least_free_mb: int = 500
    import_mb: int = 200
    workers: int = 0
    database_read: str = ""
    read_lag: int = 5
    kernels: str = "auto"

    @property
    def registry_dir(self) -> Path:
        """The folder of the MLflow registry file and its artifacts."""
        return self.home / "models"

    @property
    def judging(self) -> int:
        """How many processes judge in a run: those that are set, or one a core."""
        return self.workers or os.cpu_count() or 1

    @property
    def archive_dir(self) -> Path:
        """The folder of the months that were taken out of the tables."""
        return self.home / "archive"

    @property
    def reports_dir(self) -> Path:
        """The folder that reports are written to."""
        return self.home / "reports"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings of this process; ``InvalidInputError`` (``setting_wrong``, ``setting_wrong_in_file``, ``setting_unknown``, ``config_unreadable``).

        >>> Settings.from_environment({"RISK_HOME": "/tmp/x"}).database_url
        'sqlite:////tmp/x/risk.db'
        >>> Settings.from_environment({"RISK_HOME": "/tmp/x", "RISK_PORT": "eighty"})
        Traceback (most recent call last):
        risk.domain.errors.InvalidInputError: the environment variable RISK_PORT has no usable value: eighty
        """
        found = examine(environ)
        if found.mistakes:
            raise found.mistakes[0]
        values = {one.spec.name: one.value for one in found.values}
        home = values["home"]
        values["database_url"] = values.pop("database") or f"sqlite:///{home / 'risk.db'}"
        return cls(**values)


def language(environ: Mapping[str, str] | None = None) -> str:
    """The language to speak, ``zh`` or ``en``, whatever else is wrong with the settings."""
    return next((str(one.value) for one in examine(environ).values if one.spec.name == "lang"), "zh")


def _text(text: str) -> str:
    return text.strip()


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _lower(text: str) -> tuple[str, ...]:
    return tuple(part.lower() for part in _several(text))


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise ValueError(text)
        return int(text)

    return read


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in allowed:
            raise ValueError(text)
        return text.lower()

    return read


def _language(text: str) -> str:
    return _one_of("zh", "en")(text[:2])


def _home(text: str) -> Path:
    return Path(text).absolute()


def _database(text: str) -> str:
    if text and not re.match(r"[a-z][a-z0-9+]*://", text):
        raise ValueError(text)
    return text


def _web(text: str) -> str:
    if text and not re.fullmatch(r"https?://[^\s/]+[^\s]*", text):
        raise ValueError(text)
    return text.rstrip("/")


def _syslog(text: str) -> str:
    if text and not re.fullmatch(r"(?:udp|tcp|tls)://[^\s/]+/?", text):
        raise ValueError(text)
    return text


@dataclass(frozen=True, slots=True)
class Spec:
    """One setting: its name in the file (``RISK_<NAME>`` in the environment), how it is read, what it is without being set, and what may be given."""

    name: str
    read: Callable[[str], Any]
    default: str
    what: Told
    allowed: Told
    secret: bool = False

    @property
    def env(self) -> str:
        """Its name in the environment."""
        return f"RISK_{self.name.upper()}"


_ANY = Told("任意文字", "any text")
_COMMAS = Told("以逗号分隔", "several, by commas")

SPECS: tuple[Spec, ...] = (
    Spec("home", _home, "var", Told("数据目录", "the folder of the database, models, reports, keys"), Told("目录", "a folder")),
    Spec(
        "database",
        _database,
        "",
        Told("数据库地址；不设则为数据目录中的 SQLite", "the database's address; without it SQLite in the data folder"),
        Told("sqlite:/// 或 postgresql+psycopg:// 开头的地址", "an address that starts with sqlite:/// or postgresql+psycopg://"),
    ),
    Spec("lang", _language, "zh", Told("命令行的语言", "the language of the command line"), Told("zh 或 en", "zh or en")),
    Spec("host", _text, "127.0.0.1", Told("risk serve 监听的地址", "where risk serve listens"), Told("地址", "an address")),
    Spec("port", _whole(0, 65_535), "8000", Told("risk serve 监听的端口", "the port of risk serve"), Told("0 至 65535", "from 0 to 65535")),
    Spec(
        "hosts",
        _lower,
        "",
        Told("对外访问用的主机名（有账号之后）", "host names by which it is reached from elsewhere (with accounts)"),
        _COMMAS,
    ),
    Spec(
        "trusted_proxies",
        _several,
        "",
        Told(
            "可信代理的地址或网段，采信其 X-Forwarded-For 与 -Proto", "addresses or networks whose X-Forwarded-For and -Proto are believed"
        ),
        _COMMAS,
    ),
    Spec(
        "secret_key",
        _text,
        "",
        Told("存储密钥；不设则为数据目录中的 secret.key", "the key of stored secrets; without it the file secret.key in the data folder"),
        Told("32 字节的 URL 安全 base64", "32 bytes in URL-safe base64"),
        secret=True,
    ),
    Spec(
        "argon2",
        _text,
        "",
        Told("口令摘要：轮数,KiB,并行度", "password digests: passes,KiB,lanes"),
        Told("例如 3,65536,4", "for example 3,65536,4"),
    ),
    Spec("oidc_issuer", _web, "", Told("单点登录的提供者", "the provider of single sign-on"), Told("https 地址", "an https address")),
    Spec("oidc_client_id", _text, "", Told("在提供者处的客户端编号", "our client id at the provider"), _ANY),
    Spec("oidc_client_secret", _text, "", Told("在提供者处的客户端密钥", "our client secret at the provider"), _ANY, secret=True),
    Spec("oidc_claim", _text, "", Told("其值即账号名的声明", "a claim whose value is the account's name"), _ANY),
    Spec("public_url", _web, "", Told("浏览器访问本系统的地址", "how browsers reach the service"), Told("https 地址", "an https address")),
    Spec(
        "rate",
        _text,
        "1200/minute",
        Told("一个调用方多久可请求一次", "how often one caller may ask"),
        Told("例如 1200/minute，或 off", "such as 1200/minute, or off"),
    ),
    Spec("push_allow", _text, "", Told("允许推送到的地址", "what may be pushed to"), _COMMAS),
    Spec("log", _one_of("text", "json"), "text", Told("日志的形式", "the form of the log"), Told("text 或 json", "text or json")),
    Spec(
        "log_level",
        _one_of("debug", "info", "warning", "error"),
        "warning",
        Told("日志的级别", "the level of the log"),
        Told("debug、info、warning 或 error", "debug, info, warning or error"),
    ),
    Spec(
        "audit_hash",
        _one_of("sha256", "sm3"),
        "sha256",
        Told("审计链的摘要算法", "the hash of the audit's chain"),
        Told("sha256 或 sm3", "sha256 or sm3"),
    ),
    Spec(
        "audit_syslog",
        _syslog,
        "",
        Told("审计外送的日志主机", "the log host that the audit is sent to"),
        Told("例如 tls://log.example.cn:6514、tcp:// 或 udp://", "for example tls://log.example.cn:6514, tcp:// or udp://"),
    ),
    Spec(
        "audit_syslog_ca",
        _text,
        "",
        Told("日志主机的证书颁发者文件", "a file of the authorities that the log host's certificate is checked by"),
        Told("文件", "a file"),
    ),
    Spec(
        "unmaskings_a_day",
        _whole(0, 100_000),
        "50",
        Told("每人每日可查看个人信息原文的次数", "how often one person may see personal data plain on one day"),
        Told("0 至 100000", "from 0 to 100000"),
    ),
    Spec(
        "least_free_mb",
        _whole(0, 10_000_000),
        "500",
        Told("数据目录剩余空间少于此值（MB）即未就绪", "less room (MB) in the data folder than this is not ready"),
        Told("0 至 10000000", "from 0 to 10000000"),
    ),
    Spec(
        "import_mb",
        _whole(1, 100_000),
        "200",
        Told("经接口接入的文件的上限（MB）", "the largest file (MB) that is taken in over the API"),
        Told("1 至 100000", "from 1 to 100000"),
    ),
    Spec(
        "workers",
        _whole(0, 256),
        "0",
        Told("批量研判的进程数；0 为每核一个", "processes that judge in a run; 0: one a core"),
        Told("0 至 256", "from 0 to 256"),
    ),
    Spec(
        "database_read",
        _database,
        "",
        Told("只读副本的地址，用于概览、检索、报表数字", "the address of a read replica, for overviews, searches, figures of reports"),
        Told("postgresql+psycopg:// 开头的地址", "an address that starts with postgresql+psycopg://"),
    ),
    Spec(
        "read_lag",
        _whole(0, 3_600),
        "5",
        Told("副本落后超过此秒数即改读主库", "a replica that is further behind (seconds) is not asked"),
        Told("0 至 3600", "from 0 to 3600"),
    ),
    Spec(
        "kernels",
        _one_of("auto", "0", "1"),
        "auto",
        Told("编译内核（扩展 kernels）：auto 文本量大时启用", "compiled kernels (extra kernels); auto: from much text on"),
        Told("auto、0（不用）或 1（一律使用）", "auto, 0 (never) or 1 (from the first text on)"),
    ),
)
"""Every setting, in the order of ``risk config show``."""


@dataclass(frozen=True, slots=True)
class Value:
    """A setting as it is: read from ``environment``, ``file`` or ``default``."""

    spec: Spec
    value: Any
    given: str
    source: str


@dataclass(frozen=True, slots=True)
class Examined:
    """Every setting, the file that was read, and every mistake. Where a value is wrong the default stands in."""

    values: tuple[Value, ...]
    file: Path | None
    mistakes: tuple[InvalidInputError, ...]


def examine(environ: Mapping[str, str] | None = None) -> Examined:
    """Read every setting; nothing is raised."""
    env = os.environ if environ is None else environ
    named = env.get("RISK_CONFIG")
    path = Path(named) if named else Path(env.get("RISK_HOME") or "var").absolute() / FILE
    given, mistakes = _of_file(path, must=bool(named))
    values = []
    for spec in SPECS:
        text, source = spec.default, "default"
        if env.get(spec.env):
            text, source = env[spec.env], "environment"
        elif spec.name in given:
            text, source = given[spec.name], "file"
        try:
            values.append(Value(spec, spec.read(text), text, source))
        except ValueError:
            values.append(Value(spec, spec.read(spec.default), text, source))
            shown = "…" if spec.secret else text[:200]
            if source == "file":
                mistakes.append(InvalidInputError("setting_wrong_in_file", name=spec.name, path=path, value=shown, allowed=spec.allowed))
            else:
                mistakes.append(InvalidInputError("setting_wrong", name=spec.env, value=shown, allowed=spec.allowed))
    return Examined(tuple(values), path if given or path.is_file() else None, tuple(mistakes))


def _of_file(path: Path, *, must: bool) -> tuple[dict[str, str], list[InvalidInputError]]:
    if not path.is_file():
        return {}, [InvalidInputError("file_not_found", path=path)] if must else []
    import tomllib
    from difflib import get_close_matches

    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return {}, [InvalidInputError("config_unreadable", path=path, reason=str(error)[:200])]
    known, mistakes = {spec.name for spec in SPECS}, []
    for name in read.keys() - known:
        near = get_close_matches(name, known, 1)
        mistakes.append(InvalidInputError("setting_unknown", name=name, path=path, near=near[0] if near else "risk config show"))
    return {name: _as_text(value) for name, value in read.items() if name in known}, mistakes


def _as_text(value: Any) -> str:
    return ",".join(str(one) for one in value) if isinstance(value, list) else str(value)
