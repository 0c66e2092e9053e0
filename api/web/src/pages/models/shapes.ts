/** What the service tells of models where its description says no more than "an object"; as `risk.services` and `models` write it. */
import type { Schemas } from '@/api/client'

export interface Figure {
  value: number | null
  low: number | null
  high: number | null
  n?: number
}
export type Both = { zh: string; en: string }

export interface HealthFigure extends Figure {
  name: string
  part: string
  n: number
  limit: number | null
  crossed: boolean
  detail: Record<string, unknown>
}
export interface Health {
  model: string
  as_of: string
  figures: HealthFigure[]
  tasks: Schemas['ModelTask'][]
}
export interface TrendPoint extends Figure {
  as_of: string
  n: number
  crossed: boolean
}

export interface Bin {
  from: number
  to: number
  n: number
  expected: number | null
  observed: number | null
  low: number
  high: number
}
export interface Calibration {
  n: number
  positives: number
  bins: Bin[]
  ece: Figure | null
  noise: number | null
  brier_skill: Figure | null
  calibrated: boolean | null
}
export interface Gap {
  n: number
  expected: number | null
  observed: number | null
  low: number
  high: number
  shrunk_gap?: number
  too_few?: boolean
}

export interface Matter extends Both {
  topic: string
  mean: number
  mean_abs: number
  share: number
}
export interface Dependence extends Both {
  column: string
  bins: { low: number | null; high: number | null; n: number; mean: number; p10: number; p90: number }[]
}
export interface Worked {
  text: string
  grade: string
  probability: number
  answers: (Both & { grade: string; probability: number })[]
}
type Slice = { n: number; positives: number; metrics?: Record<string, Figure | null> }
export interface Dossier {
  model: string
  title: Both
  version: number
  aliases: string[]
  checksum: string
  registered_at: string
  registered: { actor?: string; at?: string; reason?: string }
  approval: { actor: string; at: string; reason?: string } | null
  history: { event: string; actor: string; at: string; reason: string }[]
  kind: string
  features: (Both & { name: string })[]
  rules: string[]
  segmenter: string
  libraries: Record<string, string>
  cutoffs: Record<string, number | string>
  training: { n?: number; positives?: number; groups?: number; folds?: number; columns?: number }
  metrics_out_of_fold: Record<string, Figure | null>
  more: {
    slices?: Record<string, Record<string, Slice>>
    reliability?: Calibration
    importance?: { n: number; matters: Matter[]; dependence: Dependence[] }
    counterfactuals?: { examples: Worked[] }
  }
  purpose: Both | null
  lens: Both | null
  label: Both | null
  basis: { law: string; article: string }[] | null
  data: Record<string, number> | null
  training_window: string | null
  limits: Both[] | null
  owner: Both | null
}

export interface Expected {
  weeks: number
  cases: number
  labelled: number
  audited: boolean
  recall_is: 'of_all' | 'among_verified'
  by_cutoffs: Outcome
  with_capacity: Outcome & { waiting: number }
  grades: Record<string, { alerts: number; issued: number; by_floor: number; per_week: Figure | null; precision: Figure }>
}
export interface Outcome {
  alerts: number
  per_week: Figure | null
  precision: Figure
  recall: Figure
}
export interface CurvePoint {
  cut: number
  alerts: number
  per_week: number
  precision: Figure
  found: number | null
}

export interface Pair {
  training: number
  as_of: string
  champion: number
  challenger: number
  decision: string
  differences: Record<string, Figure>
  slices: Record<string, Record<string, { n: number; positives: number; figure: string | null; worse: boolean; value?: number; low?: number; high?: number }>>
  worse: string[]
  n: number | null
  positives: number | null
  level: number | null
}
export interface Compared {
  versions: [number, number]
  aliases: [string[], string[]]
  approved: [Dossier['approval'], Dossier['approval']]
  metrics: Record<string, [Figure | null, Figure | null]>
  cutoffs: Record<string, [number | string | null, number | string | null]>
  data: [Record<string, number> | null, Record<string, number> | null]
  rows: [[number | null, number | null], [number | null, number | null]]
  training_window: [string | null, string | null]
  features: { both: number; only: [string[], string[]] }
  rules: { both: number; only: [string[], string[]] }
  libraries: Record<string, [string | null, string | null]>
  paired: Pair[]
}

export const GRADES = ['red', 'orange', 'yellow', 'blue'] as const
export type Grade = (typeof GRADES)[number]

/** Reasons and answers as the client gives them: it turns triples into lists. */
export type Ground = Omit<Schemas['GroundView'], 'quotes'> & { quotes: readonly (readonly (string | number)[])[] }
export type WhatIfTold = Omit<Schemas['WhatIf'], 'answers'> & { answers: readonly { zh: string; en: string; grade: string; lower: boolean; probability: number }[] }
export type Said = Omit<Schemas['Preview'], 'grounds'> & { grounds: readonly Ground[] }
