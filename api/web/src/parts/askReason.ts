/** A reason for what one is about to do; nothing where the person thinks better of it. */
import { ElMessageBox } from 'element-plus'
import type { Said } from '@/i18n/words'

/** What a page's texts must hold to ask: `reasonFor` takes `{what}`. */
type Words = Record<'reasonFor' | 'reasonNeeded' | 'save' | 'cancel', readonly [string, string]>

export async function askReason<T extends Words>(t: Said<T>, what: string): Promise<string | null> {
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
