import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Person } from '../start.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type Pairs = readonly (readonly [string, string])[]

/** A file that a step sends: bytes that lie beside the transcripts, or that are computed from a seed. */
export interface SentFile {
  field: string
  filename: string
  content_type: string
  sha256: string
  content?: string
  generate?: { seed: string | number; size: number }
}

/** One request of an old client, and how nbexchange 1.5 answered it. */
export interface Step {
  n: number
  /** A key of the scenario's `users`; anything else is nobody. */
  as: string
  request: {
    method: string
    path: string
    query: Pairs
    raw_query?: string
    form: Pairs
    files: readonly SentFile[]
  }
  response: { status: number; content_type: string; json?: Json; text?: string; bytes_sha256?: string }
  /** Lists whose order counts, as `value[].notebooks`; elsewhere the order is free. */
  ordered?: readonly string[]
  /** What nbexchange 1.5 did wrong here. */
  known_bug?: string
}

export interface Transcript {
  scenario: string
  about: string
  users: Record<string, Person | null>
  steps: readonly Step[]
}

/** What we answer to a step where the old service was wrong. */
export interface Instead {
  status: number
  success: boolean
  value?: Json
}

const fixtures = join(import.meta.dirname, '..', 'fixtures')
export const transcriptFiles = join(fixtures, 'transcripts', 'files')

export function readTranscripts(): Transcript[] {
  const folder = join(fixtures, 'transcripts')
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return names.sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
}

/** By `scenario#step`. */
export function readKnownBugs(): Map<string, Instead> {
  return new Map(Object.entries(JSON.parse(readFileSync(join(fixtures, 'known-bugs.json'), 'utf8'))))
}
