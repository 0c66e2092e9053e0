/** What must be asked before somebody signs out: `leaving.add(async () => mayGo)`. Who says no stays. */
export const leaving = new Set<() => Promise<boolean>>()

export async function mayLeave(): Promise<boolean> {
  for (const ask of leaving) if (!(await ask())) return false
  return true
}
