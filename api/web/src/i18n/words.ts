/** The texts of a page: pairs in its `messages.ts`, read by keys that the compiler knows. */
import { createI18n, useI18n } from 'vue-i18n'
import { watch } from 'vue'
import { lang, type Pair } from './lang'

export const i18n = createI18n({ legacy: false, locale: lang.value, fallbackLocale: 'zh', messages: { zh: {}, en: {} } })
watch(lang, (value) => (i18n.global.locale.value = value))

/** Declares texts: `export default words({ title: ['预警', 'Alerts'], rows: ['{n} 条', 'no rows | one row | {n} rows'] })`. */
export function words<const T extends Record<string, Pair>>(pairs: T): T {
  return pairs
}

export type Said<T> = (key: keyof T & string, given?: Record<string, unknown>) => string

/** Reads them: `const t = useWords(messages)`, then `t('rows', { n: 3 })`. A text with ` | ` chooses by `n`. */
export function useWords<T extends Record<string, Pair>>(pairs: T): Said<T> {
  const side = (at: 0 | 1) => Object.fromEntries(Object.entries(pairs).map(([key, pair]) => [key, pair[at]]))
  const { t } = useI18n({ useScope: 'local', inheritLocale: true, messages: { zh: side(0), en: side(1) } })
  return (key, given = {}) => (typeof given['n'] === 'number' ? t(key, given, given['n']) : t(key, given))
}
