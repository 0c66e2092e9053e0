"""Every message the language can give, once, in both languages, under a code that never changes its meaning.

R00x cannot be read, R01x not found, R02x and R05x kinds do not fit, R03x something is missing, R04x the pack as a whole,
R060 to R068 what follows from the logic alone, R069 cost, R07x the law and ways of writing, R08x patterns and words.
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
    "R001": _error("此处应为{expected_zh}，实为{found_zh}", "expected {expected_en}, found {found_en}", "{near_zh}", "{near_en}"),
    "R002": _error("无法识别的字符 `{found}`", "unreadable character `{found}`", "{near_zh}", "{near_en}"),
    "R003": _error("文件过大：{size} 个字符，上限 {limit}", "file too large: {size} characters, the limit is {limit}", "请拆成几个文件", "split it into several files"),
    "R004": _error("括号与“非”嵌套过深，上限 {limit} 层", "parentheses and `not` nested deeper than {limit}", "请用 `条件` 给其中一部分取名", "name a part of it with `condition`"),
    "R005": _error("表达式过长：{size} 个节点，上限 {limit}", "expression too long: {size} nodes, the limit is {limit}", "请用词表代替一长串“或”", "use a list instead of many `or`"),
    "R006": _error("词表 `{name}` 过大：{size} 个词，上限 {limit}", "list `{name}` too large: {size} words, the limit is {limit}", "请拆成几个词表", "split it into several lists"),
    "R007": _error("`{clause_zh}` 写了两次", "`{clause_en}` given twice", "请合并成一条", "merge the two"),
    "R008": _error("规则 `{name}` 的条目名中英混用", "clause names of rule `{name}` mix Chinese and English", "请统一用一种语言写条目名", "write all clause names in one language"),
    "R009": _error("文字要用直双引号", "texts need straight double quotes", "请改用 \" \"", "use \" \" instead"),
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
    "R040": _error("循环引用：{path}", "definitions refer to each other in a circle: {path}", "请去掉其中一处引用", "remove one of the references"),
    "R041": _error("{what_zh} `{name}` 重复定义", "{what_en} `{name}` defined twice", "前一处在 {place}", "first defined at {place}"),
    "R042": _warning("词表 `{name}` 没有被用到", "list `{name}` is never used", "请使用或删去", "use it or remove it"),
    "R043": _warning("{what_zh} `{name}` 没有被用到", "{what_en} `{name}` is never used", "请使用或删去", "use it or remove it"),
    "R044": _warning("此判断{value_zh}", "this is {value_en}", "请检查是否写错", "check what was meant"),
    "R045": _error("层层引用过深，上限 {limit} 层", "definitions build on each other deeper than {limit}", "请合并其中几个", "merge some of them"),
    "R046": _error("{what_zh} `{name}` 在规则包 `{pack}` 中另有定义", "{what_en} `{name}` is defined differently in pack `{pack}`", "请改名，或移到 shared", "rename it, or move it to shared"),
    "R047": _warning("{what_zh} `{name}` 与列同名，将遮住该列", "{what_en} `{name}` hides the field of that name", "请改名", "rename it"),
    "R048": _warning("此处不会未知，`{word_zh}` 没有作用", "this is never unknown, so `{word_en}` does nothing", "请删去", "leave it out"),
    "R049": _error("特征 `{name}` 是是非判断", "feature `{name}` is a condition", "请用 `条件` 给是非判断取名", "name a condition with `condition`"),
    "R050": _error("{left_zh}与{right_zh}不能用 `{op}` 计算", "no such calculation: {left_en} {op} {right_en}"),
    "R051": _error("`属于 @词表` 只用于文字或类别，实为{found_zh}", "`in @list` is for texts and categories, not for a {found_en}"),
    "R052": _error("`包括` 用于集合与文字，实为{left_zh}与{right_zh}", "`contains` is for a set and texts, not for a {left_en} and a {right_en}"),
    "R053": _error("正则表达式无法使用：{reason}", "the regular expression cannot be used: {reason}", "写法为 RE2：没有回溯引用和前后断言", "written as RE2 does: no back-references, no look-around"),
    "R054": _error("`{word_zh}` 要写明 `{name}` 的{what_zh}", "`{word_en}` needs a {what_en} of `{name}`", "{near_zh}", "{near_en}"),
    "R055": _error("`{word_zh}` 不用 `{name}` 的列", "`{word_en}` takes no field of `{name}`", "请删去点号之后的部分", "leave out what follows the dot"),
    "R056": _error("`近` 之后应为大于 0、至多 {limit} 天的时间", "`in last` needs a time above 0, at most {limit} days", "写作 30天、1年", "such as 30 days or 1 year"),
    "R057": _error("`环比` 要写明期间", "`change of` needs a window", "请加上 `近 30天`", "add `in last 30 days`"),
    "R058": _error("未知规则 `{name}`", "unknown rule `{name}`", "{near_zh}", "{near_en}"),
    "R059": _error("表达式层次过深：{size} 层，上限 {limit}", "expression too high: {size} levels, the limit is {limit}", "请用 `特征` 或 `条件` 给其中一部分取名", "name a part of it with `feature` or `condition`"),
    "R060": _warning("`{one_zh}` 与 `{other_zh}` 不能同时成立，此处永远不成立", "`{one_en}` and `{other_en}` cannot both hold, so this never does", "请改用 `或`，或删去其一", "use `or`, or drop one of them"),
    "R061": _warning("`{one_zh}` 与 `{other_zh}` 总有一个成立，此处永远成立", "`{one_en}` or `{other_en}` always holds, so this is always true", "请改用 `且`，或删去此处", "use `and`, or drop this"),
    "R062": _warning("`{one_zh}` 与 `{other_zh}` 只要已知就有一个成立", "`{one_en}` or `{other_en}` holds wherever it is known", "如要判断是否已知，请写 `已知`", "to ask whether it is known, write `is known`"),
    "R063": _warning("`{part_zh}` 已被 `{other_zh}` 包含，此备选没有作用", "`{part_en}` is covered by `{other_en}`: this alternative changes nothing", "请删去", "drop it"),
    "R064": _warning("`{other_zh}` 成立时 `{part_zh}` 必然成立，此条件没有作用", "`{part_en}` follows from `{other_en}`: this part changes nothing", "请删去（引文次序可能改变）", "drop it; only the order of quotations may change"),
    "R065": _warning("`{part_zh}` 与 `{other_zh}` 不能同时成立，此备选永远用不到", "`{part_en}` cannot hold together with `{other_en}`: this alternative is never reached", "请删去或更正", "drop or correct it"),
    "R066": _warning("规则 `{name}` 与规则 `{other}` 的条件相同", "rules `{name}` and `{other}` have the same condition", "请合并，依据可以写几条", "merge them; a rule may have several bases"),
    "R067": _warning("规则 `{name}` 命中时规则 `{other}` 必然命中，且严重度不低", "whenever rule `{name}` fires, `{other}` fires too, and is at least as severe", "请合并，或提高 `{name}` 的严重度", "merge them, or make `{name}` more severe"),
    "R068": _warning("`{name}` 过于复杂，未能查完矛盾与重复", "`{name}` is too complex to be searched for contradictions and repetitions to the end", "请用 `条件` 给其中一部分取名，或拆成几条规则", "name a part of it with `condition`, or split it"),
    "R069": _warning("规则 `{name}` 开销过大：约合 {size} 次比较，上限 {limit}；最大一项为 `{part_zh}`", "rule `{name}` is costly: about {size} comparisons, the limit is {limit}; most of it is `{part_en}`", "请缩小词表，或先用列筛选", "make the lists smaller, or use fields instead"),
    "R070": _warning("法律登记中没有 `{name}`", "no law `{name}` in the register", "{near_zh}", "{near_en}"),
    "R071": _warning("`{name}` 没有第 {article} 条，共 {size} 条", "`{name}` has no article {article}; the last is {size}", "请核对条号", "check the article"),
    "R072": _warning("`{name}` 引用的是 {given} 的文本，登记的是 {dated} 的文本", "`{name}` is cited from its text of {given}; the register has that of {dated}", "{near_zh}", "{near_en}"),
    "R073": _error("`{name}` {status_zh}，依据须注明 `待核`", "`{name}` is {status_en}: the basis must say `unverified`", "请加上 `待核`，界面将显示条款待核", "add `unverified`; screens then show 条款待核"),
    "R074": _warning("严重度{given_zh}与罚则不符：`{name}` 第 {article} 条（{band_zh}）对应{range_zh}", "severity {given_en} is out of line with the penalty: article {article} of `{name}` ({band_en}) means {range_en}", "请调整严重度，或核对依据", "change the severity, or check the basis"),
    "R075": _warning("`且` 与 `或` 混用而没有括号", "`and` and `or` are mixed without parentheses", "`且` 先于 `或`；请加上括号", "`and` binds before `or`; add parentheses"),
    "R076": _warning("`{part_zh}` 未知时，这里的 `非` 也未知，规则不会命中", "where `{part_en}` is unknown, this `not` is unknown too and the rule does not fire", "请写明未知时如何：`否则 假` 或 `否则 真`", "say what holds where it is unknown: `otherwise false` or `otherwise true`"),
    "R082": _warning("正则表达式能匹配空文字，处处命中", "the regular expression matches the empty text, so it hits everywhere", "请把 `*` 或 `?` 换成 `+`", "use `+` in place of `*` or `?`"),
    "R083": _warning("正则表达式里只有词", "the regular expression has nothing but words", "用词表可识别变形写法", "a list also finds disguised spellings"),
    "R084": _warning("词表 `{name}` 的 `{term}` 已被 `{other}` 覆盖", "`{term}` of list `{name}` is covered by `{other}`", "凡含前者的文本必含后者；请删去前者", "a text with the one has the other; remove the longer"),
    "R085": _warning("`{one}` 与 `{other}` 有 {size} 个相同的词，如 `{term}`", "`{one}` and `{other}` share words: {size}, such as `{term}`", "请只留在一处", "keep them in one place"),
    "R086": _warning("词表 `{name}` 的排除语境 `{term}` 不含表中任何词", "context `{term}` excluded by list `{name}` holds none of its words", "排除语境应包含要排除的词", "an excluded context contains the word it excludes"),
    "R087": _warning("词表 `{name}` 的 `{term}` 与 `{other}` 规范化后相同", "`{term}` and `{other}` of list `{name}` are the same after normalising", "请删去一个", "remove one"),
    "R088": _warning("词表 `{name}` 的 `{term}` 被排除语境 `{other}` 完全排除", "`{term}` of list `{name}` is always excluded by the context `{other}`", "请删去其一", "remove one of them"),
}  # fmt: skip
