"""Attacks for measuring: the same message, disguised. Shares no table and no code with the disguises that training sees (`models.augment`).

Three ways that are seen on the street, and their mixture: signs that sound alike, signs that look alike, something put between two signs.
Without the data folder the tables are those written here (readings and shapes are facts); with it, the public tables under ``facts/evasion``
are read when a measurement runs: wider and cruder, with rare signs that no reader would mistake. A figure names which of both it used.

>>> rng = np.random.default_rng(0)
>>> attack("无痛根治", "separator", rng, 1.0)
'无⊙痛┆根‖治'
>>> len(attack("无痛根治", "sound", rng, 0.5)), attack("无痛根治", "sound", rng, 0.0)
(4, '无痛根治')
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

Kind = Literal["sound", "look", "separator", "mixed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
USUAL = 0.15
"""The share of signs that the stored measurements disguise: every seventh, after which a reader still understands the message."""

_SOUND = """
治挚稚滞峙 疗嘹缭辽 药耀曜钥 病摒禀并 医伊漪揖 院愿苑媛 愈誉郁豫 根跟茛 效啸肖哮 痛恸捅 患焕涣唤 症怔郑挣 炎妍岩沿研 癌捱皑 瘤刘榴琉
保饱葆褓 本奔畚 息夕惜析晰 收守首手 益翼毅谊 利莉俐栗 润闰 投头骰 资兹咨滋 金今津斤筋 钱潜黔虔 款窾 贷袋戴怠 债寨 股鼓骨谷 票漂骠 基击积激 理李里鲤礼
财裁才 富复腹覆 年黏粘 月悦阅跃 日驲 高篙糕 回洄茴 报抱豹鲍 返犯范泛 分氛纷吩 红虹洪鸿 稳吻刎 赚篆撰 万腕 元沅园缘圆 平评凭苹 台抬苔 众种重 筹绸稠
微威薇巍危 信衅芯 电店殿淀 话画划桦 联怜莲廉 系戏细隙 加佳嘉枷 群裙 聊辽僚 询寻旬循巡 咨姿孜 客课刻克 服伏扶浮 购够构垢 买荬 卖迈麦 售授寿瘦 货祸霍或 发罚乏阀 现县限陷
处楚础储 方芳坊 片骗 针珍真斟 剂济季寄继 量亮谅 丸完顽玩 囊馕 效晓 免勉缅 费沸废肺 特忒 价嫁驾架 优悠忧幽 惠汇慧会 包胞苞 邮由油尤游 顺瞬 快筷侩 递弟帝第
专砖 家佳嘉 秘泌觅 传船椽 祖阻组诅 老佬姥 名铭茗明 师诗失施狮 教较叫窖 权拳泉全 威危微 国帼掴 级即极急及集 最醉罪 第地帝缔 一衣依伊医 无吴芜梧毋 不步部布 复负附赴 彻澈撤
减碱简检 肥淝 瘦售受 脸敛捡 眼衍掩演 鼻荸 胸凶兄汹 针贞侦 手守首 术束述树竖 整拯 形型刑邢行 美镁 容荣绒蓉融 院怨愿 诊枕疹 检简剪俭 械谢卸屑泄 器气弃汽契 证政正郑挣 注住驻铸著 册测策
平坪屏瓶 逃桃陶淘 跑袍 失师湿施 兑队对 付副富赴 提题啼蹄 取娶曲 冻洞栋恫 诈乍炸榨 骗遍 法发砝 非飞菲啡绯 集急极籍 案暗岸按 查茶察 警井景颈 投偷 客可课 血雪穴 糖堂塘膛 压押鸭 心新欣辛 脑恼 胃谓慰魏
水税睡 液业叶页 粉忿 冰兵 毒读独犊 麻嘛马 烟焉淹咽 枪腔 货获惑 现献宪 质制致 品聘 真针珍 假甲贾 安鞍桉氨 全痊诠 见件建健 天添 周州洲舟 小晓 时十石食 好郝 人仁壬 大达 有友酉
"""

_LOOK = """
治冶怡 疗疔 药约 病疬 医匡匠 院阮 愈愉偷 根恨垠 效郊 痛疱 患串 症疟 炎灸 保堡煲 本木术末 息恳 收牧攻 益盏 利刊 投没役 资贷 金全 钱线浅 款歌 股般 票栗 基墓其 理埋 财材 富宫 年午
月用 日曰目 高膏亭 回囬 报服 返近 分公 红江 稳隐 赚嫌 万方 元无 平乎 台合 众从 微徽 信伩言 电甩 话活 联职 系糸 加如 群郡 聊柳 询徇 客容 服报 购构 买实 卖买 售集 货贷 发友 现观
处外 方万 片爿 针计 剂挤 量童 丸九 免兔 费贵 特持 价伱 优忧 惠患 包句 邮油 顺倾 快块 递逓 专砖 家冢 秘泌 传伝转 祖租 老考 名各 师帅 教敎 权杈 威戚 国囯 级汲 最敢 第弟 无元 不丕 复夏 彻砌
减咸 肥肌 瘦瘐 脸捡 眼眠 鼻臭 胸胞 手毛 术木 整罄 形刑 美羡 容客 诊珍 检捡 械诫 器嚣 证怔 注住 册删 逃桃 跑泡 失矢 兑况 付什 提堤 取耻 冻栋 诈炸 骗遍 法去 非丰 集隼 案桉 查杳 警謦 血皿 糖塘 压庄 心必 脑恼
水氷 液掖 粉纷 冰氷 毒母 麻床 烟咽 枪抢 质盾 品晶 真直 假暇 安妟 见贝 天夭 周凋 小少 时吋 好妤 人入 大太 有冇 效效 囊襄 胶校 盘盆 股肢 币巾 链链 源原 注洼 品吕
"""

_BETWEEN = "⊙┆▪◇‖∶〃ˉ╱◎△■♦◈▒"
_LETTERS_LOOK = {"a": "@а", "e": "3е", "i": "1!", "o": "0о", "s": "$5", "c": "ϲс", "p": "р", "l": "1|", "t": "7+", "b": "8", "g": "9"}
_LETTERS_SOUND = {"c": "k", "k": "c", "s": "z", "z": "s", "i": "y", "y": "i", "f": "v", "o": "u", "e": "i"}
_HAN = ("\u3400", "\u9fff")


@dataclass(frozen=True)
class Tables:
    """What stands for a sign by sound and by shape, and what is put between two signs."""

    name: str
    sound: Mapping[str, str]
    look: Mapping[str, str]
    between: str


def _mutual(groups: str) -> dict[str, str]:
    """Each sign → the others of every group it is in, as one string."""
    found: dict[str, str] = {}
    for group in groups.split():
        for sign in group:
            found[sign] = found.get(sign, "") + "".join(c for c in group if c != sign and c not in found.get(sign, ""))
    return {sign: others for sign, others in found.items() if others}


OWN = Tables("own", _mutual(_SOUND) | _LETTERS_SOUND, _mutual(_LOOK) | _LETTERS_LOOK, _BETWEEN)


def public_tables(data: Path) -> Tables:
    """The tables of the public material: sounds, shapes and "Martian" spellings, symbols without meaning. The folder is the one that holds ``facts``."""
    folder = data / "facts" / "evasion"
    look = _pairs(folder / "形近字语料库.txt")
    for sign, other in _pairs(folder / "简体-火星文词典.txt").items():
        look[sign] = look.get(sign, "") + other
    symbols = "".join(line[0] for line in (folder / "无意义符号.txt").read_text(encoding="utf-8").splitlines() if len(line) == 1)
    return Tables("public", _pairs(folder / "音近字语料库.txt") | _LETTERS_SOUND, look | _LETTERS_LOOK, symbols)


def _pairs(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        sign, *others = line.split()
        spelt = "".join(c for c in "".join(others) if c != sign)
        if len(sign) == 1 and spelt:
            found[sign] = found.get(sign, "") + spelt
    return found


def attack(
    text: str, kind: Kind, rng: np.random.Generator, share: float, *, tables: Tables = OWN, aim: Collection[str] = (), letters: bool = True
) -> str:
    """The text with a share of the signs that can be disguised in that way disguised (at least one, unless the share is 0).

    ``aim``: only signs inside these words, as someone does who knows what is looked for. ``letters``: Latin letters too. Digits are never touched: they are how a seller is reached.

    >>> attack("月息三分，保本", "separator", np.random.default_rng(1), 1.0, aim=["保本"])
    '月息三分，保ˉ本'
    """
    open_to = [(i, ways) for i in _places(text, aim) if (ways := [k for k in _ways(kind) if _possible(text, i, k, tables, letters)])]
    if not open_to or share <= 0:
        return text
    count = min(len(open_to), max(1, round(share * len(open_to))))
    signs = list(text)
    for at in rng.choice(len(open_to), count, replace=False).tolist():
        i, ways = open_to[at]
        signs[i] = _disguised(text[i], ways[int(rng.integers(len(ways)))], rng, tables)
    return "".join(signs)


def _ways(kind: Kind) -> tuple[Kind, ...]:
    return ("sound", "look", "separator") if kind == "mixed" else (kind,)


def _places(text: str, aim: Collection[str]) -> list[int]:
    if not aim:
        return list(range(len(text)))
    found: set[int] = set()
    for word in aim:
        at = text.find(word)
        while at >= 0:
            found.update(range(at, at + len(word)))
            at = text.find(word, at + 1)
    return sorted(found)


def _possible(text: str, i: int, kind: Kind, tables: Tables, letters: bool) -> bool:
    if not (_is_sign(text[i]) or (letters and _is_letter(text[i]))):
        return False
    if kind == "separator":
        return i + 1 < len(text) and (_is_sign(text[i + 1]) if _is_sign(text[i]) else _is_letter(text[i + 1]))
    return text[i].lower() in (tables.sound if kind == "sound" else tables.look)


def _is_sign(c: str) -> bool:
    return _HAN[0] <= c <= _HAN[1]


def _is_letter(c: str) -> bool:
    return "a" <= c.lower() <= "z"


def _disguised(sign: str, kind: Kind, rng: np.random.Generator, tables: Tables) -> str:
    if kind == "separator":
        return sign + tables.between[int(rng.integers(len(tables.between)))]
    others = (tables.sound if kind == "sound" else tables.look)[sign.lower()]
    return others[int(rng.integers(len(others)))]
