/** Reports that wait for the network: sent by themselves when it returns, each under one Idempotency-Key, its files first. */
import { ElNotification } from 'element-plus'
import { computed, ref, shallowRef } from 'vue'
import { api, ok, once, Problem, randomKey, type Schemas } from '@/api/client'
import { side } from '@/i18n/lang'
import { asProblem } from '@/shell/asking'
import { localName } from '@/shell/prefs'
import { useMe } from '@/shell/me'
import { forget } from './drafts'
import { upload } from './upload'
import { of, put, take, type Queued, type WaitingFile } from './vault'

export const online = ref(navigator.onLine)
export const waiting = shallowRef<readonly Queued[]>([])
export const files = shallowRef<readonly WaitingFile[]>([])
/** What came of the newest try, by task: sent, or why not. */
export const outcomes = ref<Record<number, { problem: Problem | null; verdict: Schemas['VerdictView'] | null }>>({})
const RETRY_SECONDS = 20
let flushing: Promise<void> | null = null

/** Under which name things are kept here: the account, else the name given at this machine. */
export function whoIs(): string {
  const me = useMe()
  return me.local ? localName.value.trim() || 'local' : (me.me?.name ?? '')
}

export const waitingOf = (task: number) => computed(() => waiting.value.find((one) => one.task === task) ?? null)
export const filesOf = (task: number) => computed(() => files.value.filter((one) => one.task === task))

export async function look(): Promise<void> {
  const who = whoIs()
  if (!who) {
    waiting.value = files.value = []
    return
  }
  waiting.value = await of('queue', who)
  files.value = await of('files', who)
}

export async function addFile(task: number, file: File): Promise<void> {
  await put('files', { key: randomKey(), who: whoIs(), task, name: file.name, type: file.type, size: file.size, blob: file, at: new Date().toISOString() })
  await look()
}

export async function dropFile(key: string): Promise<void> {
  await take('files', key)
  await look()
}

export interface Handing { task: number; title: string; content: Record<string, unknown>; version: number; reason: string | null }

/** Puts a report into the queue and tries to send it at once. A report of the same task that waited is replaced. */
export async function handIn(given: Handing): Promise<void> {
  for (const old of waiting.value.filter((one) => one.task === given.task)) await take('queue', old.key)
  await put('queue', { ...given, key: randomKey(), who: whoIs(), at: new Date().toISOString(), body: null })
  delete outcomes.value[given.task]
  await look()
  await flush()
}

/** Takes a report out of the queue: it is a draft again. */
export async function takeBack(task: number): Promise<void> {
  for (const one of waiting.value.filter((queued) => queued.task === task)) await take('queue', one.key)
  await look()
}

export function flush(): Promise<void> {
  flushing ??= sendAll().finally(() => (flushing = null))
  return flushing
}

async function sendAll(): Promise<void> {
  await look()
  for (const one of waiting.value) {
    try {
      const verdict = await send(one)
      outcomes.value = { ...outcomes.value, [one.task]: { problem: null, verdict } }
      await done(one)
    } catch (reason) {
      const problem = asProblem(reason)
      outcomes.value = { ...outcomes.value, [one.task]: { problem, verdict: null } }
      if (again(problem)) {
        online.value = problem.offline ? false : navigator.onLine
        break
      }
      await take('queue', one.key) // refused: it is a draft again, with the reason beside it
    }
  }
  await look()
}

/** Nobody decided anything: the network, the server's trouble, haste, a session that is over. */
const again = (problem: Problem) => problem.offline || problem.status >= 500 || problem.status === 429 || problem.status === 401

async function send(one: Queued): Promise<Schemas['VerdictView']> {
  let ready = one
  if (!ready.body) {
    for (const file of files.value.filter((waits) => waits.task === one.task)) {
      await upload(one.task, file.blob, file.name)
      await take('files', file.key)
    }
    const numbers = (await unfiled(one.task)).map((file) => file.id)
    const content = numbers.length ? { ...one.content, attachments: numbers } : one.content
    ready = { ...one, body: { task_id: one.task, content, version: one.version, ...(one.reason ? { reason: one.reason } : {}) } }
    await put('queue', ready)
  }
  return await ok(api.POST('/api/v1/verdicts', { body: ready.body as never, headers: once(ready.key) }))
}

/** Files of a task that went with no report and no appeal yet: they go with the next one. */
export async function unfiled(task: number): Promise<Schemas['AttachmentView'][]> {
  const page = await ok(api.GET('/api/v1/attachments', { params: { query: { task, limit: 100 } } }))
  return page.items.filter((file) => file.verdict_id === null && file.appeal_id === null && file.removed_at === null)
}

async function done(one: Queued): Promise<void> {
  await take('queue', one.key)
  forget(one.who, one.task)
  ElNotification.success({ title: side(['结论已提交', 'The report was handed in']), message: side([`任务 ${one.task}：${one.title}`, `Task ${one.task}: ${one.title}`]), duration: 5000 })
}

let started = false
/** Begins to listen for the network; once for the whole page. */
export function listen(): void {
  if (started) return void flush() // also after signing in again
  started = true
  addEventListener('online', () => {
    online.value = true
    void flush()
  })
  addEventListener('offline', () => (online.value = false))
  setInterval(() => waiting.value.length > 0 && void flush(), RETRY_SECONDS * 1000)
  void flush()
}
