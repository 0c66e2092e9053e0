"""The measurement of the rules counts as it says, skips what is absent, and tells no text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments import rule_packs
from experiments.own_set import KEYS, load
from risk.scoring.scorer import Scorer
from rules.nodes import ListRef, Term
from rules.pack import pack_from_texts

CURE, COPY, CLEAN = (
    "三个疗程根治糖尿病，永不复发，无效退款，电话13800001111",
    "三个疗程根治糖尿病，永不复发，无效退款，电话13900002222",
    "明天一起去公园散步吧",
)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files like the public material, written here."""
    folder = tmp_path_factory.mktemp("material")
    (folder / "labelled_messages.csv").write_text(f"text,codes\n{CURE},MED2\n{COPY},MED2\n{CLEAN},-\n", encoding="utf-8")
    (folder / "lookalike_negatives.csv").write_text(f"text,source\n{CLEAN},walks\n{CURE},wrong\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def told(material: Path) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """The result, its page, and the failures, of one run over everything."""
    out, fails = material / "out.json", material / "fails.json"
    rule_packs.main(["--data", str(material), "--output", str(out), "--failures", str(fails)])
    return json.loads(out.read_text("utf-8")), out.with_suffix(".md").read_text("utf-8"), json.loads(fails.read_text("utf-8"))


def _line(told: dict[str, Any], part: str, **wanted: str) -> dict[str, Any]:
    (line,) = [one for one in told["parts"][part]["lines"] if all(one[k] == v for k, v in wanted.items())]
    return dict(line)


def test_near_copies_count_once(told: tuple[dict[str, Any], str, dict[str, Any]]) -> None:
    line = _line(told[0], "labelled_messages", model="false_medical_advertising", who="rules", what="recall")
    assert (line["n"], line["alarms"], line["all rows"], line["reached"]) == (1, 1, [2, 2], True)
    assert line["share"][:1] == [1.0]
    assert line["missed"] == []


def test_false_alarms_are_named_by_hash_and_row(told: tuple[dict[str, Any], str, dict[str, Any]]) -> None:
    line = _line(told[0], "lookalikes", model="false_medical_advertising", who="rules", on="overall")
    assert (line["n"], line["alarms"], line["reached"]) == (2, 1, False)
    assert line["alarmed"] == rule_packs.named([CURE])
    assert told[2]["lookalikes"]["false_medical_advertising"] == [3]
    assert set(told[2]) == {"labelled_messages", "lookalikes"}


def test_no_text_is_told(told: tuple[dict[str, Any], str, dict[str, Any]]) -> None:
    samples = [one for key in KEYS for one in load(key)]
    written = json.dumps(told[0], ensure_ascii=False) + told[1] + json.dumps(told[2], ensure_ascii=False)
    assert [one.id for one in samples if one.text in written or one.id in written] == []
    assert CURE not in written


def test_every_kind_of_the_own_set_is_counted(told: tuple[dict[str, Any], str, dict[str, Any]]) -> None:
    for key in KEYS:
        samples = load(key)
        for what, label, whole in (("recall", 1, "all hits"), ("alarms", 0, "all look-alikes")):
            rows = [one for one in told[0]["parts"]["own_set"]["lines"] if (one["model"], one["who"], one["what"]) == (key, "rules", what)]
            assert rows[0]["on"] == whole
            assert rows[0]["n"] == sum(one["n"] for one in rows[1:]) == sum(one.label == label for one in samples)
            assert rows[0]["alarms"] == sum(one["alarms"] for one in rows[1:])


def test_what_is_absent_is_skipped_and_earlier_parts_stay(
    told: tuple[dict[str, Any], str, dict[str, Any]], material: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    out.write_text((material / "out.json").read_text("utf-8"), encoding="utf-8")
    rule_packs.main(["--data", str(tmp_path), "--only", "lookalikes", "--output", str(out)])
    again = json.loads(out.read_text("utf-8"))
    assert again["parts"] == told[0]["parts"]
    assert again["skipped"] == ["lookalikes: lookalike_negatives.csv is not there"]


def test_failures_do_not_go_into_the_repository(material: Path) -> None:
    inside = Path(rule_packs.__file__).with_name("fails.json")
    with pytest.raises(SystemExit, match="outside the repository"):
        rule_packs.main(["--data", str(material), "--failures", str(inside)])
    assert not inside.exists()


def test_keywords_are_what_rules_look_for() -> None:
    texts = {
        "shared/words.rules": 'list 联系 include "微信"',
        "demo/own.rules": 'list 疗效 include "根治"\nlist 否认 include "不能"\nfeature n = count of @疗效\n'
        'rule a "x" when text has any of @联系 and n >= 1 and text has none of @否认',
    }
    scorer = Scorer(packs=[pack_from_texts(texts, "demo")])
    own, every = (set(one) for one in rule_packs.looked_for(scorer, "demo"))
    wanted: tuple[set[ListRef | Term], ...] = ({ListRef("疗效")}, {ListRef("疗效"), ListRef("联系")})
    assert (own, every) == wanted
    reading = scorer.read(["根治，加微信", "加微信", "不能"])
    assert rule_packs.lists_seen(reading, frozenset(every)).tolist() == [2, 1, 0]


def test_share_of_nothing_says_nothing() -> None:
    assert rule_packs.share(np.zeros(0, dtype=bool)) == [0.0, 0.0, 1.0]
