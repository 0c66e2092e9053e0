/** The health of the rules in service, asked once by the pages that show it. */
import { api, ok } from '@/api/client'
import type { ModelHealth } from './figures'

export async function healthNow(): Promise<ModelHealth[]> {
  return (await ok(api.GET('/api/v1/rule-evidence/health'))) as unknown as ModelHealth[]
}
