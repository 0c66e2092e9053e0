/** What steps of tasks, alerts and signals are called, as a follow-up lists them. */
import { side, type Pair } from '@/i18n/lang'

const STEPS: Record<string, Pair> = {
  'task.issue': ['任务派发', 'task issued'],
  'task.sign': ['签收', 'signed for'],
  'task.start': ['开始核查', 'verification begun'],
  'task.report': ['反馈结果', 'reported'],
  'task.accept': ['审核通过', 'report accepted'],
  'task.return': ['退回补查', 'returned'],
  'task.close': ['办结', 'closed'],
  'task.reopen': ['重新核查', 'reopened'],
  'task.assign': ['分派人员', 'assigned to an officer'],
  'task.correct': ['更正结论', 'verdict corrected'],
  'task.transfer_back': ['退回重派', 'transferred back'],
  'task.ask_extension': ['申请延期', 'extension asked for'],
  'task.refuse_extension': ['不同意延期', 'extension refused'],
  'task.extend': ['延期', 'extended'],
  'task.pause': ['暂停计时', 'clock stopped'],
  'task.resume': ['恢复计时', 'clock resumed'],
  'task.remind': ['催办', 'reminded'],
  'task.escalate': ['逾期上报', 'escalated'],
  'task.recalendar': ['工作日历调整', 'deadline moved by the calendar'],
  'task.ask': ['请求协查', 'assistance asked for'],
  'task.answer': ['回复协查', 'assistance answered'],
  'task.assist_answered': ['收到协查回复', 'answer of another office'],
  'task.withdraw': ['撤回', 'withdrawn'],
  'task.copy': ['抄告', 'copied'],
  'task.advise': ['提醒当事人', 'trader advised'],
  'task.advice_answered': ['当事人答复', 'trader answered'],
  'task.stage': ['转入下一阶段', 'next stage'],
  'task.merge': ['并案', 'merged'],
  'task.raise': ['任务升级', 'task raised'],
  'task.add_evidence': ['补充线索', 'more evidence'],
  'alert.new': ['产生预警', 'alert raised'],
  'alert.merged': ['并入线索', 'clue merged'],
  'alert.entered': ['人工登记', 'entered by hand'],
  'alert.warned': ['外部系统预警', 'another system warned'],
  taken: ['收到信号', 'signal taken in'],
  judged: ['研判', 'judged'],
  alerted: ['产生预警', 'alert raised'],
  found: ['核查结论', 'verdict'],
  learnt: ['形成标签', 'label learnt'],
  pushed: ['已推送', 'pushed'],
  event: ['待推送事件', 'event to push'],
}

/** The words of a step; its own code where there are none. */
export function stepWords(what: string): string {
  const pair = STEPS[what]
  return pair ? side(pair) : what
}
