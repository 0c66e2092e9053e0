/** A reason for what one is about to do; nothing where the person thinks better of it. */
import { ElMessageBox } from 'element-plus'
import type { Said } from '@/i18n/words'
import type messages from './messages'

export async function askReason(t: Said<typeof messages>, what: string): Promise<string | null> {
  try {
    const { value } = await ElMessageBox.prompt(t('reasonFor', { what }), what, {
      confirmButtonText: t('save'),
      cancelButtonText: t('cancel'),
      inputType: 'textarea',
      inputValidator: (text: string) => (text && text.trim() !== '' ? true : t('reasonNeeded')),
    })
    return value
  } catch {
    return null
  }
}
