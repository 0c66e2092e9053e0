"""What a browser editor asks while a rule is being written. Nothing is stored; the rules in force stand around the text.

Offsets count characters (Unicode code points) of the text sent; a browser, which counts UTF-16 units, converts where a text holds emoji.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.authority import Caller, needs
from api.deps import Svc, Text
from api.openapi import problems
from api.operations import Router
from api.rule_schemas import EXAMPLE, Source
from risk.scoring.keys import split_key, text_keys
from risk.services import live_rules, rule_editor
from risk.services.paging import LARGEST_ID
from risk.services.rule_editor import MAX_SAMPLE, MAX_SAMPLES, Example, Hover, Mark, Offers, Reading, Sample, SampleOutcome, Written

router = Router(prefix="/rule-editor", tags=["rule editor"])

Language = Literal["zh", "en"]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: Source = Field(examples=[EXAMPLE], description="the text as it stands, one definition or many / 正在编辑的文本")
    model: Text = Field("", examples=["false_medical_advertising"], description="where definitions belong that do not say so / 所属模型")


class EditorText(_Sent):
    """A text being written."""


class EditorCheck(_Sent):
    """A text to check."""

    thorough: bool = Field(
        default=False, description="also compare with every other rule: a second or two, not for each key / 与全部规则比对"
    )


class EditorPlace(_Sent):
    """A text and where the cursor stands."""

    offset: int = Field(ge=0, le=LARGEST_ID, examples=[40], description="characters before the cursor / 光标前的字符数")
    language: Language | None = Field(None, description="of what is offered; the definition's own where none is given / 语言")


class EditorTranslation(_Sent):
    """A text to write in the other language."""

    language: Language = Field(examples=["en"])


class SampleSent(BaseModel):
    """A text to try on, with what is known around it, or the number of a stored signal."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field("", max_length=MAX_SAMPLE, examples=["祖传金方，三天见效"])
    channel: Text | None = None
    kind: Literal["content", "report", "warning"] | None = None
    signal: int | None = Field(None, ge=1, le=LARGEST_ID, description="a stored signal instead / 已存信号编号")


class EditorTrial(_Sent):
    """A text and samples to try it on."""

    samples: list[SampleSent] = Field(min_length=1, max_length=MAX_SAMPLES)


@router.post("/check", summary="检查 / Check a text", responses=problems(413), dependencies=[needs("rules.read")])
def check(sent: EditorCheck, svc: Svc) -> Reading:
    """What it defines, in both languages, and what is to be said of it among the rules in force, all at once; ``thorough`` also compares it with each of them."""
    return rule_editor.checked(svc.desk.read(live_rules.load).packs, sent.source, sent.model, thorough=sent.thorough)


@router.post("/marks", summary="着色 / Colours of a text", responses=problems(413), dependencies=[needs("rules.read")])
def marks(sent: EditorText, svc: Svc) -> tuple[Mark, ...]:
    """What each piece is; names of fields, functions, lists and conditions are told apart."""
    return rule_editor.coloured(svc.desk.read(live_rules.load).packs, sent.source, sent.model)


@router.post("/complete", summary="补全 / Complete at the cursor", responses=problems(413), dependencies=[needs("rules.read")])
def complete(sent: EditorPlace, svc: Svc) -> Offers:
    """What may stand at the cursor, the best first: only what the grammar takes there."""
    models = tuple(dict.fromkeys(split_key(key)[0] for key in text_keys()))
    return rule_editor.completed(
        svc.desk.read(live_rules.load).packs, sent.source, sent.offset, sent.model, language=sent.language, models=models
    )


@router.post("/hover", summary="悬停说明 / What is under the cursor", responses=problems(413), dependencies=[needs("rules.read")])
def hover(sent: EditorPlace, svc: Svc) -> Hover | None:
    """What the word under the cursor means, in both languages; null where there is nothing to say."""
    return rule_editor.hovered(svc.desk.read(live_rules.load).packs, sent.source, sent.offset, sent.model)


@router.post("/format", summary="规范格式 / Lay out a text", responses=problems(413), dependencies=[needs("rules.read")])
def format_text(sent: EditorText) -> Written:
    """The canonical layout, comments kept. Definitions that cannot be read stay as they are and are named."""
    return rule_editor.formatted(sent.source)


@router.post("/translate", summary="中英互译 / Write in the other language", responses=problems(413), dependencies=[needs("rules.read")])
def translate(sent: EditorTranslation) -> Written:
    """Keywords, columns and functions in that language; words of lists and sentences stay as they are."""
    return rule_editor.formatted(sent.source, sent.language)


@router.post("/test", summary="运行示例 / Run the examples", responses=problems(413, 422), dependencies=[needs("rules.read")])
def test(sent: EditorText, svc: Svc) -> tuple[Example, ...]:
    """Every example of every rule of the text and what became of it."""
    return rule_editor.run_examples(svc.desk.read(live_rules.load).packs, sent.source, sent.model)


@router.post(
    "/try",
    summary="样本试算与逐步解释 / Try on samples, part by part",
    responses=problems(404, 413, 422),
    dependencies=[needs("rules.read"), needs("signals.read")],
)
def try_samples(sent: EditorTrial, svc: Svc, who: Caller) -> tuple[SampleOutcome, ...]:
    """Every rule of the text on every sample: fired, silent or unknown, with quotations, the sentence, and the trace of each part."""
    samples = [Sample(one.text, one.channel, one.kind, one.signal) for one in sent.samples]
    packs = svc.desk.read(live_rules.load).packs
    return svc.desk.read(rule_editor.tried, packs, sent.source, samples, model=sent.model, as_of=svc.desk.clock(), scope=who.scope)
