/** What people do to a task: which permission each act takes, which form it has, which address it goes to. The service has the last word. */
import { api, ok, once, type Schemas } from '@/api/client'
import type { Pair } from '@/i18n/lang'

export interface Values {
  reason: string
  text: string
  office: string
  offices: string[]
  officer: string
  into: number | null
  channel: 'message' | 'letter' | 'telephone'
  stage: '' | 'remote' | 'on_site'
  documents: { kind: string; number: string; date: string }[]
  close: boolean
}
export type Field = 'reason' | 'reason?' | 'text' | 'office' | 'office?' | 'offices' | 'officer' | 'into' | 'channel' | 'stage' | 'documents' | 'documents?' | 'close'

interface Sending { id: number; version: number; values: Values; key: string }
export interface ActKind {
  event: string
  label: Pair
  needs: 'tasks.work' | 'tasks.decide'
  fields: Field[]
  /** What the long text is called, and what to bear in mind. */
  text?: Pair
  hint?: Pair
  primary?: boolean
  send: (given: Sending) => Promise<unknown>
}

export const nothing = (): Values => ({ reason: '', text: '', office: '', offices: [], officer: '', into: null, channel: 'message', stage: '', documents: [], close: true })

type Step = 'sign' | 'start' | 'close'
type Explained = 'return' | 'reopen' | 'extension' | 'extension/refuse' | 'extend'

const at = (given: Sending) => ({ params: { path: { task_id: given.id } }, headers: once(given.key) })
const papers = (values: Values) => values.documents.filter((one) => one.kind && one.number).map((one) => ({ kind: one.kind, number: one.number, ...(one.date ? { date: one.date } : {}) }))
const step = (name: Step) => (given: Sending) => ok(api.POST(`/api/v1/tasks/{task_id}/${name}` as '/api/v1/tasks/{task_id}/sign', { ...at(given), body: { version: given.version } }))
const explained = (name: Explained) => (given: Sending) =>
  ok(api.POST(`/api/v1/tasks/{task_id}/${name}` as '/api/v1/tasks/{task_id}/return', { ...at(given), body: { version: given.version, reason: given.values.reason } }))
const because = (values: Values) => (values.reason ? { reason: values.reason } : {})

/** In the order they are offered. */
export const ACTS: readonly ActKind[] = [
  { event: 'sign', label: ['签收', 'Sign for it'], needs: 'tasks.work', fields: [], primary: true, send: step('sign') },
  { event: 'start', label: ['开始核查', 'Begin verifying'], needs: 'tasks.work', fields: [], primary: true, send: step('start') },
  {
    event: 'answer', label: ['回复协查', 'Answer the question'], needs: 'tasks.work', fields: ['text', 'documents?'], primary: true, text: ['回复内容', 'Answer'],
    send: (g) => ok(api.POST('/api/v1/assists/{task_id}/answer', { ...at(g), body: { version: g.version, text: g.values.text, documents: papers(g.values) } })),
  },
  { event: 'accept', label: ['审核通过', 'Accept'], needs: 'tasks.decide', fields: ['close'], primary: true, hint: ['结论成为标签，成熟后用于训练', 'The verdict becomes a label, which teaches once it has matured'], send: (g) => ok(api.POST('/api/v1/tasks/{task_id}/accept', { ...at(g), body: { version: g.version, close: g.values.close } })) },
  { event: 'return', label: ['退回补查', 'Return'], needs: 'tasks.decide', fields: ['reason'], send: explained('return') },
  { event: 'close', label: ['办结', 'Close'], needs: 'tasks.decide', fields: [], primary: true, hint: ['办结后新的证据会产生新预警', 'Later evidence opens a new alert'], send: step('close') },
  {
    event: 'issue', label: ['重新派发', 'Issue again'], needs: 'tasks.decide', fields: ['office?', 'reason?'], primary: true, hint: ['不选单位则派给退回时建议的单位', 'Without an office, the one that was suggested has it'],
    send: (g) => ok(api.POST('/api/v1/tasks/{task_id}/reissue', { ...at(g), body: { version: g.version, ...(g.values.office ? { to: g.values.office } : {}), ...because(g.values) } })),
  },
  { event: 'assign', label: ['分派承办人', 'Assign an officer'], needs: 'tasks.decide', fields: ['officer', 'reason?'], send: (g) => ok(api.POST('/api/v1/tasks/{task_id}/assign', { ...at(g), body: { version: g.version, officer: g.values.officer, ...because(g.values) } })) },
  { event: 'extend', label: ['同意延期', 'Extend'], needs: 'tasks.decide', fields: ['reason'], hint: ['只能延期一次，且不超过法定最长时限', 'Once, and never beyond the ceiling of the law'], send: explained('extend') },
  { event: 'refuse_extension', label: ['不同意延期', 'Refuse the extension'], needs: 'tasks.decide', fields: ['reason'], send: explained('extension/refuse') },
  {
    event: 'ask', label: ['请求协查', 'Ask another office'], needs: 'tasks.work', fields: ['office', 'text'], text: ['请对方查明什么', 'What is asked'],
    send: (g) => ok(api.POST('/api/v1/tasks/{task_id}/ask', { ...at(g), body: { version: g.version, office: g.values.office, question: g.values.text } })),
  },
  {
    event: 'copy', label: ['抄告', 'Copy to offices'], needs: 'tasks.work', fields: ['offices', 'text'], text: ['抄告说明', 'Note'],
    send: (g) => ok(api.POST('/api/v1/tasks/{task_id}/copies', { params: { path: { task_id: g.id } }, headers: once(g.key), body: { offices: g.values.offices, note: g.values.text } })),
  },
  {
    event: 'advise', label: ['先行提醒当事人', 'Advise the trader first'], needs: 'tasks.work', fields: ['channel'],
    send: (g) => ok(api.POST('/api/v1/tasks/{task_id}/advise', { ...at(g), body: { version: g.version, channel: g.values.channel } })),
  },
  {
    event: 'advice_answered', label: ['记录当事人答复', 'Record the trader’s answer'], needs: 'tasks.work', fields: ['text'], text: ['当事人答复', 'What the trader answered'],
    send: (g) => ok(api.POST('/api/v1/tasks/{task_id}/advice/answer', { ...at(g), body: { version: g.version, answer: g.values.text } })),
  },
  {
    event: 'stage', label: ['转入下一阶段', 'Go on to the next stage'], needs: 'tasks.work', fields: ['stage', 'reason?'],
    send: (g) => ok(api.POST('/api/v1/tasks/{task_id}/stage', { ...at(g), body: { version: g.version, ...(g.values.stage ? { to: g.values.stage } : {}), ...because(g.values) } })),
  },
  { event: 'ask_extension', label: ['申请延期', 'Ask for an extension'], needs: 'tasks.work', fields: ['reason'], hint: ['由单位负责人决定，只有一次', 'The head of the office decides; once only'], send: explained('extension') },
  {
    event: 'pause', label: ['暂停计时（检验检测）', 'Stop the clock for testing'], needs: 'tasks.work', fields: ['reason', 'documents'], hint: ['须有委托检验等文书', 'It takes the document that orders the test'],
    send: (g) => ok(api.POST('/api/v1/tasks/{task_id}/pause', { ...at(g), body: { version: g.version, reason: g.values.reason, documents: papers(g.values) } })),
  },
  {
    event: 'resume', label: ['恢复计时', 'Start the clock again'], needs: 'tasks.work', fields: ['documents'], primary: true, hint: ['须有检验结果文书', 'It takes the document of the result'],
    send: (g) => ok(api.POST('/api/v1/tasks/{task_id}/resume', { ...at(g), body: { version: g.version, documents: papers(g.values) } })),
  },
  {
    event: 'transfer_back', label: ['退回重派（不属本单位）', 'Transfer: it belongs elsewhere'], needs: 'tasks.work', fields: ['office?', 'reason'], hint: ['可建议应承办的单位，由协调岗决定', 'Say who should have it; the coordination desk decides'],
    send: (g) => ok(api.POST('/api/v1/tasks/{task_id}/transfer', { ...at(g), body: { version: g.version, reason: g.values.reason, ...(g.values.office ? { suggested: g.values.office } : {}) } })),
  },
  {
    event: 'merge', label: ['并案', 'Merge into another'], needs: 'tasks.decide', fields: ['into', 'reason'], hint: ['同一模型的重复任务；证据与未回复的协查一并转入', 'A duplicate of the same risk; evidence and open questions move there'],
    send: (g) => ok(api.POST('/api/v1/tasks/{task_id}/merge', { ...at(g), body: { version: g.version, into: g.values.into ?? 0, reason: g.values.reason } })),
  },
  { event: 'reopen', label: ['重新核查', 'Reopen'], needs: 'tasks.decide', fields: ['reason'], send: explained('reopen') },
]

/** What somebody may do to a task now. */
export function offered(view: Schemas['TaskView'], can: (permission: string) => boolean): ActKind[] {
  return ACTS.filter((act) => view.may.includes(act.event) && can(act.needs) && !(act.event === 'advice_answered' && !view.advices.some((one) => !one.answered_at)) && !(act.event === 'stage' && !view.task.stage))
}

/** What a form still lacks. */
export function lacking(act: ActKind, values: Values): boolean {
  return act.fields.some((field) => {
    if (field === 'reason') return !values.reason.trim()
    if (field === 'text') return !values.text.trim()
    if (field === 'office') return !values.office
    if (field === 'offices') return values.offices.length === 0
    if (field === 'officer') return !values.officer.trim()
    if (field === 'into') return !values.into
    if (field === 'documents') return papers(values).length === 0
    return false
  })
}
