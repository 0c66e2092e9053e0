/** The figures of a back-test and of the health of rules, as the service stores them (`format` 1). */
import type { Pair } from '@/i18n/lang'

export interface Words {
  zh: string
  en: string
}
/** A share with its Wilson interval (95%); nothing where nothing was counted. */
export interface Share {
  value: number
  low: number
  high: number
  of: number
}
export interface Load {
  alerts: number
  unroutable: number
  unplaced: number
  offices: { office: string; zh: string; en: string; week: string; new: number; issued: number; capacity: number; over: boolean }[]
  over_capacity: { office: string; zh: string; en: string }[]
}
export interface SampleUnit {
  id: number
  moment: string | null
  source: string
  excerpt: string
  excerpt_start: number
  quotes: { quote: string; start: number; end: number; term: string; list: string; disguised: boolean }[]
  because: Words
  grade: string
  label: number | null
  alike: number
  failed?: Words
  held?: number
  parts?: number
}
interface Side {
  units: number
  labelled: number
  confirmed: number
  precision: Share | null
}
export interface RuleFigures {
  rule: string
  title: Words
  lens: string
  severity: string
  standing: 'new' | 'changed' | 'live'
  hash: string
  units: number
  hits: number
  misses: number
  unknown: number
  share: Share | null
  weeks: { week: string; units: number; hits: number; unknown: number }[]
  labels: { labelled: number; positives: number; hits: number; confirmed: number; precision: Share | null; recall: Share | null }
  overlap: { rule: string; both: number; jaccard: number; of_this: number; of_other: number; flagged: boolean }[]
  alone: { units: number; labelled: number; confirmed: number }
  load: Load
  sample: SampleUnit[]
  near: { parts: (Words & { units: number })[]; sample: SampleUnit[] }
  unknown_by: (Words & { units: number })[]
  compared: Record<'only_old' | 'only_new' | 'both', Side> | null
}
export interface BacktestFigures {
  model: string
  hash: string
  units: number
  period: { since: string; until: string } | null
  rules: RuleFigures[]
  change: { grades: Record<string, number>; gained: Load; lost: Load } | null
  also_changes: string[]
  lists: { list: string; terms: number; never: string[]; never_count: number; covered: { term: string; by: string }[]; covered_count: number }[]
}

export interface RuleHealth {
  rule: string
  title: Words
  severity: string
  units: number
  hits: number
  share: Share | null
  precision: Share | null
  causes: { cause: string; zh: string; en: string; alerts: number }[]
  proposals: { do: string; why: string; zh: string; en: string }[]
  repairs: { open: number; asked: number }
}
export interface ModelHealth {
  model: string
  backtest: number
  asked_at: string
  units: number
  period: { since: string; until: string }
  rules: RuleHealth[]
}

export type Flag = 'silent' | 'noisy' | 'shifted' | 'redundant' | 'repairs'
export const FLAGS: readonly Flag[] = ['silent', 'noisy', 'shifted', 'redundant', 'repairs']
export const FLAG_WORDS: Record<Flag, Pair> = {
  silent: ['静默', 'silent'], noisy: ['误报偏多', 'noisy'], shifted: ['命中有变', 'shifted'], redundant: ['重复', 'redundant'], repairs: ['待修', 'repair asked'],
}
const FLAG_OF: Record<string, Flag> = {
  health_never: 'silent', health_silent: 'silent', health_imprecise: 'noisy', health_hopeless: 'noisy', health_decay: 'noisy',
  health_rate_up: 'shifted', health_rate_down: 'shifted', health_unknown: 'shifted', health_redundant: 'redundant',
}

/** What is worth a look at a rule, by the proposals made of it. */
export function flagsOf(one: RuleHealth | undefined): Flag[] {
  if (!one) return []
  const found = one.proposals.map((proposal) => FLAG_OF[proposal.why]).filter((flag) => flag !== undefined)
  if (one.repairs.open > 0) found.push('repairs')
  return FLAGS.filter((flag) => found.includes(flag))
}
