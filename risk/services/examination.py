"""What this machine has and lacks, one check a function, listed in ``CHECKS``. Nothing is changed but a file that is written and removed again.

A finding is ``ok``, a ``note`` (works without, or is optional) or ``missing`` (something that is needed does not work).
"""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from risk.domain.errors import RiskError
from risk.domain.messages import Told, register, say
from risk.domain.system_messages import reason_of
from risk.settings import Settings
from risk.storage import migrate

DISTRIBUTION = "risk-early-warning"
PACKAGES = ("risk", "models", "rules", "features", "api")
OLDEST_PYTHON = (3, 11)
LEAST_FREE = 1_000_000_000

register(
    {
        "doctor_python": ("Python {version}", "Python {version}"),
        "doctor_python_old": ("Python {version} 过旧，需要 3.11 及以上", "Python {version} is too old, 3.11 or newer is needed"),
        "doctor_packages": ("依赖包齐全：{versions}", "the packages are there: {versions}"),
        "doctor_packages_missing": ("缺少依赖包：{names}", "packages are missing: {names}"),
        "doctor_packages_missing.hint": ("重新安装：pip install risk-early-warning", "install again: pip install risk-early-warning"),
        "doctor_gomp": ("LightGBM 可用（libgomp）", "LightGBM works (libgomp)"),
        "doctor_gomp_missing": ("缺少 libgomp.so.1，LightGBM 无法加载", "libgomp.so.1 is missing, LightGBM cannot be loaded"),
        "doctor_gomp_missing.hint": ("apt-get install libgomp1", "apt-get install libgomp1"),
        "doctor_owners": ("五个包名各有唯一归属", "each of the five package names has one owner"),
        "doctor_owners_editable": ("开发安装，不检查包名归属", "an editable install, owners of package names are not checked"),
        "doctor_owners_clash": ("包名被其他发行包占用：{clashes}", "other distributions write into our packages: {clashes}"),
        "doctor_owners_clash.hint": ("在独立的环境中安装本系统", "install this in an environment of its own"),
        "doctor_folder": ("数据目录可写：{path}（剩余 {free} GB）", "the data folder can be written: {path} ({free} GB free)"),
        "doctor_folder_full": ("数据目录空间不足：{path}（剩余 {free} GB）", "the data folder has little room: {path} ({free} GB free)"),
        "doctor_folder_closed": ("数据目录不可写：{path}（{reason}）", "the data folder cannot be written: {path} ({reason})"),
        "doctor_folder_closed.hint": ("用 RISK_HOME 指定可写的目录", "name one that can be with RISK_HOME"),
        "doctor_database": ("数据库版本 {revision}（最新）：{url}", "the database is at {revision}, the newest: {url}"),
        "doctor_database_new": ("数据库尚未建立，首次使用时自动建立：{url}", "there is no database yet, it is made at first use: {url}"),
        "doctor_database_old": ("数据库版本 {revision}，程序需要 {wanted}", "the database is at {revision}, the program needs {wanted}"),
        "doctor_database_old.hint": ("先备份，再执行 risk db upgrade", "make a backup, then: risk db upgrade"),
        "doctor_database_auto": (
            "数据库版本 {revision}，下次使用时自动升级到 {wanted}",
            "the database is at {revision} and is upgraded to {wanted} at the next use",
        ),
        "doctor_database_error": ("数据库不可用：{reason}", "the database cannot be used: {reason}"),
        "doctor_driver": ("PostgreSQL 驱动：psycopg {version}", "PostgreSQL driver: psycopg {version}"),
        "doctor_driver_none": ("未安装 PostgreSQL 驱动（SQLite 不需要）", "no PostgreSQL driver (SQLite needs none)"),
        "doctor_driver_missing": (
            "RISK_DATABASE 指向 PostgreSQL，但未安装驱动",
            "RISK_DATABASE is PostgreSQL, but its driver is not installed",
        ),
        "doctor_driver_missing.hint": ("pip install 'risk-early-warning[pg]'", "pip install 'risk-early-warning[pg]'"),
        "doctor_registry": ("模型登记：{count} 个冠军", "model registry: {count} champions"),
        "doctor_registry_empty": ("模型登记为空：各模型按规则评分", "the model registry is empty: every model scores by its rules"),
        "doctor_registry_empty.hint": ("risk demo 或 risk train … --register", "risk demo, or risk train … --register"),
        "doctor_registry_broken": ("模型登记无法读取：{reason}", "the model registry cannot be read: {reason}"),
        "doctor_words": ("分词引擎：{engine}", "segmenter: {engine}"),
        "doctor_words_slow": ("分词引擎：{engine}（可用，较慢）", "segmenter: {engine} (works, slowly)"),
        "doctor_words_slow.hint": (
            "约快二十倍：pip install 'risk-early-warning[fast]'",
            "some twenty times faster: pip install 'risk-early-warning[fast]'",
        ),
        "doctor_plugins": (
            "规则插件可用：{functions} 个函数，{lists} 个词表，{packs} 个规则包（{names}）",
            "rule plug-ins work: {functions} functions, {lists} lists, {packs} packs ({names})",
        ),
        "doctor_plugins_none": ("未安装规则插件", "no rule plug-ins are installed"),
        "doctor_plugins_broken": ("规则插件有 {count} 处故障：{faults}", "rule plug-ins have {count} faults: {faults}"),
        "doctor_plugins_broken.hint": (
            "risk rules functions 列出全部；其余插件与系统不受影响",
            "risk rules functions lists them; the others and the service go on",
        ),
        "doctor_pdf": (
            "报告的 PDF、Word、Excel 和图表可用（libpango、中文字体）",
            "reports as PDF, Word, Excel, with charts: all there (libpango, a CJK font)",
        ),
        "doctor_pdf_none": (
            "未安装 reports 扩展：只有态势报告的 HTML",
            "the extra reports is not installed: situation reports as HTML only",
        ),
        "doctor_pdf_missing": ("报告文件缺少：{names}", "files of reports lack: {names}"),
        "doctor_pdf_missing.hint": (
            "安装：apt-get install libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk；pip install 'risk-early-warning[reports,explain]'",
            "install: apt-get install libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk; pip install 'risk-early-warning[reports,explain]'",
        ),
        "doctor_browser": ("浏览器：{path}", "browser: {path}"),
        "doctor_browser_none": ("没有 chromium（只有浏览器测试需要）", "no chromium (only browser tests need it)"),
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's outcome; its texts are in the catalogue under ``code``."""

    check: str
    state: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, lang: str) -> str:
        """What was found."""
        return say(self.code, lang, **self.facts)

    def hint(self, lang: str) -> str:
        """How to mend it."""
        return say(f"{self.code}.hint", lang, default="", **self.facts)


Check = Callable[[Settings, Callable[[], str | None]], Finding]


def examine(settings: Settings, revision: Callable[[], str | None]) -> list[Finding]:
    """Every check; ``revision`` asks the database where it is."""
    return [check(settings, revision) for check in CHECKS]


def _python(_settings: Settings, _revision: Callable[[], str | None]) -> Finding:
    facts = {"version": ".".join(str(n) for n in sys.version_info[:3])}
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding("python", "missing", "doctor_python_old", facts)
    return Finding("python", "ok", "doctor_python", facts)


def _packages(_settings: Settings, _revision: Callable[[], str | None]) -> Finding:
    try:
        wanted = needed(metadata.requires(DISTRIBUTION) or ())
    except metadata.PackageNotFoundError:
        return Finding("packages", "missing", "doctor_packages_missing", {"names": DISTRIBUTION})
    found, lacking = [], []
    for name in wanted:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            lacking.append(name)
    if lacking:
        return Finding("packages", "missing", "doctor_packages_missing", {"names": ", ".join(lacking)})
    return Finding("packages", "ok", "doctor_packages", {"versions": ", ".join(found)})


def needed(requirements: Sequence[str]) -> list[str]:
    """The names of requirements that belong to no extra.

    >>> needed(["fastapi>=0.160", "shap>=0.51; extra == 'explain'", "tzdata"])
    ['fastapi', 'tzdata']
    """
    return [m[0] for r in requirements if "extra ==" not in r and (m := re.match(r"[A-Za-z0-9._-]+", r))]


def _gomp(_settings: Settings, _revision: Callable[[], str | None]) -> Finding:
    if sys.platform == "linux" and not _loads("libgomp.so.1"):
        return Finding("libgomp", "missing", "doctor_gomp_missing")
    return Finding("libgomp", "ok", "doctor_gomp")


def _owners(_settings: Settings, _revision: Callable[[], str | None]) -> Finding:
    owners = metadata.packages_distributions()
    if not any(DISTRIBUTION in owners.get(name, ()) for name in PACKAGES):
        return Finding("owners", "note", "doctor_owners_editable")
    clashes = {name: sorted(set(owners.get(name, ())) - {DISTRIBUTION}) for name in PACKAGES}
    told = "; ".join(f"{name}: {', '.join(others)}" for name, others in clashes.items() if others)
    return Finding("owners", "missing", "doctor_owners_clash", {"clashes": told}) if told else Finding("owners", "ok", "doctor_owners")


def _folder(settings: Settings, _revision: Callable[[], str | None]) -> Finding:
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=settings.home, prefix=".doctor-") as file:
            file.write(b"x")
            file.flush()
        free = shutil.disk_usage(settings.home).free
    except OSError as error:
        return Finding("folder", "missing", "doctor_folder_closed", {"path": settings.home, "reason": reason_of(error)})
    facts = {"path": settings.home, "free": f"{free / 1e9:.1f}"}
    return Finding("folder", "note", "doctor_folder_full", facts) if free < LEAST_FREE else Finding("folder", "ok", "doctor_folder", facts)


def _database(settings: Settings, revision: Callable[[], str | None]) -> Finding:
    url = make_url(settings.database_url)
    shown = url.render_as_string(hide_password=True)
    embedded = url.get_backend_name() == "sqlite"
    wanted = migrate.head()
    try:
        current = None if embedded and not _exists(url.database) else revision()
    except RiskError as error:
        return Finding("database", "missing", "doctor_database_error", {"reason": Told(error.text("zh"), error.text("en"))})
    facts = {"revision": current or "-", "wanted": wanted, "url": shown}
    if current == wanted:
        return Finding("database", "ok", "doctor_database", facts)
    if embedded and (current is None or migrate.knows(current)):
        return Finding("database", "note", "doctor_database_new" if current is None else "doctor_database_auto", facts)
    return Finding("database", "missing", "doctor_database_old", facts)


def _driver(settings: Settings, _revision: Callable[[], str | None]) -> Finding:
    try:
        return Finding("postgres", "ok", "doctor_driver", {"version": metadata.version("psycopg")})
    except metadata.PackageNotFoundError:
        if make_url(settings.database_url).get_backend_name() == "postgresql":
            return Finding("postgres", "missing", "doctor_driver_missing")
        return Finding("postgres", "note", "doctor_driver_none")


def _registry(settings: Settings, _revision: Callable[[], str | None]) -> Finding:
    from models.registry import Registry

    try:
        champions = Registry(settings.registry_dir).champions()
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else Told("champions.json 不是合法的 JSON", "champions.json is no JSON")
        return Finding("registry", "missing", "doctor_registry_broken", {"reason": reason})
    if not champions:
        return Finding("registry", "note", "doctor_registry_empty")
    return Finding("registry", "ok", "doctor_registry", {"count": len(champions)})


def _words(_settings: Settings, _revision: Callable[[], str | None]) -> Finding:
    from features.text import engine

    facts = {"engine": engine()}
    return Finding("segmenter", "ok", "doctor_words" if facts["engine"] == "rjieba" else "doctor_words_slow", facts)


def _plugins(_settings: Settings, _revision: Callable[[], str | None]) -> Finding:
    from rules.plugin_host import installed

    if not installed().offers:
        return Finding("plugins", "note", "doctor_plugins_none")
    from risk.scoring.inputs import vocabulary
    from risk.scoring.packs import usable_packs
    from rules.plugin_calls import Offered

    usable_packs()
    if faults := installed().faults:
        told = Told("；".join(one.zh for one in faults), "; ".join(one.en for one in faults))
        return Finding("plugins", "missing", "doctor_plugins_broken", {"count": len(faults), "faults": told})
    kinds = [one.source.kind for one in installed().offers]
    names = ", ".join(dict.fromkeys(one.source.owner for one in installed().offers))
    functions = sum(isinstance(one, Offered) for one in vocabulary().functions)
    facts = {"functions": functions, "lists": kinds.count("list"), "packs": kinds.count("pack"), "names": names}
    return Finding("plugins", "ok", "doctor_plugins", facts)


def _pdf(_settings: Settings, _revision: Callable[[], str | None]) -> Finding:
    try:
        metadata.version("weasyprint")
    except metadata.PackageNotFoundError:
        return Finding("pdf", "note", "doctor_pdf_none")
    lacking = [
        name
        for name, there in (
            (Told("libpango", "libpango"), _loads("libpango-1.0.so.0")),
            (Told("中文字体", "a CJK font"), _has_chinese_font()),
            *((Told(name, name), _installed(name)) for name in ("python-docx", "xlsxwriter", "matplotlib")),
        )
        if not there
    ]
    if lacking:
        return Finding(
            "pdf", "missing", "doctor_pdf_missing", {"names": Told("、".join(n.zh for n in lacking), ", ".join(n.en for n in lacking))}
        )
    return Finding("pdf", "ok", "doctor_pdf")


def _browser(_settings: Settings, _revision: Callable[[], str | None]) -> Finding:
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    return Finding("browser", "ok", "doctor_browser", {"path": path}) if path else Finding("browser", "note", "doctor_browser_none")


CHECKS: tuple[Check, ...] = (_python, _packages, _gomp, _owners, _folder, _database, _driver, _registry, _words, _plugins, _pdf, _browser)
"""In the order they are told."""


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _exists(path: str | None) -> bool:
    return bool(path) and Path(str(path)).exists()


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _has_chinese_font() -> bool:
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    listed = subprocess.run([lister, ":lang=zh", "family"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603 - no input in it
    return bool(listed.stdout.strip())
