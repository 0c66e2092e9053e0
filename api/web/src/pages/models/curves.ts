/** Pieces of charts that ECharts has no series for: a band around a curve, whiskers of points. Colours follow the page. */
import { dark } from '@/shell/prefs'

interface Drawing {
  coord: (point: [number, number]) => [number, number]
  value: (at: number) => number
}
interface Params {
  dataIndex: number
}

/** A colour of the page; reading `dark` makes a computed option follow the theme. */
export const tone = (name: string) => (void dark.value, getComputedStyle(document.documentElement).getPropertyValue(name).trim())

/** The area between `low` and `high` along x, as one polygon. */
export function band(points: readonly { x: number; low: number; high: number }[], colour: string, name: string) {
  return {
    name,
    type: 'custom' as const,
    silent: true,
    clip: true,
    z: 1,
    tooltip: { show: false },
    data: points.length ? [[points[0]!.x, points[0]!.low]] : [],
    renderItem: (_: Params, draw: Drawing) => ({
      type: 'polygon',
      shape: { points: [...points.map((one) => draw.coord([one.x, one.high])), ...[...points].reverse().map((one) => draw.coord([one.x, one.low]))] },
      style: { fill: colour, opacity: 0.16 },
    }),
  }
}

/** Vertical whiskers at each x; data are `[x, low, high]`. */
export function whiskers(points: readonly { x: number; low: number; high: number }[], colour: string, name: string) {
  return {
    name,
    type: 'custom' as const,
    silent: true,
    clip: true,
    z: 2,
    tooltip: { show: false },
    data: points.map((one) => [one.x, one.low, one.high]),
    encode: { x: 0, y: [1, 2] },
    renderItem: (_: Params, draw: Drawing) => {
      const [x, low] = draw.coord([draw.value(0), draw.value(1)])
      const [, high] = draw.coord([draw.value(0), draw.value(2)])
      const line = (x1: number, y1: number, x2: number, y2: number) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke: colour, lineWidth: 1.5, opacity: 0.75 } })
      return { type: 'group', children: [line(x, low, x, high), line(x - 4, low, x + 4, low), line(x - 4, high, x + 4, high)] }
    },
  }
}

export const shareAxis = (name: string) => ({ type: 'value' as const, min: 0, max: 1, name, nameLocation: 'middle' as const, axisLabel: { formatter: (value: number) => `${Math.round(value * 100)}%` } })
