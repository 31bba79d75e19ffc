import type { Rounds, Row } from './contest.ts'
import type { Who } from './faces.ts'

/** What a workload is given. */
export interface Bench {
  /** Small, to see that everything works; the figures mean little. */
  quick: boolean
  rounds: Rounds
  /** An empty folder of its own on the disk that is measured. */
  folder: string
  peer: Peer | null
  say(text: string): void
}

/** Another exchange that answers the legacy wire format, with a course like ours. */
export interface Peer {
  url: string
  headers: (who: Who) => Record<string, string>
}

export interface Table {
  title: string
  rows: Row[]
}

/** How long something takes as the class grows. */
export interface Curve {
  name: string
  points: { x: number; y: number }[]
}

export interface Outcome {
  tables: Table[]
  curves?: Curve[]
}

export interface Workload {
  id: string
  title: string
  /** Throws NotHere where the machine lacks a program that it needs. */
  run(bench: Bench): Promise<Outcome>
}
