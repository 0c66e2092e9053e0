/** Measures that a place can be coloured by. */
import type { Schemas } from '@/api/client'
import { number, percent } from '@/i18n/format'

export const MEASURES = ['total', 'redOrange', 'rate', 'change'] as const
export type Measure = (typeof MEASURES)[number] | 'index'

export function measured(line: Schemas['Line'], measure: Measure, index: ReadonlyMap<string, number | null>): number | null {
  switch (measure) {
    case 'total':
      return line.total
    case 'redOrange':
      return line.total === null ? null : (line.grades['red'] ?? 0) + (line.grades['orange'] ?? 0)
    case 'rate':
      return line.too_few ? null : line.rate
    case 'change':
      return line.before === null || line.total === null ? null : line.total - line.before
    case 'index':
      return index.get(line.key) ?? null
  }
}

export function shown(value: number | null, measure: Measure): string {
  if (value === null) return '—'
  if (measure === 'rate') return percent(value)
  if (measure === 'index') return number(value, 1)
  return measure === 'change' && value > 0 ? `+${number(value)}` : number(value)
}
