/** Signing out of a device that others use: what is kept here is named, and may be cleared. */
import { ElMessageBox } from 'element-plus'
import { side } from '@/i18n/lang'
import { drafted, forgetAll } from './drafts'
import { look, files, waiting, whoIs } from './queue'
import { take } from './vault'

/** Asks only where something is kept; `false` to stay signed in. */
export async function askBeforeLeaving(): Promise<boolean> {
  const who = whoIs()
  await look().catch(() => undefined)
  const count = new Set([...drafted(who), ...waiting.value.map((one) => String(one.task)), ...files.value.map((one) => String(one.task))]).size
  if (!who || count === 0) return true
  try {
    await ElMessageBox.confirm(
      side([
        `本机浏览器还存有 ${count} 项任务的未提交内容（含待发送附件）。这是公用设备吗？是则清除；自用设备可以保留，下次登录继续。`,
        `This browser still holds unsent text and files of ${count} task(s). Is this a shared device? Then clear them; on your own device you may keep them and go on later.`,
      ]),
      side(['退出前', 'Before you sign out']),
      { confirmButtonText: side(['公用设备，清除', 'Shared: clear them']), cancelButtonText: side(['自用设备，保留', 'My own: keep them']), distinguishCancelAndClose: true, type: 'warning' },
    )
  } catch (action) {
    return action === 'cancel'
  }
  forgetAll(who)
  for (const one of waiting.value) await take('queue', one.key)
  for (const one of files.value) await take('files', one.key)
  return true
}
