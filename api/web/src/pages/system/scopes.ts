/** A scope in words: a place and a department; empty is all of them. */
import type { Schemas } from '@/api/client'
import { side } from '@/i18n/lang'
import { departments, nameOf } from '@/shell/vocabulary'

export function useScopes() {
  function scopeWords(grant: readonly [string, string] | readonly string[]): string {
    const [place = '', department = ''] = grant
    if (!place && !department) return side(['全省各部门', 'the whole province'])
    return `${place ? nameOf('divisions', place) : side(['全省', 'the province'])} · ${department ? nameOf('departments', department) : side(['各部门', 'all departments'])}`
  }
  return { scopeWords, departments }
}

/** As the service reads it: `420500:market_supervision`. */
export const grantOf = (place: string | null | undefined, department: string | null | undefined) => `${place ?? ''}:${department ?? ''}`

/** An account as the client reads it. */
export type Account = Omit<Schemas['AccountRow'], 'grants'> & { grants: string[][] }
export interface Told {
  account: Account
  one_time_password: string | null
}
