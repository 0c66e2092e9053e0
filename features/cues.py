"""The words by which a text denies, reports or warns: one table, one kind each.

The rule: the longest marker wins, so a phrase that only looks like a negation (不仅, 不得不, 不会复发) is listed with kind `POSITIVE` and shields itself.

>>> TABLE["不能"], TABLE["不仅"], TABLE["警方"]
(('negate', 8), ('positive', 0), ('strong', 0))
"""

NEGATE, POSITIVE, STRONG, WEAK = "negate", "positive", "strong", "weak"

_NEGATORS = {
    10: "禁止 严禁 不得 不准 不允许 切勿 切忌 谨防 警惕 杜绝 勿信 别信 莫信 不要相信 切勿相信 不要轻信 切勿轻信 不可轻信 不轻信 勿轻信 不存在 没有任何 不具有 不具备 拒绝承诺",
    8: "不能 不可 不会 并非 没有 无法 不应 不宜 不是 不属于 并不 并未 从未 未曾 绝非 难以 不要 不承诺 不保证 不代替 不能代替 不能替代 不可代替 不构成 不支持 不提供 不销售 "
    "不出售 不涉及 不含 不建议 尚未 未经 不等于 不代表 不意味着 没法 无从 谈不上 从不 绝不 决不 概不 不作 不做 不允 不再 尚不 尚无 目前无 未能 毫无 不敢",
    4: "勿 莫 拒绝 抵制 远离 避免 防止 防范 取缔 打破",
    0: "不 没 未 无 非 别 禁",
}
_POSITIVES = (
    "不仅 不但 不只 不光 不单 不论 不管 不得不 不能不 不可不 不会不 没有不 没有治不 有没有 无不 莫不 无非 不用担心 不必担心 不必 不怕 不用 不愁 不差 不少 不断 不同 不错 不等 "
    "不会复发 不会反弹 不会伤 不会损 不会有 不会产生 不会留 不会出现 不复发 不反弹 不伤 不手术 不开刀 不吃药 不打针 不住院 不节食 不出汗 不再复发 不再反弹 不再受 不再忍受 不再为 "
    "没有副作用 没有任何副作用 没有任何毒副作用 没有毒副作用 没有风险 没有任何风险 无副作用 无毒副作用 无任何 无风险 无痛 无痕 无创 无效 无需 无须 无条件 无限 无忧 无数 无论 "
    "不需要 不需 不到 不限 不止 不满 不久 不见不散 不容错过 不可错过 不要错过 别错过 莫错过 没有之一 非常 非凡 非手术 非侵入 未来 未婚 未必 特别 区别 分别 类别 级别 性别 鉴别 "
    "识别 别墅 别人 别的 差别 个别 别名 莫名 禁忌 禁用 不良反应 不良 不适 不明 不足 不孕 不育 不举 不全 不齐 不稳 不安 不振 不畅 不调 不通 无处方 无处方药 无需处方 不用处方 "
    "不要处方 没有处方 没处方 不看处方 没有门槛 无门槛 没有中间商 不怕查 不信你 不能再等 不要再等 不要犹豫 别犹豫 不要再 不能错过 不得超过 不可思议 无可比拟 无与伦比 没有后顾之忧 "
    "绝不反弹 绝不复发 决不反弹 永不 绝不含糊 从不失手 没问题 没有问题 莫大 防止复发 避免复发 防止反弹 拒绝反弹 避免手术 上当晚 上当天 上当日 上当场 上当时 上当月 上当年 上当地"
)
_STRONG = (
    "警方 民警 公安机关 公安局 派出所 检察院 检察机关 法院 判决 判处 有期徒刑 立案 被抓 抓获 落网 刑拘 刑事拘留 逮捕 被捕 涉嫌 查处 查获 查封 缴获 行政处罚 处罚决定 被罚 罚款 罚没 "
    "没收违法所得 责令 违法广告 典型案例 虚假广告 虚假宣传案 通报 骗局 骗子 诈骗 被骗 受骗 上当 骗取 反诈 防骗 套路 受害人 受害者 非法集资 非法吸收 传销 跑路 暴雷 爆雷 崩盘 "
    "维权 卷款 失联 血本无归 记者从 记者获悉 记者了解 记者调查 记者采访 记者发现 本报记者 记者注意到 记者暗访 本报讯 新华社 中新网 央视曝光 被曝光 遭曝光 涉案 犯罪 嫌疑人 庭审 起诉 "
    "公诉 被告 风险提示 消费警示 消费提示 警示 切勿相信 切勿轻信 不要轻信 不要相信 勿轻信 不轻信 谎称 打着 幌子 诱饵 庞氏 侦办 侦破 破获 捣毁 冒充 违规销售 违法销售 非法销售 "
    "违法行为 违法违规 广告法 条例规定 依据《 根据《 违反《 不得含有 不得出现 "
)
_WEAK = (
    "记者 据悉 据了解 据报道 报道 提醒 谨防 警惕 举报 投诉 曝光 打击 整治 市场监管局 市场监督管理局 药监局 食药监 药品监督管理局 监管部门 执法人员 执法 专项行动 "
    "防范 宣传周 科普 辟谣 谣言 宣称 声称 号称 所谓 自称 违法 非法 禁止 严禁 市民 案件 案例 银保监 银监会 证监会 金融办 处非办 "
    "有网友 网友 网曝 该男子 该团伙 某公司 某平台 某男子 张某 王某 李某 刘某 陈某 赵某"
)


def _table() -> dict[str, tuple[str, int]]:
    rows = dict.fromkeys(_WEAK.split(), (WEAK, 0)) | dict.fromkeys(_STRONG.split(), (STRONG, 0))
    rows |= {word: (NEGATE, reach) for reach, words in _NEGATORS.items() for word in words.split()}
    return rows | dict.fromkeys(_POSITIVES.split(), (POSITIVE, 0))


TABLE: dict[str, tuple[str, int]] = _table()
"""marker → its kind, and for a negator how many characters its reach has"""
MARKERS: tuple[str, ...] = tuple(TABLE)
"""the markers in the order of the automaton's pattern numbers"""
WARNINGS: frozenset[str] = frozenset(w for w in (_STRONG + _WEAK).split() if TABLE[w][0] == NEGATE)
"""negators that warn as well: they deny what follows and make the text a warning (谨防, 严禁)"""
