/** Figures in words: names people understand, values with their interval, differences that are noise told apart from those that are not. */
import { number, percent } from '@/i18n/format'
import { lang, side, type Pair } from '@/i18n/lang'
import { nameOf } from '@/shell/vocabulary'
import type { Figure } from './shapes'

interface Told {
  name: Pair
  means: Pair
  /** A share of one, shown as per cent; else a plain number. */
  share: boolean
  /** Whether more is better, less is better, or neither. */
  better: 1 | -1 | 0
}
const told = (name: Pair, means: Pair, share: boolean, better: 1 | -1 | 0): Told => ({ name, means, share, better })

const METRICS: Record<string, Told> = {
  average_precision: told(['平均精度', 'Average precision'], ['把真线索排在前面的本领，1 为完美', 'how well true clues are ranked first; 1 is perfect'], false, 1),
  roc_auc: told(['ROC-AUC', 'ROC-AUC'], ['随机一真一假，把真的排在前面的机会', 'the chance that a true one is ranked above a false one'], false, 1),
  precision: told(['精确率', 'Precision'], ['报出的里面，属实的比例（蓝色及以上）', 'of what it flags (blue and above), the share that is true'], true, 1),
  recall: told(['召回率', 'Recall'], ['属实的里面，被报出的比例（蓝色及以上）', 'of what is true, the share it flags (blue and above)'], true, 1),
  f1: told(['F1', 'F1'], ['精确率与召回率的调和平均（蓝色及以上）', 'harmonic mean of precision and recall (blue and above)'], false, 1),
  best_f1: told(['最佳 F1', 'Best F1'], ['任取分界可达到的最高 F1', 'the highest F1 that any cut-off reaches'], false, 1),
  alarm_rate: told(['报出比例', 'Alarm rate'], ['全部文本里被报出的比例', 'of all texts, the share it flags'], true, 0),
  brier_skill: told(['Brier 技巧分', 'Brier skill'], ['概率比“只报平均”好多少，0 为没有用处', 'how much better the probabilities are than always telling the average'], false, 1),
  ece: told(['校准误差', 'Calibration error'], ['所报概率与实际比例平均相差多少', 'how far probabilities lie from what was found, on average'], true, -1),
  precision_at_capacity: told(['核查量内的精确率', 'Precision within capacity'], ['只核查得过来的那些里，属实的比例', 'of as many as offices can verify, the share that is true'], true, 1),
}

const HEALTH: Record<string, Told> = {
  score_drift: told(['评分漂移（PSI）', 'Score drift (PSI)'], ['近期评分分布与参照期的差别', 'how far recent scores differ from the reference period'], false, -1),
  feature_drift: told(['特征漂移（PSI）', 'Feature drift (PSI)'], ['近期特征分布与参照期的差别', 'how far a feature differs from the reference period'], false, -1),
  features_moved: told(['漂移的特征数', 'Features that moved'], ['超过限值且不属偶然的特征个数', 'beyond the limit and beyond chance'], false, -1),
  estimated_precision: told(['无标签估计的精确率', 'Precision estimated without labels'], ['假定概率可信时的估计', 'if the probabilities keep their word'], true, 1),
  estimated_recall: told(['无标签估计的召回率', 'Recall estimated without labels'], ['假定概率可信时的估计', 'if the probabilities keep their word'], true, 1),
  estimated_prevalence: told(['无标签估计的属实比例', 'Prevalence estimated without labels'], ['假定概率可信时的估计', 'if the probabilities keep their word'], true, 0),
  estimate_error: told(['估计与核查之差', 'Estimate against verdicts'], ['无标签估计与后来核查结果相差多少', 'what was estimated, less what verdicts said since'], true, 0),
  precision: told(['精确率（抽样推算）', 'Precision (from the sample)'], ['由预警与随机抽样的核查推算', 'from verdicts on alerts and on the random sample'], true, 1),
  recall: told(['召回率（抽样推算）', 'Recall (from the sample)'], ['由预警与随机抽样的核查推算', 'from verdicts on alerts and on the random sample'], true, 1),
  prevalence: told(['属实比例（抽样推算）', 'Prevalence (from the sample)'], ['全部对象中属实的比例', 'the share of all units that is true'], true, 0),
  recall_of_alerts: told(['成为预警的召回率', 'Recall of alerts'], ['属实的里面，真正发出预警的比例', 'of what is true, the share that became an alert'], true, 1),
  complaints_flagged: told(['属实投诉事先预警', 'Complaints flagged before'], ['属实投诉中，投诉到来之前已预警的比例', 'of confirmed complaints, the share flagged before they came'], true, 1),
  complaint_lead_days: told(['提前天数', 'Days gained'], ['预警比投诉早多少天（中位数）', 'days an alert came before the complaint (median)'], false, 1),
  calibration: told(['校准偏差', 'Calibration gap'], ['预期属实比例减去核查属实比例', 'expected share of confirmed less what was found'], true, 0),
  verified_rate: told(['核查属实率', 'Verified rate'], ['已核查预警中属实的比例', 'of verified alerts, the share confirmed'], true, 1),
  false_alarm_rule: told(['规则误报', 'Rules in false alarms'], ['该规则命中的已核查预警中属实的比例', 'of verified alerts where the rule fired, the share confirmed'], true, 1),
  false_alarm_feature: told(['特征误报', 'Features in false alarms'], ['该特征起作用的已核查预警中属实的比例', 'of verified alerts that the feature spoke for, the share confirmed'], true, 1),
  false_alarm_reason: told(['误报原因', 'Why alarms were false'], ['不实预警中各原因的比例', 'share of false alarms by reason'], true, 0),
}

export const METRIC_NAMES = Object.keys(METRICS)
const of = (name: string, health = false) => (health ? HEALTH[name] : METRICS[name]) ?? METRICS[name] ?? HEALTH[name]
export const figureName = (name: string, health = false) => side(of(name, health)?.name ?? [name, name])
export const figureMeans = (name: string, health = false) => side(of(name, health)?.means ?? ['', ''])
export const isShare = (name: string, health = false) => of(name, health)?.share ?? false
export const betterIs = (name: string) => of(name)?.better ?? 0

/** One number as the figure is shown: 83.3% or 0.833. */
export const shown = (value: number | null | undefined, share: boolean) => (share ? percent(value, 1) : number(value, 3))
/** 83.3%（78.1%–87.5%） */
export function withInterval(figure: Figure | null | undefined, share: boolean): string {
  if (!figure || figure.value === null) return side(['尚无', 'not known'])
  if (figure.low === null || figure.high === null || figure.low === undefined || figure.high === undefined) return shown(figure.value, share)
  const between = figure.low < 0 ? side([' 至 ', ' to ']) : '–'
  const span = `${shown(figure.low, share)}${between}${shown(figure.high, share)}`
  return lang.value === 'zh' ? `${shown(figure.value, share)}（${span}）` : `${shown(figure.value, share)} (${span})`
}
/** “约 85%；有 95% 的把握在 80% 与 89% 之间”, or that nothing is known. */
export function inWords(figure: Figure | null | undefined, share = true): string {
  if (!figure || figure.value === null) return side(['尚无核查结果，不能下结论', 'nothing was verified yet: nothing can be said'])
  const [value, low, high] = [figure.value, figure.low, figure.high].map((one) => (share ? percent(one) : number(one, 1)))
  return side([`约 ${value}；95% 的把握在 ${low} 与 ${high} 之间`, `about ${value}; with 95% confidence between ${low} and ${high}`])
}
/** What a difference with its interval says: better, worse, or noise; `better` is 1 where more is better. */
export function verdictOf(figure: Figure, better: 1 | -1 | 0): 'better' | 'worse' | 'noise' {
  if (figure.low === null || figure.high === null || better === 0 || (figure.low <= 0 && figure.high >= 0)) return 'noise'
  return figure.low * better > 0 ? 'better' : 'worse'
}

/** A part of a figure in words: a grade, a place, both, a month, or the name itself. */
export function partName(part: string): string {
  if (!part) return side(['全部', 'all'])
  return part
    .split(' ')
    .map((word) => (/^\d{6}$/.test(word) ? nameOf('divisions', word) : /^\d{4}$/.test(word) ? nameOf('divisions', `${word}00`) : ['red', 'orange', 'yellow', 'blue'].includes(word) ? nameOf('grades', word) : word))
    .join(' · ')
}

/** An office by its code `420102-market_supervision`, as people call it. */
export function officeName(code: string): string {
  const [place, department] = code.split('-')
  return `${nameOf('divisions', place)} ${nameOf('departments', department)}`
}

const SOURCES: Record<string, Pair> = {
  case_library: ['自编案例库', 'case library of our own'],
  verdict: ['核查结论', 'verdicts'],
  audit_sample: ['随机抽样核查', 'random audit sample'],
  texts: ['标注文本', 'labelled texts'],
}
export const sourceName = (name: string) => side(SOURCES[name] ?? [name, name])
const CUTS: Record<string, Pair> = { script: ['文字', 'script'], source: ['标签来源', 'source of labels'], region: ['地区', 'place'], channel: ['渠道', 'channel'], kind: ['信号类别', 'kind of signal'] }
export const cutName = (name: string) => side(CUTS[name] ?? [name, name])
const ALIASES: Record<string, Pair> = { champion: ['冠军', 'champion'], challenger: ['挑战者', 'challenger'], shadow: ['影子', 'shadow'] }
export const aliasName = (name: string) => side(ALIASES[name] ?? [name, name])
