import type { Kysely } from 'kysely'
import type { Schema } from '../../db/schema.ts'
import type { FileStore } from '../../storage/file-store.ts'
import type { Progress } from '../progress.ts'
import type { Skipped } from './records.ts'

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
  copied: number
  linked: number
  copiedBytes: number
  linkedBytes: number
}

export function emptyTally(skipped: readonly Skipped[]): Tally {
  const none = () => Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>
  const files = { copied: 0, linked: 0, copiedBytes: 0, linkedBytes: 0 }
  return { taken: none(), already: none(), skipped: [...skipped], ...files }
}

/** Lists a thing as left in the source, once; `origin` is what the thing is called there. */
export function skip(tally: Tally, origin: string, reason: string): void {
  const name = firstLine(origin)
  if (!tally.skipped.some((other) => firstLine(other.origin) === name)) tally.skipped.push({ origin, reason })
}

export function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
