/** The health of the rules in service, by the newest finished back-test of each model; nothing where none is finished yet. */
import { api, ok } from '@/api/client'
import type { ModelHealth } from './figures'

export async function healthNow(): Promise<ModelHealth[]> {
  return (await ok(api.GET('/api/v1/rule-evidence/health'))) as unknown as ModelHealth[]
}
