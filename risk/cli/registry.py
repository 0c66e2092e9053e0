"""``risk models``, ``risk promote``, ``risk rollback``: the registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from risk.cli.output import tell
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.settings import Settings

if TYPE_CHECKING:
    from models.registry import Registry

register(
    {
        "promoted_to": ("{key}：版本 {version} 已上线", "{key}: version {version} is champion"),
        "rolled_back_to": ("{key}：已回退到版本 {version}", "{key}: back to version {version}"),
        "models_none": ("还没有登记模型：各模型按规则评分", "no model is registered: every model scores by its rules"),
        "no_earlier_champion": ("{key} 没有更早的冠军可以回退", "{key} has no earlier champion to go back to"),
        "no_earlier_champion.hint": ("用 risk models list 查看版本", "see risk models list"),
        "registry_damaged": ("模型登记库无法读取：{path}", "the model registry cannot be read: {path}"),
        "registry_damaged.hint": ("从备份恢复该文件", "bring the file back from a backup"),
    }
)


@click.group()
def models() -> None:
    """Registered models. / 模型登记"""


@models.command("list")
def list_() -> None:
    """Versions of every model, with aliases and out-of-fold figures. / 版本清单"""
    from risk.scoring.keys import KEYS, split_key

    with _registry() as registry:
        found = [(key, one) for key in KEYS for one in registry.versions(*split_key(key))] if registry.folder.is_dir() else []
    if not found:
        tell("models_none")
    for key, one in found:
        told = json.loads(one.tags.get("risk.dossier", "{}"))
        ap = (told.get("metrics_out_of_fold") or {}).get("average_precision")
        shown = f"AP {ap['value']:.3f} [{ap['low']:.3f}, {ap['high']:.3f}]" if ap else ""
        click.echo(f"{key:<38} v{one.version:<3} {','.join(one.aliases):<12} {shown}  {one.checksum[:12]}")


@models.command()
@click.argument("model")
@click.argument("version", type=int)
@click.option("--lens")
def show(model: str, version: int, lens: str | None) -> None:
    """The dossier of a version. / 模型档案"""
    from risk.scoring.keys import key_of, split_key

    key = key_of(model, lens)
    name, inner = split_key(key)
    with _registry() as registry:
        _require(registry, key, version)
        told = registry.dossier(name, version, inner)
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


@click.command()
@click.argument("model")
@click.argument("version", type=int)
@click.option("--lens")
def promote(model: str, version: int, lens: str | None) -> None:
    """Make VERSION the champion of MODEL; the next run uses it. / 上线版本"""
    from risk.scoring.keys import key_of, split_key

    key = key_of(model, lens)
    name, inner = split_key(key)
    with _registry() as registry:
        _require(registry, key, version)
        registry.promote(name, version, inner)
    tell("promoted_to", key=key, version=version)


@click.command()
@click.argument("model")
@click.option("--lens")
def rollback(model: str, lens: str | None) -> None:
    """Bring the previous champion of MODEL back. / 回退到上一冠军"""
    from models.registry import RegistryError
    from risk.scoring.keys import key_of, split_key

    key = key_of(model, lens)
    name, inner = split_key(key)
    with _registry() as registry:
        try:
            version = registry.rollback(name, inner)
        except RegistryError as error:
            raise ConflictError("no_earlier_champion", key=key) from error
    tell("rolled_back_to", key=key, version=version)


@contextmanager
def _registry() -> Iterator[Registry]:
    """The registry of these settings; what it refuses is told as one of ours."""
    from sqlalchemy.exc import DatabaseError

    from models.bundle import BundleError
    from models.registry import Registry
    from risk.scoring.learners import refusal

    registry = Registry(Settings.from_environment().registry_dir)
    try:
        yield registry
    except BundleError as error:
        raise refusal(error) from error
    except (DatabaseError, json.JSONDecodeError) as error:
        raise InvalidInputError("registry_damaged", path=registry.folder) from error


def _require(registry: Registry, key: str, version: int) -> None:
    from risk.scoring.keys import split_key

    if not registry.folder.is_dir() or all(one.version != version for one in registry.versions(*split_key(key))):
        raise NotFoundError("no_version", name=key, version=version)
