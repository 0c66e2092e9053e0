/** What the service answers, by its addresses. */
import type { paths } from '@/api/schema'

type Content<T> = T extends { content: { 'application/json': infer Body } } ? Body : never
type Answer<T> = T extends { responses: infer R } ? Content<R[keyof R & 200]> : never

export type SuppressionRow = Answer<paths['/api/v1/suppressions']['get']>['items'][number]
export type Trial = Answer<paths['/api/v1/suppressions/try']['post']>
