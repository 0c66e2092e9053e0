/** Indicators, dimensions and trends by name: asked once for each system. */
import { shallowReactive } from 'vue'
import { api, ok, Problem, type Schemas } from '@/api/client'
import { lang, side } from '@/i18n/lang'

export type Kind = 'region' | 'subject'
export type System = Schemas['SystemView']
const systems = shallowReactive(new Map<Kind, System>())
const asking = new Map<Kind, Promise<void>>()

export function systemOf(kind: Kind): System | undefined {
  if (!asking.has(kind)) {
    const asked = ok(api.GET('/api/v1/index/indicators', { params: { query: { kind } } })).then(
      (got) => void systems.set(kind, got as System),
      () => void asking.delete(kind),
    )
    asking.set(kind, asked)
  }
  return systems.get(kind)
}

export function indicatorName(kind: Kind, code: string): string {
  const found = systemOf(kind)?.indicators.find((one) => one.code === code)
  return found ? side([found.zh, found.en]) : code
}

export function dimensionName(kind: Kind, code: string): string {
  const found = systemOf(kind)?.dimensions.find((one) => one.code === code)
  return found ? side([found.zh, found.en]) : code
}

export const ARROWS: Record<string, string> = { rising: '↗', falling: '↘', steady: '→', unknown: '–' }

/** Send a form with a file; the answer or a thrown `Problem`, as the typed client gives them. */
export async function sendForm<T>(call: (form: FormData) => Promise<{ data?: T; error?: unknown; response: Response }>, file: File, fields: Record<string, string> = {}): Promise<T> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', file, file.name)
  return ok(call(form))
}

/** Save a file that the service made, with its own words when it refuses. */
export async function saveFile(path: string, name: string): Promise<void> {
  let answer: Response
  try {
    answer = await fetch(path, { credentials: 'same-origin', headers: { 'Accept-Language': lang.value === 'zh' ? 'zh-CN' : 'en' } })
  } catch {
    throw new Problem(0, 'offline', side(['网络不通或服务未响应', 'the service cannot be reached']))
  }
  if (!answer.ok) {
    const told = (await answer.json().catch(() => ({}))) as Partial<Schemas['Problem']>
    throw new Problem(answer.status, told.code ?? 'unknown', told.detail ?? `${answer.status}`, told.hint ?? null)
  }
  const address = URL.createObjectURL(await answer.blob())
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 1000)
}
