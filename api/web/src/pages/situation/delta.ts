/** How a number moved, as sign and word: never by colour alone. */
import { number } from '@/i18n/format'
import type { Said } from '@/i18n/words'
import type messages from './messages'

export interface Moved {
  text: string
  title: string
  way: 'up' | 'down' | 'same'
}

/** Nothing where it is not known what it was. */
export function moved(now: number | null | undefined, before: number | null | undefined, t: Said<typeof messages>): Moved | null {
  if (now === null || now === undefined || before === null || before === undefined) return null
  const by = now - before
  if (by === 0) return { text: '→ 0', title: t('same'), way: 'same' }
  const share = before > 0 ? ` (${by > 0 ? '+' : '−'}${number((Math.abs(by) / before) * 100)}%)` : ''
  const sign = by > 0 ? '↑ +' : '↓ −'
  return { text: `${sign}${number(Math.abs(by))}${share}`, title: t(by > 0 ? 'more' : 'fewer', { n: Math.abs(by) }), way: by > 0 ? 'up' : 'down' }
}
