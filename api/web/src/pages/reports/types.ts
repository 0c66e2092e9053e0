/** The document of a report as the service gives it: chapters of paragraphs, tables and figures, every number with its unit and query. */
export interface Num {
  value: number | null
  unit: string
  query: string
  shown: string
}
export type Run = string | Num
export interface ParagraphBlock { type: 'paragraph'; runs: Run[]; item: number | null; human: boolean }
export interface TableBlock { type: 'table'; key: string; caption: string; columns: string[]; rows: Run[][]; query: string }
export interface FigureBlock { type: 'figure'; key: string; kind: string; caption: string; data: FigureData }
export interface HeadingBlock { type: 'heading'; text: string }
export type Block = ParagraphBlock | TableBlock | FigureBlock | HeadingBlock
export interface Chapter { code: string; title: string; blocks: Block[] }
export interface Paper { kind: string; lang: string; title: string; facts: { label: string; value: string }[]; chapters: Chapter[] }
export interface FigureRow { key: string; value?: number; at?: [number, number]; red?: number; orange?: number; yellow?: number; blue?: number }
export interface FigureData { rows?: FigureRow[]; cells?: { row: string; column: string; value: number }[] }

export const isNumber = (run: Run): run is Num => typeof run !== 'string'

/** Where a query can be read in the workbench; nothing where only the service answers it. */
export function pageOf(query: string): string | null {
  const [path, rest = ''] = query.replace('/api/v1', '').split('?')
  return path === '/alerts' || path === '/tasks' || path === '/signals' ? `${path}${rest ? `?${rest}` : ''}` : null
}
