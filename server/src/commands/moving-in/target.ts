import type { Kysely } from 'kysely'
import type { Schema } from '../../db/schema.ts'
import { isStillToCome } from '../../exchange/submission-times.ts'
import type { FileStore } from '../../storage/file-store.ts'
import type { Progress } from '../progress.ts'
import type { Skipped, SourceFile } from './records.ts'

export const KINDS = [
  'users',
  'courses',
  'members',
  'assignments',
  'released',
  'submitted',
  'feedback',
  'actions',
] as const

export type Kind = (typeof KINDS)[number]

/** Where an import goes, and what it has done so far. */
export interface Target {
  database: Kysely<Schema>
  files: FileStore
  /** Microseconds since 1970 UTC. */
  now(): number
  /** `link` takes files over without copying them, where both are on one disk. */
  bytes: 'copy' | 'link'
  tally: Tally
  progress: Progress
}

export interface Tally {
  taken: Record<Kind, number>
  /** What an earlier run has taken over. */
  already: Record<Kind, number>
  skipped: Skipped[]
  /** Taken over, and worth a look: `reason` says why. */
  noted: Skipped[]
  copied: number
  linked: number
  copiedBytes: number
  linkedBytes: number
}

export function emptyTally(skipped: readonly Skipped[]): Tally {
  const none = () => Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>
  const files = { copied: 0, linked: 0, copiedBytes: 0, linkedBytes: 0 }
  return { taken: none(), already: none(), skipped: [...skipped], noted: [], ...files }
}

/** Lists a thing as left in the source, once; `origin` is what the thing is called there. */
export function skip(tally: Tally, origin: string, reason: string): void {
  const name = firstLine(origin)
  if (!tally.skipped.some((other) => firstLine(other.origin) === name)) tally.skipped.push({ origin, reason })
}

/** Lists work that says it was handed in later than now: its label is kept, and lateness would be told wrongly. */
export function noteTime(tally: Tally, file: SourceFile, now: number): void {
  if (file.kind !== 'submitted' || !isStillToCome(file.statedAt, now)) return
  const reason = `says that it was handed in at ${file.label}, which is still to come`
  tally.noted.push({ origin: file.origin, reason })
}

export function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
