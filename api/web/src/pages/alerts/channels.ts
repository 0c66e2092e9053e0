/** How a clue that a person entered came. Sources of files name their channels as they like: those stay as they are. */
import { useWords } from '@/i18n/words'
import messages from './messages'

export const CHANNELS = ['telephone', 'letter', 'visit', 'online', 'transfer', 'patrol'] as const

export function useChannels(): (channel: string) => string {
  const t = useWords(messages)
  return (channel) => {
    const known = CHANNELS.find((one) => one === channel)
    return known ? t(known) : channel
  }
}
