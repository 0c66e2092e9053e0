/** Questions to the service as a page needs them: busy, what came, what went wrong, again. */
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref, type WatchSource } from 'vue'
import { ElMessage } from 'element-plus'
import { Problem } from '@/api/client'

export interface Asked<T> {
  data: Readonly<Ref<T | null>>
  problem: Readonly<Ref<Problem | null>>
  busy: Readonly<Ref<boolean>>
  reload: () => Promise<void>
}

export function asProblem(reason: unknown): Problem {
  return reason instanceof Problem ? reason : new Problem(0, 'failed', reason instanceof Error ? reason.message : String(reason))
}

/** Asks at once and whenever one of `when` changes; an answer that was overtaken is dropped. `every` asks again after so many seconds. */
export function useAsk<T>(ask: () => Promise<T>, when: WatchSource[] = [], every = 0): Asked<T> {
  const data = shallowRef<T | null>(null)
  const problem = shallowRef<Problem | null>(null)
  const busy = ref(false)
  let newest = 0

  async function reload(): Promise<void> {
    const mine = ++newest
    busy.value = true
    try {
      const got = await ask()
      if (mine !== newest) return
      data.value = got
      problem.value = null
    } catch (reason) {
      if (mine === newest) problem.value = asProblem(reason)
    } finally {
      if (mine === newest) busy.value = false
    }
  }

  watch(when, reload)
  void reload()
  if (every > 0) {
    const timer = setInterval(() => document.visibilityState === 'visible' && void reload(), every * 1000)
    onScopeDispose(() => clearInterval(timer))
  }
  onScopeDispose(() => newest++)
  return { data, problem, busy, reload }
}

interface Paged<R> {
  items: readonly R[]
  cursor?: string | null
}

/** A list by keyset cursors: `const list = useRows((cursor) => ok(api.GET(…, { params: { query: { …filters, cursor } } })), [filters])`. Filters that change begin at the first page. */
export function useRows<R>(ask: (cursor: string | undefined) => Promise<Paged<R>>, when: WatchSource[] = []) {
  const cursors = ref<(string | undefined)[]>([undefined])
  const asked = useAsk(() => ask(cursors.value[cursors.value.length - 1]))
  watch(when, () => {
    cursors.value = [undefined]
    void asked.reload()
  })
  const rows = computed(() => asked.data.value?.items ?? [])
  const page = computed(() => cursors.value.length)
  const more = computed(() => Boolean(asked.data.value?.cursor))

  async function forth(): Promise<void> {
    const next = asked.data.value?.cursor
    if (!next) return
    cursors.value.push(next)
    await asked.reload()
  }

  async function back(): Promise<void> {
    if (cursors.value.length < 2) return
    cursors.value.pop()
    await asked.reload()
  }

  return { ...asked, rows, page, more, forth, back }
}

/** Something a person does: `const { run, busy, problem } = useAct()`; `await run(() => ok(api.POST(…)), t('signed'))` says so or shows why not, and gives what came or null. */
export function useAct() {
  const busy = ref(false)
  const problem = shallowRef<Problem | null>(null)

  async function run<T>(act: () => Promise<T>, done = ''): Promise<T | null> {
    if (busy.value) return null
    busy.value = true
    problem.value = null
    try {
      const got = await act()
      if (done) ElMessage.success({ message: done, grouping: true })
      return got
    } catch (reason) {
      problem.value = asProblem(reason)
      ElMessage.error({ message: problem.value.message, duration: 6000, grouping: true })
      return null
    } finally {
      busy.value = false
    }
  }

  return { run, busy: busy as Readonly<Ref<boolean>>, problem: problem as Readonly<Ref<Problem | null>> }
}
