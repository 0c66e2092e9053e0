/** What is too large for `localStorage`: files that wait to be sent, and reports in the queue. IndexedDB, by account. */
export interface WaitingFile {
  key: string
  who: string
  task: number
  name: string
  type: string
  size: number
  blob: Blob
  at: string
}

export interface Queued {
  /** The Idempotency-Key: sent again, it is done once. */
  key: string
  who: string
  task: number
  title: string
  at: string
  /** The request, word for word, once its files are up; the same words go out at every try. */
  body: Record<string, unknown> | null
  content: Record<string, unknown>
  version: number
  reason: string | null
}

type Rows = { files: WaitingFile; queue: Queued }
type Store = keyof Rows

let opened: Promise<IDBDatabase> | null = null

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open('risk-workbench', 1)
    asked.onupgradeneeded = () => {
      for (const name of ['files', 'queue'] satisfies Store[]) asked.result.createObjectStore(name, { keyPath: 'key' }).createIndex('who', 'who')
    }
    asked.onsuccess = () => done(asked.result)
    asked.onerror = () => {
      opened = null
      failed(asked.error ?? new Error('IndexedDB'))
    }
  })
  return opened
}

async function run<T>(store: Store, mode: IDBTransactionMode, act: (rows: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const base = await open()
  return new Promise((done, failed) => {
    const turn = base.transaction(store, mode)
    const asked = act(turn.objectStore(store))
    turn.oncomplete = () => done(asked.result)
    turn.onabort = turn.onerror = () => failed(turn.error ?? asked.error ?? new Error('IndexedDB'))
  })
}

export const put = <S extends Store>(store: S, row: Rows[S]) => run(store, 'readwrite', (rows) => rows.put(row))
export const take = (store: Store, key: string) => run(store, 'readwrite', (rows) => rows.delete(key))
export async function of<S extends Store>(store: S, who: string): Promise<Rows[S][]> {
  const found = await run(store, 'readonly', (rows) => rows.index('who').getAll(who) as IDBRequest<Rows[S][]>)
  return found.sort((a, b) => a.at.localeCompare(b.at))
}
