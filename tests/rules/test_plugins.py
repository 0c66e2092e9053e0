"""Plug-ins: what they may do, what happens to those that do not keep to it, and a package that is really built, installed and used."""

from __future__ import annotations

import doctest
import importlib.util
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rules.check import check, check_packs
from rules.diagnostics import errors, render
from rules.evaluate import evaluate
from rules.functions import Field, Function, Vocabulary
from rules.inputs import Column
from rules.kinds import Kind, Type
from rules.pack import Pack, pack_from_text, pack_from_texts
from rules.plugin_calls import BATCH, Bound, Limits, Offered
from rules.plugin_faults import MESSAGES
from rules.plugin_host import Plugins, discover
from rules.plugin_packs import bound, usable
from rules.plugins import FUNCTIONS, LISTS, PACKS, DeclarationError, PluginFunction, PluginList, PluginPack, Rows
from tests.rules.fakes import FakeInputs
from tests.rules.plugin_site import FAULTY, GOOD, REFUSED, functions_site, package

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "samples" / "rule_plugin"
QUICK = Limits(call=0.4, strikes=2)
HOST = {"licence_state", "许可状态"}


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugins]:
    """Plug-ins of a folder on the import path, good and bad ones beside each other."""
    folder = functions_site(tmp_path_factory.mktemp("site"))
    with _on_path(folder) as plugins:
        yield plugins


class _on_path:  # noqa: N801 - used like a function
    def __init__(self, folder: Path, limits: Limits = QUICK) -> None:
        self._folder = str(folder)
        self._limits = limits

    def __enter__(self) -> Plugins:
        sys.path.insert(0, self._folder)
        importlib.invalidate_caches()
        here = {path.name.split("-")[0].replace("_", "-") for path in Path(self._folder).glob("*.dist-info")}
        self._plugins = Plugins((one for one in discover() if one.source.package in here), self._limits)
        return self._plugins

    def __exit__(self, *_: object) -> None:
        sys.path.remove(self._folder)
        self._plugins.close()


@pytest.fixture(scope="module")
def offered(trial: Plugins) -> dict[str, Offered]:
    return {one.name: one for one in trial.functions(HOST)}


NUMBERS = Column.of([3.0, None, 1.0, 2.0])


def _call(plugins: Plugins, function: Offered, *args: Any, size: int = 4) -> Column:
    given = args or ((NUMBERS,) if function.params else ())
    return plugins.bind(size, lambda row: "字" * row).call(function, given)


def _codes(plugins: Plugins, name: str) -> set[str]:
    return {one.code for one in plugins.faults if one.source.name == name}


def test_good_functions_are_offered_and_the_others_refused_each_for_its_reason(trial: Plugins, offered: dict[str, Offered]) -> None:
    assert set(offered) == {*GOOD, *FAULTY}
    assert {name: _codes(trial, name) for name in REFUSED} == {name: {code} for name, code in REFUSED.items()}
    owners = {one.source.package for one in trial.faults if one.source.name == "wanted_by_two"}
    assert owners == {"trial-plugin", "rival-plugin"}, "neither of two claimants wins"
    reasons = trial.refused(offered.values())
    assert set(reasons) >= set(REFUSED)
    assert "a_package_that_is_nowhere" in reasons["no_import"].en
    assert reasons["own_name"] == reasons["许可状态"], "found by either name"


def test_the_service_imports_nothing_of_them(trial: Plugins, offered: dict[str, Offered]) -> None:
    assert _call(trial, offered["length"]).values.tolist() == [0, 1, 2, 3]
    assert not [name for name in sys.modules if name.startswith("trial_")]


def test_every_kind_goes_there_and_back(trial: Plugins, offered: dict[str, Offered]) -> None:
    days = _call(trial, offered["next_day"], Column.of([date(2024, 2, 28), None]), size=2)
    assert days.known.tolist() == [True, False]
    assert days.values.astype(object)[0] == date(2024, 2, 29)
    assert _call(trial, offered["next_day"], date(2024, 2, 29), size=2).values.astype(object).tolist() == [date(2024, 3, 1)] * 2
    held = _call(trial, offered["held"], Column.of([frozenset(["甲"]), None, frozenset()]), "甲", size=3)
    assert (held.values.tolist(), held.known.tolist()) == ([True, False, False], [True, False, True])
    flags = _call(trial, offered["opposite"], Column.of([True, False, None]), size=3)
    assert (flags.values[:2].tolist(), flags.known.tolist()) == ([False, True], [True, True, False])


def test_no_rows_and_many_rows(trial: Plugins, offered: dict[str, Offered]) -> None:
    assert _call(trial, offered["length"], size=0).values.tolist() == []
    size = BATCH + 7
    many = trial.bind(size, lambda row: "a" * (row % 5)).call(offered["length"], ())
    assert many.values.tolist() == [row % 5 for row in range(size)]


@pytest.mark.parametrize("name", FAULTY)
def test_a_function_that_fails_is_unknown_and_told(trial: Plugins, offered: dict[str, Offered], name: str) -> None:
    answer = _call(trial, offered[name])
    assert not answer.known.any()
    assert len(answer.values) == 4
    assert FAULTY[name] in _codes(trial, name)
    assert _call(trial, offered["length"]).known.all(), "the others go on"


def test_where_a_body_hung_is_told(trial: Plugins, offered: dict[str, Offered]) -> None:
    _call(trial, offered["forever"])
    (fault,) = [one for one in trial.faults if (one.source.name, one.code) == ("forever", "P012")]
    assert re.search(r"trial_functions\.py, line \d+ in forever", fault.en)


@pytest.mark.parametrize("name", ["chance", "deviation"])
def test_what_contradicts_itself_is_not_called_again(trial: Plugins, offered: dict[str, Offered], name: str) -> None:
    for _ in range(3):
        assert not _call(trial, offered[name]).known.any()
    assert [one.times for one in trial.faults if one.source.name == name] == [1]


def test_what_was_stopped_too_often_is_not_called_again(trial: Plugins, offered: dict[str, Offered]) -> None:
    for _ in range(4):
        assert not _call(trial, offered["leaves"]).known.any()
    told = {one.code: one.times for one in trial.faults if one.source.name == "leaves"}
    assert told == {"P013": QUICK.strikes, "P032": 1}


def test_the_service_environment_is_not_handed_on(trial: Plugins, offered: dict[str, Offered], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_DATABASE", "postgresql://someone:secret@somewhere/risk")
    trial.close()
    assert _call(trial, offered["environment"]).values.tolist() == ["none"] * 4


def test_one_set_of_rows_sees_one_answer(trial: Plugins, offered: dict[str, Offered]) -> None:
    """What fires and what explains it must not differ, so the function is asked once."""
    rows = trial.bind(4, str)
    again = Column(NUMBERS.values.copy(), NUMBERS.known.copy())
    assert rows.call(offered["opposite"], (again,)) is rows.call(offered["opposite"], (Column(again.values.copy(), again.known),))


def test_a_fault_is_logged_once_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with _on_path(functions_site(tmp_path)) as plugins, caplog.at_level(logging.WARNING, "rules.plugins"):
        raises = next(one for one in plugins.functions() if one.name == "raises")
        caplog.clear()
        for _ in range(3):
            _call(plugins, raises)
        assert [record.getMessage().split()[0] for record in caplog.records] == ["P011"]
        (fault,) = [one for one in plugins.faults if one.source.name == "raises"]
        assert (fault.times, fault.zh.count("出错"), fault.en[-1:].isalnum() or fault.en.endswith(")")) == (3, 1, True)


def test_a_module_that_never_ends_its_import(tmp_path: Path) -> None:
    package(tmp_path, "hanging-plugin", {"hanging.py": "while True: pass"}, {FUNCTIONS: {"late": "hanging:late"}})
    with _on_path(tmp_path, Limits(load=0.5)) as plugins:
        assert plugins.functions() == ()
        assert [one.code for one in plugins.faults] == ["P012"]


def test_no_process_to_run_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _on_path(functions_site(tmp_path)) as plugins:
        length = next(one for one in plugins.functions() if one.name == "length")
        plugins.close()
        monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
        assert not _call(plugins, length).known.any()
        assert _codes(plugins, "length") == {"P010"}


@pytest.mark.parametrize(
    "answer", [("P999", {}), ("P011", {"other": 1}), ("ok", ("number", [1], b"")), ("ok", None), ("ok", ("number", b"", b""))]
)
def test_an_answer_that_nobody_agreed_on(trial: Plugins, offered: dict[str, Offered], monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """A body that writes into the pipe itself gets its rows unknown, like any other fault."""
    monkeypatch.setattr("rules.plugin_process.receive", lambda _: answer)
    assert not _call(trial, offered["opposite"], Column.of([True]), size=1).known.any()
    assert _codes(trial, "opposite") & {"P013", "P020"}
    trial.close()


def test_every_code_of_a_fault_has_a_case() -> None:
    told = {*FAULTY.values(), *REFUSED.values(), "P005", "P006", "P010", "P032"}
    assert told == set(MESSAGES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "two words"},
        {"version": ""},
        {"doc_en": ""},
        {"result": Type(Kind.CATEGORY)},
        {"body": lambda: None},
    ],
)
def test_a_wrong_declaration_is_refused_where_it_is_written(wrong: dict[str, Any]) -> None:
    right = {"name": "f", "zh": "函", "version": "1", "params": (), "result": Type(Kind.NUMBER), "doc_zh": "说", "doc_en": "says"}
    assert PluginFunction(**right, body=lambda rows: [1.0] * rows.size)(Rows(2)).values.tolist() == [1.0, 1.0]  # type: ignore[arg-type]
    with pytest.raises(DeclarationError):
        PluginFunction(**{"body": lambda rows: rows, **right, **wrong})
    with pytest.raises(DeclarationError):
        PluginList("词", (), version="1")
    with pytest.raises(DeclarationError):
        PluginPack("a model", "pkg", "1")
    with pytest.raises(DeclarationError, match="reads_text"):
        Rows(1).texts  # noqa: B018 - reading it is the case


# -- in rules --------------------------------------------------------------------------------------------------------------------------------


class _Host(FakeInputs):
    """The fakes with calls of plug-ins."""

    def __init__(self, pack: Pack, texts: list[str], plugins: Plugins, words: Vocabulary) -> None:
        super().__init__(pack, texts)
        self._words = words
        self._plugins: Bound = plugins.bind(len(texts), self.text)

    def call(self, name: str, args: tuple[Any, ...]) -> Column:
        function = self._words.function(name)
        assert isinstance(function, Offered)
        return self._plugins.call(function, args)


def test_unknown_is_not_false_in_a_rule(trial: Plugins, offered: dict[str, Offered]) -> None:
    words = Vocabulary((), offered.values())
    pack = pack_from_text('rule a "x" when raises(1) >= 0\nrule b "x" when not raises(1) >= 0\nrule c "x" when 长度() >= 2')
    hits = evaluate(pack, _Host(pack, ["a", "abc"], trial, words))
    assert hits.outcome.tolist() == [[-1, -1, 0], [-1, -1, 1]]
    assert not hits.fired[:, :2].any()


def test_a_rule_that_uses_a_refused_function_is_told_where_and_why(trial: Plugins, offered: dict[str, Offered]) -> None:
    words = Vocabulary((), offered.values(), refused=trial.refused(offered.values()))
    pack = pack_from_text('rule a "x"\n  when no_import() >= 1')
    (found,) = [item for item in check(pack, words) if item.code == "R011"]
    assert (found.span.line, found.span.column) == (2, 8)
    assert "P00" not in found.en
    assert "a_package_that_is_nowhere" in render(found, language="en")
    assert "无法载入" in render(found, language="zh")


def test_the_version_of_a_pack_covers_the_functions_it_calls() -> None:
    def at(version: str, text: str) -> str:
        number = Type(Kind.NUMBER)
        words = Vocabulary((), [Offered("used", "用到", (), number, version=version), Function("ours", "我们", (), number)])
        return bound(pack_from_text(text), words).version

    uses, ours = 'rule a "x" when 用到() >= 1', 'rule a "x" when ours() >= 1'
    assert at("1", uses) != at("2", uses)
    assert at("1", uses) == at("1", uses)
    assert at("1", ours) == at("2", ours) == pack_from_text(ours).version
    through = 'condition c = used() >= 1\nrule a "x" when c'
    assert at("1", through) != at("2", through)


RULE = """
rule {name} "标题" / "Title"
  model demo
  basis "某法" article "1" dated 2020-01-01
  severity low
  when text has any of {what}
  because zh "“{{hit}}”" en "{{hit}}"
  hits "甲乙"
  misses "丙"
"""


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (RULE.format(name="fresh", what="@新词"), ""),
        (RULE.format(name="own", what='"甲"'), "P005"),  # an id that is taken
        (RULE.format(name="fresh", what="@没有"), "P005"),  # a list that is not there
        ("规则 fresh 当", "P005"),  # no rule at all
        ('词表 旧词 "另一个意思" 包含 "乙"' + RULE.format(name="fresh", what="@旧词"), "P005"),  # a list of ours, said otherwise
    ],
)
def test_a_pack_that_does_not_pass_the_checks_stays_out(tmp_path: Path, rules: str, code: str) -> None:
    declared = 'from rules.plugins import PluginList, PluginPack\nMORE = PluginPack("demo", "extra", "1")\nWORDS = PluginList("新词", ("乙",), version="1")\n'
    package(
        tmp_path,
        "extra",
        {"extra/__init__.py": declared, "extra/more.rules": rules},
        {PACKS: {"demo": "extra:MORE"}, LISTS: {"新词": "extra:WORDS"}},
    )
    ours = {"demo/own.rules": '词表 旧词 包含 "甲"' + RULE.format(name="own", what="@旧词")}
    with _on_path(tmp_path) as plugins:
        pack = pack_from_texts({**ours, **plugins.texts("shared"), **plugins.texts("demo")}, "demo")
        (kept,) = usable([pack], Vocabulary(), plugins)
        assert not errors(check_packs([kept], Vocabulary()))
        assert {one.code for one in plugins.faults} == ({code} if code else set())
        assert [rule.id for rule in kept.rules] == (["own"] if code else ["own", "fresh"]) or [rule.id for rule in kept.rules] == [
            "fresh",
            "own",
        ]
        assert "新词" in kept.list_by_name, "the list is sound by itself"


@pytest.mark.parametrize("name", ["旧词", "新词"])
def test_a_list_does_not_take_the_name_of_another(tmp_path: Path, name: str) -> None:
    declared = f'from rules.plugins import PluginList\nWORDS = PluginList("{name}", ("乙",), version="1")\n'
    for owner in ("one", "two") if name == "新词" else ("one",):
        package(tmp_path, f"{owner}-lists", {f"{owner}_lists.py": declared}, {LISTS: {name: f"{owner}_lists:WORDS"}})
    ours = {"demo/own.rules": '词表 旧词 包含 "甲"' + RULE.format(name="own", what="@旧词")}
    with _on_path(tmp_path) as plugins:
        pack = pack_from_texts({**ours, **plugins.texts("shared")}, "demo")
        (kept,) = usable([pack], Vocabulary(), plugins)
        assert {one.code for one in plugins.faults} == {"P004" if name == "新词" else "P003"}
        assert [(one.name, one.terms) for one in kept.lists] == [("旧词", ("甲",))]


def test_the_reference_tells_everything_in_both_languages(trial: Plugins, offered: dict[str, Offered]) -> None:
    from rules.docs import describe, markdown, plain

    field = Field("channel", "渠道", Type(Kind.CATEGORY), "信号的渠道", "where it came by", (("shop", "网店|店铺"),), maybe=False)
    pack = pack_from_text('词表 旧词 "备注" 包含 "甲" 排除 "乙"', "demo")
    reference = describe(Vocabulary([field], [offered["held"]]), [pack], trial.lists, trial.faults)
    assert json.loads(json.dumps(reference)) == reference
    zh, en = markdown(reference, "zh"), markdown(reference, "en")
    assert "| `channel` | 渠道 | 类别 | 否 | `shop` 网店\\|店铺 | 信号的渠道 |" in zh
    assert "| `channel` | 渠道 | category | no | `shop` 网店\\|店铺 | where it came by |" in en
    assert "| `held` | 有无 | `p0`: set; `p1`: text | flag | yes |  | meaning | trial-plugin 1.0 |" in en
    assert "| `旧词` | 1 | 1 | demo | 备注 |" in zh
    assert "P001" in zh
    assert "无法载入" in zh
    for language, told in (
        ("zh", "有无  (p0: 集合; p1: 文字) → 是非  [trial-plugin 1.0]"),
        ("en", "(p0: set; p1: text) → flag  [trial-plugin 1.0]"),
    ):
        assert told in plain(reference, language)  # type: ignore[arg-type]


# -- a package that is built and installed ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, installed by an installer into a folder of its own, without network."""
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    source = tmp_path_factory.mktemp("source") / "rule_plugin"
    shutil.copytree(SAMPLE, source, ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--disable-pip-version-check"]
    if importlib.util.find_spec("pip") is None:
        if shutil.which("uv") is None:
            pytest.skip("neither pip nor uv is installed")
        pip = ["uv", "pip", "install", "--offline", "--python", sys.executable]
    subprocess.run(
        [*pip, "--no-deps", "--no-build-isolation", "--quiet", "--target", str(folder), str(source)], check=True, capture_output=True
    )
    return folder


@pytest.fixture(scope="module")
def told(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    """What the commands say with the sample installed, and with spoilt copies of it: exit code, standard output and error. They run side by side."""
    home = tmp_path_factory.mktemp("home")
    wrong = _spoilt(sample, home / "wrong", "offers/loud.rules", 'misses   "今天下单立减"', 'misses   "震撼来袭！！！"')
    broken = _spoilt(sample, home / "broken", "plugin.py", "import numpy", "import nothing_of_that_name, numpy")
    started = {
        "check": _start(sample, home, "-m", "risk", "rules", "check"),
        "functions": _start(sample, home, "-m", "risk", "rules", "functions", "--format", "json"),
        "score": _start(sample, home, "-c", SCORE),
        "test": _start(wrong, home, "-m", "risk", "rules", "test"),
        "doctor": _start(sample, home, "-m", "risk", "doctor"),
        "doctor of a broken one": _start(broken, home, "-m", "risk", "doctor"),
    }
    said = {name: process.communicate() for name, process in started.items()}
    return {name: (started[name].returncode, *texts) for name, texts in said.items()}


def _start(site: Path, home: Path, *command: str) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(site), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "RISK_HOME": str(home), "RISK_LANG": "en", "PYTHONUTF8": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, *command], env=environment, cwd=home, stdout=pipe, stderr=pipe, text=True)


def _spoilt(sample: Path, to: Path, file: str, old: str, new: str) -> Path:
    shutil.copytree(sample, to)
    path = to / "risk_sample_plugin" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return to


SCORE = """
import json, sys
from risk.scoring.scorer import Scorer

scorer = Scorer()
reading = scorer.read(["震撼来袭！！！本店今天开张", "本店今天开张", "！！！～～～"])
judged = scorer.judge(reading, "loud_offers", rules_only=True)
medical = scorer.judge(scorer.read(["震撼来袭！！！！！本周门诊免挂号费"]), "false_medical_advertising", rules_only=True)
print(json.dumps({
    "ids": judged.hits.ids, "outcome": judged.hits.outcome.tolist(), "ranks": judged.ranks.tolist(),
    "said": scorer.firings(reading, judged, [0])[0][0].because.en,
    "calls": scorer.packs["loud_offers"].calls, "version": [judged.rules_version, scorer.packs["loud_offers"].version],
    "medical": [rule.id for rule in medical.hits.fired_rules(0)],
    "imported": [name for name in sys.modules if "sample_plugin" in name],
}))
"""


def test_the_checks_know_an_installed_plugin(told: dict[str, tuple[int, str, str]]) -> None:
    code, said, errors_said = told["check"]
    assert code == 0, said + errors_said
    assert ": 0 errors" in said


def test_the_reference_knows_an_installed_plugin(told: dict[str, tuple[int, str, str]]) -> None:
    reference = json.loads(told["functions"][1])
    added = [entry for part in ("functions", "lists") for entry in reference[part] if entry["origin"] == "risk-sample-plugin 1.2.0"]
    assert {(entry["name"], entry.get("version")) for entry in added} == {
        ("exclamations", "1.2.0"),
        ("share_of", "1.2.0"),
        ("tone", "1.2.0"),
        ("夸张语", None),
    }
    assert reference["faults"] == []


def test_texts_are_scored_with_its_rules(told: dict[str, tuple[int, str, str]]) -> None:
    code, said, errors_said = told["score"]
    assert code == 0, errors_said
    found = json.loads(said)
    assert found["ids"] == ["loud_offer", "mostly_marks"]
    assert found["outcome"] == [[1, 0], [0, 0], [0, 1]]
    assert found["ranks"][0] > found["ranks"][1] == 0
    assert found["said"] == 'loud words: "震撼来袭", worth a look'
    assert found["calls"] == [["exclamations", "1.2.0"], ["share_of", "1.2.0"], ["tone", "1.2.0"]]
    assert found["version"][0] == found["version"][1]
    assert "shouted_medical_offer" in found["medical"]
    assert found["imported"] == []


def test_its_examples_are_run(told: dict[str, tuple[int, str, str]]) -> None:
    code, said, _ = told["test"]
    assert code == 1
    assert "rule `loud_offer` should not fire but fires" in said
    assert ", 1 failed" in said


def test_doctor_tells_of_plugins_and_goes_on_when_one_breaks(told: dict[str, tuple[int, str, str]]) -> None:
    assert "rule plug-ins work: 3 functions, 1 lists, 2 packs (risk-sample-plugin 1.2.0)" in told["doctor"][1]
    code, said, errors_said = told["doctor of a broken one"]
    assert code == 1
    assert "rule plug-ins have 6 faults" in said
    assert "nothing_of_that_name" in said
    assert "Traceback" not in errors_said


def test_a_start_of_the_command_line_looks_for_no_plugins() -> None:
    script = "import sys, risk.cli.rule_files; sys.exit('rules.plugin_host' in sys.modules or 'importlib.metadata' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


def test_the_page_for_authors_is_true() -> None:
    page = (ROOT / "rules" / "PLUGINS.md").read_text("utf-8")
    code, tried = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    module: dict[str, Any] = {"__name__": "my_plugin"}
    exec(compile(code, "PLUGINS.md", "exec"), module)  # the page's own code
    example = doctest.DocTestParser().get_doctest(tried, module.copy(), "PLUGINS.md", None, None)
    assert doctest.DocTestRunner(verbose=False).run(example) == (0, 1)
    (entries,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    groups = tomllib.loads(entries)["project"]["entry-points"]
    assert set(groups) == {FUNCTIONS, LISTS, PACKS}
    assert (module["LOUD_WORDS"].name, module["LOUD_OFFERS"].model) == (next(iter(groups[LISTS])), next(iter(groups[PACKS])))
    assert {code for code in MESSAGES if code not in page} <= {"P021", "P022", "P023"}, "told as a span"
    assert not module["share_of"](Rows(1, [""]), "latin").known.any()
