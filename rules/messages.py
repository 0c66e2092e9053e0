"""Every message the language can give, once, in both languages, under a code that never changes its meaning.

R00x cannot be read, R01x not found, R02x kinds do not fit, R03x something is missing, R04x the pack as a whole.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """Templates of one diagnostic; `{…}` are filled where it is raised."""

    severity: str
    zh: str
    en: str
    hint_zh: str = ""
    hint_en: str = ""


def _error(zh: str, en: str, hint_zh: str = "", hint_en: str = "") -> Message:
    return Message("error", zh, en, hint_zh, hint_en)


def _warning(zh: str, en: str, hint_zh: str = "", hint_en: str = "") -> Message:
    return Message("warning", zh, en, hint_zh, hint_en)


MESSAGES: dict[str, Message] = {
    "R001": _error("此处应为{expected_zh}，实为{found_zh}", "expected {expected_en}, found {found_en}"),
    "R002": _error("无法识别的字符 `{found}`", "unreadable character `{found}`", "请检查拼写，文字要放在双引号中", "check the spelling; texts stand in double quotes"),
    "R003": _error("文件过大：{size} 个字符，上限 {limit}", "file too large: {size} characters, the limit is {limit}", "请拆成几个文件", "split it into several files"),
    "R004": _error("括号与“非”嵌套过深，上限 {limit} 层", "parentheses and `not` nested deeper than {limit}", "请用 `条件` 给其中一部分取名", "name a part of it with `condition`"),
    "R005": _error("表达式过长：{size} 个节点，上限 {limit}", "expression too long: {size} nodes, the limit is {limit}", "请用词表代替一长串“或”", "use a list instead of many `or`"),
    "R006": _error("词表 `{name}` 过大：{size} 个词，上限 {limit}", "list `{name}` too large: {size} words, the limit is {limit}", "请拆成几个词表", "split it into several lists"),
    "R007": _error("`{clause_zh}` 写了两次", "`{clause_en}` given twice", "请合并成一条", "merge the two"),
    "R008": _error("规则 `{name}` 的条目名中英混用", "clause names of rule `{name}` mix Chinese and English", "请统一用一种语言写条目名", "write all clause names in one language"),
    "R009": _error("文字要用直双引号", "texts need straight double quotes", "请把 “ ” 改成 \" \"", "replace “ ” by \" \""),
    "R010": _error("未知名称 `{name}`", "unknown name `{name}`", "{near_zh}", "{near_en}"),
    "R011": _error("未知函数 `{name}`", "unknown function `{name}`", "{near_zh}", "{near_en}"),
    "R012": _error("未知词表 `{name}`", "unknown list `{name}`", "{near_zh}", "{near_en}"),
    "R013": _error("理由中的占位符 `{name}` 无法填写", "placeholder `{name}` in the reason cannot be filled", "{near_zh}", "{near_en}"),
    "R014": _error("`{clause_zh}` 没有 `{name}` 这个取值", "`{clause_en}` has no value `{name}`", "可用：{near_zh}", "one of {near_en}"),
    "R015": _error("未知转义 `{name}`", "unknown escape `{name}`", "可用 `\\\"`、`\\\\`、`\\n`、`\\t`、`\\u200b`", "one of `\\\"`, `\\\\`, `\\n`, `\\t`, `\\u200b`"),
    "R016": _error("日期 `{name}` 不存在", "no such date `{name}`", "写作 年-月-日，如 2021-04-29", "write year-month-day, such as 2021-04-29"),
    "R017": _error("规则 `{name}` 属于模型 `{model}`，却放在 `{pack}` 中", "rule `{name}` is of model `{model}` but stands in `{pack}`", "请移动文件或更正模型", "move the file or correct the model"),
    "R018": _error("列 `{name}` 没有 `{value}` 这个取值", "`{name}` has no value `{value}`", "{near_zh}", "{near_en}"),
    "R019": _error("文字没有结束", "text is not closed", "请在同一行用双引号结束", "end it with a double quote on the same line"),
    "R020": _error("此处应为是非判断，实为{found_zh}", "expected a condition, found a {found_en}", "请加上比较，如 `>=`", "add a comparison such as `>=`"),
    "R021": _error("{left_zh}与{right_zh}不能比较", "cannot compare a {left_en} with a {right_en}"),
    "R022": _error("单位不同：{left_zh}与{right_zh}", "units differ: {left_en} and {right_en}", "请写出单位，如 `{fix}`", "write the unit, such as `{fix}`"),
    "R023": _error("{left_zh}没有大小，不能用 `{op}`", "a {left_en} has no order, so `{op}` does not apply", "请用 `=` 或 `!=`", "use `=` or `!=`"),
    "R024": _error("函数 `{name}` 需要 {wanted} 个参数，给了 {size} 个", "function `{name}` takes {wanted} arguments, {size} given"),
    "R025": _error("函数 `{name}` 的第 {position} 个参数应为{left_zh}，实为{right_zh}", "argument {position} of `{name}` should be a {left_en}, not a {right_en}"),
    "R026": _error("`间隔` 应为 0 到 {limit} 的整数", "`within` needs a whole number from 0 to {limit}", "间隔按字符计", "the distance is in characters"),
    "R030": _error("规则 `{name}` 缺少 `{clause_zh}`", "rule `{name}` lacks `{clause_en}`"),
    "R031": _error("企业镜头的规则只用列，不看文本", "rules of lens `firm` use fields only, not the text", "请改用列，或去掉 `镜头 firm`", "use fields, or drop `lens firm`"),
    "R032": _error("企业镜头的例子应写成 `{{ 列: 值 }}`", "examples of lens `firm` are written `{{ column: value }}`"),
    "R033": _warning("法律依据 `{name}` 没有写明文本日期", "basis `{name}` does not say which version was read", "请加上 `文本 年-月-日`，未核对的再加 `待核`", "add `dated year-month-day`, and `unverified` when nobody checked it"),
    "R034": _error("有效期在开始之前就结束了", "the rule ends before it begins", "请调换两个日期", "swap the two dates"),
    "R035": _error("词表 `{name}` 没有词", "list `{name}` has no words", "请加上 `包含 \"…\"`", "add `include \"…\"`"),
    "R036": _warning("词表 `{name}` 中 `{term}` 出现两次", "list `{name}` has `{term}` twice", "请删去一个", "remove one"),
    "R037": _warning("规则 `{name}` 缺少英文标题", "rule `{name}` has no English title", "请写成 \"中文\" / \"English\"", "write \"中文\" / \"English\""),
    "R038": _error("词不能为空", "a word cannot be empty", "请写出要找的词", "write the word to look for"),
    "R040": _error("条件循环引用：{path}", "conditions refer to each other in a circle: {path}", "请去掉其中一处引用", "remove one of the references"),
    "R041": _error("{what_zh} `{name}` 重复定义", "{what_en} `{name}` defined twice", "前一处在 {place}", "first defined at {place}"),
    "R042": _warning("词表 `{name}` 没有被用到", "list `{name}` is never used", "请使用或删去", "use it or remove it"),
    "R043": _warning("条件 `{name}` 没有被用到", "condition `{name}` is never used", "请使用或删去", "use it or remove it"),
    "R044": _warning("此判断永远为{value_zh}", "this is always {value_en}", "请检查是否写错", "check what was meant"),
    "R045": _error("条件层层引用过深，上限 {limit} 层", "conditions build on each other deeper than {limit}", "请合并其中几个", "merge some of them"),
    "R046": _error("{what_zh} `{name}` 在规则包 `{pack}` 中另有定义", "{what_en} `{name}` is defined differently in pack `{pack}`", "请改名，或移到 shared", "rename it, or move it to shared"),
    "R047": _warning("条件 `{name}` 与列同名，将遮住该列", "condition `{name}` hides the field of that name", "请给条件改名", "rename the condition"),
}  # fmt: skip
