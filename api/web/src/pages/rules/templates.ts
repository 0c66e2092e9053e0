/** What a new definition begins with, in either language: to be filled in, so that the checks say what is still missing. */
import type { Lang } from '@/i18n/lang'
import type { Kind } from './kinds'

export function template(kind: Kind, lang: Lang, model: string): string {
  return lang === 'zh' ? ZH[kind].replace('MODEL', model) : EN[kind].replace('MODEL', model)
}

const ZH: Record<Kind, string> = {
  rule: `规则 new_rule "涉嫌……" / "Suspected …"
  模型     MODEL
  依据     "广告法" 条 "16.1.1" 文本 2021-04-29
  严重度   中
  当       文本 含任一 "" 断言
  理由     中 "称“{hit}”" 英 "says \\"{hit}\\""
  危害     中 "" 英 ""
  核查建议 中 "" 英 ""
  常见误报 中 "" 英 ""
  命中     "",
           "",
           ""
  不命中   "",
           "",
           ""
`,
  list: `词表 新词表 "说明"
  包含 ""
  排除 ""
`,
  condition: '条件 新条件 = 文本 含任一 ""\n',
  feature: '特征 新特征 = 最大金额 / 100\n',
}

const EN: Record<Kind, string> = {
  rule: `rule new_rule "涉嫌……" / "Suspected …"
  model        MODEL
  basis        "广告法" article "16.1.1" dated 2021-04-29
  severity     medium
  when         text has any of "" asserted
  because      zh "称“{hit}”" en "says \\"{hit}\\""
  hazard       zh "" en ""
  advice       zh "" en ""
  false_alarms zh "" en ""
  hits         "",
               "",
               ""
  misses       "",
               "",
               ""
`,
  list: `list new_list "what it is for"
  include ""
  exclude ""
`,
  condition: 'condition new_condition = text has any of ""\n',
  feature: 'feature new_feature = largest_amount / 100\n',
}
