/** What a case file is made of, in the order people read it. */
import { number } from '@/i18n/format'

export const STATES = ['opened', 'active', 'easing', 'closed'] as const
export const LEVELS = ['ordinary', 'larger', 'major', 'gravest'] as const
export const ASPECTS = ['cause', 'development', 'impact', 'opinion', 'response', 'measure', 'result'] as const
export const WRITTEN = [...ASPECTS, 'note'] as const
export const LINKABLE = ['alert', 'subject', 'signal', 'task', 'verdict', 'act'] as const
export const LISTED = ['alert', 'subject', 'signal', 'complaint', 'task', 'open_task', 'verdict', 'act'] as const
export type Aspect = (typeof ASPECTS)[number]
export type Written = (typeof WRITTEN)[number]
export type Linkable = (typeof LINKABLE)[number]
export type Listed = (typeof LISTED)[number]
export type Step = 'activate' | 'ease' | 'close' | 'reopen'

/** The page of a thing, where it has one: `alert:7`. */
export function pageOf(object: string | null | undefined, task?: number | null): string | null {
  const [kind, id] = (object ?? '').split(':')
  if (!id) return null
  if (kind === 'alert') return `/alerts/${id}`
  if (kind === 'task') return `/tasks/${id}`
  if (kind === 'subject') return `/subjects/${id}`
  if (kind === 'signal') return `/signals/${id}`
  return task ? `/tasks/${task}` : null
}

/** An amount in yuan as the service writes it, for people: thousands separated, fen only where there are some. */
export function yuan(amount: string | null): string {
  const value = Number(amount)
  return amount === null ? '—' : number(value, Number.isInteger(value) ? 0 : 2)
}
