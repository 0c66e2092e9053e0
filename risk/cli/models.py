"""``risk models``, ``risk promote``, ``risk rollback``: the registry."""

from __future__ import annotations

import json

import click

from risk.cli.output import tell
from risk.domain.errors import ConflictError
from risk.domain.messages import register
from risk.settings import Settings

register(
    {
        "promoted_to": ("{key}：版本 {version} 已上线", "{key}: version {version} is champion"),
        "rolled_back_to": ("{key}：已回退到版本 {version}", "{key}: back to version {version}"),
        "registry_refused": ("模型登记库拒绝：{reason}", "the registry refuses: {reason}"),
    }
)


@click.group()
def models() -> None:
    """Registered models. / 模型登记"""


@models.command("list")
def list_() -> None:
    """Versions of every model, with aliases and out-of-fold figures. / 版本清单"""
    from models.registry import Registry
    from risk.scoring.keys import KEYS, split_key

    registry = Registry(Settings.from_environment().registry_dir)
    for key in KEYS:
        for one in registry.versions(*split_key(key)):
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
    from models.registry import Registry, RegistryError
    from risk.scoring.keys import key_of, split_key

    name, inner = split_key(key_of(model, lens))
    try:
        told = Registry(Settings.from_environment().registry_dir).dossier(name, version, inner)
    except RegistryError as error:
        raise ConflictError("registry_refused", reason=str(error)) from error
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


@click.command()
@click.argument("model")
@click.argument("version", type=int)
@click.option("--lens")
def promote(model: str, version: int, lens: str | None) -> None:
    """Make VERSION the champion of MODEL; the next run uses it. / 上线版本"""
    from models.bundle import BundleError
    from models.registry import Registry, RegistryError
    from risk.scoring.keys import key_of, split_key

    key = key_of(model, lens)
    name, inner = split_key(key)
    try:
        Registry(Settings.from_environment().registry_dir).promote(name, version, inner)
    except (RegistryError, BundleError) as error:
        raise ConflictError("registry_refused", reason=str(error)) from error
    tell("promoted_to", key=key, version=version)


@click.command()
@click.argument("model")
@click.option("--lens")
def rollback(model: str, lens: str | None) -> None:
    """Bring the previous champion of MODEL back. / 回退到上一冠军"""
    from models.bundle import BundleError
    from models.registry import Registry, RegistryError
    from risk.scoring.keys import key_of, split_key

    key = key_of(model, lens)
    name, inner = split_key(key)
    try:
        version = Registry(Settings.from_environment().registry_dir).rollback(name, inner)
    except (RegistryError, BundleError) as error:
        raise ConflictError("registry_refused", reason=str(error)) from error
    tell("rolled_back_to", key=key, version=version)
