/** Files on their way: with progress, which `fetch` does not tell. The service knows the same content again, so sending twice is harmless. */
import { Problem, type Schemas } from '@/api/client'
import { lang, side } from '@/i18n/lang'
import { actorName } from '@/shell/prefs'

export function upload(task: number, blob: Blob, name: string, progress: (share: number) => void = () => {}, appeal?: number): Promise<Schemas['AttachmentView']> {
  return new Promise((done, failed) => {
    const form = new FormData()
    if (appeal === undefined) form.append('task_id', String(task))
    else form.append('appeal_id', String(appeal))
    form.append('file', blob, name)
    const request = new XMLHttpRequest()
    request.open('POST', '/api/v1/attachments')
    request.responseType = 'json'
    request.setRequestHeader('Accept-Language', lang.value === 'zh' ? 'zh-CN' : 'en')
    if (actorName()) request.setRequestHeader('X-Actor', encodeURIComponent(actorName()))
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total)
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return done(request.response as Schemas['AttachmentView'])
      const told = (request.response ?? {}) as Partial<Schemas['Problem']>
      failed(new Problem(request.status, told.code ?? 'unknown', told.detail ?? `${request.status}`, told.hint ?? null, told.errors ?? []))
    }
    request.onerror = () => failed(new Problem(0, 'offline', side(['网络不通，附件留在本机，恢复后自动发送', 'no network: the file stays on this device and is sent later'])))
    request.send(form)
  })
}

/** 3.4 MB */
export function bytes(size: number): string {
  return size >= 1_048_576 ? `${(size / 1_048_576).toFixed(1)} MB` : `${Math.max(1, Math.round(size / 1024))} KB`
}
