/** Versions of a model and the dossier of one, as several tabs ask for them. */
import { computed } from 'vue'
import { api, ok } from '@/api/client'
import { useAsk } from '@/shell/asking'
import type { Compared, Dossier } from './shapes'

export function useVersions(model: () => string) {
  const asked = useAsk(() => ok(api.GET('/api/v1/models')))
  const row = computed(() => asked.data.value?.find((one) => one.key === model()))
  return {
    ...asked,
    known: computed(() => asked.data.value !== null),
    versions: computed(() => row.value?.versions ?? []),
    champion: computed(() => row.value?.champion ?? null),
    outside: computed(() => row.value?.outside ?? false),
  }
}

export async function askDossier(model: string, version: number): Promise<Dossier> {
  const call = api.GET('/api/v1/models/{model}/versions/{version}/dossier', { params: { path: { model, version }, query: { format: 'json' } }, parseAs: 'json' })
  return (await ok(call as never)) as Dossier
}

export async function askCompared(model: string, first: number, second: number): Promise<Compared> {
  return (await ok(api.GET('/api/v1/models/{model}/compare', { params: { path: { model }, query: { first, second } } }))) as unknown as Compared
}
