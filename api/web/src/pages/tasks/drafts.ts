/** Drafts kept in this browser at every keystroke, by account and task. They outlive a reload, a lost network and a session that ended. */
import { formOf, type Content } from './content'

export interface Kept {
  content: Content
  /** The version of the draft on the service that this one began from; 0: none yet. */
  base: number
  /** Whether the service has the same. */
  synced: boolean
  at: string
}

const PREFIX = 'risk.draft.'
const place = (who: string, what: string) => `${PREFIX}${encodeURIComponent(who)}.${what}`
const listeners = new Set<() => void>()
/** Whether this browser can keep anything; private windows and full disks cannot. */
export const keeping = { works: true }

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
    keeping.works = true
  } catch {
    keeping.works = false
  }
  listeners.forEach((hear) => hear())
}

function read<T>(key: string): T | null {
  try {
    const text = localStorage.getItem(key)
    return text === null ? null : (JSON.parse(text) as T)
  } catch {
    return null
  }
}

export function keep(who: string, task: number | string, kept: Omit<Kept, 'at'>): void {
  write(place(who, `report.${task}`), { ...kept, at: new Date().toISOString() })
}

export function kept(who: string, task: number | string): Kept | null {
  const found = read<Kept>(place(who, `report.${task}`))
  return found ? { ...found, content: formOf(found.content as unknown as Record<string, unknown>) } : null
}

export function forget(who: string, task: number | string): void {
  localStorage.removeItem(place(who, `report.${task}`))
  listeners.forEach((hear) => hear())
}

/** What is typed into the small forms of acts (a reason, a question). */
export const keepAct = (who: string, task: number, act: string, values: object) => write(place(who, `act.${task}.${act}`), values)
export const keptAct = <T>(who: string, task: number, act: string) => read<T>(place(who, `act.${task}.${act}`))
export function forgetAct(who: string, task: number, act: string): void {
  localStorage.removeItem(place(who, `act.${task}.${act}`))
}

/** Tasks with a draft of somebody here. */
export function drafted(who: string): string[] {
  const start = place(who, 'report.')
  return Object.keys(localStorage).filter((key) => key.startsWith(start)).map((key) => key.slice(start.length))
}

export function forgetAll(who: string): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(place(who, ''))) localStorage.removeItem(key)
  listeners.forEach((hear) => hear())
}

/** Hears of every change of what is kept; gives the way to stop hearing. */
export function onKept(hear: () => void): () => void {
  listeners.add(hear)
  return () => void listeners.delete(hear)
}
