/** The balance of a run: where every candidate went. */
export const OUTCOMES = ['new', 'merged', 'suppressed', 'below_grade', 'over_capacity', 'failed'] as const

/** `3 + 1 + 0 = 4` as its parts and whether they make the total. */
export function sumOf(balance: Record<string, number>, total: number): { parts: string; whole: boolean } {
  const some = OUTCOMES.map((name) => balance[name] ?? 0)
  return { parts: some.join(' + '), whole: some.reduce((a, b) => a + b, 0) === total }
}
