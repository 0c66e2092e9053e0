/** The language: chosen by the person, else the browser's; Chinese where neither says English. */
import { ref, watch } from 'vue'

export type Lang = 'zh' | 'en'
/** A text in both languages: Chinese, English. */
export type Pair = readonly [zh: string, en: string]

function first(): Lang {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem('risk.lang')
  if (asked === 'zh' || asked === 'en') return asked
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh'
}

export const lang = ref<Lang>(first())

watch(
  lang,
  (value) => {
    localStorage.setItem('risk.lang', value)
    document.documentElement.lang = value === 'zh' ? 'zh-CN' : 'en'
  },
  { immediate: true },
)

/** One side of a pair; also of rows that carry `name_zh` and `name_en`: `side([row.name_zh, row.name_en])`. */
export function side(pair: readonly [string | null | undefined, string | null | undefined]): string {
  return (lang.value === 'zh' ? (pair[0] ?? pair[1]) : (pair[1] ?? pair[0])) ?? ''
}
