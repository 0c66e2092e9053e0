/** Names of places, models, grades, states and departments: asked once, used by every page. */
import { computed, shallowRef } from 'vue'
import { api, ok, type Schemas } from '@/api/client'
import { side } from '@/i18n/lang'

const found = shallowRef<Schemas['Vocabulary'] | null>(null)
let asking: Promise<void> | null = null

export async function loadVocabulary(): Promise<void> {
  asking ??= ok(api.GET('/api/v1/vocabulary')).then(
    (got) => void (found.value = got),
    () => void (asking = null),
  )
  await asking
}

export const PROVINCE = '420000'
export const divisions = computed(() => found.value?.divisions ?? [])
/** The 17 divisions right under the province. */
export const cities = computed(() => divisions.value.filter((one) => one.parent === PROVINCE))
export const countiesOf = (code: string) => divisions.value.filter((one) => one.parent === code)
export const models = computed(() => found.value?.models ?? [])
export const departments = computed(() => found.value?.departments ?? [])
export const taskStates = computed(() => found.value?.task_states ?? [])

const names = computed(() => {
  const all = new Map<string, readonly [string, string]>()
  const kinds = ['divisions', 'models', 'grades', 'task_states', 'departments', 'task_events', 'task_kinds', 'stages', 'roles', 'permissions'] as const
  for (const kind of kinds) for (const one of found.value?.[kind] ?? []) all.set(`${kind}:${'code' in one ? one.code : ''}`, [one.zh, one.en])
  return all
})
type Kind = 'divisions' | 'models' | 'grades' | 'task_states' | 'departments' | 'task_events' | 'task_kinds' | 'stages' | 'roles' | 'permissions'

/** The name of a code in the language of the page; the code itself where it is none of ours; `—` for nothing. */
export function nameOf(kind: Kind, code: string | null | undefined): string {
  if (!code) return '—'
  const pair = names.value.get(`${kind}:${code}`)
  return pair ? side(pair) : code
}
