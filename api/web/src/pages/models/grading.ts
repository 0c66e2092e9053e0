/** A setting of grades as it is played with: promises or cut-offs, capacity of offices; asked of the service after a moment of quiet. */
import { reactive, ref, watch, onScopeDispose } from 'vue'
import { api, ok, type Schemas } from '@/api/client'
import { useAsk } from '@/shell/asking'
import { GRADES, type Expected, type Grade } from './shapes'

export type Answer = Schemas['risk__services__grade_desk__Answer'] & { expected: Expected }
export type Mode = 'floors' | 'cutoffs'
const QUIET_MS = 600

export function useSetting(model: () => string) {
  const mode = ref<Mode>('floors')
  const floors = reactive<Record<Grade, number>>({ red: 0.85, orange: 0.7, yellow: 0.5, blue: 0.3 })
  const cutoffs = reactive<Record<Grade, number>>({ red: 0.85, orange: 0.7, yellow: 0.55, blue: 0.4 })
  const capacity = reactive<Record<string, number>>({})
  const touched = ref(false)
  const version = ref(0)

  /** What is sent, both for trying and for putting in force. */
  const body = () => ({ ...(touched.value ? { [mode.value]: { ...(mode.value === 'floors' ? floors : cutoffs) } } : {}), capacity: { ...capacity } })
  const ask = async (sent: object) => (await ok(api.POST('/api/v1/grades/{model}/what-if', { params: { path: { model: model() } }, body: sent as never }))) as Answer
  const held = useAsk(() => ask({}), [model])
  const tried = useAsk(async () => (version.value === 0 ? null : ask(body())), [version])

  let timer: ReturnType<typeof setTimeout> | undefined
  const again = () => {
    clearTimeout(timer)
    timer = setTimeout(() => version.value++, QUIET_MS)
  }
  watch([floors, cutoffs, mode], () => ((touched.value = true), again()))
  watch(capacity, again)
  onScopeDispose(() => clearTimeout(timer))

  function begin(view: Schemas['GradesView']): void {
    clearTimeout(timer)
    for (const grade of GRADES) {
      floors[grade] = view.floors[grade] ?? floors[grade]
      cutoffs[grade] = view.cutoffs[grade] ?? cutoffs[grade]
    }
    for (const office of Object.keys(capacity)) delete capacity[office]
    queueMicrotask(() => {
      clearTimeout(timer)
      touched.value = false
      version.value = 0
    })
  }
  /** A graver grade never promises less, and never begins lower: moving one takes the others along. */
  function move(kind: Mode, grade: Grade, value: number): void {
    const values = kind === 'floors' ? floors : cutoffs
    values[grade] = value
    const at = GRADES.indexOf(grade)
    GRADES.forEach((other, n) => {
      if (n < at && values[other] < value) values[other] = value
      if (n > at && values[other] > value) values[other] = value
    })
  }
  return { mode, floors, cutoffs, capacity, touched, held, tried, body, begin, move }
}
