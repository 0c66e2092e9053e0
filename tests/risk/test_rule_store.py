"""Rules as they live: nobody approves their own, nothing is live that was not approved, what is live is what runs use, and every version stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Engine, select

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError, RiskError
from risk.domain.rule_states import RuleState, same_person
from risk.services import list_desk, live_rules, rule_changes, rule_desk, rule_drafts, rule_refs, rule_store, rule_views, suppressions
from risk.services.list_desk import NewEntry
from risk.services.rule_refs import Ref
from risk.services.rule_views import RuleFilter
from risk.storage import migrate
from risk.storage import tables as t
from risk.storage.engine import open_engine, reading, transaction
from tests.risk.rule_world import AUTHOR, GOLD, OTHER, THIRD, WHEN, activated, approved, shipped
from tests.risk.run_world import MED, NOW

PEOPLE = [AUTHOR, OTHER, THIRD]


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped(monkeypatch)


# --- whoever does whatever ----------------------------------------------------------------------------------------------


class Lives(RuleBasedStateMachine):
    """Three people do whatever they like with one rule, in any order; refusals are part of it."""

    url = ""
    made = 0

    @initialize()
    def begin(self) -> None:
        self.engine = open_engine(Lives.url)
        Lives.made += 1
        self.name = f"gold{Lives.made}"
        self.source = GOLD.replace("gold", self.name)

    def teardown(self) -> None:
        self.engine.dispose()

    def _versions(self) -> list[rule_store.Version]:
        with reading(self.engine) as conn:
            return rule_store.versions_of(conn, rule_store.Key("rule", MED, self.name))

    @rule(actor=st.sampled_from(PEOPLE))
    def write(self, actor: str) -> None:
        self._try(lambda conn: rule_drafts.create(conn, self.source, actor=actor, now=NOW))

    @precondition(lambda self: self._versions())
    @rule(
        actor=st.sampled_from(PEOPLE),
        act=st.sampled_from(["edit", "test", "test", "submit", "submit", "approve", "approve", "activate", "shadow"]),
        back=st.sampled_from([0, 0, 1]),
    )
    def forward(self, actor: str, act: str, back: int) -> None:
        self._act(actor, act, back)

    @precondition(lambda self: self._versions())
    @rule(
        actor=st.sampled_from(PEOPLE),
        act=st.sampled_from(["pause", "resume", "retire", "reject", "withdraw", "restore", "roll_out"]),
        back=st.sampled_from([0, 0, 1]),
    )
    def sideways(self, actor: str, act: str, back: int) -> None:
        self._act(actor, act, back)

    def _act(self, actor: str, act: str, back: int) -> None:
        versions = self._versions()
        one = versions[min(back, len(versions) - 1)].id
        acts = {
            "edit": lambda conn: rule_drafts.edit(conn, one, self.source + "# 改\n", actor=actor, now=NOW),
            "test": lambda conn: rule_drafts.try_out(conn, one, actor=actor, now=NOW),
            "submit": lambda conn: rule_desk.submit(conn, one, actor=actor, now=NOW),
            "withdraw": lambda conn: rule_desk.withdraw(conn, one, actor=actor, now=NOW),
            "reject": lambda conn: rule_desk.reject(conn, one, actor=actor, reason="理由", now=NOW),
            "approve": lambda conn: rule_desk.approve(conn, one, actor=actor, now=NOW),
            "shadow": lambda conn: rule_desk.shadow(conn, one, actor=actor, reason="理由", now=NOW),
            "activate": lambda conn: rule_desk.activate(conn, one, actor=actor, reason="理由", now=NOW),
            "roll_out": lambda conn: rule_desk.roll_out(conn, one, percent=20.0, actor=actor, reason="理由", now=NOW),
            "pause": lambda conn: rule_desk.pause(conn, one, actor=actor, reason="理由", now=NOW),
            "resume": lambda conn: rule_desk.resume(conn, one, actor=actor, reason="理由", now=NOW),
            "retire": lambda conn: rule_desk.retire(conn, one, actor=actor, reason="理由", now=NOW),
            "restore": lambda conn: rule_drafts.restore(conn, one, actor=actor, now=NOW),
        }
        self._try(acts[act])

    def _try(self, act: object) -> None:
        try:
            with transaction(self.engine) as conn:
                act(conn)  # type: ignore[operator]
        except (ConflictError, InvalidInputError, NotFoundError) as error:
            assert error.code in {"rule_transition", "rule_own_approval", "rule_unfinished"}, error  # noqa: PT017 - refusals are expected, others are not

    @invariant()
    def nobody_approved_their_own(self) -> None:
        """What is or was watched or in force was approved by someone who had no hand in its text, after its last edit."""
        for version in self._versions():
            with reading(self.engine) as conn:
                events = rule_store.events_of(conn, version.id)
            names = [event.event for event in events]
            if not {"shadow", "activate"} & set(names):
                continue
            approvals = [k for k, event in enumerate(events) if event.event == "approve"]
            assert len(approvals) == 1
            hands = {event.actor for event in events if event.event in ("create", "edit", "submit")}
            assert not any(same_person(events[approvals[0]].actor, name) for name in hands)
            assert "edit" not in names[approvals[0] :]
            assert approvals[0] < min(k for k, name in enumerate(names) if name in ("shadow", "activate"))

    @invariant()
    def what_is_live_is_what_stands_in_force(self) -> None:
        """At most one version is in force, and the packs have the rule exactly when there is one."""
        versions = self._versions()
        active = [version for version in versions if version.state is RuleState.ACTIVE]
        assert len(active) <= 1
        assert sum(version.state is RuleState.SHADOW for version in versions) <= 1
        with reading(self.engine) as conn:
            live = live_rules.load(conn)
        assert live.packs
        assert (self.name in live.packs[0].rule_by_id) is bool(active)
        shadows = {name for shadow in live.staging.shadows for name in shadow.versions}
        assert (self.name in shadows) is any(version.state is RuleState.SHADOW for version in versions)


def test_whoever_does_whatever(tmp_path: Path) -> None:
    Lives.url = f"sqlite:///{tmp_path / 'lives.db'}"
    migrate.upgrade(Lives.url)
    machine = Lives.TestCase
    machine.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
    machine("runTest").runTest()


# --- writing -------------------------------------------------------------------------------------------------------------


def test_a_draft_is_stored_whatever_it_says_and_edited_by_revision(engine: Engine) -> None:
    with transaction(engine) as conn:
        made = rule_drafts.create(conn, GOLD.replace("金方", "金方", 1).replace("祖传", "祖传") + "# 说明\n", actor=AUTHOR, now=NOW)
        assert (made.kind, made.model, made.version, made.state, made.language) == ("rule", MED, 1, "draft", "zh")
        assert made.source.endswith("# 说明\n")
        assert "# 说明" not in made.text
        with pytest.raises(ConflictError, match="still on its way"):
            rule_drafts.create(conn, GOLD, actor=OTHER, now=NOW)
        edited = rule_drafts.edit(conn, made.id, GOLD, actor=OTHER, now=NOW, seen=made.revision)
        assert (edited.hash, edited.revision) == (made.hash, made.revision + 1)  # a comment is no other rule
        with pytest.raises(ConflictError) as late:
            rule_drafts.edit(conn, made.id, GOLD, actor=AUTHOR, now=NOW, seen=made.revision)
        assert late.value.code == "rule_changed"
        with pytest.raises(InvalidInputError, match="the text defines"):
            rule_drafts.edit(conn, made.id, GOLD.replace("gold", "silver"), actor=AUTHOR, now=NOW)
        rule_drafts.try_out(conn, made.id, actor=AUTHOR, now=NOW)
        rule_desk.submit(conn, made.id, actor=AUTHOR, now=NOW)
        with pytest.raises(ConflictError) as own:  # who edited it had a hand in it too
            rule_desk.approve(conn, made.id, actor=OTHER, now=NOW)
        assert own.value.code == "rule_own_approval"
        rule_desk.approve(conn, made.id, actor=THIRD, now=NOW)


@pytest.mark.parametrize(
    ("source", "model", "code"),
    [
        ("什么都没有", "", "rule_no_definition"),
        (GOLD + GOLD.replace("gold", "two"), "", "rule_several"),
        ('rule x "y" when text has any of "z"', "", "rule_model_missing"),
        ('rule x "y" model nothing when text has any of "z"', "", "rule_model_unknown"),
        (GOLD, "illegal_drug_sales", "rule_model_differs"),
        ("条件 a = b", "nothing", "rule_model_unknown"),
    ],
)
def test_what_cannot_be_placed_is_refused(sqlite_engine: Engine, source: str, model: str, code: str) -> None:
    with transaction(sqlite_engine) as conn, pytest.raises(RiskError) as refused:
        rule_drafts.create(conn, source, actor=AUTHOR, now=NOW, model=model)
    assert refused.value.code == code


def test_a_rule_may_be_tried_with_the_draft_list_it_needs_and_goes_live_after_it(engine: Engine) -> None:
    with transaction(engine) as conn:
        words = rule_drafts.create(conn, '词表 金方 "words"\n  包含 "金方" "金药"\n', actor=AUTHOR, now=NOW, model=MED)
        source = GOLD.replace('含任一 "金方"', "含任一 @金方")
        made = rule_drafts.create(conn, source, actor=AUTHOR, now=NOW)
        tested = rule_drafts.try_out(conn, made.id, actor=AUTHOR, now=NOW)
        assert tested.test is not None
        assert (tested.state, tested.test["beside"]) == ("tested", ["list:金方@1"])
        rule_desk.submit(conn, made.id, actor=AUTHOR, now=NOW)
        rule_desk.approve(conn, made.id, actor=OTHER, now=NOW)
        with pytest.raises(ConflictError) as early:
            rule_desk.activate(conn, made.id, actor=OTHER, reason="启用", now=NOW)
        assert early.value.code == "rule_breaks_live"
        assert "R012" in early.value.text("en")
        rule_drafts.try_out(conn, words.id, actor=AUTHOR, now=NOW)
        rule_desk.submit(conn, words.id, actor=AUTHOR, now=NOW)
        rule_desk.approve(conn, words.id, actor=OTHER, now=NOW)
        rule_desk.activate(conn, words.id, actor=OTHER, reason="启用", now=NOW)
        rule_desk.activate(conn, made.id, actor=OTHER, reason="启用", now=NOW)
        with pytest.raises(ConflictError) as used:  # the rule stands on it
            rule_desk.pause(conn, words.id, actor=OTHER, reason="停用", now=NOW)
        assert used.value.code == "rule_breaks_live"


# --- shipped rules -------------------------------------------------------------------------------------------------------


def test_a_shipped_rule_is_paused_resumed_and_rewritten(engine: Engine) -> None:
    def names() -> set[str]:
        with reading(engine) as conn:
            return set(live_rules.load(conn).packs[0].rule_by_id)

    ref = Ref("urge")
    assert "urge" in names()
    with transaction(engine) as conn:
        version = rule_refs.to_act_on(conn, ref, now=NOW, in_force=True)
        assert (version.version, version.state, version.author) == (0, "active", "program")
        rule_desk.pause(conn, version.id, actor=OTHER, reason="误报", now=NOW)
    assert "urge" not in names()
    with transaction(engine) as conn:
        rule_desk.resume(conn, version.id, actor=OTHER, reason="恢复", now=NOW)
    assert "urge" in names()
    with transaction(engine) as conn:
        new = approved(conn, GOLD.replace("gold", "urge"))
        rule_desk.activate(conn, new.id, actor=OTHER, reason="启用", now=NOW)
        assert rule_store.get(conn, version.id).state == "retired"
    with reading(engine) as conn:
        assert live_rules.load(conn).packs[0].rule_by_id["urge"].title_zh == "祖传金方"
        old, now = rule_changes.differences(conn, ref, old=0), rule_views.get_rule(conn, ref)
        assert ("TITLE", "changed") in [(one.clause, one.what) for one in old.changes]
        assert [row.version for row in now.versions] == [1, 0]
    with transaction(engine) as conn:
        rule_desk.retire(conn, new.id, actor=OTHER, reason="废止", now=NOW)
    assert "urge" not in names()


# --- lists ---------------------------------------------------------------------------------------------------------------


def test_words_of_a_list_are_proposed_by_one_and_accepted_by_another(engine: Engine) -> None:
    with transaction(engine) as conn:
        rule = activated(conn, GOLD.replace(WHEN, '文本 含任一 @病名 且 文本 含任一 "金方"').replace("祖传", "糖尿病"))
        assert rule.pins.keys() == {"list:病名"}
        made = list_desk.propose(
            conn, Ref("病名"), add=[NewEntry("哮喘", note="监测中出现"), NewEntry("糖尿病展", exclude=True)], actor=AUTHOR, now=NOW
        )
        assert (made.version, made.state) == (1, "submitted")
        with pytest.raises(ConflictError, match="cannot approve"):
            list_desk.accept(conn, made.id, actor=AUTHOR, reason="同意", now=NOW)
        assert live_rules.load(conn).packs[0].list_by_name["病名"].terms == ("糖尿病", "高血压")
        assert made.source == '词表 病名 "names of illnesses"\n  包含 "糖尿病" "高血压"\n  包含 "哮喘"\n  排除 "糖尿病展"\n'
        list_desk.accept(conn, made.id, actor=OTHER, reason="同意", now=NOW + timedelta(hours=1))
        live = live_rules.load(conn).packs[0].list_by_name["病名"]
        assert (live.terms, live.exclude) == (("糖尿病", "高血压", "哮喘"), ("糖尿病展",))
        told = rule_store.events_of(conn, rule.id)[-1]
        assert (told.event, told.actor, told.detail["of"], told.detail["from"]) == ("relist", OTHER, "list:病名", rule.pins["list:病名"])
        view = list_desk.show(conn, Ref("病名"))
        assert [(one.term, one.exclude, one.note, one.actor) for one in view.entries] == [
            ("糖尿病", False, None, None),
            ("高血压", False, None, None),
            ("哮喘", False, "监测中出现", AUTHOR),
            ("糖尿病展", True, None, AUTHOR),
        ]
        assert rule_views.get_version(conn, Ref("gold", model=MED)).moved == ("list:病名",)
        second = list_desk.propose(conn, Ref("病名"), remove=[NewEntry("高血压")], actor=OTHER, now=NOW)
        entries = {one.term: one.actor for one in list_desk.show(conn, Ref("病名", second.version)).entries}
        assert entries == {"糖尿病": None, "哮喘": AUTHOR, "糖尿病展": AUTHOR}


def test_a_change_of_words_that_breaks_a_rules_example_is_not_stored(engine: Engine) -> None:
    with transaction(engine) as conn:
        activated(conn, GOLD.replace(WHEN, '文本 含任一 @病名 且 文本 含任一 "金方"').replace("祖传", "糖尿病"))
        count = len(rule_store.versions_of(conn, rule_store.Key("list", "shared", "病名")))
    with pytest.raises(ConflictError, match="should fire"), transaction(engine) as conn:
        list_desk.propose(conn, Ref("病名"), remove=[NewEntry("糖尿病")], actor=AUTHOR, now=NOW)
    with reading(engine) as conn:
        assert len(rule_store.versions_of(conn, rule_store.Key("list", "shared", "病名"))) == count


@pytest.mark.parametrize(
    ("add", "remove", "code"),
    [
        ([], [], "list_no_change"),
        ([NewEntry("糖尿病")], [], "list_entry_there"),
        ([NewEntry(" ")], [], "list_entry_wrong"),
        ([NewEntry("一\n二")], [], "list_entry_wrong"),
        ([], [NewEntry("糖尿病", exclude=True)], "list_entry_missing"),
    ],
)
def test_words_that_cannot_be_changed(sqlite_engine: Engine, add: list[NewEntry], remove: list[NewEntry], code: str) -> None:
    with transaction(sqlite_engine) as conn, pytest.raises(RiskError) as refused:
        list_desk.propose(conn, Ref("病名"), add=add, remove=remove, actor=AUTHOR, now=NOW)
    assert refused.value.code == code


# --- looking -------------------------------------------------------------------------------------------------------------


def test_lists_of_rules_tell_shipped_and_stored_and_page(engine: Engine) -> None:
    with transaction(engine) as conn:
        activated(conn, percent=30.0)
        rule_drafts.create(conn, GOLD.replace("gold", "silver"), actor=THIRD, now=NOW)
    with reading(engine) as conn:
        rules = {row.name: row for row in rule_views.list_rules(conn, RuleFilter(kind="rule")).items}
        assert {"cure", "gold", "silver"} <= rules.keys()
        assert [(row.in_force, row.newest, row.state, row.roll_out) for row in (rules["cure"], rules["gold"], rules["silver"])] == [
            (0, 0, "active", 100.0),
            (1, 1, "active", 30.0),
            (None, 1, "draft", 100.0),
        ]
        assert [row.name for row in rule_views.list_rules(conn, RuleFilter(author=THIRD)).items] == ["silver"]
        assert [row.name for row in rule_views.list_rules(conn, RuleFilter(text="金方", state="draft")).items] == ["silver"]
        seen: list[str] = []
        cursor = None
        while True:
            page = rule_views.list_rules(conn, RuleFilter(), limit=2, cursor=cursor)
            seen += [row.name for row in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == len(rule_views.list_rules(conn, RuleFilter(), limit=500).items)


def test_history_and_difference_of_versions(engine: Engine) -> None:
    with transaction(engine) as conn:
        activated(conn)
        new = GOLD.replace(WHEN, '文本 含任一 "祖传" 且 文本 含任一 "金方", "秘方" 且 非 有微信').replace("严重度 高", "严重度 中")
        rule_drafts.create(conn, new, actor=AUTHOR, now=NOW)
    with reading(engine) as conn:
        view = rule_changes.differences(conn, Ref("gold"))
        assert (view.old, view.new) == (1, 2)
        assert [(one.what, one.clause_zh, one.old_en, one.new_en) for one in view.changes] == [
            ("changed", "严重度", "high", "medium"),
            ("added", "当", "", '"秘方"'),
            ("added", "当", "", "not has_wechat"),
        ]
        assert [(row.version, row.event) for row in rule_views.history(conn, Ref("gold"))][-2:] == [(1, "activate"), (2, "create")]
        zh = rule_views.get_version(conn, Ref("gold", 2))
        assert "not has_wechat" in zh.en
        assert "非 有微信" in zh.zh


def test_what_is_ambiguous_or_missing_is_told(engine: Engine) -> None:
    with transaction(engine) as conn:
        for model in (MED, "illegal_drug_sales"):
            rule_drafts.create(conn, "条件 甲 = 有微信", actor=AUTHOR, now=NOW, model=model)
    with reading(engine) as conn:
        with pytest.raises(ConflictError) as two:
            rule_refs.find(conn, Ref("甲"))
        assert two.value.code == "rule_ambiguous"
        assert rule_refs.find(conn, Ref("甲", model=MED)).model == MED
        with pytest.raises(NotFoundError, match="nothing"):
            rule_refs.find(conn, Ref("nothing"))
        with pytest.raises(NotFoundError, match="no version 9"):
            rule_views.get_version(conn, Ref("cure", 9))


def test_every_act_is_audited(engine: Engine) -> None:
    with transaction(engine) as conn:
        activated(conn)
    with reading(engine) as conn:
        told = conn.execute(
            select(t.audit.c.actor, t.audit.c.action).where(t.audit.c.object == f"rule:{MED}/gold@1").order_by(t.audit.c.id)
        )
        assert [tuple(row) for row in told] == [
            (AUTHOR, "rule.create"), (AUTHOR, "rule.test"), (AUTHOR, "rule.submit"), (OTHER, "rule.approve"), (OTHER, "rule.activate"),
        ]  # fmt: skip


def test_an_approval_remembers_the_suppressions_in_force_and_they_have_versions(engine: Engine) -> None:
    day = timedelta(days=1)
    with transaction(engine) as conn:
        first = suppressions.suppress(conn, {"source": "测试源"}, owner=AUTHOR, reason="演练", expires_at=NOW + day, now=NOW, model=MED)
        suppressions.suppress(
            conn, {"source": "别处"}, owner=AUTHOR, reason="演练", expires_at=NOW + day, now=NOW, model="illegal_drug_sales"
        )
        one = approved(conn)
        pinned = {name: value for name, value in one.pins.items() if name.startswith("suppression:")}
        assert pinned == {f"suppression:{first}": suppressions.in_force(conn, NOW)[0].hash}
        later = NOW + timedelta(hours=1)
        second = suppressions.revise(conn, first, owner=OTHER, reason="延长", expires_at=NOW + 9 * day, now=later)
        told = [(s.id, s.version) for s in suppressions.in_force(conn, later) if s.model == MED]
        assert told == [(second, 2)]
        assert suppressions.in_force(conn, later)[-1].hash not in pinned.values()
        assert [s.id for s in suppressions.in_force(conn, NOW) if s.model == MED] == [first]  # as it was then
        with pytest.raises(ConflictError, match="was revised"):
            suppressions.revise(conn, first, owner=THIRD, reason="晚了", expires_at=NOW + 9 * day, now=later)
        suppressions.end(conn, second, actor=OTHER, reason="不需要了", now=later + day)
        assert [s.id for s in suppressions.in_force(conn, later + day) if s.model == MED] == []
        with pytest.raises(NotFoundError, match="no suppression"):
            suppressions.end(conn, 999, actor=OTHER, reason="无", now=NOW)


def test_looking_at_what_came_with_the_program_writes_nothing(engine: Engine) -> None:
    with reading(engine) as conn:
        version = rule_refs.to_look_at(conn, Ref("cure"))
        assert (version.id, version.version, version.state, version.model) == (0, 0, "active", MED)
        assert rule_views.get_version(conn, Ref("cure")).en.startswith("rule cure")
        assert rule_changes.differences(conn, Ref("cure")).changes == ()
        assert rule_views.history(conn, Ref("cure")) == ()
        assert conn.execute(select(t.rule_items)).first() is None
