"""``risk models …``, ``risk promote``, ``risk rollback``: the registry. Who acts is the named ``--actor`` until accounts exist."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli.output import lang, tell
from risk.domain import model_messages  # noqa: F401 - registers the texts
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.system_messages import quoted
from risk.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from models.registry import Registry

register(
    {
        "promoted_to": ("{key}：版本 {version} 已上线", "{key}: version {version} is champion"),
        "rolled_back_to": ("{key}：已回退到版本 {version}", "{key}: back to version {version}"),
        "model_registered": ("{key}：已登记为版本 {version}", "{key}: registered as version {version}"),
        "model_registered_outside": (
            "{key}：已登记为版本 {version}，未运行其代码；须由他人批准后才会运行",
            "{key}: registered as version {version}; its code was not run, and is not before another person approves it",
        ),
        "model_approved": (
            "{key}：{actor} 已批准版本 {version}，各项法则均通过",
            "{key}: {actor} approved version {version}, every law holds",
        ),
        "models_none": ("还没有登记模型：各模型按规则评分", "no model is registered: every model scores by its rules"),
        "model_page": ("模型档案已写到 {path}", "the dossier is written to {path}"),
        "registry_damaged": ("模型登记库无法读取：{path}", "the model registry cannot be read: {path}"),
        "registry_damaged.hint": ("从备份恢复该文件", "bring the file back from a backup"),
        "spec_unreadable": ("无法读取说明文件 {path}：{reason}", "the specification {path} cannot be read: {reason}"),
        "spec_unreadable.hint": ("应为 TOML，写法见 models/README.md", "it is TOML, see models/README.md"),
        "spec_needed": (
            "登记代码文件需要 --spec 与 --sample（及其 --text 列）",
            "a code file is registered with --spec and --sample (and its --text column)",
        ),
        "data_pair": ("--data 应写作 名称=文件：{given}", "--data is written NAME=FILE: {given}"),
    }
)

ACTOR = click.option("--actor", default="operator", show_default=True, help="who acts / 操作人")
REASON = click.option("--reason", default="", help="why / 理由")
LENS = click.option("--lens", help="of illegal_fundraising / 镜头")
JSON = click.option("--json", "as_json", is_flag=True, help="for programs / 输出 JSON")


@click.group()
def models() -> None:
    """Registered models: look, compare, register, approve, promote, roll back. / 模型登记、比较、批准、上线、回退"""


@models.command("list")
@JSON
def list_(as_json: bool) -> None:
    """Versions of every model, with aliases, approval and out-of-fold figures. / 版本清单"""
    from risk.scoring.keys import all_keys, split_key

    with _registry() as registry:
        found = [(key, one) for key in all_keys() for one in registry.versions(*split_key(key))] if registry.exists else []
    if as_json:
        click.echo(json.dumps([_row(key, one) for key, one in found], ensure_ascii=False, indent=2))
        return
    if not found:
        tell("models_none")
    for key, one in found:
        told = json.loads(one.tags.get("risk.dossier", "{}"))
        ap = (told.get("metrics_out_of_fold") or {}).get("average_precision")
        shown = f"AP {ap['value']:.3f} [{ap['low']:.3f}, {ap['high']:.3f}]" if ap else ""
        mark = "✓" if one.approval else " "
        click.echo(f"{key:<38} v{one.version:<3} {','.join(one.aliases):<12} {mark} {shown}  {one.checksum[:12]}")


@models.command()
@click.argument("model")
@click.argument("version", type=int)
@LENS
@JSON
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="write the page to FILE / 写成网页")
def show(model: str, version: int, lens: str | None, as_json: bool, html: Path | None) -> None:
    """The dossier of a version, after its files were verified. / 模型档案"""
    from risk.reports import dossier
    from risk.services import model_dossier

    key = _key(model, lens)
    with _registry() as registry:
        _require(registry, key, version)
        told = model_dossier.whole(Settings.from_environment(), key, version)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(dossier.render(told, lang()), encoding="utf-8", newline="\n")
        tell("model_page", path=html)
    elif as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        click.echo(dossier.text(told, lang()))


@models.command()
@click.argument("model")
@click.argument("first", type=int)
@click.argument("second", type=int)
@LENS
@JSON
def compare(model: str, first: int, second: int, lens: str | None, as_json: bool) -> None:
    """Two versions side by side: figures, cut-offs, features, data, and what a paired comparison found. / 两个版本对照"""
    from risk.reports import dossier
    from risk.services import model_dossier, model_pairs

    key = _key(model, lens)
    settings = Settings.from_environment()
    with _registry() as registry:
        _require(registry, key, first)
        _require(registry, key, second)
        told = model_dossier.compared(settings, key, first, second)
    with _store(settings) as engine:
        told["paired"] = model_pairs.stored(engine, key, first, second)
    click.echo(json.dumps(told, ensure_ascii=False, indent=2) if as_json else dossier.side_by_side(told, lang()))


@models.command("register")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--spec", type=click.Path(path_type=Path, dir_okay=False), help="TOML: what the model is / 模型说明")
@click.option("--sample", type=click.Path(path_type=Path, dir_okay=False), help="table with a few texts / 样例文本表")
@click.option("--text", "column", metavar="COL", help="its column of texts / 文本列")
@click.option("--data", "data", multiple=True, metavar="NAME=FILE", help="files of the model / 随附数据文件")
@ACTOR
@REASON
def register_(
    source: Path, spec: Path | None, sample: Path | None, column: str | None, data: tuple[str, ...], actor: str, reason: str
) -> None:
    """Register SOURCE: a folder that risk train --output wrote, or the code file of an outside model. / 登记版本"""
    from risk.services import model_approval

    settings = Settings.from_environment()
    moment = datetime.now(UTC)
    if source.is_dir():
        with _store(settings) as engine, _registry():
            key, version = model_approval.register_bundle(engine, settings, source, actor=actor, now=moment, reason=reason)
        tell("model_registered", key=key, version=version)
        return
    if spec is None or sample is None or not column:
        raise InvalidInputError("spec_needed")
    from risk.scoring.tables import read_table

    parts, files = _spec(spec), _data(data)
    texts = read_table(sample, (column,))[column].tolist()
    with _store(settings) as engine, _registry():
        version = model_approval.register_outside(
            engine, settings, parts, source, texts, actor=actor, now=moment, data=files, reason=reason
        )
    tell("model_registered_outside", key=parts.get("name"), version=version)


@models.command()
@click.argument("model")
@click.argument("version", type=int)
@LENS
@click.option("--actor", required=True, help="who approves; not who registered / 批准人，不能是登记人")
@REASON
def approve(model: str, version: int, lens: str | None, actor: str, reason: str) -> None:
    """Approve VERSION after the laws held on it, in a process of its own. / 批准版本"""
    from risk.services import model_approval

    key, settings = _key(model, lens), Settings.from_environment()
    with _store(settings) as engine, _registry():
        model_approval.approve(engine, settings, key, version, actor=actor, now=datetime.now(UTC), reason=reason)
    tell("model_approved", key=key, version=version, actor=actor)


@click.command()
@click.argument("model")
@click.argument("version", type=int)
@LENS
@ACTOR
@REASON
def promote(model: str, version: int, lens: str | None, actor: str, reason: str) -> None:
    """Make VERSION the champion of MODEL; the next run uses it. / 上线版本"""
    from risk.services import model_approval

    key, settings = _key(model, lens), Settings.from_environment()
    with _store(settings) as engine, _registry():
        model_approval.promote(engine, settings, key, version, actor=actor, now=datetime.now(UTC), reason=reason)
    tell("promoted_to", key=key, version=version)


@click.command()
@click.argument("model")
@LENS
@ACTOR
@REASON
def rollback(model: str, lens: str | None, actor: str, reason: str) -> None:
    """Bring the previous champion of MODEL back. / 回退到上一冠军"""
    from risk.services import model_approval

    key, settings = _key(model, lens), Settings.from_environment()
    with _store(settings) as engine, _registry():
        version = model_approval.rollback(engine, settings, key, actor=actor, now=datetime.now(UTC), reason=reason)
    tell("rolled_back_to", key=key, version=version)


models.add_command(promote)
models.add_command(rollback)


def _key(model: str, lens: str | None) -> str:
    from risk.scoring.keys import key_of, look_in

    look_in(Settings.from_environment().registry_dir)
    return key_of(model, lens)


def _row(key: str, one: Any) -> dict[str, Any]:
    return {
        "model": key,
        "version": one.version,
        "aliases": list(one.aliases),
        "checksum": one.checksum,
        "registered": one.registered,
        "approval": one.approval,
    }


def _spec(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise NotFoundError("file_not_found", path=path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInputError("spec_unreadable", path=path, reason=quoted(error)) from error


def _data(pairs: tuple[str, ...]) -> dict[str, Path]:
    found = {}
    for pair in pairs:
        name, _, path = pair.partition("=")
        if not name or not path:
            raise InvalidInputError("data_pair", given=pair)
        found[name] = Path(path)
    return found


@contextmanager
def _store(settings: Settings) -> Iterator[Engine]:
    from risk.bootstrap import open_store

    engine = open_store(settings)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _registry() -> Iterator[Registry]:
    """The registry of these settings; what it refuses is told as one of ours."""
    from sqlalchemy.exc import DatabaseError

    from models.bundle import BundleError
    from models.registry import Registry
    from risk.scoring.keys import look_in
    from risk.scoring.learners import refusal

    registry = Registry(Settings.from_environment().registry_dir)
    look_in(registry.folder)
    try:
        yield registry
    except BundleError as error:
        raise refusal(error) from error
    except (DatabaseError, json.JSONDecodeError) as error:
        raise InvalidInputError("registry_damaged", path=registry.folder) from error


def _require(registry: Registry, key: str, version: int) -> None:
    from risk.scoring.keys import split_key

    if not registry.exists or all(one.version != version for one in registry.versions(*split_key(key))):
        raise NotFoundError("no_version", name=key, version=version)
