/** What definitions are, the states of their versions, and the steps that lead from each: the service decides, this only spares people refusals. */
import type { Schemas } from '@/api/client'
import type { Pair } from '@/i18n/lang'

export const KINDS = ['rule', 'list', 'condition', 'feature'] as const
export type Kind = (typeof KINDS)[number]
export type State = Schemas['RuleState']
export type Step = 'test' | 'submit' | 'withdraw' | 'reject' | 'approve' | 'shadow' | 'activate' | 'roll-out' | 'pause' | 'resume' | 'retire' | 'restore'
export type Severity = 'low' | 'medium' | 'high' | 'critical'

export const isKind = (value: unknown): value is Kind => KINDS.some((kind) => kind === value)

/** What a definition is called by: the model tells apart what is called alike. */
export interface Place {
  kind: Kind
  name: string
  model: string
}

export const pathOf = (one: Place, rest = '') => ({ path: `/rules/${one.kind}/${encodeURIComponent(one.name)}${rest}`, query: { model: one.model } })

const BY_STATE: Record<State, readonly Step[]> = {
  draft: ['test', 'retire'],
  tested: ['submit', 'retire'],
  submitted: ['approve', 'reject', 'withdraw'],
  approved: ['shadow', 'activate', 'retire'],
  shadow: ['activate', 'retire'],
  active: ['roll-out', 'pause', 'retire'],
  paused: ['resume', 'retire'],
  retired: ['restore'],
}

const WRITERS: readonly Step[] = ['test', 'submit', 'withdraw', 'restore']
const EXPLAINED: readonly Step[] = ['reject', 'shadow', 'activate', 'roll-out', 'pause', 'resume', 'retire']

export const needsReason = (step: Step) => EXPLAINED.includes(step)
export const permissionOf = (step: Step) => (WRITERS.includes(step) ? 'rules.write' : 'rules.approve')

/** The steps out of a state that one may take; only rules are rolled out in shares. */
export function stepsFrom(state: string, kind: Kind, may: (permission: string) => boolean): Step[] {
  const found = BY_STATE[state as State] ?? []
  return found.filter((step) => may(permissionOf(step)) && (step !== 'roll-out' || kind === 'rule'))
}

/** A version that is still being written, tested or decided on: a definition has at most one. */
export const unfinished = (state: string) => state === 'draft' || state === 'tested' || state === 'submitted'
export const editable = (state: string) => state === 'draft' || state === 'tested'

export type Tone = 'good' | 'red' | 'orange' | 'blue' | 'soft'
export const STATE_TONE: Record<State, Tone> = {
  draft: 'soft', tested: 'soft', submitted: 'orange', approved: 'blue', shadow: 'blue', active: 'good', paused: 'red', retired: 'soft',
}

export const STATE_WORDS: Record<State, Pair> = {
  draft: ['草稿', 'draft'], tested: ['已测试', 'tested'], submitted: ['待审批', 'submitted'], approved: ['已批准', 'approved'],
  shadow: ['影子', 'shadow'], active: ['生效', 'active'], paused: ['暂停', 'paused'], retired: ['退役', 'retired'],
}

export const KIND_WORDS: Record<Kind, Pair> = { rule: ['规则', 'Rules'], list: ['词表', 'Lists'], condition: ['条件', 'Conditions'], feature: ['特征', 'Features'] }

export const SEVERITY_WORDS: Record<Severity, Pair> = { low: ['低', 'low'], medium: ['中', 'medium'], high: ['高', 'high'], critical: ['特别严重', 'critical'] }

export const STEP_WORDS: Record<Step, Pair> = {
  test: ['测试', 'Test'], submit: ['提交审批', 'Submit'], withdraw: ['撤回', 'Withdraw'], reject: ['驳回', 'Reject'], approve: ['批准', 'Approve'],
  shadow: ['影子运行', 'Put in shadow'], activate: ['启用', 'Activate'], 'roll-out': ['调整放量', 'Roll out'], pause: ['暂停', 'Pause'],
  resume: ['恢复', 'Resume'], retire: ['退役', 'Retire'], restore: ['恢复为草稿', 'Restore as a draft'],
}
