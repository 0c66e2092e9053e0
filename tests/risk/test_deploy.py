"""What can be known of the deployment without a container engine: files parse, and what they name exists."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from risk.cli import COMMANDS, cli
from risk.settings import SPECS, Settings, examine

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())


def known_command(arguments: list[str]) -> None:
    """The sub-command exists, with these options."""
    assert arguments[0] in COMMANDS, arguments
    words = arguments[: 1 if arguments[1:2] == [] or arguments[1].startswith("-") else 2]  # a command of a group has options of its own
    helped = CliRunner().invoke(cli, [*words, "--help"])
    assert helped.exit_code == 0
    for option in (one for one in arguments if one.startswith("--")):
        assert option in helped.output, (arguments, option)


def test_the_dockerfile_names_what_exists() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        *sources, _ = line.split()
        for source in sources:
            assert (ROOT / source).exists(), source
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) <= {line.split()[1] for line in text.splitlines() if line.startswith("COPY ") and len(line.split()) == 3}
    extras = {one for group in re.findall(r"\.\[([\w,]+)\]", text) for one in group.split(",")}
    assert extras <= set(project["project"]["optional-dependencies"])
    assert re.search(r"^USER (?!root|0\b)", text, re.MULTILINE)
    assert not re.search(r"(?i)(password|secret|token)\s*=", text)
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{name}" for name in packages} <= set(ignored)


def test_the_compose_file_parses_and_names_what_exists() -> None:
    yaml = pytest.importorskip("yaml")
    told: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = told["services"]
    assert set(services) == {"postgres", "migrate", "api", "worker"}
    assert services["api"]["deploy"]["replicas"] == services["worker"]["deploy"]["replicas"] == 2
    known = {spec.env for spec in SPECS}
    example = (DEPLOY / "risk.env.example").read_text(encoding="utf-8")
    for name in ("migrate", "api", "worker"):
        service = services[name]
        assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        assert set(service["environment"]) <= known
        known_command(service["command"])
        for variable in re.findall(r"\$\{(\w+)", str(service["environment"])):
            assert f"{variable}=" in example, variable
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(told["volumes"])
    assert set(services["api"]["depends_on"]) == {"postgres", "migrate"}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_parse_and_start_what_exists(path: Path) -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text(encoding="utf-8"))
    if path.suffix == ".timer":
        assert (path.with_suffix(".service")).is_file()
        return
    service = unit["Service"]
    assert service["User"] not in ("root", "0")
    assert service["NoNewPrivileges"] == "yes"
    given = dict(pair.split("=", 1) for pair in service["Environment"].split())
    assert {name for name in given if name.startswith("RISK_")} <= {spec.env for spec in SPECS}
    assert examine(given).mistakes == ()
    for line in (service["ExecStart"], service.get("ExecStartPre", "")):
        found = re.search(r"/risk/bin/risk (.+?)'?$", line)
        if found:
            known_command([word.strip("\"'") for word in found[1].split()])


def test_the_example_of_settings_is_in_order(tmp_path: Path) -> None:
    lines = (DEPLOY / "risk.env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.lstrip("#").split("=", 1) for line in lines if re.match(r"#?[A-Z_]+=", line))
    assert {name for name in given if name.startswith("RISK_")} <= {spec.env for spec in SPECS}
    read = Settings.from_environment({name: value for name, value in given.items() if value} | {"RISK_HOME": str(tmp_path)})
    assert read.hosts == ("risk.example.org",)
    secrets = [value for name, value in given.items() if "SECRET" in name or name.endswith("PASSWORD")]
    assert not any(secrets), "an example holds no secret"


def test_commands_that_are_there_to_be_copied_exist() -> None:
    """Of the indented lines of the guides: each sub-command, with its options, and each file of ours."""
    found = []
    for guide in sorted(DEPLOY.glob("*.md")):
        text = re.sub(r"\\\n\s*", "", guide.read_text(encoding="utf-8"))
        for line in re.findall(r"^ {4,}(\S.*)$", text, re.MULTILINE):
            for asked in re.findall(r"(?:(?:^|&& |run_|as_)risk(?:\.py)?|run --rm migrate) (\w.+?)(?= &&|\s{3,}|$)", line):
                known_command(asked.split())
                found.append(asked)
            for name in re.findall(r"\bdeploy/[\w./-]*\w", line):
                assert (ROOT / name).exists() or name == "deploy/risk.env", (guide.name, name)
    assert len(found) >= 9, found
