/** A report as it is typed: every field a text or a list, nothing missing; what is sent leaves out what was left empty. */
import type { Schemas } from '@/api/client'

export interface Handler { name: string; certificate: string }
export interface Paper { type: string; number: string; date: string }
export type ActRecord = { kind: string } & Record<string, unknown>

export interface Content {
  code: string
  sub_reason: string
  facts: string
  measures: string
  suggestion: string
  handlers: Handler[]
  received_at: string
  claimed_at: string
  ended_at: string
  documents: Paper[]
  fined: string
  confiscated: string
  transfer_to: string
  acts: ActRecord[]
  attachments: number[]
  wrong_rules: string[]
  missing_rule: string
}

export type FieldName = keyof Content

export function blank(): Content {
  return {
    code: '', sub_reason: '', facts: '', measures: '', suggestion: '', handlers: [], received_at: '', claimed_at: '', ended_at: '',
    documents: [], fined: '', confiscated: '', transfer_to: '', acts: [], attachments: [], wrong_rules: [], missing_rule: '',
  }
}

/** What somebody begins with: themselves as one of the two officers, and the moments the task knows already. */
export function begun(me: string, task: Schemas['TaskRow'], signedAt: string | null): Content {
  return {
    ...blank(),
    handlers: [{ name: me, certificate: '' }, { name: '', certificate: '' }],
    received_at: task.issued_at,
    claimed_at: signedAt ?? '',
  }
}

/** A stored draft as a form; what is none of the fields is left out. */
export function formOf(stored: Record<string, unknown>): Content {
  const made: Record<string, unknown> = { ...blank() }
  for (const [name, empty] of Object.entries(blank())) {
    const value = stored[name]
    if (Array.isArray(empty) ? Array.isArray(value) : typeof value === 'string') made[name] = value
  }
  const content = made as unknown as Content
  content.handlers = content.handlers.map((one) => ({ name: String(one?.name ?? ''), certificate: String(one?.certificate ?? '') }))
  content.documents = content.documents.map((one) => ({ type: String(one?.type ?? ''), number: String(one?.number ?? ''), date: String(one?.date ?? '') }))
  return content
}

const empty = (value: unknown) => value === '' || value === null || value === undefined || (Array.isArray(value) && value.length === 0)

function filled<T extends object>(row: T): Partial<T> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => !empty(value))) as Partial<T>
}

/** What is sent: without empty fields and without rows that nobody filled. */
export function sent(content: Content): Record<string, unknown> {
  return filled({
    ...content,
    handlers: content.handlers.map(filled).filter((one) => Object.keys(one).length),
    documents: content.documents.map(filled).filter((one) => Object.keys(one).length),
    acts: content.acts.map(filled),
  })
}

/** Whether two contents say the same. */
export const same = (a: Content, b: Content) => JSON.stringify(sent(a)) === JSON.stringify(sent(b))

/** Fields in which two contents differ. */
export function differing(a: Content, b: Content): FieldName[] {
  return (Object.keys(blank()) as FieldName[]).filter((name) => JSON.stringify(sent({ ...blank(), [name]: a[name] })) !== JSON.stringify(sent({ ...blank(), [name]: b[name] })))
}

/** Where an article is: `16.1.1` is 第16条第1款第1项, Art. 16(1)(1). */
export function articleOf(raw: string): readonly [string, string] {
  if (!/^\d+(\.\d+)*$/.test(raw)) return [`第${raw}条`, `Art. ${raw}`]
  const [article = '', ...parts] = raw.split('.')
  return [`第${article}条${parts.map((part, n) => `第${part}${['款', '项', '目'][n] ?? ''}`).join('')}`, `Art. ${article}${parts.map((part) => `(${part})`).join('')}`]
}

/** `2026-10-12T09:30` of a field of a page, as Beijing time; and back. */
export const momentSent = (local: string) => (local ? `${local}:00+08:00` : '')
export function momentShown(sentMoment: string): string {
  if (!sentMoment) return ''
  const at = new Date(sentMoment)
  return Number.isNaN(at.getTime()) ? '' : new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 16)
}
