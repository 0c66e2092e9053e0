"""The laws on record: consistent in themselves, and enough for every rule that is shipped."""

import pytest

from risk.domain.statutes import Law, laws
from risk.scoring.inputs import vocabulary
from risk.scoring.statutes import statutes
from rules.check import check_packs
from rules.diagnostics import render_all
from rules.items import Severity
from rules.pack import load_packs
from rules.statutes import Status

_ORDER = [severity.en for severity in Severity]


@pytest.mark.parametrize("law", laws(), ids=lambda law: f"{law.name} {law.dated}")
def test_a_law_is_consistent(law: Law) -> None:
    assert law.status in list(Status)
    assert (law.dated is None) == (law.status == "not_held")
    assert law.in_force_from is None or law.dated is None or law.dated <= law.in_force_from
    for penalty in law.penalties:
        for article in (penalty.article, *penalty.covers):
            assert all(part.isdecimal() for part in article.split("."))
            assert 1 <= int(article.split(".")[0]) <= law.articles
        low, high = map(_ORDER.index, penalty.severity)
        assert low < high
        for band in (penalty.yuan, penalty.times, penalty.serious_yuan, penalty.serious_times):
            assert band is None or 0 <= band[0] < band[1]
        assert bool(penalty.of) == bool(penalty.times)
        assert penalty.zh
        assert penalty.en.isascii() or penalty.per
        assert penalty.verified == (law.status == "in_force")


def test_a_serious_breach_is_fined_no_less() -> None:
    for law in laws():
        for penalty in law.penalties:
            for usual, serious in ((penalty.yuan, penalty.serious_yuan), (penalty.times, penalty.serious_times)):
                assert not usual or not serious or usual[1] <= serious[0]


def test_one_text_of_a_law_may_be_cited() -> None:
    for name in {law.name for law in laws()}:
        assert sum(law.status != "superseded" for law in laws() if law.name == name) == 1
    assert statutes().current("最高人民法院关于审理非法集资刑事案件具体应用法律若干问题的解释") == statutes().current(
        "《非法集资司法解释》"
    )


def test_the_bands_of_a_part_and_of_a_whole() -> None:
    drugs = statutes().current("药品管理法")
    assert drugs is not None
    assert [band.article for band in drugs.bands_of("98.2.1")] == ["116"]
    assert {band.article for band in drugs.bands_of("98")} == {"116", "117"}
    assert drugs.bands_of("8") == ()


def test_shipped_rules_cite_laws_on_record() -> None:
    found = check_packs(load_packs(), vocabulary())
    wrong = [item for item in found if item.is_error or item.code in ("R070", "R071", "R072")]
    assert not wrong, render_all(wrong)
