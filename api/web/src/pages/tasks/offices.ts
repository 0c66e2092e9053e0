/** Offices by name: asked once. */
import { shallowRef } from 'vue'
import { api, ok, type Schemas } from '@/api/client'
import { side } from '@/i18n/lang'

export const offices = shallowRef<readonly Schemas['OfficeRow'][]>([])
let asking: Promise<void> | null = null

export async function loadOffices(): Promise<void> {
  asking ??= ok(api.GET('/api/v1/offices')).then(
    (rows) => void (offices.value = rows),
    () => void (asking = null),
  )
  await asking
}

export function officeName(code: string | null | undefined): string {
  if (!code) return '—'
  const found = offices.value.find((one) => one.code === code)
  return found ? side([found.name_zh, found.name_en]) : code
}
