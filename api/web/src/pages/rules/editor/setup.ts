/** CodeMirror for the rule language. There is no second grammar here: the service colours, checks, completes and explains; this places what it says. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { bracketMatching } from '@codemirror/language'
import { lintGutter, lintKeymap, linter, type Diagnostic } from '@codemirror/lint'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { EditorState, StateEffect, StateField, type Extension, type Text } from '@codemirror/state'
import { Decoration, drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, hoverTooltip, keymap, lineNumbers, ViewPlugin, type DecorationSet, type ViewUpdate } from '@codemirror/view'
import { lang, side } from '@/i18n/lang'
import { placesOf } from '../points'
import type { Hover, Mark, Offers, Reading, Said } from '../types'

/** What the editor asks of the service; offsets are the service's. */
export interface Asks {
  marks: (source: string) => Promise<readonly Mark[]>
  check: (source: string) => Promise<Reading>
  complete: (source: string, offset: number) => Promise<Offers>
  hover: (source: string, offset: number) => Promise<Hover | null>
}

/** What the page hears of the editor. */
export interface Hears {
  changed: (source: string) => void
  reading: (found: Reading | null, source: string) => void
  save: () => void
  tryOut: () => void
  help: (said: string) => void
}

const PAUSE_COLOURS = 120
const PAUSE_CHECKS = 450

const setMarks = StateEffect.define<DecorationSet>()

/** The colours as last told; they move with what is typed until the next answer. */
const colours = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(found, transaction) {
    let now = found.map(transaction.changes)
    for (const effect of transaction.effects) if (effect.is(setMarks)) now = effect.value
    return now
  },
  provide: (field) => EditorView.decorations.from(field),
})

function decorated(source: string, marks: readonly Mark[]): DecorationSet {
  const { units } = placesOf(source)
  return Decoration.set(marks.filter((mark) => mark.end > mark.start).map((mark) => Decoration.mark({ class: `rl-${mark.kind}` }).range(units(mark.start), units(mark.end))), true)
}

/** Asks for colours a moment after each change, never while an input method is composing; an answer to an older text is dropped. */
const colouring = (ask: Asks['marks']) =>
  ViewPlugin.fromClass(
    class {
      private timer: ReturnType<typeof setTimeout> | undefined
      private gone = false

      constructor(readonly view: EditorView) {
        this.later(0)
      }

      update(update: ViewUpdate): void {
        if (update.docChanged) this.later(PAUSE_COLOURS)
      }

      later(wait: number): void {
        clearTimeout(this.timer)
        this.timer = setTimeout(() => void this.colour(), wait)
      }

      async colour(): Promise<void> {
        if (this.view.composing) return this.later(PAUSE_COLOURS)
        const doc = this.view.state.doc
        const source = doc.toString()
        try {
          const marks = await ask(source)
          if (this.gone || !this.view.state.doc.eq(doc)) return
          if (this.view.composing) this.later(PAUSE_COLOURS)
          else this.view.dispatch({ effects: setMarks.of(decorated(source, marks)) })
        } catch {
          // Colours are a convenience: without an answer the text stays plain.
        }
      }

      destroy(): void {
        this.gone = true
        clearTimeout(this.timer)
      }
    },
  )

/** A finding as CodeMirror shows it: code, what it says, what helps, and a button that puts the fix there. */
export function diagnosticOf(said: Said, doc: Text, units: (point: number) => number): Diagnostic {
  const from = units(said.place.start)
  const to = Math.max(from, Math.min(units(said.place.end), doc.length))
  const hint = side([said.hint_zh, said.hint_en])
  return {
    from,
    to,
    severity: said.severity === 'error' ? 'error' : 'warning',
    source: said.code,
    message: side([said.zh, said.en]) + (hint ? `\n${hint}` : ''),
    ...(said.fix ? { actions: [{ name: side([`改为 ${short(said.fix)}`, `Change to ${short(said.fix)}`]), apply: (view: EditorView, start: number, end: number) => view.dispatch({ changes: { from: start, to: end, insert: said.fix }, userEvent: 'input.fix' }) }] } : {}),
  }
}

export const short = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text)

const checking = (ask: Asks['check'], hear: Hears['reading']) =>
  linter(
    async (view) => {
      const doc = view.state.doc
      const source = doc.toString()
      if (!source.trim()) {
        hear({ clean: false, definitions: [], diagnostics: [] }, source)
        return []
      }
      try {
        const found = await ask(source)
        if (!view.state.doc.eq(doc)) return []
        hear(found, source)
        const { units } = placesOf(source)
        return found.diagnostics.map((said) => diagnosticOf(said, doc, units))
      } catch {
        hear(null, source)
        return []
      }
    },
    { delay: PAUSE_CHECKS },
  )

const ICONS: Record<string, string> = { head: 'keyword', clause: 'keyword', keyword: 'keyword', field: 'property', function: 'function', list: 'enum', condition: 'variable', feature: 'variable', value: 'constant', rule: 'class', stream: 'namespace', relation: 'namespace', unit: 'constant', law: 'text' }

const completing = (ask: Asks['complete']) =>
  async (context: CompletionContext): Promise<CompletionResult | null> => {
    if (!context.explicit && !context.matchBefore(/[@\p{L}\p{N}_]+$/u)) return null
    const source = context.state.doc.toString()
    const places = placesOf(source)
    try {
      const found = await ask(source, places.points(context.pos))
      if (context.aborted || found.items.length === 0) return null
      const options = found.items.map((offer): Completion => {
        const said = side([offer.zh, offer.en])
        return { label: offer.label, apply: offer.insert, type: ICONS[offer.kind] ?? 'text', ...(said ? { detail: short(said.split('\n')[0]!), info: () => paragraph(said) } : {}) }
      })
      return { from: places.units(found.start), to: context.pos, options, filter: false }
    } catch {
      return null
    }
  }

function paragraph(text: string): HTMLElement {
  const shown = document.createElement('div')
  shown.className = 'rl-said'
  shown.textContent = text
  return shown
}

const explaining = (ask: Asks['hover']) =>
  hoverTooltip(async (view, at) => {
    const source = view.state.doc.toString()
    const places = placesOf(source)
    const found = await ask(source, places.points(at)).catch(() => null)
    if (!found) return null
    return { pos: places.units(found.start), end: places.units(found.end), above: true, create: () => ({ dom: paragraph(side([found.zh, found.en])) }) }
  })

/** The same help for who has no mouse: about the word at the cursor, said below the editor. */
async function helpAtCursor(view: EditorView, ask: Asks['hover'], tell: Hears['help']): Promise<void> {
  const source = view.state.doc.toString()
  const found = await ask(source, placesOf(source).points(view.state.selection.main.head)).catch(() => null)
  tell(found ? side([found.zh, found.en]) : side(['此处没有说明', 'Nothing to say about this place']))
}

const ZH: Record<string, string> = {
  Find: '查找', Replace: '替换', next: '下一个', previous: '上一个', all: '全部', 'match case': '区分大小写', 'by word': '整词', regexp: '正则', replace: '替换', 'replace all': '全部替换',
  close: '关闭', 'No diagnostics': '没有问题', Diagnostics: '问题', Completions: '可选项', 'Control character': '控制字符', 'Selection deleted': '已删除所选', 'current match': '当前匹配', 'replaced $ matches': '已替换 $ 处', 'replaced match on line $': '已替换第 $ 行的匹配', 'on line': '在行', 'Go to line': '转到行', go: '前往', 'Folded lines': '折叠的行',
}

export const theme = EditorView.theme({
  '&': { backgroundColor: 'var(--card)', color: 'var(--ink)', fontSize: '14px', border: '1px solid var(--line)', borderRadius: '8px' },
  '&.cm-focused': { outline: '2px solid var(--brand)', outlineOffset: '1px' },
  '.cm-content': { fontFamily: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Noto Sans Mono CJK SC", var(--font), monospace', caretColor: 'var(--ink)', lineHeight: '1.75', padding: '8px 0' },
  '.cm-gutters': { backgroundColor: 'var(--back)', color: 'var(--soft)', border: 'none', borderRadius: '8px 0 0 8px' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--blue-wash) 55%, transparent)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { background: 'color-mix(in srgb, var(--blue) 28%, transparent)' },
  '.cm-tooltip': { backgroundColor: 'var(--card)', color: 'var(--ink)', border: '1px solid var(--line)', borderRadius: '6px', boxShadow: '0 4px 16px #0002', maxWidth: 'min(520px, 92vw)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--wash)', color: 'var(--ink)' },
  '.cm-tooltip-autocomplete .cm-completionDetail': { color: 'var(--soft)', fontStyle: 'normal', fontSize: '12px' },
  '.cm-panels': { backgroundColor: 'var(--back)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-textfield, .cm-button': { background: 'var(--card)', color: 'var(--ink)', border: '1px solid var(--line)', backgroundImage: 'none' },
  '.cm-diagnostic': { whiteSpace: 'pre-line' },
  '.cm-diagnosticAction': { backgroundColor: 'var(--brand)', color: 'var(--card)' },
  '.cm-diagnosticSource': { color: 'var(--soft)', opacity: '1' },
  '.rl-said': { padding: '6px 10px', whiteSpace: 'pre-line', lineHeight: '1.6', maxHeight: '260px', overflow: 'auto' },
  '.cm-changedText, .cm-changedLine': { color: 'inherit' },
})

/** Everything that makes an editor of rules; Tab leaves it, as everywhere on the page. */
export function ruleEditor(ask: Asks, hear: Hears, label: string): Extension[] {
  return [
    lineNumbers(),
    lintGutter(),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    search({ top: true }),
    EditorView.lineWrapping,
    EditorState.tabSize.of(4),
    EditorState.phrases.of(lang.value === 'zh' ? ZH : {}),
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0', spellcheck: 'false', autocapitalize: 'off', 'data-test': 'editor' }),
    EditorState.languageData.of(() => [{ closeBrackets: { brackets: ['(', '[', '{', '"'] }, commentTokens: { line: '#' } }]),
    autocompletion({ override: [completing(ask.complete)], activateOnTypingDelay: 120, maxRenderedOptions: 60, icons: false }),
    colours,
    colouring(ask.marks),
    checking(ask.check, hear.reading),
    explaining(ask.hover),
    keymap.of([
      { key: 'Mod-s', preventDefault: true, run: () => (hear.save(), true) },
      { key: 'Mod-Enter', preventDefault: true, run: () => (hear.tryOut(), true) },
      { key: 'F1', preventDefault: true, run: (view) => (void helpAtCursor(view, ask.hover, hear.help), true) },
      ...closeBracketsKeymap, ...completionKeymap, ...lintKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap,
    ]),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) hear.changed(update.state.doc.toString())
    }),
    theme,
  ]
}
