/** Names of offices: asked once by those who may see the table, else told by place and department. */
import { computed, shallowRef } from 'vue'
import { api, ok, type Schemas } from '@/api/client'
import { side } from '@/i18n/lang'
import { useMe } from '@/shell/me'
import { nameOf } from '@/shell/vocabulary'

const found = shallowRef<readonly Schemas['OfficeRow'][]>([])
let asked = false

export function useOffices() {
  if (!asked && useMe().can('routing.read')) {
    asked = true
    ok(api.GET('/api/v1/offices')).then((rows) => (found.value = rows), () => (asked = false))
  }
  const byCode = computed(() => new Map(found.value.map((one) => [one.code, one])))

  function officeName(code: string | null | undefined): string {
    if (!code) return '—'
    const row = byCode.value.get(code)
    if (row) return side([row.name_zh, row.name_en])
    const [place, department] = [code.slice(0, 6), code.slice(7)]
    return nameOf('divisions', place) + side(['', ' · ']) + nameOf('departments', department)
  }
  return { offices: found, officeName }
}
