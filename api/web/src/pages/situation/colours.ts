/** Five steps of one colour for a measure, and the words of its legend. Colour only helps: every place shows its number, too. */
export const STEPS = [0.1, 0.25, 0.42, 0.6, 0.8] as const

/** Which of the steps a value falls in, between the least and the most; nothing for what is not known. */
export function step(value: number | null, least: number, most: number): number | null {
  if (value === null) return null
  if (most <= least) return value > 0 ? 2 : 0
  return Math.min(STEPS.length - 1, Math.floor(((value - least) / (most - least)) * STEPS.length))
}

export function wash(at: number | null): string {
  return at === null ? 'transparent' : `color-mix(in srgb, var(--brand) ${Math.round(STEPS[at]! * 55)}%, var(--card))`
}
