/** The examples that a rule gives, read by the pieces that the service told: texts after `hits` and `misses`. Rows are left to the service's own test. */
import { placesOf } from './points'
import type { Mark } from './types'

export interface GivenExample {
  text: string
  expected: boolean
}

const EXPECTED: Record<string, boolean> = { 命中: true, hits: true, 不命中: false, misses: false }

export function examplesIn(source: string, marks: readonly Mark[]): GivenExample[] {
  const { units } = placesOf(source)
  const found: GivenExample[] = []
  let expected: boolean | undefined
  let depth = 0
  let end = 0
  for (const mark of marks) {
    const between = source.slice(end, units(mark.start))
    depth += between.split(/[{｛]/).length - between.split(/[}｝]/).length
    end = units(mark.end)
    const word = source.slice(units(mark.start), end)
    if (mark.kind === 'clause' || mark.kind === 'head') {
      expected = EXPECTED[word]
      depth = 0
    } else if (mark.kind === 'string' && expected !== undefined && depth === 0) found.push({ text: unquoted(word), expected })
  }
  return found
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t' }

function unquoted(word: string): string {
  return word
    .replace(/^"|"$/g, '')
    .replace(/\\u([0-9a-fA-F]{4})|\\(.)/g, (_whole, hex: string | undefined, sign: string | undefined) => (hex ? String.fromCharCode(parseInt(hex, 16)) : (ESCAPES[sign ?? ''] ?? sign ?? '')))
}
