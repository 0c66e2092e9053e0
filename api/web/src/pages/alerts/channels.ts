/** How a clue that a person entered came. Sources of files name their channels as they like: those stay as they are. */
import { side, type Pair } from '@/i18n/lang'

const WORDS: Record<string, Pair> = {
  telephone: ['电话举报', 'Telephone'],
  letter: ['来信', 'Letter'],
  visit: ['来访', 'Visit in person'],
  online: ['网络举报', 'Online'],
  transfer: ['其他部门移送', 'Passed on by another department'],
  patrol: ['工作中发现', 'Seen at work'],
}

export const CHANNELS = Object.keys(WORDS)

/** The words of a channel; its own name where there are none. */
export function channelWords(channel: string): string {
  const pair = WORDS[channel]
  return pair ? side(pair) : channel
}
