"""Every diagnostic has a case and a stored text in both languages; no case sets off a cascade."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from rules import limits
from rules.check import check, check_packs
from rules.diagnostics import Diagnostic, _assert_style, render_all
from rules.functions import Vocabulary
from rules.items import Severity
from rules.messages import MESSAGES
from rules.pack import Pack, pack_from_text, pack_from_texts
from rules.statutes import Band, Status, Statute, Statutes
from tests.rules import fakes
from tests.rules.golden import CASES, check_golden

_STATUTES = Statutes(
    (
        Statute(
            "广告法",
            date(2021, 4, 29),
            Status.IN_FORCE,
            articles=74,
            bands=(Band("58", ("16", "17"), "10至20万元", "100,000-200,000 yuan", Severity.MEDIUM, Severity.HIGH),),
        ),
        Statute("广告法", date(2018, 10, 26), Status.SUPERSEDED, replaced_by="2021-04-29"),
        Statute(
            "药品管理法",
            date(2019, 8, 26),
            Status.IN_FORCE,
            date(2019, 12, 1),
            articles=155,
            bands=(Band("115", ("51",), "货值15至30倍", "15-30 times the value", Severity.HIGH),),
        ),
        Statute("医疗器械监督管理条例", date(2021, 2, 9), Status.TO_BE_CHECKED, date(2021, 6, 1)),
        Statute("药品网络销售监督管理办法", None, Status.NOT_HELD, date(2022, 12, 1)),
    )
)
VOCABULARY = Vocabulary(
    fakes.VOCABULARY.fields,
    fakes.VOCABULARY.functions,
    fakes.VOCABULARY.streams,
    fakes.VOCABULARY.relations,
    statutes=_STATUTES,
    normalise=str.lower,
)
_FILES = sorted(CASES.glob("*.rules"))
_NOISE = {"R042", "R043"}


def _both(found: tuple[Diagnostic, ...], sources: Mapping[str, str]) -> str:
    return render_all(found, sources) + "\n\n" + render_all(found, sources, "zh")


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    code = path.stem[:4]
    pack = pack_from_texts({path.name: path.read_text("utf-8")}, "demo")
    found = tuple(item for item in check(pack, VOCABULARY) if item.code == code or item.code not in _NOISE)
    assert {item.code for item in found} == {code}
    check_golden(path.stem, _both(found, pack.sources))


def _told(found: tuple[Diagnostic, ...]) -> Counter[tuple[str, str]]:
    return Counter((item.code, item.en) for item in found)


def _unreadable(found: tuple[Diagnostic, ...]) -> int:
    return sum(item.code in ("R001", "R002", "R009", "R019") for item in found)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_every_fix_removes_its_message(path: Path) -> None:
    source = path.read_text("utf-8")
    found = check(pack_from_text(source), VOCABULARY)
    for item in found:
        if item.fix:
            repaired = source[: item.span.start] + item.fix + source[item.span.end :]
            left = check(pack_from_text(repaired), VOCABULARY)
            key = (item.code, item.en)
            assert _told(left)[key] < _told(found)[key], repaired
            assert _unreadable(left) <= _unreadable(found), repaired


def test_codes_that_promise_a_fix() -> None:
    found = {item.code for path in _FILES for item in check(pack_from_text(path.read_text("utf-8")), VOCABULARY) if item.fix}
    assert {"R010", "R012", "R018", "R022", "R062", "R063", "R064", "R065", "R070", "R072", "R073", "R075", "R083"} <= found


def _large() -> dict[str, Pack]:
    chain = "\n".join(f"condition c{index} = c{index + 1}" for index in range(40)) + "\ncondition c40 = has_wechat"
    words = " ".join(f'"w{index}"' for index in range(limits.MAX_TERMS + 1))
    return {
        "R003": pack_from_text("#" * (limits.MAX_SOURCE + 1)),
        "R004": pack_from_text("condition a = " + "(" * 40 + "has_wechat" + ")" * 40),
        "R005": pack_from_text("condition a = " + " or ".join(["has_wechat"] * 3000)),
        "R006": pack_from_text(f"list a\n include {words}"),
        "R045": pack_from_text(chain),
        "R059": pack_from_text("condition a = phones" + " + phones" * 150 + " > 1"),
    }


@pytest.mark.parametrize("code", ["R003", "R004", "R005", "R006", "R045", "R059"])
def test_bounds(code: str) -> None:
    found = tuple(item for item in check(_large()[code], VOCABULARY) if item.code not in _NOISE)
    assert [item.code for item in found] == [code]
    check_golden(f"{code}_bound", _both(found, {}))


def test_names_across_packs() -> None:
    rule = 'rule r "x"\nlist a\n include "{}"'
    packs = [pack_from_text(rule.format("u"), "one"), pack_from_text(rule.format("v"), "two")]
    found = tuple(item for item in check_packs(packs, VOCABULARY) if item.code == "R046")
    assert len(found) == 2
    check_golden("R046_across", _both(found, packs[1].sources))


def test_one_list_shared_by_packs_is_no_clash() -> None:
    shared = {"shared/a.rules": 'list a\n include "u"'}
    packs = [pack_from_texts(shared, "one"), pack_from_texts(shared, "two")]
    assert check_packs(packs, VOCABULARY) == ()


def test_every_code_has_a_case() -> None:
    cases = {path.stem[:4] for path in _FILES} | {"R003", "R004", "R005", "R006", "R045", "R046", "R059"}
    assert cases == set(MESSAGES)


@pytest.mark.parametrize("code", MESSAGES)
def test_style(code: str) -> None:
    message = MESSAGES[code]
    for text in (message.zh, message.en, message.hint_zh, message.hint_en):
        _assert_style(text)
    assert message.severity in ("error", "warning")
    assert not message.en.isascii() or message.en.isprintable()
    assert bool(message.hint_zh) == bool(message.hint_en)


def test_wide_characters_are_underlined_in_full() -> None:
    source = "condition 试 = 文本 含任一 @没有"
    text = render_all(check(pack_from_text(source), VOCABULARY), {"demo.rules": source})
    line = next(line for line in text.splitlines() if "^" in line and "condition" not in line and line.count("^") == 5)
    assert line == "  | " + " " * len("condition XX = XXXX XXXXXX ") + "^^^^^"


@pytest.mark.parametrize("code", ["R060", "R063", "R066", "R067", "R068", "R074", "R076", "R085"])
def test_advice_on_a_file_alone_is_what_is_said_of_it_among_all(code: str) -> None:
    (case,) = CASES.glob(f"{code}_*.rules")
    odd = 'rule odd "怪" / "Odd"\n  when phones > 1 and (phones > 0 or fee_share > 2)\ncondition never = phones > 1 and phones < 1\n'
    pack = pack_from_texts({"demo/case.rules": case.read_text("utf-8"), "demo/odd.rules": odd}, "demo")
    whole = check(pack, VOCABULARY)
    for file in ("demo/case.rules", "demo/odd.rules"):
        said = check(pack, VOCABULARY, {file})
        assert [item for item in said if item.span.file == file] == [item for item in whole if item.span.file == file]
        assert {item for item in whole if item.is_error} <= set(said) <= set(whole)
    assert [item for item in check(pack, VOCABULARY, ()) if item.is_error] == [item for item in whole if item.is_error]
    assert code in {item.code for item in whole} - {item.code for item in check(pack, VOCABULARY, ())}


def test_lists_that_overlap_are_told_where_advice_is_wanted() -> None:
    both = "condition {0} = text has any of @a, @b\n"
    words = 'list a\n  include "x", "y"\nlist b\n  include "y", "z"\n'
    pack = pack_from_texts({"demo/a.rules": words + both.format("one"), "demo/b.rules": both.format("two")}, "demo")
    places = [{item.span.file for item in check(pack, VOCABULARY, files) if item.code == "R085"} for files in (None, {"demo/b.rules"})]
    assert places == [{"demo/a.rules"}, {"demo/b.rules"}]
