/** Filters that live in the address: what one sees can be sent to somebody else, and going back goes back. */
import { computed, ref, watch, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

export type Given<K extends string> = Partial<Record<K, string>>

/** `const { given, key, field, set } = useUrlFilters(['grade', 'model'])`; `field('grade')` is for `v-model`, `key` changes whenever any of them does. */
export function useUrlFilters<const K extends string>(names: readonly K[]) {
  const route = useRoute()
  const router = useRouter()
  const here = route.path
  const read = (): Given<K> => Object.fromEntries(names.flatMap((name) => (route.query[name] ? [[name, String(route.query[name])]] : []))) as Given<K>
  const given = ref(read()) as { value: Given<K> }
  watch(() => route.query, () => route.path === here && (given.value = read()))
  const key = computed(() => JSON.stringify(given.value))
  const used = computed(() => Object.keys(given.value).length)

  function set(changes: Partial<Record<K, string | null | undefined>>): void {
    const query: Record<string, string> = {}
    for (const [name, value] of Object.entries({ ...route.query, ...changes })) if (typeof value === 'string' && value !== '') query[name] = value
    void router.replace({ path: here, query })
  }

  function field(name: K): WritableComputedRef<string> {
    return computed({ get: () => given.value[name] ?? '', set: (value) => set({ [name]: value || null } as Partial<Record<K, string | null>>) })
  }

  const clear = () => set(Object.fromEntries(names.map((name) => [name, null])) as Partial<Record<K, null>>)
  return { given, key, used, field, set, clear }
}

const DAY = 86_400_000
const shown = (moment: string, less: number) => new Date(new Date(moment).getTime() + 8 * 3_600_000 - less).toISOString().slice(0, 10)

/** A day of a picker as the beginning of it in Hubei: `2026-10-01T00:00:00+08:00`, and back. */
export function dayFrom(of: WritableComputedRef<string>): WritableComputedRef<string> {
  return computed({ get: () => (of.value ? shown(of.value, 0) : ''), set: (day) => (of.value = day ? `${day}T00:00:00+08:00` : '') })
}

/** A day, included, as the moment at which it is over. */
export function dayUntil(of: WritableComputedRef<string>): WritableComputedRef<string> {
  return computed({
    get: () => (of.value ? shown(of.value, 1) : ''),
    set: (day) => (of.value = day ? `${new Date(Date.parse(`${day}T00:00:00Z`) + DAY).toISOString().slice(0, 10)}T00:00:00+08:00` : ''),
  })
}

/** Filters as the end of an address. */
export function queryOf(given: Record<string, string | undefined>): string {
  return new URLSearchParams(Object.entries(given).filter((one): one is [string, string] => Boolean(one[1]))).toString()
}
