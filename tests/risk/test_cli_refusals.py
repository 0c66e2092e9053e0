"""Every refusal of the command line as it is printed, in both languages: code, statement, hint, exit code. Golden texts (renew: RISK_RENEW_GOLDEN=1)."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from contextlib import redirect_stderr
from pathlib import Path

from risk.cli import output
from risk.cli.output import show_error
from risk.domain.errors import RiskError
from tests.risk.cli_world import MODEL, check_golden, firms, risk

ROOT = Path(__file__).parents[2]
TEXTS = ("score", MODEL, "--output", "o.csv", "--text", "text", "--texts")
EVALUATE = ("evaluate", MODEL, "--rules-only", "--texts", "good.csv", "--text", "text")
FIRMS = ("score", "illegal_fundraising", "--lens", "firm", "--output", "o.csv", "--firms")

COMMANDS: tuple[tuple[str, ...], ...] = (
    *(
        (*TEXTS, name)
        for name in ("missing.csv", "empty.csv", "latin.csv", "utf16.csv", "ragged.csv", "open.csv", "wide.csv", "columns.csv")
    ),
    *((*TEXTS, name) for name in ("bad.ndjson", "array.ndjson", "fake.xlsx", "bomb.xlsx", "folder")),
    ("score", "false_medical_adverts", "--texts", "good.csv", "--text", "text", "--output", "o.csv"),
    ("score", MODEL, "--lens", "report", "--texts", "good.csv", "--text", "text", "--output", "o.csv"),
    ("score", MODEL, "--texts", "good.csv", "--output", "o.csv"),
    ("score", MODEL, "--output", "o.csv"),
    ("score", MODEL, "--firms", "firms", "--output", "o.csv"),
    ("score", MODEL, "--texts", "good.csv", "--text", "text", "--output", "good.csv/o.csv"),
    (*TEXTS, "good.csv", "--using", "folder"),
    (*TEXTS, "good.csv", "--using", "damaged"),
    (*TEXTS, "good.csv", "--using", "shapeless"),
    (*TEXTS, "good.csv", "--using", "7"),
    (*TEXTS, "good.csv", "--using", "champion"),
    (*TEXTS, "good.csv", "--using", "champion", "--rules-only"),
    *((*FIRMS, name) for name in ("folder", "firms_no_id", "firms_no_column", "firms_binary")),
    ("evaluate", "illegal_fundraising", "--lens", "firm", "--firms", "firms_ids"),
    ("evaluate", "illegal_fundraising", "--lens", "firm", "--firms", "firms_unlabelled"),
    ("evaluate", "illegal_fundraising", "--lens", "firm", "--firms", "firms", "--by", "x"),
    EVALUATE,
    (*EVALUATE, "--label", "nothing"),
    (*EVALUATE, "--label", "label", "--positive", ","),
    (*EVALUATE, "--label", "label", "--by", "nothing"),
    ("train", MODEL, "--texts", "good.csv", "--text", "text", "--label", "label"),
    ("train", MODEL, "--texts", "good.csv", "--text", "text", "--output", "m"),
    ("train", MODEL, "--texts", "good.csv", "--text", "text", "--label", "label", "--output", "firms"),
    ("train", MODEL, "--texts", "good.csv", "--text", "text", "--label", "label", "--output", "m"),
    ("train", MODEL, "--from-verdicts", "--output", "m"),
    ("models", "show", MODEL, "1"),
    ("promote", MODEL, "1"),
    ("rollback", MODEL),
    ("rules", "check", "binary.rules"),
    ("rules", "test", "broken.rules"),
    ("run", "--model", "illegal_fundraising.firm"),
    ("run", "--as-of", "tomorrow"),
    ("report",),
    ("report", "--period", "2026-13"),
    ("report", "--period", "0000-01"),
    ("report", "--period", "9999-12"),
    *(("intake", name) for name in ("missing.csv", "empty.csv", "folder", "utf16.csv", "fake.xlsx", "columns.csv", "bomb.xlsx")),
    ("intake", "good.csv", "--map", "broken.toml"),
    ("intake", "good.csv", "--map", "folder"),
    ("quarantine", "repair", "1", "--set", "text"),
    ("quarantine", "repair", "1", "--set", "text=x"),
    ("quarantine", "resubmit"),
    ("tasks", "show", "1"),
    ("tasks", "list", "--cursor", "x"),
    ("jobs", "run", "nothing"),
    ("worker", "--once", "nothing"),
    ("serve", "--host", "0.0.0.0"),
    ("db", "upgrade", "--to", "nothing"),
)


def _make() -> None:
    """The good and the hostile files, in the working folder."""
    texts = {
        "good.csv": "text,label\n根治糖尿病,1\n健康讲座,0\n",
        "empty.csv": "",
        "ragged.csv": "id,text\n1,a\n2,b,c,d\n",
        "open.csv": 'id,text\n1,"a\n2,b\n',
        "wide.csv": "id,text\n1,a,\n2,b,\n",
        "columns.csv": "x,y\n1,2\n",
        "bad.ndjson": '{"text": "a"}\n{bad\n',
        "array.ndjson": "[1, 2]\n",
        "fake.xlsx": "no archive",
        "broken.toml": "[columns\n",
        "broken.rules": 'rule a "x" when text hass any of "甲"\n',
        "damaged/manifest.json": '{"format": 1, "files": {"model.json": "0"}}',
        "damaged/model.json": "{}",
        "shapeless/manifest.json": "[]",
        "firms_no_id/labels.csv": "x,y\n1,2\n",
        "firms_ids/ids.csv": "id\nf1\n",
        "firms_unlabelled/labels.csv": "id\nf1\n",
        "firms_no_column/ids.csv": "id\nf1\n",
        "firms_no_column/news_info.csv": "id,x\nf1,1\n",
        "firms_binary/ids.csv": "id\nf1\n",
    }
    for name, text in texts.items():
        path = Path(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    Path("folder").mkdir()
    Path("latin.csv").write_bytes(b"id,text\n1,caf\xe9 \xff\xfe\n")
    Path("utf16.csv").write_bytes("id,text\n1,a\n".encode("utf-16"))
    Path("binary.rules").write_bytes(b"\xff\xfe\x00")
    Path("firms_binary/news_info.csv").write_bytes(b"id,x\n\xff\xfe\n")
    with zipfile.ZipFile("bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"a" * 12_000_000)
    firms(Path("firms"), 4)


def tell(folder: Path) -> dict[str, list[str]]:
    """Each command runs once, in English; what it refused is told in Chinese by the same words that ``main`` uses."""
    caught: list[RiskError] = []

    def remember(error: RiskError) -> None:
        caught.append(error)
        show_error(error)

    output.show_error = remember
    os.chdir(folder)
    _make()
    told: dict[str, list[str]] = {"en": [], "zh": []}
    for arguments in COMMANDS:
        caught.clear()
        os.environ["RISK_LANG"] = "en"
        done = risk(*arguments)
        head = f"$ risk {' '.join(arguments)}\n"
        told["en"].append(f"{head}{done.err or done.out}→ {done.code}\n")
        assert (done.code == 1) == bool(caught), told["en"][-1]
        if caught:
            assert re.match(r"error\[\w+\]: \S", done.err.splitlines()[0]), told["en"][-1]
            assert len(caught) == 1
            os.environ["RISK_LANG"] = "zh"
            with redirect_stderr(io.StringIO()) as chinese:
                show_error(caught[0])
            told["zh"].append(f"{head}{chinese.getvalue()}→ {done.code}\n")
    return told


def test_refusals_read_like_this(tmp_path: Path) -> None:
    """In a process of its own, as every command has: what other tests have left in this one is not what a person meets."""
    code = "import json, sys; from pathlib import Path; from tests.risk.test_cli_refusals import tell; print(json.dumps(tell(Path(sys.argv[1]))))"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RISK_")}
    surroundings = plain | {"RISK_HOME": str(tmp_path / "home"), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, env=surroundings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for lang, texts in json.loads(done.stdout.splitlines()[-1]).items():
        check_golden(f"cli_refusals.{lang}.txt", "\n".join(texts).replace(str(tmp_path), "…"))
