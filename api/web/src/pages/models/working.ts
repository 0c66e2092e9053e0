/** Work that goes on beside the request that began it: looked at until it ends, told as a problem where it failed. */
import { api, ok, Problem, type Schemas } from '@/api/client'
import { side } from '@/i18n/lang'

const EVERY_MS = 1500
const MOST = 800

export async function followed(begun: Schemas['JobRunRow']): Promise<Schemas['JobRunRow']> {
  let run = begun
  for (let looked = 0; run.status === 'running' && looked < MOST; looked++) {
    await new Promise((go) => setTimeout(go, EVERY_MS))
    run = await ok(api.GET('/api/v1/jobs/runs/{run_id}', { params: { path: { run_id: begun.id } } }))
  }
  if (run.status === 'failed') throw new Problem(500, 'job_failed', side(['运行失败，详见作业记录', 'it failed: see the record of jobs']), String((run.detail as Record<string, unknown>)['error'] ?? '') || null)
  return run
}
