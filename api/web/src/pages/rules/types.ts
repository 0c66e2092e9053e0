/** What the service answers, by its addresses: names of schemas may come to be shared with others, addresses do not. */
import type { paths } from '@/api/schema'

type Content<T> = T extends { content: { 'application/json': infer Body } } ? Body : never
type Answer<T> = T extends { responses: infer R } ? Content<R[keyof R & 200]> : never

export type VersionView = Answer<paths['/api/v1/rules/{kind}/{name}/versions/{version}']['get']>
export type RuleView = Answer<paths['/api/v1/rules/{kind}/{name}']['get']>
export type RuleRow = Answer<paths['/api/v1/rules']['get']>['items'][number]
export type VersionRow = RuleView['versions'][number]
export type ShadowHit = Answer<paths['/api/v1/rules/{kind}/{name}/versions/{version}/shadow-hits']['get']>['items'][number]
export type BacktestRow = Answer<paths['/api/v1/rule-evidence/backtests']['get']>['items'][number]
export type SignalRow = Answer<paths['/api/v1/signals']['get']>['items'][number]

export type Mark = Answer<paths['/api/v1/rule-editor/marks']['post']>[number]
export type Reading = Answer<paths['/api/v1/rule-editor/check']['post']>
export type Said = Reading['diagnostics'][number]
export type Offers = Answer<paths['/api/v1/rule-editor/complete']['post']>
export type Hover = NonNullable<Answer<paths['/api/v1/rule-editor/hover']['post']>>
export type Example = Answer<paths['/api/v1/rule-editor/test']['post']>[number]
export type SampleOutcome = Answer<paths['/api/v1/rule-editor/try']['post']>[number]
export type Outcome = SampleOutcome['outcomes'][number]
export type Part = Outcome['trace']
