"""The analyst's and the approver's main jobs in a browser: a rule written, mended, tried, submitted, approved by another; a draft that somebody else changed;
a list proposed; a suppression tried and put on trial; what a phone shows. Each ends at the row as the API tells it."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.web.conftest import PHONE, Browsers, Service

SLOW = 30_000
"""Milliseconds for what compares a text with every rule: about one second on a machine with nothing else to do."""

MODEL = "false_medical_advertising"
RULE = """规则 test_elder_cure "涉嫌向老年人承诺疗效" / "Suspected promise of a cure to the elderly"
  模型 false_medical_advertising
  依据 "广告法" 条 "16.1.1" 文本 2021-04-29
  严重度 高
  当 文本 含任一 "爷爷奶奶", "叔叔阿姨" 且 文本 含任一 "断根神方" 断言 且 有微x信
  理由 中 "称“{hits}”" 英 "says \\"{hits}\\""
  危害 中 "延误治疗" 英 "delays treatment"
  核查建议 中 "核对审查证明" 英 "compare with the approved advertisement"
  常见误报 中 "转述" 英 "reported speech"
  命中 "叔叔阿姨看过来，断根神方，加微信 abc12345",
       "爷爷奶奶用断根神方，加微信 xyz98765",
       "断根神方送给叔叔阿姨，微信 qwe12345 加我"
  不命中 "叔叔阿姨注意身体",
         "断根神方是骗局，警方提醒",
         "加微信 abc12345 买水果"
"""
SAMPLE = "🌿叔叔阿姨放心，这断根神方一用就好，加微信 abc12345"


@pytest.fixture(scope="module", autouse=True)
def people(service: Service) -> None:
    service.account("fenxi", ["analyst"], display="李想")
    service.account("shenpi", ["approver"], display="陈静")
    for path in ("/api/v1/rules?limit=1", "/ui/rules"):  # the packs are read, and the routes put together, before a page waits for them
        asked = urllib.request.Request(
            service.base + path, headers={"Cookie": f"risk_session={service.tokens['fenxi']}", "Accept": "text/html"}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            answer.read()


def write(page: Any, text: str) -> None:
    """What a person types into the editor, instead of what stood there."""
    page.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def version(service: Service, kind: str, name: str, number: int, model: str = MODEL) -> Any:
    return service.ask("shenpi", f"/api/v1/rules/{kind}/{quote(name)}/versions/{number}?model={model}")


def test_a_rule_is_written_mended_tried_submitted_and_approved_by_another(
    browsers: Browsers, service: Service, accessible: Callable[[Any], None]
) -> None:
    page = browsers.sign_in("fenxi", to="/rules")
    page.locator("[data-test=new-rule]").click()
    write(page, RULE)
    findings = page.locator("[data-test=findings]")
    findings.get_by_text("未知名称 `有微x信`").wait_for()
    findings.get_by_text("是否想写 `有微信`").wait_for()
    findings.get_by_role("button", name="改为 有微信").click()
    findings.get_by_text("0 处错误").or_(findings.get_by_text("没有问题")).first.wait_for()
    page.locator("[data-test=sample] textarea, textarea[data-test=sample]").fill(SAMPLE)
    page.keyboard.press("Control+Enter")
    outcome = page.locator("[data-test=outcome]")
    outcome.get_by_text("命中", exact=True).wait_for()
    assert "断根神方" in outcome.locator("mark").all_inner_texts()  # in its place, though an emoji stands before it
    outcome.get_by_text("成立").first.wait_for()
    accessible(page)
    page.locator(".cm-content").click()
    page.keyboard.press("Control+s")
    page.wait_for_url(re.compile("/rules/rule/test_elder_cure/edit"), timeout=SLOW)
    assert version(service, "rule", "test_elder_cure", 1)["row"]["state"] == "draft"
    page.locator("[data-test=submit]").click()
    page.wait_for_url(re.compile(r"/rules/rule/test_elder_cure\?"), timeout=SLOW)
    page.get_by_text("须由另一人批准").wait_for()
    assert page.locator("[data-test=approve]").count() == 0

    other = browsers.sign_in("shenpi", to="/rules?state=submitted")
    other.get_by_role("link", name="涉嫌向老年人承诺疗效").click()
    waiting = other.locator("[data-test=waiting]")
    waiting.locator(".cm-merge-b .cm-content").get_by_text("断根神方").first.wait_for()
    accessible(other)
    waiting.locator("[data-test=approve]").click()
    other.locator("[data-test=step-reason]").fill("例子齐全")
    other.locator("[data-test=step-confirm]").click()
    other.locator("[data-test=state]").get_by_text("已批准").wait_for(timeout=SLOW)
    read = version(service, "rule", "test_elder_cure", 1)
    assert (read["row"]["state"], read["row"]["author"]) == ("approved", "fenxi")
    assert "有微信" in read["source"]
    assert "有微x信" not in read["source"]
    history = service.ask("shenpi", f"/api/v1/rules/rule/test_elder_cure/history?model={MODEL}")
    assert [(one["event"], one["actor"]) for one in history][-2:] == [("submit", "fenxi"), ("approve", "shenpi")]


def test_in_english_a_draft_that_somebody_else_changed_is_compared_before_it_is_saved(browsers: Browsers, service: Service) -> None:
    page = browsers.open(as_="fenxi", lang="en")
    page.goto("/ui/rules?q=addiction_ad")
    page.get_by_role("link", name=re.compile("against drug addiction")).click()
    page.locator("[data-test=edit]").click()
    page.locator("[data-test=to-en]").click()
    editor = page.locator(".cm-content")
    editor.get_by_text("severity").first.wait_for()
    page.keyboard.press("Control+Home")
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("\n# mine")
    page.locator("[data-test=save]").click()
    page.get_by_text("Draft, version 1").wait_for(timeout=SLOW)
    stored = version(service, "rule", "addiction_ad", 1)
    assert stored["source"].startswith("rule addiction_ad")
    service.ask(
        "fenxi", f"/api/v1/rules/rule/addiction_ad/versions/1?model={MODEL}", method="PUT", body={"source": stored["source"] + "\n# theirs"}
    )
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" and more")
    browsers.allowed.append("409 (Conflict)")
    page.keyboard.press("Control+s")
    conflict = page.get_by_role("dialog", name="Somebody else changed this draft")
    conflict.get_by_text("# theirs").wait_for(timeout=SLOW)
    conflict.get_by_text("# mine and more").wait_for()
    conflict.get_by_role("button", name="Save the right one").click()
    conflict.wait_for(state="hidden", timeout=SLOW)
    page.get_by_text("As stored").wait_for()
    read = version(service, "rule", "addiction_ad", 1)
    assert read["source"].rstrip().endswith("# mine and more")
    assert read["row"]["revision"] > stored["row"]["revision"] + 1


def test_what_was_typed_and_not_saved_is_there_again(browsers: Browsers) -> None:
    page = browsers.open(as_="fenxi")
    page.goto("/ui/rules/new")
    write(page, '规则 halfway "半')
    page.get_by_text("有未保存的改动").wait_for()
    for _ in range(40):
        if page.evaluate("JSON.stringify(localStorage)").count("halfway"):
            break
        page.wait_for_timeout(100)
    page.reload()
    page.locator(".cm-content").get_by_text("halfway").wait_for()
    page.get_by_role("button", name="放弃，使用已存的").click()
    page.locator(".cm-content").get_by_text("new_rule").wait_for()


def test_an_input_method_composes_undisturbed(browsers: Browsers) -> None:
    page = browsers.open(as_="fenxi")
    page.goto("/ui/rules/new")
    write(page, "词表 甲\n  包含 ")
    ime = page.context.new_cdp_session(page)
    for typed in ("gen", "gen zhi"):
        ime.send("Input.imeSetComposition", {"text": typed, "selectionStart": len(typed), "selectionEnd": len(typed)})
        page.wait_for_timeout(250)  # longer than colours wait
    ime.send("Input.insertText", {"text": "根治"})
    page.locator(".cm-line").get_by_text("包含 根治", exact=True).wait_for()


def test_words_are_proposed_with_a_reason(browsers: Browsers, service: Service) -> None:
    page = browsers.open(as_="fenxi")
    page.goto("/ui/rules?kind=list&q=戒瘾用语")
    page.locator("td.main a").click()
    page.get_by_role("tab", name="词").click()
    page.locator("[data-test=change-words]").click()
    page.locator("[data-test=add-words]").fill("测试戒断散")
    page.get_by_role("button", name="预看效果").click()
    page.get_by_text("受影响的现行规则").wait_for(timeout=SLOW)
    page.locator("[data-test=words-reason]").fill("监测中多次出现")
    page.locator("[data-test=propose]").click()
    page.locator("[data-test=waiting]").wait_for(timeout=SLOW)
    found = service.ask("shenpi", "/api/v1/rules?kind=list&state=submitted")["items"]
    assert [(one["name"], one["author"]) for one in found] == [("戒瘾用语", "fenxi")]
    words = service.ask("shenpi", f"/api/v1/rules/list/{quote('戒瘾用语')}/versions/{found[0]['newest']}/entries?model={found[0]['model']}")
    assert [(one["term"], one["actor"]) for one in words["entries"] if one["actor"]] == [("测试戒断散", "fenxi")]


def test_a_suppression_is_tried_put_on_trial_and_ended(browsers: Browsers, service: Service, accessible: Callable[[Any], None]) -> None:
    page = browsers.open(as_="fenxi")
    page.goto("/ui/suppressions")
    page.locator("[data-test=new-suppression]").click()
    form = page.get_by_role("dialog", name="新增抑制")
    form.locator("[data-test=source]").fill("培训样例")
    form.locator("[data-test=try-suppression]").click()
    form.locator("[data-test=trial]").get_by_text("会挡下 0 条").wait_for()
    form.locator("[data-test=reason]").fill("已与来源单位核实")
    accessible(page)
    form.locator("[data-test=save-suppression]").click()
    row = page.locator("[data-test=suppression]")
    row.get_by_text("试运行（只计数）").wait_for()
    stored = service.ask("shenpi", "/api/v1/suppressions")["items"][0]
    assert (stored["state"], stored["owner"], stored["condition"]) == ("dry_run", "fenxi", {"source": "培训样例"})
    row.get_by_role("button", name=re.compile("^提前结束")).click()
    page.locator("[data-test=end-reason]").fill("不再需要")
    page.locator("[data-test=end-suppression]").click()
    row.get_by_text("已结束").wait_for()
    assert service.ask("shenpi", f"/api/v1/suppressions/{stored['id']}")["state"] == "ended"


def test_a_phone_reads_the_list_and_a_rule(browsers: Browsers, accessible: Callable[[Any], None]) -> None:
    page = browsers.open(as_="shenpi", size=PHONE)
    page.goto("/ui/rules")
    page.get_by_label("名称或标题").fill("bad_review")
    page.wait_for_url(re.compile("q=bad_review"))
    page.get_by_role("link", name="医疗广告审查证明文号过期或不合格式").click()
    page.locator("[data-test=rule-text] .rl-list").get_by_text("@招揽用语").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    accessible(page)
