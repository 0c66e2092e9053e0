/** Places in a text: the service counts characters (code points), a browser counts UTF-16 units; they differ where a text holds emoji or rare characters. */

export interface Places {
  /** A place of the service in the browser's count. */
  units: (point: number) => number
  /** A place of the browser in the service's count. */
  points: (unit: number) => number
}

export function placesOf(text: string): Places {
  if (!/[\uD800-\uDBFF]/.test(text)) {
    const same = (at: number) => Math.max(0, Math.min(at, text.length))
    return { units: same, points: same }
  }
  const begins: number[] = []
  for (let at = 0; at < text.length; at += text.codePointAt(at)! > 0xffff ? 2 : 1) begins.push(at)
  begins.push(text.length)
  return {
    units: (point) => begins[Math.max(0, Math.min(point, begins.length - 1))]!,
    points: (unit) => {
      let low = 0
      let high = begins.length - 1
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (begins[middle]! <= unit) low = middle
        else high = middle - 1
      }
      return low
    },
  }
}
