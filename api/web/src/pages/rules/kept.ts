/** What was typed and not saved stays in this browser, apart for each account and definition. */
export interface Kept {
  text: string
  /** The stored revision it was written from. */
  revision: number
  at: string
}

export function keeper(who: string, what: string) {
  const key = `risk.rule-text:${who}:${what}`
  return {
    read(): Kept | null {
      try {
        const found = JSON.parse(localStorage.getItem(key) ?? 'null') as Partial<Kept> | null
        return found && typeof found.text === 'string' ? { text: found.text, revision: found.revision ?? 0, at: found.at ?? '' } : null
      } catch {
        return null
      }
    },
    write(text: string, revision: number): void {
      try {
        localStorage.setItem(key, JSON.stringify({ text, revision, at: new Date().toISOString() } satisfies Kept))
      } catch {
        // A full or forbidden store: the text is still in the editor.
      }
    },
    clear: () => localStorage.removeItem(key),
  }
}
