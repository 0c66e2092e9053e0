/** The balance of a run: where every candidate went; and what judged it. */
import { side } from '@/i18n/lang'

export const OUTCOMES = ['new', 'merged', 'suppressed', 'below_grade', 'over_capacity', 'failed'] as const

/** `3 + 1 + 0 = 4` as its parts and whether they make the total. */
export function sumOf(balance: Record<string, number>, total: number): { parts: string; whole: boolean } {
  const some = OUTCOMES.map((name) => balance[name] ?? 0)
  return { parts: some.join(' + '), whole: some.reduce((a, b) => a + b, 0) === total }
}

/** `v3`, or words where no version of a model judged. */
export function versionOf(version: string | null): string {
  if (!version) return '—'
  if (version === 'person') return side(['人工', 'by hand'])
  return version === 'rules' ? side(['仅规则', 'rules alone']) : `v${version}`
}
