/** How a back-test stands. */
import type { Pair } from '@/i18n/lang'

export type BtStatus = 'queued' | 'running' | 'cancelling' | 'cancelled' | 'done' | 'failed'
export const BT_STATUS: Record<BtStatus, Pair> = {
  queued: ['排队', 'queued'], running: ['进行中', 'running'], cancelling: ['正在取消', 'cancelling'], cancelled: ['已取消', 'cancelled'], done: ['完成', 'done'], failed: ['失败', 'failed'],
}
export const isOpen = (status: string) => status === 'queued' || status === 'running' || status === 'cancelling'
