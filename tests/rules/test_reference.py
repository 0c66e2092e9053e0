"""The reference tells the truth: its tables are one tree in both languages, its rules check, and their examples run."""

import re
from pathlib import Path

import pytest

from risk.scoring.examples import failures
from risk.scoring.inputs import vocabulary
from rules.check import check
from rules.diagnostics import Diagnostic, errors, render
from rules.pack import Pack, pack_from_text
from rules.translate import translate
from rules.words import CLAUSES, KEYWORDS

TEXT = (Path(__file__).parents[2] / "rules" / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```rules\n(.*?)```", TEXT, re.DOTALL)
SECTIONS = ("Conditions", "Text", "History and relations")


def rows(section: str) -> list[tuple[str, str]]:
    """The English and Chinese cells of a section's table."""
    body = TEXT.split(f"## {section} ", 1)[1].split("\n## ", 1)[0]
    found = re.findall(r"^\| `(.+?)` \| `(.+?)` \|", body, re.MULTILINE)
    assert len(found) >= 3
    return found


def read(text: str) -> Pack:
    pack = pack_from_text(text, "illegal_fundraising")
    bad = [item for item in errors(check(pack, vocabulary())) if item.code not in ("R042", "R043")]
    assert not bad, "\n".join(render(item, text) for item in bad)
    return pack


@pytest.mark.parametrize(("english", "chinese"), [row for section in SECTIONS for row in rows(section)])
def test_both_columns_are_one_tree(english: str, chinese: str) -> None:
    one, two = (translate(read(f"condition a = {text}").conditions[0].expr, vocabulary(), "en") for text in (english, chinese))
    assert one == two


@pytest.mark.parametrize(("english", "chinese"), rows("Reuse"))
def test_definitions_are_the_same_in_both_languages(english: str, chinese: str) -> None:
    one, two = read(english), read(chinese)
    assert [(item.name, item.terms, item.exclude) for item in one.lists] == [(item.name, item.terms, item.exclude) for item in two.lists]
    assert [translate(item.expr, vocabulary(), "en") for item in one.definitions] == [
        translate(item.expr, vocabulary(), "en") for item in two.definitions
    ]


@pytest.mark.parametrize("block", BLOCKS)
def test_rules_check_and_their_examples_run(block: str) -> None:
    model = re.search(r"模型\s+(\w+)", block)
    assert model
    pack = pack_from_text(block, model[1])
    found: list[Diagnostic] = [item for item in check(pack, vocabulary()) if item.is_error]
    assert not found, "\n".join(render(item, block) for item in found)
    assert not [failure.text("en") for failure in failures(pack)]


def test_there_are_rules_to_run() -> None:
    assert len(BLOCKS) >= 2


def test_every_clause_is_described() -> None:
    table = TEXT.split("## A rule ", 1)[1].split("\n## ", 1)[0]
    for key in CLAUSES:
        en, zh = KEYWORDS[key]
        assert f"`{en}" in table or en in table, en
        assert zh in table, zh
