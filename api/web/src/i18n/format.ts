/** Numbers, shares and moments as people in Hubei read them; all moments are Beijing time. */
import { lang } from './lang'

const ZONE = 'Asia/Shanghai'
const locale = () => (lang.value === 'zh' ? 'zh-CN' : 'en-GB')
type Moment = string | Date | null | undefined

function formatted(moment: Moment, options: Intl.DateTimeFormatOptions): string {
  if (!moment) return '—'
  return new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, ...options }).format(new Date(moment)) // Swedish writes dates as ISO 8601, whatever the language of the page
}

/** 2026-10-12 */
export const day = (moment: Moment) => formatted(moment, { year: 'numeric', month: '2-digit', day: '2-digit' })
/** 2026-10-12 10:05 (24 hours) */
export const moment = (at: Moment) =>
  formatted(at, { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
/** 10-12 10:05 */
export const shortly = (at: Moment) => (at ? moment(at).slice(5) : '—')

/** Thousands separated; `—` for what is not known. */
export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '—'
  return new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)
}

/** A share of one as per cent: `percent(0.8333, 1)` is 83.3%. */
export function percent(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '—'
  return new Intl.NumberFormat(locale(), { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)
}

/** How far a moment is from another: “3 天后”, "2 hours ago". */
export function away(at: Moment, now: Date = new Date()): string {
  if (!at) return '—'
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3_600], ['minute', 60]]
  const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? ['minute', 60]
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(Math.trunc(seconds / size), unit)
}
