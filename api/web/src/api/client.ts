/** The service's client: every call is typed by the service's own description, and every refusal is a `Problem` that can be shown. */
import createClient, { type Middleware } from 'openapi-fetch'
import type { components, paths } from './schema'
import { actorName } from '@/shell/prefs'
import { lang } from '@/i18n/lang'

export type Schemas = components['schemas']
export type FieldError = Schemas['FieldError']

/** A refusal as RFC 9457 tells it; `code` is stable, `message` and `hint` are for people, in their language. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string | null = null,
    readonly errors: readonly FieldError[] = [],
  ) {
    super(message)
    this.name = 'Problem'
  }

  /** Nobody answered: the network or the service is away. What was typed must be kept. */
  get offline(): boolean {
    return this.status === 0
  }
}

const manners: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept-Language', lang.value === 'zh' ? 'zh-CN' : 'en')
    const actor = actorName()
    if (actor) request.headers.set('X-Actor', encodeURIComponent(actor))
    return request
  },
}

export const api = createClient<paths>({ baseUrl: '', credentials: 'same-origin' })
api.use(manners)

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** The body of an answer, or a thrown `Problem`: `const page = await ok(api.GET('/api/v1/alerts'))`. */
export async function ok<T>(call: Promise<Answer<T>>): Promise<T> {
  return (await answered(call)).data
}

/** As `ok`, with the answer's headers (`ETag`, `Location`). */
export async function answered<T>(call: Promise<Answer<T>>): Promise<{ data: T; response: Response }> {
  let got: Answer<T>
  try {
    got = await call
  } catch (reason) {
    throw reason instanceof Problem || (reason instanceof DOMException && reason.name === 'AbortError')
      ? reason
      : new Problem(0, 'offline', lang.value === 'zh' ? '网络不通或服务未响应，已填内容不会丢失' : 'the service cannot be reached; nothing you typed is lost')
  }
  if (got.error !== undefined || !got.response.ok) throw problemOf(got.error, got.response)
  return { data: got.data as T, response: got.response }
}

function problemOf(error: unknown, response: Response): Problem {
  const told = (typeof error === 'object' && error !== null ? error : {}) as Partial<Schemas['Problem']>
  const plain = `${response.status} ${response.statusText}`.trim()
  const found = new Problem(response.status, told.code ?? 'unknown', told.detail ?? plain, told.hint ?? null, told.errors ?? [])
  if (response.status === 401) signedOut.forEach((hear) => hear(found))
  return found
}

/** Who wants to know that the session is over. */
export const signedOut = new Set<(problem: Problem) => void>()

/** A key under which an act is done once, however often it is sent: `headers: once()`. Keep the key when you send again. */
export function once(key: string = randomKey()): { 'Idempotency-Key': string } {
  return { 'Idempotency-Key': key }
}

/** 128 random bits; works on plain http inside an intranet too, where `randomUUID` does not exist. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
